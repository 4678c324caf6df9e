"""Moving a space between two running sites over their control paths."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import urllib3


class CopyRefused(Exception):
    """A site would not export or import, or is not there; `str()` is the sentence to show."""


def copy_space(
    source: str, destination: str, key: str, *, rename_to: str = "", current_version_only: bool = False
) -> dict[str, Any]:
    """Copy a space from the site at `source` to the one at `destination`; return the report of import_space."""
    pool = urllib3.PoolManager(retries=False)
    try:
        exported = _ask(pool, "GET", f"{source.rstrip('/')}/_emulator/export-space?{urlencode({'key': key})}")
        options = {"rename-to": rename_to, "current-version-only": str(current_version_only).lower()}
        address = f"{destination.rstrip('/')}/_emulator/import-space?{urlencode(options)}"
        report: dict[str, Any] = _ask(pool, "POST", address, exported.data).json()
        return report
    finally:
        pool.clear()


def _ask(pool: urllib3.PoolManager, method: str, address: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
    try:
        answer = pool.request(method, address, body=body)
    except urllib3.exceptions.HTTPError as error:
        raise CopyRefused(f"Nothing answers at {address.partition('/_emulator')[0]}: start the site first.") from error
    if answer.status != 200:
        raise CopyRefused(f"{address.partition('?')[0]} answered {answer.status}: {_message(answer)}.")
    return answer


def _message(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.data.decode("utf-8", "replace")[:200]
