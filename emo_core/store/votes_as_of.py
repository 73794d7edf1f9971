"""Which votes a study's figures rest on: as of when, how many, and how many came in since."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from emo_core.store.database import Database, one_row, query, utc_now
from emo_core.store.studies import Cursor, StoredStudy, find_study

LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class VotesAsOf:
    """The current votes of a study's two panels, those outside its emotions too.

    at       when the newest came into the store (UTC), None where there is none
    votes    how many there are
    added    how many came in after the moment that was asked about
    lately   how many labels people gave in campaigns in the last `LATELY`
    """

    at: datetime | None
    votes: int
    added: int
    lately: int

    def as_document(self) -> dict:
        """What stays true of a figure that is kept: when and how many.

        >>> VotesAsOf(datetime(2026, 11, 30, 14, 2, 59), 1200, 0, 0).as_document()
        {'at': '2026-11-30 14:02 UTC', 'votes': 1200}
        """
        return {"at": f"{self.at:%Y-%m-%d %H:%M} UTC" if self.at else None, "votes": self.votes}


def votes_as_of(store: Database, study: str, *, since: datetime | None = None) -> VotesAsOf:
    """The votes that a study's figures rest on; `added` are those after `since` (UTC). Raises UnknownName."""
    cursor = store.cursor()
    return of_stored(cursor, find_study(cursor, study), since=since)


def of_stored(cursor: Cursor, stored: StoredStudy, *, since: datetime | None = None) -> VotesAsOf:
    """`votes_as_of` for a study that was found already."""
    binding, now = stored.binding(), utc_now()
    numbers = [*binding["reference"], *binding["candidate"]]
    sql = query("votes_as_of").format(panels=", ".join(map(str, numbers)))
    return VotesAsOf(*one_row(cursor, sql, {"since": since or now, "lately": now - LATELY}))
