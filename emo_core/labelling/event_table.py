"""Everything that raters did in a campaign as a table: one row an event, in order of arrival.

answer_id               number of the event
rater                   a pseudonym, the same in every export of one store, or the name
corpus, clip, role      what was heard; role: label, gold or practice, of which only label makes votes
turn                    0: the first hearing, 1: a repeat, which makes no vote
kind                    shown, answer, skip, postpone, retract
emotion                 the emotion of the answer; of shares and grades the strongest
secondary, strengths    further emotions and their weights beside the emotion's 1, joined by semicolons
shares, grades          as given: JSON, {emotion: listeners} and {emotion: grade}
valence, arousal, dominance   points of the form, from 1; votes hold them in units of the corpus
confidence              points of the form, from 1; votes hold it as 0…1
comment, flags          as given; flags joined by semicolons
reason                  why a clip was skipped
seconds                 how long it took
happened_at             UTC, when it happened, by the rater's clock
received_at             UTC, when it was on disk
standing                whether it is the latest of the rater on the clip and turn, and so the one that counts
vote_id                 the vote in the store that came of it
blind                   whether the rater cannot see votes elsewhere in the workbench
set_aside               whether the rater was retired, so that their votes do not count
shown                   JSON: for shown what came on the screen, else what was on it then

A browser's session stays out: it says nothing but which tab it was.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from emo_core.errors import BadInput
from emo_core.labelling import answers
from emo_core.labelling.campaign import Form, from_document
from emo_core.publishing import tables
from emo_core.store import Database, answering, exporting

FORMATS = (".csv", ".parquet")
RATERS = ("pseudonyms", "kept")
# name: (type, unit, meaning)
COLUMNS: dict[str, tuple[str, str, str]] = {
    "answer_id": ("integer", "", "number of the event"),
    "rater": ("text", "", "who did it: a code or a name"),
    "corpus": ("text", "", "the clip's corpus"),
    "clip": ("text", "", "the clip's id in its corpus"),
    "role": ("text", "", "label, gold or practice; only label makes votes"),
    "turn": ("integer", "", "0: the first hearing, 1: a repeat, which makes no vote"),
    "kind": ("text", "", "shown, answer, skip, postpone or retract"),
    "emotion": ("text", "", "the emotion heard; of shares and grades the strongest"),
    "secondary": ("text", "", "further emotions heard, joined by semicolons"),
    "strengths": ("text", "", "weights of these beside the emotion's 1, joined likewise"),
    "shares": ("text", "listeners", "how many listeners would hear each emotion, as given: JSON"),
    "grades": ("text", "grades", "how strongly each emotion was heard, as given: JSON"),
    "valence": ("integer", "points", "valence on the form's scale, from 1"),
    "arousal": ("integer", "points", "arousal on the form's scale, from 1"),
    "dominance": ("integer", "points", "dominance on the form's scale, from 1"),
    "confidence": ("integer", "points", "how sure the rater was on the form's scale, from 1"),
    "comment": ("text", "", "what the rater wrote"),
    "flags": ("text", "", "what is wrong with the clip, joined by semicolons"),
    "reason": ("text", "", "why the clip was skipped"),
    "seconds": ("number", "s", "how long it took"),
    "happened_at": ("time", "UTC", "when it happened, by the rater's clock"),
    "received_at": ("time", "UTC", "when it was on disk"),
    "standing": ("true or false", "", "whether it is the rater's latest on the clip and turn, which counts"),
    "vote_id": ("integer", "", "the vote in the store that came of it"),
    "blind": ("true or false", "", "whether the rater cannot see votes elsewhere"),
    "set_aside": ("true or false", "", "whether the rater was retired: their votes do not count"),
    "not_counted": ("text", "", "why nothing of the campaign counts: a pilot, or what was said when it was set aside"),
    "shown": ("text", "", "what was on the screen: JSON"),
}
_ARROW = {
    "integer": pa.int64(), "number": pa.float64(), "text": pa.string(), "time": pa.timestamp("us"),
    "true or false": pa.bool_(),
}  # fmt: skip


def rows(store: Database, campaign: Mapping, *, standing: bool = False, raters: str = "pseudonyms") -> list[dict]:
    """The events of a campaign (see `store.campaigns.find_campaign`) with the columns of `COLUMNS`; `standing`: answers that
    count, and nothing else. Raises BadInput where `raters` is none of `RATERS`.
    """
    if raters not in RATERS:
        raise BadInput(f"There is no choice {raters!r}. Choose {' or '.join(RATERS)}.")
    number, form = campaign["campaign_id"], from_document(campaign["settings"]).form
    retired = answering.retired_names(store, number)
    key = exporting.secret_key(store) if raters == "pseudonyms" else None
    found = answering.events(store, number)
    if standing:
        found = [event for event in found if event["standing"] and event["kind"] == "answer"]
    aside = {"not_counted": campaign["set_aside"]}
    return [_row(event, number, form, retired, key) | aside for event in found]


def _row(event: dict, number: int, form: Form, retired: Mapping, key: bytes | None) -> dict:
    content, name = event["content"], event["rater"]
    row = {column: event.get(column) for column in COLUMNS}
    row |= {
        "rater": exporting.code_of(name, key) if key else name,
        "blind": not event["sees_votes"],
        "set_aside": name in retired,
        "shown": _json(content if event["kind"] == "shown" else content.get("shown")),
    }
    if event["kind"] == "skip":
        row["reason"] = _text(content.get("reason"))
    if event["kind"] == "answer":
        row |= _answer(form, content["answer"], f"{number}/{event['item']}/{name}")
    return row


def _answer(form: Form, given: Mapping, key: str) -> dict:
    """What an answer says, read as the desk read it."""
    read = answers.read(form, given, key=key)
    return {
        "emotion": read.emotion,
        "secondary": ";".join(read.secondary) or None,
        "strengths": ";".join(f"{strength:.6g}" for strength in read.strengths) or None,
        "shares": _json(given.get("shares")) if form.question == "soft" else None,
        "grades": _json(given.get("grades")) if form.question == "graded" else None,
        **(read.scales or {}),
        "confidence": given.get("confidence") if form.confidence else None,
        "comment": _text(read.comment),
        "flags": ";".join(dict.fromkeys(given.get("flags") or ())) or None,
    }


def _json(value: object) -> str | None:
    return None if value is None else _text(json.dumps(value, ensure_ascii=False))


def _text(value: object) -> str | None:
    """Text that UTF-8 can hold: half a character, which a browser may send, becomes a question mark."""
    if value is None or value == "":
        return None
    return str(value).encode("utf-8", "replace").decode()


def write(store: Database, campaign: Mapping, path: Path, *, standing: bool = False, raters: str = "pseudonyms") -> int:
    """Write the events to `path` (.csv or .parquet) and `path`.schema.json; how many rows that were. The file appears whole
    or not at all; in CSV no cell is a formula, see `publishing.tables`.

    Raises BadInput where the ending is another, the folder is missing or `raters` is none of `RATERS`.
    """
    path = exporting.checked(path, FORMATS)
    found = rows(store, campaign, standing=standing, raters=raters)
    draft, beside = path.with_name(f".{path.name}.draft"), path.with_name(f".{path.name}.schema.draft")
    try:
        if path.suffix.lower() == ".csv":
            draft.write_text("\ufeff" + csv_text(found), encoding="utf-8", newline="")
        else:
            pq.write_table(table(found), draft, compression="zstd")
        beside.write_text(exporting.as_json(schema(campaign, path, len(found), raters)), encoding="utf-8")
        beside.replace(exporting.schema_path(path))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return len(found)


def csv_text(found: list[dict]) -> str:
    """Rows of `rows` as CSV; true and false as the store's other exports write them."""
    words = {True: "true", False: "false"}
    plain = [
        {name: words[cell] if isinstance(cell, bool) else _iso(cell) for name, cell in row.items()} for row in found
    ]
    return tables.csv_text(plain, COLUMNS)


def _iso(cell: object) -> object:
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell


def table(found: list[dict]) -> pa.Table:
    """Rows of `rows` with their types."""
    return pa.table({
        name: pa.array([row[name] for row in found], _ARROW[kind]) for name, (kind, _, _) in COLUMNS.items()
    })  # fmt: skip


def schema(campaign: Mapping, path: Path, count: int, raters: str) -> dict:
    """What stands beside the file: the campaign's settings, and each column's type, unit and meaning."""
    guard = {"formulas": "apostrophe", "encoding": "utf-8-sig"} if path.suffix.lower() == ".csv" else {}
    columns = [
        {"name": name, "type": kind, "unit": unit, "meaning": meaning}
        for name, (kind, unit, meaning) in COLUMNS.items()
    ]
    named = {"made_by": exporting.MADE_BY, "what": "events of a campaign", "raters": raters}
    return named | {"campaign": campaign["settings"], "columns": columns} | guard | {"file": path.name, "rows": count}
