"""Verbs that write files."""

from emo_core.store import Database, exporting


def export(store: Database, study: str, to: str, columns: list[str] | None = None) -> dict:
    """Write a study's distributions to a CSV or Parquet file."""
    rows = exporting.export(store, study, to, names=columns)
    return {"file": to, "rows": rows, "schema": f"{to}.schema.json"}
