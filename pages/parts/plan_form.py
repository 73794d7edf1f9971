"""The choices of a new run of a model."""

from collections.abc import Mapping

import streamlit as st

from emo_core.annotators import control, prompts
from emo_core.annotators.plan import KEYS, MODES, PROVIDERS, QUESTIONS, SCHEDULES, USUAL_TEMPERATURES, USUAL_TOKENS
from emo_core.errors import BadInput, WorkbenchError
from emo_core.store import Database, runs, studies
from emo_core.verbs.panels import free_name
from pages.parts import keys, where_form
from pages.parts.session import escape

MODELS = {"gemini": "gemini-2.5-flash", "openai": "", "local": "Qwen/Qwen2-Audio-7B-Instruct"}
HEATS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5]


def choose(store: Database, stored: studies.StoredStudy) -> tuple[control.Draft, dict] | None:
    """Draw the form; the draft that it describes and how its job is to run, or None where its choices contradict each other."""
    left, right = st.columns(2, gap="large")
    with left:
        settings = _who(store)
    with right:
        settings |= _how_many(settings["question"], settings["provider"])
    with st.container(horizontal=True):
        with st.popover("Prompt and personas", icon=":material/notes:"):
            settings |= _told(store, settings["question"])
        with st.popover("Limits, order, server", icon=":material/tune:"):
            settings |= _limits(settings["provider"], settings["question"])
    told = where_form.choose("plan") if settings["provider"] == "local" else None
    settings["name"] = settings["name"].strip() or free_name(store, settings)
    try:
        how = where_form.arguments(told)
        heard = _heard(str(store.folder), stored.study_id, stored.version, _store=store, _name=stored.study.name)
        return control.draft(store, settings | {"study": stored.study.name}, heard), how
    except WorkbenchError as error:
        st.warning(escape(str(error)))
        return None


@st.cache_data(max_entries=4, show_spinner="Looking at the study's clips …")
def _heard(folder: str, study_id: int, version: int, *, _store: Database, _name: str) -> dict:
    return runs.heard_clips(_store, _name)


def _who(store: Database) -> dict:
    """Name, question, provider and model."""
    question = st.segmented_control(
        "Ask for", list(QUESTIONS), format_func={"label": "votes", "distribution": "distributions"}.get, default="label",
        required=True, key="plan:question", help="Votes: one emotion a draw (paper 1). Distributions: percentages, and with a local "
        "model the logits of the emotion words (paper 2).",
    )  # fmt: skip
    provider = st.selectbox("Who is asked", list(PROVIDERS), format_func=PROVIDERS.get, key="plan:provider")
    model = st.text_input(
        "Model", MODELS[provider], key=f"plan:{provider}:model",
        help="As the provider calls it; a local model by its folder or its name on the Hugging Face hub.",
    )  # fmt: skip
    modes = [mode for mode in MODES[provider] if question == "label" or mode != "batch"]
    mode = modes[0]
    if len(modes) > 1 and question == "label":
        mode = st.segmented_control(
            "Way", modes, default=modes[0], required=True, key=f"plan:{provider}:mode", help=_listed(MODES[provider])
        )
    chosen = {"question": question, "provider": provider, "model": model, "mode": mode}
    if provider == "openai":
        chosen["base_url"] = st.text_input("Address", key="plan:openai:url", placeholder="http://127.0.0.1:8000/v1")
    if KEYS[provider] and provider == "gemini" and not keys.is_known(KEYS[provider]):
        st.caption(
            f":material/key: No key yet: set {KEYS[provider][0]} where the app is started, or in .streamlit/secrets.toml. Planning "
            "needs none."
        )
    name = st.text_input(
        "Name of the run", key="plan:name", max_chars=60, placeholder=free_name(store, chosen), help="It names the panel too."
    )  # fmt: skip
    return chosen | {"name": name}


def _listed(words: dict[str, str]) -> str:
    return "  \n".join(f"**{name}**: {meaning}" for name, meaning in words.items())


def _how_many(question: str, provider: str) -> dict:
    """Votes, temperatures, cap."""
    if question == "distribution":
        st.caption("Both prompts of paper 2 are asked once a clip, at temperature 0: the likeliest reply.")
        return {"cap": _cap(provider)}
    votes = st.number_input("Votes a clip", 1, 1000, 10, key="plan:votes")
    heats = st.multiselect(
        "Temperatures", HEATS, list(USUAL_TEMPERATURES["label"]), key="plan:heats", format_func="{:g}".format,
        placeholder="the usual four: 0.1, 0.4, 0.7, 1", help="Paper 1 varies 0.1 to 1.0.",
    )  # fmt: skip
    return {"votes": int(votes), "temperatures": tuple(sorted(heats)), "cap": _cap(provider)}


def _cap(provider: str) -> float | None:
    """A cap of 0 goes on, to be refused: taken for none, it would lift what someone meant to forbid."""
    if provider == "local":
        return None
    return st.number_input(
        "Cap (USD)", 0.0, value=None, step=1.0, key="plan:cap", placeholder="none",
        help="The run stops before a call that might pass it, and can be continued with a higher one.",
    )  # fmt: skip


def _told(store: Database, question: str) -> dict:
    """Template, personas, words."""
    chosen: dict = {}
    names = ("label",) if question == "label" else ("ambiguous", "single")
    known = prompts.templates(store.folder)
    chosen["prompts"] = {
        name: st.text_area(
            f"Prompt: {name}", known[name], key=f"plan:prompt:{name}", height=220 if name == "label" else 120
        )
        for name in names
    }
    st.caption(
        "Fields: {emotions}, {transcript}, {persona}. A line that names the transcript goes where a clip has none."
    )
    chosen["transcript"] = st.checkbox("Tell the words spoken", True, key="plan:transcript")
    if question == "distribution":
        return chosen
    voices = prompts.personas(store.folder)
    _keep_choice(voices)
    picked = st.multiselect("Personas", list(voices), key="plan:personas")
    chosen["personas"] = {name: voices[name] for name in picked}
    for name in picked:
        st.caption(f"**{escape(name)}** {escape(voices[name])}")
    with st.form("plan:persona", border=True):
        st.caption("Write a persona, or another text for one of them; it is kept as a file in the store's folder.")
        name = st.text_input("Name", key="plan:persona:name")
        text = st.text_area("Text", key="plan:persona:text", height=80)
        if st.form_submit_button("Keep"):
            try:
                prompts.save_persona(store.folder, name.strip(), text)
            except BadInput as error:
                st.warning(escape(str(error)))
            else:
                st.session_state["plan:added"] = name.strip()
                st.rerun()
    return chosen


def _keep_choice(voices: Mapping[str, str]) -> None:
    """All personas at first, then those chosen and the one just written: told to the browser, which would keep its own list."""
    chosen = st.session_state.get("plan:personas", list(voices))
    added = st.session_state.pop("plan:added", None)
    names = dict.fromkeys([*chosen, added] if added else chosen)
    st.session_state["plan:personas"] = [name for name in names if name in voices]


def _limits(provider: str, question: str) -> dict:
    """What seldom changes."""
    left, right = st.columns(2)
    with left:
        concurrency = st.number_input(
            "At once", 1, 256, 8, key=f"plan:{provider}:at_once", help="Calls, or clips of a local model."
        )
        attempts = st.number_input(
            "Attempts a draw", 1, 20, 3, key="plan:attempts", help="After invalid, refused or cut replies."
        )
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="plan:seed")
    with right:
        schedule = st.selectbox(
            "Persona and temperature",
            list(SCHEDULES),
            key="plan:schedule",
            help="Balanced: every persona once in turn.",
        )
        stop = st.number_input(
            "Stop when a draw gains less (bits)", 0.0, 1.0, 0.0, 0.0005, format="%.4f", key="plan:stop",
            help="0: never. The exact curve of JS to the reference over the draws made so far is asked after each round.",
        )  # fmt: skip
        longest = st.number_input("Tokens of a reply", 1, 4096, USUAL_TOKENS[question], key=f"plan:{question}:tokens")
    chosen = {
        "concurrency": int(concurrency), "attempts": int(attempts), "seed": int(seed), "schedule": schedule, "stop_gain": float(stop),
        "max_tokens": int(longest),
    }  # fmt: skip
    if provider == "gemini":
        thinking = left.number_input(
            "Tokens to think", 0, 32768, value=None, key="plan:thinking", placeholder="the model's choice"
        )
        url = right.text_input("Another address", key="plan:gemini:url", placeholder="Google's own")
        chosen |= {"thinking": thinking, "base_url": url}
    return chosen
