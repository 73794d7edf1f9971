"""Where would one more vote help most?"""

import pandas as pd
import streamlit as st

from emo_core.analysis.advice import PLAN_COLUMNS
from emo_core.charts import sandbox as charts
from emo_core.publishing import tables
from pages.parts import analyses, figures
from pages.parts.session import choose_study, escape, open_store

SHOWN = 200
OBJECTIVES = {"expected divergence": "js", "information": "information"}
store = open_store()
st.title("Where would one more vote help most?")
stored = choose_study(store)
votes = analyses.need_clips(store, stored)

with st.container(horizontal=True, vertical_alignment="bottom"):
    budget = st.number_input("Budget", 0.0, value=100.0, step=10.0, key="budget", width=150, **analyses.URL)
    price = st.number_input(
        "Price of a human vote", 0.0001, value=1.0, step=0.05, key="price", width=180, **analyses.URL,
        help="In the currency of the budget; with the price 1 the budget is a number of votes.",
    )  # fmt: skip
    most = st.number_input("Votes for one clip, at most", 1, 50, 10, key="most", width=190, **analyses.URL)
    objective = st.segmented_control(
        "A vote should reduce", list(OBJECTIVES), default="expected divergence", required=True, key="objective",
        help="Expected divergence: how far a clip's estimated distribution is expected to be from its true one. Information: what a "
        "vote tells of the true distribution, in bits.", **analyses.URL,
    )  # fmt: skip
    if stored.study.candidate:
        with st.popover("Candidate votes", icon=":material/smart_toy:"):
            synthetic = st.number_input(
                "Price of a candidate vote", 0.0, value=0.0, step=0.001, format="%.4f", key="synthetic", **analyses.URL
            )
            several = st.number_input("Votes against one human vote", 1, 50, 1, key="several", **analyses.URL)
            worth = st.number_input(
                "Worth in human votes",
                0.0,
                1.0,
                0.0,
                0.05,
                key="worth",
                help="0: as measured on the study.",
                **analyses.URL,
            )
    else:
        synthetic, several, worth = 0.0, 1, 0.0
found = analyses.document(
    store, stored, "advise", budget=budget, price=price, most=int(most), objective=OBJECTIVES[objective],
    synthetic_price=synthetic or None, worth=worth or None,
    synthetic_votes=int(several),
)  # fmt: skip

even = found["gain_if_spent_evenly"]
more = f", {found['gain'] / even:.2f} times what it gains spent evenly ({even:.3f})" if even else ""
unit = "bits of expected divergence" if OBJECTIVES[objective] == "js" else "bits of information"
st.markdown(
    f"**{found['votes']:,} votes on {found['clips_to_label']:,} clips**, for {found['cost']:,.2f}, are expected to gain "
    f"**{found['gain']:.3f} {unit}**{more}. The expected divergence of a clip's estimate is {found['expected_js_now']:.4f} bits now "
    f"(mean over {found['clips']:,} clips)."
)
prior = found["prior"]
alpha = ", ".join(f"{escape(name)} {value:.2f}" for name, value in prior["alpha"].items())
note = f" {escape(prior['note'])}" if prior["note"] else ""
floored = f" Nobody named {escape(', '.join(prior['without_votes']))}." if prior["without_votes"] else ""
st.caption(
    f"Under a Dirichlet prior learned from the study's reference votes: {alpha} (total {prior['total']:.2f} votes).{note}{floored} "
    "Gains are expectations before the votes are cast; ask again after each round."
)
offers = found.get("offers")
if offers:
    st.markdown(
        f"For each unit of money, {offers['synthetic_votes']} more candidate votes gain "
        f"{offers['gain_per_price_synthetic']:.4f} and one more human vote "
        f"{offers['gain_per_price_human']:.4f} bits, on average; the candidate's are the better offer on "
        f"{offers['clips_where_synthetic_is_better']:,} clips. A candidate vote counts {offers['worth']:.2f} human votes "
        f"({escape(offers['worth_source'])}); its bias is not modelled."
    )
left, right = st.columns(2, gap="large")
with left:
    st.subheader("What does a budget buy?")
    figures.show(charts.budget(found["curve"], price), "budget", found["curve"])
with right:
    st.subheader("Where is something to gain?")
    edges = found["next_gains"]["edges"]
    figures.show(
        charts.gains(found["next_gains"]),
        "next_gains",
        {"from": edges[:-1], "to": edges[1:], "clips": found["next_gains"]["clips"]},
    )

st.subheader("The plan")
plan = found["plan"]
st.download_button(
    "The whole plan (CSV)", lambda: tables.csv_text(plan, PLAN_COLUMNS), f"{stored.study.name}-plan.csv", "text/csv",
    icon=":material/download:", on_click="ignore", disabled=not plan,
)  # fmt: skip
event = st.dataframe(
    pd.DataFrame(plan[:SHOWN], columns=list(PLAN_COLUMNS)), key="plan", hide_index=True, on_select="rerun", selection_mode="single-row",
    column_config={name: st.column_config.NumberColumn(format="%.4f") for name in PLAN_COLUMNS[5:]},
)  # fmt: skip
st.caption(f"The first {min(SHOWN, len(plan)):,} of {len(plan):,} clips; choose one to listen to it.")
if event.selection.rows:
    st.switch_page(
        "pages/browse.py", query_params={"study": stored.study.name, "clip": plan[event.selection.rows[0]]["clip"]}
    )
