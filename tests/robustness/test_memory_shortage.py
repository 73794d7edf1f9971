"""Memory that is not enough: told with what to make smaller, and the checkpoint stands."""

from dataclasses import replace

import pytest
import torch

from emo_core.training.loop import train
from emo_core.training.probe import Probe
from emo_core.training.settings import TrainSettings
from emo_core.training.shortage import OutOfMemory, told_when_memory_ends
from tests.robustness.works import PROBE
from tests.training.conftest import data, tiny

BACKBONE = replace(tiny(), backbone="Qwen/Qwen2-Audio-7B-Instruct", micro_batch=4)


def raised(error: Exception):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "what"),
    [
        (lambda: torch.empty(10**15), "Memory was not enough"),
        (raised(MemoryError()), "Memory was not enough"),
        (raised(RuntimeError("could not create a primitive")), "Memory was not enough"),
        (raised(OSError(12, "Cannot allocate memory")), "Memory was not enough"),
        (raised(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")), "The GPU's memory was not"),
        (
            raised(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`")),
            "The GPU's memory",
        ),
    ],
    ids=["torch on a CPU", "Python", "oneDNN", "system", "CUDA", "cuBLAS"],
)
def test_every_shortage_is_told_with_what_to_make_smaller(work, what):
    told = f"{what}.*a smaller micro-batch than 4 or checkpointing or qlora"
    with pytest.raises(OutOfMemory, match=told), told_when_memory_ends(BACKBONE):
        work()


def test_advice_names_only_what_is_left_to_change():
    least = replace(BACKBONE, micro_batch=1, checkpointing=True, qlora=True)
    for settings, words in (
        (TrainSettings().resolved(), "Duplicate the run with a smaller micro-batch than 32: a run itself"),
        (least, "Duplicate the run with shorter clips or a smaller backbone: a run itself"),
    ):
        with pytest.raises(OutOfMemory, match=words), told_when_memory_ends(settings):
            raise MemoryError


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), OSError(13, "no")])
def test_other_errors_are_left_as_they_are(error):
    with pytest.raises(type(error)) as found, told_when_memory_ends(BACKBONE):
        raise error
    assert found.value is error


def test_a_training_that_ran_out_of_memory_is_resumed_and_comes_out_equal(tmp_path, monkeypatch):
    whole = train(data(6, 2), PROBE, tmp_path / "whole")
    batch, asked = Probe.batch, []

    def hungry(self, items):
        asked.append(len(items))
        if len(asked) == 6:  # three micro-batches and one of validation an epoch
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return batch(self, items)

    monkeypatch.setattr(Probe, "batch", hungry)
    with pytest.raises(OutOfMemory, match="resume it: it goes on from its last checkpoint"):
        train(data(6, 2), PROBE, tmp_path / "run")
    monkeypatch.undo()
    assert train(data(6, 2), PROBE, tmp_path / "run").history == whole.history
