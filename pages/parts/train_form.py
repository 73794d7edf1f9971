"""The choices of a new training run, or of a grid of them."""

import streamlit as st

from emo_core import verbs
from emo_core.augmentation.settings import GRID
from emo_core.errors import WorkbenchError
from emo_core.store import Database, studies
from emo_core.training.plan import SOURCES
from emo_core.training.settings import LOSS_NAMES
from pages.parts.session import escape

BACKBONES = {
    "probe": "probe: frozen audio features, a minute on a CPU",
    "other": "Qwen2-Audio with LoRA: a folder or a name on the hub",
    "tiny": "tiny: Qwen2-Audio's classes with few random weights, to try the way",
}
USUAL = "Qwen/Qwen2-Audio-7B-Instruct"


def choose(store: Database, stored: studies.StoredStudy) -> dict | None:
    """Draw the form; the arguments of the verb `train` or, with `sources`, `train grid`; None where they contradict each other."""
    known = tuple(SOURCES) if stored.study.candidate else ("human",)
    several = (
        st.segmented_control("Train", ["one run", "a grid"], default="one run", required=True, key="train:several")
        == "a grid"
    )
    left, right = st.columns(2, gap="large")
    with left:
        chosen = _grid(known) if several else _one(known)
    with right:
        settings = _model()
    with st.popover("Settings of the training", icon=":material/tune:"):
        settings |= _more(settings["backbone"])
    name = st.text_input("Name", key="train:name", max_chars=60, placeholder="found by itself")
    arguments = {"study": stored.study.name, "name": name.strip() or None, "settings": settings} | chosen
    try:
        found = verbs.run(store, "train", _first(arguments) | {"dry": True})
    except WorkbenchError as error:
        st.warning(escape(str(error)))
        return None
    _overview(found, arguments)
    return arguments


def fill_in(settings: dict) -> None:
    """Put the choices of a run into the form: to change one of them and train again."""
    own, backbone = settings["settings"], settings["settings"]["backbone"]
    kind = backbone if backbone in ("probe", "tiny") else "other"
    st.session_state.update({
        "train:open": True, "train:several": "one run", "train:name": "", "train:source": settings["source"],
        "train:augment": (settings["augmentation"] or {}).get("fraction", 0.0), "train:votes": settings["votes"],
        "train:seed": own["seed"], "train:kind": kind, "train:backbone": backbone, "train:loss": own["loss"],
        "train:epochs": own["epochs"], "train:patience": own["patience"], "train:batch": own["batch"],
        "train:rate": own["learning_rate"], "train:micro": own["micro_batch"],
        "train:checkpointing": own["checkpointing"], "train:qlora": own["qlora"],
    })  # fmt: skip


def _one(known: tuple[str, ...]) -> dict:
    source = st.segmented_control(
        "Learn from", list(known), default=known[0], required=True, key="train:source",
        help="  \n".join(f"**{name}**: {SOURCES[name]}" for name in known),
    )  # fmt: skip
    more = st.select_slider(
        "Augmentation (DiME-Aug)", [0.0, *GRID], 0.0, key="train:augment", format_func=lambda x: f"{x:.0%}" if x else "none",
        help="Mixtures added, a share of the training clips; see the page Augment.",
    )  # fmt: skip
    votes = st.number_input(
        "Candidate votes a clip", 0, 1000, 0, key="train:votes", help="0: all.", disabled=source == "human"
    )
    seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="train:seed")
    return {"source": source, "augment": more, "votes": int(votes), "settings_seed": int(seed)}


def _grid(known: tuple[str, ...]) -> dict:
    sources = st.pills("Learn from", list(known), selection_mode="multi", default=list(known), key="train:sources")
    fractions = st.pills(
        "Augmentation (DiME-Aug)", [0.0, *GRID], selection_mode="multi", default=[0.0, 0.3], key="train:fractions",
        format_func=lambda x: f"{x:.0%}" if x else "none",
    )  # fmt: skip
    seeds = st.number_input("Seeds", 1, 20, 3, key="train:seeds")
    return {"sources": [s for s in known if s in sources], "fractions": sorted(fractions), "seeds": int(seeds)}


def _model() -> dict:
    kind = st.selectbox("Model", list(BACKBONES), format_func=BACKBONES.get, key="train:kind")
    if kind != "other":
        return {"backbone": kind}
    return {"backbone": st.text_input("Folder or name", USUAL, key="train:backbone")}


def _more(backbone: str) -> dict:
    chosen = {
        "loss": st.selectbox(
            "Loss", list(LOSS_NAMES), key="train:loss", help="Paper 1 trains the Jensen–Shannon divergence."
        ),
        "epochs": int(st.number_input("Epochs at most", 1, 50, 50, key="train:epochs")),
        "patience": int(st.number_input("Patience (epochs)", 1, 50, 8, key="train:patience")),
        "batch": st.number_input("Clips a step", 1, 4096, None, key="train:batch", placeholder="usual"),
        "learning_rate": st.number_input(
            "Learning rate", 0.0, 1.0, None, format="%.2e", key="train:rate", placeholder="usual"
        ),
    }
    if backbone not in ("probe", "tiny"):
        chosen["micro_batch"] = st.number_input(
            "Clips through the model at a time", 1, 256, None, key="train:micro", placeholder="4"
        )
        chosen["checkpointing"] = st.checkbox("Less memory, a third more work", key="train:checkpointing")
        chosen["qlora"] = st.checkbox("Language model in 4 bits (24 GB cards)", key="train:qlora")
    return {key: value for key, value in chosen.items() if value not in (None, 0.0)}


def _first(arguments: dict) -> dict:
    """The arguments of one run of what was chosen."""
    settings = dict(arguments["settings"])
    if "settings_seed" in arguments:
        settings["seed"] = arguments["settings_seed"]
    one = {key: arguments[key] for key in ("study", "name", "source", "votes", "augment") if key in arguments}
    return one | {"settings": settings}


def begin(store: Database, arguments: dict) -> list[str]:
    """Keep and start what was chosen; names of the runs. Raises WorkbenchError."""
    if "sources" not in arguments:
        return [verbs.run(store, "train", _first(arguments))["name"]]
    wanted = {key: arguments[key] for key in ("study", "name", "sources", "fractions", "seeds", "settings")}
    return verbs.run(store, "train grid", wanted)["runs"]


def _overview(found: dict, arguments: dict) -> None:
    """What would be learnt from, before anything starts."""
    sides, batches = found["sides"], found["batches"]
    if "sources" in arguments:
        sources, fractions, seeds = len(arguments["sources"]), len(arguments["fractions"]), arguments["seeds"]
        st.caption(
            f"**{sources * fractions * seeds} runs**: {sources} sources × {fractions} augmentations × {seeds} seeds."
        )
    left_out = []
    if sides["without"]:
        left_out.append(f"{sides['without']:,} training clips have no vote of this source")
    if sides["silent"]:
        left_out.append(f"{sides['silent']:,} clips have no sound here")
    st.caption(
        f"{sides['train']:,} clips to learn from, a tenth of them held out for early stopping; {sides['test']:,} to test on, always "
        f"against the listeners. {batches[0].upper()}{batches[1:]}."
        + (f" Left out: {'; '.join(left_out)}." if left_out else "")
    )
