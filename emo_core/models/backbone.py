"""One loaded audio-language model, opened up: audio tower → projector → language model → vocabulary head.

Conventions
- Waveforms are mono float32 at 16 kHz, at least 21 ms and at most 30 s long. The tower makes about 25 tokens a second.
- The stock model pads every clip to 30 s of silence. Here the tower runs on the real length, which changes nothing (`tower`).
- All calls run without gradients.

Served are models with `audio_tower`, `multi_modal_projector`, `language_model` and `lm_head` whose tower is Whisper's; at
present Qwen2-Audio.

References
- Chu et al. (2024), "Qwen2-Audio Technical Report", arXiv:2407.10759.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import AutoProcessor, GenerationConfig, Qwen2AudioForConditionalGeneration

from emo_core.errors import AudioError, BadInput, UnknownName
from emo_core.models.memory import BYTES
from emo_core.models.tower import SAMPLE_RATE, audio_tokens, frames_of, mel_of, tower_states
from emo_core.models.weights import missing_files, version

SUPPORTED = {"qwen2_audio": Qwen2AudioForConditionalGeneration}
LONGEST_S = 30
_SHORTEST_FRAMES = 3  # of mel: fewer give no token


@dataclass(frozen=True)
class Prompt:
    """Token ids of a prompt before and after the place of its audio tokens."""

    before: tuple[int, ...]
    after: tuple[int, ...]


class Backbone:
    """A loaded model. Attributes: `model` and `processor` (of transformers), `version`, `device`, `dtype`, `ends`.

    `ends` are the token ids that end a reply.
    """

    def __init__(self, model, processor, version: str):
        self.model, self.processor, self.version = model.eval(), processor, version
        self.device, self.dtype = model.device, model.dtype
        self.ends = _end_tokens(model.generation_config, processor.tokenizer)
        # What is stored beside the weights (top-k, top-p, a penalty for repetition) would bend the distribution of replies.
        padding = processor.tokenizer.pad_token_id
        model.generation_config = GenerationConfig(eos_token_id=list(self.ends), pad_token_id=padding)

    @classmethod
    def load(cls, folder: Path, *, device: str = "auto", dtype: str | None = None) -> "Backbone":
        """Load the model in `folder` (see `weights.find_weights`).

        device   "auto" (a CUDA GPU where there is one, else the CPU), "cpu", "cuda" or "cuda:1"
        dtype    "float32", "bfloat16" or "float16"; None: bfloat16 on a GPU that computes in it, else float32

        Raises BadInput for a type of model that is not served, for files that are absent or lack weights of the model, and
        for a device that is not there; UnknownName for another dtype.
        """
        model_class = _model_class(folder)
        device = _device(device)
        model, found = model_class.from_pretrained(
            folder,
            dtype=_dtype(dtype, device),
            device_map={"": device},
            attn_implementation="sdpa",
            local_files_only=True,
            output_loading_info=True,
        )
        if absent := sorted(found["missing_keys"]):
            raise BadInput(
                f"The files in {folder} lack {len(absent)} of the model's weights, among them {absent[0]}: fetch the model again."
            )
        return cls(model, AutoProcessor.from_pretrained(folder, local_files_only=True), version(folder))

    def prompt(self, text: str) -> Prompt:
        """The conversation in which a user gives a clip, then `text`, as the model's chat template words it.

        Raises BadInput where `text` holds a control token of the model, such as <|im_end|>.
        """
        tokenizer = self.processor.tokenizer
        if control := [token for token in tokenizer.get_added_vocab() if token in text]:
            raise BadInput(
                f"A prompt may not hold the model's control token {control[0]!r}: take it out of {text[:60]!r}."
            )
        turn = {"role": "user", "content": [{"type": "audio", "audio_url": "clip"}, {"type": "text", "text": text}]}
        worded = self.processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)
        ids = tokenizer.encode(worded, add_special_tokens=False)
        place = ids.index(self.processor.audio_token_id)
        return Prompt(tuple(ids[:place]), tuple(ids[place + 1 :]))

    @staticmethod
    def check(waveform: np.ndarray) -> None:
        """Raises as `encode_audio` does for one waveform, before anything is computed."""
        _check(waveform, 0)

    @torch.inference_mode()
    def encode_audio(self, waveforms: Sequence[np.ndarray]) -> list[torch.Tensor]:
        """What the language model reads in place of each clip: tensors (audio tokens, width).

        Raises AudioError, naming the seconds, for a clip that is longer than 30 s or too short to give a token; BadInput for
        samples that are not mono float32 numbers.
        """
        if not waveforms:
            return []
        for index, waveform in enumerate(waveforms):
            _check(waveform, index)
        mel, frames = mel_of(self.processor.feature_extractor, waveforms)
        projected = self.model.model.multi_modal_projector(tower_states(self.tower, mel, frames))
        return [row[: audio_tokens(self.tower, count)] for row, count in zip(projected, frames)]

    @property
    def tower(self):
        """The model's audio tower."""
        return self.model.model.audio_tower

    def embed(self, ids: Sequence[int]) -> torch.Tensor:
        """Embeddings (tokens, width) of text tokens."""
        return self.model.get_input_embeddings()(torch.tensor(ids, dtype=torch.long, device=self.device))

    @torch.inference_mode()
    def hidden_states(self, embeddings: torch.Tensor, seen: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Last hidden states (clips, nodes, width) of the language model.

        embeddings   (clips, nodes, width)
        seen         (clips, nodes, nodes) bool: whether node i attends to node j; every node must see at least one
        positions    (clips, nodes) int, from 0
        """
        lowest = torch.finfo(self.dtype).min
        mask = torch.zeros(seen.shape, dtype=self.dtype, device=self.device).masked_fill_(~seen.to(self.device), lowest)
        return self.model.model.language_model(
            inputs_embeds=embeddings,
            attention_mask=mask[:, None],
            position_ids=positions.to(self.device),
            use_cache=False,
        ).last_hidden_state

    @torch.inference_mode()
    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits (rows, vocabulary), float32, of hidden states (rows, width)."""
        return self.model.lm_head(hidden).float()


def _model_class(folder: Path):
    if missing := missing_files(folder):
        raise BadInput(
            f"The model in {folder} is not whole: {', '.join(missing)}. Name a folder that holds all its files."
        )
    kind = json.loads((folder / "config.json").read_text()).get("model_type")
    if kind not in SUPPORTED:
        raise UnknownName("type of audio-language model that is served here:", kind, SUPPORTED)
    return SUPPORTED[kind]


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UnknownName("device", name, ["auto", "cpu", "cuda", "cuda:1"]) from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise BadInput(
            f"There is no device {name}: {torch.cuda.device_count()} CUDA GPUs are seen here. Choose auto or cpu."
        )
    return device


def _dtype(name: str | None, device: torch.device) -> torch.dtype:
    if name is None:
        able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        name = "bfloat16" if able else "float32"
    if name not in BYTES:
        raise UnknownName("number format", name, BYTES)
    return getattr(torch, name)


def _end_tokens(config: GenerationConfig, tokenizer) -> tuple[int, ...]:
    ends = config.eos_token_id if config.eos_token_id is not None else tokenizer.eos_token_id
    return tuple(sorted({ends} if isinstance(ends, int) else set(ends)))


def _check(waveform: np.ndarray, index: int) -> None:
    """Refuses what the model would cut or not hear."""
    if not isinstance(waveform, np.ndarray) or waveform.ndim != 1 or waveform.dtype != np.float32:
        raise BadInput(
            f"Clip {index} is no mono waveform of float32 samples: decode it to one channel at {SAMPLE_RATE} Hz."
        )
    if not np.isfinite(waveform).all():
        raise BadInput(f"Clip {index} holds samples that are not numbers: mend or leave out its file.")
    seconds = len(waveform) / SAMPLE_RATE
    if seconds > LONGEST_S:
        raise AudioError(
            f"Clip {index} lasts {seconds:.2f} s; the model hears at most {LONGEST_S} s. Cut it into shorter clips.",
            "wrong_span",
        )
    if frames_of(waveform) < _SHORTEST_FRAMES:
        raise AudioError(
            f"Clip {index} lasts {seconds:.3f} s, too short for the model, which needs more than 0.020 s. Leave it out.",
            "wrong_span",
        )
