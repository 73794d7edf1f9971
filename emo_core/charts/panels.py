"""Two panels over all clips of a study: marginals, divergences, majorities, entropies."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.style import INK, SIDES, add_shares, finish

MOST_POINTS = 5000  # a selectable scatter stays quick up to about so many


def marginals(
    emotions: tuple[str, ...], shares: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], votes: Mapping[str, int]
) -> go.Figure:
    """Share of all votes for each emotion. shares: {side: (value, low, high)}, each (emotions,); votes: {side: n}."""
    figure = go.Figure()
    for side, (value, low, high) in shares.items():
        name = f"{side} ({votes[side]:,} votes)"
        add_shares(
            figure, emotions, side, name, value, low, high, hovertemplate=f"%{{x}}: %{{y:.1%}}<extra>{side}</extra>"
        )
    figure.update_layout(yaxis={"rangemode": "tozero"})
    return finish(figure, height=320)


def divergence_histogram(js: np.ndarray, mean: float, low: float, high: float) -> go.Figure:
    """Jensen–Shannon divergence of each clip (bits), with its mean and the mean's interval."""
    js = js[np.isfinite(js)]
    counts, edges = np.histogram(js, bins=40, range=(0, 1))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges) * 0.94,
            marker={"color": INK},
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate="%{customdata[0]:.3f}–%{customdata[1]:.3f} bits: %{y:,} clips<extra></extra>",
        )
    )
    if len(js):
        figure.add_vrect(x0=low, x1=high, fillcolor=SIDES["candidate"], opacity=0.25, line_width=0)
        figure.add_vline(
            x=mean,
            line={"color": SIDES["candidate"], "width": 2},
            annotation={"text": f"mean {mean:.3f} [{low:.3f}, {high:.3f}]"},
        )
    figure.update_layout(
        xaxis={"title": "Jensen–Shannon divergence (bits)", "range": [0, 1]},
        yaxis={"title": f"clips (n = {len(js):,})"},
        showlegend=False,
    )
    return finish(figure, height=320)


def majority_confusion(emotions: tuple[str, ...], table: np.ndarray, clips: np.ndarray) -> go.Figure:
    """Clips by winning emotion, reference in rows, candidate in columns: (emotions, emotions) each.

    table: ties shared among their cells, which is what the cells show; clips: ties whole in each of their cells, which is
    how many clips a click finds. A heatmap tells nobody that it was clicked, so transparent points fill each cell and the
    nearest one is meant (larger, overlapping ones gave the neighbour's cell near an edge); a point's `customdata` begins
    with (reference emotion, candidate emotion).
    """
    rows = table.sum(axis=1, keepdims=True)
    share = np.divide(table, rows, out=np.zeros_like(table, dtype=float), where=rows > 0)
    figure = go.Figure(
        go.Heatmap(
            z=share, zmin=0, zmax=1, colorscale="Blues", hoverinfo="skip", text=np.vectorize("{:,.0f}".format)(table),
            texttemplate="%{text}", colorbar={"title": "share of row", "tickformat": ".0%"},
        )
    )  # fmt: skip
    row, column, dy, dx = np.meshgrid(
        np.arange(len(emotions)), np.arange(len(emotions)), [-0.35, 0, 0.35], [-0.4, -0.2, 0, 0.2, 0.4], indexing="ij"
    )
    row, column = row.ravel(), column.ravel()
    names = np.array(emotions, dtype=object)
    figure.add_scatter(
        x=column + dx.ravel(), y=row + dy.ravel(), mode="markers",
        marker={"symbol": "square", "size": 4, "color": "rgba(0,0,0,0.001)"},
        customdata=np.column_stack(
            [names[row], names[column], table[row, column].round(1), (share[row, column] * 100).round(1), clips[row, column]]
        ),
        hovertemplate="reference %{customdata[0]}, candidate %{customdata[1]}<br>%{customdata[2]} clips with ties shared, "
        "%{customdata[3]} % of the row<br>click to browse the %{customdata[4]} clips, ties counted whole<extra></extra>",
    )  # fmt: skip
    ticks = {"tickvals": list(range(len(emotions))), "ticktext": list(emotions), "showgrid": False, "zeroline": False}
    edge = [-0.5, len(emotions) - 0.5]
    figure.update_layout(
        xaxis={"title": "candidate majority", "range": edge} | ticks,
        yaxis={"title": "reference majority", "range": edge[::-1]} | ticks,
        clickmode="event+select", dragmode=False, showlegend=False, hovermode="closest", hoverdistance=40,
    )  # fmt: skip
    return finish(figure, height=380)


def entropies(reference: np.ndarray, candidate: np.ndarray, classes: int, *, seed: int) -> go.Figure:
    """Entropy of each clip's candidate distribution against its reference distribution (bits), and the diagonal.

    Of more than `MOST_POINTS` clips a seeded sample is drawn, and the axis title says so.
    """
    both = np.flatnonzero(np.isfinite(reference) & np.isfinite(candidate))
    n = len(both)
    rng = np.random.default_rng(seed)
    if n > MOST_POINTS:
        both = np.sort(rng.choice(both, MOST_POINTS, replace=False))
    top = np.log2(classes)
    # Entropies of small panels fall on few values: a little jitter (1 % of the axis) shows how many lie on one.
    jitter = rng.uniform(-0.01, 0.01, size=(2, len(both))) * top
    figure = go.Figure(
        go.Scattergl(
            x=reference[both] + jitter[0], y=candidate[both] + jitter[1], mode="markers",
            marker={"size": 4, "opacity": 0.35, "color": INK}, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line={"dash": "dot", "color": SIDES["combined"]}, hoverinfo="skip"
    )
    shown = f"{n:,} clips" if n == len(both) else f"{len(both):,} of {n:,} clips, drawn at random"
    figure.update_layout(
        xaxis={"title": f"reference entropy (bits); {shown}", "range": [-0.05, top + 0.05]},
        yaxis={"title": "candidate entropy (bits)", "range": [-0.05, top + 0.05]},
        showlegend=False,
    )  # fmt: skip
    return finish(figure, height=380)
