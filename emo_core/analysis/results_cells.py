"""Runs that differ in nothing but the seed are one cell, a place in the paper's Table 2: settings, votes, clips, sounds, weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.analysis.results_runs import FACTS, TrainingRun, differing

SOURCES = ("human", "synthetic", "combined")


@dataclass(frozen=True)
class Cell:
    """Runs that differ in nothing but their seeds, on the clips in common.

    words      what tells it from the other cells, see `words_for`
    further    those of them that are neither its source nor its fraction
    choices    every setting by name, see `choices`
    predicted  (seeds, clips, emotions)
    means      (seeds, emotions), the mean distribution of the clips that each run was trained on; NaN where it is not known
    """

    words: tuple[str, ...]
    choices: Mapping[str, object]
    runs: tuple[TrainingRun, ...]
    predicted: np.ndarray
    means: np.ndarray
    further: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its words in one."""
        return ", ".join(self.words)

    @property
    def fraction(self) -> float:
        """Samples added by augmentation as a share of the training clips; 0 without augmentation."""
        return float(self.choices["fraction"])


def cells_of(
    shown: Sequence[TrainingRun], predicted: Mapping[str, np.ndarray], emotions: Sequence[str]
) -> tuple[Cell, ...]:
    """Runs as cells, by source, fraction and the rest. predicted: {run: (clips, emotions)}."""
    grouped: dict[tuple, list[TrainingRun]] = {}
    for each in shown:
        grouped.setdefault(key_of(each.choices), []).append(each)
    every = [group[0].choices for group in grouped.values()]
    found = [
        Cell(
            words_for(own, every), own, tuple(group), np.stack([predicted[each.run.name] for each in group]),
            np.stack([_training_mean(each, emotions) for each in group]), further_words(own, every),
        )
        for own, group in zip(every, grouped.values())
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda cell: (_place(cell.choices["source"]), cell.fraction, cell.label)))


def words_for(own: Mapping[str, object], every: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """What tells one cell from the others: its source, its augmentation, and other choices where they vary.

    >>> words_for({"source": "human", "fraction": 0.0}, [{"source": "human", "fraction": 0.3}])
    ('human', 'not augmented')
    """
    words = [str(own["source"])]
    if own["fraction"] or any(each["fraction"] for each in every):
        words.append(f"augmented {own['fraction']:.0%}" if own["fraction"] else "not augmented")
    return (*words, *further_words(own, every))


def further_words(own: Mapping[str, object], every: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """What tells one cell from the others besides its source and its fraction.

    >>> further_words({"source": "human", "fraction": 0.0, "loss": "js"}, [{"loss": "kl"}])
    ('loss js',)
    """
    return tuple(
        f"{name.replace('_', ' ')} {in_short(name, value)}"
        for name, value in own.items()
        if name not in ("source", "fraction") and _tells_apart(name, own, every)
    )


def _tells_apart(name: str, own: Mapping[str, object], every: Sequence[Mapping[str, object]]) -> bool:
    """Whether another cell has this choice and another value; of what was trained on, a cell of otherwise the same choices."""
    if name not in FACTS:
        return any(each[name] != own[name] for each in every if name in each)
    return any(name in found and set(found) <= set(FACTS) for found in (differing(own, each) for each in every))


def in_short(name: str, value: object) -> str:
    """A choice's value for a label: of a folder its name, 0 votes are all there are, what was left to the backbone is usual; a hash
    that an earlier version did not keep is not recorded.
    """
    if name in FACTS and value is None:
        return "not recorded"
    if name == "backbone":
        return str(value).rstrip("/").split("/")[-1]
    if name == "votes" and not value:
        return "all"
    return "usual" if value is None else str(value)


def key_of(own: Mapping[str, object]) -> tuple:
    """Choices as a key: equal for runs of one cell."""
    return tuple(sorted((name, repr(value)) for name, value in own.items()))


def _place(source: object) -> int:
    return SOURCES.index(source) if source in SOURCES else len(SOURCES)


def _training_mean(each: TrainingRun, emotions: Sequence[str]) -> np.ndarray:
    mean = each.result.get("train_mean")
    order = [list(each.run.settings["emotions"]).index(name) for name in emotions]
    return np.asarray(mean, dtype=float)[order] if mean is not None else np.full(len(emotions), np.nan)
