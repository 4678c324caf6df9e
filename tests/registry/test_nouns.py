"""Sites, spaces, pages, macros, versions, stickers, backups, restores and parked records, over each database."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from snapshots.errors import InvalidInput, NotFound
from snapshots.registry import backups, macros, pages, parked, restores, sites, spaces, stickers, versions
from snapshots.registry.engine import Registry
from snapshots.registry.parked import NewParked
from snapshots.registry.versions import NewVersion


def add_site(conn: sa.Connection, name: str = "acme") -> int:
    return sites.add_site(
        conn,
        name=name,
        deployment="cloud",
        confluence_url="https://acme.example/wiki",
        jira_url="https://acme.example",
        cloud_id="cloud",
        account="admin@acme.example",
        secret="sealed:hunter2",
        created_at=1,
    ).id


def add_macro(conn: sa.Connection, page: str = "10", macro: str = "m1") -> int:
    site = sites.find_site(conn, "acme")
    site_id = site.id if site else add_site(conn)
    page_id = pages.put_page(conn, spaces.put_space(conn, site_id, "ACME", "1", "Acme"), page, "Release")
    return macros.put_macro(conn, page_id, macro, f"snapshots-{macro}.json", "{}")


def new_version(macro_id: int, capture_id: str) -> NewVersion:
    return NewVersion(
        macro_id=macro_id,
        capture_id=capture_id,
        captured_at=5,
        captured_by="712020:ada",
        captured_by_name="Ada",
        trigger="person",
        page_version=None,
        attachment_version=1,
        payload_sha256="aa",
        payload_bytes=10,
        data_sha256="bb",
        row_counts="[1]",
    )


def test_a_site_by_name(registry: Registry) -> None:
    with registry.write() as conn:
        add_site(conn, "beta")
        add_site(conn, "acme")
        changed = sites.replace_site(
            conn,
            sites.get_site(conn, "acme").id,
            confluence_url="https://acme.example/wiki",
            jira_url="https://jira.acme.example",
            account="ada@acme.example",
            secret="env:NEW",
        )
    with registry.read() as conn:
        assert [site.name for site in sites.list_sites(conn)] == ["acme", "beta"]
        assert sites.get_site(conn, "acme") == changed
        assert (changed.jira_url, changed.account, changed.secret) == (
            "https://jira.acme.example",
            "ada@acme.example",
            "env:NEW",
        )
        assert sites.find_site(conn, "gamma") is None
        with pytest.raises(NotFound, match="no site called 'gamma'; the sites are: 'acme', 'beta'"):
            sites.get_site(conn, "gamma")
        assert "hunter2" not in repr(sites.get_site(conn, "beta"))


def test_putting_again_changes_what_was_seen_and_keeps_the_row(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
        space_id = spaces.put_space(conn, site_id, "ACME", "1", "Acme")
        assert spaces.put_space(conn, site_id, "ACME", "2", "Acme Inc.") == space_id
        found = spaces.find_space(conn, site_id, "ACME")
        assert found is not None
        assert (found.remote_id, found.name) == ("2", "Acme Inc.")
        page_id = pages.put_page(conn, space_id, "10", "Draft")
        assert pages.put_page(conn, space_id, "10", "Release") == page_id
        macro_id = macros.put_macro(conn, page_id, "m1", "a.json", "{}")
        assert macros.put_macro(conn, page_id, "m1", "a.json", '{"levels":[]}') == macro_id
        assert [macro.definition for macro in macros.list_macros(conn, page_id)] == ['{"levels":[]}']
        assert [page.title for page in pages.list_pages(conn, space_id)] == ["Release"]


def test_spaces_are_sorted_by_code_point_in_every_database(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
        for key in ("b", "A", "a", "B", "~ada"):
            spaces.put_space(conn, site_id, key, key, "")
        assert [space.key for space in spaces.list_spaces(conn, site_id)] == ["A", "B", "a", "b", "~ada"]


def test_a_page_moved_to_another_space_keeps_its_row(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
        old, new = (spaces.put_space(conn, site_id, key, key, "") for key in ("OLD", "NEW"))
        page_id = pages.put_page(conn, old, "10", "Release")
        assert pages.put_page(conn, new, "10", "Release") == page_id
        assert pages.list_pages(conn, old) == []
        assert [page.id for page in pages.list_pages(conn, new)] == [page_id]


def test_a_page_of_another_site_is_another_page(registry: Registry) -> None:
    with registry.write() as conn:
        first, second = add_site(conn, "acme"), add_site(conn, "beta")
        page_id = pages.put_page(conn, spaces.put_space(conn, first, "ACME", "1", ""), "10", "One")
        assert pages.find_page(conn, second, "10") is None
        assert pages.put_page(conn, spaces.put_space(conn, second, "ACME", "1", ""), "10", "Other") != page_id
        found = pages.find_page(conn, first, "10")
        assert found is not None
        assert found.title == "One"


def test_versions_are_numbered_from_one_for_each_macro(registry: Registry) -> None:
    with registry.write() as conn:
        first, second = add_macro(conn, macro="m1"), add_macro(conn, macro="m2")
        numbers = [
            versions.add_version(conn, new_version(m, f"c{n}")).number for n, m in enumerate([first, first, second])
        ]
        assert numbers == [1, 2, 1]
        assert [version.number for version in versions.list_versions(conn, first)] == [2, 1]


def test_pages_and_versions_are_counted_once_each(registry: Registry) -> None:
    with registry.write() as conn:
        macros_of_pages = [add_macro(conn, page, macro) for page, macro in (("10", "m1"), ("10", "m2"), ("11", "m1"))]
        for number, macro_id in enumerate(macros_of_pages[:2] * 2):
            versions.add_version(conn, new_version(macro_id, f"c{number}"))
        site = sites.find_site(conn, "acme")
        assert site is not None
        full, empty = spaces.find_space(conn, site.id, "ACME"), spaces.put_space(conn, site.id, "EMPTY", "2", "")
        assert full is not None
        assert spaces.count_contents(conn, [full.id, empty]) == {full.id: (2, 4)}
        assert spaces.count_site(conn, site.id) == (2, 2, 4)
        assert spaces.count_site(conn, add_site(conn, "beta")) == (0, 0, 0)


def test_adding_a_capture_again_changes_nothing(registry: Registry) -> None:
    with registry.write() as conn:
        macro_id = add_macro(conn)
        added = versions.add_version(conn, new_version(macro_id, "c1"))
        again = versions.add_version(conn, replace(new_version(macro_id, "c1"), captured_by_name="Somebody else"))
        assert again == added
        assert versions.list_versions(conn, macro_id) == [added]
        assert versions.find_version_of_capture(conn, macro_id, "c2") is None


def test_a_missing_version_is_said_with_the_newest(registry: Registry) -> None:
    with registry.write() as conn:
        macro_id = add_macro(conn)
        with pytest.raises(NotFound, match="no version 1; it has none yet"):
            versions.get_version(conn, macro_id, 1)
        versions.add_version(conn, new_version(macro_id, "c1"))
        with pytest.raises(NotFound, match="no version 7; its newest is 1"):
            versions.get_version(conn, macro_id, 7)


def test_stickers_on_and_off_versions(registry: Registry) -> None:
    with registry.write() as conn:
        macro_id = add_macro(conn)
        page_id = pages.list_pages(conn, 1)[0].id
        version = versions.add_version(conn, new_version(macro_id, "c1"))
        green = stickers.put_sticker(conn, page_id, "Signed", "green", created_by="ada", created_at=1)
        red = stickers.put_sticker(conn, page_id, "Audit", "red", created_by="ada", created_at=2)
        for sticker_id in (green, red, green):
            stickers.assign_sticker(conn, sticker_id, version.id, assigned_by="ada", assigned_at=3)
        assert [s.name for s in versions.list_versions(conn, macro_id)[0].stickers] == ["Audit", "Signed"]
        stickers.unassign_sticker(conn, red, version.id)
        stickers.unassign_sticker(conn, red, version.id)
        assert [s.name for s in versions.get_version(conn, macro_id, 1).stickers] == ["Signed"]
        assert stickers.put_sticker(conn, page_id, "Signed", "blue", created_by="bob", created_at=9) == green
        assert [(s.name, s.colour, s.created_by) for s in stickers.list_stickers(conn, page_id)] == [
            ("Audit", "red", "ada"),
            ("Signed", "blue", "ada"),
        ]


def test_a_sticker_belongs_to_its_page(registry: Registry) -> None:
    with registry.write() as conn:
        version = versions.add_version(conn, new_version(add_macro(conn), "c1"))
        add_macro(conn, page="11", macro="m2")
        other_page = pages.list_pages(conn, 1)[1].id
        sticker_id = stickers.put_sticker(conn, other_page, "Signed", "green", created_by="ada", created_at=1)
        with pytest.raises(InvalidInput, match="not of the same page"):
            stickers.assign_sticker(conn, sticker_id, version.id, assigned_by="ada", assigned_at=1)
        with pytest.raises(InvalidInput, match="cannot be 'pink'; choose one of grey, blue"):
            stickers.put_sticker(conn, other_page, "Signed", "pink", created_by="ada", created_at=1)


def test_backups_newest_first(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
        for created_at in (5, 9, 7):
            backups.add_backup(
                conn,
                site_id=site_id,
                created_at=created_at,
                created_by="ada",
                path=f"/backups/{created_at}.zip",
                archive_bytes=1,
                archive_sha256="aa",
                selection="{}",
                counts="{}",
            )
        assert [backup.created_at for backup in backups.list_backups(conn, site_id)] == [9, 7, 5]
        assert backups.list_backups(conn, site_id + 1) == []


def start_restore(conn: sa.Connection, site_id: int) -> int:
    return restores.start_restore(
        conn,
        site_id=site_id,
        source_cloud_id="elsewhere",
        archive_path="a.zip",
        archive_sha256="aa",
        started_at=1,
        options="{}",
    )


def test_a_restore_and_its_chunks(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
        restore_id = start_restore(conn, site_id)
        restores.add_chunk(conn, restore_id, "versions 1", '{"created":1}', 5)
        restores.add_chunk(conn, restore_id, "versions 2", "{}", 6)
        restores.finish_restore(conn, restore_id, "done", 7)
        found = restores.get_restore(conn, restore_id)
        assert (found.state, found.finished_at) == ("done", 7)
        assert [chunk.name for chunk in restores.list_chunks(conn, restore_id)] == ["versions 1", "versions 2"]
        chunk = restores.find_chunk(conn, restore_id, "versions 1")
        assert chunk is not None
        assert chunk.counts == '{"created":1}'
        assert restores.find_chunk(conn, restore_id, "versions 3") is None
        second = start_restore(conn, site_id)
        assert [restore.id for restore in restores.list_restores(conn, site_id)] == [second, restore_id]
        with pytest.raises(NotFound, match="no restore 99"):
            restores.get_restore(conn, 99)


def test_a_chunk_is_noted_once(registry: Registry) -> None:
    with registry.write() as conn:
        restore_id = start_restore(conn, add_site(conn))
    with registry.write() as conn:
        restores.add_chunk(conn, restore_id, "versions 1", "{}", 5)
    with pytest.raises(sa.exc.IntegrityError), registry.write() as conn:
        restores.add_chunk(conn, restore_id, "versions 1", "{}", 5)


def test_parked_records_wait_and_leave(registry: Registry) -> None:
    with registry.write() as conn:
        site_id = add_site(conn)
        waiting = [NewParked(site_id, "elsewhere", "page", f'["{n}"]', "[1]", "no page", n) for n in range(2500)]
        parked.put_parked(conn, waiting)
        parked.put_parked(conn, [NewParked(site_id, "elsewhere", "macro", '["m"]', "[1]", "no macro", 1)])
        parked.put_parked(conn, [replace(waiting[0], record="[2]", reason="still none", parked_at=9)])
        parked.put_parked(conn, [])
        assert parked.count_parked(conn, site_id) == {"page": 2500, "macro": 1}
        first, *others = parked.iter_parked(conn, site_id, "page")
        assert (first.record, first.reason, first.parked_at) == ("[2]", "still none", 9)
        assert [row.natural_key for row in others] == [row.natural_key for row in waiting[1:]]
        for row in parked.iter_parked(conn, site_id, "page"):
            parked.delete_parked(conn, [row.id])
        assert parked.count_parked(conn, site_id) == {"macro": 1}
