"""Which spaces to back up: all, some picked ones, or those a CSV file lists. Pure rules."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from snapshots.errors import InvalidInput, NotFound, StorageError
from snapshots.findings import Finding

Mode = Literal["all", "picked", "csv"]

_HEADERS = frozenset({"key", "keys", "space", "spaces", "spacekey", "spacekeys"})
"""First lines that are headers, without regard to case, blanks, hyphens and underscores."""

MAX_KEYS = 50_000
"""Most spaces of one CSV file: ten times as many as the largest sites have."""

_SHOWN_LINES = 10

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Selection:
    """Spaces as somebody chose them, not yet compared with the spaces there are.

    `lines` holds the line numbers of each key in a CSV file, `header` the line that was taken for
    its header, `findings` what was noticed on reading it.
    """

    mode: Mode
    keys: tuple[str, ...] = ()
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    header: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """A key that no space has, with the lines of the CSV file that give it."""

    key: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ResolvedSelection:
    """Spaces that will be backed up. `keys` is sorted, and empty for `all`, which has no list.

    While `unknown` holds keys nothing is written, until a person has confirmed (`confirm_unknown`)
    that the backup may do without them.
    """

    mode: Mode
    keys: tuple[str, ...]
    unknown: tuple[UnknownKey, ...] = ()
    findings: tuple[Finding, ...] = ()
    confirmed: bool = False


def select_all() -> Selection:
    """Every space of the site."""
    return Selection("all")


def select_picked(keys: Iterable[str]) -> Selection:
    """These spaces. Raises InvalidInput when there are none."""
    chosen = tuple(dict.fromkeys(key.strip() for key in keys if key.strip()))
    if not chosen:
        raise InvalidInput("No space was picked; name at least one space key, or choose all spaces.")
    return Selection("picked", chosen)


def read_spaces_csv(source: Path | bytes) -> Selection:
    """The space keys of a CSV file with one column.

    A header, blank lines, quotes, a byte order mark, UTF-16 with one, and any line ending are
    accepted; duplicates are merged and noted. Raises InvalidInput for more than one column, another
    encoding, broken quotes or no keys at all, NotFound or StorageError when the file cannot be read.
    """
    lines: dict[str, list[int]] = {}
    header = ""
    for number, key in _iter_cells(_decode(_read(source))):
        if not header and not lines and re.sub(r"[\s_-]", "", key).casefold() in _HEADERS:
            header = key
        else:
            lines.setdefault(key, []).append(number)
        if len(lines) > MAX_KEYS:
            raise InvalidInput(
                f"The CSV file names more than {MAX_KEYS:,} spaces, which no site has; check that it is the right one."
            )
    if not lines:
        raise InvalidInput("The CSV file holds no space key; put one key on each line.")
    findings = tuple(
        Finding(
            "duplicate-space",
            f"space '{key}'",
            f"on lines {_some(numbers)} of the CSV file",
            "nothing to do, it is taken once",
        )
        for key, numbers in lines.items()
        if len(numbers) > 1
    )
    numbers_of = {key: tuple(numbers) for key, numbers in lines.items()}
    return Selection("csv", tuple(lines), numbers_of, header, findings)


def resolve_selection(selection: Selection, known_keys: Sequence[str]) -> ResolvedSelection:
    """Compare the chosen keys with those of the spaces there are: exactly, then without regard to case."""
    if selection.mode == "all":
        return ResolvedSelection("all", ())
    known = frozenset(known_keys)
    folded: dict[str, list[str]] = {}
    for key in known_keys:
        folded.setdefault(key.casefold(), []).append(key)
    keys: set[str] = set()
    unknown: list[UnknownKey] = []
    findings = list(selection.findings)
    if selection.header in known:
        findings.append(_header_is_a_space(selection.header))
    for key in selection.keys:
        candidates = [key] if key in known else folded.get(key.casefold(), [])
        if len(candidates) == 1:
            keys.add(candidates[0])
            if candidates[0] != key:
                findings.append(_other_case(key, candidates[0]))
        else:
            unknown.append(UnknownKey(key, selection.lines.get(key, ())))
            findings.append(_unknown(unknown[-1], candidates))
    return ResolvedSelection(selection.mode, tuple(sorted(keys)), tuple(unknown), tuple(findings))


def confirm_unknown(resolved: ResolvedSelection) -> ResolvedSelection:
    """A person has seen the unknown keys and wants the backup of the others."""
    return replace(resolved, confirmed=True)


def without_empty_spaces(resolved: ResolvedSelection, keys_with_snapshots: Iterable[str]) -> ResolvedSelection:
    """Leave out spaces that the site has and the registry holds nothing of, with a finding for each."""
    kept = frozenset(keys_with_snapshots)
    empty = tuple(
        Finding("space-without-snapshots", f"space '{key}'", "nothing was captured there", "nothing to do")
        for key in resolved.keys
        if key not in kept
    )
    keys = tuple(key for key in resolved.keys if key in kept)
    return replace(resolved, keys=keys, findings=(*resolved.findings, *empty))


def _read(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no file {source}; check the path of the CSV file.") from None
    except OSError as error:
        raise StorageError(f"The CSV file {source} cannot be read: {error.strerror}; check the path.") from error


def _decode(data: bytes) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInput("The CSV file is neither UTF-8 nor UTF-16; save it again as 'CSV UTF-8'.") from None


def _iter_cells(text: str) -> Iterable[tuple[int, str]]:
    """The only filled cell of each line that has one, with the line's number."""
    # With newline="" each of \n, \r\n and \r ends a line, and quoted ones stay as they are.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        for row in reader:
            # Spreadsheets of some countries separate columns by semicolons or tabs; no key holds either.
            cells = [part.strip() for cell in row for part in re.split(r"[;\t]", cell)]
            filled = [cell for cell in cells if cell]
            if len(filled) > 1:
                raise InvalidInput(
                    f"Line {reader.line_num} of the CSV file has more than one column; leave only the space keys."
                )
            if filled:
                yield reader.line_num, filled[0]
    except csv.Error as error:
        raise InvalidInput(f"Line {reader.line_num} of the CSV file cannot be read: {error}; correct it.") from None


def _some(numbers: Sequence[int]) -> str:
    """The first numbers; a key that stands on every line must not fill a page."""
    shown = ", ".join(map(str, numbers[:_SHOWN_LINES]))
    more = len(numbers) - _SHOWN_LINES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _header_is_a_space(header: str) -> Finding:
    return Finding(
        "header-is-a-space",
        f"space '{header}'",
        "the first line of the CSV file was taken for a header, and there is a space with this key",
        "if that space is meant, add a header line above it",
    )


def _other_case(key: str, found: str) -> Finding:
    return Finding("other-case", f"space '{found}'", f"given as '{key}'", "nothing to do if this space is meant")


def _unknown(unknown: UnknownKey, candidates: list[str]) -> Finding:
    where = f"line {_some(unknown.lines)} of the CSV file" if unknown.lines else "the picked spaces"
    if candidates:
        evidence = f"{where}; it could be any of {', '.join(sorted(candidates))}"
    else:
        evidence = f"{where}; no space with snapshots has this key"
    return Finding(
        "unknown-space", f"space '{unknown.key}'", evidence, "correct the key, or confirm to go on without it"
    )
