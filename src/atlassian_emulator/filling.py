"""A large site, made in its data directory without asking the REST interface for every page.

    atlassian-emulator fill --data-dir big --pages 100000 --issues 200000

Pages lie in spaces of 5,000, each below the page of a tenth of its number; every tenth page holds a macro, every fifth
has been changed once, every fiftieth carries a label. The issues are those of the made-up data set. The same seed and
numbers make the same site.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from atlassian_emulator.confluence.spaces import add_space
from atlassian_emulator.confluence.store import settle_label
from atlassian_emulator.dataset import iter_issues
from atlassian_emulator.dataset.texts import defect, requirement
from atlassian_emulator.dataset.vocabulary import DEVICES
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import open_site
from atlassian_emulator.site import Site

PAGES_OF_A_SPACE: Final = 5_000
MACRO: Final = "snapshots"
_PEOPLE: Final = ("admin@example.com", "editor@example.com")
_TEXTS: Final = 500
_DAY: Final = 86_400_000_000
_CONTENT: Final = (
    "INSERT INTO content (id, type, status, space_id, parent_id, position, title, author_id, owner_id, created_at,"
    " modified_at, version) VALUES (?, 'page', 'current', ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_VERSION: Final = (
    "INSERT INTO content_versions (content_id, number, title, author_id, created_at, message, minor_edit, body)"
    " VALUES (?, ?, ?, ?, ?, ?, 0, ?)"
)


def fill_site(site: Site, *, pages: int, issues: int, seed: int = 7) -> None:
    """Add so many pages, in new spaces, and so many issues of the made-up data set that are not there yet."""
    if issues:
        put_issues(site, iter_issues(seed, issues))
    rng = Random(seed)
    texts = _bodies(rng)
    with site.database.transaction() as c:
        for number, first in enumerate(range(0, pages, PAGES_OF_A_SPACE), start=1):
            _add_space_of_pages(site, c, number, min(PAGES_OF_A_SPACE, pages - first), rng, texts)
        c.execute("ANALYZE")


def _bodies(rng: Random) -> list[str]:
    components = ("Alarm system", "Battery", "Display", "Therapy control")
    bodies = []
    for _ in range(_TEXTS):
        component = rng.choice(components)
        paragraphs = (requirement(rng, "The device warns in time", component), defect(rng))
        bodies.append(
            f"<h1>{component}</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs).replace("\n", "<br />")
        )
    return bodies


def _add_space_of_pages(
    site: Site, c: sqlite3.Connection, number: int, count: int, rng: Random, texts: list[str]
) -> None:
    authors = [user.account_id for email in _PEOPLE if (user := site.users.find_by_email(email))]
    key, name = f"SPACE{number}", f"{DEVICES[number % len(DEVICES)][1]} {number}"
    space_id = add_space(site, c, key, name, authors[0])
    homepage_id = c.execute("SELECT homepage_id FROM spaces WHERE id = ?", (space_id,)).fetchone()[0]
    first_id, now = site.ids.take("content", count), site.clock()
    label_id = settle_label(site, c, "global", "released")
    made: list[tuple[Any, ...]] = []
    versions: list[tuple[Any, ...]] = []
    for position in range(count):
        page_id, author = first_id + position, authors[position % len(authors)]
        title = f"{key} page {position + 1}"
        parent_id = homepage_id if position < 10 else first_id + position // 10
        created_at = now - (count - position) * _DAY // 10
        history = 2 if position % 5 == 4 else 1
        made.append(
            (page_id, space_id, parent_id, position, title, author, author, created_at, created_at + history, history)
        )
        body = rng.choice(texts) + (_macro(rng, number) if position % 10 == 0 else "")
        versions += [
            (page_id, each, title, author, created_at + each, "" if each == 1 else "a change", f"{body}<p>{each}</p>")
            for each in range(1, history + 1)
        ]
    c.executemany(_CONTENT, made)
    c.executemany(_VERSION, versions)
    c.executemany(
        "INSERT INTO content_macros (content_id, name) VALUES (?, ?)", _pairs(first_id, count, step=10, value=MACRO)
    )
    c.executemany(
        "INSERT INTO content_labels (content_id, label_id) VALUES (?, ?)",
        _pairs(first_id, count, step=50, value=label_id),
    )


def _pairs(first_id: int, count: int, *, step: int, value: Any) -> Iterator[tuple[int, Any]]:
    return ((first_id + position, value) for position in range(0, count, step))


def _macro(rng: Random, number: int) -> str:
    macro_id = uuid.UUID(int=rng.getrandbits(128), version=4)
    project = DEVICES[number % len(DEVICES)][0]
    return (
        f'<ac:structured-macro ac:name="{MACRO}" ac:schema-version="1" ac:macro-id="{macro_id}">'
        f'<ac:parameter ac:name="definition">{{"levels":[{{"jql":"project = {project}"}}]}}</ac:parameter>'
        "</ac:structured-macro>"
    )


def main(arguments: Sequence[str]) -> int:
    """Carry out `atlassian-emulator fill` and return its exit code."""
    parser = argparse.ArgumentParser(prog="atlassian-emulator fill", description="Make a large site in a directory.")
    parser.add_argument("--data-dir", type=Path, required=True, help="directory of the site")
    parser.add_argument("--site-name", default="acme", help="name of the site, which decides its ids (default: acme)")
    parser.add_argument("--pages", type=int, default=1_000, help="how many pages (default: 1000)")
    parser.add_argument("--issues", type=int, default=1_000, help="how many issues (default: 1000)")
    parser.add_argument("--seed", type=int, default=7, help="which of all such sites (default: 7)")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        site = open_site(options.site_name, data_dir=options.data_dir)
        try:
            fill_site(site, pages=options.pages, issues=options.issues, seed=options.seed)
        finally:
            site.close()
    except (OSError, sqlite3.DatabaseError, ValueError) as error:
        sys.stderr.write(f"{options.data_dir} cannot be filled: {error}. Choose an empty --data-dir.\n")
        return 1
    took = time.monotonic() - started
    sys.stdout.write(f"{options.pages} pages and {options.issues} issues in {options.data_dir}, {took:.0f} seconds\n")
    return 0
