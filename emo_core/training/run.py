"""The work of a training run, in a process of its own: `python -m emo_core.training.run FOLDER`, begun by `emo_core.jobs`.

The folder holds `plan.json` and `training.parquet`; training leaves its checkpoint and `predictor/` there, and this module the predictions
on the test side (`predictions.jsonl`) and `result.json`.
"""

import hashlib
import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from emo_core.annotators.clips import Clip
from emo_core.augmentation import dime, features, mixing
from emo_core.augmentation.samples import Samples
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import AudioError, BadInput
from emo_core.jobs import files
from emo_core.jobs.worker import Reporter, Stopped, carry_out
from emo_core.revision import revision
from emo_core.science import distributions
from emo_core.training import hardware, several, table
from emo_core.training.data import Data, Examples, Item, assemble, held_out
from emo_core.training.evaluate import predict
from emo_core.training.hearing import check_all, faults_of, hear_all
from emo_core.training.learner import Learner
from emo_core.training.loop import Trained, train
from emo_core.training.meter import Meter, counters
from emo_core.training.plan import SIDE, TrainPlan, from_document
from emo_core.training.shortage import told_when_memory_ends
from emo_core.training.unusable import Fault, counts, sentence
from emo_core.training.watching import uuid_of

PLAN, PREDICTIONS, UNUSABLE = "plan.json", "predictions.jsonl", "unusable.json"


def work(folder: Path, reporter: Reporter) -> None:
    """Train, or go on; then predict the test side. Raises Stopped, WorkbenchError; OSError for a full disk.

    An AudioError names every clip whose sound cannot be used, not the first one alone.
    """
    try:
        _work(folder, reporter)
    except AudioError as error:
        raise _with_all_others(error, folder, reporter) from error


def _work(folder: Path, reporter: Reporter) -> None:
    plan = from_document(json.loads((folder / PLAN).read_text(encoding="utf-8")))
    if plan.settings.is_probe:
        torch.set_num_threads(1)  # small tensors: on two busy cores a step took 13 to 17 ms so, and 190 to 270 with two
    meter, found = _meter(plan, folder) if reporter.first else None, table.read(folder)
    found = _usable(plan, found, folder, reporter)
    votes = plan.targets(found.human, found.synthetic)
    learnt = ~found.is_test & (votes.sum(axis=1) > 0)
    if not learnt.any() or not found.is_test.any():
        raise BadInput(
            "The study has no clip with sound and votes on one of its sides. Look at its split and the page Health."
        )
    training = Examples(_items(plan, found, learnt), distributions.normalise(votes[learnt]))
    carved = {"share": plan.settings.validation_share, "seed": plan.settings.seed}
    mixed_from = training if plan.mixed_from == SIDE else training.where(~held_out(training, **carved))
    samples = _samples(plan, found, mixed_from, folder, reporter)
    mixtures = _mixtures(plan, samples, mixed_from) if samples else None
    data = assemble(plan.emotions, training, mixtures, **carved)
    mix = partial(mixing.mix, settings=plan.augmentation) if samples else None
    settings = replace(plan.settings, cache=plan.settings.cache or str(_shared(folder)))
    report = _metered(reporter.report, meter) if meter else reporter.report
    tested = found.is_test & (found.human.sum(axis=1) > 0)
    items = _items(plan, found, tested)
    check_all(items, settings.limit_s, reporter.check)
    with several.told_when_another_ends():
        trained = train(data, settings, folder, mix=mix, report=report, stopping=lambda: reporter.stopping)
    if not meter:
        return  # the first of several processes does the rest
    with told_when_memory_ends(settings.resolved()):
        hear_all(trained.learner, items)
        shares = predict(trained.learner, items)
    _write(folder, [item.id for item in items], shares)
    meter.look(now=True)
    reporter.finish(_result(plan, data, trained, found, tested, samples) | _account(trained, meter))


def _usable(plan: TrainPlan, found: table.Table, folder: Path, reporter: Reporter) -> table.Table:
    """Where the plan leaves clips out whose sound cannot be used: without those of which only decoding shows it. They are found in the
    first attempt and kept, so that later ones learn from the same clips.
    """
    if not plan.skip_unusable:
        return found
    kept = files.read_json(folder / UNUSABLE)
    if kept is None:
        kept = {"clips": [asdict(each) for each in _faults(plan, found, reporter)]}
        files.write_json(folder / UNUSABLE, kept)
    return found.leaving_out([Fault(**each) for each in kept["clips"]])


def _faults(plan: TrainPlan, found: table.Table, reporter: Reporter) -> list[Fault]:
    """Every clip whose sound cannot be used, decoded whole."""
    return faults_of(_items(plan, found, np.ones(len(found.clips), bool)), plan.settings.limit_s, reporter.check)


def _with_all_others(error: AudioError, folder: Path, reporter: Reporter) -> AudioError:
    """The error; where more clips than one cannot be used, one that names them. All of them are printed, which is the job's log."""
    plan = from_document(json.loads((folder / PLAN).read_text(encoding="utf-8")))
    found = _faults(plan, table.read(folder), reporter)
    for fault in found:
        print(f"{fault.clip}: {fault.problem}", flush=True)
    return AudioError(sentence(found), found[0].code) if len(found) > 1 else error


def _meter(plan: TrainPlan, folder: Path) -> Meter:
    """What looks at the clock, and at the counters of energy of what the run uses."""
    own = plan.settings
    count = min(own.processes, torch.cuda.device_count()) if own.device != "cpu" and not own.is_probe else 0
    return Meter(folder, counters([uuid_of(torch.device("cuda", number)) for number in range(count)]))


def _metered(report: Callable[..., None], meter: Meter) -> Callable[..., None]:
    """The report, with a look at the meter each time."""

    def both(*words: object, **figures: float) -> None:
        meter.look()
        report(*words, **figures)

    return both


def _shared(folder: Path) -> Path:
    """The store's folder of features: what one run heard, no other has to hear again."""
    return folder.parents[1] / "features"


def _items(plan: TrainPlan, found: table.Table, rows: np.ndarray) -> tuple[Item, ...]:
    unit = {"clip": found.names, "speaker": found.speakers, "session": found.sessions}[plan.settings.validation_unit]
    return tuple(
        Item(clip.clip, (clip,), transcript=clip.transcript or "", unit=unit[place] or clip.clip)
        for place, clip in enumerate(found.clips)
        if rows[place]
    )


def _samples(
    plan: TrainPlan, found: table.Table, training: Examples, folder: Path, reporter: Reporter
) -> Samples | None:
    """What DiME-Aug makes of these clips."""
    if plan.augmentation is None:
        return None
    kind = features.mfcc() if plan.augmentation.features == "mfcc" else features.tower(_tower(plan))
    clips: list[Clip] = [item.parents[0] for item in training.items]

    def report(done: int, total: int) -> None:
        reporter.report(done, total, note="features for neighbours")
        if reporter.stopping:
            raise Stopped

    values = features.features_of(clips, kind, _shared(folder), report=report).values
    speaker = dict(zip(found.names, found.speakers))
    speakers = [speaker[name] for name in training.ids]
    side = TrainingClips(training.ids, plan.emotions, training.targets, values, speakers)
    return dime.plan(side, plan.augmentation, rejected=plan.rejected)


def _tower(plan: TrainPlan):
    from emo_core.models import weights
    from emo_core.models.backbone import Backbone

    return Backbone.load(weights.find_weights(plan.augmentation.backbone))


def _mixtures(plan: TrainPlan, samples: Samples, training: Examples) -> Examples | None:
    """The samples as items of the training."""
    by_name = {item.id: item for item in training.items}
    rows = samples.rows()
    if not rows:
        return None
    items = tuple(
        Item(
            row.id, (by_name[row.clip_i].parents[0], by_name[row.clip_j].parents[0]), row.lam,
            by_name[row.text_of].transcript, by_name[row.clip_i].unit,
        )
        for row in rows
    )  # fmt: skip
    return Examples(items, np.array([row.target for row in rows]))


def _write(folder: Path, clips: list[str], shares: np.ndarray) -> None:
    """The predictions, all at once: the store takes whole lines in."""
    lines = [json.dumps({"clip": clip, "values": row.tolist()}) for clip, row in zip(clips, shares)]
    draft = folder / f".{PREDICTIONS}.draft"
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(folder / PREDICTIONS)


def _result(
    plan: TrainPlan, data: Data, trained: Trained, found: table.Table, tested: np.ndarray, samples: Samples | None
) -> dict:
    """What was learnt, from what."""
    own = [row for row, item in enumerate(data.train.items) if len(item.parents) == 1]
    hashes = _hashes(data, trained.learner)
    return {
        "ended": "epochs" if len(trained.history) == plan.settings.epochs else "patience",
        "best_epoch": trained.best_epoch, "best_js": trained.best_js, "epochs": len(trained.history),
        "history": trained.history, "train_mean": data.train.targets[own].mean(axis=0).tolist(),
        "train_clips": len(own), "validation_clips": len(data.validation), "mixtures": len(data.train) - len(own),
        **_account_of_mixtures(plan, data, samples),
        "test_clips": int(tested.sum()),
        "left_out": {"no sound": found.silent, "no votes to learn from": found.without(plan)} | counts(found.unusable),
        "unusable": [asdict(each) for each in found.unusable],
        "clips_hash": hashes["clips"], "hashes": hashes,
    }  # fmt: skip


def _account_of_mixtures(plan: TrainPlan, data: Data, samples: Samples | None) -> dict:
    """How many mixtures were asked for, what became of the others, and of those that a listener kept or rejected.

    kept, kept_not_trained    samples that a listener kept, whatever the settings that made them, and how many of them are not
                              among those trained: they are of other settings, or of another seed or validation part
    rejected, rejected_elsewhere    the same of those rejected: how many are none of this plan's samples
    """
    if samples is None:
        return {"mixtures_asked": 0, "mixtures_left_out": data.mixtures_left_out, "not_made": []}
    trained = {item.id for item in data.train.items if len(item.parents) == 2}
    return {
        "mixtures_asked": round(plan.augmentation.fraction * len(samples.clips)),
        "mixtures_left_out": data.mixtures_left_out,
        "not_made": [asdict(each) for each in samples.not_made],
        "kept": len(plan.kept),
        "kept_not_trained": len(set(plan.kept) - trained),
        "rejected": len(plan.rejected),
        "rejected_elsewhere": samples.unknown_rejections,
    }


def _hashes(data: Data, learner: Learner) -> dict[str, str]:
    """12 hexadecimal digits each, of the study's clips that were trained and validated on: which ones, their targets, their sounds.

    In the order of their names and without mixtures, so that runs on the same data have the same hashes whatever their seeds.
    """
    both = ((item, row) for part in (data.train, data.validation) for item, row in zip(part.items, part.targets))
    own = sorted(((item, row) for item, row in both if len(item.parents) == 1), key=lambda each: each[0].id)
    parts = {
        "clips": "\0".join(item.id for item, _ in own).encode(),
        "votes": b"".join(row.tobytes() for _, row in own),
        "sounds": "\0".join(learner.heard[item.id].key for item, _ in own).encode(),
    }
    return {name: hashlib.sha256(part).hexdigest()[:12] for name, part in parts.items()}


def _account(trained: Trained, meter: Meter) -> dict:
    """With what, for how long and at what cost."""
    device = trained.learner.device
    gpu = hardware.gpu(uuid_of(device)) if device.type == "cuda" else None
    versions = {"torch": torch.__version__, "python": platform.python_version(), "backbone": trained.learner.version}
    return {
        "seconds": meter.seconds, "attempts": meter.attempts, "pace": _pace(trained, meter),
        "energy_kwh": meter.energy_kwh(), "energy_of": meter.energy_of(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else hardware.processor(),
        "hardware": {
            "processor": hardware.processor(), "memory_mb": hardware.memory_mb()[0],
            "gpu": gpu and gpu.name, "gpu_memory_mb": gpu and gpu.total_mb,
        },
        "revision": revision(), "versions": versions,
    }  # fmt: skip


def _pace(trained: Trained, meter: Meter) -> dict | None:
    """Seconds of a step with its share of validation, of the hearing before the first, and of all else: they tell how long another
    run would take. None for a run in several attempts.
    """
    if meter.attempts > 1 or not trained.steps:
        return None
    rest_s = meter.seconds - trained.seconds - trained.hearing_s
    return {"step_s": trained.seconds / trained.steps, "hearing_s": trained.hearing_s, "rest_s": rest_s}


if __name__ == "__main__":
    several.spread(Path(sys.argv[1]) / PLAN, "emo_core.training.run")
    carry_out(work)
