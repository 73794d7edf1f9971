"""Clips that a training cannot use: all told before it starts; left out and counted where that is asked for."""

import json

import numpy as np
import pytest
import soundfile

from emo_core import jobs, verbs
from emo_core.annotators.clips import Clip
from emo_core.audio.voice import voice_tracks
from emo_core.errors import AudioError, BadInput
from emo_core.jobs.worker import Reporter
from emo_core.store import runs
from emo_core.training import control, probe, unusable
from emo_core.training.data import RATE
from emo_core.training.run import UNUSABLE, work
from tests.training.conftest import tone


@pytest.fixture
def spoilt(store, tmp_path):
    """Sixteen clips: one of 31 s, one too short, one of no bytes, one whose damage only decoding shows."""
    wavs, rows = tmp_path / "wavs", []
    wavs.mkdir()
    for i in range(16):
        seconds = {3: 31.0, 4: 0.02}.get(i, 0.5)
        sound = tone(150 + 150 * (i % 2), seconds, i)
        if i == 6:
            sound[100] = np.nan
        soundfile.write(wavs / f"k{i:02}.wav", sound, RATE, subtype="FLOAT" if i == 6 else "PCM_16")
        rows += [f"k{i:02},{rater},{'sad' if rater == 'c' else ('anger', 'sad')[i % 2]}" for rater in "abc"]
    votes = tmp_path / "votes.csv"
    votes.write_text("clip,rater,label\n" + "\n".join(rows))
    given = {"path": str(votes), "clip": "clip", "label": "label", "rater": "rater"}
    verbs.run(store, "corpus add votes", {"name": "c", "file": given, "audio": str(wavs)})
    (wavs / "k05.wav").write_bytes(b"")
    verbs.run(store, "study add", {"name": "s", "corpus": "c", "reference": "human", "emotions": "anger,sad"})
    return store


def dry(store, **more):
    return verbs.run(store, "train", {"study": "s", "settings": {"epochs": 1}, "dry": True} | more)


def carried_out(store, **more):
    """A training as far as its work, in this process; its result."""
    plan = control.plan_for(store, "s", {"name": "x", "settings": {"epochs": 1, "batch": 4}} | more)
    folder = runs.folder_of(store, control.keep(store, plan).run_id)
    reporter = Reporter(folder)
    try:
        work(folder, reporter)
    finally:
        reporter.close()
    return folder, jobs.files.read_json(folder / jobs.files.RESULT)


def test_all_are_listed_with_number_and_reason_before_anything_starts(spoilt):
    told = dry(spoilt)
    assert told["unusable"]["reasons"] == {"shorter than the model takes": 1, "the audio file cannot be read": 1}
    assert [each["clip"] for each in told["unusable"]["listed"]] == ["k04", "k05"]  # the probe takes 31 s
    told = dry(spoilt, settings={"backbone": "tiny"}, skip_unusable=True)
    assert told["unusable"]["clips"] == told["sides"]["unusable"] == 3
    assert told["sides"]["train"] + told["sides"]["test"] == 13
    for verb, more in (("train", {}), ("train grid", {"sources": ["human"], "fractions": [0.0], "begin": False})):
        with pytest.raises(BadInput, match=r"sound of 2 clips cannot be used. k04: .*; k05: .*--skip-unusable"):
            verbs.run(spoilt, verb, {"study": "s", "settings": {"epochs": 1}} | more)
    assert runs.list_runs(spoilt) == [] and not list((spoilt.folder / "jobs").glob("[0-9]*"))


def test_they_are_left_out_and_counted_and_later_attempts_leave_out_the_same(spoilt):
    folder, result = carried_out(spoilt, skip_unusable=True)
    assert [each["clip"] for each in result["unusable"]] == ["k04", "k05", "k06"]
    assert result["left_out"]["samples that are not numbers"] == 1
    assert result["train_clips"] + result["validation_clips"] + result["test_clips"] == 13
    assert [each["clip"] for each in json.loads((folder / UNUSABLE).read_text())["clips"]] == ["k06"]


def test_what_only_decoding_shows_stops_a_run_with_all_its_clips(spoilt, tmp_path):
    names = ["k04", "k05"]
    verbs.run(spoilt, "study remove", {"name": "s"})
    choices = {"name": "s", "corpus": "c", "reference": "human", "emotions": "anger,sad", "without_clips": names}
    verbs.run(spoilt, "study add", choices)
    sound = tone(150, 0.5, 0)
    sound[7] = np.inf
    soundfile.write(tmp_path / "wavs" / "k07.wav", sound, RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"sound of 2 clips cannot be used. k06.*; k07"):
        carried_out(spoilt)


def test_what_an_earlier_look_found_is_known_before_the_start(spoilt):
    verbs.run(spoilt, "health", {"corpus": "c"})
    codes = {each["clip"]: each["code"] for each in dry(spoilt)["unusable"]["listed"]}
    assert codes == {"k04": "too_short", "k05": "unreadable", "k06": "not_numbers"}


def test_nothing_left_is_refused(tmp_path):
    gone = Clip("a", "c", "a", str(tmp_path), "a.wav", None, None, 1.0, None)
    (fault,) = unusable.faults([gone], 30)
    assert fault.code == "missing" and "a.wav is not there" in fault.problem


def test_a_clip_of_up_to_thirty_seconds_is_encoded_in_one_piece_and_a_longer_one_in_windows():
    short = tone(150, 0.7, 1)
    np.testing.assert_array_equal(probe._tracks(short), voice_tracks(short))
    long = tone(150, 75.0, 1)
    whole, parts = voice_tracks(long), probe._tracks(long)
    assert whole.shape == parts.shape == (7501, 75) and np.isfinite(probe.features(long)).all()
    inside = np.abs(np.arange(7501)[:, None] - np.array([2500, 5000])).min(axis=1) > 20  # away from the seams
    np.testing.assert_allclose(parts[inside][:, 1:20], whole[inside][:, 1:20], rtol=1e-3, atol=1e-2)
