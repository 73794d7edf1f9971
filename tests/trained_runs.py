"""Training runs whose predictions are known: planted into the store as a run's job would leave them."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from emo_core import science
from emo_core.store import Database, readings, runs, studies

USUAL = {"backbone": "probe", "loss": "js", "learning_rate": 5e-4, "target": "human"}


def plant_training(
    store: Database,
    study: str,
    name: str,
    predicted: np.ndarray | None,
    *,
    clips: Sequence[int] | None = None,
    emotions: Sequence[str] | None = None,
    source: str = "human",
    votes: int = 0,
    fraction: float | None = None,
    seed: int = 0,
    settings: Mapping | None = None,
    result: Mapping | None = None,
) -> None:
    """A run trained on a study. predicted: (clips, emotions) in the order of `emotions`, of the clips at these places among those
    that the listeners heard, in any order; None for a run that is not done.
    """
    heard = readings.heard(store, study)
    emotions = tuple(emotions or studies.find_study(store.cursor(), study).study.emotions)
    clips = list(range(len(heard.clips))) if clips is None else clips
    number = 1 + max([run.run_id for run in runs.list_runs(store)], default=0)
    asked = {
        "name": name, "study": study, "emotions": list(emotions), "source": source, "votes": votes, "grid": "",
        "augmentation": fraction and {"fraction": fraction, "features": "mfcc", "seed": seed},
        "settings": USUAL | {"target": source, "seed": seed} | dict(settings or {}),
    }  # fmt: skip
    with store.writing() as cursor:
        cursor.execute(
            "INSERT INTO runs VALUES (?, ?, 'training', ?, ?, ?, now(), 0, NULL)",
            [number, name, study, f"model:{name}", json.dumps(asked)],
        )
        rows = (
            []
            if predicted is None
            else zip(heard.clip_ids[list(clips)].tolist(), np.asarray(predicted).tolist(), strict=True)
        )
        for clip, shares in rows:
            cursor.execute(
                "INSERT INTO run_readings VALUES (?, ?, 'test', 'predicted', ?, NULL)", [number, clip, shares]
            )
    folder = runs.folder_of(store, number)
    folder.mkdir(parents=True)
    if predicted is not None:
        (folder / "result.json").write_text(json.dumps(found(len(clips), len(emotions)) | dict(result or {})))


def found(test_clips: int, emotions: int, *, epochs: int = 6, best_js: float = 0.21) -> dict:
    """What the job of a run wrote at its end."""
    history = [
        {"epoch": epoch, "loss": 0.35 * 0.8**epoch + 0.1, "val_js": best_js + 0.02 * abs(epoch - 4) / epoch}
        for epoch in range(1, epochs + 1)
    ]
    return {
        "ended": "patience", "best_epoch": 4, "best_js": best_js, "epochs": epochs, "history": history,
        "train_mean": [1 / emotions] * emotions, "train_clips": 90, "validation_clips": 10, "mixtures": 0,
        "test_clips": test_clips, "left_out": {}, "seconds": 42.5, "device": "cpu", "versions": {"torch": "2.9.1"},
        "energy_kwh": None, "clips_hash": "3f2a",
    }  # fmt: skip


def near(p: np.ndarray, far: np.ndarray | float, *, seed: int = 0) -> np.ndarray:
    """Distributions a share `far` (0: equal, 1: unrelated) away from p, towards random ones: (clips, emotions)."""
    other = np.random.default_rng(seed).dirichlet(np.ones(p.shape[1]), len(p))
    far = np.broadcast_to(far, len(p))[:, None]
    return (1 - far) * p + far * other


def heard_shares(store: Database, study: str) -> np.ndarray:
    """What the listeners heard of each clip, (clips, emotions)."""
    return science.normalise(readings.heard(store, study).reference)
