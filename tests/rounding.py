"""How far two ways to compute one number in float32 may lie apart, whatever instructions the processor has.

Kernels for other instruction sets (AVX2, AVX-512) add the same terms in another order, so that the last bits of a sum depend on
the processor, and on the shape of a batch. Each operation is rounded to the nearest float32 number, off by at most u = 2⁻²⁴ of its
size. n roundings in a row are off by at most n·u; as they point either way, their sum stays below λ·√n·u except with probability
2·exp(−λ²/2). Two ways to compute the number are each off by so much of the largest number that was rounded:

    |a − b| ≤ 2 · λ · √n · u · largest,   λ = 6: exceeded with a probability of 3e-8

References
- Higham & Mary (2019), "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41 (5), theorem 2.4.
"""

import math

import numpy as np
import torch

UNIT_ROUNDOFF = 2.0**-24  # of float32, whose neighbouring numbers lie 2⁻²³ of their size apart
DEVIATIONS = 6.0  # λ


def float32_bound(roundings: int, *values, scale: float = 1.0) -> float:
    """The bound on the difference of two ways to compute numbers of this size in float32.

    roundings  n, in a row: the terms that are summed to make the result, over all layers
    values     arrays whose largest size counts; at least 1, as a normalised layer's numbers are
    scale      by how much what is compared amplifies the numbers that were rounded, as 1 / temperature does logits
    """
    largest = max([1.0, *(float(np.max(np.abs(np.asarray(each, dtype=float)))) for each in values)])
    return 2 * DEVIATIONS * math.sqrt(roundings) * UNIT_ROUNDOFF * largest * scale


def roundings_of(model: torch.nn.Module) -> int:
    """Terms that a model's layers sum up for one result, those of parallel layers counted too: the inputs of each linear layer,
    convolution and normalisation. What attention sums over positions are weighted means, which do not grow.
    """
    count = 0
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            count += layer.in_features
        elif isinstance(layer, torch.nn.Conv1d):
            count += layer.in_channels * layer.kernel_size[0]
        elif layer.__class__.__name__.endswith("Norm"):
            count += layer.weight.numel()
    return count
