"""The rules, one by one and against each other."""

from __future__ import annotations

import pytest

from snapshots.jiradata.decisions import COLUMNS, Undecided, read_given, write_decisions
from snapshots.jiradata.issue_matching import (
    MatchedIssue,
    OpenIssue,
    decide_by_content,
    decide_by_place,
    expected_place,
)
from snapshots.jiradata.matching import NOTHING, Clues, Matched, Open, match_thing, match_things
from snapshots.jiradata.records import IssueRecord
from snapshots.jiradata.things import Thing, Things

NUMBER = ("number", "", "x:float")
TEXT = ("string", "", "x:textfield")


def field(thing_id: str, name: str, kind: tuple[str, ...] = NUMBER, scope: str = "") -> Thing:
    return Thing("field", thing_id, "", name, kind, scope)


def project(thing_id: str, key: str, name: str) -> Thing:
    return Thing("project", thing_id, key, name, ("software",))


def found(match: object) -> tuple[str, str, str]:
    assert isinstance(match, Matched), match
    return match.destination.id, match.rule, match.certainty


def test_a_name_and_type_decide():
    here = Things([field("customfield_2", "Effort"), field("customfield_3", "Effort", TEXT)])
    assert found(match_thing(field("customfield_1", "effort"), Clues(here))) == (
        "customfield_2",
        "name, type and scope",
        "certain",
    )


def test_a_field_whose_type_changed_is_never_matched_by_itself():
    here = Things([field("customfield_2", "Effort", TEXT)])
    match = match_thing(field("customfield_1", "Effort"), Clues(here))
    assert isinstance(match, Open)
    assert (match.state, [thing.id for thing in match.candidates]) == ("missing", ["customfield_2"])
    assert "its type changed: here it is number (float), there string (textfield)" in match.reason
    given = Clues(here, {("field", "customfield_1"): "customfield_2"})
    assert found(match_thing(field("customfield_1", "Effort"), given)) == ("customfield_2", "mapping", "given")


def test_two_of_one_name_and_type_are_shown_to_a_person():
    here = Things([field("customfield_2", "Effort"), field("customfield_3", "Effort")])
    match = match_thing(field("customfield_1", "Effort"), Clues(here))
    assert isinstance(match, Open) and match.state == "ambiguous"
    assert {thing.id for thing in match.candidates} == {"customfield_2", "customfield_3"}


def test_the_scope_decides_between_two():
    here = [
        project("7", "GLX", "Red"),
        field("customfield_2", "Effort"),
        field("customfield_3", "Effort", scope="project 7"),
    ]
    there = [
        field("customfield_1", "Effort", scope="project 1"),
        field("customfield_9", "Effort"),
        project("1", "A", "Red"),
    ]
    matches = {match.source.id: match for match in match_things(there, Clues(Things(here)))}
    assert found(matches["customfield_1"])[0] == "customfield_3"
    assert found(matches["customfield_9"])[0] == "customfield_2"


def test_system_fields_people_and_the_same_jira_keep_their_ids():
    here = Things(
        [field("summary", "Titel", TEXT), Thing("user", "712020:ada", "", "Ada A."), field("customfield_1", "New name")]
    )
    assert found(match_thing(field("summary", "Summary", TEXT), Clues(here)))[:2] == ("summary", "same id")
    assert found(match_thing(Thing("user", "712020:ada", "", "Ada"), Clues(here)))[1] == "same id"
    old = field("customfield_1", "Old name")
    assert isinstance(match_thing(old, Clues(here)), Open)
    assert found(match_thing(old, Clues(here, same_jira=True)))[:2] == ("customfield_1", "same id")


def test_a_projects_name_is_stronger_than_its_key_and_what_contradicts_is_told():
    here = Things([project("7", "REQ", "Request desk"), project("8", "RQ2", "Requirements")])
    match = match_thing(project("1", "REQ", "Requirements"), Clues(here))
    assert found(match) == ("8", "name, type and scope", "likely")
    assert isinstance(match, Matched) and match.against == ("key finds project 'Request desk' (REQ)",)
    assert found(match_thing(project("1", "REQ", "Anything"), Clues(here))) == ("7", "key", "likely")


def test_a_renamed_link_type_is_known_by_its_words():
    here = Things([Thing("link_type", "5", "", "Verification", words=("is tested by", "tests"))])
    match = match_thing(Thing("link_type", "1", "", "Tests", words=("is tested by", "tests")), Clues(here))
    assert found(match) == ("5", "inward and outward words", "likely")


def test_two_that_claim_one_are_both_left_to_a_person_but_not_where_that_may_be():
    here = Things([project("7", "GLX", "Red"), Thing("status", "5", "", "Done", ("done",))])
    rivals = [project("1", "A", "Red"), project("2", "B", "red")]
    assert all(isinstance(match, Open) for match in match_things(rivals, Clues(here)))
    statuses = [Thing("status", "1", "", "Done", ("done",)), Thing("status", "2", "", "Closed", ("done",))]
    given = Clues(here, {("status", "Closed"): "Done"})
    assert [found(match)[0] for match in match_things(statuses, given)] == ["5", "5"]
    given = Clues(here, {("project", "A"): "GLX"})
    matches = match_things(rivals, given)
    assert found(matches[0])[1] == "mapping" and isinstance(matches[1], Open)


def test_what_a_person_gave_must_be_there():
    here = Things([field("customfield_2", "Effort")])
    match = match_thing(field("customfield_1", "Effort"), Clues(here, {("field", "customfield_1"): "customfield_99"}))
    assert isinstance(match, Open) and "'customfield_99', which is not there" in match.reason
    left = match_thing(field("customfield_1", "Effort"), Clues(here, {("field", "Effort"): NOTHING}))
    assert isinstance(left, Open) and left.state == "left out"


# -- issues --------------------------------------------------------------------------------------------------------

SOURCE = IssueRecord("1", "REQ-7", "Bug", "It stops", 1_000_000_000)


def there(
    key: str = "GLX-7", kind: str = "Bug", summary: str = "It stops", created: int = 1_000_000_400
) -> IssueRecord:
    return IssueRecord("90", key, kind, summary, created)


def test_an_issue_is_looked_for_by_its_key_or_by_project_and_number():
    assert expected_place("REQ-7", {"REQ": "REQ"}) == ("REQ-7", "key")
    assert expected_place("REQ-7", {"REQ": "GLX"}) == ("GLX-7", "project and number")
    assert expected_place("OTHER-7", {"REQ": "GLX"}) is None


@pytest.mark.parametrize(
    ("found_there", "certainty"),
    [
        (there(), "certain"),
        (there(summary="Says something else now"), "certain"),
        (there(created=5), "likely"),
        (there(created=5, kind="Defect"), "likely"),
        (there(created=5, summary="Another issue"), None),
        (there(created=5, kind="Task"), None),
        (None, None),
    ],
)
def test_a_key_counts_only_with_the_same_moment_or_the_same_words(found_there, certainty):
    match = decide_by_place(
        SOURCE, found_there, "key", {"bug": "defect"} if found_there and found_there.type == "Defect" else {}
    )
    assert (match.certainty if isinstance(match, MatchedIssue) else None) == certainty


def test_an_issue_that_moved_is_known_by_its_content_unless_two_are_alike():
    lost = decide_by_place(SOURCE, there(created=5, summary="Another"), "key", {})
    assert isinstance(lost, OpenIssue) and lost.candidates == ("GLX-7",)
    assert isinstance(decide_by_content(SOURCE, [there("GLX-31")], lost), MatchedIssue)
    twice = decide_by_content(SOURCE, [there("GLX-31"), there("GLX-32")], lost)
    assert isinstance(twice, OpenIssue) and twice.candidates == ("GLX-31", "GLX-32")
    assert decide_by_content(SOURCE, [], lost) is lost


# -- what people give ----------------------------------------------------------------------------------------------


def test_a_mapping_by_id_key_or_name():
    csv = "kind,source_key,destination\nproject,REQ,GLX\n\nissue, REQ-1 ,GLX-4\nissue type,Bug,Defect\n"
    given = read_given([("map.csv", csv.encode())])
    assert given.answers == {("project", "REQ"): "GLX", ("issue", "REQ-1"): "GLX-4", ("issue_type", "Bug"): "Defect"}
    assert not given.findings


def test_atlassians_report_of_new_ids():
    report = (
        "entityType,serverId,cloudId\nconfluence:page,1,2\njira/classic:customField,10010,10200\n"
        "jira:issue,10001,20001\njira/classic:project,10000,10300\n"
    )
    given = read_given([("report.csv", report.encode())])
    assert given.answers == {
        ("field", "customfield_10010"): "customfield_10200",
        ("issue", "10001"): "20001",
        ("project", "10000"): "10300",
    }


def test_contradictions_are_named_and_all_else_goes_on():
    csv = (
        "kind,source_id,destination\nproject,1,GLX\nproject,1,OTHER\nissue,A-1,B-1\nissue,A-2,b-1\n"
        "status,1,Done\nstatus,2,Done\nship,1,2\nissue,A-3\nfield,customfield_1,customfield_2\n"
    )
    given = read_given([("map.csv", csv.encode())])
    assert given.answers == {
        ("status", "1"): "Done",
        ("status", "2"): "Done",
        ("field", "customfield_1"): "customfield_2",
    }
    assert sorted(finding.kind for finding in given.findings) == [
        "mapping-line",
        "mapping-line",
        "two-answers",
        "two-to-one",
    ]
    assert "line 2 of map.csv" in next(f.evidence for f in given.findings if f.kind == "two-answers")
    assert "A-1, A-2" in next(f.record for f in given.findings if f.kind == "two-to-one")


def test_the_csv_of_decisions_is_edited_and_read_back():
    waiting = [
        Undecided(
            "field", "customfield_1", "", "=HYPERLINK()", "ambiguous", ("customfield_2 Effort",), "2 are possible", 1
        ),
        Undecided("project", "1", "A", "Red", "missing", (), "nothing of this name is there", 7),
    ]
    text = write_decisions(waiting)
    lines = text.splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1].startswith("project,1,A,Red,,missing,")
    assert "'=HYPERLINK()" in lines[2]
    assert read_given([("d.csv", text.encode())]).answers == {}
    edited = text.replace("project,1,A,Red,,", "project,1,A,Red,GLX,").replace("=HYPERLINK(),,", "=HYPERLINK(),-,")
    for spelled in (edited, "\ufeff" + edited, edited.replace(",", ";"), edited.replace(",", "\t")):
        given = read_given([("d.csv", spelled.encode())]).answers
        assert given == {("project", "1"): "GLX", ("field", "customfield_1"): "-"}


def test_two_that_are_sent_to_one_are_named_as_people_call_them():
    lines = b"kind,source_id,source_key,destination\nproject,10001,ONE,MERG\nproject,10002,TWO,MERG\n"
    (finding,) = read_given([("d.csv", lines)]).findings
    assert (finding.record, finding.evidence) == ("projects ONE, TWO", "the mapping sends 2 of them to MERG")
