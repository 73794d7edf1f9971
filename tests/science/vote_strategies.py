"""Hypothesis strategies: votes as they occur, few and often all alike."""

from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


def votes(most=9):
    """Whole counts, clips × emotions; some clips may have no vote."""
    return arrays("int64", st.tuples(st.integers(1, 12), st.integers(2, 6)), elements=st.integers(0, most))


@st.composite
def aligned_panels(draw, panels=2):
    """Counts of several panels on the same clips and emotions, each clip with a vote in each."""
    shape = (draw(st.integers(1, 8)), draw(st.integers(2, 6)))
    counts = [draw(arrays("int64", shape, elements=st.integers(0, 9))) for _ in range(panels)]
    for c in counts:
        c[c.sum(axis=1) == 0, draw(st.integers(0, shape[1] - 1))] = 1
    return counts


@st.composite
def equal_votes(draw):
    """Counts with the same number of votes, two or more, on each clip."""
    clips, emotions, m = draw(st.integers(1, 8)), draw(st.integers(2, 5)), draw(st.integers(2, 7))
    answers = draw(arrays("int64", (clips, m), elements=st.integers(0, emotions - 1)))
    return (answers[:, :, None] == range(emotions)).sum(axis=1)
