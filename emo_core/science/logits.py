"""What a model says of a clip as a distribution: from logits of emotion words, from percentages, from chances of labels.

Halim et al. average the raw logits of each emotion word and divide by their sum, φ_n = z_n / Σ_m z_m (their equation 2). A logit
is no weight, though: it may be negative, and it has no zero point. A negative z gives a share below 0 or, where Σ z is negative
as well, turns the ranking over: z = (−3, −4, −5, −6) becomes φ = (0.17, 0.22, 0.28, 0.33), the least likely word first. Such
rows are refused by `paper`, never clipped; `refused` counts them. `softmax` is what the model itself makes of logits, and
depends on their differences alone.

Conventions: clips in rows, emotions in the last axis. A row that says nothing is NaN, and so is its distribution.

| function | from |
|---|---|
| `paper` | logits, as published |
| `softmax` | logits, at a temperature |
| `percentages` | numbers a model wrote, normalised by their sum |
| `one_label` | the one emotion that it named |
| `panel_mean` | chances of the labels for several personas and temperatures |
| `smoothed` | a distribution that leaves no emotion out, for divergences that would be infinite |

References
    J. V. Halim, S. Wang, H. Jia & T. Dang, "Token-Level Logits Matter: A Closer Look at Speech Foundation Models for Ambiguous
        Emotion Recognition", Interspeech (2025), arXiv 2505.18484.
"""

from collections.abc import Iterable

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.distributions import validate_distributions

SMOOTHING = 0.01  # share added to each emotion: one percentage point, the step in which models write percentages
SLACK = 0.02  # percentages that miss 100 by up to two still count as whole: rounding


def validate(values: np.ndarray) -> np.ndarray:
    """Numbers for each clip and emotion as a float64 matrix. NaN and infinite ones pass: they say nothing.

    Raises BadInput where they are no matrix with an emotion or more.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or array.shape[1] == 0:
        raise BadInput(
            f"Readings are a matrix of clips and emotions, but have shape {array.shape}. Pass one row a clip."
        )
    return array


def refused(logits: np.ndarray) -> np.ndarray:
    """Rows for which z / Σ z has no meaning: (clips,) bool. A negative z, or no positive one. Rows that say nothing are not refused.

    >>> refused(np.array([[2.0, -1.5], [1.0, 3.0], [0.0, 0.0], [np.nan, np.nan]]))
    array([ True, False,  True, False])
    """
    z = validate(logits)
    return np.isfinite(z).all(axis=1) & ((z < 0).any(axis=1) | (z.sum(axis=1) <= 0))


def paper(logits: np.ndarray) -> np.ndarray:
    """φ_n = z_n / Σ_m z_m (Halim et al. 2025, equation 2), for the rows where that is a distribution.

    logits: (clips, emotions), raw. Returns the same shape, rows in [0, 1] that sum to one; NaN where the row is `refused` or
    says nothing. Adding a number to every logit changes nothing for the model but draws φ towards the uniform distribution.

    Raises BadInput where the logits are no matrix.

    >>> paper(np.array([[3.0, 1.0], [2.0, -1.5], [-3.0, -6.0]]))
    array([[0.75, 0.25],
           [ nan,  nan],
           [ nan,  nan]])
    """
    z = validate(logits)
    return _shares(z, np.isfinite(z).all(axis=1) & ~refused(z))


def softmax(logits: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
    """p_n = exp(z_n / T) / Σ_m exp(z_m / T): T → 0 leaves the largest alone, T → ∞ the uniform distribution.

    logits: (clips, emotions), raw. temperature: above 0. Returns the same shape, rows that sum to one; NaN where the row is.

    Raises BadInput where the logits are no matrix or the temperature is not a number above 0.

    >>> softmax(np.log(np.array([[0.75, 0.25]])))
    array([[0.75, 0.25]])
    """
    if not 0 < temperature < np.inf:
        raise BadInput(
            f"The temperature of a softmax is a number above 0, not {temperature!r}. Use 1 for the model's own."
        )
    z = validate(logits)
    said = np.isfinite(z).all(axis=1)
    z = np.where(said[:, None], z, 0.0)
    weights = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
    return _shares(weights, said)


def percentages(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Percentages by their sum (Halim et al. 2025, section 3.3), and which rows did not sum to 100 (within `SLACK`).

    values: (clips, emotions), 0 or more; a row of NaN is an invalid reply. Returns distributions of the same shape, and (clips,)
    bool. A row of zeros says nothing.

    Raises BadInput where the percentages are no matrix or one is negative.

    >>> shares, missed = percentages(np.array([[60.0, 60.0], [35.0, 65.0]]))
    >>> shares, missed
    (array([[0.5 , 0.5 ],
           [0.35, 0.65]]), array([ True, False]))
    """
    given = validate(values)
    if (given < 0).any():
        row = int(np.flatnonzero((given < 0).any(axis=1))[0])
        raise BadInput(f"Percentages are 0 or more, but row {row} holds {given[row].min():g}. Read the reply again.")
    total = given.sum(axis=1)
    said = np.isfinite(total) & (total > 0)
    return _shares(given, said), said & (np.abs(total - 100) > 100 * SLACK)


def one_label(columns: np.ndarray, emotions: int) -> np.ndarray:
    """All of the distribution on one emotion. columns: (clips,) its number, −1 where none was named. (clips, emotions).

    >>> one_label(np.array([1, -1]), 2)
    array([[ 0.,  1.],
           [nan, nan]])
    """
    columns = np.asarray(columns)
    return np.where(columns[:, None] < 0, np.nan, np.eye(emotions)[columns])


def panel_mean(chances: Iterable[np.ndarray]) -> np.ndarray:
    """The mean over personas and temperatures of the chances of the labels, each cell's normalised first.

    chances: (clips, emotions) for each cell; their sum is the chance of a valid reply. Returns (clips, emotions), NaN for a clip
    that any cell lacks.

    Raises BadInput without cells, or where one is no matrix.

    >>> panel_mean([np.array([[0.2, 0.2]]), np.array([[0.0, 0.9]])])
    array([[0.25, 0.75]])
    """
    total, cells = 0.0, 0
    for each in chances:
        given = validate(each)
        total, cells = total + _shares(given, np.isfinite(given).all(axis=1) & (given.sum(axis=1) > 0)), cells + 1
    if not cells:
        raise BadInput("A mean over personas needs the chances of one at least, but none were given.")
    return total / cells


def smoothed(distributions: np.ndarray, smoothing: float = SMOOTHING) -> np.ndarray:
    """(p_k + ε) / (1 + K ε): a share ε more for each emotion, so that none is impossible.

    Raises BadInput where rows are no distributions, or ε lies outside 0 … 1.

    >>> smoothed(np.array([[1.0, 0.0]]), 0.5)
    array([[0.75, 0.25]])
    """
    if not 0 <= smoothing <= 1:
        raise BadInput(f"Smoothing is a share from 0 to 1 added to each emotion, not {smoothing!r}. Use {SMOOTHING}.")
    p = validate_distributions(distributions)
    return (p + smoothing) / (1 + p.shape[-1] * smoothing)


def _shares(weights: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Rows divided by their sums where something was said, NaN elsewhere."""
    whole = np.where(said, np.where(said[:, None], weights, 1.0).sum(axis=1), 1.0)[:, None]
    return np.where(said[:, None], weights / whole, np.nan)
