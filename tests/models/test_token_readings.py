import numpy as np
import pytest
import torch

from emo_core.errors import BadInput
from emo_core.models.token_readings import read_tokens, writes_a_word
from tests.models.conftest import LABELS, PROMPTS
from tests.rounding import float32_bound, roundings_of

QUESTIONS = [PROMPTS[0][0], PROMPTS[1][0]]
KINDS = ("all/averaged", "all/first", "words/averaged", "words/first")


def by_hand(backbone, clip, text: str, reply: str) -> dict[str, list]:
    """The paper's equations over the stock model's logits for a given reply."""
    tokenizer = backbone.processor.tokenizer
    turn = {"role": "user", "content": [{"type": "audio", "audio_url": "clip"}, {"type": "text", "text": text}]}
    worded = backbone.processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)
    batch = backbone.processor(text=worded + reply, audio=[clip], sampling_rate=16_000, return_tensors="pt")
    count = len(tokenizer.encode(reply))
    with torch.no_grad():
        logits = backbone.model(**batch).logits[0, -count - 1 : -1].double().numpy()
    subtokens = [tokenizer.encode(label) for label in LABELS]
    averaged = [np.mean([logits[:, token].mean() for token in tokens]) for tokens in subtokens]
    return {"all/averaged": averaged, "all/first": [logits[:, tokens[0]].mean() for tokens in subtokens]}


def test_readings_are_the_equations_of_the_paper(taught, clips):
    for clip, text, reading in zip(clips, QUESTIONS, read_tokens(taught, clips, QUESTIONS, LABELS)):
        expected = by_hand(taught, clip, text, reading.text)
        for kind in ("all/averaged", "all/first"):
            bound = float32_bound(roundings_of(taught.model), expected[kind])
            np.testing.assert_allclose(reading.readings[kind], expected[kind], atol=bound, rtol=0)
        if reading.text in LABELS:  # every step writes the word
            np.testing.assert_array_equal(reading.readings["words/first"], reading.readings["all/first"])
    assert reading.text == "neutral" and reading.steps == 2


@pytest.mark.parametrize("how", [{}, {"temperature": 1.3, "seeds": [3, 4]}])
def test_a_batch_equals_single_clips(taught, clips, how):
    together = read_tokens(taught, clips, QUESTIONS, LABELS, **how)
    apart = read_tokens(taught, clips, QUESTIONS, LABELS, batch_size=1, **how)
    assert [(reading.text, reading.steps) for reading in together] == [(r.text, r.steps) for r in apart]
    for one, other in zip(together, apart):
        for kind in KINDS:
            bound = float32_bound(roundings_of(taught.model), other.readings[kind])
            np.testing.assert_allclose(one.readings[kind], other.readings[kind], atol=bound, rtol=0)


def test_replies_without_emotion_words_have_no_such_reading(taught, clips):
    for reading in read_tokens(taught, clips, QUESTIONS, ["anger", "fear"]):
        assert reading.readings["words/averaged"] is None and reading.readings["words/first"] is None
        assert reading.readings["all/averaged"].shape == (2,)


def test_steps_that_write_a_word(backbone):
    encode = backbone.processor.tokenizer.encode
    for text, words in (("Happy: 10%, sad: 90%", "Happysad"), ("sadness, unhappy", ""), ("neutral", "neutral")):
        tokens = encode(text)
        mask = writes_a_word(backbone, tokens, LABELS)
        kept = [token for token, keep in zip(tokens, mask) if keep]
        assert backbone.processor.tokenizer.decode(kept).replace(" ", "") == words
    assert writes_a_word(backbone, [], LABELS).shape == (0,)


def test_requests_that_make_no_sense_are_refused(taught, clips):
    with pytest.raises(BadInput, match="one prompt"):
        read_tokens(taught, clips, QUESTIONS[:1], LABELS)
    with pytest.raises(BadInput, match="each once"):
        read_tokens(taught, clips, QUESTIONS, ["sad", "Sad"])
    for how in ({"temperature": -1.0}, {"temperature": 1.0}, {"temperature": 1.0, "seeds": [1]}):
        with pytest.raises(BadInput, match="with a seed for each clip"):
            read_tokens(taught, clips, QUESTIONS, LABELS, **how)
