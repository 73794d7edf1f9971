"""Training a tuned backbone: samples a second of the loop here against a naive one, in the same run.

    python -m benchmarks.training [--shape tiny|true-widths|7b] [--device cpu|cuda] [--micro-batch N] [--prepared]
    python -m benchmarks.training --shape 7b --device cuda --only ours --micro-batch 1 --checkpointing --card-gb 23

Both train the same adapters (LoRA r = 8 on the language model) and the same head by the same loss on the same clips, whose lengths
are spread as IEMOCAP's (mean 4.5 s), with random weights.

naive   as a plain Trainer script does it: batches in random order, the stock processor with 30 s of padding, the forward of the whole
        model with its vocabulary head, gradient checkpointing of the whole model
ours    the tower's outputs from the cache, buckets of like length, no vocabulary head, no checkpointing unless asked for

Hearing the clips once, which fills the cache, is timed apart: it is paid once for all epochs, seeds and later runs. Shapes: `tiny`;
`true-widths`, the published widths with 2 of 32 layers in tower and language model, a sixteenth of the vocabulary and a head of a
tenth of the weights, so that all keep about their shares of the cost; `7b`, the published model whole with a head of its width, in
bfloat16, built on the device. `--card-gb` bounds the memory that CUDA may use, so that a smaller card is imitated: what needs more
fails. `--prepared` makes all batches before the clock starts, as workers of a loader would for either loop. Prints a Markdown table,
a row as soon as it is known.

MFU, on CUDA: floating-point operations that the mathematics needs over what the device could have done in the time,

    MFU = [T (4 W + 6 H) + Σ 6 d L t²] / (seconds · peak)

T true tokens, W weights of the language model's layers, H of the head, d its width, L its layers, t tokens of each clip. A frozen
weight takes 2 operations a token forward and 2 backward (its own gradient is not needed), a trained one 6; attention two products
over half of the pairs of tokens, forward and twice that backward. The tower, heard once, recomputing, padding and the vocabulary
head count as nothing, for either loop.
"""

import argparse
import gc
import platform
import re
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
from emo_core.models.random_model import TINY_AUDIO, TINY_TEXT
from emo_core.seeding import number_from
from emo_core.training.batches import Step, steps_of
from emo_core.training.data import Examples, Item
from emo_core.training.hearing import hear_all
from emo_core.training.settings import TrainSettings
from emo_core.training.tiny import random_backbone
from emo_core.training.tuned_module import recompute_in_backward
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
        recompute_in_backward(module.backbone.model)

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


def steps(learner: TunedBackbone, examples: Examples, *, buckets: bool) -> list[Step]:
    """The steps of an epoch, the same at every call."""
    lengths = [learner.heard[item.id].length for item in examples.items]
    return steps_of(lengths, learner.settings.batches(), seed=0, epoch=0, buckets=buckets)


def batch_of(learner: TunedBackbone, examples: Examples, rows: tuple[int, ...]) -> dict:
    """The module's arguments for these clips."""
    return learner.batch([examples.items[row] for row in rows])


def epoch(
    learner: TunedBackbone, module: torch.nn.Module, examples: Examples, prepared: dict, *, buckets: bool
) -> None:
    """One pass over all clips with its optimizer steps. `prepared`: batches that are made already, by their rows."""
    optimizer = torch.optim.AdamW(learner.trainable().values(), 2.5e-6)
    module.train()
    for step in steps(learner, examples, buckets=buckets):
        for rows in step.micro_batches:
            batch = prepared.get(rows) or batch_of(learner, examples, rows)
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
    dtype = options.dtype or ("bfloat16" if options.shape == "7b" else "float32")
    gc.collect()  # the model before is held by a cycle: its memory would count here
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    backbone = random_backbone(text, audio, device, getattr(torch, dtype))
    with tempfile.TemporaryDirectory() as cache:
        learner, module = learner_of(backbone, settings, Path(cache), whole=whole)
        hearing = hearing_seconds(learner, examples)
        found = steps(learner, examples, buckets=not whole) if options.prepared else ()
        prepared = {rows: batch_of(learner, examples, rows) for step in found for rows in step.micro_batches}
        seconds, peak = measured(
            lambda: epoch(learner, module, examples, prepared, buckets=not whole), device, options.times
        )
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


def report_head(device: torch.device) -> None:
    on_gpu = device.type == "cuda"
    print("| loop | samples/s | times naive | memory, MB | hearing once, s |" + (" MFU |" if on_gpu else ""))
    print("|---|---|---|---|---|" + ("---|" if on_gpu else ""), flush=True)


def report_row(name: str, found: dict[str, dict], device: torch.device) -> None:
    row = found[name]
    ratio = row["rate"] / found["naive"]["rate"] if "naive" in found else float("nan")
    cells = [name, f"{row['rate']:.3f}", f"{ratio:.2f}", f"{row['peak']:.0f}", f"{row['hearing']:.1f}"]
    if device.type == "cuda":
        peak = peak_flops(torch.cuda.get_device_name())
        cells.append(f"{row['flops'] / peak:.1%}" if peak else "not known")
    print(f"| {' | '.join(cells)} |", flush=True)


def peak_flops(card: str) -> float | None:
    """What a card of that name does a second in bfloat16; None where it is not known."""
    return next((peak for name, peak in PEAK_FLOPS.items() if re.search(rf"\b{name}\b", card)), None)


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
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), help="of the frozen weights; 7b: bfloat16")
    parser.add_argument("--prepared", action="store_true", help="make all batches before the clock starts")
    parser.add_argument("--card-gb", type=float, help="bound on the memory of the GPU, GB (10⁹ bytes)")
    parser.add_argument("--times", type=int, default=1, help="timed epochs of each loop; the shortest counts")
    parser.add_argument("--only", choices=("ours", "naive"))
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1 if device.type == "cpu" else torch.get_num_threads())  # waiting threads cost time too
    if options.card_gb and device.type == "cuda":
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
    found: dict[str, dict] = {}
    report_head(device)
    for name in ways:
        chosen = plain if name == "naive" else settings
        found[name] = figures_of(options, chosen, examples, device, whole=name == "naive")
        report_row(name, found, device)


if __name__ == "__main__":
    main()
