"""A first look at a table that nobody has described yet, and what a description makes of its labels. Nothing is written."""

from pathlib import Path

import duckdb

from emo_core import vocabulary
from emo_core.errors import BadTable
from emo_core.records import VotesFile
from emo_core.spelling import folded
from emo_core.store import columns, intake
from emo_core.store.columns import Look
from emo_core.store.database import Database, one_row, quoted
from emo_core.tables import set_aside

MOST_LABELS = 1000  # a column with more different values holds no labels
LOOKED_AT = columns.LOOKED_AT


def look(store: Database, path: Path, *, header: bool | None = None) -> Look:
    """Count a table's rows and describe its columns from the first `LOOKED_AT`. Raises BadTable where it cannot be read."""
    cursor = store.cursor()
    path = Path(path).expanduser().resolve()
    for statement in intake.macros():
        cursor.execute(statement)
    try:
        if header is None:
            header = _has_header(cursor, path)
        source = intake.opened(cursor, path, header=header)
        rows = one_row(cursor, f"SELECT count(*) FROM {source}")[0]  # noqa: S608
        if not rows:
            raise BadTable(f"{path.name} has a header and no rows. Export it again.")
        return columns.described(cursor, source, path=str(path), header=header, rows=rows, limit=LOOKED_AT)
    except duckdb.Error as error:
        raise intake.as_bad_table(path.name, error) from error


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
    own = {folded(label): name for label, name in votes.labels.items()}
    found = []
    for label, kind, count in rows:
        key = folded(label)
        meaning = own[key] if key in own else vocabulary.find_emotion(label)
        known = vocabulary.find_emotion(meaning) if meaning else meaning
        found.append({"label": label, "count": count, "kind": kind, "emotion": known})
    return found


def _labels(cursor: duckdb.DuckDBPyConnection, source: str, votes: VotesFile) -> list[tuple[str, str, int]]:
    if votes.counts or votes.graded:
        rows = one_row(cursor, f"SELECT count(*) FROM {source}")[0]  # noqa: S608
        return [(name, "column", rows) for name in votes.counts + votes.graded]
    for statement in intake.macros():
        cursor.execute(statement)
    named = [quoted(name) for name in ((votes.label,) if votes.label else votes.raters + votes.clips)]
    cells = [f"SELECT cleaned({column}) AS label FROM {source}" for column in named]  # noqa: S608
    if votes.secondary:
        cells.append(f"SELECT unnest(listed({quoted(votes.secondary)})) FROM {source}")  # noqa: S608
    given = f"({' UNION ALL '.join(cells)}) AS given"
    return cursor.execute(
        f"SELECT label, 'label', count(*) FROM {given} WHERE label <> '' GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT {MOST_LABELS}"  # noqa: S608
    ).fetchall()


def open_questions(store: Database, votes: VotesFile) -> tuple[dict[str, str], list[str]]:
    """Of a described table: {column that is left aside: why}, and what is open about the others, with what can be done.

    Raises BadTable where the file cannot be read or lacks a column.
    """
    cursor = store.cursor()
    for statement in intake.macros():
        cursor.execute(statement)
    try:
        source = intake.opened(cursor, votes.path, header=votes.header)
        intake.check_columns(cursor, votes, source)
        seen = columns.described(cursor, source, path=str(votes.path), header=votes.header, rows=0, limit=LOOKED_AT)
        reason, _ = intake.shares_in(cursor, source, votes, set_aside.siblings(seen, votes))
    except duckdb.Error as error:
        raise intake.as_bad_table(votes.path.name, error) from error
    return set_aside.set_aside(seen, votes), set_aside.doubts(seen, votes, reason)
