"""The fields of a Jira site: what each is called in REST and in JQL, and how JQL treats it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal[
    "key",
    "project",
    "type",
    "status",
    "category",
    "priority",
    "resolution",
    "user",
    "parent",
    "epic",
    "label",
    "component",
    "version",
    "sprint",
    "link type",
    "moment",
    "day",
    "number",
    "option",
    "custom day",
    "custom moment",
    "custom user",
    "custom label",
    "custom text",
    "security",
    "follower",
    "filter",
    "project category",
    "attachment",
    "text",
    "hidden",
]
"""How JQL compares a field; `hidden` fields are shown but cannot be searched."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `column` is where its values lie: a column of `jira_issues`, or of `jira_text` for text."""

    id: str
    name: str
    clause_names: tuple[str, ...]
    kind: Kind
    type: str
    items: str = ""
    column: str = ""
    custom_type: str = ""
    orderable: bool = True
    navigable: bool = True

    @property
    def custom_number(self) -> int | None:
        return int(self.id.removeprefix("customfield_")) if self.custom_type else None

    def to_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": self.type}
        if self.items:
            schema["items"] = self.items
        if self.custom_type:
            schema |= {"custom": self.custom_type, "customId": self.custom_number}
        else:
            schema["system"] = self.id
        return schema

    def to_json(self) -> dict[str, Any]:
        """The field as `GET /rest/api/3/field` shows it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "key": self.id,
            "name": self.name,
            "custom": bool(self.custom_type),
            "orderable": self.orderable,
            "navigable": self.navigable,
            "searchable": self.kind != "hidden",
            "clauseNames": list(self.clause_names),
        }
        # The key of an issue is listed among the fields but is not one: real sites give it no schema either.
        if self.id != "issuekey":
            shown["schema"] = self.to_schema()
        return shown


_ESTIMATES: Final = (("remainingEstimate", "timeestimate"), ("originalEstimate", "timeoriginalestimate"))
_KEY_NAMES: Final = ("id", "issue", "issuekey", "key")

SYSTEM_FIELDS: Final[tuple[Field, ...]] = (
    Field("statuscategorychangedate", "Status Category Changed", ("statusCategoryChangedDate",), "hidden", "datetime"),
    Field("parent", "Parent", ("parent",), "parent", "issuelink", column="parent_id", orderable=False),
    Field("issuekey", "Key", _KEY_NAMES, "key", "string"),
    Field("issuetype", "Issue Type", ("issuetype", "type"), "type", "issuetype", column="type_id"),
    Field("project", "Project", ("project",), "project", "project", column="project_key"),
    Field("summary", "Summary", ("summary",), "text", "string", column="summary"),
    Field("description", "Description", ("description",), "text", "string", column="description"),
    Field("environment", "Environment", ("environment",), "text", "string", column="environment"),
    Field("status", "Status", ("status",), "status", "status", column="status_id", orderable=False),
    Field("statusCategory", "Status Category", ("statusCategory",), "category", "statusCategory", column="status_id"),
    Field("priority", "Priority", ("priority",), "priority", "priority", column="priority_id"),
    Field("resolution", "Resolution", ("resolution",), "resolution", "resolution", column="resolution_id"),
    Field("assignee", "Assignee", ("assignee",), "user", "user", column="assignee"),
    Field("reporter", "Reporter", ("reporter",), "user", "user", column="reporter"),
    Field("creator", "Creator", ("creator",), "user", "user", column="creator", orderable=False),
    Field("created", "Created", ("created", "createdDate"), "moment", "datetime", column="created", orderable=False),
    Field("updated", "Updated", ("updated", "updatedDate"), "moment", "datetime", column="updated", orderable=False),
    Field("resolutiondate", "Resolved", ("resolutiondate", "resolved"), "moment", "datetime", column="resolved"),
    Field("duedate", "Due date", ("due", "duedate"), "day", "date", column="due"),
    Field("labels", "Labels", ("labels",), "label", "array", "string"),
    Field("components", "Components", ("component",), "component", "array", "component"),
    Field("fixVersions", "Fix versions", ("fixVersion",), "version", "array", "version", column="fix"),
    Field("versions", "Affects versions", ("affectedVersion",), "version", "array", "version", column="affects"),
    Field("issuelinks", "Linked Issues", ("issueLink",), "hidden", "array", "issuelinks"),
    Field("subtasks", "Sub-tasks", ("subtasks",), "hidden", "array", "issuelinks", orderable=False),
    Field("attachment", "Attachment", ("attachments",), "attachment", "array", "attachment", navigable=False),
    Field("comment", "Comment", ("comment",), "text", "comments-page", column="comments", navigable=False),
    Field("security", "Security Level", ("level",), "security", "securitylevel"),
    Field("watches", "Watchers", ("watchers",), "hidden", "watches", orderable=False),
    Field("votes", "Votes", ("votes",), "hidden", "votes", orderable=False),
    Field("timetracking", "Time tracking", (), "hidden", "timetracking", navigable=False),
    Field("timespent", "Time Spent", ("timespent",), "hidden", "number", orderable=False),
    Field("timeestimate", "Remaining Estimate", _ESTIMATES[0], "hidden", "number", orderable=False),
    Field("timeoriginalestimate", "Original estimate", _ESTIMATES[1], "hidden", "number", orderable=False),
    Field("worklog", "Log Work", (), "hidden", "array", "worklog", navigable=False),
)

SEARCH_ONLY_FIELDS: Final[tuple[Field, ...]] = (
    Field("text", "text", ("text",), "text", "string"),
    Field("issueLinkType", "issueLinkType", ("issueLinkType",), "link type", "string"),
    Field("parentEpic", "parentEpic", ("parentEpic",), "epic", "string"),
    Field("component", "components", ("components",), "component", "string"),
    Field("fixVersion", "fixVersions", ("fixVersions",), "version", "string", column="fix"),
    Field("watcher", "watcher", ("watcher",), "follower", "user", column="watch"),
    Field("voter", "voter", ("voter",), "follower", "user", column="vote"),
    Field("worklogAuthor", "worklogAuthor", ("worklogAuthor",), "follower", "user", column="worklog"),
    Field("filter", "filter", ("filter", "request", "savedFilter", "searchRequest"), "filter", "string"),
    Field("category", "category", ("category",), "project category", "string", column="project_key"),
    Field("rank", "Rank", ("rank",), "hidden", "any"),
)
"""Names JQL knows that no issue shows as a field."""

_TYPE: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
CUSTOM_TYPES: Final[dict[str, tuple[str, Kind, str, str]]] = {
    "epic link": ("com.pyxis.greenhopper.jira:gh-epic-link", "parent", "any", ""),
    "epic name": ("com.pyxis.greenhopper.jira:gh-epic-label", "hidden", "string", ""),
    "sprint": ("com.pyxis.greenhopper.jira:gh-sprint", "sprint", "array", "json"),
    "number": (_TYPE + "float", "number", "number", ""),
    "select": (_TYPE + "select", "option", "option", ""),
    "multiselect": (_TYPE + "multiselect", "option", "array", "option"),
    "text": (_TYPE + "textfield", "custom text", "string", ""),
    "textarea": (_TYPE + "textarea", "custom text", "string", ""),
    "url": (_TYPE + "url", "custom text", "string", ""),
    "date": (_TYPE + "datepicker", "custom day", "date", ""),
    "datetime": (_TYPE + "datetime", "custom moment", "datetime", ""),
    "user": (_TYPE + "userpicker", "custom user", "user", ""),
    "labels": (_TYPE + "labels", "custom label", "array", "string"),
    "radio": (_TYPE + "radiobuttons", "option", "option", ""),
    "checkboxes": (_TYPE + "multicheckboxes", "option", "array", "option"),
}
"""Custom kind → (schema.custom, how JQL compares it, schema.type, schema.items)."""


def custom_field(number: int, name: str, kind: str) -> Field:
    custom_type, jql_kind, value_type, items = CUSTOM_TYPES[kind]
    return Field(
        id=f"customfield_{number}",
        name=name,
        clause_names=(f"cf[{number}]", name),
        kind=jql_kind,
        type=value_type,
        items=items,
        column="parent_id" if kind == "epic link" else "",
        custom_type=custom_type,
    )
