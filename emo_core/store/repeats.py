"""The same vote again: in one source, in a file that is added later, or under another name.

Votes are equal where clip, panel, rater, answer and time are. Equal votes of a named rater are one vote that stands twice, and
count once; different answers of a named rater for one clip all count. Anonymous votes, and a model's draws (rows with a
persona or a temperature), cannot be told from each other: each counts, and it is said where a whole file of them repeats.
"""

import duckdb

from emo_core.store.database import one_row, query

Cursor = duckdb.DuckDBPyConnection


def count_once(cursor: Cursor) -> tuple[int, list[str]]:
    """Leave out of the staged votes what repeats an earlier row of a named rater: how many, and notes on these and on raters
    with several answers for a clip.
    """
    cursor.execute(query("repeated_votes"))
    (repeated,) = one_row(cursor, "SELECT count(*) FROM repeats")
    if repeated:
        cursor.execute("DELETE FROM incoming WHERE position IN (SELECT position FROM repeats)")
    (several,) = one_row(cursor, query("several_answers"))
    notes = [
        f"{repeated:,} votes stand in an earlier row already (same clip, panel, rater, answer and time); each counts once."
    ] * bool(repeated)
    notes += [f"{several:,} times a named rater voted more than once on a clip; every vote counts."] * bool(several)
    return repeated, notes


def beside_stored(cursor: Cursor, corpus: int, *, updated: bool) -> tuple[int, list[str]]:
    """Compare the staged votes of named raters with those in the corpus: the table `repeats` gets the places of equal ones.
    How many these are, and notes. `updated`: `new_votes` says which staged votes are new or replace another.
    """
    cursor.execute(query("stored_votes"), {"corpus": corpus})
    if updated:  # a correction takes the place of what it replaces
        cursor.execute(
            "DELETE FROM beside_stored WHERE position NOT IN (SELECT position FROM new_votes WHERE replaces IS NULL)"
        )
    cursor.execute("CREATE OR REPLACE TEMP TABLE repeats AS SELECT position FROM beside_stored WHERE is_equal")
    equal, several = one_row(
        cursor,
        "SELECT count(*) FILTER (is_equal), count(DISTINCT (clip, panel, rater)) FILTER (NOT is_equal) FROM beside_stored",
    )
    notes = [
        f"{equal:,} votes are in the corpus already (same clip, panel, rater, answer and time); each counts once."
    ] * bool(equal)
    notes += [
        f"{several:,} times a named rater voted more than once on a clip: an earlier answer is in the corpus already; every "
        "vote counts."
    ] * bool(several)
    return equal, notes


def same_as_before(cursor: Cursor, corpus: int, *, kind: str, source: str | None) -> list[str]:
    """Notes on earlier files whose anonymous votes or draws are among the staged ones, or the other way round; files of this
    kind and source (None: any) are left out, because they were compared vote by vote.
    """
    rows = cursor.execute(query("same_votes"), {"corpus": corpus, "kind": kind, "source": source}).fetchall()
    return [
        f"{equals:,} of the {staged:,} new votes of raters without a name equal votes that {before} brought on "
        f"{added:%Y-%m-%d} ({there:,} in all). If it is the same file under another name, they count twice now: remove the "
        "corpus, and add it again without that file."
        for before, added, equals, staged, there in rows
    ]
