"""A tiny model of Qwen2-Audio's own classes, written to a folder as the published model is, and sound for it."""

from pathlib import Path

import numpy as np
from transformers import GenerationConfig, Qwen2AudioForConditionalGeneration, Qwen2AudioProcessor

from emo_core.models.random_model import TINY_AUDIO, TINY_TEXT, make_model, make_processor

SENTENCES = (
    "system You are a helpful assistant. user Audio 1: assistant",
    "Which emotion? Answer happy, sad or neutral.",
)


def waveform(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise whose loudness swells and ebbs, mono float32 at 16 kHz."""
    rng, count = np.random.default_rng(seed), round(16_000 * seconds)
    return (0.1 * rng.standard_normal(count) * np.sin(np.arange(count) / (800 + 100 * seed))).astype(np.float32)


def make_tiny(seed: int = 0) -> tuple[Qwen2AudioForConditionalGeneration, Qwen2AudioProcessor]:
    """Two layers of width 64 over a tower of two layers of width 32; decoding settings as odd as the published model's."""
    processor = make_processor(SENTENCES, vocabulary=400)
    # A wide start gives logits that differ by several units, as a trained model's do.
    model = make_model(processor, TINY_TEXT | {"initializer_range": 0.1}, TINY_AUDIO, seed=seed).eval()
    model.generation_config = GenerationConfig(do_sample=True, top_k=20, top_p=0.5, temperature=0.7, repetition_penalty=1.1,
                                               eos_token_id=[0, 2], pad_token_id=0)  # fmt: skip
    return model, processor


def save(model, processor, folder: Path) -> Path:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
