"""Everything under `/api`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from anyio.to_thread import run_sync
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from snapshots.acts.housekeeping import Housekeeper
from snapshots.web.api import archives, backups, jira_data, jiras, restores, tasks
from snapshots.web.api.door import Door, key_opens, provide_caller
from snapshots.web.api.openapi import document
from snapshots.web.api.paths import ROOT


def api_handlers() -> list[ControllerRouterHandler]:
    """What the application serves under `/api`: no session, no CSRF token, only keys."""
    return [_router(), document(_router)]


def _router() -> Router:
    return Router(
        path=f"{ROOT}/{{site:str}}",
        guards=[key_opens],
        dependencies={"caller": Provide(provide_caller, sync_to_thread=False)},
        opt={"exclude_from_auth": True, "exclude_from_csrf": True, "skip_session": True},
        route_handlers=[
            *backups.handlers,
            *tasks.handlers,
            *archives.handlers,
            *restores.handlers,
            *jira_data.handlers,
            *jiras.handlers,
        ],
    )


def housekeeping(door: Door) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """While the application lives, the service keeps its house."""

    @asynccontextmanager
    async def keep(app: Litestar) -> AsyncIterator[None]:
        keeper = Housekeeper(door.app, door.uses)
        keeper.start()
        try:
            yield
        finally:
            await run_sync(keeper.stop)

    return keep
