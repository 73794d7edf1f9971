"""Some of each clip's votes, drawn by chance: counts have no first ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.records import Study
from emo_core.seeding import number_from
from emo_core.store import answers
from emo_core.store.counting import slot_numbers
from emo_core.store.database import Database
from emo_core.store.studies import find_study


@dataclass(frozen=True)
class Kinds:
    """The votes on clips by kind; votes of one kind weigh the same for each emotion.

    clip     (kinds,): place among the clips that the study keeps
    weights  (kinds, emotions): what one such vote weighs, 1 in all
    votes    (kinds,): how many such votes there are
    """

    clip: np.ndarray
    weights: np.ndarray
    votes: np.ndarray


def drawn_votes(store: Database, study: str, clips: Sequence[str], n: int) -> np.ndarray:
    """A seeded random n of each clip's candidate votes, (clips, emotions): what they weigh, shared among labels where secondary
    ones count. Clips with fewer votes have all of theirs.

    Every n of a clip's votes are equally likely, so that their expected shares are those of all its votes. The draw follows from
    the study's seed and the clip's name: it is the same in whichever order the votes were stored, and a larger n holds the votes
    of a smaller one.

    clips: names of the clips that the study keeps, in the order of the store. Raises BadInput where the study has no candidate.
    """
    stored = find_study(store.cursor(), study)
    if stored.study.candidate is None:
        raise BadInput(f"The study {study!r} has no candidate panel whose votes could be taken. Choose one that has.")
    kinds = _kinds(store, study, stored.study)
    drawn = np.zeros(len(kinds.clip), dtype=np.int64)
    ends = np.searchsorted(kinds.clip, np.arange(len(clips) + 1))
    for name, start, end in zip(clips, ends[:-1], ends[1:]):
        votes = np.repeat(np.arange(start, end), kinds.votes[start:end])
        if len(votes) > n:
            chance = np.random.default_rng(number_from("votes", stored.study.seed, name))
            votes = votes[chance.permutation(len(votes))[:n]]
        np.add.at(drawn, votes, 1)
    found = np.zeros((len(clips), len(stored.study.emotions)))
    np.add.at(found, kinds.clip, drawn[:, None] * kinds.weights)
    return found


def _kinds(store: Database, study: str, settings: Study) -> Kinds:
    """The candidate's votes inside the study's emotions, by clip, and on a clip in an order that follows from the names of the
    emotions alone.
    """
    found = answers.vote_kinds(store, study, "candidate")
    slots = np.full(256, -1)
    for column, numbers in enumerate(slot_numbers(store.cursor(), settings)):
        slots[numbers] = column
    own = slots[found["emotion_id"]]
    weights = np.eye(len(settings.emotions) + 1)[own][:, :-1]
    for row in np.flatnonzero(found["further"]) if settings.secondary_weight else ():
        others = slots[np.asarray(found["secondary_ids"][row], dtype=int)]
        strengths = np.asarray(found["strengths"][row], dtype=float)
        np.add.at(weights[row], others[others >= 0], settings.secondary_weight * strengths[others >= 0])
        weights[row] /= weights[row].sum() or 1.0
    inside = own >= 0
    clip, weights, votes = found["clip"][inside], weights[inside], found["votes"][inside]
    by_name = np.argsort(np.array(settings.emotions))
    order = np.lexsort((*weights[:, by_name[::-1]].T, clip))
    clip, weights, votes = clip[order], weights[order], votes[order]
    is_new = np.ones(len(clip), dtype=bool)
    is_new[1:] = (clip[1:] != clip[:-1]) | (weights[1:] != weights[:-1]).any(axis=1)
    return Kinds(clip[is_new], weights[is_new], np.add.reduceat(votes, np.flatnonzero(is_new)) if len(clip) else votes)
