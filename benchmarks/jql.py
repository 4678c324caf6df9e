"""How many JQL a second are parsed and printed, beside lark in the same run, and whether time stays linear.

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
    lark = Lark(GRAMMAR, parser="lalr", propagate_positions=True)
    characters = sum(map(len, ORDINARY)) / len(ORDINARY)
    lines = [
        f"JQL of {characters:.0f} characters on average; Python {platform.python_version()}, "
        f"lark {version('lark')}, processor time of one core.",
        "",
        "| parser | JQL/s |",
        "|---|---:|",
        f"| snapshots.jql, parse and print | {queries_a_second(parse_and_print, runs):,.0f} |",
        f"| lark, LALR, parse only | {queries_a_second(lark.parse, runs):,.0f} |",
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
    REPORT.write_text("# Parsing JQL\n\n    python benchmarks/jql.py\n\n" + report)
    print(report)


if __name__ == "__main__":
    main()
