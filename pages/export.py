"""Take the distributions with you."""

import shlex
import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from emo_core.store import exporting
from pages.parts.session import choose_study, escape, open_store

store = open_store()
st.title("Take the distributions with you")
stored = choose_study(store)
study = stored.study
known = exporting.columns(study)
names = st.multiselect(
    "Columns", [column.name for column in known], default=[column.name for column in known if column.usual],
    key="columns", help="The usual columns are chosen; counts, audio and session can be added.",
)  # fmt: skip
rows = exporting.export_rows(store, study.name)
st.write(f"**{rows:,} rows** (one a clip that the study keeps) × **{len(names)} columns**.")


def written(suffix: str, part: str = "") -> bytes:
    """The file, made when the button is pressed; `part` asks for the schema beside it."""
    with tempfile.TemporaryDirectory(dir=store.folder) as folder:
        path = Path(folder) / f"distributions{suffix}"
        exporting.export(store, study.name, path, names=names)
        return path.with_name(path.name + part).read_bytes()


with st.container(horizontal=True):
    for label, suffix, part, mime in (
        ("Download CSV", ".csv", "", "text/csv"),
        ("Download Parquet", ".parquet", "", "application/octet-stream"),
        ("Download the schema (JSON)", ".csv", ".schema.json", "application/json"),
    ):
        st.download_button(
            label, partial(written, suffix, part), f"{study.name}{part or suffix}".replace("/", "-"), mime,
            key=f"download:{label}", disabled=not names, on_click="ignore", type="primary" if label == "Download CSV" else "secondary",
        )  # fmt: skip
st.caption(
    "Combined distributions pool reference and candidate votes, each vote equal. In CSV a text that begins with = + - or @ "
    "gets a leading apostrophe, so that a spreadsheet runs nothing."
)
st.subheader("What the columns mean")
st.dataframe(
    [{"column": c.name, "type": c.type, "unit": c.unit, "meaning": c.meaning} for c in known if c.name in names]
)
st.caption("The same from a terminal:")
st.code(f"python -m emo_core export {shlex.quote(study.name)} --to distributions.csv", language="bash")
if names != [column.name for column in known if column.usual]:
    st.caption(escape("with --columns " + ",".join(names)))
