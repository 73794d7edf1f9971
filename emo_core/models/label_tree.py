"""How likely is each label as the model's reply? Computed, for all prompts and temperatures, in one pass over the clip.

A sampled reply is a chain of tokens y₁ … y_m and an end token e, each drawn from softmax(z/T). A label ℓ is given by one of its
spellings ("sad", "Sad", "sad."), so

    log p(ℓ) = log Σ_{y ∈ spellings(ℓ)} Σ_{e ∈ ends} Π_t softmax(z_t / T)[y_t] · softmax(z_{m+1} / T)[e]

and p(ℓ) / Σ p is the distribution of sampled replies among those that spell a label. Sampling can only approach it.

All replies to all prompts about a clip are one token tree (see `token_tree`): the audio and what the prompts share is computed once,
then each prompt's own end, then each spelling's tokens. The end tokens need no nodes, because the last letter's logits hold
their chances: "sad" followed by an end is another reply than "sad" followed by "ness".

Conventions
- Natural logarithms. Σ_ℓ p(ℓ) ≤ 1: the rest of the chance belongs to replies that spell no label, or spell one by another
  cutting into tokens than the tokenizer's own, which a model hardly ever writes.
- A clip has prompts of its own, because prompts hold its transcript.
- Temperature divides the logits before the softmax over the whole vocabulary; no top-k, no top-p, no penalties.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from emo_core.errors import BadInput, UnknownName
from emo_core.models.backbone import Backbone, Prompt
from emo_core.models.memory import ROWS_AT_ONCE
from emo_core.models.token_tree import TokenTree

_CASES = {"given": str, "lower": str.lower, "capitalised": str.capitalize, "upper": str.upper}


@dataclass(frozen=True)
class SpellingRules:
    """Which replies count as a label.

    cases     of "given" (as the label is written), "lower", "capitalised" (Sad), "upper" (SAD)
    endings   what may follow the word

    Raises UnknownName for another case, BadInput where no spelling is left.
    """

    cases: tuple[str, ...] = ("given", "lower", "capitalised")
    endings: tuple[str, ...] = ("", ".")

    def __post_init__(self):
        for case in self.cases:
            if case not in _CASES:
                raise UnknownName("case of a spelling", case, _CASES)
        if not self.cases or not self.endings:
            raise BadInput("Spellings need at least one case and one ending, which may be empty: name one of each.")

    def of(self, label: str) -> list[str]:
        """The spellings of a label, each once.

        >>> SpellingRules().of("sad")
        ['sad', 'sad.', 'Sad', 'Sad.']
        """
        return list(dict.fromkeys(_CASES[case](label) + ending for case in self.cases for ending in self.endings))


@torch.inference_mode()
def label_log_probabilities(
    backbone: Backbone,
    audio: Sequence[np.ndarray],
    prompts: Sequence[Sequence[str]],
    labels: Sequence[str],
    temperatures: Sequence[float],
    *,
    spelling: SpellingRules | None = None,
) -> np.ndarray:
    """Natural log-probabilities (clips, prompts, temperatures, labels), float64, that a reply is the label.

    audio          waveform of each clip, as `Backbone.encode_audio` takes them; all go through the model together
    prompts        for each clip its prompts, the same number for every clip: one a persona, say
    labels         the words that the prompts offer; no two may share a spelling
    temperatures   above 0

    Not normalised: `np.exp(result).sum(-1)` is the chance that a reply spells a label. Raises BadInput for what breaks these
    rules, AudioError for clips that the model cannot hear.
    """
    _validate(audio, prompts, labels, temperatures)
    spelled = _spelled(backbone, labels, spelling or SpellingRules())
    heard = backbone.encode_audio(audio)
    trees = [
        _ClipTree([backbone.prompt(text) for text in texts], len(tokens), spelled)
        for texts, tokens in zip(prompts, heard)
    ]
    columns = sorted({token for tokens, _ in spelled for token in tokens} | set(backbone.ends))
    rows = _hidden_rows(backbone, trees, heard)
    chances = _token_log_chances(backbone, rows, columns, temperatures)
    starts = np.cumsum([0] + [len(tree.rows) for tree in trees])
    return np.stack(
        [
            tree.sum_up(chances[:, start : start + len(tree.rows)], columns, backbone.ends, len(labels))
            for tree, start in zip(trees, starts)
        ]
    )


class _ClipTree:
    """All replies to all prompts about one clip. A token below 0 stands for an audio token, −1 the first.

    `paths[prompt][spelling]` are the nodes whose logits say the reply: the prompt's last, then the spelling's own. `rows` are the
    nodes whose logits are needed.
    """

    def __init__(self, prompts: Sequence[Prompt], audio_tokens: int, spelled: list[tuple[tuple[int, ...], int]]):
        self.tree, self.spelled, self.paths = TokenTree(), spelled, []
        for prompt in prompts:
            last = self.tree.add([*prompt.before, *range(-1, -1 - audio_tokens, -1), *prompt.after])[-1]
            self.paths.append([[last, *self.tree.add(tokens, below=last)] for tokens, _ in spelled])
        self.rows = sorted({node for paths in self.paths for path in paths for node in path})

    def embeddings(self, backbone: Backbone, heard: torch.Tensor) -> torch.Tensor:
        """(nodes, width): text tokens by the model's table, audio tokens as heard."""
        tokens = torch.tensor(self.tree.tokens, device=heard.device)
        embedded = backbone.embed([max(token, 0) for token in self.tree.tokens])
        embedded[tokens < 0] = heard[-1 - tokens[tokens < 0]].to(embedded.dtype)
        return embedded

    def sum_up(self, chances: np.ndarray, columns: list[int], ends: Sequence[int], labels: int) -> np.ndarray:
        """(prompts, temperatures, labels) from log-chances (temperatures, rows, columns) of single tokens."""
        row, column = ({value: i for i, value in enumerate(values)} for values in (self.rows, columns))
        ending = np.logaddexp.reduce(chances[:, :, [column[end] for end in ends]], axis=-1)
        found = np.full((len(self.paths), len(chances), labels), -np.inf)
        for prompt, paths in enumerate(self.paths):
            for path, (tokens, label) in zip(paths, self.spelled):
                at = [row[node] for node in path]
                written = chances[:, at[:-1], [column[token] for token in tokens]].sum(axis=-1)
                found[prompt, :, label] = np.logaddexp(found[prompt, :, label], written + ending[:, at[-1]])
        return found


def _validate(audio: Sequence, prompts: Sequence, labels: Sequence[str], temperatures: Sequence[float]) -> None:
    if not len(audio) or len(audio) != len(prompts):
        raise BadInput(f"Each clip needs its own prompts; got {len(audio)} clips and prompts for {len(prompts)}.")
    counts = {0 if isinstance(texts, str) else len(texts) for texts in prompts}
    if len(counts) != 1 or not min(counts):
        raise BadInput("Every clip needs a list of prompts, of the same length for all clips and not empty.")
    if not labels or len(set(labels)) != len(labels) or not all(label.strip() for label in labels):
        raise BadInput(f"Labels must be words, each once; got {list(labels)}.")
    if not len(temperatures) or not all(0 < temperature < np.inf for temperature in temperatures):
        raise BadInput(f"Temperatures must be above 0; got {list(temperatures)}. For the likeliest label take 0.01.")


def _spelled(backbone: Backbone, labels: Sequence[str], rules: SpellingRules) -> list[tuple[tuple[int, ...], int]]:
    """Every spelling as token ids, and the index of its label."""
    owner: dict[tuple[int, ...], int] = {}
    for index, label in enumerate(labels):
        for text in rules.of(label):
            tokens = tuple(backbone.processor.tokenizer.encode(text, add_special_tokens=False))
            if owner.setdefault(tokens, index) != index:
                raise BadInput(
                    f"The labels {labels[owner[tokens]]!r} and {label!r} share the spelling {text!r}: rename one."
                )
    return list(owner.items())


def _hidden_rows(backbone: Backbone, trees: list[_ClipTree], heard: list[torch.Tensor]) -> torch.Tensor:
    """Hidden states (rows of all trees, width) after one pass over all trees, the shorter ones padded at the end."""
    sizes = [len(tree.tree) for tree in trees]
    # A padding node attends to itself: a row of the mask with nothing to attend to would have no softmax.
    seen = torch.eye(max(sizes), dtype=torch.bool).repeat(len(trees), 1, 1)
    positions = torch.zeros(len(trees), max(sizes), dtype=torch.long)
    for clip, (tree, size) in enumerate(zip(trees, sizes)):
        seen[clip, :size, :size] = torch.from_numpy(tree.tree.ancestry())
        positions[clip, :size] = torch.tensor(tree.tree.depths)
    embedded = [tree.embeddings(backbone, tokens) for tree, tokens in zip(trees, heard)]
    padded = torch.nn.utils.rnn.pad_sequence(embedded, batch_first=True)
    hidden = backbone.hidden_states(padded, seen, positions)
    return torch.cat([hidden[clip, tree.rows] for clip, tree in enumerate(trees)])


def _token_log_chances(
    backbone: Backbone, rows: torch.Tensor, columns: list[int], temperatures: Sequence[float]
) -> np.ndarray:
    """log softmax(z/T) (temperatures, rows, columns) at some columns of the vocabulary, a few rows at a time.

    In float64: at T = 0.1 a rounding error of the logits grows tenfold.
    """
    parts = []
    for chunk in rows.split(ROWS_AT_ONCE):
        logits = backbone.logits(chunk).double()
        parts.append(
            torch.stack([logits[:, columns] / t - (logits / t).logsumexp(-1, keepdim=True) for t in temperatures])
        )
    return torch.cat(parts, dim=1).cpu().numpy()
