"""Dawid & Skene's model: the printed tables of 1979, crowd-kit, and raters whose ways are known."""

import numpy as np
import pandas as pd
import pytest

from emo_core.errors import BadInput
from emo_core.science import raters
from emo_core.science.dawid_skene import dawid_skene

# Dawid & Skene (1979), table 1: 45 patients, fitness for anaesthesia 1 to 4, observer 1 three times, observers 2 to 5 once.
PATIENTS = """111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3
232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1
222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2
111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3
221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2"""
# Their estimates: how often an observer says 1 to 4 (columns) where the truth is 1 to 4 (rows).
PRINTED = [
    [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]],
    [[0.83, 0.17, 0, 0], [0.05, 0.63, 0.31, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    [[1, 0, 0, 0], [0.11, 0.79, 0.11, 0], [0, 0.40, 0.20, 0.40], [0, 0, 0.67, 0.33]],
    [[0.94, 0.06, 0, 0], [0.05, 0.84, 0.10, 0], [0, 0, 0.80, 0.20], [0, 0, 0.33, 0.67]],
    [[1, 0, 0, 0], [0.16, 0.73, 0.11, 0], [0, 0.21, 0.79, 0], [0, 0, 0.33, 0.67]],
]


def test_the_tables_of_dawid_and_skene():
    """The three answers of observer 1 are one observer's, so they are not made with `named`, which keeps the latest."""
    rows = [patient.replace(" ", "") for line in PATIENTS.splitlines() for patient in line.split("|")]
    labels = np.array([[int(digit) - 1 for digit in row] for row in rows])
    assert labels.shape == (45, 7)
    clip, place = (axis.ravel() for axis in np.indices(labels.shape))
    observer = np.maximum(place - 2, 0)
    answers = raters.Named(clip, observer, labels.ravel(), clips=45, raters=5, emotions=4, anonymous=0, repeated=0)
    model = dawid_skene(answers, tolerance=1e-9)
    assert model.converged
    np.testing.assert_allclose(model.priors, [0.40, 0.42, 0.11, 0.07], atol=0.0051)
    np.testing.assert_allclose(model.confusions, PRINTED, atol=0.0051)
    for patient, printed in ((7, [0.98, 0.02, 0, 0]), (35, [0, 0.95, 0.05, 0]), (38, [0, 0.02, 0.98, 0])):
        np.testing.assert_allclose(model.posteriors[patient - 1], printed, atol=0.0051)


def simulated(seed: int, *, clips: int = 150, people: int = 12, emotions: int = 4, share: float = 0.5) -> raters.Named:
    """People of different reliability who each hear half of the clips."""
    rng = np.random.default_rng(seed)
    clip, rater = np.nonzero(rng.random((clips, people)) < share)
    truth, skill = rng.integers(emotions, size=clips), rng.uniform(0.3, 0.95, size=people)
    label = np.where(rng.random(len(clip)) < skill[rater], truth[clip], rng.integers(emotions, size=len(clip)))
    return raters.named(clip, rater, label, clips=clips, raters=people, emotions=emotions)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_crowd_kit(seed):
    """It takes no probability to be below 1e-10, so it is compared where every rater mixes up every pair of emotions."""
    aggregation = pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is not installed")
    answers = simulated(seed, clips=500, share=0.9)
    table = pd.DataFrame({"task": answers.clip, "worker": answers.rater, "label": answers.label})
    theirs = aggregation.DawidSkene(n_iter=500, tol=1e-12).fit(table)
    ours = dawid_skene(answers, tolerance=1e-12, most_iterations=500)
    heard = ~np.isnan(ours.posteriors[:, 0])
    np.testing.assert_allclose(ours.posteriors[heard], theirs.probas_.sort_index()[range(4)].to_numpy(), atol=1e-4)
    np.testing.assert_allclose(ours.priors, theirs.priors_.sort_index().to_numpy(), atol=1e-4)
    confusions = np.array([theirs.errors_.loc[worker].reindex(range(4))[range(4)].T for worker in range(12)])
    np.testing.assert_allclose(ours.confusions, confusions, atol=1e-4)


def test_it_finds_who_swaps_two_emotions():
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=400)
    clip, rater = (axis.ravel() for axis in np.indices((400, 5)))
    label = np.where(rng.random(2000) < 0.9, truth[clip], rng.integers(3, size=2000))
    swapper = rater == 4
    label[swapper] = np.array([1, 0, 2])[truth[clip[swapper]]]
    model = dawid_skene(raters.named(clip, rater, label, clips=401, raters=6, emotions=3), smoothing=0.01)
    assert (model.posteriors[:400].argmax(axis=1) == truth).mean() > 0.98
    assert model.confusions[[0, 4]].argmax(axis=2).tolist() == [[0, 1, 2], [1, 0, 2]]


def test_shares_sum_to_one_and_who_said_nothing_is_unknown():
    answers = raters.named([0, 0, 1, 1, 3], [0, 1, 0, 1, -1], [0, 0, 1, 0, 1], clips=4, raters=3, emotions=2)
    for smoothing in (0, 0.1):
        model = dawid_skene(answers, smoothing=smoothing)
        assert model.priors.sum() == pytest.approx(1)
        np.testing.assert_allclose(model.posteriors[:2].sum(axis=1), 1)
        np.testing.assert_allclose(model.confusions[:2].sum(axis=2), 1)
        assert np.isnan(model.posteriors[2:]).all() and np.isnan(model.confusions[2]).all()
        assert ((model.confusions[:2] == 0).any()) == (smoothing == 0)


@pytest.mark.parametrize("smoothing", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_iteration_makes_it_less_likely(seed, smoothing):
    answers = simulated(seed, share=0.2)
    model = dawid_skene(answers, smoothing=smoothing, tolerance=1e-9, most_iterations=1000)
    assert len(model.path) == model.iterations and model.converged
    assert (np.diff(model.path) > -1e-9 * abs(model.path[-1])).all() and model.path[-1] > model.path[0]
    if not smoothing:
        assert model.log_likelihood == model.path[-1]


def test_it_says_where_it_stopped_too_early():
    model = dawid_skene(simulated(0), most_iterations=2)
    assert not model.converged and model.iterations == 2


def test_neither_the_order_of_clips_nor_the_names_of_raters_or_emotions_matter():
    answers = simulated(5)
    place, renamed, emotions = (np.random.default_rng(3).permutation(n) for n in (150, 12, 4))
    other = raters.named(
        place[answers.clip], renamed[answers.rater], emotions[answers.label], clips=150, raters=12, emotions=4
    )
    a, b = dawid_skene(answers), dawid_skene(other)
    np.testing.assert_allclose(a.priors, b.priors[emotions], atol=1e-9)
    np.testing.assert_allclose(a.posteriors, b.posteriors[place][:, emotions], atol=1e-9)
    np.testing.assert_allclose(a.confusions, b.confusions[renamed][:, emotions][:, :, emotions], atol=1e-9)


def test_no_answers_give_nothing():
    model = dawid_skene(raters.named([0], [-1], [0], clips=1, raters=1, emotions=2))
    assert np.isnan(model.priors).all() and np.isnan(model.posteriors).all() and np.isnan(model.log_likelihood)
    assert (model.iterations, model.converged) == (0, False)


@pytest.mark.parametrize("options", [{"smoothing": -1}, {"most_iterations": 0}, {"tolerance": 0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(BadInput, match=r"Smoothing is zero or more.*got"):
        dawid_skene(simulated(0), **options)
