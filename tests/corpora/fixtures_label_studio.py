"""Exports of Label Studio in its two JSON forms, made here."""

import copy
import json
from pathlib import Path
from typing import Any


def choice(*labels: str, question: str = "emotion", **value: Any) -> dict:
    """One entry of `result`: what was chosen."""
    return {"from_name": question, "to_name": "audio", "type": "choices", "value": {"choices": list(labels)} | value}


def rating(number: Any, question: str = "valence") -> dict:
    """One entry of `result`: stars."""
    return {"from_name": question, "to_name": "audio", "type": "rating", "value": {"rating": number}}


TASKS = [
    {
        "id": 1,
        "data": {"audio": "/data/upload/3/0a1b2c3d-one.wav", "transcript": "Come in.", "speaker": "s1", "room": 4},
        "annotations": [
            {"id": 11, "completed_by": 7, "was_cancelled": False, "lead_time": 4.25, "created_at": "2024-01-31T13:45:00.5Z",
             "result": [choice("Happy", "Surprised"), rating(4)]},
            {"id": 12, "completed_by": {"id": 8, "email": "a@b.org"}, "was_cancelled": False, "lead_time": 2,
             "result": [choice("Sad")]},
            {"id": 13, "completed_by": 9, "was_cancelled": True, "result": []},
        ],
        "drafts": [{"result": []}],
        "predictions": [{"model_version": "net 1", "score": 0.75, "result": [choice("Neutral")]}],
    },
    {
        "id": 2,
        "data": {"audio": "/data/local-files/?d=sub%2Ftwo.wav"},
        "annotations": [
            {"id": 21, "completed_by": 7, "result": [
                {"id": "r", "from_name": "parts", "type": "labels", "value": {"start": 0.5, "end": 1.25, "labels": ["Angry"]}},
                {"id": "t", "from_name": "words", "type": "taxonomy", "value": {"taxonomy": [["a", "b"]]}},
            ]},
        ],
        "predictions": [],
    },
    {"id": 3, "data": {"audio": "http://localhost:8080/data/upload/3/three.wav"}, "annotations": []},
]  # fmt: skip
ROWS = [
    {"audio": "/data/upload/3/one.wav", "speaker": "s1", "id": 1, "emotion": "Happy", "valence": [{"rating": 4}],
     "annotator": 7, "annotation_id": 11, "created_at": "2024-01-31T13:45:00Z", "updated_at": "", "lead_time": 4.25},
    {"audio": "/data/upload/3/one.wav", "speaker": "s1", "id": 1, "emotion": {"choices": ["Sad", "Fearful"]},
     "annotator": 8, "annotation_id": 12, "created_at": "", "updated_at": "", "lead_time": 2},
]  # fmt: skip


def build(folder: Path, tasks: list | None = None) -> Path:
    """The full JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "project-1.json"
    path.write_text(json.dumps(copy.deepcopy(TASKS) if tasks is None else tasks), encoding="utf-8")
    return path


def build_min(folder: Path) -> Path:
    """JSON_MIN."""
    return build(folder, ROWS)
