"""`snapshots demo`: the whole story on two small sites of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave both sites and the backup area running.")] = False,
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Where archives, plans and the HTML comparison go.")
    ] = Path("demo-output"),
) -> int:
    """Tell the whole story on two emulated sites.

    Take, change, compare, back up, move, restore, undo; then Jira moves too. Every step checks itself.
    """
    from snapshots.demo.story import tell  # needs nothing of the other commands, nor they of it

    return tell(output.absolute(), keep=keep)
