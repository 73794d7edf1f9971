"""Agreement: ours against krippendorff, statsmodels, scikit-learn and crowd-kit, in one run.

    python -m benchmarks.agreement

100,000 clips with ten votes each: the coefficients alone and with intervals of 1,000 resamples, on emotions and on a scale
of seven. 7,442 clips and 100 raters (74,420 votes): everything that the Agreement page needs. Each figure is the shortest of
three runs. Prints a Markdown table. Where others use the machine too, OPENBLAS_NUM_THREADS=1 steadies it: NumPy's threads
wait for each other, and a resample took ten times as long.
"""

import os
import platform
import time
import warnings
from collections.abc import Callable

import krippendorff
import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from emo_core.science import agreement, raters, reliability
from emo_core.science.dawid_skene import dawid_skene
from emo_core.science.inference import bootstrap_interval
from emo_core.science.reliability import NOMINAL

EMOTIONS = 6
VOTES = 10
MANY, CREMA_D, PEOPLE = 100_000, 7_442, 100
Row = tuple[str, float, str | None, float | None]


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


def row(name: str, ours: Callable, baseline: str | None = None, theirs: Callable | None = None) -> Row:
    return name, seconds(ours), baseline, seconds(theirs) if theirs else None


def counted(clip: np.ndarray, label: np.ndarray, clips: int) -> np.ndarray:
    return np.bincount(clip * EMOTIONS + label, minlength=clips * EMOTIONS).reshape(clips, EMOTIONS)


def many_clips() -> list[Row]:
    """Coefficients of 100,000 clips."""
    clip, rater, label = answers(MANY, PEOPLE)
    counts = counted(clip, label, MANY)
    points = [point for point, _, _ in NOMINAL.values()]
    value = np.clip(label + 1 + np.random.default_rng(1).integers(2, size=len(label)), 1, 7).astype(float)
    table = value.reshape(MANY, VOTES).T
    return [
        row(
            "alpha", lambda: agreement.krippendorff_alpha(counts),
            "krippendorff", lambda: krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"),
        ),
        row("Fleiss' kappa", lambda: agreement.fleiss_kappa(counts), "statsmodels", lambda: fleiss_kappa(counts)),
        row("alpha, kappa, AC1, percent", lambda: [point(counts) for point in points]),
        row(
            "these four with intervals",
            lambda: [bootstrap_interval(make(counts), estimate, seed=0) for _, make, estimate in NOMINAL.values()],
        ),
        row("these four overall and for each emotion, with intervals", lambda: reliability.nominal(counts, seed=0)),
        row(
            "a scale: ordinal alpha, interval alpha, ICCs, with intervals",
            lambda: reliability.dimensional(clip, rater, value, clips=MANY, seed=0),
            "krippendorff, the two alphas alone",
            lambda: [krippendorff.alpha(table, level_of_measurement=metric) for metric in ("ordinal", "interval")],
        ),
    ]  # fmt: skip


def sklearn_pairs(table: np.ndarray) -> None:
    """Cohen's kappa of every two raters with scikit-learn, on the clips in common. table: (raters, clips), −1 no answer."""
    there = table >= 0
    for i in range(len(table)):
        for j in range(i):
            both = there[i] & there[j]
            if both.sum() > 1:
                cohen_kappa_score(table[i][both], table[j][both])


def crowd_kit(clip: np.ndarray, rater: np.ndarray, label: np.ndarray, iterations: int) -> Callable | None:
    """The same number of iterations of crowd-kit's Dawid–Skene; None where it is not installed."""
    try:
        from crowdkit.aggregation import DawidSkene
    except ImportError:
        return None
    table = pd.DataFrame({"task": clip, "worker": rater, "label": label})
    return lambda: DawidSkene(n_iter=iterations, tol=-1).fit(table)


def page(clip: np.ndarray, rater: np.ndarray, label: np.ndarray) -> None:
    """What the Agreement page computes."""
    reliability.nominal(counted(clip, label, CREMA_D), seed=0)
    named = raters.named(clip, rater, label, clips=CREMA_D, raters=PEOPLE, emotions=EMOTIONS)
    raters.rater_table(named, seed=0)
    raters.self_consistency(clip, rater, label, raters=PEOPLE)
    kappas, shared = raters.cohen_kappas(named)
    raters.mean_kappa(kappas, shared)
    raters.order(kappas)
    dawid_skene(named, smoothing=0.01)


def many_raters() -> list[Row]:
    """Raters of 7,442 clips, one by one and two by two."""
    clip, rater, label = answers(CREMA_D, PEOPLE)
    sizes = {"clips": CREMA_D, "raters": PEOPLE, "emotions": EMOTIONS}
    named = raters.named(clip, rater, label, **sizes)
    table = np.full((PEOPLE, CREMA_D), -1)
    table[rater, clip] = label
    everybody, every = (axis.ravel() for axis in np.indices((PEOPLE, CREMA_D)))
    heard = np.where(table >= 0, table, np.random.default_rng(2).integers(EMOTIONS, size=table.shape))
    crowded = raters.named(every, everybody, heard.ravel(), **sizes)
    iterations = dawid_skene(named).iterations
    return [
        row(
            "Cohen's kappa of all pairs", lambda: raters.cohen_kappas(named),
            "scikit-learn", lambda: sklearn_pairs(table),
        ),
        row("the same where all answer all clips (744,200 votes)", lambda: raters.cohen_kappas(crowded)),
        row("rater by rater, with intervals", lambda: raters.rater_table(named, seed=0)),
        row(
            f"Dawid–Skene, {iterations} iterations", lambda: dawid_skene(named),
            "crowd-kit", crowd_kit(clip, rater, label, iterations),
        ),
        row("the whole page", lambda: page(clip, rater, label)),
    ]  # fmt: skip


def main() -> None:
    warnings.filterwarnings("ignore")  # of the baselines, about their own use of pandas
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, BLAS threads: {threads}")
    for title, rows in (
        (f"{MANY:,} clips × {VOTES} votes", many_clips()),
        (f"{CREMA_D:,} clips, {PEOPLE} raters, {VOTES} votes a clip", many_raters()),
    ):
        print(f"\n| {title} | ours | baseline | | ratio |\n|---|---|---|---|---|")
        for name, ours, baseline, other in rows:
            theirs, ratio = (f"{other:.3g} s", f"{other / ours:.3g}") if other else ("–", "–")
            print(f"| {name} | {ours:.3g} s | {baseline or '–'} | {theirs} | {ratio} |")


if __name__ == "__main__":
    main()
