"""Writing a file so that it is there whole, with every byte on the disk, or not at all."""

from __future__ import annotations

import glob
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from snapshots.errors import StorageError


@contextmanager
def new_file(path: Path, name: str) -> Iterator[BinaryIO]:
    """A file beside `path` that takes its place when the block ends, or goes away when it raises.

    `name` is what messages call the file, as "The archive". Raises StorageError when it cannot be written, and before
    the block for a place that holds something else than a file.
    """
    if path.exists() and not path.is_file():
        # To take the name of a device would leave the machine without it.
        raise StorageError(f"{name} cannot be written to {path} (it is not a file); choose another place.")
    # Of this thread alone: two requests may have the same plan saved at once.
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        _sweep_parts(path)
        with part.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"{name} {path} cannot be written: {error.strerror or error}; free space or choose another folder."
        ) from error
    finally:
        # Where even the folder is none, there is no part either.
        with suppress(OSError):
            part.unlink()


def save_whole(path: Path, name: str, data: bytes) -> None:
    """Write `data` to `path`, as `new_file`."""
    with new_file(path, name) as file:
        file.write(data)


def make_folder(folder: Path) -> Path:
    """A folder of the service's own, made where it is missing. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {folder} cannot be made ({error.strerror}); make room, or remove it.") from None
    return folder


def _sweep_parts(path: Path) -> None:
    """Remove what processes left that were killed while they wrote the same file."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        pid, _, _ = part.name.rsplit(".", 2)[1].partition("-")
        if pid.isdigit() and not _is_alive(int(pid)):
            part.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, as the data is already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
