"""The Agreement page and its verb: what they say equals the science, with coverage; what is undefined says why."""

import numpy as np
import pytest

from emo_core import science, verbs
from emo_core.errors import BadInput, UnknownName
from emo_core.store import studies
from emo_core.verbs.corpora import add_votes_corpus
from tests.pages.test_pages import draw, said


def test_the_verb_says_what_the_science_says(filled):
    found = verbs.run(filled, "agreement", {"study": "small"})
    counts = studies.study_counts(filled, "small").reference
    assert found["coefficients"]["krippendorff_alpha"]["value"] == science.krippendorff_alpha(counts).value
    assert found["coefficients"]["fleiss_kappa"]["value"] == science.fleiss_kappa(counts).value
    shown = verbs.run(filled, "study show", {"name": "small"})
    assert found["coefficients"]["krippendorff_alpha"]["interval"] == pytest.approx(
        shown["reference"]["krippendorff_alpha_interval"], abs=0.02
    )
    assert (found["clips"], found["clips_with_two_votes"], found["votes"]) == (40, 40, 200)
    assert [row["rater"] for row in found["raters"]] == [f"rater{i}" for i in range(5)]
    pairs = found["pairs"]
    assert sorted(pairs["raters"]) == [f"rater{i}" for i in range(5)] and pairs["defined_pairs"] == 10
    assert np.array(pairs["clips"])[0, 1] == 40
    for table in found["dawid_skene"]["confusions"].values():
        np.testing.assert_allclose(np.sum(table, axis=1), 1)
    assert sum(row["votes"] for row in found["emotions"]) == 200


def test_the_candidate_side_and_unknown_names(filled):
    assert verbs.run(filled, "agreement", {"study": "small", "side": "candidate"})["panel"] == "synthetic:sim/1"
    with pytest.raises(UnknownName, match="no study 'x'"):
        verbs.run(filled, "agreement", {"study": "x"})
    with pytest.raises(BadInput, match="not 'both'"):
        verbs.run(filled, "agreement", {"study": "small", "side": "both"})
    by_speaker = verbs.run(filled, "agreement", {"study": "small", "by": "speaker"})
    assert "over speakers" in by_speaker["intervals"]


TABLE = """clip,who,label,v,s,speaker
a,r1,sad,1,2.0,x
a,r2,sad,2,4.0,x
a,r1,happy,1,9.0,x
b,r1,sad,5,3.0,x
b,r2,happy,4,5.0,x
c,,sad,3,,x
"""


@pytest.fixture
def rated(store, tmp_path):
    (tmp_path / "v.csv").write_text(TABLE)
    fields = {
        "path": str(tmp_path / "v.csv"),
        "clip": "clip",
        "rater": "who",
        "label": "label",
        "valence": "v",
        "seconds": "s",
    }
    add_votes_corpus(store, "c", fields)
    verbs.run(store, "study add", {
        "name": "s", "corpus": "c", "reference": "human", "emotions": "sad,happy", "rule": "drop_outside",
    })  # fmt: skip
    return store


def test_scales_repeats_times_and_anonymous_votes(rated):
    found = verbs.run(rated, "agreement", {"study": "s"})
    assert set(found["ratings"]) == {"valence"} and found["ratings"]["valence"]["ratings"] == 6
    assert found["anonymous_votes"] == 1 and found["repeated_votes"] == 1
    first = found["raters"][0]
    assert (first["rater"], first["votes"], first["repeats"], first["repeats_same"]) == ("r1", 2, 1, 0.0)
    assert first["median_seconds"] == 3.0
    assert found["clips_with_two_votes"] == 2


def test_the_page_shows_them_with_coverage_and_reasons(rated, monkeypatch):
    words = said(draw(monkeypatch, rated, "agreement", study="s"))
    assert "2 clips with two votes or more" in words and "6 votes on 3 of 3 clips" in words
    assert "Fleiss' κ: the clips have between 1 and 3 votes" in words
    assert "1 votes of anonymous raters are not in it" in words
    assert "valence" in words


def test_the_page_says_where_raters_are_anonymous(store, monkeypatch, tmp_path):
    (tmp_path / "n.csv").write_text("clip,sad,happy\na,3,1\nb,1,3\n")
    add_votes_corpus(store, "c", {"path": str(tmp_path / "n.csv"), "clip": "clip", "counts": ["sad", "happy"]})
    verbs.run(store, "study add", {"name": "s", "corpus": "c", "reference": "human", "emotions": "sad,happy"})
    assert "raters of this panel are anonymous" in said(draw(monkeypatch, store, "agreement", study="s"))


def test_the_page_follows_side_and_speaker(filled, monkeypatch):
    words = said(draw(monkeypatch, filled, "agreement", study="small", side="candidate", by="speaker"))
    assert "Panel synthetic:sim/1" in words.replace("*", "") and "over speakers" in words


def test_real_votes_give_the_readmes_alpha(real_crema, store):
    verbs.run(store, "corpus add", {"format": "crema-d", "path": str(real_crema), "name": "c"})
    verbs.run(store, "study add", {
        "name": "six", "corpus": "c", "reference": "human:voice", "candidate": "human:audiovisual", "emotions": "A,D,F,H,N,S",
    })  # fmt: skip
    for side, alpha in (("reference", 0.2765), ("candidate", 0.4935)):
        found = verbs.run(store, "agreement", {"study": "six", "side": side})
        assert round(found["coefficients"]["krippendorff_alpha"]["value"], 4) == alpha
