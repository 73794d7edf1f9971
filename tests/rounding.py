"""How far two ways to compute one number in float32 may lie apart, whatever instructions the processor has."""

import numpy as np

EPSILON = float(np.finfo(np.float32).eps)  # 1.2e-7: relative distance of neighbouring float32 numbers
STEPS = 64  # roundings that may add up through the few layers of a tiny model, each of half a step at most


def float32_bound(*values, scale: float = 1.0) -> float:
    """The bound for numbers of this size: `STEPS` roundings of the largest of them (at least 1, as intermediate numbers are).
    scale: by how much what is compared amplifies the numbers that were rounded, as 1 / temperature does logits.
    """
    largest = max([1.0, *(float(np.max(np.abs(np.asarray(each, dtype=float)))) for each in values)])
    return STEPS * EPSILON * largest * scale
