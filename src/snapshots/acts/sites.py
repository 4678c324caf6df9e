"""Adding and checking sites."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, TypeAlias

from snapshots.access.actors import Actor, this_user
from snapshots.access.settings import change_settings, get_settings
from snapshots.access.sites import Addresses, Check, iter_checks, parse_address
from snapshots.app import App
from snapshots.capture.jiras import KnownJiras, plain_url
from snapshots.errors import InvalidInput, NotFound
from snapshots.registry import jira_mappings, sites, versions
from snapshots.registry.sites import SiteRow

_MOST_ADDRESSES = 50

Standing: TypeAlias = Literal["own", "same", "imported", "other"]
"""What a Jira is to a site: the one it reads; that one under an earlier address; one whose data was imported; or
another, from which macros may not go on."""

_STANDING_WORDS: dict[Standing, str] = {
    "same": "the same Jira under another address",
    "imported": "its data was imported",
    "other": "another Jira: takes are refused until its data is imported",
}


@dataclass(frozen=True, slots=True)
class CapturedJira:
    """A Jira from which versions of a site's macros were read; `macros` counts those whose newest version was."""

    url: str
    standing: Standing
    macros: int
    versions: int


def add_site(app: App, name: str, addresses: Addresses, *, account: str, secret: str, replace: bool) -> SiteRow:
    """Call the site, learn which one it is, and keep it. Nothing is kept when it does not answer."""
    # The name stands in addresses of the service, where a slash or dots alone would mean another place.
    is_a_place = "/" in name or "\\" in name or not name.strip(".")
    if not name or not name.isprintable() or name != name.strip() or len(name) > 60 or is_a_place:
        raise InvalidInput(f"{name!r} cannot be the name of a site: use 1 to 60 ordinary characters, and no slash.")
    with app.registry.read() as conn:
        known = sites.find_site(conn, name)
    if known and not replace:
        raise InvalidInput(f"There is a site {name!r} already: choose another name, or change it with --replace.")
    with app.calling(name, addresses, account, secret) as (confluence, _, _):
        cloud_id = confluence.get_system_info().cloud_id
    if known and known.cloud_id != cloud_id:
        raise InvalidInput(
            f"{addresses.confluence_url} is another site than {name!r} was: its history would be mixed up. "
            "Add it under a name of its own."
        )
    with app.registry.write() as conn:
        other = next((row for row in sites.list_sites(conn) if row.cloud_id == cloud_id and row.name != name), None)
        if other:
            raise InvalidInput(
                f"{addresses.confluence_url} is the site that is already called {other.name!r}, whose history would be "
                f"split: use that name, or change it with `snapshots site add {other.name} --replace`."
            )
        if known:
            return sites.replace_site(
                conn,
                known.id,
                confluence_url=addresses.confluence_url,
                jira_url=addresses.jira_url,
                account=account,
                secret=secret,
            )
        return sites.add_site(
            conn,
            name=name,
            deployment="cloud",
            confluence_url=addresses.confluence_url,
            jira_url=addresses.jira_url,
            cloud_id=cloud_id,
            account=account,
            secret=secret,
            created_at=time.time_ns() // 1000,
        )


def list_sites(app: App) -> list[SiteRow]:
    """Every site, by name."""
    with app.registry.read() as conn:
        return sites.list_sites(conn)


def check_site(app: App, name: str | None) -> list[Check]:
    """Try what captures and backups need of the site."""
    with app.open_site(name) as site:
        return [*iter_checks(site.confluence, site.jira), _check_earlier_jiras(app, site.row)]


def _check_earlier_jiras(app: App, site: SiteRow) -> Check:
    """Which other Jiras earlier captures were read from, and whether macros may go on from this one."""
    others = [jira for jira in list_jiras(app, site) if jira.standing != "own" and jira.versions]
    words = [f"{jira.versions:,} from {jira.url} ({_STANDING_WORDS[jira.standing]})" for jira in others]
    return Check("Jira of earlier captures", "; ".join(words) or "this one")


def list_jiras(app: App, site: SiteRow) -> list[CapturedJira]:
    """The Jiras that the site's macros were captured from, and every address said to be its own: its own first, then
    those from which macros may not go on. As far as the registry knows.
    """
    with app.registry.read() as conn:
        captured = versions.count_by_jira(conn, site.id)
        newest = versions.count_macros_by_jira(conn, site.id)
        same_urls = get_settings(conn, site.id).same_jira_urls
        jiras = KnownJiras(site.jira_url, same_urls, jira_mappings.list_mappings(conn, site.id))
    urls: dict[str, set[str]] = {}
    for url in (site.jira_url, *same_urls, *captured):
        urls.setdefault(plain_url(url), set()).add(url)
    found = [
        CapturedJira(
            min(spellings),
            _standing(jiras, plain, site.jira_url),
            sum(newest.get(url, 0) for url in spellings),
            sum(captured.get(url, 0) for url in spellings),
        )
        for plain, spellings in urls.items()
    ]
    order: dict[Standing, int] = {"own": 0, "other": 1, "same": 2, "imported": 3}
    return sorted(found, key=lambda jira: (order[jira.standing], jira.url))


def _standing(jiras: KnownJiras, url: str, own_url: str) -> Standing:
    if plain_url(url) == plain_url(own_url):
        return "own"
    if jiras.is_same(url, own_url):
        return "same"
    return "imported" if jiras.leads(url, own_url) else "other"


def list_same_jira_urls(app: App, site: SiteRow) -> tuple[str, ...]:
    """Earlier addresses of the site's Jira."""
    with app.registry.read() as conn:
        return get_settings(conn, site.id).same_jira_urls


def say_same_jira(app: App, name: str | None, url: str, actor: Actor | None = None) -> tuple[str, ...]:
    """State that the Jira at this earlier address is the one the site reads now; answers all such addresses."""
    site = app.get_site(name)
    address = parse_address(url)
    if plain_url(address) == plain_url(site.jira_url):
        raise InvalidInput(f"The site {site.name!r} reads {site.jira_url} already; name the address it had before.")
    with app.registry.write() as conn:
        known = get_settings(conn, site.id).same_jira_urls
        if plain_url(address) in map(plain_url, known):
            return known
        if len(known) >= _MOST_ADDRESSES:
            raise InvalidInput(f"{site.name} has {_MOST_ADDRESSES} earlier addresses already; take one back first.")
        changed = change_settings(conn, site.id, actor or this_user(), same_jira_urls=(*known, address))
        return changed.same_jira_urls


def take_back_same_jira(app: App, name: str | None, url: str, actor: Actor | None = None) -> tuple[str, ...]:
    """Take back what `say_same_jira` stated; answers the addresses that are left. Raises `NotFound`."""
    site = app.get_site(name)
    with app.registry.write() as conn:
        known = get_settings(conn, site.id).same_jira_urls
        left = tuple(one for one in known if plain_url(one) != plain_url(url))
        if left == known:
            listed = ", ".join(known) or "none"
            raise NotFound(f"{url} is not among the earlier addresses of {site.name}'s Jira; they are: {listed}.")
        return change_settings(conn, site.id, actor or this_user(), same_jira_urls=left).same_jira_urls
