"""What is on the sites: spaces, pages and their definitions, and what happens in Jira between two captures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.transport import Transport
from snapshots.demo.stage import ADMIN, TOKEN

SPACES = {"REL": "Releases", "QMS": "Quality management"}

PROJECTS = {"PUMP": "INF", "PUMPR": "INFR", "PUMPT": "INFT"}
"""Key of each Jira project, and the one it gets where it moves to."""

POINTS = "Story Points"
"""A custom field, which has another id on every site."""


@dataclass(frozen=True, slots=True)
class DemoPage:
    """A page with one macro."""

    space_key: str
    title: str
    words: str
    levels: tuple[dict[str, Any], ...]

    @property
    def address(self) -> str:
        return f"{self.space_key}:{self.title}"

    def definition(self, points_id: str) -> str:
        """The definition for a site where the field `POINTS` has this id."""
        return json.dumps({"levels": self.levels}).replace(POINTS, points_id)


BUGS = DemoPage(
    "REL",
    "Known defects",
    "What is still open in the infusion pump's software.",
    (
        {
            "title": "Defects",
            "jql": "project = PUMP AND issuetype = Bug ORDER BY key",
            "columns": ["key", "summary", "status", "priority", "assignee"],
        },
    ),
)

EPICS = DemoPage(
    "REL",
    "Scope of the release",
    "Every epic with its stories, as signed off.",
    (
        {
            "title": "Epics",
            "jql": "project = PUMP AND issuetype = Epic ORDER BY key",
            "columns": ["key", "summary", "status"],
        },
        {
            "title": "Stories",
            "jql": "parent = $key ORDER BY key",
            "columns": ["key", "summary", "status", "assignee", "labels", POINTS],
        },
    ),
)

TRACE = DemoPage(
    "QMS",
    "Requirements trace",
    "Each requirement, the stories that implement it, and their sub-tasks.",
    (
        {
            "title": "Requirements",
            "jql": "project = PUMP AND issuetype = Requirement ORDER BY key",
            "columns": ["key", "summary", "status", "description"],
        },
        {
            "title": "Implemented by",
            "jql": 'issue in linkedIssues($key, "is implemented by") ORDER BY key',
            "columns": ["key", "summary", "status"],
        },
        {
            "title": "Sub-tasks",
            "jql": "parent = $key ORDER BY key",
            "columns": ["key", "summary", "status", "assignee"],
        },
    ),
)

PAGES = (BUGS, EPICS, TRACE)


@contextmanager
def calling(url: str) -> Iterator[Transport]:
    """A way to call an emulated site as its administrator."""
    with Transport(Connection(f"{url}/wiki", url, ADMIN, TOKEN)) as transport:
        yield transport


def make_pages(url: str) -> dict[str, str]:
    """The spaces and pages, still without macros; page ids by address."""
    with calling(url) as transport:
        confluence = ConfluenceClient(transport)
        for key, name in SPACES.items():
            space = {"key": key, "name": name}
            transport.request("POST", f"{url}/wiki/api/v2/spaces", doing=f"making space {key}", json=space)
        ids = {space.key: space.id for space in confluence.iter_spaces()}
        return {
            page.address: confluence.create_page(ids[page.space_key], page.title, f"<p>{page.words}</p>").id
            for page in PAGES
        }


def find_field_id(url: str, name: str) -> str:
    """The id that Jira gave the field of this name."""
    with calling(url) as transport:
        return next(field.id for field in JiraClient(transport).list_fields() if field.name == name)


def reword(url: str, jql: str, words: str) -> tuple[str, str]:
    """Add words to the summary of the first issue found; its key, and the summary as it is then."""
    with calling(url) as transport:
        found = _ask(transport, "POST", "search/jql", {"jql": jql, "fields": ["summary"]})["issues"][0]
        summary = f"{found['fields']['summary']}{words}"
        _ask(transport, "PUT", f"issue/{found['key']}", {"fields": {"summary": summary}})
    return found["key"], summary


def _ask(transport: Transport, method: str, path: str, body: Any = None) -> Any:
    url = f"{transport.connection.jira_url}/rest/api/3/{path}"
    answer = transport.request(method, url, doing=f"{method} {path}", json=body)
    return json.loads(answer.body) if answer.body else None


def find_page_id(url: str, page: DemoPage) -> str | None:
    """The page's id on this site, if it is there."""
    with calling(url) as transport:
        found = ConfluenceClient(transport).find_page(page.space_key, page.title)
        return found.id if found else None


@dataclass(frozen=True, slots=True)
class Changed:
    """What happened in Jira: the keys by what was done to them."""

    reworded: str
    moved_on: str
    created: str
    deleted: str


def change_jira(url: str) -> Changed:
    """A day's work in Jira: a summary reworded, a status moved on, a defect found, another one deleted."""
    with calling(url) as transport:

        def ask(method: str, path: str, body: Any = None) -> Any:
            return _ask(transport, method, path, body)

        def keys(jql: str) -> list[str]:
            found = ask("POST", "search/jql", {"jql": jql, "fields": ["summary"]})
            return [issue["key"] for issue in found["issues"]]

        bugs = keys("project = PUMP AND issuetype = Bug AND resolution IS EMPTY ORDER BY key")
        reworded, moved_on, deleted = bugs[0], bugs[1], bugs[2]
        before = ask("GET", f"issue/{reworded}?fields=summary")["fields"]["summary"]
        ask("PUT", f"issue/{reworded}", {"fields": {"summary": f"{before}, seen again on the second device"}})
        transition = ask("GET", f"issue/{moved_on}/transitions")["transitions"][-1]
        ask("POST", f"issue/{moved_on}/transitions", {"transition": {"id": transition["id"]}})
        created = ask(
            "POST",
            "issue",
            {
                "fields": {
                    "project": {"key": "PUMP"},
                    "issuetype": {"name": "Bug"},
                    "summary": "Alarm tone is cut off when two alarms begin at once",
                }
            },
        )["key"]
        ask("DELETE", f"issue/{deleted}")
        story = keys("project = PUMP AND issuetype = Story ORDER BY key")[0]
        ask("PUT", f"issue/{story}", {"fields": {"labels": ["reviewed", "safety"]}})
    return Changed(reworded, moved_on, created, deleted)
