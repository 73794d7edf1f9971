from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from vote_strategies import votes

from emo_core.errors import BadInput
from emo_core.science import ambiguity, entropy, normalise
from emo_core.science.ambiguity import KINDS, effective_listeners, neighbours, strata


def kinds(counts, **options) -> np.ndarray:
    """Kinds by name, None where a clip has too few votes."""
    return np.array([[*KINDS, None][kind] for kind in ambiguity.kinds(counts, **options)], dtype=object)


def heard(rng, clips: int) -> np.ndarray:
    return rng.dirichlet(np.full(4, 0.7), size=clips)


def test_the_tertile_edges_of_crema_d_meet_the_figures_computed_beforehand(crema_d):
    found = strata(entropy(normalise(crema_d[0])))
    assert found.edges.round(4).tolist() == [0.9864, 1.4488]
    assert found.sizes.sum() == 3764 and np.ptp(found.sizes) < 500  # ties leave them unequal


def test_strata_of_equal_counts_of_equal_range_and_by_given_edges():
    bits = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 2.0])
    counts, ranges, given_edges = (
        strata(bits, k=2),
        strata(bits, k=4, method="equal range"),
        strata(bits, method="edges", edges=[0.1, 0.35]),
    )
    assert (counts.edges.tolist(), counts.sizes.tolist(), counts.names) == ([0.25], [3, 3], ("low", "high"))
    assert ranges.edges == pytest.approx([0.5, 1.0, 1.5]) and ranges.sizes.tolist() == [5, 0, 0, 1]
    assert ranges.names == ("1 of 4", "2 of 4", "3 of 4", "4 of 4")
    assert given_edges.stratum.tolist() == [0, 0, 1, 1, 2, 2]  # on an edge: below
    assert given_edges.on_edge.tolist() == [1, 0] and given_edges.names == ("low", "medium", "high")
    assert (given_edges.method, given_edges.lowest, given_edges.highest) == ("edges", 0.0, 2.0)


@pytest.mark.parametrize("method", ["equal counts", "equal range"])
def test_where_all_entropies_tie_everything_is_in_one_stratum_and_it_shows(method):
    bits = entropy(normalise(np.array([[2, 1, 0], [0, 1, 2], [1, 0, 2]] * 5)))  # equal but for rounding
    found = strata(bits, method=method)
    assert found.sizes.tolist() == [15, 0, 0] and found.on_edge.tolist() == [15, 15]
    third = strata(bits, method="edges", edges=[float(bits[1])])  # the exact number, not the rounded one
    assert third.sizes.tolist() == [15, 0] and third.on_edge.tolist() == [15]


def test_ties_are_never_parted(rng):
    bits = rng.integers(0, 6, size=500) / 7
    for k in (2, 3, 5, 10):
        for method in ("equal counts", "equal range"):
            found = strata(bits, k=k, method=method)
            assert all(len(set(found.stratum[bits == value])) == 1 for value in set(bits))
            assert (np.diff(found.stratum[np.argsort(bits)]) >= 0).all() and found.sizes.sum() == 500


def test_a_clip_without_entropy_is_in_no_stratum():
    found = strata(np.array([np.nan, 0.2, 0.4, 0.6]))
    assert found.stratum.tolist() == [-1, 0, 1, 2] and found.sizes.tolist() == [1, 1, 1]
    for nothing in (strata(np.full(3, np.nan)), strata(np.zeros(0)), strata(np.zeros(0), method="equal range")):
        assert nothing.sizes.tolist() == [0, 0, 0] and np.isnan(nothing.edges).all()
    assert (strata(np.full(3, np.nan)).stratum == -1).all()
    assert strata(np.array([0.5])).sizes.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 1}, "2 to 10 strata, not 1"),
        ({"k": 11}, "not 11"),
        ({"method": "tertiles"}, "not by 'tertiles'"),
        ({"method": "edges"}, "rising numbers of bits, not None"),
        ({"method": "edges", "edges": [1.0, 0.5]}, "[1.0, 0.5]"),
        ({"method": "edges", "edges": [0.5, 0.5]}, "rising"),
        ({"method": "edges", "edges": [0.5, np.nan]}, "rising"),
    ],
)
def test_what_breaks_a_rule_is_named(options, message):
    with pytest.raises(BadInput) as refusal:
        strata(np.array([0.1, 0.2]), **options)
    assert message in str(refusal.value)


@settings(deadline=None)
@given(votes(most=4))
def test_closeness_is_the_share_of_dissent_pair_by_pair(counts):
    emotions = counts.shape[1]
    pairs = np.zeros((emotions, emotions))
    for row in counts:
        for one, other in permutations(np.repeat(np.arange(emotions), row), 2):
            if one != other:
                pairs[one, other] += 1 / (row.sum() - 1)
    rows = pairs.sum(axis=1)
    found = neighbours(counts)
    assert np.isnan(np.diag(found)).all()
    for i in range(emotions):
        for j in range(emotions):
            if i != j and rows[i] * rows[j] > 0:
                assert found[i, j] == pytest.approx(pairs[i, j] / np.sqrt(rows[i] * rows[j]) * (emotions - 1), abs=1e-9)
            elif i != j:
                assert np.isnan(found[i, j])


def test_kinds_come_out_as_planted_and_neighbours_are_those_that_the_corpus_confuses():
    planted = {
        (5, 5, 0, 0): "neighbour confusion",  # this corpus confuses the first two
        (6, 3, 1, 0): "neighbour confusion",
        (5, 0, 5, 0): "two-way split",
        (0, 4, 0, 6): "two-way split",
        (7, 0, 0, 3): "two-way split",
        (0, 10, 0, 0): "agreed",
        (0, 1, 1, 8): "agreed",
        (5, 2, 2, 1): "leaning",
        (0, 1, 2, 7): "leaning",
        (4, 3, 2, 1): "diffuse",
        (3, 3, 2, 2): "diffuse",
    }
    corpus = np.array([(5, 5, 0, 0)] * 50 + [(3, 3, 2, 2)] * 40 + [kind for kind in planted for _ in range(2)])
    closeness = neighbours(corpus)
    assert closeness[0, 1] > 1.5 and (closeness[:2, 2:] < 1.2).all()
    found = kinds(corpus)
    assert found[90::2].tolist() == found[91::2].tolist() == list(planted.values())
    assert set(found) == set(KINDS)
    swapped = kinds(corpus[:, [2, 0, 3, 1]])  # columns in another order
    assert swapped.tolist() == found.tolist()


def test_a_kind_is_told_of_shared_votes_and_from_three_votes_on():
    shared = np.array([[1.5, 1.5, 0], [2, 0.9, 0], [3, 0, 0], [0, 0, 0]])
    assert kinds(shared, closeness=np.zeros((3, 3))).tolist() == ["two-way split", None, "agreed", None]
    assert kinds(np.zeros((0, 3), dtype=int)).tolist() == []
    assert kinds(np.array([[4], [2]])).tolist() == ["agreed", None]


def test_two_emotions_alone_are_no_closer_than_others(rng):
    """With two emotions all who differ name these two: a closeness of one, whatever the votes."""
    for _ in range(40):
        counts = rng.multinomial(7, [0.5, 0.5], size=30)
        assert neighbours(counts)[0, 1] == pytest.approx(1)
        assert "neighbour confusion" not in kinds(counts)


def test_a_copy_of_the_listeners_is_worth_its_number_of_votes(rng):
    truth = heard(rng, 20_000)
    found = effective_listeners(rng.multinomial(9, truth), rng.multinomial(6, truth), seed=1, resamples=200)
    assert (found.votes, found.clips, found.collapsed) == (6, 20_000, False)
    assert found.number.value == pytest.approx(6, rel=0.05) and found.number.low < 6 < found.number.high
    assert found.diversity.value == pytest.approx(1, abs=0.02)
    assert found.limit.value > 100


def test_a_panel_that_always_says_the_mode_has_collapsed(rng):
    truth = heard(rng, 3000)
    mode = 10 * np.eye(4, dtype=int)[truth.argmax(axis=1)]
    found = effective_listeners(rng.multinomial(9, truth), mode, seed=1, resamples=200)
    assert found.collapsed and found.diversity.value == found.diversity.high == 0
    assert found.number.value == pytest.approx(found.limit.value)  # more of the same vote adds nothing
    wide = effective_listeners(rng.multinomial(9, truth), rng.multinomial(9, truth), seed=1, resamples=200)
    assert found.number.value < wide.number.value / 2 and not wide.collapsed


def test_a_persona_copied_ten_times_is_worth_one(rng):
    truth = heard(rng, 10_000)
    once = rng.multinomial(1, truth)
    found = effective_listeners(rng.multinomial(9, truth), 10 * once, seed=1, resamples=100)
    assert found.votes == 10 and found.number.value == pytest.approx(1, rel=0.05)


def test_the_number_is_the_one_whose_squared_error_is_as_large(rng):
    truth = heard(rng, 30_000)
    panel = 0.7 * truth + 0.3 * rng.dirichlet(np.full(4, 0.7), size=len(truth))
    for n in (2, 7):
        found = effective_listeners(rng.multinomial(12, truth), rng.multinomial(n, panel), seed=1, resamples=100)
        error = np.square(rng.multinomial(n, panel) / n - truth).sum(axis=1).mean()
        one = np.square(rng.multinomial(1, truth) - truth).sum(axis=1).mean()  # of one listener; N have an Nth
        assert found.number.value == pytest.approx(one / error, rel=0.04)
        assert found.limit.value == pytest.approx(one / np.square(panel - truth).sum(axis=1).mean(), rel=0.08)
        assert found.number.low < one / error < found.number.high
    differ = [1 - np.square(each).sum(axis=1).mean() for each in (panel, truth)]
    assert found.diversity.value == pytest.approx(differ[0] / differ[1], abs=0.02)


def test_clips_with_one_vote_are_left_out_and_unanimous_listeners_leave_it_undefined():
    r, c = np.array([[3, 1], [1, 0], [2, 2]]), np.array([[2, 2], [3, 3], [0, 1]])
    assert effective_listeners(r, c, seed=1, resamples=5).clips == 1
    nothing = effective_listeners(r[1:], c[1:], seed=1)
    assert nothing.clips == 0 and "two votes on both sides" in nothing.number.reason
    agreed = effective_listeners(np.array([[3, 0]] * 5), np.array([[2, 1]] * 5), seed=1)
    assert np.isnan(agreed.diversity.value) and "never differ" in agreed.diversity.reason and not agreed.collapsed


def test_the_clips_of_a_speaker_are_drawn_together(rng):
    truth = heard(rng, 60)
    r, c = (np.repeat(rng.multinomial(n, truth), 10, axis=0) for n in (8, 6))
    alone, together = (
        effective_listeners(r, c, seed=1, clusters=by, resamples=400).diversity
        for by in (None, np.repeat(np.arange(60), 10))
    )
    assert together.value == alone.value
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(np.sqrt(10), rel=0.25)
    with pytest.raises(BadInput):
        effective_listeners(r, c, seed=1, clusters=["a"] * 3)
    with pytest.raises(BadInput, match="whole"):
        effective_listeners(r / 2, c, seed=1)
