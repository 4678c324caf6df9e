"""Sessions of browsers: what one holds is kept here, the browser has only a random id in a cookie."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.stores.base import Store
from litestar.stores.file import FileStore
from litestar.types import Empty, Message, ScopeSession

SESSION_SECONDS = 12 * 60 * 60
_LOADED = "snapshots.session_as_loaded"


class _Backend(ServerSideSessionBackend):
    """Litestar's, which would write every session at every answer, those of strangers too.

    Here only a change is written, and a change gives a new id: an id somebody planted before a sign-in is worth
    nothing after it, and an answer under way cannot bring a session back that was signed out meanwhile.
    """

    async def load_from_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
        loaded = await super().load_from_connection(connection)
        cast(dict[str, Any], connection.scope)[_LOADED] = self.serialize_data(loaded)
        return loaded

    async def store_in_message(
        self, scope_session: ScopeSession, message: Message, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> None:
        session = {} if scope_session in (None, Empty) else scope_session
        known_id = connection.cookies.get(self.config.key)
        loaded = cast(dict[str, Any], connection.scope).get(_LOADED)
        is_dead_cookie = known_id is not None and not session
        if self.serialize_data(session, connection.scope) == loaded and not is_dead_cookie:
            return
        store = self.config.get_store_from_app(connection.scope["app"])
        if known_id is not None:
            await self.delete(known_id, store=store)
        cookie = Cookie(
            key=self.config.key,
            path=self.config.path,
            secure=self.config.secure,
            httponly=True,
            samesite=self.config.samesite,
        )
        if session:
            cookie.value = self.generate_session_id()
            cookie.max_age = self.config.max_age
            await self.set(cookie.value, self.serialize_data(session, connection.scope), store=store)
        else:
            cookie.value, cookie.max_age = "", 0
        MutableScopeHeaders.from_message(message).add("Set-Cookie", cookie.to_header(header=""))


class SessionConfig(ServerSideSessionConfig):
    """Sessions of `SESSION_SECONDS`, counted from the sign-in."""

    _backend_class = _Backend


def cookie_name(what: str, *, port: int, is_https: bool) -> str:
    """The name of a cookie of ours.

    Cookies know no ports, so two servers on one machine would sign each other out without it. `__Host-` has browsers
    refuse one that another host of the same domain sets, which could sign somebody in under a wrong name.
    """
    return f"{'__Host-' if is_https else ''}snapshots_{what}_{port}"


def session_config(*, port: int, is_https: bool) -> SessionConfig:
    return SessionConfig(
        key=cookie_name("session", port=port, is_https=is_https),
        max_age=SESSION_SECONDS,
        secure=is_https,
        httponly=True,
        samesite="lax",
    )


def open_store(folder: Path) -> Store:
    """Where sessions are kept, so that a restarted server still knows who is signed in.

    File names are digests of ids, so reading the folder does not let anybody in.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FileStore(folder)


def open_csrf_secret(file: Path) -> str:
    """What CSRF tokens are signed with; the same after a restart, so that pages open since before still work."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as made:
            made.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    secret = file.read_text(encoding="ascii").strip()
    if len(secret) < 32:
        # Cut short by a full disk, it would be guessed.
        file.unlink()
        return open_csrf_secret(file)
    return secret
