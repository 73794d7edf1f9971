"""Stopping early by rule: when one more draw a clip no longer brings the panel closer to the reference."""

import numpy as np

from emo_core.annotators.clips import Clips
from emo_core.annotators.ledger import Account
from emo_core.annotators.plan import Plan
from emo_core.science import subsets

LEAST = 3  # draws before the rule is asked


def last_gain(plan: Plan, clips: Clips, account: Account, draws: int) -> tuple[float, int]:
    """Mean JS divergence (bits) that the last draw took off, and over how many clips: the exact mean over all subsets of
    n − 1 of the first n votes minus that of all n, on the clips with reference votes and n votes.
    """
    column = {name: place for place, name in enumerate(plan.emotions)}
    counts = np.zeros((len(clips.rows), len(plan.emotions)), dtype=np.int64)
    for row, name in enumerate(clips.names):
        for draw, label in account.labels.get(name, {}).items():
            if draw < draws:
                counts[row, column[label]] += 1
    kept = (counts.sum(axis=1) == draws) & (clips.reference.sum(axis=1) > 0)
    if not kept.any():
        return float("nan"), 0
    before, after = subsets.against_all(clips.reference[kept], counts[kept], [draws - 1, draws]).per_clip().mean(axis=0)
    return float(before - after), int(kept.sum())


def is_saturated(plan: Plan, clips: Clips, account: Account, draws: int) -> bool:
    """Whether, with `draws` draws a clip made, the rule of the plan ends the run."""
    return draws >= LEAST and last_gain(plan, clips, account, draws)[0] < plan.stop_gain
