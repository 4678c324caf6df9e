"""Write `archive-format-<format version>.zip` beside this file: once for each version, and never again.

    python tests/golden/write_golden_archive.py

The archive must stay readable by every later version, so it is not to be made anew when the format
changes; a file that exists is left alone. Its records hold every character that JSON treats in a way of
its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from snapshots.backup.manifest import FORMAT_VERSION
from snapshots.backup.selection import resolve_selection, select_all
from snapshots.backup.write import write_archive
from snapshots.registry import bulk, sites
from snapshots.registry.engine import open_registry

NASTY = "".join(map(chr, range(1, 128))) + "ü\u2028\u2029\ufeff\uffff🎈\U0010ffff"


_THINGS = (
    ("issue", "10001", "PUMP-1", "", "50001", "INF-1", "", "project and number", "certain", "[]"),
    ("field", "customfield_10010", "", "Team", "customfield_10411", "", NASTY, "name and type", "likely", "[]"),
    ("link_type", "10000", "", "Tests", "10004", "", "Tests", "name", "certain", '[["is tested by","is verified by"]]'),
)


def write_golden(path: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_registry(f"sqlite:///{folder}/registry.db") as registry,
    ):
        with registry.write() as conn:
            site = sites.add_site(
                conn,
                name="acme",
                deployment="cloud",
                confluence_url="https://acme.example/wiki",
                jira_url="https://acme.example",
                cloud_id="11111111-2222-3333-4444-555555555555",
                account="admin@acme.example",
                secret="env:ACME_TOKEN",
                created_at=1_780_000_000_000_000,
            )
            bulk.insert_records(
                conn, "space", [(1, "ACME", "98305", "Acme", site.id), (2, "BETA", "98306", NASTY, site.id)]
            )
            bulk.insert_records(conn, "page", [(1, 1, "131073", "Release 1"), (2, 2, "131074", NASTY)])
            definition = '{"levels":[{"columns":["key","summary"],"jql":"project = \\"ACME\\""}]}'
            macro_ids = ["0b1c7a52-6a0e-4f0e-9d8e-0d6f0f8f3a01", "f9d6b4ce776b6df2ba84df23c64944e6"]
            macros = [(n, n, macro, f"snapshots-{macro}.json", definition) for n, macro in enumerate(macro_ids, 1)]
            bulk.insert_records(conn, "macro", macros)
            bulk.insert_records(conn, "version", [_version(n, 1 + n % 2, 1 + n // 2) for n in range(6)])
            bulk.insert_records(conn, "sticker", [(1, 1, "Approved ✓", "green", "712020:ada", 1_780_000_000_000_100)])
            bulk.insert_records(conn, "sticker_assignment", [(1, 1, 1, "712020:ada", 1_780_000_000_000_200)])
            jiras = ("https://old.example", "", "https://acme.example", "11111111-2222-3333-4444-555555555555")
            import_ = ("6f1e0e0c-0000-4000-8000-000000000001", *jiras, '["PUMP"]', NASTY, 1_780_000_000_000_300)
            bulk.insert_records(conn, "jira_mapping", [(1, *import_, site.id)])
            bulk.insert_records(conn, "mapped_thing", [(n, 1, *thing) for n, thing in enumerate(_THINGS, 1)])
        everything = resolve_selection(select_all(), [])
        written = write_archive(registry, site, everything, path, created_at=1_790_000_000_000_000)
        print(f"{written.path}: {written.bytes} bytes, sha256 {written.sha256}")


def _version(index: int, macro_id: int, number: int) -> tuple[object, ...]:
    capture_id = f"5d0c1c5e-0000-4000-8000-{index:012}"
    captured_at = 1_780_000_000_000_000 + index * 1_000_003
    who = ("712020:ada", NASTY, "person")
    page_version = None if index == 5 else number + 1
    digests = (f"{index:064x}", 1000 + index, f"{index + 16:064x}")
    return (
        index + 1,
        macro_id,
        capture_id,
        number,
        captured_at,
        *who,
        page_version,
        number,
        *digests,
        "[3,14]",
        None if index == 4 else "https://acme.example",
    )


if __name__ == "__main__":
    target = Path(__file__).with_name(f"archive-format-{FORMAT_VERSION}.zip")
    if target.exists():
        sys.exit(f"{target} exists and must stay as it is.")
    write_golden(target)
