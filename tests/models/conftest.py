"""A tiny Qwen2-Audio on disk, loaded as the published one would be; one that knows nothing, one that was taught to answer."""

import pytest

from emo_core.models.backbone import Backbone
from tests.models.teaching import teach
from tests.models.tiny import make_tiny, save, waveform

LABELS = ("happy", "sad", "neutral")
PROMPTS = [
    [
        "Which emotion? Listen to the voice. Answer happy, sad or neutral.",
        "Which emotion? Weigh the words. Answer happy or sad.",
    ],
    ["Which emotion? Listen. Answer happy, sad or neutral.", "Which emotion? Weigh. Answer happy, sad or neutral."],
]
MIXTURES = [
    {"happy": 0.3, "Happy.": 0.2, "sad": 0.2, "neutral": 0.1, "sadness": 0.1, "Sad or not": 0.1},
    {"neutral": 0.6, "Sad": 0.2, "happy": 0.1, "happy or sad": 0.1},
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A model's folder as the hub's would be."""
    return save(*make_tiny(), tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def backbone(folder):
    return Backbone.load(folder, device="cpu")


@pytest.fixture(scope="session")
def clips():
    """Two clips of different lengths."""
    return [waveform(2.3, 1), waveform(0.7, 2)]


@pytest.fixture(scope="session")
def taught(folder, clips):
    """A model that answers each clip and prompt by one of `MIXTURES`, roughly."""
    backbone = Backbone.load(folder, device="cpu")
    teach(backbone, clips, PROMPTS, [MIXTURES, MIXTURES[::-1]])
    return backbone
