"""Saying no, in the body shape of the product that was asked.

    Confluence v2   {"errors": [{"status": 404, "code": "NOT_FOUND", "title": "…", "detail": null}]}
    Confluence v1   {"statusCode": 404, "message": "…", "data": {…}}
    Jira            {"errorMessages": ["…"], "errors": {"field": "…"}}

Routes raise one of these; the application turns it into the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

CODES = {
    400: "INVALID_REQUEST_PARAMETER",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "REQUEST_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "TOO_MANY_REQUESTS",
    503: "SERVICE_UNAVAILABLE",
}


# Jira's paths have a number after /rest/api/, Confluence's have none.
_OF_DATA_CENTER = re.compile(r"/rest/(?:api/(?!latest\b)[a-z]|experimental/)|/download/attachments/")


class ProductError(Exception):
    """A product says no: `status`, its JSON `body` and any `headers` of the answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class ConfluenceError(ProductError):
    """Confluence v2's shape. `code` is derived from the status unless given."""

    def __init__(self, status: int, title: str, detail: str | None = None, *, code: str = "") -> None:
        error = {"status": status, "code": code or CODES.get(status, "ERROR"), "title": title, "detail": detail}
        super().__init__(status, {"errors": [error]})


class LegacyConfluenceError(ProductError):
    """Confluence v1's shape; its message starts with the name of a Java exception on the real site too."""

    def __init__(self, status: int, message: str) -> None:
        data = {"authorized": status not in (401, 403), "valid": status < 400 or status >= 500, "errors": []}
        super().__init__(status, {"statusCode": status, "data": data, "message": message})


class JiraError(ProductError):
    """Jira's shape: sentences about the request, and sentences by field."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(status, {"errorMessages": list(messages), "errors": dict(errors or {})})


def product_of(path: str) -> str:
    """Which product's shapes a path speaks: "confluence-v2", "confluence-v1" or "jira"."""
    if path.startswith("/wiki/api/v2"):
        return "confluence-v2"
    return "confluence-v1" if path.startswith("/wiki") or _OF_DATA_CENTER.match(path) else "jira"


def refusal_for(path: str, status: int, message: str = "") -> ProductError:
    """Return the refusal of whatever product serves `path`; without a message, the status' own phrase."""
    message = message or HTTPStatus(status).phrase
    match product_of(path):
        case "confluence-v2":
            return ConfluenceError(status, message)
        case "confluence-v1":
            return LegacyConfluenceError(status, message)
        case _:
            return JiraError(status, message)
