"""What is told before a run starts, against what the run then does; and what it leaves behind."""

import io
import json
import shutil
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from emo_core import jobs, verbs
from emo_core.analysis import results_runs
from emo_core.augmentation import dime
from emo_core.augmentation.settings import Settings as AugmentSettings
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import BadInput
from emo_core.jobs.worker import Reporter
from emo_core.revision import revision
from emo_core.store import Database, runs
from emo_core.training import control, fitting, forecast, hardware, memory, package, table
from emo_core.training.plan import from_document
from emo_core.training.run import work
from tests.conftest import copied

SEVEN_B = {
    "model_type": "qwen2_audio", "text_config": {"intermediate_size": 11008, "vocab_size": 156032}, "audio_config": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def ran(demo, tmp_path_factory):
    """The demo with one training of two epochs on a quarter of its clips, carried out here."""
    store = Database(copied(demo, tmp_path_factory.mktemp("ran") / "store"))
    plan = control.plan_for(store, "demo", {"name": "first", "settings": {"epochs": 2, "patience": 2, "seed": 3}})
    folder = runs.folder_of(store, control.keep(store, plan).run_id)
    every = pq.read_table(folder / table.FILE)
    pq.write_table(every.take(list(range(0, len(every), 4))), folder / table.FILE)
    reporter = Reporter(folder)
    work(folder, reporter)
    reporter.close()
    yield store
    store.close()


@pytest.fixture
def seven_b(tmp_path):
    """A folder that looks like the published model and holds no weights."""
    folder = tmp_path / "seven"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(SEVEN_B))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_text("{}")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    return folder


def dry(store: Database, **more) -> dict:
    return verbs.run(store, "train", {"study": "demo", "dry": True, **more})["forecast"]


def test_the_steps_told_are_those_of_the_loop(ran):
    folder = runs.folder_of(ran, 1)
    told = forecast.steps(from_document(runs.find_run(ran, "first").settings), table.read(folder))
    lines, _ = jobs.read_lines(folder / jobs.files.PROGRESS)
    result = jobs.files.read_json(folder / jobs.files.RESULT)
    assert told.at_most == lines[-1]["total"] == 2 * told.an_epoch
    assert (told.train, told.validation) == (result["train_clips"], result["validation_clips"])


def test_time_is_that_of_the_run_before_and_says_so(ran):
    found, pace = dry(ran)["time"], jobs.files.read_json(runs.folder_of(ran, 1) / jobs.files.RESULT)["pace"]
    assert (found["run"], found["measured"], found["differs"]) == ("first", True, [])
    assert found["seconds"] == pytest.approx(250 * pace["step_s"] + pace["rest_s"] + found["hearing_s"])
    assert dry(ran, settings={"batch": 16})["time"]["differs"] == ["batch", "micro_batch"]


def test_without_a_run_before_time_is_rough_or_not_told(ran):
    settings = control.plan_for(ran, "demo", {"name": "x", "settings": {"backbone": "tiny"}}).settings
    assert forecast.pace(ran, settings, 100).run == ""
    assert forecast.pace(ran, replace(settings, backbone="/some/model"), 100) is None


def test_a_grid_is_told_as_one(ran):
    told = verbs.run(ran, "train grid", {"study": "demo", "dry": True, "seeds": 2, "settings": {"epochs": 5}})
    found = told["forecast"]
    assert found["runs"] == len(told["runs"]) == 12 and found["in_turn"] and not told["kept"]
    low, high = found["steps"]["an_epoch"]
    assert 60 * low < found["steps"]["at_most"] < 60 * high and found["steps"]["mixtures"] > 0
    assert len(runs.list_runs(ran)) == 1


@pytest.mark.parametrize("fraction", [0.1, 0.5])
def test_no_more_mixtures_are_made_than_told(fraction):
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([3, 1, 0.5], 60)
    names = [f"c{i:02}" for i in range(60)]
    side = TrainingClips(names, ("a", "b", "c"), shares, rng.standard_normal((60, 4)), [None] * 60)
    settings = AugmentSettings(fraction=fraction)
    assert len(dime.plan(side, settings).ids) == forecast.room_for(shares, settings) == round(60 * fraction)
    one = np.eye(3)[np.zeros(9, dtype=int)]
    with pytest.raises(BadInput, match="only one dominant emotion"):
        forecast.room_for(one, settings)


def test_a_model_that_does_not_fit_is_told_with_what_would(ran, seven_b, monkeypatch):
    card = hardware.Gpu("Small Card", 24_000, 1_000, 0.0, True)
    monkeypatch.setattr(hardware, "gpu", lambda *_: card)
    monkeypatch.setattr(fitting.importlib.util, "find_spec", lambda name: name)  # as if bitsandbytes were there
    found = dry(ran, settings={"backbone": str(seven_b)})["memory"]
    assert (found["device"], found["total_mb"], found["free_mb"], found["enough"]) == (
        "Small Card",
        24_000,
        23_000,
        False,
    )
    ways = {tuple(way["changes"]): way for way in found["savings"]}
    assert ways["checkpointing", "micro_batch"]["enough"] and ("qlora",) in ways
    for way in found["savings"]:
        again = dry(ran, settings={"backbone": str(seven_b), **way["changes"]})["memory"]
        assert again["needed_mb"] == way["needed_mb"] < found["needed_mb"]
        assert again["enough"] == way["enough"] == (way["needed_mb"] <= 24_000)


def test_without_a_gpu_the_machines_memory_counts_and_four_bits_cannot_be_had(ran, seven_b, monkeypatch):
    monkeypatch.setattr(hardware, "gpu", lambda *_: None)
    monkeypatch.setattr(hardware, "memory_mb", lambda: (16_000.0, 9_000.0))
    monkeypatch.setattr(fitting.spec, "has_gpu", lambda: False)
    found = dry(ran, settings={"backbone": str(seven_b)})
    assert "this machine" in found["memory"]["device"] and not found["memory"]["enough"] and found["time"] is None
    with pytest.raises(BadInput, match="need a CUDA GPU"):
        dry(ran, settings={"backbone": str(seven_b), "qlora": True})
    assert found["memory"]["savings"] and not any("qlora" in way["changes"] for way in found["memory"]["savings"])
    assert dry(ran)["memory"] | {"device": ""} == {
        "needed_mb": memory.LIGHT_MB["probe"], "device": "", "on_gpu": False, "total_mb": 16_000, "free_mb": 9_000, "savings": [],
        "enough": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"settings": {"batch": 33, "micro_batch": 4}}, "no multiple of micro-batch 4"),
        ({"settings": {"learning_rate": 3.0}}, "learning_rate lies from"),
        ({"settings": {"learning_rate": 0.0}}, "learning_rate lies from"),
        ({"settings": {"backbone": "/no/such/folder"}}, "no folder '/no/such/folder'"),
        ({"name": "first"}, "a run 'first' already"),
    ],
)
def test_wrong_choices_are_told_before_anything_is_kept(ran, choices, why):
    with pytest.raises(BadInput, match=why):
        dry(ran, **choices)
    assert len(runs.list_runs(ran)) == 1


def test_an_empty_test_side_is_told(ran):
    plan = control.plan_for(ran, "demo", {"name": "x"})
    found = control.clips_of(ran, plan)
    with pytest.raises(BadInput, match="test side of the study 'demo'"):
        forecast.steps(plan, replace(found, is_test=np.zeros(len(found.clips), dtype=bool)))
    with pytest.raises(BadInput, match="training side of the study 'demo'"):
        forecast.steps(plan, replace(found, is_test=np.ones(len(found.clips), dtype=bool)))


def test_the_card_says_with_what_and_on_what(ran):
    control.collect(ran, "first")
    (each,) = results_runs.training_runs(ran, "demo")
    card = results_runs.card(each)
    assert card["hashes"].keys() == {"clips", "votes", "sounds"} and len(set(card["hashes"].values())) == 3
    assert card["hardware"]["processor"] == hardware.processor() and card["revision"] == revision()
    assert card["attempts"] == 1 and card["seconds"] > 0 and card["ended"] == "epochs"
    assert (card["energy_kwh"] is None) == (card["energy_of"] == [])


def test_a_predictor_goes_along_as_one_file_and_its_readme_is_true(ran, tmp_path, monkeypatch, capsys):
    folder = runs.folder_of(ran, 1) / package.FOLDER
    with zipfile.ZipFile(io.BytesIO(package.zipped(folder, "first"))) as file:
        file.extractall(tmp_path)
    clip = next(clip for clip in control.clips_of(ran, control.plan_for(ran, "demo", {"name": "x"})).clips)
    soundfile.write(tmp_path / "clip.wav", clip.samples(), 16_000)
    told = (tmp_path / package.README).read_text()
    code = "\n".join(line[4:] for line in told.splitlines() if line.startswith("    "))
    assert len(code.splitlines()) == 5 and {"weights.safetensors", "card.json"} == {
        p.name for p in (tmp_path / "predictor").iterdir()
    }
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README", "exec"), {})
    printed = capsys.readouterr().out
    assert all(
        f"'{emotion}': " in printed
        for emotion in json.loads((tmp_path / "predictor" / "card.json").read_text())["emotions"]
    )
    shutil.rmtree(tmp_path / "predictor")
    with pytest.raises(BadInput, match="no predictor yet"):
        package.zipped(tmp_path / "predictor", "first")
