"""JQL text: what is understood, and in which words the rest is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.structure import structure_of
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError, Junction, iter_clauses

OPERATORS = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("invalid query", f"Expecting operator but got 'query'. {OPERATORS} (line 1, character 9)"),
        ("project = A and status", f"Expecting operator before the end of the query. {OPERATORS}"),
        ("project =", "Expecting either a value, list or function before the end of the query."),
        (
            "project = in",
            "Expecting either a value, list or function but got 'in'. You must surround 'in' in quotation marks "
            "to use it as a value. (line 1, character 11)",
        ),
        ("project = A status = B", "Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 13)"),
        ("project = A\n and key = B C", "Expecting either 'OR' or 'AND' but got 'C'. (line 2, character 14)"),
        ("project = A and", "Expecting a field name at the end of the query."),
        ("(project = A", "Expecting ')' before the end of the query."),
        ("project = 'A", "The quoted string 'A' has not been completed. (line 1, character 11)"),
        (
            "reporter = a@b",
            "The character '@' is a reserved JQL character. You must enclose it in a string or use the escape "
            "'\\u0040' instead. (line 1, character 13)",
        ),
        (
            "status = End",
            "'End' is a reserved JQL word. You must surround it in quotation marks to use it in a query. "
            "(line 1, character 10)",
        ),
        ("key = A order by a,b,c,d,e,f,g,h", "The maximum number of fields in 'ORDER BY' is 7."),
    ],
)
def test_refusals_are_jiras_own_words(jql, sentence):
    with pytest.raises(JqlSyntaxError) as refused:
        parse(jql)
    assert str(refused.value) == f"Error in the JQL Query: {sentence}"


def test_and_binds_closer_than_or():
    where = parse("a = 1 or b = 2 && c = 3 || not d = 4").where
    assert isinstance(where, Junction)
    assert where.word == "or"
    assert [type(part).__name__ for part in where.parts] == ["Clause", "Junction", "Not"]


def test_structure_of_the_documents_example():
    query = 'summary ~ test AND (labels in (urgent, "b c") OR reporter = currentUser()) ORDER BY updated DESC, key'
    structure = structure_of(parse(query))
    first, second = structure["where"]["clauses"]
    assert first == {
        "field": {"name": "summary", "encodedName": "summary"},
        "operator": "~",
        "operand": {"value": "test", "encodedValue": "test"},
    }
    assert second["operator"] == "or"
    assert second["clauses"][0]["operand"] == {
        "values": [{"value": "urgent", "encodedValue": "urgent"}, {"value": "b c", "encodedValue": '"b c"'}],
        "encodedOperand": '(urgent, "b c")',
    }
    assert second["clauses"][1]["operand"] == {
        "function": "currentUser",
        "arguments": [],
        "encodedOperand": "currentUser()",
    }
    assert structure["orderBy"]["fields"] == [
        {"field": {"name": "updated", "encodedName": "updated"}, "direction": "desc"},
        {"field": {"name": "key", "encodedName": "key"}},
    ]


def test_a_word_alone_is_a_search_for_text():
    [clause] = iter_clauses(parse("hello order by key").where)
    assert (clause.field.name, clause.operator, clause.operand.text) == ("text", "~", "hello")


@given(st.text())
def test_every_string_comes_back_from_its_quotes(text):
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    [clause] = iter_clauses(parse(f"summary ~ {quoted}").where)
    assert clause.operand.text == text
    assert clause.operand.encoded == quoted


@given(st.text(alphabet="ab =!<>~()[],'\"\\&|@{}\n-ANDORnotinisorderby0", max_size=40))
def test_any_text_is_a_query_or_a_refusal(text):
    try:
        parse(text)
    except JqlSyntaxError as refused:
        assert str(refused).startswith("Error in the JQL Query: ")


@pytest.mark.parametrize(
    "jql", [" or ".join(["key = A-1"] * 5000), "not " * 5001 + "key = A-1", "key in (" + "A-1," * 9999 + "A-1)"]
)
def test_long_queries_do_not_pile_up(jql):
    assert parse(jql).where is not None


def test_deep_parentheses_are_refused():
    with pytest.raises(JqlSyntaxError, match="nests more than 100"):
        parse("(" * 5000 + "key = A-1" + ")" * 5000)
