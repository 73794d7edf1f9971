"""What models say against what listeners hear: figures of several sources side by side, and one clip's distributions."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from emo_core import vocabulary
from emo_core.charts.curves import LINES
from emo_core.charts.style import CLEAR, ERROR_BARS, brackets, error_bars, finish

AXES = {
    "kl": "KL (bits) ← closer",
    "bd": "Bhattacharyya (nats) ← closer",
    "js": "JS (bits) ← closer",
    "r2": "R² → closer",
    "accuracy": "accuracy → better",
    "macro_f1": "macro F1 → better",
    "entropy": "entropy (bits)",
}
_STYLES = {"text": LINES[1], "all": LINES[0], "words": LINES[5], "exact panel": LINES[2]}


def side_by_side(labels: Sequence[str], rows: Sequence[Mapping], names: Sequence[str], uniform: Mapping) -> go.Figure:
    """Some figures of several sources, a panel each, with intervals; the dotted line is the uniform distribution's.

    labels: of the rows; rows: a document's, with value and interval under each of `names`; uniform: such a row.
    """
    figure = make_subplots(1, len(names), shared_yaxes=True, horizontal_spacing=0.025)
    kinds = [row["reading"].split("/")[0] for row in rows]
    for column, name in enumerate(names, start=1):
        value, low, high, clips = _parts([row[name] for row in rows])
        figure.add_scatter(
            x=value, y=list(labels), mode="markers", showlegend=False, row=1, col=column,
            marker={"size": 10, "color": [_STYLES[kind][0] for kind in kinds], "symbol": [_STYLES[kind][2] for kind in kinds]},
            error_x=error_bars(value, low, high, thickness=1.4, width=4), customdata=list(zip(brackets(low, high), clips)),
            hovertemplate="%{y}: %{x:.3f} %{customdata[0]}, n = %{customdata[1]:,}<extra></extra>",
        )  # fmt: skip
        line = uniform[name]["value"]
        if line is not None:
            figure.add_vline(x=line, line={"dash": "dot", "color": ERROR_BARS}, row=1, col=column)
        span = _span(np.array([*value, *low, *high, np.nan if line is None else line]))
        figure.update_xaxes(title=AXES[name], nticks=6, range=span, row=1, col=column)
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_layout(**CLEAR)
    return finish(figure, height=110 + 34 * len(rows))


def _span(numbers: np.ndarray) -> list[float] | None:
    """From the least to the greatest, with room for a marker; None where there is no number."""
    if not np.isfinite(numbers).any():
        return None
    least, greatest = np.nanmin(numbers), np.nanmax(numbers)
    room = 0.07 * (greatest - least) or 0.1
    return [least - room, greatest + room]


def _parts(figures: Sequence[Mapping]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int]]:
    value = np.array([each["value"] for each in figures], dtype=float)
    low, high = np.array([each["interval"] for each in figures], dtype=float).reshape(-1, 2).T
    return value, low, high, [each["clips"] for each in figures]


def one_clip(emotions: Sequence[str], labels: Sequence[str], shares: np.ndarray) -> go.Figure:
    """Distributions of one clip, a bar of whole length each, one below the other. shares: (rows, emotions), sum to one."""
    figure = go.Figure()
    for emotion, colour, column in zip(
        emotions, vocabulary.colours(tuple(emotions)), np.asarray(shares, dtype=float).T
    ):
        figure.add_bar(
            name=emotion, orientation="h", x=column, y=list(labels), marker={"color": colour},
            text=[f"{share:.0%}" if share >= 0.045 else "" for share in column], textposition="inside", insidetextanchor="middle",
            textangle=0, hovertemplate=f"%{{y}}: {emotion} %{{x:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        barmode="stack", bargap=0.25, xaxis={"tickformat": ".0%", "range": [0, 1.005], "dtick": 0.25},
        yaxis={"autorange": "reversed", "type": "category"}, legend={"traceorder": "normal"}, **CLEAR,
    )  # fmt: skip
    return finish(figure, height=100 + 34 * len(labels))
