"""The rules of choosing spaces (all, picked, CSV)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.backup.selection import (
    UnknownKey,
    confirm_unknown,
    read_spaces_csv,
    resolve_selection,
    select_all,
    select_picked,
)
from snapshots.errors import InvalidInput, NotFound

SITE = ["ACME", "BETA", "~ada", "DOCS"]


def kinds(findings: object) -> list[str]:
    return [finding.kind for finding in findings]  # type: ignore[attr-defined]


def test_all_takes_everything_and_lists_nothing() -> None:
    resolved = resolve_selection(select_all(), SITE)
    assert (resolved.mode, resolved.keys, resolved.unknown) == ("all", (), ())


def test_picked_keys_are_sorted_and_taken_once() -> None:
    assert resolve_selection(select_picked(["DOCS", " ACME ", "DOCS"]), SITE).keys == ("ACME", "DOCS")


def test_picking_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="No space was picked"):
        select_picked(["", "  "])


@pytest.mark.parametrize("header", ["Key", "space key", "SPACE_KEY", "Space-Keys", "space", "spaceKey"])
def test_a_header_is_recognised(header: str) -> None:
    assert read_spaces_csv(f"{header}\nACME\n".encode()).keys == ("ACME",)


def test_only_the_first_line_can_be_a_header() -> None:
    assert read_spaces_csv(b"ACME\nKEY\n").keys == ("ACME", "KEY")


def test_a_header_that_is_also_a_space_is_said() -> None:
    resolved = resolve_selection(read_spaces_csv(b"SPACE\nACME\n"), [*SITE, "SPACE"])
    assert resolved.keys == ("ACME",)
    assert kinds(resolved.findings) == ["header-is-a-space"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8-bom", "utf-16-le", "utf-16-be"],
)
def test_encodings_line_endings_blank_lines_and_quotes(ending: str, encode) -> None:  # type: ignore[no-untyped-def]
    text = ending.join(["Space key", "", '"ACME"', "   ", " BETA ,", "", "~ada"])
    selection = read_spaces_csv(encode(text))
    assert selection.keys == ("ACME", "BETA", "~ada")
    assert selection.lines == {"ACME": (3,), "BETA": (5,), "~ada": (7,)}


@pytest.mark.parametrize("line", ["ACME,Acme", "ACME;Acme", "ACME\tAcme"])
def test_two_columns_are_refused_with_the_line(line: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Line 2 of the CSV file has more than one column"):
        read_spaces_csv(f"BETA\n{line}\n".encode())


@pytest.mark.parametrize("data", [b"", b"\n \n", b"Key\n", b"\xef\xbb\xbf"])
def test_a_file_without_keys_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="holds no space key"):
        read_spaces_csv(data)


def test_another_encoding_is_refused() -> None:
    with pytest.raises(InvalidInput, match="neither UTF-8 nor UTF-16"):
        read_spaces_csv("Größe\n".encode("latin-1"))


def test_a_quote_that_never_ends_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_spaces_csv(b'ACME\n"BETA\n')


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*spaces\.csv"):
        read_spaces_csv(tmp_path / "spaces.csv")


def test_a_file_is_read_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "spaces.csv"
    path.write_bytes(b"ACME\r\nBETA")
    assert read_spaces_csv(path) == read_spaces_csv(b"ACME\r\nBETA")


def test_duplicates_are_merged_and_noted_with_their_lines() -> None:
    selection = read_spaces_csv(b"ACME\nBETA\nACME\n")
    assert selection.keys == ("ACME", "BETA")
    assert [(finding.kind, finding.evidence) for finding in selection.findings] == [
        ("duplicate-space", "on lines 1, 3 of the CSV file")
    ]


def test_case_is_forgiven_with_a_note() -> None:
    resolved = resolve_selection(read_spaces_csv(b"acme\nBETA\n"), SITE)
    assert resolved.keys == ("ACME", "BETA")
    assert [(finding.kind, finding.record) for finding in resolved.findings] == [("other-case", "space 'ACME'")]


def test_an_exact_key_wins_over_one_in_other_case() -> None:
    resolved = resolve_selection(select_picked(["acme"]), ["ACME", "acme"])
    assert (resolved.keys, resolved.findings) == (("acme",), ())


def test_two_spaces_that_differ_in_case_only_are_not_guessed() -> None:
    resolved = resolve_selection(select_picked(["Acme"]), ["ACME", "acme"])
    assert resolved.keys == ()
    assert "any of ACME, acme" in resolved.findings[0].evidence


def test_unknown_keys_are_listed_with_their_lines_and_wait_for_a_person() -> None:
    resolved = resolve_selection(read_spaces_csv(b"ACME\nNOPE\n\nnope\nNOPE\n"), SITE)
    assert resolved.keys == ("ACME",)
    assert resolved.unknown == (UnknownKey("NOPE", (2, 5)), UnknownKey("nope", (4,)))
    assert not resolved.confirmed
    assert confirm_unknown(resolved).confirmed


@given(st.lists(st.from_regex(r"~?[A-Za-z0-9]{2,12}", fullmatch=True), min_size=1, unique_by=str.casefold))
def test_a_list_of_known_keys_comes_back_whole(keys: list[str]) -> None:
    resolved = resolve_selection(read_spaces_csv("\n".join(["Space key", *keys]).encode()), keys)
    assert resolved.keys == tuple(sorted(keys))
    assert resolved.unknown == ()


@given(st.binary())
def test_any_bytes_are_keys_or_a_refusal(data: bytes) -> None:
    try:
        selection = read_spaces_csv(data)
    except InvalidInput:
        return
    assert all(key == key.strip() != "" for key in selection.keys)
