"""Where the payload of each version is on its page here. Pure.

A move may renumber page versions and attachment versions, or keep only the newest of each. What it
keeps is the pointer in every page version's body and the digest in every attachment version's comment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from snapshots.registry.records import VersionRecord

Label: TypeAlias = tuple[str, str]
"""Macro id and capture id."""


@dataclass(frozen=True, slots=True)
class PageHistory:
    """What a page here still has of its past: where its payloads are, and what its versions show."""

    payloads: dict[str, dict[str, int]] = field(default_factory=dict)
    """By attachment name, the attachment version of each digest. Of equal payloads it is the newest, which a
    site that prunes old versions keeps longest."""
    first_shown: dict[Label, int] = field(default_factory=dict)
    """The lowest page version whose body points at the capture."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a version is here. No page version where the page did not keep the one that showed it."""

    attachment_version: int
    page_version: int | None


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions `first` to `last` of a macro lie here as far from their old places as one another.

    A history that was carried whole is one run, whatever its length: so a plan for a million versions
    stays small. A page version that the page did not keep has no shift.
    """

    first: int
    last: int
    attachment_shift: int
    page_shift: int | None

    def locate(self, version: VersionRecord) -> Location:
        """Where this version is, which must be one of the run."""
        page_version = None if self.page_shift is None else (version.page_version or 0) + self.page_shift
        return Location(version.attachment_version + self.attachment_shift, page_version)


def find_location(version: VersionRecord, macro_id: str, attachment_name: str, history: PageHistory) -> Location | None:
    """Where the version's payload is, or None. The digest decides: a number alone may be another payload."""
    attachment_version = history.payloads.get(attachment_name, {}).get(version.payload_sha256)
    if attachment_version is None:
        return None
    return Location(attachment_version, history.first_shown.get((macro_id, version.capture_id)))


def make_runs(located: Iterable[tuple[VersionRecord, Location]]) -> list[Run]:
    """Runs that give back exactly these locations. A version between two others that is not located ends a run."""
    runs: list[Run] = []
    for version, location in sorted(located, key=lambda pair: pair[0].number):
        attachment_shift = location.attachment_version - version.attachment_version
        page_shift = None
        if location.page_version is not None:
            page_shift = location.page_version - (version.page_version or 0)
        run = Run(version.number, version.number, attachment_shift, page_shift)
        if runs and run == msgspec.structs.replace(runs[-1], first=runs[-1].last + 1, last=runs[-1].last + 1):
            run = msgspec.structs.replace(run, first=runs.pop().first)
        runs.append(run)
    return runs


class LocatedVersions:
    """The runs of one macro, asked version by version."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = sorted(runs, key=_first)

    def find(self, version: VersionRecord) -> Location | None:
        place = bisect_right(self._runs, version.number, key=_first)
        run = self._runs[place - 1] if place else None
        return run.locate(version) if run and version.number <= run.last else None


def _first(run: Run) -> int:
    return run.first
