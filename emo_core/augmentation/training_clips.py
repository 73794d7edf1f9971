"""What is augmented: the clips of a study's training side, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.distributions import validate_distributions

FEWEST = 2  # a sample has two parents


@dataclass(frozen=True)
class TrainingClips:
    """The clips of a training side.

    names          what each is called in the study, all different; everything random follows from them
    emotions       names of the columns of `distributions`
    distributions  (clips, emotions), rows that sum to one
    features       (clips, numbers), finite, not standardised
    speakers       who speaks in each clip, None where that is not known; or None where no speaker is

    Raises BadInput, naming the clip, where a rule is broken; or where there are fewer than two clips.
    """

    names: Sequence[str]
    emotions: Sequence[str]
    distributions: np.ndarray
    features: np.ndarray
    speakers: Sequence[str | None] | None = None

    def __post_init__(self):
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "emotions", tuple(self.emotions))
        object.__setattr__(self, "distributions", validate_distributions(self.distributions))
        object.__setattr__(self, "features", np.asarray(self.features, dtype=np.float64))
        object.__setattr__(self, "speakers", None if self.speakers is None else tuple(self.speakers))
        self._check_shapes()
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise BadInput(f"Each training clip is given once, but {twice!r} comes twice. Leave one of them out.")
        for values, what, advice in (
            (self.distributions, "a distribution", "Leave out clips without votes"),
            (self.features, "finite features", "Look at its sound, or compute its features again"),
        ):
            if (wrong := ~np.isfinite(values).all(axis=1)).any():
                clip = self.names[int(wrong.argmax())]
                raise BadInput(f"Each training clip needs {what}; {clip!r} holds a value that is no number. {advice}.")

    def _check_shapes(self) -> None:
        clips = len(self.names)
        if clips < FEWEST:
            raise BadInput(f"A mixture has two parents, but the training side has {clips} clip(s). Add training clips.")
        given = (len(self.distributions), len(self.features), clips if self.speakers is None else len(self.speakers))
        if set(given) != {clips} or self.features.ndim != 2 or self.distributions.shape[1:] != (len(self.emotions),):
            raise BadInput(
                f"{clips} training clips and {len(self.emotions)} emotions came with distributions of shape "
                f"{self.distributions.shape}, features of shape {self.features.shape} and {given[2]} speakers. "
                "Give one row for each clip and one column for each emotion."
            )

    def by_name(self) -> tuple["TrainingClips", np.ndarray]:
        """The same clips in order of their names, and the place (clips,) that each had before."""
        order = np.array(sorted(range(len(self.names)), key=self.names.__getitem__))
        ordered = TrainingClips(
            [self.names[place] for place in order],
            self.emotions,
            self.distributions[order],
            self.features[order],
            self.speakers and [self.speakers[place] for place in order],
        )
        return ordered, order
