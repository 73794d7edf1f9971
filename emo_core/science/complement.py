"""Do candidate votes help? Human votes alone, and pooled with candidate votes, against listeners who were held out.

Zhang et al. (2026) pool human and synthetic votes and train on the result. Whether the pooled distribution is nearer to what
people hear can be asked without training: hold h of a clip's reference votes out, take m others as the votes that one has, and
compare the divergence from the held-out votes without and with n candidate votes added to those m (`subsets.with_help`, exact over
all ways to part the votes). The gain is positive where the candidate's votes bring more than their bias costs.

For which clips? Strata made from all reference votes would be made from the held-out ones too: where all votes agree, the m
agree with the held-out ones by selection, and help looks like harm. So `gain_by_ambiguity` judges a clip's ambiguity by the m
votes alone. That needs the m votes together, not emotion by emotion, so it is sampled over random ways to part them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import ambiguity, distributions, divergences, subsets
from emo_core.science.comparison import Figure
from emo_core.science.inference import bootstrap_intervals, cluster_codes
from emo_core.science.noise_floor import LEAST_REFERENCE, reference_length
from emo_core.science.saturation import Curve

MOST_PARTED = 50_000  # clips × ways to part their votes: of more clips a random sample is taken


@dataclass(frozen=True)
class Help:
    """Divergence from held-out listeners by number of candidate votes added."""

    held_out: int  # h
    human_votes: int  # m
    clips: int
    n: np.ndarray  # (N + 1,): 0 … N candidate votes
    js: Curve  # bits, (N + 1,)
    gain: Curve  # js(0) − js(n): above zero the candidate's votes help; n = 0 is zero
    weight: float  # human votes that one candidate vote counts


def combined_gain(
    reference: np.ndarray,
    candidate: np.ndarray,
    *,
    seed: int,
    most: int,
    weight: float = 1.0,
    added: float = 0.0,
    length: int | None = None,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> Help | None:
    """The gain of n = 0 … most candidate votes. None where no clip has `most` candidate and four reference votes.

    reference, candidate: (clips, emotions), whole votes. `length` is h + m, by default `reference_length`; half of it,
    rounded down, is held out. `added` votes are added to each emotion of every side
    (`subsets.with_help`).

    Raises BadInput where counts are not whole or shapes differ.
    """
    r, c = subsets.validate(reference, candidate, whole_reference=True)
    _check(most, weight)
    votes, has_candidate = distributions.totals(r), distributions.totals(c) >= most
    length = reference_length(votes[has_candidate]) if length is None else length
    kept = has_candidate & (votes >= max(length, LEAST_REFERENCE))
    if length < LEAST_REFERENCE or not kept.any():
        return None
    held_out = length // 2
    n = np.arange(most + 1)
    terms = subsets.with_help(r[kept], c[kept], held_out, length - held_out, n, weight=weight, added=added).counted()
    if clusters is not None:
        clusters = cluster_codes(clusters, len(kept))[kept]

    def estimate(sums: np.ndarray) -> np.ndarray:
        js = sums[:, :-1] / sums[:, -1:]
        return np.hstack([js, js[:, :1] - js])

    mean = terms.mean()[:-1]
    found = bootstrap_intervals(terms, estimate, seed=seed, clusters=clusters, resamples=resamples)
    low, high = (np.array([getattr(each, end) for each in found]) for end in ("low", "high"))
    size = len(n)
    return Help(
        held_out,
        length - held_out,
        int(kept.sum()),
        n,
        Curve(mean, low[:size], high[:size]),
        Curve(mean[0] - mean, low[size:], high[size:]),
        weight,
    )


@dataclass(frozen=True)
class HelpByAmbiguity:
    """What n candidate votes add to m human ones, by the entropy of those m; sampled."""

    held_out: int
    human_votes: int
    candidate_votes: int  # n
    splits: int  # random ways to part each clip's votes
    clips: int
    names: tuple[str, ...]
    edges: np.ndarray  # bits
    share: np.ndarray  # of clips, on average over the ways to part
    alone: list[Figure]  # JS divergence of the m votes from the held-out ones, bits
    gain: list[Figure]  # less that of the pooled votes


def gain_by_ambiguity(
    reference: np.ndarray,
    candidate: np.ndarray,
    *,
    seed: int,
    n: int,
    k: int = 3,
    weight: float = 1.0,
    splits: int = 20,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> HelpByAmbiguity | None:
    """The gain in each of k strata of the entropy of the m human votes that are not held out. None where no clip has n
    candidate and four reference votes. Strata have equal numbers as far as ties allow: m votes have few entropies.

    reference, candidate: (clips, emotions), whole votes. Raises BadInput where they are not.
    """
    r, c = subsets.validate(reference, candidate, whole_reference=True)
    _check(n, weight)
    votes, has_candidate = distributions.totals(r), distributions.totals(c) >= n
    length = reference_length(votes[has_candidate])
    kept = has_candidate & (votes >= max(length, LEAST_REFERENCE))
    if length < LEAST_REFERENCE or not kept.any():
        return None
    held_out, rng = length // 2, np.random.default_rng(seed)
    chosen = np.flatnonzero(kept)
    if len(chosen) > MOST_PARTED:
        chosen = np.sort(rng.choice(chosen, MOST_PARTED, replace=False))
    r, c, splits = r[chosen], c[chosen], max(1, min(splits, MOST_PARTED // len(chosen)))
    parted = [_part(r, c, held_out, length - held_out, n, weight, rng) for _ in range(splits)]
    found = ambiguity.strata(np.concatenate([entropy for entropy, _, _ in parted]), k=k)
    stratum = found.stratum.reshape(splits, -1)
    terms = np.zeros((len(r), 3 * k))
    for place, (_, alone, gain) in zip(stratum, parted):
        for i in range(k):
            inside = place == i
            terms[inside, 3 * i : 3 * i + 3] += np.column_stack([alone, gain, np.ones(len(gain))])[inside]
    if clusters is not None:
        clusters = cluster_codes(clusters, len(kept))[chosen]

    def estimate(sums: np.ndarray) -> np.ndarray:
        by = sums.reshape(len(sums), k, 3)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (by[:, :, :2] / by[:, :, 2:]).reshape(len(sums), -1)

    values = estimate(terms.sum(axis=0, keepdims=True))[0]
    ends = bootstrap_intervals(terms, estimate, seed=seed, clusters=clusters, resamples=resamples)
    inside = (terms.reshape(len(r), k, 3)[:, :, 2] > 0).sum(axis=0)
    figures = [
        Figure(
            float(value), each.low, each.high, int(inside[i // 2]), None if np.isfinite(value) else "no clip is here"
        )
        for i, (value, each) in enumerate(zip(values, ends))
    ]
    return HelpByAmbiguity(
        held_out, length - held_out, n, splits, len(r), found.names, found.edges,
        found.sizes / found.sizes.sum(), figures[::2], figures[1::2],
    )  # fmt: skip


def _check(votes: int, weight: float) -> None:
    if votes < 1 or not 0 <= weight < np.inf:
        raise BadInput(
            f"At least one candidate vote is added, with a weight of zero or more, not {votes!r} of weight {weight!r}."
        )


def _part(
    r: np.ndarray, c: np.ndarray, held_out: int, m: int, n: int, weight: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One way to part the votes: entropy of the m, their divergence from the held-out ones, and the gain of n more."""
    truth = _last(subsets.draw(r, held_out, rng))
    human = _last(subsets.draw(r - truth, m, rng))
    more = _last(subsets.draw(c, n, rng))
    p, q, pooled = (distributions.normalise(each) for each in (truth, human, human + weight * more))
    alone = divergences.jensen_shannon_divergence(p, q)
    return distributions.entropy(q), alone, alone - divergences.jensen_shannon_divergence(p, pooled)


def _last(growing: Iterable[np.ndarray]) -> np.ndarray:
    *_, last = growing
    return last.copy()
