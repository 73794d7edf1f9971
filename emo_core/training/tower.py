"""The audio tower on the real length of clips: what it is given, what it says, before the projector.

The stock model pads every clip to 30 s. Silent frames are masked as keys, so leaving them out changes nothing beyond 2e-7.
"""

from collections.abc import Sequence

import numpy as np
import torch

from emo_core.models.backbone import Backbone
from emo_core.training.data import RATE

_SILENT_FRAMES = 8  # kept behind the longest clip: the convolutions need 2, a mel window reaches over 2 more


def mel_of(backbone: Backbone, waveforms: Sequence[np.ndarray]) -> tuple[torch.Tensor, list[int]]:
    """Mel (clips, bands, frames) padded a little beyond the longest clip, and the frames of each clip."""
    frames = [frames_of(waveform) for waveform in waveforms]
    extractor = backbone.processor.feature_extractor
    kept = min(max(frames) + _SILENT_FRAMES, extractor.nb_max_frames)
    made = extractor(
        list(waveforms),
        sampling_rate=RATE,
        padding="max_length",
        max_length=kept * extractor.hop_length,
        return_tensors="pt",
    )
    return made.input_features, frames


def frames_of(waveform: np.ndarray) -> int:
    """Mel frames of 10 ms that hold sound."""
    return -(-len(waveform) // 160)


def audio_tokens(backbone: Backbone, frames: int) -> int:
    """Tokens the language model reads for so many mel frames: about 25 a second."""
    return int(backbone.model.model.audio_tower._get_feat_extract_output_lengths(torch.tensor(frames))[1])


def tower_outputs(backbone: Backbone, mel: torch.Tensor, frames: Sequence[int]) -> list[torch.Tensor]:
    """What the tower says of each clip, before the projector: (audio tokens, width)."""
    towered = backbone._tower(mel, torch.tensor(frames))
    return [row[: audio_tokens(backbone, count)] for row, count in zip(towered, frames)]
