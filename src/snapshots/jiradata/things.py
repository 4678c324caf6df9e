"""A thing of a Jira as matching sees it, whichever kind it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from snapshots.jiradata.mapping import Kind
from snapshots.jiradata.records import (
    BoardRecord,
    FieldRecord,
    FilterRecord,
    IssueTypeRecord,
    JiraRecord,
    LinkTypeRecord,
    PriorityRecord,
    ProjectRecord,
    ResolutionRecord,
    SprintRecord,
    StatusRecord,
    UserRecord,
)


@dataclass(frozen=True, slots=True)
class Thing:
    """`type` is what must be alike beside the name: a field's schema, a status's category, a filter's owner, …

    `scope` is the team-managed project that it belongs to (`project 10000`), or the board of a sprint (`board 7`).
    """

    kind: Kind
    id: str
    key: str
    name: str
    type: tuple[str, ...] = ()
    scope: str = ""
    words: tuple[str, ...] = ()
    """Of a link type, how it reads from either end."""

    def __str__(self) -> str:
        word = f"{self.name or self.key or self.id}"
        known = self.key if self.key and self.key != word else self.id if self.id != word else ""
        return f"{self.kind.replace('_', ' ')} {word!r}" + (f" ({known})" if known else "")


def describe(record: JiraRecord) -> Thing:
    """The thing that a record of a list is. Issues are matched otherwise (`issue_matching`)."""
    match record:
        case ProjectRecord():
            return Thing("project", record.id, record.key, record.name, (record.type,))
        case IssueTypeRecord():
            return Thing("issue_type", record.id, "", record.name, (str(record.level),), _project(record.scope))
        case FieldRecord():
            return Thing("field", record.id, "", record.name, _schema(record), _project(record.scope))
        case StatusRecord():
            return Thing("status", record.id, "", record.name, (record.category,), _project(record.scope))
        case PriorityRecord():
            return Thing("priority", record.id, "", record.name)
        case ResolutionRecord():
            return Thing("resolution", record.id, "", record.name)
        case LinkTypeRecord():
            return Thing("link_type", record.id, "", record.name, words=(record.inward, record.outward))
        case FilterRecord():
            return Thing("filter", record.id, "", record.name, (record.owner,))
        case BoardRecord():
            return Thing("board", record.id, "", record.name, (record.type,))
        case SprintRecord():
            return Thing("sprint", record.id, "", record.name, scope=f"board {record.board_id}")
        case UserRecord():
            return Thing("user", record.id, "", record.name)
    raise TypeError(f"{record} is no thing of a list")


def _schema(record: FieldRecord) -> tuple[str, ...]:
    return record.type, record.items, record.custom


def _project(project_id: str) -> str:
    return f"project {project_id}" if project_id else ""


def fold(word: str) -> str:
    """Names as Jira compares them."""
    return " ".join(word.split()).casefold()


class Things:
    """The things of one Jira, found by id, key, name or words."""

    def __init__(self, things: Iterable[Thing]) -> None:
        self._by_kind: dict[Kind, dict[str, Thing]] = {}
        self._by_word: dict[tuple[str, str, str], list[Thing]] = {}
        for thing in things:
            self._by_kind.setdefault(thing.kind, {})[thing.id] = thing
            for sort, word in (("key", thing.key), ("name", thing.name), ("words", " / ".join(thing.words))):
                if word:
                    self._by_word.setdefault((thing.kind, sort, fold(word)), []).append(thing)

    def __iter__(self) -> Iterator[Thing]:
        return (thing for things in self._by_kind.values() for thing in things.values())

    def of_kind(self, kind: Kind) -> Mapping[str, Thing]:
        """By id, in the order given."""
        return self._by_kind.get(kind, {})

    def find(self, kind: Kind, thing_id: str) -> Thing | None:
        return self._by_kind.get(kind, {}).get(thing_id)

    def with_key(self, kind: Kind, key: str) -> list[Thing]:
        return self._by_word.get((kind, "key", fold(key)), [])

    def named(self, kind: Kind, name: str) -> list[Thing]:
        """Those of this name; where some have it in exactly this spelling, those."""
        found = self._by_word.get((kind, "name", fold(name)), [])
        return [thing for thing in found if thing.name == name] or found

    def with_words(self, kind: Kind, words: tuple[str, ...]) -> list[Thing]:
        return self._by_word.get((kind, "words", fold(" / ".join(words))), [])

    def meant_by(self, kind: Kind, word: str) -> list[Thing]:
        """What a person means who writes this id, key or name into a mapping."""
        found = self.find(kind, word)
        return [found] if found else self.with_key(kind, word) or self.named(kind, word)
