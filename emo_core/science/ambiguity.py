"""For which clips? Strata of ambiguity, kinds of it, and whether a panel is as uncertain as listeners are.

Zhang et al., "Scaling Ambiguity" (2026), section 4.2 and Figure 3, divide clips into low, medium and high ambiguity, "defined by
tertiles of entropy range" of the human votes. That has two readings, and both are here by name: equal numbers of clips, and
equal parts of the range of entropies.

A caution for all strata: the entropy of few votes is itself an estimate. Clips that look unambiguous by chance are found in the low
stratum, so differences between strata are drawn towards each other, and a candidate's entropy towards the mean.

| function | |
|---|---|
| `strata` | low, medium, high (or k parts, or given edges), ties shown |
| `kinds` | agreed, leaning, two-way split, neighbour confusion, diffuse |
| `neighbours` | which pairs of emotions are confused more than others |
| `effective_listeners` | how many independent listeners a panel's votes are worth; whether it has collapsed |
| `equal_entropies` | both sides' entropies at equal numbers of votes |

References
    W. Zhang et al., "Scaling Ambiguity", arXiv 2601.14620 (2026).
    L. Kish, "Survey Sampling", Wiley (1965), section 8.2 (effective sample size).
    C. R. Rao, "Diversity and dissimilarity coefficients: a unified approach", Theor. Population Biology 21 (1982).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import agreement, distributions, subsets
from emo_core.science.comparison import Figure
from emo_core.science.inference import bootstrap_intervals, cluster_codes

METHODS = ("equal counts", "equal range", "edges")
KINDS = {
    "agreed": "one emotion has at least 80 % of the votes",
    "leaning": "one emotion has at least half of the votes, and no second one rivals it",
    "two-way split": "two emotions have at least 80 % of the votes, the second at least 30 %, and they are not neighbours",
    "neighbour confusion": "as a two-way split, between two emotions that this corpus mixes up more than others",
    "diffuse": "no emotion has half of the votes, and no two share 80 %",
}
NEIGHBOURS = 1.5  # from this closeness on two emotions are neighbours; even dissent gives 1
LEAST_VOTES = 3  # of a clip whose kind can be told
COLLAPSED = 0.5


@dataclass(frozen=True)
class Strata:
    """Which stratum each clip is in."""

    names: tuple[str, ...]
    method: str
    edges: np.ndarray  # (k − 1,), between the strata; a clip on an edge is in the lower one
    on_edge: np.ndarray  # (k − 1,), clips whose entropy equals the edge: with many ties strata are unequal
    stratum: np.ndarray  # (clips,), −1 where the entropy is undefined
    lowest: float
    highest: float

    @property
    def sizes(self) -> np.ndarray:
        """Clips in each stratum."""
        return np.bincount(self.stratum[self.stratum >= 0], minlength=len(self.names))


def strata(
    entropy: np.ndarray, *, k: int = 3, method: str = "equal counts", edges: Sequence[float] | None = None
) -> Strata:
    """Divide clips by entropy (bits).

    "equal counts": edges are quantiles i/k. "equal range": the range from the lowest to the highest entropy in k equal parts.
    "edges": the given ones, rising. Ties are never parted: a clip on an edge belongs to the stratum below.

    Raises BadInput where k is not 2 … 10, edges do not rise, or the method is not known.

    >>> found = strata(np.array([0.0, 0.0, 0.0, 0.5, 1.0, 1.5]), k=3)
    >>> found.sizes, found.edges.round(3), found.on_edge
    (array([3, 1, 2]), array([0.   , 0.667]), array([3, 0]))
    """
    if method not in METHODS:
        raise BadInput(f"Strata are made by {', '.join(METHODS)}, not by {method!r}.")
    values = np.round(np.asarray(entropy, dtype=float), 9)  # the same votes in another order differ by 1e-16
    known = values[np.isfinite(values)]
    if method == "edges":
        inner = np.asarray(edges if edges is not None else [], dtype=float)
        if not len(inner) or not np.isfinite(inner).all() or (np.diff(inner) <= 0).any():
            raise BadInput(f"Edges are rising numbers of bits, not {edges!r}. Give for example 0.5,1.0.")
        k = len(inner) + 1
    elif not 2 <= k <= 10:
        raise BadInput(f"Clips are divided into 2 to 10 strata, not {k!r}.")
    elif method == "equal counts":
        inner = np.quantile(known, np.arange(1, k) / k) if len(known) else np.full(k - 1, np.nan)
    else:
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        inner = low + (high - low) * np.arange(1, k) / k
    stratum = np.where(np.isfinite(values), np.searchsorted(inner, values - 1e-9, side="left"), -1)
    on_edge = np.array([int((np.abs(known - edge) < 1e-9).sum()) for edge in inner])
    ends = (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)
    return Strata(_names(k), method, inner, on_edge, stratum, *ends)


def _names(k: int) -> tuple[str, ...]:
    return {2: ("low", "high"), 3: ("low", "medium", "high")}.get(k, tuple(f"{i} of {k}" for i in range(1, k + 1)))


def neighbours(counts: np.ndarray) -> np.ndarray:
    """How much closer than others every two emotions are in this corpus, (emotions, emotions), NaN on the diagonal.

    With o_ij = Σ_clips c_i c_j / (n − 1) over clips of n ≥ 2 votes (off-diagonal coincidences), s_ij = o_ij / Σ_{l≠i} o_il is the
    share of j among the votes that differ from a vote i of the same clip. Returned is √(s_ij s_ji) (K − 1): how many times as
    often two listeners who differ name these two, seen from both, as if dissent were spread evenly over the K − 1 others. From
    `NEIGHBOURS` on they are neighbours. NaN where nobody differs from an emotion.

    counts: (clips, emotions). Raises BadInput where they are no counts.

    >>> neighbours(np.array([[3, 1, 0], [1, 3, 0], [2, 1, 1]])).round(2)[0]
    array([ nan, 1.69, 0.73])
    """
    array = distributions.validate(counts).astype(float)
    pairable = array[distributions.totals(array) >= 2]
    together = (pairable / (distributions.totals(pairable)[:, None] - 1)).T @ pairable
    np.fill_diagonal(together, 0)
    rows = together.sum(axis=1, keepdims=True)
    dissent = np.divide(together, rows, out=np.full_like(together, np.nan), where=rows > 0)
    closeness = np.sqrt(dissent * dissent.T) * (len(rows) - 1)
    np.fill_diagonal(closeness, np.nan)
    return closeness


def kinds(counts: np.ndarray, *, closeness: np.ndarray | None = None) -> np.ndarray:
    """The kind of each clip's ambiguity as its place among `KINDS`; −1 with fewer than three votes. (clips,).

    counts: (clips, emotions), votes or shared votes. closeness: `neighbours`, by default of these counts.

    >>> found = kinds(np.array([[9, 1, 0], [5, 5, 0], [4, 3, 3], [6, 2, 2], [1, 1, 0]]), closeness=np.zeros((3, 3)))
    >>> [tuple(KINDS)[kind] if kind >= 0 else None for kind in found]
    ['agreed', 'two-way split', 'diffuse', 'leaning', None]
    """
    array = distributions.validate(counts)
    closeness = neighbours(array) if closeness is None else closeness
    rows, places = np.arange(len(array)), array.argmax(axis=1)
    total = np.maximum(distributions.totals(array), 1e-300)
    first = array[rows, places] / total + 1e-9
    rest = array.copy()
    rest[rows, places] = -1
    others = rest.argmax(axis=1)
    second = np.maximum(rest[rows, others], 0) / total + 1e-9
    split = (first + second >= 0.8) & (second >= 0.3)
    close = closeness[places, others] >= NEIGHBOURS
    order = ["agreed", "neighbour confusion", "two-way split", "leaning"]
    numbers = [list(KINDS).index(name) for name in order]
    found = np.select([first >= 0.8, split & close, split, first >= 0.5], numbers, list(KINDS).index("diffuse"))
    return np.where(total < LEAST_VOTES - 1e-9, -1, found)


@dataclass(frozen=True)
class EffectiveListeners:
    """A panel's votes as independent listeners of the reference panel."""

    votes: float  # mean candidate votes a clip
    clips: int  # with two votes or more on both sides
    number: Figure  # listeners that estimate a clip's distribution as well as the panel's votes do (squared error)
    limit: Figure  # … as any number of votes of this panel would: what its bias allows; ∞ where no bias is seen
    diversity: Figure  # how often two of its votes on a clip differ, over how often two listeners' do
    collapsed: bool  # its votes differ less than half as often as listeners' do, by the interval's upper end


def effective_listeners(
    reference: np.ndarray, candidate: np.ndarray, *, seed: int, clusters: Iterable | None = None, resamples: int = 1000
) -> EffectiveListeners:
    """How many independent listeners is a panel worth? In the sense of Kish's effective sample size, for distributions.

    With A_rr, A_cc, A_rc the chances that two votes on a clip agree (two of the reference, two of the candidate, one of each; all
    without bias), the candidate's true distribution is D = A_cc − 2 A_rc + A_rr away from the reference's (squared), its n votes
    estimate the latter with squared error D + (1 − A_cc) / n, and N independent listeners with (1 − A_rr) / N. So

        N_eff = (1 − A_rr) / (D + (1 − A_cc) / n),    N_eff → (1 − A_rr) / D for many votes.

    Diversity is (1 − A_cc) / (1 − A_rr), a ratio of Gini–Simpson indices (Rao 1982). Means over clips enter everywhere.

    reference, candidate: (clips, emotions), whole votes. Raises BadInput where they are not.
    """
    r, c = subsets.validate(reference, candidate, whole_reference=True)
    kept = (distributions.totals(r) >= 2) & (distributions.totals(c) >= 2)
    r, c = r[kept], c[kept]
    if not len(r):
        none = Figure(np.nan, np.nan, np.nan, 0, "no clip has two votes on both sides")
        return EffectiveListeners(np.nan, 0, none, none, none, False)
    n_c = distributions.totals(c)
    rr, cc, rc = (
        terms[:, 0]
        for terms in (
            agreement.percent_terms(r),
            agreement.percent_terms(c),
            agreement.match_terms(r, c),
        )
    )
    terms = np.column_stack([rr, cc, rc, (1 - cc) / n_c, np.ones(len(r))])
    if clusters is not None:
        clusters = cluster_codes(clusters, len(kept))[kept]
    values = _effective(terms.sum(axis=0, keepdims=True))[0]
    found = bootstrap_intervals(terms, _effective, seed=seed, clusters=clusters, resamples=resamples)
    reason = "listeners never differ on a clip" if not np.isfinite(values[2]) else None
    figures = [Figure(float(v), each.low, each.high, len(r), reason) for v, each in zip(values, found)]
    return EffectiveListeners(float(n_c.mean()), len(r), *figures, collapsed=bool(figures[2].high < COLLAPSED))


def _effective(sums: np.ndarray) -> np.ndarray:
    """Effective number, its limit and diversity from sums (resamples, 5)."""
    rr, cc, rc, spread, n = sums.T
    differ = 1 - rr / n
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = np.maximum((cc - 2 * rc + rr) / n, 0)
        ratio = np.where(differ > 1e-12, 1.0, np.nan)
        # A limit beyond any panel is capped, so that intervals have ends.
        limit = np.minimum(ratio * differ / np.maximum(bias, 1e-12), 1e6)
        return np.column_stack([ratio * differ / (bias + spread / n), limit, ratio * (1 - cc / n) / differ])


def equal_entropies(reference: np.ndarray, candidate: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean entropies of n of each side's votes, in bits, (clips,) each: few votes look less ambiguous than many, so sides are compared
    at equal numbers. NaN where a side has fewer than n. Exact over subsets.

    >>> [side.round(3).tolist() for side in equal_entropies(np.array([[2, 2]]), np.array([[8, 8]]), 2)]
    [[0.667], [0.533]]
    """
    r, c = subsets.validate(reference, candidate, whole_reference=True)
    found = []
    for counts in (r, c):
        kept = distributions.totals(counts) >= n
        values = np.full(len(counts), np.nan)
        if kept.any():
            values[kept] = subsets.own_entropy(counts[kept], n).per_clip()[:, 0]
        found.append(values)
    return tuple(found)
