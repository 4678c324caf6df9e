"""The `fields` parameter: which fields of an issue a caller wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from atlassian_emulator.jira.catalogue import Catalogue


@dataclass(frozen=True)
class Selection:
    """`fields` are field ids. Without `shows_fields` an issue has no `fields` object at all."""

    fields: frozenset[str]
    shows_fields: bool
    shows_key: bool


def select_fields(asked: Iterable[str], catalogue: Catalogue, *, default: str) -> Selection:
    """Read `*all`, `*navigable`, names and `-name`; names that no field has are passed over, as in Jira.

    `default` stands in when nothing is asked for, or nothing but exclusions.
    """
    wanted: set[str] = set()
    names = [name for each in asked for name in each.split(",") if name]
    if all(name.startswith("-") for name in names):
        names = [default, *names]
    for name in names:
        if name == "*all":
            wanted |= catalogue.field_by_id.keys()
        elif name == "*navigable":
            wanted |= {each.id for each in catalogue.fields if each.navigable}
        elif name.startswith("-"):
            wanted.discard(name[1:])
        else:
            wanted.add(name)
    known = frozenset(wanted & catalogue.field_by_id.keys()) - {"issuekey"}
    only_ids = wanted <= {"id"}
    return Selection(known, shows_fields=bool(wanted - {"id", "key", "issuekey"}), shows_key=not only_ids)
