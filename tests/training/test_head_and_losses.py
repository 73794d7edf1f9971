"""The head leaves padding out; losses agree with the textbook's divergences, and have gradients where those have edges."""

import numpy as np
import pytest
import torch

from emo_core.errors import BadInput, UnknownName
from emo_core.models.head import DistributionHead
from emo_core.models.losses import LOSSES, loss_named
from emo_core.science.distributions import entropy
from emo_core.science.divergences import jensen_shannon_divergence, kullback_leibler_divergence
from emo_core.training.settings import LOSS_NAMES
from tests.rounding import float32_bound, roundings_of


@pytest.fixture
def head():
    torch.manual_seed(0)
    return DistributionHead(16, 3, heads=2, input_width=10).eval()


def test_padding_never_changes_a_prediction(head):
    states, mask = torch.randn(1, 5, 10), torch.ones(1, 5, dtype=torch.bool)
    alone = head(states, mask)
    for filler in (0.0, 1e4):
        padded = torch.cat([torch.full((1, 2, 10), filler), states, torch.full((1, 3, 10), filler)], dim=1)
        longer = torch.nn.functional.pad(mask, (2, 3))
        bound = float32_bound(roundings_of(head), alone.detach())
        torch.testing.assert_close(head(padded, longer), alone, atol=bound, rtol=0)
    assert not torch.allclose(head(states[:, :4], mask[:, :4]), alone, atol=1e-4)  # a true token counts


def test_padding_gets_no_gradient(head):
    states = torch.randn(2, 5, 10, requires_grad=True)
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    head(states, mask)[:, 0].sum().backward()
    assert not states.grad[1, 3:].any()
    assert states.grad[0].any(dim=-1).all()


def test_the_head_gives_distributions_in_float32(head):
    log_q = head.to(torch.bfloat16).float()(torch.randn(4, 3, 10).bfloat16(), torch.ones(4, 3, dtype=torch.bool))
    assert log_q.dtype == torch.float32
    torch.testing.assert_close(log_q.exp().sum(-1), torch.ones(4))


def test_a_head_that_cannot_be_built_is_refused():
    with pytest.raises(BadInput, match="width 10 needs a number of heads that divides it, not 4"):
        DistributionHead(10, 3)


@pytest.fixture
def pairs(rng_pairs=200):
    rng = np.random.default_rng(0)
    p = rng.multinomial(5, rng.dirichlet(np.ones(4), rng_pairs)) / 5  # votes: zeros among the targets
    return p, rng.dirichlet(np.ones(4), rng_pairs)


def loss(name, p, q):
    return LOSSES[name](torch.from_numpy(np.log(q)), torch.from_numpy(p)).numpy()


def test_losses_are_the_textbook_divergences(pairs):
    p, q = pairs
    # Against float64: 4 terms of at most 6 operations each on logarithms of this size; no logarithm in the last.
    bits = {"atol": float32_bound(24, np.log2(q)), "rtol": 0}
    np.testing.assert_allclose(loss("js", p, q), jensen_shannon_divergence(p, q), **bits)
    np.testing.assert_allclose(loss("kl", p, q), kullback_leibler_divergence(p, q), **bits)
    np.testing.assert_allclose(loss("ce", p, q), kullback_leibler_divergence(p, q) + entropy(p), **bits)
    np.testing.assert_allclose(loss("mse", p, q), np.square(p - q).mean(1), atol=float32_bound(16), rtol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_finite_at_the_edges(name):
    logits = torch.tensor([[300.0, 0, -300], [0, 0, 0], [-300, 0, 300]], requires_grad=True)
    targets = torch.tensor([[1.0, 0, 0], [1, 0, 0], [1, 0, 0]])
    LOSSES[name](logits.log_softmax(-1), targets).sum().backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1, 0] < 0  # more of what listeners heard


def test_names_of_losses():
    assert tuple(LOSSES) == LOSS_NAMES  # settings are light and repeat the names
    with pytest.raises(UnknownName, match="Known: js, kl, ce, mse"):
        loss_named("hinge")
