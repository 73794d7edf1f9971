"""The votes of a paper pack as Parquet, and back. People who voted go by codes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from emo_core.analysis.data import StudyData, Votes

SIDES = ("reference", "candidate")


def with_codes(data: StudyData) -> StudyData:
    """People's names replaced by codes in order of name; models keep theirs."""
    changed = {}
    for side in SIDES:
        votes = getattr(data, f"{side}_votes")
        if votes is not None:
            is_person = np.array([persona is None for persona in votes.personas], dtype=bool) & ~np.isfinite(
                votes.temperatures
            )
            names = [
                f"R{i:04d}" if person else name for i, (person, name) in enumerate(zip(is_person, votes.raters), 1)
            ]
            changed[f"{side}_votes"] = replace(votes, raters=np.array(names, dtype=object))
    return replace(data, **changed)


def write_data(data: StudyData, folder: Path) -> None:
    """The votes as Parquet."""
    columns: dict[str, object] = {"clip": data.clips, "corpus": data.corpora, "speaker": data.speakers}
    for name, matrix in _matrices(data).items():
        columns |= {f"{name}:{emotion}": matrix[:, place] for place, emotion in enumerate(data.emotions)}
    pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), folder / "clips.parquet")
    for side in SIDES:
        votes = getattr(data, f"{side}_votes")
        if votes is not None:
            rater = [None if i < 0 else votes.raters[i] for i in votes.rater]
            persona = [None if i < 0 else votes.personas[i] for i in votes.rater]
            heat = np.append(votes.temperatures, np.nan)[votes.rater]
            table = {
                "clip": data.clips[votes.clip], "rater": pa.array(rater, pa.string()),
                "label": np.array(data.emotions, dtype=object)[votes.label], "persona": pa.array(persona, pa.string()),
                "temperature": pa.array(heat, from_pandas=True),
            }  # fmt: skip
            pq.write_table(pa.table(table), folder / f"{side}_votes.parquet")


def _matrices(data: StudyData) -> dict[str, np.ndarray]:
    sides = {
        "reference": data.reference, "candidate": data.candidate,
        "reference_weight": data.reference_weights, "candidate_weight": data.candidate_weights,
    }  # fmt: skip
    return sides | {f"panel:{name}": counts for name, counts in data.panels.items()}


def read_data(settings: dict, folder: Path) -> StudyData:
    """What `_write_data` wrote."""
    table = pq.read_table(folder / "clips.parquet")
    emotions = tuple(settings["emotions"])

    def texts(name: str) -> np.ndarray:
        return np.array(table[name].to_pylist(), dtype=object)

    def matrix(name: str) -> np.ndarray:
        return np.column_stack([table[f"{name}:{emotion}"].to_numpy() for emotion in emotions])

    clips = texts("clip")
    data = StudyData(
        str(settings["study"].get("name", "")), settings["reference"], settings["candidate"], emotions, settings["seed"],
        clips, texts("corpus"), texts("speaker"), matrix("reference"), matrix("candidate"),
        matrix("reference_weight"), matrix("candidate_weight"),
        panels={name: matrix(f"panel:{name}") for name in settings["panels"]},
    )  # fmt: skip
    number_of = {name: place for place, name in enumerate(clips)}
    found = {
        f"{side}_votes": _read_votes(folder / f"{side}_votes.parquet", number_of, emotions)
        for side in SIDES
        if (folder / f"{side}_votes.parquet").is_file()
    }
    return replace(data, **found)


def _read_votes(path: Path, number_of: dict[str, int], emotions: tuple[str, ...]) -> Votes:
    table = pq.read_table(path).to_pydict()
    names = sorted({name for name in table["rater"] if name is not None})
    place = {name: i for i, name in enumerate(names)}
    personas, heat = np.full(len(names), None, dtype=object), np.full(len(names), np.nan)
    for name, persona, temperature in zip(table["rater"], table["persona"], table["temperature"]):
        if name is not None:
            personas[place[name]] = persona
            heat[place[name]] = np.nan if temperature is None else temperature
    return Votes(
        np.array([number_of[clip] for clip in table["clip"]], dtype=np.int64),
        np.array([place.get(name, -1) for name in table["rater"]], dtype=np.int64),
        np.array([emotions.index(label) for label in table["label"]], dtype=np.int64),
        np.array(names, dtype=object), personas, heat,
    )  # fmt: skip
