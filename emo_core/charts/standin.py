"""May a panel stand in? Each rater against the panel, the winning rate by ε, and the difference where raters are anonymous."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.curves import LINES
from emo_core.charts.style import ERROR_BARS, INK, SIDES, finish


def raters(rows: Sequence[dict], epsilon: float) -> go.Figure:
    """How often each rater, and the panel in that rater's place, is at least as close to the others. Above the line by ε below
    the diagonal a rater could be replaced.
    """
    own, panel = (np.array([row[key] for row in rows], dtype=float) for key in ("rho_rater", "rho_panel"))
    ends = np.array([min([*own, *panel, 0.5]) - 0.03, max([*own, *panel, 0.6]) + 0.03])
    figure = go.Figure()
    figure.add_scatter(
        x=ends, y=ends - epsilon, mode="lines", name=f"ε = {epsilon:g} worse", line={"color": ERROR_BARS, "dash": "dash"}, hoverinfo="skip"
    )  # fmt: skip
    figure.add_scatter(
        x=ends, y=ends, mode="lines", name="as good", line={"color": ERROR_BARS, "dash": "dot"}, hoverinfo="skip"
    )
    for rejected, name, colour, symbol in (
        (True, "replaceable", LINES[2][0], "circle"), (False, "not shown replaceable", SIDES["candidate"], "x"),
    ):  # fmt: skip
        chosen = [row for row in rows if row["rejected"] == rejected]
        figure.add_scatter(
            x=[row["rho_rater"] for row in chosen], y=[row["rho_panel"] for row in chosen], mode="markers",
            name=f"{name} ({len(chosen)})", marker={"size": 10, "color": colour, "symbol": symbol},
            customdata=[[row["rater"], row["clips"], row["adjusted_p"]] for row in chosen],
            hovertemplate="%{customdata[0]}: rater %{x:.3f}, panel %{y:.3f}<br>%{customdata[1]:,} clips, adjusted p "
            "%{customdata[2]:.2g}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "rater at least as close to the others as the panel (share of clips)"},
        yaxis={"title": "panel at least as close as the rater"},
    )
    return finish(figure, height=400)


def sweep(panels: Sequence[dict], epsilon: float) -> go.Figure:
    """Winning rate ω by ε, for each panel that was tested against named raters."""
    figure = go.Figure()
    for panel, (colour, dash, symbol) in zip(panels, LINES * 4):
        found = panel["named"].get("sweep")
        if found:
            figure.add_scatter(
                x=found["epsilon"], y=found["omega"], mode="lines+markers", name=panel["panel"],
                line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 7},
                hovertemplate="ε %{x:.3f}: ω %{y:.2f}<extra></extra>",
            )  # fmt: skip
    figure.add_hline(y=0.5, line={"dash": "dot", "color": ERROR_BARS}, annotation={"text": "passes from here on"})
    figure.add_vline(x=epsilon, line={"dash": "dash", "color": INK, "width": 1})
    figure.update_layout(
        xaxis={"title": "ε, how much worse than a rater still passes"},
        yaxis={"title": "winning rate ω", "range": [-0.04, 1.04]},
    )
    return finish(figure, height=400)


def differences(labels: Sequence[str], figures: Sequence[dict], epsilon: float) -> go.Figure:
    """By how much a listener left out is closer to the others than the panel, with interval, against ε."""
    value = np.array([each["value"] for each in figures], dtype=float)
    low, high = np.array([each["interval"] for each in figures], dtype=float).reshape(-1, 2).T
    figure = go.Figure(
        go.Scatter(
            x=value, y=list(labels), mode="markers", marker={"size": 10, "color": INK},
            error_x={
                "type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low, "color": ERROR_BARS,
                "thickness": 1.4, "width": 4,
            },
            customdata=np.column_stack([low, high, [each["clips"] for each in figures]]),
            hovertemplate="%{y}: %{x:.3f} [%{customdata[0]:.3f}, %{customdata[1]:.3f}], n = %{customdata[2]:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=0, line={"dash": "dot", "color": ERROR_BARS})
    figure.add_vline(
        x=epsilon, line={"dash": "dash", "color": SIDES["candidate"]}, annotation={"text": f"ε = {epsilon:g}"}
    )
    figure.update_layout(
        xaxis={"title": "W(listener) − W(panel): right of 0 the listener is closer"}, yaxis={"autorange": "reversed", "type": "category"},
        showlegend=False,
    )  # fmt: skip
    return finish(figure, height=max(220, 90 + 38 * len(labels)))
