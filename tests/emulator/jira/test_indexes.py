"""Queries by key, project, parent and link go along an index, whatever the size of the site."""

from __future__ import annotations

import pytest

from atlassian_emulator.jira import Jira
from atlassian_emulator.jira.jql.compile import compile_query
from atlassian_emulator.jira.jql.parser import parse


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
def test_no_query_reads_all_issues(quiet_site, jql):
    with quiet_site.database.read() as c:
        scope = quiet_site.part(Jira).scope(c, quiet_site.users.find_by_email("admin@example.com"))
        select = compile_query(parse(jql), scope).to_select()
        plan = [row[3] for row in c.execute(f"EXPLAIN QUERY PLAN {select.text}", select.parameters)]
    steps = [step for step in plan if step.split()[1] == "i"]
    assert steps and not [step for step in steps if step.startswith("SCAN")], plan
