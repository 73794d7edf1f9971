"""The choices of DiME-Aug. The paper leaves many open; each field says what the paper has, and what else is offered.

A default is the paper's where it is printed (`PRINTED`), else ours, marked "ours".
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from emo_core.errors import BadInput, UnknownName

GRID = (0.1, 0.2, 0.3, 0.4, 0.5)  # the paper's grid of fractions (section 3.2)

CHOICES: dict[str, dict[str, str]] = {
    "features": {
        "mfcc": "40 MFCC, their first and second differences: mean and standard deviation over time, 240 numbers",
        "tower": "what a backbone's audio tower makes of the clip, averaged over time",
    },
    "metric": {
        "euclidean": "distance between standardised features",
        "cosine": "one minus the cosine between standardised features",
    },
    "neighbour_class": {
        "any": "the nearest clip of all",
        "same": "the nearest clip whose dominant emotion is the same",
        "other": "the nearest clip whose dominant emotion is another",
    },
    "lam": {
        "uniform": "evenly on [0, 1]",
        "upper": "evenly on [0.5, 1]: the minority clip always dominates",
        "beta": "Beta(α, α), as in mixup",
    },
    "minority": {
        "below_largest": "emotions with fewer clips than the most frequent one, filled up to it",
        "below_mean": "emotions with fewer clips than emotions have on average, filled up to that",
    },
    "ties": {
        "shared": "a clip with m equally strong emotions counts 1/m for each, and may be a parent for each",
        "left_out": "such a clip counts for no emotion and is no minority clip; as a neighbour of any class it may serve",
    },
    "length": {
        "longer": "the shorter parent is followed by silence",
        "shorter": "the longer parent is cut",
    },
    "loudness": {
        "as_is": "both parents as they were recorded: equation 1 as the paper prints it",
        "rms": "both parents first equalised to the level that lies between their own as λ says, in decibels",
        "lufs": "both parents first equalised to −23 LUFS",
    },
    "over": {
        "turn_down": "a mixture beyond full scale is made quieter as a whole, to a peak of 0.98",
        "clip": "what is beyond full scale is cut off",
    },
}


@dataclass(frozen=True)
class Settings:
    """How samples are chosen and mixed. Names of choices are the keys of `CHOICES`.

    fraction         samples to add, as a share of the training clips, 0 (none) … 1. The paper searches 10 to 50 % in steps
                     of 10 (`GRID`) and does not print what it found; 0.3, the middle of that grid, is ours
    features         the space of neighbours. The paper says "the feature space" and no more. MFCC statistics need no model
    backbone         folder or hub id of the model whose tower is used; only with features "tower"
    neighbours       k: the second parent is drawn evenly among the k nearest. k = 1 is ours: "its nearest neighbor", though
                     the paper speaks of "K-nearest neighbors" too and prints no k
    metric           the paper names none. Euclidean is what nearest-neighbour search usually means
    neighbour_class  "any" is the paper's wording, which asks nothing of the neighbour. "same" keeps mixtures within the
                     minority emotion; "other" makes blends of two emotions
    lam              the distribution of λ. Uniform is ours: equation 1 only says λ ∈ [0, 1], and that adds nothing. It lets the neighbour
                     dominate half of the mixtures, as the paper expects by taking the transcript of either parent. With a
                     neighbour of any class a frequent emotion then dominates many of them (CREMA-D, 413 clips, fraction 0.3:
                     neutral grows from 235 to 272 clips). "upper" lessens that, and neighbour_class "same" avoids it
    alpha            α of Beta(α, α), 0.01 … 100; only with lam "beta". 0.2 is mixup's on ImageNet (0.1 … 0.4); 1 is uniform
    across_speakers  whether parents may be two speakers. The paper does not mention speakers. False keeps a mixture to one voice
    minority         which emotions are filled, and how far. "The minority class": the paper does not say below what
    ties             clips with several dominant emotions. The paper does not say; "shared" loses no clip
    length           the paper does not say. "longer" loses no speech, so that the transcript stays true
    loudness         "as_is" is the paper's: equation 1 mixes the waveforms as they are. A parent 14 dB louder, as happens in
                     CREMA-D, is then the louder one down to λ = 0.17. With "rms", an option of ours, λ says how much of each
                     parent is heard
    over             the paper does not say. "turn_down" keeps the waveform's shape
    seed             every draw follows from it and from the names of emotion and clip

    Raises UnknownName for another choice, BadInput for a number out of range and for settings that contradict each other.
    """

    fraction: float = 0.3
    features: Literal["mfcc", "tower"] = "mfcc"
    backbone: str = ""
    neighbours: int = 1
    metric: Literal["euclidean", "cosine"] = "euclidean"
    neighbour_class: Literal["any", "same", "other"] = "any"
    lam: Literal["uniform", "upper", "beta"] = "uniform"
    alpha: float = 0.2
    across_speakers: bool = True
    minority: Literal["below_largest", "below_mean"] = "below_largest"
    ties: Literal["shared", "left_out"] = "shared"
    length: Literal["longer", "shorter"] = "longer"
    loudness: Literal["as_is", "rms", "lufs"] = "as_is"
    over: Literal["turn_down", "clip"] = "turn_down"
    seed: int = 0

    def __post_init__(self):
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise UnknownName(f"choice of {name}", getattr(self, name), known)
        if not 0 <= self.fraction <= 1:
            raise BadInput(
                f"The fraction of samples to add is a number from 0 (none) to 1, not {self.fraction!r}. "
                "The paper tries 0.1 to 0.5."
            )
        if not (isinstance(self.neighbours, int) and self.neighbours >= 1):
            raise BadInput(f"The number of neighbours is 1 or more, not {self.neighbours!r}. The paper's is 1.")
        if not 0.01 <= self.alpha <= 100:
            raise BadInput(f"α of Beta(α, α) is a number from 0.01 to 100, not {self.alpha!r}. Usual are 0.1 to 1.")
        if (self.features == "tower") != bool(self.backbone):
            raise BadInput(
                f"The features {self.features!r} and the backbone {self.backbone!r} contradict each other: features 'tower' "
                "need a backbone, and only they. Give both or neither."
            )


def from_document(document: Mapping) -> Settings:
    """The settings of a mapping of some of their fields. Raises BadInput."""
    try:
        return Settings(**document)
    except TypeError as error:
        raise BadInput(
            f"These are no settings of DiME-Aug: {error}. Known are {', '.join(asdict(Settings()))}."
        ) from error


# What fields meant before they were kept with a run, or have another default now.
_MEANT = {"loudness": "rms"}


def kept_document(document: Mapping) -> Settings:
    """The settings of a document that a run or a dataset kept: a field that it does not have means what it meant then.

    >>> kept_document({"fraction": 0.1}).loudness, from_document({"fraction": 0.1}).loudness
    ('rms', 'as_is')
    """
    return from_document(_MEANT | dict(document))
