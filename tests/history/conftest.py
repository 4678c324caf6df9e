"""A release record of a payment team, captured before and after its last week."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snapshots.capture.definition import Definition, Level
from snapshots.capture.payload import CaptureHeader, Column, OpenPayload, Payload, Row, open_payload, write_payload
from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.subject import Subject
from snapshots.history.versions import HistoryEntry
from snapshots.registry.stickers import StickerRow
from snapshots.registry.versions import VersionRow

HOSTILE = '<script>alert("1")</script>\u202egnp.exe \x1b[31mred\x1b]0;owned\x07 [bold]not markup[/bold] \x9b2J'

JIRA = "https://acme.atlassian.net"
MACRO_ID = "5f0d7c1e-93d4-4c0a-8f3b-7b6a4c2f9d10"
ADA = {"accountId": "557058:ada", "name": "Ada Abel"}
BEN = {"accountId": "557058:ben", "name": "Ben Okafor"}
CAM = {"accountId": "557058:cam", "name": "Camille Roux"}

EPIC = (Column("summary", "Summary", "string"), Column("status", "Status", "status"), Column("due", "Due date", "date"))
STORY = (
    Column("summary", "Summary", "string"),
    Column("status", "Status", "status"),
    Column("assignee", "Assignee", "user"),
    Column("points", "Story points", "number"),
    Column("fixVersions", "Fix versions", "array:version"),
    Column("description", "Description", "doc"),
)
TEST = (
    Column("summary", "Summary", "string"),
    Column("status", "Result", "status"),
    Column("assignee", "Tester", "user"),
)

DEFINITION = Definition(
    (
        Level('project = PAY AND type = Epic AND fixVersion = "24.3"', ("key", "summary", "status", "due"), "Epics"),
        Level("parent = $key", ("key", *(column.id for column in STORY)), "Stories"),
        Level('issue in linkedIssues($key, "is tested by")', ("key", *(column.id for column in TEST)), "Tests"),
    )
)


def doc(*paragraphs: str, strong: bool = False) -> dict[str, object]:
    marks = {"marks": [{"type": "strong"}]} if strong else {}
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text, **marks}]} for text in paragraphs],
    }


def issue(level: int, number: int, *values: object, project: str = "PAY") -> Row:
    return Row(level, str(10_000 + number), f"{project}-{number}", values)  # type: ignore[arg-type]


REFUND = (
    "A customer who was charged twice gets the second amount back within three working days.",
    "The agent sees both charges side by side and confirms the refund with one click.",
)


def rows_before() -> list[Row]:
    rows = [
        issue(1, 100, "Refunds without a phone call", "In Progress", "2026-03-20"),
        issue(2, 101, "Refund a double charge", "In Review", ADA, 5, ["24.3"], doc(*REFUND)),
        issue(3, 301, "Both charges are listed", "Passed", CAM),
        issue(3, 302, "Refund reaches the card", "Not run", CAM),
        issue(2, 102, "Explain a refused refund in plain words", "To Do", BEN, 3, ["24.3"], doc("Replace codes.")),
        issue(2, 103, "Partial refunds", "To Do", None, 8, ["24.3", "24.4"], doc("Refund a part of an order.")),
        issue(2, 104, "E-mail the receipt", "Done", BEN, 2, ["24.3"], doc("The receipt shows the refund.")),
        issue(1, 110, "Pay by bank transfer", "In Progress", "2026-03-20"),
    ]
    for number in range(111, 160):
        state = "Done" if number % 3 else "In Review"
        rows.append(
            issue(2, number, f"Bank {number - 110}: confirm account", state, ADA, 1, ["24.3"], doc("As agreed."))
        )
    rows += [
        issue(1, 170, "Fewer declined cards", "To Do", "2026-03-27"),
        issue(2, 171, "Retry with 3-D Secure", "To Do", CAM, 5, ["24.3"], doc("Retry once, never twice.")),
        issue(2, 172, "Show the bank's reason", "To Do", None, 3, [], doc("Map the 40 most frequent codes.")),
    ]
    return rows


def rows_after() -> list[Row]:
    rows = rows_before()
    by_key = {row.key: place for place, row in enumerate(rows)}

    def change(key: str, **values: object) -> None:
        row = rows[by_key[key]]
        columns = {1: EPIC, 2: STORY, 3: TEST}[row.level]
        kept = zip(columns, row.values, strict=True)
        rows[by_key[key]] = replace(row, values=tuple(values.get(column.id, value) for column, value in kept))

    change("PAY-100", status="Done")
    change(
        "PAY-101", status="Done", description=doc(REFUND[0].replace("three working days", "one working day"), REFUND[1])
    )
    change("PAY-302", status="Passed")
    change("PAY-102", description=doc("Replace codes.", strong=True), assignee=ADA)
    change("PAY-132", summary="Bank 22: confirm account and holder", status="In Review", points=2)
    rows[by_key["PAY-104"]] = replace(rows[by_key["PAY-104"]], key="SHOP-12")
    moved = rows.pop(by_key["PAY-171"])
    partial = rows.pop(by_key["PAY-103"])
    rows.insert(1, moved)
    assert partial.key == "PAY-103"
    rows.insert(
        6, issue(2, 180, "Refund to a closed account", "To Do", BEN, 3, ["24.3"], doc("Fall back to a cheque."))
    )
    rows.insert(7, issue(3, 310, f"Cheque is printed {HOSTILE}", "Not run", None))
    last = rows.pop(12)
    rows.insert(30, last)
    return rows


def capture(number: int, rows: list[Row], definition: Definition = DEFINITION) -> Payload:
    header = CaptureHeader(
        captured_at=1_773_307_800_000_000 + number * 86_400_000_000,
        captured_by="557058:ada",
        captured_by_name="Ada Abel",
        id=f"00000000-0000-4000-8000-{number:012d}",
        jira_url=JIRA,
        macro_id=MACRO_ID,
        trigger="person" if number == 3 else "schedule",
    )
    return write_payload(header, definition, (EPIC, STORY, TEST), rows)


def entry(number: int, payload: Payload, *stickers: tuple[str, str]) -> HistoryEntry:
    opened = open_payload(payload.data)
    header = opened.header
    labels = tuple(StickerRow(1, 1, name, colour, "557058:ada", 0) for name, colour in stickers)
    version = VersionRow(
        id=number,
        macro_id=1,
        capture_id=header.id,
        number=number,
        captured_at=header.captured_at,
        captured_by=header.captured_by,
        captured_by_name=header.captured_by_name,
        trigger=header.trigger,
        page_version=number + 1 if number == 3 else None,
        attachment_version=number,
        payload_sha256=payload.payload_sha256,
        payload_bytes=len(payload.data),
        data_sha256=payload.data_sha256,
        row_counts=str(list(payload.row_counts)),
        stickers=labels,
    )
    return HistoryEntry(version, payload.row_counts, None)


def make_subject(old: HistoryEntry, new: HistoryEntry, title: str = "Release 24.3: sign-off") -> Subject:
    return Subject("acme.atlassian.net", "PAY", title, MACRO_ID, old, new)


def make_release() -> tuple[Subject, Comparison]:
    old, new = capture(3, rows_before()), capture(7, rows_after())
    subject = make_subject(
        entry(3, old, ("Scope agreed", "blue")), entry(7, new, ("Signed off", "green"), ("Audit", "purple"))
    )
    return subject, compare_payloads(open_payload(old.data), open_payload(new.data))


def opened(payload: Payload) -> OpenPayload:
    return open_payload(payload.data)


@pytest.fixture(scope="session")
def release() -> tuple[Subject, Comparison]:
    return make_release()


@pytest.fixture(scope="session")
def unchanged() -> tuple[Subject, Comparison]:
    payload = capture(3, rows_before())
    again = capture(4, rows_before())
    return (
        make_subject(entry(3, payload), entry(4, again)),
        compare_payloads(opened(payload), opened(again)),
    )
