"""Trainings from plan to panel: the work itself in this process, what the store takes in, the verbs and commands around it."""

import json
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest

from emo_core import jobs, science, verbs
from emo_core.annotators import control as panels
from emo_core.augmentation import study_side
from emo_core.augmentation.settings import Settings
from emo_core.errors import BadInput
from emo_core.jobs.worker import Reporter
from emo_core.store import Database, runs, studies
from emo_core.training import account_rows, control, table
from emo_core.training.data import Examples, Item, held_out
from emo_core.training.plan import TrainPlan, from_document, grid
from emo_core.training.probe import MAKER
from emo_core.training.run import work
from tests.conftest import command, copied

QUICK = {"epochs": 3, "patience": 3}


@pytest.fixture(scope="module")
def trained(demo, tmp_path_factory):
    """The demo with two short trainings of the probe, carried out here and taken in."""
    store = Database(copied(demo, tmp_path_factory.mktemp("trained") / "store"))
    for name, more in (("plain", {}), ("mixed", {"source": "combined", "augmentation": {"fraction": 0.2}})):
        plan = control.plan_for(store, "demo", {"name": name, "settings": QUICK | {"seed": len(more)}, **more})
        run = control.keep(store, plan)
        folder = runs.folder_of(store, run.run_id)
        reporter = Reporter(folder)
        work(folder, reporter)
        reporter.close()
        ended = {"state": "done", "rc": 0, "reason": "", "ended_at": 2.0, "asked_at": 0.0, "started_at": 1.0}
        jobs.files.write_json(folder / jobs.files.STATUS, ended)
        control.collect(store, name)
    yield store
    store.close()


def test_a_training_predicts_the_test_side_and_nothing_else(trained):
    counts = studies.study_counts(trained, "demo")
    told = control.status(trained, "plain")
    cursor = trained.cursor()
    rows = cursor.execute(
        "SELECT clips.name, values FROM run_readings JOIN clips USING (clip_id) WHERE run_id = 1 AND reading = 'predicted'"
    ).fetchall()
    assert {name for name, _ in rows} == set(counts.clips[counts.is_test])
    np.testing.assert_allclose(np.array([values for _, values in rows]).sum(axis=1), 1, atol=1e-9)
    assert (told["train_clips"] + told["validation_clips"], told["test_clips"]) == (
        (~counts.is_test).sum(),
        counts.is_test.sum(),
    )
    mixed = control.status(trained, "mixed")
    assert told["mixtures"] == told["mixtures_asked"] == 0
    asked = round(0.2 * mixed["train_clips"])
    lost = sum(row["count"] for row in mixed["not_made"] if row["what"] == "samples")
    assert mixed["mixtures_asked"] == asked == mixed["mixtures"] + lost and mixed["mixtures_left_out"] == 0


def test_runs_share_what_they_heard(trained):
    heard = [path.stem for path in (trained.folder / "features" / MAKER).rglob("*.safetensors")]
    told = [control.status(trained, name) for name in ("plain", "mixed")]
    own = told[0]["train_clips"] + told[0]["validation_clips"] + told[0]["test_clips"]
    assert len(heard) == len(set(heard)) == own + told[1]["mixtures"]
    assert not list(trained.folder.glob("jobs/*/cache"))


def test_hashes_tell_the_data_apart_and_not_the_seeds(trained):
    plain, mixed = (
        jobs.files.read_json(runs.folder_of(trained, number) / jobs.files.RESULT)["hashes"] for number in (1, 2)
    )
    assert (plain["clips"], plain["sounds"]) == (mixed["clips"], mixed["sounds"])
    assert plain["votes"] != mixed["votes"]


def test_samples_of_the_page_are_those_that_are_trained(trained):
    """What a listener hears on the page Augment, with the seed of the training."""
    settings = Settings(fraction=0.2, seed=2)  # as the run `mixed` has
    heard = study_side.training_side(trained, "demo")
    clips, number = heard.columns["clip"], runs.find_run(trained, "mixed").run_id
    found = table.read(runs.folder_of(trained, number))
    names = [name for name, test in zip(found.names, found.is_test) if not test]
    assert sorted(names) == sorted(clips)
    held = heard.held_out(np.ones(len(clips), dtype=bool), settings.seed)
    items = tuple(Item(name, (None,)) for name in names)
    training = Examples(items, np.full((len(items), 2), 0.5))
    mine = {name for name, out in zip(names, held_out(training, share=0.1, seed=settings.seed)) if out}
    assert mine == {clip for clip, out in zip(clips, held) if out} and mine


def test_plans_kept_before_mean_what_they_meant():
    new = TrainPlan("n", "s", ("anger", "sad"), augmentation=Settings(fraction=0.1))
    old = json.loads(json.dumps(new.as_document()))
    for gone in ("mixed_from", "kept"):
        del old[gone]
    del old["augmentation"]["loudness"]
    found = from_document(old)
    assert (found.mixed_from, found.augmentation.loudness, found.kept) == ("training side", "rms", ())
    assert (new.mixed_from, new.augmentation.loudness) == ("training part", "as_is")
    old["augmentation"]["loudness"] = "as_is"
    assert from_document(old).augmentation.loudness == "as_is"


def test_its_panel_stands_beside_the_listeners(trained):
    study = studies.find_study(trained.cursor(), "demo + plain").study
    assert (study.reference, study.candidate) == ("human", "model:plain")
    votes = studies.study_counts(trained, "demo + plain").candidate
    assert (votes.sum(axis=1) == account_rows.VOTES).all()
    assert control.collect(trained, "plain") == 0
    assert [run.name for run in panels.of_models(trained)] == []


@pytest.mark.parametrize("shares", [[0.5, 0.5], [1 / 3] * 3, [0.001, 0.999], [0.2, 0.3, 0.5]])
def test_votes_stand_for_shares_as_closely_as_they_can(shares):
    votes = account_rows.apportion(np.array(shares))
    assert votes.sum() == account_rows.VOTES
    assert np.abs(votes / account_rows.VOTES - shares).max() < 1 / account_rows.VOTES


def test_a_grid_is_every_source_fraction_and_seed():
    made = grid(TrainPlan("g", "s", ("anger", "sad")), fractions=(0.0, 0.1), seeds=(0, 1))
    assert len(made) == 12 and len({plan.name for plan in made}) == 12 and {plan.grid for plan in made} == {"g"}
    assert {(p.source, p.augmentation and p.augmentation.fraction, p.settings.seed) for p in made} == {
        (source, more, seed) for source in ("human", "synthetic", "combined") for more in (None, 0.1) for seed in (0, 1)
    }
    for plan in made:
        assert from_document(json.loads(json.dumps(plan.as_document()))) == plan


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"name": "a/b"}, "no slash"),
        ({"name": "x", "source": "nobody"}, "source of targets"),
        ({"name": "x", "settings": {"epochs": 0}}, "epochs lies from 1"),
        ({"name": "x", "settings": {"backbone": "Qwen/Qwen2-Audio-7B-Instruct"}}, "hf download"),
        ({"name": "x", "wrong": 1}, "no setting 'wrong'"),
    ],
)
def test_wrong_choices_are_told(trained, monkeypatch, tmp_path, settings, why):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=why):
        control.plan_for(trained, "demo", settings)


def test_without_a_candidate_there_is_one_source(trained):
    studies.add_study(trained, studies.find_study(trained.cursor(), "demo").study.__class__(
        "alone", ("demo",), "human", None, ("anger", "happy", "neutral", "sad"), rule="drop_outside"
    ))  # fmt: skip
    with pytest.raises(BadInput, match="its only source is human"):
        control.plan_for(trained, "alone", {"name": "x", "source": "combined"})
    assert verbs.run(trained, "train", {"study": "alone", "dry": True})["sides"]["train"] > 100


def test_a_random_part_of_the_candidates_votes_is_taken(trained):
    one, several = (control.plan_for(trained, "demo", {"name": "v", "source": "synthetic", "votes": n}) for n in (1, 4))
    from emo_core.store.training_clips import training_clips

    few, more = (np.array(training_clips(trained, "demo", votes=plan.votes)["synthetic"]) for plan in (one, several))
    assert (few.sum(axis=1) == 1).all() and (more.sum(axis=1) == 4).all() and (few <= more).all()


def test_a_killed_training_goes_on_and_comes_out_equal(trained, tmp_path):
    plan = control.plan_for(trained, "demo", {"name": "killed", "settings": QUICK | {"epochs": 5, "patience": 5}})
    folder = runs.folder_of(trained, control.keep(trained, plan).run_id)
    control.begin(trained, "killed")
    wait(lambda: (folder / "checkpoint.pt").exists() or jobs.status(folder).state not in jobs.ALIVE)
    psutil.Process(jobs.files.read_json(folder / jobs.files.PROCESS)["work_pid"]).kill()
    wait(lambda: jobs.status(folder).state not in jobs.ALIVE)
    assert control.status(trained, "killed")["state"] == "failed" and "signal 9" in jobs.status(folder).reason
    control.begin(trained, "killed")
    wait(lambda: jobs.status(folder).state not in jobs.ALIVE)
    assert control.status(trained, "killed")["state"] == "done"
    whole = runs.folder_of(trained, control.keep(trained, replace(plan, name="whole")).run_id)
    control.begin(trained, "whole")
    wait(lambda: jobs.status(whole).state not in jobs.ALIVE)
    histories = [jobs.files.read_json(each / jobs.files.RESULT)["history"] for each in (folder, whole)]
    assert histories[0] == histories[1]
    assert (folder / account_rows.FILE).read_bytes() == (whole / account_rows.FILE).read_bytes()


def wait(happened, patience_s: float = 120.0) -> None:
    until = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def on_test_side(store: Database, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(human shares, predicted, training mean) of a run on the test side, by clip."""
    folder = runs.folder_of(store, runs.find_run(store, name).run_id)
    found = table.read(folder)
    human = dict(zip(found.names, science.normalise(found.human)))
    lines = [json.loads(line) for line in (folder / account_rows.FILE).read_text().splitlines()]
    mean = np.array(jobs.files.read_json(folder / jobs.files.RESULT)["train_mean"])
    return np.array([human[line["clip"]] for line in lines]), np.array([line["values"] for line in lines]), mean


def test_the_probe_beats_the_training_mean(trained):
    folder = runs.folder_of(trained, control.keep(trained, control.plan_for(trained, "demo", {"name": "usual"})).run_id)
    work(folder, Reporter(folder))
    human, predicted, mean = on_test_side(trained, "usual")
    js = science.jensen_shannon_divergence
    gain = js(human, np.broadcast_to(mean, human.shape)) - js(human, predicted)
    found = science.mean_interval(gain, seed=0)
    assert found.value > 0.1 and found.interval.low > 0


def test_with_noisy_people_a_clean_panel_helps_most_where_listeners_agree(trained):
    """Training votes of people: one a clip, half of them at random. The candidate's are clean; the test side is untouched."""
    closer = {}
    for source in ("human", "combined"):
        settings = {"name": f"noisy {source}", "source": source, "settings": {"epochs": 30}}
        folder = runs.folder_of(trained, control.keep(trained, control.plan_for(trained, "demo", settings)).run_id)
        found = table.read(folder)
        rng = np.random.default_rng(0)
        for row in np.flatnonzero(~found.is_test):
            truth = found.human[row] / found.human[row].sum()
            label = rng.choice(len(truth), p=truth) if rng.random() < 0.5 else rng.integers(len(truth))
            found.human[row] = np.eye(len(truth))[label]
        columns = pq.read_table(folder / table.FILE).to_pydict() | {"human": found.human.tolist()}
        table.write(folder, columns, found.silent)
        work(folder, Reporter(folder))
        human, predicted, _ = on_test_side(trained, settings["name"])
        closer[source] = science.jensen_shannon_divergence(human, predicted)
    entropy = science.entropy(human)
    agreed = entropy <= np.quantile(entropy, 1 / 3)
    gain = science.mean_interval((closer["human"] - closer["combined"])[agreed], seed=0)
    assert gain.value > 0 and gain.interval.low > 0


def test_a_command_trains_waits_and_predicts_a_folder(demo, tmp_path):
    folder = copied(demo, tmp_path / "store")
    done = command(folder, "train", "demo", "--name", "r", "--epochs", 2, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["state"] == "done" and told["companion"] == "demo + r"
    assert command(folder, "train", "demo", "--name", "r").exit_code == 2
    head, _, columns, row = command(folder, "results", "demo").stdout.splitlines()[:4]
    assert "40 test clips" in head and columns.split()[:2] == ["model", "seeds"] and row.startswith("human ")
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    source = next(path for path in demo.rglob("*.wav"))
    (sounds / "=one.wav").write_bytes(source.read_bytes())
    (sounds / "two.wav").write_bytes(b"no sound")
    done = command(folder, "predict", "r", sounds, "--to", tmp_path / "p.csv", "--json")
    assert json.loads(done.stdout) | {"file": ""} == {
        "file": "", "sounds": 2, "predicted": 1, "failed": 1, "emotions": told_emotions(folder)
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "p.csv")
    assert table["file"][0] == "'=one.wav" and abs(table.loc[0, told_emotions(folder)].sum() - 1) < 1e-4
    assert "not audio" in table["problem"][1]


def told_emotions(folder) -> list[str]:
    return json.loads(command(folder, "study", "show", "demo", "--json").stdout)["emotions"]
