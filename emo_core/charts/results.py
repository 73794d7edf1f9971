"""What training came to: Table 2 as a figure, per emotion, calibration, fractions, and learning curves.

Documents are those of `emo_core.analysis.results`. Figure 3 is `charts.ambiguity.by_stratum`.
"""

import textwrap
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from emo_core.charts.curves import LINES
from emo_core.charts.style import CLEAR, ERROR_BARS, SIDES, brackets, error_bars, finish

SOURCES = {"human": LINES[0], "synthetic": LINES[1], "combined": LINES[2]}
_LINE = 26  # characters of a model's name in a line, on a phone half the width of the figure
_LONGEST = 34  # characters of a run's name in a legend: Plotly cuts longer ones off at the edge
AXES = {"js": "JS (bits) ← closer", "bc": "Bhattacharyya coefficient → closer"}


def table(cells: Sequence[Mapping], measure: str = "js") -> go.Figure:
    """JS or Bhattacharyya coefficient of each cell with interval; small dots are the seeds' own means, hollow diamonds the baseline
    of always predicting the training mean. measure: a key of `AXES`.
    """
    labels, figure = [_text(cell["cell"]) for cell in cells], go.Figure()
    value, low, high, clips = parts([cell[measure] for cell in cells])
    figure.add_scatter(
        x=value, y=labels, mode="markers", name="mean over clips",
        marker={"size": 10, "color": [_style(cell)[0] for cell in cells], "symbol": [_style(cell)[2] for cell in cells]},
        error_x=error_bars(value, low, high, thickness=1.4, width=4), customdata=list(zip(brackets(low, high), clips)),
        hovertemplate="%{y}: %{x:.3f} %{customdata[0]}, n = %{customdata[1]:,}<extra></extra>",
    )  # fmt: skip
    seeds = [
        (mean, _text(cell["cell"])) for cell in cells for mean in (cell[f"{measure}_seeds"] or {"means": []})["means"]
    ]
    if seeds:
        figure.add_scatter(
            x=[mean for mean, _ in seeds], y=[label for _, label in seeds], mode="markers", name="one seed",
            marker={"size": 5, "color": ERROR_BARS}, hovertemplate="%{y}, one seed: %{x:.3f}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=parts([cell[f"baseline_{measure}"] for cell in cells])[0], y=labels, mode="markers", name="training mean",
        marker={"size": 10, "symbol": "diamond-open", "color": ERROR_BARS},
        hovertemplate="%{y}, always the training mean: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=AXES[measure], nticks=6)
    names = [_in_lines(cell["cell"]) for cell in cells]
    figure.update_yaxes(autorange="reversed", type="category", tickvals=labels, ticktext=names)
    figure.update_layout(**CLEAR)
    lines = max((name.count("<br>") + 1 for name in names), default=1)
    return finish(figure, height=140 + (16 + 14 * lines) * len(cells))


def _text(words: str) -> str:
    """As text: Plotly would take some of it for markup."""
    return escape(words, quote=False)


def _in_lines(label: str) -> str:
    """A model's name in lines, as text."""
    return "<br>".join(_text(line) for line in textwrap.wrap(label, _LINE, break_long_words=True))


def _in_short(name: str) -> str:
    """A run's name in a legend, as text."""
    return _text(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…")


def by_emotion(cells: Sequence[Mapping]) -> go.Figure:
    """Mean JS of each cell by dominant human emotion, with intervals and n."""
    figure = go.Figure()
    first = cells[0]["by_emotion"] if cells else []
    ticks = [f"{row['emotion']}<br>n = {row['clips']:,}" for row in first]
    span = 0.5 if len(cells) > 1 else 0
    for place, (cell, line) in enumerate(zip(cells, LINES * len(cells))):
        value, low, high, clips = parts(cell["by_emotion"])
        shift = span * (place / max(1, len(cells) - 1) - 0.5)
        figure.add_scatter(
            x=np.arange(len(ticks)) + shift, y=value, mode="markers", name=_text(cell["cell"]),
            marker={"size": 9, "color": line[0], "symbol": line[2]}, error_y=error_bars(value, low, high, thickness=1.4, width=4),
            customdata=list(zip(brackets(low, high), clips)),
            hovertemplate="%{y:.3f} %{customdata[0]}, n = %{customdata[1]:,}<extra>" + _text(cell["cell"]) + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "dominant human emotion", "tickvals": list(range(len(ticks))), "ticktext": ticks},
        yaxis={"title": "Jensen–Shannon divergence (bits)", "rangemode": "tozero"}, showlegend=len(cells) > 1, **CLEAR,
    )  # fmt: skip
    return finish(figure, height=380)


def entropies(human: np.ndarray, predicted: np.ndarray, clips: Sequence[str]) -> go.Figure:
    """Predicted against human entropy (bits), a point a clip; on the diagonal a model is as uncertain as listeners are."""
    top = float(max(np.max(human, initial=0), np.max(predicted, initial=0))) * 1.03 or 1.0
    figure = go.Figure()
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line={"dash": "dot", "color": ERROR_BARS}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=human, y=predicted, mode="markers", text=list(map(_text, clips)),
        marker={"size": 6, "color": SIDES["candidate"], "opacity": 0.55},
        hovertemplate="%{text}<br>human %{x:.3f}, predicted %{y:.3f} bits<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": f"human entropy (bits), n = {len(human):,} clips", "range": [-0.03 * top, top]},
        yaxis={"title": "predicted entropy (bits)", "range": [-0.03 * top, top]}, showlegend=False, **CLEAR,
    )  # fmt: skip
    return finish(figure, height=380)


def reliability(rows: Sequence[Mapping]) -> go.Figure:
    """Observed against predicted share of each bin, with interval; bars below tell how many shares a bin has."""
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.04)
    there = [row for row in rows if row["shares"]]
    value, low, high, clips = parts([row["observed"] for row in there])
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": ERROR_BARS}, hoverinfo="skip", row=1, col=1
    )
    figure.add_scatter(
        x=[row["predicted"] for row in there], y=value, mode="lines+markers", row=1, col=1,
        line={"color": SIDES["candidate"], "width": 1.5}, marker={"size": 8}, error_y=error_bars(value, low, high, width=4),
        customdata=list(zip(brackets(low, high), clips)),
        hovertemplate="predicted %{x:.3f}, observed %{y:.3f} %{customdata[0]}, n = %{customdata[1]:,} clips<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        x=[(row["from"] + row["to"]) / 2 for row in rows], y=[row["shares"] for row in rows], marker={"color": ERROR_BARS},
        hovertemplate="%{y:,} shares<extra></extra>", row=2, col=1,
    )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_xaxes(title="predicted share", row=2, col=1)
    figure.update_yaxes(title="observed human share", range=[-0.02, 1.02], row=1, col=1)
    figure.update_yaxes(title="shares", nticks=3, row=2, col=1)
    figure.update_layout(showlegend=False, **CLEAR)
    return finish(figure, height=420)


def fractions(curves: Sequence[Mapping]) -> go.Figure:
    """JS against the fraction of samples added, a line a curve; the largest marker is the best on the test clips."""
    figure = go.Figure()
    for curve, (colour, dash, symbol) in zip(curves, LINES * len(curves)):
        points = curve["points"]
        value, low, high, clips = parts([point["js"] for point in points])
        size = [16 if point["fraction"] == curve["best"] else 8 for point in points]
        figure.add_scatter(
            x=[point["fraction"] for point in points], y=value, mode="lines+markers", name=_text(curve["curve"]),
            line={"color": colour, "dash": dash, "width": 1.5}, marker={"symbol": symbol, "size": size},
            error_y=error_bars(value, low, high, thickness=1.4, width=4), customdata=list(zip(brackets(low, high), clips)),
            hovertemplate="%{x:.0%}: %{y:.3f} %{customdata[0]}, n = %{customdata[1]:,}<extra>" + _text(curve["curve"]) + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "samples added, as a share of the training clips", "tickformat": ".0%"},
        yaxis={"title": "Jensen–Shannon divergence (bits)"}, showlegend=len(curves) > 1, **CLEAR,
    )  # fmt: skip
    return finish(figure, height=380)


def learning(cards: Sequence[Mapping]) -> go.Figure:
    """Training loss and validation JS by epoch of several runs; a ring marks the epoch that was kept."""
    figure = make_subplots(1, 2, horizontal_spacing=0.14)
    for card, (colour, dash, symbol) in zip(cards, LINES * len(cards)):
        epochs = [row["epoch"] for row in card["history"] or []]
        for column, name in enumerate(("loss", "val_js"), start=1):
            figure.add_scatter(
                x=epochs, y=[row[name] for row in card["history"] or []], mode="lines", name=_in_short(card["run"]),
                legendgroup=card["run"],
                showlegend=column == 1, line={"color": colour, "dash": dash, "width": 1.8}, row=1, col=column,
                hovertemplate="epoch %{x}: %{y:.4f}<extra>" + _text(card["run"]) + "</extra>",
            )  # fmt: skip
        if card["best_epoch"]:
            figure.add_scatter(
                x=[card["best_epoch"]], y=[card["best_js"]], mode="markers", legendgroup=card["run"], showlegend=False, row=1, col=2,
                marker={"size": 11, "color": colour, "symbol": f"{symbol}-open", "line": {"width": 2}}, hoverinfo="skip",
            )  # fmt: skip
    # A title beside each axis would run into the other panel on a phone.
    figure.update_xaxes(title="training loss<br>by epoch", row=1, col=1)
    figure.update_xaxes(title="validation JS (bits)<br>by epoch", row=1, col=2)
    figure.update_layout(showlegend=len(cards) > 1, **CLEAR)
    return finish(figure, height=340)


def parts(figures: Sequence[Mapping]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int]]:
    """Values, both ends of their intervals and numbers of clips; NaN where undefined."""
    value = np.array([each["value"] for each in figures], dtype=float)
    low, high = np.array([each["interval"] for each in figures], dtype=float).reshape(-1, 2).T
    return value, low, high, [each["clips"] for each in figures]


def _style(cell: Mapping) -> tuple[str, str, str]:
    return SOURCES.get(cell["source"], LINES[6])
