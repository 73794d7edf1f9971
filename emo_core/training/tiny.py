"""Qwen2-Audio's own classes with few random weights: what `backbone="tiny"` trains, so that all of the code runs without a download.

It has learnt nothing: its results say whether the machinery works, not how well a backbone hears.
"""

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

from emo_core.models.backbone import Backbone
from emo_core.training.settings import PROMPT

VERSION = "tiny-1"
_CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
_TEXTS = ("system\nYou are a helpful assistant.\nuser\nAudio 1: \nassistant\n", PROMPT)
TINY_TEXT = dict(
    hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
)
TINY_AUDIO = dict(d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=64)


def tiny_backbone(device: torch.device, dtype: torch.dtype = torch.float32) -> Backbone:
    """Two layers of width 64 over a tower of two layers of width 32, the same at every call."""
    return random_backbone(TINY_TEXT, TINY_AUDIO, device, dtype)


def random_backbone(text: dict, audio: dict, device: torch.device, dtype: torch.dtype = torch.float32) -> Backbone:
    """The classes in a given shape with random weights, built on the device.

    text, audio    settings of the language model's and the tower's configuration that differ from the published model's
    """
    processor = _processor()
    config = Qwen2AudioConfig(
        text_config=dict(model_type="qwen2", bos_token_id=None) | {"vocab_size": len(processor.tokenizer)} | text,
        audio_config=dict(model_type="qwen2_audio_encoder") | audio,
        audio_token_index=processor.tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    # The caller's random numbers go on as if nothing had been drawn.
    with torch.random.fork_rng(), torch.device(device):
        torch.manual_seed(0)
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            model = Qwen2AudioForConditionalGeneration(config)
        finally:
            torch.set_default_dtype(before)
    return Backbone(model, processor, VERSION)


def _processor() -> Qwen2AudioProcessor:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=_CONTROL, show_progress=False, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(list(_TEXTS) * 4, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
                                   extra_special_tokens=_CONTROL[1:], padding_side="left")  # fmt: skip
    return Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=128, return_attention_mask=True), fast)
