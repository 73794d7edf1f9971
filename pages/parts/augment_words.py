"""Words and tables of the Augment page."""

from collections.abc import Mapping, Sequence

import streamlit as st

from emo_core.analysis.augmentation import Space
from pages.parts.import_report import counted
from pages.parts.session import escape


def overview(document: Mapping) -> None:
    """What is made of what, in one line."""
    clips, lam = document["clips"], document["lam"]
    parts = [
        f"**{document['samples']:,} samples** from {clips['augmented_from']:,} training clips; {document['asked']:,} were asked for."
    ]
    if lam["n"]:
        parts.append(
            f"Mean λ (share of the rare clip) {lam['mean']:.2f}; the neighbour has the larger share in {lam['neighbour_dominates']:,}."
        )
        speakers = document["speakers"]
        told = {"one": "of one speaker", "two": "of two speakers", "unknown": "where a speaker is not known"}
        parts.append(f"Parents {', '.join(f'{told[key]}: {count:,}' for key, count in speakers.items() if count)}.")
    parts.append(
        f"{counted(clips['test'], 'test clip')} take no part." if clips["test"] != 1 else "The test clip takes no part."
    )
    st.markdown(" ".join(parts))
    if clips["left_out"]:
        reasons = "; ".join(f"{count:,} × {reason}" for reason, count in clips["left_out"].items())
        st.caption(f":material/filter_alt: Of {clips['training']:,} training clips are left out: {escape(reasons)}.")


def balance(document: Mapping) -> None:
    """How even the emotions are by both counts, and why the two differ."""
    even, dominance = document["balance"]["evenness"], document["dominance"]
    tied = document["balance"]["tied"]
    ties = "counts for each in equal parts" if document["settings"]["ties"] == "shared" else "counts for none"
    st.caption(
        f"The rarest emotion has {_per_hundred(even['before'])} clips for each 100 of the most frequent one before; after, "
        f"{_per_hundred(even['filled'])} by the emotion that samples were made for, and **{_per_hundred(even['after'])}** by the "
        f"dominant emotion of the samples' own distributions. A clip with several dominant emotions {ties} "
        f"({counted(tied['before'], 'clip')}, {counted(tied['samples'], 'sample')})."
    )
    if even["before"] is not None and even["after"] < even["before"]:
        st.warning(
            "By the dominant emotions of the samples' own distributions, emotions are less even with these samples than without them."
        )
    if dominance["otherwise"]:
        others = ", ".join(f"{row['emotion']} {row['samples']:,.4g}" for row in dominance["by_emotion"])
        total = dominance["as_meant"] + dominance["otherwise"]
        st.markdown(
            f":material/info: **{dominance['otherwise']:,} of {total:,} samples are dominated by another emotion** than the one "
            f"they were made for: {escape(others)}. A neighbour of another emotion leads where λ is small. With *upper* for λ this happens "
            "less, with neighbours of the *same* emotion hardly ever."
        )


def _per_hundred(evenness: float | None) -> str:
    return "no" if evenness is None else f"{100 * evenness:.0f}"


def space(seen: Space) -> None:
    """How the plane is made, and what is not drawn."""
    (clips, all_clips), (samples, all_samples) = seen.shown
    part = "" if clips == all_clips and samples == all_samples else (
        f" Drawn are {clips:,} of {all_clips:,} clips and {samples:,} of {all_samples:,} samples, chosen by the seed."
    )  # fmt: skip
    held = "" if seen.explained != seen.explained else f" They hold {seen.explained:.0%} of the clips' spread."
    st.caption(
        "Two principal components of the square roots of the distributions, in which near means alike. A ring is an emotion that all "
        f"listeners hear; clips lie between the emotions that they are torn between.{held} Samples have the colour of the emotion "
        f"they were made for.{part}"
    )


def space_columns(seen: Space) -> dict[str, list]:
    """The points as columns."""
    parts = (("clip", seen.clips, seen.clip_emotions), ("sample", seen.samples, seen.sample_emotions))
    rows = [(what, name, *point) for what, points, names in parts for name, point in zip(names, points.tolist())]
    return dict(zip(("what", "emotion", "first", "second"), map(list, zip(*rows))))


def as_columns(rows: Sequence[Mapping]) -> dict[str, list]:
    """Rows of equal keys as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def not_made(document: Mapping) -> None:
    """What falls short, counted, with its reason."""
    rows = document["not_made"]
    if not rows:
        st.markdown("Nothing: every sample that was asked for is made.")
        return
    st.dataframe(
        [{"emotion": row["emotion"] or "all", "how many": row["count"], "of": row["what"], "why": row["reason"]} for row in rows],
        key="not_made", hide_index=True,
    )  # fmt: skip
    st.caption(
        "Emotions are filled up to the most frequent one and no further, so that a large fraction may not be used up. Clips that are no "
        "parents stay in training as they are."
    )


def grid(rows: Sequence[Mapping]) -> None:
    """The grid's figures as a table."""
    st.dataframe(
        [
            {
                "fraction": f"{row['fraction']:.0%}", "asked for": row["asked"], "made": row["samples"],
                "as meant": row["as_meant"], "evenness, as made for": row["evenness"]["filled"],
                "evenness": row["evenness"]["after"],
            }
            for row in rows
        ],
        key="grid_rows", hide_index=True,
        column_config={
            "as meant": st.column_config.NumberColumn(help="Samples whose own dominant emotion is the one they were made for"),
            "evenness, as made for": st.column_config.NumberColumn(format="%.2f", help="A sample counts for the emotion it was made for"),
            "evenness": st.column_config.NumberColumn(format="%.2f", help="A sample counts by its own dominant emotion"),
        },
    )  # fmt: skip
    st.caption(
        "Marks and solid lines: clips by dominant emotion, a sample by its own; dotted lines: a sample by the emotion it was made for. "
        "Evenness: clips of the rarest emotion for each clip of the most frequent one. The samples of a fraction are among those of the "
        "next. Which fraction trains best is for the validation part to say, never for the test side."
    )


def grid_columns(rows: Sequence[Mapping]) -> dict[str, list]:
    """The grid as columns, a row an emotion and fraction."""
    return as_columns([{"fraction": row["fraction"]} | dict(each) for row in rows for each in row["emotions"]])
