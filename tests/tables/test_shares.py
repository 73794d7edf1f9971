"""Shares are told from counts of votes and from single votes."""

import numpy as np
import pytest

from emo_core.tables.shares import looks_like_shares


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[75, 0, 25], [0, 100, 0], [33, 33, 34]], "Each row sums to 100"),
        ([[33.3, 33.3, 33.3], [50, 50, 0]], "percentages"),
        ([[33, 33, 33], [20, 40, 40], [0, 0, 100]], "percentages"),
        ([[0.75, 0, 0.25], [0, 1, 0]], "Each row sums to 1: these look like shares"),
        ([[0.33, 0.33, 0.33]], "shares"),
        ([[0.5, 0.5], [0, 0], [np.nan, 1]], "shares"),
    ],
)
def test_shares_are_recognised(rows, said):
    assert said in looks_like_shares(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],  # single votes
        [[3, 1], [0, 4], [2, 2]],
        [[7, 3], [10, 0], [5, 5]],  # ten raters each
        [[60, 40], [90, 10]],  # two clips may have had a hundred raters
        [[0.6667, 0, 0], [0, 0.3333, 0.6667], [0, 0, 0]],  # means of grades
        [[0, 0], [0, 0]],
        [[-1, 101], [50, 50], [20, 80]],
        [[100], [100], [100]],
        [],
    ],
)
def test_counts_grades_and_single_votes_are_not_shares(rows):
    assert looks_like_shares(rows) is None
