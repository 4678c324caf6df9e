"""What the destination shows of its pages, arranged for the rules of matching. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from snapshots.restore.keys import PageKey


@dataclass(frozen=True, slots=True)
class FoundMacro:
    """A macro of ours in a page body, with the capture it shows and the page that its markup says it is on."""

    macro_id: str
    capture_id: str | None
    stale_page_id: str | None = None


@dataclass(frozen=True, slots=True)
class PageFacts:
    """A page of the destination, as far as matching cares; its body is not kept."""

    page_id: str
    title: str
    space_id: str
    space_key: str
    space_name: str
    version_number: int
    macros: tuple[FoundMacro, ...] = ()

    def __str__(self) -> str:
        return f"'{self.title}' ({self.page_id}) in {self.space_key}"


@dataclass(frozen=True, slots=True)
class PayloadFacts:
    """The newest version of an attachment that is named like a payload."""

    page_id: str
    attachment_name: str
    payload_sha256: str


class Evidence:
    """Pages of the destination, found by each thing a rule may look for.

    It grows while the destination is surveyed. What a look-up finds does not depend on the order in
    which pages were added.
    """

    def __init__(self, pages: Iterable[PageFacts] = ()) -> None:
        self.pages: dict[str, PageFacts] = {}
        self._by_macro_id: dict[str, set[str]] = {}
        self._by_title: dict[tuple[str, str], set[str]] = {}
        self._by_stale_id: dict[str, set[str]] = {}
        self._by_payload_of: dict[PageKey, set[str]] = {}
        for page in pages:
            self.add_page(page)

    def add_page(self, page: PageFacts) -> None:
        """Take a page up; a page that is known already is left as it is."""
        if page.page_id in self.pages:
            return
        self.pages[page.page_id] = page
        self._by_title.setdefault((page.space_key, page.title), set()).add(page.page_id)
        for macro in page.macros:
            self._by_macro_id.setdefault(macro.macro_id, set()).add(page.page_id)
            # On a page that was never moved the markup names the page itself, which tells nothing.
            if macro.stale_page_id not in (None, page.page_id):
                self._by_stale_id.setdefault(str(macro.stale_page_id), set()).add(page.page_id)

    def add_payload(self, owner: PageKey, page_id: str) -> None:
        """Note that a page here carries a payload of `owner`, by attachment name and digest."""
        self._by_payload_of.setdefault(owner, set()).add(page_id)

    def with_macros(self, macro_ids: Collection[str]) -> frozenset[str]:
        """Pages whose body holds at least one of these macros."""
        return frozenset().union(*(self._by_macro_id.get(macro_id, ()) for macro_id in macro_ids))

    def with_title(self, space_key: str, title: str) -> frozenset[str]:
        """Pages of exactly this title in this space; Confluence allows one, so more than one is rare."""
        return frozenset(self._by_title.get((space_key, title), ()))

    def with_payload_of(self, owner: PageKey) -> frozenset[str]:
        """Pages that carry a payload of this page of the source."""
        return frozenset(self._by_payload_of.get(owner, ()))

    def with_stale_id(self, page_id: str) -> frozenset[str]:
        """Pages with a macro whose markup still names this page of the source site."""
        return frozenset(self._by_stale_id.get(page_id, ()))
