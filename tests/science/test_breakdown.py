from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emo_core.errors import BadInput
from emo_core.science import entropy, jensen_shannon_divergence, normalise
from emo_core.science.breakdown import breakdown


@st.composite
def reference_and_parts(draw):
    shape = (draw(st.integers(1, 5)), draw(st.integers(2, 4)))
    counts = arrays("int64", shape, elements=st.integers(0, 3))
    return draw(counts), {name: draw(counts) for name in "ab"}


def agreeing(one: np.ndarray, other: np.ndarray | None = None) -> float:
    """Chance that two votes of a clip are alike, by going through all pairs; two different ones of one side."""
    votes = np.repeat(np.arange(len(one)), one)
    pairs = combinations(votes, 2) if other is None else product(votes, np.repeat(np.arange(len(other)), other))
    return float(np.mean([a == b for a, b in pairs]))


def mean(values: list) -> float:
    return float(np.mean(values)) if values else np.nan


@settings(max_examples=50, deadline=None)
@given(reference_and_parts())
def test_figures_are_those_of_all_pairs_of_votes(drawn):
    reference, parts = drawn
    panel = sum(parts.values())
    for found in breakdown(reference, parts, seed=1, resamples=2):
        votes = parts[found.name]
        both = [(r, g) for r, g in zip(reference, votes) if r.sum() and g.sum()]
        two = [g for g in votes if g.sum() >= 2]
        all_two = [(r, g) for r, g in both if r.sum() >= 2 and g.sum() >= 2]
        expected = (
            mean([agreeing(r, g) for r, g in both]),
            mean([1 - agreeing(g) for g in two]),
            mean([agreeing(g) - 2 * agreeing(r, g) + agreeing(r) for r, g in all_two]),
        )
        for figure, value, n in zip((found.match, found.spread, found.bias), expected, map(len, (both, two, all_two))):
            assert figure.value == pytest.approx(value, abs=1e-12, nan_ok=True) and figure.n == n
            assert (figure.reason is None) == bool(n)
        assert (found.votes, found.clips) == (votes.sum(), (votes.sum(axis=1) > 0).sum())
        assert found.entropy == pytest.approx(float(entropy(normalise(votes.sum(axis=0)))), nan_ok=True)
        with_it, rest = (jensen_shannon_divergence(normalise(reference), normalise(c)) for c in (panel, panel - votes))
        change = (rest - with_it)[np.isfinite(rest - with_it)]
        assert found.without.value == pytest.approx(mean(list(change)), abs=1e-12, nan_ok=True)
        assert found.without.n == len(change)


def test_a_biased_persona_is_better_left_out_and_a_good_one_kept(rng):
    truth = rng.dirichlet(np.full(4, 0.7), size=3000)
    parts = {
        "listens": rng.multinomial(4, truth),
        "always sad": np.tile([0, 0, 0, 4], (3000, 1)),
        "says the mode": 4 * np.eye(4, dtype=int)[truth.argmax(axis=1)],
        "guesses": rng.multinomial(4, np.ones(4) / 4, size=3000),
    }
    found = {part.name: part for part in breakdown(rng.multinomial(9, truth), parts, seed=1, resamples=200)}
    assert list(found) == list(parts)
    assert found["listens"].without.low > 0 and found["always sad"].without.high < 0
    listens = found["listens"]
    assert listens.bias.low < 0 < listens.bias.high and abs(listens.bias.value) < 0.02
    differ = 1 - np.square(truth).sum(axis=1).mean()
    assert listens.spread.value == pytest.approx(differ, abs=0.02)
    assert listens.match.value == pytest.approx(1 - differ, abs=0.02)
    assert found["says the mode"].spread.value == found["always sad"].spread.value == 0
    assert found["says the mode"].match.value > listens.match.value
    for name, q in (("always sad", np.array([0, 0, 0, 1])), ("guesses", np.ones(4) / 4)):
        distance = np.square(truth - q).sum(axis=1).mean()
        assert found[name].bias.value == pytest.approx(distance, abs=0.02) and found[name].bias.low > 0
    assert found["guesses"].spread.value == pytest.approx(0.75, abs=0.01)
    assert (found["always sad"].entropy, round(found["guesses"].entropy, 3)) == (0, 2)


def test_a_panel_of_one_group_cannot_do_without_it_and_one_of_none_has_no_figures():
    reference = np.array([[3, 1], [1, 2]])
    (only,) = breakdown(reference, {"a": np.array([[1, 0], [1, 1]])}, seed=1)
    assert np.isnan(only.without.value) and only.without.n == 0 and only.without.reason
    (silent, _) = breakdown(reference, {"a": np.zeros((2, 2), dtype=int), "b": reference}, seed=1)
    assert (silent.votes, silent.clips) == (0, 0) and np.isnan([silent.match.value, silent.entropy]).all()
    assert silent.without.value == 0
    assert breakdown(reference, {}, seed=1) == []
    (empty,) = breakdown(reference[:0], {"a": reference[:0]}, seed=1)
    assert empty.match.n == 0 and empty.match.reason


def test_the_clips_of_a_speaker_are_drawn_together(rng):
    truth = np.repeat(rng.dirichlet(np.ones(4), size=60), 10, axis=0)
    reference, part = (np.repeat(rng.multinomial(n, truth[::10]), 10, axis=0) for n in (8, 3))
    widths = []
    for by in (None, [f"s{i // 10}" for i in range(600)]):
        found = breakdown(reference, {"a": part, "b": reference}, seed=1, clusters=by, resamples=400)[0]
        widths.append([each.high - each.low for each in (found.match, found.spread, found.bias, found.without)])
    assert np.allclose(np.divide(widths[1], widths[0]), np.sqrt(10), rtol=0.3)


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        (np.array([[3, 1]] * 4), np.array([[1, 1]] * 5)),
        (np.array([[3, 1]]), np.array([[1, 1]] * 5)),  # not one reference for all
        (np.array([[3, 1]] * 5), np.array([[1, 1]])),
        (np.array([[3, 1, 0]] * 5), np.array([[1, 1]] * 5)),
        (np.array([[3, 1]] * 5), np.array([[1, 0.5]] * 5)),
        (np.array([[3, 0.5]] * 5), np.array([[1, 1]] * 5)),
    ],
    ids=["clips", "one reference", "one clip", "emotions", "shared votes", "shared reference"],
)
def test_counts_that_are_not_whole_or_not_aligned_are_refused(reference, part):
    with pytest.raises(BadInput):
        breakdown(reference, {"a": part, "b": part}, seed=1, resamples=2)
    with pytest.raises(BadInput):
        breakdown(np.array([[3, 1]] * 5), {"a": np.array([[1, 1]] * 5)}, seed=1, clusters=["s"] * 3)
