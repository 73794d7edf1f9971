"""MSP-Podcast: primary and secondary labels and ratings of every worker, in each form that the labels have had."""

import pytest

from emo_core.corpora import msp_podcast
from emo_core.errors import BadInput
from emo_core.records import Study
from emo_core.store import corpora, studies
from tests.corpora.fixtures_msp import BLOCKS, build

VOTES = [
    ("MSP-PODCAST_0001_0008", "WORKER00000325", "neutral", "concerned", None, 3.0, 4.0, 4.0),
    ("MSP-PODCAST_0001_0008", "WORKER00000027", "sad", "disappointed;neutral", None, 2.0, 3.0, 3.0),
    ("MSP-PODCAST_0001_0019", "WORKER00000325", "happy", "excited", None, 6.0, 6.0, 5.0),
    ("MSP-PODCAST_0001_0019", "WORKER00000099", "other", None, "proud", 4.0, 5.0, 3.0),
    ("MSP-PODCAST_0002_0003", "WORKER00000027", "anger", "annoyed", None, 6.0, 2.0, 6.0),
]
FORMS = ("labels.txt", "labels_detailed.json", "workers.json", "1.6", "1.8", "2.0")


def votes_of(reading) -> list[tuple]:
    columns = ["clip", "rater", "label", "secondary", "comment", "arousal", "valence", "dominance"]
    rows = reading.votes[columns].itertuples(index=False)
    return [tuple(None if value != value else value for value in row) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_votes(tmp_path, form):
    reading = msp_podcast.read(build(tmp_path / "msp", labels=form))
    assert votes_of(reading) == VOTES and set(reading.votes["panel"]) == {"human"}
    assert not reading.skipped and reading.rating_scale == (1.0, 7.0)
    read = {"labels.txt": "labels.txt"}.get(form, f"labels_detailed.{'json' if 'json' in form else 'csv'}")
    assert f"Workers' answers were read from {read}." in reading.notes


def test_clips_say_what_the_other_files_say(tmp_path):
    clips = msp_podcast.read(build(tmp_path / "msp")).clips.set_index("clip")
    first = clips.loc["MSP-PODCAST_0001_0008"]
    assert (first["speaker"], first["partition"], first["transcript"]) == ("127", "Test1", "well I think so")
    assert first["audio"] == "MSP-PODCAST_0001_0008.wav"
    assert first["metadata"] == {
        "consensus": "N", "mean_arousal": 2.8, "mean_valence": 3.6, "mean_dominance": 3.4, "gender": "Male",
    }  # fmt: skip
    assert clips["partition"].tolist() == ["Test1", "Train", "Development"]
    assert clips["speaker"].isna().tolist() == [False, True, False]  # Unknown is nobody's name


def test_without_the_consensus_file_partitions_and_speakers_are_found_too(tmp_path):
    clips = msp_podcast.read(build(tmp_path / "msp", consensus=False)).clips.set_index("clip")
    assert clips["partition"].dropna().tolist() == ["Test1", "Train"]
    assert clips.loc["MSP-PODCAST_0001_0008", "speaker"] == "127"
    assert clips.loc["MSP-PODCAST_0001_0019", "metadata"]["consensus"] == "X"


def test_the_consensus_alone_votes_once_and_says_so(tmp_path):
    reading = msp_podcast.read(build(tmp_path / "msp", labels=""))
    rows = reading.votes[["clip", "panel", "label"]].to_numpy().tolist()
    assert rows == [["MSP-PODCAST_0001_0008", "consensus", "neutral"], ["MSP-PODCAST_0002_0003", "consensus", "anger"]]
    assert "1 clips have no agreement (X), so no vote." in reading.notes
    assert any("holds no ambiguity" in note for note in reading.notes)


def test_the_way_into_a_study(tmp_path, store):
    corpora.add_corpus(store, "m", msp_podcast.read(build(tmp_path / "msp")))
    study = Study(
        "s", "m", "human", None, ("anger", "happy", "neutral", "sad"), {"excited": "happy"}, rule="drop_outside",
        split="corpus", secondary_weight=1.0,
    )  # fmt: skip
    studies.add_study(store, study)
    counts = studies.study_counts(store, "s")
    assert counts.is_test.tolist() == [True, False, False]
    # neutral shares nothing (concerned is outside); sad and neutral half and half; happy keeps excited; anger alone
    assert counts.reference_weights.tolist() == [[0, 0, 1.5, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("WORKER00000027; Angry; Angry; A:6; V:2; D:6;", "has answered for MSP-PODCAST_0002_0003 already"),
        ("WORKER00000001; ; ; A:x; V:9; D:;", "names no emotion and rates nothing"),
        ("../../x.wav; N;", "neither a clip"),
        ("nonsense", "neither a clip"),
    ],
)
def test_odd_lines_are_listed_and_the_rest_is_kept(tmp_path, line, reason):
    root = build(tmp_path / "msp")
    (root / "Labels/labels.txt").write_text(BLOCKS + line + "\n")
    reading = msp_podcast.read(root)
    (skipped,) = reading.skipped
    assert reason in skipped.reason and skipped.where == f"labels.txt line {BLOCKS.count(chr(10)) + 1}"
    assert votes_of(reading) == VOTES


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"has none of labels\.txt"):
        msp_podcast.read(tmp_path)
    assert not msp_podcast.recognises(tmp_path)
