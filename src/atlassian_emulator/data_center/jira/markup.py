"""Documents to Jira's wiki markup: for texts that were not written in it, or were changed since."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.directory import Directory
from atlassian_emulator.jira.wiki import document_to_wiki


def markup_of(document: dict[str, Any], directory: Directory) -> str:
    """Return a document as wiki markup; people in it are named as Data Center names them."""
    return document_to_wiki(document, lambda account_id: directory.entry_of(account_id).name)
