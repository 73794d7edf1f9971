import numpy as np
import pytest
import torch

from emo_core.errors import BadInput, UnknownName
from emo_core.models import label_tree
from emo_core.models.label_tree import SpellingRules, label_log_probabilities
from emo_core.models.sampling import sample
from tests.models.conftest import LABELS, PROMPTS
from tests.rounding import float32_bound, roundings_of

TEMPERATURES = (0.5, 1.0, 1.7)
KIN = ("sad", "sadness", "happy")  # the first two share their first token


def plain(backbone, clip, text: str, label: str) -> np.ndarray:
    """The same by the stock processor and model: 30 s of padding, one whole sequence for every spelling."""
    turn = {"role": "user", "content": [{"type": "audio", "audio_url": "clip"}, {"type": "text", "text": text}]}
    worded = backbone.processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)
    chances = []
    for spelling in {label, label + ".", label.capitalize(), label.capitalize() + "."}:
        batch = backbone.processor(text=worded + spelling, audio=[clip], sampling_rate=16_000, return_tensors="pt")
        written = backbone.processor.tokenizer.encode(spelling)
        assert batch.input_ids[0, -len(written) :].tolist() == written
        with torch.no_grad():
            logits = backbone.model(**batch).logits[0, -len(written) - 1 :].double()
        chance = torch.stack([(logits / t).log_softmax(-1) for t in TEMPERATURES]).numpy()
        tokens = sum(chance[:, t, token] for t, token in enumerate(written))
        chances.append(tokens + np.logaddexp.reduce(chance[:, -1, list(backbone.ends)], axis=-1))
    return np.logaddexp.reduce(chances)


@pytest.mark.parametrize("known", ["backbone", "taught"])
def test_one_pass_equals_separate_stock_passes(known, request, clips):
    model = request.getfixturevalue(known)
    found = label_log_probabilities(model, clips, PROMPTS, KIN, TEMPERATURES)
    expected = [
        [[plain(model, clip, text, label) for label in KIN] for text in texts] for clip, texts in zip(clips, PROMPTS)
    ]
    expected = np.swapaxes(expected, 2, 3)
    assert found.shape == (2, 2, 3, 3) and found.dtype == np.float64
    scale = np.array(TEMPERATURES)[:, None]  # the rounding of the logits is divided by the temperature
    found, expected = found * scale, expected * scale
    np.testing.assert_allclose(found, expected, atol=float32_bound(roundings_of(model.model), expected), rtol=0)
    assert (np.exp(found / scale).sum(axis=-1) < 1).all()


def test_clips_prompts_and_labels_do_not_touch_each_other(taught, clips, monkeypatch):
    found = label_log_probabilities(taught, clips, PROMPTS, LABELS, TEMPERATURES)
    bound = float32_bound(roundings_of(taught.model), found, scale=1 / min(TEMPERATURES))
    alone = [
        label_log_probabilities(taught, [clip], [[text]], LABELS, TEMPERATURES)[0, 0]
        for clip, texts in zip(clips, PROMPTS)
        for text in texts
    ]
    np.testing.assert_allclose(found.reshape(4, 3, 3), alone, atol=bound, rtol=0)
    turned = label_log_probabilities(taught, clips[::-1], [t[::-1] for t in PROMPTS[::-1]], LABELS[::-1], TEMPERATURES)
    np.testing.assert_allclose(turned[::-1, ::-1, :, ::-1], found, atol=bound, rtol=0)
    monkeypatch.setattr(label_tree, "ROWS_AT_ONCE", 3)
    np.testing.assert_allclose(
        label_log_probabilities(taught, clips, PROMPTS, LABELS, TEMPERATURES), found, atol=bound, rtol=0
    )
    again = label_log_probabilities(taught, [clips[0]], [[PROMPTS[0][0]] * 3], LABELS, [1.0])
    np.testing.assert_array_equal(again[0, 1:], again[0, :1].repeat(2, axis=0))


def test_a_small_temperature_leaves_the_likeliest_reply(taught, clips):
    cold = np.exp(label_log_probabilities(taught, clips, PROMPTS, LABELS, [0.002]))[:, :, 0]
    likeliest = sample(taught, clips, PROMPTS, temperature=0.002, seeds=np.zeros((2, 2, 1), int))
    assert [texts[0] for texts in (*likeliest[0], *likeliest[1])].count("neutral") >= 2
    for clip, prompt in np.ndindex(2, 2):
        written = [likeliest[clip][prompt][0].lower() == label for label in LABELS]
        np.testing.assert_allclose(cold[clip, prompt], written, atol=1e-3)


def test_spellings():
    assert SpellingRules().of("Sad") == ["Sad", "Sad.", "sad", "sad."]
    assert SpellingRules(cases=("upper",), endings=("",)).of("not sure") == ["NOT SURE"]
    with pytest.raises(UnknownName, match="title"):
        SpellingRules(cases=("title",))
    with pytest.raises(BadInput, match="at least one"):
        SpellingRules(cases=())


def test_more_spellings_are_more_chance(taught, clips):
    few, many = (
        label_log_probabilities(taught, clips, PROMPTS, LABELS, [1.0], spelling=SpellingRules(cases, endings))
        for cases, endings in ((("lower",), ("",)), (("lower", "capitalised"), ("", ".")))
    )
    assert (
        many > few - float32_bound(roundings_of(taught.model), few)
    ).all()  # a further spelling may be as good as impossible
    assert (many > few + 1e-2).any()


def test_requests_that_make_no_sense_are_refused(taught, clips):
    for prompts in ([PROMPTS[0]], ["one", "two"], [[], []], [["one"], ["one", "two"]]):
        with pytest.raises(BadInput, match="prompts"):
            label_log_probabilities(taught, clips, prompts, LABELS, [1.0])
    for labels in ((), ("sad", "sad"), ("sad", " ")):
        with pytest.raises(BadInput, match="Labels must be"):
            label_log_probabilities(taught, clips, PROMPTS, labels, [1.0])
    with pytest.raises(BadInput, match="'Sad' and 'sad' share the spelling"):
        label_log_probabilities(taught, clips, PROMPTS, ("Sad", "sad"), [1.0])
    for temperatures in ((), (0.0,), (1.0, float("nan"))):
        with pytest.raises(BadInput, match="above 0"):
            label_log_probabilities(taught, clips, PROMPTS, LABELS, temperatures)
