"""What an administrator states: which page became which, and which spaces were renamed.

Two shapes of mapping file are read: our own, with the columns `source_page_id` and `destination_page_id`,
and Atlassian's id mappings, whose columns are `serverId` and `cloudId` (migration assistants) or
`sourceId` and `targetId` (app migration), with `entityType` telling pages from other things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from snapshots.errors import InvalidInput
from snapshots.mapping_files import ATLASSIAN_COLUMNS, TYPE_COLUMN, find_columns, iter_csv

_PAGE_COLUMNS = (
    ("source_page_id", "destination_page_id"),
    *ATLASSIAN_COLUMNS,
)
_SPACE_COLUMNS = (("source_space_key", "destination_space_key"),)
_PAGE_TYPES = ("page", "pageid", "confluence:page")
_LINES_NAMED = 5


def read_page_map(file: Path | bytes) -> dict[str, str]:
    """Source page id to destination page id. Raises InvalidInput, naming every bad line by its number."""
    return _read_pairs(file, _PAGE_COLUMNS, "page id", str.isdecimal)


def read_space_map(file: Path | bytes) -> dict[str, str]:
    """Source space key to destination space key, from a file. Raises InvalidInput as `read_page_map`."""
    return _read_pairs(file, _SPACE_COLUMNS, "space key", _is_space_key)


def parse_space_map(options: Iterable[str]) -> dict[str, str]:
    """Source space key to destination space key, from options such as `OLD=NEW`. Raises InvalidInput."""
    pairs: list[tuple[str, str, str]] = []
    for option in options:
        source, equals, destination = (part.strip() for part in option.partition("="))
        if not equals or not _is_space_key(source) or not _is_space_key(destination):
            raise InvalidInput(f"The space map '{option}' cannot be understood; write OLD=NEW, two space keys.")
        pairs.append((f"'{option}'", source, destination))
    mapping, faults = _one_to_one(pairs)
    if faults:
        raise InvalidInput(f"The space map contradicts itself: {'; '.join(faults)}; give each space one partner.")
    return mapping


def _is_space_key(text: str) -> bool:
    # A personal space is ~ and an account id; everything else in a key is a letter or a digit.
    return bool(text) and not any(character.isspace() or character in "=,;" for character in text)


def _read_pairs(
    file: Path | bytes, known_columns: tuple[tuple[str, str], ...], noun: str, is_valid: object
) -> dict[str, str]:
    assert callable(is_valid)
    lines = iter_csv(file)
    header = next(lines, None)
    if header is None:
        raise InvalidInput(f"The mapping file is empty; begin it with the line {','.join(known_columns[0])}.")
    columns = [name.strip().lower() for name in header[1]]
    source_column, destination_column = _choose_columns(columns, known_columns)
    type_column = columns.index(TYPE_COLUMN) if TYPE_COLUMN in columns else None
    pairs: list[tuple[str, str, str]] = []
    faults: list[str] = []
    for number, cells in lines:
        if type_column is not None and cells[type_column : type_column + 1] and not _is_page_type(cells[type_column]):
            continue
        if len(cells) != len(columns):
            faults.append(f"line {number} has {len(cells)} columns instead of {len(columns)}")
            continue
        source, destination = cells[source_column].strip(), cells[destination_column].strip()
        wrong = next((text for text in (source, destination) if not is_valid(text)), None)
        if wrong is not None:
            faults.append(f"line {number}: '{wrong}' is not a {noun}")
            continue
        pairs.append((f"line {number}", source, destination))
    mapping, contradictions = _one_to_one(pairs)
    faults += contradictions
    if faults:
        more = f" and {len(faults) - _LINES_NAMED} more" if len(faults) > _LINES_NAMED else ""
        raise InvalidInput(
            f"The mapping file cannot be used: {'; '.join(faults[:_LINES_NAMED])}{more}; correct it and try again."
        )
    return mapping


def _is_page_type(text: str) -> bool:
    return text.strip().lower() in _PAGE_TYPES


def _choose_columns(columns: list[str], known: tuple[tuple[str, str], ...]) -> tuple[int, int]:
    found = find_columns(columns, known)
    if found is None:
        raise InvalidInput(
            f"The mapping file begins with the columns '{','.join(columns)}'; begin it with {','.join(known[0])}."
        )
    return found


def _one_to_one(pairs: Iterable[tuple[str, str, str]]) -> tuple[dict[str, str], list[str]]:
    """The mapping, and every pair (place, source, destination) that another pair contradicts."""
    mapping: dict[str, str] = {}
    taken: dict[str, str] = {}
    faults: list[str] = []
    for place, source, destination in pairs:
        if mapping.get(source, destination) != destination:
            faults.append(f"{place} sends {source} to {destination}, an earlier one to {mapping[source]}")
        elif taken.get(destination, source) != source:
            faults.append(f"{place} sends {source} to {destination}, which already has {taken[destination]}")
        else:
            mapping[source] = destination
            taken[destination] = source
    return mapping, faults


def map_space(space_key: str, space_map: Mapping[str, str]) -> str:
    """The destination's key of a source space: its partner in the map, else the same key."""
    return space_map.get(space_key, space_key)
