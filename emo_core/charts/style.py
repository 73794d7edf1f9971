"""What all figures share. Colours of text and paper are left to the page's theme."""

import plotly.graph_objects as go

INK = "#0072B2"
ERROR_BARS = "#7D858F"  # seen on light and dark paper and on every emotion's colour
SIDES = {"reference": "#0072B2", "candidate": "#D55E00", "combined": "#8C8C8C"}


def finish(figure: go.Figure, *, height: int, title: str | None = None) -> go.Figure:
    """Margins, legend and fonts that fit a page; `title` carries the figure's n."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 40 if title else 28, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        title={"text": title, "font": {"size": 14}} if title else None,
    )
    return figure


def legend_entry(side: str, name: str, pattern: str) -> dict:
    """A bar that only stands in the legend: grey, since colour says the emotion and the pattern the side."""
    marker = {"color": SIDES["combined"], "pattern": {"shape": pattern, "solidity": 0.35}}
    return {"name": name, "x": [None], "y": [None], "marker": marker, "offsetgroup": side}
