"""What a person states: in a mapping file, in Atlassian's report of new ids, or in the CSV of decisions.

    kind,source_id,source_key,source_name,destination,state,candidates,reason,macros
    field,customfield_10010,,Story Points,customfield_10200,ambiguous,customfield_10200 …,2 are possible by name,17

`destination` is an id, a key or a name there, `-` for "it has none, leave it as it is", and empty while nobody has
decided. A mapping file needs only `kind`, one of the source's columns, and `destination`. Nothing is guessed: of two
lines that contradict each other neither counts, and both are named; all others go on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from snapshots.errors import InvalidInput
from snapshots.findings import Finding
from snapshots.jiradata.mapping import KINDS, ONE_TO_ONE, Kind
from snapshots.jiradata.matching import NOTHING
from snapshots.mapping_files import ATLASSIAN_COLUMNS, TYPE_COLUMN, find_columns, iter_csv

COLUMNS = (
    "kind",
    "source_id",
    "source_key",
    "source_name",
    "destination",
    "state",
    "candidates",
    "reason",
    "macros",
)
_SOURCE_COLUMNS = ("source_id", "source_key", "source_name")
_DESTINATION_COLUMNS = ("destination", "destination_id", "destination_key")

ENTITY_KINDS: Mapping[str, Kind] = {
    "jira:filter": "filter",
    "jira:issue": "issue",
    "jira:issuelinktype": "link_type",
    "jira:priority": "priority",
    "jira:resolution": "resolution",
    "jira/classic:board": "board",
    "jira/classic:customfield": "field",
    "jira/classic:issuestatus": "status",
    "jira/classic:issuetype": "issue_type",
    "jira/classic:project": "project",
    "jira/classic:sprint": "sprint",
    "identity:user": "user",
}
"""Atlassian's words for what it moved, in lower case, as far as a definition can name such things."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A thing that waits for a person. `macros` counts those that name it."""

    kind: Kind
    source_id: str
    source_key: str
    source_name: str
    state: str
    candidates: tuple[str, ...]
    reason: str
    macros: int = 0


@dataclass(slots=True)
class Given:
    """What was stated: kind and id, key or name of the source to a word there; and what cannot count."""

    answers: dict[tuple[Kind, str], str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    place: str
    kind: Kind
    word: str
    destination: str
    called: str


def read_given(files: Iterable[tuple[str, Path | bytes]]) -> Given:
    """What these files state, each with a name for messages.

    Raises InvalidInput for a file that is no CSV of ours or Atlassian's; single lines that cannot count are findings.
    """
    given = Given()
    lines = [line for name, file in files for line in _read_lines(name, file, given.findings)]
    by_source: dict[tuple[Kind, str], dict[str, str]] = {}
    for line in lines:
        by_source.setdefault((line.kind, line.word), {}).setdefault(line.destination, line.place)
    for (kind, word), destinations in by_source.items():
        if len(destinations) == 1:
            given.answers[kind, word] = next(iter(destinations))
            continue
        said = ", ".join(f"{destination} ({place})" for destination, place in destinations.items())
        given.findings.append(
            Finding("two-answers", f"{_noun(kind)} {word}", f"it is sent to {said}", "Keep one of them; none was used.")
        )
    _refuse_two_to_one(given, {(line.kind, line.word): line.called for line in lines})
    return given


def state_pairs(pairs: Iterable[tuple[Kind, str, str]]) -> dict[tuple[Kind, str], str]:
    """Decisions that a person made one by one: kind, source and destination."""
    return {(kind, source): destination.strip() for kind, source, destination in pairs if destination.strip()}


def write_decisions(undecided: Iterable[Undecided]) -> str:
    """The CSV to be edited, what macros name first."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for each in sorted(undecided, key=lambda one: (-one.macros, KINDS.index(one.kind))):
        candidates = "; ".join(each.candidates)
        lines.writerow(
            [
                each.kind,
                *map(safe_cell, (each.source_id, each.source_key, each.source_name)),
                "",
                each.state,
                *map(safe_cell, (candidates, each.reason)),
                each.macros,
            ]
        )
    return text.getvalue()


def safe_cell(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula; names come from other people."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and len(cell) > 1) else cell


def _read_lines(name: str, file: Path | bytes, findings: list[Finding]) -> list[_Line]:
    lines = iter_csv(file)
    header = next(lines, None)
    if header is None:
        raise InvalidInput(f"{name} is empty; begin it with the line kind,source_id,destination.")
    columns = [cell.strip().lower() for cell in header[1]]
    if TYPE_COLUMN in columns and (found := find_columns(columns, ATLASSIAN_COLUMNS)) is not None:
        return _read_report(name, lines, columns, found, findings)
    sources = [columns.index(column) for column in _SOURCE_COLUMNS if column in columns]
    destinations = [columns.index(column) for column in _DESTINATION_COLUMNS if column in columns]
    if "kind" not in columns or not sources or not destinations:
        raise InvalidInput(
            f"{name} begins with the columns '{','.join(columns)}'; begin it with kind,source_id,destination, or give "
            "Atlassian's report with entityType,serverId,cloudId."
        )
    read: list[_Line] = []
    for number, cells in lines:
        place = f"line {number} of {name}"
        if len(cells) != len(columns):
            findings.append(_bad_line(place, f"it has {len(cells)} columns instead of {len(columns)}"))
            continue
        kind = cells[columns.index("kind")].strip().lower().replace(" ", "_")
        word = next((text for place_ in sources if (text := _unsafe(cells[place_]))), "")
        destination = next((text for place_ in destinations if (text := cells[place_].strip())), "")
        if not destination:
            continue
        if kind not in KINDS:
            findings.append(_bad_line(place, f"there is no kind {kind!r}, only {', '.join(KINDS)}"))
        elif not word:
            findings.append(_bad_line(place, "it does not say of what"))
        else:
            names = [text for place_ in sources if (text := _unsafe(cells[place_])) and text != word]
            read.append(_Line(place, kind, word, destination, names[0] if names else word))
    return read


def _unsafe(cell: str) -> str:
    """What `safe_cell` wrote."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and safe_cell(cell[1:]) == cell else cell


def _read_report(
    name: str,
    lines: Iterable[tuple[int, list[str]]],
    columns: Sequence[str],
    found: tuple[int, int],
    findings: list[Finding],
) -> list[_Line]:
    """Lines of Atlassian's report about kinds that definitions name; others are passed over."""
    read: list[_Line] = []
    type_column = columns.index(TYPE_COLUMN)
    for number, cells in lines:
        if len(cells) != len(columns):
            findings.append(_bad_line(f"line {number} of {name}", f"it has {len(cells)} columns"))
            continue
        kind = ENTITY_KINDS.get(cells[type_column].strip().lower())
        source, destination = (cells[place].strip() for place in found)
        if kind is None or not source or not destination:
            continue
        if kind == "field":
            source, destination = (f"customfield_{each}" if each.isdigit() else each for each in (source, destination))
        read.append(_Line(f"line {number} of {name}", kind, source, destination, source))
    return read


def _refuse_two_to_one(given: Given, called: Mapping[tuple[Kind, str], str]) -> None:
    """Drop answers that send two things to one where that cannot be; `called` says what people call each."""
    claims: dict[tuple[Kind, str], list[tuple[str, str]]] = {}
    for (kind, word), destination in given.answers.items():
        if kind in ONE_TO_ONE and destination != NOTHING:
            claims.setdefault((kind, destination.casefold()), []).append((word, destination))
    for (kind, _), claimants in claims.items():
        if len(claimants) < 2:
            continue
        for word, _ in claimants:
            del given.answers[kind, word]
        given.findings.append(
            Finding(
                "two-to-one",
                f"{_noun(kind)}s {', '.join(sorted(called.get((kind, word), word) for word, _ in claimants))}",
                f"the mapping sends {len(claimants)} of them to {claimants[0][1]}",
                "Give each a partner of its own; none of these lines was used.",
            )
        )


def _bad_line(place: str, evidence: str) -> Finding:
    return Finding("mapping-line", place, evidence, "Correct the line; the others were used.")


def _noun(kind: Kind) -> str:
    return kind.replace("_", " ")
