"""Output of Potato in its older and newer forms, made here."""

import json
from pathlib import Path

LINES = {
    "ann@lab": (
        {"id": "c1", "displayed_text": '<audio src="clips/c1.wav"></audio> Come in.', "label_annotations":
            {"emotion": {"happy": "true"}, "valence": {"scale_4": "4"}, "audio quality": {"good": "true"}},
         "span_annotations": {}, "behavioral_data": {"time_string": "Time spent: 0d 0h 1m 5s "}},
        {"id": "c2", "displayed_text": "c2.wav", "label_annotations": {"emotion": {"sad": "2", "fear": "3"}},
         "span_annotations": {}, "behavioral_data": {"time_string": "Time spent: 0d 0h 0m 9s "}},
    ),
    "bob": ({"id": "c1", "displayed_text": "", "label_annotations": {"emotion": {"neutral": "1"}}},),
}  # fmt: skip
STATE = {
    "user_id": "7",
    "instance_id_to_label_to_value": {
        "c1": [[{"schema": "emotion", "name": "anger"}, "true"], [{"schema": "valence", "name": "2"}, "2"]],
        "c2": {"emotion": {"labels": {"happy": True, "sad": False}}, "comment": {"text_box": "loud"}},
    },
    "instance_id_to_behavioral_data": {"c1": {"total_time_ms": 1500}},
}


def build(folder: Path) -> Path:
    """Two users of the older form and one of the newer."""
    output = folder / "annotation_output"
    for user, lines in LINES.items():
        (output / user).mkdir(parents=True)
        written = "".join(json.dumps(line) + "\n" for line in lines)
        (output / user / "annotated_instances.jsonl").write_text(written, encoding="utf-8")
    (output / "user 7").mkdir()
    (output / "user 7" / "user_state.json").write_text(json.dumps(STATE), encoding="utf-8")
    return folder
