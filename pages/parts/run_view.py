"""A run from near: what it will cost, how far it is, what it has found so far."""

from http import HTTPStatus

import pandas as pd
import streamlit as st

from emo_core import verbs
from emo_core.analysis.personas import personas
from emo_core.annotators import control
from emo_core.annotators.ledger import FAULTS
from emo_core.charts import personas as charts
from emo_core.errors import WorkbenchError
from emo_core.jobs import ALIVE
from emo_core.store import Database
from pages.parts import figures
from pages.parts.job_view import STATES, duration, rate
from pages.parts.session import escape

ENDED = {
    "trial": "The trial is over; its votes count in the whole run.",
    "cap": "It stopped before a call that might have passed the cap. Raise the cap to go on.",
    "saturated": "It stopped by its rule: one more draw a clip now brings the panel closer to the listeners by less than the plan asks.",
}
# The job is done where the run is not.
PARTS = {"trial": "✓ trial done", "cap": "⏸ stopped at its cap", "saturated": "⏸ stopped by its rule"}
FURTHER = {
    "saturation": ("Where do more votes stop helping?", ":material/show_chart:"),
    "compare": ("Compare", ":material/balance:"),
    "browse": ("Browse its votes", ":material/hearing:"),
}


def money(usd: float | None) -> str:
    """USD with as many digits as matter.

    >>> money(0.00123), money(12.5), money(None)
    ('0.0012 USD', '12.50 USD', 'no price known')
    """
    if usd is None:
        return "no price known"
    return f"{usd:,.2f} USD" if usd >= 1 else f"{usd:.4f} USD"


def overview(drafted: control.Draft) -> None:
    """What a plan comes to, before anything is sent."""
    found = control.overview(drafted)
    tokens, prices = found["tokens"], found["prices"]
    facts = {"Clips": (f"{found['clips']:,}", ""), "Draws": (f"{found['draws']:,}", "")}
    if drafted.plan.provider != "local":
        took = f"If a call takes {found['latency_s']:g} s and {drafted.plan.concurrency} go at once."
        facts |= {
            "Calls": (f"{found['calls']:,}", ""),
            "Tokens in": (
                f"{tokens['text'] + tokens['audio']:,}",
                f"Sound {tokens['audio']:,}, text {tokens['text']:,}.",
            ),
            "Tokens out": (f"{tokens['output'] + tokens['thought']:,}", f"Of these thought: {tokens['thought']:,}."),
            "Time": (duration(3600 * found["hours"]), took),
        }
    if drafted.plan.provider == "gemini" or found["usd"]:
        facts["Cost"] = (money(found["usd"]), _price_words(prices))
    _metrics(facts)
    for warning in found["warnings"]:
        st.caption(f":material/warning: {escape(warning)}")
    _first(drafted, found)


def _price_words(prices: dict) -> str:
    told = "An estimate; what is paid is counted from measured tokens."
    if not prices:
        return told
    each = f"text {prices['text']:g}, sound {prices['audio']:g}, out {prices['output']:g}"
    return f"USD per million tokens: {each}; seen {prices['seen']}. {told}"


def _metrics(facts: dict[str, tuple[str, str]]) -> None:
    """{label: (value, help)} in a row that wraps."""
    with st.container(horizontal=True):
        for label, (value, told) in facts.items():
            if value:
                st.metric(label, value, width="content", help=told or None)


def _first(drafted: control.Draft, found: dict) -> None:
    """The first prompt as it will be sent, and its sound."""
    with st.expander("The first prompt and its sound"):
        cell = found["first_cell"]
        who = f"persona {escape(cell['persona'])}, temperature {cell['temperature']:g}"
        st.caption(f"Clip {escape(found['first_clip'])}, {who}")
        st.code(found["first_prompt"], language=None, wrap_lines=True)
        try:
            sound, mime = drafted.clips.rows[0].sound()
            st.audio(sound, format=mime)
        except WorkbenchError as error:
            st.warning(escape(str(error)))
        versions = ", ".join(f"{escape(name)} {version}" for name, version in found["versions"].items())
        st.caption(f"Versions: {versions}")


def progress(found: dict) -> None:
    """State, draws, calls and cost of a run, from `control.status`."""
    part = PARTS.get(found["ended"]) if found["state"] == "done" and found["missing"] else None
    facts = [part or STATES[found["state"]], found["model"], found["mode"], found["panel"], f"job {found['job']}"]
    st.markdown(" · ".join(escape(fact) for fact in facts))
    if found["reason"] and found["state"] != "made":
        {"failed": st.error, "lost": st.warning}.get(found["state"], st.info)(escape(found["reason"]))
    if found["ended"] in ENDED and found["missing"] and found["state"] not in ALIVE:
        st.info(ENDED[found["ended"]])
    st.progress(min(1.0, found["settled"] / max(1, found["draws"])))
    settled = f"{found['settled']:,} of {found['draws']:,}"
    shown = {"Draws settled": (settled, f"On {found['clips']:,} clips."), "Votes": (f"{found['votes']:,}", "")}
    if found["provider"] != "local":
        shown["Calls"] = (f"{found['calls']['sent']:,}", _calls(found["calls"]))
    if found["provider"] == "gemini" or found["usd"]:
        cap = f" of {money(found['cap'])}" if found["cap"] else ""
        shown["Paid"] = (money(found["usd"]) + cap, "From measured tokens, by the prices of the plan.")
    if found["state"] == "running" and not found["ended"]:
        shown |= {"Rate": (rate(found["rate"]), ""), "Time left": (duration(found["left_s"]), "")}
    _metrics(shown)
    for label, counts in (
        ("Draws without a vote", found["not_voted"]),
        ("Replies asked for again", found["asked_again"]),
        ("Calls that failed and were sent again", found["calls"]["failed"]),
    ):
        if counts:
            told = "; ".join(f"{n:,} × {_fault(what)}" for what, n in counts.items())
            st.caption(escape(f"{label}: {told}."))


def _fault(what: str) -> str:
    """An outcome in words; an HTTP status with its name.

    >>> _fault("429")
    'status 429 (Too Many Requests)'
    """
    if what.isdigit() and int(what) in set(HTTPStatus):
        return f"status {what} ({HTTPStatus(int(what)).phrase})"
    return FAULTS.get(what, what)


def _calls(calls: dict) -> str:
    told = [f"Answered {calls['answered']:,}."]
    if calls["failed"]:
        told.append(f"Sent again: {', '.join(f'{n:,} × {_fault(why)}' for why, n in calls['failed'].items())}.")
    if calls["unknown"]:
        told.append(f"{calls['unknown']:,} were under way when the process ended, and may have been paid.")
    return " ".join(told)


def agreement(store: Database, companion: str) -> None:
    """How close the panel is to the listeners by now, and where to look further."""
    (compared,) = verbs.run(store, "study compare", {"names": [companion]})
    found = personas(store, companion)
    whole, listeners = found["rows"][0], found["listeners"]
    js, clips = figures.with_interval(compared, "js_mean"), compared["clips"]
    chance = "The chance that a listener of the clip, drawn at random, said what the model said."
    _metrics(
        {
            "JS to the listeners": (
                "–" if compared["js_mean"] is None else f"{compared['js_mean']:.3f} bits",
                f"{js}, {clips:,} clips",
            ),
            "Agrees with a listener": (_share(whole["agreement"]), f"{_ends(whole)}. {chance}"),
            "Two listeners agree": (_share(listeners["agreement"]), _ends(listeners)),
        }
    )
    st.caption(
        f"JS {js} bits over n = {clips:,} clips with {whole['votes']:,} votes (few votes a clip raise it); agreement with a "
        f"listener {_ends(whole)}, of two listeners {_ends(listeners)}; intervals: {found['intervals']}."
    )
    with st.container(horizontal=True):
        for page, (label, icon) in FURTHER.items():
            st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params={"study": companion})
    st.subheader("Which persona, at which temperature?")
    columns = _columns(found)
    figures.show(charts.agreement(found["rows"], listeners["agreement"]), f"personas:{companion}", columns)
    st.caption(
        "Agreement with one listener; higher is closer. A panel that always says what most people say agrees more often than two "
        "people do, and is less varied than they are: see the entropy."
    )
    st.dataframe(
        pd.DataFrame(columns).round(3), hide_index=True, key="persona_table", column_config=_formats(found["emotions"])
    )


def _formats(emotions: list[str]) -> dict:
    """Shares as per cent, the entropy with two digits."""
    shares = {name: st.column_config.NumberColumn(format="percent") for name in ("agreement", "low", "high", *emotions)}
    return shares | {"entropy (bits)": st.column_config.NumberColumn(format="%.2f")}


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _ends(row: dict) -> str:
    low, high = row["agreement_interval"]
    return _share(row["agreement"]) + (f" [{low:.1%}, {high:.1%}]" if low is not None else "")


def _columns(found: dict) -> dict[str, list]:
    rows = found["rows"]
    columns = {
        "persona": [row["persona"] or "all" for row in rows],
        "temperature": ["all" if row["temperature"] is None else f"{row['temperature']:g}" for row in rows],
        **{name: [row[name] for row in rows] for name in ("votes", "clips", "agreement")},
        "low": [row["agreement_interval"][0] for row in rows],
        "high": [row["agreement_interval"][1] for row in rows],
        "entropy (bits)": [row["entropy"] for row in rows],
    }
    return columns | {name: [row["shares"][place] for row in rows] for place, name in enumerate(found["emotions"])}


def replies(store: Database, name: str) -> None:
    """The first replies, verbatim."""
    rows = control.replies(store, name, 60)
    if rows:
        st.dataframe(pd.DataFrame(rows).astype({"temperature": float}), hide_index=True, key="replies", height=320)
    else:
        st.caption("Nothing has been answered yet.")
