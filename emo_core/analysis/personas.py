"""Which persona at which temperature hears like people? A table over the cells of a panel of model votes.

A vote's agreement with one listener is the share of the clip's reference votes that are for the same emotion: the chance that a
listener, drawn at random, said the same. Its mean over votes is compared with what listeners reach among themselves: the share of
pairs of reference votes on a clip that agree. Intervals resample clips, with all votes on them.
"""

import numpy as np

from emo_core import science
from emo_core.analysis import data
from emo_core.errors import BadInput
from emo_core.store import Database

INTERVALS = "95 % bootstrap over clips"


def personas(store: Database, study: str) -> dict:
    """For each persona and temperature, each persona, each temperature and all votes: votes, clips, agreement with a listener
    (with interval), entropy of all its votes together (bits), share of votes for each emotion.

    Raises UnknownName, BadInput where the candidate's raters have no personas.
    """
    found = data.of_study(store, study, votes=("candidate",))
    votes = found.candidate_votes
    if votes is None or not len(votes.clip) or all(persona is None for persona in votes.personas):
        raise BadInput(f"The candidate panel of {study!r} has no votes of personas. Choose a study of a run's panel.")
    shares = science.normalise(found.reference_weights)
    score = shares[votes.clip, votes.label]
    persona, heat = votes.personas[votes.rater], votes.temperatures[votes.rater]
    groups: list[dict] = [{"persona": None, "temperature": None}]
    groups += [{"persona": name, "temperature": None} for name in dict.fromkeys(sorted(set(votes.personas) - {None}))]
    groups += [{"persona": None, "temperature": float(t)} for t in np.unique(heat[~np.isnan(heat)])]
    groups += [
        {"persona": name, "temperature": float(t)}
        for name in sorted(set(persona) - {None})
        for t in np.unique(heat[persona == name])
    ]
    rows = [_row(found, votes, score, group, _members(persona, heat, group)) for group in groups]
    return {
        "study": study, "panel": found.candidate_name, "reference": found.reference_name, "emotions": list(found.emotions),
        "clips": len(np.unique(votes.clip)), "listeners": _listeners(found), "rows": rows, "intervals": INTERVALS,
    }  # fmt: skip


def _members(persona: np.ndarray, heat: np.ndarray, group: dict) -> np.ndarray:
    mine = np.ones(len(persona), dtype=bool)
    if group["persona"] is not None:
        mine &= persona == group["persona"]
    if group["temperature"] is not None:
        mine &= heat == group["temperature"]
    return mine


def _row(found: data.StudyData, votes: data.Votes, score: np.ndarray, group: dict, mine: np.ndarray) -> dict:
    clips = len(found.clips)
    n = np.bincount(votes.clip[mine], minlength=clips).astype(float)
    agreed = np.bincount(votes.clip[mine], weights=score[mine], minlength=clips)
    spread = np.bincount(votes.label[mine], minlength=len(found.emotions))
    return group | {
        "votes": int(mine.sum()), "clips": int((n > 0).sum()), **_ratio(agreed, n, found.seed),
        "entropy": float(science.entropy(science.normalise(spread[None]))[0]),
        "shares": (spread / max(1, spread.sum())).tolist(),
    }  # fmt: skip


def _listeners(found: data.StudyData) -> dict:
    """How often two listeners of one clip agree."""
    counts = found.reference
    n = counts.sum(axis=1)
    return _ratio((counts * (counts - 1)).sum(axis=1).astype(float), (n * (n - 1)).astype(float), found.seed)


def _ratio(top: np.ndarray, bottom: np.ndarray, seed: int) -> dict:
    """Sum over clips of one over that of the other, with its interval."""
    kept = bottom > 0
    if not kept.any():
        return {"agreement": None, "agreement_interval": [None, None]}
    terms = np.column_stack([top[kept], bottom[kept]])
    interval = science.bootstrap_interval(terms, lambda sums: sums[:, 0] / sums[:, 1], seed=seed)
    return {"agreement": float(top.sum() / bottom.sum()), "agreement_interval": [interval.low, interval.high]}
