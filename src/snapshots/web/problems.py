"""What an error is to those who called by HTTP: one table of statuses and codes, and two ways to say it.

The API answers with problem details (RFC 9457), whose `code` never changes its meaning. A browser gets a page, or, when
only a part of a page was asked for, a message in that place.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.response import Redirect, Template

from snapshots import errors
from snapshots.access import keys
from snapshots.acts.backups import UnknownSpaces
from snapshots.acts.places import hide_places
from snapshots.backup.receive import DiskFull, UploadCut, UploadTooLarge
from snapshots.errors import SnapshotsError
from snapshots.web.security import find_visitor, local_path
from snapshots.web.view import TABS, site_path

logger = logging.getLogger("snapshots.web")

AnyRequest = Request[Any, Any, Any]

_RETRY_SECONDS = "10"


@dataclass(frozen=True, slots=True)
class Kind:
    """Which status an error has, its stable code, and its name for people."""

    status: int
    code: str
    title: str


STATUSES: dict[type[SnapshotsError], tuple[int, str]] = {
    errors.InvalidInput: (400, "This cannot be done as asked"),
    errors.AlreadyRunning: (409, "Something else must end first"),
    errors.NotFound: (404, "Not found"),
    errors.Gone: (410, "It is not there any more"),
    errors.DecisionNeeded: (409, "Somebody must decide first"),
    errors.NotLetIn: (401, "No key or session"),
    errors.NotAllowed: (403, "Not allowed"),
    errors.TooManyTries: (429, "Too many tries"),
    errors.ConfigurationError: (500, "Snapshots is not set up for this"),
    errors.AuthenticationFailed: (502, "The site does not accept the account"),
    errors.PermissionDenied: (403, "The account may not do this"),
    errors.SiteUnavailable: (503, "The site does not answer"),
    errors.SiteRefused: (502, "The site answered no"),
    errors.StaleVersion: (409, "Somebody changed it in between"),
    errors.PayloadTooLarge: (422, "Too large for the site"),
    errors.StorageError: (507, "This machine cannot store or read it"),
    errors.DamageError: (422, "The file is damaged"),
    errors.JobCancelled: (409, "Cancelled"),
    keys.KeyMissing: (401, "No API key"),
    keys.KeyUnknown: (401, "The API key is not known"),
    keys.KeyEnded: (401, "The API key has ended"),
    keys.KeyForAnotherSite: (403, "The API key is for another site"),
    keys.ScopeMissing: (403, "The API key is not for this"),
    keys.ApiDisabled: (403, "The API is switched off"),
    UnknownSpaces: (422, "Unknown spaces"),
    UploadTooLarge: (413, "Too large"),
    UploadCut: (400, "Not everything came"),
    DiskFull: (507, "The disk is full"),
}
"""By class, each with its title; an error of a class that another room derived has the row of the class above it."""

FAULT = Kind(500, "fault", "Something went wrong in Snapshots")

_HTTP_CODES = {
    400: "invalid-request",
    401: "not-authenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    429: "too-many-requests",
}

_HTTP_TITLES = {400: "This cannot be understood", 403: "Not allowed", 404: "Not found", 413: "Too large"}

_HTTP_SENTENCES = {
    400: "The request cannot be understood: correct it and send it again.",
    401: "You are not signed in, or your session has ended: sign in again.",
    403: "This was refused. If the page was open for long, load it again and repeat what you did.",
    404: "There is nothing at this address: go back, or start at the first page.",
    405: "This address does not take such a request.",
    413: "What was sent is larger than this place takes: send a smaller file.",
    429: "Too many requests in a short time: wait a minute and try again.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is told: never with a secret, never with internals."""

    kind: Kind
    detail: str
    headers: dict[str, str]
    extra: dict[str, Any]


def problem_of(error: Exception) -> Problem:
    """The row of the table an error belongs to, and its sentence. What nobody foresaw is logged, under a number."""
    if isinstance(error, SnapshotsError):
        return Problem(_kind_of(error), str(error), _headers_of(error), _extra_of(error))
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _http_problem(error)
    if isinstance(error, RecursionError):
        # Nothing of ours recurses as deep as what somebody sends may be nested.
        return _http_problem(HTTPException("What was sent is nested too deep: send it flat.", status_code=400))
    return _fault(error)


def _kind_of(error: SnapshotsError) -> Kind:
    for base in type(error).__mro__:
        if issubclass(base, SnapshotsError) and base in STATUSES:
            status, title = STATUSES[base]
            return Kind(status, base.code(), title)
    return FAULT


def _headers_of(error: SnapshotsError) -> dict[str, str]:
    if isinstance(error, errors.TooManyTries):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, errors.NotLetIn):
        return {"WWW-Authenticate": f'ApiKey header="{keys.HEADER}"'}
    return {"Retry-After": _RETRY_SECONDS} if isinstance(error, errors.SiteUnavailable) else {}


def _extra_of(error: SnapshotsError) -> dict[str, Any]:
    if isinstance(error, UnknownSpaces):
        return {"unknown_spaces": error.keys}
    return {"task": error.job_id} if isinstance(error, errors.AlreadyRunning) and error.job_id else {}


def _http_problem(error: HTTPException) -> Problem:
    status = error.status_code
    phrase = _HTTP_TITLES.get(status, HTTPStatus(status).phrase)
    kind = Kind(status, _HTTP_CODES.get(status, phrase.lower().replace(" ", "-")), phrase)
    # Litestar's own words are bare ("Not Found"); ours are sentences, and end like one.
    said = error.detail if error.detail.endswith((".", "!", "?")) else ""
    extra: dict[str, Any] = {}
    if isinstance(error, ValidationException) and error.extra:
        extra["errors"] = error.extra
    return Problem(kind, said or _HTTP_SENTENCES.get(status, f"{phrase}."), dict(error.headers or {}), extra)


def _fault(error: Exception) -> Problem:
    number = secrets.token_hex(4)
    # The text of an unforeseen error may hold anything, a token too; its type and places hold nothing.
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Fault %s: %s\n%s", number, type(error).__name__, places)
    logger.debug("Fault %s said: %s", number, error)
    detail = f"Snapshots met something it does not know. Its log says more under the number {number}; please report it."
    return Problem(FAULT, detail, {}, {"number": number})


def is_api(request: AnyRequest) -> bool:
    # Not `request.url`, which cannot be made of a Host header that somebody made up.
    return request.scope["path"].startswith("/api/")


def is_part(request: AnyRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return "hx-request" in request.headers


def answer_problem(request: AnyRequest, error: Exception) -> Response[Any]:
    """What the caller is told of an error that reached the door."""
    problem = problem_of(error)
    service = request.app.state.get("service")
    if service is not None:
        # Sentences about files and databases name their place, for operators: they have the log.
        if isinstance(error, (errors.StorageError, errors.ConfigurationError)):
            logger.warning("%s", error)
        problem = replace(problem, detail=hide_places(service.app, problem.detail))
    if is_api(request):
        return _details(request, problem)
    if problem.kind.status == HTTPStatus.UNAUTHORIZED:
        return _to_sign_in(request)
    template = "parts/problem.html" if is_part(request) else "problem.html"
    shown = {"problem": problem, "back": _way_back(request), "task": _task_path(request, problem)}
    return Template(template, context=shown, status_code=problem.kind.status, headers=problem.headers)


def _way_back(request: AnyRequest) -> tuple[str, str]:
    """The tab that the address is of, and its name; the first page where it is of none, or nobody is signed in."""
    if find_visitor(request.scope.get("session")) is None:
        return "/", "the first page"
    parts = request.scope["path"].split("/")
    found = [(site_path(parts[2], name), words) for name, words in TABS if parts[1:2] + parts[3:4] == ["sites", name]]
    return found[0] if found and len(parts) > 4 else ("/", "the first page")


def _task_path(request: AnyRequest, problem: Problem) -> str:
    """Where the job that is in the way is shown, if a tab shows it."""
    job_id, parts = str(problem.extra.get("task", "")), request.scope["path"].split("/")
    if not job_id or parts[1:2] != ["sites"]:
        return ""
    if job_id.startswith("jira-"):
        return site_path(parts[2], "jira-data", "tasks", job_id)
    if job_id.startswith("restore"):
        return site_path(parts[2], "restore", "tasks", job_id)
    return site_path(parts[2], "backup") if job_id.startswith("backup") else ""


def _details(request: AnyRequest, problem: Problem) -> Response[Any]:
    return ProblemDetailsException(
        status_code=problem.kind.status,
        type_=f"urn:snapshots:problem:{problem.kind.code}",
        title=problem.kind.title,
        detail=problem.detail,
        instance=request.scope["path"],
        headers=problem.headers,
        extra={"code": problem.kind.code} | problem.extra,
    ).to_response(request)


def _to_sign_in(request: AnyRequest) -> Response[Any]:
    """To the sign-in, and from there back to the page the browser shows."""
    if not is_part(request):
        # A form that was sent too late leads back to the page it stood on: browsers name it to the page's own host.
        back = request.scope["path"] if request.method == "GET" else _path_of(request.headers.get("referer", ""))
        return Redirect(_sign_in_path(back), status_code=303 if request.method == "POST" else 302)
    shown = _path_of(request.headers.get("hx-current-url", ""))
    return Response("", status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": _sign_in_path(shown)})


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return "/"


def _sign_in_path(back: str) -> str:
    back = local_path(back)
    return "/sign-in" + (f"?{urlencode({'next': back})}" if back != "/" else "")
