"""What each thing of the source Jira is called in the destination. Pure.

mapping = JiraMapping([Mapped("project", "10000", "ACME", "Acme", "10200", "GLX", "Globex")], numbers_kept=["ACME"])
mapping.find_by_key("project", "acme").destination_key     # 'GLX'
mapping.find_issue_key("ACME-12")                          # 'GLX-12', because ACME's numbers were kept
mapping.find_issue_key("OTHER-1")                          # None: nobody said what became of it
mapping.inverse().find_issue_key("GLX-12")                 # 'ACME-12'

A look-up answers with the destination's id, key or name, or with `None`; it never hands the
source's own word back, because a query for a plausible wrong thing is worse than one that finds nothing. Whoever
matched decided: what is ambiguous or missing is not among the entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from snapshots.errors import InvalidInput

Kind: TypeAlias = Literal[
    "project", "issue", "issue_type", "field", "status", "priority", "resolution",
    "link_type", "filter", "sprint", "board", "user",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

ONE_TO_ONE: frozenset[Kind] = frozenset({"project", "issue", "field", "filter", "sprint", "board", "user"})
"""Kinds of which no two become one. Two statuses of the source may well be one at the destination."""

Certainty: TypeAlias = Literal["given", "certain", "likely"]
"""`given`: a person or a mapping file said so. `certain`: ids or names leave no other. `likely`: worth a look."""

_Place: TypeAlias = tuple[Kind, Literal["id", "key", "name"], str]

_FAULTS_NAMED = 5


class MappingConflict(InvalidInput):
    """Entries contradict each other. `faults` names each pair in words."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        more = f"; and {len(faults) - _FAULTS_NAMED} more" if len(faults) > _FAULTS_NAMED else ""
        super().__init__(
            f"The mapping contradicts itself: {'; '.join(faults[:_FAULTS_NAMED])}{more}; give each one partner."
        )


@dataclass(frozen=True, slots=True)
class Mapped:
    """One thing on both sides. `""` stands for what the thing does not have or nobody knows.

    | kind | id | key | name |
    |---|---|---|---|
    | project | `10000` | `ACME` | its name |
    | issue | `10001` | `ACME-1` | empty, or its summary |
    | field | `customfield_10010`, `summary` | empty | `Story Points` |
    | user | account id | empty | display name |
    | every other | Jira's number as text | empty | its name |

    `words` holds what else is said of the thing and changes with it, as (source, destination): of a link type its
    inward and outward descriptions, such as `("is tested by", "is verified by")`.
    """

    kind: Kind
    source_id: str
    source_key: str
    source_name: str
    destination_id: str
    destination_key: str
    destination_name: str
    rule: str = ""
    certainty: Certainty = "certain"
    words: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> tuple[str, str, str]:
        """Id, key and name at the source."""
        return self.source_id, self.source_key, self.source_name

    @property
    def destination(self) -> tuple[str, str, str]:
        """Id, key and name at the destination."""
        return self.destination_id, self.destination_key, self.destination_name

    def inverse(self) -> Mapped:
        """The same, seen from the destination."""
        return replace(
            self,
            source_id=self.destination_id,
            source_key=self.destination_key,
            source_name=self.destination_name,
            destination_id=self.source_id,
            destination_key=self.source_key,
            destination_name=self.source_name,
            words=tuple((after, before) for before, after in self.words),
        )


class JiraMapping:
    """Look-ups over many `Mapped`, by id, key or name, regardless of case where Jira disregards it.

    `numbers_kept` names the source keys of projects whose issues kept their numbers: `ACME-12` is then `GLX-12`
    unless an entry for the issue says otherwise. Never changes. Raises `MappingConflict` for a thing with two partners,
    and for two with one partner where the kind is `ONE_TO_ONE`; of entries that agree on one thing the first is kept.
    """

    def __init__(self, entries: Iterable[Mapped] = (), *, numbers_kept: Iterable[str] = ()) -> None:
        self._here: dict[_Place, Mapped] = {}
        self._there: dict[_Place, Mapped] = {}
        self._by_name: dict[tuple[Kind, str], list[Mapped]] = {}
        faults: list[str] = []
        for entry in entries:
            if fault := self._contradiction(entry):
                faults.append(fault)
            elif not any(place in self._here for place in _places(entry.kind, *entry.source)):
                self._add(entry)
        self.entries: tuple[Mapped, ...] = tuple(dict.fromkeys(self._here.values()))
        self.numbers_kept: frozenset[str] = frozenset(map(_fold, numbers_kept))
        faults.extend(
            f"the issues of project {key!r} keep their numbers, but the project itself has no partner"
            for key in sorted(self.numbers_kept)
            if not self._project_key_there(key)
        )
        if faults:
            raise MappingConflict(tuple(faults))

    def __bool__(self) -> bool:
        return bool(self.entries)

    def iter_kind(self, kind: Kind) -> Iterator[Mapped]:
        """The entries of one kind, in the order given."""
        return (entry for entry in self.entries if entry.kind == kind)

    def find_by_id(self, kind: Kind, source_id: str) -> Mapped | None:
        """The entry of this id. An id of Jira is a number, a field's or a user's a word."""
        return self._here.get((kind, "id", _fold_id(kind, source_id)))

    def find_by_key(self, kind: Kind, source_key: str) -> Mapped | None:
        """The entry of this key, of a project or an issue. For issues see `find_issue_key` too."""
        return self._here.get((kind, "key", _fold(source_key)))

    def find_by_name(self, kind: Kind, source_name: str) -> Mapped | None:
        """The only entry of this name; `None` when there is none or more than one."""
        found = self._by_name.get((kind, _fold(source_name)), ())
        return found[0] if len(found) == 1 else None

    def find_all_by_name(self, kind: Kind, source_name: str) -> tuple[Mapped, ...]:
        """Every entry of this name: statuses, issue types and fields often share one."""
        return tuple(self._by_name.get((kind, _fold(source_name)), ()))

    def find_name(self, kind: Kind, source_name: str) -> str | None:
        """What is written instead of this name: the destination's, if all entries of the name agree on one."""
        names = {entry.destination_name for entry in self.find_all_by_name(kind, source_name)}
        return (names.pop() or None) if len(names) == 1 else None

    def find_issue_key(self, source_key: str) -> str | None:
        """The issue's key there: its own entry's, else by its project where that project's numbers were kept.

        The second only if no entry gave that key there to another issue.
        """
        entry = self.find_by_key("issue", source_key)
        if entry is not None:
            return entry.destination_key or None
        project_key, _, number = source_key.strip().rpartition("-")
        if not (number.isascii() and number.isdecimal()) or _fold(project_key) not in self.numbers_kept:
            return None
        found = f"{self._project_key_there(project_key)}-{number}"
        return None if ("issue", "key", _fold(found)) in self._there else found

    def inverse(self) -> JiraMapping:
        """From the destination to the source, without the `many_to_one` entries: of those there is no way back."""
        left_out = self.many_to_one
        return JiraMapping(
            (entry.inverse() for entry in self.entries if entry not in left_out),
            numbers_kept=map(self._project_key_there, self.numbers_kept),
        )

    @property
    def many_to_one(self) -> frozenset[Mapped]:
        """The entries that share their destination with another one."""
        groups: dict[_Place, list[Mapped]] = {}
        for entry in self.entries:
            groups.setdefault(next(_places(entry.kind, *entry.destination)), []).append(entry)
        return frozenset(entry for group in groups.values() if len(group) > 1 for entry in group)

    def _contradiction(self, entry: Mapped) -> str | None:
        """What is wrong with one more entry beside those that are there, in words."""
        kind, source, destination = entry.kind, entry.source, entry.destination
        if not any(source) or not any(destination):
            return f"{_named(kind, *source)} goes to {_named(kind, *destination)}"
        for place in _places(kind, *source):
            other = self._here.get(place)
            if other is not None and not (_agree(entry, other) and _agree(entry.inverse(), other.inverse())):
                return (
                    f"{_named(kind, *source)} goes to {_named(kind, *destination)}, "
                    f"{_named(kind, *other.source)} to {_named(kind, *other.destination)}"
                )
        if kind in ONE_TO_ONE:
            for place in _places(kind, *destination):
                other = self._there.get(place)
                if other is not None and not _agree(entry, other):
                    return (
                        f"{_named(kind, *other.source)} and {_named(kind, *source)} "
                        f"both go to {_named(kind, *destination)}"
                    )
        return None

    def _add(self, entry: Mapped) -> None:
        kind = entry.kind
        self._here.update((place, entry) for place in _places(kind, *entry.source))
        self._there.update((place, entry) for place in _places(kind, *entry.destination))
        if entry.source_name and kind != "issue":
            self._by_name.setdefault((kind, _fold(entry.source_name)), []).append(entry)

    def _project_key_there(self, source_key: str) -> str:
        project = self.find_by_key("project", source_key)
        return project.destination_key if project else ""


def _fold(word: str) -> str:
    return word.strip().lower()


def _fold_id(kind: Kind, word: str) -> str:
    """Account ids are the only ids whose case counts."""
    return word.strip() if kind == "user" else _fold(word)


def _places(kind: Kind, thing_id: str, key: str, name: str) -> Iterator[_Place]:
    """By what no two things are alike: id and key; the name only of what has neither."""
    if thing_id:
        yield kind, "id", _fold_id(kind, thing_id)
    if key:
        yield kind, "key", _fold(key)
    if not thing_id and not key:
        yield kind, "name", _fold(name)


def _agree(one: Mapped, other: Mapped) -> bool:
    """Whether both sources can be one thing: nothing that both are known by differs."""
    known, known_of_other = ({place[1]: place[2] for place in _places(m.kind, *m.source)} for m in (one, other))
    shared = known.keys() & known_of_other.keys()
    return bool(shared) and all(known[sort] == known_of_other[sort] for sort in shared)


def _named(kind: Kind, thing_id: str, key: str, name: str) -> str:
    word = key or (thing_id and name and f"{name} ({thing_id})") or thing_id or name
    return f"{_noun(kind)} {word!r}" if word else "nothing"


def _noun(kind: Kind) -> str:
    return kind.replace("_", " ")
