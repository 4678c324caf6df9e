"""From the file to the pages and back: plan, apply, undo between two sites."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atlassian_emulator.jira import put_issues
from atlassian_emulator.weather import Disturbance
from snapshots.access.actors import this_user
from snapshots.access.settings import change_settings
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.transport import Transport
from snapshots.errors import DamageError, InvalidInput, JobCancelled, NotFound
from snapshots.jiradata.already_here import find_macros_already_here
from snapshots.jiradata.apply import apply_import
from snapshots.jiradata.decisions import write_decisions
from snapshots.jiradata.plan import JiraPlan, MacroPlan, load_kept_plan, read_plan, save_plan, write_plan
from snapshots.registry import jira_mappings, tables

from .conftest import Moved, World, issue

REQUIREMENTS = [
    {"jql": "project = REQ AND Severity = High ORDER BY key", "columns": ["key", "summary", "Effort"], "title": "Reqs"},
    {"jql": 'issue in linkedIssues($key, "blocks") AND project = TST', "sort": [{"column": "Effort"}]},
]


def macro(plan: JiraPlan, macro_id: str) -> MacroPlan:
    return next(one for page in plan.pages for one in page.macros if one.macro_id == macro_id)


def field_id(world: World, name: str) -> str:
    return next(field.id for field in world.jira.list_fields() if field.name == name)


def effort_by_id(world: World) -> dict[str, Any]:
    number = field_id(world, "Effort").removeprefix("customfield_")
    return {"jql": f"project = REQ AND cf[{number}] > 2", "columns": ["key", f"customfield_{number}"]}


def test_plan_apply_undo(make_moved: Any, acme: World) -> None:
    untouched = [{"jql": "project = TST AND key != TST-2"}]
    moved: Moved = make_moved({"Reqs": {"c1": REQUIREMENTS, "m2": [effort_by_id(acme)]}, "Other": {"m3": untouched}})
    body = moved.body("Reqs")
    plan = moved.plan()
    assert plan.numbers_kept == ["REQ", "TST"]
    assert plan.outcomes == {"rewritten": 2, "unchanged": 1, "here already": 0}
    assert [(pair.source_key, pair.destination_key, pair.rule, pair.certainty) for pair in plan.issues] == [
        ("REQ-1", "GLX-1", "project and number", "certain"),
        ("TST-2", "TST-2", "key", "certain"),
    ]
    first = macro(plan, "c1")
    assert [(change.before, change.after) for change in first.changes] == [("REQ", "GLX")]
    assert first.levels[0].after == "project = GLX AND Severity = High ORDER BY key"
    assert first.levels[0].asked and first.levels[1].asked
    assert moved.body("Reqs") == body, "a plan writes nothing"

    report = moved.apply(plan)
    assert (report.row.state, report.pages) == ("done", {"written": 1})
    new = moved.definition("Reqs", "c1")
    assert new["levels"][0] == REQUIREMENTS[0] | {"jql": "project = GLX AND Severity = High ORDER BY key"}
    number = field_id(moved.globex, "Effort").removeprefix("customfield_")
    assert moved.definition("Reqs", "m2")["levels"][0] == {
        "jql": f"project = GLX AND cf[{number}] > 2",
        "columns": ["key", f"customfield_{number}"],
    }
    page = moved.globex.confluence.get_page(moved.page_ids["Reqs"])
    assert page.version.number == plan.pages[0].version + 1
    newest = next(iter(moved.globex.confluence.iter_page_versions(page.id)))
    assert "Jira data imported from acme" in newest.message
    assert moved.body("Reqs").replace("GLX", "REQ").replace(number, field_id(acme, "Effort")[12:]) == body

    with moved.globex.registry.read() as conn:
        kept = jira_mappings.list_mappings(conn, moved.globex.row.id)
        assert [(one.source_url, one.numbers_kept) for one in kept] == [(acme.server.url, ("REQ", "TST"))]
        assert jira_mappings.find_things(conn, kept[0], "project", keys=["REQ"])[0].destination_key == "GLX"

    again = moved.apply(plan)
    assert (again.row.id, page.version.number) == (report.row.id, moved.version("Reqs"))
    assert moved.plan().outcomes == {"unchanged": 1, "here already": 2}

    undone = moved.undo(report)
    assert (undone.row.state, undone.pages) == ("undone", {"undone": 1})
    assert moved.body("Reqs") == body
    assert moved.version("Reqs") == page.version.number + 1
    with moved.globex.registry.read() as conn:
        assert jira_mappings.list_mappings(conn, moved.globex.row.id) == []
    assert moved.undo(report).pages == {"undone": 1}
    assert moved.apply(plan).pages == {"written": 1}
    assert moved.definition("Reqs", "c1") == new


def test_what_was_undone_can_be_imported_anew_though_it_was_taken_here_meanwhile(make_moved: Any) -> None:
    moved: Moved = make_moved({"Reqs": {"c1": REQUIREMENTS}})
    report = moved.apply(moved.plan())
    moved.globex.take(moved.page_ids["Reqs"])
    assert moved.plan().outcomes == {"unchanged": 0, "here already": 1}
    moved.undo(report)
    plan = moved.plan()
    assert plan.outcomes == {"rewritten": 1, "unchanged": 0, "here already": 0}
    assert moved.apply(plan).pages == {"written": 1}


def test_few_requests(make_moved: Any) -> None:
    pages = {f"Page {n}": {f"m{n}": [{"jql": f"project = REQ AND key != REQ-{n}"}]} for n in range(1, 31)}
    moved: Moved = make_moved(pages)
    moved.globex.forget_requests()
    plan = moved.plan()
    assert sum(plan.outcomes.values()) == 30
    assert plan.requests_sent == len(moved.globex.server.requests()) <= 20
    assert moved.globex.count("jql/parse") == 1


def test_a_word_that_nobody_decided_waits_until_a_person_decides(make_moved: Any, tmp_path: Path) -> None:
    moved: Moved = make_moved(
        {"A": {"m1": [{"jql": "project = NOWHERE"}], "m2": [{"jql": "project = REQ"}]}},
    )
    plan = moved.plan()
    waiting = macro(plan, "m1")
    assert (waiting.outcome, waiting.reason) == ("waits", "nobody decided what became of project NOWHERE")
    assert [(one.kind, one.source_key, one.macros) for one in plan.undecided if one.macros] == [
        ("project", "NOWHERE", 1)
    ]
    assert plan.needs_decision
    report = moved.apply(plan)
    assert report.pages == {"written": 1}
    assert (moved.definition("A", "m1"), moved.definition("A", "m2")) == (
        {"levels": [{"jql": "project = NOWHERE"}]},
        {"levels": [{"jql": "project = GLX"}]},
    )
    decided = moved.plan(("d.csv", b"kind,source_key,destination\nproject,NOWHERE,OWN\n"))
    assert macro(decided, "m1").levels[0].after == "project = OWN"
    assert moved.apply(decided).pages == {"written": 1}
    left = moved.plan(("d.csv", b"kind,source_key,destination\nproject,NOWHERE,-\n"))
    assert not [one for one in left.undecided if one.macros]


def test_a_quoted_name_is_decided_by_the_name_and_asked_for_once(make_moved: Any, acme: World) -> None:
    number = field_id(acme, "Effort").removeprefix("customfield_")
    levels = [{"jql": f"""project = REQ AND "Effort" > 2 AND 'E\\u0066fort' > 1 AND cf[{number}] > 0"""}]
    moved: Moved = make_moved({"A": {"m1": levels}}, "REQ=GLX", rename_fields={"Effort": "Size"})
    plan = moved.plan()
    waiting = [one for one in plan.undecided if one.macros]
    assert [(one.kind, one.source_name, one.source_id[12:]) for one in waiting] == [("field", "Effort", number)]
    csv = write_decisions(waiting)
    assert csv.count("Effort") == 1
    decided = moved.plan(("d.csv", csv.replace("Effort,,", "Effort,Size,").encode()))
    there = field_id(moved.globex, "Size").removeprefix("customfield_")
    assert (
        macro(decided, "m1").levels[0].after == f"""project = GLX AND "Size" > 2 AND 'Size' > 1 AND cf[{there}] > 0"""
    )
    left = moved.plan(("d.csv", csv.replace("Effort,,", "Effort,-,").encode()))
    assert not [one for one in left.undecided if one.macros]


def test_what_only_an_author_can_put_right_is_named_though_no_word_changes(make_moved: Any) -> None:
    moved: Moved = make_moved(
        {"A": {"m1": [{"jql": "fixVersion = 10500"}], "m2": [{"jql": "key > OLD-2"}], "m3": [{"jql": "votes = $Odd"}]}},
    )
    plan = moved.plan()
    assert {one.macro_id: (one.outcome, one.is_changed) for one in plan.pages[0].macros} == {
        "m1": ("doubtful", False),
        "m2": ("doubtful", False),
        "m3": ("doubtful", False),
    }
    said = " ".join(finding.evidence for finding in plan.findings if finding.kind == "macro-doubtful")
    assert all(word in said for word in ("10500", "OLD-2", "Odd"))
    assert moved.apply(moved.plan(everything=True)).pages == {}
    assert moved.plan(same_jira=True).outcomes == {"unchanged": 3, "here already": 0}


def test_jiras_own_opinion_holds_a_macro_back_unless_everything_is_wanted(make_moved: Any) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = REQ AND fixVersion = 99.9"}]}})
    plan = moved.plan()
    doubtful = macro(plan, "m1")
    assert doubtful.outcome == "doubtful" and doubtful.levels[0].objections
    assert [finding.kind for finding in plan.findings] == ["macro-doubtful"]
    assert moved.apply(plan).pages == {}
    assert moved.apply(moved.plan(everything=True)).pages == {"written": 1}
    assert moved.definition("A")["levels"][0]["jql"] == "project = GLX AND fixVersion = 99.9"


def test_what_cannot_be_read_is_left_alone_and_everything_else_goes_on(make_moved: Any) -> None:
    long = "project = REQ AND key in (" + ", ".join(f"REQ-{n}" for n in range(1, 2200)) + ")"
    assert len(long) > 20_000
    moved: Moved = make_moved(
        {
            "A": {
                "m1": "this is no JSON",
                "m2": [{"jql": "project = = REQ"}],
                "m3": [{"jql": long}],
                "m4": '{"levels": "none"}',
                "m5": [{"jql": "project = REQ"}],
            }
        }
    )
    plan = moved.plan(everything=True)
    assert {one.macro_id: one.outcome for one in plan.pages[0].macros} == {
        "m1": "left alone",
        "m2": "left alone",
        "m3": macro(plan, "m3").outcome,
        "m4": "left alone",
        "m5": "rewritten",
    }
    assert sorted(f.kind for f in plan.findings if f.kind != "macro-doubtful") == ["macro-left-alone"] * 3
    moved.apply(plan)
    assert moved.text("A", "m1") == "this is no JSON"
    assert moved.definition("A", "m3")["levels"][0]["jql"] == long.replace("REQ", "GLX")
    assert moved.definition("A", "m5")["levels"][0]["jql"] == "project = GLX"


def edit(moved: Moved, title: str, change: Any) -> None:
    page = moved.globex.confluence.get_page(moved.page_ids[title])
    moved.globex.confluence.update_page(page, change(page.body or ""), "somebody else")


def test_pages_edited_between_plan_and_apply(make_moved: Any) -> None:
    query = [{"jql": "project = REQ"}]
    moved: Moved = make_moved(
        {"Text": {"m1": query}, "Macro": {"m1": query}, "Gone": {"m1": query}, "Same": {"m1": query}}
    )
    plan = moved.plan()
    edit(moved, "Text", lambda body: body + "<p>more</p>")
    edit(moved, "Macro", lambda body: body.replace("project = REQ", "project = REQ AND key = REQ-1"))
    moved.globex.transport.request(
        "DELETE", f"{moved.globex.server.url}/wiki/api/v2/pages/{moved.page_ids['Gone']}", doing="deleting"
    )
    report = moved.apply(plan)
    assert report.pages == {"skipped": 2, "written": 2}
    said = {page.title: page.reason for page in report.notes}
    assert "edited since" in said["Text"] and "written all the same" in said["Text"]
    assert "was edited since, so it was left" in said["Macro"]
    assert set(said) == {"Text", "Macro", "Gone"}
    assert moved.definition("Text")["levels"][0]["jql"] == "project = GLX" and "<p>more</p>" in moved.body("Text")
    assert moved.definition("Macro")["levels"][0]["jql"] == "project = REQ AND key = REQ-1"

    edit(moved, "Same", lambda body: body.replace("project = GLX", "project = GLX AND key = GLX-7"))
    edit(moved, "Text", lambda body: body + "<p>even more</p>")
    undone = moved.undo(report)
    assert undone.pages == {"kept": 1, "skipped": 2, "undone": 1}
    assert moved.definition("Same")["levels"][0]["jql"] == "project = GLX AND key = GLX-7"
    assert moved.definition("Text")["levels"][0]["jql"] == "project = REQ" and "even more" in moved.body("Text")

    edit(moved, "Macro", lambda body: body.replace("project = REQ AND key = REQ-1", "project = REQ"))
    edit(moved, "Same", lambda body: body.replace("project = GLX AND key = GLX-7", "project = REQ"))
    again = moved.apply(plan)
    assert again.pages == {"skipped": 1, "written": 3}, "what was skipped once is tried again once all was undone"


class Overtaken(ConfluenceClient):
    """A client before whose first `times` saves somebody else saves the page, so that the site answers 409."""

    def __init__(self, transport: Transport, times: int) -> None:
        super().__init__(transport)
        self.other, self.left = ConfluenceClient(transport), times

    def update_page(self, page: Any, body: str, message: str) -> Any:
        if self.left:
            self.left -= 1
            seen = self.other.get_page(page.id)
            self.other.update_page(seen, (seen.body or "") + "<p>and more</p>", "by hand")
        return super().update_page(page, body, message)


@pytest.mark.parametrize(("times", "state"), [(1, "written"), (4, "written"), (5, "skipped")])
def test_a_page_that_others_save_at_the_same_moment(make_moved: Any, times: int, state: str) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = REQ"}]}})
    plan, there = moved.plan(), moved.globex
    before = moved.version("A")
    report = apply_import(there.registry, there.row, Overtaken(there.transport, times), plan, "Ada")
    assert report.pages == {state: 1}
    assert moved.body("A").count("<p>and more</p>") == times, "nobody's words are written over"
    assert moved.version("A") == before + times + (state == "written")
    assert moved.definition("A")["levels"][0]["jql"] == f"project = {'GLX' if state == 'written' else 'REQ'}"


def test_a_lost_answer_is_looked_for(make_moved: Any) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = REQ"}]}, "B": {"m1": [{"jql": "project = REQ"}]}})
    plan = moved.plan()
    before = {title: moved.version(title) for title in ("A", "B")}
    moved.globex.server.set_weather(Disturbance(kind="lose", count=1, method="PUT", path="/wiki/api/v2/pages/*"))
    report = moved.apply(plan)
    moved.globex.server.set_weather()
    assert report.pages == {"written": 2}
    assert {title: moved.version(title) for title in before} == {title: number + 1 for title, number in before.items()}


def test_rights_that_are_missing_are_told_and_the_rest_is_written(make_moved: Any) -> None:
    moved: Moved = make_moved({title: {"m1": [{"jql": "project = REQ"}]} for title in ("A", "B")})
    plan = moved.plan()
    there = moved.globex
    me = there.confluence.get_current_user().account_id
    eve = {"email": "eve@example.com", "name": "Eve", "role": "editor", "token": "emulator"}
    there.transport.request("PUT", f"{there.server.url}/_emulator/users", doing="adding Eve", json=eve)
    only_me = [{"operation": "update", "restrictions": {"user": [{"type": "known", "accountId": me}]}}]
    there.post(f"/wiki/rest/api/content/{moved.page_ids['A']}/restriction", only_me, "PUT")
    connection = Connection(f"{there.server.url}/wiki", there.server.url, "eve@example.com", "emulator")
    with Transport(connection) as transport:
        report = apply_import(there.registry, there.row, ConfluenceClient(transport), plan, "Eve")
    assert report.pages == {"skipped": 1, "written": 1}
    assert [page.title for page in report.notes] == ["A"]
    assert moved.definition("A") == {"levels": [{"jql": "project = REQ"}]}


def test_killed_and_cancelled_it_goes_on_and_ends_the_same(make_moved: Any) -> None:
    pages = {f"P{n}": {"m1": [{"jql": f"project = REQ AND summary ~ word{n}"}]} for n in range(1, 13)}
    moved: Moved = make_moved(pages)
    plan = moved.plan()
    before = {title: moved.version(title) for title in pages}

    class Killed(BaseException):
        pass

    def die(stage: str, done: int, total: int | None, unit: str) -> None:
        if stage == "rewriting pages" and done == 3:
            raise Killed

    with pytest.raises(Killed):
        moved.apply(plan, progress=die)

    def stop(stage: str, done: int, total: int | None, unit: str) -> None:
        if stage == "rewriting pages" and done == 6:
            raise JobCancelled("stopped")

    with pytest.raises(JobCancelled):
        moved.apply(plan, progress=stop)
    report = moved.apply(plan)
    assert (report.row.state, report.pages) == ("done", {"written": 12})
    assert {title: moved.version(title) - number for title, number in before.items()} == dict.fromkeys(pages, 1)


def test_a_plan_is_saved_pinned_and_refused_elsewhere(make_moved: Any, tmp_path: Path) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = REQ"}]}})
    plan = moved.plan()
    save_plan(plan, tmp_path / "plan.json")
    again = read_plan((tmp_path / "plan.json").read_bytes())
    assert (again, again.digest, again.mapping_id) == (plan, plan.digest, plan.mapping_id)
    assert plan.source.sha256 == moved.file.sha256
    with pytest.raises(InvalidInput, match="make the plan again"):
        read_plan(write_plan(plan).replace(b'"format_version":1', b'"format_version":2'))
    moved.globex.row = replace(moved.globex.row, cloud_id="another", name="other")
    with pytest.raises(InvalidInput, match="is for the site globex, not for other"):
        moved.apply(plan)


def test_files_of_other_sites_are_told(make_moved: Any) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = REQ"}]}})
    assert "file-of-another-site" in {f.kind for f in moved.plan(known=("some other cloud",)).findings}
    assert "file-of-another-site" not in {f.kind for f in moved.plan(known=(moved.acme.row.cloud_id,)).findings}
    at_home = Moved(moved.acme, moved.acme, moved.file, moved.page_ids).plan()
    assert "file-of-this-site" in {f.kind for f in at_home.findings}
    assert at_home.outcomes == {"unchanged": 1, "here already": 0}


def test_what_was_captured_from_this_jira_is_here_already_under_its_earlier_address_too(make_moved: Any) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = TST"}]}})
    site, earlier = moved.globex, "https://globex-before.atlassian.net"
    place = (moved.page_ids["A"], "m1")
    site.take(place[0])
    assert find_macros_already_here(site.registry, site.row) == {place}
    with site.registry.write() as conn:
        conn.execute(tables.version.update().values(jira_url=earlier))
    assert find_macros_already_here(site.registry, site.row) == set()
    with site.registry.write() as conn:
        change_settings(conn, site.row.id, this_user(), same_jira_urls=(earlier,))
    assert find_macros_already_here(site.registry, site.row) == {place}


def test_renamed_fields_and_link_types(make_moved: Any) -> None:
    moved: Moved = make_moved(
        {"A": {"m1": [{"jql": 'Severity = High AND issueLinkType = "is blocked by"', "columns": ["key", "Severity"]}]}},
        rename_fields={"Severity": "Gravity"},
        rename_link_types={"Blocks": "Stops"},
    )
    assert [one.source_name for one in moved.plan().undecided if one.macros] == ["Severity"]
    csv = b"kind,source_name,destination\nfield,Severity,Gravity\n"
    plan = moved.plan(("m.csv", csv))
    assert macro(plan, "m1").outcome == "rewritten"
    moved.apply(plan)
    level = moved.definition("A")["levels"][0]
    assert level["jql"].startswith("Gravity = High") and level["columns"] == ["key", "Gravity"]


def test_atlassians_report_is_taken_as_a_mapping(make_moved: Any, acme: World) -> None:
    moved: Moved = make_moved({"A": {"c1": [{"jql": "project = REQ"}]}}, rename_fields={"Effort": "Work"})
    url = f"{moved.globex.server.url}/migrations/reports/v1/id-mappings"
    ask = {"product": "JIRA", "sourceURL": acme.server.url, "destinationURL": moved.globex.server.url}
    job = moved.globex.post("/migrations/reports/v1/id-mappings/trigger", ask)["jobId"]
    for _ in range(2):
        moved.globex.transport.request("GET", f"{url}/{job}", doing="asking")
    report = moved.globex.transport.request("GET", f"{url}/{job}/download", doing="downloading").body
    plan = moved.plan(("report.csv", report))
    effort = next(pair for pair in plan.things if pair.source_name == "Effort")
    assert (effort.destination_name, effort.rule, effort.certainty) == ("Work", "mapping", "given")
    assert {pair.rule for pair in plan.issues} == {"mapping"}


def test_sprints_by_id_and_filters_that_did_not_come(make_moved: Any, acme: World) -> None:
    board = acme.catalogue.list_boards()[0]
    sprint = next(each for board in acme.catalogue.list_boards() for each in acme.catalogue.list_sprints(board.id))
    saved = acme.post("/rest/api/3/filter", {"name": "Open bugs", "jql": "project = REQ"})["id"]
    moved: Moved = make_moved(
        {"A": {"m1": [{"jql": f"sprint = {sprint.id}"}], "m2": [{"jql": f"filter = {saved} AND project = REQ"}]}}
    )
    assert board
    plan = moved.plan()
    there = next(pair for pair in plan.things if pair.kind == "sprint")
    assert there.source_id == sprint.id != there.destination_id and there.source_name == there.destination_name
    assert macro(plan, "m1").levels[0].after == f"sprint = {there.destination_id}"
    assert macro(plan, "m2").reason == f"nobody decided what became of filter {saved}"
    waiting = next(one for one in plan.undecided if one.macros)
    assert (waiting.kind, waiting.source_id, waiting.source_name) == ("filter", saved, "Open bugs")
    own = moved.globex.post("/rest/api/3/filter", {"name": "Bugs", "jql": "project = GLX"})["id"]
    decided = moved.plan(("d.csv", f"kind,source_id,destination\nfilter,{saved},{own}\n".encode()))
    assert macro(decided, "m2").levels[0].after == f"filter = {own} AND project = GLX"


def test_a_mapping_that_sends_two_to_one_is_named_and_everything_else_goes_on(make_moved: Any) -> None:
    moved: Moved = make_moved({"A": {"m1": [{"jql": "project = REQ"}]}})
    csv = b"kind,source_key,destination\nissue,REQ-1,GLX-1\nissue,REQ-2,GLX-1\nfield,x\n"
    plan = moved.plan(("m.csv", csv))
    assert {"two-to-one", "mapping-line"} <= {finding.kind for finding in plan.findings}
    assert macro(plan, "m1").outcome == "rewritten"


def test_a_field_whose_type_changed_is_named(make_moved: Any, acme: World) -> None:
    moved: Moved = make_moved(
        {"A": {"m1": [{"jql": "project = REQ AND Effort > 2", "columns": ["key", "Effort"]}]}},
        rename_fields={"Effort": "Old effort"},
    )
    text = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
    moved.globex.post("/rest/api/3/field", {"name": "Effort", "type": text})
    plan = moved.plan()
    effort = next(one for one in plan.undecided if one.source_name == "Effort")
    assert (
        "its type changed: here it is number (float), there string (textfield)" in effort.reason and effort.macros == 1
    )
    assert macro(plan, "m1").outcome == "waits"
    given = moved.plan(
        ("m.csv", f"kind,source_name,destination\nfield,Effort,{effort.candidates[0].split()[0]}\n".encode())
    )
    assert "field-type-changed" in {finding.kind for finding in given.findings}


FORGE = (
    '<ac:adf-extension><ac:adf-node type="extension"><ac:adf-attribute key="extension-key">'
    "11111111-2222-3333-4444-555555555555/66666666-7777-8888-9999-000000000000/static/snapshots</ac:adf-attribute>"
    '<ac:adf-attribute key="extension-type">com.atlassian.ecosystem</ac:adf-attribute>'
    '<ac:adf-attribute key="parameters"><ac:adf-parameter key="local-id">forge-1</ac:adf-parameter>'
    '<ac:adf-parameter key="guest-params"><ac:adf-parameter key="definition">{DEFINITION}</ac:adf-parameter>'
    "</ac:adf-parameter></ac:adf-attribute></ac:adf-node></ac:adf-extension>"
)


def test_a_forge_macro_is_rewritten_and_nothing_else_in_the_body(make_moved: Any, acme: World) -> None:
    text = '{"levels":[{"jql":"project = REQ AND key != REQ-1"}]}'
    body = f"<p>Before &amp; after</p>{FORGE.replace('{DEFINITION}', text)}<p>x&nbsp;y</p>"
    acme.confluence.create_page(acme.spaces["REL"], "Forge", body)
    moved: Moved = make_moved({"A": {"m1": text}})
    before = moved.body("Forge")
    moved.apply(moved.plan())
    assert moved.body("Forge") == before.replace("REQ", "GLX") != before


def test_an_issue_that_was_renumbered_is_found_by_what_it_says(make_moved: Any, acme: World) -> None:
    moved: Moved = make_moved({"A": {"c1": [{"jql": "project = TST"}], "m2": [{"jql": "key = TST-2"}]}}, "REQ=GLX")
    renumbered = [
        issue("NEW-71", "Issue 2 of TST", created="2026-02-02T10:00:00.000+0000"),
        issue("NEW-72", "Issue 1 of TST", created="2026-02-03T10:00:00.000+0000"),
    ]
    put_issues(moved.globex.server.site, renumbered)
    plan = moved.plan(("m.csv", b"kind,source_key,destination\nproject,TST,NEW\n"))
    assert [(pair.source_key, pair.destination_key, pair.rule) for pair in plan.issues] == [
        ("TST-2", "NEW-71", "summary, type and creation")
    ]
    assert macro(plan, "m2").levels[0].after == "key = NEW-71"
    lost = next(one for one in plan.undecided if one.source_key == "TST-1")
    assert (lost.kind, lost.state) == ("issue", "missing")


def test_a_kept_plan_with_a_changed_byte_is_not_carried_out(make_moved: Any, tmp_path: Path) -> None:
    plan = make_moved({"Reqs": {"c1": REQUIREMENTS}}).plan()
    path = tmp_path / f"jira-{plan.digest}.json"
    save_plan(plan, path)
    assert load_kept_plan(path) == plan
    sound = path.read_bytes()
    for damage in (sound.replace(b"project = GLX", b"project = GLY"), sound[:-1], b""):
        path.write_bytes(damage)
        with pytest.raises(DamageError, match="Make it again"):
            load_kept_plan(path)
    path.unlink()
    with pytest.raises(NotFound, match="make it again"):
        load_kept_plan(path)
