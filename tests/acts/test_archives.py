"""Archives brought here: taken in whole or not at all, checked, kept for a while, removed."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshots.access.actors import SERVICE, Actor
from snapshots.access.settings import change_settings
from snapshots.access.uses import UseLog
from snapshots.acts import archives as acts
from snapshots.acts import backups, jobs, tasks
from snapshots.acts.housekeeping import Housekeeper, sweep
from snapshots.app import App
from snapshots.backup import receive
from snapshots.backup.receive import DiskFull, IncomingFile, UploadCut, UploadTooLarge
from snapshots.backup.selection import ResolvedSelection
from snapshots.errors import DamageError, Gone, InvalidInput, NotFound
from snapshots.jobs import FINAL_STATES
from snapshots.registry import audit_events, tables, uploads
from snapshots.registry.uploads import UploadRow

ALL = ResolvedSelection("all", ())


@pytest.fixture
def held(app: App) -> Iterator[App]:
    with jobs.open_engine(app):
        yield app


@pytest.fixture
def archive(app: App, ada: Actor, tmp_path: Path) -> bytes:
    path = tmp_path / "made.zip"
    backups.create_backup(app, "acme", ALL, path, actor=ada)
    return path.read_bytes()


def bring(app: App, data: bytes, actor: Actor, name: str = "acme.zip", site: str = "globex") -> UploadRow:
    incoming = acts.begin_upload(app, site, len(data))
    try:
        for start in range(0, len(data), 1000):
            incoming.write(data[start : start + 1000])
        return acts.finish_upload(app, site, incoming, name=name, actor=actor)
    finally:
        incoming.abandon()


def files(app: App) -> list[Path]:
    return sorted(app.config.uploads_dir.glob("*"))


def test_an_archive_comes_in_whole_and_says_what_it_is(app: App, ada: Actor, archive: bytes) -> None:
    row = bring(app, archive, ada)
    assert row.file_sha256 == hashlib.sha256(archive).hexdigest()
    assert [path.read_bytes() for path in files(app)] == [archive]
    facts = acts.facts_of(row)
    assert (facts.source.name, facts.counts["page"], facts.selection.mode) == ("acme", 6, "all")
    assert acts.list_archives(app, "globex") == [row]
    assert acts.list_archives(app, "acme") == []
    with pytest.raises(NotFound, match="no uploaded archive"):
        acts.get_archive(app, "acme", row.id)


def test_what_is_no_archive_leaves_nothing(app: App, ada: Actor, archive: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("holiday.jpg", b"sand")
    foreign = (tmp_path / "other.zip").read_bytes()
    flipped = bytearray(archive)
    flipped[len(archive) // 2] ^= 1
    for data, kind, words in (
        (b"", InvalidInput, "'acme.zip' is empty"),
        (b"not a zip at all", InvalidInput, "'acme.zip' is not an archive of Snapshots"),
        (foreign, InvalidInput, "is a zip, but not an archive of Snapshots"),
        (archive[:-100], DamageError, "'acme.zip' is damaged"),
        (bytes(flipped), DamageError, "'acme.zip' is damaged"),
    ):
        with pytest.raises(kind, match=words) as refused:
            bring(app, data, ada)
        assert str(app.config.home) not in str(refused.value)
    assert files(app) == []
    assert acts.list_archives(app, "globex") == []


def test_a_cut_or_altered_upload_leaves_nothing(app: App, ada: Actor, archive: bytes) -> None:
    incoming = acts.begin_upload(app, "globex", len(archive))
    incoming.write(archive[:100])
    with pytest.raises(UploadCut, match=f"Only 100 of {len(archive):,} bytes came"):
        acts.finish_upload(app, "globex", incoming, name="a.zip", actor=ada)
    incoming.abandon()
    incoming = acts.begin_upload(app, "globex", None)
    incoming.write(archive)
    with pytest.raises(UploadCut, match="was sent as 00"):
        acts.finish_upload(app, "globex", incoming, name="a.zip", actor=ada, sha256="00")
    incoming.abandon()
    assert files(app) == []


def test_what_does_not_fit_is_refused_before_or_while_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UploadTooLarge, match="larger than the 100 bytes"):
        IncomingFile(tmp_path, max_bytes=100, expected_bytes=101)
    incoming = IncomingFile(tmp_path, max_bytes=100, expected_bytes=None)
    incoming.write(b"x" * 100)
    with pytest.raises(UploadTooLarge):
        incoming.write(b"x")
    incoming.abandon()
    monkeypatch.setattr(receive.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(DiskFull, match="no room for 50 bytes"):
        IncomingFile(tmp_path, max_bytes=100, expected_bytes=50)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A real one: the process may write no file beyond 64 KiB."""
    import resource
    import signal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    incoming = IncomingFile(tmp_path, max_bytes=10**9, expected_bytes=None)
    try:
        with pytest.raises(DiskFull, match="make room on its disk"):
            for _ in range(100):
                incoming.write(b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
        incoming.abandon()
    assert list(tmp_path.iterdir()) == []


def test_every_record_is_checked_as_a_task(held: App, ada: Actor, archive: bytes) -> None:
    row = bring(held, archive, ada)
    task_id = acts.start_verify(held, "globex", row.id, ada)
    while (task := tasks.get_task(held, "globex", task_id)).state not in FINAL_STATES:
        time.sleep(0.02)
    assert (task.state, task.percentage) == ("done", 100)
    checked = acts.get_archive(held, "globex", row.id)
    assert checked.verified_at is not None
    assert acts.findings_of(checked) == []


def test_names_are_made_harmless() -> None:
    assert acts.plain_name("../../etc/passwd") == "passwd"
    assert acts.plain_name("C:\\Users\\ada\\größe\u202e\x1b[2J.zip") == "größe[2J.zip"
    assert acts.plain_name("a/..") == acts.plain_name("") == "archive.zip"
    assert len(acts.plain_name("x" * 999)) == 150


def test_deleting_keeps_the_row_and_says_so(app: App, ada: Actor, archive: bytes) -> None:
    row = bring(app, archive, ada)
    acts.delete_archive(app, "globex", row.id, ada)
    assert files(app) == []
    with pytest.raises(Gone, match="was deleted or has expired"):
        acts.get_archive(app, "globex", row.id)
    with app.registry.read() as conn:
        assert [each.deleted_at is None for each in uploads.list_uploads(conn, row.site_id, deleted=True)] == [False]


def test_what_was_kept_long_enough_is_swept(app: App, ada: Actor, archive: bytes, tmp_path: Path) -> None:
    old, new = bring(app, archive, ada, "old.zip"), bring(app, archive, ada, "new.zip")
    for _ in range(2):
        backups.create_backup(app, "acme", ALL, None)
    made = [each for each in backups.list_backups(app, "acme") if each.row.path.startswith(str(app.config.home))]
    outside = tmp_path / "outside.zip"
    backups.create_backup(app, "acme", ALL, outside)
    app.config.plans_dir.mkdir(exist_ok=True)
    stale, fresh = app.config.plans_dir / "stale.json", app.config.plans_dir / "fresh.json"
    dead, alive = (app.config.uploads_dir / f"{name}.zip.part" for name in ("dead", "alive"))
    for path in (stale, fresh, dead, alive):
        path.touch()
    month_ago = time.time() - 40 * 86_400
    for path in (stale, dead):
        os.utime(path, (month_ago, month_ago))
    with app.registry.write() as conn:
        change_settings(conn, 1, ada, keep_backups_days=30)
        ago = int(month_ago * 1_000_000)
        conn.execute(tables.upload.update().where(tables.upload.c.id == old.id).values(uploaded_at=ago))
        aged = tables.backup.c.id.in_(
            [made[0].row.id, *(b.row.id for b in backups.list_backups(app, "acme") if b.row.path == str(outside))]
        )
        conn.execute(tables.backup.update().where(aged).values(created_at=ago))
    sweep(app)
    assert [path.name for path in files(app)] == sorted([Path(new.path).name, "alive.zip.part"])
    assert (stale.exists(), fresh.exists()) == (False, True)
    assert [Path(each.row.path).exists() for each in made] == [False, True]
    assert outside.exists(), "what somebody wrote elsewhere is theirs"
    with app.registry.read() as conn:
        swept = [event for event in audit_events.list_events(conn, None) if event.action == "file.swept"]
    assert {event.actor_name for event in swept} == {SERVICE.name}
    assert len(swept) == 2


def test_a_backups_file_is_deleted_once_and_only_in_our_folder(app: App, ada: Actor, tmp_path: Path) -> None:
    backups.create_backup(app, "acme", ALL, None)
    backups.create_backup(app, "acme", ALL, tmp_path / "own.zip")
    own, ours = backups.list_backups(app, "acme")
    with pytest.raises(InvalidInput, match="delete the file there"):
        backups.delete_backup(app, "acme", own.row.id, ada)
    with pytest.raises(NotFound):
        backups.delete_backup(app, "globex", ours.row.id, ada)
    backups.delete_backup(app, "acme", ours.row.id, ada)
    assert not Path(ours.row.path).exists()
    for call in (backups.get_file, lambda *args: backups.delete_backup(*args, ada)):
        with pytest.raises(Gone, match="was deleted"):
            call(app, "acme", ours.row.id)
    (tmp_path / "own.zip").write_bytes(b"somebody else's")
    with pytest.raises(Gone, match="not as it was"):
        backups.get_file(app, "acme", own.row.id)


def test_what_a_killed_backup_left_is_swept_by_the_next_at_its_place(app: App, tmp_path: Path) -> None:
    gone, alive = (tmp_path / f".acme.zip.{pid}.part" for pid in (2**22 + 1, os.getppid()))
    for part in (gone, alive):
        part.touch()
    backups.create_backup(app, "acme", ALL, tmp_path / "acme.zip")
    assert (gone.exists(), alive.exists()) == (False, True)


def test_the_housekeeper_notes_uses_when_it_stops_and_survives_failures(
    held: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snapshots.acts.housekeeping.sweep", lambda app: 1 / 0)
    uses = UseLog(held.registry)
    keeper = Housekeeper(held, uses)
    keeper.start()
    uses.note_refusal(None, "192.0.2.1", "key-unknown")
    keeper.stop()
    with held.registry.read() as conn:
        assert [event.action for event in audit_events.list_events(conn, None)] == ["key.refused"]


def test_jira_data_that_was_brought_long_ago_goes(app: App) -> None:
    folder = app.config.home / "jira-data" / "site-1"
    folder.mkdir(parents=True)
    old = [folder / "a.jira-data.ndjson", folder.parent / "b.csv", folder / "c.jira-data.ndjson.part"]
    new = [folder / "d.jira-data.ndjson", folder.parent / "e.csv"]
    for path in (*old, *new):
        path.write_text("x")
    for path in old:
        os.utime(path, (1, 1))
    sweep(app)
    assert sorted(path for path in folder.parent.rglob("*.*")) == sorted(new)
