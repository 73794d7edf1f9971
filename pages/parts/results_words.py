"""What the Results page says."""

from collections.abc import Mapping, Sequence

from pages.parts.ambiguity_tables import ties
from pages.parts.analyses import in_words
from pages.parts.session import escape


def basis(found: Mapping) -> str:
    """On which clips everything is compared, and which are left out."""
    gone = "; ".join(f"{count:,} × {why}" for why, count in found["left_out"].items())
    repeated = ", ".join(found["repeated"])
    if repeated:
        repeated = f" Repeated by a newer run of the same settings and seed, and left out: {repeated}."
    return (
        f":material/filter_alt: n = {found['clips']:,} test clips that every run predicted, against the votes of "
        f"**{escape(found['reference'])}** as they are now. Left out: {escape(gone or 'none')}.{escape(repeated)}"
        + "".join(f" {escape(each['words'])}." for each in found["unlike"])
    )


def headlines(found: Mapping) -> list[str]:
    """Who comes closest, and whether anyone has learnt anything."""
    there = [cell for cell in found["cells"] if cell["js"]["value"] is not None]
    best = min(there, key=lambda cell: cell["js"]["value"])
    said = [
        f"**{escape(best['cell'])}** has the lowest JS, {escape(in_words(best['js']))} bits on n = {found['clips']:,} clips."
    ]
    known = [cell for cell in there if cell["against_baseline"]["interval"][0] is not None]
    beaten = [cell["cell"] for cell in known if cell["against_baseline"]["interval"][1] < 0]
    if known:
        listed = "None of the models comes" if not beaten else f"{len(beaten)} of {len(known)} models come"
        said.append(
            f"{listed} closer than always predicting the mean of its training clips, with an interval that excludes zero."
        )
    if len(known) < len(there):
        said.append(f"Of {len(there) - len(known)} models the training mean is not known, or there is but one clip.")
    return said


def table_caption(found: Mapping) -> str:
    """How to read Table 2."""
    seeds = sorted({len(cell["runs"]) for cell in found["cells"]})
    many = f"{seeds[-1]:,}" if len(seeds) == 1 else f"{seeds[0]:,} to {seeds[-1]:,}"
    return (
        f"As Table 2 of paper 1: mean over n = {found['clips']:,} test clips, of each clip's mean over {many} "
        f"{'seed' if many == '1' else 'seeds'}; ★ the best. JS in bits, Bhattacharyya coefficient from 0 to 1. Brackets: "
        f"{found['intervals']}; they do not include that the split is itself one draw."
    )


def models_caption(found: Mapping) -> str:
    """How to read the table of all models, and what listeners score."""
    mixed = [cell["cell"] for cell in found["cells"] if not cell["same_training_clips"]]
    warned = (
        f" The seeds of {escape('; '.join(mixed))} were trained on different data (their hashes differ): their spread is more than that "
        "of the seed." if mixed else ""
    )  # fmt: skip
    return f"Over seeds: standard deviation (and range) of the seeds' means.{warned} {noise(found['noise'])}"


def noise(found: Mapping) -> str:
    """What the listeners' own votes score against each other."""
    if "undefined" in found:
        return f"No noise reference: {found['undefined']}."
    truth = (
        f" and one who knew each clip's true distribution about {escape(in_words(found['truth']))}" if found["truth"] else ""
    )  # fmt: skip
    below = sum(1 for each in found["cells"].values() if (each["less_listeners"]["interval"][1] or 0) < 0)
    return (
        f"Noise reference: against {found['reference_votes']} of a clip's votes, {found['listener_votes']} others of the same clip score "
        f"{escape(in_words(found['listeners']))} bits{truth} (n = {found['clips']:,} clips with enough votes). The last column scores "
        f"models against {found['reference_votes']} votes too: {below} of {len(found['cells'])} lie below these {found['listener_votes']} "
        "listeners, interval of the difference included."
    )


def by_tertile(row: Mapping) -> str:
    """`combined against human: closer by 0.084 [0.069, 0.099] bits at low ambiguity (n = 15); …`."""
    said = []
    for each in row["strata"]:
        where = f"at {each['name']} ambiguity (n = {each['clips']:,})"
        low, high = each["interval"]
        if low is None:
            said.append(f"no interval {where}")
        elif low <= 0 <= high:
            said.append(f"cannot be told apart {where}, {in_words(each)}")
        else:
            ends = sorted((abs(low), abs(high)))
            said.append(
                f"{'closer' if high < 0 else 'farther off'} by {abs(each['value']):.3f} [{ends[0]:.3f}, {ends[1]:.3f}] bits {where}"
            )
    first, second = (row[side].split(", ")[0] for side in ("a", "b"))
    return f"{first} against {second}: {'; '.join(said)}."


def strata_caption(found: Mapping) -> str:
    """As Figure 3, and which reading of it."""
    strata = found["strata"]
    return (
        f"As Figure 3 of paper 1, by tertiles of the human entropy of these test clips, read as **{strata['method']}**. "
        f"{ties(strata)} The entropy of few votes is itself an estimate, which draws differences between tertiles towards each other. "
        f"Brackets: {found['intervals']}."
    )


def fractions(curves: Sequence[Mapping]) -> str:
    """Which fraction is best, and why not to believe it."""
    said = []
    for curve in curves:
        best = "no fraction" if curve["best"] is None else f"{curve['best']:.0%}"
        held = curve["best_by_validation"]
        other = (
            "the validation JS of the runs is not known" if held is None else f"by validation JS it would be {held:.0%}"
        )
        said.append(f"- {escape(curve['curve'])}: lowest JS on the test clips at **{best}**; {other}.")
    warned = (
        "\n\n:material/warning: A fraction chosen by its JS on these test clips looks better than it is: the least of several figures is "
        "low partly by chance. Choose by validation JS, and report the test figure of that choice."
    )
    return "\n".join(said) + warned


def emotions_caption(found: Mapping) -> str:
    """How clips are dealt to emotions."""
    return (
        "Mean JS over the clips whose dominant human emotion it is. A clip with several dominant emotions counts in equal parts for each; "
        f"n counts it once for each. Brackets: {found['intervals']}; where resampling often leaves an emotion without a clip there is none."
    )
