"""Sites: each is one Confluence with the one Jira it captures from."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from snapshots.errors import InvalidInput, NotFound
from snapshots.registry import rows, tables


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One entry of the list of sites. `secret` says where the token is; it is kept out of `repr`."""

    id: int
    name: str
    deployment: str
    confluence_url: str
    jira_url: str
    cloud_id: str
    account: str
    secret: str = field(repr=False)
    created_at: int


def add_site(
    conn: sa.Connection,
    *,
    name: str,
    deployment: str,
    confluence_url: str,
    jira_url: str,
    cloud_id: str,
    account: str,
    secret: str,
    created_at: int,
) -> SiteRow:
    """Add a site. Raises InvalidInput when the name is taken."""
    if find_site(conn, name) is not None:
        raise InvalidInput(f"There is already a site called '{name}'; choose another name.")
    rows.insert_row(
        conn,
        tables.site,
        name=name,
        deployment=deployment,
        confluence_url=confluence_url,
        jira_url=jira_url,
        cloud_id=cloud_id,
        account=account,
        secret=secret,
        created_at=created_at,
    )
    return get_site(conn, name)


def get_site(conn: sa.Connection, name: str) -> SiteRow:
    """The site of this name. Raises NotFound, naming the sites there are."""
    found = find_site(conn, name)
    if found is None:
        names = ", ".join(f"'{site.name}'" for site in list_sites(conn)) or "none yet, `snapshots site add` adds one"
        raise NotFound(f"There is no site called '{name}'; the sites are: {names}.")
    return found


def find_site(conn: sa.Connection, name: str) -> SiteRow | None:
    return rows.fetch_one(conn, SiteRow, rows.select_as(SiteRow, tables.site).where(tables.site.c.name == name))


def list_sites(conn: sa.Connection) -> list[SiteRow]:
    """Every site, by name."""
    return rows.fetch_all(conn, SiteRow, rows.select_as(SiteRow, tables.site).order_by(tables.site.c.name))


def replace_site(
    conn: sa.Connection, site_id: int, *, confluence_url: str, jira_url: str, account: str, secret: str
) -> SiteRow:
    """Say from now on where the site is and how to call it; its name and identity stay."""
    rows.update_row(
        conn,
        tables.site,
        site_id,
        confluence_url=confluence_url,
        jira_url=jira_url,
        account=account,
        secret=secret,
    )
    site = tables.site
    return SiteRow(*conn.execute(rows.select_as(SiteRow, site).where(site.c.id == site_id)).one())
