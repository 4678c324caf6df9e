"""JQL against a plain reading of the same issues in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlassian_emulator.jira import Jira, put_issues
from atlassian_emulator.jira.jql.clauses import NEGATED
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.jira.jql.syntax import JqlSyntaxError
from atlassian_emulator.server import open_site

from .conftest import find_keys, refusals

unhurried = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Fact:
    """A JQL field, and how to read it from the file: a list of values, empty where the issue has none."""

    field: str
    read: Callable[[dict[str, Any]], list[str]]


def names_of(member):
    def read(issue):
        value = issue["fields"].get(member)
        things = value if isinstance(value, list) else [value] if value else []
        return [each if isinstance(each, str) else each.get("displayName") or each["name"] for each in things]

    return read


def epic_or_parent(issue):
    found = issue["fields"].get("parent") or issue["fields"].get("epic")
    return [found["key"]] if found else []


FACTS = (
    Fact("key", lambda issue: [issue["key"]]),
    Fact("project", lambda issue: [issue["key"].rpartition("-")[0]]),
    Fact("issuetype", names_of("issuetype")),
    Fact("status", names_of("status")),
    Fact("priority", names_of("priority")),
    Fact("resolution", names_of("resolution")),
    Fact("assignee", names_of("assignee")),
    Fact("reporter", names_of("reporter")),
    Fact("labels", names_of("labels")),
    Fact("component", names_of("components")),
    Fact("fixVersion", names_of("fixVersions")),
    Fact("affectedVersion", names_of("versions")),
    Fact("parent", epic_or_parent),
    Fact('"Epic Link"', lambda issue: [issue["fields"]["epic"]["key"]] if issue["fields"].get("epic") else []),
    Fact('"Safety Class"', lambda issue: [v] if (v := issue.get("custom", {}).get("Safety Class")) else []),
    Fact('"Verification Method"', lambda issue: issue.get("custom", {}).get("Verification Method", [])),
    Fact("duedate", lambda issue: [issue["fields"]["duedate"]] if issue["fields"]["duedate"] else []),
)


def quoted(value):
    return '"' + value.replace('"', '\\"') + '"'


@st.composite
def conditions(draw, issues):
    """A JQL condition and the predicate it stands for."""
    fact = draw(st.sampled_from(FACTS))
    known = sorted({value for issue in issues for value in fact.read(issue)})
    form = draw(st.sampled_from(["=", "!=", "in", "not in", "is", "is not"]))
    if form in ("is", "is not"):
        return f"{fact.field} {form} EMPTY", lambda issue: bool(fact.read(issue)) == (form == "is not")
    chosen = draw(st.lists(st.sampled_from(known), min_size=1, max_size=1 if "=" in form else 4))
    operand = quoted(chosen[0]) if "=" in form else f"({', '.join(map(quoted, chosen))})"
    if form in ("=", "in"):
        return f"{fact.field} {form} {operand}", lambda issue: any(v in chosen for v in fact.read(issue))
    # A field without a value is neither among others nor apart from them.
    return (
        f"{fact.field} {form} {operand}",
        lambda issue: bool(fact.read(issue)) and not any(v in chosen for v in fact.read(issue)),
    )


@st.composite
def queries(draw, issues, depth=3):
    if depth == 0 or draw(st.booleans()):
        return draw(conditions(issues))
    word = draw(st.sampled_from(["and", "or"]))
    parts = draw(st.lists(queries(issues, depth - 1), min_size=2, max_size=4))
    combine = all if word == "and" else any
    text = f" {word} ".join(f"({part})" for part, _ in parts)
    return text, lambda issue: combine(holds(issue) for _, holds in parts)


@unhurried
@given(data=st.data())
def test_queries_find_what_a_plain_reading_finds(data, quiet_site, made_up):
    text, holds = data.draw(queries(made_up))
    assert set(find_keys(quiet_site, text)) == {issue["key"] for issue in made_up if holds(issue)}, text


@unhurried
@given(data=st.data())
def test_not_turns_operators_round(data, quiet_site, made_up):
    """NOT of a condition and the condition share no issue; those in neither have no value in some field asked for."""
    text, _ = data.draw(conditions(made_up))
    without, within = set(find_keys(quiet_site, f"not ({text})")), set(find_keys(quiet_site, text))
    assert not within & without
    assert set(find_keys(quiet_site, f"not not ({text})")) == within
    if "EMPTY" in text:
        assert within | without == {issue["key"] for issue in made_up}
    else:
        field = next(fact for fact in FACTS if text.startswith(fact.field + " "))
        valued = {issue["key"] for issue in made_up if field.read(issue)}
        assert within | without == valued


@unhurried
@given(data=st.data())
def test_de_morgan(data, quiet_site, made_up):
    (one, _), (other, _) = data.draw(conditions(made_up)), data.draw(conditions(made_up))
    for word, turned in (("and", "or"), ("or", "and")):
        whole = find_keys(quiet_site, f"not ({one} {word} {other})")
        assert whole == find_keys(quiet_site, f"not {one} {turned} not {other}")


SORTED_BY = {
    "key": lambda issue: (issue["key"].rpartition("-")[0], int(issue["key"].rpartition("-")[2])),
    "created": lambda issue: issue["fields"]["created"],
    "updated": lambda issue: issue["fields"]["updated"],
    "summary": lambda issue: issue["fields"]["summary"].lower(),
    "duedate": lambda issue: issue["fields"]["duedate"] or "9999",
    "priority": lambda issue: (
        -["Highest", "High", "Medium", "Low", "Lowest"].index(issue["fields"]["priority"]["name"])
    ),
}


@unhurried
@given(st.lists(st.tuples(st.sampled_from(sorted(SORTED_BY)), st.sampled_from(["", "asc", "desc"])), max_size=4))
def test_order_by_sorts_and_leaves_ties_newest_first(quiet_site, made_up, order):
    expected = made_up[::-1]
    for field, direction in reversed(order):
        expected = sorted(expected, key=SORTED_BY[field], reverse=direction == "desc")
        if direction == "desc":
            # sorted() keeps ties in order even when reversed, which is what is wanted.
            assert len(expected) == len(made_up)
    text = ", ".join(f"{field} {direction}".strip() for field, direction in order)
    jql = "key is not EMPTY" + (f" order by {text}" if text else "")
    assert find_keys(quiet_site, jql) == [issue["key"] for issue in expected]


def links_of(issue, words):
    found = set()
    for link in issue["fields"]["issuelinks"]:
        side, there = ("outward", "outwardIssue") if "outwardIssue" in link else ("inward", "inwardIssue")
        if words in (None, link["type"][side]):
            found.add(link[there]["key"])
    return found


@pytest.mark.parametrize("words", [None, "tests", "is tested by", "mitigates", "is implemented by", "relates to"])
def test_linked_issues(find, made_up, words):
    argument = "" if words is None else f', "{words}"'
    found = {issue["key"]: set(find(f"issue in linkedIssues({issue['key']}{argument})")) for issue in made_up}
    assert found == {issue["key"]: links_of(issue, words) for issue in made_up}


def test_many_linked_issues_in_one_query(find, made_up):
    jql = " or ".join(f'issue in linkedIssues({issue["key"]}, "is tested by")' for issue in made_up)
    assert set(find(jql)) == set().union(*(links_of(issue, "is tested by") for issue in made_up))


@pytest.mark.parametrize(
    ("jql", "holds"),
    [
        ("created >= '2025-06-01'", lambda i: i["fields"]["created"] >= "2025-06-01"),
        ("created < 2025-06-01", lambda i: i["fields"]["created"] < "2025-06-01"),
        (
            "updated > startOfYear() and updated <= now()",
            lambda i: "2026" < i["fields"]["updated"] < "2026-09-21T13:33",
        ),
        ("created >= startOfMonth('-3M')", lambda i: i["fields"]["created"] >= "2026-06-01"),
        ("duedate <= endOfYear(-1y)", lambda i: (i["fields"]["duedate"] or "9999") <= "2025-12-31"),
        ("resolved is EMPTY", lambda i: i["fields"]["resolutiondate"] is None),
        ("resolution = Unresolved", lambda i: i["fields"]["resolution"] is None),
        ("priority > Medium", lambda i: i["fields"]["priority"]["name"] in ("High", "Highest")),
        ("priority <= Low", lambda i: i["fields"]["priority"]["name"] in ("Low", "Lowest")),
        ('"Story Points" >= 5', lambda i: i.get("custom", {}).get("Story Points", 0) >= 5),
        ("statusCategory = Done", lambda i: i["fields"]["status"]["statusCategory"]["key"] == "done"),
        ("issuetype in subtaskIssueTypes()", lambda i: i["fields"]["issuetype"]["subtask"]),
        ("fixVersion in releasedVersions()", lambda i: any(v["released"] for v in i["fields"]["fixVersions"])),
        ("sprint in openSprints()", lambda i: i["fields"].get("sprint", {}).get("state") == "active"),
        ("sprint in closedSprints()", lambda i: bool(i["fields"].get("closedSprints"))),
        ("issueLinkType = 'is tested by'", lambda i: bool(links_of(i, "is tested by"))),
        ("summary ~ alarm", lambda i: "alarm" in i["fields"]["summary"].lower()),
        ("project = PUMP and key > PUMP-90", lambda i: i["key"][:5] == "PUMP-" and int(i["key"][5:]) > 90),
        ("labels = IEC-62304", lambda i: "iec-62304" in i["fields"]["labels"]),
        ("assignee in membersOf('site-admins')", lambda i: False),
        ("reporter = currentUser()", lambda i: False),
    ],
)
def test_particular_conditions(find, made_up, jql, holds):
    assert set(find(jql)) == {issue["key"] for issue in made_up if holds(issue)}


@pytest.mark.parametrize(
    ("jql", "sentence"),
    [
        ("xyz = 1", "Field 'xyz' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("type = Feature", "The value 'Feature' does not exist for the field 'type'."),
        ("status in (Done, Gone)", "The value 'Gone' does not exist for the field 'status'."),
        ("key = PUMP-99999", "An issue with key 'PUMP-99999' does not exist for field 'key'."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("project in PUMP", "Operator 'in' does not support the non-list value '\"PUMP\"' for field 'project'."),
        ("project = (PUMP)", "Operator '=' does not support the list value '(PUMP)' for field 'project'."),
        ("issue in linkedIssues(NOPE-1)", "Issue 'NOPE-1' could not be found in function 'linkedIssues'."),
        (
            "issue in linkedIssues(PUMP-1, hugs)",
            "Issue link type 'hugs' could not be found in function 'linkedIssues'.",
        ),
        ("summary was Done", "History searches do not support the 'summary' field."),
        ("labels changed after -1d", "History searches do not support the 'labels' field."),
        ("project = guess()", "Unable to find JQL function 'guess()'."),
        ("key = PUMP-1 order by description", "Not able to sort using field 'description'."),
        ("'Story Points' = many", "Value 'many' for field 'Story Points' is not a valid number."),
    ],
)
def test_refusals_are_jiras_own_words(quiet_site, jql, sentence):
    assert refusals(quiet_site, jql) == [sentence]


@pytest.mark.parametrize(
    "jql",
    [
        "key = PUMP-7",
        "project = PUMP",
        " or ".join(f"parent = PUMP-{number % 5 + 1}" for number in range(500)),
        " or ".join(f"issue in linkedIssues(PUMP-{number % 90 + 1})" for number in range(500)),
    ],
)
def test_key_project_parent_and_link_use_an_index(made_up, jql):
    site = open_site("indexed")
    put_issues(site, made_up)
    with site.database.transaction() as c:
        # Statistics of so few issues would tell SQLite that reading them all is as good.
        c.execute("DELETE FROM sqlite_stat1")
        c.execute("ANALYZE sqlite_schema")
        scope = site.part(Jira).scope(c, site.users.find_by_email("admin@example.com"))
        select = compile_query(parse(jql), scope).to_select()
        steps = [row["detail"] for row in c.execute(f"EXPLAIN QUERY PLAN {select.text}", select.parameters)]
    assert any(step.startswith("SEARCH i USING") for step in steps), steps
    site.close()


FIELD_NAMES = [
    "key", "id", "project", "type", "status", "statusCategory", "priority", "resolution", "assignee", "parent",
    '"Epic Link"', "parentEpic", "labels", "component", "fixVersion", "affectedVersion", "created", "due", "resolved",
    "summary", "description", "environment", "comment", "text", "sprint", "issueLinkType", '"Story Points"',
    '"Safety Class"', '"Verification Method"', '"Epic Name"', "issuelinks", "nothing", "cf[1]",
]  # fmt: skip
OPERANDS = [
    "PUMP-1", "PUMP", "5", "-5", "-7d", "99999999999999999999", '"\\ud800"', '"\\u0000"', '"*"', '"a\\"b"', "''",
    "High", "1.0", "A", "Done", "done", "EMPTY", "(PUMP-1, EMPTY)", "(1, 2)", "now()", "startOfDay(-1y)",
    "startOfYear(-9999y)",
    "linkedIssues(PUMP-1)", "linkedIssues()", "membersOf(editors)", "openSprints()", "releasedVersions(PUMP)",
    "2026-02-31", "9999-12-31", "99999999999w", "currentUser()", "unheard()", "tests", '"is tested by"',
]  # fmt: skip


@unhurried
@given(
    st.lists(
        st.tuples(
            st.sampled_from(FIELD_NAMES),
            st.sampled_from([*NEGATED, "was", "changed"]),
            st.sampled_from(OPERANDS),
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(FIELD_NAMES),
)
def test_every_combination_runs_or_is_refused_with_a_sentence(quiet_site, clauses, sort):
    text = " and not ".join(f"{field} {operator} {operand}" for field, operator, operand in clauses)
    try:
        query = parse(f"{text} order by {sort} desc")
    except JqlSyntaxError:
        return
    with quiet_site.database.read() as c:
        user = quiet_site.users.find_by_email("admin@example.com")
        compiled = compile_query(query, quiet_site.part(Jira).scope(c, user))
        assert all(message.endswith(".") for message in (*compiled.errors, *compiled.warnings))
        if not compiled.errors:
            select = compiled.to_select()
            c.execute(select.text, select.parameters).fetchall()


def test_a_hidden_project_is_hidden_from_queries_and_names(made_up):
    site = open_site("hiding")
    put_issues(site, made_up)
    viewer = site.users.find_by_email("viewer@example.com")
    site.part(Jira).hide_project("PUMPR", viewer.account_id)
    seen = find_keys(site, "key is not EMPTY", viewer.email)
    assert seen
    assert not [key for key in seen if key.startswith("PUMPR-")]
    assert refusals(site, "project = PUMPR", viewer.email) == [
        "The value 'PUMPR' does not exist for the field 'project'."
    ]
    site.part(Jira).hide_project("PUMPR", viewer.account_id, hidden=False)
    assert find_keys(site, "key is not EMPTY", viewer.email) == find_keys(site, "key is not EMPTY")
    site.close()
