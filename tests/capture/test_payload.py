from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapshots.capture.definition import Definition, Level
from snapshots.capture.payload import (
    CaptureHeader,
    Column,
    Payload,
    Row,
    decode_row,
    measure_payload,
    open_payload,
    write_payload,
)
from snapshots.errors import DamageError, InvalidInput

HEADER = CaptureHeader(
    captured_at=1_763_923_631_000_000,
    captured_by="5b10",
    captured_by_name="Mia Krystof",
    id="0f8f",
    jira_url="https://acme.atlassian.net",
    macro_id="9d6b",
    trigger="person",
)
DEFINITION = Definition(
    (Level("project = ACME AND type = Epic", ("key", "summary", "status")), Level("parent = $key")),
)
COLUMNS = (
    (Column("summary", "Summary", "string"), Column("status", "Status", "status")),
    (Column("summary", "Summary", "string"),),
)
ROWS = (
    Row(1, "10001", "ACME-1", ("Pay by card", "In Progress")),
    Row(2, "10007", "ACME-7", ("Refuse expired cards\nand stolen ones",)),
    Row(1, "10002", "ACME-2", ("Pay by invoice", None)),
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=6
)


@st.composite
def captures(draw: st.DrawFn) -> tuple[Definition, tuple[tuple[Column, ...], ...], list[Row]]:
    depth = draw(st.integers(1, 3))
    columns = tuple(tuple(draw(st.lists(st.builds(Column, text, text, text), max_size=3))) for _ in range(depth))
    rows: list[Row] = []
    for step in draw(st.lists(st.integers(1, depth), max_size=12)):
        level = min(step, rows[-1].level + 1 if rows else 1)
        cells = tuple(draw(values) for _ in columns[level - 1])
        rows.append(Row(level, draw(text), draw(text), cells))
    return Definition((Level("x"),) * depth), columns, rows


def write() -> Payload:
    return write_payload(HEADER, DEFINITION, COLUMNS, ROWS)


@settings(max_examples=40)
@given(captures())
def test_what_is_written_is_read_and_written_again_the_same(
    capture: tuple[Definition, tuple[tuple[Column, ...], ...], list[Row]],
) -> None:
    definition, columns, rows = capture
    written = write_payload(HEADER, definition, columns, rows)
    opened = open_payload(written.data)
    assert (opened.header, opened.definition, opened.columns) == (HEADER, definition, columns)
    read = [decode_row(line) for line in opened.row_lines]
    assert read == rows
    assert write_payload(opened.header, opened.definition, opened.columns, read) == written
    assert measure_payload(written.data) == written


@settings(max_examples=40)
@given(captures())
def test_members_of_values_have_one_order(
    capture: tuple[Definition, tuple[tuple[Column, ...], ...], list[Row]],
) -> None:
    definition, columns, rows = capture
    turned = [Row(row.level, row.issue_id, row.key, tuple(map(_turn, row.values))) for row in rows]
    assert write_payload(HEADER, definition, columns, turned) == write_payload(HEADER, definition, columns, rows)


def _turn(value: object) -> object:
    if isinstance(value, dict):
        return {name: _turn(member) for name, member in reversed(value.items())}
    return [_turn(item) for item in value] if isinstance(value, list) else value


def test_any_json_parser_reads_it() -> None:
    payload = write()
    document = json.loads(payload.data)
    assert list(document) == ["format", "format_version", "capture", "definition", "columns", "rows"]
    assert document["rows"][1] == [2, "10007", "ACME-7", "Refuse expired cards\nand stolen ones"]
    assert payload.row_counts == (2, 1)


def test_lines_are_as_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "payload-format.md").read_text()
    shown = re.search(r"```\n(\{\"format\".*?\n)```", page, re.DOTALL)
    assert shown is not None
    opened = open_payload(shown[1].encode())
    rows = [decode_row(line) for line in opened.row_lines]
    assert write_payload(opened.header, opened.definition, opened.columns, rows).data == shown[1].encode()


def test_digests_cover_the_file_and_its_data() -> None:
    payload = write()
    data = payload.data[payload.data.index(b'\n"columns":') + 1 :]
    assert payload.payload_sha256 == hashlib.sha256(payload.data).hexdigest()
    assert payload.data_sha256 == hashlib.sha256(data).hexdigest()


def test_data_digest_knows_nothing_of_who_and_when() -> None:
    other = CaptureHeader(1, "x", "X", "y", "https://other", "z", "schedule")
    again = write_payload(other, DEFINITION, COLUMNS, ROWS)
    assert again.data_sha256 == write().data_sha256
    assert again.payload_sha256 != write().payload_sha256


def test_a_capture_without_rows_is_a_payload() -> None:
    payload = write_payload(HEADER, DEFINITION, COLUMNS, ())
    assert open_payload(payload.data).row_lines == []
    assert payload.row_counts == (0, 0)


@pytest.mark.parametrize(
    "rows",
    [
        (Row(2, "1", "A-1", ("x",)),),
        (Row(1, "1", "A-1", ("x", "y")), Row(3, "2", "A-2", ())),
        (Row(0, "1", "A-1", ()),),
        (Row(1, "1", "A-1", ("x",)),),
    ],
)
def test_rows_that_do_not_fit_are_not_written(rows: tuple[Row, ...]) -> None:
    with pytest.raises(ValueError, match="A-"):
        write_payload(HEADER, DEFINITION, COLUMNS, rows)


def test_every_cut_is_damage() -> None:
    data = write().data
    for length in range(len(data)):
        with pytest.raises(DamageError):
            open_payload(data[:length])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{", b" {"),
        (b'"format":"snapshots-payload"', b'"format":"something"'),
        (b'"captured_at":17', b'"captured_at": 17'),
        (b'"captured_at":1763923631000000', b'"captured_at":"now"'),
        (b'"captured_by":"5b10",', b""),
        (b'"trigger":"person"', b'"trigger":"magic"'),
        (b'{"levels":[', b'{"levels": ['),
        (b'"jql":"parent = $key"', b'"jql":""'),
        (b',[{"id":"summary","name":"Summary","type":"string"}]]', b"]"),
        (b'"rows":[\n', b'"rows":[ \n'),
        (b"]}\n", b"]}"),
        (b"]}\n", b"]}\n\n"),
        (b"]}\n", b"]}\nmore\n"),
    ],
)
def test_any_other_form_is_damage(old: bytes, new: bytes) -> None:
    data = write().data
    changed = data.replace(old, new, 1)
    assert changed != data
    with pytest.raises(DamageError):
        open_payload(changed)


def test_a_newer_format_is_named() -> None:
    newer = write().data.replace(b'"format_version":1', b'"format_version":2')
    with pytest.raises(InvalidInput, match="format_version 2"):
        open_payload(newer)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{}", b"\xff\xfe", b"[\n]\n"])
def test_other_files_are_not_payloads(data: bytes) -> None:
    with pytest.raises(DamageError, match="not an undamaged payload"):
        open_payload(data)


def test_rows_joined_on_one_line_are_damage() -> None:
    joined = write().data.replace(b"],\n[2", b"],[2")
    with pytest.raises(DamageError):
        measure_payload(joined)


@pytest.mark.parametrize("line", [b"[", b"{}", b"[1]", b'["1","2","3"]', b'[1,2,"A-1"]', b"[\xff]"])
def test_a_line_that_is_no_row_is_damage(line: bytes) -> None:
    with pytest.raises(DamageError):
        decode_row(line)


def test_a_value_too_deep_for_json_is_refused_by_name() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(InvalidInput, match=r"A value of ACME-1 nests too deep"):
        write_payload(HEADER, DEFINITION, COLUMNS, [Row(1, "10001", "ACME-1", (deep, None))])
