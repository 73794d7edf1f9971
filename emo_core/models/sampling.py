"""Sampled replies, token by token with the model's own `generate`: what `label_tree` computes is checked against these.

Every reply draws from its own generator: the t-th token is where the t-th number of `default_rng(seed)` falls in the cumulated
softmax(z/T). So a reply is a function of clip, prompt, temperature and seed; who shares its batch changes the logits by rounding
only, which moves a token when a number falls within about 10⁻⁶ of a boundary in float32, 10⁻² in bfloat16.
"""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList

from emo_core.errors import BadInput
from emo_core.models.backbone import Backbone


class SeededDraw(LogitsProcessor):
    """Draws each row's next token with that row's own generator, and leaves nothing else to choose."""

    def __init__(self, temperature: float, seeds: Sequence[int]):
        self._temperature = temperature
        self._generators = [np.random.default_rng(seed) for seed in seeds]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        cumulated = (scores.double() / self._temperature).softmax(-1).cumsum(-1)
        numbers = torch.tensor([[generator.random()] for generator in self._generators], device=scores.device)
        # Times the last sum, which rounding keeps from being 1: no number falls behind it.
        drawn = torch.searchsorted(cumulated, numbers * cumulated[:, -1:], right=True)
        return torch.full_like(scores, -torch.inf).scatter_(1, drawn, 0.0)


def sample(
    backbone: Backbone,
    audio: Sequence[np.ndarray],
    prompts: Sequence[Sequence[str]],
    *,
    temperature: float,
    seeds: np.ndarray,
    max_new_tokens: int = 16,
    batch_size: int = 16,
) -> list[list[list[str]]]:
    """Texts of sampled replies: for each clip and prompt one per seed. Blanks at the ends are cut off.

    audio            waveform of each clip, as `Backbone.encode_audio` takes them
    prompts          for each clip its prompts, the same number for every clip
    temperature      above 0
    seeds            (clips, prompts, replies) int, from 0
    max_new_tokens   a longer reply breaks off there
    batch_size       replies that are written at a time

    Raises BadInput for what breaks these rules, AudioError for clips that the model cannot hear.
    """
    seeds = np.asarray(seeds)
    if seeds.ndim != 3 or seeds.shape[:2] != (len(audio), len(prompts[0])) or len(prompts) != len(audio):
        raise BadInput(
            f"Seeds must be (clips, prompts, replies), prompts a list for each clip; got seeds {seeds.shape}."
        )
    if not 0 < temperature < np.inf:
        raise BadInput(f"A temperature must be above 0; got {temperature}.")
    questions = questions_of(backbone, audio, prompts)
    index = list(np.ndindex(seeds.shape))
    texts = np.empty(seeds.shape, dtype=object)
    for first in range(0, len(index), batch_size):
        rows = index[first : first + batch_size]
        draw = SeededDraw(temperature, [int(seeds[row]) for row in rows])
        replies, _ = write(backbone, [questions[clip][prompt] for clip, prompt, _ in rows], max_new_tokens, draw)
        for row, tokens in zip(rows, replies):
            texts[row] = decode(backbone, tokens)
    return texts.tolist()


@torch.inference_mode()
def questions_of(
    backbone: Backbone, audio: Sequence[np.ndarray], prompts: Sequence[Sequence[str]]
) -> list[list[torch.Tensor]]:
    """Embeddings (tokens, width) of every prompt about every clip; a clip goes through the audio tower once."""
    found = []
    for heard, texts in zip(backbone.encode_audio(audio), prompts):
        worded = [backbone.prompt(text) for text in texts]
        found.append([torch.cat([backbone.embed(p.before), heard, backbone.embed(p.after)]) for p in worded])
    return found


def write(
    backbone: Backbone,
    questions: Sequence[torch.Tensor],
    max_new_tokens: int,
    draw: LogitsProcessor | None = None,
    *,
    output_logits: bool = False,
) -> tuple[list[list[int]], list[torch.Tensor]]:
    """Token ids of one reply to each question, without the end token, and where asked for the logits of every step.

    draw      how a token is chosen; None takes the likeliest
    returns   for each question its tokens; for each step the raw logits (questions, vocabulary), float32
    """
    # Padded on the left: a reply must follow its question at once.
    padded = torch.nn.utils.rnn.pad_sequence(questions, batch_first=True, padding_side="left")
    lengths = torch.tensor([[len(question)] for question in questions])
    there = (torch.arange(padded.shape[1]) >= padded.shape[1] - lengths).long().to(backbone.device)
    written = backbone.model.generate(
        inputs_embeds=padded,
        attention_mask=there,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        logits_processor=LogitsProcessorList([draw] if draw else []),
        return_dict_in_generate=True,
        output_logits=output_logits,
    )
    replies = [_until_end(tokens, backbone.ends) for tokens in written.sequences.tolist()]
    return replies, list(written.logits or ())


def decode(backbone: Backbone, tokens: Sequence[int]) -> str:
    """The text of a reply, blanks at its ends cut off."""
    return backbone.processor.tokenizer.decode(tokens, skip_special_tokens=True).strip()


def _until_end(tokens: list[int], ends: Sequence[int]) -> list[int]:
    return tokens[: next((i for i, token in enumerate(tokens) if token in ends), len(tokens))]
