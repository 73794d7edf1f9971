"""What the logits of emotion words say while the model writes its reply.

For each written token j and word n with subtokens k = 1 … K, Halim et al. take the raw logits of the subtokens, average them
(their equation 1), and average over the J tokens of the reply:

    z_j^n = (1/K) Σ_k z_{j,k}^n          z^n = (1/J) Σ_j z_j^n

Four readings come of two choices: all K subtokens or the first one alone; all J steps (section 3.4.2) or only those that
write an emotion word (section 5.3). How z becomes a distribution (their equation 2, φ = z / Σ z, or a softmax) is left to others:
raw logits may be negative.

Conventions
- Subtokens are those of the word as it is given: "sad", "Sad" and " sad" are different tokens. Give the words as the prompt asks for
  them.
- The end token is no part of the reply: J counts what is read.
- A step writes an emotion word where its letters lie in one of the words, as a whole word whatever its case, in the reply.

References
- Halim, Wang, Jia & Dang (2025), "Token-Level Logits Matter: A Closer Look at Speech Foundation Models for Ambiguous Emotion
  Recognition", Interspeech.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from emo_core.errors import BadInput
from emo_core.models.backbone import Backbone
from emo_core.models.sampling import SeededDraw, decode, questions_of, write


@dataclass(frozen=True)
class TokenReading:
    """One clip's reply and its readings.

    text       the reply
    steps      how many tokens it has
    readings   raw logits (words,) float64 under "all/averaged", "all/first", "words/averaged" and "words/first": steps, then
               subtokens; None where the reply has no such step
    """

    text: str
    steps: int
    readings: dict[str, np.ndarray | None]


def read_tokens(
    backbone: Backbone,
    audio: Sequence[np.ndarray],
    prompts: Sequence[str],
    words: Sequence[str],
    *,
    temperature: float = 0.0,
    seeds: Sequence[int] | None = None,
    max_new_tokens: int = 64,
    batch_size: int = 8,
) -> list[TokenReading]:
    """Let the model reply to one prompt about each clip and read the logits of `words` at every step.

    audio            waveform of each clip, as `Backbone.encode_audio` takes them
    words            the emotion words, each once, as the prompt writes them
    temperature      0 takes the likeliest token at every step; above 0 a reply is drawn with the clip's seed
    seeds            one per clip, for a temperature above 0
    max_new_tokens   a longer reply breaks off there

    Raises BadInput for what breaks these rules, AudioError for clips that the model cannot hear.
    """
    if len(audio) != len(prompts):
        raise BadInput(f"Each clip needs one prompt; got {len(audio)} clips and {len(prompts)} prompts.")
    if not words or len({word.lower() for word in words}) != len(words) or not all(word.strip() for word in words):
        raise BadInput(f"Emotion words must be words, each once whatever its case; got {list(words)}.")
    if not 0 <= temperature < np.inf or (temperature and (seeds is None or len(seeds) != len(audio))):
        raise BadInput(f"A temperature is 0, or above 0 with a seed for each clip; got {temperature} and {seeds}.")
    subtokens = [backbone.processor.tokenizer.encode(word, add_special_tokens=False) for word in words]
    found = []
    for first in range(0, len(audio), batch_size):
        batch = slice(first, first + batch_size)
        questions = [rows[0] for rows in questions_of(backbone, audio[batch], [[text] for text in prompts[batch]])]
        draw = SeededDraw(temperature, seeds[batch]) if temperature else None
        replies, logits = write(backbone, questions, max_new_tokens, draw, output_logits=True)
        steps = _word_logits(logits, subtokens)
        found += [_reading(backbone, tokens, steps[row, : len(tokens)], words) for row, tokens in enumerate(replies)]
    return found


def _word_logits(logits: Sequence[torch.Tensor], subtokens: Sequence[Sequence[int]]) -> np.ndarray:
    """(clips, steps, words, 2) float64: the mean over a word's subtokens, and its first."""
    columns = [token for tokens in subtokens for token in tokens]
    kept = torch.stack([step[:, columns] for step in logits], dim=1).double().cpu().numpy()
    bounds = np.cumsum([len(tokens) for tokens in subtokens])[:-1]
    pieces = np.split(kept, bounds, axis=-1)
    return np.stack([np.stack([piece.mean(axis=-1), piece[..., 0]], axis=-1) for piece in pieces], axis=-2)


def _reading(backbone: Backbone, tokens: list[int], steps: np.ndarray, words: Sequence[str]) -> TokenReading:
    chosen = {"all": np.ones(len(tokens), dtype=bool), "words": writes_a_word(backbone, tokens, words)}
    readings = {
        f"{which}/{kind}": steps[mask, :, column].mean(axis=0) if mask.any() else None
        for which, mask in chosen.items()
        for column, kind in enumerate(("averaged", "first"))
    }
    return TokenReading(decode(backbone, tokens), len(tokens), readings)


def writes_a_word(backbone: Backbone, tokens: Sequence[int], words: Sequence[str]) -> np.ndarray:
    """(tokens,) bool: whether each token of a reply writes a part of one of the words."""
    tokenizer = backbone.processor.tokenizer
    starts = [len(tokenizer.decode(tokens[:j])) for j in range(len(tokens) + 1)]
    pattern = rf"(?<!\w)(?:{'|'.join(re.escape(word.strip()) for word in words)})(?!\w)"
    spans = [match.span() for match in re.finditer(pattern, tokenizer.decode(tokens), re.IGNORECASE)]
    return np.array([any(a < end and b > start for start, end in spans) for a, b in pairwise(starts)], dtype=bool)
