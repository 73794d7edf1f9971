"""Figures of sources against listeners: a planted truth is recovered, ties are shared, differences are on clips in common."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from emo_core import science
from emo_core.errors import BadInput
from emo_core.science import closeness, logits
from emo_core.science.closeness import FIGURES

OPTIONS = {"seed": 3, "resamples": 200}


def distributions_of(rng, clips=120, emotions=4):
    return rng.dirichlet(np.ones(emotions), clips)


def test_a_model_whose_logits_are_the_log_shares_is_recovered(rng):
    p = distributions_of(rng)
    found = closeness.figures(closeness.terms(p, logits.softmax(np.log(p) + 7), smoothing=0), **OPTIONS)
    assert [found[name].value for name in ("kl", "bd", "js")] == pytest.approx([0, 0, 0], abs=1e-9)
    assert [found[name].value for name in ("r2", "accuracy", "macro_f1")] == pytest.approx([1, 1, 1])
    flat = closeness.figures(closeness.terms(p, logits.softmax(np.log(p), temperature=1e9), smoothing=0), **OPTIONS)
    assert flat["r2"].value == pytest.approx(0, abs=1e-6) and flat["entropy"].value == pytest.approx(2)
    published = closeness.figures(closeness.terms(p, logits.paper(np.log(p) + 1000)), **OPTIONS)
    assert (
        published["accuracy"].value == 1 and published["entropy"].value > 1.999
    )  # the ranking is right, the shares are not


def test_figures_are_those_of_the_textbook(rng):
    p, q = distributions_of(rng), distributions_of(rng)
    found = closeness.figures(closeness.terms(p, q), **OPTIONS)
    fuller = logits.smoothed(q)
    assert found["kl"].value == pytest.approx(science.kullback_leibler_divergence(p, fuller).mean())
    assert found["bd"].value == pytest.approx(science.bhattacharyya_distance(p, fuller).mean())
    assert found["js"].value == pytest.approx(science.jensen_shannon_divergence(p, q).mean())
    assert found["r2"].value == pytest.approx(science.r_squared(p, q))
    labels = p.argmax(axis=1), q.argmax(axis=1)
    assert found["accuracy"].value == pytest.approx(accuracy_score(*labels))
    assert found["macro_f1"].value == pytest.approx(f1_score(*labels, average="macro"))
    for name in FIGURES:
        assert found[name].low < found[name].value < found[name].high


def test_emotions_that_nobody_names_have_no_f1():
    p, q = np.eye(4)[[0, 0, 1]], np.eye(4)[[0, 1, 1]]
    found = closeness.figures(closeness.terms(p, q), **OPTIONS)
    assert (
        found["macro_f1"].value
        == pytest.approx(f1_score([0, 0, 1], [0, 1, 1], average="macro"))
        == pytest.approx(2 / 3)
    )


def test_a_tie_is_shared_as_the_comparison_of_panels_shares_it():
    counts, q = np.array([[2, 2, 0], [3, 0, 1]]), np.array([[1.0, 0, 0], [0.4, 0.4, 0.2]])
    found = closeness.figures(closeness.terms(science.normalise(counts), q), **OPTIONS)
    assert found["accuracy"].value == 0.5 == science.majority_match(counts, q, **OPTIONS).value


def test_what_would_be_infinite_is_counted_and_smoothed():
    p, q = np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    terms = closeness.terms(p, q)
    assert terms.infinite == 2
    assert np.isfinite([closeness.figures(terms, **OPTIONS)[name].value for name in ("kl", "bd")]).all()
    raw = closeness.figures(closeness.terms(p, q, smoothing=0), **OPTIONS)
    assert np.isinf(raw["kl"].value) and "smoothing" in raw["kl"].reason and np.isfinite(raw["js"].low)


def test_sources_are_compared_on_the_clips_that_all_have(rng):
    p, a, b = (distributions_of(rng) for _ in range(3))
    a[:30], b[20:50] = np.nan, np.nan
    (first, second), (difference,) = closeness.compare(
        {"a": closeness.terms(p, a), "b": closeness.terms(p, b)}, **OPTIONS
    )
    alone = [closeness.figures(closeness.terms(p[50:], side[50:]), **OPTIONS) for side in (a, b)]
    assert (first, second) == (alone[0], alone[1]) and first["js"].n == 70
    for name in FIGURES:
        assert difference[name].value == pytest.approx(second[name].value - first[name].value)
    itself = closeness.compare({"a": closeness.terms(p, a), "again": closeness.terms(p, a)}, **OPTIONS)[1][0]
    assert all((each.value, each.low, each.high) == (0, 0, 0) for each in itself.values())  # paired: nothing is left


def test_whole_speakers_are_resampled(rng):
    p, q = distributions_of(rng), distributions_of(rng)
    q[::7] = np.nan
    speakers = np.repeat([f"s{i}" for i in range(6)], 20)
    found = closeness.figures(closeness.terms(p, q), clusters=speakers, **OPTIONS)
    assert found["js"].low < found["js"].value < found["js"].high


def test_without_a_clip_there_is_no_figure():
    nothing = closeness.terms(np.full((3, 2), np.nan), np.full((3, 2), 0.5))
    found = closeness.figures(nothing, **OPTIONS)
    assert all(np.isnan(each.value) and each.n == 0 and each.reason for each in found.values())
    with pytest.raises(BadInput, match="same clips"):
        closeness.compare({}, **OPTIONS)
