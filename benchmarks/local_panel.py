"""A panel of one clip, five personas at two temperatures: computed exactly in one pass against sampled by the stock model.

    python -m benchmarks.local_panel [--shape tiny|true-widths|7b] [--device cpu|cuda]

The classes are Qwen2-Audio's own with random weights, whose head is fitted so that replies are labels of two or three tokens.
Shapes: `tiny`; `true-widths`, the published widths with 2 of 32 layers in tower and language model and a sixteenth of the
vocabulary; `7b`, the published model whole (bfloat16 on a GPU, 17 GB). The clip lasts 4.5 s. Both baselines are the stock
processor and `generate`: ten calls, or one call of ten prompts with a temperature for each row. Sampling gives one vote for each of
the ten raters; the exact pass gives each rater's whole distribution. Prints a Markdown table.
"""

import argparse
import platform
import time
from collections.abc import Callable

import numpy as np
import torch
from scipy.stats import chisquare
from transformers import LogitsProcessor, LogitsProcessorList

from emo_core.models.backbone import Backbone
from emo_core.models.label_tree import label_log_probabilities
from emo_core.models.memory import estimate_memory_mb
from emo_core.models.random_model import TEMPLATE, make_model, make_processor
from emo_core.models.token_tree import TokenTree
from tests.models.teaching import teach
from tests.models.tiny import waveform

LABELS, TEMPERATURES, SECONDS = ("angry", "happy", "sad", "neutral"), (0.5, 1.0), 4.5
PERSONAS = (
    "Focus on both vocal tone and linguistic content.",
    "Pay special attention to the speaker's tone of voice.",
    "Consider the word choice and phrasing in the utterance.",
    "Listen for subtle emotional cues in the voice.",
    "Analyze both what is said and how it is expressed.",
)
PROMPT = """Listen to the audio and analyze this speech utterance. Think deeply and select the ONE most dominant emotion present.
Transcript: "It is eleven o'clock."
Possible emotions: angry, happy, sad, neutral
Instructions:
1. Carefully analyze the emotional content in both the audio and the text.
2. {persona}
3. Think deeply and select ONLY ONE emotion from the list that best represents the dominant emotional state.
4. Respond with ONLY the emotion name, nothing else.
Which single emotion best describes this utterance? Select only from: angry, happy, sad, neutral"""
PROMPTS = [PROMPT.format(persona=persona) for persona in PERSONAS]
SHAPES = {  # language model, tower, panels to compare votes by
    "tiny": (
        dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4),
        dict(d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=64),
        100,
    ),
    "true-widths": (
        dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=2, vocab_size=156032 // 16),
        dict(encoder_layers=2),
        6,
    ),
    "7b": (dict(intermediate_size=11008, vocab_size=156032), {}, 60),
}


class RowTemperatures(LogitsProcessor):
    """Divides each row's logits by that row's temperature."""

    def __init__(self, temperatures: torch.Tensor):
        self._temperatures = temperatures[:, None]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores / self._temperatures


def build(shape: str, device: str) -> tuple[Backbone, np.ndarray]:
    """A random model of the shape that answers the prompts with labels, and the clip."""
    text, audio, _ = SHAPES[shape]
    processor = make_processor((TEMPLATE, *PROMPTS), vocabulary=1200)
    model = make_model(processor, text, audio, device=device, dtype=torch.bfloat16 if shape == "7b" else torch.float32)
    backbone, clip = Backbone(model, processor, "random"), waveform(SECONDS)
    shares = np.random.default_rng(0).dirichlet(np.ones(len(LABELS)), size=len(PROMPTS))
    teach(backbone, [clip], [PROMPTS], [[dict(zip(LABELS, row)) for row in shares]])
    return backbone, clip


def worded(backbone: Backbone, text: str) -> str:
    turn = {"role": "user", "content": [{"type": "audio", "audio_url": "clip"}, {"type": "text", "text": text}]}
    return backbone.processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)


def stock_replies(backbone: Backbone, clip: np.ndarray, texts: list[str], temperatures: list[float]) -> list[str]:
    """One sampled reply to each prompt from one stock call, the processor's work included."""
    batch = backbone.processor(
        text=[worded(backbone, text) for text in texts], audio=[clip] * len(texts), sampling_rate=16_000,
        return_tensors="pt", padding=True,
    ).to(backbone.device, backbone.dtype)  # fmt: skip
    rows = RowTemperatures(torch.tensor(temperatures, device=backbone.device))
    written = backbone.model.generate(
        **batch, do_sample=True, top_k=0, top_p=1.0, max_new_tokens=8, logits_processor=LogitsProcessorList([rows])
    )
    return backbone.processor.batch_decode(written[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)


def ten_calls(backbone: Backbone, clip: np.ndarray) -> list[str]:
    return [stock_replies(backbone, clip, [text], [t])[0] for t in TEMPERATURES for text in PROMPTS]


def one_call(backbone: Backbone, clip: np.ndarray) -> list[str]:
    return stock_replies(backbone, clip, PROMPTS * len(TEMPERATURES), list(np.repeat(TEMPERATURES, len(PROMPTS))))


def exact(backbone: Backbone, clip: np.ndarray) -> np.ndarray:
    return label_log_probabilities(backbone, [clip], [PROMPTS], LABELS, TEMPERATURES)[0]


def seconds(work: Callable, device: str, times: int) -> float:
    """The shortest of several runs: by the clock on a GPU, after one to warm up; processor time on a CPU others may use."""
    clock, found = time.process_time if device == "cpu" else time.perf_counter, []
    for _ in range(times + (device != "cpu")):
        start = clock()
        work()
        if device != "cpu":
            torch.cuda.synchronize()
        found.append(clock() - start)
    return min(found[-times:])


def votes(backbone: Backbone, clip: np.ndarray, panels: int) -> np.ndarray:
    """Counts (temperatures, personas, labels) of valid replies in stock panels."""
    counts = np.zeros((len(TEMPERATURES), len(PROMPTS), len(LABELS)), dtype=int)
    for _ in range(panels):
        for place, reply in enumerate(one_call(backbone, clip)):
            word = reply.strip().removesuffix(".").lower()
            if word in LABELS:
                counts[(*divmod(place, len(PROMPTS)), LABELS.index(word))] += 1
    return counts


def token_counts(backbone: Backbone) -> tuple[int, int, int]:
    """Audio tokens, text tokens of the longest prompt, and text tokens that one tree of all prompts holds."""
    audio = len(backbone.encode_audio([waveform(SECONDS)])[0])
    ids = [(prompt.before + prompt.after) for prompt in map(backbone.prompt, PROMPTS)]
    tree = TokenTree()
    for tokens in ids:
        tree.add(tokens)
    return audio, max(map(len, ids)), len(tree)


def report(backbone: Backbone, clip: np.ndarray, device: str, times: int, panels: int) -> None:
    audio, text, shared = token_counts(backbone)
    replies = [len(backbone.processor.tokenizer.encode(label)) for label in LABELS]
    print(f"{audio} audio tokens; up to {text} text tokens a prompt; {shared} in the tree of five prompts;", end=" ")
    print(f"replies of {min(replies)} to {max(replies)} tokens and an end.\n")
    ways = {"exact, one pass": exact, "stock, one call of ten": one_call, "stock, ten calls": ten_calls}
    print("| panel of 5 personas × 2 temperatures | seconds | exact takes |\n|---|---|---|")
    ours = None  # the exact pass is the first
    for name, way in ways.items():
        duration = seconds(lambda way=way: way(backbone, clip), device, times)
        ours = ours or duration
        print(f"| {name} | {duration:.3f} | {ours / duration:.3f} of it |", flush=True)
    chances = np.exp(exact(backbone, clip)).swapaxes(0, 1)
    print(f"\nChance that a reply is a label: {chances.sum(-1).min():.2f} to {chances.sum(-1).max():.2f}.")
    counts = votes(backbone, clip, panels)
    expected = counts.sum(-1, keepdims=True) * chances / chances.sum(-1, keepdims=True)
    for t, temperature in enumerate(TEMPERATURES):
        observed, computed = counts[t].sum(axis=0), expected[t].sum(axis=0)
        p = chisquare(observed, computed).pvalue
        print(
            f"T = {temperature}: {observed.sum()} sampled votes {observed.tolist()}, computed {computed.round(1).tolist()}, p = {p:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--times", type=int, default=3, help="timed runs of each way; the shortest counts")
    parser.add_argument("--panels", type=int, help="stock panels whose votes are compared")
    options = parser.parse_args()
    torch.set_num_threads(1 if options.device == "cpu" else torch.get_num_threads())  # waiting threads cost time too
    backbone, clip = build(options.shape, options.device)
    where = torch.cuda.get_device_name() if options.device != "cpu" else "one CPU thread"
    print(
        f"Shape {options.shape}, {str(backbone.dtype).removeprefix('torch.')}, {where}, Python {platform.python_version()}\n"
    )
    report(backbone, clip, options.device, options.times, options.panels or SHAPES[options.shape][2])
    if options.device != "cpu":
        estimate = estimate_memory_mb(backbone.model.config.to_dict(), str(backbone.dtype).removeprefix("torch."))
        print(
            f"\nMemory: {torch.cuda.max_memory_reserved() / 1e6:.0f} MB at most; {estimate} MB estimated for the exact pass."
        )


if __name__ == "__main__":
    main()
