"""The choices of a new training run, or of a grid of them."""

from time import monotonic

import streamlit as st

from emo_core import verbs
from emo_core.augmentation.settings import GRID
from emo_core.errors import WorkbenchError
from emo_core.store import Database, studies
from emo_core.training import grids
from emo_core.training.plan import SOURCES
from emo_core.training.settings import LORA_ON, TrainSettings
from pages.parts import background, train_forecast, train_mixing, where_form
from pages.parts.session import escape
from pages.parts.train_forecast import SWITCHES

BACKBONES = {
    "probe": "probe: frozen audio features, a minute on a CPU",
    "other": "Qwen2-Audio with LoRA: a folder or a name on the hub",
    "tiny": "tiny: Qwen2-Audio's classes with few random weights, to try the way",
}
USUAL = "Qwen/Qwen2-Audio-7B-Instruct"
DOUBLE_CLICK_S = 2.0  # the same wish within so short a time is one
ONE, SEVERAL = "one run", "a grid"
LOSSES = {
    "js": "Jensen–Shannon divergence, the paper's", "kl": "Kullback–Leibler divergence", "ce": "cross-entropy on soft labels",
    "mse": "mean squared error",
}  # fmt: skip
ADAPTED = dict(zip(LORA_ON, ("the language model", "language model and audio tower, several times slower")))


def show(store: Database, stored: studies.StoredStudy, *, told: bool) -> None:
    """The form; if `told`, also what it would take, and the button that starts it. It is drawn where nobody sees it too, so that
    the choices stay.
    """
    arguments = _choose(stored)
    where = where_form.choose("train")
    if not told:
        return
    verb = "train grid" if "sources" in arguments else "train"
    try:
        arguments |= where_form.arguments(where)
        arguments["skip_unusable"] = bool(st.session_state.get(train_forecast.SKIP))
        forecast = verbs.run(store, verb, arguments | {"dry": True})
        train_forecast.show(forecast)
        ready = train_forecast.unusable(forecast)
    except WorkbenchError as error:
        st.warning(escape(str(error)))
        st.button("Start", type="primary", icon=":material/play_arrow:", key="start", disabled=True)
        return
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="start", disabled=not ready):
        try:
            _begin(store, verb, arguments)
        except WorkbenchError as error:
            st.error(escape(str(error)))
            return
        st.session_state["train:open"] = False
        st.rerun()


def _begin(store: Database, verb: str, arguments: dict) -> None:
    """Keep what was chosen and start it; a grid's runs one by one in the background. Raises WorkbenchError."""
    before, before_at = st.session_state.get("train:wished", (None, 0.0))
    if (verb, repr(arguments)) == before and monotonic() - before_at < DOUBLE_CLICK_S:
        return
    made = verbs.run(store, verb, arguments | ({"begin": False} if verb == "train grid" else {}))
    st.session_state["train:wished"] = ((verb, repr(arguments)), monotonic())
    kind = "grid" if verb == "train grid" else "run"
    if kind == "grid":
        begin_grid(store, made["grid"])
    for name in ("run", "grid"):
        st.query_params.pop(name, None)
    st.query_params[kind] = made["grid" if kind == "grid" else "name"]


def begin_grid(store: Database, name: str) -> None:
    """Start, or go on with, all runs of a grid or the run of that name, while the page goes on."""
    background.begin(("begin", name), lambda task: grids.begin(store, name, task.report))


def _choose(stored: studies.StoredStudy) -> dict:
    """Draw the form; the arguments of the verb `train` or, with `sources`, of `train grid`."""
    known = tuple(SOURCES) if stored.study.candidate else ("human",)
    several = st.segmented_control("Train", [ONE, SEVERAL], default=ONE, required=True, key="train:several") == SEVERAL
    left, right = st.columns(2, gap="large")
    with left:
        chosen = _grid(known) if several else _one(known)
    with right:
        settings = _model()
        name = st.text_input("Name", key="train:name", max_chars=60, placeholder="found by itself")
        with st.popover("Settings of the training", icon=":material/tune:"):
            settings |= _more(settings["backbone"])
    if "seed" in chosen:
        settings["seed"] = chosen.pop("seed")
    return {"study": stored.study.name, "name": name.strip() or None, "settings": settings} | chosen


def _one(known: tuple[str, ...]) -> dict:
    source = st.segmented_control(
        "Learn from", list(known), default=known[0], required=True, key="train:source", help=_sources_help(known)
    )
    more = st.select_slider(
        "Augmentation (DiME-Aug)", train_mixing.fractions(), 0.0, key="train:augment", format_func=share,
        help="Mixtures added, a share of the training clips; see the page Augment.",
    )  # fmt: skip
    mixing = {"augmentation": train_mixing.chosen()} if more else {}
    votes = _votes(disabled=source == "human")
    seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="train:seed", help="Decides everything random.")
    return {"source": source, "augment": more, "votes": votes, "seed": int(seed)} | mixing


def _grid(known: tuple[str, ...]) -> dict:
    sources = st.pills(
        "Learn from", list(known), selection_mode="multi", default=list(known), key="train:sources",
        help=_sources_help(known),
    )  # fmt: skip
    fractions = st.pills(
        "Augmentation (DiME-Aug)", [0.0, *GRID], selection_mode="multi", default=[0.0, 0.3], key="train:fractions",
        format_func=share, help="Mixtures added, a share of the training clips; see the page Augment.",
    )  # fmt: skip
    mixing = {"augmentation": train_mixing.chosen()} if any(fractions) else {}
    votes = _votes(disabled=not set(sources) - {"human"})
    seeds = int(st.number_input("Seeds", 1, 20, 3, key="train:seeds", help="Runs of each cell, seeds 0, 1, 2 …"))
    st.caption(
        f"**{len(sources) * len(fractions) * seeds} runs**: {len(sources)} {plural(len(sources), 'source')} × {len(fractions)} "
        f"{plural(len(fractions), 'augmentation')} × {seeds} {plural(seeds, 'seed')}."
    )
    return {
        "sources": [s for s in known if s in sources],
        "fractions": sorted(fractions),
        "seeds": seeds,
        "votes": votes,
    } | mixing


def _votes(*, disabled: bool) -> int:
    return int(
        st.number_input(
            "Candidate votes a clip",
            0,
            1000,
            0,
            key="train:votes",
            disabled=disabled,
            help="How many of each clip's candidate votes to use, drawn at random from a seed; 0 uses all.",
        )
    )


def _sources_help(known: tuple[str, ...]) -> str:
    return "  \n".join(f"**{name}**: {SOURCES[name]}" for name in known)


def share(fraction: float) -> str:
    """A fraction of augmentation in words.

    >>> share(0.0), share(0.3)
    ('none', '30%')
    """
    return f"{fraction:.0%}" if fraction else "none"


def plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _model() -> dict:
    kind = st.selectbox("Model", list(BACKBONES), format_func=BACKBONES.get, key="train:kind")
    if kind != "other":
        return {"backbone": kind}
    return {"backbone": st.text_input("Folder or name", USUAL, key="train:backbone").strip()}


def _more(backbone: str) -> dict:
    """Everything that has a usual value; what is left empty keeps it."""
    usual = TrainSettings(backbone).resolved()
    st.caption(
        "Ours, as paper 1 prints none: warm-up over 5 % of the steps, weight decay 0.01, gradients clipped at norm 1. In a terminal: "
        "`grid --set warmup_share=0.1`, `weight_decay`, `max_norm`."
    )
    chosen = {
        "loss": st.selectbox("Loss", list(LOSSES), format_func=LOSSES.get, key="train:loss"),
        "epochs": int(st.number_input("Epochs at most", 1, 50, 50, key="train:epochs")),
        "patience": int(
            st.number_input("Patience (epochs)", 1, 50, 8, key="train:patience", help="Without a better validation JS.")
        ),
        "batch": st.number_input(
            "Clips a step", value=None, step=1, key="train:batch", placeholder=f"usual: {usual.batch}"
        ),
        "learning_rate": st.number_input(
            "Learning rate", value=None, step=usual.learning_rate / 5, format="%.2e", key="train:rate",
            placeholder=f"usual: {usual.learning_rate:.1e}", help="The highest of the schedule.",
        ),
    }  # fmt: skip
    if backbone not in ("probe", "tiny"):
        chosen["lora_on"] = st.selectbox("LoRA adapts", list(ADAPTED), format_func=ADAPTED.get, key="train:lora")
        chosen["micro_batch"] = st.number_input(
            SWITCHES["micro_batch"],
            value=None,
            step=1,
            key="train:micro",
            placeholder=f"usual: {usual.micro_batch}",
        )
        chosen["checkpointing"] = st.checkbox(
            SWITCHES["checkpointing"], key="train:checkpointing", help="Recomputes the language model's inner states."
        )
        chosen["qlora"] = st.checkbox(SWITCHES["qlora"], key="train:qlora", help="For cards of 24 GB; needs CUDA.")
        chosen["processes"] = int(
            st.number_input(
                "Processes", 1, 64, 1, key="train:processes", help="On this machine, each on a GPU of its own."
            )
        )
    return {key: value for key, value in chosen.items() if value is not None}


def fill_in(settings: dict) -> None:
    """Put the choices of a run into the form: to change one of them and train again."""
    own, backbone = settings["settings"], settings["settings"]["backbone"]
    train_mixing.fill_in(settings["augmentation"], own["seed"])
    st.session_state.update({
        "train:open": True, "train:several": ONE, "train:name": "", "train:source": settings["source"],
        "train:augment": (settings["augmentation"] or {}).get("fraction", 0.0), "train:votes": settings["votes"],
        "train:seed": own["seed"], "train:kind": backbone if backbone in BACKBONES else "other", "train:backbone": backbone,
        "train:loss": own["loss"], "train:epochs": own["epochs"], "train:patience": own["patience"],
        "train:batch": own["batch"], "train:rate": own["learning_rate"], "train:micro": own["micro_batch"],
        "train:checkpointing": own["checkpointing"], "train:qlora": own["qlora"], "train:lora": own["lora_on"],
        "train:processes": own.get("processes", 1), train_forecast.SKIP: settings.get("skip_unusable", False),
    })  # fmt: skip


def fill_in_grid(grid: dict, settings: dict) -> None:
    """The same with the choices of a grid, from its summary and the settings of one of its runs."""
    fill_in(settings)
    st.session_state.update({
        "train:several": SEVERAL, "train:sources": grid["sources"], "train:fractions": grid["fractions"],
        "train:seeds": grid["seeds"],
    })  # fmt: skip
