"""Queries by key, project, parent and link go along an index, whatever the size of the site."""

from __future__ import annotations

import pytest

from atlassian_emulator.jira import Jira, put_issues
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse
from atlassian_emulator.server import open_site


@pytest.fixture(scope="module")
def large_site(made_up):
    """A site that SQLite takes for one of hundreds of thousands of issues, by what its statistics say."""
    site = open_site("large")
    put_issues(site, made_up)
    with site.database.transaction() as c:
        for name, stat in c.execute("SELECT idx, stat FROM sqlite_stat1 WHERE tbl = 'jira_issues'").fetchall():
            rows, *rest = stat.split()
            larger = " ".join([str(int(rows) * 2_000), *rest])
            c.execute("UPDATE sqlite_stat1 SET stat = ? WHERE idx = ?", (larger, name))
        c.execute("ANALYZE sqlite_schema")
    yield site
    site.close()


@pytest.mark.parametrize(
    "jql",
    [
        "key = PUMP-12",
        f"key in ({', '.join(f'PUMP-{number}' for number in range(1, 60))})",
        "project = PUMP",
        "parent = PUMP-1",
        f"parent in ({', '.join(f'PUMP-{number}' for number in range(1, 40))})",
        "issue in linkedIssues(PUMP-12)",
    ],
)
def test_no_query_reads_all_issues(large_site, jql):
    with large_site.database.read() as c:
        scope = large_site.part(Jira).scope(c, large_site.users.find_by_email("admin@example.com"))
        select = compile_query(parse(jql), scope).to_select()
        plan = [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {select.text}", select.parameters)]
    steps = [step for step in plan if step.split()[1] == "i"]
    assert steps and not [step for step in steps if step.startswith("SCAN")], plan
