"""One clip: what each side heard, how sure the shares are."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from emo_core import science
from emo_core.charts.style import add_shares, finish


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
        counted = f"%{{x}}: %{{customdata[0]}} of {n} votes, %{{y:.0%}} (%{{customdata[1]:.0%}}–%{{customdata[2]:.0%}})"
        add_shares(
            figure, emotions, side, f"{labels[side]} (n = {n})", share, low, high,
            customdata=np.column_stack([counts, low, high]), hovertemplate=f"{counted}<extra>{side}</extra>",
        )  # fmt: skip
    figure.update_layout(bargap=0.25, yaxis={"range": [0, 1.02]})
    return finish(figure, height=280)
