"""What the columns of a table hold, described from its first rows."""

from dataclasses import dataclass

import duckdb

from emo_core.store.database import column_names, one_row, quoted

FIRST_ROWS = 12
SAMPLE = 2000  # rows from which it is told what belongs to what
EXAMPLES = 40
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

    `rows` counts all of them; the columns are described from the first `looked_at`. `sample` holds the cleaned cells of the
    first `SAMPLE` rows by column, None where a cell is empty.
    """

    path: str
    header: bool
    rows: int
    looked_at: int
    columns: tuple[Column, ...]
    first: tuple[dict[str, str | None], ...]
    sample: dict[str, tuple[str | None, ...]]


def described(
    cursor: duckdb.DuckDBPyConnection, source: str, *, path: str, header: bool, rows: int, limit: int = LOOKED_AT
) -> Look:
    """The columns of a FROM item that `intake.opened` gave; the staging macros must be there."""
    try:
        cursor.execute(
            f'CREATE OR REPLACE TEMP TABLE looked AS SELECT * FROM {source} WHERE "row number" <= {limit} LIMIT {limit}'  # noqa: S608
        )
        names = column_names(cursor, "looked")[1:]
        texts = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in names)
        first = cursor.execute(f'SELECT {texts} FROM looked ORDER BY "row number" LIMIT {FIRST_ROWS}').fetchall()  # noqa: S608
        cells = ", ".join(f"cleaned({quoted(name)})" for name in names)
        sample = cursor.execute(f'SELECT {cells} FROM looked ORDER BY "row number" LIMIT {SAMPLE}').fetchall()  # noqa: S608
        looked_at = one_row(cursor, "SELECT count(*) FROM looked")[0]
        columns = tuple(_column(cursor, name) for name in names)
    finally:
        cursor.execute("DROP TABLE IF EXISTS looked")
        cursor.execute("DROP TABLE IF EXISTS cells")
    by_column = dict(zip(names, zip(*sample))) if sample else dict.fromkeys(names, ())
    return Look(
        path, header, rows or looked_at, looked_at, columns, tuple(dict(zip(names, row)) for row in first), by_column
    )


def _column(cursor: duckdb.DuckDBPyConnection, name: str) -> Column:
    # Cleaning takes long, so it is done once for each way of writing.
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE cells AS SELECT cleaned(cell) AS cell, sum(times) AS times FROM "  # noqa: S608
        f"(SELECT CAST({quoted(name)} AS VARCHAR) AS cell, count(*) AS times FROM looked GROUP BY 1) GROUP BY 1"
    )
    distinct, empty = one_row(cursor, "SELECT count(cell), coalesce(sum(times) FILTER (cell IS NULL), 0) FROM cells")
    values = cursor.execute(
        "SELECT cell, CAST(times AS BIGINT) FROM cells WHERE cell IS NOT NULL ORDER BY 2 DESC, 1 LIMIT $1", [EXAMPLES]
    ).fetchall()
    return Column(name, distinct, int(empty), tuple(values))
