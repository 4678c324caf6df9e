"""Reading Jira for a whole definition.

The definition is planned and checked first, then each level is found for all rows of the level above
at once, so N issues beneath P rows cost about N/100 + N/5000 + P/250 requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from snapshots.atlassian.jira import JiraClient
from snapshots.capture.children import find_children, find_rows
from snapshots.capture.definition import Definition
from snapshots.capture.fields import FieldCatalogue
from snapshots.capture.issues import CapturedIssues
from snapshots.capture.levels import LevelPlan, SortBy, fields_to_read, needs_link_types, plan_levels
from snapshots.capture.payload import Column, Row, Value
from snapshots.capture.siblings import order_siblings
from snapshots.capture.values import make_column
from snapshots.errors import SiteRefused
from snapshots.findings import Finding
from snapshots.progress import Progress, silent

_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Reading:
    """What Jira answered.

    `children[n]` are the rows of level n + 1 beneath each issue of level n, by issue id; `cells[n]` the
    key and the values of each issue shown there.
    """

    columns: tuple[tuple[Column, ...], ...]
    children: tuple[Mapping[int, Sequence[int]], ...]
    cells: tuple[Mapping[int, tuple[str, tuple[Value, ...]]], ...]
    issue_count: int
    findings: tuple[Finding, ...]

    @property
    def row_counts(self) -> tuple[int, ...]:
        """Rows of each level; an issue beneath several parents counts each time."""
        above = Counter({_TOP: 1})
        counts = []
        for children in self.children:
            rows: Counter[int] = Counter()
            for parent, times in above.items():
                for child in children.get(parent, ()):
                    rows[child] += times
            counts.append(rows.total())
            above = rows
        return tuple(counts)

    def iter_rows(self) -> Iterator[Row]:
        """Every row, depth-first."""
        open_lists = [iter(self.children[0].get(_TOP, ()))]
        while open_lists:
            depth = len(open_lists)
            issue_id = next(open_lists[-1], None)
            if issue_id is None:
                open_lists.pop()
                continue
            key, values = self.cells[depth - 1][issue_id]
            yield Row(depth, str(issue_id), key, values)
            if depth < len(self.children):
                open_lists.append(iter(self.children[depth].get(issue_id, ())))


_TOP = 0
"""Stands for the one parent of all rows of level 1; no issue has this id."""


def read_jira(
    jira: JiraClient, definition: Definition, properties: Mapping[str, str], progress: Progress = silent
) -> Reading:
    """Read all that `definition` asks for; `properties` are the page's, for `$metadata:name`.

    `InvalidInput` and `DecisionNeeded` say what the person must change and come before any issue is
    read; `SiteRefused` names the level and gives Jira's words; `SiteUnavailable` is worth a new try.
    """
    fields = FieldCatalogue(jira.list_fields())
    link_types = jira.list_link_types() if needs_link_types(definition) else []
    plans = plan_levels(definition, fields, link_types, properties)
    _check_with_jira(jira, plans)
    issues = CapturedIssues(jira, fields_to_read(plans), progress)
    children: list[dict[int, list[int]]] = [{_TOP: find_rows(jira, plans[0], issues)}]
    findings: list[Finding] = []
    for plan in plans[1:]:
        parents = list(dict.fromkeys(row for rows in children[-1].values() for row in rows))
        found = find_children(jira, plan, parents, issues)
        children.append(found.by_parent)
        findings.extend(found.findings)
    return Reading(
        columns=tuple(tuple(map(make_column, plan.columns)) for plan in plans),
        children=tuple(_in_order(plan, rows, issues) for plan, rows in zip(plans, children, strict=True)),
        cells=tuple(_cells(plan, rows, issues) for plan, rows in zip(plans, children, strict=True)),
        issue_count=len(issues),
        findings=tuple(findings),
    )


def _check_with_jira(jira: JiraClient, plans: Sequence[LevelPlan]) -> None:
    """Have Jira check, in one request, the part of each JQL that needs no row above."""
    checked = [plan for plan in plans if plan.shared or not plan.own]
    if not checked:
        return
    for plan, errors in zip(checked, jira.check_jql([plan.query() for plan in checked]), strict=True):
        if errors:
            raise SiteRefused(
                f"Jira refuses the JQL of {plan.described}: {' '.join(errors)}",
                status=_BAD_REQUEST,
            )


def _in_order(plan: LevelPlan, rows: Mapping[int, list[int]], issues: CapturedIssues) -> Mapping[int, list[int]]:
    def shown(issue_id: int, by: SortBy) -> Value:
        return issues.key(issue_id) if by.field is None else issues.shown(issue_id, by.field)

    if not plan.sort:
        return rows
    return {parent: order_siblings(siblings, plan.sort, shown) for parent, siblings in rows.items()}


def _cells(
    plan: LevelPlan, rows: Mapping[int, list[int]], issues: CapturedIssues
) -> Mapping[int, tuple[str, tuple[Value, ...]]]:
    return {
        issue_id: (issues.key(issue_id), tuple(issues.shown(issue_id, field) for field in plan.columns))
        for issue_id in dict.fromkeys(issue_id for siblings in rows.values() for issue_id in siblings)
    }
