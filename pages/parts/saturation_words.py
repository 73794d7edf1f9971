"""What the saturation document says, in words, and its figures' numbers as columns."""

from pages.parts.analyses import in_words

ORDER = (
    "Subsets: the exact mean over all n of a clip's votes. Collected adds the first n votes, on clips "
    "where every vote has a time or a draw number of its own; counts have no order."
)


def headline(found: dict) -> str:
    """Where the curve levels off, and how sure that is."""
    if not found["clips"]:
        return "No clip has votes on both sides."
    if found["fit"] is None:
        return f"No saturation point: {found['saturation_undefined']}."
    fit, point = found["fit"], found["saturation_point"]
    if point is None:
        return f"No saturation point: {found['saturation_undefined']}."
    low, high = found["saturation_interval"]
    ends = "" if low is None else f" [{low:.0f}, {high:.0f}]"
    beyond = (
        f" That lies beyond the {found['n'][-1]} votes that are compared, so it is an extrapolation."
        if found["extrapolated"]
        else ""
    )
    others = " and ".join(
        f"the {name} form would say {_point(form)}{_aicc(form['aicc'])}"
        for name, form in fit["forms"].items()
        if name != fit["form"]
    )
    return (
        f"**{point:,}{ends} votes**: {found['saturation_rule']}.{beyond} Fitted by a {fit['form']}{_aicc(fit['aicc'])}, which falls as "
        f"divergences of independent votes do; {others}."
    )


def collected(found: dict) -> str:
    """On which clips an order is recorded, and what all subsets give on the same ones."""
    without = found["clips_without_order"]
    gone = f" On {without:,} other clips with as many votes no order is recorded." if without else ""
    return (
        f"First n votes: over the {found['clips']:,} clips where every vote has a time or a draw number "
        f"of its own.{gone} On the same clips all subsets give {found['subsets_mean'][0]:.3f} at n = 1 "
        f"and {found['subsets_mean'][-1]:.3f} at n = {found['n'][-1]}; the first n give "
        f"{found['mean'][0]:.3f} and {found['mean'][-1]:.3f} bits."
    )


def _point(form: dict) -> str:
    return "none" if form["saturation_point"] is None else f"{form['saturation_point']:,.0f}"


def _aicc(value: float | None) -> str:
    """Undefined under six points."""
    return "" if value is None else f" (AICc {value:.1f})"


def floor(found: dict) -> str:
    """How the candidate stands to other listeners."""
    part = found["noise_floor"]
    if part is None:
        return "No noise floor: no clip has four reference votes or more."
    shared = min(part["n"][-1], part["candidate"]["n"][-1])
    i = shared - 1
    m = part["reference_votes"]
    excess = part["excess"]
    bound = (
        f" Against {m} votes no panel can be expected below about {in_words(part['bound'])} bits, however many its own."
        if part["bound"]
        else ""
    )
    return (
        f"Against {m} reference votes, **{shared} other listeners score {part['js_mean'][i]:.3f}** "
        f"[{part['js_low'][i]:.3f}, {part['js_high'][i]:.3f}] bits and {shared} candidate votes "
        f"{part['candidate']['mean'][i]:.3f} [{part['candidate']['low'][i]:.3f}, {part['candidate']['high'][i]:.3f}]: "
        f"{excess['mean'][i]:+.3f} [{excess['low'][i]:+.3f}, {excess['high'][i]:+.3f}] (n = {part['clips']:,} clips, "
        f"{part['clips_left_out']:,} left out for too few votes).{bound}"
    )


def bias(found: dict) -> str:
    """Why a divergence of few votes is too large, and what is left after correction."""
    part = found["corrected"]
    return (
        "Few votes make any two panels differ: the plug-in divergence is too large, by about (K − 1)/(8 ln 2) · (1/R + 1/C) "
        f"bits. With all votes it is {in_words(part['js_plugin'])}; its **jackknife-corrected** estimate is "
        f"{in_words(part['js_jackknife'])} bits (n = {part['js_plugin']['clips']:,} clips with two votes or more on both sides)."
    )


def worth(found: dict) -> str:
    """The exchange rate."""
    part = found["noise_floor"]
    if part is None:
        return "It needs clips with four reference votes or more."
    listeners, most = part["listeners"], part["listeners"]["most"]
    said = []
    for n, mean, low, high in zip(listeners["n"], listeners["mean"], listeners["low"], listeners["high"]):
        if 1 <= mean <= most:
            said = [
                f"{n} candidate votes come as close as **{mean:.2f} listeners** [{_bounded(low, most)}, {_bounded(high, most)}]: "
                f"one vote is worth {mean / n:.2f} of a listener."
            ]
    if not said:
        few = listeners["mean"][-1] < 1
        said = [
            f"{listeners['n'][-1]} candidate votes come as close as "
            + ("fewer than one listener." if few else f"more than the {most} listeners that could be held out.")
        ]
    return said[0] + f" The reference is held to {part['reference_votes']} votes on both sides."


def _bounded(value: float | None, most: int) -> str:
    if value is None:
        return "–"
    return f"> {most}" if value > most else f"{value:.2f}"


def complement(found: dict) -> str:
    """Whether pooling helps."""
    part = found["complement"]
    if part is None:
        return "It needs clips with four reference votes or more."
    gain = part["gain"]
    best = max(range(len(part["n"])), key=lambda i: gain["mean"][i])
    if best == 0:
        return (
            f"Adding candidate votes to {part['human_votes']} human ones brings them no nearer to {part['held_out']} listeners "
            "who were held out."
        )
    return (
        f"Most is gained with **{part['n'][best]} candidate votes**: {gain['mean'][best]:+.3f} [{gain['low'][best]:+.3f}, "
        f"{gain['high'][best]:+.3f}] bits nearer to {part['held_out']} listeners who were held out, from {part['human_votes']} "
        f"human votes alone at {part['js']['mean'][0]:.3f}."
    )


def curve_columns(found: dict) -> dict[str, list]:
    """All curves of the main figure."""
    names = [f"{measure}_{end}" for measure in ("js", "bc", "kl", "tv", "entropy") for end in ("mean", "low", "high")]
    return {"n": found["n"], "clips": [found["clips"]] * len(found["n"])} | {name: found[name] for name in names}


def group_columns(found: dict) -> dict[str, list]:
    """The groups' curves, one below the other."""
    table: dict[str, list] = {name: [] for name in ("group", "clips", "n", "js_mean", "js_low", "js_high", "bc_mean")}
    for group in found["groups"]:
        table["group"] += [group["group"]] * len(found["n"])
        table["clips"] += [group["clips"]] * len(found["n"])
        table["n"] += found["n"]
        for name in ("js_mean", "js_low", "js_high", "bc_mean"):
            table[name] += group[name]
    return table


def worth_columns(floor: dict) -> dict[str, list]:
    """The exchange rate; 0 stands for fewer than one listener, one above the most for more than that."""
    part = floor["listeners"]
    return {"n": part["n"]} | {end: part[end] for end in ("mean", "low", "high")}


def complement_columns(part: dict) -> dict[str, list]:
    """Divergence and gain by candidate votes added."""
    ends = ("mean", "low", "high")
    return {"n": part["n"]} | {f"{name}_{end}": part[name][end] for name in ("js", "gain") for end in ends}


def group_floor(part: dict | None) -> dict[str, str]:
    """Columns of the groups' table: other listeners and the candidate at equal numbers of votes."""
    if part is None:
        return {"other listeners": "no clip with four reference votes", "candidate": "", "difference": ""}
    at = f"({part['n']} against {part['reference_votes']})"
    return {
        "other listeners": f"{in_words(part['floor'])} {at}",
        "candidate": f"{in_words(part['candidate'])} {at}",
        "difference": in_words(part["excess"]),
    }
