"""Cells of a panel of model votes: persona by temperature."""

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.style import finish


def agreement(rows: list[dict], listeners: float | None) -> go.Figure:
    """Agreement of each cell with one listener. rows: those of `analysis.personas`, cells with both persona and temperature."""
    cells = [row for row in rows if row["persona"] is not None and row["temperature"] is not None]
    personas = list(dict.fromkeys(row["persona"] for row in cells))
    heats = sorted({row["temperature"] for row in cells})
    values = np.full((len(personas), len(heats)), np.nan)
    words, shown = np.full(values.shape, "", dtype=object), np.full(values.shape, "", dtype=object)
    for row in cells:
        place = personas.index(row["persona"]), heats.index(row["temperature"])
        values[place] = np.nan if row["agreement"] is None else row["agreement"]
        low, high = row["agreement_interval"]
        ends = "" if low is None else f" [{low:.2f}, {high:.2f}]"
        words[place] = f"{row['persona']} at {row['temperature']:g}: {values[place]:.3f}{ends}, {row['votes']:,} votes"
        shown[place] = f"{values[place]:.2f}<br>n = {row['votes']:,}"
    figure = go.Figure(
        go.Heatmap(
            z=values, x=[f"{heat:g}" for heat in heats], y=personas, text=shown, texttemplate="%{text}", hoverongaps=False,
            zmin=0, zmax=np.nanmax([*values.ravel(), listeners or 0, 0]), customdata=words, colorscale="Cividis",
            hovertemplate="%{customdata}<extra></extra>", showscale=False, xgap=2, ygap=2,
        )
    )  # fmt: skip
    figure.update_layout(xaxis={"title": "temperature", "type": "category"}, yaxis={"title": "persona"})
    if listeners is not None:
        figure.add_annotation(
            text=f"two listeners: {listeners:.2f}", x=0, y=1.02, xref="paper", yref="paper", showarrow=False, xanchor="left",
            yanchor="bottom",
        )  # fmt: skip
    return finish(figure, height=120 + 46 * max(1, len(personas)))
