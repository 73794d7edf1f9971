"""Tables of the Agreement page, each value with n and interval; what is undefined says why."""

import numpy as np
import streamlit as st

from emo_core.store import Database, studies
from pages.parts.figures import number
from pages.parts.session import escape

NAMES = {
    "krippendorff_alpha": "Krippendorff's α",
    "fleiss_kappa": "Fleiss' κ",
    "fleiss_kappa_generalised": "Fleiss' κ, generalised",
    "brennan_prediger": "Brennan–Prediger",
    "gwet_ac1": "Gwet's AC1",
    "percent_agreement": "percent agreement",
}
_OVERALL = NAMES | {"conger_kappa": "Conger's κ, named raters"}  # more than emotion by emotion
_SCALES = {
    "interval_alpha": "Krippendorff's α, interval",
    "ordinal_alpha": "Krippendorff's α, ordinal",
    "icc_1": "ICC(1), one rating",
    "icc_1_k": "ICC(1, k), a clip's mean",
    "icc_a1": "ICC(A,1), same raters, absolute",
    "icc_c1": "ICC(C,1), same raters, consistent",
    "gwet_ac2": "Gwet's AC2, quadratic weights",
    "fleiss_kappa_quadratic": "Fleiss' κ, generalised, quadratic weights",
    "conger_kappa_quadratic": "Conger's κ, quadratic weights",
}


def all_speakers(store: Database, study: str) -> bool:
    """Whether every clip that the study keeps has a speaker."""
    return all(speaker is not None for speaker in studies.study_counts(store, study).speakers)


def _with_interval(figure: dict) -> str:
    if figure["value"] is None:
        return "undefined"
    low, high = figure["interval"]
    return f"{figure['value']:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")


def _table(figures: dict[str, dict], names: dict[str, str], key: str) -> None:
    st.dataframe(
        [
            {"coefficient": names[name], "value": _with_interval(figure), "clips": figure["clips"], "votes": figure["votes"]}
            for name, figure in figures.items()
        ],
        key=key, hide_index=True,
    )  # fmt: skip
    reasons = [f"{names[name]}: {figure['undefined']}." for name, figure in figures.items() if "undefined" in figure]
    if reasons:
        st.caption("  \n".join(escape(reason) for reason in reasons))


def coefficients(found: dict) -> None:
    """The coefficients over all emotions."""
    _table({name: found["coefficients"][name] for name in _OVERALL}, _OVERALL, "coefficients")
    st.caption(
        "Fleiss' κ needs the same number of votes for each clip; its generalisation (Gwet 2014, as in irrCAC) takes any. "
        "Conger's κ lets each rater have their own leanings, Brennan–Prediger expects chance to name all emotions alike."
    )
    if found["pairs"] and found["pairs"]["mean_kappa"] is not None:
        pairs = found["pairs"]
        st.caption(
            f"Cohen's κ of two raters: {pairs['mean_kappa']:.3f} on average over {pairs['defined_pairs']:,} pairs, weighed by "
            "the clips in common."
        )


def by_emotion(found: dict, name: str) -> tuple[list[str], dict[str, np.ndarray]]:
    """One coefficient of each emotion against the rest."""
    rows = found["emotions"]
    columns = {
        "value": [number(row[name]["value"]) for row in rows],
        "low": [number(row[name]["interval"][0]) for row in rows],
        "high": [number(row[name]["interval"][1]) for row in rows],
        "votes": [row["votes"] for row in rows],
        "clips": [row[name]["clips"] for row in rows],
    }
    return [row["emotion"] for row in rows], {key: np.array(values, dtype=float) for key, values in columns.items()}


def scales(found: dict) -> None:
    """Agreement on valence, arousal, dominance."""
    for column, (scale, figures) in zip(st.columns(len(found["ratings"])), found["ratings"].items()):
        with column:
            st.markdown(f"**{scale}**, {figures['ratings']:,} ratings")
            _table({name: figures[name] for name in _SCALES}, _SCALES, f"scale:{scale}")


def who_is_left_out(found: dict) -> None:
    """Votes that the rater's view cannot use."""
    parts = []
    if found["anonymous_votes"]:
        parts.append(f"{found['anonymous_votes']:,} votes of anonymous raters are not in it")
    if found["repeated_votes"]:
        parts.append(f"{found['repeated_votes']:,} earlier answers of a rater on the same clip give way to the latest")
    st.caption("Each rater against all others on the same clips." + (f" {'; '.join(parts)}." if parts else ""))


def columns_of(rows: list[dict]) -> dict[str, np.ndarray]:
    """Values of the raters, one array each."""
    columns = {key: [row[key] for row in rows] for key in ("rater", "shared_clips", "agreement", "expected")}
    columns["low"] = [row["agreement_interval"][0] for row in rows]
    columns["high"] = [row["agreement_interval"][1] for row in rows]
    return {
        key: np.array(values, dtype=object) if key == "rater" else np.array([number(v) for v in values], dtype=float)
        for key, values in columns.items()
    }


def pairs_note(pairs: dict) -> None:
    """How to read the map of pairs."""
    note = (
        "Cohen's κ of every two raters on the clips that both answered; like stands beside like. Empty: fewer than two."
    )
    if pairs["raters_left_out"]:
        note += f" {pairs['raters_left_out']:,} raters with the fewest votes are not on the map."
    st.caption(note)


def raters(rows: list[dict]) -> None:
    """One row a rater."""
    timed = any(row["median_seconds"] is not None for row in rows)
    repeated = any(row["repeats"] for row in rows)
    table = []
    for row in rows:
        low, high = row["agreement_interval"]
        shown = {
            "rater": row["rater"],
            "votes": row["votes"],
            "with others": row["shared_clips"],
            "agrees": row["agreement"],
            "95 %": "" if low is None else f"[{low:.3f}, {high:.3f}]",
            "by chance": row["expected"],
            "JS to the others (bits)": row["distance"],
            "own entropy (bits)": row["entropy"],
            "bias (TV)": row["bias_distance"],
            "leans towards": _leaning(row["bias"]),
        }
        if timed:
            shown["median s"] = row["median_seconds"]
        if repeated:
            shown |= {"repeats": row["repeats"], "same again": row["repeats_same"]}
        table.append(shown)
    decimals = ("agrees", "by chance", "JS to the others (bits)", "own entropy (bits)", "bias (TV)", "same again")
    config = {name: st.column_config.NumberColumn(format="%.3f") for name in decimals}
    st.dataframe(table, key="rater_table", hide_index=True, column_config=config)
    st.caption(
        "agrees: share of the others' votes on the same clip that name the same emotion; by chance: for a rater who names "
        "emotions as often, at random. Bias: own labels less the others' on the same clips (total variation distance; the "
        "emotions named most too often and too seldom)."
    )


def _leaning(bias: dict[str, float | None]) -> str:
    """The emotions that a rater names most too often and most too seldom."""
    known = {name: value for name, value in bias.items() if value is not None}
    if not known:
        return ""
    most, least = max(known, key=known.get), min(known, key=known.get)
    named = [name for name in (most, least) if abs(known[name]) >= 0.005]
    return ", ".join(f"{name} {known[name]:+.0%}" for name in named)


def model_note(model: dict) -> None:
    """What the confusions mean, and whether the fit can be trusted."""
    ended = "converged" if model["converged"] else "has not converged"
    priors = ", ".join(f"{name} {share:.0%}" for name, share in model["priors"].items())
    st.markdown(
        "Dawid & Skene's model (1979) gives each clip a distribution over what the panel as a whole hears, and each rater a "
        "table of what they say then. It assumes one true emotion a clip: read the tables as ways of hearing, not as errors."
    )
    st.caption(
        f"The panel hears: {priors}. The fit {ended} after {model['iterations']} rounds; {model['smoothing']:g} is added to "
        "each cell, so that raters with few answers are not certain."
    )
