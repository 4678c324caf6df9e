"""JSON read with the place of every value: as the standard library reads it, however deep, and spliced exactly."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snapshots.json_spans import Json, NotJson, read_json, splice, write_string

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
nearly = st.lists(st.sampled_from(["{", "}", "[", "]", ",", ":", '"a"', "1", "true", " ", '"\\u0041"', "-", "x"]))


def _plain(value: Json) -> object:
    if value.sort == "object":
        return {key.text: _plain(member) for key, member in value.members}
    if value.sort == "array":
        return [_plain(item) for item in value.items]
    return json.loads(value.written)


@given(documents, st.sampled_from([None, 1]), st.booleans())
def test_reads_what_the_standard_library_reads(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert _plain(read_json(text)) == json.loads(text)


@given(nearly.map("".join))
@example("[1 2]")
@example('{"a":1,}')
def test_refuses_what_the_standard_library_refuses(text):
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(NotJson) as refused:
            read_json(text)
        assert 0 <= refused.value.offset <= len(text)
    else:
        assert _plain(read_json(text)) == expected


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "01", "'a'", '"\n"', '"\\x"', "{1:2}", "1 2", "[]]", '{"a"}'])
def test_is_as_strict_as_the_standard(text):
    with pytest.raises(NotJson):
        read_json(text)


@given(st.text(st.characters(exclude_categories=[])))
@example("\ud800")
def test_a_written_string_is_read_back(text):
    written = write_string(text)
    written.encode()
    assert read_json(written).text == text


@given(documents)
def test_writing_every_string_anew_changes_no_meaning(document):
    text = json.dumps(document, ensure_ascii=False, indent=2)
    strings = [value for value in read_json(text).iter() if value.text is not None]
    edits = [(value.start, value.end, write_string(value.text)) for value in strings]
    assert json.loads(splice(text, edits)) == document
    assert splice(text, []) == text


def test_of_two_members_of_one_name_the_last_counts():
    document = read_json('{"a": 1, "\\u0061": {"b": "x"}}')
    assert document.get_text("a", "b") == "x"
    assert document.get("a", "b", "c") is None
    assert document.get("c") is None


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_no_depth_is_too_deep(opening, closing):
    count = 100_000
    document = read_json(opening * count + "1" + closing * count)
    assert sum(1 for _ in document.iter()) == count + 1
    with pytest.raises(NotJson):
        read_json(opening * count)
