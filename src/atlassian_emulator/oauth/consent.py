"""GET and POST /authorize: the page on which a person says yes or no, and where they are sent then."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.oauth.authority import CONSENT_LASTS, Authority, ConsentRequest
from atlassian_emulator.oauth.clients import OAuthClient
from atlassian_emulator.oauth.scopes import is_known
from atlassian_emulator.routing import Route

AUDIENCE = "api.atlassian.com"
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_HTML = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Frame-Options": "DENY"}


class _Wrong(Exception):
    """The request cannot be granted; the client is told `error`."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


def ask_for_consent(call: Call) -> Reply:
    """Show the consent page. A client or callback that is not registered is told to the person, and goes nowhere."""
    authority = call.site.part(Authority)
    client = authority.find_client(call.query("client_id"))
    if client is None:
        return _error_page("No app has this client id.")
    redirect_uri = call.query("redirect_uri")
    if redirect_uri not in client.redirect_uris:
        return _error_page(f"redirect_uri is not registered for client: {redirect_uri}")
    state = call.query("state")
    try:
        request = _read_request(call, client, redirect_uri, state)
    except _Wrong as wrong:
        return _send_back(redirect_uri, state, error=wrong.error, error_description=str(wrong))
    return Reply(body=_consent_page(authority, request).encode(), headers=_HTML)


def _read_request(call: Call, client: OAuthClient, redirect_uri: str, state: str) -> ConsentRequest:
    if call.query("response_type") != "code":
        raise _Wrong("unsupported_response_type", "response_type must be code")
    if call.query("audience", AUDIENCE) != AUDIENCE:
        raise _Wrong("access_denied", f"Service not found: {call.query('audience')}")
    scopes = tuple(dict.fromkeys(call.query("scope").split()))
    if not scopes:
        raise _Wrong("invalid_scope", "scope must not be empty")
    if unknown := [scope for scope in scopes if not is_known(scope)]:
        raise _Wrong("invalid_scope", f"Unknown scope: {unknown[0]}")
    challenge, method = call.query("code_challenge"), call.query("code_challenge_method", "plain")
    if challenge and (method not in ("S256", "plain") or not _CHALLENGE.fullmatch(challenge)):
        raise _Wrong("invalid_request", "code_challenge or code_challenge_method cannot be used")
    ends_at = call.site.clock() + CONSENT_LASTS
    return ConsentRequest(client, redirect_uri, scopes, state, challenge, method, ends_at)


def take_answer(call: Call) -> Reply:
    """Send the person back to the client: with a code, or with `access_denied`."""
    authority, form = call.site.part(Authority), call.request.form
    request = authority.take_request(form.get("ticket", ""))
    if request is None:
        return _error_page("This page was answered already, or waited too long. Go back to the app and start again.")
    if form.get("decision") != "accept":
        reason = "User did not authorize the request"
        return _send_back(request.redirect_uri, request.state, error="access_denied", error_description=reason)
    person = next((each for each in authority.people() if each.account_id == form.get("account")), None)
    site = authority.find_site(form.get("site", ""))
    if person is None or site is None or site not in authority.sites_of(person.account_id):
        return _error_page("This account has no access to this site. Go back to the app and choose another.")
    return _send_back(request.redirect_uri, request.state, code=authority.consent(request, person, site))


def _send_back(redirect_uri: str, state: str, **answer: str) -> Reply:
    parts = urlsplit(redirect_uri)
    more = {**answer, "state": state} if state else answer
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])
    return Reply(302, headers={"Location": urlunsplit(parts._replace(query=query)), "Cache-Control": "no-store"})


def _consent_page(authority: Authority, request: ConsentRequest) -> str:
    people = "".join(
        f'<label><input type="radio" name="account" value="{escape(person.account_id)}" required'
        f"{' checked' if number == 0 else ''}> {escape(person.display_name)} ({escape(person.email)})</label>"
        for number, person in enumerate(authority.people())
    )
    sites = "".join(
        f'<option value="{escape(site.cloud_id)}">{escape(site.name)} ({escape(site.base_url)})</option>'
        for site in authority.sites
    )
    scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in request.scopes)
    return _page(
        "Grant access",
        f"<h1>{escape(request.client.name)} is requesting access to your Atlassian account</h1>"
        f'<form method="post" action="/authorize">'
        f'<input type="hidden" name="ticket" value="{escape(authority.ask(request))}">'
        f"<fieldset><legend>Account</legend>{people}</fieldset>"
        f'<p><label>Use app on <select name="site">{sites}</select></label></p>'
        f"<p>It would like to:</p><ul>{scopes}</ul>"
        f'<p><button name="decision" value="accept">Accept</button> '
        f'<button name="decision" value="cancel">Cancel</button></p></form>',
    )


def _error_page(sentence: str) -> Reply:
    body = _page("Something went wrong", f"<h1>Something went wrong</h1><p>{escape(sentence)}</p>")
    return Reply(400, body.encode(), _HTML)


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>'
        "body{font:14px/1.5 sans-serif;max-width:32rem;margin:3rem auto}label{display:block}fieldset{margin:1rem 0}"
        f"</style></head><body><main>{content}</main></body></html>"
    )


ROUTES = (
    Route("GET", "/authorize", ask_for_consent, open=True),
    Route("POST", "/authorize", take_answer, open=True),
)
