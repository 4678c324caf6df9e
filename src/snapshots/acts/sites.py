"""Adding and checking sites."""

from __future__ import annotations

import time

from snapshots.access.sites import Addresses, Check, iter_checks
from snapshots.app import App
from snapshots.errors import InvalidInput
from snapshots.registry import sites
from snapshots.registry.sites import SiteRow


def add_site(app: App, name: str, addresses: Addresses, *, account: str, secret: str, replace: bool) -> SiteRow:
    """Call the site, learn which one it is, and keep it. Nothing is kept when it does not answer."""
    if not name or not name.isprintable() or name != name.strip() or len(name) > 60:
        raise InvalidInput(f"{name!r} cannot be the name of a site: use 1 to 60 ordinary characters.")
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
        return list(iter_checks(site.confluence, site.jira))
