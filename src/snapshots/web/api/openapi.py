"""The OpenAPI document: what Litestar knows of the handlers, and what every operation has besides.

It is made once, from the same router that answers, so it cannot tell of what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Components, OpenAPIMediaType, Operation, RequestBody, Schema, SecurityScheme
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.types import Method

from snapshots import __version__
from snapshots.access.keys import HEADER

PROBLEM = "application/problem+json"

DESCRIPTION = f"""\
Backs up and restores the registry of one site. Every request shows a key in the header `{HEADER}`; an administrator \
makes keys in the tab *API setting*, each for one site and for some of *backup*, *restore* and *jira-data*.

Long work answers `202` with a task, whose address is in `Location`: poll it until its state is `done`, `failed` or \
`cancelled`. Every error is a problem document (RFC 9457) whose `code` never changes its meaning."""


class Problem(msgspec.Struct):
    """An error (RFC 9457). `code` is for machines, `detail` is a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    task: str | msgspec.UnsetType | None = msgspec.UNSET
    """The task that is in the way (409)."""
    unknown_spaces: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Space keys that the site does not have (422)."""
    errors: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    """Which parts of the request could not be understood (400)."""
    number: str | msgspec.UnsetType = msgspec.UNSET
    """Under which the log of the service says more (500)."""


_WHY = {
    400: "The request cannot be understood, or asks for what is not allowed",
    401: "No key, a wrong key, or one that has ended",
    403: "A key of another site or for other work, or the API is switched off",
    404: "There is no such thing on this site",
    409: "Something else must end or be decided first",
    410: "It was there, and was deleted or has expired",
    411: "The service wants to know the length first",
    413: "Larger than the service takes, or has room for",
    416: "The range holds nothing of the file",
    422: "The content cannot be used: unknown spaces, or a damaged file",
    429: "Too many requests or wrong keys; `Retry-After` says when to try again",
    500: "A fault of the service, or it is not set up for this",
    502: "The site answered no",
    503: "The site does not answer now",
    507: "The machine of the service cannot store or read it",
}
_EVERYWHERE = (401, 403, 429, 500, 507)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Errors that a handler may answer with beside those that any may."""
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=_WHY[status], media_type=PROBLEM)
        for status in statuses
    }


STARTED: dict[int, ResponseSpec] = {}
"""For handlers that start a task: the document tells of the headers of their 202 by itself."""

FILE_HEADERS = [
    ResponseHeader(name=name, description=words, documentation_only=True)
    for name, words in (
        ("ETag", "The SHA-256 of the file"),
        ("Accept-Ranges", "bytes"),
        ("Content-Disposition", "The name of the file"),
        ("Digest", "SHA-256 of the whole file (RFC 3230)"),
        ("Repr-Digest", "SHA-256 of the whole file (RFC 9530)"),
    )
]


def file_responses(media_type: str) -> dict[int, ResponseSpec]:
    """What a download answers beside the whole file."""
    return {
        206: ResponseSpec(bytes, generate_examples=False, description="Part of the file", media_type=media_type),
        304: ResponseSpec(None, generate_examples=False, description="The caller has the file already"),
    }


@dataclass
class Upload(Operation):
    """An operation whose body is a file as it is."""

    media_type: ClassVar[str] = "application/zip"

    def __post_init__(self) -> None:
        binary = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(
            content={self.media_type: binary, "application/octet-stream": binary}, required=True
        )


@dataclass
class JiraUpload(Upload):
    """An operation whose body is a Jira-data file."""

    media_type: ClassVar[str] = "application/x-ndjson"


UPLOAD = Upload


def document(router: Callable[[], Router]) -> HTTPRouteHandler:
    """The handler of `/api/openapi.json`, open to everybody: it tells how to call, and holds nothing of any site."""

    @cache
    def made() -> bytes:
        return msgspec.json.encode(_make(router()))

    @get(
        "/api/openapi.json",
        opt={"exclude_from_auth": True, "exclude_from_csrf": True, "skip_session": True},
        include_in_schema=False,
        sync_to_thread=True,
    )
    def openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
        headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        return Response(made(), media_type=MediaType.JSON, headers=headers)

    return openapi_document


def _make(router: Router) -> dict[str, Any]:
    config = OpenAPIConfig(
        title="Snapshots backup API",
        version=__version__,
        description=DESCRIPTION,
        create_examples=False,
        security=[{"key": []}],
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="apiKey", name=HEADER, security_scheme_in="header", description="An API key")
            }
        ),
        operation_id_creator=_operation_id,
    )
    app = Litestar(route_handlers=[router], openapi_config=config)
    made = app.openapi_schema.to_schema()
    for path, item in made["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                _complete(path, method, operation)
    made["components"]["schemas"]["Task"]["examples"] = [_EXAMPLE_TASK]
    return made


def _operation_id(handler: HTTPRouteHandler, method: Method, path: list[Any]) -> str:
    return handler.handler_name


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status in _EVERYWHERE:
        responses.setdefault(str(status), _problem_response(status))
    operation["tags"] = [path.split("/")[5]]
    body = operation.get("requestBody")
    if body and any(each.get("type") == "null" for each in _schema_of(body).get("oneOf", ())):
        # Litestar takes no body for null, and has no word for that.
        body["required"] = False
        body["content"]["application/json"]["example"] = _EXAMPLE_BODY
    for parameter in operation.get("parameters", ()):
        for bound in ("minimum", "maximum"):
            if bound in parameter.get("schema", {}):
                parameter["schema"][bound] = int(parameter["schema"][bound])
    if path.endswith("/file"):
        operation["parameters"] += [_condition(name) for name in ("If-None-Match", "If-Range", "Range")]
    if "202" in responses:
        responses["202"]["headers"] = {
            "Location": {"schema": {"type": "string"}, "description": "Address of the task", "required": True},
            "Retry-After": {"schema": {"type": "string"}, "description": "Seconds before the first look"},
        }
    if "201" in responses:
        responses["201"]["headers"] = {
            "Location": {"schema": {"type": "string"}, "description": "Address of what was made", "required": True}
        }
    if method == "head":
        responses.pop("206", None)
    for status, response in responses.items():
        for header in response.get("headers", {}).values():
            header.setdefault("schema", {"type": "string"})
        if int(status) >= 400 and method != "head":
            _complete_problem(int(status), response)
        elif method == "head" or status in ("204", "304"):  # which have no body
            response.pop("content", None)
        elif path.endswith("/file"):
            media_type = "application/x-ndjson" if "/jira-data/" in path else "application/zip"
            response["content"] = {media_type: {"schema": {"type": "string", "format": "binary"}}}


def _schema_of(body: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = body["content"].get("application/json", {}).get("schema", {})
    return schema


def _condition(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": "RFC 9110"}


def _problem_response(status: int) -> dict[str, Any]:
    return {
        "description": _WHY[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _complete_problem(status: int, response: dict[str, Any]) -> None:
    response["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example(status)}}
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds to wait"}}
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Which header"}}


_EXAMPLE_BODY = {"spaces": ["REL", "QMS"], "skip_unknown": False}

_EXAMPLE_TASK = {
    "id": "backup-8f2c61d09a",
    "kind": "backup",
    "site": "acme",
    "state": "running",
    "percentage": 42,
    "stage": "writing records",
    "counts": {"done": 84000, "total": 200000, "unit": "records"},
    "message": "Writing records: 84,000 of 200,000 records.",
    "created_at": "2026-11-26T01:43:56Z",
    "updated_at": "2026-11-26T01:43:58Z",
    "result": None,
    "error": None,
    "links": {
        "self": "/api/v1/sites/acme/tasks/backup-8f2c61d09a",
        "cancel": "/api/v1/sites/acme/tasks/backup-8f2c61d09a/cancel",
    },
}

_EXAMPLES: dict[int, tuple[str, str]] = {
    400: ("invalid-input", "No space was picked; name at least one space key, or choose all spaces."),
    401: ("key-unknown", f"The API key in the header {HEADER} is not known: check that it was copied whole."),
    403: ("api-disabled", "The API is switched off for the site 'acme': an administrator can switch it on."),
    404: ("not-found", "There is no backup 12 of this site; list the backups to see which there are."),
    409: (
        "already-running",
        "Two of these cannot run at once (acme: registry), and job backup-8f2c… there is running; wait for it.",
    ),
    410: ("gone", "The file of backup 12 was deleted: make a new backup."),
    413: ("upload-too-large", "The file is larger than the 17,179,869,184 bytes that there is room for."),
    422: ("unknown-spaces", "The site has no space with these keys: NOPE. Nothing was started."),
    429: ("too-many-tries", "Too many wrong API keys came from 192.0.2.1: wait 42 seconds, and check the key."),
}


def _example(status: int) -> dict[str, Any]:
    code, detail = _EXAMPLES.get(status, (HTTPStatus(status).phrase.lower().replace(" ", "-"), f"{_WHY[status]}."))
    return {
        "type": f"urn:snapshots:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": "/api/v1/sites/acme/backups",
        "code": code,
    }
