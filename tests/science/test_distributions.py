import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from vote_strategies import aligned_panels, votes

from emo_core.errors import BadInput
from emo_core.science import entropy, majority, majority_names, normalise, pool


@given(votes(), st.floats(1e-3, 10))
def test_smoothed_distributions_sum_to_one(counts, smoothing):
    p = normalise(counts, smoothing=smoothing)
    assert np.allclose(p.sum(axis=-1), 1, atol=1e-12) and (p > 0).all()


@given(votes())
def test_a_clip_without_votes_has_no_distribution(counts):
    p = normalise(counts)
    empty = counts.sum(axis=1) == 0
    assert np.isnan(p[empty]).all()
    assert np.allclose(p[~empty].sum(axis=1), 1, atol=1e-12)
    assert (np.isnan(entropy(p)) == empty).all()


@given(aligned_panels())
def test_pooled_distribution_is_the_mixture_weighted_by_votes(panels):
    a, b = panels
    weight = (a.sum(axis=1) / (a + b).sum(axis=1))[:, None]
    assert np.allclose(normalise(pool(a, b)), weight * normalise(a) + (1 - weight) * normalise(b), atol=1e-12)


@given(votes())
def test_entropy_equals_scipy_and_stays_in_range(counts):
    p = normalise(counts[counts.sum(axis=1) > 0])
    h = entropy(p)
    assert np.allclose(h, stats.entropy(p, base=2, axis=1), atol=1e-12)
    assert (h >= 0).all() and (h <= np.log2(p.shape[1])).all() and not np.signbit(h).any()


@given(votes(), st.randoms())
def test_entropy_does_not_depend_on_the_order_of_emotions(counts, random):
    order = random.sample(range(counts.shape[1]), counts.shape[1])
    h, reordered = entropy(normalise(counts)), entropy(normalise(counts[:, order]))
    assert np.allclose(h, reordered, atol=1e-12, equal_nan=True)


@given(st.integers(1, 64))
def test_uniform_distributions_have_the_entropy_of_their_size_exactly(k):
    assert entropy(np.full((1, k), 1 / k))[0] <= np.log2(k)
    assert entropy(np.eye(k)).max() == 0


@given(votes())
def test_majority_names_spell_the_majority(counts):
    emotions = [f"e{i}" for i in range(counts.shape[1])]
    for row, won, name in zip(counts, majority(counts), majority_names(counts, emotions)):
        assert (name or "").split(":") == ([e for e, w in zip(emotions, won) if w] or [""])
        assert (row[won] == row.max()).all() and (row[~won] < max(row.max(), 1)).all()


def test_one_vote_is_certain_and_no_clips_are_fine():
    assert normalise(np.array([[0, 1, 0]])).tolist() == [[0, 1, 0]]
    none = np.zeros((0, 6), dtype=int)
    assert normalise(none).shape == (0, 6) and entropy(normalise(none)).shape == (0,)
    assert majority(none).shape == (0, 6) and majority_names(none, list("ADFHNS")).shape == (0,)
    assert pool(none, none).shape == (0, 6)


def test_votes_stored_in_bytes_do_not_overflow():
    byte = np.array([[200, 100]], dtype=np.uint8)
    assert pool(byte, byte).tolist() == [[400, 200]]
    assert normalise(byte).tolist() == [[2 / 3, 1 / 3]]


def test_pooling_leaves_what_it_was_given():
    first = np.array([[1, 2]])
    pool(first, first)[:] = 0
    assert first.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("call", "rule", "value"),
    [
        (lambda: normalise(np.array([[1, 2], [3, -4]])), "must not be negative", "row 1 column 1 holds -4"),
        (lambda: normalise(np.array([[1.0, np.inf]])), "finite", "row 0 column 1 holds inf"),
        (lambda: normalise(np.array([1, -4])), "must not be negative", "column 1 holds -4"),
        (lambda: normalise(np.full((2, 2, 2), -1)), "must not be negative", "place (0, 0, 0) holds -1"),
        (lambda: normalise(np.array([["a"]])), "numbers", "<U1"),
        (lambda: normalise(np.zeros((3, 0))), "at least one emotion", "(3, 0)"),
        (lambda: normalise(np.ones((1, 2)), smoothing=-1), "zero or more", "-1"),
        (lambda: normalise(np.ones((1, 2)), smoothing=np.nan), "zero or more", "nan"),
        (lambda: normalise(np.ones((1, 2)), smoothing="a"), "zero or more", "'a'"),
        (lambda: pool(), "at least one panel", "none"),
        (lambda: pool(np.ones((2, 3)), np.ones((1, 3))), "Align", "(2, 3) and (1, 3)"),
        (lambda: entropy(np.array([[1.0, 0.0], [3.0, 1.0]])), "sum to one", "row 1 holds 4.0"),
        (lambda: entropy(np.array([[1.5, -0.5]])), "not be negative", "row 0 column 1 holds -0.5"),
        (lambda: majority_names(np.ones((1, 2)), ["a"]), "Each column", "2 columns"),
    ],
)
def test_what_breaks_a_rule_is_named(call, rule, value):
    with pytest.raises(BadInput) as refusal:
        call()
    assert rule in str(refusal.value) and value in str(refusal.value)
