"""Runs: resumed equals uninterrupted, two processes equal one, what is planted is learnt, what fails says for which clip."""

import multiprocessing
import os
import socket
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState

from emo_core.errors import AudioError, BadInput
from emo_core.jobs.worker import Stopped
from emo_core.science.divergences import jensen_shannon_divergence
from emo_core.training import checkpoint
from emo_core.training.data import Data, Examples, Item, assemble
from emo_core.training.evaluate import load_predictor, predict
from emo_core.training.hearing import hear_all
from emo_core.training.loop import PREDICTOR, NotANumber, train
from emo_core.training.settings import TrainSettings
from tests.rounding import float32_bound, roundings_of
from tests.training.conftest import EMOTIONS, Sound, data, examples, mixed, tiny, tone

PROBE = TrainSettings(epochs=3, batch=4, micro_batch=2, device="cpu")


def after(count: int):
    """Says yes when asked for the `count`th time and from then on."""
    asked = iter(range(10**6))
    return lambda: next(asked) >= count


def trained(given: Data, settings: TrainSettings, folder, **more):
    made = train(given, settings, folder, **more)
    return made, made.learner.state(), made.history


@pytest.mark.parametrize("settings", [PROBE, tiny(lora_dropout=0.2, head_dropout=0.2)], ids=["probe", "tiny"])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_by_bit(tmp_path, settings):
    settings = replace(settings, cache=str(tmp_path / "cache"))
    given = data(7, 3)
    _, expected, history = trained(given, settings, tmp_path / "whole")
    positions = []
    for stop in (2, 2, 3) if settings.is_probe else (2, 2):  # asked once while clips are heard, then once a step
        with pytest.raises(Stopped):
            train(given, settings, tmp_path / "resumed", stopping=after(stop))
        progress = torch.load(tmp_path / "resumed" / checkpoint.FILE, weights_only=True)["progress"]
        positions.append((progress["epoch"], progress["step"]))
    assert positions == [(0, 1), (1, 0), (2, 0)][: len(positions)]  # of two steps an epoch: amid one, and between
    _, found, again = trained(given, settings, tmp_path / "resumed")
    assert again == history
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert trained(given, settings, tmp_path / "resumed")[2] == history  # a finished run stays as it is


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train(data(4, 2), replace(PROBE, epochs=1), tmp_path)
    with pytest.raises(BadInput, match="a run with other settings, clips or backbone"):
        train(data(4, 2), replace(PROBE, epochs=2), tmp_path)
    with pytest.raises(BadInput, match="a run with other settings, clips or backbone"):
        train(data(5, 2), replace(PROBE, epochs=1), tmp_path)


def test_a_crash_while_saving_leaves_the_state_before(tmp_path, monkeypatch):
    whole, _, _ = trained(data(4, 2), PROBE, tmp_path / "whole")
    save, saved = torch.save, []

    def full_disk(states, file):
        saved.append(states)
        if len(saved) == 2:
            file.write(b"half")
            raise OSError(28, "No space left on device")
        save(states, file)

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        train(data(4, 2), PROBE, tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").glob("*checkpoint*")] == [checkpoint.FILE]
    assert train(data(4, 2), PROBE, tmp_path / "run").history == whole.history


def train_as(rank: int, port: int, folder) -> None:
    """What torchrun's processes do: the environment says which of two this is."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "ACCELERATE_USE_CPU": "1"}
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
    AcceleratorState._reset_state(reset_partial_state=True)
    train(data(7, 3), tiny(epochs=1, lora_dropout=0.2), folder)


def test_two_processes_learn_what_one_does(tmp_path):
    _, expected, history = trained(data(7, 3), tiny(epochs=1, lora_dropout=0.2), tmp_path / "one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A fork spares both a second import of transformers, 7 s; CUDA does not survive one.
    context = multiprocessing.get_context("spawn" if torch.cuda.is_available() else "fork")
    processes = [context.Process(target=train_as, args=(rank, port, tmp_path / "two")) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0, 0]
    found = torch.load(tmp_path / "two" / checkpoint.FILE, weights_only=True)
    # The same micro-batches go through the same layers; only their sum over a step may be in another order, a rounding each.
    bound = float32_bound(2)
    for name, value in expected.items():
        torch.testing.assert_close(found["best"][name], value, atol=bound, rtol=0)
    assert found["progress"]["history"][0]["loss"] == pytest.approx(history[0]["loss"], abs=bound)
    assert found["progress"]["history"][0]["val_js"] == pytest.approx(history[0]["val_js"], abs=bound)


def test_the_probe_learns_what_is_planted(tmp_path):
    given = assemble(EMOTIONS, examples(80))
    told = []
    made = train(given, TrainSettings(epochs=30), tmp_path, report=lambda *a, **figures: told.append((a, figures)))
    test = examples(30, prefix="test", seed=900)
    hear_all(made.learner, test.items)
    found = predict(made.learner, test.items)
    constant = np.broadcast_to(given.train.targets.mean(axis=0), test.targets.shape)
    assert (
        jensen_shannon_divergence(test.targets, found).mean()
        < 0.4 * jensen_shannon_divergence(test.targets, constant).mean()
    )
    assert made.best_js == min(row["val_js"] for row in made.history)
    assert made.best_epoch == 1 + int(np.argmin([row["val_js"] for row in made.history]))
    (done, total, note), figures = told[-1]
    assert done <= total and note.startswith(f"epoch {len(made.history)} of at most 30")
    assert figures["val_js"] == made.history[-1]["val_js"] and figures["memory_mb"] > 50


def test_a_tiny_backbone_learns_through_a_random_tower(tmp_path):
    given = data(24, 6)
    settings = tiny(epochs=8, batch=8, micro_batch=8, learning_rate=3e-3, cache=str(tmp_path / "cache"))
    made = train(given, settings, tmp_path)
    assert made.best_js < 0.5 * made.history[0]["val_js"]


def test_training_ends_when_validation_no_longer_improves(tmp_path):
    given = data(6, 3)
    upside_down = Data(EMOTIONS, given.train, Examples(given.validation.items, given.validation.targets[:, ::-1]))
    made = train(upside_down, replace(PROBE, epochs=40, patience=2, learning_rate=3e-3), tmp_path)
    assert len(made.history) == made.best_epoch + 2 < 40


def test_a_loss_that_is_no_number_names_its_clips(tmp_path, monkeypatch):
    from emo_core.training.probe import Probe

    batch = Probe.batch

    def spoilt(self, items):
        made = batch(self, items)
        for row, item in enumerate(items):
            if item.id == "clip3":
                made["features"][row] = float("nan")
        return made

    monkeypatch.setattr(Probe, "batch", spoilt)
    with pytest.raises(
        NotANumber, match=r"The loss was no finite number in epoch 1, step \d, for 1 clips: clip3\. Listen"
    ):
        train(data(6, 2), PROBE, tmp_path)


def test_corrupt_sound_stops_the_run_before_it_learns(tmp_path):
    class Broken(Sound):
        def samples(self):
            raise AudioError("The file breaks off.")

    given = data(6, 2)
    broken = Item("clip4", (Broken("clip4", tone(200, 0.5, 0)),))
    train_part = Examples((*given.train.items[:4], broken, given.train.items[5]), given.train.targets)
    with pytest.raises(AudioError, match="Clip clip4 cannot be heard: The file breaks off"):
        train(Data(EMOTIONS, train_part, given.validation), PROBE, tmp_path)
    assert not (tmp_path / checkpoint.FILE).exists()


@pytest.mark.parametrize("settings", [PROBE, tiny(epochs=1)], ids=["probe", "tiny"])
def test_a_saved_predictor_predicts_the_same_to_the_bit(tmp_path, settings):
    given = data(5, 2)
    parents = tuple(item.parents[0] for item in given.train.items[:2])
    mixture = Examples((Item("mix", parents, 0.4),), given.train.targets[:2].mean(axis=0, keepdims=True))
    made = train(replace(given, train=given.train + mixture), settings, tmp_path, mix=mixed)
    test = examples(5, prefix="test", seed=70).items
    hear_all(made.learner, test)
    expected = predict(made.learner, test)
    assert (predict(made.learner, test) == expected).all()
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-12)
    predictor = load_predictor(tmp_path / PREDICTOR)
    assert predictor.emotions == EMOTIONS and predictor.card["notes"]["best_epoch"] == made.best_epoch
    found = predictor.predict([item.waveform() for item in test], [item.transcript for item in test])
    assert (found == expected).all()
    again = predictor.predict([item.waveform() for item in test[::-1]], [item.transcript for item in test[::-1]])
    bound = float32_bound(roundings_of(predictor.learner.module))  # of shares, up to 1
    np.testing.assert_allclose(again, expected[::-1], atol=bound, rtol=0)


def test_a_folder_that_is_no_predictor_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"holds no predictor: card\.json"):
        load_predictor(tmp_path)
