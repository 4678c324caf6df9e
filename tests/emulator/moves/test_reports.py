"""Atlassian's reports of the ids of a move: triggered, asked for, downloaded."""

from __future__ import annotations

import csv
import io

import pytest
import urllib3

from atlassian_emulator.copying import copy_project, copy_space
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

JOBS = "/migrations/reports/v1/id-mappings"


def read_report(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode())))


def finished_report(client, product, source, destination):
    wish = {"product": product, "sourceURL": source, "destinationURL": destination}
    job = client.post(f"{JOBS}/trigger", wish, 202)
    assert job["status"] == "PENDING"
    asked = [client.get(f"{JOBS}/{job['jobId']}")["status"] for _ in range(3)]
    return asked, client.ask("GET", f"{JOBS}/{job['jobId']}/download")


def test_a_moved_space_is_reported_with_every_page(client, server, other, there):
    page = client.add_page(client.add_space(), "A page")
    client.attach(page["id"], "a.json", b"{}")
    report = copy_space(server.url, other.url, "REL")
    asked, answer = finished_report(there, "CONFLUENCE", server.url, f"{other.url}/wiki")
    assert asked == ["IN_PROGRESS", "SUCCESS", "SUCCESS"]
    assert answer.data.startswith(b"entityType,serverId,cloudId")
    rows = read_report(answer.data)
    pages = {row["serverId"]: row["cloudId"] for row in rows if row["entityType"] == "confluence:page"}
    assert pages == report["ids"]["page"]
    assert {row["entityType"] for row in rows} == {"confluence:page", "confluence:space", "confluence:attachment"}


def test_a_project_of_data_center_is_reported_on_both_sides(other, there):
    created = "2026-05-16T07:56:13.000+0000"
    fields = {"issuetype": {"name": "Bug"}, "project": {"key": "REQ", "name": "R"}, "status": {"name": "Open"}}
    with EmulatorServer("oldco", deployment="data-center") as old:
        put_issues(old.site, [{"key": "REQ-1", "fields": {**fields, "created": created}, "custom": {"Severity": "X"}}])
        report = copy_project(old.url, other.url, "REQ")
        _, answer = finished_report(there, "JIRA", old.url, other.url)
        path = f"{old.url}/rest/migration/latest/report/id-mappings?cloudSiteUrl={other.url}"
        with urllib3.PoolManager() as pool:
            at_source = pool.request("GET", path, headers=urllib3.make_headers(basic_auth="admin:emulator"))
            refused = pool.request("GET", path, headers=urllib3.make_headers(basic_auth="editor:emulator"))
    assert at_source.data == answer.data and refused.status == 403
    rows = {(row["entityType"], row["serverId"]): row["cloudId"] for row in read_report(answer.data)}
    for entity in ("jira:issue", "jira/classic:project", "jira/classic:customField", "jira/classic:customFieldOption"):
        for old_id, new_id in report["entities"][entity].items():
            assert rows[entity, old_id] == new_id


def test_a_move_that_never_was_is_an_error(client, server, other):
    asked, answer = finished_report(client, "JIRA", server.url, other.url)
    assert asked[-1] == "ERROR" and answer.status == 409


@pytest.mark.parametrize(
    "change",
    [{"product": "jira"}, {"sourceURL": "example.com"}, {"destinationURL": "https://example.com/"}, {"product": None}],
)
def test_a_wrong_wish_is_refused_as_atlassian_does(client, change):
    wish = {"product": "JIRA", "sourceURL": "https://a.example.com", "destinationURL": "https://b.example.com"}
    answer = client.ask("POST", f"{JOBS}/trigger", json={**wish, **change})
    assert (answer.status, answer.json()["errorMessage"]) == (400, "Validation failed")
    assert len(answer.json()["errors"]) == 1


def test_jobs_are_for_administrators_and_expire(client, server):
    assert client.ask("GET", f"{JOBS}/none").status == 404
    wish = {"product": "JIRA", "sourceURL": "https://a.example.com", "destinationURL": "https://b.example.com"}
    assert client.as_user("viewer@example.com").ask("POST", f"{JOBS}/trigger", json=wish).status == 403
    job_id = client.post(f"{JOBS}/trigger", wish, 202)["jobId"]
    with server.site.database.transaction() as c:
        c.execute("UPDATE id_mapping_jobs SET triggered_at = 0")
    gone = client.ask("GET", f"{JOBS}/{job_id}")
    assert (gone.status, gone.json()["status"]) == (404, 404)
    assert "may be incorrect or expired" in gone.json()["errorMessage"]
