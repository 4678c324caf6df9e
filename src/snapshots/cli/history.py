"""`snapshots history`: the versions of a macro."""

from __future__ import annotations

import os
from typing import Any

from rich.markup import escape

from snapshots.acts import history as acts
from snapshots.app import App
from snapshots.cli.addresses import MacroOption, PageArgument, SiteOption, parse_page
from snapshots.cli.output import JsonOption, err, moment, print_json, print_table, shown
from snapshots.config import read_config
from snapshots.history.document import describe_version
from snapshots.history.lookup import PlacedMacro
from snapshots.history.subject import TRIGGER_WORDS
from snapshots.history.versions import HistoryEntry, list_history


def place(app: App, site: str | None, page: str, macro: str | None) -> PlacedMacro:
    """The macro that the options of a command mean."""
    address = parse_page(page)
    return acts.find_macro(app, site, address.page_id, address.space_key, address.title, macro)


def history(
    page: PageArgument, site: SiteOption = None, macro: MacroOption = None, as_json: JsonOption = False
) -> None:
    """List the versions of a macro with their stickers."""
    with App(read_config(os.environ)) as app:
        placed = place(app, site, page, macro)
        with app.registry.read() as conn:
            entries = list_history(conn, placed.macro.id)
    if as_json:
        print_json(
            {
                "site": placed.site.name,
                "space_key": placed.space_key,
                "page_id": placed.page.remote_id,
                "page_title": placed.page.title,
                "macro_id": placed.macro.remote_id,
                "versions": [_as_json(entry) for entry in entries],
            }
        )
        return
    err().print(
        f"[bold]{escape(shown(placed.page.title))}[/] in {escape(placed.space_key)}, macro {placed.macro.remote_id}"
    )
    # Only a history that a move of Jira runs through has more than one.
    several = len({entry.version.jira_url for entry in entries}) > 1
    print_table(
        [
            "version",
            "taken (UTC)",
            "by",
            "how",
            "page version",
            "rows",
            "stickers",
            "same data as",
            *(["Jira"] if several else []),
        ],
        [
            [
                str(entry.number),
                moment(entry.version.captured_at),
                entry.version.captured_by_name,
                TRIGGER_WORDS.get(entry.version.trigger, entry.version.trigger),
                "" if entry.version.page_version is None else str(entry.version.page_version),
                " + ".join(f"{count:,}" for count in entry.row_counts),
                ", ".join(sticker.name for sticker in entry.version.stickers),
                "" if entry.same_data_as is None else str(entry.same_data_as),
                *([entry.version.jira_url or ""] if several else []),
            ]
            for entry in entries
        ],
        empty="No version is here yet; what was restored may still be parked: `snapshots restore status`.",
    )


def _as_json(entry: HistoryEntry) -> dict[str, Any]:
    return describe_version(entry) | {
        "attachment_version": entry.version.attachment_version,
        "payload_bytes": entry.version.payload_bytes,
        "same_data_as": entry.same_data_as,
    }
