"""The verb that says how far the raters of a panel agree, and who hears like whom."""

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import raters, reliability
from emo_core.science.dawid_skene import DawidSkene, dawid_skene
from emo_core.store import Database, answers, studies

SCALES = ("valence", "arousal", "dominance")
MOST_RATERS = 400  # in the map of pairs and the view of confusions; those with most answers


def agreement(store: Database, study: str, side: str = "reference", by: str = "clip") -> dict:
    """Agreement of one side of a study: coefficients overall, per emotion and per scale with 95 % bootstrap intervals over
    clips (or speakers), coverage, each rater against the others, pairs of raters, repeats, Dawid & Skene's confusions.
    """
    given = answers.panel_answers(store, study, side)
    stored = studies.find_study(store.cursor(), study)
    clusters = _clusters(given, by)
    counts = given.counts
    votes = counts.sum(axis=1)
    overall, each = reliability.nominal(counts, seed=stored.study.seed, clusters=clusters)
    return {
        "study": study,
        "side": side,
        "panel": given.panel,
        "clips": len(given.clips),
        "clips_with_a_vote": int((votes > 0).sum()),
        "clips_with_two_votes": int((votes >= 2).sum()),
        "votes": int(votes.sum()),
        "votes_a_clip": {"least": int(votes.min()) if len(votes) else 0, "most": int(votes.max(initial=0))},
        "intervals": f"95 % percentile bootstrap over {by}s, 1,000 resamples, seed {stored.study.seed}",
        "coefficients": {name: _document(found) for name, found in overall.items()}
        | {"conger_kappa": _document(_conger(given, stored.study.seed, clusters))},
        "emotions": [
            {"emotion": name, "votes": int(counts[:, place].sum())}
            | {key: _document(found) for key, found in figures.items()}
            for place, (name, figures) in enumerate(zip(given.emotions, each))
        ],
        "ratings": _ratings(given, stored.study.seed, clusters),
        **_raters(given, stored.study.seed),
    }


def _clusters(given: answers.Answers, by: str) -> np.ndarray | None:
    if by != "speaker":
        return None
    nameless = sum(speaker is None for speaker in given.speakers)
    if nameless:
        raise BadInput(f"{nameless:,} clips of the study have no speaker. Resample clips instead.")
    return given.speakers


def _document(found: reliability.Coefficient) -> dict:
    figure = found.figure
    document = {"value": figure.value, "interval": [figure.low, figure.high], "clips": figure.n, "votes": found.votes}
    return document | ({"undefined": figure.reason} if figure.reason else {})


def _conger(given: answers.Answers, seed: int, clusters: np.ndarray | None) -> reliability.Coefficient:
    """Of the raters who have names."""
    return reliability.conger(_named(given), seed=seed, clusters=clusters)


def _named(given: answers.Answers) -> raters.Named:
    """The answers of named raters that name one of the emotions."""
    inside = given.label >= 0
    return raters.named(
        given.clip[inside],
        given.rater[inside],
        given.label[inside],
        clips=len(given.clips),
        raters=len(given.raters),
        emotions=len(given.emotions),
    )


def _ratings(given: answers.Answers, seed: int, clusters: np.ndarray | None) -> dict[str, dict]:
    """Agreement on each scale that anybody used."""
    found = {}
    for scale in SCALES:
        value = getattr(given, scale)
        if np.isfinite(value).any():
            figures = reliability.dimensional(
                given.clip, given.rater, value, clips=len(given.clips), seed=seed, clusters=clusters
            )
            found[scale] = {"ratings": int(np.isfinite(value).sum())} | {
                name: _document(figure) for name, figure in figures.items()
            }
    return found


def _raters(given: answers.Answers, seed: int) -> dict:
    """What is known of the raters who have names."""
    inside = given.label >= 0
    clip, rater, label = given.clip[inside], given.rater[inside], given.label[inside]
    named = _named(given)
    document = {
        "raters": [],
        "anonymous_votes": named.anonymous,
        "repeated_votes": named.repeated,
        "pairs": None,
        "dawid_skene": None,
    }
    if not len(named.clip):
        return document
    table = raters.rater_table(named, seed=seed)
    repeats = raters.self_consistency(clip, rater, label, raters=len(given.raters))
    seconds = _median_seconds(given)
    document["raters"] = [
        {
            "rater": name,
            "votes": int(table.votes[i]),
            "shared_clips": int(table.shared[i]),
            "agreement": float(table.agreement[i]),
            "agreement_interval": [float(table.low[i]), float(table.high[i])],
            "expected": float(table.expected[i]),
            "distance": float(table.distance[i]),
            "entropy": float(table.entropy[i]),
            "bias_distance": float(table.bias_distance[i]),
            "bias": dict(zip(given.emotions, map(float, table.bias[i]))),
            "median_seconds": float(seconds[i]),
            "repeats": int(repeats.pairs[i]),
            "repeats_same": float(repeats.same[i]),
        }
        for i, name in enumerate(given.raters)
        if table.votes[i]
    ]
    return document | _maps(given, named)


def _median_seconds(given: answers.Answers) -> np.ndarray:
    """The middle of each rater's answer times; NaN where none is known."""
    known = np.isfinite(given.seconds) & (given.rater >= 0)
    place = np.lexsort((given.seconds[known], given.rater[known]))
    rater, seconds = given.rater[known][place], given.seconds[known][place]
    n = np.bincount(rater, minlength=len(given.raters))
    start = np.cumsum(n) - n
    found = np.full(len(n), np.nan)
    some = n > 0
    lower, upper = start[some] + (n[some] - 1) // 2, start[some] + n[some] // 2
    found[some] = (seconds[lower] + seconds[upper]) / 2
    return found


def _maps(given: answers.Answers, named: raters.Named) -> dict:
    """Kappa of every two raters, like beside like, and what each says under Dawid & Skene's model."""
    votes = np.bincount(named.rater, minlength=named.raters)
    chosen = np.sort(np.argsort(-votes, kind="stable")[:MOST_RATERS])
    chosen = chosen[votes[chosen] > 0]
    renumbered = np.full(named.raters, -1)
    renumbered[chosen] = np.arange(len(chosen))
    some = raters.named(
        named.clip, renumbered[named.rater], named.label,
        clips=named.clips, raters=len(chosen), emotions=named.emotions,
    )  # fmt: skip
    kappas, shared = raters.cohen_kappas(some)
    mean, pairs = raters.mean_kappa(kappas, shared)
    place = raters.order(kappas)
    names = given.raters[chosen]
    return {
        "pairs": {
            "raters": list(names[place]),
            "cohen_kappa": kappas[np.ix_(place, place)].tolist(),
            "clips": shared[np.ix_(place, place)].tolist(),
            "mean_kappa": mean,
            "defined_pairs": pairs,
            "raters_left_out": int((votes > 0).sum()) - len(chosen),
        },
        "dawid_skene": _model(given.emotions, names, dawid_skene(some, smoothing=0.01)),
    }


def _model(emotions: tuple[str, ...], names: np.ndarray, model: DawidSkene) -> dict:
    return {
        "priors": dict(zip(emotions, map(float, model.priors))),
        "confusions": {name: model.confusions[i].tolist() for i, name in enumerate(names)},
        "log_likelihood": model.log_likelihood,
        "iterations": model.iterations,
        "converged": model.converged,
        "smoothing": 0.01,
    }
