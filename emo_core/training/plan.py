"""What a training run is to be: study, whose votes are the targets, augmentation, and the settings of the training.

One run is one cell of Table 2 of paper 1 and one seed; a grid is several runs that go by one name.

References
    W. Zhang et al., "Scaling Ambiguity", arXiv 2601.14620 (2026), sections 3.2, 4.2 and 4.3.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace

import numpy as np

from emo_core.augmentation.settings import Settings as AugmentSettings
from emo_core.augmentation.settings import kept_document
from emo_core.errors import BadInput, UnknownName
from emo_core.records import checked_name
from emo_core.training.settings import TrainSettings

EPOCHS = "epochs.jsonl"  # in a run's folder: a line an epoch, as in the history of `loop.Trained`
SOURCES: dict[str, str] = {
    "human": "the reference panel's votes",
    "synthetic": "the candidate panel's votes",
    "combined": "both panels' votes pooled, each vote equal",
}
PART, SIDE = "training part", "training side"


@dataclass(frozen=True)
class TrainPlan:
    """A training run.

    study, emotions   whose clips are learnt from, and the classes
    source        a key of `SOURCES`: what the targets of training are; the test side is always the reference panel's
    votes         how many of each clip's candidate votes are used, drawn at random from a seed, see `store.drawing`; 0: all
    settings      of the training
    augmentation  of DiME-Aug, None for none; `rejected` samples are left out, and of the `kept` ones, which a listener heard, the
                  run tells how many are trained
    mixed_from    what mixtures are planned on: PART, the clips that are left when the validation part is held out, so that what
                  is asked for is what is trained. SIDE is that of earlier runs: all training clips, after which mixtures with
                  a parent in the validation part fell out
    grid          the name of the grid that it is part of, or empty
    skip_unusable whether clips whose sound cannot be used, see `unusable`, are left out and counted; otherwise they stop it
    """

    name: str
    study: str
    emotions: tuple[str, ...]
    source: str = "human"
    votes: int = 0
    settings: TrainSettings = field(default_factory=TrainSettings)
    augmentation: AugmentSettings | None = None
    rejected: tuple[str, ...] = ()
    grid: str = ""
    skip_unusable: bool = False
    kept: tuple[str, ...] = ()
    mixed_from: str = PART

    def __post_init__(self):
        object.__setattr__(self, "name", checked_name("run", self.name))
        for name in ("emotions", "rejected", "kept"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if "/" in self.name:
            raise BadInput(f"The name of a run has no slash, got {self.name!r}. Choose another name.")
        if self.source not in SOURCES:
            raise UnknownName("source of targets", self.source, SOURCES)
        if self.mixed_from not in (PART, SIDE):
            raise UnknownName("part that mixtures are planned on", self.mixed_from, (PART, SIDE))
        if not 0 <= self.votes <= 1000:
            raise BadInput(f"Votes of the candidate lie from 0 (all) to 1,000, got {self.votes}.")
        if self.augmentation is not None and self.augmentation.fraction == 0:
            object.__setattr__(self, "augmentation", None)

    @property
    def question(self) -> str:
        """How the store calls such runs."""
        return "training"

    @property
    def panel(self) -> str:
        """The panel that its predictions make."""
        return f"model:{self.name}"

    def targets(self, human: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
        """Votes to learn from, (clips, emotions)."""
        return {"human": human, "synthetic": synthetic, "combined": human + synthetic}[self.source]

    def as_document(self) -> dict:
        """Plain values; `from_document` reads them."""
        return asdict(self)


def from_document(document: Mapping) -> TrainPlan:
    """The plan of a document that was kept: what it does not have means what it meant then. Raises BadInput."""
    unknown = sorted(set(document) - {part.name for part in fields(TrainPlan)})
    if unknown:
        raise BadInput(f"A training run has no setting {unknown[0]!r}.")
    try:
        given = {"mixed_from": SIDE} | dict(document)
        given["settings"] = TrainSettings(**document.get("settings", {}))
        if document.get("augmentation"):
            given["augmentation"] = kept_document(document["augmentation"])
        return TrainPlan(**given)
    except TypeError as error:
        raise BadInput(f"These are no settings of a training run: {error}. Compare a saved plan.json.") from error


def grid(
    plan: TrainPlan,
    *,
    sources: tuple[str, ...] = tuple(SOURCES),
    fractions: tuple[float, ...] = (0.0, 0.3),
    seeds: tuple[int, ...] = (0, 1, 2),
) -> list[TrainPlan]:
    """The runs of a grid, named after the first plan: every source × fraction of augmentation (0: none) × seed. The seed moves
    the training's and the augmentation's chance alike. Raises BadInput.
    """
    base = plan.augmentation or AugmentSettings()
    runs = []
    for source in sources:
        for fraction in fractions:
            for seed in seeds:
                more = f", {fraction:.0%} more" if fraction else ""
                runs.append(
                    replace(
                        plan, name=f"{plan.name}: {source}{more}, seed {seed}", source=source, grid=plan.name,
                        settings=replace(plan.settings, seed=seed, target=source),
                        augmentation=replace(base, fraction=fraction, seed=seed) if fraction else None,
                    )
                )  # fmt: skip
    return runs
