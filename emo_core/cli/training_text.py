"""Trainings for a terminal: a grid's runs, and results as Table 2 of paper 1."""

from collections.abc import Mapping, Sequence

from emo_core.cli import frame
from emo_core.training.told import mixtures


def grid(found: Mapping) -> str:
    """The document of `grid` in lines: its runs, or, where they were not waited for, what it would take."""
    runs = found["runs"]
    if runs and isinstance(runs[0], str):
        return frame.as_text({key: found[key] for key in ("grid", "runs", "sides", "unusable", "batches", "forecast")})
    rows = [(run["name"], run["state"], str(run["epochs"] or "–"), _js(run), run["reason"]) for run in runs]
    return "\n".join(_aligned([("run", "state", "epochs", "validation JS (bits)", ""), *rows]))


def _js(run: Mapping) -> str:
    return "–" if run["best_js"] is None else f"{run['best_js']:.4f}"


def results(found: Mapping) -> str:
    """The document of `analysis.results.results` in lines."""
    lines = [
        f"{found['study']}: {found['clips']:,} test clips that all of these runs predicted, held against {found['reference']}"
    ]
    if found["cells"]:
        strata = found["strata"]["names"]
        head = ("model", "seeds", "JS (bits)", "Bhattacharyya", *(f"JS, {name} ambiguity" for name in strata))
        lines += ["", *_aligned([head, *map(_row, found["cells"])])]
        lines += ["", *lost(found["runs"]), *(f"{each['words']}." for each in found["unlike"])]
        lines += ["", *(f"{each['alike']}: {each['words']}" for each in found["comparisons"])]
    told = found["intervals"]
    return "\n".join([*lines, "", *found["caveats"], f"intervals: {told}" if isinstance(told, str) else ""]).rstrip()


def lost(runs: Sequence[Mapping]) -> list[str]:
    """A line for each run that trained fewer mixtures than were asked for.

    >>> lost([{"run": "r", "mixtures": 88, "mixtures_asked": 98, "mixtures_left_out": 10, "not_made": []}])
    ['r: 88 of 98 mixtures trained; 10 with a parent in the validation part']
    """
    short = [each for each in runs if mixtures(each) and each.get("mixtures") != each.get("mixtures_asked")]
    return [f"{each['run']}: {mixtures(each)}" for each in short]


def _row(cell: Mapping) -> tuple[str, ...]:
    figures = (cell["js"], cell["bc"], *cell["strata"])
    return (cell["cell"], str(len(cell["seeds"])), *map(_figure, figures))


def _figure(figure: Mapping) -> str:
    """
    >>> _figure({"value": 0.21, "interval": [0.17, 0.25], "clips": 86})
    '0.210 [0.170, 0.250]'
    """
    if figure["value"] is None:
        return "–"
    low, high = figure.get("interval") or (None, None)
    return f"{figure['value']:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
