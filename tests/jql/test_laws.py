"""What holds for every query, tried with queries nobody thought of."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from snapshots.jql import (
    Clause,
    Field,
    JqlSyntaxError,
    List,
    Reference,
    Value,
    iter_nodes,
    iter_references,
    parse_jql,
    quote_jql,
    replace,
    substitute,
)

blanks = st.sampled_from([" ", "  ", "\n", "\t", "\r\n"])
words = st.sampled_from(["ACME", "ACME-1", "-1d", "42", "-7", "Größe", "a.b", "it\\ is", "1.0"])
quoted = st.text(max_size=8).map(quote_jql)
references = st.sampled_from(["$key", "$Key", '$"Epic Link"', "$customfield_10010", "$metadata:'a b'"])
plain_values = words | quoted
functions = st.builds(
    lambda name, arguments: f"{name}({','.join(arguments)})",
    st.sampled_from(["currentUser", "linkedIssues"]),
    st.lists(plain_values | references, max_size=3),
)
values = plain_values | references | functions | st.just("EMPTY")
lists = st.lists(values, min_size=1, max_size=4).map(lambda items: f"({', '.join(items)})")
fields = st.sampled_from(["project", '"Epic Link"', "cf[10010]", "issue.property[x].y", "10001"])
clauses = st.one_of(
    st.builds("{} {} {}".format, fields, st.sampled_from(["=", "!=", "~", "was", "WAS NOT"]), values),
    st.builds("{} {} {}".format, fields, st.sampled_from(["in", "NOT  IN", "was in"]), lists | references | functions),
    st.builds("{} is {}".format, fields, st.sampled_from(["EMPTY", "not null"])),
    st.builds("{} changed {} {}".format, fields, st.sampled_from(["from", "BEFORE", "by"]), values | lists),
)
conditions = st.recursive(
    clauses,
    lambda inner: st.one_of(
        st.builds("({}{})".format, inner, blanks),
        st.builds("NOT {}".format, inner),
        st.builds("!({})".format, inner),
        st.builds("{}{}{}{}{}".format, inner, blanks, st.sampled_from(["AND", "or", "&&", "|"]), blanks, inner),
    ),
    max_leaves=12,
)
orders = st.just("") | st.builds(" ORDER BY {}, {} desc".format, fields, fields)
queries = st.builds("{}{}".format, conditions, orders)
pieces = st.lists(st.sampled_from([*"$\"'()\\,=!~<>&|[]{} \n-1aéu", "and", "in ", "not ", "order by "]), max_size=30)


@given(queries)
def test_what_the_grammar_makes_parses_and_prints_as_it_was(text: str) -> None:
    assert str(parse_jql(text)) == text


@given(st.text() | pieces.map("".join))
@example("$metadata:")
def test_any_text_parses_to_itself_or_is_refused_at_a_place_inside_it(text: str) -> None:
    try:
        assert str(parse_jql(text)) == text
    except JqlSyntaxError as error:
        assert 0 <= error.offset <= len(text)


@given(queries)
def test_the_leaves_cover_all_but_signs_and_keywords(text: str) -> None:
    query = parse_jql(text)
    uncovered = list(text)
    for node in iter_nodes(query):
        if isinstance(node, Value | Reference | Field):
            uncovered[node.start : node.end] = [""] * (node.end - node.start)
    assert not any(sign in "".join(uncovered) for sign in ('"', "$", "ACME", "Größe"))


@given(queries)
def test_writing_every_node_as_it_was_changes_nothing(text: str) -> None:
    query = parse_jql(text)
    leaves = [node for node in iter_nodes(query) if isinstance(node, Value | Reference)]
    assert replace(query, [(node, query.text_of(node)) for node in leaves]) == text
    assert replace(query, []) == text


@given(queries, st.text())
def test_a_rewritten_value_is_the_only_thing_that_changes_and_can_be_written_back(text: str, value: str) -> None:
    query = parse_jql(text)
    leaves = [node for node in iter_nodes(query) if isinstance(node, Value) and node.quoted]
    rewritten = parse_jql(replace(query, [(node, quote_jql(value)) for node in leaves]))
    new_leaves = [node for node in iter_nodes(rewritten) if isinstance(node, Value) and node.quoted]
    assert [node.text for node in new_leaves] == [value] * len(leaves)
    back = [(new, query.text_of(old)) for new, old in zip(new_leaves, leaves, strict=True)]
    assert replace(rewritten, back) == text


@given(st.text())
def test_a_quoted_string_means_what_was_quoted(value: str) -> None:
    where = parse_jql(f"a = {quote_jql(value)}").where
    assert isinstance(where, Clause)
    assert isinstance(where.operand, Value)
    assert where.operand.text == value


@given(queries, st.lists(st.text(), min_size=1, max_size=1))
def test_what_is_put_in_stays_a_value(text: str, value: list[str]) -> None:
    query = parse_jql(text)
    targets = [reference.target for reference in iter_references(query)]
    filled = parse_jql(substitute(text, dict.fromkeys(targets, value)))
    assert list(iter_references(filled)) == []
    count = sum(isinstance(node, Value) for node in iter_nodes(filled))
    assert count == sum(isinstance(node, Value | Reference) for node in iter_nodes(query))
    assert sum(isinstance(node, List) for node in iter_nodes(filled)) >= sum(
        isinstance(node, List) for node in iter_nodes(query)
    )
