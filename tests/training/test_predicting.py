"""A folder of sounds becomes a table: every file has a row, with shares or with the reason why not."""

import errno

import numpy as np
import pandas as pd
import pytest
import soundfile

from emo_core.errors import BadInput
from emo_core.jobs import files
from emo_core.jobs.worker import Reporter, Stopped
from emo_core.training import predict_jobs, predict_run, predicting
from emo_core.training.data import RATE
from emo_core.training.evaluate import load_predictor
from emo_core.training.loop import PREDICTOR, train
from emo_core.training.settings import TrainSettings
from tests.rounding import float32_bound, roundings_of
from tests.training.conftest import EMOTIONS, data, tone


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    train(data(4, 2), TrainSettings(epochs=1, batch=4, device="cpu", longest_s=1.0), folder)
    return folder / PREDICTOR


@pytest.fixture
def sounds(tmp_path):
    folder = tmp_path / "sounds"
    (folder / "below").mkdir(parents=True)
    for place, name in enumerate(("=1+1.wav", "a.flac", "below/b.wav")):
        soundfile.write(folder / name, tone(150 + 100 * place, 0.5 + 0.1 * place, place), RATE)
    soundfile.write(folder / "long.wav", tone(200, 1.5, 0), RATE)
    spoilt = tone(200, 0.5, 0)
    spoilt[5] = np.nan
    soundfile.write(folder / "nan.wav", spoilt, RATE, subtype="FLOAT")
    (folder / "text.wav").write_text("no sound")
    (folder / "notes.txt").write_text("no matter")
    return folder


def test_every_file_has_shares_or_a_reason(predictor, sounds, monkeypatch):
    monkeypatch.setattr(predicting, "_AT_ONCE", 2)
    said = []
    found = predicting.of_folder(predictor, sounds, report=lambda *now: said.append(now))
    rows = {row["file"]: row for row in found.rows}
    assert found.counts == {"sounds": 6, "predicted": 3, "failed": 3, "emotions": list(EMOTIONS)}
    assert said == [(0, 6), (2, 6), (4, 6), (6, 6)]
    good = ["=1+1.wav", "a.flac", "below/b.wav"]
    waveforms = [soundfile.read(sounds / name, dtype="float32")[0] for name in good]
    expected = load_predictor(predictor).predict(waveforms)
    bound = float32_bound(roundings_of(load_predictor(predictor).learner.module))  # of shares, up to 1
    told = [[rows[name][emotion] for emotion in EMOTIONS] for name in good]
    np.testing.assert_allclose(told, expected, atol=bound, rtol=0)
    assert {name: row["fault"] for name, row in rows.items() if row["problem"]} == {
        "long.wav": "longer than the model takes", "nan.wav": "samples that are not numbers",
        "text.wav": "the audio file cannot be read",
    }  # fmt: skip
    assert all(rows[name]["anger"] is None for name in ("long.wav", "nan.wav", "text.wav"))


def asked(tmp_path, predictor, sounds):
    folder = tmp_path / "1"
    folder.mkdir()
    files.write_json(folder / predict_jobs.REQUEST, {"run": "r", "predictor": str(predictor), "sounds": str(sounds)})
    return folder, Reporter(folder)


def test_a_job_leaves_a_table_and_counts(tmp_path, predictor, sounds):
    folder, reporter = asked(tmp_path, predictor, sounds)
    predict_run.work(folder, reporter)
    told = files.read_json(folder / files.RESULT)
    assert (told["predicted"], sum(told["problems"].values())) == (3, 3)
    table = pd.read_csv(folder / predict_jobs.TABLE)
    assert list(table) == ["file", "seconds", *EMOTIONS, "problem"] and table["file"][0] == "'=1+1.wav"
    np.testing.assert_allclose(table[list(EMOTIONS)].sum(axis=1)[table["problem"].isna()], 1, atol=1e-5)


def test_a_job_that_is_stopped_or_finds_the_disk_full_leaves_no_table(tmp_path, predictor, sounds, monkeypatch):
    folder, reporter = asked(tmp_path, predictor, sounds)
    files.write_json(folder / files.STOP, {})
    with pytest.raises(Stopped):
        predict_run.work(folder, reporter)
    (folder / files.STOP).unlink()

    def half(path, *_):
        path.write_text("file,seco")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(predicting.tables, "write_csv", half)
    with pytest.raises(OSError, match="No space left"):
        predict_run.work(folder, reporter)
    with pytest.raises(BadInput, match="cannot be written: No space left on device"):
        predicting.folder_of_sounds(predictor, sounds, tmp_path / "p.csv")
    assert not [path.name for path in [*folder.iterdir(), *tmp_path.iterdir()] if "csv" in path.name]


def test_a_folder_without_sound_is_refused(tmp_path, predictor):
    with pytest.raises(BadInput, match=r"There is no sound file below .*: endings are \.wav"):
        predicting.of_folder(predictor, tmp_path)
    with pytest.raises(BadInput, match="There is no folder"):
        predict_jobs.sound_files(tmp_path / "none")
