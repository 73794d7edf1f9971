"""Which emotions are too rare to learn? The document behind the page Augment and `augment STUDY --json`.

Counts of clips by dominant emotion come in two readings, and both are told: `filled` counts a sample for the emotion that it was
made for, `after` by the dominant emotion of its own distribution. A mixture is often dominated by its neighbour's emotion.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from emo_core.augmentation import dime
from emo_core.augmentation.balance import class_counts, dominant, evenness, members, tied
from emo_core.augmentation.listening import Verdicts
from emo_core.augmentation.samples import Samples
from emo_core.augmentation.settings import CHOICES, GRID, Settings
from emo_core.augmentation.study_side import SOURCES, TrainingSide
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.seeding import number_from

MOST_POINTS = 1_500  # of clips, and of samples: both figures together draw three times as many at most
_QUARTERS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Planned:
    """A plan for a study's training side.

    training   what is augmented; `left_out`: training clips that are not, by reason
    offered    the plan as it is before anyone rejected a sample, which the ear test goes through
    samples    the same less the rejected samples
    verdicts   what a listener said of samples
    """

    side: TrainingSide
    source: str
    settings: Settings
    training: TrainingClips
    left_out: Mapping[str, int]
    offered: Samples
    samples: Samples
    verdicts: Verdicts


def plan_side(
    side: TrainingSide,
    features: np.ndarray,
    settings: Settings,
    *,
    source: str = "human",
    verdicts: Verdicts | None = None,
) -> Planned:
    """Plan the augmentation of a training side with its features, (clips, numbers), NaN where a clip has none.

    source: a key of `study_side.SOURCES`, whose distributions are mixed; verdicts: of the ear test, none by default.

    Raises BadInput, UnknownName as `TrainingSide.training_clips` and `dime.plan` do.
    """
    verdicts = verdicts or Verdicts({})
    training, left_out = side.training_clips(features, source, settings.seed)
    offered = dime.plan(training, settings)
    rejected = verdicts.rejected & set(offered.ids)
    samples = dime.plan(training, settings, rejected=verdicts.rejected) if rejected else offered
    return Planned(side, source, settings, training, left_out, offered, samples, verdicts)


def augmentation(planned: Planned) -> dict:
    """What the plan does to the training side, the paper's grid of fractions beside it."""
    side, samples, settings = planned.side, planned.samples, planned.settings
    return {
        "study": side.study,
        "source": planned.source,
        "source_in_words": SOURCES[planned.source],
        "votes": side.votes,
        "settings": asdict(settings),
        "settings_in_words": {name: known[getattr(settings, name)] for name, known in CHOICES.items()},
        "clips": {
            "training": len(side.clips) + side.silent, "augmented_from": len(planned.training.names),
            "left_out": dict(planned.left_out), "test": side.test,
        },
        "asked": round(settings.fraction * len(planned.training.names)),
        "samples": len(samples),
        "balance": balance(samples),
        "dominance": dominance(samples),
        "not_made": [asdict(row) for row in samples.not_made],
        "rejected_of_other_plans": len(planned.verdicts.rejected - set(planned.offered.ids)),
        "lam": _summary(samples.lam) | {"neighbour_dominates": int((samples.lam < 0.5).sum())},
        "distance": _summary(samples.distance) | {"metric": settings.metric},
        "speakers": _speakers(planned),
        "listening": planned.verdicts.share(planned.offered.ids),
        "grid": grid(planned),
    }  # fmt: skip


def balance(samples: Samples) -> dict:
    """Clips by dominant emotion before, with each sample counted for the emotion it was made for, and by its own."""
    found, made = samples.balance, np.bincount(samples.emotion, minlength=len(samples.emotions))
    readings = {name: getattr(found, name) for name in ("before", "filled", "after")}
    return {
        "emotions": [
            {"emotion": emotion, "made_for": int(made[k])}
            | {name: float(counts[k]) for name, counts in readings.items()}
            for k, emotion in enumerate(samples.emotions)
        ],
        "evenness": {name: evenness(counts) for name, counts in readings.items()},
        "tied": {"before": found.tied_before, "samples": found.tied_samples},
    }


def dominance(samples: Samples) -> dict:
    """Of how many samples the emotion they were made for is a dominant one, and which emotions dominate the others.

    A sample with m equally strong emotions counts 1/m for each of them.
    """
    if not len(samples):
        return {"as_meant": 0, "otherwise": 0, "by_emotion": []}
    found = dominant(samples.targets)
    meant = found[np.arange(len(samples)), samples.emotion]
    others = (found[~meant] / found[~meant].sum(axis=1, keepdims=True)).sum(axis=0)
    named = sorted(zip(samples.emotions, others.tolist()), key=lambda pair: -pair[1])
    rows = [{"emotion": emotion, "samples": count} for emotion, count in named if count]
    return {"as_meant": int(meant.sum()), "otherwise": int((~meant).sum()), "by_emotion": rows}


def grid(planned: Planned) -> list[dict]:
    """The paper's fractions 10 … 50 % side by side: one plan, as each fraction's samples are the first of the next one's."""
    clips, rows = len(planned.training.names), []
    largest = dime.plan(planned.training, replace(planned.settings, fraction=max(GRID)))
    standing = np.array([name not in planned.verdicts.rejected for name in largest.ids], dtype=bool)
    for fraction in GRID:
        asked = round(fraction * clips)
        samples = _only(largest, np.flatnonzero(standing[:asked]), planned)
        told = {"fraction": fraction, "asked": asked, "samples": len(samples)}
        rows.append(told | {"as_meant": dominance(samples)["as_meant"]} | balance(samples))
    return rows


def _only(samples: Samples, places: np.ndarray, planned: Planned) -> Samples:
    """These samples of a plan, with their own balance."""
    columns = ("emotion", "parent_i", "parent_j", "lam", "seed", "distance", "targets")
    part = {name: getattr(samples, name)[places] for name in columns}
    found, before = dominant(part["targets"]), samples.balance.before
    changed = replace(
        samples.balance,
        filled=before + np.bincount(part["emotion"], minlength=len(before)),
        after=before + class_counts(members(found, planned.settings.ties)),
        tied_samples=tied(found),
    )
    return replace(samples, ids=tuple(samples.ids[place] for place in places), balance=changed, **part)


def _summary(values: np.ndarray) -> dict:
    """n, mean and the quarters of values, undefined where there are none."""
    if not len(values):
        return {"n": 0, "mean": None, "quartiles": [None] * len(_QUARTERS), "undefined": "no sample is made"}
    quartiles = np.percentile(values, _QUARTERS)
    return {"n": len(values), "mean": float(values.mean()), "quartiles": quartiles.tolist()}


def _speakers(planned: Planned) -> dict[str, int]:
    """Samples by whether their parents are one speaker's, two speakers', or it is not known."""
    speakers, samples = planned.training.speakers, planned.samples
    pairs = [(speakers[i], speakers[j]) for i, j in zip(samples.parent_i.tolist(), samples.parent_j.tolist())]
    unknown = sum(None in pair for pair in pairs)
    one = sum(None not in pair and pair[0] == pair[1] for pair in pairs)
    return {"one": one, "two": len(pairs) - one - unknown, "unknown": unknown}


@dataclass(frozen=True)
class Space:
    """Distributions in two dimensions.

    corners    (emotions, 2): where an emotion that all hear lies
    clips      (c, 2) training clips, and `clip_emotions` (c,) their dominant emotion, "tied" where there are several
    samples    (s, 2), and `sample_emotions` (s,) the emotion that each was made for
    explained  share of the clips' variance that the two dimensions hold, 0…1; NaN where all clips are the same
    shown      how many of how many clips and samples are drawn: ((c, all), (s, all))
    """

    corners: np.ndarray
    clips: np.ndarray
    clip_emotions: tuple[str, ...]
    samples: np.ndarray
    sample_emotions: tuple[str, ...]
    explained: float
    shown: tuple[tuple[int, int], tuple[int, int]]


def space(planned: Planned) -> Space:
    """The two principal components of the training clips' square-root distributions, and the samples seen in them.

    Between square roots the Euclidean distance is √2 times the Hellinger distance, so that near points are like distributions.
    Where there are more than `MOST_POINTS`, a part that the seed and their names choose is drawn.
    """
    training, samples = planned.training, planned.samples
    roots = np.sqrt(training.distributions)
    mean = roots.mean(axis=0)
    _, strengths, axes = np.linalg.svd(roots - mean, full_matrices=False)
    plane = np.zeros((2, roots.shape[1]))
    plane[: min(2, len(axes))] = axes[:2]
    plane *= np.where(plane[np.arange(2), np.abs(plane).argmax(axis=1)] < 0, -1, 1)[:, None]  # a sign that repeats

    def seen(distributions: np.ndarray) -> np.ndarray:
        return (np.sqrt(distributions) - mean) @ plane.T

    seed, total = planned.settings.seed, (strengths**2).sum()
    clips, made = _drawn(training.names, seed), _drawn(samples.ids, seed)
    return Space(
        corners=seen(np.eye(len(training.emotions))),
        clips=seen(training.distributions[clips]),
        clip_emotions=_dominant_names(training.distributions[clips], training.emotions),
        samples=seen(samples.targets[made]),
        sample_emotions=tuple(samples.emotions[k] for k in samples.emotion[made]),
        explained=float((strengths[:2] ** 2).sum() / total) if total > 0 else np.nan,
        shown=((len(clips), len(training.names)), (len(made), len(samples))),
    )


def _drawn(names: Collection[str], seed: int) -> np.ndarray:
    """Places of the names that are drawn, ascending."""
    order = sorted(range(len(names)), key=lambda place: number_from(seed, "point", names[place]))
    return np.array(sorted(order[:MOST_POINTS]), dtype=int)


def _dominant_names(distributions: np.ndarray, emotions: Collection[str]) -> tuple[str, ...]:
    found = dominant(distributions)
    return tuple(emotions[int(row.argmax())] if row.sum() == 1 else "tied" for row in found)
