"""Values in the place of references."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from snapshots.errors import InvalidInput
from snapshots.jql import parse_jql, quote_jql, replace, substitute
from snapshots.jql.tree import Clause

KEY = ("key", "key")


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("parent = $key", ["A-1"], 'parent = "A-1"'),
        ("parent=$Key order by rank", ["A-1", "A-2"], 'parent IN ("A-1", "A-2") order by rank'),
        ("parent != $key", ["A-1", "A-2"], 'parent NOT IN ("A-1", "A-2")'),
        ("parent in $key", ["A-1"], 'parent in ("A-1")'),
        ("parent was not in $key", ["A-1", "A-2"], 'parent was not in ("A-1", "A-2")'),
        ("parent in ($key, B-1)", ["A-1", "A-2"], 'parent in ("A-1", "A-2", B-1)'),
        ("parent in (($key))", ["A-1", "A-2"], 'parent in (("A-1", "A-2"))'),
        ("issue in linkedIssues($key, 'x')", ["A-1"], "issue in linkedIssues(\"A-1\", 'x')"),
        ("status was a by $key", ["fred"], 'status was a by "fred"'),
        ("votes > $key", [4], "votes > 4"),
        ("votes > $key", [1.5], 'votes > "1.5"'),
        ("summary ~ $key and a = '$key'", ['x" OR a = "'], 'summary ~ "x\\" OR a = \\"" and a = \'$key\''),
    ],
)
def test_substitute(text: str, values: Sequence[str | int | float], filled: str) -> None:
    assert substitute(text, {KEY: values}) == filled
    if len(values) == 1:
        assert substitute(text, {KEY: values[0]}) == filled


def test_a_field_a_page_property_and_the_key_are_told_apart() -> None:
    values = {KEY: "A-1", ("field", "status"): "Open", ("metadata", "status"): "Released"}
    filled = substitute("a = $key and b = $status and c = $metadata:status", values)
    assert filled == 'a = "A-1" and b = "Open" and c = "Released"'


@pytest.mark.parametrize("text", ["a ~ $key", "a > $key", "a in f($key)", "a was $key", "a changed to $key"])
def test_several_values_where_one_can_stand_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"\$key has 2 values where only one can stand"):
        substitute(text, {KEY: ["A-1", "A-2"]})


@pytest.mark.parametrize("values", [{}, {KEY: []}])
def test_a_reference_without_a_value_is_refused(values: dict) -> None:
    with pytest.raises(InvalidInput, match=r"\$Key has no value here"):
        substitute("a = $Key", values)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("A-1", '"A-1"'),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ("it's", '"it\'s"'),
        ("a\nb\tc\rd", r'"a\nb\tc\rd"'),
        ("\x00\x7f\ufdd0\uffff", r'"\u0000\u007f\ufdd0\uffff"'),
        ("Größe 🚀", '"Größe 🚀"'),
    ],
)
def test_quote_jql(value: str, written: str) -> None:
    assert quote_jql(value) == written


def test_two_changes_to_one_part_are_a_mistake() -> None:
    query = parse_jql("a = 1")
    assert isinstance(query.where, Clause)
    with pytest.raises(ValueError, match="same part"):
        replace(query, [(query.where, "b = 2"), (query.where.field, "c")])
