"""Secondary labels, strengths, ratings, answers: what a row says beyond one label, and what studies make of it."""

import numpy as np
import pandas as pd
import pytest

from emo_core import verbs
from emo_core.errors import BadInput, BadTable, UnknownName
from emo_core.records import Reading, Study, VotesFile
from emo_core.store import answers, browsing, corpora, studies


def reading(rows: list[dict], clips: list[dict] | None = None, **more) -> Reading:
    votes = pd.DataFrame(rows)
    known = pd.DataFrame(clips or [{"clip": name} for name in dict.fromkeys(votes["clip"])])
    return Reading(format="test", source="a test", clips=known, votes=votes, **more)


def vote(clip: str, rater: str | None, label: str | None, **more) -> dict:
    return {"clip": clip, "panel": "human", "rater": rater, "label": label} | more


ROWS = [
    vote("a", "r1", "anger", secondary="sad; happy", strengths="1;0.5", comment="loud"),
    vote("a", "r2", "anger", valence=2.0, arousal=4.5),
    vote("b", "r1", "sad", secondary="Fear,sad"),
    vote("b", "r2", None, valence=1.0, seconds=3.5),
    vote("c", "r1", "happy", secondary="excited", confidence=0.5),
    vote("c", None, "happy"),
]
FOUR = ("anger", "happy", "neutral", "sad")


@pytest.fixture
def rich(store):
    corpora.add_corpus(store, "c", reading([*ROWS, vote("c", "r2", "neutral")]))
    return store


def test_a_row_keeps_all_that_it_says(rich):
    studies.add_study(rich, Study("s", "c", "human", None, FOUR, rule="drop_outside"))
    first, second = browsing.clip_detail(rich, "s", "a")["votes"]
    assert (first["secondary"], first["strengths"], first["comment"]) == (["sad", "happy"], [1.0, 0.5], "loud")
    assert (second["valence"], second["arousal"], second["dominance"]) == (2.0, 4.5, None)
    rated = browsing.clip_detail(rich, "s", "b")["votes"]
    assert [v["secondary"] for v in rated] == [["fear"], None]  # the label itself is not its own secondary label
    assert rated[1]["emotion"] is None and rated[1]["valence"] == 1.0 and rated[1]["seconds"] == 3.5


def test_a_vote_shares_one_among_its_labels(rich):
    weigh = {"rule": "drop_outside", "merges": {"excited": "happy"}}
    studies.add_study(rich, Study("label alone", "c", "human", None, FOUR, **weigh))
    studies.add_study(rich, Study("half", "c", "human", None, FOUR, secondary_weight=0.5, **weigh))
    plain, half = (studies.study_counts(rich, name) for name in ("label alone", "half"))
    assert plain.reference_weights.tolist() == plain.reference.tolist() == half.reference.tolist()
    np.testing.assert_allclose(half.reference_weights.sum(axis=1), half.reference.sum(axis=1))
    # r1 on a: anger 1, sad 0.5 · 1, happy 0.5 · 0.5, shared over 1.75; r2: anger 1
    np.testing.assert_allclose(half.reference_weights[0], [1 + 1 / 1.75, 0.25 / 1.75, 0, 0.5 / 1.75])
    # b: fear is outside and does not count; c: excited is merged into happy, which the vote names already
    np.testing.assert_allclose(half.reference_weights[1:], [[0, 0, 0, 1], [0, 2, 1, 0]], atol=1e-12)
    row = next(row for row in browsing.browse(rich, "half").rows if row["clip"] == "a")
    assert row["reference_counts"]["anger"] == 2 and row["reference_weights"]["anger"] == pytest.approx(
        1.5714, abs=1e-4
    )


def test_all_inside_looks_at_secondary_labels_where_they_count(rich):
    kept = {}
    for weight in (0.0, 0.2):
        name = f"w{weight}"
        studies.add_study(rich, Study(name, "c", "human", None, FOUR, secondary_weight=weight))
        kept[weight] = {row["clip"] for row in browsing.browse(rich, name).rows}
    assert kept == {0.0: {"a", "b", "c"}, 0.2: {"a"}}  # fear beside sad, excited beside happy
    left_out = browsing.browse(rich, "w0.2", chosen=browsing.Filter(show="left out"), sort="clip", descending=False)
    assert [(row["clip"], row["excluded"]) for row in left_out.rows] == [
        ("b", "reference_vote_outside"), ("c", "reference_vote_outside"),
    ]  # fmt: skip
    every = browsing.browse(rich, "w0.2", chosen=browsing.Filter(show="all"))
    assert every.total == 3
    assert browsing.browse(rich, "w0.2", chosen=browsing.Filter(show="no_reference_votes")).total == 0


def test_a_rater_can_be_left_out_and_an_unknown_one_is_named(rich):
    studies.add_study(rich, Study("s", "c", "human", None, FOUR, rule="drop_outside", left_out=("r2",)))
    assert studies.study_counts(rich, "s").reference.tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 2, 0, 0]]
    assert set(answers.panel_answers(rich, "s").raters) == {"r1"}
    with pytest.raises(UnknownName, match=r"no rater 'r3'.*Known: r1, r2"):
        studies.add_study(rich, Study("t", "c", "human", None, FOUR, left_out=("r3",)))


def test_answers_are_arrays_of_who_said_what(rich):
    studies.add_study(rich, Study("s", "c", "human", None, FOUR, rule="drop_outside"))
    found = answers.panel_answers(rich, "s")
    assert found.clips.tolist() == ["a", "b", "c"] and found.raters.tolist() == ["r1", "r2"]
    said = sorted(zip(found.clip.tolist(), found.rater.tolist(), found.label.tolist()))
    assert said == [(0, 0, 0), (0, 1, 0), (1, 0, 3), (1, 1, -1), (2, -1, 1), (2, 0, 1), (2, 1, 2)]
    assert found.counts.tolist() == studies.study_counts(rich, "s").reference.tolist()
    assert np.nansum(found.valence) == 3 and np.nansum(found.seconds) == 3.5
    with pytest.raises(BadInput, match="no candidate panel"):
        answers.panel_answers(rich, "s", "candidate")


def test_a_study_over_two_corpora(rich):
    other = [vote("a", "x1", "sad"), vote("z", "x1", "anger"), vote("z", "r1", "sad")]
    corpora.add_corpus(rich, "d", reading([*other, {"clip": "a", "panel": "model:m", "rater": None, "label": "sad"}]))
    studies.add_study(rich, Study("both", ("c", "d"), "human", None, FOUR, rule="drop_outside"))
    rows = browsing.browse(rich, "both", sort="clip", descending=False).rows
    assert [row["clip"] for row in rows] == ["c/a", "c/b", "c/c", "d/a", "d/z"]
    detail = browsing.clip_detail(rich, "both", "d/z")
    assert (detail["corpus"], detail["name"], len(detail["votes"])) == ("d", "z", 2)
    assert answers.panel_answers(rich, "both").raters.tolist() == ["r1", "r2", "x1"]
    studies.add_study(rich, Study("with model", ("c", "d"), "human", "model:m", FOUR, rule="drop_outside"))
    assert studies.exclusions(rich, "with model") == {"no_candidate_votes": 4}
    more = pd.DataFrame([{"clip": "z", "panel": "model:m", "label": "sad"}])
    corpora.add_votes(rich, "d", more)
    assert browsing.browse(rich, "with model").total == 2
    with pytest.raises(UnknownName, match="no panel in the corpus 'c' 'model:m'"):
        studies.add_study(rich, Study("x", ("c", "d"), "model:m", "human", FOUR))
    corpora.remove_corpus(rich, "c")
    assert [stored.study.name for stored in studies.list_studies(rich)] == []
    assert rich.cursor().execute("SELECT count(*) FROM study_corpora").fetchall() == [(0,)]


@pytest.fixture
def parted(store):
    clips = [
        {"clip": f"x{i}", "speaker": f"s{i % 5}", "session": f"d{i % 4}", "partition": "Test1" if i < 6 else "Train"}
        for i in range(20)
    ]
    rows = [vote(row["clip"], "r", ("sad", "happy")[i % 2]) for i, row in enumerate(clips)]
    corpora.add_corpus(store, "c", reading(rows, clips))
    return store


@pytest.mark.parametrize(("split", "test_clips"), [("corpus", 6), ("session", 5), ("speaker", 4)])
def test_splits_by_session_speaker_and_the_corpuss_own_parts(parted, split, test_clips):
    studies.add_study(parted, Study("s", "c", "human", None, ("happy", "sad"), split=split))
    counts = studies.study_counts(parted, "s")
    assert counts.is_test.sum() == test_clips
    if split == "corpus":
        assert set(counts.clips[counts.is_test]) == {f"x{i}" for i in range(6)}


def test_leakage_is_counted(parted):
    with parted.writing() as cursor:
        cursor.execute(
            "INSERT INTO clip_sound (clip_id, content_hash, codes, examined_at) "
            "SELECT clip_id, 'h' || (clip_id % 10), [], now()::TIMESTAMP FROM clips"
        )
    studies.add_study(parted, Study("own", "c", "human", None, ("happy", "sad"), split="corpus"))
    leaked = studies.leakage(parted, "own")
    # 6 test clips of 5 speakers and 4 sessions, all of whom speak in training too; each has its twin ten clips on
    assert leaked == {
        "speakers": 5, "speaker_clips": 6, "sessions": 4, "session_clips": 6, "same_audio": 6, "examined": 20, "clips": 20,
    }  # fmt: skip
    studies.add_study(parted, Study("fair", "c", "human", None, ("happy", "sad"), split="speaker"))
    assert studies.leakage(parted, "fair")["speakers"] == 0


def test_a_split_without_its_unit_is_refused(rich):
    for split, what in (("corpus", "partition"), ("session", "session"), ("speaker", "speaker")):
        with pytest.raises(BadInput, match=f"3 clips of c have no {what}"):
            studies.add_study(rich, Study(split, "c", "human", None, FOUR, split=split))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"secondary": "sad;blue"}, "unknown secondary label 'blue'"),
        ({"secondary": "sad;fear", "strengths": "1"}, "strengths are not one number"),
        ({"secondary": "sad", "strengths": "1.5"}, "strengths are not one number"),
        ({"secondary": "sad", "strengths": "x"}, "strengths are not one number"),
        ({"valence": "high"}, "valence 'high' is not a number"),
        ({"confidence": 3}, "confidence '3.0' is not a number from 0 to 1"),
        ({"seconds": -1}, "'-1.0' is not a number of seconds"),
        ({"label": None}, "no label"),
        ({"label": None, "valence": float("nan")}, "no label"),
    ],
)
def test_what_a_row_says_wrongly_is_refused(store, more, what):
    with pytest.raises(BadTable, match=what):
        corpora.add_corpus(store, "c", reading([vote("a", "r", "happy"), vote("b", "r", "happy") | more]))
    assert corpora.list_corpora(store) == []


def test_secondary_weight_is_a_share():
    with pytest.raises(BadInput, match=r"weighs from 0 to 1, got 1\.5"):
        Study("s", "c", "human", None, FOUR, secondary_weight=1.5)


def test_studies_are_compared_side_by_side(rich):
    for name, weight in (("zero", 0.0), ("one", 1.0)):
        verbs.run(rich, "study add", {
            "name": name, "corpus": "c", "reference": "human", "emotions": "A,H,N,S", "rule": "drop_outside",
            "secondary_weight": weight, "merge": ["excited=happy"],
        })  # fmt: skip
    zero, one = verbs.run(rich, "study compare", {"names": ["zero", "one"]})
    assert zero["clips"] == one["clips"] == 3 and zero["krippendorff_alpha"] == one["krippendorff_alpha"]
    assert zero["entropy_mean"] < one["entropy_mean"]
    assert sum(one["class_balance"].values()) == pytest.approx(1)
    assert one["class_balance"]["anger"] < zero["class_balance"]["anger"]


GRADED = """clip,who,anger,sad,joy
a,1,None,A little,Extremely
a,2,Moderate,Moderate,None
b,1,None,None,None
"""


def graded(tmp_path, text: str = GRADED, **more) -> VotesFile:
    path = tmp_path / "graded.csv"
    path.write_text(text)
    return VotesFile(path=path, clip="clip", rater="who", graded=("anger", "sad", "joy"), **more)


def of_file(votes: VotesFile) -> Reading:
    return Reading(format="votes", source=str(votes.path), clips=None, votes=votes)


def stored_votes(store) -> list[tuple]:
    return (
        store.cursor()
        .execute(
            "SELECT clips.name, raters.name, emotions.name, len(secondary_ids), secondary_strengths FROM votes "
            "JOIN clips USING (clip_id) JOIN emotions USING (emotion_id) LEFT JOIN raters USING (rater_id) ORDER BY vote_id"
        )
        .fetchall()
    )


def test_graded_answers_keep_their_strengths(store, tmp_path):
    report = corpora.add_corpus(store, "c", of_file(graded(tmp_path)))
    first, tied, none = stored_votes(store)
    assert first[:4] == ("a", "1", "happy", 1) and first[4] == [pytest.approx(1 / 3)]
    assert tied[2] in ("anger", "sad") and tied[4] == [1.0]
    assert none[2:] == ("neutral", None, None)
    assert "1 answers hear none of the emotions; they count as neutral." in report.notes
    assert any(note.startswith("1 answers hear two or more emotions equally") for note in report.notes)


def test_who_is_tied_first_does_not_hang_on_the_columns_order(store, tmp_path):
    lines = "".join(f"clip{i},1,Moderate,Moderate,None\n" for i in range(200))
    corpora.add_corpus(store, "c", of_file(graded(tmp_path, "clip,who,anger,sad,joy\n" + lines)))
    first = [row[2] for row in stored_votes(store)]
    swapped = VotesFile(path=tmp_path / "graded.csv", clip="clip", rater="who", graded=("sad", "joy", "anger"))
    corpora.add_corpus(store, "d", of_file(swapped))
    assert [row[2] for row in stored_votes(store)][200:] == first
    assert 60 < first.count("anger") < 140


def test_answers_that_hear_nothing_can_be_left_out(store, tmp_path):
    report = corpora.add_corpus(store, "c", of_file(graded(tmp_path, if_none="")))
    assert report.votes == 2
    assert "1 answers hear none of the emotions; they are left out." in report.notes


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (GRADED.replace("A little", "a lot"), "row 1: the grade 'a lot' for sad is not on the scale"),
        (GRADED.replace("A little", ""), "row 1: no grade for sad"),
        (GRADED.replace("A little", "-1"), "row 1: the grade '-1' for sad is not on the scale"),
    ],
)
def test_grades_off_the_scale_are_refused(store, tmp_path, text, what):
    with pytest.raises(BadTable, match=what):
        corpora.add_corpus(store, "c", of_file(graded(tmp_path, text)))


def test_words_and_numbers_of_a_scale_can_be_said(store, tmp_path):
    text = "clip,who,anger,sad,joy\na,1,kaum,sehr,0 - None\n"
    corpora.add_corpus(store, "c", of_file(graded(tmp_path, text, grades={"kaum": 1, "Sehr": 4})))
    assert stored_votes(store) == [("a", "1", "sad", 1, [0.25])]


def test_a_column_for_each_rater(store, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("clip,ann,bob\na,sad,joy\nb,,anger\n")
    corpora.add_corpus(store, "c", of_file(VotesFile(path=path, clip="clip", raters=("ann", "bob"))))
    assert [row[:3] for row in stored_votes(store)] == [
        ("a", "ann", "sad"),
        ("a", "bob", "happy"),
        ("b", "bob", "anger"),
    ]


def test_a_table_without_header_as_mace_takes_it(store, tmp_path):
    path = tmp_path / "mace.csv"
    path.write_text("sad,joy,\n,anger,anger\n")
    votes = VotesFile(path=path, clip="row number", raters=("column1", "column2", "column3"), header=False)
    corpora.add_corpus(store, "c", of_file(votes))
    assert [row[:3] for row in stored_votes(store)] == [
        ("1", "column1", "sad"), ("1", "column2", "happy"), ("2", "column2", "anger"), ("2", "column3", "anger"),
    ]  # fmt: skip


def test_labels_can_be_left_out_by_the_mapping(store, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("clip,label,more\na,sad,junk;joy\na,junk,\nb,blue,\n")
    votes = VotesFile(path=path, clip="clip", label="label", secondary="more", labels={"junk": "", "Blue": "sad"})
    report = corpora.add_corpus(store, "c", of_file(votes))
    assert [row[:4] for row in stored_votes(store)] == [("a", None, "sad", 1), ("b", None, "sad", None)]
    assert "1 votes for 'junk' were left out, as the mapping says." in report.notes


def test_an_emotion_of_the_labs_own(store, tmp_path):
    verbs.run(store, "vocabulary add", {"name": "Wistful", "synonyms": "wehmut longing"})
    path = tmp_path / "v.csv"
    path.write_text("clip,label\na,Wehmut\nb,sad\n")
    report = corpora.add_corpus(store, "c", of_file(VotesFile(path=path, clip="clip", label="label")))
    assert report.emotions == {"sad": 1, "wistful": 1}
    with pytest.raises(BadInput, match="'joy' means happy already"):
        verbs.run(store, "vocabulary add", {"name": "bliss", "synonyms": "joy"})
    with pytest.raises(BadInput, match="cannot name an emotion"):
        verbs.run(store, "vocabulary add", {"name": "a:b"})
