"""Who said what on the clips that a study keeps: the answers of one panel, rater by rater, as arrays."""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.store.counting import NOT_LEFT_OUT, Cursor, slot_numbers
from emo_core.store.database import Database, query
from emo_core.store.studies import StoredStudy, find_study

SIDES = ("reference", "candidate")


@dataclass(frozen=True)
class Answers:
    """Answers of one side of a study, one entry an answer, earlier ones first where times are known; `clips`, `speakers` (one for
    each clip, None where it is not known) and `raters` are what the numbers point to.

    clip     index into `clips`
    rater    index into `raters`, −1 where the rater is anonymous
    label    index into `emotions`, −1 where the answer names no emotion of the study
    valence, arousal, dominance   in the corpus's own units, NaN where not rated
    seconds  how long the answer took, NaN where not known
    """

    panel: str
    emotions: tuple[str, ...]
    clips: np.ndarray
    speakers: np.ndarray
    raters: np.ndarray
    clip: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    dominance: np.ndarray
    seconds: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Votes inside the emotions: (clips, emotions), whole."""
        inside = self.label >= 0
        flat = self.clip[inside] * len(self.emotions) + self.label[inside]
        return np.bincount(flat, minlength=len(self.clips) * len(self.emotions)).reshape(len(self.clips), -1)


@dataclass(frozen=True)
class Raters:
    """Who votes in a panel, by name; those of several corpora that go by one name are one. Persona None and temperature NaN where
    the rater is a person. `place` finds a rater's index by its number in the store, −1 for none.
    """

    names: np.ndarray
    personas: np.ndarray
    temperatures: np.ndarray
    place: np.ndarray


def panel_raters(store: Database, study: str, side: str = "candidate") -> Raters:
    """Who votes on one side of a study, from the list of raters alone. Raises as `panel_answers` does."""
    cursor, stored = _side(store, study, side)
    return _raters(cursor, stored, side)


def single_votes(store: Database, study: str, side: str) -> tuple[Raters, np.ndarray, np.ndarray, np.ndarray]:
    """The votes inside the study's emotions of one side on the clips that it keeps: who votes, and of each vote the clip (its
    place among those kept), the rater (−1 anonymous) and the label. Narrow, for many millions. Their order says nothing; ask
    `votes_in_order`.

    Raises as `panel_answers` does.
    """
    cursor, stored = _side(store, study, side)
    raters = _raters(cursor, stored, side)
    kept = _kept_clips(cursor, stored)["clip_id"]
    found = _columns(_asked(cursor, stored, side, "single_votes"))
    label = _labels(cursor, stored, found["emotion_id"])
    inside = label >= 0
    raters, rater = _present(raters, raters.place[found["rater_id"][inside]])
    return raters, np.searchsorted(kept, found["clip_id"][inside]), rater, label[inside]


@dataclass(frozen=True)
class VotesInOrder:
    """Votes of the clips on which their order is recorded, each clip's together and in that order.

    clip, label   (votes,): the place among the clips that the study keeps, and the emotion's
    recorded      (clips,): whether the order of the clip's votes is recorded
    """

    clip: np.ndarray
    label: np.ndarray
    recorded: np.ndarray


def votes_in_order(store: Database, study: str, side: str) -> VotesInOrder:
    """The votes inside the study's emotions of one side, in the order in which they came, of the clips on which it is recorded.

    It is recorded where every vote on the clip has a draw number of its own (votes of a model's run), or a time of its own, or
    where draws tell apart the votes of one time. Votes of one time, as of a file with one date for all, have no order, nor have
    clips some of whose votes have no time. The order in which votes are stored is none.

    Raises as `panel_answers` does.
    """
    cursor, stored = _side(store, study, side)
    kept = _kept_clips(cursor, stored)["clip_id"]
    found = _asked(cursor, stored, side, "timed_votes").fetchnumpy()
    label = _labels(cursor, stored, np.ma.getdata(found["emotion_id"]))
    inside = label >= 0
    clip = np.searchsorted(kept, np.ma.getdata(found["clip_id"])[inside])
    at, draw = (np.ma.filled(found[name].astype(float), np.nan)[inside] for name in ("at", "draw"))
    recorded = np.bincount(clip, minlength=len(kept)) > 0
    by_draw, by_time, by_both = (_told_apart(clip, *keys, clips=len(kept)) for keys in ((draw,), (at,), (at, draw)))
    recorded &= by_draw | by_time | by_both
    first = np.where(by_draw[clip], draw, at)
    order = np.lexsort((draw, first, clip))
    order = order[recorded[clip[order]]]
    return VotesInOrder(clip[order], label[inside][order], recorded)


def vote_kinds(store: Database, study: str, side: str) -> dict[str, np.ndarray]:
    """How many votes of each kind a side has on each clip that the study keeps, (kinds,) each: `clip` (place among those kept),
    `emotion_id`, `secondary_ids` and `strengths` (lists, of votes with `further` labels) and `votes`.

    Raises as `panel_answers` does.
    """
    cursor, stored = _side(store, study, side)
    kept = _kept_clips(cursor, stored)["clip_id"]
    found = _asked(cursor, stored, side, "vote_kinds").fetchnumpy()
    further = ~np.ma.getmaskarray(found["secondary_ids"])
    lists = {name: _plain(found[name]) for name in ("secondary_ids", "strengths")}
    numbers = {name: np.ma.getdata(found[name]).astype(int) for name in ("emotion_id", "votes")}
    return {"clip": np.searchsorted(kept, np.ma.getdata(found["clip_id"])), "further": further} | numbers | lists


def _told_apart(clip: np.ndarray, *keys: np.ndarray, clips: int) -> np.ndarray:
    """(clips,): whether all of a clip's votes have every key, and no two of them the same ones."""
    order = np.lexsort((*keys, clip))
    rows = np.column_stack([clip[order], *(key[order] for key in keys)])
    broken = np.isnan(rows).any(axis=1)
    broken[1:] |= (rows[1:] == rows[:-1]).all(axis=1)
    return np.bincount(clip[order], weights=broken, minlength=clips) == 0


def panel_answers(store: Database, study: str, side: str = "reference") -> Answers:
    """The answers of the study's reference or candidate panel on the clips that it keeps; those of raters who are left out
    are not among them. Raters of several corpora that go by one name are one.

    Raises UnknownName for the study, BadInput for another side or where the study has no candidate.
    """
    cursor, stored = _side(store, study, side)
    rows = _kept_clips(cursor, stored)
    raters = _raters(cursor, stored, side)
    found = _columns(_asked(cursor, stored, side, "panel_answers"))
    raters, rater = _present(raters, raters.place[found["rater_id"]])
    return Answers(
        panel=getattr(stored.study, side),
        emotions=stored.study.emotions,
        clips=rows["clip"],
        speakers=rows["speaker"],
        raters=raters.names,
        clip=np.searchsorted(rows["clip_id"], found["clip_id"]),
        rater=rater,
        label=_labels(cursor, stored, found["emotion_id"]),
        **{name: found[name].astype(float) for name in ("valence", "arousal", "dominance", "seconds")},
    )


def _side(store: Database, study: str, side: str) -> tuple[Cursor, StoredStudy]:
    if side not in SIDES:
        raise BadInput(f"A study has a reference and a candidate side, not {side!r}.")
    cursor = store.cursor()
    stored = find_study(cursor, study)
    if getattr(stored.study, side) is None:
        raise BadInput(f"The study {study!r} has no candidate panel. Look at its reference.")
    return cursor, stored


def _kept_clips(cursor: Cursor, stored: StoredStudy) -> dict[str, np.ndarray]:
    return _columns(cursor.execute(query("kept_clips").format(key=stored.clip_key), {"study": stored.study_id}))


def _asked(cursor: Cursor, stored: StoredStudy, side: str, name: str):
    """A query of answers, without those of raters who are left out."""
    binding = {"study": stored.study_id, "panels": stored.binding()[side]}
    if stored.study.left_out:
        binding["left_out"] = list(stored.study.left_out)
    return cursor.execute(query(name).format(heard=NOT_LEFT_OUT if stored.study.left_out else ""), binding)


def _raters(cursor: Cursor, stored: StoredStudy, side: str) -> Raters:
    rows = cursor.execute(query("panel_raters"), {"panels": stored.binding()[side]}).fetchall()
    names = sorted({name for _, name, _, _ in rows if name not in stored.study.left_out})
    index = {name: place for place, name in enumerate(names)}
    place = np.full(max((number for number, *_ in rows), default=0) + 2, -1)  # the last one answers to −1
    personas, temperatures = np.full(len(names), None, dtype=object), np.full(len(names), np.nan)
    for number, name, persona, temperature in rows:
        if name in index:
            place[number] = index[name]
            personas[index[name]] = persona
            temperatures[index[name]] = np.nan if temperature is None else temperature
    return Raters(np.array(names, dtype=object), personas, temperatures, place)


def _columns(result) -> dict[str, np.ndarray]:
    """Columns as arrays; NULL is NaN among numbers, None among texts."""
    return {
        name: np.ma.filled(column.astype(float), np.nan) if column.dtype.kind == "f" else _plain(column)
        for name, column in result.fetchnumpy().items()
    }


def _plain(column: np.ma.MaskedArray) -> np.ndarray:
    if column.dtype.kind == "O":
        return np.where(np.ma.getmaskarray(column), None, np.ma.getdata(column))
    return np.ma.filled(column, 0)


def _present(raters: Raters, rater: np.ndarray) -> tuple[Raters, np.ndarray]:
    """Only the raters who have an answer, and the answers' raters among them."""
    used = np.unique(rater[rater >= 0])
    renumbered = np.full(len(raters.names) + 1, -1)
    renumbered[used] = np.arange(len(used))
    place = np.where(raters.place >= 0, renumbered[raters.place], -1)
    return Raters(raters.names[used], raters.personas[used], raters.temperatures[used], place), renumbered[rater]


def _labels(cursor, stored: StoredStudy, numbers: np.ndarray) -> np.ndarray:
    slot_of = np.full(256, -1)
    for column, listed in enumerate(slot_numbers(cursor, stored.study)):
        slot_of[listed] = column
    return slot_of[numbers.astype(int)]
