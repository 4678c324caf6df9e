"""Words in the bodies of refusals, however strange the bodies are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.failures import describe_move, describe_refusal, read_words
from snapshots.errors import SnapshotsError

LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.just("s3cret-token")
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
REFUSAL = st.dictionaries(st.sampled_from(["errors", "errorMessages", "message", "title", "detail", "status"]), JSON)


@given(
    JSON.map(lambda value: json.dumps(value).encode())
    | REFUSAL.map(lambda value: json.dumps(value).encode())
    | st.binary()
)
def test_any_body_gives_one_short_line_without_the_secret(body):
    words = read_words(body, ["s3cret-token", ""])
    assert len(words) <= 400
    assert words.isprintable()
    assert "s3cret-token" not in words


def test_deep_nesting_says_nothing():
    assert read_words(b"[" * 100_000) == ""


def test_all_messages_once_each():
    body = {"errorMessages": ["a", " b\n c"], "errors": {"field": "d"}, "message": "a"}
    assert read_words(json.dumps(body).encode()) == "a; b c; field: d"


@given(st.integers(300, 599), st.text(max_size=20))
def test_every_status_has_a_sentence_with_all_it_needs(status, words):
    error = describe_refusal(status, words, site="https://a.example", doing="reading x", account="robot")
    assert isinstance(error, SnapshotsError)
    assert "https://a.example" in str(error) and "reading x" in str(error) and words.rstrip(".") in str(error)


@pytest.mark.parametrize("location", [None, "", "/x", "http://[x", "https://secret:word@b.example/y?signature=1"])
def test_a_move_shows_the_host_alone(location):
    sentence = str(describe_move(302, location, site="https://a.example", doing="reading x"))
    assert "signature" not in sentence and "word" not in sentence
    assert ("to b.example" in sentence) == ("b.example" in (location or ""))
