import dataclasses
import itertools

import numpy as np
import pytest

from emo_core.augmentation.balance import class_counts, dominant, evenness, members
from emo_core.augmentation.dime import plan
from emo_core.augmentation.settings import CHOICES, GRID, Settings
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import BadInput, UnknownName
from tests.augmentation.conftest import EMOTIONS, make_training

VARIANTS = [
    {},
    {"neighbours": 5, "neighbour_class": "same", "metric": "cosine"},
    {"neighbours": 3, "neighbour_class": "other", "lam": "upper", "ties": "left_out"},
    {"lam": "beta", "alpha": 0.05, "across_speakers": False, "minority": "below_mean"},
]


def small(**changes) -> TrainingClips:
    """Three angry clips, one sad; on the line of their feature the sad one is nearest to c."""
    given = dict(
        names=["a", "b", "c", "d"],
        emotions=["anger", "sad"],
        distributions=np.array([[1.0, 0.0], [1.0, 0.0], [0.75, 0.25], [0.0, 1.0]]),
        features=np.array([[0.0], [1.0], [5.0], [6.0]]),
    )
    return TrainingClips(**(given | changes))


def test_a_plan_by_hand():
    """Anger has 3 clips, sad 1: of round(0.75 · 4) = 3 samples two fit below the largest, both of d with its neighbour c."""
    samples = plan(small(), Settings(fraction=0.75))
    assert [(row.emotion, row.clip_i, row.clip_j) for row in samples.rows()] == [("sad", "d", "c")] * 2
    lam = np.array([0.62549443, 0.18000166])  # golden: drawn from the seeds of (0, sample, sad, d, turn)
    np.testing.assert_allclose(samples.lam, lam, atol=1e-8)
    np.testing.assert_allclose(samples.targets, np.column_stack([0.75 * (1 - lam), lam + 0.25 * (1 - lam)]), atol=1e-8)
    assert [row.text_of for row in samples.rows()] == ["d", "c"]
    np.testing.assert_allclose(samples.distance, 1 / np.std([0, 1, 5, 6]))
    assert samples.balance.before.tolist() == [3, 1]
    assert samples.balance.filled.tolist() == [3, 3]
    assert samples.balance.after.tolist() == [4, 2]  # anger dominates the second mixture: 0.75 · 0.82
    assert [(row.what, row.count) for row in samples.not_made] == [("samples", 1)]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_parents_and_targets_keep_the_rules(training, variant):
    settings = Settings(fraction=0.5, **variant)
    samples = plan(training, settings)
    i, j, k = samples.parent_i, samples.parent_j, samples.emotion
    shares, winners = training.distributions, members(dominant(training.distributions), settings.ties)
    assert len(set(samples.ids)) == len(samples) > 10
    assert (i != j).all() and winners[i, k].all()
    if settings.neighbour_class == "same":
        assert winners[j, k].all()
    if settings.neighbour_class == "other":
        assert winners[j].any(axis=1).all() and not winners[j, k].any()
    if not settings.across_speakers:
        assert all(training.speakers[a] == training.speakers[b] for a, b in zip(i, j))
    assert (samples.lam >= (0.5 if settings.lam == "upper" else 0)).all() and (samples.lam <= 1).all()
    np.testing.assert_allclose(samples.targets.sum(axis=1), 1, atol=1e-12)
    assert (samples.targets >= np.minimum(shares[i], shares[j]) - 1e-12).all()
    assert (samples.targets <= np.maximum(shares[i], shares[j]) + 1e-12).all()
    assert (samples.text_of == np.where(samples.lam >= 0.5, i, j)).all()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_order_of_the_clips_changes_nothing(training, variant):
    settings = Settings(fraction=0.4, **variant)
    order = np.random.default_rng(1).permutation(len(training.names))
    shuffled = TrainingClips(
        [training.names[n] for n in order], EMOTIONS, training.distributions[order], training.features[order],
        [training.speakers[n] for n in order],
    )  # fmt: skip
    assert plan(shuffled, settings).rows() == plan(training, settings).rows()


@pytest.mark.parametrize("seed", range(4))
def test_larger_fractions_extend_smaller_ones_and_fill_the_rarest(seed):
    training = make_training(80, seed=seed)
    plans = [plan(training, Settings(fraction=fraction, seed=seed)) for fraction in (0, *GRID)]
    for smaller, larger in itertools.pairwise(plans):
        assert larger.rows()[: len(smaller)] == smaller.rows()
        assert evenness(larger.balance.filled) >= evenness(smaller.balance.filled)
        assert larger.balance.filled.max() == larger.balance.before.max()  # no minority emotion overtakes
    assert len(plans[0]) == 0 and len(plans[1]) == 8
    assert evenness(plans[-1].balance.filled) > evenness(plans[0].balance.filled)


def test_another_seed_makes_other_samples(training):
    one, other = (set(plan(training, Settings(seed=seed)).ids) for seed in (0, 1))
    assert not one & other


def test_the_second_parent_is_drawn_evenly_among_the_k_nearest():
    features = np.array([[0.0], [1.0], [2.0], [3.0], [50.0], [51.0]])
    sad = np.eye(2)[[1, 0, 0, 0, 0, 0]]
    drawn = [
        plan(TrainingClips("abcdef", ["anger", "sad"], sad, features), Settings(fraction=0.5, neighbours=3, seed=seed)).parent_j
        for seed in range(200)
    ]  # fmt: skip
    counts = np.bincount(np.concatenate(drawn), minlength=6)
    assert counts[[0, 4, 5]].sum() == 0 and counts.sum() == 600
    assert (abs(counts[1:4] - 200) < 60).all()  # five standard deviations


@pytest.mark.parametrize("metric", CHOICES["metric"])
def test_neighbours_are_nearest_in_standardised_features(training, metric):
    """Whatever the features' units are: one of them is a thousand times as large as the others."""
    scaled = dataclasses.replace(training, features=training.features * [1, 1000, 1, 1, 1, 1] + 7)
    samples = plan(scaled, Settings(fraction=0.5, metric=metric))
    z = (scaled.features - scaled.features.mean(axis=0)) / scaled.features.std(axis=0)
    for i, j, distance in zip(samples.parent_i, samples.parent_j, samples.distance):
        cosines = z @ z[i] / (np.linalg.norm(z, axis=1) * np.linalg.norm(z[i]))
        distances = np.linalg.norm(z - z[i], axis=1) if metric == "euclidean" else 1 - cosines
        distances[i] = np.inf
        assert j == distances.argmin() and distance == pytest.approx(distances[j])


def test_equal_distances_go_by_name():
    training = small(features=np.array([[5.0], [7.0], [7.0], [6.0]]))
    assert plan(training, Settings(fraction=0.25)).rows()[0].clip_j == "a"


def test_rejected_samples_leave_their_place_empty(training):
    whole = plan(training, Settings(fraction=0.3))
    rejected = {whole.ids[3], whole.ids[10], "mix-of-other-settings"}
    left = plan(training, Settings(fraction=0.3), rejected=rejected)
    assert left.rows() == [row for row in whole.rows() if row.id not in rejected]
    assert left.unknown_rejections == 1
    assert [row.count for row in left.not_made if "reject" in row.reason] == [2]
    assert left.balance.filled.sum() == whole.balance.filled.sum() - 2


def test_tied_clips_are_shared_or_left_out():
    shares = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    shared, left_out = (
        plan(small(distributions=shares), Settings(fraction=0.5, neighbours=3, ties=ties)) for ties in CHOICES["ties"]
    )
    assert shared.balance.before.tolist() == [2.5, 1.5] and left_out.balance.before.tolist() == [2, 1]
    assert shared.balance.tied_before == left_out.balance.tied_before == 1
    assert {row.clip_i for row in left_out.rows()} == {"d"}
    assert len(shared) == 1 and shared.balance.filled.tolist() == [2.5, 2.5]


def test_what_cannot_be_made_is_counted_with_its_reason():
    alone = plan(small(), Settings(fraction=0.5, neighbour_class="same"))
    assert len(alone) == 0
    assert [(row.emotion, row.what, row.count) for row in alone.not_made] == [
        ("sad", "samples", 2),
        (None, "samples", 2),
    ]
    assert alone.not_made[0].reason == "none of its 1 clip(s) has a neighbour with the same dominant emotion"
    absent = plan(
        small(emotions=["anger", "sad", "fear"], distributions=np.eye(3)[[0, 0, 0, 1]]), Settings(fraction=0.5)
    )
    assert [(row.emotion, row.count) for row in absent.not_made] == [("fear", 3)]
    few = plan(small(), Settings(fraction=0.5, neighbours=9))
    assert [(row.emotion, row.what, row.count) for row in few.not_made] == [("sad", "clips", 1)]
    voices = plan(small(speakers=["x", "x", "y", "z"]), Settings(fraction=0.5, across_speakers=False))
    assert voices.not_made[0].reason.endswith("by the same speaker")


def test_class_counts_share_each_clip_once(training):
    assert class_counts(dominant(training.distributions)).sum() == pytest.approx(len(training.names))


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"features": np.array([[0.0], [1.0], [np.nan], [6.0]])}, "'c' holds a value that is no number"),
        ({"distributions": np.array([[1, 0], [1, 0], [np.nan, np.nan], [0, 1]])}, "needs a distribution; 'c'"),
        ({"distributions": np.array([[1.0, 0.0]] * 4)}, "only one: anger"),
        ({"distributions": np.array([[0.5, 0.6]] * 4)}, "sum to one"),
        ({"names": ["a", "b", "b", "d"]}, "'b' comes twice"),
        ({"names": ["a", "b", "c"]}, "one row for each clip"),
        ({"speakers": ["x"]}, "1 speakers"),
    ],
)
def test_what_cannot_be_augmented_is_refused(changes, sentence):
    with pytest.raises(BadInput, match=sentence):
        plan(small(**changes), Settings())


def test_one_clip_and_unknown_speakers_are_refused():
    with pytest.raises(BadInput, match="two parents"):
        TrainingClips(["a"], ["anger", "sad"], np.eye(2)[:1], np.ones((1, 1)))
    for speakers in (None, ["x", None, "y", "y"]):
        with pytest.raises(BadInput, match="not known who"):
            plan(small(speakers=speakers), Settings(across_speakers=False))
    with pytest.raises(BadInput, match="cosine"):
        plan(small(features=np.array([[0.0], [3.0], [1.5], [1.5]])), Settings(metric="cosine"))


@pytest.mark.parametrize(
    "wrong",
    [{"fraction": 1.1}, {"fraction": float("nan")}, {"neighbours": 0}, {"alpha": 0}, {"features": "tower"}, {"backbone": "x/y"}],
    ids=str,
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(BadInput, match=r"not|contradict"):
        Settings(**wrong)


def test_each_choice_is_a_field_and_others_are_refused():
    fields = {field.name for field in dataclasses.fields(Settings)}
    assert set(CHOICES) < fields
    for name in CHOICES:
        with pytest.raises(UnknownName, match="Known"):
            Settings(**{name: "nothing"})
