"""Wiki markup becomes documents, and no word is lost on the way."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian_emulator.jira.document import plain_text
from atlassian_emulator.jira.wiki import wiki_to_document


def blocks(source):
    return wiki_to_document(source, {"ada": "account-of-ada"}.get)["content"]


def inline(source):
    [paragraph] = blocks(source)
    return [(node.get("text"), [m["type"] for m in node.get("marks", [])]) for node in paragraph["content"]]


def test_emphasis():
    assert inline("a *b* _c_ -d- {{e}} *_f_*") == [
        ("a ", []),
        ("b", ["strong"]),
        (" ", []),
        ("c", ["em"]),
        (" ", []),
        ("d", ["strike"]),
        (" ", []),
        ("e", ["code"]),
        (" ", []),
        ("f", ["strong", "em"]),
    ]


@pytest.mark.parametrize(
    "source", ["snake_case_word", "2 * 3 * 4", "-7d", "a-b-c", "[^file.pdf]", "{color:red}x{color}"]
)
def test_what_is_no_markup_stays(source):
    assert inline(source) == [(source, [])]


def test_links_and_people():
    [paragraph] = blocks("[here|https://example.com/a] https://example.com/b. [~ada] [~eve]")
    link, space, bare, rest, mention, unknown = paragraph["content"]
    assert (link["text"], link["marks"][0]["attrs"]["href"]) == ("here", "https://example.com/a")
    assert bare["marks"][0]["attrs"]["href"] == bare["text"] == "https://example.com/b"
    assert mention == {"type": "mention", "attrs": {"id": "account-of-ada", "text": "@ada"}}
    assert (space["text"], rest["text"], unknown["text"]) == (" ", ". ", " [~eve]")


def test_blocks():
    kinds = [
        block["type"]
        for block in blocks(
            "h2. Head\ntext\nmore\n* one\n** deeper\n# first\n||a||b||\n|c|d|\n----\nbq. said\n{code:sql}\nx\n{code}"
        )
    ]
    assert kinds == ["heading", "paragraph", "bulletList", "orderedList", "table", "rule", "blockquote", "codeBlock"]


def test_nested_list_stands_in_its_item():
    [outer] = blocks("* one\n** deeper\n* two")
    first, second = outer["content"]
    assert [block["type"] for block in first["content"]] == ["paragraph", "bulletList"]
    assert plain_text({"type": "doc", "content": [second]}) == "two"


def test_markup_inside_code_is_code():
    [code] = blocks("{code:java}\n*not bold* h1. no\n{code}")
    assert code == {
        "type": "codeBlock",
        "attrs": {"language": "java"},
        "content": [{"type": "text", "text": "*not bold* h1. no"}],
    }


def iter_texts(node):
    if node.get("type") == "text":
        yield node
    for child in node.get("content", []):
        yield from iter_texts(child)


@given(st.text(alphabet="ab \n*_-+^~?{}[]|!h1.#\\:/'\"", max_size=120))
def test_any_text_becomes_a_document_without_empty_text(source):
    document = wiki_to_document(source, {}.get)
    assert document["type"] == "doc"
    assert all(node["text"] for node in iter_texts(document))


@given(
    st.lists(
        st.sampled_from(
            ["*one*", "_two_", "{{three}}", "h1. four", "* five", "|six|seven|", "{quote}eight{quote}", "\n", " "]
        )
    )
)
def test_no_word_is_lost(pieces):
    source = " ".join(pieces)
    words = re.findall(r"one|two|three|four|five|six|seven|eight", source)
    shown = plain_text(wiki_to_document(source, {}.get))
    assert sorted(re.findall(r"one|two|three|four|five|six|seven|eight", shown)) == sorted(words)


def test_real_texts_keep_their_words(real_issues):
    markup = re.compile(r"\{(code|noformat|quote|panel)[^}]*\}")
    lost = []
    for issue in real_issues[:600]:
        source = issue["fields"].get("description") or ""
        shown = json.dumps(wiki_to_document(source, {}.get), ensure_ascii=False)
        words = re.findall(r"[A-Za-z]{5,}", markup.sub(" ", source))
        lost += [word for word in words if word not in shown]
    assert lost == []
