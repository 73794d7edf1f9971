"""May a panel stand in for a listener? The document behind the page Stand-in and `standin STUDY --json`."""

from collections.abc import Sequence

import numpy as np

from emo_core import science
from emo_core.analysis.data import StudyData, Votes, figure, intervals_in_words
from emo_core.analysis.saturation import RESAMPLES, group_masks
from emo_core.errors import BadInput
from emo_core.science import Mean, comparison, paired, raters, standin
from emo_core.science.comparison import Figure

ANSWERS = ("majority", "one vote")
SWEEP = tuple(round(step * 0.025, 3) for step in range(13))  # 0 … 0.3
GROUPS = ("tertile", "emotion")


def stand_in(
    data: StudyData, *, epsilon: float = 0.2, answer: str = "majority", by: str = "clip", groups: str | None = None,
    panels: Sequence[str] | None = None,
) -> dict:  # fmt: skip
    """The alternative annotator test of each candidate panel, by named raters and, exactly, by anonymous votes; and every two panels
    compared clip by clip.

    epsilon: how much worse than a listener a panel may be and still pass, since it costs less (Calderon et al. propose 0.2 where
    listeners are experts, 0.1 where they are crowd workers). answer: the panel's majority, or one vote of it. groups: the same for
    each tertile of reference entropy or each emotion. panels: of `data`'s, by default the candidate and all further ones.

    Raises BadInput where the study has no candidate or an option is out of range.
    """
    data.need_candidate()
    if answer not in ANSWERS:
        raise BadInput(f"A panel answers by {' or '.join(ANSWERS)}, not by {answer!r}.")
    if not 0 <= epsilon < 1:
        raise BadInput(f"Epsilon is a share from 0 to below 1, not {epsilon!r}. Use 0.1 or 0.2.")
    if groups not in (None, *GROUPS):
        raise BadInput(f"The test is grouped by {' or '.join(GROUPS)}, not by {groups!r}.")
    counts = {data.candidate_name: data.candidate} | data.panels
    counts = {name: counts[name] for name in (panels or counts)}
    clusters = data.clusters(by)
    document = {
        "study": data.study,
        "reference": data.reference_name,
        "epsilon": epsilon,
        "answer": answer,
        "clips": len(data.clips),
        "panels": [_panel(data, name, each, epsilon, answer, clusters) for name, each in counts.items()],
        "comparisons": compare_panels(data, counts, by=by),
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }
    if groups:
        document["groups"] = [
            {"group": name, "clips": int(mask.sum())}
            | {"panels": [_panel(data, panel, each, epsilon, answer, clusters, mask) for panel, each in counts.items()]}
            for name, mask in group_masks(data, groups).items()
        ]
    return document


def _answers_of(counts: np.ndarray, answer: str) -> np.ndarray:
    return comparison.majority_shares(counts) if answer == "majority" else science.normalise(counts)


def _panel(
    data: StudyData,
    name: str,
    counts: np.ndarray,
    epsilon: float,
    answer: str,
    clusters: np.ndarray | None,
    mask: np.ndarray | None = None,
) -> dict:
    """Both tests of one panel, on the clips of a mask."""
    panel = _answers_of(counts, answer)
    if mask is not None:
        panel = np.where(mask[:, None], panel, np.nan)
    reference = data.reference if mask is None else data.reference * mask[:, None]
    anonymous = standin.anonymous_test(
        reference, panel, epsilon=epsilon, seed=data.seed, clusters=clusters, resamples=RESAMPLES
    )
    return {
        "panel": name,
        "named": _named(data, panel, epsilon),
        "anonymous": {
            "rho": _mean(anonymous.rho),
            "rho_listener": _mean(anonymous.rho_h),
            "difference": _mean(anonymous.difference),
            "p": anonymous.p,
            "passes": anonymous.rejected,
            "units": anonymous.units,
            "clips_with_few_votes": anonymous.few,
            "clips_unanswered": anonymous.unanswered,
        }
        | ({"undefined": anonymous.reason} if anonymous.reason else {}),
    }


def _named(data: StudyData, panel: np.ndarray, epsilon: float) -> dict:
    """The test of the paper, over raters who have names."""
    votes = data.reference_votes
    if votes is None or not (votes.rater >= 0).any():
        return {"omega": None, "passes": None, "undefined": "the reference raters are anonymous", "raters": []}
    sizes = {"clips": len(data.clips), "raters": len(votes.raters), "emotions": len(data.emotions)}
    test = standin.alternative_annotator_test(_named_votes(votes, sizes), panel, epsilon=epsilon)
    document = {
        "omega": test.omega,
        "rho": test.rho,
        "passes": test.passes,
        "tested": len(test.raters),
        "raters_with_few_clips": test.few,
        "least_clips": test.least_clips,
        "sweep": {"epsilon": list(SWEEP), "omega": standin.epsilon_sweep(test, SWEEP).tolist()},
        "raters": [
            {
                "rater": str(votes.raters[each.rater]), "clips": each.clips, "rho_panel": each.rho_f,
                "rho_rater": each.rho_h, "difference": each.difference, "p": each.p, "adjusted_p": each.adjusted,
                "rejected": each.rejected,
            }
            for each in test.raters
        ],
    }  # fmt: skip
    return document | ({"undefined": test.reason} if test.reason else {})


def _named_votes(votes: Votes, sizes: dict[str, int]) -> raters.Named:
    return raters.named(votes.clip, votes.rater, votes.label, **sizes)


def _mean(mean: Mean) -> dict:
    return figure(Figure(mean.value, mean.interval.low, mean.interval.high, mean.n))


def compare_panels(data: StudyData, counts: dict[str, np.ndarray], *, by: str = "clip") -> list[dict]:
    """Every two panels: JS divergence from the reference, clip by clip, with sign-flip p-values after Holm."""
    p = science.normalise(data.reference_weights)
    js = {
        name: science.jensen_shannon_divergence(p, science.normalise(each.astype(float)))
        for name, each in counts.items()
    }
    names, clusters = list(js), data.clusters(by)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    found = [
        paired.paired_comparison(js[a], js[b], seed=data.seed, clusters=clusters, resamples=RESAMPLES) for a, b in pairs
    ]
    adjusted = paired.holm([each.p for each in found]) if found else []
    return [
        {
            "a": a, "b": b, "clips": each.n, "js_a": each.mean_a, "js_b": each.mean_b,
            "difference": _mean(each.mean), "p": each.p, "adjusted_p": float(p_adjusted), "method": each.method,
            "d_z": each.d_z, "a_closer": each.closer,
        }
        for (a, b), each, p_adjusted in zip(pairs, found, adjusted)
    ]  # fmt: skip
