"""How many JQL a second are parsed, printed and rewritten, beside lark in the same run; whether time stays linear.

    python benchmarks/jql.py [--runs 7]

One process, one core, processor time; the best of the runs, since whatever else the machine does can only add.
Both must refuse what is wrong and know where each part of the query stands. lark parses with LALR and a contextual
lexer, its fastest way. Figures go to benchmarks/jql.md.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from lark import Lark

from snapshots.atlassian.model import Field
from snapshots.jiradata.definitions import rewrite_definition
from snapshots.jiradata.mapping import JiraMapping, Mapped
from snapshots.jiradata.rewriting import JqlRewriter
from snapshots.jql import parse_jql

REPORT = Path(__file__).with_name("jql.md")

ORDINARY = (
    'project = ACME AND status in ("In Progress", Done) AND assignee = currentUser() ORDER BY created DESC',
    'project in (ACME, DEMO) AND issuetype = Bug AND priority >= High AND "Story Points" > 3 ORDER BY rank ASC',
    "fixVersion = 1.2.3 AND resolution = Unresolved AND (labels is EMPTY OR labels not in (wontfix, later)) ",
    'status CHANGED FROM "In Progress" TO Done AFTER startOfMonth(-1) BEFORE endOfMonth() AND project = ACME',
    'issue in linkedIssues(ACME-123, "is tested by") AND created >= -4w AND NOT status was in (Done, Closed)',
    'cf[10010] = "ACME-77" AND summary ~ "release candidate" AND reporter != fred AND updated <= 2026-01-31',
)

# The same language without Snapshots' own references, as lark would be given it.
GRAMMAR = r"""
start: [condition] [order]
order: ORDER BY item ("," item)*
item: field [ASC | DESC]
?condition: (conjunction | condition OR conjunction)
?conjunction: (negation | conjunction AND negation)
?negation: (NOT | "!") negation | "(" condition ")" | clause
clause: field (EQUALS | COMPARES) single | field [NOT] IN several | field IS [NOT] EMPTY
      | field WAS [NOT] single predicate* | field WAS [NOT] IN several predicate* | field CHANGED predicate*
predicate: (AFTER | BEFORE | ON | DURING | BY | FROM | TO) operand
field: NUMBER | (name | CF "[" NUMBER "]") ("[" argument "]" name*)*
?single: value | function | EMPTY
?several: list | function
?operand: single | list
list: "(" operand ("," operand)* ")"
function: value "(" [argument ("," argument)*] ")"
?argument: value
value: name | NUMBER
name: WORD | QUOTED
EQUALS: "=" | "!=" | "~" | "!~"
COMPARES: "<=" | ">=" | "<" | ">"
AND.3: /and\b(?![.\-])/i | "&&" | "&"
OR.3: /or\b(?![.\-])/i | "||" | "|"
NOT.3: /not\b(?![.\-])/i
IN.3: /in\b(?![.\-])/i
IS.3: /is\b(?![.\-])/i
WAS.3: /was\b(?![.\-])/i
CHANGED.3: /changed\b(?![.\-])/i
EMPTY.3: /(empty|null)\b(?![.\-])/i
AFTER.3: /after\b/i
BEFORE.3: /before\b/i
ON.3: /on\b/i
DURING.3: /during\b/i
BY.3: /by\b/i
FROM.3: /from\b/i
TO.3: /to\b/i
CF.3: /cf\b/i
ORDER.3: /order\b/i
ASC.3: /asc\b/i
DESC.3: /desc\b/i
NUMBER.2: /-?[0-9]+(?![^ \t\r\n=!<>~(),\[\]|&])/
WORD: /[^ \t\r\n\\"'=!<>~(),\[\]|&{}*\/%+^$#@?;]+/
QUOTED: /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/
%ignore /[ \t\r\n]+/
"""


DEFINITION = """{"levels":[{"columns":["key","summary","customfield_10010","status"],"jql":"project = ACME AND\
 issuetype = Epic AND cf[10010] > 3 ORDER BY rank","title":"Epics"},{"jql":"parent = $key ORDER BY rank"}]}"""
FIELDS = 300
"""A large Jira has hundreds of custom fields."""


def make_rewriter() -> JqlRewriter:
    """A mapping of what the queries name, among 50,000 issues, 300 fields and 200 projects."""
    fields = [
        Field(f"customfield_{10000 + n}", f"Field {n}", True, (f"cf[{10000 + n}]", f"Field {n}"), "number")
        for n in range(FIELDS)
    ]
    fields[10] = Field("customfield_10010", "Story Points", True, ("cf[10010]", "Story Points"), "number")
    system = [Field(each, each, False, (each,), each) for each in ("status", "issuetype", "assignee", "priority")]
    entries = [
        Mapped("field", field.id, "", field.name, field.id.replace("_10", "_20"), "", f"{field.name} there")
        for field in fields
    ]
    entries += [Mapped("project", str(n), f"P{n}", f"Project {n}", str(n), f"Q{n}", f"Project {n}") for n in range(200)]
    entries.append(Mapped("project", "10000", "ACME", "Acme", "10200", "GLX", "Globex"))
    entries += [Mapped("issue", str(n), f"ACME-{n}", "", str(n + 1), f"GLX-{n}", "") for n in range(50_000)]
    entries.append(Mapped("status", "3", "", "In Progress", "30", "", "Doing"))
    entries.append(Mapped("link_type", "1", "", "Test", "2", "", "Check", words=(("is tested by", "is checked by"),)))
    return JqlRewriter(JiraMapping(entries, numbers_kept=["ACME"]), [*fields, *system], [*fields, *system])


def best_seconds(work: Callable[[], object], runs: int) -> float:
    found = []
    for _ in range(runs):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def queries_a_second(parse: Callable[[str], object], runs: int) -> float:
    repeats = 500

    def work() -> None:
        for _ in range(repeats):
            for text in ORDINARY:
                parse(text)

    return repeats * len(ORDINARY) / best_seconds(work, runs)


def parse_and_print(text: str) -> None:
    if str(parse_jql(text)) != text:
        raise AssertionError(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    rewriter = make_rewriter()
    definitions = 1_000

    def rewrite_definitions() -> None:
        for _ in range(definitions):
            if not rewrite_definition(DEFINITION, rewriter).is_changed:
                raise AssertionError(DEFINITION)

    lark = Lark(GRAMMAR, parser="lalr", propagate_positions=True)
    characters = sum(map(len, ORDINARY)) / len(ORDINARY)
    lines = [
        f"JQL of {characters:.0f} characters on average; Python {platform.python_version()}, "
        f"lark {version('lark')}, processor time of one core.",
        "",
        "| what | a second |",
        "|---|---:|",
        f"| snapshots.jql, parse and print | {queries_a_second(parse_and_print, runs):,.0f} |",
        f"| lark, LALR, parse only | {queries_a_second(lark.parse, runs):,.0f} |",
        f"| snapshots.jiradata, parse and rewrite | {queries_a_second(rewriter.rewrite, runs):,.0f} |",
        f"| the same, definitions of two levels | {definitions / best_seconds(rewrite_definitions, runs):,.0f} |",
        "",
        "| one query of | ms |",
        "|---|---:|",
    ]
    for count in (1_000, 10_000, 100_000):
        listed = "key in (" + ", ".join(f"ACME-{number}" for number in range(count)) + ")"
        nested = "(" * count + "a = 1" + ")" * count
        for name, text in (("keys in a list", listed), ("parentheses deep", nested)):
            seconds = best_seconds(lambda text=text: parse_and_print(text), min(runs, 3))
            lines.append(f"| {count:,} {name}, {len(text):,} characters | {seconds * 1000:,.1f} |")
    report = "\n".join(lines) + "\n"
    REPORT.write_text("# Parsing and rewriting JQL\n\n    python benchmarks/jql.py\n\n" + report)
    print(report)


if __name__ == "__main__":
    main()
