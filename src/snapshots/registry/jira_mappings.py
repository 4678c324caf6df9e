"""What became of a Jira's data in another Jira, kept with the site: one mapping for each import that was applied.

Captures are never rewritten, so whoever reads an old one follows its issues and fields through these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import msgspec
import sqlalchemy as sa

from snapshots.registry import bulk_insert, rows, tables

_BLOCK_WORDS = 1000
"""Ids or keys asked for at once."""

_BLOCK_ROWS = 2500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJiraMapping:
    """An import that is about to be kept. Fields as in `tables.jira_mapping`; `mapping_id` is a UUID."""

    site_id: int
    mapping_id: str
    source_url: str
    source_jira_id: str = ""
    destination_url: str
    destination_jira_id: str = ""
    numbers_kept: tuple[str, ...] = ()
    made_by: str
    made_at: int


@dataclass(frozen=True, slots=True)
class JiraMappingRow:
    """An import that was applied. Fields as in `tables.jira_mapping`."""

    id: int
    site_id: int
    mapping_id: str
    source_url: str
    source_jira_id: str
    destination_url: str
    destination_jira_id: str
    numbers_kept: tuple[str, ...]
    made_by: str
    made_at: int


@dataclass(frozen=True, slots=True)
class MappedThing:
    """One thing in both Jiras. Fields as in `tables.mapped_thing`; `""` stands for what it does not have."""

    kind: str
    source_id: str
    source_key: str
    source_name: str
    destination_id: str
    destination_key: str
    destination_name: str
    rule: str = ""
    certainty: str = "certain"
    words: tuple[tuple[str, str], ...] = ()


_COLUMNS = ("id", "jira_mapping_id", *(field.name for field in fields(MappedThing)))
_THING = sa.select(*(tables.mapped_thing.c[field.name] for field in fields(MappedThing)))


def add_mapping(conn: sa.Connection, new: NewJiraMapping, things: Iterable[MappedThing]) -> JiraMappingRow:
    """Keep an import with all that it mapped; `things` may be lazy, but must not use `conn`.

    One that is kept already is left as it is and answered, so a repeated step does no harm.
    """
    found = find_mapping(conn, new.site_id, new.mapping_id)
    if found is not None:
        return found
    row_id = rows.insert_row(
        conn,
        tables.jira_mapping,
        site_id=new.site_id,
        mapping_id=new.mapping_id,
        source_url=new.source_url.rstrip("/"),
        source_jira_id=new.source_jira_id,
        destination_url=new.destination_url.rstrip("/"),
        destination_jira_id=new.destination_jira_id,
        numbers_kept=msgspec.json.encode(new.numbers_kept).decode(),
        made_by=new.made_by,
        made_at=new.made_at,
    )
    newest = conn.scalar(sa.select(sa.func.max(tables.mapped_thing.c.id))) or 0
    numbered = enumerate(things, start=newest + 1)
    bulk_insert.insert_rows(conn, tables.mapped_thing, _COLUMNS, ((at, row_id, *_values(one)) for at, one in numbered))
    added = find_mapping(conn, new.site_id, new.mapping_id)
    assert added is not None
    return added


def remove_mapping(conn: sa.Connection, site_id: int, mapping_id: str) -> bool:
    """Forget an import, as undoing it does; `False` when it is not kept."""
    found = find_mapping(conn, site_id, mapping_id)
    if found is None:
        return False
    thing, mapping = tables.mapped_thing, tables.jira_mapping
    conn.execute(thing.delete().where(thing.c.jira_mapping_id == found.id))
    conn.execute(mapping.delete().where(mapping.c.id == found.id))
    return True


def find_mapping(conn: sa.Connection, site_id: int, mapping_id: str) -> JiraMappingRow | None:
    mapping = tables.jira_mapping
    found = conn.execute(
        _select_mapping().where(mapping.c.site_id == site_id, mapping.c.mapping_id == mapping_id)
    ).one_or_none()
    return None if found is None else _mapping(found)


def list_mappings(conn: sa.Connection, site_id: int) -> list[JiraMappingRow]:
    """The site's imports, oldest first."""
    mapping = tables.jira_mapping
    statement = _select_mapping().where(mapping.c.site_id == site_id).order_by(mapping.c.made_at, mapping.c.id)
    return [_mapping(row) for row in conn.execute(statement)]


def count_things(conn: sa.Connection, mapping: JiraMappingRow) -> dict[str, int]:
    """How many things of each kind it mapped."""
    thing = tables.mapped_thing
    statement = sa.select(thing.c.kind, sa.func.count()).where(thing.c.jira_mapping_id == mapping.id)
    return dict(sorted((kind, count) for kind, count in conn.execute(statement.group_by(thing.c.kind))))


def iter_things(
    conn: sa.Connection, mapping: JiraMappingRow, kinds: Collection[str] | None = None
) -> Iterator[MappedThing]:
    """All that it mapped, or what is of these kinds, in the order in which it was given."""
    thing = tables.mapped_thing
    chosen = _THING.add_columns(thing.c.id).where(thing.c.jira_mapping_id == mapping.id)
    if kinds is not None:
        chosen = chosen.where(thing.c.kind.in_(kinds))
    last_id = 0
    while block := conn.execute(chosen.where(thing.c.id > last_id).order_by(thing.c.id).limit(_BLOCK_ROWS)).all():
        yield from (_thing(row[:-1]) for row in block)
        last_id = block[-1][-1]


def find_things(
    conn: sa.Connection,
    mapping: JiraMappingRow,
    kind: str,
    *,
    ids: Iterable[str] = (),
    keys: Iterable[str] = (),
) -> list[MappedThing]:
    """What it mapped of this kind with these ids, or these keys, in the source Jira; in no order."""
    thing = tables.mapped_thing
    of_kind = _THING.where(thing.c.jira_mapping_id == mapping.id, thing.c.kind == kind)
    found = []
    for column, words in ((thing.c.source_id, ids), (thing.c.source_key, keys)):
        for block in rows.in_blocks(words, _BLOCK_WORDS):
            found += [_thing(row) for row in conn.execute(of_kind.where(column.in_(block)))]
    return found


def _select_mapping() -> sa.Select[Any]:
    return rows.select_as(JiraMappingRow, tables.jira_mapping)


def _mapping(row: Any) -> JiraMappingRow:
    values = row._asdict()
    return JiraMappingRow(**values | {"numbers_kept": _read(values["numbers_kept"], tuple[str, ...])})


def _thing(row: Any) -> MappedThing:
    words = _read(row[-1], tuple[tuple[str, str], ...]) if row[-1] != "[]" else ()
    return MappedThing(*(*row[:-1], words))


def _read(text: str, kind: Any) -> Any:
    """JSON of a column; nothing where an archive of strangers brought something else, so that the rest still serves."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return ()


def _values(thing: MappedThing) -> tuple[str, ...]:
    return (
        thing.kind,
        thing.source_id,
        thing.source_key,
        thing.source_name,
        thing.destination_id,
        thing.destination_key,
        thing.destination_name,
        thing.rule,
        thing.certainty,
        msgspec.json.encode(thing.words).decode() if thing.words else "[]",
    )
