"""Clips that a training cannot use: all told before it starts; left out and counted where that is asked for."""

import json

import numpy as np
import pytest
import soundfile

from emo_core import jobs, verbs
from emo_core.annotators.clips import Clip
from emo_core.audio.voice import voice_tracks
from emo_core.errors import AudioError, BadInput
from emo_core.jobs.worker import Reporter
from emo_core.store import runs
from emo_core.training import control, probe, unusable
from emo_core.training.data import RATE
from emo_core.training.run import UNUSABLE, work
from tests.training.conftest import tone


@pytest.fixture
def spoilt(store, tmp_path):
    """Sixteen clips: one of 31 s, one too short, one of no bytes, one whose damage only decoding shows."""
    wavs, rows = tmp_path / "wavs", []
    wavs.mkdir()
    for i in range(16):
        seconds = {3: 31.0, 4: 0.02}.get(i, 0.5)
        sound = tone(150 + 150 * (i % 2), seconds, i)
        if i == 6:
            sound[100] = np.nan
        soundfile.write(wavs / f"k{i:02}.wav", sound, RATE, subtype="FLOAT" if i == 6 else "PCM_16")
        rows += [f"k{i:02},{rater},{'sad' if rater == 'c' else ('anger', 'sad')[i % 2]}" for rater in "abc"]
    votes = tmp_path / "votes.csv"
    votes.write_text("clip,rater,label\n" + "\n".join(rows))
    given = {"path": str(votes), "clip": "clip", "label": "label", "rater": "rater"}
    verbs.run(store, "corpus add votes", {"name": "c", "mapping": None, "options": given, "audio": str(wavs)} if 0 else {"name": "c", "description": given | {"audio_root": str(wavs)}} if 0 else {"name": "c"} | {"file": given}) if 0 else None
    from emo_core.verbs.corpora import add_votes_corpus

    add_votes_corpus(store, "c", given, audio=str(wavs))
    (wavs / "k05.wav").write_bytes(b"")
    verbs.run(store, "study add", {"name": "s", "corpus": "c", "reference": "human", "emotions": "anger,sad"})
    return store


def train(store, **more):
    return verbs.run(store, "train", {"study": "s", "settings": {"epochs": 1}, "dry": True} | more)
