"""How each rater of a campaign does: do they hear what others hear, still, and what they heard before?

Everything is computed for all raters at once. Raters and items are numbers from 0, emotions are columns of counts. Undefined is
None beside a `reason`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core import science, vocabulary
from emo_core.labelling import answers
from emo_core.labelling.campaign import Form
from emo_core.science import agreement
from emo_core.science.inference import bootstrap_interval, bootstrap_intervals
from emo_core.store.monitoring import Watched

LEAST_DRIFT = 20  # clips below which halves are not compared
NOBODY = "nobody else has voted on a clip that they answered"
NO_PAIR = "no clip that they answered has two votes of others"
LEAST_CLIPS = 5  # clips below which an interval would promise too much, as in science.raters
TOO_FEW = f"fewer than {LEAST_CLIPS} clips give no interval"
NO_INTERVAL = "undefined in too many resamples for an interval"


def known(value: float) -> float | None:
    """A figure for JSON: None where it is NaN."""
    return float(value) if np.isfinite(value) else None


def figure(value: float, low: float, high: float, clips: int, reason: str | None = None) -> dict:
    """A figure with its 95 % interval, the clips that it rests on, and why it, or its interval, is undefined."""
    if clips < LEAST_CLIPS:
        low, high, reason = np.nan, np.nan, reason or TOO_FEW
    elif not np.isfinite([low, high]).all():
        reason = reason or NO_INTERVAL
    return {"value": known(value), "low": known(low), "high": known(high), "clips": int(clips), "reason": reason}


class Emotions:
    """Columns of counts: an emotion each, those that the study merges in one, in standard order."""

    def __init__(self, seen: Watched, slots: Mapping[str, int]):
        own = {column: name for name, column in reversed(slots.items())}
        self.merged = {name: own[column] for name, column in slots.items()}
        used = np.union1d(seen.votes["emotion_id"], seen.answers["emotion_id"])
        names = {int(key): self.merged.get(seen.emotions[key], seen.emotions[key]) for key in used[used > 0]}
        self.names = vocabulary.in_standard_order(names.values())
        self._width = max(1, len(self.names))  # counts keep a column where nobody named an emotion
        self._column = np.full(max(seen.emotions, default=0) + 1, -1)
        for key, name in names.items():
            self._column[key] = self.names.index(name)

    def columns(self, emotion_id: np.ndarray) -> np.ndarray:
        """The column of each emotion's number; −1 for none."""
        return self._column[emotion_id]

    def counts(
        self, item: np.ndarray, emotion_id: np.ndarray, items: int, votes: np.ndarray | None = None
    ) -> np.ndarray:
        """(items, emotions) votes; what names no emotion is left out."""
        column, k = self.columns(emotion_id), self._width
        named = column >= 0
        flat = item[named].astype(np.int64) * k + column[named]
        weights = None if votes is None else votes[named]
        return np.bincount(flat, weights=weights, minlength=items * k).astype(np.int64).reshape(items, k)


@dataclass(frozen=True)
class Shared:
    """Answers on clips that others voted on, in order of time, one entry each.

    rater, item   who answered what
    same          share of the others' votes that name the same emotion, 0…1
    pairs         how often two of the others' votes name the same emotion, 0…1; 0 where there are not two
    paired        whether there are two
    second        whether it belongs to the second half of the rater's answers
    """

    rater: np.ndarray
    item: np.ndarray
    same: np.ndarray
    pairs: np.ndarray
    paired: np.ndarray
    second: np.ndarray


def shared(rater: np.ndarray, item: np.ndarray, column: np.ndarray, counts: np.ndarray, own: Mapping) -> Shared:
    """Each answer against the votes of everybody else.

    rater, item, column  (answers,) in order of time, one for each rater and item; the column says the emotion
    counts               (items, emotions) current votes of the panel
    own                  arrays rater, item, column, votes: of these counts the raters' own, which are not others'
    """
    n, k = len(rater), counts.shape[1]
    keys = np.concatenate([rater * len(counts) + item, own["rater"] * len(counts) + own["item"]])
    code = np.unique(keys, return_inverse=True)[1]
    size = int(code.max(initial=-1)) + 1
    mine = np.bincount(code[n:] * k + own["column"], weights=own["votes"], minlength=size * k).reshape(size, k)
    others = counts[item] - mine[code[:n]]
    total = others.sum(axis=1)
    kept = total > 0
    others, rater, item = others[kept], rater[kept], item[kept]
    same = others[np.arange(len(others)), column[kept]] / total[kept]
    pairs, paired = agreement.percent_terms(others).T
    return Shared(rater, item, same, pairs, paired > 0, _second_half(rater))


def _second_half(rater: np.ndarray) -> np.ndarray:
    """Whether an answer is in the second half of its rater's, who has the odd one there."""
    order = np.argsort(rater, kind="stable")
    n = np.bincount(rater)
    rank = np.empty(len(rater), dtype=np.int64)
    rank[order] = np.arange(len(rater)) - np.repeat(np.cumsum(n) - n, n)
    return rank >= n[rater] // 2


@dataclass(frozen=True)
class _Terms:
    """For each clip and rater the share and a one, for both halves apart: (clips, 4 × raters), never written out."""

    clip: np.ndarray
    place: np.ndarray  # half × raters + rater
    same: np.ndarray
    clips: int
    raters: int

    def __len__(self) -> int:
        return self.clips

    def sum_groups(self, groups: np.ndarray, size: int) -> np.ndarray:
        flat, width = groups[self.clip] * 2 * self.raters + self.place, 2 * self.raters
        parts = [np.bincount(flat, weights=w, minlength=size * width) for w in (self.same, None)]
        return np.hstack([part.reshape(size, width).astype(float) for part in parts])


def agreements(found: Shared, raters: int, *, seed: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Of each rater: agreement with the others, what another rater gets on the same clips, and drift.

    Intervals are percentile bootstraps over the clips of the campaign, all raters on the same resamples. Drift is the agreement
    in the second half of the answers less that in the first.
    """
    used, clip = np.unique(found.item, return_inverse=True)
    terms = _Terms(clip, found.second * raters + found.rater, found.same, len(used), raters)

    def estimates(sums: np.ndarray) -> np.ndarray:
        first, second, n, m = np.split(sums, 4, axis=1)
        return np.hstack([(first + second) / (n + m), second / m - first / n])

    ends = bootstrap_intervals(terms, estimates, seed=seed)
    sums = terms.sum_groups(np.zeros(len(used), dtype=np.int64), 1)
    first, second, n, m = (part[0] for part in np.split(sums, 4, axis=1))
    with np.errstate(invalid="ignore"):
        value, before, after = (first + second) / (n + m), first / n, second / m
    mine = [
        figure(value[i], ends[i].low, ends[i].high, n[i] + m[i], None if n[i] + m[i] else NOBODY) for i in range(raters)
    ]
    drifts = [_drift(before[i], after[i], ends[raters + i], int(n[i] + m[i])) for i in range(raters)]
    return mine, _expected(found, raters), drifts


def _expected(found: Shared, raters: int) -> list[dict]:
    columns = (found.pairs, found.paired)
    sums = np.column_stack([np.bincount(found.rater, weights=column, minlength=raters) for column in columns])
    values = agreement.percent_from_sums(sums)
    return [
        {"value": known(value), "clips": int(clips), "reason": None if clips else NO_PAIR}
        for value, clips in zip(values, sums[:, 1])
    ]


def _drift(first: float, second: float, ends: object, clips: int) -> dict:
    few = f"fewer than {LEAST_DRIFT} clips to compare" if clips < LEAST_DRIFT else None
    named = {"first": first, "second": second, "difference": second - first, "low": ends.low, "high": ends.high}
    return {name: None if few else known(value) for name, value in named.items()} | {"clips": clips, "reason": few}


def checked(
    checks: Sequence[Mapping], form: Form, campaign: int, merged: Mapping[str, str]
) -> dict[int, dict[str, list[bool]]]:
    """For each person `gold` and `repeats`: check by check whether it went well. Answers that name no emotion are no checks.

    merged: what the study counts an emotion as. Gold is right where the emotion has the most of the expected shares, ties among
    them; a repeat is the same where it names the same emotion as the answer that stands of the first hearing.
    """
    found: dict[int, dict[str, list[bool]]] = {}
    for check in checks:
        key = f"{campaign}/{check['item']}/{check['rater']}"  # as the desk reads answers
        emotion = answers.read(form, check["content"]["answer"], key=key).emotion
        mine = found.setdefault(check["person_id"], {"gold": [], "repeats": []})
        if emotion is None:
            continue
        if check["turn"] == 0:
            shares = check["expected"]
            mine["gold"].append(shares.get(merged.get(emotion, emotion)) == max(shares.values()))
        elif check["first"] is not None:
            mine["repeats"].append(emotion == check["first"])
    return found


def passed(name: str, checks: Sequence[bool]) -> dict:
    """How many checks went well, with the Wilson 95 % interval of their share; None where there was none."""
    low, high = science.wilson_interval(np.array([sum(checks)]), np.array([len(checks)]))
    return {name: sum(checks), "of": len(checks), "low": known(low[0]), "high": known(high[0])}


def among(counts: np.ndarray, raters: int, *, seed: int) -> dict:
    """Krippendorff's alpha and percent agreement of counts, (items, emotions), with intervals over the `clips` that have two
    answers or more.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    kinds = {
        "krippendorff_alpha": (agreement.krippendorff_alpha, agreement.alpha_terms, agreement.alpha_from_sums),
        "percent_agreement": (agreement.percent_agreement, agreement.percent_terms, agreement.percent_from_sums),
    }
    document = {"clips": len(counts), "raters": raters}
    for name, (point, terms, estimate) in kinds.items():
        found = point(counts)
        ends = bootstrap_interval(terms(counts), estimate, seed=seed)
        ends = (np.nan, np.nan) if found.reason else (ends.low, ends.high)
        document[name] = figure(found.value, *ends, found.clips, found.reason)
    return document
