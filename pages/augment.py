"""Which emotions are too rare to learn? Mix clips of rare emotions into new ones, see what that does, hear it, take it along."""

import streamlit as st

from emo_core.analysis import augmentation
from emo_core.charts import augmentation as charts
from pages.parts import augment_ear, augment_export, augment_features, augment_form, augment_plan, figures, train_mixing
from pages.parts import augment_words as words
from pages.parts.session import choose_study, open_store

store = open_store()
st.title("Which emotions are too rare to learn?")
stored = choose_study(store)
source, votes, settings = augment_form.choose(stored.study)
side = augment_plan.need_side(store, stored, votes)
found = augment_features.need(store, side, settings)
planned, document = augment_plan.need_plan(store, side, found, source, settings)

words.overview(document)
left, right = st.columns([5, 6], gap="large")
with left:
    st.subheader("Clips by dominant emotion")
    rows = document["balance"]["emotions"]
    figures.show(charts.balance(rows), "balance", words.as_columns(rows))
    words.balance(document)
with right:
    st.subheader("Where do the distributions lie?")
    seen = augmentation.space(planned)
    figures.show(
        charts.space(side.emotions, seen.corners, seen.clips, seen.clip_emotions, seen.samples, seen.sample_emotions),
        "space", words.space_columns(seen),
    )  # fmt: skip
    words.space(seen)

st.subheader("How do the samples sound?")
augment_ear.show(store, planned)

st.subheader("10 to 50 %, side by side")
left, right = st.columns([6, 5], gap="large")
with left:
    figures.show(charts.grid(document["grid"]), "grid", words.grid_columns(document["grid"]))
with right:
    words.grid(document["grid"])

st.subheader("What could not be made?")
words.not_made(document)

st.subheader("Take the samples along")
augment_export.show(store, planned)
train_mixing.offer(stored.study, source, votes, settings)
