"""Do raters agree on a scale? Valence, arousal, dominance: numbers, of which some are nearer than others.

A rating is a clip, a rater and a value. Krippendorff's alpha takes any numbers of ratings a clip: with the interval metric a
disagreement weighs as the square of its distance, with the ordinal metric as the ranks between the two. The intraclass
correlation says which share of the variance lies between clips: ICC(1) where raters differ from clip to clip, ICC(A,1) and
ICC(C,1) where the same raters rated every clip.

Each coefficient is a function of sums over clips (`*_terms`, `*_from_sums`), as in `agreement`, so that a bootstrap resamples
rows of terms. Values are centred and divided by their range first. That changes no coefficient, keeps the digits of sums of
squares, and lets one threshold tell "no variance" from rounding whatever the unit. `reliability.dimensional` gives all
coefficients of a scale with intervals, and says why one is undefined.

>>> from emo_core.science.inference import bootstrap_interval
>>> clip, value = np.repeat(np.arange(40), 3), np.repeat(np.arange(40) % 5, 3) + np.tile([0.0, 0.5, 1.0], 40)
>>> terms = moment_terms(clip, value, 40)
>>> interval = bootstrap_interval(terms, interval_alpha_from_sums, seed=1)
>>> bool(interval.low < interval_alpha_from_sums(terms.sum(axis=0)) < interval.high)
True

References
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania (2011).
    K. O. McGraw & S. P. Wong, "Forming inferences about some intraclass correlation coefficients", Psychological Methods 1
    (1996).
    P. E. Shrout & J. L. Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological Bulletin 86
    (1979).
"""

import numpy as np

from emo_core.errors import BadInput

MOST_VALUES = 25  # different values of an ordinal scale; each pair of them is a term: 325 columns


def validate(clip: np.ndarray, value: np.ndarray, clips: int) -> tuple[np.ndarray, np.ndarray]:
    """Clips and values of the ratings that are there (not NaN), values centred on their mean and of range one.

    Raises BadInput where lengths differ, a clip is out of range, or a value is infinite.
    """
    clip, value = np.asarray(clip), np.asarray(value, dtype=float)
    if clip.ndim != 1 or clip.shape != value.shape:
        raise BadInput(
            f"Each rating has one clip and one value, but there are {clip.shape} clips and {value.shape} values."
        )
    there = ~np.isnan(value)
    clip, value = clip[there].astype(int), value[there]
    if len(clip) and not (clip.min() >= 0 and clip.max() < clips):
        raise BadInput(f"Clips are numbered from 0 to {clips - 1}, got {clip.min()} to {clip.max()}.")
    if not np.isfinite(value).all():
        wrong = value[~np.isfinite(value)][0]
        raise BadInput(f"A rating is a finite number, got {wrong}. Leave it out, or write it as missing.")
    return clip, _standardised(value)


def _standardised(value: np.ndarray) -> np.ndarray:
    """Centred, and divided by the range where there is one."""
    if not value.size:
        return value
    centred = value - value.mean()
    reach = np.ptp(value)
    return centred / reach if reach > 0 else centred * 0


def moment_terms(clip: np.ndarray, value: np.ndarray, clips: int) -> np.ndarray:
    """For each clip with two ratings or more: a one, m, m², S, S²/m, Q = Σv², and (m Q − S²) / (m − 1): (clips, 7). Zeros
    where there are fewer.

    clip, value: (ratings,); NaN is no rating. Values v are those of `validate`.

    Raises BadInput as `validate`.

    >>> moment_terms(np.array([0, 0, 1]), np.array([1.0, 3.0, 2.0]), 2).tolist()
    [[1.0, 2.0, 4.0, 0.0, 0.0, 0.5, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    clip, value = validate(clip, value, clips)
    m = np.bincount(clip, minlength=clips).astype(float)
    s, q = (np.bincount(clip, weights=w, minlength=clips) for w in (value, value**2))
    several = m >= 2
    safe = np.where(several, m, 2)
    terms = np.column_stack([np.ones(clips), m, m**2, s, s**2 / safe, q, (m * q - s**2) / (safe - 1)])
    return terms * several[:, None]


def interval_alpha_from_sums(sums: np.ndarray) -> np.ndarray:
    """Krippendorff's alpha with the interval metric from sums of `moment_terms` (Krippendorff 2011, section D):
    1 − D_o / D_e, D_o = 2 Σ_u (m Q − S²) / (m − 1) / n, D_e = 2 (n Q − S²) / (n (n − 1)).

    (…, 7) → (…,), at most 1; NaN where all values are equal.

    >>> interval_alpha_from_sums(moment_terms(np.array([0, 0, 1, 1]), np.array([1.0, 2, 4, 5]), 2).sum(axis=0)).round(3)
    np.float64(0.85)
    """
    sums = np.asarray(sums, dtype=float)
    n, s, q, within = sums[..., 1], sums[..., 3], sums[..., 5], sums[..., 6]
    expected = n * q - s**2
    return 1 - _ratio((n - 1) * within, expected, floor=1e-9 * np.maximum(n, 1) ** 2)


def icc1_from_sums(sums: np.ndarray) -> np.ndarray:
    """One-way random intraclass correlation of a single rating, ICC(1), for any numbers of ratings, from sums of
    `moment_terms`: (MSB − MSW) / (MSB + (m₀ − 1) MSW) with m₀ = (N − Σm²/N) / (clips − 1) (Shrout & Fleiss 1979; for unequal
    numbers the analysis of variance estimator).

    (…, 7) → (…,), at most 1, below 0 where ratings differ more within clips than between. NaN with fewer than two clips, or
    where all values are equal.

    >>> icc1_from_sums(moment_terms(np.array([0, 0, 1, 1]), np.array([1.0, 2, 4, 5]), 2).sum(axis=0)).round(3)
    np.float64(0.895)
    """
    between, within, size = _mean_squares(sums)
    return _ratio(between - within, between + (size - 1) * within, floor=1e-12)


def icck_from_sums(sums: np.ndarray) -> np.ndarray:
    """The same of the mean of a clip's m₀ ratings, ICC(1, m₀): (MSB − MSW) / MSB, which is Spearman and Brown's step up of
    ICC(1) by m₀. (…, 7) → (…,), at most 1.

    >>> icck_from_sums(moment_terms(np.array([0, 0, 1, 1]), np.array([1.0, 2, 4, 5]), 2).sum(axis=0)).round(3)
    np.float64(0.944)
    """
    between, within, _ = _mean_squares(sums)
    return _ratio(between - within, between, floor=1e-12)


def _mean_squares(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean squares between and within clips, and the effective number of ratings a clip m₀."""
    sums = np.asarray(sums, dtype=float)
    clips, n, squares, s, s2m, q = np.moveaxis(sums[..., :6], -1, 0)
    between = _ratio(s2m - _ratio(s**2, n), clips - 1)
    within = _ratio(q - s2m, n - clips)
    return np.maximum(between, 0), np.maximum(within, 0), _ratio(n - _ratio(squares, n), clips - 1)


def complete_table(clip: np.ndarray, rater: np.ndarray, value: np.ndarray, clips: int) -> np.ndarray | None:
    """Ratings as a table (rated clips, raters) where the same two raters or more rated each of them once; else None.

    clip, rater, value: (ratings,), rater −1 anonymous, NaN no rating. `clips` is how many clips there are, rated or not.

    >>> complete_table(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([1.0, 2, 4, 5]), 3).tolist()
    [[1.0, 2.0], [4.0, 5.0]]
    """
    there = ~np.isnan(np.asarray(value, dtype=float))
    clip, rater, value = (np.asarray(array)[there] for array in (clip, rater, value))
    rated, row = np.unique(clip, return_inverse=True)
    raters, column = np.unique(rater, return_inverse=True)
    whole = len(rated) > 1 and len(raters) > 1 and len(clip) == len(rated) * len(raters) and (rater >= 0).all()
    if not whole or len(np.unique(row * len(raters) + column)) < len(clip):
        return None
    table = np.empty((len(rated), len(raters)))
    table[row, column] = value
    return table


def two_way_terms(table: np.ndarray) -> np.ndarray:
    """For each clip a one, each rater's value, Σv² and S²: (clips, 3 + raters). Values centred, and of range one.

    >>> two_way_terms(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
    [[1.0, -0.5, 0.5, 0.5, 0.0], [1.0, 0.5, -0.5, 0.5, 0.0]]
    """
    table = _standardised(np.asarray(table, dtype=float))
    return np.column_stack([np.ones(len(table)), table, (table**2).sum(axis=1), table.sum(axis=1) ** 2])


def two_way_from_sums(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ICC(A,1), absolute agreement, and ICC(C,1), consistency (McGraw & Wong 1996, table 4; the first is ICC(2,1) and the
    second ICC(3,1) of Shrout & Fleiss 1979), from sums of `two_way_terms`: (…, 3 + raters) → two of (…,), at most 1.

    NaN where all values are equal.

    >>> table = np.array([[1.0, 2.0], [4.0, 5.0], [2.0, 3.0]])  # the second rater is always one higher
    >>> [round(float(figure), 3) for figure in two_way_from_sums(two_way_terms(table).sum(axis=0))]
    [0.824, 1.0]
    """
    sums = np.asarray(sums, dtype=float)
    n, columns, q, rows = sums[..., 0], sums[..., 1:-2], sums[..., -2], sums[..., -1]
    k = columns.shape[-1]
    correction = columns.sum(axis=-1) ** 2 / (n * k)
    between = rows / k - correction
    raters = (columns**2).sum(axis=-1) / n - correction
    error = np.maximum(q - correction - between - raters, 0)
    msr, msc = _ratio(between, n - 1), raters / (k - 1)
    mse = _ratio(error, (n - 1) * (k - 1))
    consistency = _ratio(msr - mse, msr + (k - 1) * mse, floor=1e-12)
    agreement = _ratio(msr - mse, msr + (k - 1) * mse + k * (msc - mse) / n, floor=1e-12)
    return agreement, consistency


def ordinal_terms(clip: np.ndarray, value: np.ndarray, clips: int) -> np.ndarray:
    """For each clip its coincidences of values c ≤ k, o_ck = n_uc (n_uk − [c = k]) / (m − 1): (clips, values (values + 1) / 2),
    the pairs in the order of `np.triu_indices`. Zeros with fewer than two ratings.

    The distance between two ranks depends on how often each value between them occurs, so on the resample; that is why every
    pair of values is a term here.

    Raises BadInput where there are more than `MOST_VALUES` different values: such a scale is not ordinal.

    >>> ordinal_terms(np.array([0, 0, 0, 1]), np.array([1, 1, 2, 2]), 2).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    clip, value = validate(clip, value, clips)
    levels, code = np.unique(value, return_inverse=True)
    k = len(levels)
    if k > MOST_VALUES:
        raise BadInput(f"An ordinal scale has at most {MOST_VALUES} values, got {k}. Use the interval metric.")
    counts = np.bincount(clip * k + code, minlength=clips * k).reshape(clips, k).astype(float)
    m = counts.sum(axis=1)
    scale = np.divide(1, m - 1, out=np.zeros(clips), where=m >= 2)
    terms, column = np.empty((clips, k * (k + 1) // 2)), 0
    for level in range(k):  # one row of the triangle at a time, in place: all at once would need thrice the memory
        row = terms[:, column : column + k - level]
        np.multiply(counts[:, level:], (counts[:, level] * scale)[:, None], out=row)
        row[:, 0] -= counts[:, level] * scale
        column += k - level
    return terms


def ordinal_alpha_from_sums(sums: np.ndarray) -> np.ndarray:
    """Krippendorff's alpha with the ordinal metric from sums of `ordinal_terms` (Krippendorff 2011, section D):
    δ²_ck = (Σ_{g=c…k} n_g − (n_c + n_k) / 2)². (…, terms) → (…,), at most 1; NaN where all values are equal.

    >>> ordinal_alpha_from_sums(ordinal_terms(np.array([0, 0, 1, 1]), np.array([1, 1, 2, 3]), 2).sum(axis=0)).round(3)
    np.float64(0.833)
    """
    sums = np.asarray(sums, dtype=float)
    k = round(((8 * sums.shape[-1] + 1) ** 0.5 - 1) / 2)
    low, high = np.triu_indices(k)
    observed = np.empty((*sums.shape[:-1], k, k))
    observed[..., low, high] = observed[..., high, low] = sums
    n = observed.sum(axis=-1)
    reach = np.cumsum(n, axis=-1) - n / 2  # from the middle of one value's votes to the middle of another's
    distance = (reach[..., :, None] - reach[..., None, :]) ** 2
    total = n.sum(axis=-1)
    expected = (n[..., :, None] * n[..., None, :] * distance).sum(axis=(-2, -1))
    return 1 - _ratio((total - 1) * (observed * distance).sum(axis=(-2, -1)), expected)


def _ratio(above: np.ndarray, below: np.ndarray, floor: float | np.ndarray = 0) -> np.ndarray:
    """above / below, NaN where `below` is not above `floor`."""
    below = np.asarray(below, dtype=float)
    return np.divide(above, below, out=np.full(np.shape(below + np.asarray(above)), np.nan), where=below > floor)
