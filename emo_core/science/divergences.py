"""How far are two distributions apart? Reference against candidate, one figure for each clip.

Conventions: both arguments are distributions whose last axis is the emotions, (clips, emotions), or shapes that
broadcast to one (a single distribution against all clips). Results have one value for each clip. A row with NaN on
either side gives NaN. `*_divergence` and `*_distance`: 0 is equal, lower is closer; `bhattacharyya_coefficient` and
`r_squared`: 1 is equal.

| measure | symmetric | metric | range | unit |
|---|---|---|---|---|
| jensen_shannon_divergence | yes | no | 0 … 1 | bits |
| jensen_shannon_distance | yes | yes | 0 … 1 | √bits |
| bhattacharyya_coefficient | yes | no | 0 … 1 | none |
| bhattacharyya_distance | yes | no | 0 … ∞ | nats |
| kullback_leibler_divergence | no | no | 0 … ∞ | bits |
| total_variation_distance | yes | yes | 0 … 1 | none |
| hellinger_distance | yes | yes | 0 … 1 | none |
| r_squared (of all clips) | no | no | −∞ … 1 | none |

References
    A. Bhattacharyya, "On a measure of divergence between two statistical populations …",
        Bull. Calcutta Math. Soc. 35 (1943).
    D. M. Endres & J. E. Schindelin, "A new metric for probability distributions", IEEE Trans. Inf. Theory 49 (2003).
    E. Hellinger, "Neue Begründung der Theorie quadratischer Formen …", J. reine angew. Math. 136 (1909).
    S. Kullback & R. A. Leibler, "On information and sufficiency", Ann. Math. Statist. 22 (1951).
    D. A. Levin & Y. Peres, "Markov Chains and Mixing Times", 2nd ed., AMS (2017).
    J. Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37 (1991).
"""

from collections.abc import Callable

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.distributions import validate_distributions, xlog2x

# Rows worked on at a time: 4,096 × 6 floats are 200 kB, so that the temporaries stay in the processor's cache.
_ROWS = 4096


def validate(reference: np.ndarray, candidate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 distributions of one shape, broadcast where needed.

    Raises BadInput where rows are not distributions, or the shapes do not fit each other.
    """
    p, q = validate_distributions(reference), validate_distributions(candidate)
    try:
        shape = np.broadcast_shapes(p.shape, q.shape)
    except ValueError:
        shape = None
    if shape is None or p.shape[-1] != q.shape[-1]:
        raise BadInput(
            f"Distributions are compared clip by clip and emotion by emotion, but have shapes {p.shape} and {q.shape}. "
            "Align the clips and use one list of emotions."
        )
    return np.broadcast_to(p, shape), np.broadcast_to(q, shape)


def jensen_shannon_divergence(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Jensen–Shannon divergence JS = H(m) − ½ H(p) − ½ H(q) with m = ½ (p + q) (Lin 1991, section IV, equal weights).

    Distributions (clips, emotions). Returns (clips,) in bits: 0 where equal, 1 where no emotion is shared.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> jensen_shannon_divergence(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.5, 0.5]])).round(4)
    array([1.    , 0.3113])
    """

    def rows(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        # Class by class, so that equal distributions give an exact zero. Rounding alone would pass one by 2e-16.
        middle = p + q
        middle *= 0.5
        terms = xlog2x(middle)
        terms *= -2
        terms += xlog2x(p) + xlog2x(q)
        return np.clip(terms @ np.full(p.shape[-1], 0.5), 0.0, 1.0)

    return _by_rows(rows, reference, candidate)


def jensen_shannon_distance(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Jensen–Shannon distance √JS, which obeys the triangle inequality (Endres & Schindelin 2003).

    Distributions (clips, emotions). Returns (clips,) in the square root of bits, 0 … 1. This, not the divergence, is
    what `scipy.spatial.distance.jensenshannon(base=2)` returns.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> jensen_shannon_distance(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])).round(4)
    array([0.5579])
    """
    return np.sqrt(jensen_shannon_divergence(reference, candidate))


def bhattacharyya_coefficient(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Bhattacharyya coefficient BC = Σ_k √(p_k q_k) (Bhattacharyya 1943): the overlap of two distributions.

    Distributions (clips, emotions). Returns (clips,) without unit: 1 where equal, 0 where no emotion is shared.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> bhattacharyya_coefficient(np.array([[1.0, 0.0]]), np.array([[0.64, 0.36]]))
    array([0.8])
    """
    return _by_rows(lambda p, q: np.clip(np.sqrt(p * q) @ np.ones(p.shape[-1]), 0.0, 1.0), reference, candidate)


def bhattacharyya_distance(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Bhattacharyya distance BD = −ln BC (Bhattacharyya 1943). In *nats*, the unit in which it is published.

    Distributions (clips, emotions). Returns (clips,): 0 where equal, ∞ where no emotion is shared; one clip without
    overlap makes a mean over clips ∞, so report the coefficient, or smooth first.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> bhattacharyya_distance(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.64, 0.36], [0.0, 1.0]])).round(4)
    array([0.2231,    inf])
    """
    with np.errstate(divide="ignore"):
        return 0.0 - np.log(bhattacharyya_coefficient(reference, candidate))


def kullback_leibler_divergence(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Kullback–Leibler divergence KL(p‖q) = Σ_k p_k log₂(p_k / q_k), p the reference (Kullback & Leibler 1951).

    Distributions (clips, emotions). Returns (clips,) in bits, 0 … ∞: ∞ where the candidate gives no share to an
    emotion that the reference heard. With few votes that is common, so smooth the candidate or use the Jensen–Shannon
    divergence.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> kullback_leibler_divergence(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.5, 0.5], [1.0, 0.0]]))
    array([ 1., inf])
    """

    def rows(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            logs = np.log2(q)
        logs[(p == 0) & (q == 0)] = 0.0  # 0 · log 0 = 0: an emotion that neither side heard costs nothing
        logs *= p
        return np.maximum((xlog2x(p) - logs) @ np.ones(p.shape[-1]), 0.0)

    return _by_rows(rows, reference, candidate)


def total_variation_distance(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Total variation distance TV = ½ Σ_k |p_k − q_k| (Levin & Peres 2017, prop. 4.2): the share of votes to move.

    Distributions (clips, emotions). Returns (clips,) without unit: 0 where equal, 1 where no emotion is shared.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> total_variation_distance(np.array([[0.75, 0.25, 0.0]]), np.array([[0.25, 0.25, 0.5]]))
    array([0.5])
    """
    return _by_rows(lambda p, q: np.minimum(np.abs(p - q) @ np.full(p.shape[-1], 0.5), 1.0), reference, candidate)


def hellinger_distance(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Hellinger distance h = √(½ Σ_k (√p_k − √q_k)²) = √(1 − BC) (Hellinger 1909). It bounds TV: h² ≤ TV ≤ √2 h.

    Distributions (clips, emotions). Returns (clips,) without unit: 0 where equal, 1 where no emotion is shared.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> hellinger_distance(np.array([[1.0, 0.0]]), np.array([[0.64, 0.36]])).round(4)
    array([0.4472])
    """

    def rows(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        # From the differences, not from 1 − BC, which would turn a rounding of 1e-16 into a distance of 1e-8.
        return np.minimum(np.sqrt(np.square(np.sqrt(p) - np.sqrt(q)) @ np.full(p.shape[-1], 0.5)), 1.0)

    return _by_rows(rows, reference, candidate)


def r_squared(reference: np.ndarray, candidate: np.ndarray) -> float:
    """R² = 1 − Σ (p − q)² / Σ (p − 1/K)², both sums over all clips and all emotions; 1/K is the mean of all shares.

    Distributions (clips, emotions). Returns one float, −∞ … 1: 1 where equal, 0 for a candidate that always answers the
    uniform distribution. NaN where every reference is uniform (nothing to explain), and where a row is NaN.

    Paper 2 reports R² without saying over what. All shares flattened is our choice: R² of one clip is undefined for a
    uniform clip and rests on K numbers, R² of one emotion is undefined where no one voted for it.

    Raises BadInput where rows are not distributions or shapes differ.

    >>> round(r_squared(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.75, 0.25], [0.5, 0.5]])), 4)
    0.375
    """
    terms = r_squared_terms(reference, candidate)
    return float(r_squared_from_sums(terms.reshape(-1, 2).sum(axis=0)))


def r_squared_terms(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """For each clip Σ_k (p_k − q_k)² and Σ_k (p_k − 1/K)²: (clips, 2), from whose sums R² follows (see `inference`).

    Raises BadInput where rows are not distributions or shapes differ.

    >>> r_squared_terms(np.array([[1.0, 0.0]]), np.array([[0.75, 0.25]]))
    array([[0.125, 0.5  ]])
    """
    p, q = validate(reference, candidate)
    return np.stack([np.square(p - q).sum(axis=-1), np.square(p - 1 / p.shape[-1]).sum(axis=-1)], axis=-1)


def r_squared_from_sums(sums: np.ndarray) -> np.ndarray:
    """R² from sums of `r_squared_terms`, (…, 2) → (…,); NaN where the references do not vary.

    >>> r_squared_from_sums(np.array([[0.125, 0.5], [0.0, 0.0]]))
    array([0.75,  nan])
    """
    unexplained, total = np.moveaxis(np.asarray(sums, dtype=float), -1, 0)
    # A uniform row of 1/3s leaves a rounding of 1e-33, not zero: under 1e-24 there is nothing to explain.
    return 1 - np.divide(unexplained, total, out=np.full(np.shape(total), np.nan), where=total > 1e-24)


def _by_rows(
    measure: Callable[[np.ndarray, np.ndarray], np.ndarray], reference: np.ndarray, candidate: np.ndarray
) -> np.ndarray:
    """`measure` of every clip, a few thousand rows at a time."""
    p, q = validate(reference, candidate)
    result = np.empty(p.shape[:-1])
    flat, p, q = result.reshape(-1), p.reshape(-1, p.shape[-1]), q.reshape(-1, q.shape[-1])
    for start in range(0, len(flat), _ROWS):
        rows = slice(start, start + _ROWS)
        flat[rows] = measure(p[rows], q[rows])
    return result[()]
