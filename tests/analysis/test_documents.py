"""The analyses of a study: documents equal the science, what is left out is counted, wrong options are refused."""

import json

import numpy as np
import pytest

from emo_core import analysis, verbs
from emo_core.analysis import data
from emo_core.errors import BadInput, UnknownName
from emo_core.science import ambiguity, subsets
from emo_core.store import Database, studies
from emo_core.verbs.corpora import add_votes_corpus
from tests.conftest import copied

EVERY = ("saturation", "ambiguity", "standin", "sandbox")


@pytest.fixture(scope="module")
def crema(crema_av, tmp_path_factory):
    store = Database(copied(crema_av, tmp_path_factory.mktemp("crema") / "store"))
    yield store
    store.close()


def test_saturation_on_crema_d_is_the_printed_curve(crema):
    found = verbs.run(crema, "saturation", {"study": "av", "groups": "tertile", "price": 0.1})
    assert found["n"] == [1, 2, 3, 4, 5] and found["clips"] == 3764
    assert np.round(found["js_mean"], 4).tolist() == [0.4649, 0.3801, 0.3424, 0.3202, 0.3054]
    assert found.keys() >= {"js_low", "js_high", "bc_mean", "fit", "saturation_point", "noise_floor"}
    assert [group["clips"] for group in found["groups"]] == [1370, 1146, 1248]
    weighed = np.average([group["js_mean"] for group in found["groups"]], axis=0, weights=[1370, 1146, 1248])
    np.testing.assert_allclose(weighed, found["js_mean"])
    floor = found["noise_floor"]
    assert floor["clips"] + floor["clips_left_out"] == 3764 and floor["reference_votes"] == 4
    assert floor["candidate"]["mean"][:4] > floor["js_mean"]  # people who saw the face, too, are not the same listeners
    assert found["cost"]["total"][-1] == pytest.approx(5 * 3764 * 0.1)
    assert found["extrapolated"] == (found["saturation_point"] > 5)


def test_strata_of_crema_d_have_the_printed_edges(crema):
    found = verbs.run(crema, "ambiguity", {"study": "av", "panel": ["human:face"]})
    assert np.round(found["edges"], 4).tolist() == [0.9864, 1.4488]
    assert [row["clips"] for row in found["strata"]] == [1370, 1146, 1248] and found["on_edge"] == [129, 13]
    assert sum(row["clips"] for row in found["kinds"]) == 3764
    assert list(found["panels"]) == ["human:audiovisual", "human:face"]
    shown = verbs.run(crema, "study show", {"name": "av"})
    whole = np.average([row["js"]["value"] for row in found["strata"]], weights=[1370, 1146, 1248])
    assert whole == pytest.approx(shown["js_mean"])


def test_playlists_hold_the_clips_of_a_kind_and_a_stratum(crema):
    from emo_core.store import browsing

    found = verbs.run(crema, "ambiguity", {"study": "av"})
    for row in found["kinds"][:-1]:
        assert browsing.browse(crema, "av", chosen=browsing.Filter(kind=row["kind"]), limit=1).total == row["clips"]
    low, medium, high = found["strata"]
    for row, bounds in (
        (low, (None, low["to"])),
        (medium, (medium["from"], medium["to"])),
        (high, (high["from"], None)),
    ):
        chosen = browsing.Filter(entropy_above=bounds[0], entropy_up_to=bounds[1])
        assert browsing.browse(crema, "av", chosen=chosen, limit=1).total == row["clips"]
    with pytest.raises(UnknownName, match="kind of ambiguity"):
        browsing.browse(crema, "av", chosen=browsing.Filter(kind="vague"))


def test_votes_of_a_further_panel_are_those_of_a_study_of_it(crema):
    other = studies.panel_counts(crema, "av", ["human:face"])["human:face"]
    choices = {"corpus": "c", "reference": "human:voice", "candidate": "human:face", "rule": "drop_outside"}
    verbs.run(crema, "study add", {"name": "face", "emotions": "anger,disgust,fear,happy,neutral,sad"} | choices)
    counts = studies.study_counts(crema, "face")
    there = dict(zip(counts.clips, map(tuple, counts.candidate.tolist())))
    mine = studies.study_counts(crema, "av").clips
    assert all(there.get(clip, (0,) * 6) == tuple(row) for clip, row in zip(mine, other.tolist()))


def test_documents_are_json_and_the_same_twice(filled):
    for verb, options in (("saturation", {"groups": "emotion"}), ("ambiguity", {"k": 4}),
                          ("standin", {"groups": "emotion"}), ("advise", {"budget": 7}), ("sandbox", {"breakdown": "rater"})):  # fmt: skip
        first = verbs.run(filled, verb, {"study": "small"} | options)
        data._kept.clear()
        assert json.dumps(first) == json.dumps(verbs.run(filled, verb, {"study": "small"} | options))


def test_new_votes_show_at_once(filled, tmp_path):
    before = verbs.run(filled, "saturation", {"study": "small"})
    (tmp_path / "more.csv").write_text("clip,label,rater\nclip000,sad,x\nclip000,sad,y\n")
    more = {"path": str(tmp_path / "more.csv"), "clip": "clip", "label": "label", "rater": "rater", "panel": "human"}
    verbs.run(filled, "votes add", {"corpus": "small", "file": more})
    assert verbs.run(filled, "saturation", {"study": "small"})["js_mean"] != before["js_mean"]


def test_the_sandbox_without_changes_is_the_study(filled):
    found = verbs.run(filled, "sandbox", {"study": "small"})
    shown = verbs.run(filled, "study show", {"name": "small"})
    assert found["changed"] == found["as_it_is"]
    assert found["changed"]["figures"]["js"]["value"] == pytest.approx(shown["js_mean"])
    assert found["changed"]["figures"]["entropy_combined"]["value"] == pytest.approx(shown["combined"]["entropy_mean"])


def test_the_sandbox_changes_what_it_says(filled):
    votes = data.of_study(filled, "small", votes=("candidate",))
    fewer = analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(votes=3, weight=2.0, smoothing=0.5))
    p = votes.reference + 0.5
    expected = subsets.against_all(p, votes.candidate, [3], [subsets.js], smoothing={subsets.js: 0.5}).mean()[0]
    assert fewer["figures"]["js"]["value"] == pytest.approx(expected)
    pooled = subsets.pooled_entropy(votes.reference, votes.candidate, 3, weight=2.0, added=0.5).mean()[0]
    assert fewer["figures"]["entropy_combined"]["value"] == pytest.approx(pooled)
    without = analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(without=("rater0", "rater1")))
    assert without["candidate_votes"] == 160 and without["reference_votes"] == 200
    two = analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(emotions=("anger", "sad")))
    kept = (votes.reference[:, [0, 3]].sum(axis=1) > 0) & (votes.candidate[:, [0, 3]].sum(axis=1) > 0)
    assert two["clips"] == kept.sum() and two["clips_left_out"] == (~kept).sum()
    for choices in ({"votes": 0}, {"weight": 0.0}, {"smoothing": -1.0}, {"emotions": ("anger",)}):
        with pytest.raises(BadInput):
            analysis.sandbox.Choices(**choices)
    with pytest.raises(UnknownName, match="emotion of the study"):
        analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(emotions=("anger", "joy")))
    with pytest.raises(UnknownName, match="candidate rater"):
        analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(without=("nobody",)))


@pytest.mark.parametrize("study", ["filled", "crema"])
def test_every_figure_of_the_sandbox_obeys_the_same_choices(request, study):
    """The curve at n is the figure with n votes; the strata's mean is the figure; what is combined
    is at least as uncertain as the surer of its parts; all at once.
    """
    store = request.getfixturevalue(study)
    votes = data.of_study(store, {"filled": "small", "crema": "av"}[study])
    for n in (None, 2, 4):
        for smoothing, weight in ((0.0, 1.0), (1.0, 1.0), (0.25, 4.0)):
            choices = analysis.sandbox.Choices(votes=n, weight=weight, smoothing=smoothing)
            found = analysis.sandbox.sandbox(votes, choices)
            value = {name: each["value"] for name, each in found["figures"].items()}
            parts = value["entropy_reference"], value["entropy_candidate"]
            assert value["entropy_combined"] >= min(parts) - 1e-12
            strata = [row["js"] for row in found["strata"]]
            sizes = [row["clips"] for row in strata]
            mean = np.average([row["value"] for row in strata], weights=sizes)
            assert mean == pytest.approx(value["js"])
            if n is not None:
                assert found["curve"]["clips"] == found["clips"]
                assert found["curve"]["mean"][n - 1] == pytest.approx(value["js"])
                assert found["complement"]["n"][-1] == n
            assert found["complement"]["weight"] == weight


def test_smoothing_lowers_the_gain_and_the_curve_of_the_sandbox(crema):
    """Smoothing pulls both sides towards each other, so that there is less left to gain."""
    votes = data.of_study(crema, "av")
    as_it_is, smoothed = (
        analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(votes=4, smoothing=each)) for each in (0.0, 1.0)
    )
    assert round(as_it_is["figures"]["js"]["value"], 4) == 0.3202
    assert round(smoothed["figures"]["js"]["value"], 4) == 0.0754
    assert (np.array(smoothed["curve"]["mean"]) < as_it_is["curve"]["mean"]).all()
    gains = (found["complement"]["gain"]["mean"][-1] for found in (as_it_is, smoothed))
    assert next(gains) > next(gains)


def test_the_breakdown_obeys_emotions_and_raters_left_out(filled):
    choices = {"study": "small", "emotions": ["anger", "sad"], "without": ["rater0"]}
    found = verbs.run(filled, "sandbox", choices | {"breakdown": "rater"})
    parts = found["breakdown"]["parts"]
    assert [part["name"] for part in parts] == [f"rater{i}" for i in range(1, 6)]
    assert sum(part["votes"] for part in parts) == found["changed"]["candidate_votes"]
    assert verbs.run(filled, "breakdown", choices | {"kind": "rater"}) == found["breakdown"]


def test_the_breakdown_parts_are_the_panel(filled):
    votes = data.of_study(filled, "small", votes=("candidate",))
    parts = analysis.sandbox.parts_of(votes, "rater")
    assert list(parts) == [f"rater{i}" for i in range(6)]
    np.testing.assert_array_equal(sum(parts.values()), votes.candidate)


def test_a_plan_spends_the_budget_and_leads_to_the_clips(filled, tmp_path):
    found = verbs.run(filled, "advise", {"study": "small", "budget": 3.0, "price": 0.25})
    assert found["votes"] == 12 and found["cost"] == 3.0 == sum(row["votes"] for row in found["plan"]) * 0.25
    assert found["gain"] == pytest.approx(sum(row["gain"] for row in found["plan"]))
    assert found["gain"] >= found["gain_if_spent_evenly"]
    assert {row["clip"] for row in found["plan"]} <= set(data.of_study(filled, "small").clips)
    written = verbs.run(filled, "advise", {"study": "small", "budget": 3, "price": 0.25, "to": str(tmp_path / "p.csv")})
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0].split(",") == list(analysis.advice.PLAN_COLUMNS) and len(lines) == written["rows"] + 1
    with pytest.raises(BadInput, match="no folder"):
        verbs.run(filled, "advise", {"study": "small", "budget": 3, "to": str(tmp_path / "no" / "p.csv")})
    with pytest.raises(BadInput, match="budget"):
        verbs.run(filled, "advise", {"study": "small", "budget": -1})


def test_wrong_options_are_refused_in_a_sentence(filled):
    for verb, options, words in (
        ("saturation", {"most": 7}, "1 to 6 votes"),
        ("saturation", {"most": 0}, "1 to 6 votes"),
        ("saturation", {"rule": "share", "value": 2}, "saturation rule"),
        ("saturation", {"price": -1}, "price"),
        ("saturation", {"groups": "speaker"}, "grouped by"),
        ("saturation", {"order": "backwards"}, "order"),
        ("ambiguity", {"k": 1}, "2 to 10"),
        ("ambiguity", {"edges": [1, 0.5]}, "rising"),
        ("ambiguity", {"panel": ["nobody"]}, "panel besides the reference"),
        ("standin", {"epsilon": 1.5}, "Epsilon"),
        ("standin", {"answer": "loudest"}, "answers by"),
        ("sandbox", {"breakdown": "mood"}, "broken down"),
    ):
        with pytest.raises((BadInput, UnknownName), match=words):
            verbs.run(filled, verb, {"study": "small"} | options)


def test_a_study_without_a_candidate(filled):
    choices = {
        "name": "alone",
        "corpus": "small",
        "reference": "human",
        "emotions": "anger,sad",
        "rule": "drop_outside",
    }
    verbs.run(filled, "study add", choices)
    for verb in ("saturation", "standin", "sandbox"):
        with pytest.raises(BadInput, match="no candidate panel"):
            verbs.run(filled, verb, {"study": "alone"})
    found = verbs.run(filled, "ambiguity", {"study": "alone"})
    assert found["panels"] == {} and found["entropy"] is None and sum(row["clips"] for row in found["strata"]) > 0
    assert verbs.run(filled, "advise", {"study": "alone", "budget": 4})["votes"] == 4


def test_a_study_that_keeps_nothing_has_documents(store, tmp_path):
    (tmp_path / "v.csv").write_text("clip,label,panel\na,sad,human\na,happy,model:x\n")
    add_votes_corpus(
        store, "c", {"path": str(tmp_path / "v.csv"), "clip": "clip", "label": "label", "panel_column": "panel"}
    )
    choices = {"corpus": "c", "reference": "human", "candidate": "model:x", "emotions": "sad,happy", "min_votes": 5}
    verbs.run(store, "study add", {"name": "s"} | choices)
    for verb in EVERY:
        assert verbs.run(store, verb, {"study": "s"}) is not None
    assert verbs.run(store, "saturation", {"study": "s"})["saturation_undefined"]
    assert verbs.run(store, "advise", {"study": "s", "budget": 3})["plan"] == []


def test_planted_kinds_are_found_in_a_corpus(store, tmp_path):
    """Two emotions that the corpus confuses are neighbours; a split between two others is a two-way split."""
    rows = ["clip,label"]
    for clip in range(30):
        rows += [f"a{clip},anger"] * 5 + [f"a{clip},disgust"] * 5
    rows += ["b,anger"] * 5 + ["b,happy"] * 5 + ["c,sad"] * 10
    rows += [f"d,{name}" for name in ("anger", "happy", "sad", "disgust") for _ in range(3)]
    (tmp_path / "v.csv").write_text("\n".join(rows) + "\n")
    add_votes_corpus(store, "c", {"path": str(tmp_path / "v.csv"), "clip": "clip", "label": "label"})
    choices = {"name": "s", "corpus": "c", "reference": "human", "emotions": "anger,disgust,happy,sad"}
    verbs.run(store, "study add", choices)
    votes = data.of_study(store, "s")
    kinds = dict(zip(votes.clips, (tuple(ambiguity.KINDS)[kind] for kind in ambiguity.kinds(votes.reference))))
    assert {kinds[f"a{clip}"] for clip in range(30)} == {"neighbour confusion"}
    assert (kinds["b"], kinds["c"], kinds["d"]) == ("two-way split", "agreed", "diffuse")
