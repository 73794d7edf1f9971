"""Which clips a campaign wants labelled first: fewest votes, most disagreement, or most to gain from one more vote."""

from collections.abc import Mapping

import numpy as np

from emo_core import science
from emo_core.errors import UnknownName
from emo_core.labelling.campaign import Campaign
from emo_core.science import advisor, dirichlet
from emo_core.store import Database, studies

# Decimals of scores: sums over one clip and over many differ in the last bit, and equal clips must stay equal.
ALIKE = 9


def slots(store: Database, campaign: Campaign) -> dict[str, int]:
    """The column of counts that a vote for an emotion falls in: as the study merges them, else in the form's order."""
    if campaign.study:
        try:
            return studies.find_study(store.cursor(), campaign.study).study.slots
        except UnknownName:  # the study was removed since; the form's emotions still are what is asked
            pass
    return {name: column for column, name in enumerate(campaign.form.emotions)}


def tally(columns: Mapping[str, int], items: int, votes: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(items, emotions) counts inside the columns, and (items,) votes in all, from the columns `place`, `emotion` (names) and
    `votes` of equal length.
    """
    place, number = votes["place"].astype(np.int64), votes["votes"].astype(np.int64)
    names, which = np.unique(votes["emotion"].astype(str), return_inverse=True)
    slot = np.array([columns.get(str(name), -1) for name in names], dtype=np.int64)[which]
    width = max(columns.values(), default=0) + 1
    inside = slot >= 0
    counts = np.bincount(place[inside] * width + slot[inside], number[inside], minlength=items * width)
    total = np.bincount(place, number, minlength=items)
    return counts.reshape(items, width).astype(np.int64), total.astype(np.int64)


def prior(campaign: Campaign, counts: np.ndarray) -> dirichlet.DirichletPrior | None:
    """The Dirichlet prior that expected gains go by, None where nobody asks for them."""
    wanted = campaign.order == "gain" or campaign.least_gain
    return dirichlet.fit_dirichlet(counts) if wanted else None


def gains(counts: np.ndarray, learned: dirichlet.DirichletPrior) -> np.ndarray:
    """(items,) bits of expected divergence that the next vote takes away."""
    return advisor.expected_gains(counts, learned, votes=1)[:, 0]


def scores(
    campaign: Campaign, counts: np.ndarray, votes: np.ndarray, learned: dirichlet.DirichletPrior | None
) -> np.ndarray:
    """(items,) what the campaign's order goes by, highest first; all equal where it is random."""
    if campaign.order == "fewest":
        return -votes.astype(float)
    if campaign.order == "disagreement":
        return np.nan_to_num(science.entropy(science.normalise(counts)), nan=0.0).round(ALIKE)
    return gains(counts, learned).round(ALIKE) if campaign.order == "gain" else np.zeros(len(counts))
