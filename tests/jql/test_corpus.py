"""Every construction of the language, from corpus.txt: what parses, and where what does not parse goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapshots.jql import JqlSyntaxError, iter_nodes, parse_jql

_WRITTEN_DOWN = str.maketrans({"⏎": "\n", "⇥": "\t", "␀": "\0"})


def _read_corpus() -> list[tuple[str, str]]:
    lines = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").split("\n")
    entries = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return [(verdict, text.translate(_WRITTEN_DOWN)) for verdict, _, text in entries]


CORPUS = _read_corpus()
VALID = [text for verdict, text in CORPUS if verdict == "valid"]
INVALID = [(text, int(verdict.removeprefix("invalid@"))) for verdict, text in CORPUS if verdict != "valid"]


@pytest.mark.parametrize("text", VALID)
def test_valid_queries_print_as_they_were(text: str) -> None:
    assert str(parse_jql(text)) == text


@pytest.mark.parametrize("text", VALID)
def test_nodes_lie_inside_each_other_and_leave_out_only_what_has_no_meaning_of_its_own(text: str) -> None:
    query = parse_jql(text)
    end_before = 0
    for node in sorted(iter_nodes(query), key=lambda node: (node.start, -node.end)):
        assert 0 <= node.start < node.end <= len(text)
        written = query.text_of(node)
        assert written == written.strip(" \t\r\n")
        end_before = max(end_before, node.end)
    assert text[end_before:].strip(" \t\r\n") == ""


@pytest.mark.parametrize(("text", "column"), INVALID)
def test_invalid_queries_are_refused_where_they_go_wrong(text: str, column: int) -> None:
    with pytest.raises(JqlSyntaxError) as refused:
        parse_jql(text)
    error = refused.value
    assert error.column == column
    assert error.expected
    assert f"line {error.line}, column {column}" in str(error)


def test_there_are_a_few_hundred_of_both_sorts() -> None:
    assert len(VALID) >= 150
    assert len(INVALID) >= 100
    assert len(set(CORPUS)) == len(CORPUS)
