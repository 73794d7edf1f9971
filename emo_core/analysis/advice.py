"""Where would one more vote help most? The document behind the page Advisor and `advise STUDY --budget B --json`."""

from functools import partial

import numpy as np

from emo_core.analysis.data import StudyData, at_once
from emo_core.errors import BadInput
from emo_core.science import advisor, dirichlet, noise_floor
from emo_core.science.saturation import curve_length

STEPS = 4  # budgets on the way to the whole one
FARTHEST = 10  # votes that a plan buys for one clip at most, unless told otherwise
PLAN_COLUMNS = ("priority", "clip", "corpus", "votes", "votes_now", "expected_js_now", "expected_js_after", "gain")


def advise(
    data: StudyData,
    *,
    budget: float,
    price: float = 1.0,
    most: int = FARTHEST,
    objective: str = "js",
    synthetic_price: float | None = None,
    worth: float | None = None,
    synthetic_votes: int = 1,
) -> dict:
    """Which clips should get more human votes for a budget, under a Dirichlet prior learned from the study's reference votes.

    budget, price: in one currency; with price 1 the budget is a number of votes. most: for one clip at most. objective: "js", the
    expected divergence of a clip's estimated distribution from its true one, or "information". synthetic_price: of one candidate
    vote, to hold synthetic_votes of them against one human vote; worth: of one such vote in human ones, by default the exchange
    rate that the study itself shows.

    Raises BadInput where an option is out of range.
    """
    prior = dirichlet.fit_dirichlet(data.reference)
    gains = advisor.expected_gains(data.reference, prior, votes=min(most, 50), objective=objective)
    plan = advisor.plan_budget(gains, budget=budget, price=price, most=most)
    now = advisor.expected_divergence(data.reference, prior)
    document = {
        "study": data.study,
        "reference": data.reference_name,
        "clips": len(data.clips),
        "objective": objective,
        "prior": {
            "alpha": dict(zip(data.emotions, map(float, prior.alpha))),
            "total": float(prior.alpha.sum()),
            "converged": prior.converged,
            "note": prior.reason,
            "without_votes": [data.emotions[place] for place in prior.floored],
        },
        "budget": budget,
        "price": price,
        "cost": plan.cost,
        "votes": plan.bought,
        "clips_to_label": int((plan.votes > 0).sum()),
        "gain": plan.gain,
        "gain_if_spent_evenly": plan.even_gain,
        "expected_js_now": _mean(now),
        "curve": _curve(gains, budget, price, most),
        "next_gains": _histogram(gains[:, 0]),
        "plan": _rows(data, plan.votes, gains, now, objective),
    }
    if synthetic_price is not None:
        document["offers"] = _offers(data, prior, price, synthetic_price, worth, objective, synthetic_votes)
    return document


def _curve(gains: np.ndarray, budget: float, price: float, most: int) -> dict:
    """What smaller budgets would gain."""

    def plan(step: int) -> advisor.Plan:
        return advisor.plan_budget(gains, budget=budget * step / STEPS, price=price, most=most)

    plans = at_once(**{str(step): partial(plan, step) for step in range(1, STEPS + 1)}).values()
    return {
        "cost": [plan.cost for plan in plans],
        "gain": [plan.gain for plan in plans],
        "evenly": [plan.even_gain for plan in plans],
    }


def _histogram(values: np.ndarray) -> dict:
    """How the gains of the next vote are spread over clips: counts between edges, in bits."""
    counts, edges = np.histogram(values, bins=40) if len(values) else (np.zeros(0), np.zeros(1))
    return {"edges": edges.tolist(), "clips": counts.tolist()}


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _rows(data: StudyData, votes: np.ndarray, gains: np.ndarray, now: np.ndarray, objective: str) -> list[dict]:
    """The clips to label, the one with the largest next gain first."""
    chosen = np.flatnonzero(votes)
    chosen = chosen[np.argsort(-gains[chosen, 0], kind="stable")]
    bought = np.cumsum(gains, axis=1)[chosen, votes[chosen] - 1]
    had = data.reference.sum(axis=1)
    after = now[chosen] - bought if objective == "js" else np.full(len(chosen), np.nan)
    return [
        dict(zip(PLAN_COLUMNS, row))
        for row in zip(
            range(1, len(chosen) + 1), data.clips[chosen].tolist(), data.corpora[chosen].tolist(), votes[chosen].tolist(),
            had[chosen].tolist(), now[chosen].tolist(), after.tolist(), bought.tolist(),
        )
    ]  # fmt: skip


def _offers(
    data: StudyData,
    prior: dirichlet.DirichletPrior,
    price: float,
    synthetic_price: float,
    worth: float | None,
    objective: str,
    synthetic_votes: int,
) -> dict:
    """The next vote from a listener beside the next ones from the candidate."""
    said = "as given"
    if worth is None:
        worth, said = _measured_worth(data)
    offers = advisor.compare_offers(
        data.reference, prior, human_price=price, synthetic_price=synthetic_price, worth=worth, objective=objective,
        synthetic_votes=synthetic_votes,
    )  # fmt: skip
    return {
        "worth": worth,
        "worth_source": said,
        "human_price": price,
        "synthetic_price": synthetic_price,
        "synthetic_votes": synthetic_votes,
        "gain_per_price_human": _mean(offers.human),
        "gain_per_price_synthetic": _mean(offers.synthetic),
        "clips_where_synthetic_is_better": int(offers.synthetic_better.sum()),
    }


def _measured_worth(data: StudyData) -> tuple[float, str]:
    """Listeners that one candidate vote is worth, from the exchange rate at the longest curve. Raises BadInput without one."""
    data.need_candidate()
    most = curve_length(data.candidate.sum(axis=1))
    floor = (
        noise_floor.noise_floor(data.reference, data.candidate, seed=data.seed, most=most, resamples=1)
        if most
        else None
    )
    if floor is None:
        raise BadInput(
            "What a candidate vote is worth cannot be measured: that needs clips with four reference votes. Give its worth."
        )
    listeners, furthest = floor.listeners.mean, len(floor.n_listeners)
    inside = np.flatnonzero((listeners >= 1) & (listeners <= furthest))
    if not len(inside):
        where = f"more than {furthest} listeners" if listeners[0] > furthest else "fewer than one listener"
        raise BadInput(f"{most} candidate votes are worth {where}, which gives no rate. Give the worth of one vote.")
    n, worth = int(inside[-1]) + 1, float(listeners[inside[-1]])
    return min(1.0, worth / n), f"measured: {n} candidate votes come as close as {worth:.2f} listeners"
