"""Two panels side by side: each figure is the one that its own module gives, with an interval around it."""

import numpy as np
import pytest
from scipy import stats

from emo_core import science
from emo_core.science.comparison import majority_shares


@pytest.fixture
def panels(rng):
    truth = rng.dirichlet(np.ones(4), size=300)
    return np.array([rng.multinomial(5, row) for row in truth]), np.array([rng.multinomial(9, row) for row in truth])


def test_the_table_holds_the_figures_of_the_other_modules(panels):
    reference, candidate = panels
    table = science.compare(reference, candidate, seed=1)
    p, q = science.normalise(reference), science.normalise(candidate)
    js = science.jensen_shannon_divergence(p, q)
    assert table.js.value == pytest.approx(js.mean(), abs=1e-15)
    assert table.js_quartiles == pytest.approx(np.quantile(js, [0.25, 0.5, 0.75]))
    assert table.combined.votes == 300 * 14
    assert table.reference.alpha.value == science.krippendorff_alpha(reference).value
    assert table.candidate.kappa.value == science.fleiss_kappa(candidate).value
    for figure in (table.js, table.bc, table.tv, table.reference.entropy, table.combined.alpha, table.combined.kappa):
        assert figure.low < figure.value < figure.high and figure.n == 300


def test_without_candidate_votes_only_the_reference_is_described(panels):
    table = science.compare(panels[0], np.zeros_like(panels[1]), seed=1)
    assert np.isnan(table.js.value) and table.js.reason and table.js.n == 0
    assert np.isfinite(table.reference.alpha.value)


def test_no_clips_at_all():
    table = science.compare(np.zeros((0, 3), int), np.zeros((0, 3), int), seed=1)
    assert table.clips == 0 and np.isnan(table.reference.entropy.value) and table.reference.alpha.reason


def test_resampling_speakers_is_wider_where_they_differ(rng):
    speakers = np.repeat(np.arange(20), 30)
    leaning = rng.dirichlet(np.full(3, 0.3), size=20)[speakers]
    counts = np.array([rng.multinomial(5, row) for row in leaning])
    by_clip, by_speaker = (science.compare(counts, counts[::-1], seed=1, speakers=by).js for by in (None, speakers))
    assert by_speaker.high - by_speaker.low > 1.5 * (by_clip.high - by_clip.low)


def test_majorities_share_ties(panels):
    table = science.majority_table(*panels)
    assert table.sum() == pytest.approx(300)
    assert table.trace() / 300 == pytest.approx(science.majority_match(*panels, seed=1).value)
    assert np.allclose(majority_shares(panels[0]).sum(axis=1), 1)
    assert np.isnan(majority_shares(np.zeros((1, 3), int))).all()


def test_correlation_is_pearsons(rng):
    x = rng.normal(size=200) + 1e6
    y = 0.5 * x + rng.normal(size=200)
    figure = science.correlation(x, y, seed=1)
    assert figure.value == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert figure.low < figure.value < figure.high
    assert science.correlation(x, np.ones(200), seed=1).reason
    assert science.correlation(np.array([1.0, np.nan, 3.0]), np.array([1.0, 2.0, 3.0]), seed=1).n == 2
