"""How tables are read, kept under names: the fields of `VotesFile` without the path."""

import json
from dataclasses import asdict, fields

from emo_core.errors import UnknownName
from emo_core.records import VotesFile, checked_name
from emo_core.store.database import Database, utc_now


def settings_of(described: VotesFile) -> dict:
    """What a description says beyond the defaults, without the path."""
    defaults = {field.name: field.default for field in fields(VotesFile)}
    return {
        name: value
        for name, value in asdict(described).items()
        if name != "path" and value not in (None, (), {}, defaults.get(name))
    }


def save_mapping(store: Database, name: str, described: VotesFile) -> None:
    """Keep a description under a name; one of that name before is replaced. Raises BadInput for a name that cannot be."""
    name = checked_name("mapping", name)
    with store.writing() as cursor:
        cursor.execute("DELETE FROM mappings WHERE name = ?", [name])
        cursor.execute("INSERT INTO mappings VALUES (?, ?, ?)", [name, json.dumps(settings_of(described)), utc_now()])


def find_mapping(store: Database, name: str) -> dict:
    """The fields kept under a name. Raises UnknownName listing those there are."""
    known = {row["name"]: row["mapping"] for row in list_mappings(store)}
    if name not in known:
        raise UnknownName("mapping", name, known)
    return known[name]


def list_mappings(store: Database) -> list[dict]:
    """Every mapping: name, mapping (fields), saved_at; by name."""
    rows = store.cursor().execute("SELECT name, settings, saved_at FROM mappings ORDER BY name").fetchall()
    return [{"name": name, "mapping": json.loads(settings), "saved_at": saved} for name, settings, saved in rows]
