"""To Atlassian and back: the two addresses a browser visits while its person signs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from snapshots.access.actors import Actor
from snapshots.acts import signing_in
from snapshots.acts.signing_in import Rights
from snapshots.errors import (
    AuthenticationFailed,
    InvalidInput,
    PermissionDenied,
    SiteError,
    SnapshotsError,
)
from snapshots.web.problems import problem_of
from snapshots.web.security import Visitor, local_path, sign_in
from snapshots.web.service import Service
from snapshots.web.signin.attempts import ATTEMPT_SECONDS
from snapshots.web.signin.limits import sign_in_limit
from snapshots.web.signin.team import CALLBACK_PATH, Team

_PATH = "/sign-in/atlassian"
_QUIET = {"Referrer-Policy": "no-referrer"}
"""The address of the callback holds a code: it is spent, and still nobody else's."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nobody was signed in, in words for the person before the browser."""

    status: int
    title: str
    sentences: tuple[str, ...]


@get(_PATH, exclude_from_auth=True, sync_to_thread=False, middleware=[sign_in_limit])
def begin(service: Service, next_path: Annotated[str, QueryParameter(name="next")] = "/") -> Redirect:
    """On to Atlassian's consent page."""
    team = _team_of(service)
    invitation = team.authorisation.invite()
    sealed = team.attempts.seal(invitation.state, invitation.verifier, local_path(next_path))
    answer = Redirect(invitation.address, status_code=303, headers=_QUIET)
    answer.cookies.append(_cookie(service, sealed, ATTEMPT_SECONDS))
    return answer


@get(CALLBACK_PATH, exclude_from_auth=True, sync_to_thread=True, middleware=[sign_in_limit])
def come_back(request: Request[Any, Any, Any], service: Service) -> Response[Any]:
    """Back from Atlassian, with a code or without one."""
    team = _team_of(service)
    attempt = team.attempts.open(request.cookies.get(_cookie_name(service)))
    address = request.client.host if request.client else ""
    try:
        if attempt is None:
            raise InvalidInput("This sign-in was begun in another browser, or too long ago: start again.")
        query = request.scope["query_string"].decode("ascii", "replace")
        tokens, rights = signing_in.come_back(
            service.app, team.authorisation, query, state=attempt.state, verifier=attempt.verifier
        )
    except SnapshotsError as error:
        return _refuse(service, _refusal_of(error))
    signing_in.note(service.app, _actor(rights, address), rights)
    if rights.person is None or not rights.administers:
        return _refuse(service, _refusal_for(rights))
    key = team.sign_ins.add(tokens, rights.administers)
    sign_in(request, Visitor(rights.person.account_id, rights.person.display_name, "atlassian", (), key))
    answer = Redirect(attempt.next_path, status_code=303, headers=_QUIET)
    answer.cookies.append(_cookie(service, "", 0))
    return answer


def _team_of(service: Service) -> Team:
    if service.team is None:
        raise NotFoundException
    return service.team


def _actor(rights: Rights, address: str) -> Actor:
    if rights.person is None:
        return Actor("person", "unknown", "Somebody with an Atlassian account", address)
    return Actor("person", rights.person.account_id, rights.person.display_name, address)


def _cookie_name(service: Service) -> str:
    # Its path is not all of ours, so a browser would not take it under the name that `cookie_name` gives.
    return f"{'__Secure-' if service.settings.is_https else ''}snapshots_sign_in_{service.settings.port}"


def _cookie(service: Service, value: str, seconds: int) -> Cookie:
    # Lax, because the browser comes back by a link of Atlassian's.
    return Cookie(
        key=_cookie_name(service),
        value=value,
        max_age=seconds,
        path=_PATH,
        secure=service.settings.is_https,
        httponly=True,
        samesite="lax",
    )


def _refuse(service: Service, refusal: Refusal) -> Response[Any]:
    answer = Template("sign_in_refused.html", context={"refusal": refusal}, status_code=refusal.status, headers=_QUIET)
    answer.cookies.append(_cookie(service, "", 0))
    return answer


def _refusal_of(error: SnapshotsError) -> Refusal:
    problem = problem_of(error)
    if isinstance(error, (InvalidInput, AuthenticationFailed)):
        return Refusal(400, "This sign-in did not come to its end", (str(error),))
    if isinstance(error, PermissionDenied):
        return Refusal(403, "You were not signed in", (str(error),))
    if isinstance(error, SiteError):
        return Refusal(503, "Atlassian does not answer", (str(error), "Nobody is let in unchecked: try again later."))
    return Refusal(problem.kind.status, problem.kind.title, (problem.detail,))


def _refusal_for(rights: Rights) -> Refusal:
    """What to say to somebody whom no site knows as its administrator."""
    name = rights.person.display_name if rights.person else "Your Atlassian account"
    said = []
    if rights.refused:
        said.append(
            f"{name} does not administer Confluence on {_list(rights.refused)}: ask an administrator there for the "
            "permission “Confluence Administrator”, or sign in with another account."
        )
    said.extend(f"{site} could not be asked whether you administer it: {error}" for site, error in rights.silent)
    if rights.beyond:
        said.append(
            f"You did not let Snapshots ask {_list(rights.beyond)}: if you administer it, start again and choose that "
            "site on Atlassian's page."
        )
    if not said:
        said.append("No site has been added to this installation yet: an operator does it with `snapshots site add`.")
    if rights.silent:
        return Refusal(503, "It could not be checked whether you may come in", tuple(said))
    return Refusal(403, "Only administrators of Confluence may come in", tuple(said))


def _list(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


handlers = [begin, come_back]
