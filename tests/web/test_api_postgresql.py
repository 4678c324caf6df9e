"""The API of a service whose registry and jobs are in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from snapshots.access.keys import HEADER, SCOPES
from snapshots.acts import api
from snapshots.app import App
from snapshots.config import read_config
from snapshots.registry import bulk, sites

from .calling import ADA, pipeline
from .conftest import Served


def test_back_up_download_and_bring_again(postgres_url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    environ = {"SNAPSHOTS_REGISTRY_URL": postgres_url}
    with App(read_config({"SNAPSHOTS_HOME": str(home), **environ})) as app:
        with app.registry.write() as conn:
            site_id = sites.add_site(
                conn,
                name="acme",
                deployment="cloud",
                confluence_url="https://acme.example/wiki",
                jira_url="https://acme.example",
                cloud_id="cloud",
                account="admin@acme.example",
                secret="env:NO_TOKEN",
                created_at=1,
            ).id
            bulk.insert_records(conn, "space", [(1, "REL", "1", "Releases", site_id)])
            bulk.insert_records(conn, "page", [(n, 1, str(n), f"Page {n}") for n in range(1, 9)])
        api.switch_api(app, "acme", ADA, enabled=True)
        key = api.make_key(app, "acme", ADA, name="pipeline", scopes=SCOPES)[1]
    served = Served(home, (), environ)
    served.start()
    try:
        with pipeline(served.url, key) as call:
            task = call.back_up()
            assert (task["state"], task["counts"]["done"]) == ("done", 9)
            data = call("GET", task["links"]["file"], 200).content
            archive = call("POST", "archives", 201, content=data).json()
            assert call.wait(archive["task"])["state"] == "done"
            assert call("GET", archive["archive"]["links"]["self"], 200).json()["verified"] is True
            call.problem("GET", "tasks/backup-0000000000", 404, "not-found")
            call.problem("GET", "backups/9007199254740992", 404, "not-found")
            assert [each["id"] for each in call("GET", "tasks?state=done", 200).json()["items"]] == [
                archive["task"]["id"],
                task["id"],
            ]
        with pipeline(served.url, None) as stranger:
            stranger.problem("GET", "backups", 401, "key-unknown", headers=[(HEADER.encode(), b"\xc3\xbc\xff")])
    finally:
        served.stop()
