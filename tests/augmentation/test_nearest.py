import numpy as np
import pytest

from emo_core.augmentation.nearest import nearest


@pytest.mark.parametrize("grouped", [False, True])
def test_neighbours_are_those_of_a_full_search(grouped):
    """More rows than a block holds, and every vector three times, so that distances tie exactly."""
    rng = np.random.default_rng(0)
    vectors = np.tile(rng.standard_normal((220, 5)) * 1e3, (3, 1))
    groups = np.arange(660) % 4 if grouped else np.zeros(660, dtype=int)
    rows, columns = np.arange(600), np.arange(20, 660)
    places, distances = nearest(vectors, rows, columns, 4, groups)
    for row in rows:
        mine = [c for c in columns if c != row and groups[c] == groups[row]]
        exact = [np.sqrt(((vectors[c] - vectors[row]) ** 2).sum()) for c in mine]
        order = np.argsort(exact, kind="stable")[:4]
        assert places[row].tolist() == [mine[o] for o in order]
        np.testing.assert_allclose(distances[row], np.array(exact)[order], rtol=1e-12)


def test_too_few_neighbours_are_marked():
    places, distances = nearest(np.arange(3.0)[:, None], np.array([0, 2]), np.array([0, 1]), 2)
    assert places.tolist() == [[1, -1], [1, 0]]
    assert np.isnan(distances).tolist() == [[False, True], [False, False]]
    assert nearest(np.ones((2, 1)), np.array([0]), np.array([], dtype=int), 1)[0].tolist() == [[-1]]
