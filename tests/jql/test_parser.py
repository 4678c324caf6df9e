"""What the tree says about a query, and that no query is too long or too deep."""

from __future__ import annotations

import pytest

from snapshots.jql import (
    And,
    Clause,
    Empty,
    Function,
    JqlSyntaxError,
    List,
    Not,
    Or,
    Reference,
    Value,
    conjuncts,
    iter_nodes,
    iter_references,
    parse_jql,
)


def _clause(text: str) -> Clause:
    where = parse_jql(text).where
    assert isinstance(where, Clause)
    return where


def _texts(query_text: str) -> list[str]:
    query = parse_jql(query_text)
    return [query.text_of(part) for part in conjuncts(query)]


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("a not  in (b)", "NOT IN"),
        ("a is\nnot empty", "IS NOT"),
        ("a Was Not In (b)", "WAS NOT IN"),
        ("a was in (b)", "WAS IN"),
        ("a was b", "WAS"),
        ("a changed", "CHANGED"),
        ("a!~b", "!~"),
        ("a<=b", "<="),
    ],
)
def test_operators_have_one_name_however_they_are_written(text: str, operator: str) -> None:
    assert _clause(text).operator == operator


def test_fields() -> None:
    assert _clause('"Epic \\"Link\\"" = 1').field.name == 'Epic "Link"'
    assert _clause("my\\ field = 1").field.name == "my field"
    assert _clause("10001 = 1").field.name == "10001"
    custom = _clause("CF [ 10010 ] = 1").field
    assert (custom.name, custom.custom_field_id) == ("cf[10010]", 10010)
    (first, second) = _clause("issue.property[x]. 'a b'[7].z = 1").field.properties
    assert (first.key.text, [word.text for word in first.path]) == ("x", [".", "a b"])
    assert (second.key.text, [word.text for word in second.path]) == ("7", [".z"])


def test_operands() -> None:
    operand = _clause("a in (b, 'c d', (EMPTY), f(1, $key))").operand
    assert isinstance(operand, List)
    word, quoted, inner, function = operand.items
    assert isinstance(word, Value) and (word.text, word.quoted) == ("b", False)
    assert isinstance(quoted, Value) and (quoted.text, quoted.quoted) == ("c d", True)
    assert isinstance(inner, List) and isinstance(inner.items[0], Empty)
    assert isinstance(function, Function) and function.name.text == "f"
    assert isinstance(function.arguments[1], Reference)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'"\t\n\r\"\'\\\ "', "\t\n\r\"'\\ "),
        (r"'\u0041\u00e9'", "Aé"),
        (r'"\ud83d\ude00!"', "😀!"),
        (r'"\ud83d"', "\ud83d"),
        (r"\u0061nd", "and"),
        (r'"\\u0041"', r"\u0041"),
        ('""', ""),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    operand = _clause(f"a = {written}").operand
    assert isinstance(operand, Value)
    assert operand.text == meant


def test_and_binds_before_or_and_not_before_both() -> None:
    query = parse_jql("a = 1 or not b = 2 and c = 3")
    assert isinstance(query.where, Or)
    left, right = query.where.parts
    assert query.text_of(left) == "a = 1"
    assert isinstance(right, And)
    assert isinstance(right.parts[0], Not)
    assert query.text_of(right.parts[0]) == "not b = 2"


def test_predicates() -> None:
    clause = _clause("status changed from a to (b) by currentUser() during (-1d, now())")
    assert [predicate.name for predicate in clause.predicates] == ["FROM", "TO", "BY", "DURING"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("a = 1", ["a = 1"]),
        ("a = 1 && b = 2 AND (c = 3)", ["a = 1", "b = 2", "(c = 3)"]),
        ("((a = 1 and b = 2)) and (c = 3 or d = 4)", ["a = 1", "b = 2", "(c = 3 or d = 4)"]),
        ("a = 1 or b = 2", ["a = 1 or b = 2"]),
        ("not (a = 1 and b = 2)", ["not (a = 1 and b = 2)"]),
    ],
)
def test_conjuncts(text: str, parts: list[str]) -> None:
    assert _texts(text) == parts


def test_order_by() -> None:
    order_by = parse_jql("a = 1  order  by b desc, c asc, cf[1] ").order_by
    assert order_by is not None
    assert order_by.text == "order  by b desc, c asc, cf[1]"
    assert [(item.field.name, item.descending) for item in order_by.items] == [
        ("b", True),
        ("c", False),
        ("cf[1]", None),
    ]


def test_references() -> None:
    query = parse_jql('a = $Key and b in ($"Epic Link", f($customfield_10010), "$key") and c = $metadata:\'a b\'')
    assert [reference.target for reference in iter_references(query)] == [
        ("key", "key"),
        ("field", "Epic Link"),
        ("field", "customfield_10010"),
        ("metadata", "a b"),
    ]


def test_an_error_says_where_in_lines_and_what_was_found() -> None:
    with pytest.raises(JqlSyntaxError) as refused:
        parse_jql("project = ACME\r\nAND status is Done")
    error = refused.value
    assert (error.line, error.column, error.offset, error.found) == (2, 15, 30, "Done")
    assert str(error) == ("The JQL cannot be understood at line 2, column 15: expected EMPTY, NULL or NOT, found Done.")


def test_an_error_says_that_a_reserved_word_needs_quotes() -> None:
    with pytest.raises(JqlSyntaxError, match="in quotes, if this reserved word is meant"):
        parse_jql("project = AS")


def test_an_error_shows_no_more_than_the_beginning_of_a_long_word() -> None:
    with pytest.raises(JqlSyntaxError) as refused:
        parse_jql("a = b " + "c" * 20_000)
    assert len(str(refused.value)) < 200


DEEP = 40_000


@pytest.mark.parametrize(
    ("before", "inside", "after"),
    [("(", "a = 1", ")"), ("not ", "a = 1", ""), ("!", "a = 1", ""), ("! (", "a = 1", ")"), ("a in (", "1", ")")],
)
def test_no_query_is_too_deep(before: str, inside: str, after: str) -> None:
    if before.startswith("a in"):
        text = before + "(" * DEEP + inside + ")" * DEEP + after
    else:
        text = before * DEEP + inside + after * DEEP
    query = parse_jql(text)
    assert str(query) == text
    assert sum(1 for _ in iter_nodes(query)) >= DEEP
    if after:
        with pytest.raises(JqlSyntaxError) as refused:
            parse_jql(text[:-1])
        assert refused.value.offset == len(text) - 1


@pytest.mark.parametrize(
    "text",
    [
        "key in (" + ", ".join(f"ACME-{number}" for number in range(20_000)) + ")",
        " and ".join(["a = 1"] * 20_000),
        'a = "' + "\\u0041" * 20_000 + '"',
        "a = " + "\\u0041" * 20_000,
        " " * 200_000 + "a = 1" + " " * 200_000,
    ],
)
def test_no_query_is_too_long(text: str) -> None:
    assert str(parse_jql(text)) == text


@pytest.mark.parametrize(
    "text", ['a = "' * 20_000, "a = '" + "\\" * 20_001, "\\" * 20_000, "$" * 20_000, "a = " + "1" * 20_000 + "("]
)
def test_long_nonsense_is_refused(text: str) -> None:
    with pytest.raises(JqlSyntaxError):
        parse_jql(text)


def test_the_number_of_a_custom_field_has_an_end() -> None:
    assert _clause("cf[9223372036854775807] = 1").field.custom_field_id == 2**63 - 1
    for digits in (20, 10_000):
        with pytest.raises(JqlSyntaxError, match="the number of a custom field"):
            parse_jql(f"cf[{'1' * digits}] = 1")
    assert str(parse_jql(f"votes = {'1' * 10_000}"))
