"""What an import took, or would take: counts, notes, tables, and every row that was left out with its reason."""

import html

import pandas as pd
import streamlit as st

from emo_core import vocabulary
from emo_core.errors import WorkbenchError
from emo_core.records import Study
from emo_core.store import Database, corpora, studies
from emo_core.verbs.corpora import suggest_study
from pages.parts.session import escape

DONE = "imported"  # the session's account of the import that was just made
_SHOWN = 1000  # rows left out that a table on the page shows; the file has all of them


def counted(number: int, thing: str) -> str:
    """`1 clip`, `2,000 clips`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def summary(report: dict) -> str:
    """The counts of a report in a sentence, as Markdown."""
    raters = f" by {counted(report['raters'], 'rater')}" if report["raters"] else " by anonymous raters"
    sounds = f"{report['clips_with_audio']:,} with audio" if report["clips_with_audio"] else "none with audio"
    votes = f"**{counted(report['votes'], 'vote')}**{raters if report['votes'] else ''}"
    return f"{votes}, **{counted(report['clips'], 'clip')}**, {sounds}."


def difference(report: dict) -> str:
    """What happened to votes that were there before, as a sentence; empty where nothing was."""
    parts = {
        "there already": report.get("unchanged", 0),
        "in place of an earlier answer": report.get("corrected", 0),
        "no longer in the source, and kept": report.get("gone", 0),
    }
    told = [f"{count:,} {what}" for what, count in parts.items() if count]
    if not told:
        return ""
    new = (
        f"{counted(report['votes'], 'vote')} and {counted(report['clips_added'], 'clip')}"
        if report["votes"]
        else "nothing"
    )
    return f"New: {new}. Votes: {', '.join(told)}."


def show_report(report: dict, key: str) -> None:
    """Everything that an import said."""
    st.markdown(summary(report))
    if told := difference(report):
        st.markdown(told)
    if report["emotions"]:
        st.html(emotion_bar(report["emotions"]))
    panels = [f"Votes of {escape(panel)}: {count:,}." for panel, count in report["panels"].items()]
    st.markdown("".join(f"- {line}\n" for line in [*panels, *map(escape, report["notes"])]))
    for title, rows in report.get("tables", {}).items():
        st.caption(escape(title))
        st.dataframe(rows, key=f"{key}:{title}", hide_index=True)
    show_skipped(report["skipped"], key)


def show_skipped(skipped: list[dict], key: str) -> None:
    """Rows and files that were left out, and all of them as a file."""
    if not skipped:
        return
    more = f", the first {_SHOWN:,} here" if len(skipped) > _SHOWN else ""
    st.markdown(f"{len(skipped):,} left out{more}:")
    st.dataframe(skipped[:_SHOWN], key=f"{key}:skipped", height=min(38 + 35 * len(skipped), 220), hide_index=True)
    st.download_button(
        "All of them (CSV)", lambda: pd.DataFrame(skipped).to_csv(index=False), "left_out.csv", "text/csv",
        key=f"{key}:skipped_csv", type="tertiary", on_click="ignore",
    )  # fmt: skip


def show_preview(found: dict, *, target: str) -> None:
    """What an import would keep, before anything is written."""
    known = target != "new"
    figures = {
        "clips": f"{found['clips_added']:,} new" if target == "update" else f"{found['clips']:,}",
        "votes": f"{found['votes']:,} new" if known else f"{found['votes']:,}",
        "raters": f"{found['raters']:,}" if found["raters"] else "anonymous",
        "votes a clip": f"{found['votes'] / found['clips']:.1f}" if found["clips"] and not known else "",
        "with audio": f"{found['clips_with_audio']:,}" if found["clips_with_audio"] else "",
    }
    with st.container(horizontal=True, gap="large"):
        for name, value in figures.items():
            if value:
                st.metric(name, value, width="content")
    if found["emotions"]:
        st.html(emotion_bar(found["emotions"]))
    if told := difference(found):
        st.markdown(told)
    panels = ", ".join(f"{escape(panel)} ({count:,})" for panel, count in found["panels"].items())
    st.caption("  \n".join([f"Panels: {panels}." if panels else "", *(escape(note) for note in found["notes"])]))


def emotion_bar(emotions: dict[str, int]) -> str:
    """Votes by emotion as one bar in the emotions' colours, with a legend."""
    shares = [(html.escape(name), vocabulary.colours([name])[0], count) for name, count in emotions.items()]
    bar = "".join(
        f'<span style="flex:{count};background:{colour}" title="{name} {count:,}"></span>'
        for name, colour, count in shares
    )
    legend = "".join(
        f'<span style="white-space:nowrap"><i style="display:inline-block;width:.7em;height:.7em;border-radius:2px;'
        f'background:{colour};margin-right:.35em"></i>{name} {count:,}</span>'
        for name, colour, count in shares
    )
    return (
        '<div style="display:flex;height:14px;border-radius:4px;overflow:hidden;gap:1px">'
        f'{bar}</div><div style="display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin-top:.5rem;font-size:.875rem">{legend}</div>'
    )


def show_bad_rows(found: dict, key: str) -> bool:
    """Rows that break a rule, and whether people want them left out. True where nothing stands in the way."""
    bad = found["bad_rows"]
    if not bad:
        return True
    reasons = "".join(f"\n- {escape(reason)} ({count:,}×)" for reason, count in found["reasons"].items())
    rows = counted(bad, "row")
    st.warning(f"**{rows} break{'s' if bad == 1 else ''} a rule** and cannot be taken:{reasons}")
    with st.expander("Which rows"):
        st.dataframe(found["skipped"], key=f"{key}:bad", height=220, hide_index=True)
        if bad > len(found["skipped"]):
            st.caption(f"The first {len(found['skipped']):,}. The report of the import lists all of them.")
    return st.checkbox(f"Leave {rows} out; the report will list what was left out", key=f"{key}:skip")


def is_there(store: Database, document: dict | None) -> bool:
    """Whether there is an import to account for, and its corpus has not been removed since."""
    return bool(document) and document["corpus"] in {corpus["name"] for corpus in corpora.list_corpora(store)}


def show_imported(store: Database, document: dict, key: str) -> None:
    """The account of an import that was just made, and what to do next."""
    corpus = document["corpus"]
    with st.container(border=True):
        st.subheader(f":material/check_circle: {escape(corpus)} is in the store", anchor=False)
        show_report(document, key)
        _next_steps(store, corpus, key)


def _next_steps(store: Database, corpus: str, key: str) -> None:
    """To the clips: through a study that is there, or the suggested one."""
    made = [stored.study.name for stored in studies.list_studies(store) if corpus in stored.study.corpora]
    suggested = None if made else suggest_study(store, corpus)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name in made[:3]:
            link = {"study": name}
            st.page_link(
                "pages/browse.py", label=f"Browse {escape(name)}", icon=":material/hearing:", query_params=link
            )
        if suggested and st.button(
            "Create the suggested study and browse", type="primary", icon=":material/hearing:", key=f"{key}:suggest"
        ):
            _create(store, suggested)
        st.page_link("pages/studies.py", label="Choose a study's emotions and rules", icon=":material/tune:")
    if suggested:
        st.caption(
            f"Suggested: reference {escape(suggested.reference)}, candidate {escape(suggested.candidate or 'none yet')}, "
            f"{len(suggested.emotions)} emotions ({escape(', '.join(suggested.emotions))}), votes outside dropped"
            f"{', each emotion by its strength' if suggested.secondary_weight else ''}."
        )
    elif not made:
        st.caption("A study needs votes for at least two emotions; this corpus has fewer.")


def _create(store: Database, suggested: Study) -> None:
    """Save the suggested study and go where its clips are."""
    try:
        study = studies.add_study(store, suggested).study
    except WorkbenchError as error:
        st.error(escape(str(error)))
        return
    st.session_state["study"] = study.name
    st.session_state.pop(DONE, None)
    st.switch_page("pages/browse.py", query_params={"study": study.name})
