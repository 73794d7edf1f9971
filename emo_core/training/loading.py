"""Which backbone is trained, where, and in which number format."""

import importlib.util

import torch

from emo_core.errors import BadInput
from emo_core.models.backbone import Backbone
from emo_core.models.weights import find_weights, version
from emo_core.training.settings import TrainSettings


def dtype_of(precision: str, device: torch.device) -> torch.dtype:
    """The format of the frozen weights: bfloat16 by "auto" only where the device itself computes in it."""
    if precision != "auto":
        return getattr(torch, precision)
    able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if able else torch.float32


def load_backbone(settings: TrainSettings, device: torch.device) -> Backbone:
    """The backbone that the settings name, on the device.

    Raises BadInput where its files are not on this machine, and where 4 bits are asked for and cannot be had.
    """
    dtype = dtype_of(settings.precision, device)
    if settings.backbone == "tiny":
        from emo_core.training.tiny import tiny_backbone

        return tiny_backbone(device, dtype)
    folder = find_weights(settings.backbone)
    if settings.qlora:
        return _in_four_bits(folder, device)
    return Backbone.load(folder, device=str(device), dtype=str(dtype).removeprefix("torch."))


def check_qlora(device: torch.device) -> None:
    """Raises BadInput where 4 bits cannot be had."""
    if device.type != "cuda":
        raise BadInput("qlora needs a CUDA GPU and there is none here: set it to false.")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise BadInput(
            "qlora needs bitsandbytes, which is not installed: `pip install bitsandbytes`, or set qlora to false."
        )


def _in_four_bits(folder, device: torch.device) -> Backbone:
    """The language model in NF4 (Dettmers et al. 2023, QLoRA, arXiv:2305.14314); tower and projector in bfloat16."""
    check_qlora(device)
    from transformers import AutoProcessor, BitsAndBytesConfig, Qwen2AudioForConditionalGeneration

    four_bits = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16,
        llm_int8_skip_modules=["audio_tower", "multi_modal_projector", "lm_head"],
    )  # fmt: skip
    model = Qwen2AudioForConditionalGeneration.from_pretrained(
        folder, dtype=torch.bfloat16, device_map={"": device}, quantization_config=four_bits, local_files_only=True
    )
    return Backbone(model, AutoProcessor.from_pretrained(folder, local_files_only=True), version(folder))
