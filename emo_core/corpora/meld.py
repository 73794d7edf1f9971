"""MELD (Poria et al. 2019, "MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations", ACL).

    train_sent_emo.csv, dev_sent_emo.csv, test_sent_emo.csv   one row an utterance of the series Friends
    train_splits/, dev_splits_complete/, output_repeated_splits_test/   the clips, dia{dialogue}_utt{utterance}.mp4

Three people labelled each utterance, and what they agreed on is published: one anonymous vote a clip, panel `consensus`.
Dialogues are numbered anew in each partition, so clips and dialogues carry its name: `train/dia0_utt3`.
"""

import re
from itertools import chain, islice
from pathlib import Path

from emo_core.corpora import sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.errors import BadInput
from emo_core.records import Reading

LICENCE = "MELD, GNU GPL 3 (annotations); the clips are from the television series Friends"
PARTITIONS = ("train", "dev", "test")
_FILES = {f"{partition}_sent_emo.csv": partition for partition in PARTITIONS}
_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
_CLIP = re.compile(r"dia[0-9]+_utt[0-9]+")
_GIVE = "the folder that holds train_sent_emo.csv, dev_sent_emo.csv and test_sent_emo.csv, or one of these files"


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read the tables that are there, and find the sound of their clips below their folder or below `audio`.

    Raises BadInput where no table is there, BadTable where one is damaged.
    """
    given = sources.existing(path)
    root = given if given.is_dir() else given.parent
    tables, found = _tables(given), Collection()
    if not tables:
        raise BadInput(f"{given} has no {' or '.join(_FILES)}. Give {_GIVE}.")
    sounds = Sounds(audio if audio is not None else root, not_read=())  # its films have a note of their own
    places = _places(sounds.files, tables)
    for partition, file in tables.items():
        for row, cells in sources.read_rows(file, _COLUMNS, decoded=_decoded(file, found)):
            _add(found, f"{file.name} row {row}", partition, cells, places)
    _note_videos(found, sounds.root, tables)
    return found.reading(FORMAT.name, root, sounds, licence=LICENCE)


def _tables(given: Path) -> dict[str, Path]:
    """The table of each partition that is there; in a folder, the one that lies highest."""
    files = (
        [given] if given.is_file() else chain.from_iterable(given.glob(f"{depth}*.csv") for depth in ("", "*/", "*/*/"))
    )
    tables: dict[str, Path] = {}
    for file in files:
        if file.name in _FILES and file.is_file():
            tables.setdefault(_FILES[file.name], file)
    return {partition: tables[partition] for partition in PARTITIONS if partition in tables}


def _decoded(file: Path, found: Collection) -> str:
    """The text of a table. Copies of MELD are UTF-8 or Windows-1252, and hold apostrophes that were once decoded wrongly."""
    raw = sources.read_bytes(file)
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            decoded = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            found.notes.append(f"{file.name} is not UTF-8; it was read as Windows-1252.")
        return decoded
    found.notes.append(f"{file.name} is neither UTF-8 nor Windows-1252; it was read as Latin-1.")
    return raw.decode("latin-1")


def _places(files: dict[str, float], tables: dict[str, Path]) -> dict[str, dict]:
    """The sound of each clip: the folders above a file say the partition, or there is only one."""
    places: dict[str, dict] = {}
    for file, seconds in files.items():
        partition = _partition(file, tables)
        if partition and _CLIP.fullmatch(Path(file).stem):
            places.setdefault(f"{partition}/{Path(file).stem}", {"audio": file, "duration_s": seconds})
    return places


def _partition(file: str, tables: dict[str, Path]) -> str | None:
    for part in reversed(Path(file).parts[:-1]):
        for partition in PARTITIONS:
            if part.lower().startswith((partition, f"output_repeated_splits_{partition}")):
                return partition
    return next(iter(tables)) if len(tables) == 1 else None


def _add(found: Collection, where: str, partition: str, cells: dict[str, str], places: dict[str, dict]) -> None:
    """One row: a clip and its vote."""
    dialogue, utterance = (cells[name].strip() for name in ("Dialogue_ID", "Utterance_ID"))
    clip, session = f"{partition}/dia{dialogue}_utt{utterance}", f"{partition}/dia{dialogue}"
    label, transcript = sources.text(cells["Emotion"]), sources.text(cells["Utterance"])
    reasons = {
        f"the dialogue {dialogue!r} or the utterance {utterance!r} is not a number": not _CLIP.fullmatch(
            clip[len(partition) + 1 :]
        ),
        "it has no emotion": label is None,
        f"the clip {clip} stands in an earlier row already": clip in found.clips,
    }
    for reason, holds in reasons.items():
        if holds:
            return found.skip(where, reason)
    if transcript and re.search("[\x80-\x9f]", transcript):
        found.count("utterances hold characters that were decoded wrongly before they were published; they are kept")
    metadata = sources.scalars(
        {name.lower(): cell for name, cell in cells.items() if name not in (*_COLUMNS, "Sr No.")}
    )
    fields = {
        "transcript": transcript,
        "speaker": sources.text(cells["Speaker"]),
        "session": session,
        "metadata": metadata,
    }
    found.add_clip(clip, partition=partition, **fields, **places.get(clip, {}))
    found.add_vote(clip, "consensus", label=label)


def _note_videos(found: Collection, root: Path, tables: dict[str, Path]) -> None:
    """How many clips are there as video only, and how to take the sound out."""
    silent = {clip for clip, fields in found.clips.items() if not fields.get("audio")}
    videos = {
        f"{_partition(file.relative_to(root).as_posix(), tables)}/{file.stem}" for file in root.rglob("dia*_utt*.mp4")
    }
    if silent & videos:
        found.count(
            "clips are there as .mp4 only, which cannot be played here. Take the sound out beside each, for example: "
            "ffmpeg -i dia0_utt0.mp4 -vn -ac 1 -ar 16000 dia0_utt0.wav",
            len(silent & videos),
        )


def recognises(path: Path | str) -> bool:
    """Whether it is one of the tables, or a folder that holds one within two folders."""
    try:
        given = Path(path)
        if given.is_file():
            return given.name in _FILES
        folders = [given, *islice(given.glob("*/"), 50), given / "data" / "MELD"] if given.is_dir() else []
        return any((folder / name).is_file() for folder in folders for name in _FILES)
    except (OSError, ValueError):
        return False


FORMAT = Format("meld", "MELD", _GIVE, read, recognises)
