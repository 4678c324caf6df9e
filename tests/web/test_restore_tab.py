"""The tab Restore / Import, walked in a real browser from the file to the undo, and what may be wrong on the way."""

from __future__ import annotations

import csv
import io
import json
import shutil
import socket
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator.weather import Disturbance
from snapshots.acts import jira_data
from snapshots.app import App
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport
from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.write import write_archive
from snapshots.config import read_config

RESTORE = "/sites/acme/restore"


@pytest.fixture(scope="module")
def archive(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of another site that had the same pages, one of them under another title."""
    folder = tmp_path_factory.mktemp("globex")
    shutil.copytree(world.home, folder / "home")
    with closing(sqlite3.connect(folder / "home" / "registry.sqlite")) as db:
        db.execute("UPDATE site SET cloud_id = 'globex-cloud', name = 'globex'")
        db.execute("UPDATE page SET title = 'Scope of old' WHERE title = 'Scope'")
        db.execute("UPDATE version SET jira_url = 'https://globex.example'")
        db.commit()
    with App(read_config({"SNAPSHOTS_HOME": str(folder / "home")})) as app:
        write_archive(app.registry, app.get_site("globex"), resolve_selection(select_all(), []), folder / "globex.zip")
    return folder / "globex.zip"


@pytest.fixture(scope="module")
def jira_file(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jira")
    shutil.copytree(world.home, folder / "home")
    with App(read_config({"SNAPSHOTS_HOME": str(folder / "home")})) as app:
        jira_data.export_jira_data(app, "acme", folder / "of-acme.jira-data.ndjson")
    return folder / "of-acme.jira-data.ndjson"


@pytest.fixture(scope="module")
def served(world: Any, serve: Callable[..., Any]) -> Any:
    """A server whose registry lost its history, over a site where one page was copied."""
    with Transport(
        Connection(f"{world.emulator.url}/wiki", world.emulator.url, "admin@example.com", "emulator")
    ) as one:
        confluence = ConfluenceClient(one)
        spaces = {space.key: space.id for space in confluence.iter_spaces()}
        scope = next(page for page in confluence.iter_pages(spaces["REL"]) if page.title == "Scope")
        if not any(page.title == "Scope, copied" for page in confluence.iter_pages(spaces["QMS"])):
            confluence.create_page(spaces["QMS"], "Scope, copied", scope.body or "")
    return serve()


@pytest.fixture(autouse=True)
def no_history(served: Any) -> Iterator[None]:
    """Each walk begins with an empty registry."""
    tables = ("restore_journal", "restore_chunk", "restore", "parked_record", "sticker_assignment", "sticker")
    with closing(sqlite3.connect(served.home / "registry.sqlite", timeout=30)) as db:
        for name in (*tables, "version", "macro", "page", "space", "upload"):
            db.execute(f"DELETE FROM {name}")
        db.commit()
    yield


def bring(page: Any, archive: Path) -> None:
    page.goto(RESTORE)
    page.get_by_label("Choose an archive, or drop it here").set_input_files(archive)
    page.get_by_role("heading", name="globex.zip").wait_for()


def kept(served: Any) -> set[str]:
    """What lies in the folder of uploads, of earlier walks too."""
    folder = served.home / "uploads"
    return {each.name for each in folder.iterdir()} if folder.is_dir() else set()


def make_plan(page: Any) -> None:
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_role("heading", name="Every record").wait_for()


def test_from_the_file_to_the_undo(
    page: Any, scheme: str, archive: Path, shoot: Callable[[Any, str], None], served: Any
) -> None:
    page.goto(RESTORE)
    page.get_by_role("heading", name="Nothing was restored here yet").wait_for()
    shoot(page, "restore-start")
    bring(page, archive)
    page.get_by_text("Every record was checked").wait_for()
    shoot(page, "restore-archive")
    make_plan(page)
    shoot(page, "restore-plan")
    # The copied page is decided on the spot.
    page.get_by_role("group", name="Scope of old").get_by_label("Scope in REL").check()
    page.get_by_role("button", name="Make the plan again with these decisions").click()
    page.get_by_role("heading", name="Pages to decide").wait_for(state="detached")
    page.get_by_label("Words").fill("scope of old")
    page.get_by_text("of this filter").wait_for()
    rows = page.get_by_role("region", name="Records of the plan").get_by_role("row")
    assert "mapping file" in rows.nth(1).inner_text()
    page.get_by_label("Words").fill("")
    page.get_by_label("Kind").select_option("version")
    page.get_by_text("3 records of this filter").wait_for()
    shoot(page, "restore-plan-decided")
    page.get_by_role("button", name="Restore…").click()
    shoot(page, "restore-dialog")
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_role("link", name="Download as CSV").wait_for()
    assert "DONE" in page.get_by_role("heading", level=2).first.inner_text().upper()
    shoot(page, "restore-report")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download as CSV").click()
    lines = list(csv.DictReader(io.StringIO(downloading.value.path().read_text("utf-8-sig"))))
    assert {"what": "restored", "kind": "version", "outcome": "created", "records": "3"}.items() <= lines[2].items()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download as JSON").click()
    assert json.loads(downloading.value.path().read_text())["totals"]["version"] == {"created": 3}
    assert "globex.zip" in page.locator("dl.facts").inner_text()
    page.get_by_text("The macros still ask the old Jira").wait_for()
    assert "3 macros were read from https://globex.example" in page.locator("main").inner_text()
    page.get_by_role("link", name="Undo this restore…").click()
    page.get_by_role("button", name="Undo the restore").wait_for()
    shoot(page, "restore-undo")
    page.get_by_role("button", name="Undo the restore").click()
    page.get_by_text("This restore was undone").wait_for()
    shoot(page, "restore-undone")
    with closing(sqlite3.connect(served.home / "registry.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM page").fetchone() == (0,)
    page.goto(RESTORE)
    page.get_by_role("link", name="Restore 1", exact=True).wait_for()
    shoot(page, "restore-afterwards")


def test_by_keyboard_alone(page: Any, archive: Path) -> None:
    """From the archive's page on; choosing a file is the browser's own dialog."""
    bring(page, archive)

    def press_until(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")
            if focused.startswith(name):
                return
        raise AssertionError(f"{name} cannot be reached by keyboard")

    press_until("Leave what is here")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Take the newer").is_checked()
    press_until("Make the plan")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pages to decide").wait_for()
    press_until("Restore…")
    page.keyboard.press("Enter")
    press_until("Restore")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Parked now").wait_for()
    # What was parked waits on the first page, and is tried again from there.
    page.goto(RESTORE)
    page.get_by_text("2 pages are possible").first.wait_for()
    press_until("Try again")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Plan of Parked records of globex").wait_for()


def test_a_jira_data_file_comes_along_and_is_imported_without_a_second_upload(
    page: Any, archive: Path, jira_file: Path, shoot: Callable[[Any, str], None], served: Any, tmp_path: Path
) -> None:
    bring(page, archive)
    told = page.locator("#jira-file-told")
    wrong = tmp_path / "wrong.jira-data.ndjson"
    wrong.write_bytes(jira_file.read_bytes()[:-5])
    page.get_by_label("Jira-data file").set_input_files(wrong)
    told.get_by_text("was cut off").wait_for()
    page.complaints.clear()  # the browser tells of the refusal itself
    page.get_by_label("Jira-data file").set_input_files(jira_file)
    told.get_by_text("captured issues").wait_for()
    assert page.get_by_label("Jira-data file").input_value() == "", "it is not sent once more"
    shoot(page, "restore-jira-file")
    make_plan(page)
    page.get_by_text("Brought along: the Jira-data file of-acme.jira-data.ndjson").wait_for()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the plan as JSON").click()
    plan = json.loads(downloading.value.path().read_text())
    assert plan["source"]["path"] == "globex.zip" and len(plan["pages"]) == 3
    page.get_by_role("button", name="Restore…").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_text("Jira moved too: plan the import of of-acme.jira-data.ndjson").wait_for()
    shoot(page, "restore-report-jira")
    # The findings are kept with the restore, not only with its job.
    before = page.get_by_text("Worth knowing").count()
    served.stop()
    for job_files in served.home.glob("jobs.sqlite*"):
        job_files.unlink()
    served.start()
    page.reload()
    page.get_by_role("button", name="Plan the import").wait_for()
    assert page.get_by_text("Worth knowing").count() == before == 1
    page.get_by_role("button", name="Plan the import").click()
    page.get_by_role("heading", name="What importing would do").wait_for()


def test_what_is_no_archive_is_said_in_place(page: Any, archive: Path, tmp_path: Path, served: Any) -> None:
    wrong, whole, before = tmp_path / "wrong.zip", archive.read_bytes(), kept(served)
    other_zip = io.BytesIO()
    with zipfile.ZipFile(other_zip, "w") as made:
        made.writestr("notes.txt", "buy milk")
    page.goto(RESTORE)
    for data, words in (
        (b"hello", "not even a zip"),
        (other_zip.getvalue(), "not an archive of Snapshots"),
        (whole[: len(whole) // 2], "damaged"),
        (b"", "empty"),
        (b'{"format":"snapshots-jira-data","format_version":1}\n', "give it to Import Jira data"),
    ):
        wrong.write_bytes(data)
        page.get_by_label("Choose an archive, or drop it here").set_input_files(wrong)
        page.locator("[data-upload-problem] .message.error", has_text=words).wait_for()
        assert "wrong.zip" in page.locator("[data-upload-problem]").inner_text()
        assert kept(served) == before
    # The answer's status is an error, of which the browser's console tells; nothing else may be told.
    assert all("Failed to load resource" in each for each in page.complaints)
    page.complaints.clear()
    bring(page, archive)


def test_a_csv_that_cannot_be_used_is_said_in_place(page: Any, archive: Path, tmp_path: Path) -> None:
    bring(page, archive)
    wrong = tmp_path / "pages.csv"
    wrong.write_text("source_page_id,destination_page_id\n1,2\n", "utf-16")
    page.get_by_label("Mapping file").set_input_files(wrong)
    page.get_by_label("Take the newer").check()
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_text("The mapping file is not UTF-8 text").wait_for()
    assert page.get_by_label("Take the newer").is_checked(), "what was chosen stays chosen"
    page.get_by_label("Mapping file").set_input_files([])
    page.get_by_label("Renamed spaces", exact=True).fill("REL>NEW")
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_text("write OLD=NEW").wait_for()
    page.get_by_label("Renamed spaces", exact=True).fill("")
    make_plan(page)
    page.complaints.clear()


def test_an_upload_that_breaks_off_leaves_nothing(served: Any, visitor: Any, archive: Path) -> None:
    token, cookies = visitor.csrf_token(), "; ".join(f"{one.name}={one.value}" for one in visitor.http.cookies.jar)
    head = (
        f"PUT {RESTORE}/upload?name=a.zip HTTP/1.1\r\nHost: {served.url.removeprefix('http://')}\r\n"
        f"Cookie: {cookies}\r\nx-csrftoken: {token}\r\nContent-Length: 100000000\r\n\r\n"
    )
    before = kept(served)
    with socket.create_connection(("127.0.0.1", served.port)) as sending:
        sending.sendall(head.encode() + archive.read_bytes())
        for _ in range(100):
            if kept(served) != before:
                break
            visitor.get(RESTORE)
        assert kept(served) != before, "it is being written while it comes"
    for _ in range(100):
        if kept(served) == before:
            break
        visitor.get(RESTORE)
    assert kept(served) == before
    assert "None yet" in visitor.get(RESTORE).text


def test_a_session_that_ended_comes_back_to_the_same_plan(page: Any, archive: Path, served: Any) -> None:
    bring(page, archive)
    make_plan(page)
    plan = page.url
    page.context.clear_cookies()
    page.get_by_label("Outcome").select_option("parked")
    page.wait_for_url("**/sign-in*")
    link = served.new_link()
    page.goto(f"{link}{'&' if '?' in link else '?'}next={plan.removeprefix(served.url)}")
    page.goto(plan)
    page.get_by_role("heading", name="Pages to decide").wait_for()
    page.complaints.clear()


def test_a_server_that_was_killed_goes_on_with_the_plan(page: Any, archive: Path, served: Any, world: Any) -> None:
    bring(page, archive)
    world.emulator.set_weather(Disturbance(kind="latency", seconds=1.0))
    page.get_by_role("button", name="Make the plan").click()
    page.get_by_role("heading", name="Making the plan").wait_for()
    served.stop(9)
    world.emulator.set_weather()
    served.start()
    # The page that was open all the time notices, and ends at the plan.
    page.get_by_role("heading", name="Every record").wait_for(timeout=60_000)
    page.get_by_role("button", name="Restore…").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_role("link", name="Download as CSV").wait_for()
    page.complaints.clear()


def test_plans_and_restores_of_another_site_are_nobodys_business(visitor: Any) -> None:
    for path in ("plans/0123456789abcdef", "plans/..%2f..%2fregistry", "restores/999", "tasks/restore-1", "archives/9"):
        answer = visitor.get(f"{RESTORE}/{path}")
        assert answer.status_code == 404, path
    assert visitor.get(f"{RESTORE}/restores/999999999999999999999999").status_code in (400, 404)
