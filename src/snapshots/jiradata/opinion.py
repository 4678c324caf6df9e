"""What the destination's Jira says of new queries, asked in few requests.

A query of a lower level refers to the row above. `$key` is filled in with an issue that is there; a condition that
refers to anything else of that row is left out of the question, for only a capture can know its value.
"""

from __future__ import annotations

from collections.abc import Iterable

from snapshots.atlassian.jira import JiraClient
from snapshots.errors import InvalidInput
from snapshots.jql import JqlSyntaxError, Reference, conjuncts, iter_nodes, parse_jql, substitute
from snapshots.jql.tree import ReferenceKind
from snapshots.progress import Progress

_QUERIES_TOGETHER = 1_000

_ROW_ABOVE: tuple[ReferenceKind, str] = ("key", "key")


Opinions = dict[str, tuple[str, ...]]
"""By query, what Jira holds against it."""


def ask_jira(jira: JiraClient, queries: Iterable[str], known_key: str, progress: Progress) -> Opinions:
    """By query, what Jira holds against it; queries of which nothing can be asked are absent.

    `known_key` is an issue of the destination, empty when none is known.
    """
    questions: dict[str, str] = {}
    for query in dict.fromkeys(queries):
        question = askable(query, known_key)
        if question is not None:
            questions[query] = question
    distinct = list(dict.fromkeys(questions.values()))
    answers: Opinions = {}
    for start in range(0, len(distinct), _QUERIES_TOGETHER):
        lot = distinct[start : start + _QUERIES_TOGETHER]
        answers.update(zip(lot, jira.check_jql(lot), strict=True))
        progress("asking Jira about queries", start + len(lot), len(distinct), "queries")
    return {query: answers[question] for query, question in questions.items()}


def askable(text: str, known_key: str) -> str | None:
    """What Jira can be asked of this query; `None` when nothing of it."""
    try:
        query = parse_jql(text)
        nodes = list(iter_nodes(query))
        references = [node for node in nodes if isinstance(node, Reference)]
        if not references:
            return text
        parts = []
        for part in conjuncts(query):
            inside = [each for each in references if part.start <= each.start and each.end <= part.end]
            if all(each.target == _ROW_ABOVE and known_key for each in inside):
                parts.append(query.text_of(part))
        if not parts:
            return None
        joined = " AND ".join(parts) + (f" {query.order_by.text}" if query.order_by else "")
        return substitute(joined, {_ROW_ABOVE: known_key})
    except (JqlSyntaxError, InvalidInput):
        return None
