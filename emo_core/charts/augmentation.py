"""What augmentation does to a training side: clips by emotion, where distributions lie, the grid of fractions, a waveform."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from emo_core import vocabulary
from emo_core.charts.style import CLEAR, ERROR_BARS, INK, finish

READINGS = {  # of the counts: (in words, pattern, opacity)
    "before": ("before", "", 0.45),
    "filled": ("after, by the emotion a sample was made for", "/", 1.0),
    "after": ("after, by a sample's own dominant emotion", "", 1.0),
}
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "hexagon", "triangle-down", "pentagon")
_TIED = "tied"


def balance(rows: Sequence[Mapping]) -> go.Figure:
    """Clips by dominant emotion in three readings: colour says the emotion, pattern and paleness the reading.

    rows: {"emotion", "before", "filled", "after"} each.
    """
    emotions = [row["emotion"] for row in rows]
    figure = go.Figure()
    for name, (words, shape, opacity) in READINGS.items():
        pattern = {"shape": shape, "solidity": 0.35}
        # The legend's own bar ignores a marker's opacity, so that its paleness is in the colour.
        grey = {"color": f"rgba(140, 140, 140, {opacity})", "pattern": pattern}
        figure.add_bar(name=words, x=[None], y=[None], marker=grey, offsetgroup=name)
        marker = {"color": vocabulary.colours(emotions), "pattern": pattern, "opacity": opacity}
        figure.add_bar(
            x=emotions, y=[row[name] for row in rows], offsetgroup=name, showlegend=False, marker=marker,
            hovertemplate=f"%{{x}}, {words}: %{{y:,.4~g}} clips<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", xaxis={"type": "category"}, yaxis={"title": "clips"}, **CLEAR)
    return finish(figure, height=340)


def space(
    emotions: Sequence[str],
    corners: np.ndarray,
    clips: np.ndarray,
    clip_emotions: Sequence[str],
    samples: np.ndarray,
    sample_emotions: Sequence[str],
) -> go.Figure:
    """Distributions in two dimensions before and after, as `analysis.augmentation.Space` has them: clips by dominant emotion on
    the left; on the right clips in grey, samples by the emotion that they were made for.
    """
    figure = make_subplots(
        1, 2, shared_xaxes=True, shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=(f"before: {len(clips):,} clips", f"after: with {len(samples):,} samples"),
    )  # fmt: skip
    marks = _marks(emotions)
    for rank, emotion in enumerate(marks, start=1):
        _add_points(figure, clips[_of(clip_emotions, emotion)], emotion, marks[emotion], column=1, rank=rank)
    _add_points(figure, clips, "clips", (ERROR_BARS, "circle"), column=2, legend=False, opacity=0.25)
    for rank, emotion in enumerate(marks, start=1):
        _add_points(
            figure, samples[_of(sample_emotions, emotion)], emotion, marks[emotion], column=2, legend=emotion not in clip_emotions,
            opacity=0.9, size=8, rank=rank,
        )  # fmt: skip
    _add_corners(figure, emotions, corners)
    figure.update_layout(**CLEAR)
    return finish(figure, height=430).update_layout(margin_t=72, legend_y=1.08)


def _of(names: Sequence[str], emotion: str) -> np.ndarray:
    return np.array([name == emotion for name in names], dtype=bool)


def _add_corners(figure: go.Figure, emotions: Sequence[str], corners: np.ndarray) -> None:
    """Where an emotion that all hear lies, in both figures, and axes that hold them all."""
    ring = {"size": 12, "symbol": "circle-open", "color": vocabulary.colours(list(emotions)), "line": {"width": 2}}
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = 0.18 * np.maximum(high - low, 0.1)
    for column in (1, 2):
        figure.add_scatter(
            x=corners[:, 0], y=corners[:, 1], mode="markers+text", text=list(emotions), textposition="top center", row=1, col=column,
            showlegend=False, marker=ring, hovertemplate="all hear %{text}<extra></extra>", cliponaxis=False,
        )  # fmt: skip
        for update, axis in ((figure.update_xaxes, 0), (figure.update_yaxes, 1)):
            ends = [low[axis] - room[axis], high[axis] + room[axis]]
            update(showticklabels=False, zeroline=False, range=ends, col=column)
    figure.update_xaxes(title="first component")
    figure.update_yaxes(title="second component", col=1)


def _marks(emotions: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and symbol of each emotion, and of tied clips."""
    known = zip(emotions, zip(vocabulary.colours(list(emotions)), _SYMBOLS * len(emotions)))
    return dict(known) | {_TIED: (ERROR_BARS, "asterisk-open")}


def _add_points(
    figure: go.Figure, points: np.ndarray, name: str, mark: tuple[str, str], *, column: int, legend: bool = True,
    opacity: float = 0.65, size: int = 6, rank: int = 1000,
) -> None:  # fmt: skip
    if len(points):
        marker = {"size": size, "color": mark[0], "symbol": mark[1], "opacity": opacity}
        figure.add_scatter(
            x=points[:, 0], y=points[:, 1], mode="markers", name=name, legendgroup=name, showlegend=legend, marker=marker,
            hovertemplate=f"{name}<extra></extra>", legendrank=rank, row=1, col=column,
        )  # fmt: skip


def grid(rows: Sequence[Mapping]) -> go.Figure:
    """Clips by emotion at each fraction: a sample by its own dominant emotion with marks and a solid line, by the emotion that it
    was made for with a dotted one.

    rows: {"fraction", "emotions": rows of `balance`} each.
    """
    fractions = [0.0, *(row["fraction"] for row in rows)]
    emotions = [row["emotion"] for row in rows[0]["emotions"]]
    marks, figure = _marks(emotions), go.Figure()
    for k, emotion in enumerate(emotions):
        colour, symbol = marks[emotion]
        for name, mode, dash in (("filled", "lines", "dot"), ("after", "lines+markers", "solid")):
            counts = [rows[0]["emotions"][k]["before"], *(row["emotions"][k][name] for row in rows)]
            figure.add_scatter(
                x=fractions, y=counts, mode=mode, name=emotion, legendgroup=emotion, showlegend=name == "after",
                line={"color": colour, "dash": dash, "width": 1.6}, marker={"symbol": symbol, "size": 8},
                hovertemplate=f"{emotion}, {READINGS[name][0]}, %{{x:.0%}}: %{{y:,.4~g}} clips<extra></extra>",
            )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "samples added, as a share of the training clips", "tickvals": fractions,
               "ticktext": ["none", *(f"{row['fraction']:.0%}" for row in rows)]},
        yaxis={"title": "clips", "rangemode": "tozero"}, **CLEAR,
    )  # fmt: skip
    return finish(figure, height=380)


def waveform(low: np.ndarray, high: np.ndarray, seconds: float, *, longest_s: float, most: float) -> go.Figure:
    """A sound's outline. low, high: (points,) the least and the greatest sample, −1…1. The axes reach to `longest_s` seconds and to
    the magnitude `most`, so that sounds side by side can be compared.
    """
    at = (np.arange(len(low)) + 0.5) * seconds / max(len(low), 1)
    figure = go.Figure()
    figure.add_scatter(
        x=[*at, *at[::-1]], y=[*high, *low[::-1]], fill="toself", mode="lines", line={"width": 1, "color": INK}, fillcolor=INK,
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.update_xaxes(range=[0, longest_s], ticksuffix=" s", nticks=5, fixedrange=True)
    figure.update_yaxes(range=[-most, most], showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_layout(**CLEAR)
    return finish(figure, height=110).update_layout(margin={"l": 8, "r": 8, "t": 4, "b": 4})
