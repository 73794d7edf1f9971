"""Training, read straight down: hear all clips, then epochs of steps, each epoch validated, until it no longer helps.

What follows from what
- One step learns from one effective batch, split into micro-batches (`batches`); its loss is the mean over its clips, whatever
  the sizes of the micro-batches and the number of processes.
- Before every micro-batch all generators are seeded from the run's seed, the epoch, the step and the micro-batch's number. So
  dropout depends neither on which process computes it nor on whether the run was interrupted.
- Early stopping looks at the Jensen–Shannon divergence (bits) between targets and predictions on the validation part, whatever
  loss is trained. The test part does not appear in this module.

Several processes, under torchrun or Slurm, hear parts of the clips, share each step, and hold the same weights.
"""

import math
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from emo_core.errors import WorkbenchError
from emo_core.jobs import files
from emo_core.jobs.worker import Stopped
from emo_core.models.losses import loss_named
from emo_core.science.divergences import jensen_shannon_divergence
from emo_core.seeding import number_from
from emo_core.training import checkpoint
from emo_core.training.batches import Step, steps_of
from emo_core.training.checkpoint import Progress
from emo_core.training.data import Data, Mix
from emo_core.training.evaluate import predict, save_predictor
from emo_core.training.hearing import hear_shared
from emo_core.training.learner import Learner, open_learner
from emo_core.training.plan import EPOCHS
from emo_core.training.settings import TrainSettings
from emo_core.training.shortage import told_when_memory_ends
from emo_core.training.watching import Watch

PREDICTOR = "predictor"  # folder of the best weights, below the run's
Report = Callable[..., None]  # done, total, note, **figures: as `jobs.worker.Reporter.report`


class NotANumber(WorkbenchError):
    """Loss or gradient is no number; the message names the clips."""


@dataclass(frozen=True)
class Trained:
    """A finished training.

    learner       with the best weights
    history       for each epoch: epoch (from 1), loss (mean over training clips, of the loss that was trained), val_js (bits)
    best_epoch    whose weights these are; `best_js` its validation JS, bits
    steps, seconds    of this attempt's epochs, with their validation; `hearing_s` before them, until all clips were heard: what
                  tells how long another run would take
    """

    learner: Learner
    history: list[dict]
    best_epoch: int
    best_js: float
    steps: int = 0
    seconds: float = 0.0
    hearing_s: float = 0.0


def train(
    data: Data,
    settings: TrainSettings,
    folder: Path,
    *,
    mix: Mix | None = None,
    report: Report = lambda *_, **__: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train, or go on from the checkpoint in `folder`; leaves `predictor/` there with the best weights.

    mix         makes a mixture's waveform of its parents', see `augmentation`
    report      is told (done, total, note, **figures) after every step and epoch; figures: loss, val_js, learning_rate,
                samples_per_s (in this epoch), steps_per_s (in this attempt), and those of the device, see `watching.Watch`
    stopping    asked before every step: if it says yes, a checkpoint is written and Stopped raised

    Raises BadInput for settings that do not fit, AudioError that names a clip that cannot be heard whole, NotANumber,
    OutOfMemory, Stopped.
    """
    settings = settings.resolved()
    accelerator = Accelerator(cpu=_on_processor(settings))
    settings.batches(accelerator.num_processes)  # refused before anything is loaded
    folder.mkdir(parents=True, exist_ok=True)
    with told_when_memory_ends(settings):
        learner = open_learner(settings, data.emotions, accelerator.device, Path(settings.cache or folder / "cache"))
        run = _Run(learner, data, settings, folder, accelerator, report, stopping)
        run.hear(mix)
        run.restore()
        while not run.progress.is_over(settings):
            run.epoch()
        return run.finish()


def _on_processor(settings: TrainSettings) -> bool:
    """Whether not to ask for a GPU: a probe waits for none, and several processes without GPUs would not find each other."""
    several = "RANK" in os.environ and not torch.cuda.is_available()
    return settings.device == "cpu" or settings.is_probe or several


class _Run:
    """A training under way."""

    def __init__(
        self, learner: Learner, data: Data, settings: TrainSettings, folder: Path, accelerator: Accelerator,
        report: Report, stopping: Callable[[], bool],
    ):  # fmt: skip
        self.learner, self.data, self.settings, self.folder = learner, data, settings, folder
        self.accelerator, self.report, self.stopping = accelerator, report, stopping
        self.batches = settings.batches(accelerator.num_processes)
        self.loss = loss_named(settings.loss)
        self.progress, self.best_state = Progress(), {}
        self.watch, self.steps, self.seconds, self.rate = Watch(accelerator.device), 0, 0.0, {}

    def hear(self, mix: Mix | None) -> None:
        """Decode, check and encode every clip before anything is learnt: what cannot be heard stops the run here."""
        began = time.monotonic()
        hear_shared(
            self.learner, self.data.train.items + self.data.validation.items, mix, self.accelerator, self._hearing
        )
        self.hearing_s = time.monotonic() - began
        keys = {name: heard.key for name, heard in self.learner.heard.items()}
        self.mark = checkpoint.fingerprint(self.settings, self.data, self.learner.version, keys)
        self.learner.fit(self.data.train.items)
        self._begin()

    def _hearing(self, done: int, groups: int) -> None:
        self._stop_if_asked(save=False)
        self._say(done, groups, f"hearing the clips; {self.batches}")

    def _begin(self) -> None:
        """Optimizer and schedule, once it is known how many steps there are."""
        self.lengths = [self.learner.heard[item.id].length for item in self.data.train.items]
        self.steps_per_epoch = len(self._steps(0))
        self.total = self.steps_per_epoch * self.settings.epochs
        parameters = list(self.learner.trainable().values())
        optimizer = torch.optim.AdamW(parameters, self.settings.learning_rate, weight_decay=self.settings.weight_decay)
        self.module, self.optimizer = self.accelerator.prepare(
            self.learner.module, optimizer, device_placement=[False, False]
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        self.weight_scale = self._processes  # the exchange averages gradients over processes, the loss is a sum

    def _rate(self, step: int) -> float:
        """Share of the highest learning rate: a line up, then half a cosine down to zero."""
        rising = round(self.total * self.settings.warmup_share)
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(self.total - rising, 1)))

    def restore(self) -> None:
        """Go on from the checkpoint, if there is one."""
        found = checkpoint.load(self.folder, self.mark)
        if found:
            self.progress, states = found
            self.learner.load_state(states["weights"])
            self.optimizer.load_state_dict(states["optimizer"])
            self.schedule.load_state_dict(states["schedule"])
            self.best_state = states["best"]

    def epoch(self) -> None:
        """The steps of an epoch that are still to do, validation, checkpoint."""
        progress, began, before = self.progress, time.monotonic(), self.progress.heard
        self.module.train()
        for number, step in enumerate(self._steps(progress.epoch)):
            if number < progress.step:
                continue
            self._stop_if_asked(save=True)
            self._learn(number, step)
            progress.step += 1
            self.steps += 1
            now_s = time.monotonic() - began
            self.rate = {
                "samples_per_s": (progress.heard - before) / now_s,
                "steps_per_s": self.steps / (self.seconds + now_s),
            }
            self._say_step(loss=progress.losses / progress.heard)
        self._validate()
        self._save()
        self.seconds += time.monotonic() - began

    def _learn(self, number: int, step: Step) -> None:
        """One step of the optimizer."""
        share = step.share(self._process, self._processes)
        found: list[tuple[tuple[int, ...], torch.Tensor]] = []
        for i, (micro, rows, weight) in enumerate(share):
            torch.manual_seed(number_from("draws", self.settings.seed, self.progress.epoch, number, micro))
            batch = self.learner.batch([self.data.train.items[row] for row in rows])
            targets = torch.from_numpy(self.data.train.targets[list(rows)]).to(self.accelerator.device)
            with self._exchange(last=i == len(share) - 1):
                losses = self.loss(self.module(**batch), targets)
                self.accelerator.backward(losses.sum() * (weight * self.weight_scale / step.size))
            found.append((rows, losses.detach() * weight))
        norm = self.accelerator.clip_grad_norm_(self.learner.trainable().values(), self.settings.max_norm)
        self._refuse_nan(number, norm, found)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        total = torch.stack([losses.double().sum() for _, losses in found]).sum()
        self.progress.losses += float(self.accelerator.reduce(total, "sum"))
        self.progress.heard += step.size

    def _exchange(self, *, last: bool):
        """Gradients are exchanged once a step, with the last micro-batch."""
        return nullcontext() if last else self.accelerator.no_sync(self.module)

    def _refuse_nan(self, number: int, norm: torch.Tensor, found: list[tuple[tuple[int, ...], torch.Tensor]]) -> None:
        if math.isfinite(norm):
            return
        rows = [row for rows, losses in found for row, loss in zip(rows, losses.tolist()) if not math.isfinite(loss)]
        what = "loss" if rows else "gradient"
        rows = rows or [row for rows, _ in found for row in rows]
        names = ", ".join(self.data.train.items[row].id for row in rows[:8]) + (", …" if len(rows) > 8 else "")
        raise NotANumber(
            f"The {what} was no finite number in epoch {self.progress.epoch + 1}, step {number + 1}, for {len(rows)} clips: "
            f"{names}. Listen to them, leave them out, or lower the learning rate; the last checkpoint stands."
        )

    def _validate(self) -> None:
        """Close the epoch: figures, and the best weights so far."""
        progress, part = self.progress, self.data.validation
        own = predict(self.learner, part.items, self._process, self._processes)
        whole = self.accelerator.reduce(torch.from_numpy(own).to(self.accelerator.device), "sum").cpu().numpy()
        val_js = float(np.mean(jensen_shannon_divergence(part.targets, whole)))
        progress.epoch += 1
        progress.history.append({"epoch": progress.epoch, "loss": progress.losses / progress.heard, "val_js": val_js})
        if val_js < progress.best_js:
            progress.best_js, progress.best_epoch, self.best_state = val_js, progress.epoch, self.learner.state()
        progress.step, progress.losses, progress.heard = 0, 0.0, 0
        if self.accelerator.is_main_process:  # quick epochs are not all reported, and the curve shall be whole
            files.append_line(self.folder / EPOCHS, files.as_line(progress.history[-1]))
        self._say_step(**progress.history[-1])

    def finish(self) -> Trained:
        """The best weights, in the learner and in `predictor/`."""
        self.learner.load_state(self.best_state)
        progress = self.progress
        if self.accelerator.is_main_process:
            notes = {"best_epoch": progress.best_epoch, "best_js": progress.best_js, "history": progress.history}
            save_predictor(self.folder / PREDICTOR, self.learner, notes)
        self.accelerator.wait_for_everyone()
        measured = {"steps": self.steps, "seconds": self.seconds, "hearing_s": self.hearing_s}
        return Trained(self.learner, progress.history, progress.best_epoch, progress.best_js, **measured)

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            states = {"weights": self.learner.state(), "optimizer": self.optimizer.state_dict()}
            states |= {"schedule": self.schedule.state_dict(), "best": self.best_state}
            checkpoint.save(self.folder, self.mark, self.progress, states)
        self.accelerator.wait_for_everyone()

    def _stop_if_asked(self, *, save: bool) -> None:
        """All processes stop when one of them is asked."""
        asked = torch.tensor(int(self.stopping()), device=self.accelerator.device)
        if int(self.accelerator.reduce(asked, "sum")):
            if save:
                self._save()
            raise Stopped

    def _say_step(self, **figures: float) -> None:
        progress = self.progress
        done = progress.epoch * self.steps_per_epoch + progress.step
        note = (
            f"epoch {min(progress.epoch + (progress.step > 0), self.settings.epochs)} of at most {self.settings.epochs}"
        )
        self._say(done, self.total, note, learning_rate=self.schedule.get_last_lr()[0], **self.rate, **figures)

    def _say(self, done: int, total: int, note: str, **figures: float) -> None:
        if self.accelerator.is_main_process:
            self.report(done, total, note, **self.watch.figures(), **figures)

    def _steps(self, epoch: int) -> list[Step]:
        buckets = not self.settings.stock
        return steps_of(self.lengths, self.batches, seed=self.settings.seed, epoch=epoch, buckets=buckets)

    @property
    def _process(self) -> int:
        return self.accelerator.process_index

    @property
    def _processes(self) -> int:
        return self.accelerator.num_processes
