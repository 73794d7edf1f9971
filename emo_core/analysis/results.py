"""Does training on these votes help? The document behind the page Results and `results STUDY --json`.

Zhang et al., "Scaling Ambiguity" (2026): Table 2 (source of the votes × augmentation, on the same held-out human distributions),
Figure 3 (by tertile of human entropy) and the grid of fractions in section 3.2, for the runs of any study.

A cell's figure is the mean over clips of each clip's mean over seeds. Its interval asks which other test clips might have been
drawn; how far the seeds' own means lie apart stands beside it. That the split itself is one draw is in neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

from emo_core import science
from emo_core.analysis import results_parts as parts
from emo_core.analysis.data import at_once, figure, intervals_in_words
from emo_core.analysis.results_calibration import calibration, mean_over_seeds
from emo_core.analysis.results_cells import Cell
from emo_core.analysis.results_data import ResultsData, of_study
from emo_core.analysis.results_noise import noise
from emo_core.analysis.results_runs import FACTS, card, differences, differing
from emo_core.analysis.saturation import RESAMPLES
from emo_core.errors import BadInput
from emo_core.science import ambiguity, comparison, paired
from emo_core.science.ambiguity import Strata
from emo_core.store import Database

METHODS = ("equal counts", "equal range")  # the two readings of "tertiles of entropy range"
CAVEATS = (
    "Intervals are over test clips: they do not include that the split into training and test clips is itself one draw.",
    "The spread over seeds is that of starting weights, order and validation part, on the same training clips.",
)
_FIRST = {"source": 0, "fraction": 1}  # the paper's questions come before others


def results(
    store: Database, study: str, *, runs: Iterable[str] | None = None, by: str = "clip", strata: str = "equal counts"
) -> dict:
    """Table 2, paired differences, Figure 3, emotions, calibration, best and worst clips, fractions, and a card of each run.

    runs: names, by default every run of the study that is done. by: what intervals resample, clip or speaker. strata: a key of
    `METHODS`. Raises UnknownName, BadInput where an option is out of range or nothing was trained on the study.
    """
    return document(of_study(store, study, names=runs), by=by, strata=strata)


def document(data: ResultsData, *, by: str = "clip", strata: str = "equal counts") -> dict:
    """`results` of what was read already."""
    if strata not in METHODS:
        raise BadInput(f"Tertiles are made by {' or '.join(METHODS)}, not by {strata!r}.")
    options = {"seed": data.seed, "clusters": data.clusters(by), "resamples": RESAMPLES}
    p = data.reference
    tertiles = ambiguity.strata(science.entropy(p), method=strata)
    found = at_once(
        cells=lambda: [_cell(data, cell, tertiles, options) for cell in data.cells],
        comparisons=lambda: comparisons(data, tertiles, options),
        noise=lambda: noise(data.heard.reference, {cell.label: cell.predicted for cell in data.cells}, options),
    )
    return {
        "study": data.study, "reference": data.reference_name, "emotions": list(data.emotions), "clips": len(p),
        "left_out": dict(data.left_out), "repeated": list(data.repeated),
        "unlike": unlike(data.cells),
        "strata": {
            "method": tertiles.method, "names": list(tertiles.names), "edges": tertiles.edges.tolist(),
            "on_edge": tertiles.on_edge.tolist(), "range": [tertiles.lowest, tertiles.highest],
            "clips": tertiles.sizes.tolist(),
        },
        **found,
        "fractions": parts.fractions(data.cells, found["cells"]),
        "runs": [card(each) for each in data.runs],
        "caveats": list(CAVEATS),
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }  # fmt: skip


def unlike(cells: Sequence[Cell]) -> list[dict]:
    """Cells of the same settings whose runs were trained on other data or with other weights, two by two: they are not pooled as
    seeds of one another.
    """
    found = []
    for a, b in combinations(cells, 2):
        names = differing(a.choices, b.choices)
        if names and set(names) <= set(FACTS):
            found.append({"a": a.label, "b": b.label, "differ_in": names, "words": _apart(a, b, names)})
    return found


def _apart(a: Cell, b: Cell, names: Sequence[str]) -> str:
    runs = [", ".join(run.run.name for run in cell.runs) for cell in (a, b)]
    return f"{runs[0]} and {runs[1]} have the same settings and unlike {' and '.join(names)}: not seeds of one model"


def _cell(data: ResultsData, cell: Cell, tertiles: Strata, options: dict) -> dict:
    """One row of Table 2 with everything that is told about it."""
    p = data.reference
    js, bc = distances(p, cell.predicted)
    base_js, base_bc = distances(p, np.broadcast_to(cell.means[:, None, :], cell.predicted.shape))
    each = {"js": js, "bc": bc, "baseline_js": base_js, "baseline_bc": base_bc}
    means = {name: mean_over_seeds(values) for name, values in each.items()}
    shown = comparison.mean_figures(means, **options)
    emotions = dict(zip(data.emotions, comparison.majority_shares(data.heard.reference).T))
    return {
        "cell": cell.label, "source": cell.choices["source"], "fraction": cell.fraction,
        "further": ", ".join(cell.further), "votes": cell.choices.get("votes"), "choices": dict(cell.choices),
        "runs": [run.run.name for run in cell.runs], "seeds": [run.seed for run in cell.runs],
        "same_training_clips": len({run.result.get("clips_hash") for run in cell.runs}) == 1,
        **{name: figure(found) for name, found in shown.items()},
        "js_seeds": parts.spread(js), "bc_seeds": parts.spread(bc),
        "against_baseline": parts.difference(means["js"], means["baseline_js"], options),
        "strata": parts.by_stratum(means["js"], tertiles, options),
        "by_emotion": parts.by_emotion(means["js"], emotions, options),
        "calibration": calibration(p, cell.predicted, **options),
        **parts.extremes(data, cell, means["js"]),
    }  # fmt: skip


def distances(reference: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """JS divergence (bits) and Bhattacharyya coefficient of each seed and clip: (seeds, clips) each.

    reference: (clips, emotions); predicted: (seeds, clips, emotions).
    """
    return (
        science.jensen_shannon_divergence(reference, predicted),
        science.bhattacharyya_coefficient(reference, predicted),
    )


def comparisons(data: ResultsData, tertiles: Strata, options: dict) -> list[dict]:
    """Cells that differ in one choice, compared clip by clip; of fractions each is compared with no augmentation alone.

    `holm` adjusts the p values for the number of comparisons.
    """
    pairs = [(b, a) for a, b in combinations(data.cells, 2) if _is_told(a, b)]
    pairs.sort(key=lambda pair: _FIRST.get(differing(pair[0].choices, pair[1].choices)[0], len(_FIRST)))
    found = [
        {"a": a.label, "b": b.label, "differ_in": differing(a.choices, b.choices)}
        | compare(data.reference, a, b, tertiles, options)
        for a, b in pairs
    ]
    adjusted = paired.holm(np.array([row["js"]["p"] for row in found], dtype=float))
    for row, p in zip(found, adjusted):
        row["js"]["holm"] = float(p)
    return found


def _is_told(a: Cell, b: Cell) -> bool:
    names = differing(a.choices, b.choices)
    return len(names) == 1 and (names != ["fraction"] or not a.fraction or not b.fraction)


def compare(reference: np.ndarray, a: Cell, b: Cell, tertiles: Strata, options: dict) -> dict:
    """JS and BC of a less those of b on the same clips, in words, and JS in each tertile."""
    (js_a, bc_a), (js_b, bc_b) = (map(mean_over_seeds, distances(reference, cell.predicted)) for cell in (a, b))
    js = parts.difference(js_a, js_b, options)
    names = tuple(", ".join(word for word in own.words if word not in other.words) for own, other in ((a, b), (b, a)))
    shared = ", ".join(word for word in a.words if word in b.words)
    rows = [
        row | {"words": statement(*names, row, f"{row['clips']:,} clips of {row['name']} ambiguity")}
        for row in parts.by_stratum(js_a - js_b, tertiles, options)
    ]
    return {
        "js": js, "bc": parts.difference(bc_a, bc_b, options), "strata": rows, "alike": shared,
        "words": statement(*names, js, f"n = {js['clips']:,} clips"),
    }  # fmt: skip


def statement(a: str, b: str, difference: Mapping, clips: str) -> str:
    """What a difference in JS (a − b, bits) says; it is told apart from zero where its interval is.

    >>> statement("combined", "human", {"value": -0.012, "interval": [-0.02, -0.004]}, "n = 93 clips")
    'combined comes closer than human by 0.012 [0.004, 0.020] bits on n = 93 clips'
    """
    value, (low, high) = difference["value"], difference["interval"]
    if not np.isfinite(value):
        return f"{a} and {b} cannot be compared: {difference.get('undefined', 'no clip has both')}"
    if not np.isfinite([low, high]).all():
        return f"{a} cannot be told apart from {b}: there is no interval on {clips}"
    if low <= 0 <= high:
        return (
            f"{a} cannot be told apart from {b}: JS differs by {value:+.3f} [{low:+.3f}, {high:+.3f}] bits on {clips}"
        )
    word = "comes closer than" if high < 0 else "stays farther off than"
    ends = sorted((abs(low), abs(high)))
    return f"{a} {word} {b} by {abs(value):.3f} [{ends[0]:.3f}, {ends[1]:.3f}] bits on {clips}"


def compare_runs(
    store: Database, study: str, a: str, b: str, *, by: str = "clip", strata: str = "equal counts"
) -> dict:
    """Two runs on their clips in common: the settings that differ, and who comes closer.

    Raises UnknownName, BadInput where an option is out of range.
    """
    return compare_in(of_study(store, study, names=[a, b]), a, b, by=by, strata=strata)


def compare_in(data: ResultsData, a: str, b: str, *, by: str = "clip", strata: str = "equal counts") -> dict:
    """`compare_runs` of what was read already, for these two runs alone."""
    every = {each.run.name: each for each in data.runs}
    found = {"a": a, "b": b, "settings": differences(every[a], every[b])}
    if why := [f"{name}: {every[name].why_not}" for name in (a, b) if every[name].why_not]:
        return found | {"undefined": "; ".join(why)}
    if len(cells := data.by_run) < 2:
        return found | {"undefined": "they have the same settings and the same seed"}
    options = {"seed": data.seed, "clusters": data.clusters(by), "resamples": RESAMPLES}
    tertiles = ambiguity.strata(science.entropy(data.reference), method=strata)
    return found | {"clips": len(data.heard.clips)} | compare(data.reference, cells[a], cells[b], tertiles, options)
