"""Tables as CSV that a spreadsheet shows and never runs."""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from emo_core.errors import BadInput

_FORMULA = re.compile(r"'*\s*[=+@\t\r-]")  # as the store's exports have it


def guarded(value: object) -> object:
    """A cell's value; text that a spreadsheet would take for a formula gets a leading apostrophe. NaN and None are empty.

    >>> guarded("=1+1"), guarded(-1.5), guarded(float("nan"))
    ("'=1+1", -1.5, '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def unguarded(text: str) -> str:
    """A cell of ours as it was before `guarded`.

    >>> unguarded("'=1+1"), unguarded("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def csv_text(rows: Iterable[Mapping[str, object]], columns: Sequence[str] | None = None) -> str:
    """Rows as CSV; columns by default those of all rows, in the order in which they appear."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row)) if columns is None else list(columns)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([guarded(name) for name in columns])
    writer.writerows([guarded(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def columns_as_csv(columns: Mapping[str, Iterable]) -> str:
    """Columns of equal length as CSV."""
    names = list(columns)
    return csv_text((dict(zip(names, row)) for row in zip(*columns.values())), names)


def write_csv(path: Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str] | None = None) -> None:
    """Rows into a file. Raises BadInput where its folder is not there."""
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {str(path.parent)!r} to write {path.name} to. Make it first.")
    path.write_text(csv_text(rows, columns), encoding="utf-8")
