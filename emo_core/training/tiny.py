"""What `backbone="tiny"` trains: Qwen2-Audio's own classes with few random weights, so that all of the code runs without a download.

It has learnt nothing: its results say whether the machinery works, not how well a backbone hears.
"""

from collections.abc import Mapping

import torch

from emo_core.models.backbone import Backbone
from emo_core.models.random_model import TEMPLATE, TINY_AUDIO, TINY_TEXT, make_model, make_processor
from emo_core.training.settings import PROMPT

VERSION = "tiny-1"


def tiny_backbone(device: torch.device, dtype: torch.dtype = torch.float32) -> Backbone:
    """Two layers of width 64 over a tower of two layers of width 32, the same at every call."""
    return random_backbone(TINY_TEXT, TINY_AUDIO, device, dtype)


def random_backbone(
    text: Mapping, audio: Mapping, device: torch.device, dtype: torch.dtype = torch.float32
) -> Backbone:
    """The same in another shape, see `models.random_model.make_model`, built on the device."""
    processor = make_processor((TEMPLATE, PROMPT), vocabulary=500)
    return Backbone(make_model(processor, text, audio, device=device, dtype=dtype), processor, VERSION)
