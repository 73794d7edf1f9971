"""Pieces of the results document: spreads, differences, strata, emotions, extremes and fractions."""

from collections.abc import Mapping, Sequence

import numpy as np

from emo_core import science
from emo_core.analysis.data import figure
from emo_core.analysis.results_cells import Cell
from emo_core.analysis.results_data import ResultsData
from emo_core.analysis.results_runs import REJECTED
from emo_core.science import ambiguity, comparison, paired
from emo_core.science.inference import bootstrap_intervals

EXTREMES = 8  # clips told at either end


def spread(values: np.ndarray) -> dict | None:
    """How far the seeds' means over clips lie apart: sd (n − 1), lowest, highest; None with one seed or no clip.

    values: (seeds, clips).

    >>> spread(np.array([[0.1, 0.3], [0.2, 0.4]]))["means"]
    [0.2, 0.3]
    """
    if len(values) < 2 or not values.shape[1]:
        return None
    means = np.round(values.mean(axis=1), 12)
    return {
        "sd": float(means.std(ddof=1)),
        "low": float(means.min()),
        "high": float(means.max()),
        "means": means.tolist(),
    }


def difference(a: np.ndarray, b: np.ndarray, options: dict) -> dict:
    """Mean of a − b over clips with interval, p of the sign-flip test, and the share of clips with a below b."""
    found = paired.paired_comparison(a, b, **options)
    mean = found.mean
    told = figure(science.Figure(mean.value, mean.interval.low, mean.interval.high, found.n, found.reason))
    return told | {"p": found.p, "method": found.method, "d_z": found.d_z, "closer": found.closer}


def by_stratum(values: np.ndarray, tertiles: ambiguity.Strata, options: dict) -> list[dict]:
    """The mean of one value a clip in each stratum, with interval and n: the paper's Figure 3."""
    rows = []
    for place, name in enumerate(tertiles.names):
        chosen = tertiles.stratum == place
        clusters = None if options["clusters"] is None else options["clusters"][chosen]
        found = comparison.mean_figure(values[chosen], **(options | {"clusters": clusters}))
        rows.append({"name": name} | figure(found))
    return rows


def by_emotion(values: np.ndarray, shares: Mapping[str, np.ndarray], options: dict) -> list[dict]:
    """The mean of one value a clip for each dominant human emotion. A clip with two counts half for each.

    shares: {emotion: (clips,)}, see `comparison.majority_shares`. n counts the clips with any share; `weight` sums the shares.
    """
    known = ~np.isnan(values)
    weights = np.column_stack(list(shares.values()))[known]
    terms = np.hstack([weights * values[known, None], weights])
    size, clusters = len(shares), options["clusters"]

    def estimate(sums: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return sums[:, :size] / sums[:, size:]

    means = estimate(terms.sum(axis=0, keepdims=True))[0]
    found = bootstrap_intervals(
        terms, estimate, **(options | {"clusters": None if clusters is None else clusters[known]})
    )
    rows = []
    for name, mean, each, column in zip(shares, means, found, weights.T):
        reason = None if np.isfinite(mean) else "it is dominant in no test clip"
        told = figure(science.Figure(float(mean), each.low, each.high, int((column > 0).sum()), reason))
        rows.append({"emotion": name, "weight": float(column.sum())} | told)
    return rows


def extremes(data: ResultsData, cell: Cell, js: np.ndarray) -> dict[str, list[dict]]:
    """The clips that the cell comes closest to (`best`) and stays farthest from (`worst`). Ties go by the clips' order."""
    order = np.argsort(js, kind="stable")
    predicted, human = cell.predicted.mean(axis=0), data.reference
    browse = next((run.study for run in reversed(cell.runs) if run.study), None)

    def told(rows: Sequence[int]) -> list[dict]:
        return [
            {"clip": str(data.heard.clips[i]), "js": float(js[i]), "human": human[i].tolist(),
             "predicted": predicted[i].tolist(), "votes": float(data.heard.reference[i].sum()), "browse": browse}
            for i in rows
        ]  # fmt: skip

    return {"best": told(order[:EXTREMES]), "worst": told(np.argsort(-js, kind="stable")[:EXTREMES])}


def fractions(cells: Sequence[Cell], rows: Sequence[Mapping]) -> list[dict]:
    """JS against the fraction of samples added, where cells differ in nothing else (section 3.2): one curve for each source.

    `best` has the lowest JS on the test clips, and choosing it there is optimistic; `best_by_validation` has the lowest mean
    validation JS of its runs, which looks at no test clip.
    """
    curves: dict[tuple, list[dict]] = {}
    plain: dict[str, dict] = {}
    for cell, row in zip(cells, rows):
        rest, ways = ([], [])
        for name, value in sorted(cell.choices.items()):
            if name != "fraction":
                (ways if name.startswith("augmentation") or name == REJECTED else rest).append((name, repr(value)))
        if cell.fraction:
            curves.setdefault((str(rest), str(ways)), []).append(_point(cell, row))
        else:
            plain[str(rest)] = _point(cell, row)
    found = []
    for (rest, _), points in curves.items():
        if len(points) > 1:
            points = [*([plain[rest]] if rest in plain else []), *sorted(points, key=lambda point: point["fraction"])]
            label = points[-1]["cell"].replace(f", augmented {points[-1]['fraction']:.0%}", "")
            found.append({"curve": label, "points": points} | _best(points))
    return found


def _point(cell: Cell, row: Mapping) -> dict:
    seen = [run.result["best_js"] for run in cell.runs if run.result.get("best_js") is not None]
    told = {"fraction": cell.fraction, "cell": cell.label, "seeds": len(cell.runs), "js": row["js"]}
    return told | {"validation_js": float(np.mean(seen)) if seen else np.nan}


def _best(points: Sequence[Mapping]) -> dict:
    """The fractions with the lowest test and validation JS; None where there is none."""
    test = [(point["js"]["value"], point["fraction"]) for point in points if np.isfinite(point["js"]["value"])]
    held = [(point["validation_js"], point["fraction"]) for point in points if np.isfinite(point["validation_js"])]
    return {"best": min(test)[1] if test else None, "best_by_validation": min(held)[1] if held else None}
