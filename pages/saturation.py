"""Where do more votes stop helping?"""

import streamlit as st

from emo_core.charts import curves
from emo_core.science.saturation import curve_length
from pages.parts import analyses, figures
from pages.parts import saturation_words as words
from pages.parts.session import choose_study, open_store

MEASURES = {"js": "JS", "bc": "BC", "kl": "KL", "tv": "TV", "entropy": "entropy", "js_distance": "JS distance"}
store = open_store()
st.title("Where do more votes stop helping?")
stored = choose_study(store)
analyses.need_candidate(stored)
votes = analyses.need_clips(store, stored)
there = votes.candidate.sum(axis=1)
longest, usual = int(there.max()), curve_length(there)

with st.container(horizontal=True, vertical_alignment="bottom"):
    measure = st.segmented_control(
        "Figure", list(MEASURES.values()), default="JS", required=True, key="measure", **analyses.URL
    )
    by = analyses.choose_units(votes)
    most = st.number_input(
        "Votes, up to", 1, longest, usual, key="most", width=130, **analyses.URL,
        help="Every point of a curve is a mean over the same clips, those with at least so many candidate votes.",
    )  # fmt: skip
    groups = st.selectbox(
        "One curve for each", ["no group", "tertile", "emotion", "corpus"], key="groups", width=150, **analyses.URL
    )
    order = st.selectbox(
        "Order of votes", ["subsets", "collected"], key="order", width=140, help=words.ORDER, **analyses.URL
    )
    with st.popover("Rule and price", icon=":material/tune:"):
        rule = st.segmented_control(
            "Level where the remaining gain is at most", ["share", "bits"], default="share", required=True, key="rule",
            **analyses.URL,
        )  # fmt: skip
        value = st.number_input(
            "of the whole gain" if rule == "share" else "bits", 0.001, 0.9, 0.1 if rule == "share" else 0.01, 0.005,
            format="%.3f", key=f"value_{rule}", **analyses.URL,
        )  # fmt: skip
        price = st.number_input(
            "Price of one candidate vote", 0.0, value=0.0, step=0.001, format="%.4f", key="price", **analyses.URL
        )
key = next(key for key, name in MEASURES.items() if name == measure)
found = analyses.document(
    store, stored, "saturation", most=int(most), by=by, rule=rule, value=value, price=price,
    groups=None if groups == "no group" else groups, order=order, measure=key,
)  # fmt: skip

st.markdown(("" if key == "js" else "Of the JS divergence: ") + words.headline(found))
figure = curves.saturation(found, key)
if key == "js" and order == "collected":
    curves.add_collected(figure, found["collected"])
if key == "js_distance":
    figures.show(figure, "js_distance", found["js_distance"])
    st.caption(
        f"The square root of the divergence is no sum over emotions, so this is sampled: {found['js_distance']['sampled']}."
    )
else:
    figures.show(figure, "saturation", words.curve_columns(found))
if order == "collected":
    st.caption(words.collected(found["collected"]))
left_out = f" {found['clips_left_out']:,} clips with fewer are left out." if found["clips_left_out"] else ""
st.caption(
    f"Each point is the exact mean over all subsets of n candidate votes, over the same {found['clips']:,} clips with at least "
    f"{found['n'][-1]} votes.{left_out} Bands: {found['intervals']}. KL: the candidate is smoothed by {found['kl_smoothing']:g} "
    "votes an emotion."
)
if found["clips_left_out"] or found["coverage"][-1]["n"] > most:
    cover = "; ".join(f"{row['n']}: {row['clips']:,}" for row in found["coverage"])
    st.caption(f"Clips by candidate votes at least: {cover}.")

if groups != "no group":
    st.subheader(f"For each {groups}")
    figures.show(curves.groups(found, "js" if key == "js_distance" else key), "groups", words.group_columns(found))
    if groups == "emotion":
        st.caption("A clip belongs to the emotion that wins among its reference votes; tied clips to each of theirs.")
    if groups == "tertile":
        st.caption(
            "Tertiles are made from the reference's own votes: in the low one listeners agree by selection, so the floor is too low there."
        )
    st.dataframe(
        [
            {"group": row["group"], "clips": row["clips"], "saturation point": row["saturation_point"],
             "asymptote (bits)": row["fit"] and round(row["fit"]["asymptote"], 4),
             "JS at the last n": row["js_mean"][-1], **words.group_floor(row["noise_floor"])}
            for row in found["groups"]
        ],
        key="group_points", hide_index=True, column_config={"JS at the last n": st.column_config.NumberColumn(format="%.4f")},
    )  # fmt: skip

st.subheader("What would other people score?")
st.markdown(f"{words.floor(found)}  \n{words.bias(found)}")
left, middle, right = st.columns(3, gap="large")
with left:
    st.subheader("The next vote")
    part = found["gain"]
    numbers = {"vote": [n + 1 for n in part["n"]], "gain": part["mean"], "low": part["low"], "high": part["high"]}
    figures.show(curves.gain(found), "gain", numbers)
    cost = found["cost"]
    if cost:
        each = cost["clip_price_of_next_hundredth_bit"]
        last = f"{each[-1]:,.3f}" if each and each[-1] is not None else "undefined"
        st.caption(
            f"All {found['n'][-1]} votes on {found['clips']:,} clips cost {cost['total'][-1]:,.2f}. At the last vote, 0.01 bit "
            f"on one clip costs {last}."
        )
    else:
        st.caption("Give a price of one vote to see what a gain costs.")
with middle:
    st.subheader("What is a vote worth?")
    floor = found["noise_floor"]
    if floor:
        figures.show(curves.exchange(floor), "exchange", words.worth_columns(floor))
    st.caption(words.worth(found))
with right:
    st.subheader("Do they help people's votes?")
    part = found["complement"]
    if part:
        figures.show(curves.complement(part), "complement", words.complement_columns(part))
    st.caption(words.complement(found))
