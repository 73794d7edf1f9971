"""The choices of a new study: what a preprocessing script usually hides."""

from collections.abc import Sequence

import streamlit as st

from emo_core import vocabulary
from emo_core.audio.health import PROBLEMS
from emo_core.errors import WorkbenchError
from emo_core.records import EXCLUSIONS, RULES, SPLITS, Study, parse_merges
from emo_core.store import Database, corpora, marks, studies
from emo_core.verbs.studies import clips_of_text
from pages.parts.session import escape

_KEY = "new_study"


def fill_in(study: Study) -> None:
    """Begin the form with the choices of a study that is there. To be called before the form is drawn."""
    state = st.session_state
    state[f"{_KEY}:corpora"] = list(study.corpora)
    where = _where(study.corpora)
    values = {
        "reference": study.reference,
        "candidate": study.candidate,
        "emotions": list(study.emotions),
        "merges": [f"{source}={target}" for source, target in study.merges.items()],
        "rule": study.rule,
        "min_votes": study.min_votes,
        "weight": study.secondary_weight,
        "left_out": list(study.left_out),
        "without_clips": "\n".join(study.without_clips),
        "without_marked": study.without_marked,
        "min_seconds": study.min_seconds,
        "max_seconds": study.max_seconds,
        "without_problems": list(study.without_problems),
        "split": study.split,
        "seed": study.seed,
        "name": f"{study.name} copy",
    }
    for name, value in values.items():
        state[f"{where}:{name}"] = value


def _where(names: Sequence[str]) -> str:
    return f"{_KEY}:{'|'.join(names)}"


def choose(store: Database, names: Sequence[str], suggested: Study | None) -> Study | None:
    """Draw the form and return the study that it describes, or None where its choices contradict each other (it says so).

    `names` are the corpora there are; `suggested` is what a study of the chosen one could begin with.
    """
    default = list(suggested.corpora) if suggested else names[:1]
    chosen = st.multiselect(
        "Corpora", names, default=None if f"{_KEY}:corpora" in st.session_state else default, key=f"{_KEY}:corpora",
        help="Several corpora are looked at together where their panels go by the same name.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose a corpus.")
        return None
    options = corpora.study_choices(store, chosen)
    if not options["panels"]:
        st.warning("These corpora have no panel of the same name. Choose one of them alone.")
        return None
    where = _where(chosen)
    left, right = st.columns(2, gap="large")
    with left:
        panels = _panels(options, suggested, where)
        classes = _classes(options, suggested, where)
    with right:
        policy = _policy(options, where, panels)
    name = st.text_input("Name", f"{', '.join(chosen)} {len(classes['emotions'])} emotions", key=f"{where}:name")
    try:
        merges = parse_merges(classes["merges"])
        return Study(name, tuple(chosen), **panels, emotions=tuple(classes["emotions"]), merges=merges, **policy)
    except WorkbenchError as error:
        st.warning(escape(str(error)))
        return None


def _default(key: str, value: object) -> dict:
    """A widget's default, unless the session holds a value already: both at once would be a contradiction."""
    return {} if key in st.session_state else {"default": value}


def _panels(options: dict, suggested: Study | None, where: str) -> dict:
    order = sorted(options["panels"], key=lambda name: bool(suggested) and name != suggested.reference)
    reference = st.selectbox("Reference panel", order, key=f"{where}:reference")
    others = [name for name in options["candidates"] if name != reference]
    others = sorted(others, key=lambda name: bool(suggested) and name != suggested.candidate)
    candidate = st.selectbox(
        "Candidate panel", [*others, None], format_func=lambda name: name or "none yet", key=f"{where}:candidate"
    )
    return {"reference": reference, "candidate": candidate}


def _classes(options: dict, suggested: Study | None, where: str) -> dict:
    used = options["emotions"]
    sets = {title: [name for name in names if name in used] for title, names in vocabulary.SETS.items()}
    sets = {title: names for title, names in sets.items() if len(names) > 1}
    key = f"{where}:emotions"

    def take_set() -> None:
        if chosen := st.session_state[f"{where}:set"]:
            st.session_state[key] = sets[chosen]
            st.session_state.pop(f"{where}:merges", None)

    st.selectbox(
        "Classes",
        sets,
        index=None,
        placeholder="as listed below, or a usual set",
        key=f"{where}:set",
        on_change=take_set,
    )
    begin = [name for name in suggested.emotions if name in used] if suggested else used
    emotions = st.multiselect("Emotions", used, key=key, **_default(key, begin))
    rest = [name for name in used if name not in emotions]
    pairs = [f"{source}={target}" for source in rest for target in emotions]
    usual = [f"{source}={target}" for source, target in vocabulary.usual_merges(emotions, rest).items()]
    merges_key = f"{where}:merges"
    if merges_key in st.session_state:
        st.session_state[merges_key] = [pair for pair in st.session_state[merges_key] if pair in pairs]
    merges = st.multiselect(
        "Merge what is left", pairs, key=merges_key, format_func=lambda pair: pair.replace("=", " → "),
        help=f"What is not merged is outside. Usual here: {', '.join(usual).replace('=', ' → ') or 'none'}.",
    )  # fmt: skip
    return {"emotions": emotions, "merges": merges}


def _policy(options: dict, where: str, panels: dict) -> dict:
    def rule_name(name: str) -> str:
        return f"{name.replace('_', ' ')}: {RULES[name]}"

    rule = st.radio("Clips that are kept", list(RULES), format_func=rule_name, key=f"{where}:rule")
    with st.container(horizontal=True):
        min_votes = st.number_input("Reference votes, at least", 1, key=f"{where}:min_votes")
        seed = st.number_input("Seed", 0, key=f"{where}:seed")
    weight = 0.0
    if options["secondary"]:
        weight = st.slider(
            "Secondary labels weigh", 0.0, 1.0, step=0.05, key=f"{where}:weight",
            help="Beside the vote's own label, which weighs 1. Every vote shares 1 among its labels.",
        )  # fmt: skip
    raters = sorted({name for panel in panels.values() for name in options["raters"].get(panel, [])})
    left_out = st.multiselect("Leave out raters", raters, key=f"{where}:left_out") if raters else []
    without = _without(where)
    split = st.radio("Split", options["splits"], format_func=SPLITS.get, key=f"{where}:split")
    return {
        "rule": rule, "min_votes": int(min_votes), "seed": int(seed), "secondary_weight": weight,
        "left_out": tuple(left_out), "split": split,
    } | without  # fmt: skip


def _without(where: str) -> dict:
    """Which clips are left out whatever their votes."""
    key = f"{where}:without_marked"
    with st.expander("Leave out clips", icon=":material/music_off:"):
        marked = st.checkbox(
            "that are marked in Browse", key=key, **({} if key in st.session_state else {"value": True}),
            help="Now, and whenever a mark is set or taken back: the study's figures then change.",
        )  # fmt: skip
        text = st.text_area(
            "named here",
            key=f"{where}:without_clips",
            height=100,
            placeholder="a clip a line, or a CSV with a column clip",
        )
        with st.container(horizontal=True):
            bounds = {"min_value": 0.001, "value": None, "step": 1.0, "format": "%g"}
            shortest = st.number_input("shorter than (s)", key=f"{where}:min_seconds", **bounds)
            longest = st.number_input("longer than (s)", key=f"{where}:max_seconds", **bounds)
        problems = st.multiselect(
            "whose sound has", list(PROBLEMS), format_func=PROBLEMS.get, key=f"{where}:without_problems",
            help="As far as sound was examined on the page Health.",
        )  # fmt: skip
    return {
        "without_marked": marked, "without_clips": tuple(clips_of_text(text or "")), "min_seconds": shortest,
        "max_seconds": longest, "without_problems": tuple(problems),
    }  # fmt: skip


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(folder: str, batches: tuple[int, ...], marked: str, study: Study, _store: Database) -> dict | str:
    """What the study would keep, or why it cannot be made; once for each state of votes, marks and looks."""
    try:
        return studies.preview_study(_store, study)
    except WorkbenchError as error:
        return str(error)


def preview(store: Database, study: Study) -> bool:
    """Say what the study would keep; False where it cannot be made."""
    batches = tuple(corpora.last_batch(store, name) for name in study.corpora)
    found = _preview(str(store.folder), batches, marks.state(store), study, store)
    if isinstance(found, str):
        st.warning(escape(found))
        return False
    reasons = "; ".join(f"{count:,} × {EXCLUSIONS[reason]}" for reason, count in found["excluded"].items())
    left_out = f"{sum(found['excluded'].values()):,} left out: {reasons}" if reasons else "none left out"
    st.markdown(f":material/filter_alt: Keeps **{found['clips']:,} clips**; {left_out}.")
    return True
