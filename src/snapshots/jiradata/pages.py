"""The pages of a site that hold our macros: what a Jira-data file asks about, and what a plan rewrites.

Requests for P pages: at least one for each space, else P/250, bodies included. Bodies are read and let go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import Macro, find_macros
from snapshots.atlassian.model import Page, Space
from snapshots.errors import InvalidInput, NotFound
from snapshots.findings import Finding
from snapshots.progress import Progress

THREADS = 4


@dataclass(frozen=True, slots=True)
class MacroPage:
    """A page with at least one of our macros, as of one of its versions."""

    page_id: str
    title: str
    space_key: str
    version: int
    macros: tuple[Macro, ...]

    def __str__(self) -> str:
        return f"page '{self.title}' ({self.page_id}) in {self.space_key}"


@dataclass(slots=True)
class PageCount:
    """How many pages were looked at, with and without our macros."""

    pages: int = 0


def iter_macro_pages(
    confluence: ConfluenceClient,
    space_keys: Collection[str] | None,
    findings: list[Finding],
    progress: Progress,
    count: PageCount | None = None,
) -> Iterator[list[MacroPage]]:
    """The pages with macros of each space (None: of all), in the order in which spaces are done.

    A page whose body cannot be read becomes a finding. Raises `NotFound` for a space that the account does not see.
    """
    spaces = [space for space in confluence.iter_spaces() if space_keys is None or space.key in space_keys]
    if space_keys is not None and (missing := set(space_keys) - {space.key for space in spaces}):
        raise NotFound(
            f"There is no space {', '.join(sorted(missing))} here, or the account may not see it; correct it."
        )
    progress("scanning spaces", 0, len(spaces), "spaces")
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="scan-space")
    try:
        waiting = [pool.submit(_scan, confluence, space) for space in spaces]
        for done, future in enumerate(as_completed(waiting), start=1):
            pages, unread, looked_at = future.result()
            findings += unread
            if count is not None:
                count.pages += looked_at
            yield pages
            progress("scanning spaces", done, len(spaces), "spaces")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _scan(confluence: ConfluenceClient, space: Space) -> tuple[list[MacroPage], list[Finding], int]:
    found: list[MacroPage] = []
    findings: list[Finding] = []
    looked_at = 0
    for page in confluence.iter_pages(space.id):
        looked_at += 1
        try:
            macros = tuple(find_macros(page.body or ""))
        except InvalidInput as error:
            findings.append(_unread(page, space, error))
            continue
        if macros:
            found.append(MacroPage(page.id, page.title, space.key, page.version.number, macros))
    return found, findings, looked_at


def _unread(page: Page, space: Space, error: InvalidInput) -> Finding:
    return Finding(
        "unreadable-body",
        f"page '{page.title}' ({page.id}) in {space.key}",
        str(error),
        "Its macros were left alone; save the page once in the editor and try again.",
    )
