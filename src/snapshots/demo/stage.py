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
from urllib.parse import urlsplit

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
    process = _start([*command, "--data-dir", str(folder / f"{name}-data"), *options], log, os.environ)
    site = EmulatedSite(name, "", process)
    try:
        words = _wait_for(r"(?ms)(https?://[\w.:-]+).*^ready$", log, process)
        site.url = words[1] if words else ""
        if site.url:
            return site
    finally:
        if not site.url:
            site.stop()
    said = log.read_text(encoding="utf-8")[-400:].strip()
    raise SiteUnavailable(f"The emulated site {name!r} did not start: {said or 'it said nothing'}.")


def start_service(installation: Installation, *, folder: Path) -> tuple[str, EmulatedSite]:
    """Start `snapshots serve` on a free port; answers its link, which lets one person in once."""
    log = folder / "serve.log"
    process = _start([*PYTHON, "snapshots", "serve", "--port", "0"], log, installation.whole_environ)
    found = _wait_for(r"(https?://\S+/\S+)\s", log, process)
    if found is None:
        said = log.read_text(encoding="utf-8")[-400:].strip()
        process.terminate()
        raise DemoFailed(f"`snapshots serve` did not start: {said or 'it said nothing'}.")
    link = urlsplit(found[1])
    return found[1], EmulatedSite("snapshots", f"{link.scheme}://{link.netloc}", process)


def _start(command: Sequence[str], log: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as written:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**environ, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C is for the demo, which stops what it started itself, or leaves it running when asked to.
            start_new_session=True,
        )


def _wait_for(pattern: str, log: Path, process: subprocess.Popen[bytes]) -> re.Match[str] | None:
    """The first match in what the process says; `None` when it ended or said nothing of the kind in time."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(pattern, log.read_text(encoding="utf-8")):
            return found
        time.sleep(0.05)
    return None


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

    @property
    def whole_environ(self) -> dict[str, str]:
        return {**os.environ, **self.environ, "SNAPSHOTS_HOME": str(self.home)}

    def run(self, *arguments: str, expect: int = 0) -> Answer:
        """Run one `snapshots` command; `DemoFailed` with its words when it ends with another exit code."""
        done = subprocess.run(
            [*PYTHON, "snapshots", *arguments],
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            env={**self.whole_environ, "COLUMNS": str(min(shutil.get_terminal_size().columns, 160))},
        )
        if done.returncode != expect:
            words = (done.stderr or done.stdout).strip()[-800:]
            raise DemoFailed(
                f"`snapshots {' '.join(arguments)}` ended with exit code {done.returncode} instead of {expect}: {words}"
            )
        return Answer(done.returncode, done.stdout, done.stderr)
