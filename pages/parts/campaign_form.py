"""The choices of a new campaign."""

from dataclasses import replace

import streamlit as st

from emo_core import verbs
from emo_core.errors import WorkbenchError
from emo_core.labelling import making
from emo_core.labelling.campaign import FLAGS, LOOKS, ORDERS, QUESTIONS, SCALES, Campaign, Form, own_panel
from emo_core.records import Study, panel_kind
from emo_core.store import Database, corpora, studies
from emo_core.vocabulary import names as emotion_names
from pages.parts import study_form
from pages.parts.session import escape


def choose(store: Database) -> tuple[Campaign | None, bool]:
    """Draw the form; the campaign that it describes, or None where its choices contradict each other (it says so), and whether
    a panel that is there already was chosen for its votes.
    """
    known = {stored.study.name: stored.study for stored in studies.list_studies(store)}
    places = [f"study {name}" for name in known] + [f"corpus {c['name']}" for c in corpora.list_corpora(store)]
    if not places:
        st.info("There is no corpus yet. Bring one on the page Corpora.")
        return None, False
    left, right = st.columns(2, gap="large")
    with left:
        name = st.text_input("Name", key="campaign:name", max_chars=100)
        where = st.selectbox("Clips of", places, key="campaign:where")
        study = known.get(where.removeprefix("study ")) if where.startswith("study ") else None
        pilot = st.checkbox("Pilot: answers count nowhere", key="campaign:pilot",
                            help="To try the form out. Answers can be watched and saved, and no study sees them.")  # fmt: skip
        panel = "" if pilot else _panel(store, name, study, where)
        order = st.selectbox("Order", list(ORDERS), format_func=ORDERS.get, key="campaign:order")
        overlap = st.number_input("Raters a clip", 1, 1000, 3, key="campaign:overlap")
        best = st.number_input(
            "Only the clips with most to gain", 0, 1_000_000, 0, key="campaign:best", disabled=study is None,
            help="So many votes are planned by the advisor, and only their clips are labelled. 0: all clips with sound.",
        )  # fmt: skip
    with right:
        form = _form(study.emotions if study else ())
    with st.popover("Quality, stopping, sound", icon=":material/tune:"):
        more = _more()
    left, right = st.columns(2, gap="large")
    guidelines = left.text_area(
        "Guidelines (Markdown)", key="campaign:guidelines", help="Raters find them folded away above the player."
    )
    examples = right.text_area(
        "Example clips",
        key="campaign:examples",
        placeholder="clip = what it stands for",
        help="One a line, beside the guidelines.",
    )
    if not name.strip():
        st.caption("Give it a name.")
        return None, False
    try:
        campaign = Campaign(
            name=name, study=study.name if study else "", corpus="" if study else where.removeprefix("corpus "), form=Form(**form),
            panel=panel, pilot=pilot, overlap=int(overlap), order=order, guidelines=guidelines,
            examples=_examples(examples), clips=_planned(store, study, int(best)), **more,
        )  # fmt: skip
        change = making.joining(store, campaign)
        joins = bool(panel and change)
        if joins:
            st.warning(escape(change))
        elif change:
            st.warning(escape(f"{change} Choose another name, or choose that panel if this is what you want."))
            return None, False
        if not best or study is None:
            return campaign, joins
        campaign, silent = making.with_sound(store, campaign)
    except WorkbenchError as error:
        st.warning(escape(str(error)))
        return None, False
    st.caption(
        f"{len(campaign.clips):,} clips are planned" + (f"; {silent:,} more have no sound here." if silent else ".")
    )
    return campaign, joins


def _panel(store: Database, name: str, study, where: str) -> str:
    """Which panel the votes go to; empty for one of their own."""
    places = list(study.corpora) if study else [where.removeprefix("corpus ")]
    there = [
        each
        for each in corpora.study_choices(store, places)["candidates"]
        if panel_kind(each) in ("human", "self-report")
    ]
    own = own_panel(name) if name.strip() else "one of their own"
    return st.selectbox(
        "Votes go to the panel", ["", *there], key=f"campaign:{where}:panel", accept_new_options=True,
        format_func=lambda panel: panel or f"{own} (new)",
        help="A panel of their own keeps them apart from the votes of every study there is. A panel that is there already takes "
        "them in, and the figures of its studies change. Another new one can be typed.",
    ) or ""  # fmt: skip


def begin_study(store: Database, campaign: dict) -> None:
    """Fill the form of the page Studies with a study whose reference is the campaign's panel."""
    settings = campaign["settings"]
    emotions = tuple(settings["form"]["emotions"]) or tuple(emotion_names())
    name, panel = f"{campaign['name']} votes", campaign["panel"]
    if campaign["study"]:
        known = studies.find_study(store.cursor(), campaign["study"]).study
        other = known.reference if known.reference != panel else known.candidate
        study = replace(known, name=name, reference=panel, candidate=other, left_out=())
    else:
        study = Study(name, (settings["corpus"],), panel, None, emotions)
    study_form.fill_in(study)
    st.session_state["study_begun"] = True


def _examples(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    return {clip.strip(): meaning.strip() for clip, _, meaning in pairs}


def _planned(store: Database, study, votes: int) -> tuple[str, ...]:
    if study is None or not votes:
        return ()
    plan = verbs.run(store, "advise", {"study": study.name, "budget": float(votes)})["plan"]
    return tuple(row["clip"] for row in plan)


def _form(usual: tuple[str, ...]) -> dict:
    """What is asked about a clip."""
    question = st.selectbox("Question", list(QUESTIONS), format_func=QUESTIONS.get, key="campaign:question")
    chosen: dict = {"question": question}
    if question != "none":
        chosen["emotions"] = st.multiselect(
            "Emotions, in the order of their keys", list(emotion_names()), list(usual), key=f"campaign:{usual}:emotions"
        )
    if question == "soft":
        whole = st.segmented_control(
            "Share out", ["10 listeners", "100 %"], default="10 listeners", required=True, key="campaign:whole"
        )
        chosen["listeners"] = 10 if whole == "10 listeners" else 100
    if question == "graded":
        chosen["grades"] = int(st.number_input("Strongest grade", 1, 9, 3, key="campaign:grades"))
    scales = st.pills("Scales", SCALES, selection_mode="multi", key="campaign:scales")
    chosen["scales"] = tuple(name for name in SCALES if name in scales)
    if scales:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen["look"] = st.segmented_control(
                "Look", list(LOOKS), format_func=LOOKS.get, default="manikins", required=True, key="campaign:look"
            )
            chosen["points"] = int(st.selectbox("Points", (5, 7, 9), index=2, key="campaign:points", width=90))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen["confidence"] = int(
            st.selectbox("Confidence", (0, 3, 5, 7), key="campaign:confidence", width=140,
                         format_func=lambda points: f"{points} points" if points else "not asked")
        )  # fmt: skip
        chosen["comment"] = st.checkbox("Comment", key="campaign:comment")
        chosen["confirm"] = st.checkbox("Enter ends an answer", key="campaign:confirm")
    chosen["flags"] = tuple(
        st.pills(
            "Flags",
            list(FLAGS),
            format_func=FLAGS.get,
            selection_mode="multi",
            default=list(FLAGS),
            key="campaign:flags",
        )
    )
    return chosen


def _more() -> dict:
    """Checks on raters, when a clip is done, how it sounds."""
    left, right = st.columns(2)
    with left:
        gold = st.number_input(
            "Gold clips",
            0,
            1000,
            0,
            key="campaign:gold",
            help="Clips whose listeners agree, mixed in. Never counted as votes.",
        )
        every = st.number_input("One gold clip after", 2, 1000, 20, key="campaign:gold_every")
        repeats = st.number_input(
            "Repeats, share of clips",
            0.0,
            0.5,
            0.0,
            0.05,
            key="campaign:repeats",
            help="Heard again by the same rater. Never counted as votes.",
        )
        practice = st.number_input(
            "Practice clips", 0, 100, 0, key="campaign:practice", help="First, with feedback. Never counted as votes."
        )
        batch = st.number_input("Offer a pause after", 0, 10_000, 0, key="campaign:batch", help="Clips; 0: never.")
    with right:
        enough = st.number_input(
            "A clip is done with votes in all", 0, 10_000, 0, key="campaign:enough", help="0: no such rule."
        )
        least = st.number_input(
            "… or an expected gain below (bits)", 0.0, 1.0, 0.0, 0.0005, format="%.4f", key="campaign:least"
        )
        autoplay = st.checkbox("The next clip plays at once", True, key="campaign:autoplay")
        hear = st.checkbox("A clip must be heard to its end", key="campaign:hear")
        loud = st.checkbox("Play all at one loudness (−23 LUFS)", True, key="campaign:loud")
        words = st.checkbox("Show the words", key="campaign:words")
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="campaign:seed")
    return {
        "gold": int(gold), "gold_every": int(every), "repeats": float(repeats), "practice": int(practice), "batch": int(batch),
        "enough_votes": int(enough), "least_gain": float(least), "autoplay": autoplay, "hear_first": hear, "same_loudness": loud,
        "transcript": words, "seed": int(seed),
    }  # fmt: skip
