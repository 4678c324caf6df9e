"""Jira Cloud: its data, JQL, and the REST API v3.

`SCHEMA` and `ROUTES` are what a server needs; `load_file` and `load_issues` fill a site; `Jira` is
the part of a site that a test steers, for instance with `site.part(Jira).hide_project(…)`.
"""

from atlassian_emulator.jira.loading import load_file, load_issues
from atlassian_emulator.jira.routes import ROUTES
from atlassian_emulator.jira.schema import SCHEMA
from atlassian_emulator.jira.store import Jira

__all__ = ["ROUTES", "SCHEMA", "Jira", "load_file", "load_issues"]
