"""Cells as a reader sees them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.history.text import readable_text, visible


def text(words: str, **more: object) -> dict[str, object]:
    return {"type": "text", "text": words, **more}


def node(kind: str, *content: dict[str, object], **attrs: object) -> dict[str, object]:
    return {"type": kind, "content": list(content)} | ({"attrs": attrs} if attrs else {})


def document(*content: dict[str, object]) -> dict[str, object]:
    return node("doc", *content)


def item(words: str) -> dict[str, object]:
    return node("listItem", node("paragraph", text(words)))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (3, "3"),
        (2.5, "2.5"),
        (["1.0", "2.0"], "1.0, 2.0"),
        ({"accountId": "5", "name": "Ada"}, "Ada"),
        ([{"accountId": "5", "name": "Ada"}, "x"], "Ada, x"),
        ({"percent": 50, "total": 2}, "percent: 50, total: 2"),
        (
            [{"author": {"accountId": "5", "name": "Ada"}, "body": "Done.", "created": "2026-01-02"}] * 2,
            "Ada, 2026-01-02: Done.\nAda, 2026-01-02: Done.",
        ),
        ({"author": None, "body": "Gone.", "created": None}, "somebody: Gone."),
    ],
)
def test_values(value: object, shown: str) -> None:
    assert readable_text(value) == shown


@pytest.mark.parametrize(
    ("nodes", "shown"),
    [
        ([node("heading", text("Why"), level=2), node("paragraph", text("a"), text("b"))], "Why\nab"),
        ([node("paragraph", text("a"), {"type": "hardBreak"}, text("b"))], "a\nb"),
        ([node("bulletList", item("a"), node("listItem", node("paragraph", text("b")), node("bulletList", item("c"))))],
         "• a\n• b\n  • c"),
        ([node("orderedList", item("a"), item("b"), order=3)], "3. a\n4. b"),
        ([node("taskList", node("taskItem", text("a"), state="DONE"), node("taskItem", text("b"), state="TODO"))],
         "[x] a\n[ ] b"),
        ([node("table", node("tableRow", node("tableHeader", node("paragraph", text("H"))),
                             node("tableCell", node("paragraph", text("x")), node("paragraph", text("y")))))],
         "H | x / y"),
        ([node("paragraph", text("Hi "), node("mention", id="5", text="@Ada"), text(" "),
               node("emoji", shortName=":ok:", text="👌"))], "Hi @Ada 👌"),
        ([node("codeBlock", text("if x:\n    y"), language="python")], "if x:\n    y"),
        ([node("paragraph", text("here", marks=[{"type": "link", "attrs": {"href": "https://a.b/"}}]))],
         "here (https://a.b/)"),
        ([node("paragraph", text("https://a.b/", marks=[{"type": "link", "attrs": {"href": "https://a.b/"}}]))],
         "https://a.b/"),
        ([node("mediaSingle", node("media", alt="plan.png", id="9", type="file"))], "[plan.png]"),
        ([node("panel", node("paragraph", text("Careful")), panelType="warning")], "Warning: Careful"),
        ([node("blockquote", node("paragraph", text("a")), node("paragraph", text("b")))], "> a\n> b"),
        ([node("expand", node("paragraph", text("inside")), title="More")], "More\ninside"),
        ([node("paragraph", node("date", timestamp="1700000000000"), text(" "), node("status", text="DONE"))],
         "2023-11-14 DONE"),
        ([node("paragraph", node("date", timestamp="soon"))], "soon"),
        ([node("paragraph", node("inlineCard", url="https://a.b/"))], "https://a.b/"),
        ([{"type": "rule"}], "———"),
        ([node("hologram", node("paragraph", text("kept")), title="Titled")], "Titled\nkept"),
    ],
)  # fmt: skip
def test_documents(nodes: list[dict[str, object]], shown: str) -> None:
    assert readable_text(document(*nodes)) == shown


def test_a_document_nested_beyond_reason_keeps_its_words() -> None:
    nested: dict[str, object] = text("deep")
    for _ in range(5_000):
        nested = node("blockquote", nested)
    assert readable_text(document(nested)).endswith("deep")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "text", "attrs", "marks", "state", "author", "body", "created"]),
            inner | st.sampled_from(["doc", "text", "orderedList", "date", "tableRow", "mention"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_can_be_shown(value: object) -> None:
    assert isinstance(readable_text(value), str)
    assert isinstance(readable_text({"type": "doc", "content": [value]}), str)
    msgspec.json.encode(visible(readable_text(value)))


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert visible("a\x1b[2Jb\u202ec\x9bd\ne\tf") == "a⟨U+001B⟩[2Jb⟨U+202E⟩c⟨U+009B⟩d\ne\tf"
