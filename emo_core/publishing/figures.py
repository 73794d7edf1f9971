"""Figures as files: HTML by itself, SVG and PNG where a Chromium or Chrome is on this machine (kaleido draws with it)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import plotly.graph_objects as go

from emo_core.errors import WorkbenchError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDTH = 900  # pixels; the height is the figure's own
# Text and paper are left to a page's theme; on their own they are black on white, as print is.
_PRINT = {"template": "plotly_white", "paper_bgcolor": "white", "plot_bgcolor": "white", "font": {"color": "black"}}


@lru_cache(maxsize=1)
def browser() -> str | None:
    """The browser that draws pictures, or None where there is none."""
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


def html(figure: go.Figure, *, library: bool | str = True) -> str:
    """A page that shows the figure without a network; `library` as in `plotly.io.to_html`."""
    return printed(figure).to_html(include_plotlyjs=library)


def printed(figure: go.Figure) -> go.Figure:
    """The figure black on white, as outside a page."""
    return go.Figure(figure).update_layout(**_PRINT)


@contextmanager
def one_browser() -> Iterator[None]:
    """For many pictures: the browser is started once, and each takes a tenth of a second."""
    import kaleido

    if browser() is None:
        yield
        return
    kaleido.start_sync_server(silence_warnings=True)
    try:
        yield
    finally:
        kaleido.stop_sync_server(silence_warnings=True)


def picture(figure: go.Figure, kind: str) -> bytes:
    """The figure as "svg" or "png" (twice the pixels), black on white. Takes one to three seconds.

    Raises WorkbenchError where no browser is found or it fails.
    """
    if browser() is None:
        raise WorkbenchError("Pictures are drawn by Chromium or Chrome, and there is none here. Install chromium.")
    import kaleido  # takes a tenth of a second to load, and most visitors never ask

    options = {
        "format": kind, "width": WIDTH, "height": figure.layout.height or 420, "scale": 2 if kind == "png" else 1,
    }  # fmt: skip
    try:
        return kaleido.calc_fig_sync(printed(figure).to_dict(), opts=options)
    except Exception as error:
        raise WorkbenchError(f"The browser {browser()} did not draw the figure: {error}") from error
