"""Where importers put together what they find: sound files by their names, clips and votes as tables."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd

from emo_core.corpora.sound_files import SUFFIXES, Sounds
from emo_core.errors import BadInput
from emo_core.records import Reading, Skipped

_CLIP_COLUMNS = {
    "clip": "str", "audio": "str", "start_s": "float64", "end_s": "float64", "duration_s": "float64",
    "transcript": "str", "speaker": "str", "session": "str", "partition": "str", "metadata": "object",
}  # fmt: skip
_VOTE_COLUMNS = {
    "clip": "str", "panel": "str", "rater": "str", "label": "str", "times": "int64", "secondary": "str", "strengths": "str",
    "valence": "float64", "arousal": "float64", "dominance": "float64", "confidence": "float64", "seconds": "float64", "comment": "str",
    "persona": "str", "temperature": "float64", "voted_at": "str", "provenance": "object",
}  # fmt: skip
_HEADERS = ("db.yaml", "dataset_dict.json", "dataset_info.json", "annotation_output")


def holds_sound(path: Path | str, name: re.Pattern, *, below: str) -> bool:
    """Whether a folder, or one of its folders that match `below`, holds a sound file whose name fits (few are looked at).

    A folder with the header of another format is not taken for a mere folder of sounds.
    """
    try:
        root = Path(path)
        if not root.is_dir() or any((root / header).exists() for header in _HEADERS):
            return False
        folders = [root, *islice(root.glob(below), 100)]
        files = chain.from_iterable(islice(found.iterdir(), 200) for found in folders if found.is_dir())
        return any(name.fullmatch(file.stem) and file.suffix.lower() in SUFFIXES for file in files)
    except (OSError, ValueError):
        return False


@dataclass
class Collection:
    """Clips and votes as an importer comes across them, what it left out, and what is worth knowing."""

    clips: dict[str, dict] = field(default_factory=dict)
    votes: list[dict] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counted: Counter = field(default_factory=Counter)

    def add_clip(self, clip: str, **fields: Any) -> None:
        """A clip, or more about one that is there: what was said first stays."""
        known = self.clips.setdefault(clip, {})
        for name, value in fields.items():
            if value is not None and known.get(name) is None:
                known[name] = value

    def add_vote(self, clip: str, panel: str, **fields: Any) -> None:
        """A vote; `secondary` is a list of labels, `provenance` a dict."""
        further = fields.pop("secondary", None)
        if further:
            fields["secondary"] = ";".join(further)
        if fields.get("provenance"):
            fields["provenance"] = json.dumps(fields["provenance"], ensure_ascii=False)
        else:
            fields.pop("provenance", None)
        self.votes.append({"clip": clip, "panel": panel} | fields)

    def skip(self, where: str, reason: str) -> None:
        """Leave something out, and say so."""
        self.skipped.append(Skipped(where, reason))

    def count(self, what: str, times: int = 1) -> None:
        """Something worth a note with its number: `what` reads on after the number."""
        if times:
            self.counted[what] += times

    def reading(
        self,
        name: str,
        source: Path,
        sounds: Sounds,
        *,
        frames: tuple[pd.DataFrame, pd.DataFrame] | None = None,
        **more: Any,
    ) -> Reading:
        """What was come across as a `Reading`; `frames` are clips and votes where they were put together elsewhere.

        Raises BadInput where there is no vote.
        """
        clips, votes = frames or (
            _frame([{"clip": clip} | fields for clip, fields in self.clips.items()], _CLIP_COLUMNS),
            _frame(self.votes, _VOTE_COLUMNS),
        )
        if votes.empty:
            why = "Check the path."
            if self.skipped:
                first = self.skipped[0]
                why = f"Left out: {len(self.skipped):,}, the first of them {first.where}: {first.reason}."
            raise BadInput(f"{source} has no votes that can be read as {name}. {why}")
        clips = self._settled(clips, sounds)
        self._note_clips(clips, votes, sounds)
        return Reading(
            format=name,
            source=str(source),
            clips=clips,
            votes=votes,
            audio_root=sounds.root,
            skipped=tuple(self.skipped),
            notes=(*self.notes, *(f"{times:,} {what}." for what, times in self.counted.items()), *sounds.notes),
            **more,
        )

    def _settled(self, clips: pd.DataFrame, sounds: Sounds) -> pd.DataFrame:
        """The clips without the sound that is not certainly theirs."""
        silent, notes = sounds.settle()
        self.notes += notes
        lost = clips["clip"].isin(silent)
        return clips.assign(
            **{name: clips[name].mask(lost) for name in ("audio", "duration_s") if name in clips and lost.any()}
        )

    def _note_clips(self, clips: pd.DataFrame, votes: pd.DataFrame, sounds: Sounds) -> None:
        """How many clips have sound and votes, and whether some share their sound by mistake."""
        heard = clips[clips["audio"].notna() & ~clips["audio"].isin(sounds.unreadable)]
        if sounds.root is not None:
            self.notes.append(f"{len(heard):,} of {len(clips):,} clips have a sound file.")
        shared = heard.duplicated([name for name in ("audio", "start_s", "end_s") if name in heard])
        for what, holds in {
            "clips have no vote": ~clips["clip"].isin(votes["clip"].unique()),
            "clips share their sound with another clip: check that the files' paths tell them apart": shared,
        }.items():
            if holds.any():
                self.count(what, int(holds.sum()))


def _frame(rows: list[dict], columns: Mapping[str, str]) -> pd.DataFrame:
    """A table of the columns that any row fills (clip, audio, panel and label always), each with its type."""
    used = {name for row in rows for name, value in row.items() if value is not None}
    always = {"clip", "audio", "panel", "label"}
    empty = {"times": 1, "metadata": {}}
    return pd.DataFrame(
        {
            name: pd.Series([row.get(name, empty.get(name)) for row in rows], dtype=kind)
            for name, kind in columns.items()
            if name in used | always
        }
    )
