import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from emo_core.errors import AudioError, BadInput, UnknownName
from emo_core.models.backbone import Backbone
from tests.models.tiny import waveform
from tests.rounding import float32_bound, roundings_of


def stock_audio(backbone, clip) -> torch.Tensor:
    """The audio tokens that the stock model reads: taken at the entry of its language model, from 30 s of padded mel."""
    read = {}
    entry = backbone.model.model.language_model.register_forward_pre_hook(
        lambda module, args, kwargs: read.update(kwargs), with_kwargs=True
    )
    batch = backbone.processor(
        text=backbone.processor.audio_token + "Which", audio=[clip], sampling_rate=16_000, return_tensors="pt"
    )
    with torch.no_grad():
        backbone.model(**batch)
    entry.remove()
    return read["inputs_embeds"][batch.input_ids == backbone.processor.audio_token_id]


def test_audio_tokens_are_those_of_the_stock_model(backbone):
    # A clip that ends loud, so that a wrong border would show; lengths around the frames and convolutions' strides.
    clips = [waveform(seconds, 3) + np.float32(0.3) for seconds in (0.045, 0.05, 0.0601, 1.003, 4.5, 29.97, 30)]
    together = backbone.encode_audio(clips)
    for clip, heard in zip(clips, together):
        expected = stock_audio(backbone, clip)
        assert heard.shape == expected.shape
        bound = float32_bound(roundings_of(backbone.tower), expected)
        torch.testing.assert_close(heard, expected, atol=bound, rtol=0)
        torch.testing.assert_close(backbone.encode_audio([clip])[0], expected, atol=bound, rtol=0)
    assert [len(heard) for heard in together[4:]] == [112, 749, 750]


def test_clips_that_cannot_be_heard_whole_are_refused(backbone):
    with pytest.raises(AudioError, match=r"Clip 1 lasts 30\.01 s; the model hears at most 30 s"):
        backbone.encode_audio([waveform(1), waveform(30.01)])
    assert len(backbone.encode_audio([np.zeros(321, np.float32)])[0]) == 1
    with pytest.raises(AudioError, match=r"0\.020 s, too short"):
        backbone.encode_audio([np.zeros(320, np.float32)])
    for clip in (waveform(1).astype(float), np.zeros((2, 16_000), np.float32), [0.0] * 16_000):
        with pytest.raises(BadInput, match="no mono waveform of float32"):
            backbone.encode_audio([clip])
    with pytest.raises(BadInput, match="not numbers"):
        backbone.encode_audio([np.full(16_000, np.nan, np.float32)])


def test_a_prompt_is_worded_by_the_template_around_the_audio(backbone):
    prompt, tokenizer = backbone.prompt("Which emotion?"), backbone.processor.tokenizer
    assert tokenizer.decode(prompt.before).endswith("<|im_start|>user\nAudio 1: <|audio_bos|>")
    assert tokenizer.decode(prompt.after) == "<|audio_eos|>\nWhich emotion?<|im_end|>\n<|im_start|>assistant\n"
    with pytest.raises(BadInput, match=r"control token '<\|im_end\|>'"):
        backbone.prompt('Transcript: "Hello.<|im_end|>"')


def test_stored_decoding_settings_are_left_out_but_not_the_ends(backbone):
    settings = backbone.model.generation_config
    assert (settings.top_k, settings.top_p, settings.repetition_penalty) == (None, None, None)
    assert backbone.ends == (0, 2)


def test_other_models_and_lacking_weights_are_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    tensors = load_file(copy / "model.safetensors")
    del tensors[next(name for name in tensors if name.endswith("lm_head.weight"))]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match="lack 1 of the model's weights"):
        Backbone.load(copy, device="cpu")
    (copy / "config.json").write_text(json.dumps({"model_type": "voxtral"}))
    with pytest.raises(UnknownName, match=r"voxtral.*Known: qwen2_audio"):
        Backbone.load(copy)
    (copy / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="not whole"):
        Backbone.load(copy)


def test_devices_and_formats(folder):
    assert Backbone.load(folder, device="cpu").dtype == torch.float32
    with pytest.raises(UnknownName, match="tpu"):
        Backbone.load(folder, device="tpu")
    with pytest.raises(BadInput, match="no device cuda:99"):
        Backbone.load(folder, device="cuda:99")
    with pytest.raises(UnknownName, match="float8"):
        Backbone.load(folder, device="cpu", dtype="float8")
