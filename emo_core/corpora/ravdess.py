"""RAVDESS (Livingstone & Russo 2018, "The Ryerson Audio-Visual Database of Emotional Speech and Song", PLoS ONE 13(5)).

A folder of sound files, by custom in Actor_01 … Actor_24, whose names are seven numbers:

    03-01-06-01-02-01-12.wav
    modality-channel-emotion-intensity-statement-repetition-actor

The emotion is what the actor was told to play, not what anyone heard: one anonymous vote a clip, panel `intended`.
"""

import re
from pathlib import Path

from emo_core.corpora import sources
from emo_core.corpora.collecting import Collection, Sounds, holds_sound
from emo_core.corpora.formats import Format
from emo_core.records import Reading

LICENCE = "RAVDESS, Creative Commons BY-NC-SA 4.0"
MODALITIES = {"01": "audio and video", "02": "video only", "03": "audio only"}
CHANNELS = {"01": "speech", "02": "song"}
EMOTIONS = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad", "05": "anger", "06": "fear", "07": "disgust", "08": "surprise",
}  # fmt: skip
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
_NAME = re.compile(r"[0-9]{2}(-[0-9]{2}){6}")
_GIVE = "the folder that holds Actor_01 … Actor_24"


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read what the file names say. The sound files are the corpus; `audio` names their folder where it is another one.

    Raises BadInput where the folder has no file of such a name.
    """
    root = sources.folder(path, _GIVE)
    sounds = Sounds(audio if audio is not None else root)
    found = Collection()
    for file, seconds in sounds.files.items():
        clip = Path(file).stem
        reason = _wrong(clip, found)
        if reason:
            found.skip(file, reason)
            continue
        *_, emotion, _, statement, _, actor = clip.split("-")
        metadata = _metadata(clip)
        fields = {"transcript": STATEMENTS[statement], "speaker": actor, "metadata": metadata}
        found.add_clip(clip, audio=file, duration_s=seconds, **fields)
        found.add_vote(clip, "intended", label=EMOTIONS[emotion])
    return found.reading(FORMAT.name, root, sounds, licence=LICENCE)


def _wrong(clip: str, found: Collection) -> str | None:
    """Why a file's name says nothing, or nothing new."""
    if not _NAME.fullmatch(clip):
        return "its name is not seven numbers of two digits"
    if clip in found.clips:
        return "the clip lies in another folder or format too"
    parts = clip.split("-")
    for name, part, known in zip(
        ("modality", "channel", "emotion", "intensity", "statement"),
        parts,
        (MODALITIES, CHANNELS, EMOTIONS, INTENSITIES, STATEMENTS),
    ):
        if part not in known:
            return f"there is no {name} {part}"
    return None if 1 <= int(parts[6]) <= 24 else f"there is no actor {parts[6]}"


def _metadata(clip: str) -> dict[str, str]:
    modality, channel, _, intensity, _, repetition, actor = clip.split("-")
    return {
        "modality": MODALITIES[modality],
        "channel": CHANNELS[channel],
        "intensity": INTENSITIES[intensity],
        "repetition": repetition,
        "actor": actor,
        "sex": "male" if int(actor) % 2 else "female",
    }


def recognises(path: Path | str) -> bool:
    """Whether the folder, or a folder of an actor in it, holds a sound file of such a name."""
    return holds_sound(path, _NAME, below="Actor_*")


FORMAT = Format("ravdess", "RAVDESS", _GIVE, read, recognises)
