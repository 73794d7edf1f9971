import json

import pytest

from emo_core.errors import BadInput, UnknownName
from emo_core.models.memory import count_parameters, estimate_memory_mb

# What the configuration of Qwen/Qwen2-Audio-7B-Instruct says, and leaves to the classes' defaults.
PUBLISHED = {
    "model_type": "qwen2_audio",
    "audio_config": {"model_type": "qwen2_audio_encoder", "d_model": 1280, "encoder_layers": 32},
    "text_config": {"model_type": "qwen2", "intermediate_size": 11008, "vocab_size": 156032},
}


def test_parameters_are_counted_exactly(backbone, folder):
    assert count_parameters(folder) == sum(weights.numel() for weights in backbone.model.parameters())
    assert count_parameters(PUBLISHED) == 8_397_094_912  # as the classes themselves count on torch's meta device


def test_the_estimate_holds_the_weights_and_grows():
    one = estimate_memory_mb(PUBLISHED, "bfloat16")
    assert 16_794 < one < 24_000
    assert estimate_memory_mb(PUBLISHED, "float32") > 2 * 16_794
    assert (
        one
        < estimate_memory_mb(PUBLISHED, "bfloat16", clips=16)
        < estimate_memory_mb(PUBLISHED, "bfloat16", clips=64, tokens=2000)
    )


def test_what_cannot_be_estimated_is_refused(tmp_path):
    with pytest.raises(UnknownName, match="float8"):
        estimate_memory_mb(PUBLISHED, "float8")
    with pytest.raises(BadInput, match=r"no .*config\.json"):
        estimate_memory_mb(tmp_path, "float32")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "voxtral"}))
    with pytest.raises(UnknownName, match=r"voxtral.*Known: qwen2_audio"):
        estimate_memory_mb(tmp_path, "float32")
