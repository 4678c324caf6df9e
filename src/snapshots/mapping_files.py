"""CSV files in which people say what became of what: how they are read, whichever things they are of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from snapshots.errors import InvalidInput, NotFound, StorageError

TYPE_COLUMN = "entitytype"
"""In Atlassian's reports: of what kind of thing a line is."""

ATLASSIAN_COLUMNS = (("serverid", "cloudid"), ("sourceid", "targetid"))
"""Source and destination in the reports of the migration assistants, and of the app migration."""


def iter_csv(file: Path | bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not blank. Raises NotFound, StorageError or InvalidInput."""
    try:
        data = file if isinstance(file, bytes) else file.read_bytes()
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"There is no file {file!s}; check the path of the mapping file.") from None
    except OSError as error:
        raise StorageError(f"The mapping file {file!s} cannot be read ({error.strerror}); check its path.") from None
    except UnicodeDecodeError:
        raise InvalidInput("The mapping file is not UTF-8 text; save it as CSV in UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_find_delimiter(text))
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InvalidInput(f"The mapping file is not CSV at line {reader.line_num} ({error}); correct it.") from None


def _find_delimiter(text: str) -> str:
    """What parts the cells: in many countries spreadsheets write a semicolon, or a tab."""
    header = text.lstrip().partition("\n")[0]
    return "," if "," in header else next((mark for mark in ";\t" if mark in header), ",")


def find_columns(header: Sequence[str], known: Sequence[tuple[str, str]]) -> tuple[int, int] | None:
    """Which columns hold source and destination, when the header has one of the known pairs of names."""
    columns = [name.strip().lower() for name in header]
    for source, destination in known:
        if source in columns and destination in columns:
            return columns.index(source), columns.index(destination)
    return None
