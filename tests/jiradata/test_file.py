"""What docs/jira-data-format.md guarantees, by its numbers: each kind of damage, and how it is refused."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from snapshots.errors import DamageError, InvalidInput, NotFound
from snapshots.findings import Finding
from snapshots.jiradata.file import FileWriter, JiraSource, make_head, open_file
from snapshots.jiradata.records import (
    STRUCTS,
    FieldRecord,
    IssueRecord,
    JiraRecord,
    LinkTypeRecord,
    ProjectRecord,
    UserRecord,
    kind_of,
)

SOURCE = JiraSource("acme", "https://acme.example/wiki", "https://acme.example", "1111", "Acme")
RECORDS: tuple[JiraRecord, ...] = (
    ProjectRecord("10000", "REQ", 'Größe "quoted" \u2028', "software"),
    FieldRecord("customfield_10010", "Effort", "number", "", "x:float", ("cf[10010]", "Effort"), ""),
    FieldRecord("summary", "Summary", "string", "", "", ("summary",), ""),
    LinkTypeRecord("10100", "Blocks", "is blocked by", "blocks"),
    UserRecord("712020:ada", "Ada"),
    IssueRecord("9", "REQ-1", "Bug", "One", 1),
    IssueRecord("10", "REQ-2", "", "", None),
)


def write(path: Path, records: Iterable[JiraRecord] = RECORDS, findings: Iterable[Finding] = ()) -> bytes:
    with path.open("wb") as file:
        writer = FileWriter(file, make_head(SOURCE, 1_790_000_000_000_000))
        writer.add(records)
        writer.finish(path, findings)
    return path.read_bytes()


def refit(lines: list[bytes]) -> bytes:
    """These lines with a last one whose digest and counts fit them."""
    body = b"".join(lines[:-1])
    tail = json.loads(lines[-1])
    tail["sha256"] = hashlib.sha256(body).hexdigest()
    return body + json.dumps(tail, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "acme.jira-data.ndjson"


def test_1_is_read_with_nothing_but_json(path: Path) -> None:
    lines = [json.loads(line) for line in write(path).splitlines()]
    assert lines[0]["source"]["jira_url"] == "https://acme.example"
    assert lines[1]["kind"] == "project" and lines[1]["name"] == RECORDS[0].name
    assert [line["kind"] for line in lines[1:-1]] == [kind_of(record) for record in RECORDS]
    assert lines[-1]["counts"]["issue"] == 2


def test_1_reads_back_what_was_written(path: Path) -> None:
    finding = Finding("not-exported", "filters", "no right", "ask")
    written = write(path, findings=[finding])
    file = open_file(path)
    assert tuple(file.iter_records(*STRUCTS)) == RECORDS
    assert list(file.iter_records("user")) == [RECORDS[4]]
    assert file.tail.findings == [finding]
    assert (file.sha256, file.size) == (hashlib.sha256(written).hexdigest(), len(written))


def test_2_equal_data_gives_equal_bytes(path: Path, tmp_path: Path) -> None:
    assert write(path) == write(tmp_path / "again")


def test_3_any_changed_byte_is_refused(path: Path) -> None:
    data = bytearray(write(path))
    chance = random.Random(5)
    places = [*range(60), *chance.sample(range(len(data)), 200), *range(len(data) - 80, len(data))]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        with pytest.raises((DamageError, InvalidInput)):
            open_file(path)


def test_4_a_cut_or_lengthened_file_is_refused(path: Path) -> None:
    data = write(path)
    for end in [*range(1, len(data), 37), len(data) - 1]:
        path.write_bytes(data[:end])
        with pytest.raises((DamageError, InvalidInput)):
            open_file(path)
    lines = data.splitlines(keepends=True)
    for damaged in (data + b"\n", data + lines[1], data + data, b"".join(lines[:-1]), b"".join([lines[0], *lines[2:]])):
        path.write_bytes(damaged)
        with pytest.raises(DamageError):
            open_file(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "out of order or says the same"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "out of order"),
        (lambda lines: [*lines[:-2], lines[-1]], "other than the records that its last line counts"),
        (lambda lines: [lines[0], b'{"kind":"ship","id":"1"}\n', *lines[1:]], "is not a record"),
        (lambda lines: [lines[0], b"no json\n", *lines[1:]], "is not a record"),
        (lambda lines: [lines[0], lines[1].replace(b'"key":', b'"key": '), *lines[2:]], "not written as this format"),
        (lambda lines: [lines[0], lines[1].replace(b'"type"', b'"sort"'), *lines[2:]], "is not a record"),
    ],
)
def test_5_records_that_do_not_fit_are_refused_even_with_a_right_digest(path: Path, change, words: str) -> None:
    path.write_bytes(refit(change(write(path).splitlines(keepends=True))))
    file = open_file(path)
    with pytest.raises(DamageError, match=words):
        list(file.iter_records("project"))


def test_6_other_files_are_not_mistaken_for_one(path: Path) -> None:
    for data, words in (
        (b"", "is empty"),
        (b"PK\x03\x04rest", "a zip: an archive is brought in under Restore / Import"),
        (b"kind,source_id\n", "not a Jira-data file"),
        (b"\xff\xfe\x00", "not a Jira-data file"),
        (b'{"format":"snapshots-archive"}\n', "is JSON, but not"),
        (b"[1,2]\n", "not a Jira-data file"),
        (b'{"format":"snapshots-jira-data","format_version":2,"producer":"snapshots 9"}\n', "snapshots 9, format 2"),
    ):
        path.write_bytes(data)
        with pytest.raises(InvalidInput, match=words):
            open_file(path)
    with pytest.raises(NotFound):
        open_file(path.with_name("nothing"))


def test_7_holds_no_secret(path: Path) -> None:
    assert b"sealed:" not in write(path)
    assert set(JiraSource.__struct_fields__) == {"name", "confluence_url", "jira_url", "cloud_id", "jira_title"}
