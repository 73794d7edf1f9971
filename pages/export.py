"""Take a study's distributions, votes or clips with you."""

import io
import shlex
import tempfile
import zipfile
from functools import partial
from pathlib import Path

import streamlit as st

from emo_core import verbs
from emo_core.errors import WorkbenchError
from emo_core.store import export_rows
from emo_core.verbs.exports import FORMATS
from pages.parts.session import choose_study, escape, fail, open_store

FORM_NAMES = {
    "csv": "CSV", "parquet": "Parquet", "jsonl": "JSON lines", "hf": "folder for Hugging Face", "label-studio": "Label Studio",
}  # fmt: skip
RATER_NAMES = {"pseudonyms": "codes that stay the same", "kept": "their names"}
CLIP_NAMES = {"all": "all of the corpora", "kept": "those that the study keeps"}

store = open_store()
st.title("Take the distributions with you")
stored = choose_study(store)
what = st.radio("Rows", list(export_rows.WHAT), format_func=lambda each: export_rows.WHAT[each], key="what")
forms = [form for form in FORMATS if what == "votes" or form != "label-studio"]
form = st.radio("Format", forms, format_func=FORM_NAMES.get, key="form", horizontal=True)
raters = clips = None
if what == "votes":
    raters = st.radio("Raters", list(RATER_NAMES), format_func=RATER_NAMES.get, key="raters", horizontal=True)
if what != "distributions":
    clips = st.radio("Clips", list(CLIP_NAMES), format_func=CLIP_NAMES.get, key="clips", horizontal=True)
audio = form == "hf" and st.checkbox("Copy the sound into the folder", key="audio")
known = export_rows.columns(stored, what)
usual = [column.name for column in known if column.usual]
names = usual if form == "label-studio" else st.multiselect(
    "Columns", [column.name for column in known], default=usual, key=f"columns:{what}",
    help="The usual columns are chosen; others can be added.",
)  # fmt: skip
choices = {"what": what, "form": form, "audio": audio} | {
    name: value for name, value in (("raters", raters), ("clips", clips)) if value
}
if names != usual:
    choices["columns"] = names
if names:
    rows = export_rows.select(store, stored.study.name, what, clips=clips or "all").rows()
    st.write(f"**{rows:,} rows** ({export_rows.WHAT[what].partition(': ')[2]}) × **{len(names)} columns**.")


def written(part: str | None = None) -> bytes:
    """What the button gives, made when it is pressed: the file, or several as a zip; `part` asks for one beside it."""
    with tempfile.TemporaryDirectory(dir=store.folder) as folder:
        to = Path(folder) / f"{what}{FORMATS[form]}"
        verbs.run(store, "export", {"study": stored.study.name, "to": str(to)} | choices)
        if part is not None:
            return (to / "schema.json" if form == "hf" else to.with_name(to.name + part)).read_bytes()
        return to.read_bytes() if to.is_file() and form != "label-studio" else zipped(Path(folder))


def zipped(folder: Path) -> bytes:
    """Everything in a folder."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return memory.getvalue()


def packed() -> bytes:
    """The study's paper pack, made when the button is pressed: 5 to 10 seconds where a browser draws the pictures."""
    with tempfile.TemporaryDirectory(dir=store.folder) as folder:
        verbs.run(store, "pack", {"study": stored.study.name, "to": str(Path(folder) / "pack")})
        return zipped(Path(folder))


def write_here(folder: str) -> None:
    """Sound may be larger than memory, so a folder with sound is written where it is to stay."""
    with st.spinner("Writing …"):
        try:
            done = verbs.run(
                store, "export", {"study": stored.study.name, "to": str(Path(folder).expanduser())} | choices
            )
        except WorkbenchError as error:
            fail(error)
    st.success(f"{done['rows']:,} rows are in {escape(done['folder'])}.")
    if done["without_sound"]:
        st.caption(
            escape(f"{len(done['without_sound']):,} clips have no sound: {', '.join(done['without_sound'][:5])} …")
        )


several = form in ("hf", "label-studio")
name = stored.study.name.replace("/", "-")
if audio:
    folder = st.text_input(
        "New folder on this machine", key="folder", help="Its full path; the folder above it must be there.", width=480
    )
    ready = bool(names) and Path(folder).expanduser().is_absolute()
    if st.button("Write the folder", key="write", type="primary", disabled=not ready):
        write_here(folder)
else:
    with st.container(horizontal=True):
        st.download_button(
            f"Download {FORM_NAMES[form]}" + (" (zip)" if several else ""), written,
            f"{name}{'.zip' if several else FORMATS[form]}", "application/zip" if several else "application/octet-stream",
            key="download", disabled=not names, on_click="ignore", type="primary",
        )  # fmt: skip
        st.download_button(
            "Download the schema (JSON)", partial(written, ".schema.json"), f"{name}{FORMATS[form]}.schema.json",
            "application/json", key="download:schema", disabled=not names, on_click="ignore",
        )  # fmt: skip
st.caption(
    "Combined distributions pool reference and candidate votes, each vote equal. In CSV a text that begins with = + - or @ "
    "gets a leading apostrophe, so that a spreadsheet runs nothing; an import of the table takes it off again."
)
st.subheader("Paper pack")
st.write(
    "Every number, table and figure of the analysis with settings, seeds, versions and the votes they come from, and a report. "
    "`pack --check` computes each number again from the packed votes."
)
st.download_button(
    "Download the pack (zip)", packed, f"{name}-pack.zip", "application/zip", key="pack", on_click="ignore",
    icon=":material/inventory_2:",
)  # fmt: skip
st.subheader("What the columns mean")
st.dataframe(
    [{"column": c.name, "type": c.type, "unit": c.unit, "meaning": c.meaning} for c in known if c.name in names]
)
st.caption("The same from a terminal:")
line = ["python", "-m", "emo_core", "export", stored.study.name, "--what", what, "--as", form]
line += ["--to", f"{what}{FORMATS[form]}"]
line += [word for option in ("raters", "clips") if option in choices for word in (f"--{option}", choices[option])]
line += ["--columns", ",".join(names)] if names != usual else []
st.code(shlex.join(line + (["--audio"] if audio else [])), language="bash")
