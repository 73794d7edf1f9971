"""A backbone with adapters and a distribution head (paper 1, sections 2.4 and 3.2): frozen weights, LoRA, a new head.

Three ways to the same numbers, equal to 1e-5 in float32:

- cached (default): the frozen tower hears every clip once, on its real length, and what it says is kept on disk; a step computes
  projector, language model and head;
- online (`lora_on="language+tower"`): the tower is trained too, so it hears every batch, on its real length;
- stock: the model's own processor and forward, the tower on 30 s of padding at each step.

None computes the vocabulary head. Sequences are padded behind their end: a causal model sees nothing of what follows, so no
attention mask is needed, which lets the fastest kernels serve, and the head leaves the padding out.

References
- Chu et al. (2024), "Qwen2-Audio Technical Report", arXiv:2407.10759.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from emo_core.errors import BadInput
from emo_core.models.backbone import Backbone
from emo_core.models.tower import SAMPLE_RATE, audio_tokens, frames_of, mel_of, tower_outputs
from emo_core.seeding import number_from
from emo_core.training.cache import key_of
from emo_core.training.data import Item, Mix, checked
from emo_core.training.learner import Heard, Learner, open_cache
from emo_core.training.loading import load_backbone
from emo_core.training.settings import TrainSettings
from emo_core.training.tuned_module import tuned_module

TOWER_VERSION = 1  # of how the tower is run here: a change makes earlier outputs void


class TunedBackbone(Learner):
    """A backbone as the loop sees it."""

    def __init__(
        self,
        settings: TrainSettings,
        emotions: Sequence[str],
        device: torch.device,
        cache_root: Path | None = None,
        backbone: Backbone | None = None,
    ):
        self.backbone = backbone or load_backbone(settings, device)
        dtype = str(self.backbone.dtype).removeprefix("torch.")
        maker = f"tower{TOWER_VERSION}-{self.backbone.version}-{dtype}"
        super().__init__(settings, emotions, device, open_cache(cache_root, maker))
        torch.manual_seed(number_from("weights", settings.seed))
        self.module = tuned_module(self.backbone, settings, len(emotions))
        self.version = self.backbone.version
        self.evaluated_at_once = 4 * settings.micro_batch  # without gradients a pass takes a fraction of the memory
        self.cached = not settings.stock and settings.lora_on == "language"
        self._prompt = lru_cache(maxsize=None)(self.backbone.prompt)  # clips share prompts, epochs all of them

    def hear(self, items: Sequence[Item], mix: Mix | None = None) -> dict[str, Heard]:
        self._mix = mix or self._mix
        waveforms = [checked(item, item.waveform(mix), self.settings.limit_s) for item in items]
        keys = [key_of(waveform) for waveform in waveforms]
        if self.cached:
            self._encode({key: w for key, w in zip(keys, waveforms) if self.cache.get(key) is None})
        lengths = [self._length(item, waveform) for item, waveform in zip(items, waveforms)]
        return {item.id: Heard(key, length) for item, key, length in zip(items, keys, lengths)}

    def fit(self, items: Sequence[Item]) -> None:
        """Nothing is to be computed: a backbone brings all but what is trained."""

    @torch.no_grad()
    def _encode(self, missing: dict[str, np.ndarray]) -> None:
        if missing:
            mel, frames = mel_of(self.backbone.processor.feature_extractor, list(missing.values()))
            for key, row in zip(missing, tower_outputs(self.backbone.tower, mel, frames)):
                self.cache.put(key, row)

    def _length(self, item: Item, waveform: np.ndarray) -> int:
        prompt = self._prompt(self.text(item))
        length = len(prompt.before) + len(prompt.after) + audio_tokens(self.backbone.tower, frames_of(waveform))
        most = self.backbone.model.config.text_config.max_position_embeddings
        if length > most:
            raise BadInput(
                f"Clip {item.id} with its prompt takes {length} tokens; the model reads at most {most} and nothing is cut. "
                "Shorten its transcript."
            )
        return length

    def text(self, item: Item) -> str:
        """What the model reads with the audio."""
        filled = self.settings.prompt.replace("{emotions}", ", ".join(self.emotions))
        return filled.replace("{transcript}", item.transcript)

    def batch(self, items: Sequence[Item]) -> dict:
        if self.settings.stock:
            return self._stock_batch(items)
        if self.cached:
            rows = [self._kept(item) for item in items]
            audio = {"towered": torch.cat(rows).to(self.device)}
            counts = [len(row) for row in rows]
        else:
            extractor = self.backbone.processor.feature_extractor
            mel, frames = mel_of(extractor, [item.waveform(self._mix) for item in items])
            audio = {"mel": mel.to(self.device), "frames": tuple(frames)}
            counts = [audio_tokens(self.backbone.tower, count) for count in frames]
        ids = [self._ids(item, count) for item, count in zip(items, counts)]
        padded = pad_sequence(ids, batch_first=True, padding_value=self.backbone.processor.tokenizer.pad_token_id)
        mask = torch.arange(padded.shape[1]) < torch.tensor([len(row) for row in ids])[:, None]
        return {"ids": padded.to(self.device), "mask": mask.to(self.device)} | audio

    def _ids(self, item: Item, audio: int) -> torch.Tensor:
        prompt = self._prompt(self.text(item))
        return torch.tensor([*prompt.before, *[self.backbone.processor.audio_token_id] * audio, *prompt.after])

    def _stock_batch(self, items: Sequence[Item]) -> dict:
        processor = self.backbone.processor
        turns = [
            [
                {
                    "role": "user",
                    "content": [{"type": "audio", "audio_url": "clip"}, {"type": "text", "text": self.text(item)}],
                }
            ]
            for item in items
        ]
        batch = processor(
            text=[processor.apply_chat_template(turn, add_generation_prompt=True, tokenize=False) for turn in turns],
            audio=[item.waveform(self._mix) for item in items], sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=True,
        ).to(self.device, self.backbone.dtype)  # fmt: skip
        return {"mask": batch["attention_mask"].bool(), "stock": dict(batch)}
