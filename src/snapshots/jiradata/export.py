"""Exporting the source's Jira into a Jira-data file.

Requests, beside those of `captured`: about a dozen for the lists, one for each sprint or board that macros name,
and one for every hundred captured issues. Issues pass through and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.jira_catalogue import JiraCatalogue
from snapshots.findings import Finding
from snapshots.jiradata.captured import CapturedIssues
from snapshots.jiradata.file import FileWriter, JiraSource, WrittenFile, make_head
from snapshots.jiradata.inventory import Inventory
from snapshots.jiradata.issues import ISSUE_FIELDS, describe_issue
from snapshots.jiradata.named import NamedInMacros, find_named
from snapshots.jiradata.records import (
    IssueRecord,
    JiraRecord,
    record_order,
)
from snapshots.progress import Progress, silent
from snapshots.registry.sites import SiteRow
from snapshots.whole_files import new_file


def export_jira(
    site: SiteRow,
    jira: JiraClient,
    catalogue: JiraCatalogue,
    definitions: Iterable[str],
    issues: CapturedIssues,
    path: Path,
    created_at: int,
    progress: Progress = silent,
) -> WrittenFile:
    """Write the Jira of the site to `path`, replacing what was there when the new file is whole.

    `definitions` are those of the site's macros. What the account may not see, or this Jira does not have, is left
    out and becomes a finding in the file. Raises StorageError when it cannot be written.
    """
    inventory = Inventory(jira, catalogue, progress, is_source=True)
    fields = inventory.list_fields()
    named = find_named(definitions, fields)
    findings: list[Finding] = []
    info = jira.get_server_info()
    source = JiraSource(site.name, site.confluence_url, site.jira_url, site.cloud_id, info.title)
    with new_file(path, "The Jira-data file") as file:
        writer = FileWriter(file, make_head(source, created_at))
        for records in inventory.iter_lists(fields, named):
            writer.add(sorted(records, key=record_order))
        _add_named(catalogue, issues, named)
        for batch in _iter_issues(catalogue, issues, findings, progress):
            writer.add(batch)
        return writer.finish(path, [*_find_unread(named), *issues.findings, *inventory.findings, *findings])


def _find_unread(named: NamedInMacros) -> list[Finding]:
    if not named.unread:
        return []
    return [
        Finding(
            "unreadable-definition",
            f"{named.unread} macros",
            "their definition or JQL cannot be read, so what they name is not known",
            "Nothing here; the plan at the destination names each of them.",
        )
    ]


def _add_named(catalogue: JiraCatalogue, issues: CapturedIssues, named: NamedInMacros) -> None:
    """Issues that macros name are matched like captured ones; those that are not there are left to the plan."""
    unknown = sorted(named.issues.difference(issues.keys.values(), map(str, issues.keys)))
    for _, found in catalogue.iter_issues(unknown, ("summary",)):
        for issue in found:
            issues.keys.setdefault(issue.id, issue.key)


def _iter_issues(
    catalogue: JiraCatalogue, issues: CapturedIssues, findings: list[Finding], progress: Progress
) -> Iterator[list[JiraRecord]]:
    """The captured issues in the order of their ids, a hundred at a time."""
    keys = issues.keys
    done = gone = 0
    progress("reading issues", 0, len(keys), "issues")
    for asked, answered in catalogue.iter_issues(map(str, sorted(keys)), ISSUE_FIELDS):
        found = {issue.id: issue for issue in answered}
        batch: list[JiraRecord] = []
        for issue_id in map(int, asked):
            issue = found.get(issue_id)
            gone += issue is None
            batch.append(
                IssueRecord(str(issue_id), keys[issue_id], "", "", None) if issue is None else describe_issue(issue)
            )
        yield batch
        done += len(asked)
        progress("reading issues", done, len(keys), "issues")
    if gone:
        findings.append(
            Finding(
                "issues-gone",
                f"{gone:,} captured issues",
                "Jira no longer shows them to this account",
                "They are in the file by id and key, and can be matched by key or number only.",
            )
        )
