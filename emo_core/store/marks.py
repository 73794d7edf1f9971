"""Clips that a researcher marked to be left out: events, append-only; the latest for a clip counts.

A mark belongs to the clip, not to a study. Studies that go by marks (`Study.without_marked`) leave the clip out from then on: their
statistics change in the transaction that writes the mark.
"""

from dataclasses import dataclass
from datetime import datetime

from emo_core.errors import BadInput
from emo_core.store import studies
from emo_core.store.corpora import corpus_number
from emo_core.store.database import Database, one_row, query, utc_now

LONGEST_REASON = 500  # characters


@dataclass(frozen=True)
class Mark:
    """Why, by whom (None: not said) and when (UTC) a clip was marked; and the studies whose clips changed when it was."""

    clip: str
    reason: str
    marked_by: str | None
    happened_at: datetime


def mark(store: Database, corpus: str, clip: str, *, reason: str = "", by: str | None = None) -> list[str]:
    """Mark a clip to be left out, or give its mark another reason; the studies that leave it out now.

    Raises UnknownName for the corpus, BadInput for the clip and for a reason of more than 500 characters.
    """
    if len(reason) > LONGEST_REASON:
        raise BadInput(f"A reason has {LONGEST_REASON} characters at most, got {len(reason):,}. Shorten it.")
    return _keep(store, corpus, clip, marked=True, reason=reason.strip(), by=by)


def unmark(store: Database, corpus: str, clip: str, *, by: str | None = None) -> list[str]:
    """Take a clip's mark back; the studies that look at it again. Raises as `mark` does; BadInput where there is no mark."""
    return _keep(store, corpus, clip, marked=False, reason="", by=by)


def _keep(store: Database, corpus: str, clip: str, *, marked: bool, reason: str, by: str | None) -> list[str]:
    with store.writing() as cursor:
        number = corpus_number(cursor, corpus)
        row = one_row(cursor, "SELECT clip_id FROM clips WHERE corpus_id = ? AND name = ?", [number, clip])
        if not row:
            raise BadInput(f"There is no clip {clip!r} in corpus {corpus!r}. Look for its name in Browse.")
        if not marked and not one_row(cursor, "SELECT 1 FROM marked_clips WHERE clip_id = ?", [row[0]]):
            raise BadInput(f"The clip {clip!r} of {corpus!r} is not marked: there is nothing to take back.")
        cursor.execute("INSERT INTO clip_marks VALUES (?, ?, ?, ?, ?)", [row[0], marked, reason, by, utc_now()])
        cursor.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT CAST(? AS BIGINT) AS clip_id", [row[0]])
        return studies.refresh_touched(cursor, number, where=lambda study: study.without_marked)


def find(store: Database, corpus: str, clip: str) -> Mark | None:
    """The mark that stands on a clip."""
    found = [each for each in marked(store, corpus) if each.clip == clip]
    return found[0] if found else None


def marked(store: Database, corpus: str) -> list[Mark]:
    """The clips of a corpus that are marked, in its order. Raises UnknownName."""
    cursor = store.cursor()
    rows = cursor.execute(query("marked_clips"), {"corpus": corpus_number(cursor, corpus)}).fetchall()
    return [Mark(*row) for row in rows]


def state(store: Database) -> str:
    """Changes whenever a mark is set or taken back, or sound is examined: what leaves clips out, beside votes."""
    return "/".join(map(str, one_row(store.cursor(), query("marks_state"))))
