"""What do the listeners' own votes score against each other, and where do the models stand beside them?

A model's JS divergence from few votes is far from zero even where the model knows each clip's true distribution. So m of a clip's
votes are held, on the clips with enough of them (`science.noise_floor`), and scored against these m are

    the listeners    n other votes of the same clip,
    each model       its prediction,
    the truth        where the listeners tend as n grows: H f(H) − (H − 1) f(H − 1), f(n) the listeners' score, H their number

Each is an exact mean over all subsets of m votes. A model may score below n listeners: it smooths over clips where they cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emo_core.analysis.data import figure
from emo_core.analysis.results_calibration import mean_over_seeds
from emo_core.science import comparison, distributions, subsets
from emo_core.science.noise_floor import reference_length

_FEW = "no clip has four reference votes, so none can be held out against others"
_SHARED = "votes are shared among their labels, and only whole votes can be held out"


@dataclass(frozen=True)
class Held:
    """m votes held against n others, on the clips with enough of them.

    kept       (clips,), which clips those are
    listeners  (kept clips,), JS of n others from m votes, bits
    truth      (kept clips,), where that tends as n grows; None with but one other vote
    """

    m: int
    n: int
    kept: np.ndarray
    listeners: np.ndarray
    truth: np.ndarray | None


def held_out(counts: np.ndarray) -> Held | None:
    """Half of the votes, rounded down, that nine tenths of the clips with four or more have, against the others of these.

    counts: (clips, emotions), whole votes. None where no clip has four.

    >>> found = held_out(np.array([[3, 2, 0]]))
    >>> (found.m, found.n), bool(found.truth[0] < found.listeners[0])
    ((2, 3), True)
    """
    votes = distributions.totals(counts)
    whole = reference_length(votes)
    if not whole:
        return None
    m, kept = whole // 2, votes >= whole
    f = subsets.within(counts[kept].astype(np.int64), m, np.arange(1, whole - m + 1)).per_clip()
    n = f.shape[1]
    truth = n * f[:, -1] - (n - 1) * f[:, -2] if n > 1 else None
    return Held(m, n, kept, f[:, -1], truth)


def against_votes(counts: np.ndarray, predicted: np.ndarray, m: int) -> np.ndarray:
    """JS divergence (bits) of predictions from m of each clip's votes, the exact mean over all subsets of them: (seeds, clips).

    counts: (clips, emotions), whole votes, m or more of each clip; predicted: (seeds, clips, emotions).

    >>> votes, sure = np.array([[1, 1]]), np.array([[[0.5, 0.5]]])
    >>> [float(against_votes(votes, sure, m)[0, 0].round(4)) for m in (1, 2)]
    [0.3113, 0.0]
    """
    clips, emotions = counts.shape
    total = np.repeat(distributions.totals(counts), emotions)
    chances = subsets.hypergeometric(total, counts.ravel(), m).reshape(clips, emotions, m + 1)
    terms = subsets.js(np.arange(m + 1) / m, predicted[..., None])
    return np.einsum("cky,scky->sc", chances, terms)


def noise(counts: np.ndarray, predicted: Mapping[str, np.ndarray], options: dict) -> dict:
    """Listeners, truth and each model against m votes, as a document; `undefined` says why there is none.

    counts: (clips, emotions); predicted: {cell: (seeds, clips, emotions)}. `less_listeners` is the model's score less that of n
    listeners on the same clips.
    """
    if not np.array_equal(counts, np.floor(counts)):
        return {"undefined": _SHARED}
    held = held_out(counts)
    if held is None:
        return {"undefined": _FEW}
    clusters = options["clusters"]
    options = options | {"clusters": None if clusters is None else clusters[held.kept]}
    whole = counts[held.kept].astype(np.int64)
    models = {
        name: mean_over_seeds(against_votes(whole, shares[:, held.kept], held.m)) for name, shares in predicted.items()
    }
    values = {"listeners": held.listeners} | ({} if held.truth is None else {"truth": held.truth})
    told = {name: figure(found) for name, found in comparison.mean_figures(values, **options).items()}
    scores = comparison.mean_figures(models, **options)
    excess = comparison.mean_figures({name: js - held.listeners for name, js in models.items()}, **options)
    return {
        "reference_votes": held.m, "listener_votes": held.n, "clips": int(held.kept.sum()),
        "clips_left_out": int((~held.kept).sum()), "listeners": told["listeners"], "truth": told.get("truth"),
        "cells": {name: {"js": figure(scores[name]), "less_listeners": figure(excess[name])} for name in models},
    }  # fmt: skip
