"""Two sites in one installation: whoever may have one gets nothing of the other, by page, key or number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from snapshots.acts import api, tasks
from snapshots.registry import sites as site_rows

from .calling import new_key, opened, pipeline


@pytest.fixture(scope="module")
def both(served: Any, world: Any) -> Iterator[Any]:
    """The served installation knows a second site, other, with a key, a backup, an archive and Jira data."""
    with opened(served.home) as app, app.registry.write() as conn:
        acme = site_rows.get_site(conn, "acme")
        row = dataclasses.asdict(acme) | {"name": "other", "cloud_id": "11111111-2222-3333-4444-555555555555"}
        del row["id"]
        site_rows.add_site(conn, **row)
    served.other_key = new_key(served.home, "of other", "other")
    served.acme_key = new_key(served.home, "of acme", "acme")
    with pipeline(served.url, served.acme_key) as call:
        task = call.back_up()
        served.backup_id = task["result"]["backup_id"]
        served.task_id = task["id"]
        archive = call("GET", f"backups/{served.backup_id}/file", 200).content
        served.archive_id = call("POST", "archives?name=a.zip", 201, content=archive).json()["archive"]["id"]
        export = call.wait(call("POST", "jira-data/exports", 202).json())
        served.export_id = export["id"]
        data = call("GET", f"jira-data/exports/{export['id']}/file", 200).content
        served.sha256 = call("POST", "jira-data/files", 201, content=data).json()["sha256"]
    yield served


def test_a_key_opens_its_site_alone(both: Any) -> None:
    with pipeline(both.url, both.acme_key, "other") as call:
        for path in ("backups", "tasks", "archives", "jira-data/imports"):
            call.problem("GET", path, 403, "key-for-another-site")


def test_no_number_of_another_site_is_found(both: Any) -> None:
    paths = [
        f"backups/{both.backup_id}",
        f"backups/{both.backup_id}/file",
        f"tasks/{both.task_id}",
        f"archives/{both.archive_id}",
        f"jira-data/exports/{both.export_id}/file",
        f"jira-data/files/{both.sha256}",
    ]
    with pipeline(both.url, both.acme_key) as call:
        for path in paths:
            call("GET", path, 200)
    with pipeline(both.url, both.other_key, "other") as call:
        for path in paths:
            call.problem("GET", path, 404, "not-found")
        for path in (f"backups/{both.backup_id}", f"archives/{both.archive_id}"):
            call.problem("DELETE", path, 404, "not-found")
        for path in (
            f"tasks/{both.task_id}/cancel",
            f"tasks/{both.task_id}/resume",
            f"archives/{both.archive_id}/verify",
        ):
            call.problem("POST", path, 404, "not-found")
        call.problem("POST", "jira-data/plans", 404, "not-found", json={"file": both.sha256})
        for listed in ("backups", "tasks", "archives"):
            assert call("GET", listed, 200).json()["items"] == []


def test_no_page_shows_what_is_another_sites(both: Any, visitor: Any) -> None:
    for path in (
        f"backup/{both.backup_id}/file",
        f"backup/{both.backup_id}/delete",
        f"backup/tasks/{both.task_id}",
        f"jira-data/tasks/{both.export_id}",
        f"jira-data/exports/{both.export_id}/file",
    ):
        assert visitor.get(f"/sites/acme/{path}").status_code == 200, path
        assert visitor.get(f"/sites/other/{path}").status_code == 404, path
    for path in (f"backup/{both.backup_id}/delete", f"backup/tasks/{both.task_id}/cancel"):
        assert visitor.post(f"/sites/other/{path}", {}).status_code == 404, path
    with opened(both.home) as app:
        assert tasks.get_task(app, "acme", both.task_id).state == "done"
    assert both.task_id not in visitor.get("/sites/other/audit").text


def test_a_key_made_for_one_site_cannot_be_changed_from_another(both: Any, visitor: Any) -> None:
    with opened(both.home) as app:
        (key,) = api.list_keys(app, "acme")
    for act in ("rotate", "disable", "revoke", "expiry"):
        answer = visitor.post(f"/sites/other/api/keys/{key.row.id}/{act}", {"grace": "0"})
        assert answer.status_code == 404, act
    with pipeline(both.url, both.acme_key) as call:
        call("GET", "tasks", 200)
