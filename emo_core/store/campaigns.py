"""What labelling keeps of campaigns: their clips, the people in them, invites. Events and votes are in `answering`.

Who hears what next is decided in `emo_core.labelling`; here is what must survive a power cut.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from emo_core.errors import BadInput, UnknownName
from emo_core.records import checked_name
from emo_core.store import studies
from emo_core.store.browsing import ClipAudio
from emo_core.store.database import Database, one_row, query, utc_now

Cursor = duckdb.DuckDBPyConnection
PILOT = "a pilot"  # why a pilot's votes are set aside
INVITED_FILE = "invited"


@dataclass(frozen=True)
class Item:
    """A clip as a campaign knows it. `scale` is the corpus's own lowest and highest rating, None where it has none."""

    clip_id: int
    corpus_id: int
    corpus: str
    clip: str
    audio: ClipAudio | None
    transcript: str | None
    seconds: float | None
    scale: tuple[float, float] | None


@dataclass(frozen=True)
class Kept:
    """What a campaign's queue is made of again after a restart. Times in seconds since 1970."""

    roles: np.ndarray
    expected: dict[int, dict[str, float]]
    votes: dict[str, np.ndarray]  # columns place (an item), emotion, votes
    settled: list[tuple[str, int, int, str]]  # person, item, turn, kind; oldest first
    reserved: list[tuple[str, int, int, float]] = field(default_factory=list)  # person, item, turn, until


def seconds_of(moment: datetime) -> float:
    """A time of the store as seconds since 1970."""
    return moment.replace(tzinfo=UTC).timestamp()


def moment_of(seconds: float) -> datetime:
    """The inverse of `seconds_of`."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def candidates(store: Database, *, study: str | None, corpus: str | None) -> dict[str, np.ndarray]:
    """`clip_id`, `corpus_id` and `clip` (its name in the study) of the clips with sound that could be labelled.

    Raises UnknownName where study or corpus is not there.
    """
    cursor = store.cursor()
    if study is None:
        row = one_row(cursor, "SELECT corpus_id FROM corpora WHERE name = ?", [corpus])
        if not row:
            known = [name for (name,) in cursor.execute("SELECT name FROM corpora").fetchall()]
            raise UnknownName("corpus", corpus, known)
        number, corpora, key = None, [row[0]], "clips.name"
    else:
        stored = studies.find_study(cursor, study)
        number, corpora, key = stored.study_id, stored.binding()["corpora"], stored.clip_key
    found = cursor.execute(query("campaign_candidates").format(key=key), {"corpora": corpora, "study": number})
    return {name: np.ma.getdata(column) for name, column in found.fetchnumpy().items()}


def joined(store: Database, panel: str, clip_ids: np.ndarray) -> dict:
    """What is in a panel that votes on these clips would join: `votes` that count, `studies` that look at it as
    `reference` or `candidate`, and other `campaigns` whose votes go there. All empty where the panel is new.
    """
    cursor = store.cursor()
    cursor.register("asked_clips", pa.table({"clip_id": clip_ids}))
    found = cursor.execute(query("joined_panels"), {"panel": panel}).fetchall()
    cursor.unregister("asked_clips")
    numbers = {number for number, _ in found}
    looking = {"reference": [], "candidate": []}
    for stored in studies.list_studies(store):
        for side, names in looking.items():
            if numbers & set(stored.binding()[side]):
                names.append(stored.study.name)
    others = [row["name"] for row in list_campaigns(store) if row["panel"] == panel]
    return (
        {"exists": bool(found or others), "votes": sum(votes for _, votes in found)} | looking | {"campaigns": others}
    )


def panel_votes(store: Database, panel: str, clip_ids: np.ndarray) -> dict[str, np.ndarray]:
    """Current votes of a panel on clips, by emotion: `place` in clip_ids, `emotion` (name), `votes`."""
    cursor = store.cursor()
    cursor.register("asked_clips", pa.table({"clip_id": clip_ids, "place": np.arange(len(clip_ids))}))
    found = cursor.execute(
        "SELECT place, emotions.name AS emotion, count(*) AS votes FROM current_votes JOIN asked_clips USING (clip_id) "
        "JOIN panels USING (panel_id) JOIN emotions USING (emotion_id) WHERE panels.name = $panel GROUP BY ALL",
        {"panel": panel},
    ).fetchnumpy()
    cursor.unregister("asked_clips")
    return {name: np.ma.getdata(column) for name, column in found.items()}


def check_new(cursor: Cursor, name: str) -> None:
    """Raises BadInput where there is a campaign of that name."""
    if one_row(cursor, "SELECT 1 FROM campaigns WHERE name = ?", [name]):
        raise BadInput(f"There is a campaign {name!r} already. Choose another name.")


def add_campaign(
    store: Database, settings: Mapping, clip_ids: Sequence[int], roles: Sequence[str], expected: Mapping[int, Mapping]
) -> int:
    """Keep a campaign whose items are the clips in the order given. Raises BadInput where the name is taken."""
    with store.writing() as cursor:
        check_new(cursor, settings["name"])
        (number,) = one_row(cursor, "SELECT nextval('campaign_ids')")
        cursor.execute(
            "INSERT INTO campaigns VALUES (?, ?, ?, ?, ?, ?, NULL)",
            [number, settings["name"], settings["study"], settings["panel"], json.dumps(settings), utc_now()],
        )
        items = {
            "campaign_id": np.full(len(clip_ids), number, dtype=np.int32),
            "item": np.arange(len(clip_ids), dtype=np.int32),
            "clip_id": np.asarray(clip_ids, dtype=np.int64),
            "role": pa.array(list(roles), pa.string()),
            "expected": pa.array(
                [json.dumps(expected[i]) if i in expected else None for i in range(len(clip_ids))], pa.string()
            ),
        }
        cursor.register("fresh_items", pa.table(items))
        cursor.execute("INSERT INTO campaign_clips BY NAME SELECT * FROM fresh_items")
        cursor.unregister("fresh_items")
        if settings["pilot"]:
            cursor.execute("INSERT INTO campaign_set_asides VALUES (?, true, ?, ?)", [number, PILOT, utc_now()])
        return number


def list_campaigns(store: Database) -> list[dict]:
    """Every campaign with its settings and what has happened in it, oldest first."""
    result = store.cursor().execute(query("list_campaigns"))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row)) | {"settings": json.loads(row[4])} for row in result.fetchall()]


def find_campaign(store: Database, name: str) -> dict:
    """The campaign of that name. Raises UnknownName listing those there are."""
    found = {campaign["name"]: campaign for campaign in list_campaigns(store)}
    if name not in found:
        raise UnknownName("campaign", name, found)
    return found[name]


def campaign_row(store: Database, number: int) -> dict | None:
    """Name, settings and whether it is closed, of the campaign of that number."""
    row = one_row(store.cursor(), "SELECT name, settings, closed_at FROM campaigns WHERE campaign_id = ?", [number])
    return {"name": row[0], "settings": json.loads(row[1]), "closed_at": row[2]} if row else None


def close_campaign(store: Database, number: int, *, closed: bool) -> None:
    """Take no answers and hand out no clips any more, or go on."""
    with store.writing() as cursor:
        cursor.execute(
            "UPDATE campaigns SET closed_at = ? WHERE campaign_id = ?", [utc_now() if closed else None, number]
        )


def remove_campaign(store: Database, number: int, *, with_answers: bool) -> int:
    """Forget a campaign with its clips, members, invites, reservations and events; how many events went that say more than
    that a clip was shown. The votes that came of them stay votes of the panel.

    Raises BadInput where there are such events and nobody said that they may go.
    """
    tables = ("answers", "reservations", "invites", "members", "campaign_clips", "campaigns")
    with store.writing() as cursor:
        (events,) = one_row(cursor, "SELECT count(*) FROM answers WHERE campaign_id = ? AND kind <> 'shown'", [number])
        if events and not with_answers:
            raise BadInput(
                f"Raters have answered {events:,} times in this campaign. Write that out first with `campaign export`, then "
                "remove it with --with-answers; votes stay either way. To only stop it, close it."
            )
        for table in tables:
            cursor.execute(f"DELETE FROM {table} WHERE campaign_id = ?", [number])  # noqa: S608
    return events


def check_unlabelled(cursor: Cursor, corpus: int) -> None:
    """Raises BadInput where campaigns label clips of the corpus of that number."""
    rows = cursor.execute(
        "SELECT DISTINCT campaign_id, campaigns.name FROM campaigns JOIN campaign_clips USING (campaign_id) "
        "JOIN clips USING (clip_id) WHERE corpus_id = ? ORDER BY campaign_id",
        [corpus],
    ).fetchall()
    if rows:
        raise BadInput(
            f"Campaigns label clips of this corpus: {', '.join(repr(name) for _, name in rows)}. Remove them first "
            "(`campaign remove`), or keep the corpus."
        )


def kept(store: Database, number: int, panels: Sequence[str]) -> Kept:
    """Everything that the queue of a campaign is made of; votes are those of these panels."""
    cursor = store.cursor()
    roles = cursor.execute("SELECT role FROM campaign_clips WHERE campaign_id = ? ORDER BY item", [number]).fetchnumpy()
    expected = cursor.execute(
        "SELECT item, expected FROM campaign_clips WHERE campaign_id = ? AND expected IS NOT NULL", [number]
    ).fetchall()
    votes = cursor.execute(query("campaign_counts"), {"campaign": number, "panels": list(panels)}).fetchnumpy()
    settled = cursor.execute(
        "SELECT people.name, item, turn, kind FROM standing_answers JOIN people USING (person_id) "
        "WHERE campaign_id = ? ORDER BY answer_id",
        [number],
    ).fetchall()
    reserved = cursor.execute(
        "SELECT people.name, item, turn, until FROM reservations JOIN people USING (person_id) WHERE campaign_id = ? "
        "ORDER BY reservations.rowid",
        [number],
    ).fetchall()
    return Kept(
        roles=np.ma.getdata(roles["role"]),
        expected={item: json.loads(text) for item, text in expected},
        votes={name: np.ma.getdata(column) for name, column in votes.items()},
        settled=settled,
        reserved=[(person, item, turn, seconds_of(until)) for person, item, turn, until in reserved],
    )


def items(store: Database, number: int, places: Sequence[int]) -> dict[int, Item]:
    """What lies behind items of a campaign. Raises BadInput where there is none."""
    rows = store.cursor().execute(query("item_sound"), {"campaign": number, "items": list(places)}).fetchall()
    found = {}
    for place, root, audio, start, end, transcript, corpus, clip, clip_id, corpus_id, seconds, low, high in rows:
        sound = ClipAudio(Path(root), audio, start, end) if root and audio else None
        scale = (low, high) if low is not None and high is not None else None
        found[place] = Item(clip_id, corpus_id, corpus, clip, sound, transcript, seconds, scale)
    missing = [place for place in places if place not in found]
    if missing:
        raise BadInput(f"The campaign has no item {missing[0]}.")
    return found


def person_number(cursor: Cursor, name: str) -> int:
    """The number of a person, given to them when they are new. To be called inside a transaction."""
    name = checked_name("person", name)
    row = one_row(cursor, "SELECT person_id FROM people WHERE name = ?", [name])
    if row:
        return row[0]
    (number,) = one_row(cursor, "SELECT nextval('person_ids')")
    cursor.execute("INSERT INTO people VALUES (?, ?, ?)", [number, name, utc_now()])
    return number


def is_known(store: Database, name: str) -> bool:
    """Whether somebody labels under that name."""
    return bool(one_row(store.cursor(), "SELECT 1 FROM people WHERE name = ?", [name.strip()]))


def join(store: Database, number: int, name: str, *, sees_votes: bool) -> None:
    """Make a person a rater of a campaign; again changes nothing.

    Raises BadInput where the campaign is closed and the person no rater of it, where the panel has a rater of that name
    whose votes were imported (two people would become one), or where somebody who sees votes comes under the name of a
    rater who is blind.
    """
    with store.writing() as cursor:
        person = person_number(cursor, name)
        known = one_row(
            cursor, "SELECT sees_votes FROM members WHERE campaign_id = ? AND person_id = ?", [number, person]
        )
        if known:
            if sees_votes and not known[0]:
                raise BadInput(
                    f"{name.strip()!r} labels here without seeing votes, and a researcher sees them. Choose another name, so "
                    "that blind answers stay known as such."
                )
            return
        if one_row(cursor, "SELECT closed_at IS NOT NULL FROM campaigns WHERE campaign_id = ?", [number]) == (True,):
            raise BadInput("This campaign is closed, so nobody can join it. Ask the person who invited you.")
        stranger = one_row(
            cursor,
            "SELECT 1 FROM raters JOIN panels USING (panel_id) JOIN campaigns ON campaigns.panel = panels.name "
            "JOIN votes USING (rater_id) JOIN batches USING (batch_id) "
            "WHERE campaigns.campaign_id = $campaign AND raters.name = $name AND batches.kind <> 'labelling' "
            "AND panels.corpus_id IN (SELECT corpus_id FROM campaign_clips JOIN clips USING (clip_id) "
            "WHERE campaign_id = $campaign) LIMIT 1",
            {"campaign": number, "name": name.strip()},
        )
        if stranger:
            raise BadInput(
                f"The panel has a rater {name.strip()!r} already, whose votes were imported. Choose another name, so that "
                "your votes and theirs stay apart."
            )
        if not sees_votes:  # somebody else than the owner of the machine
            close_to_strangers(store, cursor)
        cursor.execute("INSERT INTO members VALUES (?, ?, ?, ?)", [number, person, utc_now(), sees_votes])


def member(cursor: Cursor, number: int, name: str) -> tuple[int, bool] | None:
    """The person's number and whether they see votes, None where they are no rater of the campaign."""
    row = one_row(
        cursor,
        "SELECT person_id, sees_votes FROM members JOIN people USING (person_id) WHERE campaign_id = ? AND name = ?",
        [number, name],
    )
    return row or None


def memberships(store: Database, name: str) -> list[str]:
    """Names of the campaigns that a person labels in, those that are open first, then the newest."""
    rows = (
        store.cursor()
        .execute(
            "SELECT campaigns.name FROM members JOIN people USING (person_id) JOIN campaigns USING (campaign_id) "
            "WHERE people.name = ? ORDER BY closed_at IS NOT NULL, campaign_id DESC",
            [name],
        )
        .fetchall()
    )
    return [row[0] for row in rows]


def make_invite(store: Database, number: int) -> str:
    """A new invite to a campaign: whoever has it may join."""
    token = secrets.token_urlsafe(16)
    with store.writing() as cursor:
        close_to_strangers(store, cursor)
        cursor.execute("INSERT INTO invites VALUES (?, ?, ?, NULL)", [number, token, utc_now()])
    return token


def withdraw_invites(store: Database, number: int) -> None:
    """Let nobody join by the invites made so far; who has joined stays."""
    with store.writing() as cursor:
        cursor.execute(
            "UPDATE invites SET withdrawn_at = ? WHERE campaign_id = ? AND withdrawn_at IS NULL", [utc_now(), number]
        )


def invites(store: Database, number: int | None = None) -> list[str]:
    """Invites that hold, of one campaign or of all, oldest first."""
    rows = (
        store.cursor()
        .execute(
            "SELECT token FROM invites WHERE withdrawn_at IS NULL AND campaign_id = coalesce(?, campaign_id) ORDER BY made_at",
            [number],
        )
        .fetchall()
    )
    return [token for (token,) in rows]


def close_to_strangers(store: Database, cursor: Cursor) -> None:
    """Remember for good that somebody was invited. To be called inside a transaction.

    In the store, so that a copy of it is closed too; and in a file beside it, so that an older store put in its place is.
    """
    (store.folder / INVITED_FILE).touch(mode=0o600)
    if not one_row(cursor, "SELECT 1 FROM first_invite"):
        cursor.execute("INSERT INTO first_invite VALUES (?)", [utc_now()])


def was_ever_invited(store: Database) -> bool:
    """Whether an invite was ever made, whatever was withdrawn or removed since: from then on others than the owner of the
    machine may come.
    """
    return bool(one_row(store.cursor(), "SELECT 1 FROM first_invite")) or (store.folder / INVITED_FILE).exists()


def invited_to(store: Database, token: str) -> int | None:
    """The number of the campaign that an invite leads to, None where it does not hold."""
    row = one_row(store.cursor(), "SELECT campaign_id FROM invites WHERE token = ? AND withdrawn_at IS NULL", [token])
    return row[0] if row else None
