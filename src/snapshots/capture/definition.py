"""What a macro asks of Jira: its levels, their columns, their order. Pure.

A definition is kept as JSON text in the page body. `print_definition` is canonical: equal
definitions are equal text, so two captures of an unchanged macro carry the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from snapshots.errors import InvalidInput

KEY_COLUMN = "key"
"""The issue's key: the one column that every row of a payload holds, whether it is shown or not."""

DEFAULT_COLUMNS = (KEY_COLUMN, "summary")

_KEY_SPELLINGS = frozenset({"key", "issuekey", "issue key"})
_LEVEL_MEMBERS = frozenset({"columns", "group_by", "jql", "sort", "title"})


@dataclass(frozen=True, slots=True)
class Sort:
    """Order rows by the displayed value of `column`, a field's id, key or name."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """One depth of the table: the JQL that finds its rows and the columns shown of each.

    Without `sort` and `group_by` rows keep the JQL's own order. `group_by` keeps rows of one value
    together, groups in the order of their values.
    """

    jql: str
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    title: str = ""
    sort: tuple[Sort, ...] = ()
    group_by: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """All levels of a macro; level n runs for each row of level n-1."""

    levels: tuple[Level, ...]


def parse_definition(text: str) -> Definition:
    """The definition in a macro's parameter; `InvalidInput` names the level and what was expected there."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidInput(f"The macro's definition is not JSON ({error}); open the macro and save it again.") from None
    match document:
        case {"levels": [_, *_] as levels, **others}:
            _refuse_unknown_members("The definition", others, ("levels",))
            return Definition(tuple(_parse_level(number, level) for number, level in enumerate(levels, start=1)))
    raise InvalidInput('The macro\'s definition has no levels; expected {"levels": [{"jql": …}, …]} with at least one.')


def print_definition(definition: Definition) -> str:
    """Canonical JSON: keys sorted, no spaces, defaults left out."""
    return msgspec.json.encode(
        {"levels": [_level_members(level) for level in definition.levels]}, order="sorted"
    ).decode()


def _level_members(level: Level) -> dict[str, Any]:
    members: dict[str, Any] = {"jql": level.jql}
    if level.columns != DEFAULT_COLUMNS:
        members["columns"] = level.columns
    if level.title:
        members["title"] = level.title
    if level.sort:
        members["sort"] = [
            {"column": sort.column, "descending": True} if sort.descending else {"column": sort.column}
            for sort in level.sort
        ]
    if level.group_by is not None:
        members["group_by"] = level.group_by
    return members


def _parse_level(number: int, level: object) -> Level:
    where = f"Level {number} of the definition"
    if not isinstance(level, dict):
        raise InvalidInput(f'{where} is not an object; expected {{"jql": …, "columns": [ … ]}}.')
    _refuse_unknown_members(where, level, tuple(sorted(_LEVEL_MEMBERS)))
    jql = _text(where, level, "jql", "")
    if not jql.strip():
        raise InvalidInput(f"{where} has no JQL; say which issues it shows.")
    group_by = _text(where, level, "group_by", "")
    return Level(
        jql=jql,
        columns=_parse_columns(where, level.get("columns", list(DEFAULT_COLUMNS))),
        title=_text(where, level, "title", ""),
        sort=_parse_sort(where, level.get("sort", [])),
        group_by=_column(group_by) if group_by.strip() else None,
    )


def _parse_columns(where: str, columns: object) -> tuple[str, ...]:
    if not isinstance(columns, list) or not columns or not all(_is_name(column) for column in columns):
        raise InvalidInput(f"{where} names no columns; expected a list of field ids or names such as {_EXAMPLE}.")
    names = tuple(_column(column) for column in columns)
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidInput(f"{where} shows the column {name!r} twice; leave one of them out.")
    return names


def _parse_sort(where: str, sort: object) -> tuple[Sort, ...]:
    if not isinstance(sort, list):
        raise InvalidInput(f'{where} has a sort that is not a list; expected [{{"column": …, "descending": true}}].')
    found: list[Sort] = []
    for entry in sort:
        match entry:
            case {"column": str(column), "descending": bool(descending), **others} if _is_name(column):
                found.append(Sort(_column(column), descending))
            case {"column": str(column), **others} if _is_name(column) and "descending" not in others:
                found.append(Sort(_column(column)))
            case _:
                raise InvalidInput(
                    f'{where} sorts by {entry!r}; expected {{"column": …, "descending": true or false}}.'
                )
        _refuse_unknown_members(f"A sort in {where[0].lower()}{where[1:]}", others, ("column", "descending"))
    return tuple(found)


def _text(where: str, level: Mapping[str, object], member: str, default: str) -> str:
    value = level.get(member, default)
    if value is None:
        return default
    if not isinstance(value, str):
        raise InvalidInput(f"{where} has {value!r} as its {member}; expected text.")
    return value


def _refuse_unknown_members(where: str, members: Iterable[object], known: tuple[str, ...]) -> None:
    unknown = sorted(set(map(str, members)) - set(known))
    if unknown:
        raise InvalidInput(
            f"{where} says {', '.join(map(repr, unknown))}, which means nothing; it may say {', '.join(known)}."
        )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_key(name: str) -> bool:
    """Whether `name` means the issue's key, which Jira spells in three ways."""
    return name.strip().lower() in _KEY_SPELLINGS


def _column(name: str) -> str:
    """One spelling of the key, so that readers of a definition need not know Jira's three."""
    return KEY_COLUMN if is_key(name) else name.strip()


_EXAMPLE = '["key", "summary", "status"]'
