"""Jira Cloud: its data, JQL, and the REST API v3.

`SCHEMA` and `ROUTES` are what a server needs; `load_issues` (a file), `load_demo` and
`put_issues` fill a site; `Jira` is
the part of a site that a test steers, for instance with `site.part(Jira).hide_project(…)`.
"""

from atlassian_emulator.jira.loading import load_demo, load_issues, put_issues
from atlassian_emulator.jira.routes import ROUTES
from atlassian_emulator.jira.schema import SCHEMA
from atlassian_emulator.jira.store import Jira

__all__ = ["ROUTES", "SCHEMA", "Jira", "load_demo", "load_issues", "put_issues"]
