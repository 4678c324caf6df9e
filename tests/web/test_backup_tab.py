"""The tab Backup / Export, walked in a real browser and called without scripts."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from snapshots.access.actors import SERVICE
from snapshots.acts import backups
from snapshots.app import App
from snapshots.backup.read import open_archive
from snapshots.backup.selection import select_all
from snapshots.config import read_config
from snapshots.jobs.locks import FileLocks

TAB = "/sites/acme/backup"


@contextmanager
def held_back(served: Any) -> Iterator[None]:
    """While inside, a backup of acme begins and does not get on."""
    lock = FileLocks(served.home / "executors").try_lock("exclusive acme: registry")
    assert lock is not None
    try:
        yield
    finally:
        lock.release()


def choose(page: Any, way: str) -> None:
    page.goto(TAB)
    page.locator(f"#which-{way}").check()


def prepare(page: Any) -> None:
    page.get_by_role("button", name=re.compile("Prepare snapshots export file")).locator("visible=true").click()


def browser_noted(page: Any, *statuses: int) -> None:
    """Take out what the browser says of answers with these statuses, which were meant."""
    meant = tuple(f"the server responded with a status of {status}" for status in statuses)
    page.complaints[:] = [said for said in page.complaints if not any(words in said for words in meant)]


def told(page: Any, words: str) -> None:
    """Wait until the page says so in its place, not only in passing."""
    page.locator(".message-title", has_text=words).wait_for()


def test_everything_is_exported_downloaded_and_deleted(
    page: Any, served: Any, shoot: Callable[[Any, str], None], tmp_path: Path
) -> None:
    page.goto(TAB)
    shoot(page, "backup")
    with held_back(served):
        prepare(page)
        page.get_by_text("Preparing the export file").wait_for()
        shoot(page, "backup-running")
    told(page, "The export file is ready")
    shoot(page, "backup-ready")
    with page.expect_download() as download:
        page.locator("#work").get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "archive.zip")
    row = page.locator("#files tbody tr").first
    row.get_by_text(hashlib.sha256((tmp_path / "archive.zip").read_bytes()).hexdigest()).wait_for()
    assert "Local administrator" in row.text_content()
    assert "All spaces" in row.text_content()
    with open_archive(tmp_path / "archive.zip") as archive:
        assert archive.manifest.counts["version"] == 3

    row.get_by_role("link", name=re.compile("Delete")).click()
    page.get_by_role("dialog").wait_for()
    shoot(page, "backup-delete")
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    row.get_by_role("link", name=re.compile("Delete")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.locator("#files tbody tr").first.get_by_text("deleted").wait_for()
    assert page.get_by_role("dialog").count() == 0
    assert page.locator(".task").count() == 0
    shoot(page, "backup-files")


def test_spaces_are_picked_by_keyboard_alone(page: Any, shoot: Callable[[Any, str], None]) -> None:
    page.goto(TAB)
    page.locator("#which-all").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "space-search"
    page.keyboard.type("quality")
    page.locator("#space-results li").nth(1).wait_for(state="detached")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.get_by_text("1 space chosen").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "space-search"
    page.keyboard.press("Control+A")
    page.keyboard.type("rel")
    page.locator("#space-results").get_by_text("Releases").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.get_by_text("2 spaces chosen").wait_for()
    shoot(page, "backup-picker")
    page.get_by_role("button", name="Take out Releases (REL)").focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 space chosen").wait_for()
    assert not page.locator("[data-picks=REL]").is_checked()
    page.get_by_role("button", name="Prepare snapshots export file").locator("visible=true").focus()
    page.keyboard.press("Enter")
    told(page, "The export file is ready")
    page.locator("#files tbody tr").first.get_by_role("cell", name="QMS", exact=True).wait_for()


def test_all_that_were_found_are_chosen_at_once(page: Any, served: Any, shoot: Callable[[Any, str], None]) -> None:
    with closing(sqlite3.connect(served.home / "registry.sqlite", timeout=30)) as db:
        row = ("INSERT INTO space (site_id, key, remote_id, name) SELECT id, ?, ?, ? FROM site", range(600))
        db.executemany(row[0], [(f"MANY{number}", f"many-{number}", f"Many {number}") for number in row[1]])
        db.commit()
    try:
        page.goto("/sites/acme/backup")
        page.get_by_label("Select specific spaces").check()
        page.get_by_role("button", name="Choose the first 500 of").wait_for()
        page.get_by_label("Search by name or key").fill("many 12")
        page.get_by_text("16 spaces", exact=True).wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Choose all 16 found"
        page.keyboard.press("Enter")
        page.get_by_text("16 spaces chosen").wait_for()
        assert page.evaluate("document.activeElement.id") == "space-search"
        shoot(page, "backup-choose-all")
        # More than are shown, some of which are chosen already.
        page.get_by_label("Search by name or key").fill("many 1")
        page.get_by_role("button", name="Choose all 195 found").click()
        page.get_by_text("195 spaces chosen").wait_for()
    finally:
        with closing(sqlite3.connect(served.home / "registry.sqlite", timeout=30)) as db:
            db.execute("DELETE FROM space WHERE key LIKE 'MANY%'")
            db.commit()


def test_what_was_chosen_stays_chosen_while_one_searches_on(page: Any) -> None:
    choose(page, "picked")
    page.locator("[data-picks=REL]").check()
    page.locator("#space-search").fill("quality")
    page.locator("[data-picks=REL]").wait_for(state="detached")
    page.locator("#space-search").fill("")
    page.locator("[data-picks=REL]").wait_for()
    assert page.locator("[data-picks=REL]").is_checked()
    page.locator("#space-search").fill("nothing of the kind")
    page.get_by_text("No space with snapshots has this").wait_for()
    assert page.locator(".chosen .tag").count() == 1


def upload(page: Any, content: bytes) -> None:
    choose(page, "csv")
    page.locator("#file").set_input_files({"name": "spaces.csv", "mimeType": "text/csv", "buffer": content})


def test_a_csv_file_shows_what_it_was_understood_to_mean(page: Any, shoot: Callable[[Any, str], None]) -> None:
    upload(page, b"Space key\nREL\n\nqms\nREL\nATLANTIS\n")
    result = page.locator("#csv-result")
    result.get_by_text("2 spaces").wait_for()
    assert "ATLANTIS, line 6" in " ".join(result.text_content().split())
    assert page.locator(".task").count() == 0
    shoot(page, "backup-csv")
    prepare(page)
    told(page, "The export file is ready")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no space key"),
        (b"REL,Releases\nQMS,Quality\n", "more than one column"),
        (b"\xff\xfe\x00\xd8", "neither UTF-8 nor UTF-16"),
        ("REL\nQMS\n".encode("utf-16"), "2 spaces"),
        (b"".join(b"NONE%d\n" % number for number in range(10_000)), "10,000 keys"),
    ],
    ids=["empty", "two-columns", "torn", "utf-16", "10000-unknown"],
)
def test_an_odd_csv_file_is_answered_in_place(page: Any, content: bytes, words: str) -> None:
    upload(page, content)
    page.locator("#csv-result").get_by_text(words).first.wait_for()
    assert len(page.locator("#csv-result").inner_html()) < 50_000
    browser_noted(page, 400)


def test_a_second_backup_is_told_which_is_running_and_the_first_can_be_cancelled(
    page: Any, served: Any, visitor: Any
) -> None:
    page.goto(TAB)
    with held_back(served):
        prepare(page)
        page.get_by_text("Preparing the export file").wait_for()
        task = page.locator(".task").get_attribute("id").removeprefix("task-")
        refused = visitor.post(f"{TAB}/start", {"mode": "all"}, headers={"HX-Request": "true"})
        assert refused.status_code == 409
        assert task in refused.text
        # Whoever presses the button once more keeps it before their eyes, and another browser sees it too.
        prepare(page)
        page.get_by_text("Something else must end first").wait_for()
        assert page.locator(".task").get_attribute("id") == f"task-{task}"
        assert task in visitor.get(TAB).text
        page.get_by_role("button", name="Cancel").click()
        told(page, "The export was cancelled")
    browser_noted(page, 409)


def test_a_file_that_is_gone_meanwhile_is_told_in_the_dialog(page: Any, served: Any) -> None:
    choose(page, "all")
    prepare(page)
    told(page, "The export file is ready")
    made = page.locator("#work").get_by_role("link", name="Download").get_attribute("href").split("/")[-2]
    page.locator(f"#files a[href='{TAB}/{made}/delete']").click()
    asked = page.get_by_role("dialog")
    asked.wait_for()
    with App(read_config({"SNAPSHOTS_HOME": str(served.home)})) as app:
        backups.delete_backup(app, "acme", int(made), SERVICE)
    asked.get_by_role("button", name="Delete").click()
    asked.get_by_text("was deleted already").wait_for()
    asked.get_by_role("button", name="Cancel").click()
    page.locator(f"#files a[href='{TAB}/{made}/file']").wait_for()
    browser_noted(page, 410)


def test_a_file_that_a_command_wrote_elsewhere_is_not_ours_to_delete(visitor: Any, served: Any, tmp_path: Path) -> None:
    with App(read_config({"SNAPSHOTS_HOME": str(served.home)})) as app:
        everything = backups.resolve_spaces(app, "acme", select_all())
        backups.create_backup(app, "acme", everything, tmp_path / "elsewhere.zip")
        made = backups.list_backups(app, "acme", limit=1)[0].row.id
    page = visitor.get(TAB).text
    assert f"/backup/{made}/file" in page
    assert f"/backup/{made}/delete" not in page
    assert visitor.post(f"{TAB}/{made}/delete", {}).status_code == 400


def test_a_server_that_is_killed_goes_on_with_the_export(page: Any, served: Any) -> None:
    page.goto(TAB)
    with held_back(served):
        prepare(page)
        page.get_by_text("Preparing the export file").wait_for()
        served.process.kill()
        served.process.wait()
        page.get_by_text("The server does not answer").wait_for()
        served.start()
        page.get_by_text("The server answers again").wait_for()
    told(page, "The export file is ready")
    page.complaints.clear()


def test_an_export_that_failed_is_still_told_when_one_comes_back(page: Any, visitor: Any, served: Any) -> None:
    folder = served.home / "archives"
    folder.mkdir(exist_ok=True)
    folder.rename(folder.with_name("aside"))
    folder.write_text("no folder")
    try:
        page.goto(TAB)
        # A double click starts one.
        page.locator(".panel-all .primary").dblclick()
        page.get_by_text("The export failed", exact=True).wait_for()
        page.goto(TAB)
        page.get_by_text("The export failed", exact=True).wait_for()
    finally:
        folder.unlink()
        folder.with_name("aside").rename(folder)
    assert visitor.get(TAB).status_code == 200
    prepare(page)
    told(page, "The export file is ready")
    page.goto(TAB)
    assert not page.get_by_text("The export failed", exact=True).is_visible()


def test_without_scripts_everything_works_too(visitor: Any) -> None:
    answer = visitor.post(f"{TAB}/start", {"mode": "all"})
    assert answer.status_code == 303
    page = visitor.get(TAB).text
    for _ in range(100):
        if found := re.search(r"/sites/acme/backup/(\d+)/file", page):
            break
        page = visitor.get(TAB).text
    file = visitor.get(found[0])
    assert file.headers["content-disposition"].startswith("attachment")
    part = visitor.get(found[0], headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == file.content[10:20]
    asked = visitor.get(f"/sites/acme/backup/{found[1]}/delete")
    assert "Delete this export file?" in asked.text
    assert visitor.post(f"/sites/acme/backup/{found[1]}/delete", {}).status_code == 303
    assert visitor.get(found[0]).status_code == 410
    files = {"file": ("spaces.csv", b"REL\nNONE\n")}
    checked = visitor.http.post(f"{TAB}/csv", files=files, data={"_csrf_token": visitor.csrf_token()})
    assert "NONE" in checked.text and "<html" in checked.text


def test_a_csv_file_that_is_too_long_is_refused_in_place(visitor: Any) -> None:
    fields, files = {"_csrf_token": visitor.csrf_token()}, {"file": ("spaces.csv", b"x" * 6_000_000)}
    answer = visitor.http.post(f"{TAB}/csv", files=files, data=fields, headers={"HX-Request": "true"})
    assert answer.status_code == 413
    assert "smaller file" in answer.text and "<html" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/backup/999999/file", "/backup/999999/delete", "/backup/tasks/none", "/backup?before=x", "/backup?before=1.1.1"],
)
def test_odd_addresses_are_answered(visitor: Any, path: str) -> None:
    assert visitor.get(f"/sites/acme{path}").status_code in (400, 404)
