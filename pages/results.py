"""Does training on these votes help?"""

import streamlit as st

from emo_core.charts import ambiguity as strata_charts
from emo_core.charts import results as charts
from pages.parts import analyses, figures, predict_folder
from pages.parts import results_documents as documents
from pages.parts import results_runs as runs
from pages.parts import results_sections as sections
from pages.parts import results_tables as tables
from pages.parts import results_words as words
from pages.parts.ambiguity_tables import panel_columns
from pages.parts.session import choose_study, escape, open_store

store = open_store()
st.title("Does training on these votes help?")
stored = choose_study(store)
study = stored.study.name
every = documents.training_runs(store, study)
if not every:
    st.info(
        "No run was trained on this study yet. On the page Train choose whose votes are learnt from, human, synthetic or combined, "
        "and start a run or a grid of runs. Or in a terminal:"
    )
    st.code(f'python -m emo_core train "{study}" --target combined --augment 0.3', language="bash")
    st.page_link("pages/train.py", label="Train", icon=":material/model_training:", query_params={"study": study})
    st.stop()
runs.states(every)
done = [each.run.name for each in every if each.why_not is None]
if not done:
    st.info("No run is done yet: its results come here. The page Jobs shows how far each is.")
    st.stop()

state = documents.state_of(store, stored, every)
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = st.multiselect(
        "Runs", done, key="runs", width=420, placeholder="All that are done", **analyses.URL,
        help="Runs are compared on the test clips that all of them predicted. Nothing chosen means all.",
    )  # fmt: skip
    method = st.selectbox(
        "Tertiles", ["equal counts", "equal range"], key="strata", width=160, **analyses.URL,
        help="“Tertiles of entropy range” can be read as equal numbers of clips or as equal parts of the range.",
    )  # fmt: skip
    read = documents.data(state, tuple(chosen), store=store, study=study)
    by = analyses.choose_units(read.heard)
found = documents.document(state, tuple(chosen), {"by": by, "strata": method}, store=store, study=study)
cells = found["cells"]
st.caption(words.basis(found))
if not found["clips"]:
    st.info("No test clip was predicted by every one of these runs, so there is nothing to compare. Choose fewer runs.")
    st.stop()

st.subheader("How close do the trained models come?")
for line in words.headlines(found):
    st.markdown(line)
tables.table_two(cells)
st.caption(words.table_caption(found))
measure = st.segmented_control(
    "Measure", list(tables.MEASURES), default="js", required=True, key="measure", label_visibility="collapsed",
    format_func=tables.MEASURES.get, **analyses.URL,
)  # fmt: skip
figures.show(charts.table(cells, measure), "table2", tables.table_columns(cells))
with st.expander("Every figure of each model: seeds, training mean, listeners", icon=":material/table_rows:"):
    tables.every_figure(cells, found["noise"])
    st.caption(words.models_caption(found))

st.subheader("Is one closer than another?")
if found["comparisons"]:
    tables.comparisons(found)
else:
    st.info(
        "Runs that differ in one choice alone, such as whose votes they learnt from, are compared here. There are none yet."
    )

st.subheader("By ambiguity")
drawn = tables.choose_cells(cells)
names, panels = found["strata"]["names"], {cell["cell"]: cell["strata"] for cell in drawn}
figures.show(strata_charts.by_stratum(names, panels), "tertiles", panel_columns(names, panels))
tables.stratum_words(found)
st.caption(words.strata_caption(found))

if found["fractions"]:
    st.subheader("How many mixtures?")
    figures.show(charts.fractions(found["fractions"]), "fractions", tables.fraction_columns(found["fractions"]))
    st.markdown(words.fractions(found["fractions"]))

st.subheader("For which emotions?")
figures.show(charts.by_emotion(drawn), "emotions", tables.emotion_columns(drawn))
st.caption(words.emotions_caption(found))

st.subheader("Is the model as uncertain as listeners?")
label = st.selectbox("Model", [cell["cell"] for cell in cells], key="cell", width=420, **analyses.URL)
cell = next(each for each in cells if each["cell"] == label)
sections.calibration(cell, documents.points(read, label), found["intervals"])

st.subheader("Which clips?")
sections.clips(cell, found["emotions"], study)

st.subheader("How did training go?")
cards = [card for card in found["runs"] if card["why_not"] is None]
sections.learning([card for card in cards if not chosen or card["run"] in chosen])

st.subheader("The runs")
runs.card(state, cards, store=store, study=study)
runs.compare(state, [card["run"] for card in cards], by=by, strata=method, store=store, study=study)
st.caption(" ".join(escape(line) for line in found["caveats"]))

st.subheader("What does a model hear in other sounds?")
predict_folder.show(store, done)
