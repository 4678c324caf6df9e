"""A planned issue with its dates, people, state and texts, in the shape of Jira Data Center's REST API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from atlassian_emulator.dataset import texts
from atlassian_emulator.dataset.planning import LINK_TYPES, Item
from atlassian_emulator.dataset.vocabulary import LABELS, PEOPLE

Json = dict[str, Any]

FIRST_DAY: Final = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
DAYS: Final = 660

_TYPES: Final = {
    "Epic": "A body of work that is planned and released together",
    "Requirement": "What the device shall do, as it stands in the specification",
    "Story": "Work that makes a requirement true",
    "Sub-task": "A part of a larger piece of work",
    "Risk": "A way in which the device could do harm",
    "Test Case": "Steps that verify a requirement",
    "Bug": "The device does not do what it shall",
}
_WORKFLOWS: Final = {
    "Requirement": (("Draft", "new"), ("In Review", "indeterminate"), ("Approved", "done")),
    "Risk": (("Open", "new"), ("In Review", "indeterminate"), ("Mitigated", "done"), ("Accepted", "done")),
    "Test Case": (("Draft", "new"), ("Ready", "indeterminate"), ("Passed", "done"), ("Failed", "indeterminate")),
}
_WORK: Final = (("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done"))
_CATEGORIES: Final = {"new": (2, "To Do"), "indeterminate": (4, "In Progress"), "done": (3, "Done")}
_PRIORITIES: Final = ("Highest", "High", "Medium", "Medium", "Medium", "Low", "Lowest")
_RELEASES: Final = (("1.0", "2025-06-30"), ("1.1", "2025-11-28"), ("2.0", "2026-05-29"), ("2.1", ""), ("3.0", ""))


@dataclass(frozen=True)
class ProjectOf:
    """The three projects of a device."""

    key: str
    name: str

    def project(self, key: str) -> Json:
        suffix = {"R": " risk file", "T": " verification"}.get(key.removeprefix(self.key), " software")
        return {
            "key": key,
            "name": self.name + suffix,
            "description": f"{self.name}: {suffix.strip()}, kept under ISO 13485",
            "projectCategory": {"name": "Medical devices"},
        }


def render(rng: Random, device: ProjectOf, item: Item, progress: float, items: dict[str, Item]) -> Json:
    """The issue as one line of the file; `progress` from 0 to 1 says how far into the project it was created."""
    created = FIRST_DAY + timedelta(days=progress * DAYS * 0.92, minutes=rng.randrange(600))
    status, category = _status(rng, item, progress)
    updated = created + timedelta(days=rng.randrange(1, 50), minutes=rng.randrange(600))
    done = category == "done"
    fields: Json = {
        "issuetype": {"name": item.type, "description": _TYPES[item.type], "subtask": item.type == "Sub-task"},
        "project": device.project(item.key.rpartition("-")[0]),
        "summary": item.summary,
        "description": _description(rng, item),
        "environment": texts.environment(rng) if item.type == "Bug" else None,
        "status": _status_json(status, category),
        "priority": {"name": rng.choice(_PRIORITIES)},
        "resolution": {"name": "Done", "description": "Work has been completed on this issue."} if done else None,
        "resolutiondate": _moment(updated) if done else None,
        "created": _moment(created),
        "updated": _moment(updated),
        "duedate": (updated + timedelta(days=21)).date().isoformat() if rng.random() < 0.3 else None,
        "assignee": _person(rng) if rng.random() < 0.85 else None,
        "reporter": _person(rng),
        "labels": sorted({rng.choice(LABELS) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))}),
        "components": [{"name": item.component.name, "description": item.component.description}],
        "fixVersions": [_version(rng, progress)] if item.type in ("Epic", "Story", "Bug", "Requirement") else [],
        "versions": [_version(rng, progress * 0.6)] if item.type == "Bug" else [],
        "issuelinks": _links(item, items),
        "subtasks": [],
        "attachment": [],
        "comment": _comments(rng, created),
    }
    fields["creator"] = fields["reporter"]
    if item.parent is not None:
        fields["parent" if item.type == "Sub-task" else "epic"] = {"key": item.parent.key}
    if item.type in ("Story", "Bug"):
        fields |= _sprints(device.key, progress)
    custom = _custom(rng, item)
    shown: Json = {"key": item.key, "fields": fields} | ({"custom": custom} if custom else {})
    histories = _histories(item, fields, created, updated)
    return shown | ({"changelog": {"histories": histories}} if histories else {})


def _histories(item: Item, fields: Json, created: datetime, updated: datetime) -> list[Json]:
    """The way of an issue through its workflow, in even steps from its creation to its last change."""
    names = [name for name, _ in _WORKFLOWS.get(item.type, _WORK)]
    reached = names.index(fields["status"]["name"])
    author = fields["assignee"] or fields["reporter"]
    shown = []
    for number in range(1, reached + 1):
        items: list[Json] = [_change("status", names[number - 1], names[number])]
        if number == reached and fields["resolution"]:
            items.append(_change("resolution", None, fields["resolution"]["name"]))
        moment = created + (updated - created) * number / reached
        shown.append({"author": author, "created": _moment(moment), "items": items})
    return shown


def _change(field: str, old: str | None, new: str) -> Json:
    return {"field": field, "fieldtype": "jira", "fromString": old, "toString": new}


def _description(rng: Random, item: Item) -> str:
    match item.type:
        case "Epic":
            return texts.epic(item.component.name, item.component.description)
        case "Requirement":
            return texts.requirement(rng, item.statement, item.component.name)
        case "Story":
            return texts.story(rng, item.component.name)
        case "Risk":
            return texts.risk(rng, item.summary)
        case "Test Case":
            return texts.test_case(rng)
        case "Bug":
            return texts.defect(rng)
        case _:
            return f"Part of {item.parent.key}." if item.parent else ""


def _status(rng: Random, item: Item, progress: float) -> tuple[str, str]:
    """Older issues are further along their workflow."""
    steps = _WORKFLOWS.get(item.type, _WORK)
    reached = (1.1 - progress) * len(steps) + rng.random() - 0.5
    return steps[max(0, min(len(steps) - 1, int(reached)))]


def _status_json(name: str, category: str) -> Json:
    number, category_name = _CATEGORIES[category]
    return {"name": name, "statusCategory": {"id": number, "key": category, "name": category_name}}


def _version(rng: Random, progress: float) -> Json:
    name, released_on = _RELEASES[min(len(_RELEASES) - 1, int(progress * 4) + rng.randrange(2))]
    shown: Json = {"name": name, "released": bool(released_on), "archived": False}
    return shown | ({"releaseDate": released_on} if released_on else {})


def _sprints(key: str, progress: float) -> Json:
    """Three-week sprints: those of the past are closed, one is active, the last two have not begun."""
    count = 14
    number = min(count, 1 + int(progress * (count + 3)))
    start = FIRST_DAY + timedelta(weeks=6 * (number - 1))
    sprint: Json = {
        "id": number,
        "name": f"{key} sprint {number}",
        "state": "closed" if number < count - 2 else "active" if number == count - 2 else "future",
        "goal": "",
    }
    if sprint["state"] == "future":
        return {"sprint": sprint}
    sprint |= {"startDate": _moment(start), "endDate": _moment(start + timedelta(weeks=3))}
    if sprint["state"] == "active":
        return {"sprint": sprint}
    return {"closedSprints": [sprint | {"completeDate": _moment(start + timedelta(weeks=3, hours=2))}]}


def _links(item: Item, items: dict[str, Item]) -> list[Json]:
    shown = []
    for side, links in (("outwardIssue", item.outward), ("inwardIssue", item.inward)):
        for name, key in links:
            inward, outward = LINK_TYPES[name]
            other: Json = {
                "key": key,
                "fields": {"summary": items[key].summary, "issuetype": {"name": items[key].type}},
            }
            shown.append({"type": {"name": name, "inward": inward, "outward": outward}, side: other})
    return shown


def _comments(rng: Random, created: datetime) -> Json:
    comments = []
    for number in range(rng.choice((0, 0, 0, 1, 1, 2))):
        author, mentioned = _person(rng), _person(rng)
        moment = _moment(created + timedelta(days=number + 1, minutes=rng.randrange(400)))
        body = texts.remark(rng, mentioned["name"])
        comments.append({"author": author, "updateAuthor": author, "body": body, "created": moment, "updated": moment})
    return {"comments": comments, "maxResults": len(comments), "total": len(comments), "startAt": 0}


def _custom(rng: Random, item: Item) -> Json:
    match item.type:
        case "Epic":
            return {"Epic Name": item.component.name}
        case "Story":
            return {"Story Points": rng.choice((1, 2, 3, 5, 8, 13)), "Safety Class": rng.choice("ABC")}
        case "Requirement":
            methods = sorted({rng.choice(("Test", "Inspection", "Analysis", "Demonstration")) for _ in range(2)})
            return {"Safety Class": rng.choice("ABC"), "Verification Method": methods}
        case "Risk":
            return {
                "Risk Level": rng.choice(("Acceptable", "Tolerable", "Unacceptable")),
                "Severity": rng.randrange(2, 6),
            }
        case _:
            return {}


def _person(rng: Random) -> Json:
    number = rng.randrange(len(PEOPLE))
    name = PEOPLE[number].lower().replace(" ", ".")
    return {"name": name, "key": f"JIRAUSER{10100 + number}", "displayName": PEOPLE[number], "active": True}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
