"""Every exact mean against all subsets written out, votes taken as distinguishable things."""

from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emo_core.errors import BadInput
from emo_core.science import ambiguity, divergences, normalise, subsets
from emo_core.science.distributions import entropy

ALPHA = 0.5  # votes added for the Kullback–Leibler divergence
JS = divergences.jensen_shannon_divergence
MEASURES = {  # written for whole distributions, elsewhere, beside one emotion's part of each
    subsets.js: JS,
    subsets.bc: divergences.bhattacharyya_coefficient,
    subsets.tv: divergences.total_variation_distance,
    subsets.entropy: lambda p, q: entropy(q),
    subsets.kl: divergences.kullback_leibler_divergence,
}
few = settings(max_examples=60, deadline=None)


def kept(counts: np.ndarray, n: int) -> np.ndarray:
    """Counts of every way to keep n of one clip's votes, (ways, emotions)."""
    emotions = len(counts)
    labels = np.repeat(np.arange(emotions), counts)
    return np.array([np.bincount(labels[list(way)], minlength=emotions) for way in combinations(range(len(labels)), n)])


def js(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Of one distribution against many, or of many against as many."""
    return JS(p, q)


@st.composite
def sides(draw, reference=(1, 6), candidate=(1, 6), shared=False):
    """Counts of two panels on one to three clips, from votes listed one by one; quarters of votes where `shared`."""
    clips, emotions = draw(st.integers(1, 3)), draw(st.integers(2, 4))

    def panel(least, most):
        votes = st.lists(st.integers(0, emotions - 1), min_size=least, max_size=most)
        return np.array([np.bincount(draw(votes), minlength=emotions) for _ in range(clips)])

    r, c = panel(*reference), panel(*candidate)
    if shared and draw(st.booleans()):
        quarters = st.lists(st.integers(0, 7), min_size=emotions, max_size=emotions)
        r = r + np.array([draw(quarters) for _ in range(clips)]) / 4
    return r, c


def close(found: np.ndarray, expected, *, within: float = 1e-12) -> None:
    assert np.abs(found - np.array(expected, dtype=float)).max() <= within


@few
@given(sides(shared=True))
def test_the_whole_reference_against_n_votes_is_the_mean_over_all_subsets_for_every_measure(panels):
    r, c = panels
    sizes = range(1, c.sum(axis=1).min() + 1)
    found = subsets.against_all(r, c, sizes, list(MEASURES), smoothing={subsets.kl: ALPHA}).per_clip()
    expected = [
        [
            measure(p, normalise(kept(votes, n), smoothing=ALPHA if name is subsets.kl else 0)).mean()
            for name, measure in MEASURES.items()
            for n in sizes
        ]
        for p, votes in zip(normalise(r), c)
    ]
    # Shares of shared votes are told apart at 12 digits, so that far and no farther.
    close(found, expected, within=1e-12 if r.dtype.kind == "i" else 1e-11)


@few
@given(sides(), st.data())
def test_part_of_the_reference_against_n_votes_is_the_mean_over_both_subsets(panels, data):
    r, c = panels
    m = data.draw(st.integers(1, int(r.sum(axis=1).min())))
    sizes = range(1, c.sum(axis=1).min() + 1)
    found = subsets.against_part(r, c, m, sizes).per_clip()
    expected = [
        [np.mean([js(p, kept(theirs, n) / n).mean() for p in kept(mine, m) / m]) for n in sizes]
        for mine, theirs in zip(r, c)
    ]
    close(found, expected)


@few
@given(sides(reference=(2, 6)), st.data())
def test_two_parts_of_one_panel_share_no_vote(panels, data):
    r, _ = panels
    least = int(r.sum(axis=1).min())
    m = data.draw(st.integers(1, least - 1))
    sizes = range(1, least - m + 1)
    found = subsets.within(r, m, sizes).per_clip()
    expected = [
        [np.mean([js(part / m, kept(mine - part, n) / n).mean() for part in kept(mine, m)]) for n in sizes]
        for mine in r
    ]
    close(found, expected)
    for n in sizes:  # which part is called the first is no matter
        close(subsets.within(r, n, [m]).per_clip()[:, 0], found[:, n - 1])


@few
@given(
    sides(reference=(2, 5), candidate=(1, 4)),
    st.sampled_from([0.5, 1.0, 2.5]),
    st.sampled_from([0.0, 0.5]),
    st.data(),
)
def test_help_is_the_mean_over_all_ways_to_part_the_votes(panels, weight, added, data):
    r, c = panels
    least = int(r.sum(axis=1).min())
    held_out = data.draw(st.integers(1, least - 1))
    m = data.draw(st.integers(1, least - held_out))
    sizes = range(c.sum(axis=1).min() + 1)
    found = subsets.with_help(r, c, held_out, m, sizes, weight=weight, added=added).per_clip()
    for row, (mine, theirs) in enumerate(zip(r, c)):
        for n in sizes:
            more = kept(theirs, n) if n else np.zeros((1, len(theirs)))
            too = added if n else 0.0
            values = [
                js(
                    normalise(out, smoothing=added),
                    normalise(others + added + weight * (more + too)),
                ).mean()
                for out in kept(mine, held_out)
                for others in kept(mine - out, m)
            ]
            close(found[row, n], np.mean(values))
    if not added:  # alone
        close(found[:, 0], subsets.within(r, held_out, [m]).per_clip()[:, 0])


@few
@given(
    sides(reference=(2, 6), candidate=(2, 6)), st.sampled_from([subsets.js, subsets.bc, subsets.tv, subsets.entropy])
)
def test_the_jackknife_leaves_each_vote_out_once(panels, measure):
    r, c = panels
    found = subsets.jackknife(r, c, measure).per_clip()
    for (plain, corrected), mine, theirs in zip(found, r, c):
        p, q, n_r, n_c = normalise(mine), normalise(theirs), mine.sum(), theirs.sum()
        value = MEASURES[measure](p, q)
        bias_r = (n_r - 1) * (MEASURES[measure](normalise(kept(mine, n_r - 1)), q).mean() - value)
        bias_c = (n_c - 1) * (MEASURES[measure](p, normalise(kept(theirs, n_c - 1))).mean() - value)
        close(plain, value)
        close(corrected, value - bias_r - bias_c)


@few
@given(sides(shared=True), st.sampled_from([0.5, 1.0, 3.0]), st.sampled_from([0.0, 0.5]))
def test_pooled_entropy_is_the_mean_over_all_subsets(panels, weight, added):
    r, c = panels
    for n in range(c.sum(axis=1).min() + 1):
        found = subsets.pooled_entropy(r, c, n, weight=weight, added=added).per_clip()[:, 0]
        expected = [
            entropy(normalise(mine + added + weight * (added + drawn))).mean()
            for mine, theirs in zip(r, c)
            for drawn in [kept(theirs, n) if n else np.zeros((1, len(theirs)))]
        ]
        close(found, expected, within=1e-12 if r.dtype.kind == "i" else 1e-11)


@few
@given(sides(), st.integers(1, 6))
def test_equal_entropies_are_means_over_subsets_and_undefined_with_too_few_votes(panels, n):
    for counts, found in zip(panels, ambiguity.equal_entropies(*panels, n)):
        for votes, value in zip(counts, found):
            assert np.isnan(value) if votes.sum() < n else abs(value - entropy(kept(votes, n) / n).mean()) <= 1e-12


def test_hypergeometric_chances_are_scipys_and_none_where_votes_are_too_few():
    for total in (0, 1, 5, 12, 900):
        marked = np.unique(np.linspace(0, total, 7).astype(int))
        for n in (1, 2, 5, 12):
            found = subsets.hypergeometric(np.full(len(marked), total), marked, n)
            if n > total:
                assert not found.any()
                continue
            expected = stats.hypergeom.pmf(np.arange(n + 1), total, marked[:, None], n)
            assert np.abs(found - expected).max() <= 1e-12


def test_a_growing_subset_takes_each_vote_once_and_all_alike(rng):
    counts = np.tile([3, 0, 2, 1], (20_000, 1))
    for n, found in enumerate(subsets.draw(counts, 6, rng), 1):
        assert (found.sum(axis=1) == n).all() and (found <= counts).all()
        assert found.mean(axis=0) == pytest.approx(n * counts[0] / 6, abs=0.02)  # five standard errors
    assert (found == counts).all()


@pytest.mark.parametrize("dense", [subsets._DENSE, 0])
def test_distinct_tuples_give_back_what_went_in(dense, rng):
    columns = [rng.integers(0, size, (500, 4)) for size in (3, 7, 1, 20)]
    with patch.object(subsets, "_DENSE", dense):
        index, found = subsets._distinct(columns)
    assert all((each[index] == column).all() for each, column in zip(found, columns))
    assert len(found[0]) == len(np.unique(np.stack(columns, axis=-1).reshape(-1, 4), axis=0))


def test_equal_terms_come_out_by_every_path(rng):
    r, c = rng.multinomial(9, np.ones(5) / 5, size=400), rng.multinomial(7, np.ones(5) / 5, size=400)
    groups = rng.integers(0, 11, size=400)  # the last group may stay empty
    dense = subsets.against_all(r, c, [1, 4, 7])
    sums, per_clip = dense.sum_groups(groups, 12), dense.per_clip()
    with patch.object(subsets, "_DENSE", 0), patch.object(subsets, "_CHUNK", 50):
        other = subsets.against_all(r, c, [1, 4, 7])
        close(other.sum_groups(groups, 12), sums)
    close(other.per_clip(), per_clip)
    close(sums, [per_clip[groups == group].sum(axis=0) for group in range(12)])
    close(dense.mean(), per_clip.mean(axis=0))
    assert len(dense) == 400


def test_terms_stand_beside_each_other_count_clips_and_are_cut(rng):
    r, c = rng.multinomial(6, np.ones(3) / 3, size=50), rng.multinomial(5, np.ones(3) / 3, size=50)
    one, two, three = subsets.within(r, 2, [1, 4]), subsets.against_part(r, c, 2, [1, 5]), subsets.jackknife(r, c)
    both = subsets.beside(one, two, three)
    close(both.per_clip(), np.hstack([one.per_clip(), two.per_clip(), three.per_clip()]))
    counted = both.counted()
    close(counted.per_clip()[:, :-1], both.per_clip())
    close(counted.per_clip()[:, -1], np.ones(50))
    chosen = rng.random(50) < 0.4
    close(both.only(chosen).per_clip(), both.per_clip()[chosen])
    assert np.isnan(both.only(np.zeros(50, dtype=bool)).mean()).all()


def test_votes_in_the_ten_thousands_keep_their_figures():
    votes = np.array([[70_000, 50_000], [3, 100_000]])
    expected = [js(p, np.eye(2)) @ p for p in normalise(votes)]
    close(subsets.against_all(votes, votes, [1]).per_clip()[:, 0], expected, within=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: subsets.against_all([[1, 1]], [[1, 1], [1, 1]], [1]), "shapes (1, 2) and (2, 2)"),
        (lambda: subsets.against_all([1, 1], [1, 1], [1]), "shapes (2,) and (2,)"),
        (lambda: subsets.against_all([[1, 1]], [[1, 0.5]], [1]), "Counts must be whole"),
        (lambda: subsets.against_all([[1, -1]], [[1, 1]], [1]), "not be negative"),
        (lambda: subsets.against_all([[1, 1], [0, 0]], [[1, 1], [2, 0]], [1]), "1 clips have not any reference vote, row 1"),
        (lambda: subsets.against_all([[1, 1]], [[1, 1]], [1, 3]), "not 3 candidate votes, row 0 has 2"),
        (lambda: subsets.against_part([[0.5, 1.5]], [[1, 1]], 1, [1]), "Counts must be whole"),
        (lambda: subsets.against_part([[1, 1]], [[1, 1]], 3, [1]), "not 3 reference votes"),
        (lambda: subsets.within(np.array([[2, 1]]), 2, [1, 2]), "not 4 reference votes, row 0 has 3"),
        (lambda: subsets.with_help([[2, 1]], [[1, 0]], 2, 2, [0, 1]), "not 4 reference votes"),
        (lambda: subsets.with_help([[2, 2]], [[1, 0]], 2, 2, [0, 2]), "not 2 candidate votes"),
        (lambda: subsets.jackknife([[1, 0]], [[1, 1]]), "not 2 reference votes"),
        (lambda: subsets.jackknife([[1, 1]], [[0, 1]]), "not 2 candidate votes"),
        (lambda: subsets.pooled_entropy([[1, 1]], [[0, 1]], 2), "not 2 candidate votes"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_named(call, message):
    with pytest.raises(BadInput) as refusal:
        call()
    assert message in str(refusal.value)


def test_no_clip_gives_no_figure():
    none = np.zeros((0, 3), dtype=int)
    for terms in (
        subsets.against_all(none, none, [1, 2]),
        subsets.against_all(none.astype(float), none, [1, 2]),
        subsets.within(none, 1, [1, 2]),
        subsets.against_part(none, none, 1, [1, 2]),
        subsets.with_help(none, none, 1, 1, [0, 1]),
        subsets.jackknife(none, none),
    ):
        assert terms.per_clip().shape == (0, 2) and np.isnan(terms.mean()).all()
