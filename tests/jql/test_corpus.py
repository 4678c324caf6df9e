"""Every construction of the language, from corpus.txt: what parses, and where what does not parse goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapshots.jql import JqlSyntaxError, iter_nodes, parse_jql

_WRITTEN_DOWN = str.maketrans({"⏎": "\n", "⇥": "\t", "␀": "\0"})


def _read_corpus() -> tuple[list[str], list[tuple[int, str, str]]]:
    valid: list[str] = []
    invalid: list[tuple[int, str, str]] = []
    for line in Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").split("\n"):
        verdict, _, rest = line.translate(_WRITTEN_DOWN).partition(":")
        if verdict == "valid":
            valid.append(rest)
        elif verdict.startswith("invalid@"):
            expected, _, text = rest.partition(":")
            invalid.append((int(verdict.removeprefix("invalid@")), expected, text))
    return valid, invalid


VALID, INVALID = _read_corpus()


@pytest.mark.parametrize("text", VALID)
def test_valid_queries_print_as_they_were_and_nodes_leave_out_only_what_has_no_meaning_of_its_own(text: str) -> None:
    query = parse_jql(text)
    assert str(query) == text
    end_before = 0
    for node in sorted(iter_nodes(query), key=lambda node: (node.start, -node.end)):
        assert 0 <= node.start < node.end <= len(text)
        written = query.text_of(node)
        assert written == written.strip(" \t\r\n")
        end_before = max(end_before, node.end)
    assert text[end_before:].strip(" \t\r\n") == ""


@pytest.mark.parametrize(("column", "expected", "text"), INVALID)
def test_invalid_queries_are_refused_where_they_go_wrong(column: int, expected: str, text: str) -> None:
    with pytest.raises(JqlSyntaxError) as refused:
        parse_jql(text)
    error = refused.value
    assert (error.column, error.expected.partition(":")[0]) == (column, expected)
    assert error.offset == len("".join(text.splitlines(keepends=True)[: error.line - 1])) + column - 1
    assert f"line {error.line}, column {column}" in str(error)


def test_there_are_a_few_hundred_of_both_sorts() -> None:
    assert len(VALID) >= 400
    assert len(INVALID) >= 350
    texts = [*VALID, *(text for _, _, text in INVALID)]
    assert len(set(texts)) == len(texts)
