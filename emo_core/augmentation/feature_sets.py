"""The features of many clips at once, kept so that planning needs NumPy alone.

Features are computed by a job (`feature_job`), as librosa and models belong to no server. A set is kept below the store's folder
`features` under a key that follows from the files it was made of: a changed file, another clip or another version of the
features asks for a new one, for which every sound that is known already comes from the cache of `features.features_of`.
"""

import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emo_core import jobs
from emo_core.annotators import clips as heard
from emo_core.annotators.clips import Clip
from emo_core.augmentation import features
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.study_side import TrainingSide
from emo_core.errors import BadInput

CACHE, REQUEST = "features", "features.json"
_SETS, _KIND, _MODULE = "sets", "features", "emo_core.augmentation.feature_job"
_ROOM_MB = 20  # a set of 10,000 clips with 240 numbers is 10 MB, and their single files as much


@dataclass(frozen=True)
class FeatureSet:
    """values (clips, numbers) float32, a row of NaN where a clip has none; `unusable`: those clips, and why."""

    values: np.ndarray
    unusable: Mapping[str, str]


def version(settings: Settings) -> str:
    """What the features of these settings are called, told without loading what computes them.

    Raises BadInput where the backbone is not on this machine.
    """
    if settings.features == "mfcc":
        return features.mfcc().name
    from emo_core.models import weights

    return f"tower-1-{weights.version(weights.find_weights(settings.backbone))}"


def set_key(clips: Sequence[Clip], version: str) -> str:
    """The name of a set, 40 hexadecimal digits: it follows from the version, and from each clip's name, file and span."""
    digest = hashlib.blake2b(version.encode(), digest_size=20)
    for clip in clips:
        digest.update("\0".join(map(str, (clip.clip, clip.start_s, clip.end_s, *_file(clip)))).encode() + b"\n")
    return digest.hexdigest()


def _file(clip: Clip) -> tuple[object, ...]:
    """The clip's file with its size and time; that it is not there, or not to be reached, is a state of its own."""
    try:
        path = clip.path
        now = path.stat()
    except (OSError, BadInput):
        return (clip.root, clip.audio, "not there")
    return (path, now.st_size, now.st_mtime_ns)


def read(cache: Path, key: str) -> FeatureSet | None:
    """The set that is kept in the folder `cache` under `key`; None where there is none, or it is not whole."""
    try:
        with np.load(_path(cache, key), allow_pickle=False) as kept:
            return FeatureSet(kept["values"], json.loads(str(kept["unusable"])))
    except (FileNotFoundError, zipfile.BadZipFile, ValueError, EOFError, KeyError):
        return None


def write(cache: Path, key: str, found: FeatureSet) -> None:
    """Keep a set, by another name first."""
    path = _path(cache, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with draft.open("wb") as file:
            np.savez(file, values=found.values, unusable=np.array(json.dumps(dict(found.unusable))))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _path(cache: Path, key: str) -> Path:
    return cache / _SETS / f"{key}.npz"


def of_side(store: Path, side: TrainingSide, settings: Settings) -> FeatureSet | None:
    """The features of a training side, None where they are still to be computed. `store`: its folder."""
    return read(store / CACHE, set_key(side.clips, version(settings)))


def find_job(store: Path, key: str) -> jobs.Job | None:
    """The newest job that computes, or was to compute, the set `key`."""
    for job in jobs.list_jobs(store / "jobs"):
        if job.spec.kind == _KIND and (jobs.files.read_json(job.folder / REQUEST) or {}).get("key") == key:
            return job
    return None


def begin(store: Path, side: TrainingSide, settings: Settings) -> int:
    """Start the job that computes a training side's features, or go on with one that ended early; its number.

    A job that is alive already is left to go on. Raises BadInput where the backbone is not here, JobError.
    """
    key = set_key(side.clips, version(settings))
    known = find_job(store, key)
    if known and known.status.state in jobs.ALIVE:
        return known.spec.number
    # One that is done, and whose set is gone all the same, would show its old progress: it is left as it is.
    folder = known.folder if known and known.status.state != "done" else _make(store, side, settings, key)
    jobs.start(folder)
    return int(folder.name)


def _make(store: Path, side: TrainingSide, settings: Settings, key: str) -> Path:
    on_gpu = settings.features == "tower" and jobs.spec.has_gpu()
    spec = jobs.Spec(
        kind=_KIND, title=f"{settings.features} of {side.study}", module=_MODULE, resource="gpu" if on_gpu else "cpu",
        needs=jobs.Needs(disk_mb=_ROOM_MB + len(side.clips) // 100),
    )  # fmt: skip
    folder = jobs.make(store / "jobs", spec)
    heard.write(folder, dict(side.columns))
    asked = {"features": settings.features, "backbone": settings.backbone, "version": version(settings), "key": key}
    jobs.files.write_json(folder / REQUEST, asked)
    return folder
