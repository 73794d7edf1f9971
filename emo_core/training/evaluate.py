"""What a learner predicts, and a trained one as a folder that predicts elsewhere.

Outside the app:

    import soundfile
    from emo_core.training.evaluate import load_predictor
    predictor = load_predictor("predictor")
    waveform, rate = soundfile.read("clip.wav", dtype="float32")   # mono, 16 kHz
    print(dict(zip(predictor.emotions, predictor.predict([waveform])[0])))
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save

from emo_core.errors import BadInput
from emo_core.training.batches import in_order_of_length
from emo_core.training.data import Item
from emo_core.training.hearing import hear_all
from emo_core.training.learner import Learner, open_learner
from emo_core.training.settings import TrainSettings

CARD, WEIGHTS, FORMAT = "card.json", "weights.safetensors", 1


@torch.no_grad()
def predict(learner: Learner, items: Sequence[Item], process: int = 0, processes: int = 1) -> np.ndarray:
    """Distributions (items, emotions) float64 of items that the learner has heard; rows sum to one.

    Nothing is random: the same items on the same machine give the same bits. With several processes each fills in its own rows
    and leaves the others zero, so that their sum is the whole.
    """
    was_training = learner.module.training
    learner.module.eval()
    found = np.zeros((len(items), len(learner.emotions)))
    lengths = [learner.heard[item.id].length for item in items]
    for rows in in_order_of_length(lengths, learner.evaluated_at_once)[process::processes]:
        log_q = learner.module(**learner.batch([items[i] for i in rows]))
        shares = log_q.double().exp().cpu().numpy()
        found[list(rows)] = shares / shares.sum(axis=1, keepdims=True)
    learner.module.train(was_training)
    return found


def save_predictor(folder: Path, learner: Learner, notes: dict | None = None) -> Path:
    """Write what training made (adapter and head, or the whole probe) with a card; replaces the folder.

    The card holds the settings, emotions, backbone and its version, and `notes`, JSON values. Raises OSError for a full disk.
    """
    folder = Path(folder)
    draft = folder.with_name(f".{folder.name}.new")  # one process writes; what a kill left half written is written over
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        (draft / WEIGHTS).write_bytes(save(learner.state()))
        settings = learner.settings.as_document() | {"cache": ""}
        card = {"format": FORMAT, "emotions": learner.emotions, "version": learner.version, "settings": settings}
        (draft / CARD).write_text(json.dumps(card | {"notes": notes or {}}, indent=1, ensure_ascii=False))
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


@dataclass(frozen=True)
class Sound:
    """A waveform that is already in memory, as a clip: mono, 16 kHz."""

    clip: str
    waveform: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.waveform) / 16_000

    def samples(self) -> np.ndarray:
        return self.waveform


class Predictor:
    """A trained learner. `emotions` name the columns of what it predicts; `card` is what was saved with it."""

    def __init__(self, learner: Learner, card: dict):
        self.learner, self.card, self.emotions = learner, card, learner.emotions

    def predict(self, waveforms: Sequence[np.ndarray], transcripts: Sequence[str] | None = None) -> np.ndarray:
        """Distributions (waveforms, emotions) float64, rows summing to one, of mono float32 waveforms at 16 kHz.

        transcripts    what is said in each, if the backbone was trained with transcripts

        Raises AudioError for a waveform that is too long, too short or not finite.
        """
        texts = transcripts or [""] * len(waveforms)
        if len(texts) != len(waveforms):
            raise BadInput(f"Each waveform needs one transcript; got {len(waveforms)} and {len(texts)}.")
        items = [
            Item(f"waveform {i}", (Sound(f"waveform {i}", waveform),), transcript=text)
            for i, (waveform, text) in enumerate(zip(waveforms, texts))
        ]
        return self.predict_items(items)

    def predict_items(self, items: Sequence[Item]) -> np.ndarray:
        """The same for items, such as the test clips of a study."""
        hear_all(self.learner, items)
        return predict(self.learner, items)


def load_predictor(folder: str | Path, *, device: str = "cpu", cache: Path | None = None) -> Predictor:
    """The predictor that `save_predictor` wrote.

    device    "cpu", "cuda", or "auto": a GPU where there is one, unless it was trained with `device="cpu"`
    cache     folder of features and tower outputs; None: in memory

    Raises BadInput where the folder is none, or its backbone is absent or another version than it was trained with.
    """
    folder = Path(folder)
    if not (folder / CARD).is_file() or not (folder / WEIGHTS).is_file():
        raise BadInput(
            f"{folder} holds no predictor: {CARD} and {WEIGHTS} belong there. Name the folder of a finished run."
        )
    card = json.loads((folder / CARD).read_text())
    if card["format"] != FORMAT:
        raise BadInput(
            f"The predictor in {folder} has format {card['format']}; this program reads {FORMAT}. Update it."
        )
    settings = TrainSettings(**card["settings"])
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() and settings.device != "cpu" else "cpu"
    learner = open_learner(settings, card["emotions"], torch.device(device), cache)
    if learner.version != card["version"]:
        raise BadInput(
            f"The predictor in {folder} was trained on version {card['version']} of {learner.settings.backbone}, "
            f"here lies {learner.version}: fetch the backbone it was trained on."
        )
    learner.load_state(load_file(folder / WEIGHTS))
    return Predictor(learner, card)
