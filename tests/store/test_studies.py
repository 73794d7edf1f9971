"""Rules, splits, statistics: what a study keeps is what its choices say, and follows every vote."""

import numpy as np
import pandas as pd
import pytest

from emo_core import science
from emo_core.errors import BadInput, UnknownName
from emo_core.records import Reading, Study, parse_merges
from emo_core.store import browsing, corpora, studies
from tests.conftest import EMOTIONS, simulated_reading, simulated_votes

VOTES = [
    ("inside", "human", "anger"), ("inside", "human", "anger"), ("inside", "model:m", "happy"),
    ("outside", "human", "anger"), ("outside", "human", "fear"), ("outside", "model:m", "anger"),
    ("merged", "human", "excited"), ("merged", "human", "happy"), ("merged", "model:m", "happy"),
    ("no_model", "human", "happy"), ("no_model", "model:m", "fear"),
    ("unheard", "model:m", "happy"),
    ("elsewhere", "human", "fear"), ("elsewhere", "model:m", "happy"),
]  # fmt: skip


@pytest.fixture
def corpus(store):
    votes = pd.DataFrame(VOTES, columns=["clip", "panel", "label"])
    clips = pd.DataFrame({"clip": votes["clip"].unique()})
    corpora.add_corpus(store, "c", Reading(format="test", source="rules", clips=clips, votes=votes))
    return store


def kept(store, name):
    return {row["clip"] for row in browsing.browse(store, name, limit=100).rows}


def make(store, name="s", **choices):
    return studies.add_study(store, Study(name, "c", "human", "model:m", ("anger", "happy"), **choices))


def test_all_inside_keeps_what_lies_wholly_inside(corpus):
    make(corpus, merges={"excited": "happy"}, rule="all_inside")
    assert kept(corpus, "s") == {"inside", "merged"}
    assert studies.exclusions(corpus, "s") == {
        "no_reference_votes": 1, "reference_vote_outside": 2, "no_candidate_votes": 1,
    }  # fmt: skip


def test_drop_outside_keeps_what_is_left(corpus):
    make(corpus, rule="drop_outside")
    assert kept(corpus, "s") == {"inside", "outside", "merged"}
    make(corpus, "two", rule="drop_outside", min_votes=2)
    assert kept(corpus, "two") == {"inside"}
    assert studies.exclusions(corpus, "two")["too_few_reference_votes"] == 4


def test_a_study_without_candidate_keeps_clips_that_no_model_heard(corpus):
    studies.add_study(corpus, Study("alone", "c", "human", None, ("anger", "happy"), rule="drop_outside"))
    assert kept(corpus, "alone") == {"inside", "outside", "merged", "no_model"}
    assert browsing.browse(corpus, "alone").rows[0]["js"] is None


def test_merges_count_as_their_target(corpus):
    make(corpus, merges={"excited": "happy"})
    (row,) = [row for row in browsing.browse(corpus, "s").rows if row["clip"] == "merged"]
    assert row["reference_counts"] == {"anger": 0, "happy": 2}
    assert row["js"] == 0


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"emotions": ("anger",)}, "at least two"),
        ({"candidate": "human"}, "same panel"),
        ({"merges": {"excited": "sad"}}, "outside the study's emotions"),
        ({"merges": {"anger": "happy"}}, "cannot be both"),
        ({"min_votes": 0}, "1 or more"),
        ({"rule": "some"}, "no rule"),
        ({"split": "moon"}, "no split"),
        ({"name": "a\nb"}, "cannot name"),
        ({"seed": -5}, "A seed is"),
    ],
)
def test_contradictions_are_refused_at_construction(choices, said):
    good = {"name": "s", "corpora": "c", "reference": "human", "candidate": "model:m", "emotions": ("anger", "happy")}
    with pytest.raises(BadInput, match=said):
        Study(**good | choices)


@pytest.mark.parametrize(
    "choices", [{"corpora": "x"}, {"reference": "human:x"}, {"candidate": "x"}, {"emotions": ("anger", "contempt")}]
)
def test_unknown_names_list_the_known_ones(corpus, choices):
    good = {"name": "s", "corpora": "c", "reference": "human", "candidate": "model:m", "emotions": ("anger", "happy")}
    with pytest.raises(UnknownName, match=r"Known: .*(c|human|anger)"):
        studies.add_study(corpus, Study(**good | choices))
    assert studies.list_studies(corpus) == []


def test_split_by_speaker_needs_speakers(corpus):
    with pytest.raises(BadInput, match="no speaker"):
        make(corpus, split="speaker")


def test_split_is_seeded_and_disjoint_by_speaker(filled):
    def sides(name, **choices):
        studies.add_study(
            filled, Study(name, "small", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside", **choices)
        )
        counts = studies.study_counts(filled, name)
        return counts.is_test, counts.speakers

    again, _ = sides("again", seed=3)
    same, _ = sides("same", seed=3)
    other, _ = sides("other", seed=4)
    assert (again == same).all() and (again != other).any()
    assert again.sum() == 8  # 20 % of 40
    is_test, speakers = sides("speakers", split="speaker")
    assert set(speakers[is_test]) and not set(speakers[is_test]) & set(speakers[~is_test])


def test_statistics_are_those_of_the_science(filled):
    counts = studies.study_counts(filled, "small")
    rows = {row["clip"]: row for row in browsing.browse(filled, "small", sort="clip", descending=False, limit=100).rows}
    js = science.jensen_shannon_divergence(science.normalise(counts.reference), science.normalise(counts.candidate))
    assert [row["js"] for row in rows.values()] == js.tolist()
    votes = simulated_votes()
    for name, row in rows.items():
        mine = votes[(votes["clip"] == name) & (votes["panel"] == "human")]["label"].value_counts()
        assert {emotion: n for emotion, n in row["reference_counts"].items() if n} == mine.to_dict()


def test_votes_added_later_equal_votes_added_at_once(store, tmp_path):
    reading, later = simulated_reading(), simulated_votes(seed=9)
    later["rater"] = "late " + later["rater"]  # an equal vote of the same rater would count once
    study = Study("s", "c", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside")
    corpora.add_corpus(store, "c", reading)
    stored = studies.add_study(store, study)
    for part in (later[:7], later[7:300], later[300:]):
        corpora.add_votes(store, "c", part)
    step_by_step = browsing.browse(store, "s", sort="clip", limit=100).rows
    with store.writing() as cursor:
        studies.refresh(cursor, stored)
    assert browsing.browse(store, "s", sort="clip", limit=100).rows == step_by_step
    assert sum(row["n_reference"] for row in step_by_step) == 2 * 200
    assert studies.list_studies(store)[0].version == 4


def test_a_withdrawn_or_corrected_vote_no_longer_counts(filled):
    with filled.writing() as cursor:
        cursor.execute(
            "INSERT INTO votes (vote_id, clip_id, panel_id, rater_id, emotion_id, replaces, batch_id) "
            "SELECT 10000 + vote_id, clip_id, panel_id, rater_id, CASE WHEN vote_id = 1 THEN 6 END, vote_id, batch_id "
            "FROM votes WHERE vote_id IN (1, 2)"
        )
        cursor.execute("CREATE TEMP TABLE touched AS SELECT clip_id FROM votes WHERE vote_id <= 2")
        studies.refresh_touched(cursor, 1)
    detail = browsing.clip_detail(filled, "small", "clip000")
    assert detail["n_reference"] == 4
    assert next(vote["emotion"] for vote in detail["votes"] if vote["rater"] == "rater0") == "sad"


def test_removing_a_study_keeps_the_votes(filled):
    studies.remove_study(filled, "small")
    assert studies.list_studies(filled) == []
    assert filled.cursor().execute("SELECT count(*) FROM study_clips").fetchall() == [(0,)]
    assert filled.cursor().execute("SELECT count(*) FROM votes").fetchall() == [(440,)]


def test_nothing_is_left_of_a_removed_corpus(filled):
    corpora.remove_corpus(filled, "small")
    for table in (
        "corpora",
        "clips",
        "panels",
        "raters",
        "votes",
        "batches",
        "studies",
        "study_clips",
        "study_exclusions",
    ):
        assert filled.cursor().execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]  # noqa: S608


def test_counts_never_become_negative_or_fractional(filled):
    counts = studies.study_counts(filled, "small")
    assert counts.reference.dtype.kind == "i" and (counts.reference >= 0).all()
    assert np.array_equal(counts.reference.sum(axis=1), np.full(40, 5))


def test_numbers_of_studies_are_never_given_twice(filled):
    first = studies.list_studies(filled)[0].study_id
    studies.remove_study(filled, "small")
    again = studies.add_study(
        filled, Study("small", "small", "human", "synthetic:sim/1", ("anger", "sad"), rule="drop_outside")
    )
    assert again.study_id > first


def test_merging_one_emotion_into_two_is_refused():
    assert parse_merges(["D=A", "disgust=anger"]) == {"disgust": "anger"}
    with pytest.raises(BadInput, match="both anger and happy"):
        parse_merges(["D=A", "D=H"])


def test_names_lose_the_spaces_at_their_ends():
    assert Study("  s ", "c", "human", None, ("anger", "happy")).name == "s"


def test_votes_outside_are_counted(corpus):
    make(corpus, rule="drop_outside")
    counts = studies.study_counts(corpus, "s")
    assert (counts.outside_reference, counts.outside_candidate) == (2, 0)  # fear on `outside`, excited on `merged`
