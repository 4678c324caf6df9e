"""What the words of a query mean: which field a clause names, and what kind of thing its values are. Pure.

Source: Atlassian's JQL fields and JQL functions references. `ACME-12` is an issue behind `parent =` and inside
`linkedIssues(…)`, and nothing but text behind `summary ~`; only the field or the function can tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, TypeAlias

from snapshots.atlassian.model import Field
from snapshots.jiradata.mapping import Kind

Meaning: TypeAlias = Kind | Literal["jql", "other"]
"""What a word is: a thing of that kind, a query in a string, or a thing whose ids no mapping holds (a version, …)."""

_CLAUSES: dict[Meaning, str] = {
    "project": "project space",
    "issue": "issue issuekey key id parent parentepic workitem workitemkey",
    "issue_type": "issuetype type worktype",
    "status": "status",
    "priority": "priority",
    "resolution": "resolution",
    "filter": "filter request savedfilter searchrequest",
    "sprint": "sprint",
    "link_type": "issuelinktype workitemlinktype",
    "user": "assignee reporter creator voter watcher worklogauthor",
    "other": "affectedversion fixversion component category level",
}
_KINDS_BY_CLAUSE: dict[str, Meaning] = {
    clause: kind for kind, clauses in _CLAUSES.items() for clause in clauses.split()
}
_KINDS_BY_NAME: dict[str, Meaning] = {"epic link": "issue", "parent link": "issue"}
_KINDS_BY_CUSTOM_TYPE: dict[str, Meaning] = {
    "com.pyxis.greenhopper.jira:gh-sprint": "sprint",
    "com.pyxis.greenhopper.jira:gh-epic-link": "issue",
    "com.atlassian.jpo:jpo-custom-field-parent": "issue",
    "com.atlassian.servicedesk:vp-origin": "other",
    "com.atlassian.servicedesk:sd-customer-organizations": "other",
}
_KINDS_BY_SCHEMA: dict[str, Meaning] = {
    "user": "user",
    "project": "project",
    "priority": "priority",
    "status": "status",
    "resolution": "resolution",
    "issuetype": "issue_type",
    "version": "other",
    "component": "other",
    "option": "other",
    "option-with-child": "other",
}
# What a query can name although `GET /field` lists no such field.
_VIRTUAL_CLAUSES = frozenset(
    """
    approvals attachments comment description environment duedate hierarchylevel issue.property issuefunction
    lastviewed remainingestimate originalestimate timeestimate timeoriginalestimate statuscategory
    statuscategorychangeddate text textfields updateddate createddate resolutiondate resolved votes watchers
    workratio worklogcomment worklogdate
    """.split()  # noqa: SIM905 — reads better
)

_ARGUMENTS: dict[str, tuple[Meaning | None, ...]] = {
    "linkedissue": ("issue", "link_type"),
    "linkedissues": ("issue", "link_type"),
    "linkedworkitem": ("issue", "link_type"),
    "linkedworkitems": ("issue", "link_type"),
    "childissuesof": ("issue",),
    "childworkitemsof": ("issue",),
    "portfoliochildissuesof": ("issue",),
    "parentepic": ("issue",),
    "updatedby": ("user",),
    "projectsleadbyuser": ("user",),
    "spacesleadbyuser": ("user",),
    "componentsleadbyuser": ("user",),
    "approver": ("user",),
    "pendingby": ("user",),
    "releasedversions": ("project",),
    "unreleasedversions": ("project",),
    "latestreleasedversion": ("project",),
    "earliestunreleasedversion": ("project",),
    # ScriptRunner's, whose first argument is a query of its own, or a key.
    "subtasksof": ("jql",),
    "parentsof": ("jql",),
    "epicsof": ("jql",),
    "issuesinepics": ("jql",),
    "linkedissuesof": ("jql", "link_type"),
    "linkedissuesofall": ("jql", "link_type"),
    "linkedissuesofrecursive": ("jql", "link_type"),
    "linkedissuesofrecursivelimited": ("jql", None, "link_type"),
    "haslinks": ("link_type",),
}
_LAST_REPEATS = frozenset(
    {"approver", "linkedissues", "linkedworkitems", "pendingby", "releasedversions", "unreleasedversions"}
)
_NO_THINGS = frozenset(
    """
    approved approvalpending breached cascadeoption closedsprints completed currentlogin currentuser customerdetail
    elapsed endofday endofmonth endofweek endofyear everbreached futuresprints issuehistory
    issueswithremotelinksbyglobalid issuewithremotelinksbyglobalid lastlogin membersof myapproval mypending now
    opensprints organizationmembers paused pending projectswhereuserhaspermission projectswhereuserhasrole remaining
    running spaceswhereuserhaspermission spaceswhereuserhasrole standardissuetypes startofday startofmonth startofweek
    startofyear subtaskissuetypes votedissues watchedissues withincalendarhours workitemhistory votedworkitems
    watchedworkitems
    """.split()  # noqa: SIM905 — reads better
)

_TYPED_NAME = re.compile(r"(.*\S)(\s*\[[^\[\]]+\])", re.DOTALL)


def meaning_of_argument(function: str, place: int) -> Meaning | None:
    """What the argument at this place, from 0, of a function is; `None` for text."""
    name = function.lower()
    known = _ARGUMENTS.get(name, ())
    if name in _LAST_REPEATS:
        place = min(place, len(known) - 1)
    return known[place] if place < len(known) else None


def is_known_function(function: str) -> bool:
    """Whether it is known what the function's arguments are."""
    return function.lower() in _ARGUMENTS or function.lower() in _NO_THINGS


class FieldWords:
    """The fields of one Jira by every word that a query or a definition calls them, and what their values are."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_id: dict[str, Field] = {}
        self._by_word: defaultdict[str, dict[str, Field]] = defaultdict(dict)
        for field in fields:
            self._by_id[field.id.lower()] = field
            for word in (field.id, field.name, *field.clause_names, *_clause_by_number(field)):
                self._by_word[word.lower()][field.id] = field

    def with_id(self, field_id: str) -> Field | None:
        """The field of this id."""
        return self._by_id.get(field_id.lower())

    def meant_by(self, word: str) -> tuple[Field, ...]:
        """The fields that a clause of this name searches: a system field alone, else every custom field of the name."""
        folded = word.strip().lower()
        if (field := self._by_id.get(folded)) is not None:
            return (field,)
        found = self._by_word.get(folded)
        if found is None and (typed := _TYPED_NAME.fullmatch(folded)):
            found = self._by_word.get(typed[1])
        fields = tuple((found or {}).values())
        return tuple(field for field in fields if not field.custom)[:1] or fields

    def is_virtual(self, word: str) -> bool:
        """Whether a query can name this although it is no field of an issue (`text`, `filter`, `key`)."""
        folded = word.strip().lower()
        return folded in _KINDS_BY_CLAUSE or folded in _VIRTUAL_CLAUSES

    def values_of(self, word: str) -> Meaning | None:
        """What the values behind this field are; `None` where they are text, numbers, dates or nobody knows."""
        folded = word.strip().lower()
        fields = self.meant_by(word)
        if folded in _KINDS_BY_CLAUSE and not any(field.custom for field in fields):
            return _KINDS_BY_CLAUSE[folded]
        if not fields:
            return _KINDS_BY_CLAUSE.get(folded) or _KINDS_BY_NAME.get(folded)
        meanings = {_values_of(field) for field in fields}
        return meanings.pop() if len(meanings) == 1 else None


def type_suffix(word: str) -> str:
    """`[Number]` of `Story Points[Number]`, as Jira writes a name that several fields share."""
    typed = _TYPED_NAME.fullmatch(word)
    return typed[2] if typed else ""


def _clause_by_number(field: Field) -> tuple[str, ...]:
    number = custom_number(field.id)
    return (f"cf[{number}]",) if number else ()


def custom_number(field_id: str) -> str:
    """`10010` of `customfield_10010`; empty for a system field."""
    number = field_id.removeprefix("customfield_")
    return number if number != field_id and number.isdecimal() else ""


def _values_of(field: Field) -> Meaning | None:
    if field.schema_custom in _KINDS_BY_CUSTOM_TYPE:
        return _KINDS_BY_CUSTOM_TYPE[field.schema_custom]
    if not field.custom and field.id.lower() in _KINDS_BY_CLAUSE:
        return _KINDS_BY_CLAUSE[field.id.lower()]
    kind = field.schema_items if field.schema_type == "array" else field.schema_type
    return _KINDS_BY_SCHEMA.get(kind or "")
