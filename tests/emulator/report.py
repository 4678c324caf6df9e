"""The table of docs/emulator.md that says how true the emulator is: scripts/emulator-conformance writes it.

What is counted is counted by walking over every operation with the documents at hand; what the emulator serves can be
counted without them, and a test holds the table against that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlassian_emulator.dataset import iter_issues
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

from . import test_conformance as confluence_tests
from .conftest import Client
from .jira import test_jira_conformance as jira_tests
from .openapi import MAY_BE_NULL, Conformance

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"
START, END = "<!-- conformance: scripts/emulator-conformance writes what is below -->", "<!-- /conformance -->"


@dataclass(frozen=True)
class Product:
    title: str
    walk: Any
    served: frozenset[str]


def products() -> tuple[Product, ...]:
    v2, v1 = confluence_tests.V2, confluence_tests.V1
    return (
        Product("Confluence v2", confluence_tests.walk_v2, frozenset(confluence_tests.served(v2))),
        Product("Confluence v1", confluence_tests.walk_v1, frozenset(confluence_tests.served(v1))),
        Product("Jira v3", jira_tests.walk_jira, frozenset(jira_tests.served())),
    )


def served_row(product: Product) -> str:
    """Return the beginning of a product's row, which can be told without the documents."""
    return f"| {product.title} | {len(product.served)} |"


def make_report() -> str:
    """Walk over all operations and return what stands between the marks."""
    lines = [
        "| product | operations served | documented | seen to work | seen to refuse | requests and answers checked |",
        "|---|---|---|---|---|---|",
    ]
    gaps: list[str] = []
    for product in products():
        with EmulatorServer("acme") as server:
            put_issues(server.site, iter_issues(seed=3, count=150))
            client = Client(server.url)
            conformance: Conformance = product.walk(client).conformance
            client.close()
        if conformance.faults or conformance.odd_requests:
            raise SystemExit("\n".join([*conformance.faults, *conformance.odd_requests]))
        works = len(product.served - conformance.unseen(product.served, failing=False))
        refuses = len(product.served - conformance.unseen(product.served, failing=True))
        checked = f"{conformance.requests_judged} and {conformance.answers_judged}"
        documented = len(conformance.document.operations)
        lines.append(f"{served_row(product)} {documented} | {works} | {refuses} | {checked} |")
        gaps += [f"| {product.title} | {where} | {reason} |" for where, reason in _gaps(conformance)]
    lines += ["", "Where the documents and the real site differ, the emulator follows the site:", ""]
    return "\n".join([*lines, "| product | operation and status | why |", "|---|---|---|", *dict.fromkeys(gaps)])


def _gaps(conformance: Conformance) -> Iterable[tuple[str, str]]:
    for (operation, status), reason in sorted(conformance.known_gaps.items()):
        yield f"{'any' if operation == '*' else f'`{operation}`'}, {status}", reason
    for operation, reason in sorted(conformance.request_gaps.items()):
        if operation in conformance.document.operations:
            yield f"`{operation}`, request", reason
    if any("/rest/api/3/" in operation for operation in conformance.document.operations):
        for schema, members in MAY_BE_NULL["jira-v3"].items():
            yield f"`{schema}`: {', '.join(members)}", "null in every real history; the document says text"


def main() -> int:
    before, mark, rest = PAGE.read_text("utf-8").partition(START)
    if not mark:
        raise SystemExit(f"{PAGE} has no line {START}")
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n{make_report()}\n\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
