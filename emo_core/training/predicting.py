"""What a trained model predicts for sounds that are no corpus: a folder of files, as a table."""

import json
from collections.abc import Callable
from pathlib import Path

from emo_core import audio
from emo_core.annotators.clips import Clip
from emo_core.errors import AudioError, BadInput
from emo_core.publishing import tables
from emo_core.training.data import Item
from emo_core.training.evaluate import CARD, load_predictor

SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aiff", ".aif")
_AT_ONCE = 64


def folder_of_sounds(
    predictor: Path, sounds: Path, to: Path, *, report: Callable[[int, int], None] = lambda done, total: None
) -> dict:
    """Write file, seconds, a share for each emotion, and why there is none, of every sound file below a folder.

    Raises BadInput where there is no sound, or the table cannot be written.
    """
    if not sounds.is_dir():
        raise BadInput(f"There is no folder {sounds}. Name one that holds sound files.")
    files = sorted(path for path in sounds.rglob("*") if path.suffix.lower() in SOUNDS and path.is_file())
    if not files:
        raise BadInput(f"There is no sound file below {sounds}: endings are {', '.join(SOUNDS)}.")
    model = load_predictor(predictor)
    longest = json.loads((predictor / CARD).read_text())["settings"]["longest_s"]
    rows = []
    for start in range(0, len(files), _AT_ONCE):
        rows += _predicted(model, sounds, files[start : start + _AT_ONCE], longest)
        report(min(len(files), start + _AT_ONCE), len(files))
    try:
        tables.write_csv(to, rows, ["file", "seconds", *model.emotions, "problem"])
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}. Name another file.") from error
    failed = sum(bool(row["problem"]) for row in rows)
    return {
        "file": str(to),
        "sounds": len(rows),
        "predicted": len(rows) - failed,
        "failed": failed,
        "emotions": list(model.emotions),
    }


def _predicted(model, root: Path, files: list[Path], longest_s: float) -> list[dict]:
    """Rows of some files."""
    rows, items = [], []
    for path in files:
        name = path.relative_to(root).as_posix()
        row = {"file": name, "seconds": None, "problem": ""} | dict.fromkeys(model.emotions)
        try:
            seconds = audio.inspect(path).duration_s or 0.0
            if seconds > longest_s:
                raise AudioError(f"lasts {seconds:.1f} s, the model hears {longest_s:g} s at most")
            clip = Clip(name, "", name, str(root), name, None, None, seconds, None)
            clip.samples()
            row["seconds"] = round(seconds, 3)
            items.append((row, Item(name, (clip,))))
        except (AudioError, BadInput) as error:
            row["problem"] = str(error)
        rows.append(row)
    for (row, _), shares in zip(items, model.predict_items([item for _, item in items]) if items else ()):
        row |= {name: round(float(share), 6) for name, share in zip(model.emotions, shares)}
    return rows
