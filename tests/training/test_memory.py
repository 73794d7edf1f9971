"""The estimate counts what is trained exactly, and moves the way that settings do."""

from dataclasses import replace

import torch

from emo_core.training.learner import open_learner
from emo_core.training.memory import adapter_parameters, estimate_memory_mb, head_parameters
from emo_core.training.settings import TrainSettings
from tests.training.conftest import EMOTIONS, tiny

PUBLISHED = {
    "model_type": "qwen2_audio",
    "text_config": {"intermediate_size": 11008, "vocab_size": 156032},
    "audio_config": {},
}


def test_what_is_trained_is_counted_exactly():
    for settings in (tiny(), tiny(head_width=24, lora_rank=3)):
        made = open_learner(settings, EMOTIONS, torch.device("cpu"), None)
        text = made.backbone.model.config.text_config.to_dict()
        expected = adapter_parameters(settings, text) + head_parameters(settings, text["hidden_size"], len(EMOTIONS))
        assert sum(value.numel() for value in made.trainable().values()) == expected


def test_the_published_model():
    settings = TrainSettings("Qwen/Qwen2-Audio-7B-Instruct", precision="bfloat16")
    text = {"hidden_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 32, "num_hidden_layers": 32}
    assert adapter_parameters(settings, text) == 8_388_608
    plain = estimate_memory_mb(settings, PUBLISHED, "bfloat16")
    less = [
        replace(settings, **change) for change in ({"checkpointing": True}, {"micro_batch": 1}, {"head_width": 256})
    ]
    assert all(16_000 < estimate_memory_mb(own, PUBLISHED, "bfloat16") < plain for own in less)
    assert estimate_memory_mb(replace(settings, qlora=True), PUBLISHED, "bfloat16") < plain - 8_000
    small_card = replace(settings, checkpointing=True, micro_batch=1)
    assert estimate_memory_mb(small_card, PUBLISHED, "bfloat16") < 24_000
    assert estimate_memory_mb(TrainSettings(), None, "float32") < 1500
