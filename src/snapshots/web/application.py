"""The web application: routes, and what stands in front of every one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import CacheControlHeader, State
from litestar.di import Provide
from litestar.exceptions import InternalServerException, NotFoundException
from litestar.middleware import ASGIMiddleware
from litestar.static_files import create_static_files_router
from litestar.stores.file import FileStore
from litestar.stores.memory import MemoryStore
from litestar.stores.registry import StoreRegistry
from litestar.template.config import TemplateConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from snapshots.web import security, sessions
from snapshots.web.api.door import Door
from snapshots.web.api.router import api_handlers, housekeeping
from snapshots.web.pages import (
    api_setting,
    area,
    audit,
    backup,
    front,
    jira_data,
    jira_report,
    jiras,
    restore,
    restore_plan,
    restore_report,
)
from snapshots.web.problems import answer_problem
from snapshots.web.service import Service
from snapshots.web.signin import atlassian as signin_atlassian
from snapshots.web.signin import pages as signin_pages
from snapshots.web.signin.limits import SIGN_IN_LIMIT_STORE
from snapshots.web.view import STATIC, template_engine

MAX_BODY_BYTES = 1024 * 1024
"""What a request may send where its handler does not say otherwise."""

_SWEEP_SECONDS = 10 * 60
_ASSET_SECONDS = 365 * 24 * 60 * 60


def build_application(service: Service) -> Litestar:
    """The application over one service; opens nothing but the folder of sessions."""
    settings = service.settings
    folder = service.app.config.web_dir
    headers = security.security_headers(settings)
    door = Door.of(service.app)

    async def before_send(message: Message, scope: Scope) -> None:
        security.add_security_headers(message, scope, headers)

    return Litestar(
        route_handlers=[
            front.front,
            *signin_pages.handlers,
            *signin_atlassian.handlers,
            *api_handlers(),
            area.area_router(
                [
                    *backup.handlers,
                    *restore.handlers,
                    *restore_plan.handlers,
                    *restore_report.handlers,
                    *jira_data.handlers,
                    *jiras.handlers,
                    *jira_report.handlers,
                    *api_setting.handlers,
                    *audit.handlers,
                ]
            ),
            create_static_files_router(
                path="/static",
                directories=[STATIC],
                # An asset's address changes with its content; see view.asset.
                cache_control=CacheControlHeader(max_age=_ASSET_SECONDS, immutable=True, public=True),
                opt={"exclude_from_auth": True, "exclude_from_csrf": True, "skip_session": True},
                include_in_schema=False,
                # A name that no file can have is a file that is not there.
                exception_handlers={InternalServerException: _answer_nothing_there},
            ),
        ],
        state=State({"service": service, "door": door}),
        dependencies={"service": Provide(_provide_service, sync_to_thread=False)},
        middleware=[_NoStrangers(service), security.session_auth(settings).middleware],
        csrf_config=CSRFConfig(
            secret=sessions.open_csrf_secret(folder / "csrf.key"),
            cookie_name=sessions.cookie_name("csrf", port=settings.port, is_https=settings.is_https),
            cookie_secure=settings.is_https,
            cookie_httponly=True,
            exclude="^/api/",
        ),
        stores=StoreRegistry({"sessions": sessions.open_store(folder / "sessions")}),
        lifespan=[_sweeping, housekeeping(door)],
        template_config=TemplateConfig(instance=template_engine()),
        exception_handlers={Exception: answer_problem},
        before_send=[before_send],
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


@asynccontextmanager
async def _sweeping(application: Litestar) -> AsyncIterator[None]:
    """Forget sessions and counted callers whose time is over; the stores themselves only do when they are asked."""

    async def sweep() -> None:
        while True:
            for name in ("sessions", SIGN_IN_LIMIT_STORE):
                store = application.stores.get(name)
                if isinstance(store, (FileStore, MemoryStore)):
                    await store.delete_expired()
            await asyncio.sleep(_SWEEP_SECONDS)

    sweeping = asyncio.create_task(sweep())
    try:
        yield
    finally:
        sweeping.cancel()


def _answer_nothing_there(request: Request[Any, Any, Any], error: InternalServerException) -> Response[Any]:
    return answer_problem(request, NotFoundException())


def _provide_service(state: State) -> Service:
    service: Service = state.service
    return service


class _NoStrangers(ASGIMiddleware):
    """Refuses what was not meant for us, before anything of it is read."""

    def __init__(self, service: Service) -> None:
        self._settings = service.settings

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        connection = ASGIConnection[Any, Any, Any, Any](scope, receive=receive, send=send)
        security.refuse_strangers(connection, self._settings)
        await next_app(scope, receive, send)
