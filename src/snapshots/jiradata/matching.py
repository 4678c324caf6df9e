"""Which thing of the destination's Jira a thing of the source's has become. Pure.

Seven rules look for it, the strongest first. Nothing is weighed or scored: the first rule that finds exactly one
decides, everything else it might have been is shown to a person, and where nothing decides, a person does.
Issues have rules of their own (`issue_matching`), but the same three answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from snapshots.jiradata.mapping import ONE_TO_ONE, Certainty, Kind, Mapped
from snapshots.jiradata.things import Thing, Things

RuleName: TypeAlias = Literal[
    "mapping", "same id", "name, type and scope", "name and type", "name", "key", "inward and outward words"
]

NOTHING = "-"
"""What a person writes where a thing of the source has nothing at the destination and is to be left as it is."""


@dataclass(frozen=True, slots=True)
class Clues:
    """All that the rules may look at. `given` is what a person said: kind and id, key or name to such a word there."""

    here: Things
    given: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    same_jira: bool = False
    scopes: Mapping[str, str] = field(default_factory=dict)
    """By project or board of the source (`project 10000`), its counterpart; filled in as they are matched."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One thing was found. `against` are things that other evidence speaks for."""

    source: Thing
    destination: Thing
    rule: RuleName
    certainty: Certainty
    agreeing: tuple[RuleName, ...] = ()
    against: tuple[str, ...] = ()

    @property
    def mapped(self) -> Mapped:
        """The entry of the mapping."""
        source, there = self.source, self.destination
        words = tuple(zip(source.words, there.words, strict=False))
        return Mapped(
            source.kind,
            source.id,
            source.key,
            source.name,
            there.id,
            there.key,
            there.name,
            self.rule,
            self.certainty,
            words if len(source.words) == len(there.words) else (),
        )


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing decides: a person must, where a macro needs it. `state` says whether there was more than one or none."""

    source: Thing
    state: Literal["ambiguous", "missing", "left out"]
    candidates: tuple[Thing, ...]
    reason: str


Match: TypeAlias = Matched | Open
Found: TypeAlias = Sequence[Thing]


def match_things(things: Iterable[Thing], clues: Clues) -> list[Match]:
    """The counterpart of every thing. Projects and boards must come before what has them as its scope."""
    scopes = dict(clues.scopes)
    clues = replace(clues, scopes=scopes)
    matches: list[Match] = []
    for kind_things in _by_kind(things):
        settled = _settle_rivals([match_thing(thing, clues) for thing in kind_things])
        matches += settled
        scopes.update(
            (f"{match.source.kind} {match.source.id}", f"{match.destination.kind} {match.destination.id}")
            for match in settled
            if isinstance(match, Matched) and match.source.kind in ("project", "board")
        )
    return matches


def match_thing(thing: Thing, clues: Clues) -> Match:
    """The counterpart of one thing, looked at alone."""
    stated = find_given(thing, clues.given)
    if stated == NOTHING:
        return Open(thing, "left out", (), "a person decided that it has no counterpart")
    found = {name: find(thing, clues) for name, _, find in RULES}
    if stated is not None and len(found["mapping"]) != 1:
        what = "is not there" if not found["mapping"] else f"means {len(found['mapping'])} things there"
        return Open(thing, "missing", tuple(found["mapping"]), f"the mapping sends it to {stated!r}, which {what}")
    for name, certainty, _ in RULES:
        there = found[name]
        if len(there) == 1:
            return _decide(thing, there[0], name, certainty, found)
        if there:
            return Open(thing, "ambiguous", tuple(there), f"{len(there)} are possible by {name}")
    return Open(thing, "missing", tuple(clues.here.named(thing.kind, thing.name)), _why_missing(thing, clues))


def find_given(thing: Thing, given: Mapping[tuple[Kind, str], str]) -> str | None:
    """What a person said about this thing, by its id, its key or its name."""
    for word in (thing.id, thing.key, thing.name):
        if word and (thing.kind, word) in given:
            return given[thing.kind, word]
    return None


def _in_mapping(thing: Thing, clues: Clues) -> Found:
    """1. A person said so, in a mapping file or a decision."""
    stated = find_given(thing, clues.given)
    return [] if stated is None else clues.here.meant_by(thing.kind, stated)


def _by_id(thing: Thing, clues: Clues) -> Found:
    """2. On the same Jira everything keeps its id. System fields and people have the same id on every one."""
    is_everywhere = thing.kind == "user" or (thing.kind == "field" and not thing.id.startswith("customfield_"))
    there = clues.here.find(thing.kind, thing.id) if clues.same_jira or is_everywhere else None
    return [] if there is None else [there]


def _by_name_type_and_scope(thing: Thing, clues: Clues) -> Found:
    """3. Name and type, within the counterpart of the project or board that it belongs to."""
    scope = clues.scopes.get(thing.scope) if thing.scope else ""
    return [there for there in _by_name_and_type(thing, clues) if there.scope == scope]


def _by_name_and_type(thing: Thing, clues: Clues) -> Found:
    """4. Name and type, whatever it belongs to."""
    return [there for there in clues.here.named(thing.kind, thing.name) if there.type == thing.type]


def _by_name(thing: Thing, clues: Clues) -> Found:
    """5. The name alone; never of fields, for values of another type mean something else."""
    return [] if thing.kind == "field" else clues.here.named(thing.kind, thing.name)


def _by_key(thing: Thing, clues: Clues) -> Found:
    """6. A project's key, though its name differs."""
    return clues.here.with_key(thing.kind, thing.key) if thing.key else []


def _by_words(thing: Thing, clues: Clues) -> Found:
    """7. How a link type reads from either end, though its name differs."""
    return clues.here.with_words(thing.kind, thing.words) if thing.words else []


RULES: tuple[tuple[RuleName, Certainty, Callable[[Thing, Clues], Found]], ...] = (
    ("mapping", "given", _in_mapping),
    ("same id", "certain", _by_id),
    ("name, type and scope", "certain", _by_name_type_and_scope),
    ("name and type", "likely", _by_name_and_type),
    ("name", "likely", _by_name),
    ("key", "likely", _by_key),
    ("inward and outward words", "likely", _by_words),
)
"""The rules in the order in which they decide (docs/jira-data.md)."""


def _decide(
    thing: Thing, there: Thing, name: RuleName, certainty: Certainty, found: Mapping[RuleName, Found]
) -> Matched:
    agreeing = tuple(rule for rule, things in found.items() if there in things and rule != name)
    others = {str(other): rule for rule, things in found.items() for other in things if there not in things}
    against = tuple(f"{rule} finds {other}" for other, rule in others.items())
    # What another rule contradicts is worth a look, except where a person or an id decided.
    if against and certainty == "certain" and name != "same id":
        certainty = "likely"
    return Matched(thing, there, name, certainty, agreeing, against)


def _why_missing(thing: Thing, clues: Clues) -> str:
    alike = clues.here.named(thing.kind, thing.name)
    if alike and thing.kind == "field":
        return (
            f"its type changed: here it is {describe_type(thing)}, there {describe_type(alike[0])}, and values of one "
            "cannot be asked for as those of the other"
        )
    return "nothing of this name is there" + (", nor of this key" if thing.key else "")


def describe_type(thing: Thing) -> str:
    """A field's schema in words."""
    kind, items, custom = (*thing.type, "", "", "")[:3]
    shown = f"{kind or 'unknown'} of {items}" if items else kind or "unknown"
    return f"{shown} ({custom.rpartition(':')[2]})" if custom else shown


def _by_kind(things: Iterable[Thing]) -> list[list[Thing]]:
    """Things of one kind together; projects and boards first, in the order of their kinds otherwise."""
    kinds: dict[Kind, list[Thing]] = {"project": [], "board": []}
    for thing in things:
        kinds.setdefault(thing.kind, []).append(thing)
    return list(kinds.values())


def _settle_rivals(matches: list[Match]) -> list[Match]:
    """Where several things claim one there, and that cannot be, the strongest rule keeps it.

    Two claims by the same rule are equally good: then none keeps it, and a person decides.
    """
    strength = {name: place for place, (name, _, _) in enumerate(RULES)}
    claims: dict[str, list[Matched]] = {}
    for match in matches:
        if isinstance(match, Matched) and match.source.kind in ONE_TO_ONE:
            claims.setdefault(match.destination.id, []).append(match)
    lost: dict[Thing, Open] = {}
    for rivals in claims.values():
        strongest = min(strength[rival.rule] for rival in rivals)
        winners = [rival for rival in rivals if strength[rival.rule] == strongest]
        for rival in rivals if len(rivals) > 1 else ():
            if winners != [rival]:
                others = ", ".join(str(other.source) for other in rivals if other is not rival)
                reason = f"{rival.destination} is also claimed by {others}"
                lost[rival.source] = Open(rival.source, "ambiguous", (rival.destination,), reason)
    return [lost.get(match.source, match) for match in matches]
