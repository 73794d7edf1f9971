"""What a run or a grid would take, told before it starts: steps, memory and time.

Steps follow from the arithmetic of the loop itself. Memory is estimated from the backbone's configuration and held against what this
machine has. Time is that of earlier runs of the same backbone in this store; a backbone that was never trained here has none.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from emo_core import jobs
from emo_core.augmentation.balance import class_counts, dominant, members
from emo_core.augmentation.settings import Settings as AugmentSettings
from emo_core.errors import BadInput
from emo_core.jobs import turns
from emo_core.science.distributions import normalise
from emo_core.store import Database, runs
from emo_core.training.batches import steps_of
from emo_core.training.data import carve
from emo_core.training.fitting import check_processes, memory_of, resource
from emo_core.training.plan import SIDE, TrainPlan
from emo_core.training.settings import TrainSettings
from emo_core.training.table import Table

# Rough, half of what two free cores (AMD EPYC) did: probe 120 steps a second, tiny 2.4, 25 clips heard a second.
STEPS_A_SECOND = {"probe": 60.0, "tiny": 1.2}
CLIPS_HEARD_A_SECOND = 12.0
REST_S = 5.0  # loading the libraries, testing
_ROUNDING = 1e-9  # of sums of thirds, which tied clips count
_COSTLY = ("batch", "micro_batch", "checkpointing", "qlora", "lora_on", "stock", "precision", "device")


@dataclass(frozen=True)
class Steps:
    """How much a run would learn.

    train, validation    clips to learn from, and those held out from them for early stopping
    mixtures     of DiME-Aug, at most: fewer where no neighbour is found; `asked` is what the fraction comes to
    an_epoch, at_most    steps of the optimizer
    """

    train: int
    validation: int
    mixtures: int
    asked: int
    an_epoch: int
    at_most: int


@dataclass(frozen=True)
class Pace:
    """How fast a backbone was trained here, in seconds.

    step_s      of a step with its share of validation
    hearing_s   until all clips are heard, at most: what a run of this store heard, no other hears again
    rest_s      of all else in a run: loading, testing
    run         whose pace it is; empty: a rough figure
    differs     settings in which that run was another, which make it faster or slower
    """

    step_s: float
    hearing_s: float
    rest_s: float
    run: str = ""
    differs: tuple[str, ...] = ()


def steps(plan: TrainPlan, found: Table) -> Steps:
    """Steps of a plan on one process. Raises BadInput where there is nothing to learn from or to test on, no part to validate on, or a
    batch that does not come out even.
    """
    votes = plan.targets(found.human, found.synthetic)
    learnt = ~found.is_test & (votes.sum(axis=1) > 0)
    tested = found.is_test & (found.human.sum(axis=1) > 0)
    own, batches = plan.settings, plan.settings.batches()
    if not learnt.any() or not tested.any():
        raise BadInput(_nothing(plan, tested=bool(tested.any())))
    units = {"clip": found.names, "speaker": found.speakers, "session": found.sessions}[own.validation_unit]
    units = [units[place] or found.names[place] for place in np.flatnonzero(learnt)]
    held = carve(units, own.validation_share, own.seed)
    mixtures = asked = 0
    if plan.augmentation is not None:
        mixed_from = normalise(votes[learnt] if plan.mixed_from == SIDE else votes[learnt][~held])
        mixtures, asked = room_for(mixed_from, plan.augmentation), round(plan.augmentation.fraction * len(mixed_from))
    train = int((~held).sum())
    an_epoch = len(steps_of([1] * (train + mixtures), batches, seed=0, epoch=0))
    return Steps(train, int(held.sum()), mixtures, asked, an_epoch, an_epoch * own.epochs)


def _nothing(plan: TrainPlan, *, tested: bool) -> str:
    if not tested:
        return (
            f"The test side of the study {plan.study!r} has no clip with sound and a listener's vote, so that nothing could be "
            "tested. Give the study another split."
        )
    return (
        f"The training side of the study {plan.study!r} has no clip with sound and votes of the source {plan.source!r}. "
        "Choose another source, or look at the study's split and at Health."
    )


def room_for(distributions: np.ndarray, settings: AugmentSettings) -> int:
    """Samples of DiME-Aug, at most: those asked for, and no more than rare emotions have room for, see `augmentation.dime`."""
    before = class_counts(members(dominant(distributions), settings.ties))
    if (before > 0).sum() < 2:
        raise BadInput(
            "DiME-Aug balances emotions, but the training clips have only one dominant emotion. Train without augmentation."
        )
    level = before.max() if settings.minority == "below_largest" else before.mean()
    room = np.floor(level - before + _ROUNDING).clip(0).sum()
    return int(min(round(settings.fraction * len(distributions)), room))


def pace(store: Database, settings: TrainSettings, clips: int) -> Pace | None:
    """How fast the backbone was trained in this store: of the runs whose costly settings are most like these, the newest. Else a
    rough figure for probe and tiny, and None for another backbone.
    """
    known = _measured(store, settings.backbone)
    if not known:
        rate = STEPS_A_SECOND.get(settings.backbone)
        return None if rate is None else Pace(1 / rate, clips / CLIPS_HEARD_A_SECOND, REST_S)
    hearing_s = clips * max(found["hearing_s"] / heard for _, found, heard in known)
    run, found, _ = min(known, key=lambda each: (len(_differing(settings, each[0])), -each[0].run_id))
    return Pace(found["step_s"], hearing_s, found["rest_s"], run.name, _differing(settings, run))


def _measured(store: Database, backbone: str) -> list[tuple[runs.Run, dict, int]]:
    """Runs of the backbone that are done in one go: each with its pace and the items that it heard before the first step."""
    found = []
    for run in runs.list_runs(store):
        if run.question == "training" and run.settings["settings"].get("backbone") == backbone:
            result = jobs.files.read_json(runs.folder_of(store, run.run_id) / jobs.files.RESULT) or {}
            if result.get("pace"):
                heard = result["train_clips"] + result["mixtures"] + result["validation_clips"]
                found.append((run, result["pace"], heard))
    return found


def _differing(settings: TrainSettings, run: runs.Run) -> tuple[str, ...]:
    """Settings that make a step cheap or dear, where the run had others."""
    a, b = settings.resolved(), TrainSettings(**run.settings["settings"]).resolved()
    return tuple(name for name in _COSTLY if getattr(a, name) != getattr(b, name))


def forecast(store: Database, plans: Sequence[TrainPlan], found: Table, *, executor: str = "local") -> dict:
    """A document of what one run or a grid of them would take, together: `steps` of all, `memory` of the one that needs most (they go
    one after another), `time` or None.

    found    the study's clips as `table.of_columns` gives them, with the candidate's votes as the plans take them

    Raises BadInput as `steps` and `weights.find_weights` do.
    """
    each = [steps(plan, found) for plan in plans]
    first = plans[0]
    check_processes(first.settings, executor)
    needs = memory_of(first, found, executor=executor)
    heard = int((~found.is_test).sum()) + max(one.mixtures for one in each)
    rate = None if executor == "slurm" else pace(store, first.settings, heard)
    waits_for = resource(first.settings)
    in_turn = executor == "local" and len(plans) > 1 and turns.slots(waits_for) == 1
    return {
        "runs": len(plans), "in_turn": in_turn, "resource": waits_for,
        "steps": asdict(each[0]) if len(each) == 1 else {
            "an_epoch": [min(one.an_epoch for one in each), max(one.an_epoch for one in each)],
            "at_most": sum(one.at_most for one in each), "mixtures": max(one.mixtures for one in each),
            "asked": max(one.asked for one in each),
        },
        "memory": asdict(needs) | {"enough": needs.enough},
        "time": rate and _time(rate, sum(one.at_most for one in each), len(plans)),
    }  # fmt: skip


def _time(rate: Pace, at_most: int, several: int) -> dict:
    seconds = rate.hearing_s + at_most * rate.step_s + several * rate.rest_s
    return asdict(rate) | {"seconds": seconds, "measured": bool(rate.run)}
