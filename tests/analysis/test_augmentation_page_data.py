"""The document of Augment: planted imbalance, both counts, the grid, and that no test clip is ever a parent."""

from dataclasses import replace

import numpy as np
import pytest

from emo_core.analysis import augmentation
from emo_core.annotators.clips import Clip
from emo_core.augmentation import dime, study_side
from emo_core.augmentation.listening import Verdicts
from emo_core.augmentation.settings import GRID, Settings
from emo_core.augmentation.study_side import TrainingSide
from emo_core.errors import BadInput, UnknownName
from emo_core.store import Database, studies
from tests.conftest import copied

HELD = "held out for validation in a training with seed 0"
EMOTIONS = ("anger", "neutral", "sad")


def planted(clips: int = 90, *, has_candidate: bool = True) -> tuple[TrainingSide, np.ndarray]:
    """Two thirds neutral, a tenth anger, the rest sad, five votes each; features in which an angry clip's neighbour is neutral."""
    rng = np.random.default_rng(1)
    emotion = np.array([0] * (clips // 10) + [1] * (2 * clips // 3) + [2] * (clips - clips // 10 - 2 * clips // 3))
    votes = 3 * np.eye(3, dtype=int)[emotion] + rng.multinomial(2, [0.2, 0.5, 0.3], clips)
    rows = tuple(Clip(f"c{n:03}", "planted", f"c{n:03}", "", "", None, None, 1.0, None) for n in range(clips))
    features = rng.standard_normal((clips, 4)) + 5 * (emotion == 2)[:, None]
    speakers = tuple(f"s{n % 3}" for n in range(clips))
    return TrainingSide(
        "planted", 1, 1, EMOTIONS, rows, {}, votes, votes[:, ::-1], speakers, has_candidate, votes=0, test=20, silent=4
    ), features


def test_planted_imbalance_is_found_and_both_counts_are_told():
    side, features = planted()
    planned = augmentation.plan_side(side, features, Settings(fraction=0.5))
    found = augmentation.augmentation(planned)
    rows = {row["emotion"]: row for row in found["balance"]["emotions"]}
    kept = np.isin([clip.clip for clip in side.clips], planned.training.names)
    assert kept.sum() == 81  # a tenth of 90 is held out to validate on
    anger, neutral, sad = (int(n) for n in np.bincount(side.reference[kept].argmax(axis=1)))
    assert [rows[name]["before"] for name in EMOTIONS] == [anger, neutral, sad]
    assert found["samples"] == found["asked"] == 40
    assert (rows["anger"]["filled"], rows["sad"]["filled"]) in (
        (n, anger + sad + 40 - n) for n in range((anger + sad + 40) // 2, (anger + sad + 43) // 2)
    )  # both are filled to one level
    assert rows["anger"]["filled"] > rows["anger"]["after"]  # its neighbours are neutral, and lead where λ is small
    assert rows["neutral"]["filled"] == neutral < rows["neutral"]["after"]
    for name in ("filled", "after"):
        assert sum(row[name] for row in rows.values()) == 81 + 40
    dominance = found["dominance"]
    assert dominance["as_meant"] + dominance["otherwise"] == 40
    assert sum(row["samples"] for row in dominance["by_emotion"]) == pytest.approx(dominance["otherwise"])
    assert found["clips"]["left_out"] == {"no sound": 4, HELD: 9} and found["clips"]["test"] == 20


def test_neighbours_of_the_same_emotion_bring_both_counts_together():
    side, features = planted()
    found = augmentation.augmentation(augmentation.plan_side(side, features, Settings(neighbour_class="same")))
    assert all(row["filled"] == row["after"] for row in found["balance"]["emotions"])
    assert found["dominance"]["otherwise"] == 0


def test_the_grid_is_what_a_plan_of_each_fraction_says():
    side, features = planted()
    offered = augmentation.plan_side(side, features, Settings()).offered
    verdicts = Verdicts(dict.fromkeys(offered.ids[2:6], "rejected") | {offered.ids[0]: "kept", "mix-0": "rejected"})
    planned = augmentation.plan_side(side, features, Settings(), verdicts=verdicts)
    document = augmentation.augmentation(planned)
    assert document["samples"] == 24 - 4 and document["rejected_of_other_plans"] == 1
    for fraction, row in zip(GRID, document["grid"], strict=True):
        settings = replace(planned.settings, fraction=fraction)
        samples = dime.plan(planned.training, settings, rejected=verdicts.rejected)
        expected = {"fraction": fraction, "asked": round(81 * fraction), "samples": len(samples)}
        expected |= {"as_meant": augmentation.dominance(samples)["as_meant"]} | augmentation.balance(samples)
        assert row == expected
    assert document["listening"] == verdicts.share(offered.ids)


def test_clips_without_features_or_votes_are_left_out_and_counted():
    side, features = planted()
    held = side.held_out(np.ones(90, dtype=bool), 0)
    dumb, unvoted = np.flatnonzero(~held)[:2]
    features[dumb] = np.nan
    side.candidate[unvoted] = 0
    found = augmentation.plan_side(side, features, Settings(), source="synthetic")
    assert not {f"c{dumb:03}", f"c{unvoted:03}"} & set(found.training.names)
    assert found.left_out == {
        "no sound": 4, "its sound gives no features": 1, "no votes for synthetic distributions": 1, HELD: 9,
    }  # fmt: skip


def test_combined_pools_votes_and_needs_a_candidate():
    side, _ = planted()
    pooled = side.reference + side.candidate
    np.testing.assert_allclose(side.distributions("combined"), pooled / pooled.sum(axis=1, keepdims=True))
    with pytest.raises(BadInput, match="no candidate panel"):
        planted(has_candidate=False)[0].distributions("combined")
    with pytest.raises(UnknownName, match="source of distributions"):
        side.distributions("both")


def test_no_sample_asked_for_is_undefined_and_not_zero():
    side, features = planted()
    found = augmentation.augmentation(augmentation.plan_side(side, features, Settings(fraction=0.0)))
    assert found["samples"] == 0 and found["lam"]["mean"] is None and "undefined" in found["lam"]
    assert found["listening"]["interval"] == [None, None] and "undefined" in found["listening"]


def test_the_plane_keeps_distances_and_does_not_know_the_order_of_clips():
    side, features = planted()
    planned = augmentation.plan_side(side, features, Settings())
    seen = augmentation.space(planned)
    roots = np.sqrt(planned.training.distributions)  # rows of length one: three emotions span two dimensions, nearly
    apart = np.linalg.norm(roots[:, None] - roots, axis=2)
    drawn = np.linalg.norm(seen.clips[:, None] - seen.clips, axis=2)
    assert (drawn <= apart + 1e-9).all() and seen.explained > 0.95
    assert seen.shown == ((81, 81), (24, 24)) and set(seen.sample_emotions) == {"anger", "sad"}
    turned = augmentation.space(augmentation.plan_side(_reversed(side), features[::-1], Settings()))
    np.testing.assert_allclose(turned.samples, seen.samples, atol=1e-9)


def _reversed(side: TrainingSide) -> TrainingSide:
    arrays = {name: getattr(side, name)[::-1] for name in ("clips", "reference", "candidate", "speakers")}
    return replace(side, **arrays)


def test_a_study_gives_its_training_side_and_nothing_else(demo, tmp_path):
    store = Database(copied(demo, tmp_path / "store"))
    try:
        side, counts = study_side.training_side(store, "demo"), studies.study_counts(store, "demo")
        three = study_side.training_side(store, "demo", votes=3)
    finally:
        store.close()
    testing = set(counts.clips[counts.is_test])
    names = [clip.clip for clip in side.clips]
    assert len(names) == 160 and side.test == len(testing) == 40 and not testing & set(names)
    rows = [counts.clips.tolist().index(name) for name in names]
    np.testing.assert_array_equal(side.reference, counts.reference_weights[rows])
    assert (three.candidate.sum(axis=1) == 3).all() and (three.candidate <= side.candidate).all()
    assert side.speakers == tuple(counts.speakers[rows]) and side.clips[0].path.is_file()


def test_a_study_without_sound_says_so(filled):
    with pytest.raises(BadInput, match="None of the 32 training clips"):
        study_side.training_side(filled, "small")
