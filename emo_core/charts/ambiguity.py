"""By ambiguity: the paper's Figure 3 for any panels, entropies, kinds, and what candidate votes add."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.curves import LINES
from emo_core.charts.style import ERROR_BARS, INK, SIDES, finish


def by_stratum(
    names: Sequence[str], panels: Mapping[str, Sequence[dict]], *, title: str = "Jensen–Shannon divergence (bits)"
) -> go.Figure:
    """A figure of each panel in each stratum, with interval and n. panels: {panel: [figure document of each stratum]}."""
    figure = go.Figure()
    span = 0.5 if len(panels) > 1 else 0
    for place, (panel, line) in enumerate(zip(panels, LINES * 4)):
        shift = span * (place / max(1, len(panels) - 1) - 0.5)
        _points(figure, [i + shift for i in range(len(names))], panels[panel], panel, line)
    first = next(iter(panels.values()), [])
    ticks = [f"{name}<br>n = {each['clips']:,}" for name, each in zip(names, first)]
    figure.update_layout(
        xaxis={"title": "reference entropy", "tickvals": list(range(len(names))), "ticktext": ticks, "range": [-0.5, len(names) - 0.5]},
        yaxis={"title": title, "rangemode": "tozero"}, showlegend=len(panels) > 1,
    )  # fmt: skip
    return finish(figure, height=380)


def differences(names: Sequence[str], figures: Sequence[dict], *, title: str, clips: bool = True) -> go.Figure:
    """One signed figure a stratum, with interval, against zero."""
    figure = go.Figure()
    _points(figure, list(range(len(names))), figures, title, LINES[2])
    figure.add_hline(y=0, line={"dash": "dot", "color": ERROR_BARS, "width": 1})
    ticks = [f"{name}<br>n = {each['clips']:,}" if clips else name for name, each in zip(names, figures)]
    figure.update_layout(
        xaxis={"tickvals": list(range(len(names))), "ticktext": ticks, "range": [-0.5, len(names) - 0.5]},
        yaxis={"title": title}, showlegend=False,
    )  # fmt: skip
    return finish(figure, height=320)


def entropy_histogram(
    entropy: np.ndarray, edges: Sequence[float], names: Sequence[str], sizes: Sequence[int]
) -> go.Figure:
    """Reference entropy of all clips (bits), and where the strata part."""
    known = entropy[np.isfinite(entropy)]
    top = max(float(known.max(initial=0)), 1e-9)
    counts, ends = np.histogram(known, bins=48, range=(0, top * 1.0001))
    figure = go.Figure(
        go.Bar(
            x=(ends[:-1] + ends[1:]) / 2, y=counts, width=np.diff(ends) * 0.94, marker={"color": INK},
            customdata=np.column_stack([ends[:-1], ends[1:]]),
            hovertemplate="%{customdata[0]:.3f}–%{customdata[1]:.3f} bits: %{y:,} clips<extra></extra>",
        )
    )  # fmt: skip
    for edge in edges:
        if edge is not None:
            figure.add_vline(x=edge, line={"color": SIDES["candidate"], "width": 1.5, "dash": "dash"})
    bounds = [0.0, *(edge for edge in edges if edge is not None), top]
    for name, size, low, high in zip(names, sizes, bounds, bounds[1:]):
        figure.add_annotation(
            x=(low + high) / 2, y=1.08, yref="paper", showarrow=False, text=f"{name}: {size:,}", font={"size": 12}
        )
    figure.update_layout(
        xaxis={"title": "reference entropy (bits)"}, yaxis={"title": f"clips (n = {len(known):,})"}, showlegend=False
    )
    return finish(figure, height=320)


def kinds(rows: Sequence[dict]) -> go.Figure:
    """Clips of each kind of ambiguity."""
    figure = go.Figure(
        go.Bar(
            x=[row["clips"] for row in rows], y=[row["kind"] or "too few votes" for row in rows], orientation="h",
            marker={"color": INK}, text=[f"{row['clips']:,}" for row in rows], textposition="auto",
            hovertemplate="%{y}: %{x:,} clips<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(xaxis={"title": "clips"}, yaxis={"autorange": "reversed", "type": "category"})
    return finish(figure, height=320)


def _points(
    figure: go.Figure, x: list[float], documents: Sequence[dict], name: str, line: tuple[str, str, str]
) -> None:
    """Points with intervals, joined by a line; undefined ones are not drawn."""
    colour, dash, symbol = line
    value, low, high, clips = _numbers(documents)
    figure.add_scatter(
        x=x, y=value, mode="lines+markers", name=name, line={"color": colour, "dash": dash, "width": 1.5},
        marker={"symbol": symbol, "size": 9},
        error_y={
            "type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low, "color": ERROR_BARS,
            "thickness": 1.4, "width": 4,
        },
        customdata=np.column_stack([low, high, clips]),
        hovertemplate="%{y:.3f} [%{customdata[0]:.3f}, %{customdata[1]:.3f}], n = %{customdata[2]:,}<extra>" + name + "</extra>",
    )  # fmt: skip


def _numbers(documents: Sequence[dict]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    value = np.array([each["value"] for each in documents], dtype=float)
    low, high = np.array([each["interval"] for each in documents], dtype=float).reshape(-1, 2).T
    return value, low, high, np.array([each["clips"] for each in documents])
