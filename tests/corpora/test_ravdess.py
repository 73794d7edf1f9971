"""RAVDESS: what the seven numbers of a name say, and names that say nothing."""

import pytest

from emo_core.corpora import ravdess
from emo_core.errors import BadInput
from emo_core.store import corpora
from tests.corpora.fixtures_acted import build_emodb, build_ravdess
from tests.corpora.fixtures_sound import write_sound


def test_a_name_says_emotion_actor_words_and_the_rest(tmp_path):
    reading = ravdess.read(build_ravdess(tmp_path))
    assert reading.votes.to_dict("list") == {
        "clip": ["03-01-01-01-01-01-01", "03-01-06-02-02-01-12", "03-02-02-01-01-02-24"],
        "panel": ["intended"] * 3,
        "label": ["neutral", "fear", "calm"],
    }
    fearful = reading.clips.iloc[1]
    assert fearful["audio"] == "Actor_12/03-01-06-02-02-01-12.wav" and fearful["duration_s"] == 0.01
    assert (fearful["speaker"], fearful["transcript"]) == ("12", "Dogs are sitting by the door.")
    assert fearful["metadata"] == {
        "modality": "audio only", "channel": "speech", "intensity": "strong", "repetition": "01", "actor": "12", "sex": "female",
    }  # fmt: skip
    assert reading.clips.iloc[2]["metadata"]["channel"] == "song" and reading.skipped == ()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("03-01-09-01-01-01-01", "no emotion 09"),
        ("03-01-01-01-01-01-25", "no actor 25"),
        ("03-01-01-01-01-01", "not seven numbers"),
        ("04-01-01-01-01-01-01", "no modality 04"),
        ("03-01-01-01-03-01-01", "no statement 03"),
        ("٠٣-01-01-01-01-01-01", "not seven numbers"),  # digits of another script
    ],
)
def test_other_names_are_left_out_and_listed(tmp_path, name, reason):
    build_ravdess(tmp_path)
    write_sound(tmp_path / "Actor_01" / f"{name}.wav")
    reading = ravdess.read(tmp_path)
    ((where, said),) = [(skip.where, skip.reason) for skip in reading.skipped]
    assert where == f"Actor_01/{name}.wav" and reason in said and len(reading.clips) == 3


def test_the_copy_inside_the_copy_counts_once(tmp_path):
    build_ravdess(build_ravdess(tmp_path) / "audio_speech_actors_01-24")
    reading = ravdess.read(tmp_path)
    assert len(reading.clips) == 3 and len(reading.skipped) == 3
    assert "another folder" in reading.skipped[0].reason


def test_sound_may_lie_elsewhere(tmp_path):
    (tmp_path / "named").mkdir()
    reading = ravdess.read(tmp_path / "named", audio=build_ravdess(tmp_path / "sound"))
    assert reading.audio_root == tmp_path / "sound" and len(reading.clips) == 3


def test_a_folder_without_such_names_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no votes that can be read as ravdess"):
        ravdess.read(build_emodb(tmp_path))


def test_it_goes_into_a_store(store, tmp_path):
    report = corpora.add_corpus(store, "ravdess", ravdess.read(build_ravdess(tmp_path / "r")))
    assert report.panels == {"intended": 3} and report.clips_with_audio == 3 and report.raters == 0
