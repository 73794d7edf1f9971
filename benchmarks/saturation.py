"""Exact saturation curves against sampling them, and the pages of the analysis on a million clips.

    python -m benchmarks.saturation [--clips 1000000]

Twenty reference and twenty candidate votes a clip, four emotions. The baselines draw what ours computes exactly: scipy's
`jensenshannon` clip by clip for one random order of the votes (timed on 1,000 clips and multiplied), and NumPy over all clips at
once for ten random orders. The documents of the pages are made from votes in memory, as after the first visit. Prints a Markdown
table.
"""

import argparse
import platform
import resource
import time
from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import jensenshannon

from emo_core import analysis, science
from emo_core.analysis.data import StudyData
from emo_core.science import noise_floor, saturation, subsets

VOTES, EMOTIONS, ORDERS, LOOPED = 20, ("anger", "happy", "neutral", "sad"), 10, 1000


def counts(clips: int) -> tuple[np.ndarray, np.ndarray]:
    """Votes of listeners, and of a panel that says something else three times in ten."""
    rng = np.random.default_rng(0)
    truth = rng.dirichlet([0.6, 0.5, 0.4, 0.3], size=clips)
    return rng.multinomial(VOTES, truth), rng.multinomial(VOTES, 0.7 * truth + 0.3 / len(EMOTIONS))


def seconds(work: Callable, times: int = 3) -> float:
    """The shortest of several runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def loop(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """One random order a clip, scipy row by row: what a notebook does."""
    rng = np.random.default_rng(1)
    total = np.zeros(VOTES)
    for p, c in zip(reference, candidate):
        order = rng.permutation(np.repeat(np.arange(len(c)), c))
        drawn = np.cumsum(np.eye(len(c))[order], axis=0)
        for n in range(VOTES):
            total[n] += jensenshannon(p / p.sum(), drawn[n] / (n + 1), base=2) ** 2
    return total / len(reference)


def vectorised(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Ten random orders of all clips at once."""
    p, rng, total = reference / VOTES, np.random.default_rng(2), np.zeros(VOTES)
    votes = np.repeat(np.tile(np.arange(len(EMOTIONS)), len(candidate)), candidate.ravel()).reshape(-1, VOTES)
    for _ in range(ORDERS):
        drawn = np.cumsum(np.eye(len(EMOTIONS))[rng.permuted(votes, axis=1)], axis=1)
        for n in range(VOTES):
            total[n] += science.jensen_shannon_divergence(p, drawn[:, n] / (n + 1)).mean()
    return total / ORDERS


def study(reference: np.ndarray, candidate: np.ndarray) -> StudyData:
    """The votes as pages have them."""
    clips = len(reference)
    names = np.array([f"clip{i:07}" for i in range(clips)], dtype=object)
    speakers = np.array([f"s{i}" for i in range(500)], dtype=object)[np.arange(clips) % 500]
    return StudyData(
        "big", "human", "synthetic:sim/1", EMOTIONS, 0, names, np.full(clips, "big", dtype=object), speakers,
        reference, candidate, reference, candidate,
    )  # fmt: skip


def peak() -> float:
    """Most memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1_000_000)
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {platform.machine()}; {VOTES} + {VOTES} votes a clip, {len(EMOTIONS)} emotions\n"
    )
    reference, candidate = counts(100_000)
    sizes = range(1, VOTES + 1)
    exact = seconds(lambda: subsets.against_all(reference, candidate, sizes).mean(), 5)
    one_by_one = seconds(lambda: loop(reference[:LOOPED], candidate[:LOOPED]), 1) * len(reference) / LOOPED
    at_once = seconds(lambda: vectorised(reference, candidate), 1)
    print("| 100,000 clips, n = 1 … 20 | s | ratio |\n|---|---|---|")
    print(f"| exact JS curve | {exact:.4f} | 1 |")
    print(
        f"| scipy clip by clip, one sampled order (from {LOOPED:,} clips) | {one_by_one:.1f} | {one_by_one / exact:,.0f} |"
    )
    print(f"| NumPy at once, {ORDERS} sampled orders | {at_once:.2f} | {at_once / exact:,.0f} |")
    whole = seconds(lambda: saturation.saturation(reference, candidate, seed=0))
    print(f"| all five measures, intervals, fit, saturation point | {whole:.3f} | – |")
    reference, candidate = counts(given.clips)
    subsets.against_all(reference, candidate, sizes).mean()
    print(f"\npeak memory with the curve of {given.clips:,} clips: {peak():,.0f} MB")
    data = study(reference, candidate)
    print(f"\n| {given.clips:,} clips | s |\n|---|---|")
    for name, work in (
        ("exact JS curve", lambda: subsets.against_all(reference, candidate, sizes).mean()),
        ("all five measures, intervals, fit, saturation point", lambda: saturation.saturation(reference, candidate, seed=0)),
        ("noise floor and exchange rate", lambda: noise_floor.noise_floor(reference, candidate, seed=0, most=VOTES)),
        ("document of the page Saturation", lambda: analysis.saturation.saturation(data)),
        ("document of the page Ambiguity", lambda: analysis.ambiguity.ambiguity(data)),
        ("document of the page Stand-in", lambda: analysis.standin.stand_in(data)),
        ("document of the page Advisor", lambda: analysis.advice.advise(data, budget=1000)),
        ("document of the page Sandbox, after a change", lambda: analysis.sandbox.sandbox(data, analysis.sandbox.Choices(votes=6))),
    ):  # fmt: skip
        print(f"| {name} | {seconds(work):.2f} |", flush=True)
    print(f"\npeak memory with all of it: {peak():,.0f} MB")


if __name__ == "__main__":
    main()
