"""How a person names a page on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import typer

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.errors import InvalidInput, NotFound

PageArgument = Annotated[str, typer.Argument(metavar="PAGE", help="Page id, address of the page, or SPACE:Title.")]
SiteOption = Annotated[
    str | None,
    typer.Option(
        "--site", metavar="NAME", envvar="SNAPSHOTS_SITE", help="Name of the site; not needed when there is only one."
    ),
]
MacroOption = Annotated[
    str | None, typer.Option("--macro", metavar="ID", help="Macro id; needed only where a page holds several.")
]

_IN_ADDRESS = re.compile(r"/pages/(?:viewpage\.action\?pageId=|edit-v2/)?(\d+)")


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page by its id, or by space key and title."""

    page_id: str | None
    space_key: str = ""
    title: str = ""


def parse_page(text: str) -> PageAddress:
    """What `text` names; `InvalidInput` when it is none of the three forms."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return PageAddress(text)
    if text.startswith(("http://", "https://")):
        found = _IN_ADDRESS.search(text)
        if not found:
            raise InvalidInput(f"No page id in {text!r}: copy the address from the page itself, or give SPACE:Title.")
        return PageAddress(found[1])
    space_key, colon, title = text.partition(":")
    if colon and space_key.strip() and title.strip():
        return PageAddress(None, space_key.strip(), title.strip())
    raise InvalidInput(f"{text!r} does not name a page: give its id, its address, or SPACE:Title.")


def resolve_page(confluence: ConfluenceClient, text: str) -> str:
    """The id of the page that `text` names, asking the site only for a title. Raises `NotFound`."""
    address = parse_page(text)
    if address.page_id:
        return address.page_id
    page = confluence.find_page(address.space_key, address.title)
    if page is None:
        raise NotFound(
            f"There is no page {address.title!r} in space {address.space_key} that the account may see: "
            "check both, or give the page's id."
        )
    return page.id
