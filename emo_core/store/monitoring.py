"""What the monitor of a campaign reads, all of one moment, and the decisions that researchers take on its conflicts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.store import answering
from emo_core.store.campaigns import Item
from emo_core.store.database import Database, one_row, query, utc_now


@dataclass(frozen=True)
class Watched:
    """A campaign as the store has it. Emotions are numbers of `emotions`; 0 is none.

    members  in the order of joining: person_id, rater, joined_at, sees_votes, corrections, hours (spent, pauses left out)
    answers  arrays, one entry a standing answer or skip on a labelled clip, first hearings, in order of time: person_id, item,
             answered (else skipped), seconds (NaN where not known), happened_at, emotion_id
    flags    (item, flags) of the answers that have any
    checks   answers on gold and on clips heard again: rater, person_id, item, turn, content, expected (gold), first (emotion of
             the first hearing)
    votes    arrays: item, emotion_id, votes; current ones of the panels on the labelled clips, the campaign's own even where they are
             set aside
    own      arrays: item, person_id, emotion_id, votes; of these the members' own
    """

    emotions: dict[int, str]
    members: list[dict]
    answers: dict[str, np.ndarray]
    flags: list[tuple[int, list[str]]]
    checks: list[dict]
    votes: dict[str, np.ndarray]
    own: dict[str, np.ndarray]


def watch(store: Database, number: int, panels: Sequence[str], *, pause_s: float) -> Watched:
    """What has happened in the campaign of that number. pause_s: a longer time between two events is a pause, seconds."""
    cursor = store.cursor()
    campaign = {"campaign": number}

    def arrays(name: str, **binding) -> dict[str, np.ndarray]:
        found = cursor.execute(query(name), campaign | binding).fetchnumpy()
        return {column: np.ma.getdata(values) for column, values in found.items()}

    def rows(name: str, **binding) -> list[dict]:
        result = cursor.execute(query(name), campaign | binding)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row)) for row in result.fetchall()]

    cursor.begin()  # one moment: raters go on meanwhile
    try:
        return Watched(
            emotions=dict(cursor.execute("SELECT emotion_id, name FROM emotions").fetchall()),
            members=rows("monitor_members", pause=pause_s),
            answers=arrays("monitor_answers"),
            flags=[(row["item"], _listed(row["flags"])) for row in rows("monitor_flags")],
            checks=[
                row | {name: _read(row[name]) for name in ("content", "expected")} for row in rows("monitor_checks")
            ],
            votes=arrays("monitor_votes", panels=list(panels)),
            own=arrays("monitor_own_votes", panels=list(panels)),
        )
    finally:
        cursor.rollback()


def _read(text: str | None) -> object:
    return None if text is None else json.loads(text)


def _listed(text: str) -> list[str]:
    found = json.loads(text)
    return list(dict.fromkeys(found if isinstance(found, list) else [found]))


def decisions(store: Database, number: int, panel: str, items: Sequence[int]) -> dict[int, str]:
    """{item: emotion} of the items of a campaign that were decided in a panel."""
    rows = _decided(store.cursor(), number, panel, items)
    return {item: emotion for item, _, emotion in rows}


def _decided(cursor, number: int, panel: str, items: Sequence[int]) -> list[tuple[int, int, str]]:
    binding = {"campaign": number, "panel": panel, "items": [int(item) for item in items]}
    return cursor.execute(query("monitor_decisions"), binding).fetchall()


def decide(
    store: Database, number: int, panel: str, place: int, found: Item, emotion: str, by: str, comment: str | None
) -> int:
    """Write a decision on an item as a vote of the panel in the clip's corpus; the number of the vote. It replaces the decision
    that stands, whoever took it: a clip has one. It is on disk when this returns; statistics wait for `settle_statistics`.
    """
    with store.writing() as cursor:
        panel_id, rater_id = answering.rater_in(cursor, number, found.corpus_id, panel, by)
        before = _decided(cursor, number, panel, [place])
        (emotion_id,) = one_row(cursor, "SELECT emotion_id FROM emotions WHERE name = ?", [emotion])
        (vote_id,) = one_row(cursor, "SELECT coalesce(max(vote_id), 0) + 1 FROM votes")
        cursor.execute(
            "INSERT INTO votes (vote_id, clip_id, panel_id, rater_id, emotion_id, comment, voted_at, replaces, batch_id, "
            "provenance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                vote_id, found.clip_id, panel_id, rater_id, emotion_id, comment, utc_now(),
                before[-1][1] if before else None, answering.batch_in(cursor, number, found.corpus_id),
                json.dumps({"campaign": number, "saw_votes": True}),
            ],
        )  # fmt: skip
        cursor.execute("INSERT INTO stale_clips VALUES (?)", [found.clip_id])
    return vote_id
