"""Confluence: pages, their versions, and the files on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snapshots.atlassian.model import Attachment, AttachmentVersion, Page, PageVersion, SiteIdentity, Space, User
from snapshots.atlassian.transport import Transport


class ConfluenceClient:
    """What Snapshots asks of Confluence Cloud.

    Every method may raise the errors of `Transport.request`; those named in a docstring come in addition
    or mean something special there. Streams ask for the next lot only when it is needed.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_current_user(self) -> User:
        """The account that asks."""
        raise NotImplementedError

    def get_system_info(self) -> SiteIdentity:
        """Which site answers."""
        raise NotImplementedError

    def iter_spaces(self, keys: Iterable[str] | None = None) -> Iterator[Space]:
        """Spaces that the account sees, archived ones too; `keys` restricts them. Unknown keys are left out."""
        raise NotImplementedError

    def get_page(self, page_id: str, *, version: int | None = None) -> Page:
        """A page with its body, as it is or as it was. Raises `NotFound`."""
        raise NotImplementedError

    def find_page(self, space_key: str, title: str) -> Page | None:
        """The current page with exactly this title, with its body."""
        raise NotImplementedError

    def iter_pages(self, space_id: str) -> Iterator[Page]:
        """Current and archived pages of a space with their bodies, 250 a request."""
        raise NotImplementedError

    def iter_page_versions(self, page_id: str) -> Iterator[PageVersion]:
        """The versions of a page with their bodies, newest first."""
        raise NotImplementedError

    def update_page(self, page: Page, body: str, message: str) -> Page:
        """Save a new body as the version after `page.version`; title and status stay.

        Raises `StaleVersion` when somebody saved the page in between.
        """
        raise NotImplementedError

    def create_page(self, space_id: str, title: str, body: str, parent_id: str | None = None) -> Page:
        """Make a page; without a parent it goes under the home page of the space."""
        raise NotImplementedError

    def classify_content(self, ids: Iterable[str]) -> dict[str, str | None]:
        """What kind of content each id is (`page`, `attachment`, …); `None`: gone, or not visible to the account."""
        raise NotImplementedError

    def iter_attachments(self, page_id: str, filename: str | None = None) -> Iterator[Attachment]:
        """The files of a page; `filename` restricts them to the one of exactly this name."""
        raise NotImplementedError

    def iter_attachment_versions(self, attachment_id: str) -> Iterator[AttachmentVersion]:
        """The uploads of a file, newest first."""
        raise NotImplementedError

    def put_attachment(self, page_id: str, filename: str, data: bytes, comment: str) -> Attachment:
        """Upload a file as the next version of the attachment of this name, or as its first.

        Raises `PayloadTooLarge` when it is over the site's limit, `NotFound` when the page is gone.
        """
        raise NotImplementedError

    def delete_attachment(self, attachment_id: str) -> None:
        """Move a file with all its versions to the trash of the space."""
        raise NotImplementedError

    def download_attachment(self, page_id: str, attachment_id: str, version: int | None = None) -> bytes:
        """The bytes of a file; without `version`, of its newest version."""
        raise NotImplementedError

    def may_update(self, page_id: str) -> bool:
        """Whether the account may edit the page."""
        raise NotImplementedError
