"""Clips that a training cannot use: all told before it starts; left out and counted where that is asked for."""

import json

import numpy as np
import pytest
import soundfile

from emo_core import jobs, verbs
from emo_core.annotators.clips import Clip
from emo_core.audio.voice import voice_tracks
from emo_core.errors import AudioError, BadInput
from emo_core.jobs.worker import Reporter, Stopped
from emo_core.store import runs
from emo_core.training import control, probe, unusable
from emo_core.training.data import RATE
from emo_core.training.evaluate import load_predictor
from emo_core.training.loop import PREDICTOR
from emo_core.training.plan import SIDE
from emo_core.training.run import PLAN, PREDICTIONS, UNUSABLE, work
from tests.jobs.conftest import until
from tests.pages.test_pages import draw, said
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


def test_a_stopped_run_goes_on_with_the_same_clips_and_learns_the_same(spoilt):
    choices = {"skip_unusable": True, "settings": {"epochs": 3, "batch": 4}}
    whole, expected = carried_out(spoilt, name="whole", **choices)
    plan = control.plan_for(spoilt, "s", {"name": "stopped", **choices})
    folder = runs.folder_of(spoilt, control.keep(spoilt, plan).run_id)
    reporter = Reporter(folder)
    report = reporter.report

    def stop_after_an_epoch(*words, **figures):
        report(*words, **figures)
        if "val_js" in figures:
            jobs.files.write_json(folder / jobs.files.STOP, {})

    reporter.report = stop_after_an_epoch
    with pytest.raises(Stopped):
        work(folder, reporter)
    reporter.close()
    (folder / jobs.files.STOP).unlink()
    kept = (folder / UNUSABLE).read_bytes()
    file = next(folder.parents[2].rglob("k06.wav"))
    soundfile.write(file, tone(150, 0.5, 6), RATE)  # repaired meanwhile: the run still leaves it out
    reporter = Reporter(folder)
    work(folder, reporter)
    reporter.close()
    found = jobs.files.read_json(folder / jobs.files.RESULT)
    assert (folder / UNUSABLE).read_bytes() == kept == (whole / UNUSABLE).read_bytes()
    assert (found["history"], found["unusable"]) == (expected["history"], expected["unusable"])
    assert (folder / PREDICTIONS).read_bytes() == (whole / PREDICTIONS).read_bytes()


def test_the_page_lists_them_and_starts_only_without_them(spoilt, monkeypatch):
    app = draw(monkeypatch, spoilt, "train")
    assert "The sound of 2 clips cannot be used" in said(app) and app.button("start").disabled
    listed = next(each.value for each in app.dataframe if "why" in each.value)
    assert listed["clip"].tolist() == ["k04", "k05"]
    app.checkbox("train:skip_unusable").check().run()
    assert not app.button("start").disabled
    app.button("start").click().run()
    (run,) = control.of_study(spoilt)
    jobs.cancel(runs.folder_of(spoilt, run.run_id))
    assert not app.exception and run.settings["skip_unusable"]
    app = draw(monkeypatch, spoilt, "train", run=run.name)
    app.button("duplicate").click().run()
    assert app.checkbox("train:skip_unusable").value and not app.button("start").disabled


def test_a_plan_kept_before_these_choices_existed_goes_on_as_it_was(spoilt):
    names = ["k04", "k05", "k06"]
    verbs.run(spoilt, "study remove", {"name": "s"})
    study = {"name": "s", "corpus": "c", "reference": "human", "emotions": "anger,sad", "without_clips": names}
    verbs.run(spoilt, "study add", study)
    settings = {"epochs": 2, "batch": 4}
    mixing = {"augmentation": {"fraction": 0.5, "loudness": "as_is"}, "mixed_from": SIDE, "settings": settings}
    _, expected = carried_out(spoilt, name="whole", **mixing)
    folder = runs.folder_of(
        spoilt, control.keep(spoilt, control.plan_for(spoilt, "s", {"name": "old", **mixing})).run_id
    )
    document = jobs.files.read_json(folder / PLAN)
    for name in ("skip_unusable", "kept", "mixed_from"):
        del document[name]
    jobs.files.write_json(folder / PLAN, document)
    reporter = Reporter(folder)
    work(folder, reporter)
    reporter.close()
    found = jobs.files.read_json(folder / jobs.files.RESULT)
    assert found["mixtures"] == expected["mixtures"] and found["history"] == expected["history"]
    assert not (folder / UNUSABLE).exists()


def test_the_probe_learns_from_and_predicts_a_clip_of_75_seconds(store, tmp_path):
    rows = []
    for i in range(12):
        soundfile.write(tmp_path / f"k{i:02}.wav", tone(150 + 150 * (i % 2), 75.0 if i == 3 else 0.5, i), RATE)
        rows += [f"k{i:02},{rater},{('anger', 'sad')[i % 2]}" for rater in "ab"]
    votes = tmp_path / "votes.csv"
    votes.write_text("clip,rater,label\n" + "\n".join(rows))
    given = {"path": str(votes), "clip": "clip", "label": "label", "rater": "rater"}
    verbs.run(store, "corpus add votes", {"name": "c", "file": given, "audio": str(tmp_path)})
    verbs.run(store, "study add", {"name": "s", "corpus": "c", "reference": "human", "emotions": "anger,sad"})
    verbs.run(store, "train", {"study": "s", "name": "long", "settings": {"epochs": 1}})
    folder = runs.folder_of(store, runs.find_run(store, "long").run_id)
    until(lambda: jobs.status(folder).state not in jobs.ALIVE)
    assert jobs.status(folder).state == "done", jobs.last_lines(folder)
    control.collect(store, "long")
    told = jobs.files.read_json(folder / jobs.files.RESULT)
    assert told["train_clips"] + told["validation_clips"] + told["test_clips"] == 12 and np.isfinite(told["best_js"])
    (shares,) = load_predictor(folder / PREDICTOR).predict([tone(300, 75.0, 3)])
    assert np.isfinite(shares).all()
    (row,) = verbs.run(store, "results", {"study": "s"})["runs"]
    assert (row["run"], row["state"]) == ("long", "done")


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
