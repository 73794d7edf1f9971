"""What if: curves before and after, and which raters of a panel add spread or bias. Also what a budget of votes buys."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.curves import LINES, UNITS, add_curve, whole_ticks
from emo_core.charts.style import ERROR_BARS, finish

_BEFORE, _AFTER = ("#7D858F", "dot", "diamond"), LINES[1]


def curves(before: dict | None, after: dict | None) -> go.Figure:
    """The saturation curve as it is and with the choices changed."""
    figure = go.Figure()
    for curve, name, line in ((before, "as it is", _BEFORE), (after, "changed", _AFTER)):
        if curve:
            add_curve(figure, curve["n"], curve["mean"], curve["low"], curve["high"],
                      name=f"{name} (n = {curve['clips']:,} clips)", line=line)  # fmt: skip
    right = max([curve["n"][-1] for curve in (before, after) if curve and curve["n"]], default=1)
    figure.update_layout(
        xaxis={"title": "candidate votes a clip", **whole_ticks(right)},
        yaxis={"title": UNITS["js"], "rangemode": "tozero"},
    )
    return finish(figure, height=360)


def breakdown(parts: Sequence[dict], kind: str) -> go.Figure:
    """Bias against spread of each group; where no clip has two of its votes, match against the effect of leaving it out."""
    spread = [part["spread"]["value"] is not None for part in parts]
    x, y = ("spread", "bias") if all(spread) and spread else ("match", "without")
    figure = go.Figure()
    for part, (colour, _, symbol) in zip(parts, LINES * 8):
        reach = {}
        for axis, name in (("x", x), ("y", y)):
            value, (low, high) = part[name]["value"], part[name]["interval"]
            if value is not None and low is not None:
                reach[f"error_{axis}"] = {
                    "type": "data", "symmetric": False, "array": [high - value], "arrayminus": [value - low],
                    "color": ERROR_BARS, "thickness": 1.2, "width": 3,
                }  # fmt: skip
        figure.add_scatter(
            x=[part[x]["value"]], y=[part[y]["value"]], mode="markers+text", text=[part["name"]], textposition="top center",
            name=part["name"], marker={"size": 10, "color": colour, "symbol": symbol}, showlegend=False,
            hovertemplate=f"{part['name']}: {part['votes']:,} votes<extra></extra>", **reach,
        )  # fmt: skip
    titles = {
        "spread": "spread: how often two of its votes differ",
        "bias": "bias: squared distance from the listeners",
        "match": "match: how often it says what a listener says",
        "without": "JS divergence of the panel without it, less with it (bits)",
    }
    figure.update_layout(xaxis={"title": titles[x]}, yaxis={"title": titles[y]})
    return finish(figure, height=400)


def budget(curve: dict, price: float) -> go.Figure:
    """Summed gain by budget: by rank, and spent evenly."""
    figure = go.Figure()
    for key, name, (colour, dash, symbol) in (("gain", "by rank", LINES[0]), ("evenly", "spent evenly", LINES[1])):
        figure.add_scatter(
            x=[0, *curve["cost"]], y=[0, *curve[key]], mode="lines+markers", name=name, line={"color": colour, "dash": dash},
            marker={"symbol": symbol}, hovertemplate="%{y:.3f} bits for %{x:,.2f}",
        )  # fmt: skip
    unit = "votes" if price == 1 else "cost"
    figure.update_layout(xaxis={"title": unit}, yaxis={"title": "gained in all (bits)"}, hovermode="x unified")
    return finish(figure, height=320)


def gains(histogram: dict) -> go.Figure:
    """Gain of the next vote over clips, bits. histogram: `edges` and `clips` between them."""
    ends, counts = np.array(histogram["edges"]), np.array(histogram["clips"])
    figure = go.Figure(
        go.Bar(
            x=(ends[:-1] + ends[1:]) / 2, y=counts, width=np.diff(ends) * 0.94, marker={"color": LINES[0][0]},
            hovertemplate="%{x:.4f} bits: %{y:,} clips<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "expected gain of the next human vote (bits)"},
        yaxis={"title": f"clips (n = {int(counts.sum()):,})"},
    )
    return finish(figure, height=320)
