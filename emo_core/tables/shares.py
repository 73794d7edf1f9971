"""Shares and counts of votes: a distribution says which part of the raters chose an emotion, not how many raters there were.

Three of four raters and 75 of a hundred are the same distribution, with very different intervals and agreement. So a table
of shares is not a table of votes until somebody says how many votes each row stands for.
"""

import numpy as np
from numpy.typing import ArrayLike

PERCENT, ONE = 100.0, 1.0
_TOLERANCE = {PERCENT: 1.0, ONE: 0.02}  # shares are rounded, so their sums are not exact
_FEWEST = 3  # rows of whole numbers: a hundred raters on one clip are rare, on every clip rarer
_MOST = 0.9  # share of the rows that must sum so: a damaged row does not make shares of the others counts


def total(matrix: ArrayLike) -> float | None:
    """What the rows of shares sum to, 100 or 1; None where they are not shares.

    matrix  rows (clips or answers) × emotions, 0 or more; NaN where a cell is empty. Rows that sum to 0 say nothing.

    Rows of one 1 and otherwise 0 are single votes, and fewer than three rows of whole numbers may be counts.

    >>> total([[75, 0, 25], [0, 100, 0], [33, 33, 34]]), total([[0.75, 0.25]]), total([[3, 1], [0, 2]])
    (100.0, 1.0, None)
    """
    values = np.nan_to_num(np.atleast_2d(np.asarray(matrix, dtype=float)), nan=0.0)
    if values.shape[1] < 2 or (values < 0).any() or not np.isfinite(values).all():
        return None
    values = values[values.sum(axis=1) > 0]
    if not len(values):
        return None
    fractions = bool((values != np.round(values)).any())
    for whole, tolerance in _TOLERANCE.items():
        sums_so = np.abs(values.sum(axis=1) - whole) <= tolerance + 1e-9
        enough = fractions or (whole == PERCENT and len(values) >= _FEWEST)
        if enough and sums_so.mean() >= _MOST:
            return whole
    return None


def looks_like_shares(matrix: ArrayLike) -> str | None:
    """Why a table of numbers, rows × emotions, seems to hold shares instead of votes, as a sentence; None where it does not.

    >>> looks_like_shares([[0.75, 0.25], [0.5, 0.5]])
    'Each row sums to 1: these look like shares, which do not say how many raters there were.'
    """
    whole = total(matrix)
    if whole is None:
        return None
    kind = "percentages" if whole == PERCENT else "shares"
    return f"Each row sums to {whole:g}: these look like {kind}, which do not say how many raters there were."
