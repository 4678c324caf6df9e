"""Exporting a Jira: everything that macros name, few requests, and findings for what cannot be had."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator.jira import put_issues
from snapshots.errors import JobCancelled, PermissionDenied
from snapshots.jiradata.captured import CapturedIssues, list_captured_macros, read_captured_issues
from snapshots.jiradata.export import export_jira
from snapshots.jiradata.records import STRUCTS, IssueRecord, SprintRecord, UserRecord, kind_of
from snapshots.progress import silent

from .conftest import CREATED_AT, World, issue

LEVELS = [{"jql": "project = REQ ORDER BY key", "columns": ["key", "summary"]}]


def records(world: World, *definitions: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for record in world.export("x.jira-data.ndjson", *definitions).iter_records(*STRUCTS):
        found.setdefault(kind_of(record), {})[record.id] = record
    return found


def test_holds_the_lists_and_every_issue_that_was_ever_captured(acme: World) -> None:
    page = acme.add_page("REL", "Requirements", m1=LEVELS, m2=[{"jql": "project = TST"}])
    acme.take(page)
    put_issues(acme.server.site, [issue("TST-3")])
    acme.take(page)
    found = records(acme)
    assert {record.key: record.name for record in found["project"].values()} == {
        "REQ": "Project REQ",
        "TST": "Project TST",
    }
    assert {record.key for record in found["issue"].values()} == {
        "REQ-1",
        "REQ-2",
        "REQ-3",
        "REQ-7",
        "TST-1",
        "TST-2",
        "TST-3",
    }
    pump = next(record for record in found["issue"].values() if record.key == "REQ-2")
    assert (pump.type, pump.summary, pump.created) == ("Bug", "The pump stops", 1_769_853_600_000_000)
    effort = next(record for record in found["field"].values() if record.name == "Effort")
    assert (effort.type, effort.custom.rpartition(":")[2]) == ("number", "float")
    assert {"status", "priority", "issue_type", "link_type"} <= found.keys()


def test_captures_that_said_the_same_are_read_once(acme: World) -> None:
    page = acme.add_page("REL", "Requirements", m1=LEVELS)
    for _ in range(4):
        acme.take(page)
    macros = list_captured_macros(acme.registry, acme.row)
    acme.forget_requests()
    assert len(read_captured_issues(acme.confluence, macros, silent).keys) == 4
    assert acme.count("/download") == 1


def test_names_sprints_filters_and_people_of_macros_only(acme: World) -> None:
    put_issues(acme.server.site, [issue("REQ-8", sprint={"name": "Sprint 2", "state": "ACTIVE"})])
    me = acme.jira.get_current_user()
    own = acme.post("/rest/api/3/filter", {"name": "Open bugs", "jql": "project = REQ"})
    jql = f'sprint = "sprint 1" AND assignee in ({me.account_id}, nobody) AND filter = {own["id"]}'
    good = json.dumps({"levels": [{"jql": jql}]})
    definition = json.dumps({"levels": [{"jql": jql}, {"jql": "parent ="}]})
    acme.forget_requests()
    found = records(acme, good, definition)
    assert [record.name for record in found["sprint"].values()] == ["Sprint 1"]
    assert len(found["board"]) == 1
    assert found["user"] == {me.account_id: UserRecord(me.account_id, me.display_name)}
    assert [record.name for record in found["filter"].values()] == ["Open bugs"]
    findings = {finding.kind: finding for finding in acme.export("y", good, definition).tail.findings}
    assert "nobody" in findings["named-but-not-found"].evidence
    assert findings["unreadable-definition"].record == "1 macros"
    assert isinstance(next(iter(found["sprint"].values())), SprintRecord)


@pytest.mark.parametrize("path", ["filter/search", "resolution"])
def test_a_list_that_is_refused_is_left_out_and_told(acme: World, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = acme.transport.request

    def refuse(method: str, url: str, **more: Any) -> Any:
        if url.endswith(f"/rest/api/3/{path}"):
            raise PermissionDenied("admin may not do this")
        return request(method, url, **more)

    monkeypatch.setattr(acme.transport, "request", refuse)
    file = acme.export()
    assert [finding.kind for finding in file.tail.findings] == ["not-exported"]
    assert file.tail.counts["project"] == 2


def test_issues_that_jira_no_longer_shows_stay_by_id_and_key(acme: World) -> None:
    acme.take(acme.add_page("REL", "Requirements", m1=LEVELS))
    acme.transport.request("DELETE", f"{acme.server.url}/rest/api/3/issue/REQ-2", doing="deleting")
    file = acme.export()
    gone = [r for r in file.iter_records("issue") if isinstance(r, IssueRecord) and r.created is None]
    assert [(record.key, record.summary) for record in gone] == [("REQ-2", "")]
    assert [finding.kind for finding in file.tail.findings] == ["issues-gone"]


def test_a_lost_payload_is_a_finding_and_the_rest_goes_on(acme: World) -> None:
    page = acme.add_page("REL", "Requirements", m1=LEVELS, m2=[{"jql": "project = TST"}])
    acme.take(page)
    lost = next(iter(acme.confluence.iter_attachments(page, "snapshots-m1.json")))
    acme.confluence.delete_attachment(lost.id)
    file = acme.export()
    assert [record.key for record in file.iter_records("issue") if isinstance(record, IssueRecord)] == [
        "TST-1",
        "TST-2",
    ]
    assert [finding.kind for finding in file.tail.findings] == ["unreadable-capture"]


def test_cancelling_leaves_no_file(acme: World, tmp_path: Path) -> None:
    acme.take(acme.add_page("REL", "Requirements", m1=LEVELS))
    path = tmp_path / "stopped.jira-data.ndjson"

    def stop(stage: str, done: int, total: int | None, unit: str) -> None:
        if stage == "reading issues" and done:
            raise JobCancelled("stopped")

    issues = CapturedIssues({int(i): "REQ-1" for i in range(1, 500)})
    with pytest.raises(JobCancelled):
        export_jira(acme.row, acme.jira, acme.catalogue, [], issues, path, CREATED_AT, stop)
    assert list(tmp_path.glob("*stopped*")) == []


def test_asks_for_a_hundred_issues_at_a_time(acme: World) -> None:
    put_issues(acme.server.site, [issue(f"BIG-{number}") for number in range(1, 351)])
    acme.take(acme.add_page("REL", "Big", m1=[{"jql": "project = BIG"}]))
    acme.forget_requests()
    assert acme.export().tail.counts["issue"] == 350
    assert acme.count("bulkfetch") == 4
    assert Counter(entry.status for entry in acme.server.requests())[200] < 25
