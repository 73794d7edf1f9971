"""What would fewer votes have shown? Exact means over all subsets of a panel's votes.

A clip has C candidate votes, c_k of them for emotion k. Of all ways to keep n of them, how far is the distribution of
those n from the reference on average? The measures here are sums over emotions, Σ_k g(p_k, q_k), and the mean of a sum is the
sum of the means: each emotion needs only the number x of its votes among the n kept, which is hypergeometric,

    P(x) = C(c_k, x) C(C − c_k, n − x) / C(C, n),

so nothing is sampled. (For votes that came in no particular order this mean is also the unbiased estimate of what n new votes
of the same panel would give: a U-statistic, Hoeffding 1948.) A term depends on (r_k, R, c_k, C) alone, reference and candidate
votes for the emotion and in all; equal ones are computed once, so a million clips cost about what a thousand do.

The same holds where the reference too is held to m of its R votes, and where both sides are disjoint parts of one panel.

| function | reference | candidate |
|---|---|---|
| `against_all` | all R votes | n of C |
| `against_part` | m of R | n of C |
| `within` | m of R | n of the other R − m: what n further listeners would score |
| `with_help` | h of R, held out | m of the other R − h, alone or with n of the candidate's C |
| `pooled_entropy`, `own_entropy` | all R votes pooled with; none | n of C |
| `jackknife` | all, corrected for the bias that few votes have | all |

Each gives `Terms`: a table with a row for each distinct entry, and which row each emotion of each clip has.

References
    W. Hoeffding, "A class of statistics with asymptotically normal distribution", Ann. Math. Statist. 19 (1948).
    M. H. Quenouille, "Notes on bias in estimation", Biometrika 43 (1956).
    H. L. Sanders, "Marine benthic diversity: a comparative study", American Naturalist 102 (1968) (rarefaction).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import distributions
from emo_core.science.distributions import xlog2x

Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]

NONE: Mapping[Measure, float] = MappingProxyType({})  # no smoothing
_DENSE = 1 << 22  # codes up to this are counted in a table; above, they are sorted
_CHUNK = 1 << 22  # numbers in a temporary


def js(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """One emotion's part of the Jensen–Shannon divergence in bits: ½ p log p + ½ q log q − m log m, m = (p + q) / 2."""
    return 0.5 * (xlog2x(p) + xlog2x(q)) - xlog2x((p + q) / 2)


def bc(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """One emotion's part of the Bhattacharyya coefficient: √(p q)."""
    return np.sqrt(p * q)


def tv(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """One emotion's part of the total variation distance: ½ |p − q|."""
    return 0.5 * np.abs(p - q)


def entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """One emotion's part of the candidate's Shannon entropy in bits: −q log q."""
    return 0.0 * p - xlog2x(q)


def kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """One emotion's part of the Kullback–Leibler divergence in bits, p log (p / q); q is above zero where p is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, xlog2x(p) - p * np.log2(q), 0.0)


@dataclass(frozen=True)
class Terms:
    """What each emotion of each clip adds to a few figures; a clip's figures are the sums over its emotions.

    index: (clips, emotions), rows of `table`. table: (entries, figures).
    """

    index: np.ndarray
    table: np.ndarray

    def __len__(self) -> int:
        return len(self.index)

    def per_clip(self) -> np.ndarray:
        """Figures of each clip, (clips, figures)."""
        found = np.zeros((len(self.index), self.table.shape[1]))
        for column in self.index.T:
            found += self.table[column]
        return found

    def sum_groups(self, groups: np.ndarray, size: int) -> np.ndarray:
        """Figures summed over the clips of each group, (size, figures). groups: (clips,), numbers below `size`."""
        entries = len(self.table)
        if size * entries > 8 * _DENSE:  # the table of counts would be larger than the clips' own figures
            return _summed(self, groups, size)
        place = groups[:, None] * entries + self.index
        return np.bincount(place.ravel(), minlength=size * entries).reshape(size, entries) @ self.table

    def mean(self) -> np.ndarray:
        """Mean figures over clips, (figures,); NaN without clips."""
        if not len(self.index):
            return np.full(self.table.shape[1], np.nan)
        return np.bincount(self.index.ravel(), minlength=len(self.table)) @ self.table / len(self.index)

    def counted(self) -> "Terms":
        """With one more figure, last: 1 for each clip, so that sums become means."""
        return Terms(self.index, np.column_stack([self.table, np.full(len(self.table), 1 / self.index.shape[1])]))

    def only(self, chosen: np.ndarray) -> "Terms":
        """Of these clips: a mask or numbers."""
        return Terms(self.index[chosen], self.table)


def beside(*terms: Terms) -> Terms:
    """Figures of several terms of the same clips side by side."""
    index, numbers = _distinct([each.index for each in terms])
    return Terms(index, np.hstack([each.table[rows] for each, rows in zip(terms, numbers)]))


def validate(
    reference: np.ndarray, candidate: np.ndarray, *, whole_reference: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Both as counts of the same clips and emotions; the candidate's are whole, and the reference's where it is divided.

    Raises BadInput where counts are negative, not whole, or of different shapes.
    """
    r = distributions.validate(reference, whole=whole_reference)
    c = distributions.validate(candidate, whole=True).astype(np.int64, copy=False)
    if r.shape != c.shape or r.ndim != 2:
        raise BadInput(
            f"Both sides are clips × emotions, but have shapes {r.shape} and {c.shape}. Align the clips and emotions."
        )
    return r.astype(np.int64) if whole_reference else r, c


def against_all(
    reference: np.ndarray, candidate: np.ndarray, sizes: Sequence[int], measures: Sequence[Measure] = (js,),
    *, smoothing: Mapping[Measure, float] = NONE, added: float = 0.0,
) -> Terms:  # fmt: skip
    """Every measure for every size: figures in the order of measures, sizes within. Whole reference against n of C votes.

    reference: (clips, emotions), ≥ 1 vote a clip, fractions allowed; candidate: whole, at least max(sizes) votes a clip.
    `smoothing` has the votes α added to each emotion of the candidate for a measure: q = (x + α) / (n + K α); `added` is the
    same for the reference.

    Raises BadInput where a clip has too few votes.

    >>> reference, candidate = np.array([[2, 1]]), np.array([[1, 2]])
    >>> against_all(reference, candidate, [1, 3]).per_clip().round(4)
    array([[0.3697, 0.0817]])
    """
    r, c = validate(reference, candidate)
    _need(distributions.totals(r), np.finfo(float).tiny, "reference")
    _need(distributions.totals(c), max(sizes), "candidate")
    if r.dtype.kind == "f":  # shared votes: equal shares are found by sorting
        numbers, shares = _codes_of(distributions.normalise(r, smoothing=added))
        index, (share, marked, total) = _distinct([numbers, c, _totals(c)])
        p = shares[share]
    else:
        index, (mine, all_mine, marked, total) = _distinct([r, _totals(r), c, _totals(c)])
        p = (mine + added) / (all_mine + r.shape[1] * added)
    columns = [
        _mean_over(hypergeometric(total, marked, n), p, _shares_at(n, smoothing.get(measure, 0.0), c.shape[1]), measure)
        for measure in measures
        for n in sizes
    ]
    return Terms(index, np.column_stack(columns))


def pooled_entropy(
    reference: np.ndarray,
    candidate: np.ndarray,
    n: int,
    *,
    weight: float = 1.0,
    added: float = 0.0,
) -> Terms:
    """Entropy (bits) of all reference votes pooled with n of the candidate's, each counting `weight`: one figure a clip.

    reference: (clips, emotions), fractions allowed; candidate: whole, at least n votes a clip.
    `added` votes are added to each emotion of both sides before they are pooled, so that the pool
    is a mixture of the two smoothed distributions. Entropy is concave: a clip's figure is never
    below the smaller of its parts'.

    Raises BadInput where a clip has too few votes.

    >>> pooled_entropy(np.array([[2, 0]]), np.array([[0, 2]]), 2, added=0.5).per_clip()
    array([[1.]])
    """
    r, c = validate(reference, candidate)
    _need(distributions.totals(r), np.finfo(float).tiny, "reference")
    _need(distributions.totals(c), n, "candidate")
    numbers, values = _codes_of(r)
    totals, all_values = _codes_of(_totals(r))
    index, (mine, all_mine, theirs, all_theirs) = _distinct([numbers, totals, c, _totals(c)])
    k = r.shape[1]
    ours = values[mine][:, None] + added
    both = all_values[all_mine][:, None] + k * added + weight * (n + k * added)
    shares = (ours + weight * (np.arange(n + 1) + added)) / both
    return Terms(index, -(hypergeometric(all_theirs, theirs, n) * xlog2x(shares)).sum(axis=1)[:, None])


def own_entropy(counts: np.ndarray, n: int) -> Terms:
    """Entropy (bits) of n of a panel's votes: one figure a clip. counts: (clips, emotions), whole, at least n votes a clip."""
    _, c = validate(counts, counts)
    _need(distributions.totals(c), n, "of its")
    index, (mine, total) = _distinct([c, _totals(c)])
    return Terms(index, -(hypergeometric(total, mine, n) @ xlog2x(np.arange(n + 1) / n))[:, None])


def against_part(
    reference: np.ndarray,
    candidate: np.ndarray,
    m: int,
    sizes: Sequence[int],
    measure: Measure = js,
    *,
    smoothing: float = 0.0,
) -> Terms:
    """m of the reference's votes against n of the candidate's, smoothed, for every size n. Counts are whole.

    Raises BadInput where a clip has fewer than m reference or max(sizes) candidate votes.
    """
    r, c = validate(reference, candidate, whole_reference=True)
    _need(distributions.totals(r), m, "reference")
    _need(distributions.totals(c), max(sizes), "candidate")
    index, (mine, all_mine, theirs, all_theirs) = _distinct([r, _totals(r), c, _totals(c)])
    kept, held = hypergeometric(all_mine, mine, m), np.arange(m + 1)
    columns = []
    for n in sizes:
        values = measure(*np.meshgrid(held / m, _shares_at(n, smoothing, r.shape[1]), indexing="ij"))
        columns.append(((kept @ values) * hypergeometric(all_theirs, theirs, n)).sum(axis=1))
    return Terms(index, np.column_stack(columns))


def within(counts: np.ndarray, m: int, sizes: Sequence[int], measure: Measure = js, *, smoothing: float = 0.0) -> Terms:
    """m of a panel's votes against n others of the same panel, smoothed, for every size n. Counts are whole.

    Raises BadInput where a clip has fewer than m + max(sizes) votes.

    >>> within(np.array([[1, 1]]), 1, [1]).per_clip()
    array([[1.]])
    """
    r, _ = validate(counts, counts, whole_reference=True)
    _need(distributions.totals(r), m + max(sizes), "reference")
    index, (mine, total) = _distinct([r, _totals(r)])
    kept, held = hypergeometric(total, mine, m), np.arange(m + 1)
    columns = []
    for n in sizes:
        values = measure(*np.meshgrid(held / m, _shares_at(n, smoothing, r.shape[1]), indexing="ij"))
        column = np.zeros(len(mine))
        for y in held:  # of those left, mine − y are of this emotion
            column += kept[:, y] * (hypergeometric(total - m, _left(mine - y, total - m), n) @ values[y])
        columns.append(column)
    return Terms(index, np.column_stack(columns))


def with_help(
    reference: np.ndarray,
    candidate: np.ndarray,
    held_out: int,
    m: int,
    sizes: Sequence[int],
    *,
    weight: float = 1.0,
    measure: Measure = js,
    added: float = 0.0,
) -> Terms:
    """h held-out votes of the reference against m others of it pooled with n of the candidate's, for every n (0: alone).

    Each candidate vote counts `weight` human votes: q = (y + w x) / (m + w n). Counts are whole.
    `added` votes are added to each emotion of every side that has votes, before they are pooled.

    Raises BadInput where a clip has fewer than h + m reference or max(sizes) candidate votes.
    """
    r, c = validate(reference, candidate, whole_reference=True)
    _need(distributions.totals(r), held_out + m, "reference")
    _need(distributions.totals(c), max(sizes), "candidate")
    index, (mine, all_mine, theirs, all_theirs) = _distinct([r, _totals(r), c, _totals(c)])
    out, others = hypergeometric(all_mine, mine, held_out), np.arange(m + 1) + added
    k = r.shape[1]
    judged = _shares_at(held_out, added, k)
    columns = []
    for n in sizes:
        drawn = hypergeometric(all_theirs, theirs, n)
        theirs_too = added if n else 0.0
        both = m + k * added + weight * (n + k * theirs_too)
        pooled = (others[:, None] + weight * (np.arange(n + 1) + theirs_too)) / both
        column = np.zeros(len(mine))
        for t in range(held_out + 1):
            left = hypergeometric(all_mine - held_out, _left(mine - t, all_mine - held_out), m)
            column += out[:, t] * ((left @ measure(np.full_like(pooled, judged[t]), pooled)) * drawn).sum(axis=1)
        columns.append(column)
    return Terms(index, np.column_stack(columns))


def jackknife(reference: np.ndarray, candidate: np.ndarray, measure: Measure = js) -> Terms:
    """The plug-in figure and its jackknife correction: two figures a clip, (plug-in, corrected). Counts are whole.

    J̃ = J − (R − 1)(J̄₋ʳ − J) − (C − 1)(J̄₋ᶜ − J), where J̄₋ʳ is the mean over leaving out each reference vote, J̄₋ᶜ each
    candidate vote (Quenouille 1956). It takes away the bias of order 1/R and 1/C that every divergence between small samples
    has; it may fall below zero for a single clip, so it is for means, not for ranking clips.

    Raises BadInput where a clip has fewer than two votes on a side.
    """
    r, c = validate(reference, candidate, whole_reference=True)
    _need(distributions.totals(r), 2, "reference")
    _need(distributions.totals(c), 2, "candidate")
    index, (mine, all_mine, theirs, all_theirs) = _distinct([r, _totals(r), c, _totals(c)])
    p, q = mine / all_mine, theirs / all_theirs
    plain = measure(p, q)

    def without_one(x: np.ndarray, total: np.ndarray, figure: Callable) -> np.ndarray:
        share = x / total
        fewer = np.maximum(x - 1, 0) / (total - 1)
        same = np.minimum(x / (total - 1), 1.0)  # only met with weight 0 where all votes are of this emotion
        return share * figure(fewer) + (1 - share) * figure(same)

    bias_r = (all_mine - 1) * (without_one(mine, all_mine, lambda share: measure(share, q)) - plain)
    bias_c = (all_theirs - 1) * (without_one(theirs, all_theirs, lambda share: measure(p, share)) - plain)
    return Terms(index, np.column_stack([plain, plain - bias_r - bias_c]))


def draw(counts: np.ndarray, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One random subset of each clip's votes, growing: counts after 1, 2, … n votes, (clips, emotions) each, the same array
    filled on. For what is no sum over emotions; every clip has at least n votes.
    """
    left, found, rows = np.array(counts), np.zeros_like(counts), np.arange(len(counts))
    for _ in range(n):
        place = rng.random(len(left)) * left.sum(axis=1)
        label = (np.cumsum(left, axis=1) <= place[:, None]).sum(axis=1)
        left[rows, label] -= 1
        found[rows, label] += 1
        yield found


def hypergeometric(total: np.ndarray, marked: np.ndarray, n: int) -> np.ndarray:
    """P(x of the n drawn are marked), x = 0 … n: (entries, n + 1). total, marked: (entries,), whole.

    Zero rows where fewer than n are there.

    >>> hypergeometric(np.array([4]), np.array([2]), 2).round(4)
    array([[0.1667, 0.6667, 0.1667]])
    """
    total, marked, x = np.asarray(total)[:, None], np.asarray(marked)[:, None], np.arange(n + 1)
    log = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, max(int(total.max(initial=0)), n) + 1)))])

    def choose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return log[np.maximum(a, 0)] - log[np.maximum(b, 0)] - log[np.maximum(a - b, 0)]

    possible = (x <= marked) & (n - x <= total - marked)
    logs = choose(marked, x) + choose(total - marked, n - x) - choose(total, np.full_like(total, n))
    chances = np.where(possible, np.exp(np.where(possible, logs, 0.0)), 0.0)
    sums = chances.sum(axis=1, keepdims=True)  # one but for rounding
    return np.divide(chances, sums, out=chances, where=sums > 0)


def _mean_over(chances: np.ndarray, p: np.ndarray, shares: np.ndarray, measure: Measure) -> np.ndarray:
    """Mean of measure(p, share) for each entry, some entries at a time."""
    found, step = np.empty(len(p)), max(1, _CHUNK // len(shares))
    for start in range(0, len(p), step):
        rows = slice(start, start + step)
        values = measure(np.broadcast_to(p[rows, None], chances[rows].shape), shares)
        found[rows] = np.where(chances[rows] > 0, chances[rows] * np.where(chances[rows] > 0, values, 0), 0).sum(axis=1)
    return found


def _shares_at(n: int, smoothing: float, classes: int) -> np.ndarray:
    """Shares that 0 … n of n votes are, smoothed."""
    return (np.arange(n + 1) + smoothing) / (n + classes * smoothing)


def _left(marked: np.ndarray, total: np.ndarray) -> np.ndarray:
    """How many of those left are marked; kept possible where it is not (such entries have weight 0)."""
    return np.clip(marked, 0, total)


def _totals(counts: np.ndarray) -> np.ndarray:
    return np.broadcast_to(distributions.totals(counts)[:, None], counts.shape)


def _need(votes: np.ndarray, least: float, side: str) -> None:
    """Raise BadInput where a clip has fewer votes than that."""
    few = votes < least
    if few.any():
        row = int(np.flatnonzero(few)[0])
        words = f"{least:g} {side} votes" if least >= 1 else f"any {side} vote"
        raise BadInput(
            f"{int(few.sum()):,} clips have not {words}, row {row} has {votes[row]:g}. Leave them out, or ask for fewer."
        )


def _codes_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of distinct values, in the shape of `values`, and the values. Whole numbers are their own."""
    if values.dtype.kind != "f":
        return values, np.arange(int(values.max(initial=0)) + 1)
    known, numbers = np.unique(np.round(values, 12), return_inverse=True)
    return numbers.reshape(values.shape), known


def _distinct(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Distinct tuples of whole numbers: which one each place has (in the columns' shape), and the tuples' columns."""
    shape = columns[0].shape
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    if np.prod([float(size) for size in sizes]) >= 2.0**62:  # codes would overflow: values are numbered first
        numbered = [np.unique(column, return_inverse=True) for column in columns]
        index, found = _distinct([number.reshape(shape) for _, number in numbered])
        return index, [known[column] for (known, _), column in zip(numbered, found)]
    code = np.zeros(shape, dtype=np.int64)
    for column, size in zip(columns, sizes):
        code *= size
        code += column
    if np.prod([float(size) for size in sizes]) <= _DENSE:
        there = np.zeros(int(np.prod(sizes)), dtype=bool)
        there[code.ravel()] = True
        known = np.flatnonzero(there)
        place = np.zeros(len(there), dtype=np.int32)
        place[known] = np.arange(len(known))
        index = place[code]
    else:
        known, index = np.unique(code, return_inverse=True)
        index = index.reshape(shape).astype(np.int32)
    found = []
    for size in reversed(sizes):
        known, column = np.divmod(known, size)
        found.append(column)
    return index, found[::-1]


def _summed(terms: Terms, groups: np.ndarray, size: int) -> np.ndarray:
    """Sums over groups from the clips' own figures, some clips at a time."""
    found = np.zeros((size, terms.table.shape[1]))
    step = max(1, _CHUNK // terms.table.shape[1])
    for start in range(0, len(groups), step):
        rows = slice(start, start + step)
        figures = terms.only(rows).per_clip()
        for place, column in enumerate(figures.T):
            found[:, place] += np.bincount(groups[rows], weights=column, minlength=size)
    return found
