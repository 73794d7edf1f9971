"""Any table of votes: one row a vote with a label column, or one row a clip with columns of counts."""

from dataclasses import replace
from pathlib import Path

from emo_core.corpora import own_export
from emo_core.corpora.sound_files import Sounds, audio_root
from emo_core.records import Reading, VotesFile


def read(votes: VotesFile, *, audio: Path | str | None = None, licence: str = "") -> Reading:
    """The votes stay on disk: the store reads them, five million rows or more, without a table in memory.

    `audio` is the folder of the clips' sound files; a clip finds its file by its path, as `sound_files` says.

    Raises BadInput where the audio folder is not there.
    """
    votes = replace(votes, path=Path(votes.path).expanduser().resolve())
    sounds = Sounds(audio_root(audio)) if audio else None
    said = own_export.facts_beside(votes.path.with_name(f"{votes.path.name}.schema.json"))
    return Reading(
        format="votes",
        source=str(votes.path),
        clips=None,
        votes=votes,
        audio_root=sounds.root if sounds else None,
        sounds=sounds,
        licence=licence or said.get("licence", ""),
        simulated=said.get("simulated", False),
        rating_scale=said.get("rating_scale"),
        notes=tuple(sounds.notes) if sounds else (),
    )
