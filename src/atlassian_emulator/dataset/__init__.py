"""A made-up set of issues: the software, risk files and test cases of a maker of medical devices.

    python -m atlassian_emulator.dataset --seed 7 --issues 600 --output issues.jsonl.gz

The same seed and number give the same bytes, on every machine. Up to 5,000 issues make one device
with its three projects; more issues make more devices, up to twenty, and then larger ones.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from atlassian_emulator.dataset.planning import plan_device
from atlassian_emulator.dataset.rendering import ProjectOf, render
from atlassian_emulator.dataset.vocabulary import DEVICES

ISSUES_OF_A_DEVICE = 5_000


def iter_issues(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Exactly `count` issues in the shape of Jira Data Center. ValueError below 1."""
    if count < 1:
        raise ValueError("a data set holds at least one issue")
    devices = DEVICES[: max(1, min(len(DEVICES), -(-count // ISSUES_OF_A_DEVICE)))]
    for number, (key, name) in enumerate(devices):
        share = count * (number + 1) // len(devices) - count * number // len(devices)
        rng = Random(f"{seed}/{key}")
        items = plan_device(rng, key, share)
        by_key = {item.key: item for item in items}
        device = ProjectOf(key, name)
        for position, item in enumerate(items):
            # Issues of every type are spread over the whole time, so that each has old and new ones.
            progress = (position * 7919 % len(items)) / len(items)
            yield render(rng, device, item, progress, by_key)


def write_issues(path: Path, seed: int, count: int) -> None:
    """Write the data set as JSON lines, compressed when the name ends in .gz."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        if path.suffix != ".gz":
            file.writelines(encode(issue) + b"\n" for issue in iter_issues(seed, count))
            return
        # Neither name nor time in the header: the same issues are the same bytes.
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
            for issue in iter_issues(seed, count):
                packed.write(encode(issue) + b"\n")
