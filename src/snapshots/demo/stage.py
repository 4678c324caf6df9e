"""What the demo stands on: two sites, two installations of Snapshots, and a way to run commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snapshots.errors import SiteUnavailable, SnapshotsError

TOKEN = "emulator"
ADMIN = "admin@example.com"

PYTHON = (sys.executable, "-P", "-m")
"""How a module is run: with -P, a file such as copy.py in the folder the demo is started in is not imported."""

_START_SECONDS = 60.0
_COMMAND_SECONDS = 110.0


class DemoFailed(SnapshotsError):
    """A step of the demo did not end as it must. A fault of ours, shown with what was seen."""


@dataclass(slots=True)
class EmulatedSite:
    """An Atlassian site in a process of its own, which may outlive this one."""

    name: str
    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_site(name: str, *, folder: Path, options: Sequence[str] = ()) -> EmulatedSite:
    """Start an emulated site on a free port, keeping its data and log in `folder`, and wait until it answers."""
    log = folder / f"{name}.log"
    command = [*PYTHON, "atlassian_emulator", "--port", "0", "--site-name", name]
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / f"{name}-data"), *options],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C is for the demo, which stops its sites itself, or leaves them running when asked to.
            start_new_session=True,
        )
    site = EmulatedSite(name, "", process)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            words = log.read_text(encoding="utf-8")
            address = re.search(r"https?://[\w.:-]+", words)
            if address and re.search(r"^ready$", words, re.MULTILINE):
                site.url = address[0]
                return site
            time.sleep(0.05)
    finally:
        if not site.url:
            site.stop()
    words = log.read_text(encoding="utf-8")[-400:].strip()
    raise SiteUnavailable(f"The emulated site {name!r} did not start: {words or 'it said nothing'}.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(slots=True)
class Installation:
    """Snapshots as one administrator has it: a home of its own, and the command line."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, expect: int = 0) -> Answer:
        """Run one `snapshots` command; `DemoFailed` with its words when it ends with another exit code."""
        done = subprocess.run(
            [*PYTHON, "snapshots", *arguments],
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            env={
                **os.environ,
                **self.environ,
                "SNAPSHOTS_HOME": str(self.home),
                "COLUMNS": str(min(shutil.get_terminal_size().columns, 160)),
            },
        )
        if done.returncode != expect:
            words = (done.stderr or done.stdout).strip()[-800:]
            raise DemoFailed(
                f"`snapshots {' '.join(arguments)}` ended with exit code {done.returncode} instead of {expect}: {words}"
            )
        return Answer(done.returncode, done.stdout, done.stderr)
