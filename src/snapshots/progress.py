"""How long work tells what it is doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called by long work, from any thread, as often as it likes; a door decides what to show.

    `stage` is a short phrase (`reading issues`), `done` and `total` count `unit`s; `total` is `None`
    while it is not known. An implementation may raise `JobCancelled` to stop the work.
    """

    def __call__(self, stage: str, done: int, total: int | None, unit: str) -> None: ...


def silent(stage: str, done: int, total: int | None, unit: str) -> None:
    """Tell nobody."""
