"""One clip: what each side heard, how sure the shares are."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from emo_core import science, vocabulary
from emo_core.charts.style import ERROR_BARS, finish, legend_entry

_PATTERNS = {"reference": "", "candidate": "/", "combined": "."}


def distributions(emotions: tuple[str, ...], sides: Mapping[str, np.ndarray], labels: Mapping[str, str]) -> go.Figure:
    """Shares of votes for each emotion, side by side, with Wilson 95 % intervals.

    sides: {reference, candidate, combined: counts (emotions,)}; a side without votes is left out. labels: what to call
    each side in the legend. Colour says the emotion, pattern the side.
    """
    figure = go.Figure()
    for side, counts in sides.items():
        n = int(counts.sum())
        if not n:
            continue
        share = counts / n
        low, high = science.wilson_interval(counts, np.full(len(counts), n))
        figure.add_bar(**legend_entry(side, f"{labels[side]} (n = {n})", _PATTERNS[side]))
        figure.add_bar(
            showlegend=False,
            offsetgroup=side,
            x=list(emotions),
            y=share,
            error_y={
                "type": "data",
                "symmetric": False,
                "array": high - share,
                "arrayminus": share - low,
                "width": 2,
                "thickness": 1.5,
                "color": ERROR_BARS,
            },
            marker={
                "color": vocabulary.colours(emotions),
                "pattern": {"shape": _PATTERNS[side], "solidity": 0.35},
                "opacity": 1 if side == "reference" else 0.8,
            },
            customdata=np.column_stack([counts, low, high]),
            hovertemplate="%{x}: %{customdata[0]} of "
            + str(n)
            + " votes, %{y:.0%} (%{customdata[1]:.0%}–%{customdata[2]:.0%})<extra>"
            + side
            + "</extra>",
        )
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        xaxis={"type": "category"},
        yaxis={"title": "share of votes", "tickformat": ".0%", "range": [0, 1.02]},
    )
    return finish(figure, height=280)
