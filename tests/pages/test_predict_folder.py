"""The page Results asks a trained model about a folder of sounds, and shows what it said."""

import pytest

from emo_core import jobs
from emo_core.store import runs
from emo_core.training import predict_jobs
from tests.pages.test_pages import draw, said
from tests.trained_runs import heard_shares, plant_training

DONE = {"state": "done", "rc": 0, "reason": "", "ended_at": 2.0, "asked_at": 0.0, "started_at": 1.0}


@pytest.fixture
def trained(filled, monkeypatch):
    """A run that is done; jobs are made and not started."""
    plant_training(filled, "small", "r", heard_shares(filled, "small"))
    folder = runs.folder_of(filled, runs.find_run(filled, "r").run_id)
    (folder / "predictor").mkdir()
    jobs.files.write_json(folder / jobs.files.STATUS, DONE)
    monkeypatch.setattr(predict_jobs.jobs, "start", lambda folder: None)
    return filled


def asked(monkeypatch, store, folder):
    app = draw(monkeypatch, store, "results")
    app.text_input(key="predict:folder").set_value(str(folder)).run()
    return app.button("predict").click().run()


def test_a_folder_that_cannot_be_heard_is_told(trained, monkeypatch, tmp_path):
    app = draw(monkeypatch, trained, "results")
    for folder, why in {
        "": "named from the root",
        "sounds": "named from the root",
        "/no such folder": "There is no folder /no such folder",
        str(tmp_path): "There is no sound file below",
    }.items():
        app.text_input(key="predict:folder").set_value(folder).run()
        app.button("predict").click().run()
        assert why in said(app) and not app.exception
    assert not list(predict_jobs.of_runs(trained, {"r"}))


def test_a_run_whose_job_is_not_done_is_told(trained, monkeypatch, tmp_path):
    folder = runs.folder_of(trained, runs.find_run(trained, "r").run_id)
    (folder / jobs.files.STATUS).unlink()
    (tmp_path / "a.wav").touch()
    assert "The run 'r' has no trained model yet: it is made" in said(asked(monkeypatch, trained, tmp_path))


def test_a_job_hears_the_folder_and_its_table_is_shown(trained, monkeypatch, tmp_path):
    (tmp_path / "a.wav").touch()
    app = asked(monkeypatch, trained, tmp_path)
    (made,) = predict_jobs.of_runs(trained, {"r"})
    assert made.job.spec.kind == "predict" and made.job.spec.module == "emo_core.training.predict_run"
    assert (made.asked["sounds"], made.table) == (str(tmp_path), None) and "It was not started" in said(app)
    assert not list(predict_jobs.of_runs(trained, {"another"}))
    told = {
        "sounds": 30,
        "predicted": 29,
        "failed": 1,
        "emotions": ["happy", "sad"],
        "problems": {"digital silence": 1},
    }
    rows = ["'=a.wav,1.0,0.25,0.75,", "b.wav,,,,It is *silent*.", *["c.wav,1.0,0.5,0.5,"] * 28]
    (made.job.folder / predict_jobs.TABLE).write_text("\n".join(["file,seconds,happy,sad,problem", *rows]))
    for name, document in ((jobs.files.RESULT, told), (jobs.files.STATUS, DONE)):
        jobs.files.write_json(made.job.folder / name, document)
    app = draw(monkeypatch, trained, "results")
    table = next(each.value for each in app.dataframe if "problem" in each.value)
    assert table["file"].tolist()[:2] == ["=a.wav", "b.wav"] and table["sad"][0] == 0.75
    assert "**29 of 30 sounds**" in said(app) and "1 × digital silence" in said(app) and "first 20 of 30" in said(app)
    assert "Predictions of the folder (CSV)" in [each.proto.label for each in app.get("download_button")]
