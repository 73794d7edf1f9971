"""Training a tuned backbone: samples a second of the loop here against a naive one, in the same run.

    python -m benchmarks.training [--shape tiny|true-widths|7b] [--device cpu|cuda] [--micro-batch N] [--checkpointing] [--card-gb 24]

Both train the same adapters (LoRA r = 8 on the language model) and the same head by the same loss on the same clips, whose lengths
are spread as IEMOCAP's (mean 4.5 s), with random weights.

naive   as a plain Trainer script does it: batches in random order, the stock processor with 30 s of padding, the forward of the whole
        model with its vocabulary head, gradient checkpointing of the whole model
ours    the tower's outputs from the cache, buckets of like length, no vocabulary head, no checkpointing unless asked for

Hearing the clips once, which fills the cache, is timed apart: it is paid once for all epochs, seeds and later runs. Shapes: `tiny`;
`true-widths`, the published widths with 2 of 32 layers in tower and language model, a sixteenth of the vocabulary and a head of a
tenth of the weights, so that all keep about their shares of the cost; `7b`, the published model whole with a head of its width, in
bfloat16, built on the device. `--card-gb` bounds the memory that CUDA may use. Prints a Markdown table.

MFU, on CUDA: floating-point operations that the mathematics needs over what the device could have done in the time. A frozen weight
takes 2 operations a token forward and 2 backward (its own gradient is not needed); recomputing and padding count as nothing.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import torch

from emo_core.models.backbone import Backbone
from emo_core.models.losses import jensen_shannon_loss
from emo_core.seeding import number_from
from emo_core.training.batches import steps_of
from emo_core.training.data import Examples, Item
from emo_core.training.hearing import hear_all
from emo_core.training.settings import TrainSettings
from emo_core.training.tiny import TINY_AUDIO, TINY_TEXT, random_backbone
from emo_core.training.tuning import TunedBackbone

EMOTIONS = ("angry", "happy", "sad", "neutral")
SHAPES = {  # language model, tower, clips, width of the head (None: as wide as the model)
    "tiny": (TINY_TEXT, TINY_AUDIO, 32, None),
    "true-widths": (
        dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=2, vocab_size=156032 // 16),
        dict(encoder_layers=2),
        16,
        1024,
    ),
    "7b": (dict(intermediate_size=11008, vocab_size=156032), {}, 256, None),
}
PEAK_FLOPS = {
    "H200": 989e12,
    "H100": 989e12,
    "A100": 312e12,
    "4090": 165e12,
    "A10": 125e12,
    "L4": 121e12,
}  # bfloat16, dense


@dataclass(frozen=True)
class Sound:
    """Noise in place of a clip's file: what is computed does not depend on it."""

    clip: str
    seconds: float

    def samples(self) -> np.ndarray:
        rng = np.random.default_rng(number_from(self.clip))
        return (0.1 * rng.standard_normal(round(16_000 * self.seconds))).astype(np.float32)


def clips_like_iemocap(count: int) -> Examples:
    """Log-normal lengths with mean 4.5 s and standard deviation 3.2 s, from 0.6 to 30 s."""
    rng = np.random.default_rng(1)
    spread = np.log(1 + (3.2 / 4.5) ** 2)
    seconds = np.clip(rng.lognormal(np.log(4.5) - spread / 2, np.sqrt(spread), count), 0.6, 30)
    text = "Well I do not know what you mean by that"
    items = tuple(Item(f"clip{i}", (Sound(f"clip{i}", float(s)),), transcript=text) for i, s in enumerate(seconds))
    return Examples(items, rng.dirichlet(np.ones(len(EMOTIONS)), count))


class WholeModel(torch.nn.Module):
    """What a script would write: the whole causal model's forward, its hidden states to the head."""

    def __init__(self, module, vocabulary_head):
        super().__init__()
        self.module = module
        module.backbone.model.lm_head = vocabulary_head
        module.backbone.model.activation_checkpointing_enable()

    def train(self, mode: bool = True) -> "WholeModel":
        super().train(mode)
        self.module.backbone.model.train(mode)  # the tower too: nothing tells a plain script to leave it out
        return self

    def forward(self, mask: torch.Tensor, stock: dict) -> torch.Tensor:
        with torch.autocast(mask.device.type, torch.bfloat16, enabled=self.module.half):
            made = self.module.backbone.model(**stock, output_hidden_states=True, use_cache=False)
            return self.module.head(made.hidden_states[-1], mask)


def learner_of(
    backbone: Backbone, settings: TrainSettings, cache: Path, *, whole: bool
) -> tuple[TunedBackbone, torch.nn.Module]:
    """The learner, and the module that is trained."""
    vocabulary_head = backbone.model.lm_head
    learner = TunedBackbone(replace(settings, stock=whole), EMOTIONS, backbone.device, cache, backbone)
    return learner, WholeModel(learner.module, vocabulary_head) if whole else learner.module


def epoch(learner: TunedBackbone, module: torch.nn.Module, examples: Examples, *, buckets: bool) -> None:
    """One pass over all clips with its optimizer steps."""
    batches = learner.settings.batches()
    lengths = [learner.heard[item.id].length for item in examples.items]
    optimizer = torch.optim.AdamW(learner.trainable().values(), 2.5e-6)
    module.train()
    for step in steps_of(lengths, batches, seed=0, epoch=0, buckets=buckets):
        for rows in step.micro_batches:
            batch = learner.batch([examples.items[row] for row in rows])
            targets = torch.from_numpy(examples.targets[list(rows)]).to(learner.device)
            (jensen_shannon_loss(module(**batch), targets).sum() / step.size).backward()
        torch.nn.utils.clip_grad_norm_(learner.trainable().values(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def measured(work: Callable[[], None], device: torch.device, times: int) -> tuple[float, float]:
    """Seconds, the shortest of several runs after one to warm up on a GPU, and peak memory in MB.

    By the clock on a GPU; processor time of one thread on a CPU, which others may use meanwhile. There memory is what the process
    holds afterwards.
    """
    on_gpu = device.type == "cuda"
    clock, found = (time.perf_counter if on_gpu else time.process_time), []
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    for _ in range(times + on_gpu):
        start = clock()
        work()
        if on_gpu:
            torch.cuda.synchronize()
        found.append(clock() - start)
    peak = torch.cuda.max_memory_reserved() if on_gpu else psutil.Process().memory_info().rss
    return min(found[-times:]), peak / 1e6


def flops(learner: TunedBackbone, examples: Examples) -> float:
    """Operations an epoch needs: forward and backward through the language model, 4 a frozen weight and token, and attention."""
    text = learner.backbone.model.config.text_config
    language = learner.backbone.model.model.language_model
    weights = sum(p.numel() for name, p in language.layers.named_parameters() if "lora_" not in name)
    lengths = np.array([learner.heard[item.id].length for item in examples.items], dtype=float)
    # Causal: half of the pairs; two products; backward twice the forward, as keys, queries and values carry gradients.
    attention = 3 * 2 * 2 * text.hidden_size * text.num_hidden_layers * (lengths**2).sum() / 2
    head = 6 * sum(p.numel() for p in learner.module.head.parameters()) * lengths.sum()
    return 4 * weights * lengths.sum() + attention + head


def figures_of(options, settings: TrainSettings, examples: Examples, device: torch.device, *, whole: bool) -> dict:
    """Figures of one way, with a fresh model."""
    text, audio, *_ = SHAPES[options.shape]
    dtype = torch.bfloat16 if options.shape == "7b" else torch.float32
    backbone = random_backbone(text, audio, device, dtype)
    with tempfile.TemporaryDirectory() as cache:
        learner, module = learner_of(backbone, settings, Path(cache), whole=whole)
        hearing = hearing_seconds(learner, examples)
        seconds, peak = measured(lambda: epoch(learner, module, examples, buckets=not whole), device, options.times)
    return {
        "rate": len(examples) / seconds,
        "peak": peak,
        "hearing": hearing,
        "flops": flops(learner, examples) / seconds,
    }


def hearing_seconds(learner: TunedBackbone, examples: Examples) -> float:
    """Timed once, without a rehearsal: a second time everything would come from the cache."""
    clock = time.perf_counter if learner.device.type == "cuda" else time.process_time
    start = clock()
    hear_all(learner, examples.items)
    return clock() - start


def report(options, found: dict[str, dict], device: torch.device) -> None:
    on_gpu = device.type == "cuda"
    print("| loop | samples/s | times naive | memory, MB | hearing once, s |" + (" MFU |" if on_gpu else ""))
    print("|---|---|---|---|---|" + ("---|" if on_gpu else ""))
    for name, row in found.items():
        ratio = row["rate"] / found["naive"]["rate"] if "naive" in found else float("nan")
        print(f"| {name} | {row['rate']:.3f} | {ratio:.2f} | {row['peak']:.0f} | {row['hearing']:.1f} |", end="")
        peak = next(
            (peak for card, peak in PEAK_FLOPS.items() if on_gpu and card in torch.cuda.get_device_name()), None
        )
        print(f" {row['flops'] / peak:.1%} |" if peak else " |" if on_gpu else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--clips", type=int, help="how many clips an epoch has")
    parser.add_argument("--micro-batch", type=int, default=4)
    parser.add_argument("--batch", type=int, help="effective batch; 16 on a CPU, 64 on a GPU")
    parser.add_argument(
        "--checkpointing", action="store_true", help="ours: recompute the language model's inner states"
    )
    parser.add_argument("--head-width", type=int, help="of the distribution head")
    parser.add_argument("--card-gb", type=float, help="bound on the memory of the GPU, GB (10⁹ bytes)")
    parser.add_argument("--times", type=int, default=1, help="timed epochs of each loop; the shortest counts")
    parser.add_argument("--only", choices=("ours", "naive"))
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1 if device.type == "cpu" else torch.get_num_threads())  # waiting threads cost time too
    if options.card_gb:
        torch.cuda.set_per_process_memory_fraction(
            options.card_gb * 1e9 / torch.cuda.get_device_properties(0).total_memory
        )
    on_gpu = device.type == "cuda"
    settings = TrainSettings(
        "tiny",
        batch=options.batch or (64 if on_gpu else 16),
        micro_batch=options.micro_batch,
        head_width=options.head_width or SHAPES[options.shape][3],
        checkpointing=options.checkpointing,
        device="auto" if on_gpu else "cpu",
    ).resolved()
    examples = clips_like_iemocap(options.clips or SHAPES[options.shape][2])
    where = torch.cuda.get_device_name() if device.type == "cuda" else "one CPU thread"
    print(
        f"Shape {options.shape}, {len(examples)} clips, {settings.batches()}, {where}, Python {platform.python_version()}\n"
    )
    ways = [name for name in ("naive", "ours") if options.only in (None, name)]
    plain = replace(settings, checkpointing=False)
    found = {
        name: figures_of(options, plain if name == "naive" else settings, examples, device, whole=name == "naive")
        for name in ways
    }
    report(options, found, device)


if __name__ == "__main__":
    main()
