"""Agreement: ours against krippendorff, statsmodels and scikit-learn, in one run.

    python -m benchmarks.agreement

100,000 clips with ten votes each: the coefficients alone, and with intervals. 7,442 clips and 100 raters (74,420 votes):
everything that the Agreement page needs. Prints a Markdown table.
"""

import platform
import time
from collections.abc import Callable

import numpy as np

from emo_core.science import agreement, raters, reliability
from emo_core.science.dawid_skene import dawid_skene

EMOTIONS = 6
VOTES = 10


def answers(clips: int, people: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ten different people answer each clip; six in ten name its emotion."""
    rng = np.random.default_rng(0)
    clip = np.repeat(np.arange(clips), VOTES)
    rater = (rng.integers(people, size=clips)[:, None] + np.arange(VOTES) * (people // VOTES)).ravel() % people
    truth = rng.integers(EMOTIONS, size=clips)
    label = np.where(rng.random(len(clip)) < 0.6, truth[clip], rng.integers(EMOTIONS, size=len(clip)))
    return clip, rater, label


def seconds(work: Callable) -> float:
    """The shortest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def counted(clip: np.ndarray, label: np.ndarray, clips: int) -> np.ndarray:
    return np.bincount(clip * EMOTIONS + label, minlength=clips * EMOTIONS).reshape(clips, EMOTIONS)


def theirs_for_pairs(table: np.ndarray) -> None:
    """Cohen's kappa of every two raters with scikit-learn, on the clips in common."""
    from sklearn.metrics import cohen_kappa_score

    there = table >= 0
    for i in range(len(table)):
        for j in range(i):
            both = there[i] & there[j]
            if both.sum() > 1:
                cohen_kappa_score(table[i][both], table[j][both])


def page(clip: np.ndarray, rater: np.ndarray, label: np.ndarray, clips: int, people: int) -> None:
    """What the Agreement page computes."""
    reliability.nominal(counted(clip, label, clips), seed=0)
    named = raters.named(clip, rater, label, clips=clips, raters=people, emotions=EMOTIONS)
    raters.rater_table(named, seed=0)
    raters.self_consistency(clip, rater, label, raters=people)
    kappas, _ = raters.cohen_kappas(named)
    raters.order(kappas)
    dawid_skene(named, smoothing=0.01)


def main() -> None:
    import krippendorff
    from statsmodels.stats.inter_rater import fleiss_kappa

    rows = []
    clip, rater, label = answers(100_000, 100)
    counts = counted(clip, label, 100_000)
    rows.append((
        "100k clips: Krippendorff's alpha", seconds(lambda: agreement.krippendorff_alpha(counts)),
        "krippendorff", seconds(lambda: krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")),
    ))  # fmt: skip
    rows.append((
        "100k clips: Fleiss' kappa", seconds(lambda: agreement.fleiss_kappa(counts)),
        "statsmodels", seconds(lambda: fleiss_kappa(counts)),
    ))  # fmt: skip
    points = [point for point, _, _ in reliability.NOMINAL.values()]
    rows.append(("100k clips: all four coefficients", seconds(lambda: [point(counts) for point in points]), None, None))
    rows.append((
        "100k clips: the four overall and for each emotion, with intervals",
        seconds(lambda: reliability.nominal(counts, seed=0)), None, None,
    ))  # fmt: skip
    clip, rater, label = answers(7_442, 100)
    named = raters.named(clip, rater, label, clips=7_442, raters=100, emotions=EMOTIONS)
    table = np.full((100, 7_442), -1)
    table[rater, clip] = label
    rows.append((
        "7,442 clips × 100 raters: Cohen's kappa of all pairs", seconds(lambda: raters.cohen_kappas(named)),
        "scikit-learn", seconds(lambda: theirs_for_pairs(table)),
    ))  # fmt: skip
    rows.append((
        "7,442 clips × 100 raters: the whole page", seconds(lambda: page(clip, rater, label, 7_442, 100)), None, None
    ))  # fmt: skip
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}\n")
    print("| | ours | baseline | | ratio |\n|---|---|---|---|---|")
    for name, ours, baseline, other in rows:
        theirs, ratio = (f"{other:.3g} s", f"{other / ours:.3g}") if other else ("–", "–")
        print(f"| {name} | {ours:.3g} s | {baseline or '–'} | {theirs} | {ratio} |")


if __name__ == "__main__":
    main()
