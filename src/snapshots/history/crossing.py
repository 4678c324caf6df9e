"""What data of one Jira is called in another: names to follow, and values judged by them. Pure.

Payloads are evidence and stay as they are. Values are brought to the Jira where both sides meet only to be held
against each other; what is shown is always what was captured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from snapshots.capture.jiras import Move
from snapshots.capture.payload import Column, OpenPayload, Row, Value, decode_row
from snapshots.registry.jira_mappings import JiraMappingRow, MappedThing

Judgement: TypeAlias = Literal["same", "renamed", "changed", "mistaken"]
"""`mistaken`: both read the same and mean different things, as two issues that had one key in two Jiras."""

Judge: TypeAlias = Callable[[Value, Value], Judgement]

Translate: TypeAlias = Callable[[Value], Value]

_NAMED_BY: Mapping[str, str] = {
    "issuetype": "issue_type",
    "priority": "priority",
    "project": "project",
    "resolution": "resolution",
    "status": "status",
    "array:json": "sprint",
}
"""Kind of mapped thing that a value of this column type names."""

_KEY_TYPES = ("issuelink", "array:issuelinks", "any")
"""Column types whose values may name issues by key; an epic link's own type is `any`."""

_USER_TYPES = ("user", "array:user")

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Names:
    """What things of a Jira are called in another one; what is not here is unknown, or has the name it had.

    `issues` lead from id to id, `keys` from key to key, `fields` and `accounts` from id to id, `words` from name to
    name by kind of thing. `ends` are the two ends of link types, as `is tested by`.
    """

    issues: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)

    def then(self, onwards: Names) -> Names:
        """Both moves as one. An issue counts only when both say what became of it; other names may stay."""
        return Names(
            {old: onwards.issues[new] for old, new in self.issues.items() if new in onwards.issues},
            _chain(self.keys, onwards.keys),
            _chain(self.fields, onwards.fields),
            {
                kind: _chain(self.words.get(kind, {}), onwards.words.get(kind, {}))
                for kind in (*self.words, *onwards.words)
            },
            _chain(self.ends, onwards.ends),
            _chain(self.accounts, onwards.accounts),
        )


def _chain(first: Mapping[str, str], onwards: Mapping[str, str]) -> dict[str, str]:
    return {**onwards, **{old: onwards.get(new, new) for old, new in first.items()}}


@dataclass(frozen=True, slots=True)
class Side:
    """How one payload's names read where both meet; without `names` it is of the Jira where they do."""

    names: Names | None = None

    def issue(self, issue_id: str) -> str | None:
        """The issue's id there, if anything says so."""
        return issue_id if self.names is None else self.names.issues.get(issue_id)

    def key(self, key: str) -> str:
        """The issue's key there, as far as anybody knows."""
        return key if self.names is None else self.names.keys.get(key, key)

    def field(self, field_id: str) -> str:
        return field_id if self.names is None else self.names.fields.get(field_id, field_id)

    def knows_field(self, field_id: str) -> bool:
        """Whether it is told which field there this is; the ids of Jira's own fields are the same everywhere."""
        return self.names is None or field_id in self.names.fields or not field_id.startswith("customfield_")

    def renames_in(self, column: Column) -> bool:
        """Whether a value of this column may have another name there."""
        if column.type in _USER_TYPES:
            return self.names is not None and bool(self.names.accounts)
        return self.translator(column) is not None

    def translator(self, column: Column) -> Translate | None:
        """How values of this column read there; `None` where they read as they are."""
        names = self.names or Names()
        if column.type in _USER_TYPES:
            # A person is an account; how it is called is the site's own matter.
            return _each(lambda value: _account(value, names.accounts))
        kind = _NAMED_BY.get(column.type)
        if kind is not None and (words := names.words.get(kind)):
            return _each(lambda value: words.get(value, value) if isinstance(value, str) else value)
        if column.type in _KEY_TYPES and (names.keys or names.ends):
            return _each(lambda value: _link(value, names))
        if column.type == "comments-page" and names.accounts:
            return _each(lambda value: _comment(value, names.accounts))
        return None


@dataclass(frozen=True, slots=True)
class Crossing:
    """How two versions of different Jiras are held together, and which imports say so."""

    old: Side
    new: Side
    moves: tuple[Move, ...] = ()

    @property
    def mappings(self) -> tuple[JiraMappingRow, ...]:
        """The imports, in the order in which they are followed."""
        return tuple(row for move in self.moves for row in move)

    def judge(self, column: Column, former: Column) -> Judge | None:
        """What holds a value of the `former` column against one of `column`; `None` where values alone tell."""
        from_old, from_new = self.old.translator(former), self.new.translator(column)
        if from_old is None and from_new is None:
            return None
        may_mistake = self.may_mistake(column, former)

        def judge(old: Value, new: Value) -> Judgement:
            alike = is_alike(old, new)
            if alike and not may_mistake:
                return "same"
            there = is_alike((from_old or _as_it_is)(old), (from_new or _as_it_is)(new))
            if alike:
                return "same" if there else "mistaken"
            return "renamed" if there else "changed"

        return judge

    def may_mistake(self, column: Column, former: Column) -> bool:
        """Whether values of these columns may read the same and mean different things."""
        return self.old.renames_in(former) or self.new.renames_in(column)

    def explains(self, old_key: str, new_key: str) -> bool:
        """Whether one issue's two keys are what the moves say, as far as they say anything."""
        there = self.old.key(old_key), self.new.key(new_key)
        return there[0] == there[1] or there == (old_key, new_key)

    def is_in_part_renamed(self, column: Column, former: Column, old: Value, new: Value) -> bool:
        """Whether of a list that changed some entries are only called otherwise."""
        from_old, from_new = self.old.translator(former), self.new.translator(column)
        if not isinstance(old, list) or not isinstance(new, list) or (from_old is None and from_new is None):
            return False
        there = [_encode(one) for one in _entries((from_new or _as_it_is)(new))]
        plain = {_encode(one) for one in new}
        pairs = zip(old, _entries((from_old or _as_it_is)(old)), strict=True)
        return any(_encode(one) not in plain and _encode(moved) in there for one, moved in pairs)


def make_names(things: Iterable[MappedThing]) -> Names:
    """Names as mappings say them; a later one overrules an earlier one, as it does where a move was made in waves."""
    issues: dict[str, str] = {}
    keys: dict[str, str] = {}
    field_ids: dict[str, str] = {}
    ends: dict[str, str] = {}
    accounts: dict[str, str] = {}
    words: dict[str, dict[str, set[str]]] = {}
    for thing in things:
        match thing.kind:
            case "issue":
                if thing.source_id and thing.destination_id:
                    issues[thing.source_id] = thing.destination_id
                if thing.source_key and thing.destination_key:
                    keys[thing.source_key] = thing.destination_key
            case "field":
                field_ids[thing.source_id] = thing.destination_id
            case "user":
                accounts[thing.source_id] = thing.destination_id
            case _:
                words.setdefault(thing.kind, {}).setdefault(thing.source_name, set()).add(thing.destination_name)
                if thing.kind == "link_type":
                    ends.update(thing.words)
    # Of two statuses of one name it may not be told which a cell meant: then the name stays as it is.
    agreed = {
        kind: _renaming({old: next(iter(new)) for old, new in found.items() if len(new) == 1})
        for kind, found in words.items()
    }
    return Names(issues, _renaming(keys), field_ids, agreed, _renaming(ends), _renaming(accounts))


def _renaming(names: Mapping[str, str]) -> dict[str, str]:
    """Only what is called otherwise: where nothing is, bytes decide."""
    return {old: new for old, new in names.items() if old != new}


def issues_of(payload: OpenPayload) -> tuple[list[str], set[str]]:
    """Ids of the issues that are rows, and keys of all that rows and their cells name."""
    at_level = [
        [place for place, column in enumerate(columns) if column.type in _KEY_TYPES] for columns in payload.columns
    ]
    ids: dict[str, None] = {}
    keys: set[str] = set()
    for row in map(decode_row, payload.row_lines):
        ids[row.issue_id] = None
        keys.add(row.key)
        keys.update(_keys_in(row, at_level))
    return list(ids), keys


def _keys_in(row: Row, at_level: list[list[int]]) -> Iterator[str]:
    for place in at_level[row.level - 1] if row.level <= len(at_level) else ():
        for value in _entries(row.values[place]) if place < len(row.values) else ():
            if isinstance(value, str):
                yield value.rpartition(" ")[2]


def _entries(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def is_alike(old: Value, new: Value) -> bool:
    """Whether both are the same value, as a reader sees it."""
    # To Python 1, 1.0 and true are equal, to a reader they are not, even inside a list.
    return old == new and (isinstance(old, str) or _encode(old) == _encode(new))


def _as_it_is(value: Value) -> Value:
    return value


def _each(translate: Translate) -> Translate:
    return lambda value: [translate(one) for one in value] if isinstance(value, list) else translate(value)


def _account(value: Value, accounts: Mapping[str, str]) -> Value:
    match value:
        case {"accountId": str(account), **_rest}:
            return {"accountId": accounts.get(account, account)}
    return value


def _link(value: Value, names: Names) -> Value:
    """`is tested by TEST-7`, or a key alone."""
    if not isinstance(value, str):
        return value
    end, blank, key = value.rpartition(" ")
    return f"{names.ends.get(end, end)}{blank}{names.keys.get(key, key)}"


def _comment(value: Value, accounts: Mapping[str, str]) -> Value:
    match value:
        case {"author": author, "body": body, "created": created}:
            return {"author": _account(author, accounts), "body": body, "created": created}
    return value
