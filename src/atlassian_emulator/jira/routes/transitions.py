"""An issue's way through its workflow."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import REFUSED_BODY, read_body
from atlassian_emulator.jira.editing import Edit
from atlassian_emulator.jira.routes.desk import issue_of, name_of, reading, writing
from atlassian_emulator.jira.routes.issues import IssueBody
from atlassian_emulator.jira.workflow import list_targets, show_transitions, transition_id
from atlassian_emulator.routing import Route


def get_transitions(call: Call) -> Reply:
    with reading(call) as desk:
        issue_id = issue_of(call, desk.scope)
        with_fields = "transitions.fields" in call.query_list("expand")
        transitions = show_transitions(desk.scope, desk.renderer, issue_id, with_fields=with_fields)
    wanted = call.query("transitionId")
    return Reply(body={"expand": "transitions", "transitions": [t for t in transitions if wanted in ("", t["id"])]})


def do_transition(call: Call) -> Reply:
    asked = read_body(call, IssueBody)
    if asked.transition is None:
        raise JiraError(400, REFUSED_BODY)
    with writing(call, "TRANSITION_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        wanted = name_of(asked.transition, "id")
        known = {transition_id(each, desk.catalogue): each.id for each in list_targets(desk.scope, issue_id)}
        if wanted not in known:
            raise JiraError(400, f"Transition id '{wanted}' is not valid for this issue.")
        desk.editor.change(issue_id, Edit(asked.fields, asked.update), status_id=known[wanted])
    return Reply(204)


_PATH: Final = "/rest/api/3/issue/{issueIdOrKey}/transitions"

ROUTES: Final = (Route("GET", _PATH, get_transitions), Route("POST", _PATH, do_transition))
