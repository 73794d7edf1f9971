"""What all figures share. Colours of text and paper are left to the page's theme."""

import numpy as np
import plotly.graph_objects as go

from emo_core import vocabulary

INK = "#0072B2"
ERROR_BARS = "#7D858F"  # seen on light and dark paper and on every emotion's colour
CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}  # stands on light and dark paper
SIDES = {"reference": "#0072B2", "candidate": "#D55E00", "combined": "#8C8C8C"}
PATTERNS = {"reference": "", "candidate": "/", "combined": "."}


def finish(figure: go.Figure, *, height: int) -> go.Figure:
    """Margins and legend that fit a page."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )
    return figure


def error_bars(value: np.ndarray, low: np.ndarray, high: np.ndarray, **style) -> dict:
    """Intervals around values as Plotly takes them; NaN ends are not drawn."""
    reach = {"array": np.subtract(high, value), "arrayminus": np.subtract(value, low)}
    return {"type": "data", "symmetric": False, "color": ERROR_BARS} | reach | style


def brackets(low: np.ndarray, high: np.ndarray) -> list[str]:
    """Intervals as words for the hover."""
    return [f"[{a:.3f}, {b:.3f}]" if np.isfinite([a, b]).all() else "no interval" for a, b in zip(low, high)]


def add_shares(
    figure: go.Figure,
    emotions: tuple[str, ...],
    side: str,
    name: str,
    share: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    **trace,
) -> None:
    """One side's share for each emotion as bars with intervals: colour says the emotion, pattern the side.

    share, low, high: (emotions,), in [0, 1]. The legend's own bar is grey, since it stands for all emotions.
    """
    pattern = {"shape": PATTERNS[side], "solidity": 0.35}
    grey = {"color": SIDES["combined"], "pattern": pattern}
    figure.add_bar(name=name, x=[None], y=[None], marker=grey, offsetgroup=side)
    reach = {"array": high - share, "arrayminus": share - low}
    figure.add_bar(
        showlegend=False,
        offsetgroup=side,
        x=list(emotions),
        y=share,
        error_y={"type": "data", "symmetric": False, "width": 2, "thickness": 1.5, "color": ERROR_BARS} | reach,
        marker={"color": vocabulary.colours(emotions), "pattern": pattern},
        **trace,
    )
    figure.update_layout(
        barmode="group", xaxis={"type": "category"}, yaxis={"title": "share of votes", "tickformat": ".0%"}
    )
