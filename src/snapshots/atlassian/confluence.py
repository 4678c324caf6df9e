"""Confluence: pages, their versions, and the files on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from urllib3.fields import RequestField

from snapshots.atlassian import wire
from snapshots.atlassian.call import Query, decode, site_of
from snapshots.atlassian.model import (
    Attachment,
    AttachmentVersion,
    Page,
    PageVersion,
    Person,
    Representation,
    SiteIdentity,
    Space,
    User,
)
from snapshots.atlassian.transport import Transport
from snapshots.errors import NotFound, PayloadTooLarge, SiteRefused, StaleVersion

_LOT = 250
"""Most that Confluence gives in one answer."""

_IDS_A_REQUEST = 100
"""Most ids that convert-ids-to-types takes."""

_STORAGE: Representation = "storage"

_Item = TypeVar("_Item")


class ConfluenceClient:
    """What Snapshots asks of Confluence Cloud.

    Every method may raise the errors of `Transport.request`; those named in a docstring come in addition
    or mean something special there. Streams ask for the next lot only when it is needed.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._v1 = f"{transport.connection.confluence_url}/rest/api"
        self._v2 = f"{transport.connection.confluence_url}/api/v2"

    @property
    def requests_sent(self) -> int:
        """Requests sent so far by everybody who shares the transport."""
        return self._transport.requests_sent

    def get_current_user(self) -> User:
        """The account that asks."""
        return self._transport.get(f"{self._v1}/user/current", wire.CamelUser, doing="asking who we are").to_model()

    def get_person(self) -> Person:
        """The account that asks, and whether it may administer this Confluence."""
        query = {"expand": "operations"}
        doing = "asking who you are and what you may do"
        return self._transport.get(f"{self._v1}/user/current", wire.CurrentUser, doing=doing, query=query).to_person()

    def get_system_info(self) -> SiteIdentity:
        """Which site answers."""
        return self._transport.get(
            f"{self._v1}/settings/systemInfo", wire.SystemInfo, doing="asking for the site"
        ).to_model()

    def iter_spaces(self, keys: Iterable[str] | None = None) -> Iterator[Space]:
        """Spaces that the account sees, archived ones too; `keys` restricts them. Unknown keys are left out."""
        doing = "listing spaces"
        chunks = [None] if keys is None else _chunks(keys, _LOT)
        for chunk in chunks:
            for space in self._iter_lots("spaces", wire.Lot[wire.Space], {"keys": chunk}, doing):
                yield space.to_model()

    def get_page(self, page_id: str, *, version: int | None = None, representation: Representation = _STORAGE) -> Page:
        """A page with its body, as it is or as it was. Raises `NotFound`."""
        doing = f"reading page {page_id}" + (f" as of its version {version}" if version else "")
        query: Query = {"body-format": representation, "version": version}
        return self._transport.get(self._page_url(page_id), wire.Page, doing=doing, query=query).to_model()

    def find_page(self, space_key: str, title: str) -> Page | None:
        """The current page with exactly this title, with its body."""
        doing = f"looking for page {title!r} in space {space_key}"
        query: Query = {"title": title, "body-format": _STORAGE, "status": "current"}
        for space in self.iter_spaces([space_key]):
            path = f"spaces/{quote(space.id, safe='')}/pages"
            for page in self._iter_lots(path, wire.Lot[wire.Page], query, doing):
                # Confluence compares titles without regard to case.
                if page.title == title:
                    return page.to_model()
        return None

    def iter_pages(self, space_id: str, representation: Representation = _STORAGE) -> Iterator[Page]:
        """Current and archived pages of a space with their bodies, 250 a request."""
        path = f"spaces/{quote(space_id, safe='')}/pages"
        doing = f"reading the pages of space {space_id}"
        for page in self._iter_lots(path, wire.Lot[wire.Page], {"body-format": representation}, doing):
            yield page.to_model()

    def iter_page_versions(self, page_id: str, representation: Representation = _STORAGE) -> Iterator[PageVersion]:
        """The versions of a page with their bodies, newest first."""
        path = f"pages/{quote(page_id, safe='')}/versions"
        query: Query = {"body-format": representation, "sort": "-modified-date"}
        for version in self._iter_lots(path, wire.Lot[wire.Version], query, f"reading the versions of page {page_id}"):
            yield version.to_page_version()

    def update_page(self, page: Page, body: str, message: str) -> Page:
        """Save a new body, in the representation that the page was read in, as the version after `page.version`.

        Title and status stay.

        Raises `StaleVersion` when somebody saved the page in between. It is not repeated when its answer
        is lost, for the repetition would find its own work and take it for somebody else's.
        """
        url = self._page_url(page.id)
        doing = f"saving page {page.id} ({page.title})"
        change = {
            "id": page.id,
            "status": page.status,
            "title": page.title,
            "body": {"representation": page.representation, "value": body},
            "version": {"number": page.version.number + 1, "message": message},
        }
        try:
            answer = self._transport.request("PUT", url, doing=doing, json=change)
        except StaleVersion as error:
            raise StaleVersion(
                f"Page {page.id} ({page.title}) was saved by somebody else after its version {page.version.number} "
                f"was read, so nothing was written; try again. {error}"
            ) from error
        return decode(answer.body, wire.Page, url=url, doing=doing).to_model()

    def create_page(self, space_id: str, title: str, body: str, parent_id: str | None = None) -> Page:
        """Make a page; without a parent it goes under the home page of the space."""
        url = f"{self._v2}/pages"
        doing = f"making page {title!r} in space {space_id}"
        page = {
            "spaceId": space_id,
            "status": "current",
            "title": title,
            "body": {"representation": _STORAGE, "value": body},
        }
        if parent_id is not None:
            page["parentId"] = parent_id
        answer = self._transport.request("POST", url, doing=doing, json=page)
        return decode(answer.body, wire.Page, url=url, doing=doing).to_model()

    def classify_content(self, ids: Iterable[str]) -> dict[str, str | None]:
        """What kind of content each id is (`page`, `attachment`, …); `None`: gone, or not visible to the account."""
        url = f"{self._v2}/content/convert-ids-to-types"
        types: dict[str, str | None] = {}
        for chunk in _chunks(dict.fromkeys(ids), _IDS_A_REQUEST):
            question = {"contentIds": chunk}
            answer = self._transport.ask(url, wire.ContentTypes, doing="asking which pages exist", json=question)
            types.update((content_id, answer.results.get(content_id)) for content_id in chunk)
        return types

    def iter_attachments(self, page_id: str, filename: str | None = None) -> Iterator[Attachment]:
        """The files of a page; `filename` restricts them to the one of exactly this name."""
        path = f"pages/{quote(page_id, safe='')}/attachments"
        query: Query = {"filename": filename}
        for attachment in self._iter_lots(
            path, wire.Lot[wire.Attachment], query, f"listing the files of page {page_id}"
        ):
            yield attachment.to_model(page_id)

    def iter_attachment_versions(self, attachment_id: str) -> Iterator[AttachmentVersion]:
        """The uploads of a file, newest first."""
        path = f"attachments/{quote(attachment_id, safe='')}/versions"
        query: Query = {"sort": "-modified-date"}
        for version in self._iter_lots(path, wire.Lot[wire.Version], query, f"listing the uploads of {attachment_id}"):
            yield version.to_attachment_version()

    def put_attachment(self, page_id: str, filename: str, data: bytes, comment: str) -> Attachment:
        """Upload a file as the next version of the attachment of this name, or as its first.

        Raises `PayloadTooLarge` when it is over the site's limit, `NotFound` when the page is gone. It is
        not repeated when its answer is lost, for that would leave two versions.
        """
        url = f"{self._v1}/content/{quote(page_id, safe='')}/child/attachment"
        doing = f"uploading {filename} ({len(data):,} bytes) to page {page_id}"
        try:
            answer = self._transport.request(
                "PUT", url, doing=doing, query={"status": "current"}, parts=_upload(filename, data, comment)
            )
        except NotFound as error:
            # For an upload, 404 means that the page is gone, or that the file is larger than the site allows.
            self.get_page(page_id)
            raise PayloadTooLarge(
                f"{site_of(url)} refused {doing}: it is larger than attachments may be there; capture fewer issues or "
                "columns, or ask an administrator of the site to raise the limit for attachments."
            ) from error
        uploaded = decode(answer.body, wire.Uploads, url=url, doing=doing).results
        if not uploaded:
            raise SiteRefused(f"{site_of(url)} took {doing} but named no attachment; look at the page.", status=200)
        return Attachment(uploaded[0].id, page_id, filename, uploaded[0].version.number, len(data), comment)

    def delete_attachment(self, attachment_id: str) -> None:
        """Move a file with all its versions to the trash of the space. Raises `NotFound`."""
        # Here v2 takes the bare number, while everywhere it answers with the prefix.
        number = attachment_id.removeprefix("att")
        self._transport.request(
            "DELETE", f"{self._v2}/attachments/{quote(number, safe='')}", doing=f"deleting attachment {attachment_id}"
        )

    def download_attachment(
        self, page_id: str, attachment_id: str, version: int | None = None, *, enough_bytes: int | None = None
    ) -> bytes:
        """The bytes of a file; without `version`, of its newest version. With `enough_bytes` it may end after as many.

        By v1's download, because the links in the listings answer 401 to API tokens.
        """
        url = f"{self._v1}/content/{quote(page_id, safe='')}/child/attachment/{quote(attachment_id, safe='')}/download"
        doing = f"downloading {attachment_id} of page {page_id}" + (f", version {version}" if version else "")
        return self._transport.download(url, doing=doing, query={"version": version}, enough_bytes=enough_bytes)

    def may_update(self, page_id: str) -> bool:
        """Whether the account may edit the page. Raises `NotFound`."""
        doing = f"asking what we may do with page {page_id}"
        answer = self._transport.get(f"{self._page_url(page_id)}/operations", wire.Operations, doing=doing)
        return any(operation.operation == "update" for operation in answer.operations)

    def _page_url(self, page_id: str) -> str:
        return f"{self._v2}/pages/{quote(page_id, safe='')}"

    def _iter_lots(self, path: str, shape: type[wire.Lot[_Item]], query: Query, doing: str) -> Iterator[_Item]:
        """All items of a list of v2, which is given out in lots.

        The address of the next lot is relative to the site, and wrong behind a gateway: only its cursor is used.
        """
        cursors: set[str] = set()
        cursor = None
        while True:
            asked: Query = {**query, "limit": _LOT, "cursor": cursor}
            lot = self._transport.get(f"{self._v2}/{path}", shape, doing=doing, query=asked)
            yield from lot.results
            cursor = lot.links.cursor
            if cursor is None:
                return
            if cursor in cursors:
                raise SiteRefused(
                    f"{site_of(self._v2)} gave out the same lot twice for {doing}; try again.", status=200
                )
            cursors.add(cursor)


def _upload(filename: str, data: bytes, comment: str) -> list[RequestField]:
    """The parts of an upload: the file, and its comment as text in UTF-8.

    A minor edit tells the watchers of the page nothing; the capture's own page version does.
    """
    file = RequestField("file", data, filename)
    file.make_multipart(content_type="application/json" if filename.endswith(".json") else "application/octet-stream")
    text = RequestField("comment", comment)
    text.make_multipart(content_type="text/plain; charset=utf-8")
    minor = RequestField("minorEdit", "true")
    minor.make_multipart()
    return [file, text, minor]


def _chunks(items: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    remaining = iter(items)
    while chunk := tuple(islice(remaining, size)):
        yield chunk
