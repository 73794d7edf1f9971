"""What if? The study's figures as they are, and with choices changed: the document behind the page Sandbox."""

from dataclasses import dataclass, replace

import numpy as np

from emo_core import science
from emo_core.analysis.data import StudyData, Votes, at_once, figure, intervals_in_words
from emo_core.analysis.saturation import RESAMPLES, help_document
from emo_core.errors import BadInput, UnknownName
from emo_core.science import ambiguity, breakdown, comparison, subsets
from emo_core.science import saturation as curves

FIGURES = {
    "js": "JS divergence (bits)",
    "bc": "Bhattacharyya coefficient",
    "tv": "total variation",
    "kl": "KL divergence (bits, candidate smoothed)",
    "entropy_reference": "reference entropy (bits)",
    "entropy_candidate": "candidate entropy (bits)",
    "entropy_combined": "combined entropy (bits)",
}
_MEASURES = {
    "js": subsets.js,
    "bc": subsets.bc,
    "tv": subsets.tv,
    "kl": subsets.kl,
    "entropy_candidate": subsets.entropy,
}
PARTS = ("persona", "temperature", "rater")
MOST_PARTS = 60


@dataclass(frozen=True)
class Choices:
    """What is changed; the defaults change nothing. Every figure, curve, stratum and gain obeys all
    that apply to it.

    votes      candidate votes a clip that are used (exact mean over subsets); None: all
    weight     human votes that one candidate vote counts where both sides are combined
    smoothing  votes added to each emotion on both sides, before they are combined; the
               Kullback–Leibler divergence without it is smoothed by `curves.SMOOTHING`
    emotions   those that stay; votes for others are dropped. None: all of the study's
    without    candidate raters whose votes are dropped

    Subsets are of whole votes: secondary labels of the candidate's votes count where all votes of
    all raters are used.
    """

    votes: int | None = None
    weight: float = 1.0
    smoothing: float = 0.0
    emotions: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()

    def __post_init__(self):
        if self.votes is not None and self.votes < 1:
            raise BadInput(f"At least one candidate vote a clip is used, not {self.votes!r}.")
        if not (np.isfinite([self.weight, self.smoothing]).all() and self.weight > 0 and self.smoothing >= 0):
            raise BadInput(
                f"A vote's weight is above zero and smoothing is zero or more, not {self.weight!r} and {self.smoothing!r}."
            )
        if self.emotions is not None and len(self.emotions) < 2:
            raise BadInput("A distribution needs two emotions or more.")


def sandbox(data: StudyData, choices: Choices, *, by: str = "clip") -> dict:
    """Figures, saturation curve, strata and combined gain with the choices changed, over the clips
    that still have votes on both sides; where `votes` are chosen, over the clips that have as many,
    so that the curve at n = `votes` is the figure.

    Raises BadInput where a choice is out of range, UnknownName for an emotion or rater.
    """
    data.need_candidate()
    changed, kept = apply(data, choices)
    left_out = int((~kept).sum())
    votes = changed.candidate.sum(axis=1)
    n = choices.votes
    if n is not None:
        left_out += int((votes < n).sum())
        changed = changed.only(votes >= n)
    options = {"seed": data.seed, "resamples": RESAMPLES}
    options["clusters"] = changed.clusters(by)
    values = _values(changed, choices)
    document = {
        "clips": len(changed.clips),
        "clips_left_out": left_out,
        "reference_votes": int(changed.reference.sum()),
        "candidate_votes": int(changed.candidate.sum()),
        "votes_used": n,
        "figures": {name: figure(found) for name, found in comparison.mean_figures(values, **options).items()},
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }
    if not len(changed.clips):
        return document | {"curve": None, "strata": [], "complement": None}
    votes = changed.candidate.sum(axis=1)
    length = int(votes.min()) if n is not None else curves.curve_length(votes)
    return document | at_once(
        curve=lambda: _curve(changed, choices, length, options),
        strata=lambda: _strata(values, options),
        complement=lambda: help_document(changed, n or length, options, weight=choices.weight, added=choices.smoothing),
    )


def _curve(data: StudyData, choices: Choices, length: int, options: dict) -> dict:
    found = curves.saturation(data.reference_weights, data.candidate, most=length, added=choices.smoothing, **options)
    curve = found.curves["js"]
    ends = {name: getattr(curve, name).tolist() for name in ("mean", "low", "high")}
    return {"n": found.n.tolist(), "clips": found.clips} | ends


def apply(data: StudyData, choices: Choices) -> tuple[StudyData, np.ndarray]:
    """The study's votes under the choices, and which clips (a mask) still have some on both sides."""
    emotions = choices.emotions or data.emotions
    for name in emotions:
        if name not in data.emotions:
            raise UnknownName("emotion of the study", name, data.emotions)
    columns = [data.emotions.index(name) for name in emotions]
    candidate, weights = data.candidate, data.candidate_weights
    if choices.without:
        candidate, weights = (_without(data, set(choices.without)),) * 2
    changed = replace(
        data,
        emotions=tuple(emotions),
        reference=data.reference[:, columns],
        reference_weights=data.reference_weights[:, columns],
        candidate=candidate[:, columns],
        candidate_weights=weights[:, columns],
        panels={},
        reference_votes=None,
        candidate_votes=None,
        collected=None,
    )
    kept = (changed.reference_weights.sum(axis=1) > 0) & (changed.candidate.sum(axis=1) > 0)
    return changed.only(kept), kept


def _without(data: StudyData, raters: set[str]) -> np.ndarray:
    return _votes_of(data, raters).counts(len(data.clips), len(data.emotions))


def _votes_of(data: StudyData, raters: set[str]) -> Votes:
    """The candidate's single votes without those of these raters."""
    votes = data.candidate_votes
    if votes is None:
        raise BadInput("Single votes are needed to leave raters out. Ask the store for them.")
    for name in raters:
        if name not in set(votes.raters):
            raise UnknownName("candidate rater", name, list(votes.raters))
    return votes.without(raters)


def _values(data: StudyData, choices: Choices) -> dict[str, np.ndarray]:
    """One value a clip of each of `FIGURES`."""
    p = science.normalise(data.reference_weights, smoothing=choices.smoothing)
    found = {"entropy_reference": science.entropy(p)}
    if choices.votes is None:
        q = science.normalise(data.candidate_weights, smoothing=choices.smoothing)
        kl = q if choices.smoothing else science.normalise(data.candidate_weights, smoothing=curves.SMOOTHING)
        found |= {
            "js": science.jensen_shannon_divergence(p, q),
            "bc": science.bhattacharyya_coefficient(p, q),
            "tv": science.total_variation_distance(p, q),
            "kl": science.kullback_leibler_divergence(p, kl),
            "entropy_candidate": science.entropy(q),
            "entropy_combined": science.entropy(
                science.normalise(
                    (data.reference_weights + choices.smoothing)
                    + choices.weight * (data.candidate_weights + choices.smoothing)
                )
            ),
        }
    elif len(data.clips):
        smoothing = dict.fromkeys(_MEASURES.values(), choices.smoothing)
        smoothing[subsets.kl] = choices.smoothing or curves.SMOOTHING
        terms = subsets.against_all(
            data.reference_weights, data.candidate, [choices.votes], list(_MEASURES.values()), smoothing=smoothing,
            added=choices.smoothing,
        )  # fmt: skip
        found |= dict(zip(_MEASURES, terms.per_clip().T))
        pooled = subsets.pooled_entropy(
            data.reference_weights,
            data.candidate,
            choices.votes,
            weight=choices.weight,
            added=choices.smoothing,
        )
        found["entropy_combined"] = pooled.per_clip()[:, 0]
    return {name: found[name] for name in FIGURES if name in found}


def _strata(values: dict[str, np.ndarray], options: dict) -> list[dict]:
    """JS divergence by tertile of reference entropy, both as they are in the figures."""
    strata, js = ambiguity.strata(values["entropy_reference"]), values["js"]
    found = []
    for place, name in enumerate(strata.names):
        chosen = strata.stratum == place
        clusters = None if options["clusters"] is None else options["clusters"][chosen]
        part = comparison.mean_figure(js[chosen], **options | {"clusters": clusters})
        found.append({"name": name, "js": figure(part)})
    return found


def parts_of(data: StudyData, kind: str) -> dict[str, np.ndarray]:
    """The candidate's votes by persona, temperature or rater: (clips, emotions) each. Votes without one stand under "not known".

    Raises BadInput where the single votes are not there or the kind is not known.
    """
    votes = data.candidate_votes
    if kind not in PARTS:
        raise BadInput(f"A panel is broken down by {', '.join(PARTS)}, not by {kind!r}.")
    if votes is None:
        raise BadInput("Single votes are needed to break a panel down. Ask the store for them.")
    named = {
        "persona": lambda: [name or "not known" for name in votes.personas],
        "temperature": lambda: [f"{t:g}" if np.isfinite(t) else "not known" for t in votes.temperatures],
        "rater": lambda: list(votes.raters),
    }[kind]()
    groups = np.array([*named, "not known"], dtype=object)[votes.rater]
    shape = len(data.clips), len(data.emotions)
    found = {}
    for name in sorted(set(groups), key=_in_order):
        mine = groups == name
        found[name] = replace(votes, clip=votes.clip[mine], label=votes.label[mine]).counts(*shape)
    return found


def _in_order(name: str) -> tuple[int, float, str]:
    """Numbers by size, then words."""
    try:
        return (0, float(name), "")
    except ValueError:
        return (1, 0.0, name)


def broken_down(data: StudyData, kind: str, choices: Choices | None = None, *, by: str = "clip") -> dict:
    """Which persona, temperature or rater adds spread, and which adds bias (`science.breakdown`),
    of the raters and emotions that the choices leave. Match, spread and bias are of single votes:
    neither a vote's weight nor smoothing nor how many votes are used changes what they estimate.
    """
    data.need_candidate()
    choices = choices or Choices()
    changed, kept = apply(data, choices)
    columns = [data.emotions.index(name) for name in changed.emotions]
    votes = _votes_of(data, set(choices.without)) if choices.without else data.candidate_votes
    parts = {
        name: counts[np.ix_(kept, columns)]
        for name, counts in parts_of(replace(data, candidate_votes=votes), kind).items()
    }
    if len(parts) > MOST_PARTS:
        raise BadInput(f"The candidate has {len(parts):,} {kind}s; up to {MOST_PARTS} can be told apart in one figure.")
    options = {"seed": data.seed, "clusters": changed.clusters(by), "resamples": RESAMPLES}
    found = breakdown.breakdown(changed.reference, parts, **options)
    return {
        "kind": kind,
        "parts": [
            {
                "name": part.name, "votes": part.votes, "clips": part.clips, "match": figure(part.match),
                "spread": figure(part.spread), "bias": figure(part.bias), "entropy": part.entropy,
                "without": figure(part.without),
            }
            for part in found
        ],
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }  # fmt: skip
