"""The command line of the generator."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from atlassian_emulator.dataset import write_issues


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file that the arguments ask for; 0, or 1 with a sentence on the error stream."""
    parser = argparse.ArgumentParser(
        prog="python -m atlassian_emulator.dataset", description="Write a made-up set of Jira issues."
    )
    parser.add_argument("--seed", type=int, default=7, help="another seed, another set (default 7)")
    parser.add_argument("--issues", type=int, default=600, help="how many (default 600)")
    parser.add_argument("--output", type=Path, required=True, help="file to write, .jsonl or .jsonl.gz")
    chosen = parser.parse_args(arguments)
    if chosen.issues < 1:
        parser.error("--issues must be at least 1")
    try:
        write_issues(chosen.output, chosen.seed, chosen.issues)
    except OSError as error:
        sys.stderr.write(f"{chosen.output} cannot be written: {error.strerror}. Choose another --output.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
