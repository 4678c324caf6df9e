"""A parsed query to SQL, or to the sentences with which Jira refuses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from atlassian_emulator.jira.fields import Field
from atlassian_emulator.jira.jql.clauses import NEGATED, check_clause, clause_condition
from atlassian_emulator.jira.jql.conditions import EVERYTHING, NOTHING, Condition, Members, Sql, join, to_sql
from atlassian_emulator.jira.jql.history import history_condition
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.saved import find_jql
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.jql.syntax import (
    Clause,
    FieldName,
    HistoryClause,
    JqlSyntaxError,
    JqlUnknownValue,
    JqlValueError,
    Junction,
    ListOf,
    Node,
    Not,
    Query,
    Sort,
    Value,
)

_DEEPEST_FILTER: Final = 8
NEWEST_FIRST: Final = "i.id DESC"
"""The order of a query that asks for none, and of issues that its ORDER BY leaves equal."""


@dataclass(frozen=True)
class Compiled:
    """`errors` say why it cannot run; `warnings` name values that do not exist, which match nothing."""

    where: Sql
    order: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_select(self, columns: str = "i.id") -> Sql:
        """The issues that match, in order."""
        return Sql(
            f"SELECT {columns} FROM jira_issues i WHERE {self.where.text} ORDER BY {self.order}", self.where.parameters
        )

    def to_count(self) -> Sql:
        return Sql(f"SELECT count(*) FROM jira_issues i WHERE {self.where.text}", self.where.parameters)


def compile_query(query: Query, scope: Scope) -> Compiled:
    """Look up all that the query names. Never raises: what is wrong with it is in the answer, all of it."""
    compiler = _Compiler(scope)
    where = EVERYTHING if query.where is None else compiler.condition(query.where, negated=False)
    order = [text for sort in query.order_by for text in compiler.order(sort)]
    if scope.hidden:
        keys = frozenset(each.key for each in scope.catalogue.projects.all if each.id in scope.hidden)
        where = join("and", [where, Members("project_key", keys, inside=False)])
    if scope.hidden_levels:
        listed = ", ".join(map(str, sorted(scope.hidden_levels)))
        unseen = Sql(f"i.id NOT IN (SELECT issue_id FROM jira_secured WHERE level_id IN ({listed}))")
        where = join("and", [where, unseen])
    return Compiled(to_sql(where), ", ".join([*order, NEWEST_FIRST]), tuple(compiler.errors), tuple(compiler.warnings))


class _Compiler:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._filters_open = 0
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def condition(self, node: Node, *, negated: bool) -> Condition:
        """NOT is carried down to the clauses, as Jira does: `NOT assignee = x` leaves out the unassigned too."""
        match node:
            case Not(part):
                return self.condition(part, negated=not negated)
            case Junction(word, parts):
                turned: Literal["and", "or"] = "or" if (word == "or") != negated else "and"
                return join(turned, [self.condition(part, negated=negated) for part in parts])
            case HistoryClause():
                return self._history(node, negated=negated)
            case Clause():
                return self._clause(replace(node, operator=NEGATED[node.operator]) if negated else node)

    def _clause(self, clause: Clause) -> Condition:
        try:
            fields = self._fields(clause.field)
            if fields[0].kind == "filter":
                return self._saved(clause, fields[0])
            word: Literal["and", "or"] = "and" if clause.operator in ("!=", "not in", "!~", "is") else "or"
            return join(word, [clause_condition(clause, field, self._scope) for field in fields])
        except JqlUnknownValue as error:
            self.warnings.append(str(error))
        except JqlValueError as error:
            self.errors.append(str(error))
        return NOTHING

    def _history(self, clause: HistoryClause, *, negated: bool) -> Condition:
        try:
            return history_condition(clause, self._fields(clause.field)[0], self._scope, negated=negated)
        except JqlUnknownValue as error:
            self.warnings.append(str(error))
        except JqlValueError as error:
            self.errors.append(str(error))
        return NOTHING

    def _saved(self, clause: Clause, field: Field) -> Condition:
        """The issues of saved filters; a filter may name another, though not without end."""
        check_clause(clause, field)
        if self._filters_open >= _DEEPEST_FILTER:
            raise JqlValueError(f"Field '{clause.field.name}' contains a filter that refers to itself.")
        negated = clause.operator in ("!=", "not in")
        self._filters_open += 1
        parts = []
        for operand in clause.operand.items if isinstance(clause.operand, ListOf) else (clause.operand,):
            if not isinstance(operand, Value):
                raise JqlValueError(f"The value '{operand.encoded}' is not a filter.")
            try:
                where = parse(find_jql(operand.text, clause.field.name, self._scope)).where
            except JqlSyntaxError as error:
                raise JqlValueError(f"The filter '{operand.text}' holds a query that is not JQL.") from error
            parts.append(EVERYTHING if where is None else self.condition(where, negated=False))
        self._filters_open -= 1
        inside = to_sql(join("or", parts))
        return Sql(f"({inside.text}) IS NOT TRUE", inside.parameters) if negated else inside

    def _fields(self, name: FieldName) -> list[Field]:
        """All fields of this name: custom fields may share one, and are then searched together."""
        fields = self._scope.catalogue.fields_by_clause.get(name.name.lower(), [])
        if not fields:
            raise JqlValueError(f"Field '{name.name}' does not exist or you do not have permission to view it.")
        searchable = [each for each in fields if each.kind != "hidden"]
        if not searchable:
            raise JqlValueError(f"Field '{name.name}' is not searchable, it is only sortable.")
        return searchable

    def order(self, sort: Sort) -> list[str]:
        fields = self._scope.catalogue.fields_by_clause.get(sort.field.name.lower(), [])
        if not fields:
            self.errors.append(f"Field '{sort.field.name}' does not exist or you do not have permission to view it.")
            return []
        expressions = _order_expressions(fields[0])
        if not expressions:
            self.errors.append(f"Not able to sort using field '{sort.field.name}'.")
        # Issues without a value stand last when ascending and first when descending.
        direction = "DESC NULLS FIRST" if sort.direction == "desc" else "ASC NULLS LAST"
        return [f"{expression} {direction}" for expression in expressions]


_NAMED: Final = {"type": "jira_issue_types", "resolution": "jira_resolutions"}


def _order_expressions(field: Field) -> list[str]:
    match field.kind:
        case "key":
            return ["i.project_key", "i.number"]
        case "type" | "resolution":
            return [f"(SELECT name FROM {_NAMED[field.kind]} WHERE id = i.{field.column})"]
        case "category":
            return ["(SELECT category FROM jira_statuses WHERE id = i.status_id)"]
        case "priority":
            return ["(SELECT -rank FROM jira_priorities WHERE id = i.priority_id)"]
        case "user":
            return [f"(SELECT display_name FROM users WHERE account_id = i.{field.column})"]
        case "label":
            return ["(SELECT min(label) FROM jira_issue_labels WHERE issue_id = i.id)"]
        case "component":
            return [
                "(SELECT min(c.name) FROM jira_issue_components s JOIN jira_components c ON c.id = s.component_id"
                " WHERE s.issue_id = i.id)"
            ]
        case "version":
            return [
                f"(SELECT min(version_id) FROM jira_issue_versions WHERE issue_id = i.id AND role = '{field.column}')"
            ]
        case "sprint":
            return ["(SELECT max(sprint_id) FROM jira_issue_sprints WHERE issue_id = i.id)"]
        case "number" | "option" | "custom day" | "custom moment" | "custom text":
            return [
                f"(SELECT min(value) FROM jira_custom_values WHERE issue_id = i.id AND field = {field.custom_number})"
            ]
        case "project" | "status" | "parent" | "moment" | "day":
            return [f"i.{field.column}"]
        case _:
            # Nobody ranks issues here, so their rank is the order in which they were made.
            return {"summary": ["i.summary COLLATE NOCASE"], "rank": ["i.id"]}.get(field.id, [])
