"""The catalogue of records: which tables travel in an archive, which stay, and why.

Declared once, here. The archive, the restore and the documents follow this order and these
references; a table that is not declared fails the tests.

A record is a JSON array of its fields in their order (docs/decisions/0002-records-are-arrays.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import sqlalchemy as sa

from snapshots.registry import tables

Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""What a BIGINT column holds; an archive may come from anybody."""

Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999_999)]
"""µs UTC from 1970 to the end of the year 9999, behind which nothing can show a moment."""

Ordinal = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
"""The number of a version, with room for all that come after it."""


ContentId = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
"""A page's id as every Confluence gives it. It becomes part of addresses that are called, and an archive may come
from anybody."""


class SpaceRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A space that holds pages with snapshots."""

    id: Number
    key: str
    remote_id: str
    name: str


class PageRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A page with at least one macro that was captured."""

    id: Number
    space_id: Number
    remote_id: ContentId
    title: str


class MacroRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A macro and its definition as of the last capture."""

    id: Number
    page_id: Number
    remote_id: str
    attachment_name: str
    definition: str


class VersionRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One capture's place in its macro's history."""

    id: Number
    macro_id: Number
    capture_id: str
    number: Ordinal
    captured_at: Moment
    captured_by: str
    captured_by_name: str
    trigger: str
    page_version: Number | None
    attachment_version: Number
    payload_sha256: str
    payload_bytes: Number
    data_sha256: str
    row_counts: str
    jira_url: str | None


class StickerRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A coloured label that versions of one page may carry."""

    id: Number
    page_id: Number
    name: str
    colour: str
    created_by: str
    created_at: Moment


class StickerAssignmentRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """A sticker on a version."""

    id: Number
    sticker_id: Number
    version_id: Number
    assigned_by: str
    assigned_at: Moment


class JiraMappingRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """An import of Jira data: from which Jira to which."""

    id: Number
    mapping_id: str
    source_url: str
    source_jira_id: str
    destination_url: str
    destination_jira_id: str
    numbers_kept: str
    made_by: str
    made_at: Moment


class MappedThingRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """What one thing of the source Jira is in the destination."""

    id: Number
    jira_mapping_id: Number
    kind: str
    source_id: str
    source_key: str
    source_name: str
    destination_id: str
    destination_key: str
    destination_name: str
    rule: str
    certainty: str
    words: str


Record = (
    SpaceRecord
    | PageRecord
    | MacroRecord
    | VersionRecord
    | StickerRecord
    | StickerAssignmentRecord
    | JiraMappingRecord
    | MappedThingRecord
)


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A table whose rows travel.

    `references` maps a column to the kind it points at, inside the same archive. `natural_key` is
    what identifies a record on any site, once its references are resolved. `since` is the first format
    version of archives that has the kind, `columns_since` that of columns which came later; what was written before
    has null there.
    """

    name: str
    table: sa.Table
    struct: type[Record]
    natural_key: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    since: int = 1
    columns_since: Mapping[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that travel, in the order of the record's fields."""
        return self.struct.__struct_fields__

    @property
    def of_site(self) -> bool:
        """Whether its rows belong to a site directly, and not through what they refer to."""
        return "site_id" in self.table.c

    def columns_in(self, format_version: int) -> tuple[str, ...]:
        """The columns that an archive of this format version has; later ones stand at the end."""
        return tuple(name for name in self.columns if self.columns_since.get(name, 1) <= format_version)


TRAVELS: tuple[RecordKind, ...] = (
    RecordKind("space", tables.space, SpaceRecord, ("key",)),
    RecordKind("page", tables.page, PageRecord, ("space_id", "remote_id"), {"space_id": "space"}),
    RecordKind("macro", tables.macro, MacroRecord, ("page_id", "remote_id"), {"page_id": "page"}),
    RecordKind(
        "version",
        tables.version,
        VersionRecord,
        ("macro_id", "capture_id"),
        {"macro_id": "macro"},
        columns_since={"jira_url": 2},
    ),
    RecordKind("sticker", tables.sticker, StickerRecord, ("page_id", "name"), {"page_id": "page"}),
    RecordKind(
        "sticker_assignment",
        tables.sticker_assignment,
        StickerAssignmentRecord,
        ("sticker_id", "version_id"),
        {"sticker_id": "sticker", "version_id": "version"},
    ),
    RecordKind("jira_mapping", tables.jira_mapping, JiraMappingRecord, ("mapping_id",), since=2),
    RecordKind(
        "mapped_thing",
        tables.mapped_thing,
        MappedThingRecord,
        ("jira_mapping_id", "kind", "source_id", "source_key", "source_name"),
        {"jira_mapping_id": "jira_mapping"},
        since=2,
    ),
)
"""Kinds that travel, each after the kinds it refers to."""

STAYS: Mapping[str, str] = {
    "site": "holds the way to a secret; the manifest names the source site instead",
    "backup": "says where files lie on this machine",
    "restore": "log of what was done to this registry",
    "restore_chunk": "log of what was done to this registry",
    "restore_journal": "what undoes a restore to this registry",
    "jira_import": "log of what was done to the pages of this site; its mapping travels",
    "jira_import_page": "log of what was done to the pages of this site",
    "upload": "says where files lie on this machine",
    "setting": "how this installation serves a site; another one decides for itself",
    # Keys of macros, which belong to the content, are another table when they come, and will travel as disabled stubs.
    "api_key": "opens this service; an archive must not say who may come in where it is restored",
    "audit_event": "says who did what here; it has an export of its own",
    "parked_record": "waits here for a page of this site; the archive it came from still holds it",
}
"""Tables that never travel, with the reason."""

KINDS: Mapping[str, RecordKind] = {kind.name: kind for kind in TRAVELS}


def kinds_in(format_version: int) -> tuple[RecordKind, ...]:
    """The kinds that an archive of this format version knows, in their order."""
    return tuple(kind for kind in TRAVELS if kind.since <= format_version)
