"""The audio tower on the real length of clips: what it is given, and what it says before the projector.

The stock model pads every clip to 30 s of silence. Leaving that out changes nothing beyond 2e-7: silent frames are masked as keys,
and the convolutions look two mel frames ahead, so a few frames of real silence behind the longest clip are kept.

Waveforms are mono float32 at 16 kHz; a mel frame is 10 ms; the tower makes a token of four frames, about 25 a second. Served are
towers of Whisper's kind, which is Qwen2-Audio's.
"""

from collections.abc import Sequence

import numpy as np
import torch
from transformers.masking_utils import create_bidirectional_mask

SAMPLE_RATE = 16_000  # Hz
_SAMPLES_A_FRAME = 160
_SILENT_FRAMES = 8  # kept behind the longest clip: the convolutions need 2, a mel window reaches over 2 more


def frames_of(waveform: np.ndarray) -> int:
    """Mel frames that hold sound of the waveform (samples,), the last of them perhaps in part."""
    return -(-len(waveform) // _SAMPLES_A_FRAME)


def mel_of(extractor, waveforms: Sequence[np.ndarray]) -> tuple[torch.Tensor, list[int]]:
    """Mel (clips, bands, frames), padded a little beyond the longest clip, and the frames of each clip that hold sound.

    extractor   the processor's `feature_extractor`
    waveforms   one or more, none longer than the extractor takes (30 s): a longer one would be cut
    """
    frames = [frames_of(waveform) for waveform in waveforms]
    kept = min(max(frames) + _SILENT_FRAMES, extractor.nb_max_frames)
    made = extractor(
        list(waveforms), sampling_rate=SAMPLE_RATE, padding="max_length", max_length=kept * extractor.hop_length,
        return_tensors="pt",
    )  # fmt: skip
    return made.input_features, frames


def audio_tokens(tower, frames: int) -> int:
    """Tokens that the language model reads in place of so many mel frames; 0 for fewer than three."""
    return int(tower._get_feat_extract_output_lengths(torch.tensor(frames))[1])


def tower_states(tower, mel: torch.Tensor, frames: Sequence[int]) -> torch.Tensor:
    """States (clips, tokens, width of the tower), those behind a clip's own tokens without meaning.

    tower    the model's `audio_tower`, whose own forward insists on 30 s
    mel      (clips, bands, frames), of any length, as `mel_of` makes it; moved to the tower's device and number format
    frames   that hold sound, of each clip
    """
    mel = mel.to(tower.conv1.weight.device, tower.conv1.weight.dtype)
    hidden = torch.nn.functional.gelu(tower.conv1(mel))
    hidden = torch.nn.functional.gelu(tower.conv2(hidden)).transpose(1, 2)
    hidden = hidden + tower.embed_positions.weight[: hidden.shape[1]]
    after_convolutions = tower._get_feat_extract_output_lengths(torch.tensor(frames))[0]
    heard = torch.arange(hidden.shape[1]) < after_convolutions[:, None]
    mask = create_bidirectional_mask(
        config=tower.config, inputs_embeds=hidden, attention_mask=heard.long().to(hidden.device)
    )
    for layer in tower.layers:
        hidden = layer(hidden, mask)
    return tower.layer_norm(tower.avg_pooler(hidden.transpose(1, 2)).transpose(1, 2))


def tower_outputs(tower, mel: torch.Tensor, frames: Sequence[int]) -> list[torch.Tensor]:
    """What the tower says of each clip: (audio tokens, width of the tower). Arguments as of `tower_states`."""
    return [row[: audio_tokens(tower, count)] for row, count in zip(tower_states(tower, mel, frames), frames)]
