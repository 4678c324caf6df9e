"""Which page of the destination a page of the source has become. Pure.

Six rules look for it, each by another kind of evidence, the strongest first. Nothing is weighed or
scored: the first rule that finds exactly one page decides, and everything else it might have been
is shown to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from snapshots.restore.evidence import Evidence
from snapshots.restore.keys import PageKey
from snapshots.restore.mapping import map_space

RuleName: TypeAlias = Literal["mapping file", "page id", "macro id", "payload", "title", "stale id"]
Pages: TypeAlias = frozenset[str]
"""Ids of pages of the destination."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A page of the source that looks for its counterpart."""

    key: PageKey
    title: str
    macro_ids: frozenset[str]

    def __str__(self) -> str:
        return f"page '{self.title}' ({self.key[1]}) of {self.key[0]}"


@dataclass(frozen=True, slots=True)
class Clues:
    """All that the rules may look at."""

    evidence: Evidence
    page_map: Mapping[str, str] = field(default_factory=dict)
    space_map: Mapping[str, str] = field(default_factory=dict)
    same_site: bool = False
    repeated_macro_ids: Collection[str] = frozenset()
    """Macro ids that more than one page of the source holds, because one was copied from the other."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One page was found. `rule` decided, `agreeing` found the page too, `contradicting` found others."""

    page_id: str
    rule: RuleName
    agreeing: tuple[RuleName, ...] = ()
    contradicting: tuple[tuple[RuleName, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one page is possible, or one page for several records: a person decides."""

    candidates: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No page was found."""

    reason: str


Match: TypeAlias = Matched | Ambiguous | Unmatched


def match_page(subject: Subject, clues: Clues) -> Match:
    """The counterpart of one page, looked at alone.

    The first rule that finds exactly one page decides. A rule that finds several leaves the choice to
    space and title; where these choose none, it is ambiguous and weaker rules are not asked, for they
    would only find the copy that happens to look older.
    """
    stated = clues.page_map.get(subject.key[1])
    if stated is not None and stated not in clues.evidence.pages:
        return Unmatched(f"the mapping file sends it to page {stated}, which is not there")
    found = {name: find(subject, clues) for name, find in RULES}
    for name, pages in found.items():
        if len(pages) > 1:
            pages = (pages & found["title"]) or pages
        if len(pages) == 1:
            return _decide(name, next(iter(pages)), found)
        if pages:
            return Ambiguous(tuple(sorted(pages)), f"{len(pages)} pages are possible by {name}, and no title tells")
    holders = clues.evidence.with_macros(subject.macro_ids)
    if holders:
        return Ambiguous(
            tuple(sorted(holders)), "its macro is on several pages of the source, and no title tells which came here"
        )
    return Unmatched("no page here shows any evidence of it")


def match_pages(subjects: Iterable[Subject], clues: Clues) -> dict[PageKey, Match]:
    """The counterpart of every page. No two pages of the source are matched with one page here."""
    matches = {subject.key: match_page(subject, clues) for subject in subjects}
    return _settle_rivals(matches)


def _in_mapping_file(subject: Subject, clues: Clues) -> Pages:
    """1. The administrator said so."""
    stated = clues.page_map.get(subject.key[1])
    return frozenset() if stated is None else frozenset({stated})


def _by_page_id(subject: Subject, clues: Clues) -> Pages:
    """2. On the same site a page keeps its id; on another one the number is some other page's."""
    return frozenset({subject.key[1]} & clues.evidence.pages.keys()) if clues.same_site else frozenset()


def _by_macro_id(subject: Subject, clues: Clues) -> Pages:
    """3. A macro id in a body, which moves along with the page.

    A copied page takes its macro ids along too. Ids that several pages of the source hold therefore
    count only on a page that also has the title.
    """
    own = subject.macro_ids.difference(clues.repeated_macro_ids)
    shared = subject.macro_ids.intersection(clues.repeated_macro_ids)
    evidence = clues.evidence
    return evidence.with_macros(own) | (evidence.with_macros(shared) & _by_title(subject, clues))


def _by_payload(subject: Subject, clues: Clues) -> Pages:
    """4. A payload that only this page's captures can have made."""
    return clues.evidence.with_payload_of(subject.key)


def _by_title(subject: Subject, clues: Clues) -> Pages:
    """5. Space and title, after the space map."""
    return clues.evidence.with_title(map_space(subject.key[0], clues.space_map), subject.title)


def _by_stale_id(subject: Subject, clues: Clues) -> Pages:
    """6. Forge macros note the page they are on; after a move the old page's id stays in the body."""
    return frozenset() if clues.same_site else clues.evidence.with_stale_id(subject.key[1])


RULES: tuple[tuple[RuleName, Callable[[Subject, Clues], Pages]], ...] = (
    ("mapping file", _in_mapping_file),
    ("page id", _by_page_id),
    ("macro id", _by_macro_id),
    ("payload", _by_payload),
    ("title", _by_title),
    ("stale id", _by_stale_id),
)
"""The rules in the order in which they decide (docs/restore.md)."""


def _decide(name: RuleName, page_id: str, found: Mapping[RuleName, Pages]) -> Matched:
    agreeing = tuple(rule for rule, pages in found.items() if page_id in pages and rule != name)
    contradicting = tuple(
        (rule, tuple(sorted(pages))) for rule, pages in found.items() if pages and page_id not in pages
    )
    return Matched(page_id, name, agreeing, contradicting)


def _settle_rivals(matches: Mapping[PageKey, Match]) -> dict[PageKey, Match]:
    """Where several pages of the source claim one page here, the strongest rule keeps it.

    Two claims by the same rule are equally good: then none keeps it, and a person decides.
    """
    strength = {name: place for place, (name, _) in enumerate(RULES)}
    claims: dict[str, list[tuple[int, PageKey]]] = {}
    for key, match in matches.items():
        if isinstance(match, Matched):
            claims.setdefault(match.page_id, []).append((strength[match.rule], key))
    settled = dict(matches)
    for page_id, rivals in claims.items():
        if len(rivals) == 1:
            continue
        strongest = min(rivals)[0]
        winners = [key for rule, key in rivals if rule == strongest]
        for _, key in rivals:
            if winners != [key]:
                others = ", ".join(sorted(other for _, (_, other) in rivals if other != key[1]))
                settled[key] = Ambiguous((page_id,), f"page {page_id} is also claimed by page {others} of the source")
    return settled
