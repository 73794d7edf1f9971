"""A labelling campaign: who answered when, and whether each rater hears what the others hear.

Documents are those of `emo_core.labelling.monitor`. What is undefined is not drawn. What differs in colour differs in pattern or
marker too, so that the figures are read in grey and by colour-blind eyes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.curves import LINES
from emo_core.charts.raters import MOST_LABELS
from emo_core.charts.style import CLEAR, ERROR_BARS, INK, SIDES, brackets, error_bars, finish

_PATTERNS = ("", "/")
_COLOURS = [colour for colour, _, _ in LINES if colour != ERROR_BARS]
MOST_NAMED = len(_COLOURS) * len(_PATTERNS)  # raters who get bars of their own; the others share grey ones
_LONGEST = 16  # characters of a name below an axis
_HOUR = timedelta(hours=1)


def _name(text: str, longest: int | None = None) -> str:
    """A rater's name as text: Plotly would take it for markup."""
    return escape(text if longest is None or len(text) <= longest else text[: longest - 1] + "…", quote=False)


def pace(timeline: Mapping[str, Sequence]) -> go.Figure:
    """Answers of each rater by hour or day as stacked bars, those with most answers below.

    timeline: `from` (ISO times, UTC), `answers` and `rater`, one entry a bar. Of more than `MOST_NAMED` raters those with the fewest
    answers are drawn as one.
    """
    starts = [datetime.fromisoformat(start) for start in timeline["from"]]
    days = bool(starts) and max(starts) - min(starts) >= timedelta(days=3) and not any(start.hour for start in starts)
    width = (timedelta(days=1) if days else _HOUR) / timedelta(milliseconds=1)
    totals: dict[str, int] = {}
    for rater, n in zip(timeline["rater"], timeline["answers"]):
        totals[rater] = totals.get(rater, 0) + n
    ranked = sorted(totals, key=lambda rater: -totals[rater])
    named = ranked if len(ranked) <= MOST_NAMED else ranked[: MOST_NAMED - 1]
    figure = go.Figure()
    for i, rater in enumerate(named):
        colour, pattern = _COLOURS[i % len(_COLOURS)], _PATTERNS[i // len(_COLOURS)]
        _add_bars(figure, timeline, [rater], starts, width, _name(rater), colour, pattern)
    rest = ranked[len(named) :]
    if rest:
        _add_bars(figure, timeline, rest, starts, width, f"{len(rest)} others", SIDES["combined"], "x")
    figure.update_layout(
        barmode="stack",
        bargap=0,
        xaxis={"type": "date", "title": f"{'day' if days else 'hour'} (UTC)"},
        yaxis={"title": f"answers (n = {sum(totals.values()):,})", "rangemode": "tozero"},
        showlegend=True,
        **CLEAR,
    )
    return finish(figure, height=380)


def _add_bars(
    figure: go.Figure,
    timeline: Mapping,
    raters: list[str],
    starts: list[datetime],
    width: float,
    name: str,
    colour: str,
    pattern: str,
) -> None:
    summed: dict[datetime, int] = {}
    for start, rater, n in zip(starts, timeline["rater"], timeline["answers"]):
        if rater in raters:
            summed[start] = summed.get(start, 0) + n
    figure.add_bar(
        x=list(summed), y=list(summed.values()), width=width * 0.94, offset=width * 0.03,
        name=f"{name} (n = {sum(summed.values()):,})",
        marker={"color": colour, "pattern": {"shape": pattern, "solidity": 0.35}},
        hovertemplate=f"{name}, %{{x|%Y-%m-%d %H:%M}}: %{{y:,}} answers<extra></extra>",
    )  # fmt: skip


def rater_strip(raters: Sequence[Mapping]) -> go.Figure:
    """Each rater's agreement with the others and their share of right gold answers, with 95 % intervals, in the order given; a
    line shows what another rater gets on the same clips. Retired raters have open markers.

    raters: those of the monitor's document. Of more than `MOST_LABELS` raters the names are in the hover only.
    """
    x = np.arange(len(raters))
    figure = go.Figure()
    expected = _numbers([rater["expected"] for rater in raters])
    figure.add_scatter(
        x=np.column_stack([x - 0.38, x + 0.38, x + 0.38]).ravel(),
        y=np.column_stack([expected, expected, np.full(len(raters), np.nan)]).ravel(),
        mode="lines", line={"color": ERROR_BARS, "width": 2, "dash": "dot"}, name="another rater on the same clips",
        hovertemplate="another rater on the same clips: %{y:.3f}<extra></extra>",
    )  # fmt: skip
    gold = [rater["gold"] for rater in raters]
    share = [part["right"] / part["of"] if part["of"] else None for part in gold]
    agreed = [rater["agreement"] for rater in raters]
    _add_marks(figure, raters, x - 0.14, agreed, "agreement with the others", INK, "circle",
               [part["value"] for part in agreed], [f"{part['clips']:,} clips" for part in agreed])  # fmt: skip
    if any(part["of"] for part in gold):
        _add_marks(figure, raters, x + 0.14, gold, "gold clips right", SIDES["candidate"], "diamond", share,
                   [f"{part['right']:,} of {part['of']:,} gold clips" for part in gold])  # fmt: skip
    few = len(raters) <= MOST_LABELS
    ticks = [f"{_name(rater['rater'], _LONGEST)}<br>n = {rater['agreement']['clips']:,}" for rater in raters]
    title = "rater, in the order of joining; n: clips that others have voted on"
    axis = {"tickvals": list(x), "ticktext": ticks} if few else {"showticklabels": False}
    figure.update_layout(
        xaxis=axis | {"title": title if few else f"{len(raters)} raters; the cursor shows who", "showgrid": False, "zeroline": False},
        yaxis={"title": "share", "range": [-0.02, 1.02], "tickformat": ".0%"},
        **CLEAR,
    )  # fmt: skip
    return finish(figure, height=380)


def _numbers(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _add_marks(
    figure: go.Figure, raters: Sequence[Mapping], x: np.ndarray, parts: Sequence[Mapping], name: str, colour: str, symbol: str,
    share: Sequence[float | None], counted: Sequence[str],
) -> None:  # fmt: skip
    """One figure of each rater, with its interval."""
    value, low, high = _numbers(share), *(_numbers([part[end] for part in parts]) for end in ("low", "high"))
    who = [_name(rater["rater"]) + (" (retired)" if rater["retired"] is not None else "") for rater in raters]
    symbols = [symbol if rater["retired"] is None else f"{symbol}-open" for rater in raters]
    figure.add_scatter(
        x=x, y=value, mode="markers", name=name,
        marker={"size": 10, "color": colour, "symbol": symbols},
        error_y=error_bars(value, low, high, thickness=1.5, width=3),
        customdata=list(zip(who, brackets(low, high), counted)),
        hovertemplate=f"%{{customdata[0]}}, {name}: %{{y:.3f}} %{{customdata[1]}}<br>%{{customdata[2]}}<extra></extra>",
    )  # fmt: skip
