"""Verbs that write files."""

from pathlib import Path

from emo_core.errors import BadInput
from emo_core.store import Database, export_folders, export_rows, exporting

FORMATS = {"csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl", "label-studio": ".json", "hf": ""}


def export(
    store: Database,
    study: str,
    to: str,
    what: str | None = None,
    form: str | None = None,
    columns: list[str] | None = None,
    raters: str = "pseudonyms",
    clips: str = "all",
    audio: bool = False,
) -> dict:
    """Write a study's distributions, votes or clips to a file, or to a folder of another tool. `form` is a key of `FORMATS`;
    without it the path's ending decides.
    """
    path = Path(to)
    form = form or _form_of(path)
    if form not in FORMATS:
        raise BadInput(f"There is no form {form!r}. Choose {', '.join(FORMATS)}.")
    if audio and form != "hf":
        raise BadInput(f"Only a folder for Hugging Face holds sound, not {form}. Leave --audio out, or choose --as hf.")
    chosen = {"names": columns, "raters": raters, "clips": clips}
    if form == "hf":
        return export_folders.hugging_face(store, study, path, what=what or "distributions", audio=audio, **chosen)
    if form == "label-studio":
        if columns is not None or what not in (None, "votes"):
            raise BadInput("Label Studio takes votes, whole. Leave --columns out and --what at votes.")
        return export_folders.label_studio(store, study, path, raters=raters, clips=clips)
    path = exporting.checked(path, (FORMATS[form],))
    rows = exporting.write(export_rows.select(store, study, what or "distributions", **chosen), path)
    return {"file": to, "rows": rows, "schema": f"{to}.schema.json"}


def _form_of(path: Path) -> str:
    by_ending = {ending: form for form, ending in FORMATS.items()}
    form = by_ending.get(path.suffix.lower())
    if form is None:
        known = ", ".join(ending for ending in by_ending if ending)
        raise BadInput(f"{path.name} ends in none of {known}. Choose one of these endings, or say --as.")
    return form
