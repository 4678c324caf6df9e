"""Who may come in, and what a browser is told to refuse. One guard decides for every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from anyio import to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import ClientException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware.session.server_side import ServerSideSessionBackend
from litestar.security.session_auth import SessionAuth
from litestar.types import Message, Scope

from snapshots.web.service import Service, Settings
from snapshots.web.sessions import session_config

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Visitor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is signed in; what a session holds.

    `sites` are the names of the sites they may administer, `None` all: whoever opens the link of the terminal could
    as well use the command line. Of somebody who came by Atlassian the session holds none: `sign_in` names what is
    asked for them at each request.
    """

    account_id: str
    name: str
    how: Literal["link", "atlassian"]
    sites: tuple[str, ...] | None = None
    sign_in: str = ""

    def may_administer(self, site: str) -> bool:
        return self.sites is None or site in self.sites


Connection = ASGIConnection[Any, Visitor, Any, Any]


def sign_in(connection: ASGIConnection[Any, Any, Any, Any], visitor: Visitor) -> None:
    """From the answer to this request on, the browser is this visitor's."""
    connection.set_session({"visitor": msgspec.to_builtins(visitor)})


def sign_out(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    connection.clear_session()


def find_visitor(session: object) -> Visitor | None:
    """Who a session says is signed in; nobody when it is empty, or an older release wrote it otherwise."""
    try:
        return msgspec.convert(session.get("visitor"), Visitor) if isinstance(session, dict) else None
    except msgspec.ValidationError:
        return None


async def _retrieve_visitor(session: dict[str, Any], connection: ASGIConnection[Any, Any, Any, Any]) -> Visitor | None:
    visitor = find_visitor(session)
    service: Service = connection.app.state.service
    if visitor is None or service.team is None:
        # A session of Atlassian's is worth nothing on a server that cannot ask Atlassian, and the other way round.
        return visitor if visitor is not None and visitor.how == "link" else None
    if visitor.how == "link":
        return None
    # Now and then this asks Confluence, which may take its time.
    sites = await to_thread.run_sync(service.team.sign_ins.sites_of, visitor.sign_in)
    return None if sites is None else msgspec.structs.replace(visitor, sites=sites)


def session_auth(settings: Settings) -> SessionAuth[Visitor, ServerSideSessionBackend]:
    """Every handler wants a visitor, unless it is marked `exclude_from_auth`."""
    return SessionAuth[Visitor, ServerSideSessionBackend](
        retrieve_user_handler=_retrieve_visitor,
        session_backend_config=session_config(port=settings.port, is_https=settings.is_https),
        # Litestar lets HEAD pass by default, which would tell strangers what is there.
        exclude_http_methods=["OPTIONS"],
    )


def administers_site(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard: the visitor may administer the site that the path names."""
    # OPTIONS comes here without a user.
    visitor = connection.scope.get("user")
    if not isinstance(visitor, Visitor):
        raise NotAuthorizedException("Sign in first.")
    site = str(connection.path_params.get("site", ""))
    if not visitor.may_administer(site):
        raise PermissionDeniedException(
            f"{visitor.name} may not administer the site {site!r}: ask one of its Confluence administrators."
        )


def refuse_strangers(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> None:
    """Raise for another name of ours than we know, and for an unsafe request that a page of somebody else's makes.

    The first is somebody's DNS pointed at this machine. The second stands beside the CSRF token, which another
    service on the same host name could plant.
    """
    if b"%00" in connection.scope.get("raw_path", b"") or b"%00" in connection.scope["query_string"]:
        raise ClientException("An address holds no character NUL: correct it.")
    if connection.headers.get("host") not in settings.hosts:
        raise ClientException(f"This is not the address of this service, which is {settings.public_url}.")
    if connection.scope.get("method", "GET") in SAFE_METHODS:
        return
    own_page = connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if not own_page or connection.headers.get("origin", settings.public_url) not in settings.origins:
        raise PermissionDeniedException("This request comes from a page of another site, so it was refused.")


def local_path(text: str | None) -> str:
    """`text` if it is a path on this service, else the start page: nobody is sent to another host by a link to us."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    return text


def security_headers(settings: Settings) -> dict[str, str]:
    """What browsers are told with every answer: nothing of other hosts, nothing inline, in nobody's frame."""
    ancestors = " ".join(settings.frame_ancestors) or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    if not settings.frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def add_security_headers(message: Message, scope: Scope, headers: Mapping[str, str]) -> None:
    """Put `headers` on an answer, and keep it out of caches unless it says otherwise."""
    if message["type"] != "http.response.start":
        return
    answered = MutableScopeHeaders.from_message(message)
    for name, value in headers.items():
        answered.setdefault(name, value)
    answered.setdefault("Cache-Control", "no-store")
