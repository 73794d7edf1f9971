"""Qwen2-Audio's own classes with few random weights, written to a folder as the published model is.

The tokenizer learns its tokens from a few sentences: frequent words become one token, rare ones several.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
SENTENCES = (
    "system You are a helpful assistant. user Audio 1: assistant",
    "Which emotion? Answer happy, sad or neutral.",
)


def waveform(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise whose loudness swells and ebbs, mono float32 at 16 kHz."""
    rng, count = np.random.default_rng(seed), round(16_000 * seconds)
    return (0.1 * rng.standard_normal(count) * np.sin(np.arange(count) / (800 + 100 * seed))).astype(np.float32)


def make_processor(sentences: Sequence[str] = SENTENCES, vocabulary: int = 400) -> Qwen2AudioProcessor:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=CONTROL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())  # fmt: skip
    tokenizer.train_from_iterator(list(sentences) * 4, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
                                   extra_special_tokens=CONTROL[1:], padding_side="left")  # fmt: skip
    return Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=128, return_attention_mask=True), fast)


def make_config(processor: Qwen2AudioProcessor, text: Mapping, audio: Mapping) -> Qwen2AudioConfig:
    ids = processor.tokenizer.convert_tokens_to_ids
    text = {"vocab_size": len(processor.tokenizer)} | dict(text)
    return Qwen2AudioConfig(
        text_config=dict(model_type="qwen2", bos_token_id=None, eos_token_id=ids("<|im_end|>"), **text),
        audio_config=dict(model_type="qwen2_audio_encoder", **audio),
        audio_token_index=ids("<|AUDIO|>"),
    )


def make_tiny(seed: int = 0) -> tuple[Qwen2AudioForConditionalGeneration, Qwen2AudioProcessor]:
    """Two layers of width 64 over a tower of two layers of width 32; decoding settings as odd as the published model's."""
    processor = make_processor()
    text = dict(
        hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
    )
    audio = dict(d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=64)
    torch.manual_seed(seed)
    # A wide start gives logits that differ by several units, as a trained model's do.
    model = Qwen2AudioForConditionalGeneration(make_config(processor, text | {"initializer_range": 0.1}, audio)).eval()
    model.generation_config = GenerationConfig(do_sample=True, top_k=20, top_p=0.5, temperature=0.7, repetition_penalty=1.1,
                                               eos_token_id=[0, 2], pad_token_id=0)  # fmt: skip
    return model, processor


def save(model, processor, folder: Path) -> Path:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
