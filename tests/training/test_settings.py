"""The arithmetic of batches, the usual values, and what is refused."""

import json

import pytest

from emo_core.errors import BadInput, UnknownName
from emo_core.training.settings import Batches, TrainSettings


def test_the_paper_is_the_default():
    own = TrainSettings("Qwen/Qwen2-Audio-7B-Instruct").resolved()
    assert (own.lora_rank, own.lora_alpha, own.lora_dropout, own.learning_rate) == (8, 16, 0.2, 2.5e-6)
    assert (own.epochs, own.patience, own.loss) == (50, 8, "js")
    assert TrainSettings("tiny", batch=48, micro_batch=3).batches(2) == Batches(3, 8, 2)
    assert own.batches(4).effective == 64
    assert str(own.batches(4)) == "effective batch 64 = micro-batch 4 × accumulation 4 × processes 4"


def test_a_batch_that_does_not_come_out_even_is_refused():
    with pytest.raises(BadInput, match=r"64 clips is no multiple of micro-batch 4 × processes 3 = 12\. Choose"):
        TrainSettings("tiny").batches(3)


@pytest.mark.parametrize(
    "choices, error, says",
    [
        ({"epochs": 51}, BadInput, "epochs lies from 1 to 50; got 51"),
        ({"longest_s": 31}, BadInput, "longest_s lies from 0.1 to 30"),
        ({"learning_rate": float("nan")}, BadInput, "learning_rate lies"),
        ({"loss": "hinge"}, UnknownName, "no loss 'hinge'"),
        ({"precision": "float16"}, UnknownName, "Known: auto, float32, bfloat16"),
        ({"qlora": True}, BadInput, "qlora serves a real backbone"),
    ],
)
def test_what_cannot_be_is_refused(choices, error, says):
    with pytest.raises(error, match=says):
        TrainSettings(**choices)


def test_settings_survive_json():
    own = TrainSettings(seed=3, lora_on="language+tower").resolved()
    assert TrainSettings(**json.loads(json.dumps(own.as_document()))) == own
