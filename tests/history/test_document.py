"""The JSON form: its documented shape, and what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from snapshots.history.compare import Comparison
from snapshots.history.document import render_json
from snapshots.history.subject import Subject

Release = tuple[Subject, Comparison]
MANUAL = Path(__file__).parents[2] / "docs" / "compare-json.md"


def member_names(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from member_names(inner)


def test_every_member_is_documented(release: Release) -> None:
    document = json.loads(render_json(*release))
    # Values of cells have members of their own, which are the payload's business.
    for row in document["rows"]:
        for cell in row["cells"]:
            cell["old"] = cell["new"] = None
        for side in (row["old"], row["new"]):
            if side and "values" in side:
                side["values"] = None
    documented = set(re.findall(r"`(\w+)`", MANUAL.read_text(encoding="utf-8")))
    assert set(member_names(document)) <= documented


def test_words_of_a_cell_join_to_its_texts(release: Release) -> None:
    cells = [cell for row in json.loads(render_json(*release))["rows"] for cell in row["cells"]]
    assert cells
    for cell in cells:
        for text, other in (("old_text", "inserted"), ("new_text", "deleted")):
            assert "".join(word["text"] for word in cell["words"] if word["part"] != other) == cell[text]


def test_rows_have_what_the_other_side_cannot_tell(release: Release) -> None:
    rows = {(row["old"] or row["new"])["key"]: row for row in json.loads(render_json(*release))["rows"]}
    assert rows["PAY-180"]["old"] is None
    assert rows["PAY-180"]["new"]["values"]["assignee"] == {"accountId": "557058:ben", "name": "Ben Okafor"}
    assert rows["PAY-103"]["new"] is None
    assert rows["PAY-103"]["old"]["values"]["points"] == 8
    assert "values" not in rows["PAY-101"]["old"]
    assert rows["PAY-171"]["change"] == "moved"
    assert (rows["PAY-171"]["old"]["beneath"], rows["PAY-171"]["new"]["beneath"]) == (["PAY-170"], ["PAY-100"])
    assert rows["PAY-104"]["new"]["key"] == "SHOP-12"


def test_counts_are_those_of_the_comparison(release: Release) -> None:
    document = json.loads(render_json(*release))
    assert document["counts"] == {
        "added": 2,
        "removed": 1,
        "changed": 6,
        "moved": 2,
        "moved_and_changed": 0,
        "renamed": 0,
        "unchanged": 51,
    }
    assert [level["title"] for level in document["levels"]] == ["Epics", "Stories", "Tests"]


def test_nothing_a_terminal_obeys_is_left(release: Release) -> None:
    text = render_json(*release)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "\\u202egnp.exe" in text and "\\u009b2J" in text


def test_two_captures_of_the_same_data_are_the_same(unchanged: Release) -> None:
    document = json.loads(render_json(*unchanged))
    assert document["same"] is True
    assert document["rows"] == []
    assert document["old"]["data_sha256"] == document["new"]["data_sha256"]
