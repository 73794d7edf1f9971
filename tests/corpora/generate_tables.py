"""Tables of votes of every shape, made from votes that are known, as people and programs write them."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np

EMOTIONS = ("anger", "happy", "sad", "neutral")
SPELLINGS = {
    "anger": ("angry", "Anger", "ANG"),
    "happy": ("joy", "Happy\u00a0", "hap"),
    "sad": ("sad\u200b", " Sadness", "SAD"),
    "neutral": ("neutral", "Neu", "NEUTRAL "),
}
UNKNOWN = ("admiration", "jealous")  # columns of emotions that nobody explained
SHAPES = ("votes", "segments", "raters", "clips", "counts", "shares", "graded")


def generate(rng: np.random.Generator, folder: Path) -> tuple[Path, Counter, int, dict]:
    """A table in `folder`: its path, the votes that it holds as {(clip, label, rater or None): times}, how many answers an
    import must leave out and count, and the fields of `VotesFile` that describe it.
    """
    shape = str(rng.choice(SHAPES))
    path = folder / f"{shape}-{rng.integers(1 << 31)}.csv"
    clips = [f"clip {number}.wav" for number in range(int(rng.integers(3, 8)))]
    raters = [f"rater {number}" for number in range(int(rng.integers(2, 5)))]
    rows, votes, left_out, fields = _MAKERS[shape](rng, clips, raters)
    order = [str(name) for name in rng.permutation(list(rows[0]))]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, order)
        writer.writeheader()
        writer.writerows(rows)
    return path, votes, left_out, fields


def _spelled(rng: np.random.Generator, emotion: str) -> str:
    return str(rng.choice(SPELLINGS[emotion]))


def _answers(rng: np.random.Generator, clips: list[str], raters: list[str]) -> list[tuple[str, str, str]]:
    """A label of each rater for each clip, some missing; every clip and every rater has one at least."""
    return [
        (clip, rater, str(rng.choice(EMOTIONS)))
        for place, clip in enumerate(clips)
        for number, rater in enumerate(raters)
        if rng.random() > 0.2 or number == place % len(raters) or place == number
    ]


def _counter(answers: list[tuple[str, str, str]]) -> Counter:
    return Counter((clip, label, rater) for clip, rater, label in answers)


def _votes(rng, clips, raters):
    answers = _answers(rng, clips, raters)
    rows = [{"file": clip, "annotator": rater, "emotion": _spelled(rng, label)} for clip, rater, label in answers]
    return rows, _counter(answers), 0, {"clip": "file", "rater": "annotator", "label": "emotion"}


def _segments(rng, clips, raters):
    """Every file has two spans, each a clip."""
    spans = {f"{clip}#{start:g}-{start + 1.5:g}": (clip, start) for clip in clips for start in (0.0, 1.5)}
    answers = _answers(rng, list(spans), raters)
    rows = [
        {"file": spans[name][0], "start": spans[name][1], "end": spans[name][1] + 1.5, "rater": rater,
         "label": _spelled(rng, label)}
        for name, rater, label in answers
    ]  # fmt: skip
    fields = {"clip": "file", "rater": "rater", "label": "label", "start_s": "start", "end_s": "end"}
    return rows, _counter(answers), 0, fields


def _raters(rng, clips, raters):
    answers = _answers(rng, clips, raters)
    by_cell = {(clip, rater): _spelled(rng, label) for clip, rater, label in answers}
    rows = [{"file": clip} | {rater: by_cell.get((clip, rater), "") for rater in raters} for clip in clips]
    rows = [row | {"gold": _spelled(rng, str(rng.choice(EMOTIONS)))} for row in rows]
    return rows, _counter(answers), 0, {"clip": "file", "raters": raters}


def _clips(rng, clips, raters):
    answers = _answers(rng, clips, raters)
    by_cell = {(clip, rater): _spelled(rng, label) for clip, rater, label in answers}
    rows = [{"participant": rater} | {clip: by_cell.get((clip, rater), "") for clip in clips} for rater in raters]
    return rows, _counter(answers), 0, {"clips": clips, "rater": "participant"}


def _counts(rng, clips, raters, most: int = 9):
    table = rng.integers(0, most, (len(clips), len(EMOTIONS) + len(UNKNOWN)))
    table[:, 0] += 1
    table[0, -len(UNKNOWN) :] = 0
    rows = [{"file": clip} | dict(zip(EMOTIONS + UNKNOWN, map(int, row))) for clip, row in zip(clips, table)]
    votes = Counter({
        (clip, label, None): int(count) for clip, row in zip(clips, table) for label, count in zip(EMOTIONS, row) if count
    })  # fmt: skip
    return rows, votes, int(table[:, len(EMOTIONS) :].sum()), {"clip": "file", "counts": list(EMOTIONS)}


def _shares(rng, clips, raters):
    """Whole counts of some raters, written as shares of 1 or 100, with the number of raters in a column."""
    most = int(rng.integers(3, 12))
    table = rng.multinomial(most, [1 / len(EMOTIONS)] * len(EMOTIONS), len(clips))
    table[0] = [1, most - 1, 0, 0]
    whole, places = (100, 1) if rng.random() < 0.5 else (1, 3)
    rows = [
        {"file": clip, "raters": most}
        | {name: f"{count / most * whole:.{places}f}" for name, count in zip(EMOTIONS, row)}
        for clip, row in zip(clips, table)
    ]
    votes = Counter({
        (clip, label, None): int(count) for clip, row in zip(clips, table) for label, count in zip(EMOTIONS, row) if count
    })  # fmt: skip
    return rows, votes, 0, {"clip": "file", "counts": list(EMOTIONS), "votes_per_row": "raters"}


def _graded(rng, clips, raters):
    """One emotion is heard most in each answer, or none; where it is one that nobody explained, the answer is left out."""
    rows, votes, left_out = [], Counter(), 0
    for place, clip in enumerate(clips):
        for number, rater in enumerate(raters):
            row = {name: int(rng.integers(0, 2)) for name in EMOTIONS + UNKNOWN}
            most = str(rng.choice([*EMOTIONS, *UNKNOWN, "none"])) if place + number else "anger"
            row = dict.fromkeys(row, 0) if most == "none" else row | {most: 3}
            rows.append({"file": clip, "rater": rater} | row)
            if most in EMOTIONS:
                votes[clip, most, rater] += 1
            else:
                left_out += 1
    return rows, votes, left_out, {"clip": "file", "rater": "rater", "graded": list(EMOTIONS)}


_MAKERS = {
    "votes": _votes, "segments": _segments, "raters": _raters, "clips": _clips, "counts": _counts, "shares": _shares,
    "graded": _graded,
}  # fmt: skip
