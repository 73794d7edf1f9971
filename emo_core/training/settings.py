"""All choices of a training run, with the paper's values as defaults (paper 1, sections 2.4 and 3.2).

Light: pages and the command line build, check and show settings without loading torch.
"""

import math
from dataclasses import asdict, dataclass, replace

from emo_core.errors import BadInput, UnknownName

LOSS_NAMES = ("js", "kl", "ce", "mse")
LORA_ON = ("language", "language+tower")
PRECISIONS = ("auto", "float32", "bfloat16")
UNITS = ("clip", "speaker", "session")
PROMPT = (
    "Listen to the audio and judge which emotions listeners would hear in it.\nTranscript: {transcript}\n"
    "Possible emotions: {emotions}"
)


@dataclass(frozen=True)
class Batches:
    """How an effective batch is made up: micro_batch × accumulation × processes = effective."""

    micro_batch: int
    accumulation: int
    processes: int

    @property
    def effective(self) -> int:
        return self.micro_batch * self.accumulation * self.processes

    def __str__(self) -> str:
        return (
            f"effective batch {self.effective} = micro-batch {self.micro_batch} × accumulation {self.accumulation} "
            f"× processes {self.processes}"
        )


@dataclass(frozen=True)
class TrainSettings:
    """What a run trains, on what, and how. None: the usual value for the backbone, see `resolved`.

    backbone        "probe": frozen audio features, a minute on a CPU; "tiny": Qwen2-Audio's classes with few random weights;
                    else a folder or hub id of a Qwen2-Audio model, the paper's being Qwen/Qwen2-Audio-7B-Instruct
    target          name of the source of the target distributions, kept with the run: human, synthetic, combined
    loss            js (the paper's), kl, ce or mse, see `models.losses`

    lora_rank, lora_alpha, lora_dropout    of the adapters on q, k, v and o projections: 8, 16 and 0.2 in the paper
    lora_on         "language": the language model alone, so that the audio tower stays frozen and its outputs are computed
                    once; "language+tower": both, several times slower. The paper does not say which
    head_width      of the head's states; None: as wide as what it reads (probe: 64). The paper does not say
    head_heads, head_dropout, head_projection    see `models.head`

    learning_rate   highest of the schedule; None: 2.5e-6, the paper's (probe: 5e-4)
    weight_decay    of AdamW
    warmup_share    of all steps in which the rate rises, before it falls along a cosine to zero
    max_norm        to which the norm of the whole gradient is cut
    epochs          at most 50
    patience        epochs without a better validation JS after which training ends: 8 in the paper
    weight_decay, warmup_share, max_norm    0.01, 5 % of the steps, gradients clipped at norm 1. Ours: the paper prints none
    batch           clips a step (effective batch); None: 64, the paper's (probe: 32)
    micro_batch     clips that go through the model at a time; None: 4 (probe: the whole batch)

    precision       "auto": bfloat16 where the device computes in it, else float32. Adapters and head are float32 always: kept in
                    bfloat16 at 2.5e-6 only 6 % of the LoRA weights moved in 200 steps
    checkpointing   recompute the language model's inner states in the backward pass: less memory, a third more work
    qlora           keep the frozen language model in 4 bits (needs bitsandbytes and a CUDA GPU): for cards of 24 GB and less
    stock           the model's own processor and forward with 30 s padding, no cache, no buckets: slow, to check the rest by
    processes       on this machine, started by torchrun, each on a GPU of its own where there are GPUs. They share each batch, so that a
                    run comes out as that of one process, to 1e-6
    device          "auto" (a GPU where there is one, but for the probe) or "cpu"

    seed            from which weights, order, dropout and the validation part follow
    validation_share    of the training part, held out for early stopping
    validation_unit     what may not be on both sides: clip, speaker or session; as the study's split
    prompt          what a backbone reads with the audio; {transcript} and {emotions} are filled in
    longest_s       seconds, at most the 30 that a backbone takes; a longer clip cannot be used, nothing is cut. The probe takes any
                    length, unless less than 30 is set here; see `limit_s`
    input_noise     probe: standard deviation of the noise on standardised features in training
    cache           folder of features and tower outputs; empty: that of the store, shared by all its runs, or beside the run
                    where there is no store

    Raises BadInput for values outside their range, UnknownName for other names.
    """

    backbone: str = "probe"
    target: str = "human"
    loss: str = "js"
    lora_rank: int = 8
    lora_alpha: int = 16
    lora_dropout: float = 0.2
    lora_on: str = "language"
    head_width: int | None = None
    head_heads: int = 4
    head_dropout: float = 0.2
    head_projection: int = 64
    learning_rate: float | None = None
    weight_decay: float = 0.01
    warmup_share: float = 0.05
    max_norm: float = 1.0
    epochs: int = 50
    patience: int = 8
    batch: int | None = None
    micro_batch: int | None = None
    precision: str = "auto"
    checkpointing: bool = False
    qlora: bool = False
    stock: bool = False
    processes: int = 1
    device: str = "auto"
    seed: int = 0
    validation_share: float = 0.1
    validation_unit: str = "clip"
    prompt: str = PROMPT
    longest_s: float = 30.0
    input_noise: float = 0.3
    cache: str = ""

    def __post_init__(self):
        for kind, value, known in (
            ("loss", self.loss, LOSS_NAMES),
            ("place for LoRA", self.lora_on, LORA_ON),
            ("precision", self.precision, PRECISIONS),
            ("unit of the validation part", self.validation_unit, UNITS),
            ("device", self.device, ("auto", "cpu")),
        ):
            if value not in known:
                raise UnknownName(kind, value, known)
        self._check_ranges()
        if self.is_probe and self.processes > 1:
            raise BadInput(f"A probe trains in one process, got {self.processes}. Set processes to 1.")
        if self.qlora and (self.stock or self.lora_on == "language+tower" or self.backbone in ("probe", "tiny")):
            raise BadInput(
                "qlora serves a real backbone with LoRA on the language model, not stock: change one of them."
            )

    def _check_ranges(self) -> None:
        for name, low, high in (
            ("lora_rank", 1, 1024), ("lora_alpha", 1, 4096), ("head_heads", 1, 256), ("head_width", 1, 65536),
            ("head_projection", 1, 65536), ("learning_rate", 1e-12, 1), ("weight_decay", 0, 10), ("warmup_share", 0, 1),
            ("max_norm", 1e-6, 1e6), ("epochs", 1, 50), ("patience", 1, 50), ("batch", 1, 65536), ("micro_batch", 1, 65536),
            ("lora_dropout", 0, 0.99), ("head_dropout", 0, 0.99), ("seed", 0, 2**32 - 1), ("validation_share", 0.01, 0.9),
            ("longest_s", 0.1, 30), ("input_noise", 0, 10), ("processes", 1, 64),
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise BadInput(f"{name} lies from {low:g} to {high:g}; got {value:g}. Choose a value in that range.")

    @property
    def is_probe(self) -> bool:
        return self.backbone == "probe"

    @property
    def limit_s(self) -> float:
        """The longest clip that can be used, seconds; infinite for the probe, unless `longest_s` sets less than the 30 of a backbone."""
        return math.inf if self.is_probe and self.longest_s >= 30 else self.longest_s

    def resolved(self) -> "TrainSettings":
        """With the usual value in place of every None but `head_width`, which the backbone's width decides."""
        usual = {"learning_rate": 5e-4, "batch": 32} if self.is_probe else {"learning_rate": 2.5e-6, "batch": 64}
        if self.is_probe:
            usual["head_width"] = 64
        usual["micro_batch"] = (self.batch or usual["batch"]) if self.is_probe else 4
        return replace(self, **{name: value for name, value in usual.items() if getattr(self, name) is None})

    def batches(self, processes: int | None = None) -> Batches:
        """The arithmetic of the effective batch on so many processes, by default its own. Raises BadInput where it does not come out even.

        >>> print(TrainSettings("tiny", processes=2).batches())
        effective batch 64 = micro-batch 4 × accumulation 8 × processes 2
        """
        own, processes = self.resolved(), processes or self.processes
        if own.batch % (own.micro_batch * processes):
            raise BadInput(
                f"A batch of {own.batch} clips is no multiple of micro-batch {own.micro_batch} × processes {processes} = "
                f"{own.micro_batch * processes}. Choose a batch or a micro-batch that comes out even."
            )
        return Batches(own.micro_batch, own.batch // (own.micro_batch * processes), processes)

    def as_document(self) -> dict:
        """Plain values for JSON; `TrainSettings(**document)` reads them back."""
        return asdict(self)
