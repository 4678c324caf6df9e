"""Files out and in: with digests, in ranges, and never as a whole in memory (RFC 9110, RFC 9530)."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from anyio import open_file
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Stream

BLOCK_BYTES = 1 << 20


class RangeNotSatisfiable(HTTPException):
    """The range lies behind the end of the file, or cannot be understood."""

    status_code = 416


def answer_file(
    path: Path, headers: Mapping[str, str], *, name: str, sha256: str, length: int, media_type: str
) -> Response[Any]:
    """The file, or the part of it that `headers` of the request ask for; 304 when the caller has it already.

    `sha256` is the hexadecimal digest of the whole file, which is its ETag. Raises RangeNotSatisfiable.
    """
    etag = f'"{sha256}"'
    said = _describe(name, sha256, etag)
    if _names(headers.get("if-none-match", ""), etag):
        return Response(b"", status_code=304, headers=said, media_type=media_type)
    wanted = _find_range(headers, etag, length)
    if wanted is None:
        said["Content-Length"] = str(length)
        said["Content-Digest"] = said["Repr-Digest"]
        return Stream(_read(path, 0, length), status_code=200, headers=said, media_type=media_type)
    start, end = wanted
    said["Content-Length"] = str(end - start)
    said["Content-Range"] = f"bytes {start}-{end - 1}/{length}"
    return Stream(_read(path, start, end), status_code=206, headers=said, media_type=media_type)


def describe_file(
    headers: Mapping[str, str], *, name: str, sha256: str, length: int, media_type: str
) -> Response[None]:
    """What `answer_file` would say of the whole file, without it (HEAD)."""
    etag = f'"{sha256}"'
    # As headers, for Litestar would have the length and type of its own empty body.
    said = _describe(name, sha256, etag) | {"Content-Length": str(length), "Content-Type": media_type}
    status = 304 if _names(headers.get("if-none-match", ""), etag) else 200
    return Response(None, status_code=status, headers=said)


def begins_at_start(answer: Response[Any]) -> bool:
    """Whether the answer brings the first byte: of a download in ranges, the one that counts."""
    if answer.status_code == 200:
        return True
    return answer.status_code == 206 and str(answer.headers.get("Content-Range", "")).startswith("bytes 0-")


def sent_digest(headers: Mapping[str, str]) -> str | None:
    """The SHA-256, hexadecimal, that the sender says its whole body has; None where it says none that we know."""
    for header, form in (
        ("content-digest", r"sha-256=:([A-Za-z0-9+/=]+):"),
        ("repr-digest", r"sha-256=:([A-Za-z0-9+/=]+):"),
        ("digest", r"sha-256=([A-Za-z0-9+/=]+)"),
    ):
        found = re.search(form, headers.get(header, ""), re.IGNORECASE)
        if found:
            try:
                return base64.b64decode(found[1], validate=True).hex()
            except ValueError:
                return "unreadable"
    return None


def sent_name(headers: Mapping[str, str]) -> str:
    """The file name in Content-Disposition, if there is one."""
    said = headers.get("content-disposition", "")
    found = re.search(r'filename="((?:[^"\\]|\\.)*)"|filename=([^;\s]+)', said, re.IGNORECASE)
    return re.sub(r"\\(.)", r"\1", found[1] or found[2] or "") if found else ""


def _describe(name: str, sha256: str, etag: str) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    ascii_name = re.sub(r"[^A-Za-z0-9._ ()\-]", "_", name)
    return {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Digest": f"sha-256={digest}",
        "Repr-Digest": f"sha-256=:{digest}:",
        # Each download is for one caller, who shows a key; what it holds is checked by its digest.
        "Cache-Control": "private, no-cache",
    }


def _names(condition: str, etag: str) -> bool:
    """Whether a condition names this file, compared weakly as If-None-Match wants."""
    return condition.strip() == "*" or etag in re.findall(r'(?:W/)?("[^"]*")', condition)


def _find_range(headers: Mapping[str, str], etag: str, length: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; None for the whole file, as for several ranges at once."""
    text = headers.get("range", "").strip()
    unit, equals, ranges = text.partition("=")
    if not equals or unit.strip().lower() != "bytes" or headers.get("if-range", etag).strip() != etag:
        return None
    if "," in ranges:
        return None
    found = re.fullmatch(r"\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", ranges, re.ASCII)
    if found is None or not (found[1] or found[2]):
        raise _refused(f"The range {ranges[:60]!r} cannot be understood", length)
    if not found[1]:
        start, end = max(length - int(found[2]), 0), length
    else:
        start, end = int(found[1]), min(int(found[2]) + 1, length) if found[2] else length
    if start >= end:
        raise _refused(f"The range {ranges.strip()} holds nothing of the file", length)
    return start, end


def _refused(reason: str, length: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable(
        f"{reason}, which has {length} bytes: ask for a part of these.",
        headers={"Content-Range": f"bytes */{length}", "Accept-Ranges": "bytes"},
    )


async def _read(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    async with await open_file(path, "rb") as file:
        await file.seek(start)
        left = end - start
        while left:
            block = await file.read(min(BLOCK_BYTES, left))
            if not block:
                return
            left -= len(block)
            yield block
