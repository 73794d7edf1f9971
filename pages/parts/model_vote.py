"""A model's vote from near: what it was asked, what it replied, and what that cost."""

import json

import streamlit as st

from emo_core.store import Database
from pages.parts.session import escape


def show(store: Database, clip: str, vote: dict) -> None:
    """Prompt and raw reply of one vote; another vote only says where it is from."""
    facts = json.loads(vote["provenance"] or "{}")
    if "run" not in facts:
        st.caption("This vote is not of a run: nothing is known of a prompt.")
        return
    from emo_core.annotators import control, prompts  # with a table library that the list of clips need not wait for

    found = control.asked(store, facts["run"], clip, vote["persona"], vote["temperature"])
    if found is None:
        st.caption(f"The run of this vote, job {facts['run']}, is no longer here.")
    else:
        name, prompt = found
        same = prompts.short_hash(prompt) == facts.get("prompt")
        st.caption(
            f"Run {escape(name)}, draw {facts['draw'] + 1}, attempt {facts['attempt'] + 1}, prompt {escape(facts['prompt'])}"
            f"{'' if same else ' (what is shown is another: the plan was changed)'}"
        )
        st.code(prompt, language=None, wrap_lines=True)
    if facts.get("reply") is None:
        st.caption("No reply was written: the vote was drawn from the chances of the labels, computed exactly.")
    else:
        st.caption("The reply")
        st.code(facts["reply"] or "(empty)", language=None, wrap_lines=True)
    st.caption(escape(", ".join(_costs(facts))))


def _costs(facts: dict) -> list[str]:
    """Model, seed, seconds, USD and tokens of a vote as words, each where it is known."""
    shown = [f"{name} {facts[name]}" for name in ("model", "seed") if facts.get(name) is not None]
    if facts.get("latency_s"):
        shown.append(f"answered in {facts['latency_s']:.3g} s")
    if facts.get("usd"):
        shown.append(f"{facts['usd']:.3g} USD")
    tokens = ", ".join(f"{n:,} {name}" for name, n in facts.get("tokens", {}).items() if n)
    return shown + ([f"tokens: {tokens}"] if tokens else [])
