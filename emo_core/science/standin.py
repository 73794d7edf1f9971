"""May a panel of models stand in for a human rater? The alternative annotator test of Calderon, Reichart & Dror (2025).

Leave one rater out. On each clip that this rater answered, who is closer to the *others*: the panel, or the rater who is
missing? S is the share of the others' labels that equal an answer; the panel has the advantage where its S is at least the
rater's (W^f = 1), the rater where it is the other way round (W^h = 1), and at equal S both have it. A panel answers at once
and for little money, so the rater has to be better by a margin ε to be worth asking: the test says that the panel may replace
this rater where W^h is on average less than ε above W^f.

- The *winning rate* ω is the share of raters of whom the test says so. A panel passes where ω ≥ 0.5.
- The *average advantage probability* ρ, the mean of W^f, needs no ε: it compares panels with each other.

The authors advise ε = 0.2 for experts, 0.15 for trained raters and 0.1 for crowd workers, and at least three raters with 30
clips each. With two, the others are one rater, who is no group to be close to; here the panel then neither passes nor fails.

The panel's answer is a distribution over emotions. Pass its majority (one for the winner, equal parts for tied ones) or its
shares, which ask about one vote drawn from the panel. Nothing is drawn: W^f and W^h are their exact means over the panel's
answer, so the test is the authors' own where the panel names one emotion, and elsewhere asks about the mean over all draws.
The t-test then compares these means, which vary less from clip to clip than single draws would.

Many corpora tell how often an emotion was named and not by whom. `anonymous_test` asks the same of them: each vote in turn is
the one left out. Raters cannot be told apart there, so there is one question, one p value, and no winning rate.

>>> from emo_core.science.raters import named
>>> rng = np.random.default_rng(0)
>>> clip, rater, truth = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60), rng.integers(3, size=60)
>>> label = np.where(rng.random(240) < 0.4, truth[clip], rng.integers(3, size=240))
>>> answers = named(clip, rater, label, clips=60, raters=4, emotions=3)
>>> test = alternative_annotator_test(answers, np.eye(3)[truth])  # a panel that knows the truth
>>> test.omega, test.passes, round(test.rho, 2)
(1.0, True, 0.9)

References
    Y. Benjamini & D. Yekutieli, "The control of the false discovery rate in multiple testing under dependency", Annals of
    Statistics 29 (2001).
    N. Calderon, R. Reichart & R. Dror, "The Alternative Annotator Test for LLM-as-a-Judge: How to Statistically Justify
    Replacing Human Annotators with LLMs", ACL (2025).
    K.-Y. Liang & S. L. Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73 (1986).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import agreement, distributions
from emo_core.science.inference import Mean, cluster_codes, mean_interval
from emo_core.science.paired import validate_p_values
from emo_core.science.raters import Named

_BLOCK = 8192  # clips whose advantages are computed at a time: what they need stays in the processor's cache
_FLAT = 1e-12  # differences of advantages below this are rounding
_LEAST_RATERS = 3  # as the authors advise
_PASSES = 0.5  # winning rate from which a panel passes


@dataclass(frozen=True)
class LeftOut:
    """The panel against one rater, on the clips that this rater and enough others answered."""

    rater: int  # its number
    clips: int  # clips that were compared
    rho_f: float  # how often the panel is at least as close to the others as this rater is, 0…1
    rho_h: float  # how often this rater is at least as close to the others as the panel is, 0…1
    difference: float  # rho_h − rho_f, the mean of d = W^h − W^f, −1…1; the panel may be worse by less than ε
    sd: float  # standard deviation of d over clips, with n − 1
    p: float  # one-sided p value of difference < ε
    adjusted: float  # the same after Benjamini & Yekutieli, over all raters tested
    rejected: bool  # adjusted ≤ q: the panel may replace this rater


@dataclass(frozen=True)
class StandIn:
    """The test over all raters."""

    raters: tuple[LeftOut, ...]  # those tested, by number
    omega: float  # winning rate: share of these whom the panel may replace; NaN without a rater
    rho: float  # average advantage probability: mean of their rho_f; NaN without a rater
    passes: bool | None  # omega ≥ 0.5; None where fewer than three raters could be tested
    reason: str | None  # why it neither passes nor fails, as a sentence
    few: int  # raters left out because they have fewer than `least_clips` clips to compare
    unanswered: int  # answers left out because the panel has none on the clip
    alone: int  # answers left out because fewer than `least_others` others answered the clip
    epsilon: float
    q: float
    least_clips: int
    least_others: int

    @property
    def tested(self) -> int:
        """Raters tested."""
        return len(self.raters)


@dataclass(frozen=True)
class AnonymousStandIn:
    """The test with one pooled rater, for corpora that do not tell who voted."""

    rho: Mean  # how often the panel is at least as close to the others as the vote left out; over clips
    rho_h: Mean  # how often the vote left out is at least as close as the panel
    difference: Mean  # rho_h − rho, the mean of d
    p: float  # one-sided p value of difference < ε; NaN where undefined
    rejected: bool | None  # p ≤ q: the panel may replace one more rater of this kind; None where p is NaN
    reason: str | None  # why p is NaN, as a sentence
    units: int  # clips, or clusters of clips, that the t-test counts
    few: int  # clips left out because they have fewer than `least_votes` votes
    unanswered: int  # clips with enough votes, left out because the panel has no answer
    epsilon: float
    q: float
    least_votes: int


def advantages(counts: np.ndarray, panel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """W^f and W^h for each clip and each emotion that the rater left out may have named: (clips, emotions) each.

    With r votes on the clip, the one left out for emotion k, an answer l has S = (r_l − 1{l = k}) / (Σr − 1). So, over the
    panel's answer l with probabilities f_l, W^f_k = f_k + Σ_{l≠k} f_l 1{r_l ≥ r_k − 1} and
    W^h_k = f_k + Σ_{l≠k} f_l 1{r_l ≤ r_k − 1}: whole numbers are compared, and nothing is rounded.

    counts: votes, whole, with the one that is left out; panel: distributions, NaN rows where it has no answer; (clips,
    emotions) each. Values in [0, 1]; NaN where the panel has no answer or nobody named k.

    Raises BadInput where counts are not whole, rows are no distributions, or shapes differ.

    >>> panel_ahead, rater_ahead = advantages(np.array([[3, 2, 0]]), np.array([[0.0, 0.75, 0.25]]))
    >>> panel_ahead, rater_ahead
    (array([[0.75, 0.75,  nan]]), array([[ 1.,  1., nan]]))
    """
    counts = agreement.validate(counts)
    panel = _panel(panel, counts.shape)
    panel_ahead, rater_ahead = np.empty(counts.shape), np.empty(counts.shape)
    for start in range(0, len(counts), _BLOCK):
        part = slice(start, start + _BLOCK)
        votes, answer = np.ascontiguousarray(counts[part].T), np.ascontiguousarray(panel[part].T)
        for k, named in enumerate(votes):
            left = np.where(named > 0, named - 1, np.nan)
            for table, ahead in ((panel_ahead, votes >= left), (rater_ahead, votes <= left)):
                ahead[k] = True
                table[part, k] = np.where(named > 0, (answer * ahead).sum(axis=0), np.nan)
    return np.minimum(panel_ahead, 1), np.minimum(rater_ahead, 1)  # rounding can pass one by 1e-16


def alternative_annotator_test(
    answers: Named,
    panel: np.ndarray,
    *,
    epsilon: float = 0.2,
    q: float = 0.05,
    least_clips: int = 30,
    least_others: int = 1,
) -> StandIn:
    """The alternative annotator test (Calderon, Reichart & Dror 2025; defaults of the authors' own program).

    For each rater j with n ≥ `least_clips` clips that the panel and at least `least_others` other named raters answered,
    ρ_f and ρ_h are the means of W^f and W^h (see `advantages`), d̄ = ρ_h − ρ_f and s its standard deviation over clips. The
    null hypothesis, that j is better by ε or more (d̄ ≥ ε), has p = P(T_{n−1} < (d̄ − ε) / (s / √n)); where s = 0, p is 0 for
    d̄ < ε and 1 otherwise. It is rejected where p, adjusted after Benjamini & Yekutieli (2001), is at most `q`.

    answers: of named raters; panel: (clips, emotions), distributions, NaN rows where it has no answer. ω and ρ are without
    unit, 0…1. `passes` is None, with its reason, where fewer than three raters could be tested. The authors count a clip
    from two raters on, one left out and one other; with `least_others` = 2 the others can disagree among themselves.

    Raises BadInput where rows are no distributions of the answers' clips and emotions, or an option is out of range.

    >>> from emo_core.science.raters import named
    >>> answers = named([0, 0, 0], [0, 1, 2], [1, 1, 0], clips=1, raters=3, emotions=2)
    >>> alternative_annotator_test(answers, np.array([[0.0, 1.0]])).reason
    'no rater has 30 clips that the panel and at least 1 other rater answered too'
    """
    _check(q=q, epsilons=[epsilon], least_clips=(least_clips, 2), least_others=(least_others, 1))
    tables = advantages(answers.counts, panel)
    panel_ahead, rater_ahead = (table[answers.clip, answers.label] for table in tables)
    others = np.bincount(answers.clip, minlength=answers.clips)[answers.clip] - 1
    enough, answered = others >= least_others, ~np.isnan(panel_ahead)
    used = enough & answered
    rows = _raters(answers.rater[used], panel_ahead[used], rater_ahead[used], answers.raters, least_clips, epsilon, q)
    omega = float(np.mean([row.rejected for row in rows])) if rows else np.nan
    reason = None if len(rows) >= _LEAST_RATERS else _too_few(len(rows), least_clips, least_others)
    return StandIn(
        raters=rows,
        omega=omega,
        rho=float(np.mean([row.rho_f for row in rows])) if rows else np.nan,
        passes=None if reason else omega >= _PASSES,
        reason=reason,
        few=len(np.unique(answers.rater)) - len(rows),
        unanswered=int((enough & ~answered).sum()),
        alone=int((~enough).sum()),
        epsilon=epsilon,
        q=q,
        least_clips=least_clips,
        least_others=least_others,
    )


def _raters(
    rater: np.ndarray,
    panel_ahead: np.ndarray,
    rater_ahead: np.ndarray,
    raters: int,
    least_clips: int,
    epsilon: float,
    q: float,
) -> tuple[LeftOut, ...]:
    """The row of each rater with enough clips. The first three: (answers,), those that count."""
    n = np.bincount(rater, minlength=raters)
    tested = np.flatnonzero(n >= least_clips)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(rater, weights=values, minlength=raters)

    rho_f, rho_h, difference = (
        total(values) / np.maximum(n, 1) for values in (panel_ahead, rater_ahead, rater_ahead - panel_ahead)
    )
    squares = total((rater_ahead - panel_ahead - difference[rater]) ** 2)
    sd = np.sqrt(squares[tested] / (n[tested] - 1))
    p = _p_below(difference[tested], sd / np.sqrt(n[tested]), n[tested], epsilon)
    adjusted = benjamini_yekutieli(p)
    columns = (tested, n[tested], rho_f[tested], rho_h[tested], difference[tested], sd, p, adjusted, adjusted <= q)
    return tuple(LeftOut(*row) for row in zip(*(column.tolist() for column in columns)))


def _too_few(tested: int, least_clips: int, least_others: int) -> str:
    others = "1 other rater" if least_others == 1 else f"{least_others} other raters"
    if tested == 0:
        return f"no rater has {least_clips} clips that the panel and at least {others} answered too"
    have = "1 rater has" if tested == 1 else f"{tested} raters have"
    return (
        f"only {have} {least_clips} clips that the panel and at least {others} answered too; "
        f"the test needs at least three such raters"
    )


def epsilon_sweep(test: StandIn, epsilons: Sequence[float]) -> np.ndarray:
    """The winning rate ω at each margin ε, from the rows of a test: nothing is counted again.

    epsilons: (m,), each 0…1. Returns (m,), each 0…1 and never falling as ε grows; NaN where no rater was tested. Each ε is
    its own test at the test's `q`: choose ε for your raters beforehand, and read the curve for how much hangs on the choice.

    Raises BadInput where an ε is out of range.

    >>> from emo_core.science.raters import named
    >>> clip, rater = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    >>> answers = named(clip, rater, (clip % 4 == rater).astype(int), clips=40, raters=3, emotions=2)
    >>> test = alternative_annotator_test(answers, np.tile([1.0, 0.0], (40, 1)))
    >>> epsilon_sweep(test, [0.0, 0.1]).tolist()
    [1.0, 1.0]
    """
    _check(q=test.q, epsilons=epsilons)
    if not test.raters:
        return np.full(len(epsilons), np.nan)
    n = np.array([row.clips for row in test.raters])
    difference, sd = (np.array([getattr(row, name) for row in test.raters]) for name in ("difference", "sd"))
    adjusted = [benjamini_yekutieli(_p_below(difference, sd / np.sqrt(n), n, epsilon)) for epsilon in epsilons]
    return np.array([np.mean(p <= test.q) for p in adjusted])


def anonymous_test(
    counts: np.ndarray,
    panel: np.ndarray,
    *,
    epsilon: float = 0.2,
    seed: int | Sequence[int],
    clusters: Iterable | None = None,
    q: float = 0.05,
    least_clips: int = 30,
    least_votes: int = 3,
    resamples: int = 1000,
) -> AnonymousStandIn:
    """The same question where nobody knows who voted: one vote of each clip, drawn at random, is the one left out.

    It is for emotion k with probability r_k / R, so a clip's W^f is Σ_k (r_k / R) W^f_k, W^h likewise (see `advantages`),
    exactly and over the panel's answer too, and d = W^h − W^f. Clips with at least `least_votes` votes count. With
    G clips, or whole `clusters` of them (speakers, say), e_g the sum of d − d̄ in one, and n clips in all,
    p = P(T_{G−1} < (d̄ − ε) / SE), SE = √(G / (G − 1) Σ_g e_g²) / n (Liang & Zeger 1986), which is s / √n where each clip is
    its own. Where SE = 0, p is 0 for d̄ < ε and 1 otherwise. Intervals are bootstraps over the same units.

    All raters are pooled into one that is typical of them, so there is one hypothesis, no correction for several, and no
    winning rate; a few bad raters cannot be told from many fair ones.

    counts: whole votes; panel: distributions, NaN rows where it has no answer; (clips, emotions) each. p is NaN, with its
    reason, with fewer than `least_clips` clips or two clusters.

    Raises BadInput where counts are not whole, rows are no distributions, shapes differ, or an option is out of range.

    >>> test = anonymous_test(np.tile([[3, 1], [0, 4]], (20, 1)), np.tile([[1.0, 0.0], [0.0, 1.0]], (20, 1)), seed=0)
    >>> test.rho.value, test.rho_h.value, test.rejected
    (1.0, 0.875, True)
    """
    _check(q=q, epsilons=[epsilon], least_clips=(least_clips, 2), least_votes=(least_votes, 2))
    counts = agreement.validate(counts)
    votes = counts.sum(axis=1)
    enough = votes >= least_votes
    weights = counts / np.where(enough, votes, np.nan)[:, None]
    panel_ahead, rater_ahead = (
        np.where(counts == 0, 0 * weights, table * weights).sum(axis=1) for table in advantages(counts, panel)
    )  # NaN where there are too few votes, or no answer of the panel
    codes = np.arange(len(counts)) if clusters is None else cluster_codes(clusters, len(counts))
    p, units, reason = _pooled(rater_ahead - panel_ahead, codes, epsilon, least_clips, least_votes)
    options = {"seed": seed, "clusters": None if clusters is None else codes, "resamples": resamples}
    return AnonymousStandIn(
        rho=mean_interval(panel_ahead, **options),
        rho_h=mean_interval(rater_ahead, **options),
        difference=mean_interval(rater_ahead - panel_ahead, **options),
        p=p,
        rejected=None if reason else p <= q,
        reason=reason,
        units=units,
        few=int((~enough).sum()),
        unanswered=int((enough & np.isnan(panel_ahead)).sum()),
        epsilon=epsilon,
        q=q,
        least_votes=least_votes,
    )


def _pooled(
    d: np.ndarray, codes: np.ndarray, epsilon: float, least_clips: int, least_votes: int
) -> tuple[float, int, str | None]:
    """p of mean d < ε over whole clusters, their number, and why p is NaN."""
    known = ~np.isnan(d)
    d, (names, group) = d[known], np.unique(codes[known], return_inverse=True)
    n, units = len(d), len(names)
    if n < least_clips:
        have = "clip has" if n == 1 else "clips have"
        return np.nan, units, f"{n} {have} {least_votes} votes and an answer of the panel; the test needs {least_clips}"
    if units < 2:
        return np.nan, units, "all clips are of one cluster; the t-test needs at least two to compare"
    sums = np.bincount(group, weights=d - d.mean())
    error = np.sqrt(units / (units - 1) * np.square(sums).sum()) / n
    return float(_p_below(d.mean(), error, units, epsilon)), units, None


def _p_below(mean: np.ndarray, error: np.ndarray, units: np.ndarray, epsilon: float) -> np.ndarray:
    """P(T < (mean − ε) / error) with units − 1 degrees of freedom: small where the mean lies clearly below ε."""
    from scipy.special import stdtr  # here, as the server starts without it

    above, flat = mean - epsilon, error <= _FLAT
    t = above / np.where(flat, np.nan, error)
    return np.where(flat, np.where(above < -_FLAT, 0.0, 1.0), stdtr(np.asarray(units, dtype=float) - 1, t))


def benjamini_yekutieli(p_values: np.ndarray) -> np.ndarray:
    """p values adjusted for their number, whatever their dependence (Benjamini & Yekutieli 2001, theorem 1.3).

    With m values sorted, p̃_(i) = min_{j≥i} min(1, m (1 + ½ + … + 1/m) p_(j) / j). Rejecting where p̃ ≤ q keeps the expected
    share of false rejections among all rejections at q or below.

    p_values: (m,). Returns (m,), each 0…1; NaN stay NaN and are not counted in m.

    Raises BadInput where values are no vector or lie outside 0…1.

    >>> benjamini_yekutieli(np.array([0.01, 0.5, np.nan, 0.02])).round(4).tolist()
    [0.055, 0.9167, nan, 0.055]
    """
    p = validate_p_values(p_values)
    known = np.flatnonzero(~np.isnan(p))
    ascending = known[np.argsort(p[known], kind="stable")]
    rank = np.arange(1, len(known) + 1)
    scaled = p[ascending] * len(known) * (1 / rank).sum() / rank
    adjusted = np.full(len(p), np.nan)
    adjusted[ascending] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return adjusted


def _panel(panel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The panel's answers, each row summing to one exactly, or all NaN."""
    array = distributions.validate_distributions(panel)
    if array.shape != shape:
        raise BadInput(
            f"The panel needs one distribution for each clip, {shape[0]} × {shape[1]} emotions, but has shape {array.shape}. "
            "Align its clips with those of the raters, NaN where it has no answer."
        )
    return array / array.sum(axis=1, keepdims=True)


def _check(*, q: float, epsilons: Sequence[float], **least: tuple[int, int]) -> None:
    """BadInput where an option is out of range. `least`: name = (value, its own least)."""
    for epsilon in epsilons:
        if not 0 <= epsilon <= 1:
            raise BadInput(
                f"ε is a margin between 0 and 1, but is {epsilon!r}. Use 0.2 for experts, 0.1 for crowd workers."
            )
    if not 0 < q < 1:
        raise BadInput(f"q is a share of false rejections between 0 and 1, but is {q!r}. Use 0.05.")
    for name, (value, lowest) in least.items():
        if value < lowest:
            raise BadInput(
                f"{name} is a whole number from {lowest} on, but is {value!r}. Leave it out for the default."
            )
