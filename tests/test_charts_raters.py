"""What the figures of agreement draw, and what they leave out."""

import re

import numpy as np
import pytest

from emo_core import vocabulary
from emo_core.charts import raters as charts

EMOTIONS = ("anger", "neutral", "sad")


def emotion_agreement():
    value, low, high = np.array([0.4, np.nan, -0.1]), np.array([0.3, np.nan, -0.2]), np.array([0.6, np.nan, 0.05])
    return charts.emotion_agreement(EMOTIONS, value, low, high, [1200, 0, 7], name="alpha")


def rater_scatter():
    return charts.rater_scatter(
        ["mia", "tom"], np.array([900, 3]), np.array([0.5, 0.2]), np.array([0.45, np.nan]), np.array([0.52, np.nan]),
        np.array([0.3, 0.25]),
    )  # fmt: skip


def kappa_map(n: int = 3):
    kappa, clips = np.full((n, n), np.nan), np.zeros((n, n), dtype=int)
    kappa[0, 1] = kappa[1, 0] = -0.35
    clips[0, 1] = clips[1, 0] = 41
    return charts.kappa_map([f"rater {i}" for i in range(n)], kappa, clips)


def rater_confusion():
    return charts.rater_confusion(EMOTIONS, np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [np.nan] * 3]))


ALL = pytest.mark.parametrize("draw", [emotion_agreement, rater_scatter, kappa_map, rater_confusion])


@ALL
def test_paper_is_left_to_the_page(draw):
    layout = draw().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@ALL
def test_every_hover_finds_its_values(draw):
    """A name that a template asks for and no trace has would be shown as it is written."""
    for trace in draw().data:
        asked = {int(place) for place in re.findall(r"customdata\[(\d)\]", trace.hovertemplate or "")}
        given = {len(row) for row in trace.customdata} if asked else set()
        assert all(max(asked) < size for size in given) and "<extra></extra>" in trace.hovertemplate


def test_each_emotion_has_its_colour_interval_and_votes():
    trace = emotion_agreement().data[0]
    assert list(trace.x) == list(EMOTIONS) and list(trace.marker.color) == vocabulary.colours(EMOTIONS)
    np.testing.assert_allclose(trace.y, [0.4, np.nan, -0.1])
    np.testing.assert_allclose(trace.error_y.array, [0.2, np.nan, 0.15])
    np.testing.assert_allclose(trace.error_y.arrayminus, [0.1, np.nan, 0.1])
    assert [tuple(row) for row in trace.customdata] == [
        ("[0.300, 0.600]", 1200), ("no interval", 0), ("[-0.200, 0.050]", 7),
    ]  # fmt: skip
    assert emotion_agreement().layout.yaxis.title.text == "alpha"


def test_raters_lie_at_their_votes_and_agreement():
    figure = rater_scatter()
    trace = figure.data[0]
    assert list(trace.x) == [900, 3] and list(trace.y) == [0.5, 0.2]
    np.testing.assert_allclose(trace.error_y.array, [0.02, np.nan])
    assert [tuple(row) for row in trace.customdata] == [("mia", "[0.450, 0.520]", 0.3), ("tom", "no interval", 0.25)]
    assert "(2 raters)" in figure.layout.xaxis.title.text


def test_kappas_are_coloured_around_zero_and_pairs_without_one_stay_empty():
    figure = kappa_map()
    trace = figure.data[0]
    assert trace.zmin == -trace.zmax == -0.35
    assert trace.colorscale[1][0] == 0.5 and trace.hoverongaps is False
    assert np.isnan(np.array(trace.z, dtype=float)).sum() == 7 and trace.customdata[0][1] == 41
    assert list(trace.x) == list(trace.y) == ["rater 0", "rater 1", "rater 2"]
    assert figure.layout.xaxis.showticklabels and figure.layout.yaxis.autorange == "reversed"


def test_the_map_of_a_hundred_raters_names_them_under_the_cursor_only():
    figure = kappa_map(100)
    assert not figure.layout.xaxis.showticklabels and not figure.layout.yaxis.showticklabels
    assert figure.layout.xaxis.title.text.startswith("100 raters") and "%{y} and %{x}" in figure.data[0].hovertemplate
    assert figure.layout.height <= 720


def test_a_map_without_any_kappa_can_be_drawn():
    nothing = np.full((2, 2), np.nan)
    assert charts.kappa_map(["a", "b"], nothing, np.zeros((2, 2))).data[0].zmax == 1


def test_a_confusion_names_emotions_and_shows_shares():
    figure = rater_confusion()
    trace = figure.data[0]
    assert list(trace.x) == list(trace.y) == list(EMOTIONS)
    assert [list(row) for row in trace.text] == [["70%", "20%", "10%"], ["0%", "100%", "0%"], ["", "", ""]]
    assert (trace.zmin, trace.zmax) == (0, 1)
    assert figure.layout.yaxis.title.text == "the panel hears" and figure.layout.yaxis.autorange == "reversed"
