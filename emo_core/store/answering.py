"""What raters do, as it is kept: reservations, every event, and the votes that follow from events."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from emo_core.errors import UnknownName
from emo_core.records import panel_kind
from emo_core.store import studies
from emo_core.store.campaigns import Item, member, moment_of
from emo_core.store.database import Database, one_row, query, utc_now

Cursor = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Event:
    """One thing that a rater did, as it is stored. `vote` are columns of `votes`, None where no vote follows."""

    item: int
    turn: int
    kind: str
    session: str
    seq: int
    content: Mapping
    seconds: float | None
    happened_at: datetime
    vote: Mapping | None = None


def reserve(
    cursor: Cursor,
    number: int,
    person: int,
    turns: Iterable[tuple[int, int]],
    until: float,
    *,
    lost: Collection[int] = (),
) -> None:
    """Note who was handed what, and that the person is still there: all that they hold is theirs until then, but for the
    items that they lost to others.
    """
    moment = moment_of(until)
    cursor.execute(
        "UPDATE reservations SET until = ? WHERE campaign_id = ? AND person_id = ? AND NOT list_contains(?::INTEGER[], item)",
        [moment, number, person, list(lost)],
    )
    for place, turn in turns:
        cursor.execute("INSERT INTO reservations VALUES (?, ?, ?, ?, ?)", [number, place, turn, person, moment])


def known_events(cursor: Cursor, person: int, session: str, seqs: Sequence[int]) -> set[int]:
    """Which of a browser's events are in the store already."""
    marks = ", ".join("?" for _ in seqs)
    rows = cursor.execute(
        f"SELECT seq FROM answers WHERE person_id = ? AND session = ? AND seq IN ({marks})",  # noqa: S608
        [person, session, *seqs],
    ).fetchall()
    return {seq for (seq,) in rows}


def take(cursor: Cursor, number: int, person: tuple[int, str], panel: str, event: Event, found: Item) -> str | None:
    """Write an event, and the vote that follows from it: a correction replaces the vote before, and an event without a
    vote withdraws it. Returns the emotion of the vote before, None where there was none. To be called inside a transaction.
    """
    person_id, name = person
    (answer_id,) = one_row(cursor, "SELECT nextval('answer_ids')")
    vote_id = emotion = None
    if event.kind != "shown" and event.turn == 0:
        before, emotion = _standing_vote(cursor, number, person_id, event.item)
        vote_id = _write_vote(cursor, number, name, panel, event, found, answer_id, before)
    cursor.execute(
        "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            answer_id, number, person_id, event.item, event.turn, event.kind, event.session, event.seq,
            json.dumps(event.content), event.seconds, event.happened_at, utc_now(), vote_id,
        ],
    )  # fmt: skip
    if event.kind in ("answer", "skip"):
        cursor.execute(
            "DELETE FROM reservations WHERE campaign_id = ? AND person_id = ? AND item = ? AND turn = ?",
            [number, person_id, event.item, event.turn],
        )
    elif event.kind in ("postpone", "retract"):  # what was settled lies before them again
        cursor.execute(
            "INSERT INTO reservations SELECT $campaign, $item, $turn, $person, $now WHERE NOT EXISTS (FROM reservations "
            "WHERE campaign_id = $campaign AND item = $item AND turn = $turn AND person_id = $person)",
            {"campaign": number, "item": event.item, "turn": event.turn, "person": person_id, "now": utc_now()},
        )
    return emotion


def _standing_vote(cursor: Cursor, number: int, person_id: int, place: int) -> tuple[int | None, str | None]:
    """The vote that the person's latest answer on an item made, and its emotion; None where there is none or it was withdrawn."""
    row = one_row(
        cursor,
        "SELECT vote_id FROM answers WHERE campaign_id = ? AND person_id = ? AND item = ? AND turn = 0 AND kind <> 'shown' "
        "ORDER BY answer_id DESC LIMIT 1",
        [number, person_id, place],
    )
    if not row or row[0] is None:
        return None, None
    named = one_row(
        cursor, "SELECT emotions.name FROM votes JOIN emotions USING (emotion_id) WHERE vote_id = ?", [row[0]]
    )
    return row[0], named[0] if named else None


def _write_vote(
    cursor: Cursor, number: int, name: str, panel: str, event: Event, found: Item, answer_id: int, before: int | None
) -> int | None:
    """The number of the vote that stands after the event; None where none does."""
    if event.vote is None and before is None:
        return None
    panel_id, rater_id = rater_in(cursor, number, found.corpus_id, panel, name)
    (vote_id,) = one_row(cursor, "SELECT coalesce(max(vote_id), 0) + 1 FROM votes")
    vote = dict(event.vote or {})
    numbers = dict(cursor.execute("SELECT name, emotion_id FROM emotions").fetchall()) if event.vote else {}
    secondary = [numbers[emotion] for emotion in vote.get("secondary") or ()] or None
    cursor.execute(
        "INSERT INTO votes (vote_id, clip_id, panel_id, rater_id, emotion_id, secondary_ids, secondary_strengths, valence, "
        "arousal, dominance, confidence, seconds, comment, voted_at, replaces, batch_id, provenance) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            vote_id, found.clip_id, panel_id, rater_id, numbers.get(vote.get("emotion")), secondary,
            list(vote["strengths"]) if secondary else None, vote.get("valence"), vote.get("arousal"), vote.get("dominance"),
            vote.get("confidence"), event.seconds, vote.get("comment"), event.happened_at, before,
            batch_in(cursor, number, found.corpus_id), json.dumps({"campaign": number, "answer": answer_id}),
        ],
    )  # fmt: skip
    cursor.execute("INSERT INTO stale_clips VALUES (?)", [found.clip_id])
    return vote_id if event.vote is not None else None


def rater_in(cursor: Cursor, number: int, corpus_id: int, panel: str, name: str) -> tuple[int, int]:
    """Numbers of the panel in a corpus and of the rater in it; both are made where they are new. Who is set aside in another
    corpus of the campaign is set aside in this one too. To be called inside a transaction.
    """
    row = one_row(cursor, "SELECT panel_id, kind FROM panels WHERE corpus_id = ? AND name = ?", [corpus_id, panel])
    kind = "pilot" if is_pilot(cursor, number) else panel_kind(panel)
    if not row:
        row = one_row(cursor, "SELECT coalesce(max(panel_id), 0) + 1 FROM panels")
        cursor.execute("INSERT INTO panels VALUES (?, ?, ?, ?)", [row[0], corpus_id, panel, kind])
    elif row[1] == "pilot" != kind:  # a later campaign of the same name is none
        cursor.execute("UPDATE panels SET kind = ? WHERE panel_id = ?", [kind, row[0]])
    rater = one_row(
        cursor,
        "SELECT rater_id FROM raters WHERE panel_id = ? AND name = ? AND persona IS NULL AND temperature IS NULL",
        [row[0], name],
    )
    if not rater:
        rater = one_row(cursor, "SELECT coalesce(max(rater_id), 0) + 1 FROM raters")
        cursor.execute("INSERT INTO raters VALUES (?, ?, ?, NULL, NULL)", [rater[0], row[0], name])
        cursor.execute(
            "INSERT INTO retirements SELECT $rater, true, any_value(reason), $now FROM retirements "
            "JOIN retired_raters USING (rater_id) JOIN raters USING (rater_id) JOIN panels USING (panel_id) "
            "WHERE raters.name = $name AND panels.name = $panel AND panels.corpus_id IN (SELECT corpus_id "
            "FROM campaign_clips JOIN clips USING (clip_id) WHERE campaign_id = $campaign) HAVING count(*) > 0",
            {"rater": rater[0], "now": utc_now(), "name": name, "panel": panel, "campaign": number},
        )
    return row[0], rater[0]


def is_pilot(cursor: Cursor, number: int) -> bool:
    """Whether a campaign is a pilot: no study can look at the panels that it makes."""
    row = one_row(cursor, "SELECT settings ->> '$.pilot' = 'true' FROM campaigns WHERE campaign_id = ?", [number])
    return bool(row and row[0])


def batch_in(cursor: Cursor, number: int, corpus_id: int) -> int:
    """The batch of a campaign's votes in a corpus, made where it is new. To be called inside a transaction."""
    source = f"campaign {number}"
    row = one_row(
        cursor,
        "SELECT batch_id FROM batches WHERE corpus_id = ? AND kind = 'labelling' AND source = ?",
        [corpus_id, source],
    )
    if row:
        return row[0]
    (batch,) = one_row(cursor, "SELECT nextval('batch_ids')")
    cursor.execute("INSERT INTO batches VALUES (?, ?, 'labelling', ?, ?, NULL)", [batch, corpus_id, source, utc_now()])
    return batch


def set_scale(cursor: Cursor, corpus_id: int, low: float, high: float) -> tuple[float, float]:
    """Say what scale a corpus's ratings have, where nobody said so before; the scale that holds."""
    cursor.execute(
        "UPDATE corpora SET rating_low = ?, rating_high = ? WHERE corpus_id = ? AND (rating_low IS NULL OR rating_high IS NULL)",
        [low, high, corpus_id],
    )
    return one_row(cursor, "SELECT rating_low, rating_high FROM corpora WHERE corpus_id = ?", [corpus_id])


def settle_statistics(store: Database) -> int:
    """Bring the studies up to date for clips whose votes changed; how many clips that were. Labelling calls it a moment
    after its answers are safe, and every opening of a store calls it for what a killed process left.
    """
    if not one_row(store.cursor(), "SELECT 1 FROM stale_clips LIMIT 1"):
        return 0
    with store.writing() as cursor:
        cursor.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT clip_id FROM stale_clips")
        corpora = cursor.execute(
            "SELECT DISTINCT corpus_id FROM clips WHERE clip_id IN (SELECT clip_id FROM touched)"
        ).fetchall()
        for (corpus,) in corpora:
            studies.refresh_touched(cursor, corpus)
        cursor.execute("DELETE FROM stale_clips")
        return one_row(cursor, "SELECT count(*) FROM touched")[0]


def retire(store: Database, number: int, name: str, *, retired: bool, reason: str) -> int:
    """Set a rater's votes in the campaign's panel aside, or bring them back; how many votes that concerns. No vote is deleted.

    Raises UnknownName where nobody of that name voted in the panel.
    """
    with store.writing() as cursor:
        raters = cursor.execute(
            "SELECT rater_id, raters.name FROM raters JOIN panels USING (panel_id) "
            "JOIN campaigns ON campaigns.panel = panels.name WHERE campaign_id = ? "
            "AND panel_id IN (SELECT DISTINCT panel_id FROM panels JOIN clips USING (corpus_id) JOIN campaign_clips USING (clip_id) "
            "WHERE campaign_id = ?)",
            [number, number],
        ).fetchall()
        mine = [rater for rater, known in raters if known == name]
        if not mine:
            raise UnknownName("rater with votes", name, {known for _, known in raters})
        for rater in mine:
            cursor.execute("INSERT INTO retirements VALUES (?, ?, ?, ?)", [rater, retired, reason, utc_now()])
        cursor.execute(
            "INSERT INTO stale_clips SELECT DISTINCT clip_id FROM votes WHERE list_contains(?, rater_id)", [mine]
        )
        (votes,) = one_row(
            cursor,
            "SELECT count(*) FROM votes ANTI JOIN (SELECT replaces FROM votes WHERE replaces IS NOT NULL) AS r "
            "ON votes.vote_id = r.replaces WHERE list_contains(?, rater_id) AND coalesce(emotion_id, valence, arousal, "
            "dominance) IS NOT NULL",
            [mine],
        )
    settle_statistics(store)
    return votes


def set_aside(store: Database, number: int, *, aside: bool, reason: str) -> int:
    """Set everything that came of a campaign aside, its decisions too, or bring it back; how many votes that concerns. No
    vote is deleted, and no other vote of its raters is touched.
    """
    with store.writing() as cursor:
        cursor.execute("INSERT INTO campaign_set_asides VALUES (?, ?, ?, ?)", [number, aside, reason, utc_now()])
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE its_votes AS SELECT vote_id, clip_id FROM votes JOIN batches USING (batch_id) "
            "WHERE batches.kind = 'labelling' AND batches.source = ?",
            [f"campaign {number}"],
        )
        cursor.execute("INSERT INTO stale_clips SELECT DISTINCT clip_id FROM its_votes")
        (votes,) = one_row(
            cursor,
            "SELECT count(*) FROM campaign_votes(?) JOIN its_votes USING (vote_id)",
            [number],
        )
    settle_statistics(store)
    return votes


def retired_names(store: Database, number: int) -> dict[str, str]:
    """Raters of the campaign whose votes are set aside, and why."""
    rows = store.cursor().execute(query("retired_names"), {"campaign": number}).fetchall()
    return dict(rows)


def history(store: Database, number: int, name: str, *, limit: int, offset: int) -> list[dict]:
    """A rater's own answers, latest first: item, turn, kind, content, seconds, happened_at, corrections."""
    cursor = store.cursor()
    known = member(cursor, number, name)
    if known is None:
        return []
    result = cursor.execute(
        query("rater_history"), {"campaign": number, "person": known[0], "limit": limit, "offset": offset}
    )
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row)) for row in result.fetchall()]
    return [row | {"content": json.loads(row["content"])} for row in rows]


def history_length(store: Database, number: int, name: str) -> int:
    """How many rows `history` has in all."""
    return one_row(
        store.cursor(),
        "SELECT count(*) FROM standing_answers JOIN people USING (person_id) JOIN campaign_clips USING (campaign_id, item) "
        "WHERE campaign_id = ? AND people.name = ? AND campaign_clips.role = 'label' AND turn = 0",
        [number, name],
    )[0]


def events(store: Database, number: int) -> list[dict]:
    """Every event of a campaign, in order of arrival, with rater, corpus, clip and role; what was shown among them."""
    result = store.cursor().execute(query("campaign_answers"), {"campaign": number})
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row)) for row in result.fetchall()]
    return [
        row
        | {
            "content": json.loads(row["content"]),
            "expected": json.loads(row["expected"]) if row["expected"] else None,
        }
        for row in rows
    ]


def members(store: Database, number: int) -> list[dict]:
    """Raters of a campaign in the order in which they joined: name, joined_at, sees_votes."""
    rows = (
        store.cursor()
        .execute(
            "SELECT name, joined_at, sees_votes FROM members JOIN people USING (person_id) WHERE campaign_id = ? ORDER BY joined_at",
            [number],
        )
        .fetchall()
    )
    return [dict(zip(("name", "joined_at", "sees_votes"), row)) for row in rows]
