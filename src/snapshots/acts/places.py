"""What callers from elsewhere are not told: where things lie on this server, which is for operators."""

from __future__ import annotations

import re
from pathlib import PurePath

import sqlalchemy as sa

from snapshots.app import App
from snapshots.jobs import Job

_POSTGRESQL_ADDRESS = re.compile(r'server (?:at|on socket) "[^"]*"(?: \([^)]*\))?(?:, port \d+)?')
"""How libpq names the server that it could not reach."""


def hide_places(app: App, text: str) -> str:
    """The sentence with names in the place of paths below the home, and without the address of a database."""
    for url in {app.config.registry_url, app.config.jobs_url}:
        address = sa.make_url(url)
        if address.get_backend_name() == "postgresql":
            for driver in ("postgresql", "postgresql+psycopg"):
                shown = address.set(drivername=driver).render_as_string(hide_password=True)
                text = text.replace(shown, "in PostgreSQL")
    text = _POSTGRESQL_ADDRESS.sub("the server", text)
    return text.replace(f"{app.config.home}/", "").replace(str(app.config.home), "its home")


def hide_places_of_job(app: App, job: Job, text: str) -> str:
    """Likewise what a job said, whose files may lie anywhere; an uploaded archive is called as its sender called it."""
    archive, name = job.args.get("archive"), job.args.get("name")
    if archive and name:
        text = text.replace(str(archive), repr(name))
    for value in job.args.values():
        if isinstance(value, str) and PurePath(value).is_absolute():
            text = text.replace(value, PurePath(value).name)
    return hide_places(app, text)
