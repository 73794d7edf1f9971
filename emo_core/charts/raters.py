"""How far raters agree: each emotion, each rater, each pair, and what one rater says when the panel hears something else.

What is undefined (NaN) is not drawn. Backgrounds are transparent, so that the figures stand on light and dark paper.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from emo_core import vocabulary
from emo_core.charts.style import CLEAR, ERROR_BARS, INK, brackets, error_bars, finish

# Blue to vermilion by way of a grey that is seen on light and dark paper: 0 is what chance gives.
_DIVERGING = [[0.0, "#D55E00"], [0.5, "#B9BEC4"], [1.0, "#0072B2"]]
MOST_LABELS = 40  # raters whose names fit beside a map


def emotion_agreement(
    emotions: Sequence[str], value: np.ndarray, low: np.ndarray, high: np.ndarray, votes: Sequence[int], *, name: str
) -> go.Figure:
    """A coefficient of each emotion against the rest, with its interval; (emotions,) each. NaN is not drawn."""
    figure = go.Figure(
        go.Scatter(
            x=list(emotions), y=value, mode="markers",
            marker={"size": 11, "color": vocabulary.colours(emotions), "line": {"width": 1, "color": ERROR_BARS}},
            error_y=error_bars(value, low, high, thickness=1.5, width=3),
            customdata=list(zip(brackets(low, high), map(int, votes))),
            hovertemplate="%{x}: %{y:.3f} %{customdata[0]}<br>%{customdata[1]:,} votes<extra></extra>",
        )
    )  # fmt: skip
    figure.add_hline(y=0, line={"dash": "dot", "color": ERROR_BARS, "width": 1})
    figure.update_layout(xaxis={"type": "category"}, yaxis={"title": name}, showlegend=False, **CLEAR)
    return finish(figure, height=340)


def rater_scatter(
    names: Sequence[str],
    votes: np.ndarray,
    agreement: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    expected: np.ndarray,
) -> go.Figure:
    """Each rater's agreement with the others on the same clips, against the number of votes, with intervals.

    (raters,) each. expected: the agreement of a rater who names emotions at random, as often as this one does.
    """
    figure = go.Figure(
        go.Scatter(
            x=votes, y=agreement, mode="markers", marker={"size": 7, "color": INK, "opacity": 0.8},
            error_y=error_bars(agreement, low, high, thickness=1, width=0),
            customdata=list(zip(names, brackets(low, high), expected)),
            hovertemplate="%{customdata[0]}: %{y:.3f} %{customdata[1]}<br>%{x:,} clips with others; "
            "by chance %{customdata[2]:.3f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": f"clips answered that others answered too ({len(names)} raters)", "rangemode": "tozero"},
        yaxis={"title": "share of the others' votes that say the same"},
        showlegend=False,
        **CLEAR,
    )
    return finish(figure, height=380)


def kappa_map(names: Sequence[str], kappa: np.ndarray, clips: np.ndarray) -> go.Figure:
    """Cohen's kappa of every two raters and the clips in common, (raters, raters) each; pairs without a kappa stay empty.

    The scale is centred at 0 and reaches as far as the largest kappa, 0.2 at least. Of more than `MOST_LABELS` raters the
    names are in the hover only, and the axis says how many there are.
    """
    reach = max(0.2, float(np.nanmax(np.abs(kappa)))) if np.isfinite(kappa).any() else 1.0
    named = len(names) <= MOST_LABELS
    ticks = {"showticklabels": named, "showgrid": False, "zeroline": False, "type": "category"}
    figure = go.Figure(
        go.Heatmap(
            x=list(names), y=list(names), z=kappa, zmin=-reach, zmax=reach, colorscale=_DIVERGING, customdata=clips,
            hoverongaps=False, colorbar={"title": "κ"},
            hovertemplate="%{y} and %{x}: κ %{z:.3f} on %{customdata:,} clips<extra></extra>",
        )
    )  # fmt: skip
    title = {} if named else {"title": f"{len(names)} raters; the cursor shows who"}
    figure.update_layout(xaxis=ticks | title, yaxis=ticks | {"autorange": "reversed"}, **CLEAR)
    return finish(figure, height=min(720, max(360, 90 + 14 * len(names))))


def rater_confusion(emotions: Sequence[str], confusion: np.ndarray) -> go.Figure:
    """What a rater says (columns) on clips that the whole panel takes for each emotion (rows); rows sum to one.

    confusion: (emotions, emotions).
    """
    figure = go.Figure(
        go.Heatmap(
            x=list(emotions), y=list(emotions), z=confusion, zmin=0, zmax=1, colorscale="Blues",
            text=[[f"{share:.0%}" if np.isfinite(share) else "" for share in row] for row in confusion],
            texttemplate="%{text}", hoverongaps=False,
            hovertemplate="panel hears %{y}, says %{x}: %{z:.1%}<extra></extra>", colorbar={"tickformat": ".0%"},
        )
    )  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "type": "category"}
    figure.update_layout(
        xaxis={"title": "the rater says"} | axis,
        yaxis={"title": "the panel hears", "autorange": "reversed"} | axis,
        **CLEAR,
    )
    return finish(figure, height=380)
