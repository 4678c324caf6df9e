"""Finding the counterpart of every page: matching, fed with no more looks at the site than it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from snapshots.errors import DamageError
from snapshots.findings import Finding
from snapshots.registry.records import MacroRecord
from snapshots.restore.evidence import Evidence
from snapshots.restore.keys import PageKey
from snapshots.restore.mapping import map_space
from snapshots.restore.matching import Clues, Match, Matched, Subject, Unmatched, match_pages
from snapshots.restore.plan import RestoreOptions
from snapshots.restore.records import GroupedRecords
from snapshots.restore.source import RecordSource, page_space_keys
from snapshots.restore.survey import Survey, Wanted

_STRONG_RULES = ("mapping file", "page id", "macro id")
"""Rules that need no look at attachments."""


def read_subjects(source: RecordSource) -> list[Subject]:
    """Every page of the source with its macro ids, sorted by key."""
    titles: dict[PageKey, str] = {}
    macro_ids: dict[PageKey, set[str]] = {}
    key_of: dict[int, PageKey] = {}
    for page, space_key in page_space_keys(source):
        key_of[page.id] = key = (space_key, page.remote_id)
        titles.setdefault(key, page.title)
        macro_ids.setdefault(key, set())
    for batch in source.iter_batches("macro"):
        for macro in batch:
            assert isinstance(macro, MacroRecord)
            if macro.page_id not in key_of:
                raise DamageError(f"Macro {macro.remote_id} refers to a page that is not in the archive; use another.")
            macro_ids[key_of[macro.page_id]].add(macro.remote_id)
    return [Subject(key, titles[key], frozenset(macro_ids[key])) for key in sorted(titles)]


def pages_wanted(subjects: Iterable[Subject], options: RestoreOptions, same_site: bool) -> Wanted:
    titles = {(map_space(subject.key[0], options.space_map), subject.title) for subject in subjects}
    page_ids = set(options.page_map.values())
    if same_site:
        page_ids.update(subject.key[1] for subject in subjects)
    return Wanted(titles, page_ids)


def find_counterparts(
    subjects: Sequence[Subject], survey: Survey, grouped: GroupedRecords, options: RestoreOptions, same_site: bool
) -> dict[PageKey, Match]:
    """Match every page, looking no further than needed: first where its space is now, then everywhere."""
    holders = Counter(macro_id for subject in subjects for macro_id in subject.macro_ids)
    clues = Clues(
        survey.evidence,
        options.page_map,
        options.space_map,
        same_site,
        frozenset(macro_id for macro_id, count in holders.items() if count > 1),
    )
    survey.scan_spaces({map_space(subject.key[0], options.space_map) for subject in subjects})
    stated = [options.page_map[subject.key[1]] for subject in subjects if subject.key[1] in options.page_map]
    survey.look_up_pages([*stated, *(subject.key[1] for subject in subjects if same_site)])
    looked_for_payloads: set[str] = set()
    matches = _match_with_payloads(subjects, survey, grouped, clues, looked_for_payloads)
    if any(isinstance(match, Unmatched) for match in matches.values()):
        survey.scan_spaces()
        matches = _match_with_payloads(subjects, survey, grouped, clues, looked_for_payloads)
    return matches


def _match_with_payloads(
    subjects: Sequence[Subject], survey: Survey, grouped: GroupedRecords, clues: Clues, looked_at: set[str]
) -> dict[PageKey, Match]:
    """Match, and where a page is not decided by a strong rule, look at attachments and match again."""
    matches = match_pages(subjects, clues)
    decided = {
        match.page_id for match in matches.values() if isinstance(match, Matched) and match.rule in _STRONG_RULES
    }
    if len(decided) == len(subjects):
        return matches
    pages = [
        page
        for page in survey.evidence.pages.values()
        if page.macros and page.page_id not in decided and page.page_id not in looked_at
    ]
    if not pages:
        return matches
    looked_at.update(page.page_id for page in pages)
    carriers: dict[tuple[str, str], set[str]] = {}
    for payload in survey.find_payloads(pages):
        carriers.setdefault((payload.attachment_name, payload.payload_sha256), set()).add(payload.page_id)
    _note_owners(survey.evidence, grouped, carriers)
    return match_pages(subjects, clues)


def _note_owners(
    evidence: Evidence, grouped: GroupedRecords, carriers: Mapping[tuple[str, str], Collection[str]]
) -> None:
    """Tell the evidence which pages of the source own the payloads that were seen here."""
    for group in grouped.iter_groups():
        for page in group:
            for macro in page.macros.values():
                for version in macro.versions.values():
                    for page_id in carriers.get((macro.record.attachment_name, version.payload_sha256), ()):
                        evidence.add_payload(page.key, page_id)


def find_missing_spaces(
    subjects: Iterable[Subject], survey: Survey, options: RestoreOptions, matches: Mapping[PageKey, Match]
) -> list[Finding]:
    """Spaces of which a page found no place, while the site does not show the space. One whose pages were all found
    elsewhere, say by their macros, is missed by nobody."""
    lost = {subject.key[0] for subject in subjects if not isinstance(matches[subject.key], Matched)}
    return [
        Finding(
            "space-not-here",
            f"space {source}",
            f"the site shows no space {destination}",
            "Move it first, or say by a space map what it is called here.",
        )
        for source, destination in sorted((key, map_space(key, options.space_map)) for key in lost)
        if destination not in survey.space_keys
    ]


def find_unknown_spaces(subjects: Iterable[Subject], options: RestoreOptions) -> list[Finding]:
    """Spaces of the space map that no page of the source is in: perhaps a slip of the pen."""
    known = {subject.key[0] for subject in subjects}
    return [
        Finding(
            "unknown-space",
            f"space {source}",
            f"the space map sends it to {options.space_map[source]}, and the archive holds no page of it",
            "Check how its key is written, or leave it out of the map.",
        )
        for source in sorted(options.space_map.keys() - known)
    ]
