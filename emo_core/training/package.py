"""A trained predictor as one file to take along: weights, card, and how to use them."""

import io
import json
import zipfile
from pathlib import Path

from emo_core.errors import BadInput

FOLDER, README, CARD = "predictor", "README.txt", "card.json"
LINES = """\
import soundfile
from emo_core.training.evaluate import load_predictor
predictor = load_predictor("predictor")
waveform, rate = soundfile.read("clip.wav", dtype="float32")  # mono, 16 kHz
print(dict(zip(predictor.emotions, predictor.predict([waveform])[0])))
"""


def zipped(predictor: Path, name: str) -> bytes:
    """The folder that `evaluate.save_predictor` wrote, with a README, as a zip; `name` of the run.

    Raises BadInput where there is none.
    """
    if not (predictor / CARD).is_file():
        raise BadInput(f"The run {name!r} has no predictor yet. Let it end first.")
    card = json.loads((predictor / CARD).read_text(encoding="utf-8"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:  # weights hardly get smaller
        file.writestr(README, readme(name, card))
        for part in sorted(predictor.iterdir()):
            file.write(part, f"{FOLDER}/{part.name}")
    return packed.getvalue()


def readme(name: str, card: dict) -> str:
    """What is in the zip and how to use it, from the predictor's card."""
    backbone = card["settings"]["backbone"]
    needs = "It needs no other model."
    if backbone not in ("probe", "tiny"):
        needs = f"It needs the backbone {backbone} on the machine, version {card['version']}; here are adapter and head alone."
    code = "".join(f"    {line}\n" for line in LINES.splitlines())
    return (
        f"{name}: shares of {', '.join(card['emotions'])} that listeners would hear in a clip of speech.\n\n"
        f"predictor/weights.safetensors holds what training made, predictor/{CARD} settings, emotions and how training went.\n{needs}\n\n"
        "In the folder of the Ambiguity Workbench, with its requirements.txt installed, and with predictor/ and clip.wav there too:\n\n"
        f"{code}\n"
        "A whole folder of sounds becomes a table with:  python -m emo_core predict RUN FOLDER --to predictions.csv\n"
    )
