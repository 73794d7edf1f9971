"""Where do more candidate votes stop helping? The document behind the page Saturation and `saturation STUDY --json`."""

import numpy as np

from emo_core.analysis.data import StudyData, at_once, figure, intervals_in_words
from emo_core.errors import BadInput
from emo_core.science import ambiguity, distributions, fits, subsets
from emo_core.science import complement as complements
from emo_core.science import noise_floor as floors
from emo_core.science import saturation as curves

RESAMPLES = 1000
GROUPS = ("tertile", "emotion", "corpus")
DISTANCE = "js_distance"
MOST_SAMPLED, ORDERS = 10_000, 20


def saturation(
    data: StudyData,
    *,
    most: int | None = None,
    by: str = "clip",
    rule: str = "share",
    value: float | None = None,
    smoothing: float = curves.SMOOTHING,
    price: float = 0.0,
    groups: str | None = None,
    order: str = "subsets",
    measure: str = "js",
) -> dict:
    """Curves for n = 1 … N candidate votes, with the noise floor, the exchange rate, the fit and the saturation point.

    most: N; by default what every clip has (`science.saturation.curve_length`). rule, value: "share" (default 0.1) or "bits"
    (default 0.01) of remaining gain. price: of one vote, in any currency. groups: the same curve for each tertile of reference
    entropy, each emotion (by the reference's majority, ties in each) or each corpus. order: "subsets" (exact) or "collected" adds
    the curve of the votes as they came, over the clips on which times or draw numbers say so; it
    needs `collected`. measure: of which the floor is wanted besides that of JS;
    "js_distance" adds the sampled curve of the JS distance.

    Raises BadInput where the study has no candidate, an option is out of range, or no order was recorded for "collected".
    """
    data.need_candidate()
    if measure not in (*curves.MEASURES, DISTANCE):
        raise BadInput(f"The measure is one of {', '.join(curves.MEASURES)} or {DISTANCE}, not {measure!r}.")
    if groups not in (None, *GROUPS):
        raise BadInput(f"Curves are grouped by {', '.join(GROUPS)}, not by {groups!r}.")
    if order not in ("subsets", "collected"):
        raise BadInput(f"The order is subsets or collected, not {order!r}.")
    votes = distributions.totals(data.candidate)
    longest = int(votes.max(initial=0))
    if most is not None and not 1 <= most <= max(longest, 1):
        raise BadInput(f"A curve has 1 to {longest:,} votes, as many as a clip has at most, not {most!r}.")
    chosen = fits.Rule(rule, value if value is not None else {"share": 0.1}.get(rule, 0.01))
    options = {"seed": data.seed, "clusters": data.clusters(by), "resamples": RESAMPLES}
    length = most or curves.curve_length(votes[data.reference_weights.any(axis=1) & (votes > 0)])
    parts = at_once(
        curve=lambda: curves.saturation(
            data.reference_weights, data.candidate, most=length or None, rule=chosen, smoothing=smoothing, **options
        ),
        noise_floor=lambda: _floor(data, length, options),
        corrected=lambda: _corrected(data, options),
        complement=lambda: help_document(data, length, options),
    )
    found = parts.pop("curve")
    document = {
        "study": data.study,
        "reference": data.reference_name,
        "candidate": data.candidate_name,
        "n": found.n.tolist(),
        **_curves(found),
        "clips": found.clips,
        "clips_left_out": found.clips_left_out,
        "coverage": _coverage(data),
        "units": found.units,
        "kl_smoothing": smoothing,
        "gain": _curve(found.gain) | {"n": found.n[:-1].tolist()},
        **_level(found),
        **parts,
        "cost": _cost(found, price),
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }
    if measure == DISTANCE:
        document[DISTANCE] = _distance(data, length, options)
    elif measure != "js":
        document[f"{measure}_floor"] = _floor(data, length, options, measure=measure, smoothing=smoothing)
    if order == "collected":
        document["collected"] = _collected(data, length, options)
    if groups:
        document["groups"] = _groups(data, groups, found, by, chosen, smoothing)
    return document


def _curves(found: curves.Saturation) -> dict:
    document = {}
    for name, curve in found.curves.items():
        for end, values in zip(("mean", "low", "high"), (curve.mean, curve.low, curve.high)):
            document[f"{name}_{end}"] = values.tolist()
    return document


def _curve(curve: curves.Curve) -> dict:
    return {"mean": curve.mean.tolist(), "low": curve.low.tolist(), "high": curve.high.tolist()}


def _coverage(data: StudyData) -> list[dict]:
    """How many clips have at least n candidate votes, for every n that changes it."""
    votes = np.sort(data.candidate.sum(axis=1))
    return [{"n": int(n), "clips": int(len(votes) - np.searchsorted(votes, n))} for n in np.unique(votes) if n]


def _level(found: curves.Saturation) -> dict:
    """The fit and the saturation point."""
    level = found.level
    if level is None:
        return {"fit": None, "saturation_point": None, "saturation_undefined": found.reason}
    forms = {
        name: {
            "asymptote": float(each.asymptote), "scale": float(each.scale), "rate": float(each.rate),
            "rss": float(each.rss), "aicc": float(each.aicc), "saturation_point": float(each.saturation(level.rule)),
        }
        for name, each in level.fits.items()
    }  # fmt: skip
    point = level.point
    document = {
        "fit": {
            "form": level.fit.form,
            **forms[level.fit.form],
            "asymptote_interval": [level.asymptote.low, level.asymptote.high],
            "fitted": level.fit.at(found.n).tolist(),
            "lowest_aicc": fits.better(level.fits).form,
            "points_of_all_forms": _range([form["saturation_point"] for form in forms.values()]),
            "forms": forms,
        },
        "saturation_point": int(point) if np.isfinite(point) else None,
        "saturation_interval": [level.interval.low, level.interval.high],
        "saturation_rule": level.rule.words(),
        "extrapolated": level.is_extrapolated(),
    }
    if not np.isfinite(point):
        document["saturation_undefined"] = f"no n up to {fits.FARTHEST:,} meets the rule"
    return document


def _range(points: list[float]) -> list[float | None]:
    """The nearest and the farthest saturation point; None beyond what is called one."""
    return [min(points), max(points)] if np.isfinite(points).all() else [float(np.nanmin([*points, np.inf])), None]


def _floor(data: StudyData, most: int, options: dict, *, measure: str = "js", smoothing: float = 0.0) -> dict | None:
    """The floor of one measure, and the candidate beside it; for JS also the exchange rate and the bound."""
    chosen = {"measure": curves.MEASURES[measure], "smoothing": smoothing if measure == "kl" else 0.0}
    floor = floors.noise_floor(data.reference, data.candidate, most=most, **chosen, **options) if most else None
    if floor is None:
        return None
    document = {
        "reference_votes": floor.reference_votes,
        "clips": floor.clips,
        "clips_left_out": floor.clips_left_out,
        "n": floor.n_listeners.tolist(),
        **{f"{measure}_{name}": values for name, values in _curve(floor.floor).items()},
        "candidate": {"n": floor.n_candidate.tolist()} | _curve(floor.candidate),
        "excess": _curve(floor.excess),
    }
    if floor.listeners is None:
        return document
    bound = floor.bound
    return document | {
        "listeners": {"n": floor.n_candidate.tolist(), "most": len(floor.n_listeners)} | _curve(floor.listeners),
        "bound": {"value": floor.bound_value, "interval": [bound.low, bound.high]} if bound else None,
    }


def _distance(data: StudyData, most: int, options: dict) -> dict:
    """The JS distance, whose square root is no sum over emotions: over random orders of the votes, of a sample of many clips."""
    kept = (distributions.totals(data.candidate) >= max(most, 1)) & (distributions.totals(data.reference) > 0)
    chosen = np.flatnonzero(kept)
    if len(chosen) > MOST_SAMPLED:
        chosen = np.sort(np.random.default_rng(data.seed).choice(chosen, MOST_SAMPLED, replace=False))
    clusters = options["clusters"]
    curve = curves.sampled(
        data.reference_weights[chosen], data.candidate[chosen], range(1, most + 1), orders=ORDERS,
        **options | {"clusters": None if clusters is None else clusters[chosen]},
    )  # fmt: skip
    sampled = f"{ORDERS} random orders of each clip's votes, seed {data.seed}"
    return {
        "n": list(range(1, most + 1)),
        "clips": len(chosen),
        "of_clips": int(kept.sum()),
        "sampled": sampled,
    } | _curve(curve)


def _corrected(data: StudyData, options: dict) -> dict:
    plain, corrected = floors.corrected_divergence(data.reference, data.candidate, **options)
    return {"js_plugin": figure(plain), "js_jackknife": figure(corrected)}


def help_document(
    data: StudyData, most: int, options: dict, *, weight: float = 1.0, length: int | None = None
) -> dict | None:
    """Human votes alone against human votes pooled with n candidate votes, judged by held-out listeners."""
    if not most:
        return None
    found = complements.combined_gain(
        data.reference, data.candidate, most=most, weight=weight, length=length, **options
    )
    if found is None:
        return None
    return {
        "held_out": found.held_out,
        "human_votes": found.human_votes,
        "clips": found.clips,
        "weight": found.weight,
        "n": found.n.tolist(),
        "js": _curve(found.js),
        "gain": _curve(found.gain),
    }


def _cost(found: curves.Saturation, price: float) -> dict | None:
    """What n votes a clip cost, and what the next vote gains per unit of price; None without a price."""
    if not np.isfinite(price) or price < 0:
        raise BadInput(f"A price is zero or more, not {price!r}.")
    if not price:
        return None
    gain = found.gain.mean
    per_hundredth = np.divide(0.01 * price, gain, out=np.full(len(gain), np.nan), where=gain > 0)
    return {
        "price": price,
        "total": (found.n * found.clips * price).tolist(),
        "clip_price_of_next_hundredth_bit": per_hundredth.tolist(),
    }


def _collected(data: StudyData, most: int, options: dict) -> dict:
    """The curve of the votes as they came, and the exact one on the same clips."""
    found, clips = data.collected, len(data.clips)
    if found is None:
        raise BadInput("The order of the votes is not known here. Ask the store for them.")
    enough = (distributions.totals(data.candidate) >= most) & (distributions.totals(data.reference_weights) > 0)
    kept = enough & found.recorded
    if not kept.any():
        few = f" with {most} votes" if found.recorded.any() else ""
        raise BadInput(
            f"The order in which the votes of {data.candidate_name!r} came is recorded on no clip{few} "
            f"({int(found.recorded.sum()):,} of {clips:,} have it): it is where every vote on a clip has a time or a draw number "
            "of its own. Counts have no order, nor have votes of one time or without one. "
            + ("Ask for a shorter curve, or for" if few else "Look at")
            + " the mean over all subsets (order subsets)."
        )
    there = found.recorded[found.clip] & enough[found.clip]
    curve, used = curves.in_vote_order(
        data.reference_weights, found.clip[there], found.label[there], most=most, **options
    )
    n = np.arange(1, most + 1)
    exact = subsets.against_all(data.reference_weights[kept], data.candidate[kept], n)
    return {
        "n": n.tolist(), "clips": used, "clips_without_order": int((enough & ~found.recorded).sum()),
        "subsets_mean": exact.mean()[:most].tolist(),
    } | _curve(curve)  # fmt: skip


def group_masks(data: StudyData, groups: str) -> dict[str, np.ndarray]:
    """Which clips each group has. An emotion's are those where it wins among the reference votes, alone or tied."""
    if groups == "tertile":
        found = ambiguity.strata(data.entropy)
        return {f"{name} ambiguity": found.stratum == i for i, name in enumerate(found.names)}
    if groups == "emotion":
        won = distributions.majority(data.reference_weights.round(9))
        return {name: won[:, place] for place, name in enumerate(data.emotions)}
    return {name: data.corpora == name for name in dict.fromkeys(data.corpora)}


def _last_of(floor: floors.NoiseFloor | None) -> dict | None:
    """Other listeners and the candidate at as many votes as both have."""
    if floor is None:
        return None
    place = len(floor.excess.mean) - 1
    return {"reference_votes": floor.reference_votes, "n": place + 1, "clips": floor.clips} | {
        name: {"value": float(curve.mean[place]), "interval": [float(curve.low[place]), float(curve.high[place])], "clips": floor.clips}
        for name, curve in (("floor", floor.floor), ("candidate", floor.candidate), ("excess", floor.excess))
    }  # fmt: skip


def _groups(
    data: StudyData, groups: str, whole: curves.Saturation, by: str, rule: fits.Rule, smoothing: float
) -> list[dict]:
    """The curve of each group of clips, as long as the whole study's."""
    found = []
    for name, mask in group_masks(data, groups).items():
        part = data.only(mask)
        curve = curves.saturation(
            part.reference_weights, part.candidate, most=len(whole.n), rule=rule, smoothing=smoothing,
            seed=data.seed, clusters=part.clusters(by), resamples=RESAMPLES,
        )  # fmt: skip
        floor = floors.noise_floor(
            part.reference, part.candidate, most=len(whole.n), seed=data.seed, clusters=part.clusters(by), resamples=RESAMPLES
        ) if len(part.clips) else None  # fmt: skip
        found.append(
            {"group": name, "clips": curve.clips, **_curves(curve), **_level(curve), "noise_floor": _last_of(floor)}
        )
    return found
