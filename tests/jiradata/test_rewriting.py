"""Queries rewritten for another Jira: what is meant changes, what only looks like it does not, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.model import Field
from snapshots.jiradata.mapping import JiraMapping, Mapped
from snapshots.jiradata.rewriting import JqlRewriter
from snapshots.jql import iter_nodes, parse_jql
from snapshots.jql.tree import Value

EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"


def custom(number: int, name: str, schema: str, *, items: str | None = None, full: str | None = None) -> Field:
    clauses = (f"cf[{number}]", name, f"{name}[Thing]")
    return Field(f"customfield_{number}", name, True, clauses, schema, items, full)


SYSTEM = [
    Field("summary", "Summary", False, ("summary",), "string"),
    Field("labels", "Labels", False, ("labels",), "array", "string"),
    Field("status", "Status", False, ("status",), "status"),
    Field("issuetype", "Issue Type", False, ("issuetype", "type"), "issuetype"),
    Field("assignee", "Assignee", False, ("assignee",), "user"),
    Field("fixVersions", "Fix versions", False, ("fixVersion",), "array", "version"),
    Field("created", "Created", False, ("created", "createdDate"), "datetime"),
    Field("parent", "Parent", False, ("parent",)),
]
SOURCE = [
    *SYSTEM,
    custom(10010, "Story Points", "number"),
    custom(10014, "Epic Link", "any", full=EPIC_LINK),
    custom(10020, "Sprint", "array", items="json", full=SPRINT),
    custom(10030, "Tester", "user"),
    custom(10031, "Reviewers", "array", items="user"),
    custom(10040, "Risk", "option"),
    custom(10041, "Risk", "option"),
    custom(10050, "Origin", "project"),
    custom(10060, "Notes", "string"),
    custom(10070, "Request Type", "sd-customerrequesttype", full="com.atlassian.servicedesk:vp-origin"),
]
DESTINATION = [
    *SYSTEM,
    custom(20010, "Story point estimate", "number"),
    custom(20014, "Epic Link", "any", full=EPIC_LINK),
    custom(20020, "Sprint", "array", items="json", full=SPRINT),
    custom(20030, "Tester", "user"),
    custom(20033, "Tester", "user"),
    custom(20031, "Reviewed by", "array", items="user"),
    custom(20040, "Risk", "option"),
    custom(20041, "Risk", "option"),
    custom(20050, "Origin", "project"),
]


def field(source: int, name: str, destination: int, new_name: str) -> Mapped:
    return Mapped("field", f"customfield_{source}", "", name, f"customfield_{destination}", "", new_name)


FIELDS = [
    field(10010, "Story Points", 20010, "Story point estimate"),
    field(10014, "Epic Link", 20014, "Epic Link"),
    field(10020, "Sprint", 20020, "Sprint"),
    field(10030, "Tester", 20030, "Tester"),
    field(10031, "Reviewers", 20031, "Reviewed by"),
    field(10040, "Risk", 20040, "Risk"),
    field(10041, "Risk", 20041, "Risk"),
    field(10050, "Origin", 20050, "Origin"),
    field(10070, "Request Type", 20070, "Request Type"),
]
THINGS = [
    Mapped("project", "10000", "ACME", "Acme Products", "10200", "GLX", "Globex Products"),
    Mapped("project", "10001", "WEB", "Web", "10201", "SITE", "Web"),
    Mapped("issue", "10100", "ACME-1", "", "20100", "GLX-7", ""),
    Mapped("issue", "10101", "WEB-5", "", "20101", "SITE-5", ""),
    Mapped("issue_type", "1", "", "Bug", "11", "", "Defect"),
    Mapped("status", "3", "", "In Progress", "30", "", "Doing"),
    Mapped("status", "5", "", "Done", "50", "", "Done"),
    Mapped("priority", "1", "", "Highest", "10", "", "Blocker"),
    Mapped("resolution", "1", "", "Fixed", "1", "", "Fixed"),
    Mapped("link_type", "1", "", "Test", "2", "", "Check", words=(("is tested by", "is checked by"), ("tests", "ok"))),
    Mapped("filter", "10010", "", "My work", "10110", "", "My work (acme)", certainty="likely"),
    Mapped("sprint", "7", "", "Sprint 7", "17", "", "Sprint 7"),
    Mapped("user", "5b10a", "", "Ada Admin", "5c20b", "", "Ada Admin"),
]
MAPPING = JiraMapping([*FIELDS, *THINGS], numbers_kept=["ACME"])
REWRITER = JqlRewriter(MAPPING, SOURCE, DESTINATION)

REWRITTEN = [
    ("project = ACME", "project = GLX"),
    ("project in (acme, 'ACME', \"ACME\")", "project in (GLX, 'GLX', \"GLX\")"),
    ('project = "Acme Products" or project=10000', 'project = "Globex Products" or project=10200'),
    ("space = WEB", "space = SITE"),
    ("Origin = ACME and cf[10050] != 10001", "Origin = GLX and cf[20050] != 10201"),
    ("key = ACME-1 or id in (10100, ACME-2)", "key = GLX-7 or id in (20100, GLX-2)"),
    ("issuekey=acme-2 AND issue='WEB-5'", "issuekey=GLX-2 AND issue='SITE-5'"),
    ('parent = ACME-2 AND "Epic Link"=ACME-3', 'parent = GLX-2 AND "Epic Link"=GLX-3'),
    ("parent in ($key, ACME-2, (ACME-3))", "parent in ($key, GLX-2, (GLX-3))"),
    ("key > ACME-10", "key > GLX-10"),
    ("issue in linkedIssues(ACME-2, 'is tested by')", "issue in linkedIssues(GLX-2, 'is checked by')"),
    ("issue in linkedIssues($key, tests, tests)", "issue in linkedIssues($key, ok, ok)"),
    ("issueLinkType in (tests)", "issueLinkType in (ok)"),
    ("issue in childIssuesOf(ACME-2)", "issue in childIssuesOf(GLX-2)"),
    ('issue in subtasksOf("ACME-2")', 'issue in subtasksOf("GLX-2")'),
    ("issue in parentsOf('project = \"ACME\"')", "issue in parentsOf('project = \"GLX\"')"),
    ("fixVersion in unreleasedVersions(ACME, 'WEB')", "fixVersion in unreleasedVersions(GLX, 'SITE')"),
    ("assignee = 5b10a AND Tester was 5b10a", "assignee = 5c20b AND cf[20030] was 5c20b"),
    ("Reviewers in (5b10a, currentUser())", '"Reviewed by" in (5c20b, currentUser())'),
    ("status changed by 5b10a after -1d", "status changed by 5c20b after -1d"),
    ('assignee = "Ada Admin" OR issue in updatedBy(5b10a)', 'assignee = "Ada Admin" OR issue in updatedBy(5c20b)'),
    ('status = 3 OR status WAS "In Progress"', 'status = 30 OR status WAS "Doing"'),
    ("status changed FROM Done TO 'In Progress'", "status changed FROM Done TO 'Doing'"),
    ("type = Bug AND issuetype != 1", "type = Defect AND issuetype != 11"),
    ("priority >= Highest AND resolution = Fixed", "priority >= Blocker AND resolution = Fixed"),
    ("filter = 10010 or savedFilter in ('My work')", "filter = 10110 or savedFilter in ('My work (acme)')"),
    ("sprint = 7 or Sprint in ('Sprint 7')", "sprint = 17 or Sprint in ('Sprint 7')"),
    ("cf[10010] > 3 or CF [ 10010 ] = 5", "cf[20010] > 3 or CF [ 20010 ] = 5"),
    ("'Story Points' > 3", "'Story point estimate' > 3"),
    ('ORDER BY "story points" DESC', 'ORDER BY "Story point estimate" DESC'),
    ('"Story Points[Thing]" is EMPTY', '"Story point estimate[Thing]" is EMPTY'),
    ("ORDER BY cf[10010], customfield_10010 asc", "ORDER BY cf[20010], customfield_20010 asc"),
    ('Risk = "High" and "Risk[Thing]" = Low', 'Risk = "High" and "Risk[Thing]" = Low'),
    ("votes = $customfield_10010", "votes = $customfield_20010"),
    ("votes = $'Story Points'", "votes = $'Story point estimate'"),
    ("labels = $Tester", "labels = $customfield_20030"),
    ('not"Tester"=5b10a', 'not"cf[20030]"=5c20b'),
    ("cf[10010][x].y = ACME", "cf[20010][x].y = ACME"),
    ("\"cf[10010]\" = 1 or 'CF[10050]' = ACME", "\"cf[20010]\" = 1 or 'cf[20050]' = GLX"),
]


@pytest.mark.parametrize(("before", "after"), REWRITTEN)
def test_words_that_are_meant_are_rewritten(before: str, after: str) -> None:
    rewritten = REWRITER.rewrite(before)
    assert rewritten.text == after
    assert rewritten.left_alone == ()
    parse_jql(after)


@pytest.mark.parametrize(
    "text",
    [
        'summary ~ "ACME-12"',
        "summary ~ ACME-1",
        'text ~ "project = ACME"',
        "labels = ACME-1 or labels in (ACME, 10000)",
        "issue.property[ACME].x = ACME-1",
        "project.property[ACME].x = ACME and development[pullrequests].open > 0",
        "Notes ~ ACME",
        "Notes = ACME-1 order by Notes",
        "project ~ ACME",
        "created > -1w and created < '2026-01-01'",
        "fixVersion = 2026 or fixVersion = ACME",
        "assignee in membersOf(ACME)",
        "labels = $metadata:ACME and labels = $metadata:'Story Points'",
        "parent = $key and parent = $Key",
        "resolution = Unresolved",
        "assignee = EMPTY",
        "10010 = 3",
    ],
)
def test_what_only_looks_like_it_is_left_alone_without_a_word(text: str) -> None:
    rewriter = JqlRewriter(
        JiraMapping([*FIELDS, *THINGS, field(10060, "Notes", 20060, "Notes")], numbers_kept=["ACME"]), SOURCE
    )
    rewritten = rewriter.rewrite(text)
    assert rewritten.text == text
    assert rewritten.left_alone == ()


@pytest.mark.parametrize(
    ("text", "kind", "word", "reason"),
    [
        ("project = BETA", "project", "BETA", "unmapped"),
        ("project = 99999", "project", "99999", "unmapped"),
        ("key in ('WEB-6')", "issue", "WEB-6", "unmapped"),
        ("cf[10099] = 1", "field", "customfield_10099", "unmapped"),
        ("customfield_10099 = 1", "field", "customfield_10099", "unmapped"),
        ("ORDER BY Notes", "field", "Notes", "unmapped"),
        ("Colour = red", "field", "Colour", "unknown-field"),
        ("votes = $Colour", "field", "Colour", "unknown-field"),
        ("votes = $Risk", "field", "Risk", "ambiguous"),
        ("id > 10100", "issue", "10100", "order-lost"),
        ("key <= WEB-5", "issue", "WEB-5", "order-lost"),
        ("fixVersion = 10100", "other", "10100", "id-unknown"),
        ('"Request Type" in ("IT help (ACME)", Bill)', "other", "IT help (ACME)", "id-unknown"),
        ("issue in inMyApp(ACME-1)", "function", "ACME-1", "unknown-function"),
        ('issue in linkedIssues(ACME-1, "blocks")', "link_type", "blocks", "unmapped"),
        (r'project = "BE\u0054A"', "project", "BETA", "unmapped"),
        ("a = = b", "jql", "expected a value, a function or EMPTY, found =", "unreadable"),
    ],
)
def test_what_has_no_partner_is_left_alone_and_reported_with_its_place(text, kind, word, reason) -> None:
    rewritten = REWRITER.rewrite(text)
    (left,) = rewritten.left_alone
    assert (left.kind, left.reason) == (kind, reason)
    if reason == "unreadable":
        assert word in left.word
        assert rewritten.text == text
    else:
        assert left.word == word
        assert text[left.start : left.end].strip("'\"").replace("\\u0054", "T") in word


def test_a_query_inside_a_function_says_what_it_left_alone() -> None:
    rewritten = REWRITER.rewrite('issue in subtasksOf("project = BETA and type = Bug")')
    assert rewritten.text == 'issue in subtasksOf("project = BETA and type = Defect")'
    assert [(left.kind, left.word) for left in rewritten.left_alone] == [("project", "BETA")]


def test_queries_within_queries_end() -> None:
    text = "project = ACME"
    for _ in range(12):
        text = "issue in subtasksOf('" + text.replace("\\", "\\\\").replace("'", "\\'") + "')"
    assert [left.reason for left in REWRITER.rewrite(text).left_alone] == ["unknown-function"]


def test_edits_say_how_sure_they_are() -> None:
    (edit,) = REWRITER.rewrite("filter = 10010").edits
    assert (edit.kind, edit.start, edit.end, edit.before, edit.after) == ("filter", 9, 14, "10010", "10110")
    assert edit.certainty == "likely"


def test_an_ambiguous_name_is_not_guessed() -> None:
    two = [Mapped("status", "1", "", "Open", "10", "", "New"), Mapped("status", "2", "", "Open", "20", "", "To do")]
    rewriter = JqlRewriter(JiraMapping(two), SOURCE)
    assert [left.reason for left in rewriter.rewrite("status = Open").left_alone] == ["ambiguous"]
    assert rewriter.rewrite("status = 2").text == "status = 20"


def test_words_are_quoted_where_the_new_one_needs_it() -> None:
    rewriter = JqlRewriter(
        JiraMapping(
            [
                Mapped("status", "1", "", "Open", "10", "", "To Do"),
                Mapped("status", "2", "", "Shut", "20", "", 'It\'s "done"'),
                Mapped("status", "3", "", "Later", "30", "", "2027"),
                Mapped("status", "4", "", "Soon", "40", "", "last"),
            ]
        ),
        SOURCE,
    )
    assert rewriter.rewrite("status=Open").text == 'status="To Do"'
    assert rewriter.rewrite("status in (Later, Soon)").text == 'status in ("2027", "last")'
    assert rewriter.rewrite("status in ('Shut', \"Shut\")").text == (
        'status in (\'It\\\'s "done"\', "It\'s \\"done\\"")'
    )


def test_a_custom_field_may_become_one_of_jira_s_own() -> None:
    epic = Mapped("field", "customfield_10014", "", "Epic Link", "parent", "", "Parent")
    rewriter = JqlRewriter(JiraMapping([epic]), SOURCE, DESTINATION)
    assert rewriter.rewrite("cf[10014]is EMPTY order by cf[10014]desc").text == '"parent"is EMPTY order by "parent"desc'
    assert rewriter.rewrite('"Epic Link" is EMPTY').text == '"Parent" is EMPTY'


def test_a_login_name_of_a_data_center_becomes_an_account_id() -> None:
    ada = Mapped("user", "JIRAUSER10100", "ada", "Ada Admin", "5c20b", "", "Ada Admin")
    assert JqlRewriter(JiraMapping([ada]), SOURCE).rewrite("assignee = ada").text == "assignee = 5c20b"


def test_without_the_source_s_fields_names_are_found_in_the_mapping() -> None:
    assert JqlRewriter(MAPPING, []).rewrite('"Story Points" > 3').text == '"Story point estimate" > 3'


def test_ten_thousand_deep_and_long_is_rewritten_too() -> None:
    text = "NOT (" * 10_000 + "project in (" + ", ".join(["ACME"] * 10_000) + ")" + ")" * 10_000
    rewritten = REWRITER.rewrite(text)
    assert rewritten.text == text.replace("ACME", "GLX")
    assert len(rewritten.edits) == 10_000


# Words that are written as Jira writes them, and whose partners need no quotes they did not have.
_KEYS = st.sampled_from(["ACME-1", "ACME-22", "10100", "$key", "WEB-5", "'ACME-1'"])
_PROJECTS = st.sampled_from(["ACME", "10000", '"Acme Products"', "WEB", "'WEB'"])
_USERS = st.sampled_from(["5b10a", "'5b10a'", "currentUser()", "EMPTY", '"Ada Admin"'])
_STATUSES = st.sampled_from(["3", '"In Progress"', "Done", "'Done'"])
_TEXTS = st.sampled_from(['"ACME-1"', "ACME", "10010", "'Story Points'", "Größe"])
_PAIRS = st.one_of(
    st.tuples(st.sampled_from(["key", "parent", '"Epic Link"', "cf[10014]"]), _KEYS),
    st.tuples(st.sampled_from(["project", "Origin", "cf[10050]"]), _PROJECTS),
    st.tuples(st.sampled_from(["assignee", '"Reviewers"', "customfield_10030"]), _USERS),
    st.tuples(st.sampled_from(["status"]), _STATUSES),
    st.tuples(st.sampled_from(["labels", "summary", '"Story Points"', "cf[10010]"]), _TEXTS),
    st.tuples(st.just("sprint"), st.sampled_from(["7", '"Sprint 7"'])),
    st.tuples(st.just("filter"), st.sampled_from(["10010", "'My work'"])),
)
_BLANKS = st.sampled_from([" ", "\n", "  \t"])
_CLAUSES = st.one_of(
    st.builds(lambda pair, blank: f"{pair[0]}{blank}={blank}{pair[1]}", _PAIRS, _BLANKS),
    st.builds(lambda pair, blank: f"{pair[0]} not{blank}IN ({pair[1]},{blank}{pair[1]} )", _PAIRS, _BLANKS),
    st.builds(lambda user, one, other: f"status changed by {user} from {one} to {other}", _USERS, _STATUSES, _STATUSES),
    st.builds(lambda key: f'issue in linkedIssues({key}, "is tested by")', _KEYS),
)
_CONDITIONS = st.recursive(
    _CLAUSES,
    lambda inner: st.one_of(
        st.builds("({} )".format, inner),
        st.builds("NOT {}".format, inner),
        st.builds("{} AND{}{}".format, inner, _BLANKS, inner),
        st.builds("{} or{}{}".format, inner, _BLANKS, inner),
    ),
    max_leaves=6,
)
QUERIES = st.builds(
    "{}{}".format, _CONDITIONS, st.sampled_from(["", ' ORDER BY "Story Points" desc,cf[10010] ', " order by created"])
)


@given(QUERIES)
def test_an_empty_mapping_changes_nothing(text: str) -> None:
    assert JqlRewriter(JiraMapping(), SOURCE).rewrite(text).text == text
    assert JqlRewriter(JiraMapping(), SOURCE, DESTINATION).rewrite(text).edits == ()


@given(QUERIES)
def test_there_and_back_is_the_original(text: str) -> None:
    there = REWRITER.rewrite(text)
    assert there.left_alone == ()
    back = JqlRewriter(MAPPING.inverse(), DESTINATION, SOURCE)
    assert back.rewrite(there.text).text == text


@given(QUERIES)
def test_only_what_the_edits_say_changes_and_the_rest_is_the_same_query(text: str) -> None:
    rewritten = REWRITER.rewrite(text)
    segments = list(rewritten.segments())
    assert "".join(segment.text for segment in segments if segment.part != "inserted") == text
    assert "".join(segment.text for segment in segments if segment.part != "deleted") == rewritten.text
    old, new = list(iter_nodes(parse_jql(text))), list(iter_nodes(parse_jql(rewritten.text)))
    assert [type(node) for node in old] == [type(node) for node in new]
    edited = {edit.start for edit in rewritten.edits}
    for before, after in zip(old, new, strict=True):
        if isinstance(before, Value) and isinstance(after, Value) and before.start not in edited:
            assert before.text == after.text


@given(
    st.text() | st.lists(st.sampled_from(["project", "=", "ACME", " ", "(", ")", '"', "$", "cf[10010]"])).map("".join)
)
def test_any_text_at_all_is_rewritten_or_left_alone(text: str) -> None:
    rewritten = REWRITER.rewrite(text)
    if rewritten.text != text:
        parse_jql(rewritten.text)
