"""How much memory a pass of a model takes, from its configuration alone: asked before a job starts, without loading anything.

The number of parameters is counted exactly. What a pass needs beside the weights is an upper estimate: the widest layer's
intermediate values, the attention mask, and the logits of the rows that are lifted to the vocabulary at a time.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from emo_core.errors import BadInput, UnknownName

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
ROWS_AT_ONCE = 32  # rows of logits that are held at a time
_PROCESS_MB = 1500  # interpreter, libraries and, on a GPU, the context that CUDA keeps
# What the hub's configuration leaves out, as the model classes fill it in.
_TEXT = {"vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
         "num_attention_heads": 32, "num_key_value_heads": 32, "tie_word_embeddings": False}  # fmt: skip
_AUDIO = {
    "num_mel_bins": 128,
    "encoder_layers": 32,
    "encoder_ffn_dim": 5120,
    "d_model": 1280,
    "max_source_positions": 1500,
}


def estimate_memory_mb(config: Path | Mapping, dtype: str, *, clips: int = 1, tokens: int = 1000) -> int:
    """Memory in MB (10⁶ bytes), on the device that runs the model, for a pass over `clips` clips of `tokens` tokens each.

    config   a model's folder, or its config.json as a mapping; of type qwen2_audio
    dtype    name of the number format of the weights: float32, bfloat16 or float16

    Raises UnknownName for another dtype or type of model, BadInput where the folder has no config.json.
    """
    if dtype not in BYTES:
        raise UnknownName("number format", dtype, BYTES)
    text, audio = sections(config)
    width, inner, vocabulary = text["hidden_size"], text["intermediate_size"], text["vocab_size"]
    layer = tokens * (6 * width + 3 * inner) + 2 * tokens**2
    tower = audio["max_source_positions"] * (6 * audio["d_model"] + 3 * audio["encoder_ffn_dim"])
    at_work = clips * max(layer, tower) * BYTES[dtype]
    lifted = ROWS_AT_ONCE * vocabulary * (BYTES[dtype] + 3 * 8)
    return _PROCESS_MB + round((count_parameters(config) * BYTES[dtype] + at_work + lifted) / 1e6)


def count_parameters(config: Path | Mapping) -> int:
    """Number of parameters of the whole model: tower, projector, language model and vocabulary head."""
    text, audio = sections(config)
    projector = (audio["d_model"] + 1) * text["hidden_size"]
    return _tower_parameters(audio) + projector + _language_parameters(text)


def sections(config: Path | Mapping) -> tuple[dict, dict]:
    """The language model's and the tower's settings, as `text_config` and `audio_config` of a configuration name them; what it leaves
    unsaid is filled in as the model classes do.

    config   a model's folder, or its config.json as a mapping; of type qwen2_audio

    Raises UnknownName for another type of model, BadInput where the folder has no config.json.
    """
    if not isinstance(config, Mapping):
        file = Path(config) / "config.json"
        if not file.exists():
            raise BadInput(f"There is no {file}: name the folder that holds the model's files.")
        config = json.loads(file.read_text())
    if config.get("model_type") != "qwen2_audio":
        raise UnknownName("type of audio-language model", config.get("model_type"), ["qwen2_audio"])
    return _TEXT | dict(config.get("text_config") or {}), _AUDIO | dict(config.get("audio_config") or {})


def _tower_parameters(audio: Mapping) -> int:
    d, inner = audio["d_model"], audio["encoder_ffn_dim"]
    convolutions = 3 * audio["num_mel_bins"] * d + d + 3 * d * d + d
    layer = (4 * d * d + 3 * d) + (2 * d * inner + inner + d) + 4 * d  # the keys' projection has no bias
    return convolutions + audio["max_source_positions"] * d + audio["encoder_layers"] * layer + 2 * d


def _language_parameters(text: Mapping) -> int:
    width, inner = text["hidden_size"], text["intermediate_size"]
    keys = width // text["num_attention_heads"] * text["num_key_value_heads"]
    attention = 2 * width * width + width + 2 * (width * keys + keys)  # the output's projection has no bias
    layer = attention + 3 * width * inner + 2 * width
    tables = (1 if text["tie_word_embeddings"] else 2) * text["vocab_size"] * width
    return tables + text["num_hidden_layers"] * layer + width
