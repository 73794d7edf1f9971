"""Curves over numbers of votes: divergence with floor, fit and saturation point; gain; exchange rate; strata.

Every curve carries its interval as a band; what differs in colour differs in dash and marker too, so that the figures are
read in grey and by colour-blind eyes. Documents are those of `emo_core.analysis.saturation`.
"""

import numpy as np
import plotly.graph_objects as go

from emo_core.charts.style import ERROR_BARS, INK, SIDES, finish

UNITS = {
    "js": "Jensen–Shannon divergence (bits)",
    "bc": "Bhattacharyya coefficient",
    "kl": "Kullback–Leibler divergence (bits)",
    "tv": "total variation distance",
    "entropy": "candidate entropy (bits)",
}
_CANDIDATE, _HELD, _FLOOR = SIDES["candidate"], "#C98A5E", "#6B7783"
# Okabe–Ito colours, each with a dash and a marker of its own.
LINES = (
    ("#0072B2", "solid", "circle"),
    ("#D55E00", "dash", "square"),
    ("#009E73", "dot", "diamond"),
    ("#CC79A7", "dashdot", "triangle-up"),
    ("#E69F00", "longdash", "x"),
    ("#56B4E9", "longdashdot", "star"),
    ("#7D858F", "solid", "cross"),
    ("#8A6D00", "dash", "hexagon"),
)


def saturation(document: dict, measure: str = "js") -> go.Figure:
    """Expected divergence from the reference by number of candidate votes, with interval, the noise floor and the
    candidate at equal reference size; for JS also the fitted form, its asymptote and the saturation point.
    """
    figure = go.Figure()
    n = document["n"]
    clips = f"{document['clips']:,} clips"
    if measure == "js_distance":
        return _sampled_distance(document["js_distance"])
    _add_floor(figure, document["noise_floor" if measure == "js" else f"{measure}_floor"], measure)
    add_curve(figure, n, *(document[f"{measure}_{end}"] for end in ("mean", "low", "high")),
         name=f"candidate, all reference votes (n = {clips})", line=(_CANDIDATE, "solid", "circle"), width=2.5)  # fmt: skip
    right = n[-1] if n else 1
    if measure == "js" and document["fit"]:
        right = _add_level(figure, document, right)
    figure.update_layout(
        xaxis={"title": "candidate votes a clip", "range": [0.5, right + 0.5], **whole_ticks(right)},
        yaxis={"title": UNITS[measure], "rangemode": "tozero" if measure in ("js", "tv") else "normal"},
        hovermode="x unified",
    )
    return finish(figure, height=460)


def _sampled_distance(found: dict) -> go.Figure:
    """The square root of the divergence, which is sampled."""
    figure = go.Figure()
    clips = (
        f"{found['clips']:,} of {found['of_clips']:,} clips"
        if found["clips"] < found["of_clips"]
        else f"{found['clips']:,} clips"
    )
    add_curve(figure, found["n"], found["mean"], found["low"], found["high"],
              name=f"candidate, all reference votes, sampled (n = {clips})", line=(_CANDIDATE, "solid", "circle"))  # fmt: skip
    figure.update_layout(
        xaxis={"title": "candidate votes a clip", **whole_ticks(found["n"][-1] if found["n"] else 1)},
        yaxis={"title": "Jensen–Shannon distance (√bits), sampled", "rangemode": "tozero"}, showlegend=True,
    )  # fmt: skip
    return finish(figure, height=460)


def _add_floor(figure: go.Figure, floor: dict | None, measure: str) -> None:
    """Further listeners, and the candidate, against m reference votes."""
    if floor is None:
        return
    m, clips = floor["reference_votes"], f"{floor['clips']:,} clips"
    held = floor["candidate"]
    add_curve(figure, held["n"], held["mean"], held["low"], held["high"], name=f"candidate, {m} reference votes (n = {clips})",
         line=(_HELD, "dash", "square"))  # fmt: skip
    add_curve(figure, floor["n"], floor[f"{measure}_mean"], floor[f"{measure}_low"], floor[f"{measure}_high"],
         name=f"noise floor: other listeners, {m} reference votes (n = {clips})", line=(_FLOOR, "dot", "diamond"))  # fmt: skip


def _add_level(figure: go.Figure, document: dict, right: int) -> int:
    """Fit, asymptote and saturation point; returns how far the axis must reach."""
    fit, point = document["fit"], document["saturation_point"]
    shown = point is not None and point <= max(3 * right, 30)
    right = max(right, point) if shown else right
    n = np.linspace(1, right, 120)
    rate = fit["rate"]
    basis = {
        "hyperbola": (1 + rate) / (n + rate), "power": n**-rate, "exponential": np.exp(-rate * (n - 1)),
    }[fit["form"]]  # fmt: skip
    figure.add_scatter(
        x=n, y=fit["asymptote"] + fit["scale"] * basis, mode="lines", line={"color": ERROR_BARS, "width": 1},
        name=f"fit, {fit['form']}", hoverinfo="skip",
    )  # fmt: skip
    low, high = fit["asymptote_interval"]
    figure.add_hline(
        y=fit["asymptote"], line={"color": ERROR_BARS, "width": 1, "dash": "longdash"},
        annotation={"text": f"asymptote {fit['asymptote']:.3f}{_ends(low, high)}", "font": {"size": 11}},
        annotation_position="bottom right",
    )  # fmt: skip
    low, high = document["saturation_interval"]
    words = f"saturation at {point:,}{_ends(low, high, 0)}" if point is not None else "no saturation point"
    if document["extrapolated"]:
        words += ", beyond the votes there are"
    if shown:
        figure.add_vline(
            x=point, line={"color": INK, "width": 1.5, "dash": "dash"},
            annotation={"text": words, "font": {"size": 12}}, annotation_position="top left" if point > right / 2 else "top right",
        )  # fmt: skip
    else:
        figure.add_annotation(
            text=words, xref="paper", yref="paper", x=1, y=1, xanchor="right", yanchor="top", showarrow=False
        )
    return right


def groups(document: dict, measure: str = "js") -> go.Figure:
    """The same curve for each group of clips."""
    figure = go.Figure()
    for group, line in zip(document["groups"], LINES * 4):
        if group["clips"]:
            add_curve(figure, document["n"], *(group[f"{measure}_{end}"] for end in ("mean", "low", "high")),
                 name=f"{group['group']} (n = {group['clips']:,})", line=line)  # fmt: skip
    right = document["n"][-1] if document["n"] else 1
    figure.update_layout(
        xaxis={"title": "candidate votes a clip", **whole_ticks(right)}, yaxis={"title": UNITS[measure]},
        hovermode="x unified",
    )  # fmt: skip
    return finish(figure, height=380)


def add_collected(figure: go.Figure, collected: dict) -> go.Figure:
    """The first n votes by recorded time or draw, on the saturation figure."""
    name = f"first n votes by time or draw (n = {collected['clips']:,} clips)"
    add_curve(figure, collected["n"], collected["mean"], collected["low"], collected["high"], name=name, line=LINES[2])
    return figure


def gain(document: dict) -> go.Figure:
    """What the next vote gains, with interval."""
    part = document["gain"]
    figure = go.Figure()
    add_curve(figure, [n + 1 for n in part["n"]], part["mean"], part["low"], part["high"], name="gain", line=LINES[0])
    figure.update_layout(
        xaxis={"title": "the n-th candidate vote", **whole_ticks(len(document["n"]))},
        yaxis={"title": "JS divergence gained (bits)", "rangemode": "tozero"}, showlegend=False,
    )  # fmt: skip
    return finish(figure, height=300)


def exchange(floor: dict) -> go.Figure:
    """Listeners that n candidate votes are worth; hollow where it is extrapolated beyond 1 … H, at the edge where it is cut off."""
    worth, most = floor["listeners"], floor["listeners"]["most"]
    mean, low, high = (np.array(worth[end], dtype=float) for end in ("mean", "low", "high"))
    measured, n = (mean >= 1) & (mean <= most), np.array(worth["n"])
    figure = go.Figure()
    figure.add_scatter(
        x=[1, n[-1]], y=[1, n[-1]], mode="lines", name="one vote, one listener",
        line={"color": ERROR_BARS, "dash": "dot", "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    for chosen, symbol, name in (
        (measured, "circle", "measured"),
        (~measured, "circle-open", f"beyond 1 … {most}: extrapolated"),
    ):
        if chosen.any():
            reach = {"array": (high - mean)[chosen], "arrayminus": (mean - low)[chosen]}
            figure.add_scatter(
                x=n[chosen], y=mean[chosen], mode="markers", name=name, marker={"size": 8, "symbol": symbol, "color": _CANDIDATE},
                error_y={"type": "data", "symmetric": False, "color": ERROR_BARS, "thickness": 1.2, "width": 3} | reach,
                hovertemplate="%{x} candidate votes: %{y:.2f} listeners<extra></extra>",
            )  # fmt: skip
    figure.update_layout(
        xaxis={"title": f"candidate votes a clip (n = {floor['clips']:,} clips)", **whole_ticks(n[-1])},
        yaxis={"title": "worth so many listeners", "range": [0, most + 1.2]},
    )
    return finish(figure, height=300)


def complement(found: dict) -> go.Figure:
    """Gain of adding n candidate votes to m human ones, judged by held-out listeners."""
    figure = go.Figure()
    gain = found["gain"]
    add_curve(figure, found["n"], gain["mean"], gain["low"], gain["high"], name="gain", line=LINES[2])
    figure.add_hline(y=0, line={"dash": "dot", "color": ERROR_BARS, "width": 1})
    figure.update_layout(
        xaxis={"title": f"candidate votes added to {found['human_votes']} human ones (n = {found['clips']:,} clips)",
               **whole_ticks(found["n"][-1])},
        yaxis={"title": "nearer to held-out listeners by (bits)"}, showlegend=False,
    )  # fmt: skip
    return finish(figure, height=300)


def add_curve(
    figure: go.Figure,
    x: list,
    mean: list,
    low: list,
    high: list,
    *,
    name: str,
    line: tuple[str, str, str],
    width: float = 1.8,
) -> None:
    """A line with markers and its interval as a band."""
    colour, dash, symbol = line
    mean, low, high = (np.array(values, dtype=float) for values in (mean, low, high))
    if np.isfinite(low).all() and len(x) > 1:
        figure.add_scatter(
            x=[*x, *x[::-1]], y=[*high, *low[::-1]], fill="toself", fillcolor=_faint(colour), mode="none",
            hoverinfo="skip", showlegend=False, legendgroup=name,
        )  # fmt: skip
    figure.add_scatter(
        x=x, y=mean, mode="lines+markers", name=name, legendgroup=name, customdata=np.column_stack([low, high]),
        line={"color": colour, "dash": dash, "width": width}, marker={"symbol": symbol, "size": 7},
        hovertemplate="%{y:.4f} [%{customdata[0]:.4f}, %{customdata[1]:.4f}]",
    )  # fmt: skip


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _ends(low: float | None, high: float | None, digits: int = 3) -> str:
    return "" if low is None or high is None else f" [{low:.{digits}f}, {high:.{digits}f}]"


def whole_ticks(right: int) -> dict:
    """An axis of whole numbers that has room for its labels."""
    return {"dtick": max(1, round(right / 15)), "tick0": 0}
