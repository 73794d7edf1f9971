"""What a trained model predicts for sounds that are no corpus: a folder of files, as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from emo_core import audio
from emo_core.annotators.clips import Clip
from emo_core.audio.health import PROBLEMS
from emo_core.errors import AudioError, BadInput
from emo_core.publishing import tables
from emo_core.training.data import LENGTHS, Item, check_length, checked
from emo_core.training.evaluate import Predictor, load_predictor
from emo_core.training.predict_jobs import sound_files
from emo_core.training.settings import TrainSettings
from emo_core.training.shortage import told_when_memory_ends

_AT_ONCE = 64
_FAULTS = PROBLEMS | LENGTHS
Report = Callable[[int, int], None]  # sounds done, sounds


@dataclass(frozen=True)
class Predicted:
    """Rows in the order of the files' names: file, seconds, a share for each emotion, `problem` with a sentence and `fault` with its
    kind where there are no shares, else empty.
    """

    emotions: tuple[str, ...]
    rows: list[dict]

    @property
    def counts(self) -> dict:
        """How many sounds there are, were predicted, and failed."""
        failed = sum(bool(row["problem"]) for row in self.rows)
        return {
            "sounds": len(self.rows), "predicted": len(self.rows) - failed, "failed": failed, "emotions": list(self.emotions),
        }  # fmt: skip


def folder_of_sounds(predictor: Path, sounds: Path, to: Path, *, report: Report = lambda done, total: None) -> dict:
    """Write what `of_folder` finds as CSV, and say how many sounds there are, were predicted, and failed.

    Raises BadInput where there is no sound, or the table cannot be written; OutOfMemory.
    """
    found = of_folder(predictor, sounds, report=report)
    try:
        write(to, found)
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}. Name another file.") from error
    return {"file": str(to)} | found.counts


def of_folder(predictor: Path, sounds: Path, *, report: Report = lambda done, total: None) -> Predicted:
    """What the model in the folder `predictor` predicts for every sound file below the folder `sounds`.

    A GPU is used where there is one, unless the run was told to use none. A sound that cannot be heard gets no shares, but the reason.

    Raises BadInput where there is no sound or no predictor, OutOfMemory.
    """
    files = sound_files(sounds)
    report(0, len(files))
    model = load_predictor(predictor, device="auto")
    settings: TrainSettings = model.learner.settings
    rows: list[dict] = []
    with told_when_memory_ends(settings):
        for start in range(0, len(files), _AT_ONCE):
            rows += _predicted(model, sounds, files[start : start + _AT_ONCE], settings.limit_s)
            model.learner.forget()
            report(min(len(files), start + _AT_ONCE), len(files))
    return Predicted(model.emotions, rows)


def write(to: Path, found: Predicted) -> None:
    """The table as CSV; it appears whole or not at all. Raises OSError, and BadInput where its folder is not there."""
    if not to.parent.is_dir():
        raise BadInput(f"There is no folder {to.parent} to write {to.name} to. Make it first.")
    draft = to.with_name(f".{to.name}.draft")
    try:
        tables.write_csv(draft, found.rows, ["file", "seconds", *found.emotions, "problem"])
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)


def _predicted(model: Predictor, root: Path, files: Sequence[Path], longest_s: float) -> list[dict]:
    """Rows of some files."""
    rows, items = [], []
    for path in files:
        name = path.relative_to(root).as_posix()
        row = {"file": name, "seconds": None, "problem": "", "fault": ""} | dict.fromkeys(model.emotions)
        try:
            seconds, item = _heard(root, name, longest_s)
            row["seconds"] = round(seconds, 3)
            items.append((row, item))
        except (AudioError, BadInput) as error:
            row["problem"], row["fault"] = str(error), _FAULTS[getattr(error, "code", "unreadable")]
        rows.append(row)
    for (row, _), shares in zip(items, model.predict_items([item for _, item in items]) if items else ()):
        row |= {name: round(float(share), 6) for name, share in zip(model.emotions, shares)}
    return rows


def _heard(root: Path, name: str, longest_s: float) -> tuple[float, Item]:
    """Seconds and item of a file that the model may hear. Raises AudioError, BadInput."""
    seconds = audio.inspect(root / name).duration_s or 0.0
    if seconds:
        check_length(seconds, longest_s)
    item = Item(name, (Clip(name, "", name, str(root), name, None, None, seconds, None),))
    checked(item, item.waveform(), longest_s)
    return seconds, item
