"""What taking a source in would bring, found out by staging it as an import does. Nothing is written, no transaction begins."""

from dataclasses import dataclass
from typing import Literal

import duckdb

from emo_core.records import Reading, Report, Skipped, VotesFile
from emo_core.store import corpora, intake, repeats
from emo_core.store.database import Database, one_row, query

Cursor = duckdb.DuckDBPyConnection
Target = Literal["new", "update", "votes"]
SHOWN = 500  # bad rows that are listed; all are counted


@dataclass(frozen=True)
class Preview:
    """What an import would report if it left bad rows out.

    report       as an import of the rest would write it, but `skipped` lists the first `SHOWN` rows that break a rule, and
                 `panels` and `emotions` count every vote of the source, also those that are in the corpus already
    bad_rows     rows that break a rule
    reasons      {rule: rows that break it}, commonest first; the twelve commonest
    """

    report: Report
    bad_rows: int
    reasons: dict[str, int]


def preview(store: Database, reading: Reading, *, target: Target = "new", corpus: str = "") -> Preview:
    """What would come of taking a reading in as a new corpus, as a newer version (`update`) of `corpus`, or as further
    `votes` for the clips of `corpus`.

    Raises UnknownName where there is no such corpus, BadTable where the file cannot be read at all.
    """
    cursor = store.cursor()
    number = corpora.corpus_number(cursor, corpus) if target != "new" else None
    spans = number is not None and corpora.names_spans(cursor, number)
    graded = intake.fill(cursor, reading.votes, labels=reading.labels, spans=spans)
    if number is not None:
        corpora.as_stored(cursor, number)
    if target == "votes":
        cursor.execute(query("mark_unknown_clips"), {"corpus": number})
    bad_rows, reasons, skipped = _bad_rows(cursor, _name(reading))
    intake.leave_out(cursor)
    if not one_row(cursor, "SELECT count(*) FROM incoming")[0]:
        return Preview(
            Report(corpus, 0, 0, 0, {}, {}, 0, skipped=skipped, notes=tuple(reading.notes)), bad_rows, reasons
        )
    left_out = intake.leave_labels_out(cursor)
    repeated, said = repeats.count_once(cursor)
    notes = [*reading.notes, *left_out, *graded, *said]
    notes += corpora.stage_clips(cursor, reading) if target != "votes" else []
    known = {"repeated": repeated}
    if number is not None:
        counts, said = _beside_known(cursor, number, target, reading.source)
        known |= counts
        notes += [*said, *_notes_on_votes_there(cursor, number)]
    report = _report(cursor, corpus, target, skipped=skipped, notes=tuple(notes), tables=reading.tables, **known)
    return Preview(report, bad_rows, reasons)


def _name(reading: Reading) -> str:
    return reading.votes.path.name if isinstance(reading.votes, VotesFile) else reading.format


def _bad_rows(cursor: Cursor, name: str) -> tuple[int, dict[str, int], tuple[Skipped, ...]]:
    """How many rows break a rule, which rules, and the first of them."""
    reasons = cursor.execute(
        "SELECT problem, count(DISTINCT row) FROM incoming WHERE problem IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12"
    ).fetchall()
    first = cursor.execute(
        f"SELECT DISTINCT row, problem FROM incoming WHERE problem IS NOT NULL ORDER BY row LIMIT {SHOWN}"  # noqa: S608
    ).fetchall()
    bad_rows = one_row(cursor, "SELECT count(DISTINCT row) FROM incoming WHERE problem IS NOT NULL")[0]
    return bad_rows, dict(reasons), tuple(Skipped(f"{name} row {row}", problem) for row, problem in first)


def _beside_known(cursor: Cursor, corpus: int, target: Target, source: str) -> tuple[dict[str, int], list[str]]:
    """What is new against what the same source brought before, and against what its raters said in others, as fields of
    `Report`; and notes.
    """
    known = {"kind": "votes", "source": source} if target == "votes" else {"kind": "import", "source": None}
    before, now, *compared = query("known_votes").split(";\n")
    cursor.execute(before, {"corpus": corpus} | known)
    cursor.execute(now, {"corpus": corpus})
    for statement in compared:
        cursor.execute(statement)
    _, notes = repeats.beside_stored(cursor, corpus, updated=True)
    cursor.execute("DELETE FROM new_votes WHERE position IN (SELECT position FROM repeats)")
    notes += repeats.same_as_before(cursor, corpus, **known)
    elsewhere, clips, asked, new, corrected, gone = one_row(cursor, query("preview_known"), {"corpus": corpus})
    counts = {
        "votes": new + elsewhere,
        "clips_added": clips,
        "unchanged": asked - new,
        "corrected": corrected,
        "gone": gone - corrected,
    }
    return counts, notes


def _notes_on_votes_there(cursor: Cursor, corpus: int) -> list[str]:
    """Panels that have votes from elsewhere already: what comes would count beside them."""
    rows = cursor.execute(query("preview_panels"), {"corpus": corpus}).fetchall()
    return [
        f"The panel {panel} has {there:,} votes from elsewhere already; new ones come on top"
        + (f", {again:,} of them from raters who have voted on the same clip before." if again else ".")
        for panel, there, again in rows
    ]


def _report(cursor: Cursor, corpus: str, target: Target, **more) -> Report:
    counted = one_row(
        cursor,
        "SELECT count(*) AS votes, count(DISTINCT clip) AS clips, "
        "count(DISTINCT (panel, rater)) FILTER (rater IS NOT NULL) AS raters FROM incoming",
    )
    panels = cursor.execute("SELECT panel, count(*) FROM incoming GROUP BY 1 ORDER BY min(row), 1").fetchall()
    emotions = cursor.execute(
        "SELECT name, count(*) FROM incoming JOIN emotions USING (emotion_id) GROUP BY ALL ORDER BY min(emotion_id)"
    ).fetchall()
    clips, sounds = counted[1], 0
    if target != "votes":
        clips, sounds = one_row(cursor, f"SELECT count(*), {query('count_heard')} FROM incoming_clips")  # noqa: S608
    return Report(
        **{"corpus": corpus, "clips": clips, "votes": counted[0], "raters": counted[2], "clips_added": clips} | more,
        panels=dict(panels),
        emotions=dict(emotions),
        clips_with_audio=sounds,
    )
