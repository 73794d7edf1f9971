"""Which persona at which temperature hears like people? A table over the cells of a panel of model votes.

Agreement with one listener is the chance that a vote and a listener of its clip, both drawn at
random, name the same emotion (`agreement.match_terms`). It is compared with what listeners reach
among themselves: the percent agreement of the reference, as on the page Agreement. Both are means
over clips, each clip counting once however many votes it has. Intervals resample clips.
"""

from dataclasses import replace

import numpy as np

from emo_core import science
from emo_core.analysis import data
from emo_core.errors import BadInput
from emo_core.science import agreement
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
    # An anonymous vote, rater −1, has neither: it counts among all votes alone.
    persona = np.array([*votes.personas, None], dtype=object)[votes.rater]
    heat = np.array([*votes.temperatures, np.nan])[votes.rater]
    groups: list[dict] = [{"persona": None, "temperature": None}]
    groups += [{"persona": name, "temperature": None} for name in dict.fromkeys(sorted(set(votes.personas) - {None}))]
    groups += [{"persona": None, "temperature": float(t)} for t in np.unique(heat[~np.isnan(heat)])]
    groups += [
        {"persona": name, "temperature": float(t)}
        for name in sorted(set(persona) - {None})
        for t in np.unique(heat[(persona == name) & ~np.isnan(heat)])
    ]
    rows = [_row(found, votes, group, _members(persona, heat, group)) for group in groups]
    return {
        "study": study,
        "panel": found.candidate_name,
        "reference": found.reference_name,
        "emotions": list(found.emotions),
        "clips": len(np.unique(votes.clip)),
        "listeners": _mean(agreement.percent_terms(found.reference), found.seed),
        "rows": rows,
        "intervals": INTERVALS,
    }


def _members(persona: np.ndarray, heat: np.ndarray, group: dict) -> np.ndarray:
    mine = np.ones(len(persona), dtype=bool)
    if group["persona"] is not None:
        mine &= persona == group["persona"]
    if group["temperature"] is not None:
        mine &= heat == group["temperature"]
    return mine


def _row(found: data.StudyData, votes: data.Votes, group: dict, mine: np.ndarray) -> dict:
    part = replace(votes, clip=votes.clip[mine], rater=votes.rater[mine], label=votes.label[mine])
    counts = part.counts(len(found.clips), len(found.emotions))
    terms = agreement.match_terms(found.reference, counts)
    spread = counts.sum(axis=0)
    return group | {
        "votes": int(mine.sum()),
        "clips": int((counts.sum(axis=1) > 0).sum()),
        **_mean(terms, found.seed),
        "entropy": float(science.entropy(science.normalise(spread[None]))[0]),
        "shares": (spread / max(1, spread.sum())).tolist(),
    }


def _mean(terms: np.ndarray, seed: int) -> dict:
    """The mean over clips of `agreement.percent_terms` or `match_terms`, with its interval."""
    value = float(agreement.percent_from_sums(terms.sum(axis=0)))
    if np.isnan(value):
        return {"agreement": None, "agreement_interval": [None, None]}
    interval = science.bootstrap_interval(terms, agreement.percent_from_sums, seed=seed)
    return {"agreement": value, "agreement_interval": [interval.low, interval.high]}
