"""For which clips? The document behind the page Ambiguity and `ambiguity STUDY --json`."""

from collections.abc import Sequence

import numpy as np

from emo_core import science
from emo_core.analysis.data import StudyData, at_once, figure, intervals_in_words
from emo_core.analysis.saturation import RESAMPLES
from emo_core.science import ambiguity as kinds_of
from emo_core.science import comparison, complement
from emo_core.science.saturation import curve_length


def ambiguity(
    data: StudyData, *, k: int = 3, method: str = "equal counts", edges: Sequence[float] | None = None, by: str = "clip"
) -> dict:
    """Strata of reference entropy with every figure in each, kinds of ambiguity, entropy calibration and effective listeners of
    the candidate and of `data.panels`.

    k, method, edges: see `science.ambiguity.strata`. Raises BadInput where an option is out of range.
    """
    strata = kinds_of.strata(data.entropy, k=k, method="edges" if edges else method, edges=edges)
    options = {"seed": data.seed, "resamples": RESAMPLES}
    clusters = data.clusters(by)
    panels = ({data.candidate_name: data.candidate} if data.candidate_name else {}) | data.panels
    n = _equal_number(data)
    values = _values(data, n)
    parts = at_once(
        strata=lambda: [_stratum(data, values, strata, i, clusters, options) for i in range(len(strata.names))],
        further=lambda: {
            name: _by_stratum(data, counts, strata, clusters, options) for name, counts in data.panels.items()
        },
        effective_listeners=lambda: {
            name: _effective(kinds_of.effective_listeners(data.reference, counts, clusters=clusters, **options))
            for name, counts in panels.items()
        },
        complement=lambda: _complement(data, len(strata.names), clusters, options),
        entropy=lambda: _calibration(values, n, clusters, options),
        kinds=lambda: _kinds(data, values.get("js"), clusters, options),
    )
    own = {data.candidate_name: [row["js"] for row in parts["strata"]]} if data.candidate_name else {}
    return {
        "study": data.study,
        "reference": data.reference_name,
        "candidate": data.candidate_name,
        "clips": len(data.clips),
        "method": strata.method,
        "edges": strata.edges.tolist(),
        "on_edge": strata.on_edge.tolist(),
        "range": [strata.lowest, strata.highest],
        "entropy_votes": n,
        "panels": own | parts.pop("further"),
        **parts,
        "neighbours": _neighbours(data),
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }


def _equal_number(data: StudyData) -> int | None:
    """At how many votes a side entropies are compared."""
    if data.candidate_name is None or not len(data.clips):
        return None
    n = min(curve_length(data.reference.sum(axis=1)), curve_length(data.candidate.sum(axis=1)))
    return n if n >= 2 else None


def _part(clusters: np.ndarray | None, chosen: np.ndarray) -> np.ndarray | None:
    return None if clusters is None else clusters[chosen]


def _stratum(
    data: StudyData,
    values: dict[str, np.ndarray],
    strata: kinds_of.Strata,
    place: int,
    clusters: np.ndarray | None,
    options: dict,
) -> dict:
    """Everything about the clips of one stratum."""
    chosen = strata.stratum == place
    options = options | {"clusters": _part(clusters, chosen)}
    inner = [strata.lowest, *strata.edges, strata.highest]
    document = {
        "name": strata.names[place],
        "from": inner[place],
        "to": inner[place + 1],
        "clips": int(chosen.sum()),
        "reference_votes": int(data.reference[chosen].sum()),
        "candidate_votes": int(data.candidate[chosen].sum()),
    }
    return document | {
        name: figure(found)
        for name, found in comparison.mean_figures(
            {name: column[chosen] for name, column in values.items() if name not in ("own", "other")}, **options
        ).items()
    }


def _values(data: StudyData, n: int | None) -> dict[str, np.ndarray]:
    """What is averaged in each stratum, one value a clip each."""
    p, q = (science.normalise(side) for side in (data.reference_weights, data.candidate_weights))
    if data.candidate_name is None:
        return {"entropy_reference": science.entropy(p)}
    found = at_once(
        entropy_reference=lambda: science.entropy(p),
        js=lambda: science.jensen_shannon_divergence(p, q),
        bc=lambda: science.bhattacharyya_coefficient(p, q),
        tv=lambda: science.total_variation_distance(p, q),
        entropy_candidate=lambda: science.entropy(q),
        majority_match=lambda: (
            comparison.majority_shares(data.reference_weights) * comparison.majority_shares(data.candidate_weights)
        ).sum(axis=1),
        equal=lambda: kinds_of.equal_entropies(data.reference, data.candidate, n) if n else None,
    )
    equal = found.pop("equal")
    if equal:
        found["own"], found["other"] = equal
        found["entropy_difference"] = found["other"] - found["own"]
    return found


def _complement(data: StudyData, k: int, clusters: np.ndarray | None, options: dict) -> dict | None:
    """What the candidate's votes add to human ones, by how ambiguous those human ones are."""
    n = curve_length(data.candidate.sum(axis=1)) if data.candidate_name else 0
    if not n:
        return None
    found = complement.gain_by_ambiguity(data.reference, data.candidate, n=n, k=k, clusters=clusters, **options)
    if found is None:
        return None
    return {
        "held_out": found.held_out,
        "human_votes": found.human_votes,
        "candidate_votes": found.candidate_votes,
        "clips": found.clips,
        "sampled": f"{found.splits} random ways to part each clip's votes, seed {data.seed}",
        "edges": found.edges.tolist(),
        "strata": [
            {"name": name, "share": float(share), "js_human": figure(alone), "gain": figure(gain)}
            for name, share, alone, gain in zip(found.names, found.share, found.alone, found.gain)
        ],
    }


def _by_stratum(
    data: StudyData, counts: np.ndarray, strata: kinds_of.Strata, clusters: np.ndarray | None, options: dict
) -> list[dict]:
    """A further panel's mean JS divergence in each stratum: the paper's Figure 3."""
    js = science.jensen_shannon_divergence(science.normalise(data.reference_weights), science.normalise(counts))
    found = []
    for place in range(len(strata.names)):
        chosen = strata.stratum == place
        found.append(figure(comparison.mean_figure(js[chosen], clusters=_part(clusters, chosen), **options)))
    return found


def _effective(found: kinds_of.EffectiveListeners) -> dict:
    return {
        "votes": found.votes,
        "number": figure(found.number),
        "limit": figure(found.limit),
        "diversity": figure(found.diversity),
        "collapsed": found.collapsed,
    }


def _calibration(
    values: dict[str, np.ndarray], n: int | None, clusters: np.ndarray | None, options: dict
) -> dict | None:
    """Is the candidate as uncertain as listeners are, at equal numbers of votes?"""
    if n is None:
        return None
    options = options | {"clusters": clusters}
    sides = {"reference": values["own"], "candidate": values["other"], "difference": values["entropy_difference"]}
    return {
        "n": n,
        **{name: figure(found) for name, found in comparison.mean_figures(sides, **options).items()},
        "correlation": figure(comparison.correlation(values["own"], values["other"], **options)),
    }


def _kinds(data: StudyData, js: np.ndarray | None, clusters: np.ndarray | None, options: dict) -> list[dict]:
    """Clips of each kind of ambiguity, and how far the candidate is there."""
    kind = kinds_of.kinds(data.reference_weights, closeness=kinds_of.neighbours(data.reference))
    rows = []
    for place, (name, meaning) in enumerate(kinds_of.KINDS.items()):
        chosen = kind == place
        row = {"kind": name, "meaning": meaning, "clips": int(chosen.sum())}
        if js is not None:
            row["js"] = figure(comparison.mean_figure(js[chosen], clusters=_part(clusters, chosen), **options))
        rows.append(row)
    few = int((kind < 0).sum())
    return [*rows, {"kind": None, "meaning": f"fewer than {kinds_of.LEAST_VOTES} reference votes", "clips": few}]


def _neighbours(data: StudyData) -> list[dict]:
    """Every two emotions with their closeness, the most confused first."""
    closeness = kinds_of.neighbours(data.reference)
    pairs = [
        {"emotions": [data.emotions[i], data.emotions[j]], "closeness": float(closeness[i, j])}
        for i in range(len(data.emotions))
        for j in range(i + 1, len(data.emotions))
        if np.isfinite(closeness[i, j])
    ]
    return sorted(pairs, key=lambda pair: -pair["closeness"])
