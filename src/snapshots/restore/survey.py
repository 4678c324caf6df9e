"""Gathering what the destination shows. The only part of a restore that asks the site.

Requests, for P pages in the spaces scanned, M pages that need their history and A attachments among
theirs with more than one version: spaces/250 + P/250 (at least one a space), then M + A + the versions
of M pages, 250 at a time as the site allows. Bodies are read and let go; what is kept follows the macros.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeVar

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import find_macros, parse_attachment_comment
from snapshots.atlassian.model import Attachment, Page, Space
from snapshots.errors import InvalidInput, NotFound
from snapshots.findings import Finding
from snapshots.progress import Progress
from snapshots.restore.evidence import Evidence, FoundMacro, PageFacts, PayloadFacts
from snapshots.restore.locating import Label, PageHistory

THREADS = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pages worth keeping even where they hold no macro."""

    titles: Collection[tuple[str, str]]
    """Space key and title, as the destination has them."""
    page_ids: Collection[str]


@dataclass(frozen=True, slots=True)
class WantedPayloads:
    """Payloads to be found on one page: by attachment name, the digest and length of each."""

    page: PageFacts
    payloads: Mapping[str, Mapping[str, int]]


class Survey:
    """One look at the destination, which grows as far as matching needs it."""

    def __init__(self, confluence: ConfluenceClient, wanted: Wanted, progress: Progress) -> None:
        self.evidence = Evidence()
        self.findings: list[Finding] = []
        self._confluence = confluence
        self._wanted = wanted
        self._progress = progress
        self._spaces = {space.id: space for space in confluence.iter_spaces()}
        self._scanned: set[str] = set()

    @property
    def space_keys(self) -> set[str]:
        """Keys of the spaces that the account sees."""
        return {space.key for space in self._spaces.values()}

    def scan_spaces(self, keys: Collection[str] | None = None) -> None:
        """Look at every page of these spaces (None: of all), unless that was done already."""
        spaces = [
            space
            for space in self._spaces.values()
            if space.id not in self._scanned and (keys is None or space.key in keys)
        ]
        for pages in self._in_parallel("scanning spaces", "spaces", self._scan_space, spaces):
            for page in pages:
                self.evidence.add_page(page)
        self._scanned.update(space.id for space in spaces)

    def look_up_pages(self, page_ids: Iterable[str]) -> None:
        """Look at pages by their ids, wherever they are; ids of other things, or of nothing, are left out."""
        unknown = sorted(set(page_ids) - self.evidence.pages.keys())
        kinds = self._confluence.classify_content(unknown) if unknown else {}
        pages = [page_id for page_id, kind in kinds.items() if kind == "page"]
        for page in self._in_parallel("looking up pages", "pages", self._find_page, pages):
            if page is not None:
                self.evidence.add_page(page)

    def find_payloads(self, pages: Iterable[PageFacts]) -> list[PayloadFacts]:
        """The newest payload of every attachment that says it is one, on these pages."""
        found: list[PayloadFacts] = []
        for payloads in self._in_parallel("looking for payloads", "pages", self._find_payloads, list(pages)):
            found += payloads
        return found

    def read_histories(self, wanted: Iterable[WantedPayloads]) -> dict[str, PageHistory]:
        """By page id, where the wanted payloads are, and which page version first showed each capture."""
        found = self._in_parallel("reading histories", "pages", self._read_history, list(wanted))
        return dict(found)

    def _describe(self, page: Page, space: Space) -> PageFacts:
        return PageFacts(
            page_id=page.id,
            title=page.title,
            space_id=space.id,
            space_key=space.key,
            space_name=space.name,
            version_number=page.version.number,
            macros=self._find_macros(page.id, page.version.number, page.body),
        )

    def _find_macros(self, page_id: str, version: int, body: str | None) -> tuple[FoundMacro, ...]:
        try:
            return _read_macros(body)
        except InvalidInput as error:
            # One page that somebody's tool broke must not keep all others from being restored.
            action = "Its macros were not looked at; save the page once in the editor and make the plan again."
            self.findings.append(Finding("unreadable-body", f"version {version} of page {page_id}", str(error), action))
            return ()

    def _scan_space(self, space: Space) -> list[PageFacts]:
        facts = (self._describe(page, space) for page in self._confluence.iter_pages(space.id))
        return [page for page in facts if self._is_worth_keeping(page)]

    def _is_worth_keeping(self, page: PageFacts) -> bool:
        wanted = self._wanted
        return bool(page.macros) or (page.space_key, page.title) in wanted.titles or page.page_id in wanted.page_ids

    def _find_page(self, page_id: str) -> PageFacts | None:
        try:
            page = self._confluence.get_page(page_id)
        except NotFound:
            return None
        space = self._spaces.get(page.space_id)
        return self._describe(page, space) if space else None

    def _find_payloads(self, page: PageFacts) -> list[PayloadFacts]:
        labels = (
            (attachment, parse_attachment_comment(attachment.comment))
            for attachment in self._confluence.iter_attachments(page.page_id)
        )
        return [
            PayloadFacts(page.page_id, attachment.title, label.payload_sha256) for attachment, label in labels if label
        ]

    def _read_history(self, wanted: WantedPayloads) -> tuple[str, PageHistory]:
        page_id = wanted.page.page_id
        payloads = {
            attachment.title: self._read_digests(attachment, wanted.payloads[attachment.title])
            for attachment in self._confluence.iter_attachments(page_id)
            if attachment.title in wanted.payloads
        }
        first_shown: dict[Label, int] = {}
        if any(wanted.payloads[name].keys() & found.keys() for name, found in payloads.items()):
            first_shown = self._read_first_shown(wanted.page)
        return page_id, PageHistory(payloads, first_shown)

    def _read_digests(self, attachment: Attachment, payloads: Mapping[str, int]) -> dict[str, int]:
        """The newest version of the attachment for each digest.

        A comment that was lost on the way costs a download, made only while a wanted payload is missing.
        """
        comments = {attachment.version_number: attachment.comment}
        if attachment.version_number > 1:
            versions = self._confluence.iter_attachment_versions(attachment.id)
            comments |= {version.number: version.comment for version in versions}
        labels = {number: parse_attachment_comment(comment) for number, comment in comments.items()}
        digests = {number: label.payload_sha256 if label else None for number, label in labels.items()}
        for number in sorted(digests):
            if digests[number] is None and payloads.keys() - set(digests.values()):
                digests[number] = self._find_digest(attachment, number, payloads)
        return {digest: number for number, digest in sorted(digests.items()) if digest is not None}

    def _find_digest(self, attachment: Attachment, number: int, payloads: Mapping[str, int]) -> str | None:
        # The site tells the length of the newest upload only; with another length it is none of ours.
        if number == attachment.version_number and attachment.file_size not in payloads.values():
            return None
        try:
            data = self._confluence.download_attachment(attachment.page_id, attachment.id, number)
        except NotFound:
            return None
        return hashlib.sha256(data).hexdigest()

    def _read_first_shown(self, page: PageFacts) -> dict[Label, int]:
        shown = ((page.version_number, macro) for macro in page.macros)
        if page.version_number > 1:
            shown = (
                (version.number, macro)
                for version in self._confluence.iter_page_versions(page.page_id)
                for macro in self._find_macros(page.page_id, version.number, version.body)
            )
        first_shown: dict[Label, int] = {}
        for number, macro in shown:
            if macro.capture_id is not None:
                label = (macro.macro_id, macro.capture_id)
                first_shown[label] = min(number, first_shown.get(label, number))
        return first_shown

    def _in_parallel(
        self, stage: str, unit: str, ask: Callable[[Item], Result], items: Collection[Item]
    ) -> Iterator[Result]:
        """The answers for all items, in no order. The first error ends it, and what was not asked yet is not asked."""
        pool = ThreadPoolExecutor(max_workers=THREADS)
        try:
            futures = [pool.submit(ask, item) for item in items]
            for done, future in enumerate(as_completed(futures), start=1):
                yield future.result()
                self._progress(stage, done, len(futures), unit)
        finally:
            pool.shutdown(cancel_futures=True)


def _read_macros(body: str | None) -> tuple[FoundMacro, ...]:
    return tuple(
        FoundMacro(macro.remote_id, macro.pointer.capture_id if macro.pointer else None, macro.stale_page_id)
        for macro in find_macros(body or "")
    )
