from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from snapshots.capture.spool import Spool
from snapshots.errors import DamageError, StorageError


def test_what_is_kept_is_read_until_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    digest = hashlib.sha256(b"second").hexdigest()
    spool.write("c-1", b"first")
    spool.write("c-1", b"second")
    assert spool.read("c-1", digest) == b"second"
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["c-1.json"]
    spool.remove("c-1")
    spool.remove("c-1")
    with pytest.raises(StorageError, match=r"c-1\.json"):
        spool.read("c-1", digest)


def test_what_a_killed_process_left_is_forgotten_too(tmp_path: Path) -> None:
    (tmp_path / "c-1.part").write_bytes(b"ha")
    Spool(tmp_path).remove("c-1")
    assert list(tmp_path.iterdir()) == []


def test_changed_bytes_are_damage(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write("c-1", b"first")
    with pytest.raises(DamageError, match=r"c-1\.json"):
        spool.read("c-1", hashlib.sha256(b"other").hexdigest())


def test_a_place_that_is_no_directory_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="another directory"):
        Spool(tmp_path / "file").write("c-1", b"x")


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no /dev/full to write to")
    (tmp_path / "c-1.part").symlink_to(full)
    with pytest.raises(StorageError, match="make room"):
        Spool(tmp_path).write("c-1", b"x" * 100_000)
    assert list(tmp_path.iterdir()) == []
