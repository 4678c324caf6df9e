"""How the rows of each level are found in few queries. Pure.

A level refers to the row above it (`parent = $key`), and a table has thousands of rows: asking Jira
once per row would take hours. So the conditions of a level's JQL are split into those that name the
row above and those that hold for all rows, and a strategy is chosen that asks for the children of
many parents at once and can tell afterwards whose child each one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from snapshots import jql
from snapshots.atlassian.model import Field, LinkType
from snapshots.capture.definition import KEY_COLUMN, Definition, Level, is_key
from snapshots.capture.fields import FieldCatalogue
from snapshots.capture.values import EPIC_LINK
from snapshots.errors import InvalidInput
from snapshots.jql.tree import ReferenceKind

ISSUE_LINKS = "issuelinks"

_LONGEST_JQL_SHOWN = 200
PARENT = "parent"

Direction = Literal["inward", "outward"]
_BOTH_DIRECTIONS: tuple[Direction, ...] = ("inward", "outward")

LinkEnd = tuple[str, Direction]
"""A link type's id, and which of a link's two issues the other one is."""


@dataclass(frozen=True, slots=True)
class Alone:
    """The level does not name the row above: one query, whose rows stand beneath every parent."""


@dataclass(frozen=True, slots=True)
class ByParent:
    """`parent = $key`: one query for many parents; each child names its parent in one of `fields`."""

    clause_field: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByLink:
    """`issue in linkedIssues($key, …)`: one query for many parents; the parents' own links name the children.

    `ends` are the links meant, `None` all; `arguments` is what follows `$key` in the text.
    """

    clause_field: str
    arguments: str
    ends: frozenset[LinkEnd] | None


@dataclass(frozen=True, slots=True)
class ByMatch:
    """Any other reference: one query for many parents; Jira itself tells whose child each one is."""


@dataclass(frozen=True, slots=True)
class SortBy:
    """`field` is `None` for the key."""

    field: Field | None
    descending: bool = False


Strategy = Alone | ByParent | ByLink | ByMatch


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """One level, understood: its fields are known and its JQL is taken apart.

    `shared` are the conditions that hold for every parent; `own` is the condition that names the row
    above, with its references, or empty. `columns` leaves out the key; `sort` begins with the grouping.
    """

    number: int
    level: Level
    columns: tuple[Field, ...]
    sort: tuple[SortBy, ...]
    strategy: Strategy
    shared: tuple[str, ...]
    own: str
    order_by: str
    references: Mapping[tuple[ReferenceKind, str], Field | None]

    def query(self, conditions: Iterable[str] = ()) -> str:
        """The query for rows that meet one of `conditions`, or for all rows when there are none."""
        any_of = " OR ".join(conditions)
        text = " AND ".join((*([f"({any_of})"] if any_of else []), *self.shared))
        return f"{text} {self.order_by}".strip()

    @property
    def described(self) -> str:
        """Which level it is and what it asks, short enough for a sentence."""
        text = " ".join(self.level.jql.split())
        short = text if len(text) <= _LONGEST_JQL_SHOWN else f"{text[:_LONGEST_JQL_SHOWN].rstrip()}…"
        return f"level {self.number}, '{short}'"

    def condition_for(self, values: Mapping[tuple[ReferenceKind, str], jql.ReferenceValue]) -> str:
        """The condition that finds the children of one row, whose `values` the references name."""
        return jql.substitute(self.own, values)


def plan_levels(
    definition: Definition, fields: FieldCatalogue, link_types: Sequence[LinkType], properties: Mapping[str, str]
) -> tuple[LevelPlan, ...]:
    """Understand every level before anything is read.

    `properties` are the page's, for `$metadata:name`. Raises `InvalidInput` or `DecisionNeeded`
    naming the level and what it expected there.
    """
    return tuple(
        _plan_level(number, level, fields, link_types, properties)
        for number, level in enumerate(definition.levels, start=1)
    )


def needs_link_types(definition: Definition) -> bool:
    """Whether planning wants Jira's link types; asking costs a request, and fails where linking is switched off."""
    return any("linkedissues" in level.jql.lower() for level in definition.levels)


def fields_to_read(plans: Sequence[LevelPlan]) -> tuple[str, ...]:
    """Ids of every field that some level shows, sorts by, refers to, or finds its rows with."""
    wanted: set[str] = set()
    for plan in plans:
        named = (*plan.columns, *(sort.field for sort in plan.sort), *plan.references.values())
        wanted.update(field.id for field in named if field is not None)
        match plan.strategy:
            case ByParent(fields=fields):
                wanted.update(fields)
            case ByLink():
                wanted.add(ISSUE_LINKS)
    return tuple(sorted(wanted))


def _plan_level(
    number: int, level: Level, fields: FieldCatalogue, link_types: Sequence[LinkType], properties: Mapping[str, str]
) -> LevelPlan:
    query = _put_in_properties(number, _parse(number, level.jql), properties)
    references = {reference.target: reference for reference in jql.iter_references(query)}
    if references and number == 1:
        named = query.text_of(next(iter(references.values())))
        raise InvalidInput(f"Level 1 refers to {named}, but there is no row above it; say which issues it shows.")
    conditions = jql.conjuncts(query)
    own = [condition for condition in conditions if _refers(query, condition)]
    return LevelPlan(
        number=number,
        level=level,
        columns=_plan_columns(number, level, fields),
        sort=tuple(_plan_sort(number, level, fields)),
        strategy=_choose_strategy(query, own, fields, link_types),
        shared=tuple(_text(query, condition) for condition in conditions if condition not in own),
        own=" AND ".join(_text(query, condition) for condition in own),
        order_by=query.order_by.text if query.order_by else "",
        references={
            (kind, name): None if kind == "key" else _field_or_key(fields, name, f"Level {number} refers to")
            for kind, name in references
        },
    )


def _parse(number: int, text: str) -> jql.Query:
    try:
        return jql.parse_jql(text)
    except jql.JqlSyntaxError as error:
        raise InvalidInput(f"The JQL of level {number} cannot be understood: {error}") from None


def _put_in_properties(number: int, query: jql.Query, properties: Mapping[str, str]) -> jql.Query:
    found = [reference for reference in jql.iter_references(query) if reference.kind == "metadata"]
    for reference in found:
        if reference.name not in properties:
            raise InvalidInput(
                f"Level {number} refers to the page property {reference.name!r}, which the page does not have; "
                "add it to a Page Properties table of the page, or take it out of the JQL."
            )
    if not found:
        return query
    return _parse(number, jql.replace(query, [(place, jql.quote_jql(properties[place.name])) for place in found]))


def _plan_columns(number: int, level: Level, fields: FieldCatalogue) -> tuple[Field, ...]:
    columns = tuple(fields.get(name, f"Level {number} shows") for name in level.columns if name != KEY_COLUMN)
    ids = [field.id for field in columns]
    for place, field in enumerate(columns):
        if field.id in ids[:place]:
            raise InvalidInput(f"Level {number} shows {field.name} ({field.id}) twice; leave one of them out.")
    return columns


def _plan_sort(number: int, level: Level, fields: FieldCatalogue) -> Iterator[SortBy]:
    if level.group_by is not None:
        yield SortBy(_field_or_key(fields, level.group_by, f"Level {number} groups by"))
    for sort in level.sort:
        yield SortBy(_field_or_key(fields, sort.column, f"Level {number} sorts by"), sort.descending)


def _field_or_key(fields: FieldCatalogue, word: str, where: str) -> Field | None:
    """`None` for the key, which every row has without asking."""
    return None if is_key(word) else fields.get(word, where)


def _refers(query: jql.Query, condition: jql.Node) -> bool:
    return any(condition.start <= place.start < condition.end for place in jql.iter_references(query))


def _text(query: jql.Query, condition: jql.Condition) -> str:
    text = query.text_of(condition)
    return f"({text})" if isinstance(condition, jql.Or) else text


def _choose_strategy(
    query: jql.Query, own: Sequence[jql.Condition], fields: FieldCatalogue, link_types: Sequence[LinkType]
) -> Strategy:
    if not own:
        return Alone()
    condition = own[0]
    while isinstance(condition, jql.Group):
        condition = condition.inner
    # A second condition that names the row would still have to be checked child by child, which only Jira can.
    if len(own) == 1 and isinstance(condition, jql.Clause) and not condition.predicates:
        return _by_parent(query, condition, fields) or _by_link(query, condition, link_types) or ByMatch()
    return ByMatch()


def _by_parent(query: jql.Query, clause: jql.Clause, fields: FieldCatalogue) -> ByParent | None:
    match clause:
        case jql.Clause(operator="=", operand=jql.Reference(kind="key")):
            pass
        case jql.Clause(operator="IN", operand=jql.List(items=(jql.Reference(kind="key"),))):
            pass
        case _:
            return None
    if clause.field.name.lower() == PARENT:
        return ByParent(query.text_of(clause.field), (PARENT,))
    match fields.meant_by(clause.field.name):
        case [Field(schema_custom=custom, id=field_id)] if custom == EPIC_LINK:
            # Cloud moved epics into the parent field; a child may carry either.
            return ByParent(query.text_of(clause.field), (field_id, PARENT))
    return None


def _by_link(query: jql.Query, clause: jql.Clause, link_types: Sequence[LinkType]) -> ByLink | None:
    if clause.operator != "IN" or clause.field.name.lower() not in {"issue", "issuekey", "key", "id"}:
        return None
    operand = clause.operand
    if isinstance(operand, jql.List) and len(operand.items) == 1:
        operand = operand.items[0]
    match operand:
        case jql.Function(name=name, arguments=(jql.Reference(kind="key"), *words)) if (
            name.text.lower() == "linkedissues"
        ):
            ends: set[LinkEnd] = set()
            for word in words:
                meant = _link_ends(word.text, link_types) if isinstance(word, jql.Value) else set()
                if not meant:
                    return None
                ends |= meant
            arguments = "".join(f", {query.text_of(word)}" for word in words)
            return ByLink(query.text_of(clause.field), arguments, frozenset(ends) if words else None)
    return None


def _link_ends(words: str, link_types: Sequence[LinkType]) -> set[LinkEnd]:
    """Which links `words` means, seen from the row above: its "blocks" links lead outward.

    The name of a link type means both directions, unless the words also read as one of them: `tests`
    is one end of the type Tests.
    """
    lowered = words.lower()
    ends: set[LinkEnd] = set()
    for link_type in link_types:
        if link_type.outward.lower() == lowered:
            ends.add((link_type.id, "outward"))
        if link_type.inward.lower() == lowered:
            ends.add((link_type.id, "inward"))
    if ends:
        return ends
    named = [link_type.id for link_type in link_types if link_type.name.lower() == lowered]
    return {(type_id, direction) for type_id in named for direction in _BOTH_DIRECTIONS}
