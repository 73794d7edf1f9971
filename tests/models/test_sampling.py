import numpy as np
import pytest
from scipy.stats import chisquare

from emo_core.errors import BadInput
from emo_core.models.label_tree import label_log_probabilities
from emo_core.models.sampling import sample
from tests.models.conftest import LABELS, PROMPTS

REPLIES, TEMPERATURES = 300, (0.6, 1.3)


def parse(text: str) -> str | None:
    word = text.removesuffix(".")
    return next((label for label in LABELS if word in (label, label.capitalize())), None)


def tally(texts: list[str]) -> np.ndarray:
    """Counts of each label, and last of replies that are none."""
    return np.array([sum(parse(text) == label for text in texts) for label in (*LABELS, None)])


@pytest.fixture(scope="module")
def tallies(taught, clips):
    """Counts (clips, prompts, temperatures, labels and other) of sampled replies."""
    seeds = np.arange(4 * REPLIES).reshape(2, 2, REPLIES)
    written = [
        sample(taught, clips, PROMPTS, temperature=t, seeds=seeds, batch_size=200, max_new_tokens=8)
        for t in TEMPERATURES
    ]
    return np.array([[[tally(written[t][c][p]) for t in range(2)] for p in range(2)] for c in range(2)])


def test_sampled_replies_follow_the_computed_distribution(taught, clips, tallies):
    chances = np.exp(label_log_probabilities(taught, clips, PROMPTS, LABELS, TEMPERATURES))
    valid, normalised = tallies[..., :3], chances / chances.sum(axis=-1, keepdims=True)
    everything = np.concatenate([chances, 1 - chances.sum(axis=-1, keepdims=True)], axis=-1)
    for index in np.ndindex(2, 2, 2):
        expected = valid[index].sum() * normalised[index]
        assert chisquare(valid[index], expected).pvalue > 0.001
        assert chisquare(tallies[index], REPLIES * everything[index]).pvalue > 0.001
        other = normalised[index[0], 1 - index[1], index[2]]  # the same counts against the other prompt
        assert chisquare(valid[index], valid[index].sum() * other).pvalue < 1e-6
    assert (valid.sum(axis=-1) > 0.6 * REPLIES).all()


def test_a_reply_is_a_function_of_its_seed(taught, clips):
    seeds = np.array([[[5, 6], [7, 5]], [[8, 9], [5, 7]]])
    together = sample(taught, clips, PROMPTS, temperature=1.3, seeds=seeds)
    for clip, prompt, reply in np.ndindex(seeds.shape):
        alone = sample(
            taught, [clips[clip]], [[PROMPTS[clip][prompt]]], temperature=1.3, seeds=[[[seeds[clip, prompt, reply]]]]
        )
        assert alone == [[[together[clip][prompt][reply]]]]


def test_requests_that_make_no_sense_are_refused(taught, clips):
    for seeds in (np.arange(4).reshape(2, 2), np.arange(2).reshape(1, 1, 2)):
        with pytest.raises(BadInput, match="Seeds must be"):
            sample(taught, clips, PROMPTS, temperature=1.0, seeds=seeds)
    with pytest.raises(BadInput, match="above 0"):
        sample(taught, clips, PROMPTS, temperature=0.0, seeds=np.zeros((2, 2, 1), int))
