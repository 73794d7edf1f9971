"""Tables of the Results page, and numbers to take along."""

from collections.abc import Mapping, Sequence

import streamlit as st

from emo_core.publishing import tables
from pages.parts import analyses
from pages.parts import results_words as words
from pages.parts.analyses import in_words
from pages.parts.session import escape

MEASURES = {"js": "JS", "bc": "Bhattacharyya"}
_ARROWS = {"js": "↓", "bc": "↑"}  # where better lies
DRAWN = 8  # models in one figure, each with a colour, dash and marker of its own
SAID = 6  # comparisons in words; all are in the table


def choose_cells(cells: Sequence[Mapping]) -> list[Mapping]:
    """Which models the next figures draw: at first those with the most seeds."""
    names = [cell["cell"] for cell in cells]
    if len(cells) < 2:
        return list(cells)
    most = max(len(cell["runs"]) for cell in cells)
    first = [cell["cell"] for cell in cells if len(cell["runs"]) == most][:DRAWN]
    chosen = st.multiselect(
        "Models drawn, here and by emotion", names, default=first, max_selections=DRAWN, key="models", **analyses.URL
    )
    return [cell for cell in cells if cell["cell"] in (chosen or first)]


def table_two(cells: Sequence[Mapping]) -> None:
    """The paper's Table 2: augmentation × source, JS and Bhattacharyya coefficient with intervals, a star at the best of each."""
    sources = dict.fromkeys(cell["source"] for cell in cells)
    places = {(cell["further"], cell["fraction"]): {} for cell in cells}
    for cell in cells:
        places[cell["further"], cell["fraction"]][cell["source"]] = cell
    several = len({further for further, _ in places}) > 1
    best = {name: _best(cells, name) for name in MEASURES}
    rows = [
        {
            **({"further": further} if several else {}),
            "augmentation": f"with, +{fraction:.0%}" if fraction else "without",
            **{
                f"{MEASURES[name]} {_ARROWS[name]} {source}": _starred(there.get(source), name, best[name])
                for name in MEASURES
                for source in sources
            },
        }
        for (further, fraction), there in sorted(places.items(), key=lambda place: (place[0][0], -place[0][1]))
    ]
    st.dataframe(rows, key="table:two", hide_index=True, height="content")


def _best(cells: Sequence[Mapping], measure: str) -> float | None:
    """The lowest JS, or the highest coefficient."""
    known = [cell[measure]["value"] for cell in cells if cell[measure]["value"] is not None]
    return None if not known else min(known) if measure == "js" else max(known)


def _starred(cell: Mapping | None, measure: str, best: float | None) -> str:
    if cell is None:
        return "–"
    return ("★ " if cell[measure]["value"] == best else "") + in_words(cell[measure])


def every_figure(cells: Sequence[Mapping], noise: Mapping) -> None:
    """A row a model, with all that is known of it."""
    st.dataframe(
        [
            {
                "votes learnt from": cell["source"],
                "augmentation": f"+{cell['fraction']:.0%}" if cell["fraction"] else "none",
                "further": cell["further"] or "–",
                "seeds": len(cell["runs"]),
                "clips": cell["js"]["clips"],
                "JS (bits) ↓": in_words(cell["js"]),
                "JS over seeds": spread(cell["js_seeds"]),
                "Bhattacharyya ↑": in_words(cell["bc"]),
                "BC over seeds": spread(cell["bc_seeds"]),
                "training mean: JS": in_words(cell["baseline_js"]),
                "JS less training mean's": in_words(cell["against_baseline"]),
            } | _beside_listeners(cell, noise)
            for cell in cells
        ],
        key="table:models", hide_index=True, height="content",
    )  # fmt: skip


def _beside_listeners(cell: Mapping, noise: Mapping) -> dict[str, str]:
    if "undefined" in noise:
        return {}
    return {f"JS against {noise['reference_votes']} votes": in_words(noise["cells"][cell["cell"]]["js"])}


def spread(found: Mapping | None) -> str:
    """`sd 0.008 (0.100–0.116)`, or a dash with one seed."""
    return "one seed" if found is None else f"sd {found['sd']:.3f} ({found['low']:.3f}–{found['high']:.3f})"


def table_columns(cells: Sequence[Mapping]) -> dict[str, list]:
    """Table 2 as columns of numbers."""
    columns = {name: [cell[name] for cell in cells] for name in ("cell", "source", "fraction", "votes")}
    columns["seeds"] = [len(cell["runs"]) for cell in cells]
    for name in ("js", "bc", "baseline_js", "baseline_bc", "against_baseline"):
        for part, values in analyses.columns([cell[name] for cell in cells]).items():
            columns[f"{name}_{part}"] = values
    for name in ("js_seeds", "bc_seeds"):
        columns[f"{name}_sd"] = [cell[name] and cell[name]["sd"] for cell in cells]
    return columns


def comparisons(found: Mapping) -> None:
    """Every comparison in words and as a table."""
    for row in found["comparisons"][:SAID]:
        st.markdown(f"- {_alike(row)}{escape(row['words'])}.")
    rest = len(found["comparisons"]) - SAID
    if rest > 0:
        st.caption(f"{rest} more in the table.")
    rows = [
        {
            "first": row["a"], "less second": row["b"], "JS (bits)": in_words(row["js"]), "p, Holm": row["js"]["holm"],
            "closer on": row["js"]["closer"], "Bhattacharyya": in_words(row["bc"]), "clips": row["js"]["clips"],
        }
        for row in found["comparisons"]
    ]  # fmt: skip
    st.dataframe(
        rows, key="table:comparisons", hide_index=True,
        column_config={
            "p, Holm": st.column_config.NumberColumn(format="%.2g"),
            "closer on": st.column_config.NumberColumn(format="percent", help="Share of clips on which the first is closer"),
        },
    )  # fmt: skip
    st.download_button(
        "Numbers (CSV)", lambda: tables.columns_as_csv(comparison_columns(found["comparisons"])), "comparisons.csv", "text/csv",
        key="comparisons.csv", type="tertiary", on_click="ignore",
    )  # fmt: skip
    st.caption(
        "Paired over the same clips: first less second, so that a negative JS means that the first is closer. A sentence goes by its own "
        "interval; among many, some exclude zero by chance. p is of the sign-flip test over clips, adjusted by Holm for the number of "
        "rows: go by it where you look at all of them."
    )


def comparison_columns(rows: Sequence[Mapping]) -> dict[str, list]:
    """Comparisons as columns of numbers, whole and in each tertile."""
    columns: dict[str, list] = {"a": [row["a"] for row in rows], "b": [row["b"] for row in rows]}
    for name in ("js", "bc"):
        for part, values in analyses.columns([row[name] for row in rows]).items():
            columns[f"{name}_{part}"] = values
    columns |= {"p": [row["js"]["p"] for row in rows], "p_holm": [row["js"]["holm"] for row in rows]}
    for place, stratum in enumerate(rows[0]["strata"] if rows else []):
        for part, values in analyses.columns([row["strata"][place] for row in rows]).items():
            columns[f"js_{stratum['name']}_{part}"] = values
    return columns


def _alike(row: Mapping) -> str:
    """What two cells share, before the sentence about them."""
    return f"*{escape(row['alike'])}*: " if row["alike"] else ""


def stratum_words(found: Mapping) -> None:
    """In which tertiles another source of votes comes closer."""
    for row in found["comparisons"]:
        if row["differ_in"] == ["source"]:
            st.markdown(f"- {_alike(row)}{escape(words.by_tertile(row))}")


def fraction_columns(curves: Sequence[Mapping]) -> dict[str, list]:
    """Every point of every curve, one below the other."""
    points = [point | {"curve": curve["curve"]} for curve in curves for point in curve["points"]]
    columns = {name: [point[name] for point in points] for name in ("curve", "fraction", "seeds", "validation_js")}
    return columns | analyses.columns([point["js"] for point in points])


def emotion_columns(cells: Sequence[Mapping]) -> dict[str, list]:
    """Every cell's figures by emotion, one below the other."""
    rows = [row | {"cell": cell["cell"]} for cell in cells for row in cell["by_emotion"]]
    return {name: [row[name] for row in rows] for name in ("cell", "emotion", "weight")} | analyses.columns(rows)
