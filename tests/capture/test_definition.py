from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapshots.capture.definition import Definition, Level, Sort, parse_definition, print_definition
from snapshots.errors import InvalidInput

names = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
    .map(str.strip)
    .filter(lambda name: bool(name) and name.lower() not in {"issuekey", "issue key", "key"})
)
levels = st.builds(
    Level,
    jql=names,
    columns=st.lists(names | st.just("key"), min_size=1, unique=True).map(tuple),
    title=st.text(st.characters(exclude_categories=["Cs"])),
    sort=st.lists(st.builds(Sort, names, st.booleans())).map(tuple),
    group_by=st.none() | names,
)
definitions = st.lists(levels, min_size=1, max_size=4).map(lambda found: Definition(tuple(found)))


@settings(max_examples=40)
@given(definitions)
def test_printing_and_parsing_is_the_identity(definition: Definition) -> None:
    assert parse_definition(print_definition(definition)) == definition


@settings(max_examples=40)
@given(definitions)
def test_printed_text_is_canonical(definition: Definition) -> None:
    text = print_definition(definition)
    assert print_definition(parse_definition(text)) == text


def test_defaults_are_left_out_and_members_are_sorted() -> None:
    text = """{"levels": [ {"title": "", "jql": "project = ACME", "columns": ["Key", "summary"], "sort": [],
        "group_by": null}, {"sort": [{"descending": false, "column": "priority"}], "jql": "parent = $key"} ] }"""
    assert print_definition(parse_definition(text)) == (
        '{"levels":[{"jql":"project = ACME"},{"jql":"parent = $key","sort":[{"column":"priority"}]}]}'
    )


@pytest.mark.parametrize("spelling", ["key", "Key", "issuekey", "Issue key", " KEY "])
def test_the_key_has_one_spelling(spelling: str) -> None:
    text = f'{{"levels":[{{"jql":"x","columns":["summary","{spelling}"],"group_by":"{spelling}"}}]}}'
    (level,) = parse_definition(text).levels
    assert (level.columns, level.group_by) == (("summary", "key"), "key")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "no levels"),
        ('{"levels":[]}', "no levels"),
        ('{"levels":[{"jql":"x"}],"version":2}', "'version'"),
        ('{"levels":[{"jql":"x"},7]}', "Level 2 of the definition is not an object"),
        ('{"levels":[{"jql":"x"},{"jql":"  "}]}', "Level 2 of the definition has no JQL"),
        ('{"levels":[{}]}', "Level 1 of the definition has no JQL"),
        ('{"levels":[{"jql":5}]}', "Level 1 of the definition has 5 as its jql"),
        ('{"levels":[{"jql":"x","colums":["key"]}]}', "'colums'"),
        ('{"levels":[{"jql":"x","columns":[]}]}', "names no columns"),
        ('{"levels":[{"jql":"x","columns":["key",""]}]}', "names no columns"),
        ('{"levels":[{"jql":"x","columns":"key"}]}', "names no columns"),
        ('{"levels":[{"jql":"x","columns":["key","issuekey"]}]}', "shows the column 'key' twice"),
        ('{"levels":[{"jql":"x","sort":"priority"}]}', "a sort that is not a list"),
        ('{"levels":[{"jql":"x","sort":["priority"]}]}', "sorts by 'priority'"),
        ('{"levels":[{"jql":"x","sort":[{"column":"a","descending":"yes"}]}]}', "true or false"),
        ('{"levels":[{"jql":"x","sort":[{"column":"a","up":true}]}]}', "'up'"),
    ],
)
def test_what_is_wrong_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_definition(text)
    assert words in str(error.value)


def test_a_definition_of_nothing_but_brackets_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not JSON"):
        parse_definition("[" * 5_000 + "]" * 5_000)
