"""Moving spaces and projects between two running sites over their control paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3


class CopyRefused(Exception):
    """A site would not export or import, or is not there; `str()` is the sentence to show."""


def copy_space(
    source: str,
    destination: str,
    key: str,
    *,
    rename_to: str = "",
    current_version_only: bool = False,
    conflicting_macros: Iterable[str] = (),
) -> dict[str, Any]:
    """Copy a space from the site at `source` to the one at `destination`; return the report of import_space."""
    options = [("rename-to", rename_to), ("current-version-only", str(current_version_only).lower())]
    options += [("conflicting-macro", macro_id) for macro_id in conflicting_macros]
    return _copy(source, destination, "space", "CONFLUENCE", key, options)


def copy_project(
    source: str,
    destination: str,
    key: str,
    *,
    rename_to: str = "",
    rename_fields: Mapping[str, str] | None = None,
    rename_link_types: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Copy a Jira project likewise; custom fields and link types may be called otherwise at the destination."""
    options = [("rename-to", rename_to)]
    options += [("rename-field", f"{old}={new}") for old, new in (rename_fields or {}).items()]
    options += [("rename-link-type", f"{old}={new}") for old, new in (rename_link_types or {}).items()]
    return _copy(source, destination, "project", "JIRA", key, options)


def _copy(
    source: str, destination: str, noun: str, product: str, key: str, options: list[tuple[str, str]]
) -> dict[str, Any]:
    source, destination = source.rstrip("/"), destination.rstrip("/")
    pool = urllib3.PoolManager(retries=False)
    try:
        exported = _ask(pool, "GET", f"{source}/_emulator/export-{noun}?{urlencode({'key': key})}")
        address = f"{destination}/_emulator/import-{noun}?{urlencode(options)}"
        report: dict[str, Any] = _ask(pool, "POST", address, exported.data).json()
        # The assistant that moved it tells the source as well, which can report the new ids then.
        move = {"product": product, "destination_url": destination, "mappings": report["entities"]}
        _ask(pool, "POST", f"{source}/_emulator/moves", json=move)
        return report
    finally:
        pool.clear()


def _ask(
    pool: urllib3.PoolManager, method: str, address: str, body: bytes | None = None, **options: Any
) -> urllib3.BaseHTTPResponse:
    try:
        answer = pool.request(method, address, body=body, **options)
    except urllib3.exceptions.HTTPError as error:
        raise CopyRefused(f"Nothing answers at {address.partition('/_emulator')[0]}: start the site first.") from error
    if answer.status not in (200, 204):
        raise CopyRefused(f"{address.partition('?')[0]} answered {answer.status}: {_message(answer)}.")
    return answer


def _message(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        body = answer.json()
        return str(body["message"] if "message" in body else "; ".join(body["errorMessages"]))
    except (ValueError, KeyError, TypeError):
        return answer.data.decode("utf-8", "replace")[:200]
