"""The rows of one level, found for all rows above it at once, and given to the parent they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from snapshots.atlassian.jira import JiraClient
from snapshots.capture.issues import CapturedIssues
from snapshots.capture.levels import ISSUE_LINKS, Alone, ByLink, ByMatch, ByParent, LevelPlan
from snapshots.capture.values import jql_value
from snapshots.errors import SiteRefused, SiteUnavailable
from snapshots.findings import Finding
from snapshots.jql import ReferenceValue, quote_jql
from snapshots.jql.tree import ReferenceKind

PARENTS_A_QUERY = 250
CONDITIONS_A_MATCH = 500
"""A query and a match for 500 rows are as many requests as two queries for 250 each."""

_SEARCHES_AT_ONCE = 8
_NAMED_IN_A_SENTENCE = 5

_Item = TypeVar("_Item")


@dataclass(slots=True)
class Children:
    """Issue ids beneath each parent, in the order of the level's JQL."""

    by_parent: dict[int, list[int]]
    findings: list[Finding] = field(default_factory=list)


def find_rows(jira: JiraClient, plan: LevelPlan, issues: CapturedIssues) -> list[int]:
    """The rows of a level that does not name the row above, in the JQL's order."""
    with naming_level(plan):
        found = jira.search_ids(plan.query())
    issues.read(found, plan.number)
    return found


def find_children(jira: JiraClient, plan: LevelPlan, parents: Sequence[int], issues: CapturedIssues) -> Children:
    """The rows of a level beneath each of `parents`, which were read before.

    Every issue found is read. `SiteRefused` names the level, its JQL and Jira's own words.
    """
    match plan.strategy:
        case _ if not parents:
            return Children({})
        case Alone():
            found = find_rows(jira, plan, issues)
            return Children(dict.fromkeys(parents, found))
        case ByParent():
            return _find_by_parent(jira, plan, plan.strategy, parents, issues)
        case ByLink():
            return _find_by_link(jira, plan, plan.strategy, parents, issues)
        case ByMatch():
            return _find_by_match(jira, plan, parents, issues)


@contextmanager
def naming_level(plan: LevelPlan) -> Iterator[None]:
    """Say in a refusal which level Jira refused; the person wrote that one and not the query made of it."""
    try:
        yield
    except SiteRefused as refused:
        raise SiteRefused(f"Jira refuses the JQL of {plan.described}: {refused}", status=refused.status) from refused


def _find_by_parent(
    jira: JiraClient, plan: LevelPlan, strategy: ByParent, parents: Sequence[int], issues: CapturedIssues
) -> Children:
    def condition(chunk: Sequence[int]) -> list[str]:
        return [f"{strategy.clause_field} in ({', '.join(quote_jql(issues.key(parent)) for parent in chunk)})"]

    chunks = _split(parents, PARENTS_A_QUERY)
    found = _search(jira, plan, [condition(chunk) for chunk in chunks])
    issues.read((child for ids in found for child in ids), plan.number)
    children = Children({})
    for chunk, ids in zip(chunks, found, strict=True):
        parent_by_key = {issues.key(parent): parent for parent in chunk}
        claims = {
            child: [parent_by_key[key] for key in _parent_keys(issues, child, strategy) if key in parent_by_key][:1]
            for child in ids
        }
        _assign(jira, plan, chunk, ids, claims, issues, children)
    return children


def _parent_keys(issues: CapturedIssues, child: int, strategy: ByParent) -> Iterator[str]:
    for field_id in strategy.fields:
        match issues.raw(child, field_id):
            case {"key": str(key)} | str(key):
                yield key


def _find_by_link(
    jira: JiraClient, plan: LevelPlan, strategy: ByLink, parents: Sequence[int], issues: CapturedIssues
) -> Children:
    def condition(parent: int) -> str:
        return f"{strategy.clause_field} in linkedIssues({quote_jql(issues.key(parent))}{strategy.arguments})"

    linked = {parent: _linked_ids(issues.raw(parent, ISSUE_LINKS), strategy) for parent in parents}
    chunks = _split([parent for parent in parents if linked[parent]], PARENTS_A_QUERY)
    found = _search(jira, plan, [[condition(parent) for parent in chunk] for chunk in chunks])
    issues.read((child for ids in found for child in ids), plan.number)
    children = Children({})
    for chunk, ids in zip(chunks, found, strict=True):
        claims: defaultdict[int, list[int]] = defaultdict(list)
        for parent in chunk:
            for child in linked[parent]:
                claims[child].append(parent)
        _assign(jira, plan, chunk, ids, claims, issues, children)
    return children


def _linked_ids(links: Any, strategy: ByLink) -> set[int]:
    """Issues at the other end of those of a row's links that the level means."""
    found: set[int] = set()
    for link in links or ():
        match link:
            case {"type": {"id": str(type_id)}, "outwardIssue": {"id": str(issue_id)}}:
                end = (type_id, "outward")
            case {"type": {"id": str(type_id)}, "inwardIssue": {"id": str(issue_id)}}:
                end = (type_id, "inward")
            case _:
                continue
        if strategy.ends is None or end in strategy.ends:
            found.add(int(issue_id))
    return found


def _find_by_match(jira: JiraClient, plan: LevelPlan, parents: Sequence[int], issues: CapturedIssues) -> Children:
    children = Children({})
    parents_by_condition: defaultdict[str, list[int]] = defaultdict(list)
    for parent, condition in _conditions(plan, parents, issues, children):
        parents_by_condition[condition].append(parent)
    chunks = _split(list(parents_by_condition), CONDITIONS_A_MATCH)
    found = _search(jira, plan, [[f"({condition})" for condition in chunk] for chunk in chunks])
    issues.read((child for ids in found for child in ids), plan.number)
    for chunk, ids in zip(chunks, found, strict=True):
        matches = _match(jira, plan, chunk, ids)
        _refuse_orphans(plan, ids, {child for matched in matches for child in matched}, issues)
        for condition, matched in zip(chunk, matches, strict=True):
            for parent in parents_by_condition[condition]:
                children.by_parent[parent] = matched
    return children


def _assign(
    jira: JiraClient,
    plan: LevelPlan,
    parents: Sequence[int],
    ids: Sequence[int],
    claims: dict[int, list[int]],
    issues: CapturedIssues,
    children: Children,
) -> None:
    """Put each child beneath the parents that its fields name, in the order of `ids`.

    Jira may find a child by something that its fields do not show (an epic named in another field, a
    link of the past seconds). It is then asked whose child that is, for a row must not be lost.
    """
    unclaimed = [child for child in ids if not claims.get(child)]
    claims = dict(claims)
    if unclaimed:
        conditions = dict(_conditions(plan, parents, issues, children))
        matches = _match(jira, plan, list(conditions.values()), unclaimed)
        for parent, matched in zip(conditions, matches, strict=True):
            for child in matched:
                claims[child] = [*claims.get(child, ()), parent]
        _refuse_orphans(plan, ids, {child for child in ids if claims.get(child)}, issues)
    for child in ids:
        for parent in claims.get(child, ()):
            children.by_parent.setdefault(parent, []).append(child)


def _refuse_orphans(plan: LevelPlan, ids: Sequence[int], placed: Collection[int], issues: CapturedIssues) -> None:
    """A row that belongs beneath no parent would silently be missing (docs/decisions/0004-vanished-issues.md)."""
    orphans = [issues.key(child) for child in ids if child not in placed]
    if orphans:
        raise SiteUnavailable(
            f"Jira found {len(orphans)} issues for level {plan.number} and then matched them with no row above "
            f"({', '.join(orphans[:_NAMED_IN_A_SENTENCE])}): they were changed meanwhile; take the snapshot again."
        )


def _match(jira: JiraClient, plan: LevelPlan, conditions: Sequence[str], ids: Sequence[int]) -> list[list[int]]:
    """Those of `ids` that meet each condition, in the order of `ids`."""
    if len(conditions) <= 1 or not ids:
        return [list(ids) for _ in conditions]
    place = {issue_id: number for number, issue_id in enumerate(ids)}
    with naming_level(plan):
        matches = jira.match_issues(list(conditions), list(ids))
    return [sorted(matched & place.keys(), key=place.__getitem__) for matched in matches]


def _conditions(
    plan: LevelPlan, parents: Sequence[int], issues: CapturedIssues, children: Children
) -> Iterator[tuple[int, str]]:
    """Each parent with the condition for its children; a parent with an empty field has none, and a finding says so."""
    empty: defaultdict[str, list[int]] = defaultdict(list)
    for parent in parents:
        values: dict[tuple[ReferenceKind, str], ReferenceValue] = {}
        for target, named in plan.references.items():
            value = issues.key(parent) if named is None else jql_value(issues.raw(parent, named.id), named)
            if value is None:
                empty[named.name if named else "key"].append(parent)
                break
            values[target] = value
        else:
            yield parent, plan.condition_for(values)
    for name, without in empty.items():
        keys = ", ".join(issues.key(parent) for parent in without[:_NAMED_IN_A_SENTENCE])
        more = ", …" if len(without) > _NAMED_IN_A_SENTENCE else ""
        children.findings.append(
            Finding(
                kind="empty-reference",
                record=f"level {plan.number}",
                evidence=f"{len(without)} rows above have no {name} ({keys}{more}), so nothing stands beneath them",
                action=f"Fill in {name} where rows are missed, or refer to another field.",
            )
        )


def _search(jira: JiraClient, plan: LevelPlan, conditions: Sequence[Sequence[str]]) -> list[list[int]]:
    """The ids each query finds, queries side by side."""

    def search(any_of: Sequence[str]) -> list[int]:
        return jira.search_ids(plan.query(any_of))

    with naming_level(plan):
        return _side_by_side(search, conditions)


def _side_by_side(work: Callable[[_Item], list[int]], items: Iterable[_Item]) -> list[list[int]]:
    with ThreadPoolExecutor(_SEARCHES_AT_ONCE) as pool:
        running = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in running]
        finally:
            # After the first failure the others are not worth asking.
            for future in running:
                future.cancel()


def _split(items: Sequence[_Item], size: int) -> list[Sequence[_Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
