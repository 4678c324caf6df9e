"""Who calls the API: the key in the header, what it is for, and from where."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

from anyio.to_thread import run_sync
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from snapshots.access import keys
from snapshots.access.actors import Actor
from snapshots.access.keys import Scope
from snapshots.access.settings import get_settings
from snapshots.access.uses import UseLog, WrongKeys
from snapshots.app import App
from snapshots.errors import PersonError
from snapshots.registry import sites
from snapshots.registry.api_keys import ApiKeyRow

ANY_SCOPE = "any"
"""Of a handler that any key of the site may call, and that looks at the scope itself."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the API of one server keeps between requests."""

    app: App
    uses: UseLog
    wrong_keys: WrongKeys

    @classmethod
    def of(cls, app: App) -> Door:
        return cls(app, UseLog(app.registry), WrongKeys())


@dataclass(frozen=True, slots=True)
class Caller:
    """A request whose key was good: for which site, and as whom it acts."""

    app: App
    site: str
    key: ApiKeyRow
    actor: Actor

    @property
    def scopes(self) -> frozenset[Scope]:
        return keys.scopes_of(self.key)

    def require_scope(self, scope: Scope) -> None:
        keys.require_scope(self.key, scope)


AnyConnection = ASGIConnection[Any, Any, Any, Any]


async def key_opens(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Guard: the key opens this site and this sort of work. Before anything of the request's body is read."""
    door: Door = connection.app.state.door
    connection.state.caller = await run_sync(_admit, door, connection, handler.opt.get("scope"))


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """The caller that the guard let in."""
    return cast(Caller, request.state.caller)


def address_of(connection: AnyConnection) -> str:
    """The network address a request came from."""
    return connection.client.host if connection.client else ""


def _admit(door: Door, connection: AnyConnection, scope: Scope | str | None) -> Caller:
    address = address_of(connection)
    site = str(connection.path_params["site"])
    key: ApiKeyRow | None = None
    site_id: int | None = None
    try:
        with door.app.registry.read() as conn:
            row = sites.find_site(conn, site)
            # A stranger learns nothing of which sites there are: the key comes first.
            site_id = row.id if row else None
            key = keys.recognise(conn, connection.headers.get(keys.HEADER), time.time_ns() // 1000)
            if row is None or key.site_id != row.id:
                raise keys.KeyForAnotherSite(
                    f"The API key {key.name!r} is not for the site {site!r}: use a key of that site."
                )
            if not get_settings(conn, row.id).api_enabled:
                raise keys.ApiDisabled(
                    f"The API is switched off for the site {site!r}: an administrator can switch it on, in the tab "
                    "API setting."
                )
        if scope is None:
            raise RuntimeError("A handler of the API names no scope.")
        if scope != ANY_SCOPE:
            keys.require_scope(key, cast(Scope, scope))
    except PersonError as refused:
        door.uses.note_refusal(site_id, address, refused.code(), key)
        if isinstance(refused, keys.KeyUnknown):
            door.wrong_keys.count(address)
        raise
    door.uses.note_use(key, address, _describe(connection))
    return Caller(door.app, site, key, keys.actor_of(key, address))


def _describe(connection: AnyConnection) -> str:
    """What a request is for, without names and ids: `GET backups/file`."""
    template = str(connection.scope.get("path_template", ""))
    parts = [part for part in template.split("/") if part and not part.startswith("{")]
    return f"{connection.scope.get('method')} {'/'.join(parts[3:])}"
