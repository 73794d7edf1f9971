"""MSP-Podcast (Lotfian & Busso 2019, IEEE Transactions on Affective Computing 10) in its official layout.

    Labels/labels.txt                    each clip's consensus, then a line for each worker
    Labels/labels_detailed.json, .csv    the same; three generations of the CSV are understood
    Labels/labels_consensus.csv, .json   consensus, speaker, gender and partition of each clip
    Audios/, Transcripts/<clip>.txt, Partitions.txt, Speaker_ids.txt

Releases to 1.9 spell the third `concensus`, and call the folder label/ or labels/ and the first file Labels.txt.

The workers' own answers are the panel `human`: the primary emotion is the vote's label, the secondary ones (without it) its
secondary labels; arousal, valence and dominance are rated from 1 to 7. Where only the consensus is there, it is the panel
`consensus`, one anonymous vote a clip.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from emo_core import vocabulary
from emo_core.corpora import questions, sources, text_files
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.errors import BadInput, BadTable
from emo_core.records import Reading

LICENCE = "MSP-Podcast, licence of the University of Texas at Dallas: research use, not to be passed on"
LETTERS = {
    "A": "anger", "S": "sad", "H": "happy", "U": "surprise", "F": "fear", "D": "disgust", "C": "contempt", "N": "neutral",
    "O": "other",
}  # fmt: skip
NO_AGREEMENT = "X"
_GIVE = "the folder that holds Labels/, Audios/ and Transcripts/"
# Best first: those with the workers' answers, then those with the consensus alone.
_DETAILED = ("labels.txt", "labels_detailed.json", "labels_detailed.csv")
_CONSENSUS = ("labels_consensus.csv", "labels_consensus.json")
_SPELLINGS = {"labels.txt": "Labels.txt"} | {name: name.replace("consensus", "concensus") for name in _CONSENSUS}
_FOLDERS = ("Labels", "labels", "label")
_NAME = re.compile(r"[^\\/;,\s][^\\/;,]{0,150}\.wav", re.IGNORECASE)
# A worker's line as it nearly always is; any other is taken apart piece by piece, which takes three times as long.
_WORKER = re.compile(r"(WORKER[^;]*);([^;:]*);([^;:]*);\s*A:([^;]*);\s*V:([^;]*);\s*D:([^;]*);?")
_OTHER = re.compile(r"(?i)\s*other\b")
_FREE_TEXT = re.compile(r"(?i)\s*other\s*[-:(]")
_SCALES = {"A": "arousal", "V": "valence", "D": "dominance"}
_COLUMNS = ("clip", "rater", "label", "secondary", "comment", *_SCALES.values())


class Answer(NamedTuple):
    """One worker's answer as it is written; `ratings` are arousal, valence and dominance."""

    where: str
    clip: str
    worker: str | None
    primary: str | None
    secondary: str | None
    ratings: tuple[str | float | None, ...]


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read the workers' answers, or the consensus where they are not there; `audio` is the folder of the sound elsewhere.

    Raises BadInput where no labels are there, BadTable where a file cannot be read.
    """
    root = sources.folder(path, _GIVE)
    files = _label_files(root)
    found = Collection()
    sounds = Sounds(audio if audio is not None else _first_folder(root, "Audios", "Audio") or root)
    detailed = next((files[name] for name in _DETAILED if name in files), None)
    consensus = next((files[name] for name in _CONSENSUS if name in files), None)
    if detailed is None and consensus is None:
        raise BadInput(f"{root} has none of {', '.join((*_DETAILED, *_CONSENSUS))} in Labels/. Give {_GIVE}.")
    if consensus is not None:
        _read_consensus(consensus, found, votes=detailed is None)
    votes = _votes(_answers(detailed, found), found) if detailed is not None else pd.DataFrame(found.votes)
    _note(found, files, detailed, consensus)
    for clip in votes["clip"].unique() if len(votes) else ():
        found.add_clip(clip)
    clips = _clips(root, found, sounds)
    return found.reading(FORMAT.name, root, sounds, frames=(clips, votes), licence=LICENCE, rating_scale=(1.0, 7.0))


def _first_folder(root: Path, *names: str) -> Path | None:
    folders = (root / name for name in names)
    return next((folder for folder in folders if folder.is_dir() and folder.resolve().is_relative_to(root)), None)


def _label_files(root: Path) -> dict[str, Path]:
    """Label files by the name that releases give them now, in Labels/ or in the folder itself."""
    labels = _first_folder(root, *_FOLDERS)
    places = [
        (name, folder / spelled)
        for folder in (labels, root)
        if folder
        for name in (*_DETAILED, *_CONSENSUS)
        for spelled in (name, _SPELLINGS.get(name, name))
    ]
    return {name: file for name, file in reversed(places) if text_files.is_inside(file, root)}


def _clip_name(written: Any) -> str | None:
    """The clip's name without its ending; None where it cannot be one."""
    name = sources.text(written) or ""
    return name[:-4] if _NAME.fullmatch(name) else None


def _answers(file: Path, found: Collection) -> Iterator[Answer]:
    if file.suffix == ".json":
        return _of_json(file, found)
    return _of_csv(file, found) if file.suffix == ".csv" else _of_blocks(file, found)


def _of_blocks(file: Path, found: Collection) -> Iterator[Answer]:
    """Blocks of a clip's line and its workers' lines, in labels.txt."""
    clip, name = None, file.name
    for number, line in enumerate(text_files.lines(file, found), 1):
        line = line.strip()
        where = f"{name} line {number}"
        if not line:
            continue
        if line[:6].upper() == "WORKER":
            if clip is None:
                found.skip(where, "it belongs to no clip")
            elif answer := _of_line(where, clip, line, found):
                yield answer
            continue
        first, *rest = (part.strip() for part in line.split(";"))
        if (clip := _clip_name(first)) is None:
            found.skip(where, "it is neither a clip (name.wav; consensus; …) nor a worker's answer (WORKER…; …)")
        else:
            values = {part[0]: part[2:].strip() for part in rest[1:] if part[1:2] == ":"}
            _keep_consensus(found, clip, rest[0] if rest else None, tuple(map(values.get, _SCALES)))


def _of_line(where: str, clip: str, line: str, found: Collection) -> Answer | None:
    """`WORKER…; Neutral; Neutral,Concerned; A:3; V:4; D:4;`, the ratings from the end: free text may hold semicolons."""
    if match := _WORKER.fullmatch(line):
        worker, primary, secondary, *ratings = match.groups()
        return Answer(where, clip, worker.strip(), primary, secondary, tuple(ratings))
    worker, *parts = (part.strip() for part in line.rstrip("; \t").split(";"))
    values: dict[str, str] = {}
    while parts and parts[-1][1:2] == ":" and parts[-1][0] in _SCALES.keys() - values.keys():
        last = parts.pop()
        values[last[0]] = last[2:].strip()
    if len(parts) > 1 and any(part[1:2] == ":" and part[0] in _SCALES for part in parts[1:]):
        return found.skip(where, "it rates a scale twice, or its ratings do not stand at its end")
    if len(parts) > 2:
        parts = _two_fields(parts)
        if any(";" in label and not _OTHER.match(label) for label in _listed(parts[1])):
            return found.skip(where, "it is not worker; primary label; secondary labels; A:…; V:…; D:…")
        found.count("answers hold semicolons in free text: secondary labels were taken to begin at the next label")
    return Answer(where, clip, worker, *(parts + ["", ""])[:2], tuple(map(values.get, _SCALES)))


def _two_fields(parts: list[str]) -> list[str]:
    """Primary and secondary labels of an answer whose free text holds semicolons.

    Behind `Other-…` the secondary labels begin at the first part that begins with a label, or that is empty.
    """
    start = 1
    if _OTHER.match(parts[0]):
        heads = (part.split(",")[0] for part in parts[1:])
        start += next((place for place, head in enumerate(heads) if not head or _is_label(head)), len(parts) - 1)
    return ["; ".join(parts[:start]), "; ".join(parts[start:])]


def _is_label(written: str) -> bool:
    """Whether it is an emotion in full, or Other: single letters stand in free text too."""
    word = written.strip()
    return len(word) > 1 and bool(_OTHER.match(word) or vocabulary.find_emotion(word))


def _of_json(file: Path, found: Collection) -> Iterator[Answer]:
    """File → worker → fields, or file → `Workers`, a list of fields with `Name`."""
    for name, said in _pairs_of(_read_json(file, found)):
        clip = _clip_name(name)
        said = sources.as_dict(said)
        listed = sources.as_list(said.get("Workers"))
        pairs = [(sources.as_dict(each).get("Name"), each) for each in listed] if listed else _pairs_of(said)
        if clip is None or not pairs:
            found.skip(f"{file.name}, {str(name)[:80]!r}", "it is no clip with answers of workers")
            continue
        for worker, fields in pairs:
            where = f"{file.name}, {name}, {str(worker)[:80]}"
            if isinstance(fields, dict):
                yield _of_fields(where, clip, worker, fields)
            else:
                found.skip(where, "it is no answer: fields are missing")


class _Doubled(dict):
    """A JSON object in which a name stands twice, with all its `pairs`."""

    pairs: list[tuple[str, Any]]


def _pairs_of(said: dict) -> list[tuple[str, Any]]:
    return said.pairs if isinstance(said, _Doubled) else list(said.items())


def _read_json(file: Path, found: Collection) -> dict:
    """The object in a JSON file. Of a clip or worker that stands twice in an object, everything is kept (`_pairs_of`); of
    another name the last is taken and the others are listed.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict:
        taken = dict(pairs)
        if len(taken) == len(pairs):
            return taken
        taken = _Doubled(taken)
        taken.pairs = pairs
        for name, times in Counter(name for name, said in pairs if not isinstance(said, dict)).items():
            if times > 1:
                found.skip(f"{file.name}, {name[:80]!r}", f"it stands {times} times in one object; the last is taken")
        return taken

    try:
        return sources.as_dict(json.loads(sources.read_text(file), object_pairs_hook=once))
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{file.name} cannot be read as JSON: {error}. Take the file as it was published.") from error


def _of_fields(where: str, clip: str, worker: Any, fields: dict) -> Answer:
    second = fields.get("EmoClass_Second")
    second = ",".join(filter(None, map(sources.text, second))) if isinstance(second, list) else sources.text(second)
    ratings = tuple(sources.number(fields.get(name)) for name in ("EmoAct", "EmoVal", "EmoDom"))
    return Answer(where, clip, sources.text(worker), sources.text(fields.get("EmoClass_Major")), second, ratings)


def _of_csv(file: Path, found: Collection) -> Iterator[Answer]:
    """One row an answer; its worker is in `Workers` or `WorkerID`, or all of it in `EmoDetail` as a line of labels.txt."""
    for number, cells in _rows(file, found):
        where, clip = f"{file.name} row {number}", _clip_name(cells["FileName"])
        if clip is None:
            found.skip(where, f"{cells['FileName'][:80]!r} is no clip's file")
        elif "EmoDetail" in cells:
            if answer := _of_line(where, clip, cells["EmoDetail"].strip(), found):
                yield answer
        else:
            yield _of_fields(where, clip, cells.get("WorkerID") or cells.get("Workers"), cells)


def _rows(file: Path, found: Collection) -> list[tuple[int, dict[str, str]]]:
    return sources.read_rows(file, ["FileName"], decoded="\n".join(text_files.lines(file, found)))


def _votes(answers: Iterator[Answer], found: Collection) -> pd.DataFrame:
    """The answers as a table of votes; those without worker or answer are listed."""
    cells: list = []  # row after row in one list: a million small tuples would keep the garbage collector busy
    missing = unnamed = alone = 0
    for answer in answers:
        label, secondary, comment = _labels(answer.primary, answer.secondary)
        ratings = _ratings(answer.ratings)
        unrated = ratings.count(None)
        if not answer.worker or (label is None and unrated == 3):
            reason = "it names no emotion and rates nothing" if answer.worker else "it has no worker"
            found.skip(answer.where, reason)
            continue
        missing += unrated
        unnamed += label is None
        if label is None and secondary:
            alone, secondary = alone + 1, None
        cells += (answer.clip, answer.worker, label, secondary, comment, *ratings)
    found.count("ratings are missing or outside 1 to 7", missing)
    found.count("answers name no emotion and only rate", unnamed)
    found.count(questions.SECOND_ALONE, alone)
    kinds = {name: "float64" if name in _SCALES.values() else "str" for name in _COLUMNS}
    width = len(_COLUMNS)
    table = {name: pd.Series(cells[place::width], dtype=kinds[name]) for place, name in enumerate(_COLUMNS)}
    return pd.DataFrame(table).assign(panel="human")


@lru_cache(1 << 16)  # workers choose among few: three quarters of the time of a large corpus
def _labels(primary: str | None, secondary: str | None) -> tuple[str | None, str | None, str | None]:
    """Label, secondary labels joined by a semicolon, and what was written in free text behind `Other-`."""
    comments: list[str] = []
    label = _label(primary, comments)
    others = dict.fromkeys(_label(part, comments) for part in _listed(secondary or ""))
    others.pop(None, None)
    others.pop(label, None)
    return label, ";".join(others) or None, "; ".join(dict.fromkeys(comments)) or None


def _listed(secondary: str) -> list[str]:
    """The labels of a comma list; what follows `Other-…` and is no label belongs to its free text."""
    labels: list[list[str]] = []
    for part in secondary.split(","):
        if labels and part.strip() and _FREE_TEXT.match(labels[-1][0]) and not _is_label(part):
            labels[-1].append(part)
        else:
            labels.append([part])
    return [",".join(parts) for parts in labels]


def _label(written: str | None, comments: list[str]) -> str | None:
    """An emotion in the vocabulary's words, where it knows it; no agreement is none."""
    written = (written or "").strip()
    if not written or written == NO_AGREEMENT:
        return None
    if _OTHER.match(written):
        said = written[5:].strip(" -:")
        said = said[1:-1].strip() if said[:1] == "(" and said[-1:] == ")" else said
        if said:
            comments.append(said)
        return "other"
    return vocabulary.find_emotion(written) or written.replace(";", " ")


@lru_cache(1 << 16)
def _ratings(written: tuple) -> tuple[float | None, ...]:
    """Numbers from 1 to 7, None for anything else."""
    numbers = map(sources.number, written)
    return tuple(number if number is not None and 1 <= number <= 7 else None for number in numbers)


def _keep_consensus(found: Collection, clip: str, label: Any, ratings: tuple[Any, Any, Any]) -> None:
    values = dict(zip(("mean_arousal", "mean_valence", "mean_dominance"), map(sources.number, ratings)))
    details = {"consensus": sources.text(label)} | values
    known = found.clips.setdefault(clip, {}).setdefault("metadata", {})
    known |= {key: value for key, value in details.items() if value is not None and key not in known}


def _read_consensus(file: Path, found: Collection, *, votes: bool) -> None:
    """Consensus, speaker, gender and partition of each clip; `votes`: the consensus is all there is, so it votes."""
    if file.suffix == ".json":
        said = _pairs_of(_read_json(file, found))
        rows = [(name, _fields(fields), f"{file.name}, {name[:80]}") for name, fields in said]
    else:
        rows = [(cells["FileName"], cells, f"{file.name} row {number}") for number, cells in _rows(file, found)]
    for name, fields, where in rows:
        clip = _clip_name(name)
        if clip is None or clip in found.clips:
            why = "is no clip's file" if clip is None else "stands in an earlier row already"
            found.skip(where, f"{str(name)[:80]!r} {why}")
            continue
        _keep_consensus(
            found, clip, fields.get("EmoClass"), tuple(fields.get(key) for key in ("EmoAct", "EmoVal", "EmoDom"))
        )
        gender = sources.text(fields.get("Gender"))
        if gender:
            found.clips[clip]["metadata"]["gender"] = gender
        found.add_clip(clip, speaker=_speaker(fields.get("SpkrID")), partition=sources.text(fields.get("Split_Set")))
        if votes:
            _vote_of_consensus(found, clip, sources.text(fields.get("EmoClass")), where)


def _fields(said: Any) -> dict:
    """A clip's fields, also where they are the only member of a list."""
    listed = sources.as_list(said)
    return sources.as_dict(listed[0] if len(listed) == 1 else said)


def _vote_of_consensus(found: Collection, clip: str, letter: str | None, where: str) -> None:
    if letter == NO_AGREEMENT:
        found.count("clips have no agreement (X), so no vote")
    elif letter is None:
        found.skip(where, "it has no consensus")
    else:
        label = LETTERS.get(letter) or vocabulary.find_emotion(letter) or letter
        found.add_vote(clip, "consensus", rater=None, label=label)


def _speaker(written: Any) -> str | None:
    name = sources.text(written)
    return None if name is None or name.lower() == "unknown" else name


def _clips(root: Path, found: Collection, sounds: Sounds) -> pd.DataFrame:
    """One row a clip with sound, transcript, speaker and partition."""
    speakers, genders = _speakers(root, found)
    partitions = _partitions(root, found)
    words = _transcripts(root)
    rows = []
    for clip, fields in found.clips.items():
        metadata = fields.get("metadata", {})
        speaker = fields.get("speaker") or _speaker(speakers.get(clip))
        if speaker in genders:
            metadata.setdefault("gender", genders[speaker])
        row = {"clip": clip, "audio": None, "speaker": speaker, "metadata": metadata}
        row["transcript"] = _transcript(words.get(f"{clip}.txt"), found)
        row["partition"] = fields.get("partition") or partitions.get(clip)
        rows.append(row | sounds.find(f"{clip}.wav"))
    found.count("clips have no transcript", sum(row["transcript"] is None for row in rows))
    kinds = dict.fromkeys(("clip", "audio", "transcript", "speaker", "partition"), "str") | {"duration_s": "float64"}
    return pd.DataFrame(rows, columns=[*kinds, "metadata"]).astype(kinds)


def _pairs(root: Path, names: tuple[str, ...], found: Collection) -> Iterator[tuple[str, str, str]]:
    """The pairs `left; right` of the first list that is there, with the list's name."""
    files = (folder / name for folder in (root, root / "Labels") for name in names)
    file = next((file for file in files if text_files.is_inside(file, root)), None)
    for line in text_files.lines(file, found) if file else ():
        left, _, right = (part.strip(" ;\t") for part in line.partition(";"))
        if line.strip():
            yield left, right, file.name


def _speakers(root: Path, found: Collection) -> tuple[dict[str, str], dict[str, str]]:
    """Speaker of each clip, and gender of each speaker: `MSP-PODCAST_….wav; 127`, `Speaker_127; Male`."""
    speakers: dict[str, str] = {}
    genders: dict[str, str] = {}
    for left, right, name in _pairs(root, ("Speaker_ids.txt", "Speaker_Ids.txt", "speaker_ids.txt"), found):
        clip = _clip_name(left)
        if clip and right:
            speakers.setdefault(clip, right)
        elif left.startswith("Speaker_") and right:
            genders.setdefault(left.removeprefix("Speaker_"), right)
        else:
            found.count(f"lines of {name} name no clip")
    return speakers, genders


def _partitions(root: Path, found: Collection) -> dict[str, str]:
    """Partition of each clip: `Test1; MSP-PODCAST_….wav`."""
    partitions: dict[str, str] = {}
    for left, right, name in _pairs(root, ("Partitions.txt", "Partition.txt", "partitions.txt"), found):
        clip = _clip_name(right)
        if clip and left:
            partitions.setdefault(clip, left)
        else:
            found.count(f"lines of {name} name no clip")
    return partitions


def _transcripts(root: Path) -> dict[str, Path]:
    """Transcripts by file name; a link that leads out of their folder is none. One look at the folder: there are 264,705."""
    folder = _first_folder(root, "Transcripts", "Transcript")
    if folder is None:
        return {}
    inside = folder.resolve()
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if entry.is_file(follow_symlinks=False)
            or (entry.is_symlink() and text_files.is_inside(folder / entry.name, inside))
        ]
    return {name: folder / name for name in names}


def _transcript(file: Path | None, found: Collection) -> str | None:
    return (" ".join(" ".join(text_files.lines(file, found)).split()) or None) if file else None


def _note(found: Collection, files: dict[str, Path], detailed: Path | None, consensus: Path | None) -> None:
    if detailed is None:
        found.notes.append(
            f"The workers' answers are not there: {consensus.name} gives one consensus vote a clip, which holds no ambiguity. "
            f"Put {' or '.join(_DETAILED)} into Labels/ for every vote."
        )
        return
    rest = [file for file in files.values() if file not in (detailed, consensus)]
    more = f" Not read: {', '.join(file.name for file in rest)}." if rest else ""
    found.notes.append(f"Workers' answers were read from {detailed.name}.{more}")
    _note_other_counts(found, [detailed, *(files[name] for name in _DETAILED if files.get(name) in rest)])
    letters = Counter(fields.get("metadata", {}).get("consensus") for fields in found.clips.values())
    letters.pop(None, None)
    if letters:
        listed = ", ".join(f"{letter}: {clips:,}" for letter, clips in letters.most_common(20))
        found.notes.append(f"Consensus of the clips: {listed} (X: no agreement).")


def _note_other_counts(found: Collection, files: list[Path]) -> None:
    """Whether the files of workers' answers, which should agree, name as many workers: every answer names its own once."""
    if len(files) > 1:
        named = {file.name: sources.read_bytes(file).count(b"WORKER") for file in files}
        if len(set(named.values())) > 1:
            listed = ", ".join(f"{name}: {times:,}" for name, times in named.items())
            found.notes.append(f"The files of answers do not hold equally many ({listed}). Check which is whole.")


def recognises(path: Path | str) -> bool:
    """Whether it holds MSP-Podcast's label files."""
    try:
        root = Path(path).resolve()
        return root.is_dir() and bool(_label_files(root))
    except (OSError, RuntimeError, ValueError):
        return False


FORMAT = Format("msp-podcast", "MSP-Podcast", _GIVE, read, recognises)
