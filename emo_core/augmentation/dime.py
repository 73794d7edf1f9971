"""The plan of DiME-Aug: which clips are mixed with which, how strongly, and what the mixtures are to teach (section 2.3).

How samples are chosen
- The emotion with the fewest clips of the moment gets the next sample, until the budget is spent or no minority emotion has
  room for a whole clip more. A larger fraction therefore extends a smaller one: its first samples are the same.
- Within an emotion its clips take turns as parent i, in an order that the seed shuffles anew each turn.
- Parent j is drawn evenly among the k nearest neighbours of i, and λ from its distribution. Both follow from the sample's seed,
  and that from the settings' seed, the emotion's name, the clip's name and the turn: the order of the clips does not matter.
- Features are standardised on the clips given, which are the training side alone.

Rejected samples leave their place empty: they are spent budget, and nothing takes their place, so that what a listener has
already heard and kept stays as it was. Raise the fraction to get further ones.
"""

from collections import namedtuple
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count

import numpy as np

from emo_core.augmentation.balance import Balance, class_counts, dominant, members, tied
from emo_core.augmentation.parents import Parents, feature_space, find_parents
from emo_core.augmentation.samples import NotMade, Samples, sample_id
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import BadInput
from emo_core.seeding import number_from

_Drawn = namedtuple("_Drawn", "id emotion i j lam seed distance")
_ROUNDING = 1e-9  # of sums of thirds, which tied clips count


def plan(training: TrainingClips, settings: Settings, *, rejected: Collection[str] = ()) -> Samples:
    """Choose the samples: round(fraction × clips) of them, fewer where the minority emotions are full before that.

    rejected: ids of samples that a listener rejected. `Samples.not_made` counts all that fell short, with its reason.

    Raises BadInput where all clips have the same dominant emotion; where parents must be of one speaker and a clip's is not
    known; where the cosine of a clip's features is not defined.
    """
    rejected, (clips, order) = frozenset(rejected), training.by_name()
    counted = members(dominant(clips.distributions), settings.ties)
    before = class_counts(counted)
    _check_classes(clips.emotions, before)
    level = before.max() if settings.minority == "below_largest" else before.mean()
    vectors, room = feature_space(clips, settings), np.floor(level - before + _ROUNDING).astype(int)
    parents = {
        k: find_parents(clips, vectors, counted, k, int(room[k]), settings) for k in np.flatnonzero(room > 0).tolist()
    }
    budget = round(settings.fraction * len(order))
    chosen = _rarest_first(before, {k: room[k] for k, found in parents.items() if len(found.clips)}, budget)
    drawn = list(_draw(clips, parents, chosen, settings))
    kept = [row._replace(i=order[row.i], j=order[row.j]) for row in drawn if row.id not in rejected]
    short = [row for found in parents.values() for row in found.not_made]
    short.append(NotMade(None, "samples", budget - len(chosen), "no emotion that can be filled has room for more"))
    short.append(NotMade(None, "samples", len(drawn) - len(kept), "a listener rejected them; none took their place"))
    return _assembled(training, settings, kept, short, unknown=len(rejected) - (len(drawn) - len(kept)))


def _check_classes(emotions: Sequence[str], before: np.ndarray) -> None:
    if (before > 0).sum() < 2:
        only = ", ".join(emotions[k] for k in np.flatnonzero(before)) or "none, as all clips are tied"
        raise BadInput(
            f"Balancing needs training clips of at least two dominant emotions, but there is only one: {only}. "
            "Choose other emotions or clips, or train without augmentation."
        )


def _rarest_first(before: np.ndarray, room: dict[int, int], budget: int) -> list[int]:
    """The emotion that each sample is made for. room: samples that each emotion that can be filled has room for."""
    counts, room, chosen = before.copy(), dict(room), []
    while len(chosen) < budget and (open_ := [k for k, left in room.items() if left]):
        rarest = min(open_, key=lambda k: (counts[k], k))
        counts[rarest] += 1
        room[rarest] -= 1
        chosen.append(rarest)
    return chosen


def _draw(
    clips: TrainingClips, parents: Mapping[int, Parents], chosen: Sequence[int], settings: Settings
) -> Iterator[_Drawn]:
    """The samples, one for each emotion of `chosen`; parents as places in `clips`."""
    turns = {k: _in_turn(clips, found, clips.emotions[k], settings.seed) for k, found in parents.items()}
    for k in chosen:
        row, turn = next(turns[k])
        i, neighbours = int(parents[k].clips[row]), parents[k].neighbours[row]
        seed = number_from(settings.seed, "sample", clips.emotions[k], clips.names[i], turn)
        chance = np.random.default_rng(seed)
        lam = _lam(chance, settings)
        rank = int(chance.integers((neighbours >= 0).sum()))
        j = int(neighbours[rank])
        name = sample_id(clips.names[i], clips.names[j], lam, seed)
        yield _Drawn(name, k, i, j, lam, seed, float(parents[k].distances[row, rank]))


def _in_turn(clips: TrainingClips, found: Parents, emotion: str, seed: int) -> Iterator[tuple[int, int]]:
    """Rows of `found` and the turn, without end: every parent once a turn, in an order of its own."""
    names = [clips.names[place] for place in found.clips]
    for turn in count():
        for row in sorted(range(len(names)), key=lambda row: number_from(seed, "turn", emotion, turn, names[row])):
            yield row, turn


def _lam(chance: np.random.Generator, settings: Settings) -> float:
    """λ from its distribution."""
    if settings.lam == "beta":
        return float(chance.beta(settings.alpha, settings.alpha))
    return float(chance.uniform(0.5 if settings.lam == "upper" else 0.0, 1.0))


def _assembled(
    training: TrainingClips, settings: Settings, kept: Sequence[_Drawn], short: Sequence[NotMade], unknown: int
) -> Samples:
    """The samples as arrays, with the distributions of equation 2 and the balance after."""
    names, emotion, i, j, lam, seed, distance = zip(*kept) if kept else ((),) * 7
    emotion, i, j = (np.array(places, dtype=int) for places in (emotion, i, j))
    share, shares = np.array(lam, dtype=float)[:, None], training.distributions
    targets = share * shares[i] + (1 - share) * shares[j]
    return Samples(
        clips=training.names,
        emotions=training.emotions,
        ids=tuple(names),
        emotion=emotion,
        parent_i=i,
        parent_j=j,
        lam=share[:, 0],
        seed=np.array(seed, dtype=np.uint64),
        distance=np.array(distance, dtype=float),
        targets=targets,
        balance=_balance(training, targets, emotion, settings.ties),
        not_made=tuple(row for row in short if row.count),
        unknown_rejections=unknown,
    )


def _balance(training: TrainingClips, targets: np.ndarray, emotion: np.ndarray, ties: str) -> Balance:
    """Clips by dominant emotion before and after."""
    old, new = dominant(training.distributions), dominant(targets)
    before = class_counts(members(old, ties))
    return Balance(
        emotions=training.emotions,
        before=before,
        filled=before + np.bincount(emotion, minlength=len(before)),
        after=before + class_counts(members(new, ties)),
        tied_before=tied(old),
        tied_samples=tied(new),
    )
