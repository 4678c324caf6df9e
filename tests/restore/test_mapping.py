from __future__ import annotations

from pathlib import Path

import pytest

from snapshots.errors import InvalidInput, NotFound
from snapshots.restore.mapping import parse_space_map, read_page_map, read_space_map


def test_our_own_columns_with_byte_order_mark_quotes_and_blank_lines() -> None:
    text = '\ufeffsource_page_id,destination_page_id\r\n"17", 42\r\n\r\n18,43\r\n18,43\r\n'
    assert read_page_map(text.encode()) == {"17": "42", "18": "43"}


def test_columns_in_any_order_among_others() -> None:
    assert read_page_map(b"title,destination_page_id,source_page_id\nA,42,17\n") == {"17": "42"}


@pytest.mark.parametrize(
    "text",
    [
        "serverId,cloudId\n17,42\n",
        "entityType,serverId,cloudId\npageId,17,42\nblogPostId,17,99\n",
        "entityType,sourceId,targetId\nconfluence:page,17,42\nconfluence:space,17,7\n",
    ],
)
def test_id_mappings_of_atlassian(text: str) -> None:
    assert read_page_map(text.encode()) == {"17": "42"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "begins with the columns 'a,b'"),
        ("source_page_id,destination_page_id\n17\n", "line 2 has 1 columns instead of 2"),
        ("source_page_id,destination_page_id\n17,42\nACME,43\n", "line 3: 'ACME' is not a page id"),
        ("source_page_id,destination_page_id\n17,42\n17,43\n", "line 3 sends 17 to 43, an earlier one to 42"),
        ("source_page_id,destination_page_id\n17,42\n18,42\n", "line 3 sends 18 to 42, which already has 17"),
        ('source_page_id,destination_page_id\n"17,42\n', "is not CSV at line 2"),
    ],
)
def test_bad_files_are_refused_by_line(text: str, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        read_page_map(text.encode())


def test_many_bad_lines_are_counted() -> None:
    lines = "".join(f"x{number},1\n" for number in range(9))
    with pytest.raises(InvalidInput, match=r"line 6: .* and 4 more"):
        read_page_map(b"source_page_id,destination_page_id\n" + lines.encode())


def test_other_encodings_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="UTF-8"):
        read_page_map("source_page_id,destination_page_id\n".encode("utf-16"))
    with pytest.raises(NotFound, match=r"absent\.csv"):
        read_page_map(tmp_path / "absent.csv")


def test_space_map() -> None:
    assert parse_space_map(["OLD=NEW", " A = B "]) == {"OLD": "NEW", "A": "B"}
    assert read_space_map(b"source_space_key,destination_space_key\nOLD,NEW\n") == {"OLD": "NEW"}


@pytest.mark.parametrize("options", [["OLD"], ["=NEW"], ["OLD="], ["O D=NEW"], ["A=B", "A=C"], ["A=C", "B=C"]])
def test_space_map_that_cannot_be_understood(options: list[str]) -> None:
    with pytest.raises(InvalidInput):
        parse_space_map(options)
