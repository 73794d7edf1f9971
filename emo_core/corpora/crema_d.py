"""CREMA-D (Cao et al. 2014) in its official layout.

    processedResults/tabulatedVotes.csv   vote counts of every clip, heard, seen, and both
    SentenceFilenames.csv                 stimulus number and clip
    VideoDemographics.csv                 age, sex, race of the actors (optional)
    AudioWAV/                             the clips, as many as are there

The raters are anonymous: counts only. The first column is 100000 · query + stimulus number, and the query says what the
raters were given: 1 the voice, 2 the face, 3 both.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from emo_core import vocabulary
from emo_core.corpora import sources
from emo_core.corpora.formats import Format
from emo_core.corpora.sound_files import Lengths, audio_root
from emo_core.errors import BadInput, BadTable
from emo_core.records import Reading, Skipped

LICENCE = "CREMA-D, Open Database License 1.0 (database) and Database Contents License 1.0 (contents)"
PANELS = {1: "human:voice", 2: "human:face", 3: "human:audiovisual"}
_MOST_VOTES = 100_000  # for one emotion of a clip
LETTERS = ("A", "D", "F", "H", "N", "S")
# Houwei Cao et al., "CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset", table of the twelve sentences.
SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
_INTENSITY_COLUMNS = [f"mean{name}Resp" for name in ("Anger", "Disgust", "Fear", "Happy", "Neutral", "Sad")]


def read(folder: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read the votes of all three panels, and the audio that is there; `audio` is its folder where it is not AudioWAV.

    Raises BadInput where the folder is not CREMA-D's, BadTable where a table lacks a column or has a count that is not a
    whole number of votes.
    """
    root = sources.folder(folder, "the folder that CREMA-D was unpacked into")
    table = root / "processedResults" / "tabulatedVotes.csv"
    if not table.is_file():
        raise BadInput(
            f"{root} has no processedResults/tabulatedVotes.csv. Give the folder that CREMA-D was unpacked into."
        )
    tabulated = _read_csv(table, ["", *LETTERS, "fileName", "numResponses", *_INTENSITY_COLUMNS])
    stimuli = _stimuli(root)
    tabulated, skipped = _checked(tabulated, stimuli, table.name)
    if not len(tabulated):
        first = f" The first row left out: {skipped[0].where}: {skipped[0].reason}." if skipped else ""
        raise BadInput(f"{table.name} has no row that can be taken.{first} Take the file as it was published.")
    sounds = audio_root(audio) if audio else root / "AudioWAV"
    lengths = Lengths(sounds)
    clips = _clips(root, tabulated, lengths)
    voteless = len(set(stimuli.values()) - set(clips["clip"]))
    return Reading(
        format="crema-d",
        source=str(root),
        clips=clips,
        votes=_votes(tabulated),
        audio_root=sounds,
        licence=LICENCE,
        skipped=tuple(skipped),
        notes=(
            f"{clips['duration_s'].notna().sum():,} of {len(clips):,} clips have their audio in {sounds.name}/.",
            f"{voteless:,} clips of SentenceFilenames.csv have no votes here.",
            *lengths.notes(),
        ),
    )


def _read_csv(path: Path, needed: list[str]) -> pd.DataFrame:
    """All columns as text; `NA` stays text. Rows count from 1 below the header."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise BadTable(f"{path.name} cannot be read as a table: {error}. Take the file as it was published.") from error
    doubled = [name for name in header if header.count(name) > 1]
    if doubled:
        raise BadTable(f"{path.name} names the column {doubled[0]!r} twice. Take the file as published.")
    missing = [name for name in needed if name not in header]
    if missing:
        raise BadTable(
            f"{path.name} has no column {missing[0]!r}; it has {', '.join(header)}. Take the file as published."
        )
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise BadTable(
                f"{path.name} row {number} has {len(row)} columns where the header has {len(header)}: the file is cut or "
                "damaged. Take it as it was published."
            )
    return pd.DataFrame(rows, columns=header, index=range(1, len(rows) + 1), dtype=str)


def _stimuli(root: Path) -> dict[str, str]:
    """Clip name of each stimulus number, from SentenceFilenames.csv."""
    path = root / "SentenceFilenames.csv"
    if not path.is_file():
        raise BadInput(
            f"{root} has no SentenceFilenames.csv, which ties stimulus numbers to clips. Unpack it beside the votes."
        )
    table = _read_csv(path, ["Stimulus_Number", "Filename"])
    return dict(zip(table["Stimulus_Number"].str.strip(), table["Filename"].str.strip()))


def _checked(table: pd.DataFrame, stimuli: dict[str, str], name: str) -> tuple[pd.DataFrame, list[Skipped]]:
    """Rows with their counts as integers, clip and panel; rows that contradict the layout are left out and listed."""
    counts = table[list(LETTERS)].apply(pd.to_numeric, errors="coerce")
    wrong = counts.isna() | (counts < 0) | (counts > _MOST_VOTES) | (counts % 1 != 0)
    if wrong.to_numpy().any():
        row, column = (int(axis[0]) for axis in np.nonzero(wrong.to_numpy()))
        raise BadTable(
            f"{name} row {table.index[row]}: the count {table[LETTERS[column]].iloc[row]!r} for {LETTERS[column]} is not a "
            "whole number of votes, zero or more. Nothing was written; mend the row."
        )
    number = pd.to_numeric(table[""], errors="coerce")
    number = number.where(number.between(0, 1e9), -1).astype(int)
    named = number.mod(100_000).astype(str).map(stimuli)
    table = table.assign(panel=number.floordiv(100_000).map(PANELS), clip=table["fileName"].str.strip())
    table[list(LETTERS)] = counts.astype(int)
    reasons = {
        "the first column is not 100000 · query + stimulus number with query 1, 2 or 3": table["panel"].isna(),
        "the stimulus number is another clip's in SentenceFilenames.csv": named.notna() & (named != table["clip"]),
        "the clip's name is not actor_sentence_emotion_level": ~table["clip"].str.fullmatch(
            r"\d{4}_[A-Z]{3}_[A-Z]{3}_[A-Z]{2}"
        ),
        "numResponses is not the sum of the counts": pd.to_numeric(table["numResponses"], errors="coerce")
        != counts.sum(axis=1),
        "the clip and panel stand in an earlier row already": table.duplicated(["clip", "panel"]),
    }
    reason = pd.Series(
        np.select([test.to_numpy() for test in reasons.values()], list(reasons), default=""), table.index
    )
    skipped = [Skipped(f"{name} row {row}", text) for row, text in reason[reason != ""].items()]
    return table[reason == ""], skipped


def _votes(table: pd.DataFrame) -> pd.DataFrame:
    """One row a clip, panel and emotion with how many raters chose it, and their mean intensity where anyone did."""
    parts = []
    for letter, column in zip(LETTERS, _INTENSITY_COLUMNS):
        intensity = pd.to_numeric(table[column], errors="coerce")
        parts.append(
            pd.DataFrame(
                {
                    "clip": table["clip"],
                    "panel": table["panel"],
                    "label": letter,
                    "times": table[letter],
                    "row": table.index,
                }
            ).assign(
                provenance=[
                    None if not np.isfinite(value) or value < 0 else f'{{"mean_intensity": {value:g}}}'
                    for value in intensity
                ]
            )
        )
    votes = pd.concat(parts).sort_values("row", kind="stable")
    return votes[votes["times"] > 0].drop(columns="row").reset_index(drop=True)


def _clips(root: Path, table: pd.DataFrame, lengths: Lengths) -> pd.DataFrame:
    """One row a clip, in the order of the table; its name says actor, sentence, intended emotion and level."""
    names = table["clip"].drop_duplicates()
    parts = names.str.split("_", expand=True)
    actors = _actors(root)
    audio = [f"{name}.wav" if _is_inside(lengths.root / f"{name}.wav", lengths.root) else None for name in names]
    metadata = [
        {"intended": vocabulary.find_emotion(emotion), "level": level, "sentence": sentence} | actors.get(actor, {})
        for actor, sentence, emotion, level in parts.itertuples(index=False)
    ]
    return pd.DataFrame(
        {
            "clip": names,
            "audio": audio,
            "duration_s": [lengths.of(file) if file else np.nan for file in audio],
            "transcript": parts[1].map(SENTENCES),
            "speaker": parts[0],
            "metadata": metadata,
        }
    ).reset_index(drop=True)


def _is_inside(file: Path, folder: Path) -> bool:
    """Whether a file is there, and no link that leads out of the folder."""
    return file.is_file() and file.resolve().is_relative_to(folder.resolve())


def _actors(root: Path) -> dict[str, dict[str, str]]:
    """What VideoDemographics.csv says of each actor; nothing where it is not there."""
    path = root / "VideoDemographics.csv"
    if not path.is_file():
        return {}
    table = _read_csv(path, ["ActorID"]).drop_duplicates("ActorID")
    return {
        actor: {name.lower(): value for name, value in details.items()}
        for actor, details in table.set_index("ActorID").to_dict("index").items()
    }


FORMAT = Format(
    name="crema-d",
    title="CREMA-D",
    give="the folder that holds processedResults/tabulatedVotes.csv",
    read=read,
    recognises=lambda path: (path / "processedResults" / "tabulatedVotes.csv").is_file(),
)
