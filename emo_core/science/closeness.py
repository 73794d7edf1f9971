"""How close does what models say come to the listeners? Every figure of paper 2, of several sources on the same clips.

A source is a distribution for each clip: percentages that a model wrote, its logits, the chances of labels. Each is held against the
listeners' distribution by figures that are functions of sums over clips, so that one bootstrap (`inference`) gives the intervals
of all figures of all sources, and of their differences clip by clip.

| figure | of | better | unit |
|---|---|---|---|
| kl | KL(listeners ‖ model), model smoothed | lower | bits |
| bd | Bhattacharyya distance, model smoothed | lower | nats |
| js | Jensen–Shannon divergence | lower | bits |
| r2 | R² over all shares (`divergences.r_squared`) | higher | none |
| accuracy | likeliest emotion against the listeners' majority | higher | share |
| macro_f1 | the same, mean over emotions of 2 C_kk / (C_k· + C_·k) | higher | share |
| entropy | of the model | neither | bits |

KL and the Bhattacharyya distance are infinite where the model leaves out all that a listener heard, so for these two each emotion
of the model gets a share ε more (`logits.smoothed`); `infinite` counts the clips. A tie among the listeners, or between the
model's likeliest emotions, is shared equally among its winners, as in `comparison.majority_match`: C is the table of these shares.
Emotions that neither side ever names have no F1 and are left out of its mean.

References
    J. V. Halim et al., "Token-Level Logits Matter", Interspeech (2025), section 4.2.
    M. Sokolova & G. Lapalme, "A systematic analysis of performance measures for classification tasks", Information Processing &
        Management 45 (2009): macro-averaged F1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import distributions, divergences
from emo_core.science.comparison import Figure, majority_shares
from emo_core.science.inference import bootstrap_intervals
from emo_core.science.logits import SMOOTHING, smoothed

FIGURES = ("kl", "bd", "js", "r2", "accuracy", "macro_f1", "entropy")
_TIE = 9  # decimals in which two shares are one
_NUMBERS = 6  # KL, BD, JS, entropy and two of R²: terms before the one that counts clips and the table of winners


@dataclass(frozen=True)
class Terms:
    """What the figures of one source are sums of, kept small: many sources of 100,000 clips stand in memory at once.

    numbers    (clips, 6): KL, BD, JS, entropy, and two of R²; zero for clips that are not known
    heard, won (clips, emotions) bool, the winners of the listeners and of the source
    known      (clips,) whether listeners and source both say something
    infinite   clips whose KL would be infinite without smoothing
    """

    numbers: np.ndarray
    heard: np.ndarray
    won: np.ndarray
    known: np.ndarray
    infinite: int

    def rows(self, chosen: np.ndarray) -> np.ndarray:
        """Terms of these clips, a mask of known ones: (clips, 7 + 3 K), the numbers, a one, and of each emotion C_kk, C_k· and C_·k."""
        heard, won = (majority_shares(side[chosen].astype(np.int8)) for side in (self.heard, self.won))
        size = heard.shape[1]
        rows = np.empty((len(heard), _NUMBERS + 1 + 3 * size))
        rows[:, :_NUMBERS] = self.numbers[chosen]
        rows[:, _NUMBERS] = 1.0
        for place, part in enumerate((heard * won, heard, won)):
            rows[:, _NUMBERS + 1 + place * size :][:, :size] = part
        return rows


def terms(reference: np.ndarray, candidate: np.ndarray, *, smoothing: float = SMOOTHING) -> Terms:
    """The terms of one source. reference, candidate: (clips, emotions) distributions, rows of NaN where nothing is said.

    Raises BadInput where rows are no distributions, shapes differ, or the smoothing lies outside 0 … 1.
    """
    p, q = divergences.validate(reference, candidate)
    known = np.isfinite(p).all(axis=1) & np.isfinite(q).all(axis=1)
    winners = [distributions.majority(np.where(known[:, None], side, 0.0).round(_TIE)) for side in (p, q)]
    numbers, (p, q) = np.zeros((len(known), _NUMBERS)), (p[known], q[known])
    fuller = smoothed(q, smoothing)
    means = (
        divergences.kullback_leibler_divergence(p, fuller),
        divergences.bhattacharyya_distance(p, fuller),
        divergences.jensen_shannon_divergence(p, q),
        distributions.entropy(q),
    )
    for column, values in enumerate((*means, *divergences.r_squared_terms(p, q).T)):
        numbers[known, column] = values
    return Terms(numbers, *winners, known, int(((p > 0) & (q == 0)).any(axis=1).sum()))


def figures_from_sums(sums: np.ndarray) -> np.ndarray:
    """`FIGURES` from sums of terms: (…, 7 + 3 K) → (…, 7); NaN where undefined."""
    sums = np.asarray(sums, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        clips = sums[..., _NUMBERS : _NUMBERS + 1]
        kl, bd, js, entropy = np.moveaxis(sums[..., :4] / clips, -1, 0)
        both, heard, said = np.moveaxis(sums[..., _NUMBERS + 1 :].reshape(*sums.shape[:-1], 3, -1), -2, 0)
        f1 = 2 * both / (heard + said)
        named = (heard + said) > 0
        macro_f1 = np.where(named, f1, 0.0).sum(axis=-1) / named.sum(axis=-1)
        accuracy = both.sum(axis=-1) / clips[..., 0]
    r2 = divergences.r_squared_from_sums(sums[..., 4:_NUMBERS])
    return np.stack([kl, bd, js, r2, accuracy, macro_f1, entropy], axis=-1)


def figures(found: Terms, **options) -> dict[str, Figure]:
    """Every figure of one source on its own clips. Options are those of `inference.bootstrap_interval`."""
    (each,), _ = compare({"": found}, **options)
    return each


def compare(sources: Mapping[str, Terms], **options) -> tuple[list[dict[str, Figure]], list[dict[str, Figure]]]:
    """Every figure of several sources on the clips that all of them have, and for every source but the first its figures less
    the first's, from the same resamples. Options are those of `inference.bootstrap_interval`.

    Raises BadInput without sources, or where they are of different clips.
    """
    if not sources or len({each.won.shape for each in sources.values()}) > 1:
        raise BadInput("Sources are compared on the same clips and emotions; give one or more of equal shape.")
    common = np.logical_and.reduce([each.known for each in sources.values()])
    if options.get("clusters") is not None:
        options = options | {"clusters": np.asarray(options["clusters"], dtype=object)[common]}
    rows = np.hstack([each.rows(common) for each in sources.values()])
    count, size = len(sources), len(FIGURES)

    def estimator(sums: np.ndarray) -> np.ndarray:
        each = figures_from_sums(sums.reshape(*sums.shape[:-1], count, -1))
        with np.errstate(invalid="ignore"):
            return np.concatenate([each, each[..., 1:, :] - each[..., :1, :]], axis=-2).reshape(*sums.shape[:-1], -1)

    values = estimator(rows.sum(axis=0))
    ends = bootstrap_intervals(rows, estimator, **options)
    found = [_figure(value, end.low, end.high, int(common.sum())) for value, end in zip(values, ends)]
    by_source = [dict(zip(FIGURES, found[place : place + size])) for place in range(0, len(found), size)]
    return by_source[:count], by_source[count:]


def _figure(value: float, low: float, high: float, clips: int) -> Figure:
    if np.isfinite(value):
        return Figure(float(value), low, high, clips)
    if not clips:
        return Figure(np.nan, np.nan, np.nan, 0, "no clip has all that is compared")
    reason = "infinite without smoothing" if np.isinf(value) else "the listeners do not vary, or a side is infinite"
    return Figure(float(value), np.nan, np.nan, clips, reason)
