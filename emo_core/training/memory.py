"""How much memory a training takes, from its settings and the backbone's configuration alone: asked before a job starts.

The numbers of parameters are exact. What the forward pass keeps for the backward is an estimate from the shapes of the tensors that
autograd holds, rounded upward.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from emo_core.models.memory import BYTES, count_parameters
from emo_core.training.settings import TrainSettings

_PROCESS_MB = 1500  # interpreter, libraries and, on a GPU, the context that CUDA keeps
LIGHT_MB = {"probe": 1000, "tiny": 1000}  # the process held 634 and 612 MB on 200 clips
_TRAINED_BYTES = 16  # a float32 weight, its gradient and AdamW's two moments
_FOUR_BITS = 0.55  # bytes a weight in NF4 with its scales


def estimate_memory_mb(settings: TrainSettings, config: Path | Mapping | None, dtype: str, *, tokens: int = 250) -> int:
    """Memory in MB (10⁶ bytes), on the device that trains, of each process.

    config   the backbone's folder, or its config.json as a mapping; None for probe and tiny
    dtype    of the frozen weights: float32 or bfloat16
    tokens   of the longest clip with its prompt: 25 a second of audio and those of the text

    Raises UnknownName and BadInput as `models.memory.estimate_memory_mb` does.
    """
    if settings.backbone in LIGHT_MB:
        return LIGHT_MB[settings.backbone]
    settings = settings.resolved()
    text = _text(config)
    width, inner, layers = text["hidden_size"], text["intermediate_size"], text["num_hidden_layers"]
    vocabulary = text["vocab_size"] * width
    frozen = count_parameters(config) - (0 if text["tie_word_embeddings"] else vocabulary)  # no vocabulary head is kept
    weight_bytes = frozen * BYTES[dtype]
    if settings.qlora:
        in_layers = layers * (2 * width * width + 2 * width * _keys(text) + 3 * width * inner)
        weight_bytes -= in_layers * (BYTES[dtype] - _FOUR_BITS)
    trained = (adapter_parameters(settings, text) + head_parameters(settings, width)) * _TRAINED_BYTES
    # A layer keeps about 20 tensors of the model's width (the inputs of norms, projections, attention and adapters, the latter
    # with dropout) and 4 of the inner width; recomputed, only its input, and one layer at a time in full.
    full = (20 * width + 4 * inner) * BYTES[dtype]
    a_token = full + layers * width * BYTES[dtype] if settings.checkpointing else full * layers
    at_head = 24 * (settings.head_width or width) * 4
    kept = settings.micro_batch * tokens * (a_token + at_head)
    return _PROCESS_MB + round((weight_bytes + trained + kept) / 1e6)


@dataclass(frozen=True)
class Saving:
    """Settings that take less memory: what is changed, and what is needed then, MB."""

    changes: dict[str, object]
    needed_mb: int


def savings(
    settings: TrainSettings, config: Path | Mapping, dtype: str, *, tokens: int = 250, four_bits: bool = True
) -> list[Saving]:
    """What could be switched on that is not yet, the mildest first; only what saves something.

    four_bits    whether qlora can be had: it needs a CUDA GPU
    """
    own = settings.resolved()
    one = {"micro_batch": 1} if own.micro_batch > 1 else {}
    less = {"checkpointing": True} if not own.checkpointing else {}
    allowed = four_bits and not own.qlora and not own.stock and own.lora_on == "language"
    four = {"qlora": True} if allowed else {}
    needed = estimate_memory_mb(own, config, dtype, tokens=tokens)
    found: list[Saving] = []
    for changes in (less, one, less | one, four, four | less, four | less | one):
        if changes and all(changes != saving.changes for saving in found):
            found.append(Saving(changes, estimate_memory_mb(replace(own, **changes), config, dtype, tokens=tokens)))
    return [saving for saving in found if saving.needed_mb < needed]


def adapter_parameters(settings: TrainSettings, text: Mapping) -> int:
    """Weights of LoRA on the language model: r · (inputs + outputs) of each of four projections of a layer."""
    width, keys = text["hidden_size"], _keys(text)
    return text["num_hidden_layers"] * settings.lora_rank * (4 * width + 2 * (width + keys))


def head_parameters(settings: TrainSettings, width: int, emotions: int = 8) -> int:
    """Weights of the distribution head over states of a given width."""
    own, small = settings.head_width or width, settings.head_projection
    entry = 0 if own == width else width * own + own
    blocks = 4 * own * own + 4 * own + 2 * (own * own + own) + 3 * 2 * own
    return entry + blocks + own * small + small + small * emotions + emotions


def _keys(text: Mapping) -> int:
    return text["hidden_size"] // text["num_attention_heads"] * text["num_key_value_heads"]


def _text(config: Path | Mapping) -> dict:
    from emo_core.models.memory import sections

    return sections(config)[0]
