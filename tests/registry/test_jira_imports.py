"""Imports of Jira data and the journal of their pages, in each database."""

from __future__ import annotations

import pytest

from snapshots.errors import NotFound
from snapshots.registry import jira_imports, sites
from snapshots.registry.engine import Registry
from snapshots.registry.jira_imports import NewImport


def new_import(site_id: int, plan: str = "a") -> NewImport:
    return NewImport(
        site_id=site_id,
        plan_sha256=plan,
        file_sha256="f",
        source_cloud_id="c",
        source_name="acme",
        source_jira_url="https://acme.example",
        mapping_id="m",
        pages=2,
        started_at=len(plan),
        made_by="Ada",
        findings="[]",
    )


def put(conn, import_id: int, page: str, state: jira_imports.PageState, reason: str = "") -> None:
    jira_imports.put_page(
        conn,
        import_id,
        remote_id=page,
        title="t",
        space_key="REL",
        state=state,
        version_before=1,
        version_after=2,
        macros="[]",
        reason=reason,
        written_at=5,
    )


def test_an_import_and_its_journal(registry: Registry) -> None:
    with registry.write() as conn:
        urls = {"confluence_url": "https://a/wiki", "jira_url": "https://a"}
        site = sites.add_site(
            conn, name="a", deployment="cloud", cloud_id="c", account="x", secret="env:T", created_at=1, **urls
        )
        first = jira_imports.start_import(conn, new_import(site.id))
        second = jira_imports.start_import(conn, new_import(site.id, "bb"))
        for page, state in (("1", "written"), ("2", "skipped"), ("1", "undone")):
            put(conn, first, page, state, "why")
        jira_imports.set_state(conn, first, "done", 7)
        jira_imports.set_state(conn, second, "undone", 8)
    with registry.read() as conn:
        row = jira_imports.get_import(conn, site.id, first)
        assert (row.state, row.finished_at, row.undone_at, row.made_by) == ("done", 7, None, "Ada")
        assert [each.id for each in jira_imports.list_imports(conn, site.id)] == [second, first]
        assert jira_imports.find_import_of_plan(conn, site.id, "bb") == jira_imports.get_import(conn, site.id, second)
        assert jira_imports.find_import_of_plan(conn, site.id, "none") is None
        assert jira_imports.count_pages(conn, first) == {"skipped": 1, "undone": 1}
        assert [page.remote_id for page in jira_imports.list_pages(conn, first, ("skipped",))] == ["2"]
        assert [page.reason for page in jira_imports.list_noted_pages(conn, first)] == ["why", "why"]
        with pytest.raises(NotFound, match="jira-data status"):
            jira_imports.get_import(conn, site.id + 1, first)
