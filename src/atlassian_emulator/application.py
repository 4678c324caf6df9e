"""One request on its way: weather, who asks, route, answer, log."""

from __future__ import annotations

import socket
import time
import traceback
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from atlassian_emulator.call import Call, ProductError, Reply
from atlassian_emulator.directory import Directory
from atlassian_emulator.oauth import GATEWAY_PREFIX, OWN_PATHS, Authority, Gateway
from atlassian_emulator.points import points_of
from atlassian_emulator.refusals import refusal_for
from atlassian_emulator.routing import Route, router_of
from atlassian_emulator.site import Site
from atlassian_emulator.users import User
from atlassian_emulator.weather import Disturbance, refusal_of

CONTROL_PREFIX = "/_emulator/"
_PIECES_OF_A_SLOW_BODY = 10
_PERSON = "atlassian_emulator.person"
"""Where the environment of a request says who asks through the gateway; no header can set it."""

_REFUSAL = "atlassian_emulator.refusal"
"""Where it says why the gateway lets nobody through."""


class ConnectionDropped(ConnectionError):
    """The weather ended this connection; the server closes it without a further word."""


class Application:
    """The WSGI application of one site."""

    def __init__(self, site: Site, routes: tuple[Route, ...]) -> None:
        self.site = site
        self._routes = routes
        self._router = router_of(routes)
        self._gateway = Gateway(site.part(Authority)) if site.deployment == "cloud" else None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._gateway is not None and environ.get("PATH_INFO", "").startswith(GATEWAY_PREFIX):
            return self._pass_through(self._gateway, environ, start_response)
        return self._serve(environ, start_response)

    def _pass_through(self, gateway: Gateway, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Let the site that a request to the gateway means answer it, as the person whose token came with it."""
        try:
            site, person, path = gateway.enter(environ)
        except ProductError as refusal:
            return self._serve({**environ, _REFUSAL: refusal}, start_response)
        inside = {**environ, "PATH_INFO": path, _PERSON: person}
        inside.pop("HTTP_AUTHORIZATION", None)
        there = self if site is self.site else Application(site, self._routes)
        return there._serve(inside, start_response)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Closing the request lets go of the files of an uploaded form.
        with Request(environ) as request:
            if request.path.startswith(CONTROL_PREFIX):
                response = _response(self._answer(request, _Trace()))
            else:
                response = self._answer_and_log(request, environ)
            # A body that no route read would be taken for the next request of this connection.
            request.stream.read()
            return response(environ, start_response)

    def _answer_and_log(self, request: Request, environ: dict[str, Any]) -> Response:
        started = time.perf_counter_ns()
        asked_at = self.site.clock()
        trace = _Trace()
        disturbance = self.site.weather.meet(request.method, request.path)
        status = response_bytes = 0
        try:
            response = self._answer_in_weather(request, environ, disturbance, trace)
            status, response_bytes = response.status_code, response.calculate_content_length() or 0
            return response
        finally:
            self.site.log.add(
                asked_at=asked_at,
                method=request.method,
                path=request.path,
                query=request.query_string.decode("latin-1"),
                user=trace.user.email if trace.user else "",
                route=trace.route.name if trace.route else "",
                status=status,
                request_bytes=request.content_length or 0,
                response_bytes=response_bytes,
                duration_us=(time.perf_counter_ns() - started) // 1000,
                weather=disturbance.kind if disturbance else "",
                points=trace.points,
            )

    def _answer_in_weather(
        self, request: Request, environ: dict[str, Any], disturbance: Disturbance | None, trace: _Trace
    ) -> Response:
        if disturbance is None:
            return _response(self._answer(request, trace))
        if disturbance.kind in ("rate-limit", "unavailable"):
            refusal = refusal_of(disturbance, request.path, self.site.clock())
            return _response(Reply(refusal.status, refusal.body, refusal.headers))
        if disturbance.kind == "drop":
            _drop(environ)
        if disturbance.kind == "latency":
            time.sleep(disturbance.seconds)
        response = _response(self._answer(request, trace))
        if disturbance.kind == "lose":
            _drop(environ)
        if disturbance.kind in ("cut", "slow"):
            _make_slow(response, environ, disturbance)
        return response

    def _answer(self, request: Request, trace: _Trace) -> Reply:
        """Carry the request out. Whatever the caller sent, the answer is a refusal and never a traceback."""
        try:
            if (refused := request.environ.get(_REFUSAL)) is not None:
                raise refused
            trace.user = user = self._authenticate(request)
            route, path = self._router.match(_method_of(request), request.path)
            trace.route = route
            if user is None and not route.open:
                raise refusal_for(request.path, 401, "Client must be authenticated to access this resource.")
            if request.path.startswith(CONTROL_PREFIX):
                return route.answer(Call(request, path, user, self.site))
            return self._answer_within_limits(route, Call(request, path, user, self.site), trace)
        except ProductError as refusal:
            return Reply(refusal.status, refusal.body, refusal.headers)
        except HTTPException as error:
            said_no = refusal_for(request.path, error.code or 400, error.description or "")
            return Reply(said_no.status, said_no.body, said_no.headers)
        except Exception:  # noqa: BLE001 - a fault of the emulator must reach its operator and still be answered
            traceback.print_exc()
            return Reply(500, refusal_for(request.path, 500, "The emulator itself failed; its output says how.").body)

    def _answer_within_limits(self, route: Route, call: Call, trace: _Trace) -> Reply:
        limits, now = self.site.limits, self.site.clock()
        limits.admit(route.method, route.template, call.request.path, call.path.get("issueIdOrKey", ""), now)
        trace.points = 1
        reply = route.answer(call)
        trace.points = points_of(route.method, route.template, reply.status, reply.body)
        headers = limits.spend(trace.points, now)
        return replace(reply, headers={**reply.headers, **headers}) if headers else reply

    def _authenticate(self, request: Request) -> User | None:
        """Return the user of a Basic header, or None without one; wrong credentials are refused with 401."""
        person: User | None = request.environ.get(_PERSON)
        if person is not None or (self._gateway is not None and request.path.startswith(OWN_PATHS)):
            return person
        authorization = request.authorization
        if authorization is None and "Authorization" not in request.headers:
            return None
        if self.site.deployment == "data-center":
            user = self.site.part(Directory).sign_in(authorization)
            if user is not None:
                return user
        elif authorization and authorization.type == "basic":
            user = self.site.users.sign_in(authorization.username or "", authorization.password or "")
            if user is not None:
                return user
        refusal = refusal_for(request.path, 401, "Client must be authenticated to access this resource.")
        refusal.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        refusal.headers["WWW-Authenticate"] = f'OAuth realm="{self.site.base_url}"'
        raise refusal


class _Trace:
    """What became known of a request while it was answered, for the log."""

    route: Route | None = None
    user: User | None = None
    points: int = 0


def _method_of(request: Request) -> str:
    # A HEAD request is answered as a GET; the server leaves the body away.
    return "GET" if request.method == "HEAD" else request.method


def _response(reply: Reply) -> Response:
    if reply.body is None:
        response = Response(status=reply.status, headers=dict(reply.headers))
        if reply.status == 204:
            del response.headers["Content-Type"]
        return response
    if isinstance(reply.body, bytes):
        response = Response(reply.body, reply.status, dict(reply.headers), content_type="application/octet-stream")
        response.headers.update(reply.headers)
        return response
    body = msgspec.json.encode(reply.body)
    return Response(body, reply.status, dict(reply.headers), content_type="application/json;charset=UTF-8")


def _drop(environ: dict[str, Any]) -> None:
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        # Linger 0 makes the kernel send a reset, which is what a client sees when a balancer gives up.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    raise ConnectionDropped


def _make_slow(response: Response, environ: dict[str, Any], disturbance: Disturbance) -> None:
    """Send the body in pieces over `seconds`; cut it after half of them for a cut answer."""
    body = response.get_data()
    size = max(1, -(-len(body) // _PIECES_OF_A_SLOW_BODY))
    cut_after = len(body) // 2 if disturbance.kind == "cut" else None

    def pieces() -> Iterable[bytes]:
        for start in range(0, len(body), size):
            if cut_after is not None and start >= cut_after:
                _drop(environ)
            time.sleep(disturbance.seconds / _PIECES_OF_A_SLOW_BODY)
            yield body[start : start + size]

    response.response = pieces()
    response.headers["Content-Length"] = str(len(body))
