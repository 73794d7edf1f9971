"""Training runs of a study: how they are, what was chosen for them, and their cards."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from emo_core.augmentation.settings import kept_document
from emo_core.errors import UnknownName
from emo_core.jobs import files, status
from emo_core.seeding import number_from
from emo_core.store import Database, readings, runs, studies
from emo_core.store.runs import Run
from emo_core.training.plan import SIDE
from emo_core.training.settings import TrainSettings

READING = ("test", "predicted")  # the prompt and reading under which predictions are kept
# What changes neither the question nor the answer; `target` repeats the source.
_INCIDENTAL = ("seed", "target", "cache", "device", "processes")


@dataclass(frozen=True)
class TrainingRun:
    """A training run and how it is.

    state      of its job: done, running, failed …
    why_not    why it has no place in the table, as words; None where it has one
    result     its job's result.json; empty where there is none
    study      the study in which the run is the candidate panel, for Browse; None where there is none
    """

    run: Run
    state: str
    why_not: str | None
    result: Mapping
    study: str | None

    @property
    def seed(self) -> int:
        return int(self.run.settings["settings"].get("seed", 0))

    @property
    def chance(self) -> tuple[int, int]:
        """The seeds of the training and of its augmentation: a run of the same settings and both of these is a repeat."""
        return self.seed, int((self.run.settings.get("augmentation") or {}).get("seed", 0))

    @property
    def choices(self) -> dict[str, object]:
        """Its settings, and what it was trained on and with: what runs of one cell have in common."""
        return choices(self.run.settings) | trained_on(self.run.settings, self.result)


def training_runs(store: Database, study: str) -> list[TrainingRun]:
    """Every run that was trained on the study, oldest first. Raises UnknownName where there is no such study."""
    known = {stored.study.name: stored.study for stored in studies.list_studies(store)}
    if study not in known:
        raise UnknownName("study", study, known)
    read = {name for name, (_, pairs) in readings.fitting_runs(store, study).items() if READING in pairs}
    found = []
    for run in runs.list_runs(store):
        if run.question == "training" and run.study == study:
            folder = runs.folder_of(store, run.run_id)
            result = files.read_json(folder / files.RESULT) or {}
            browsable = (run.companion, f"{study} + {run.name}"[:100])
            state = status(folder).state
            found.append(
                TrainingRun(
                    run, state, _why_not(run, known[study].emotions, state, result, is_read=run.name in read), result,
                    next((name for name in browsable if name in known), None),
                )
            )  # fmt: skip
    return found


def _why_not(run: Run, emotions: Sequence[str], state: str, result: Mapping, *, is_read: bool) -> str | None:
    """Why a run has no place in the table."""
    if set(run.settings["emotions"]) != set(emotions):
        return "it was trained on other emotions than the study has now"
    if not result:
        return f"it is not done: {state}"
    return None if is_read else "its predictions are not in the store yet"


def choices(settings: Mapping) -> dict[str, object]:
    """A run's settings but its name and seed, in one level. What does not apply to it (votes of a human source, the ways of an
    augmentation that it has not) is not there; a setting that is newer than the run has its usual value.

    >>> found = choices({"source": "human", "votes": 0, "augmentation": None, "settings": {"loss": "kl", "seed": 3}})
    >>> found["source"], found["fraction"], found["loss"], found["patience"], "votes" in found, "seed" in found
    ('human', 0.0, 'kl', 8, False, False)
    """
    mixed = settings.get("augmentation") or {}
    found = {"source": settings["source"]}
    if settings["source"] != "human":
        found["votes"] = settings.get("votes", 0)
    found["fraction"] = float(mixed.get("fraction", 0.0))
    kept = asdict(kept_document(mixed)) | {"mixed from": settings.get("mixed_from", SIDE)}
    ways = {f"augmentation: {name}": value for name, value in kept.items() if name not in ("fraction", "seed")}
    every = asdict(TrainSettings()) | settings["settings"]
    own = {name: value for name, value in every.items() if name not in _INCIDENTAL}
    return found | (ways if found["fraction"] else {}) | own


VOTES, CLIPS, SOUNDS, WEIGHTS, REJECTED = (
    "training votes", "training clips", "training sounds", "backbone weights", "rejected samples",
)  # fmt: skip
# What follows from a choice: another source has other votes, and is no other choice for that.
_FOLLOWS = {"source": (VOTES, CLIPS, SOUNDS), "votes": (VOTES,), "backbone": (WEIGHTS,), "fraction": (REJECTED,)}
FACTS = (VOTES, CLIPS, SOUNDS, WEIGHTS, REJECTED)


def trained_on(settings: Mapping, result: Mapping) -> dict[str, object]:
    """What a run was trained on and with, by the hashes that it left: its votes (the targets), clips and sounds, the weights of its
    backbone, and the samples that a listener rejected. None where a run of an earlier version did not record it.

    >>> found = trained_on({}, {"clips_hash": "c", "versions": {"backbone": "b"}})
    >>> found["training votes"], found["training clips"], found["backbone weights"]
    (None, 'c', 'b')
    """
    hashes = result.get("hashes") or {"clips": result.get("clips_hash")}
    found = {VOTES: hashes.get("votes"), CLIPS: hashes.get("clips"), SOUNDS: hashes.get("sounds")}
    found[WEIGHTS] = (result.get("versions") or {}).get("backbone")
    if (settings.get("augmentation") or {}).get("fraction"):
        rejected = sorted(settings.get("rejected") or ())
        found[REJECTED] = f"{len(rejected):,} ({number_from(*rejected):016x})" if rejected else "0"
    return found


def differing(a: Mapping[str, object], b: Mapping[str, object]) -> list[str]:
    """Names of choices that both have and that differ, without what follows from one of them.

    >>> differing({"source": "human", "training votes": "a"}, {"source": "combined", "training votes": "b"})
    ['source']
    >>> differing({"source": "human", "training votes": "a"}, {"source": "human", "training votes": "b"})
    ['training votes']
    """
    found = [name for name in a if name in b and a[name] != b[name]]
    gone = {fact for name in found for fact in _FOLLOWS.get(name, ())}
    return [name for name in found if name not in gone]


def differences(a: TrainingRun, b: TrainingRun) -> list[dict]:
    """Settings and facts of two runs that are not the same."""
    sides = [_facts(each) for each in (a, b)]
    names = dict.fromkeys(name for side in sides for name in side)
    return [
        {"setting": name, "a": sides[0].get(name), "b": sides[1].get(name)}
        for name in names
        if sides[0].get(name) != sides[1].get(name)
    ]


def _facts(each: TrainingRun) -> dict:
    own = choices(each.run.settings) | {"seed": each.seed, "grid": each.run.settings.get("grid") or None}
    versions = {f"version of {name}": value for name, value in (each.result.get("versions") or {}).items()}
    kept = ("ended", "best_epoch", "best_js", "epochs", "train_clips", "validation_clips", "mixtures", "device")
    hashes = each.result.get("hashes") or {"clips": each.result.get("clips_hash")}
    hashed = {f"hash of the training {name}": value for name, value in hashes.items()}
    hashed |= {"workbench": each.result.get("revision")}
    return own | {name.replace("_", " "): each.result.get(name) for name in kept} | hashed | versions


def card(each: TrainingRun) -> dict:
    """A run's settings, what it was trained on, with what and for how long."""
    told = ("ended", "best_epoch", "best_js", "epochs", "history", "train_mean", "train_clips", "validation_clips",
            "mixtures", "mixtures_asked", "mixtures_left_out", "not_made", "kept", "kept_not_trained", "rejected",
            "rejected_elsewhere",
            "test_clips", "left_out", "seconds", "attempts", "device", "hardware", "revision", "versions", "energy_kwh",
            "energy_of", "clips_hash", "hashes")  # fmt: skip
    settings = each.run.settings
    return {
        "run": each.run.name, "job": each.run.run_id, "state": each.state, "why_not": each.why_not,
        "made_at": str(each.run.made_at), "panel": each.run.panel, "browse": each.study,
        **{name: settings.get(name) for name in ("source", "votes", "augmentation", "grid")},
        "seed": each.seed, "settings": dict(settings["settings"]),
        **{name: each.result.get(name) for name in told},
    }  # fmt: skip
