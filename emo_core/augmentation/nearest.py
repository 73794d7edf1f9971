"""Exact nearest neighbours by brute force: 3,520 clips with 240 features need no index."""

import numpy as np

_BLOCK = 512  # rows whose distances to all clips are held at a time: 14 MB for 3,520 clips
_SPARE = 16  # candidates beyond the k nearest whose distances are computed anew


def nearest(
    vectors: np.ndarray, rows: np.ndarray, columns: np.ndarray, k: int, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of the clips `columns` to each of the clips `rows`, by Euclidean distance; never the clip itself.

    vectors   (clips, numbers), finite
    rows      (r,) places in `vectors`; columns (c,) places, ascending
    k         1 or more; a row with fewer clips to choose from gets fewer
    groups    (clips,) codes: only clips of the same code are neighbours (one speaker's, say); None: all are

    Returns places (r, k) int, −1 where there is none, and distances (r, k), NaN there; nearest first, at equal distance the
    one that stands first in `vectors`.
    """
    places = np.full((len(rows), k), -1)
    distances = np.full((len(rows), k), np.nan)
    if not len(columns):
        return places, distances
    targets = vectors[columns]
    lengths = np.einsum("cd,cd->c", targets, targets)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        rough = lengths - 2 * vectors[part] @ targets.T  # the squared distance, less what is the same along a row
        rough[part[:, None] == columns] = np.inf
        if groups is not None:
            rough[groups[part][:, None] != groups[columns]] = np.inf
        found = _refined(vectors, part, columns, rough, k)
        places[start : start + _BLOCK, : found[0].shape[1]], distances[start : start + _BLOCK, : found[1].shape[1]] = (
            found
        )
    return places, distances


def _refined(
    vectors: np.ndarray, rows: np.ndarray, columns: np.ndarray, rough: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest from rough distances (rows, columns), which miss the true ones by rounding: equal clips would not tie."""
    kept = min(k + _SPARE, len(columns))
    near = np.sort(np.argpartition(rough, kept - 1, axis=1)[:, :kept], axis=1)
    exact = np.sqrt(((vectors[columns[near]] - vectors[rows][:, None]) ** 2).sum(axis=2))
    exact[np.isinf(np.take_along_axis(rough, near, axis=1))] = np.inf
    order = np.argsort(exact, axis=1, kind="stable")[:, :k]
    exact, places = np.take_along_axis(exact, order, axis=1), columns[np.take_along_axis(near, order, axis=1)]
    absent = np.isinf(exact)
    return np.where(absent, -1, places), np.where(absent, np.nan, exact)
