"""The terminal: two layouts for people, plain lines for a pipe, and nothing that a terminal obeys."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from snapshots.history import terminal
from snapshots.history.compare import Comparison, compare_payloads
from snapshots.history.subject import Subject
from snapshots.history.terminal import plain_lines, print_comparison

Release = tuple[Subject, Comparison]


def printed(release: Release, *, width: int = 100, is_terminal: bool = True) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=is_terminal, color_system="truecolor")
    print_comparison(*release, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def without_styles(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_wide_terminal_shows_old_beside_new(release: Release) -> None:
    lines = without_styles(printed(release, width=140)).splitlines()
    assert any(re.search(r"Status +In Progress +Done", line) for line in lines)


def test_a_narrow_terminal_shows_old_above_new(release: Release) -> None:
    shown = without_styles(printed(release, width=139))
    assert re.search(r"Status +- In Progress *\n +\+ Done", shown)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_hostile_words_cannot_reach_the_terminal(release: Release, is_terminal: bool) -> None:
    shown = without_styles(printed(release, width=200, is_terminal=is_terminal))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    assert "⟨U+202E⟩gnp.exe ⟨U+001B⟩[31mred" in shown
    assert "[bold]not markup[/bold]" in shown


def test_a_pipe_gets_one_line_for_each_fact(release: Release) -> None:
    lines = printed(release, is_terminal=False).splitlines()
    assert lines[1] == "2 added, 1 removed, 6 changed, 2 moved"
    assert "~   changed SHOP-12 E-mail the receipt (was PAY-104)" in lines
    assert "↕   moved PAY-171 Retry with 3-D Secure (from beneath PAY-170 to beneath PAY-100)" in lines
    assert "      Description (formatting changed)" in lines
    place = lines.index("+   added PAY-180 Refund to a closed account")
    assert lines[place + 1] == "      Status: To Do"
    assert not any("\x1b" in line for line in lines)


def test_nothing_changed_is_said(unchanged: Release) -> None:
    assert "Nothing changed." in without_styles(printed(unchanged))
    assert "nothing changed" in printed(unchanged, is_terminal=False)


def test_a_terminal_is_told_what_is_left_out(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "MOST_CHANGES", 3)
    shown = without_styles(printed(release))
    assert "… 8 more changed rows" in shown
    assert "PAY-180" not in shown


def test_a_side_that_says_nothing_is_called_empty(release: Release) -> None:
    subject, comparison = release
    old, new = (
        replace(payload, row_lines=[b'[1,"1","A-1","one",%b,null]' % value])
        for payload, value in ((comparison.old, b"null"), (comparison.new, b'"Ada"'))
    )
    lines = list(plain_lines(subject, compare_payloads(old, new)))
    assert lines[-2:] == ["    - (empty)", "    + Ada"]
