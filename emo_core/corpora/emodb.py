"""EmoDB (Burkhardt et al. 2005, "A database of German emotional speech", Interspeech): acted emotions in German.

A folder of sound files, by custom `wav/`, whose names say speaker, sentence, emotion and version:

    03a01Fa.wav

The letter of the emotion is the first of its German name. It is what the actor was told to play: one anonymous vote a
clip, panel `intended`. The database as audb hands it out (with a db.yaml) is read as `audformat`.
"""

import re
from pathlib import Path

from emo_core.corpora import sources
from emo_core.corpora.collecting import Collection, Sounds, holds_sound
from emo_core.corpora.formats import Format
from emo_core.records import Reading

LICENCE = "EmoDB (Burkhardt et al. 2005); see the terms of the copy at hand"
# Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral. In our vocabulary the bare letters A and F mean something else.
EMOTIONS = {
    "W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happy", "T": "sad", "N": "neutral",
}  # fmt: skip
SPEAKERS = {
    "03": ("male", 31), "08": ("female", 34), "09": ("female", 21), "10": ("male", 32), "11": ("male", 26),
    "12": ("male", 30), "13": ("female", 32), "14": ("female", 35), "15": ("male", 25), "16": ("female", 31),
}  # fmt: skip
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_NAME = re.compile(r"([0-9]{2})([ab][0-9]{2})([A-Z])([a-z])")
_GIVE = "the folder that holds files such as 03a01Fa.wav"


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read what the file names say. The sound files are the corpus; `audio` names their folder where it is another one.

    Raises BadInput where the folder has no file of such a name.
    """
    root = sources.folder(path, _GIVE)
    sounds = Sounds(audio if audio is not None else root)
    found = Collection()
    for file, seconds in sounds.files.items():
        clip = Path(file).stem
        parts = _NAME.fullmatch(clip)
        if parts is None or parts[3] not in EMOTIONS or clip in found.clips:
            found.skip(file, _reason(parts))
            continue
        speaker, sentence, emotion, version = parts.groups()
        sex, age = SPEAKERS.get(speaker, (None, None))
        details = {"sentence": sentence, "version": version, "sex": sex, "age": age}
        metadata = {name: value for name, value in details.items() if value is not None}
        fields = {"transcript": SENTENCES.get(sentence), "speaker": speaker, "metadata": metadata}
        found.add_clip(clip, audio=file, duration_s=seconds, **fields)
        found.add_vote(clip, "intended", label=EMOTIONS[emotion])
    return found.reading(FORMAT.name, root, sounds, licence=LICENCE)


def _reason(parts: re.Match | None) -> str:
    """Why a file was left out."""
    if parts is None:
        return "its name is not speaker, sentence, emotion and version, such as 03a01Fa"
    if parts[3] not in EMOTIONS:
        return f"{parts[3]} is none of the emotions {', '.join(EMOTIONS)}"
    return "the clip lies in another folder or format too"


def recognises(path: Path | str) -> bool:
    """Whether the folder, or `wav` in it, holds a sound file of such a name, and no header of audformat."""
    return holds_sound(path, _NAME, below="wav")


FORMAT = Format("emodb", "EmoDB", _GIVE, read, recognises)
