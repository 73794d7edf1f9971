"""What is wrong with a corpus, as far as its tables and the last look at its sound can tell: lists that open in Browse.

What each clip sounds like is examined elsewhere (`emo_core.audio.health`) and kept here, so that a file is looked at again
only where it has changed.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from emo_core.store import studies
from emo_core.store.corpora import corpus_number, import_reports
from emo_core.store.database import Database, one_row, query, utc_now

# Problems that tables tell of; those of the sound itself are in `audio.health.PROBLEMS`.
TABLE_PROBLEMS: dict[str, str] = {
    "no_audio": "no audio file",
    "no_transcript": "no transcript",
    "no_votes": "no votes",
    "same_audio": "the same sound as another clip of the corpus",
    "odd_duration": "unusually short or long (log duration over 5 median absolute deviations from the median)",
}
EXAMPLES = 20


def clips_with_audio(
    store: Database, corpus: str
) -> tuple[Path | None, list[tuple[int, str, float | None, float | None]]]:
    """The audio root, and number, file, start and end (seconds, None: whole) of every clip with audio. Raises UnknownName."""
    cursor = store.cursor()
    number = corpus_number(cursor, corpus)
    (root,) = one_row(cursor, "SELECT audio_root FROM corpora WHERE corpus_id = ?", [number])
    rows = cursor.execute(
        "SELECT clip_id, audio, start_s, end_s FROM clips WHERE corpus_id = ? AND audio IS NOT NULL ORDER BY clip_id",
        [number],
    ).fetchall()
    return (Path(root) if root else None), rows


def stamps(store: Database, corpus: str) -> dict[int, str | None]:
    """For each clip that was examined, the stamp that its file had then. Raises UnknownName."""
    cursor = store.cursor()
    rows = cursor.execute(
        "SELECT clip_id, file_stamp FROM clip_sound JOIN clips USING (clip_id) WHERE corpus_id = ?",
        [corpus_number(cursor, corpus)],
    )
    return dict(rows.fetchall())


def looks(store: Database, study: str) -> list[tuple[str, str, str | None, float | None, tuple[str, ...]]]:
    """Corpus, clip, file stamp, seconds and codes of every clip that a study keeps and whose sound was examined. Raises UnknownName."""
    cursor = store.cursor()
    rows = cursor.execute(query("looks"), {"study": studies.find_study(cursor, study).study_id}).fetchall()
    return [(*row[:4], tuple(row[4])) for row in rows]


def keep_sound(store: Database, rows: Iterable[dict]) -> None:
    """Keep what was found in clips' sound, in place of what was found before. Rows have the columns of `clip_sound` but
    `examined_at`. Studies that leave clips out by duration or by problems of their sound change in the same transaction.
    """
    frame = pd.DataFrame(list(rows))
    if frame.empty:
        return
    with store.writing() as cursor:
        cursor.register("examined", frame)
        cursor.execute("DELETE FROM clip_sound WHERE clip_id IN (SELECT clip_id FROM examined)")
        cursor.execute(query("insert_sound"), {"now": utc_now()})
        cursor.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT clip_id FROM examined")
        cursor.unregister("examined")
        corpora = cursor.execute(
            "SELECT DISTINCT corpus_id FROM clips WHERE clip_id IN (SELECT clip_id FROM touched)"
        ).fetchall()
        for (corpus,) in corpora:
            studies.refresh_touched(cursor, corpus, where=lambda study: study.goes_by_sound)


def report(store: Database, corpus: str, meanings: dict[str, str]) -> dict:
    """Every kind of problem with how many clips have it and the first of them; groups of clips with the same sound; raters
    who gave one label only; rows of votes that an import left out because their clip was not there.

    `meanings` are the codes to report, in order. Raises UnknownName.
    """
    cursor = store.cursor()
    number = corpus_number(cursor, corpus)
    found = {
        code: (clips, list(names))
        for code, clips, names in cursor.execute(query("clip_problems"), {"corpus": number}).fetchall()
    }
    clips, with_audio, examined = one_row(cursor, query("health_counts"), {"corpus": number})
    raters = cursor.execute(query("one_label_raters"), {"corpus": number}).fetchall()
    groups = cursor.execute(query("same_audio"), {"corpus": number}).fetchall()
    astray = sum(
        "there is no clip" in row["reason"] for made in import_reports(store, corpus) for row in made["skipped"]
    )
    return {
        "corpus": corpus,
        "clips": clips,
        "with_audio": with_audio,
        "examined": examined,
        "problems": [
            {
                "code": code,
                "meaning": meaning,
                "clips": found.get(code, (0, []))[0],
                "first": found.get(code, (0, []))[1],
            }
            for code, meaning in meanings.items()
        ],
        "same_audio": [list(names) for (names,) in groups],
        "one_label_raters": [
            {"panel": panel, "rater": rater, "label": label, "votes": votes} for panel, rater, label, votes in raters
        ],
        "votes_without_clips": astray,
    }
