"""A rater's own answers: what they said, how fast, what is left; and taking one back."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from emo_core.errors import BadInput
from emo_core.labelling.office import office
from emo_core.store import Database, answering, campaigns

PAUSE_S = 120.0  # a longer gap between two answers is a pause
RECENT = 50  # answers that the pace is of


def own(store: Database, campaign: str, person: str) -> dict:
    """`done`, `skipped`, `postponed`, `left` clips, number of `answers` listed, `clips_per_hour` and `hours_left` at that pace
    (None where there are too few answers to tell), and `over`: why nothing can be changed any more, or None. Raises
    UnknownName.
    """
    number = campaigns.find_campaign(store, campaign)["campaign_id"]
    desk = office(store).desk(number)
    progress = desk.progress(person)
    recent = answering.history(store, number, person, limit=RECENT + 1, offset=0)
    rate = pace([row["happened_at"] for row in recent if row["kind"] == "answer"])
    hours = progress["left"] / rate if rate else None
    count = answering.history_length(store, number, person)
    over = {"over": desk.over(person)}
    return progress | {"answers": count, "clips_per_hour": rate, "hours_left": hours} | over


def pace(moments: Sequence[datetime]) -> float | None:
    """Clips an hour: the median gap between consecutive answers, pauses aside; None with fewer than three gaps."""
    times = np.sort(np.array([campaigns.seconds_of(moment) for moment in moments]))
    gaps = np.diff(times)
    gaps = gaps[gaps <= PAUSE_S]
    middle = float(np.median(gaps)) if len(gaps) >= 3 else 0.0
    return 3600.0 / middle if middle > 0 else None


def as_time(hours: float) -> str:
    """A duration for reading.

    >>> as_time(0.4), as_time(3.26)
    ('24 min', '3.3 h')
    """
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.1f} h"


def rows(store: Database, campaign: str, person: str, *, limit: int, offset: int) -> list[dict]:
    """Own answers for reading, latest first: item, when, what, heard, more, seconds, corrections."""
    number = campaigns.find_campaign(store, campaign)["campaign_id"]
    return [_readable(row) for row in answering.history(store, number, person, limit=limit, offset=offset)]


def _readable(row: Mapping) -> dict:
    answer = row["content"].get("answer") or {}
    shared = {**(answer.get("shares") or {}), **(answer.get("grades") or {})}
    heard = answer.get("emotion") or ", ".join(f"{name} {value}" for name, value in shared.items() if value)
    more = [*(answer.get("secondary") or ()), *(flag.replace("_", " ") for flag in answer.get("flags") or ())]
    more += [f"{name} {answer[name]}" for name in ("valence", "arousal", "dominance", "confidence") if answer.get(name)]
    more += [text for text in (answer.get("comment"), row["content"].get("reason")) if text]
    return {
        "item": row["item"],
        "clip": f"#{row['item']}",
        "what": row["kind"],
        "heard": heard,
        "more": ", ".join(more),
        "seconds": row["seconds"],
        "corrections": row["corrections"],
        "when": row["happened_at"],
    }


def retract(store: Database, campaign: str, person: str, item: int) -> None:
    """Take an answer back: its vote is withdrawn, and the clip comes again. Raises BadInput where it is not the person's."""
    number = campaigns.find_campaign(store, campaign)["campaign_id"]
    event = {"seq": 1, "kind": "retract", "item": item, "turn": 0, "content": {"by": "history"}}
    done = office(store).desk(number).sync(person, f"history-{secrets.token_hex(12)}", [event])
    if done["refused"]:
        raise BadInput(done["refused"][0]["why"])
