"""Choices, tables and words of the Sandbox page."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from emo_core.analysis.sandbox import FIGURES
from emo_core.charts import curves
from emo_core.store.answers import Raters
from pages.parts import figures
from pages.parts.analyses import columns, in_words


def kinds_there(raters: Raters) -> list[str]:
    """By what the panel can be broken down."""
    kinds = {
        "persona": any(name is not None for name in raters.personas),
        "temperature": bool(np.isfinite(raters.temperatures).any()),
        "rater": len(raters.names) > 0,
    }
    return [kind for kind, there in kinds.items() if there]


def names_of(raters: Raters, kind: str) -> list[str]:
    """Persona, temperature or name of each rater, as text."""
    return {
        "persona": lambda: [name or "not known" for name in raters.personas],
        "temperature": lambda: [f"{t:g}" if np.isfinite(t) else "not known" for t in raters.temperatures],
        "rater": lambda: [str(name) for name in raters.names],
    }[kind]()


def choose_without(raters: Raters, study_id: int) -> list[str]:
    """Raters to leave out, by persona, temperature or name."""
    kinds = kinds_there(raters)
    if not kinds:
        return []
    gone: set[str] = set()
    with st.popover("Leave out", icon=":material/person_remove:"):
        for kind in kinds:
            names = names_of(raters, kind)
            chosen = st.multiselect(f"By {kind}", sorted(set(names)), key=f"without:{kind}:{study_id}")
            gone |= {str(rater) for rater, name in zip(raters.names, names) if name in chosen}
    return sorted(gone)


def figures_table(before: dict, after: dict) -> None:
    """Every figure as it is and changed."""
    st.dataframe(
        [
            {
                "": label,
                "as it is": in_words(before["figures"][name]) if name in before["figures"] else "",
                "changed": in_words(after["figures"][name]) if name in after["figures"] else "undefined",
                "clips": before["clips"],
                "clips, changed": after["clips"],
            }
            for name, label in FIGURES.items()
        ],
        key="figures", hide_index=True,
    )  # fmt: skip
    lost = after["clips_left_out"]
    words = f" {lost:,} clips have too few votes left and are left out." if lost else ""
    st.caption(
        f"Changed: {after['reference_votes']:,} reference and {after['candidate_votes']:,} candidate votes.{words} "
        f"Brackets: {after['intervals']}."
    )


def curve_columns(before: dict, after: dict) -> dict[str, list]:
    """Both curves, one below the other."""
    table: dict[str, list] = {"votes": [], "n": [], "mean": [], "low": [], "high": []}
    for name, document in (("as it is", before), ("changed", after)):
        curve = document["curve"]
        table["votes"] += [name] * len(curve["n"])
        for key in ("n", "mean", "low", "high"):
            table[key] += curve[key]
    return table


def strata_columns(before: dict, after: dict) -> dict[str, list]:
    """Both sets of strata, one below the other."""
    rows = [("as it is", row) for row in before["strata"]] + [("changed", row) for row in after["strata"]]
    return {"votes": [name for name, _ in rows], "stratum": [row["name"] for _, row in rows]} | columns(
        [row["js"] for _, row in rows]
    )


def complement(before: dict, after: dict) -> None:
    """Gain of pooling, after the change."""
    part = after["complement"]
    if part is None:
        st.caption("It needs clips with four reference votes or more.")
        return
    figures.show(
        curves.complement(part), "help", {"n": part["n"]} | {end: part["gain"][end] for end in ("mean", "low", "high")}
    )
    gain, was = part["gain"]["mean"][-1], before["complement"]["gain"]["mean"] if before["complement"] else None
    compared = f" As it is, {len(was) - 1} votes gain {was[-1]:+.4f}." if was else ""
    st.caption(
        f"{part['n'][-1]} candidate votes of weight {part['weight']:g} bring {part['human_votes']} human ones {gain:+.4f} bits nearer to "
        f"{part['held_out']} listeners who were held out (n = {part['clips']:,} clips).{compared}"
    )


def part_columns(rows: Sequence[dict]) -> dict[str, list]:
    """Every group's figures."""
    table = {"name": [row["name"] for row in rows], "votes": [row["votes"] for row in rows]}
    for name in ("match", "spread", "bias", "without"):
        table |= {f"{name}_{key}": values for key, values in columns([row[name] for row in rows]).items()}
    return table


def parts(broken: dict) -> None:
    """The groups as a table."""
    st.dataframe(
        [
            {
                broken["kind"]: row["name"],
                "votes": row["votes"],
                "match": in_words(row["match"]),
                "spread": in_words(row["spread"]),
                "bias": in_words(row["bias"]),
                "JS without it": in_words(row["without"], 4),
            }
            for row in broken["parts"]
        ],
        key="parts", hide_index=True,
    )  # fmt: skip
    undefined = any("undefined" in row["spread"] for row in broken["parts"])
    why = " Spread and bias need clips with two votes of a group." if undefined else ""
    st.caption(
        "Among the emotions and raters that are left. "
        "Match: how often it says what a listener says. Spread: how often two of its votes on a clip differ. Bias: squared "
        "distance of its distribution from the listeners', 0 for none. JS without it: the panel's divergence without the group less "
        f"that with it; above zero the group helps.{why} {broken['intervals']}."
    )
