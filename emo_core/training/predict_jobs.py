"""Jobs in which a trained model hears a folder of sounds: begun and found again without loading torch.

The job's folder holds what was asked for (`predict.json`), and once it is done the table (`predicted.csv`) with a row a sound: file,
seconds, a share for each emotion, and the problem where there are no shares. `predict_run` is its work.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from emo_core import jobs
from emo_core.errors import BadInput
from emo_core.store import Database, runs
from emo_core.training import control, fitting
from emo_core.training.plan import from_document

KIND, REQUEST, TABLE = "predict", "predict.json", "predicted.csv"
SOUNDS = (
    ".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aiff", ".aif", ".aifc", ".au", ".snd", ".sph", ".w64", ".rf64", ".caf",
)  # fmt: skip
_TABLE_MB = 20  # of 100,000 sounds
_MODULE = "emo_core.training.predict_run"


@dataclass(frozen=True)
class Prediction:
    """A job that predicts, or did. `asked`: run, predictor and sounds, the last two folders."""

    job: jobs.Job
    asked: dict

    @property
    def table(self) -> Path | None:
        """Its table; None where it has not ended well."""
        path = self.job.folder / TABLE
        return path if self.job.status.state == "done" and path.is_file() else None

    @property
    def result(self) -> dict:
        """Counts of sounds, predicted and failed, and `problems`, {words: how many}; empty before it is done."""
        return jobs.files.read_json(self.job.folder / jobs.files.RESULT) or {}


def sound_files(folder: Path) -> list[Path]:
    """Every sound file below a folder, by name.

    Raises BadInput where there is no such folder, or no sound in it.
    """
    try:
        if not folder.is_dir():
            raise BadInput(f"There is no folder {folder} on this machine. Name one that holds sound files.")
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS and path.is_file())
    except OSError as error:
        raise BadInput(f"The folder {folder} cannot be read: {error.strerror}. Name one that may be read.") from error
    if not files:
        raise BadInput(f"There is no sound file below {folder}: endings are {', '.join(SOUNDS)}.")
    return files


def begin(store: Database, name: str, sounds: str) -> int:
    """Start a job in which the run's model hears the folder `sounds`, named from the root or from ~; the job's number.

    Raises BadInput where the run has no predictor, and for a folder that is none or holds no sound; JobError, DiskFull.
    """
    run, folder = runs.find_run(store, name), _named(sounds)
    asked = {"run": name, "run_id": run.run_id, "predictor": str(_predictor(store, run)), "sounds": str(folder)}
    plan, files = from_document(run.settings), sound_files(folder)
    spec = jobs.Spec(
        kind=KIND, title=f"{name} hears {folder.name}", module=_MODULE, resource=fitting.resource(plan.settings),
        needs=replace(control.needs(plan, clips=len(files)), disk_mb=_TABLE_MB),
    )  # fmt: skip
    made = jobs.make(store.folder / "jobs", spec, lambda draft: jobs.files.write_json(draft / REQUEST, asked))
    jobs.start(made)
    return int(made.name)


def _predictor(store: Database, run: runs.Run) -> Path:
    """The folder of a run's predictor. Raises BadInput where it is not done."""
    folder = runs.folder_of(store, run.run_id)
    state = jobs.status(folder).state
    if state != "done" or not (folder / "predictor").is_dir():
        raise BadInput(f"The run {run.name!r} has no trained model yet: it is {state}. Let it end first.")
    return folder / "predictor"


def _named(sounds: str) -> Path:
    """The folder that a user named: pages have no folder of their own to begin from."""
    folder = Path(sounds.strip())
    with suppress(RuntimeError):  # of a user who is not known
        folder = folder.expanduser()
    if not folder.is_absolute():
        raise BadInput(f"A folder is named from the root, such as {Path.home() / 'sounds'}; got {sounds!r}.")
    return folder


def of_runs(store: Database, names: set[str]) -> Iterator[Prediction]:
    """The jobs in which models of these runs hear folders, newest first."""
    root = store.folder / "jobs"
    for number in reversed(jobs.spec.numbers(root)):
        asked = jobs.files.read_json(root / str(number) / REQUEST)
        if asked and asked["run"] in names:
            yield Prediction(jobs.find(root, number), asked)
