"""A first look at a table that nobody has described yet, and what a description makes of its labels. Nothing is written."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from emo_core import vocabulary
from emo_core.errors import BadTable
from emo_core.records import VotesFile
from emo_core.store import intake
from emo_core.store.database import Database, column_names, one_row, quoted

FIRST_ROWS = 12
EXAMPLES = 40
MOST_LABELS = 1000  # a column with more different values holds no labels
LOOKED_AT = 200_000  # rows; five million with five columns take 7 s and 1 GB whole, and these tell what columns mean


@dataclass(frozen=True)
class Column:
    """One column: how many different values it has, how many cells are empty, and its commonest values with their counts."""

    name: str
    distinct: int
    empty: int
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Look:
    """What a table holds. `header` is False where its first row seems to be a vote; `first` are its first rows as text.

    `rows` counts all of them; the columns are described from the first `looked_at`.
    """

    path: str
    header: bool
    rows: int
    looked_at: int
    columns: tuple[Column, ...]
    first: tuple[dict[str, str | None], ...]


def look(store: Database, path: Path, *, header: bool | None = None) -> Look:
    """Count a table's rows and describe its columns from the first `LOOKED_AT`. Raises BadTable where it cannot be read."""
    cursor = store.cursor()
    path = Path(path).expanduser().resolve()
    try:
        if header is None:
            header = _has_header(cursor, path)
        source = intake.opened(cursor, path, header=header)
        rows = one_row(cursor, f"SELECT count(*) FROM {source}")[0]  # noqa: S608
        if not rows:
            raise BadTable(f"{path.name} has a header and no rows. Export it again.")
        cursor.execute(
            f'CREATE OR REPLACE TEMP TABLE looked AS SELECT * FROM {source} WHERE "row number" <= {LOOKED_AT}'  # noqa: S608
        )
        names = column_names(cursor, "looked")[1:]
        texts = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in names)
        first = cursor.execute(f'SELECT {texts} FROM looked ORDER BY "row number" LIMIT {FIRST_ROWS}').fetchall()  # noqa: S608
        columns = tuple(_column(cursor, name) for name in names)
    except duckdb.Error as error:
        raise intake.as_bad_table(path.name, error) from error
    finally:
        cursor.execute("DROP TABLE IF EXISTS looked")
    return Look(str(path), header, rows, min(rows, LOOKED_AT), columns, tuple(dict(zip(names, row)) for row in first))


def _has_header(cursor: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether the first row names columns: it does not where a cell of it is an emotion that also stands further down its
    column, as in tables for MACE and Dawid & Skene's method.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return True
    source = intake.opened(cursor, path, header=False)
    rows = cursor.execute(f'SELECT * EXCLUDE ("row number") FROM {source} LIMIT 500').fetchall()  # noqa: S608
    first, *others = rows or [()]
    return not any(
        vocabulary.find_emotion(cell or "") and any(vocabulary.find_emotion(row[place] or "") for row in others)
        for place, cell in enumerate(first)
    )


def _column(cursor: duckdb.DuckDBPyConnection, name: str) -> Column:
    cell = f"nullif(trim(CAST({quoted(name)} AS VARCHAR)), '')"
    distinct, full, rows = one_row(cursor, f"SELECT count(DISTINCT {cell}), count({cell}), count(*) FROM looked")  # noqa: S608
    values = cursor.execute(
        f"SELECT {cell}, count(*) FROM looked WHERE {cell} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {EXAMPLES}"  # noqa: S608
    ).fetchall()
    return Column(name, distinct, rows - full, tuple(values))


def label_counts(store: Database, votes: VotesFile) -> list[dict]:
    """Labels as a described table writes them: label, count (votes; for counts and grades the column's rows), kind (label,
    or column), emotion (None: not known; "": left out by the mapping). The `MOST_LABELS` commonest, in that order.

    Raises BadTable where the file cannot be read or lacks a column.
    """
    cursor = store.cursor()
    try:
        source = intake.opened(cursor, votes.path, header=votes.header)
        intake.check_columns(cursor, votes, source)
        rows = _labels(cursor, source, votes)
    except duckdb.Error as error:
        raise intake.as_bad_table(votes.path.name, error) from error
    own = {label.strip().lower(): name for label, name in votes.labels.items()}
    found = []
    for label, kind, count in rows:
        key = label.strip().lower()
        meaning = own[key] if key in own else vocabulary.find_emotion(label)
        known = vocabulary.find_emotion(meaning) if meaning else meaning
        found.append({"label": label, "count": count, "kind": kind, "emotion": known})
    return found


def _labels(cursor: duckdb.DuckDBPyConnection, source: str, votes: VotesFile) -> list[tuple[str, str, int]]:
    if votes.counts or votes.graded:
        rows = one_row(cursor, f"SELECT count(*) FROM {source}")[0]  # noqa: S608
        return [(name, "column", rows) for name in votes.counts + votes.graded]
    columns = [quoted(name) for name in ((votes.label,) if votes.label else votes.raters)]
    cells = [f"SELECT trim(CAST({column} AS VARCHAR)) AS label FROM {source}" for column in columns]  # noqa: S608
    if votes.secondary:
        for statement in intake.macros():
            cursor.execute(statement)
        cells.append(f"SELECT unnest(listed({quoted(votes.secondary)})) FROM {source}")  # noqa: S608
    given = f"({' UNION ALL '.join(cells)}) AS given"
    return cursor.execute(
        f"SELECT label, 'label', count(*) FROM {given} WHERE label <> '' GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT {MOST_LABELS}"  # noqa: S608
    ).fetchall()
