"""The payload: a capture's columns and rows as canonical JSON (docs/payload-format.md).

Rows are one a line, so that two payloads are compared line by line without decoding what is equal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from snapshots.capture.definition import Definition, parse_definition, print_definition
from snapshots.errors import DamageError, InvalidInput

FORMAT_VERSION = 1

Value: TypeAlias = "bool | int | float | str | list[Any] | dict[str, Any] | None"
"""What a cell holds, in display form; numbers are finite."""

Trigger: TypeAlias = Literal["person", "macro_key", "global_key", "schedule"]

_OPENING = b'{"format":"snapshots-payload","format_version":'
_ROWS_OPENING = b'"rows":['
_CLOSING = b"]}"
_LEAST_LINES = 7

_encode = msgspec.json.Encoder(order="sorted").encode


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field shown of each row; `type` is Jira's schema type, with the items' type as `array:version`."""

    id: str
    name: str
    type: str


class CaptureHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who took what, when and from which Jira. `captured_at` is µs UTC, `id` the capture's UUID."""

    captured_at: int
    captured_by: str
    captured_by_name: str
    id: str
    jira_url: str
    macro_id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class Row:
    """An issue at a depth; its parent is the nearest row above with a level one less."""

    level: int
    issue_id: str
    key: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload's bytes with their digests; `data_sha256` covers columns and rows only."""

    data: bytes
    payload_sha256: str
    data_sha256: str
    row_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpenPayload:
    """A payload read, except its rows, which stay as lines until `decode_row` is asked for one."""

    header: CaptureHeader
    definition: Definition
    columns: tuple[tuple[Column, ...], ...]
    row_lines: list[bytes]


def write_payload(
    header: CaptureHeader, definition: Definition, columns: tuple[tuple[Column, ...], ...], rows: Iterable[Row]
) -> Payload:
    """Canonical bytes of a capture.

    `ValueError` for rows that do not fit the columns or skip a level, `InvalidInput` for a value nested too deep.
    """
    preamble = b'%b%d,\n"capture":%b,\n"definition":%b,\n' % (
        _OPENING,
        FORMAT_VERSION,
        _encode(header),
        print_definition(definition).encode(),
    )
    counts = [0] * len(columns)
    lines: list[bytes] = []
    level_above = 0
    for row in rows:
        if not 1 <= row.level <= min(level_above + 1, len(columns)):
            raise ValueError(f"{row.key} is a row of level {row.level} below a row of level {level_above}")
        if len(row.values) != len(columns[row.level - 1]):
            raise ValueError(f"{row.key} has {len(row.values)} values for {len(columns[row.level - 1])} columns")
        level_above = row.level
        counts[row.level - 1] += 1
        lines.append(_encode_row(row))
    data = b'"columns":%b,\n%b\n%b%b\n' % (
        _encode(columns),
        _ROWS_OPENING,
        b",\n".join(lines) + b"\n" if lines else b"",
        _CLOSING,
    )
    whole = preamble + data
    return Payload(whole, hashlib.sha256(whole).hexdigest(), hashlib.sha256(data).hexdigest(), tuple(counts))


def _encode_row(row: Row) -> bytes:
    try:
        return _encode((row.level, row.issue_id, row.key, *row.values))
    except RecursionError:
        raise InvalidInput(
            f"A value of {row.key} nests too deep to be kept, some hundred lists in one another; leave out the column "
            "of its rich text, or have the issue tidied."
        ) from None


def open_payload(data: bytes) -> OpenPayload:
    """Read a payload strictly: every byte outside the rows must be what `write_payload` would write.

    `DamageError` when it is not a payload, `InvalidInput` when a newer release wrote it.
    """
    lines = data.split(b"\n")
    _check_format_version(lines[0])
    # The last newline ends the file, so splitting leaves one empty piece behind it.
    if len(lines) < _LEAST_LINES or lines[-1] or lines[-2] != _CLOSING or lines[4] != _ROWS_OPENING:
        raise _damage("it is cut off or its lines are not those of a payload")
    header = _read_member(lines[1], b'"capture":', CaptureHeader)
    definition = _read_definition(lines[2])
    columns = _read_member(lines[3], b'"columns":', tuple[tuple[Column, ...], ...])
    if len(columns) != len(definition.levels):
        raise _damage(f"it has columns for {len(columns)} levels and a definition of {len(definition.levels)}")
    return OpenPayload(header, definition, columns, _read_row_lines(lines[5:-2]))


def read_header(beginning: bytes) -> CaptureHeader:
    """Who took what from where, of a payload of which only the beginning is at hand; errors as for `open_payload`."""
    lines = beginning.split(b"\n", 2)
    _check_format_version(lines[0])
    if len(lines) < 3:
        raise _damage("it is cut off")
    header: CaptureHeader = _read_member(lines[1], b'"capture":', CaptureHeader)
    return header


def decode_row(line: bytes) -> Row:
    """One of `OpenPayload.row_lines`, decoded; `DamageError` when it is not a row."""
    try:
        match msgspec.json.decode(line):
            case [int(level), str(issue_id), str(key), *values]:
                return Row(level, issue_id, key, tuple(values))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damage(f"a row is not JSON ({error})") from None
    raise _damage(f"a row does not begin with a level, an issue id and a key: {line[:60]!r}")


def measure_payload(data: bytes) -> Payload:
    """Digests and row counts of a payload that was read from somewhere; errors as for `open_payload`."""
    opened = open_payload(data)
    counts = [0] * len(opened.columns)
    for line in opened.row_lines:
        level = decode_row(line).level
        if not 1 <= level <= len(counts):
            raise _damage(f"a row is of level {level}, which its definition does not have")
        counts[level - 1] += 1
    data_sha256 = hashlib.sha256(memoryview(data)[data.index(b'\n"columns":') + 1 :]).hexdigest()
    return Payload(data, hashlib.sha256(data).hexdigest(), data_sha256, tuple(counts))


def _check_format_version(line: bytes) -> None:
    found = re.fullmatch(re.escape(_OPENING) + rb"(\d{1,9}),", line)
    if found is None:
        raise _damage("it does not begin like one")
    if (version := int(found[1])) > FORMAT_VERSION:
        raise InvalidInput(
            f"The payload has format_version {version} and this release reads up to {FORMAT_VERSION}; "
            "install the release that took the snapshot, or a newer one."
        )


def _read_member(line: bytes, name: bytes, kind: Any) -> Any:
    text = line.removeprefix(name).removesuffix(b",")
    try:
        value = msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damage(f"its {name.decode()[1:-2]} cannot be read ({error})") from None
    if line != b"%b%b," % (name, _encode(value)):
        raise _damage(f"its {name.decode()[1:-2]} is not in canonical form")
    return value


def _read_definition(line: bytes) -> Definition:
    name = b'"definition":'
    try:
        definition = parse_definition(line.removeprefix(name).removesuffix(b",").decode())
    except (InvalidInput, UnicodeDecodeError) as error:
        raise _damage(f"its definition cannot be read ({error})") from None
    if line != b"%b%b," % (name, print_definition(definition).encode()):
        raise _damage("its definition is not in canonical form")
    return definition


def _read_row_lines(lines: list[bytes]) -> list[bytes]:
    if not lines:
        return lines
    last = lines.pop()
    if not (last.startswith(b"[") and last.endswith(b"]")):
        raise _damage("its last row is cut off")
    for number, line in enumerate(lines, start=1):
        if line[:1] != b"[" or line[-2:] != b"],":
            raise _damage(f"row {number} is not a list on a line of its own")
    rows = [line[:-1] for line in lines]
    rows.append(last)
    return rows


def _damage(reason: str) -> DamageError:
    return DamageError(f"This is not an undamaged payload: {reason}; restore it from an archive or an older version.")
