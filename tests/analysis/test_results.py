"""Results of training: planted truths come out, order does not matter, nothing is compared on unequal clips."""

import json
from itertools import combinations

import numpy as np
import pytest

from emo_core import science, verbs
from emo_core.analysis import results, results_noise, results_parts
from emo_core.errors import BadInput, UnknownName
from emo_core.science import noise_floor
from tests.trained_runs import heard_shares, near, plant_training


def cell(document, label):
    return next(row for row in document["cells"] if row["cell"] == label)


def test_a_run_that_predicts_what_listeners_heard_has_no_divergence(filled):
    plant_training(filled, "small", "perfect", heard_shares(filled, "small"))
    (row,) = results.results(filled, "small")["cells"]
    assert row["js"] == {"value": 0.0, "interval": [0.0, 0.0], "clips": 40} and row["bc"]["value"] == pytest.approx(1)
    assert row["calibration"]["correlation"]["value"] == pytest.approx(1)
    assert row["calibration"]["calibration_error"]["value"] == pytest.approx(0, abs=1e-9)
    assert row["js_seeds"] is None and row["cell"] == "human"
    assert row["against_baseline"]["interval"][1] < 0


def test_a_planted_truth_by_ambiguity_comes_out(filled):
    """Combined is nearer where listeners agree and farther where they do not."""
    p = heard_shares(filled, "small")
    high = science.entropy(p) > np.median(science.entropy(p))
    for seed in range(3):
        plant_training(filled, "small", f"h{seed}", near(p, 0.4, seed=seed), seed=seed)
        combined = near(p, np.where(high, 0.95, 0.1), seed=seed + 9)
        plant_training(filled, "small", f"c{seed}", combined, seed=seed, source="combined", votes=6)
    document = results.results(filled, "small")
    (pair,) = document["comparisons"]
    assert (pair["a"], pair["b"], pair["differ_in"]) == ("combined", "human", ["source"])
    low, _, top = pair["strata"]
    assert "combined comes closer than human by" in low["words"] and low["interval"][1] < 0
    assert "combined stays farther off than human by" in top["words"] and top["interval"][0] > 0
    row = cell(document, "combined")
    assert [each["clips"] for each in row["strata"]] == document["strata"]["clips"]
    mean = np.average([each["value"] for each in row["strata"]], weights=document["strata"]["clips"])
    assert mean == pytest.approx(row["js"]["value"])
    assert len(row["js_seeds"]["means"]) == 3 and np.mean(row["js_seeds"]["means"]) == pytest.approx(row["js"]["value"])
    ranges = results.results(filled, "small", strata="equal range")["strata"]
    assert ranges["method"] == "equal range" and ranges["edges"] != document["strata"]["edges"]


def test_order_of_clips_and_of_emotions_changes_nothing(filled):
    p, order = near(heard_shares(filled, "small"), 0.3), np.random.default_rng(3).permutation(40)
    plant_training(filled, "small", "same", p, result={"train_mean": [0.4, 0.3, 0.2, 0.1]})
    as_it_is = verbs.plain(results.results(filled, "small", runs=["same"]))["cells"][0]
    plant_training(
        filled, "small", "turned", p[order][:, ::-1], clips=order, emotions=("sad", "neutral", "happy", "anger"),
        result={"train_mean": [0.1, 0.2, 0.3, 0.4]},
    )  # fmt: skip
    turned = verbs.plain(results.results(filled, "small", runs=["turned"]))["cells"][0]
    assert turned | {"runs": []} == as_it_is | {"runs": []}


def test_runs_are_compared_on_the_clips_that_all_predicted(filled):
    p = heard_shares(filled, "small")
    plant_training(filled, "small", "a", near(p[:30], 0.3), clips=range(30))
    plant_training(
        filled, "small", "b", near(p[10:], 0.3), clips=range(10, 40), source="synthetic", result={"test_clips": 33}
    )
    document = results.results(filled, "small")
    assert document["clips"] == 20 and {row["js"]["clips"] for row in document["cells"]} == {20}
    assert document["left_out"] == {
        "not predicted by every run": 20, "not predicted, or no longer in the study": 3
    }  # fmt: skip
    assert results.results(filled, "small", runs=["a"])["clips"] == 30


def test_without_a_clip_in_common_figures_are_undefined(filled):
    p = heard_shares(filled, "small")
    plant_training(filled, "small", "a", p[:20], clips=range(20))
    plant_training(filled, "small", "b", p[20:], clips=range(20, 40), source="combined")
    document = verbs.plain(results.results(filled, "small"))
    assert document["clips"] == 0 and "undefined" in document["noise"]
    for row in document["cells"]:
        assert row["js"]["value"] is None and row["js"]["undefined"] and row["best"] == []
        assert all(each["value"] is None for each in [*row["strata"], *row["by_emotion"]])
        assert row["calibration"]["calibration_error"]["value"] is None
    assert "cannot be compared" in document["comparisons"][0]["words"]


def test_seeds_are_one_cell_and_other_settings_are_not(filled):
    p = heard_shares(filled, "small")
    for name, choices in {
        "old": {}, "again": {}, "two": {"seed": 2}, "kl": {"settings": {"loss": "kl"}}, "mixed": {"fraction": 0.3},
        "both": {"source": "combined", "fraction": 0.3},
    }.items():  # fmt: skip
        plant_training(filled, "small", name, near(p, 0.3), **choices)
    document = results.results(filled, "small")
    runs = {row["cell"]: row["runs"] for row in document["cells"]}
    assert runs == {
        "human, not augmented, loss js": ["again", "two"], "human, not augmented, loss kl": ["kl"],
        "human, augmented 30%, loss js": ["mixed"], "combined, augmented 30%, loss js": ["both"],
    }  # fmt: skip
    assert document["repeated"] == ["old"]
    told = {(row["a"].split(",")[0], *row["differ_in"]) for row in document["comparisons"]}
    assert told == {("human", "loss"), ("human", "fraction"), ("combined", "source")}
    assert all(row["js"]["value"] == 0 and "cannot be told apart" in row["words"] for row in document["comparisons"])


def test_runs_of_unlike_votes_are_not_seeds_of_one_cell(filled):
    p = heard_shares(filled, "small")
    told = {"a": ("v1", "s1"), "b": ("v1", "s1"), "c": ("v2", "s1"), "d": ("v1", "s2"), "e": None}
    for seed, (name, hashes) in enumerate(told.items()):
        own = hashes and {"votes": hashes[0], "clips": "c", "sounds": hashes[1]}
        plant_training(filled, "small", name, near(p, 0.3, seed=seed), seed=seed, result={"hashes": own})
    other = {"hashes": {"votes": "w", "clips": "d", "sounds": "s3"}}
    plant_training(filled, "small", "f", near(p, 0.4), source="combined", result=other)
    document = results.results(filled, "small")
    assert sorted(row["runs"] for row in document["cells"]) == [["a", "b"], ["c"], ["d"], ["e"], ["f"]]
    assert "human, training votes v2, training clips c, training sounds s1" in {
        row["cell"] for row in document["cells"]
    }
    assert any("training votes not recorded" in row["cell"] for row in document["cells"])
    assert cell(document, "combined")["runs"] == ["f"]  # whose votes are others, as its source is
    assert len(document["unlike"]) == 6
    apart = next(each for each in document["unlike"] if "a, b and c have the same settings" in each["words"])
    assert apart["differ_in"] == ["training votes"]
    assert {tuple(each["differ_in"]) for each in document["comparisons"]} >= {("source",), ("training votes",)}


def test_a_run_with_another_seed_of_augmentation_is_no_repeat(filled):
    p = heard_shares(filled, "small")
    for seed in (1, 2):
        plant_training(filled, "small", f"m{seed}", near(p, 0.3, seed=seed), fraction=0.1, seed=seed)
    with filled.writing() as cursor:  # the same seed of training
        cursor.execute('UPDATE runs SET settings = json_merge_patch(settings, \'{"settings": {"seed": 1}}\')')
    document = results.results(filled, "small")
    assert document["repeated"] == [] and document["cells"][0]["runs"] == ["m1", "m2"]


def test_fractions_make_a_curve_and_validation_has_its_own_best(filled):
    p = heard_shares(filled, "small")
    for percent, far, best_js in ((0, 0.5, 0.3), (10, 0.4, 0.2), (20, 0.1, 0.25)):
        plant_training(
            filled, "small", f"f{percent}", near(p, far), fraction=percent / 100 or None, result={"best_js": best_js}
        )
    plant_training(filled, "small", "alone", near(p, 0.1), source="combined", fraction=0.3)
    (curve,) = results.results(filled, "small")["fractions"]
    assert [point["fraction"] for point in curve["points"]] == [0, 0.1, 0.2]
    assert (curve["curve"], curve["best"], curve["best_by_validation"]) == ("human", 0.2, 0.1)


def test_the_baseline_is_the_training_mean(filled):
    p, mean = heard_shares(filled, "small"), [0.4, 0.3, 0.2, 0.1]
    plant_training(filled, "small", "flat", np.tile(mean, (40, 1)), result={"train_mean": mean})
    plant_training(filled, "small", "lost", p, source="combined", result={"train_mean": None})
    document = results.results(filled, "small")
    row = cell(document, "human")
    assert row["js"]["value"] == row["baseline_js"]["value"] > 0 and row["against_baseline"]["value"] == 0
    assert "undefined" in cell(document, "combined")["baseline_js"]


def test_ties_of_dominant_emotions_are_shared():
    values, options = np.array([0.2, 0.4, 1.0]), {"seed": 0, "clusters": None, "resamples": 50}
    shares = {"anger": np.array([1.0, 0.5, 0.0]), "sad": np.array([0.0, 0.5, 0.0]), "fear": np.zeros(3)}
    anger, sad, fear = results_parts.by_emotion(values, shares, options)
    assert anger["value"] == pytest.approx((0.2 + 0.5 * 0.4) / 1.5) and anger["clips"] == 2
    assert sad["value"] == pytest.approx(0.4) and sad["weight"] == 0.5
    assert np.isnan(fear["value"]) and fear["undefined"] and fear["clips"] == 0


def test_listeners_and_truth_are_those_of_the_noise_floor():
    counts, options = (
        np.random.default_rng(0).multinomial(6, [0.5, 0.3, 0.2], 30),
        {"seed": 0, "clusters": None, "resamples": 50},
    )
    p = science.normalise(counts)
    told = results_noise.noise(counts, {"perfect": p[None], "flat": np.full((2, 30, 3), 1 / 3)}, options)
    floor = noise_floor.noise_floor(counts, counts, most=1, seed=0, resamples=50)
    assert (told["reference_votes"], told["listener_votes"], told["clips"]) == (3, 3, 30)
    assert told["listeners"]["value"] == pytest.approx(floor.floor.mean[-1])
    assert told["truth"]["value"] == pytest.approx(floor.bound_value)
    assert told["cells"]["perfect"]["less_listeners"]["interval"][1] < 0 < told["cells"]["flat"]["js"]["value"]


def test_a_model_against_some_votes_is_the_mean_over_their_subsets():
    counts, q = np.array([[3, 2, 0]]), np.array([[[0.6, 0.3, 0.1]]])
    votes = np.repeat(np.arange(3), counts[0])
    drawn = [np.bincount(votes[list(rows)], minlength=3) / 2 for rows in combinations(range(5), 2)]
    expected = np.mean([science.jensen_shannon_divergence(share, q[0, 0]) for share in drawn])
    assert results_noise.against_votes(counts, q, 2)[0, 0] == pytest.approx(expected)


def test_the_noise_reference_needs_four_whole_votes():
    options = {"seed": 0, "clusters": None, "resamples": 50}
    assert "four" in results_noise.noise(np.tile([2, 1, 0], (20, 1)), {}, options)["undefined"]
    assert "whole" in results_noise.noise(np.full((20, 2), 2.5), {}, options)["undefined"]


def test_runs_without_results_are_told_with_their_state(filled):
    with pytest.raises(BadInput, match="train small"):
        results.results(filled, "small")
    plant_training(filled, "small", "begun", None)
    plant_training(filled, "small", "done", heard_shares(filled, "small"))
    document = results.results(filled, "small")
    cards = {card["run"]: card for card in document["runs"]}
    assert cards["begun"]["why_not"] == "it is not done: made" and cards["done"]["why_not"] is None
    assert [row["runs"] for row in document["cells"]] == [["done"]]
    for options in ({"by": "session"}, {"strata": "thirds"}):
        with pytest.raises(BadInput):
            results.results(filled, "small", **options)
    with pytest.raises(UnknownName, match="begun, done"):
        results.results(filled, "small", runs=["nobody"])
    with pytest.raises(UnknownName):
        results.results(filled, "nobody")


def test_intervals_over_speakers_are_of_speakers(filled):
    plant_training(filled, "small", "a", near(heard_shares(filled, "small"), 0.3))
    clips, speakers = (results.results(filled, "small", by=by) for by in ("clip", "speaker"))
    assert clips["cells"][0]["js"]["value"] == speakers["cells"][0]["js"]["value"]
    assert clips["cells"][0]["js"]["interval"] != speakers["cells"][0]["js"]["interval"]
    assert "speakers" in speakers["intervals"]


def test_two_runs_are_compared_and_only_what_differs_is_told(filled):
    p = heard_shares(filled, "small")
    plant_training(filled, "small", "one", near(p, 0.5), result={"device": "cpu"})
    plant_training(filled, "small", "two", near(p, 0.1), seed=3, result={"device": "cuda"})
    plant_training(filled, "small", "never", None)
    document = results.compare_runs(filled, "small", "two", "one")
    assert {row["setting"]: (row["a"], row["b"]) for row in document["settings"]} == {
        "seed": (3, 0), "device": ("cuda", "cpu")
    }  # fmt: skip
    assert document["words"].startswith("two comes closer than one by") and document["js"]["interval"][1] < 0
    assert "never: it is not done" in results.compare_runs(filled, "small", "one", "never")["undefined"]


def test_clips_lead_to_the_study_in_which_the_run_is_a_panel(filled):
    p = heard_shares(filled, "small")
    far = p.copy()
    far[7] = np.roll(p[7], 1) if not np.allclose(p[7], np.roll(p[7], 1)) else 1 - np.eye(4)[0]
    plant_training(filled, "small", "r", far)
    (row,) = results.results(filled, "small")["cells"]
    assert row["worst"][0]["clip"] == "clip007" and row["worst"][0]["browse"] is None and row["best"][0]["js"] == 0
    verbs.run(
        filled, "study add", {"name": "small + r", "corpus": "small", "reference": "human", "emotions": "anger,sad"}
    )
    (row,) = results.results(filled, "small")["cells"]
    assert row["worst"][0]["browse"] == "small + r"


def test_the_document_is_json_and_repeats(filled):
    for seed in range(2):
        plant_training(filled, "small", f"r{seed}", near(heard_shares(filled, "small"), 0.3, seed=seed), seed=seed)
    first, second = (json.dumps(verbs.plain(results.results(filled, "small"))) for _ in range(2))
    assert first == second and "NaN" not in first
