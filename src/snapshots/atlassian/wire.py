"""The JSON of Atlassian's answers as far as we read it, and what it means in our words. Pure.

Shapes follow Atlassian's OpenAPI documents. Fields that they call optional may be missing or null here;
unknown ones are skipped.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from snapshots.atlassian import model

_Item = TypeVar("_Item")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its offset from UTC; one without says nothing."""


class Links(msgspec.Struct, frozen=True):
    """Where the next lot is. Relative to the site, wherever the request went."""

    next: str | None = None

    @property
    def cursor(self) -> str | None:
        """The token in the address of the next lot; the rest of that address is ours to rebuild."""
        return parse_qs(urlsplit(self.next or "").query).get("cursor", [None])[0]


class Lot(msgspec.Struct, Generic[_Item], frozen=True):
    """One lot of a list of Confluence's v2."""

    results: list[_Item]
    links: Links = msgspec.field(name="_links", default_factory=Links)


class CamelUser(msgspec.Struct, frozen=True, rename="camel"):
    """An account, as both products word it."""

    account_id: str
    display_name: str | None = None
    public_name: str | None = None

    def to_model(self) -> model.User:
        return model.User(self.account_id, self.display_name or self.public_name or self.account_id)


class Operation(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that an account may do to one kind of thing."""

    operation: str
    target_type: str | None = None


class CurrentUser(CamelUser, frozen=True, rename="camel"):
    """The account that asks, with what it may do."""

    operations: list[Operation] | None = None

    def to_person(self) -> model.Person:
        user = self.to_model()
        # "Confluence Administrator" is the right to administer the application; site administrators have it too.
        administers = Operation("administer", "application") in (self.operations or ())
        return model.Person(user.account_id, user.display_name, administers)


class SystemInfo(msgspec.Struct, frozen=True, rename="camel"):
    cloud_id: str
    base_url: str | None = None
    site_title: str | None = None

    def to_model(self) -> model.SiteIdentity:
        return model.SiteIdentity(self.cloud_id, self.base_url or "", self.site_title or "")


class Space(msgspec.Struct, frozen=True):
    id: str
    key: str
    name: str | None = None
    type: str | None = None

    def to_model(self) -> model.Space:
        return model.Space(self.id, self.key, self.name or self.key, self.type or "")


class WrittenBody(msgspec.Struct, frozen=True):
    value: str = ""


class Body(msgspec.Struct, frozen=True):
    storage: WrittenBody | None = None
    atlas_doc_format: WrittenBody | None = None


def _text(body: Body | None) -> str | None:
    """The body in the representation that was asked for; Confluence gives that one alone."""
    written = (body.storage or body.atlas_doc_format) if body else None
    return written.value if written else None


def _representation(body: Body | None) -> model.Representation:
    return "atlas_doc_format" if body and body.atlas_doc_format and not body.storage else "storage"


class VersionedPage(msgspec.Struct, frozen=True):
    """The page inside one of its versions."""

    body: Body | None = None


class VersionedAttachment(msgspec.Struct, frozen=True):
    """The attachment inside one of its versions."""

    comment: str | None = None


class Version(msgspec.Struct, frozen=True, rename="camel"):
    number: int
    created_at: Moment | None = None
    author_id: str | None = None
    message: str | None = None
    page: VersionedPage | None = None
    attachment: VersionedAttachment | None = None

    def to_page_version(self) -> model.PageVersion:
        body = _text(self.page.body) if self.page else None
        return model.PageVersion(
            self.number, to_moment(self.created_at), self.author_id or "", self.message or "", body
        )

    def to_attachment_version(self) -> model.AttachmentVersion:
        comment = (self.attachment.comment if self.attachment else None) or self.message or ""
        return model.AttachmentVersion(self.number, to_moment(self.created_at), self.author_id or "", comment)


class Page(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    title: str
    status: str
    version: Version
    space_id: str | None = None
    body: Body | None = None

    def to_model(self) -> model.Page:
        version = self.version.to_page_version()
        body, representation = _text(self.body), _representation(self.body)
        return model.Page(self.id, self.space_id or "", self.title, self.status, version, body, representation)


class Attachment(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    title: str
    version: Version
    file_size: int | None = None
    comment: str | None = None

    def to_model(self, page_id: str) -> model.Attachment:
        return model.Attachment(
            self.id, page_id, self.title, self.version.number, self.file_size or 0, self.comment or ""
        )


class Operations(msgspec.Struct, frozen=True):
    operations: list[Operation] = []


class ContentTypes(msgspec.Struct, frozen=True):
    """Type of each content id; null for one that is gone or hidden."""

    results: dict[str, str | None]


class UploadedVersion(msgspec.Struct, frozen=True):
    number: int


class Uploaded(msgspec.Struct, frozen=True):
    """An attachment as v1 answers an upload."""

    id: str
    version: UploadedVersion
    title: str | None = None


class Uploads(msgspec.Struct, frozen=True):
    results: list[Uploaded]


class ServerInfo(msgspec.Struct, frozen=True, rename="camel"):
    base_url: str
    server_title: str | None = None
    deployment_type: str | None = None
    version: str | None = None

    def to_model(self) -> model.ServerInfo:
        return model.ServerInfo(self.base_url, self.server_title or "", self.deployment_type or "", self.version or "")


class FieldSchema(msgspec.Struct, frozen=True):
    type: str | None = None
    items: str | None = None
    custom: str | None = None


class ScopeProject(msgspec.Struct, frozen=True):
    id: str = ""


class Scope(msgspec.Struct, frozen=True):
    """What a thing of a team-managed project belongs to; things of the whole Jira have none."""

    project: ScopeProject | None = None


def project_of(scope: Scope | None) -> str:
    return scope.project.id if scope and scope.project else ""


class Field(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    custom: bool = False
    clause_names: tuple[str, ...] | None = None
    schema: FieldSchema | None = None
    scope: Scope | None = None

    def to_model(self) -> model.Field:
        schema = self.schema or FieldSchema()
        return model.Field(
            self.id,
            self.name,
            self.custom,
            self.clause_names or (),
            schema.type,
            schema.items,
            schema.custom,
            project_of(self.scope),
        )


class LinkTypes(msgspec.Struct, frozen=True, rename="camel"):
    issue_link_types: list[model.LinkType] = []


class IssueId(msgspec.Struct, frozen=True):
    id: int


class FoundIds(msgspec.Struct, frozen=True, rename="camel"):
    """One lot of a search for ids."""

    issues: list[IssueId] = []
    next_page_token: str | None = None


class Issues(msgspec.Struct, frozen=True):
    issues: list[model.Issue] = []


class Match(msgspec.Struct, frozen=True, rename="camel"):
    """Which issues match one JQL, or what is wrong with it."""

    matched_issues: list[int] = []
    errors: list[str] = []


class Matches(msgspec.Struct, frozen=True):
    matches: list[Match]


class ParsedQuery(msgspec.Struct, frozen=True):
    errors: list[str] = []


class ParsedQueries(msgspec.Struct, frozen=True):
    queries: list[ParsedQuery]


def to_moment(when: datetime | None) -> int:
    """µs UTC since 1970, exactly; 0 for a moment the site does not tell."""
    if when is None:
        return 0
    since = when - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
