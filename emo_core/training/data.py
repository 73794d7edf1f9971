"""What is learnt from what: clips and mixtures with their target distributions, in three parts that share no unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core import audio
from emo_core.annotators.clips import Clip
from emo_core.errors import AudioError, BadInput, WorkbenchError
from emo_core.science.distributions import validate_distributions
from emo_core.seeding import number_from

RATE = 16_000  # Hz
SHORTEST_S = 0.03
LENGTHS = {"too_long": "longer than the model takes", "too_short": "shorter than the model takes"}
DAMAGE = ("broken_off", "not_numbers")  # of `audio.health.PROBLEMS`: what decoding would pass over in silence
Mix = Callable[[np.ndarray, np.ndarray, float], np.ndarray]  # x_i, x_j, λ → λ x_i + (1 − λ) x_j, see `augmentation`


@dataclass(frozen=True)
class Item:
    """One thing to hear: a clip, or a mixture of two (paper 1, equation 1).

    id          the clip's name in the study, or the sample's
    parents     the clip, or (i, j) of a mixture
    lam         λ, the share of parent i, 0 … 1
    transcript  what is said; "" where it is not known
    unit        speaker or session, or the clip itself: what the validation part may not share with training
    """

    id: str
    parents: tuple[Clip, ...]
    lam: float = 1.0
    transcript: str = ""
    unit: str = ""

    def __post_init__(self):
        if len(self.parents) not in (1, 2) or not 0 <= self.lam <= 1:
            raise BadInput(
                f"{self.id} needs one parent, or two and a share λ from 0 to 1; got {len(self.parents)} and {self.lam}."
            )

    @property
    def seconds(self) -> float:
        """As far as tables say; of a mixture the longer parent's."""
        return max(parent.seconds for parent in self.parents)

    def waveform(self, mix: Mix | None = None) -> np.ndarray:
        """Mono float32 at 16 kHz. Raises AudioError that names the item, BadInput for a mixture without `mix`."""
        if len(self.parents) == 2 and mix is None:
            raise BadInput(f"{self.id} is a mixture of two clips: give the function that mixes them.")
        try:
            heard = [_whole(parent) for parent in self.parents]
            return heard[0] if len(heard) == 1 else np.asarray(mix(*heard, self.lam), dtype=np.float32)
        except (WorkbenchError, OSError) as error:
            raise AudioError(
                f"Clip {self.id} cannot be heard: {error}", getattr(error, "code", "unreadable")
            ) from error


def _whole(clip: Clip) -> np.ndarray:
    """Its samples. Raises AudioError for a file that breaks off or holds samples that are not numbers."""
    if isinstance(clip, Clip):
        found = audio.inspect(clip.path, clip.start_s, clip.end_s)
        for code, sentence in zip(found.codes, found.problems):
            if code in DAMAGE:
                raise AudioError(f"{sentence} Mend its file, or leave the clip out.", code)
    return np.asarray(clip.samples(), dtype=np.float32)


def check_length(seconds: float, longest_s: float, what: str = "It") -> None:
    """Raises AudioError, whose code is a key of `LENGTHS`, for what the model cannot take whole."""
    if seconds > longest_s:
        raise AudioError(
            f"{what} lasts {seconds:.2f} s; the model takes at most {longest_s:g} s and nothing is cut. Leave it out, "
            "cut it into shorter clips, or train the probe, which takes any length.",
            "too_long",
        )
    if seconds < SHORTEST_S:
        raise AudioError(
            f"{what} lasts {seconds:.3f} s; the model takes at least {SHORTEST_S} s. Leave it out.", "too_short"
        )


def checked(item: Item, waveform: np.ndarray, longest_s: float) -> np.ndarray:
    """The waveform, if a model may hear it. Raises AudioError, naming the item, for one that is too long or short, or not finite."""
    check_length(len(waveform) / RATE, longest_s, f"Clip {item.id}")
    if not np.isfinite(waveform).all():
        raise AudioError(f"Clip {item.id} holds samples that are not numbers: mend or leave out its file.")
    return waveform


@dataclass(frozen=True)
class Examples:
    """Items with their targets, (items, emotions) distributions."""

    items: tuple[Item, ...]
    targets: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "items", tuple(self.items))
        targets = validate_distributions(np.asarray(self.targets, dtype=np.float64))
        object.__setattr__(self, "targets", targets)
        if len(self.items) != len(targets) or np.isnan(targets).any():
            bad = [item.id for item, row in zip(self.items, targets) if np.isnan(row).any()]
            raise BadInput(
                f"Each of {len(self.items)} clips needs a target distribution, got {len(targets)}; without one: "
                f"{', '.join(bad[:5]) or 'none'}. Leave out clips without votes."
            )

    def __len__(self) -> int:
        return len(self.items)

    @property
    def ids(self) -> list[str]:
        return [item.id for item in self.items]

    def where(self, keep: Sequence[bool]) -> "Examples":
        """Those for which `keep` is true."""
        keep = np.asarray(keep, dtype=bool)
        return Examples(tuple(item for item, kept in zip(self.items, keep) if kept), self.targets[keep])

    def __add__(self, other: "Examples") -> "Examples":
        return Examples(self.items + other.items, np.concatenate([self.targets, other.targets]))


@dataclass(frozen=True)
class Data:
    """The three parts of a run. The test part is never looked at in training.

    mixtures_left_out   augmented samples whose parents are not all in the training part, so that training may not hear them;
                        none where they were planned on that part
    """

    emotions: tuple[str, ...]
    train: Examples
    validation: Examples
    mixtures_left_out: int = 0

    def __post_init__(self):
        ids = self.train.ids + self.validation.ids
        if len(set(ids)) != len(ids):
            twice = sorted({name for name in ids if ids.count(name) > 1})
            raise BadInput(
                f"Every clip is learnt from once; twice: {', '.join(twice[:5])}. Give samples names of their own."
            )
        if not len(self.train) or not len(self.validation):
            raise BadInput(
                f"Training and validation need a clip each; got {len(self.train)} and {len(self.validation)}. Add clips."
            )


def carve(units: Sequence[str], share: float, seed: int) -> np.ndarray:
    """(clips,) bool: which clips of the training split are for validation; a unit goes there whole.

    Units are taken in an order that follows from the seed and their names alone, until at least `share` of the clips is reached;
    one unit at least is left to train on. Raises BadInput for fewer than two units.
    """
    names, sizes = np.unique(np.asarray(units, dtype=str), return_counts=True)
    if len(names) < 2:
        raise BadInput(
            f"A validation part needs units to choose from; the training part has {len(names)}. Split by clip, or add some."
        )
    order = np.argsort([number_from("validation", seed, name) for name in names])
    before = np.cumsum(sizes[order]) - sizes[order]
    taken = before < share * sizes.sum()
    taken[-1] = False
    return np.isin(np.asarray(units, dtype=str), names[order[taken]])


def held_out(training: Examples, *, share: float, seed: int) -> np.ndarray:
    """(examples,) bool: which of the training split are for validation, see `carve`."""
    return carve([item.unit or item.id for item in training.items], share, seed)


def assemble(
    emotions: Sequence[str], training: Examples, samples: Examples | None = None, *, share: float = 0.1, seed: int = 0
) -> Data:
    """The parts of a run from the study's training split and augmented samples of it.

    Mixtures are only trained on, never validated on, and only those whose parents both are in the training part. Plan them on
    the clips that `held_out` leaves, and none is left out.
    """
    held = held_out(training, share=share, seed=seed)
    train, validation = training.where(~held), training.where(held)
    if samples is None:
        return Data(tuple(emotions), train, validation)
    heard = {parent.clip for item in train.items for parent in item.parents}
    allowed = [all(parent.clip in heard for parent in item.parents) for item in samples.items]
    left_out = len(allowed) - sum(allowed)
    train = train + samples.where(allowed) if sum(allowed) else train
    return Data(tuple(emotions), train, validation, left_out)
