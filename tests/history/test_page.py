"""The page: what it may load, what it must not obey, and what it leaves out."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.page import LONGEST_SAME, render_page
from snapshots.history.subject import Subject

Release = tuple[Subject, Comparison]
VOID = {"meta", "input", "br", "link", "img"}


class Outline(HTMLParser):
    """Elements, attributes and text of a page, with every end tag matched to its start."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data


def test_it_asks_no_other_host_and_runs_nothing(release: Release) -> None:
    page = render_page(*release)
    outline = Outline(page)
    tags = {tag for tag, _ in outline.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    for _, attributes in outline.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset")]
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in page and "@import" not in page


def test_the_policy_allows_exactly_its_own_style_sheet(release: Release) -> None:
    page = render_page(*release)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [
        attributes["content"]
        for tag, attributes in Outline(page).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]


def test_hostile_words_are_only_words(release: Release) -> None:
    subject, comparison = release
    hostile = "</title><script>x()</script>\u202e\x1b[2J"
    page = render_page(replace(subject, page_title=hostile, site=hostile, space_key=hostile), comparison)
    outline = Outline(page)
    assert "script" not in {tag for tag, _ in outline.elements}
    assert '<script>alert("1")</script>⟨U+202E⟩gnp.exe' in outline.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)


def test_every_change_is_shown_by_word_and_sign(release: Release) -> None:
    outline = Outline(render_page(*release))
    for words in (
        "+ Added",
        "− Removed",
        "~ Changed",
        "↕ Moved",
        "was PAY-104",
        "from beneath PAY-170 to beneath PAY-100",
    ):
        assert words in outline.text
    assert "formatting changed" in outline.text
    assert "… 19 unchanged rows" in outline.text


def test_only_words_that_changed_are_marked(release: Release) -> None:
    page = render_page(*release)
    assert "within <del>three</del> working <del>days</del>." in page
    assert "within <ins>one</ins> working <ins>day</ins>." in page


def test_each_kind_has_a_filter_and_each_row_its_kind(release: Release) -> None:
    elements = Outline(render_page(*release)).elements
    filters = {attributes["id"] for tag, attributes in elements if tag == "input"}
    assert filters == {"show-added", "show-removed", "show-changed", "show-moved", "show-unchanged"}
    rows = [attributes["class"] or "" for tag, attributes in elements if tag == "tbody"]
    assert sum("row" in kinds.split() for kinds in rows) == 11


def test_nothing_changed_is_said(unchanged: Release) -> None:
    outline = Outline(render_page(*unchanged))
    assert "Nothing changed" in outline.text
    assert "table" not in {tag for tag, _ in outline.elements}
    assert unchanged[0].new.version.data_sha256 in outline.text


def test_a_limit_is_stated_and_kept(release: Release) -> None:
    outline = Outline(render_page(*release, most_changes=4))
    assert "This page shows the first 4 of 11 changed rows." in outline.text
    rows = [attributes["class"] or "" for tag, attributes in outline.elements if tag == "tbody"]
    assert sum("row" in kinds.split() for kinds in rows) == 4


def test_long_unchanged_text_is_shortened_and_changes_are_not(release: Release) -> None:
    subject, comparison = release
    long = "word " * 300
    lines = [b'[1,"1","A-1","%b old",null,null]' % long.encode(), b'[1,"1","A-1","%b new",null,null]' % long.encode()]
    old, new = (replace(comparison.old, row_lines=[line]) for line in lines)
    page = render_page(subject, compare_payloads(old, new))
    assert "<del>old</del>" in page and "<ins>new</ins>" in page
    assert f"… {len(long) + 1 - 320:,} characters …" in Outline(page).text
    assert len(long) > LONGEST_SAME


def test_as_many_levels_as_one_likes_are_indented(release: Release) -> None:
    subject, comparison = release
    columns = comparison.old.columns[2:] * 12
    definition = replace(comparison.old.definition, levels=comparison.old.definition.levels[2:] * 12)
    old = replace(comparison.old, columns=columns, definition=definition, row_lines=[])
    lines = [b'[%d,"%d","A-%d","deep",null,null]' % (level, level, level) for level in range(1, 13)]
    page = render_page(subject, compare_payloads(old, replace(old, row_lines=lines)))
    assert ".level-12 { --depth: 11; }" in page
    assert page.count('class="row added level-12"') == 1


def test_a_row_of_one_side_keeps_its_long_texts(release: Release) -> None:
    subject, comparison = release
    long = "evidence " * 60
    row = b'[1,"1","A-1","gone","%b",null]' % long.encode()
    page = render_page(
        subject,
        compare_payloads(replace(comparison.old, row_lines=[row]), replace(comparison.new, row_lines=[])),
    )
    assert len(long) > LONGEST_SAME
    assert long.strip() in Outline(page).text
