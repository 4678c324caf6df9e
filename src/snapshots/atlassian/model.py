"""What Confluence and Jira know, as far as Snapshots cares. Pure.

Ids are opaque text in Confluence and numbers in Jira. Moments are integers, µs UTC.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec


class User(msgspec.Struct, frozen=True):
    """An Atlassian account; the account id is the same on every Cloud site."""

    account_id: str
    display_name: str


class Person(msgspec.Struct, frozen=True):
    """Who asks, and whether they may administer the Confluence that was asked."""

    account_id: str
    display_name: str
    administers: bool


class SiteIdentity(msgspec.Struct, frozen=True):
    """Which site answers. `cloud_id` stays when a site is renamed."""

    cloud_id: str
    base_url: str
    title: str


class ServerInfo(msgspec.Struct, frozen=True):
    """Which Jira answers. `deployment_type` is `Cloud` or `Server`."""

    base_url: str
    title: str
    deployment_type: str
    version: str


class Space(msgspec.Struct, frozen=True):
    """A space. `type` is Atlassian's word: `global`, `personal`, …"""

    id: str
    key: str
    name: str
    type: str


Representation: TypeAlias = Literal["storage", "atlas_doc_format"]
"""How Confluence writes the body of a page: its own XML, or ADF, a document in JSON."""


class PageVersion(msgspec.Struct, frozen=True):
    """One saved state of a page; `body` is what it holds, where that was asked for."""

    number: int
    created_at: int
    author_id: str
    message: str = ""
    body: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A page in one of its versions; `body` is what it holds, where that was asked for, in this representation."""

    id: str
    space_id: str
    title: str
    status: str
    version: PageVersion
    body: str | None = None
    representation: Representation = "storage"


class Attachment(msgspec.Struct, frozen=True):
    """A file on a page, as of its newest version."""

    id: str
    page_id: str
    title: str
    version_number: int
    file_size: int
    comment: str


class AttachmentVersion(msgspec.Struct, frozen=True):
    """One upload of a file. `comment` is what was said when uploading it."""

    number: int
    created_at: int
    author_id: str
    comment: str


class Field(msgspec.Struct, frozen=True):
    """A field of Jira's issues. Ids of custom fields are local to a site; names are not unique.

    `schema_type` is the kind of value (`array` has its items' kind in `schema_items`), `schema_custom`
    the full key of a custom field's type. All three are missing for fields without a schema, as `issuekey`.
    `project_id` is the team-managed project that the field belongs to, empty for a field of the whole Jira.
    """

    id: str
    name: str
    custom: bool = False
    clause_names: tuple[str, ...] = ()
    schema_type: str | None = None
    schema_items: str | None = None
    schema_custom: str | None = None
    project_id: str = ""


class LinkType(msgspec.Struct, frozen=True):
    """A kind of link between issues, and how it reads from either end."""

    id: str
    name: str
    inward: str
    outward: str


class Issue(msgspec.Struct, frozen=True):
    """An issue with the fields that were asked for, each value as the JSON that Jira sent."""

    id: int
    key: str
    fields: dict[str, msgspec.Raw] = {}
