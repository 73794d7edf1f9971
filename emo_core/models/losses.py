"""What training minimises: one figure for each clip from a target distribution and predicted log-probabilities.

Conventions
- `log_q` are natural log-probabilities (clips, emotions) of the model, `p` target distributions of the same shape; computed in
  float32 whatever comes in. Results (clips,), lower is better.
- In bits, as everywhere in the workbench; in nats they are ln 2 = 0.6931 times as large. The unit scales the gradient, which
  Adam's normalised steps do not feel (only the bound on the gradient's norm does).
- Targets may hold zeros. Differentiable for every finite `log_q`, also where a probability is too small for float32.

| name | loss | smallest |
|---|---|---|
| js | Jensen–Shannon divergence, the paper's choice (section 2.4) | 0 |
| kl | Kullback–Leibler divergence KL(p‖q): the same gradient as ce | 0 |
| ce | cross-entropy on soft labels, −Σ p log₂ q | H(p) |
| mse | mean squared error, Σ (p − q)² / K; no logarithm, no unit | 0 |

Rounding in float32 may carry a divergence below zero by about 1e-7.
"""

import math
from collections.abc import Callable

import torch

from emo_core.errors import UnknownName

_LN2 = math.log(2)


def jensen_shannon_loss(log_q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m), m = ½ (p + q), in bits, 0 … 1 (Lin 1991)."""
    log_q, p = log_q.float(), p.float()
    log_m = torch.logaddexp(p.log(), log_q) - _LN2
    # xlogy is 0 where p is 0, where p.log() would give 0 · −∞.
    from_p = torch.xlogy(p, p) - p * log_m
    from_q = log_q.exp() * (log_q - log_m)
    return (from_p + from_q).sum(-1) / (2 * _LN2)


def kullback_leibler_loss(log_q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """KL(p‖q) = Σ p log₂ (p / q), in bits, 0 … ∞."""
    log_q, p = log_q.float(), p.float()
    return (torch.xlogy(p, p) - p * log_q).sum(-1) / _LN2


def cross_entropy_loss(log_q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """H(p, q) = −Σ p log₂ q = KL(p‖q) + H(p), in bits."""
    return -(p.float() * log_q.float()).sum(-1) / _LN2


def mean_squared_error_loss(log_q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Σ (p − q)² / K over K emotions, 0 … 2/K, without unit."""
    return (p.float() - log_q.float().exp()).square().mean(-1)


LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "js": jensen_shannon_loss,
    "kl": kullback_leibler_loss,
    "ce": cross_entropy_loss,
    "mse": mean_squared_error_loss,
}


def loss_named(name: str) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The loss of that name. Raises UnknownName."""
    if name not in LOSSES:
        raise UnknownName("loss", name, LOSSES)
    return LOSSES[name]
