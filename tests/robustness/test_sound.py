"""Sound that cannot be learnt from: each kind of fault stops a run before it learns, with the clip's name and what to do."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from emo_core.annotators.clips import Clip
from emo_core.errors import AudioError
from emo_core.training.data import RATE, Data, Examples, Item
from emo_core.training.hearing import check_all
from emo_core.training.loop import train
from tests.robustness.works import PROBE
from tests.training.conftest import data, tone

BOUNDED = replace(PROBE, longest_s=20.0)  # the probe takes any length, unless it is told otherwise


def clip(folder, name: str) -> Clip:
    return Clip(name, "corpus", name, str(folder), f"{name}.wav", None, None, 0.5, None)


def spoil(path, how: str) -> None:
    """Write a sound of half a second that has this fault."""
    sound = tone(200, 31.0 if how == "long" else 0.02 if how == "short" else 0.5, 1)
    if how == "not a number":
        sound[100] = np.nan
    soundfile.write(path, sound, RATE, subtype="FLOAT" if how == "not a number" else "PCM_16")
    if how == "broken off":
        path.write_bytes(path.read_bytes()[:6000])
    elif how == "no sound":
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "deleted":
        path.unlink()


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("not a number", "1 samples are not numbers.* Mend its file, or leave the clip out"),
        ("broken off", "The file breaks off: its header claims 0.50 s, 0.19 s are there. Mend its file, or leave"),
        ("no sound", "pointer"), ("empty", "empty"), ("deleted", "There is no file|is not there|missing"),
        ("long", "lasts 31.00 s; the model takes at most 20 s .* Leave it out, cut it"), ("short", "lasts 0.020 s"),
    ],
)  # fmt: skip
def test_a_fault_stops_a_run_before_it_learns_and_names_the_clip(tmp_path, how, why):
    spoil(tmp_path / "bad.wav", how)
    given, bad = data(5, 2), Item("bad", (clip(tmp_path, "bad"),))
    spoilt = Examples((*given.train.items[:4], bad), given.train.targets)
    with pytest.raises(AudioError, match=f"Clip bad .*({why})"):
        train(Data(given.emotions, spoilt, given.validation), BOUNDED, tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoint.pt").exists()
    with pytest.raises(AudioError, match="Clip bad "):  # on the test side too
        check_all([given.train.items[0], bad], BOUNDED.limit_s)


def test_silence_is_heard_as_it_is(tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(RATE), RATE)
    given, still = data(5, 2), Item("still", (clip(tmp_path, "still"),))
    with_silence = Examples((*given.train.items[:4], still), given.train.targets)
    made = train(Data(given.emotions, with_silence, given.validation), PROBE, tmp_path / "run")
    assert np.isfinite([row["loss"] for row in made.history]).all()
