"""Qwen2-Audio's own classes with random weights, in any shape, built on the device: to run all of the code without a download.

Such a model has learnt nothing: what comes of it says whether the machinery works and what it costs, not how well a model hears. Its
tokenizer learns its tokens from a few texts: frequent words become one token, rare ones several.
"""

from collections.abc import Mapping, Sequence

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
TEMPLATE = "system\nYou are a helpful assistant.\nuser\nAudio 1: \nassistant\n"  # words of the model's chat template
TINY_TEXT = dict(
    hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
)
TINY_AUDIO = dict(d_model=32, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=64)


def make_processor(texts: Sequence[str], vocabulary: int) -> Qwen2AudioProcessor:
    """A processor as the published model's, but with a tokenizer of about `vocabulary` tokens, learnt from `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=CONTROL, show_progress=False, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(list(texts) * 4, trainer)  # a pair of letters seen once makes no token
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
                                   extra_special_tokens=CONTROL[1:], padding_side="left")  # fmt: skip
    return Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=128, return_attention_mask=True), fast)


def make_model(
    processor: Qwen2AudioProcessor,
    text: Mapping,
    audio: Mapping,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Qwen2AudioForConditionalGeneration:
    """A model on the device that reads what the processor makes, its weights from the seed.

    text, audio    settings of the language model's and the tower's configuration that differ from the published model's; a
                   vocabulary that is not given is as large as the tokenizer's
    """
    ids = processor.tokenizer.convert_tokens_to_ids
    usual = {"vocab_size": len(processor.tokenizer), "bos_token_id": None, "eos_token_id": ids("<|im_end|>")}
    config = Qwen2AudioConfig(
        text_config={"model_type": "qwen2"} | usual | dict(text),
        audio_config={"model_type": "qwen2_audio_encoder"} | dict(audio),
        audio_token_index=ids("<|AUDIO|>"),
    )
    before = torch.get_default_dtype()
    with torch.random.fork_rng(), torch.device(device):  # the caller's random numbers go on as if none had been drawn
        torch.manual_seed(seed)
        torch.set_default_dtype(dtype)
        try:
            return Qwen2AudioForConditionalGeneration(config)
        finally:
            torch.set_default_dtype(before)
