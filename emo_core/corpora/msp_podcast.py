"""MSP-Podcast (Lotfian & Busso 2019, IEEE Transactions on Affective Computing 10) in its official layout.

    Labels/labels.txt                    each clip's consensus, then a line for each worker
    Labels/labels_detailed.json, .csv    the same; three generations of the CSV are understood
    Labels/labels_consensus.csv, .json   consensus, speaker, gender and partition of each clip
    Audios/, Transcripts/<clip>.txt, Partitions.txt, Speaker_ids.txt

The workers' own answers are the panel `human`: the primary emotion is the vote's label, the secondary ones (without it) its
secondary labels; arousal, valence and dominance are rated from 1 to 7. Where only the consensus is there, it is the panel
`consensus`, one anonymous vote a clip.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from emo_core import vocabulary
from emo_core.corpora import sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.errors import BadInput
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
_NAME = re.compile(r"[^\\/;,\s][^\\/;,]{0,150}\.wav", re.IGNORECASE)
# A worker's line as it nearly always is; any other is taken apart piece by piece, which takes three times as long.
_WORKER = re.compile(r"(WORKER[^;]*);([^;:]*);([^;:]*);\s*A:([^;]*);\s*V:([^;]*);\s*D:([^;]*);?\s*")
_SCALES = {"A": "arousal", "V": "valence", "D": "dominance"}
_FIELDS = {"EmoClass": "consensus", "EmoAct": "mean_arousal", "EmoVal": "mean_valence", "EmoDom": "mean_dominance"}


class Answer(NamedTuple):
    """One worker's answer as it is written; `ratings` are arousal, valence and dominance."""

    where: str
    clip: str
    worker: str | None
    primary: str | None
    secondary: str | None
    ratings: tuple[Any, Any, Any]


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
    for clip in dict.fromkeys(votes["clip"]) if len(votes) else ():
        found.add_clip(clip)
    clips = _clips(root, found, sounds)
    return found.reading(FORMAT.name, root, sounds, frames=(clips, votes), licence=LICENCE, rating_scale=(1.0, 7.0))


def _first_folder(root: Path, *names: str) -> Path | None:
    folders = (root / name for name in names)
    return next((folder for folder in folders if folder.is_dir() and folder.resolve().is_relative_to(root)), None)


def _label_files(root: Path) -> dict[str, Path]:
    """Label files by name, in Labels/ or in the folder itself."""
    places = [folder for folder in (_first_folder(root, "Labels", "labels"), root) if folder]
    return {
        name: folder / name
        for folder in reversed(places)
        for name in (*_DETAILED, *_CONSENSUS)
        if sources.is_there(folder / name) and (folder / name).resolve().is_relative_to(root)
    }


def _lines(file: Path, found: Collection) -> list[str]:
    """The lines of a text file; Latin-1 where it is not UTF-8."""
    raw = sources.read_bytes(file)
    try:
        written = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        written = raw.decode("latin-1")
        found.notes.append(f"{file.name} is not UTF-8; it was read as Latin-1.")
    return re.split(r"\r\n|\r|\n", written)


def _clip_name(written: Any) -> str | None:
    """The clip's name without its ending; None where it cannot be one."""
    name = sources.text(written) or ""
    return name[:-4] if _NAME.fullmatch(name) else None


def _answers(file: Path, found: Collection) -> Iterator[Answer]:
    if file.name == "labels.txt":
        return _of_blocks(file, found)
    return _of_json(file, found) if file.suffix == ".json" else _of_csv(file, found)


def _of_blocks(file: Path, found: Collection) -> Iterator[Answer]:
    """Blocks of a clip's line and its workers' lines, in labels.txt."""
    clip = None
    for number, line in enumerate(_lines(file, found), 1):
        if not line.strip():
            continue
        where = f"{file.name} line {number}"
        if clip is not None and (match := _WORKER.fullmatch(line)):
            worker, primary, secondary, *ratings = match.groups()
            yield Answer(where, clip, worker.strip(), primary, secondary, ratings)
            continue
        first, *rest = (part.strip() for part in line.split(";"))
        if first.upper().startswith("WORKER"):
            if clip is None:
                found.skip(where, "it belongs to no clip")
            else:
                yield _of_line(where, clip, first, rest)
        elif (clip := _clip_name(first)) is None:
            found.skip(where, "it is neither a clip (name.wav; consensus; …) nor a worker's answer (WORKER…; …)")
        else:
            _keep_consensus(found, clip, rest[0] if rest else None, _marked(rest[1:]))


def _of_line(where: str, clip: str, worker: str, rest: list[str]) -> Answer:
    """`Neutral; Neutral,Concerned; A:3; V:4; D:4` behind a worker's name."""
    labels = [part for part in rest if not re.match(r"[AVD]:", part)]
    return Answer(where, clip, worker, *(labels + ["", ""])[:2], _marked(rest))


def _marked(parts: list[str]) -> tuple[Any, Any, Any]:
    """Values behind A:, V: and D:."""
    values = {part[0]: part[2:].strip() for part in parts if part[1:2] == ":" and part[:1] in _SCALES}
    return tuple(values.get(letter) for letter in _SCALES)


def _of_json(file: Path, found: Collection) -> Iterator[Answer]:
    """File → worker → fields, or file → `Workers`, a list of fields with `Name`."""
    document = sources.read_json(file)
    for name, said in sources.as_dict(document).items():
        clip = _clip_name(name)
        said = sources.as_dict(said)
        listed = sources.as_list(said.get("Workers"))
        pairs = [(sources.as_dict(each).get("Name"), each) for each in listed] if listed else list(said.items())
        if clip is None or not pairs:
            found.skip(f"{file.name}, {str(name)[:80]!r}", "it is no clip with answers of workers")
            continue
        for worker, fields in pairs:
            where = f"{file.name}, {name}, {str(worker)[:80]}"
            if isinstance(fields, dict):
                yield _of_fields(where, clip, worker, fields)
            else:
                found.skip(where, "it is no answer: fields are missing")


def _of_fields(where: str, clip: str, worker: Any, fields: dict) -> Answer:
    second = fields.get("EmoClass_Second")
    second = ",".join(filter(None, map(sources.text, second))) if isinstance(second, list) else sources.text(second)
    ratings = (fields.get("EmoAct"), fields.get("EmoVal"), fields.get("EmoDom"))
    return Answer(where, clip, sources.text(worker), sources.text(fields.get("EmoClass_Major")), second, ratings)


def _of_csv(file: Path, found: Collection) -> Iterator[Answer]:
    """One row an answer; its worker is in `Workers` or `WorkerID`, or all of it in `EmoDetail` as a line of labels.txt."""
    for number, cells in sources.read_rows(file, ["FileName"], decoded="\n".join(_lines(file, found))):
        where, clip = f"{file.name} row {number}", _clip_name(cells["FileName"])
        if clip is None:
            found.skip(where, f"{cells['FileName'][:80]!r} is no clip's file")
        elif "EmoDetail" in cells:
            worker, *rest = (part.strip() for part in cells["EmoDetail"].split(";"))
            yield _of_line(where, clip, worker, rest)
        else:
            yield _of_fields(where, clip, cells.get("WorkerID") or cells.get("Workers"), cells)


def _votes(answers: Iterator[Answer], found: Collection) -> pd.DataFrame:
    """The answers as a table of votes; those without worker or answer, and a worker's second on a clip, are listed."""
    columns: dict[str, list] = {
        name: [] for name in ("clip", "rater", "label", "secondary", "comment", "arousal", "valence", "dominance")
    }
    seen: set[tuple[str, str]] = set()
    for answer in answers:
        label, secondary, comment = _labels(answer.primary, answer.secondary)
        ratings = [_rating(value) for value in answer.ratings]
        found.count("ratings are missing or outside 1 to 7", ratings.count(None))
        reason = _refusal(answer, label, ratings, seen)
        if reason:
            found.skip(answer.where, reason)
            continue
        seen.add((answer.clip, answer.worker))
        values = (answer.clip, answer.worker, label, secondary, comment, *ratings)
        for column, value in zip(columns.values(), values):
            column.append(value)
    texts = {name: pd.Series(columns[name], dtype="str") for name in ("clip", "rater", "label", "secondary", "comment")}
    numbers = {name: pd.Series(columns[name], dtype="float64") for name in _SCALES.values()}
    return pd.DataFrame(texts | numbers).assign(panel="human")


def _refusal(answer: Answer, label: str | None, ratings: list, seen: set[tuple[str, str]]) -> str | None:
    if not answer.worker:
        return "it has no worker"
    if label is None and all(value is None for value in ratings):
        return "it names no emotion and rates nothing"
    if (answer.clip, answer.worker) in seen:
        return f"{answer.worker[:80]} has answered for {answer.clip} already"
    return None


@lru_cache(1 << 16)  # workers choose among few: three quarters of the time of a large corpus
def _labels(primary: str | None, secondary: str | None) -> tuple[str | None, str | None, str | None]:
    """Label, secondary labels joined by a semicolon, and what was written in free text behind `Other-`."""
    comments: list[str] = []
    label = _label(primary, comments)
    others = dict.fromkeys(_label(part, comments) for part in (secondary or "").split(","))
    others.pop(None, None)
    others.pop(label, None)
    return label, ";".join(others) or None, "; ".join(dict.fromkeys(comments)) or None


def _label(written: str | None, comments: list[str]) -> str | None:
    """An emotion in the vocabulary's words, where it knows it."""
    written = (written or "").strip()
    if not written:
        return None
    if re.match(r"(?i)other\b", written):
        said = written[5:].strip(" -:")
        if said:
            comments.append(said)
        return "other"
    return vocabulary.find_emotion(written) or written.replace(";", " ")


def _rating(value: Any) -> float | None:
    """A number from 1 to 7, None for anything else."""
    number = _number(value) if isinstance(value, str) else sources.number(value)
    return number if number is not None and 1 <= number <= 7 else None


@lru_cache(1 << 16)
def _number(written: str) -> float | None:
    return sources.number(written)


def _keep_consensus(found: Collection, clip: str, label: Any, ratings: tuple[Any, Any, Any]) -> None:
    values = dict(zip(("mean_arousal", "mean_valence", "mean_dominance"), map(sources.number, ratings)))
    details = {"consensus": sources.text(label)} | values
    known = found.clips.setdefault(clip, {}).setdefault("metadata", {})
    known |= {key: value for key, value in details.items() if value is not None and key not in known}


def _read_consensus(file: Path, found: Collection, *, votes: bool) -> None:
    """Consensus, speaker, gender and partition of each clip; `votes`: the consensus is all there is, so it votes."""
    if file.suffix == ".json":
        rows = [(name, sources.as_dict(fields), f"{file.name}, {str(name)[:80]}") for name, fields in
                sources.as_dict(sources.read_json(file)).items()]  # fmt: skip
    else:
        rows = [
            (cells["FileName"], cells, f"{file.name} row {number}")
            for number, cells in sources.read_rows(file, ["FileName"], decoded="\n".join(_lines(file, found)))
        ]
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
    speakers = dict(_pairs(root, ("Speaker_ids.txt", "Speaker_Ids.txt", "speaker_ids.txt"), found))
    partitions = {
        clip: part
        for part, clip in _pairs(root, ("Partitions.txt", "Partition.txt", "partitions.txt"), found, second=True)
    }
    transcripts = _first_folder(root, "Transcripts", "Transcript")
    rows = []
    for clip, fields in found.clips.items():
        rows.append(
            {
                "clip": clip,
                "audio": None,
                "transcript": _transcript(transcripts, clip, found),
                "speaker": fields.get("speaker") or _speaker(speakers.get(clip)),
                "partition": fields.get("partition") or partitions.get(clip),
                "metadata": fields.get("metadata", {}),
            }
            | sounds.find(f"{clip}.wav")
        )
    found.count("clips have no transcript", sum(row["transcript"] is None for row in rows))
    return pd.DataFrame(
        rows, columns=["clip", "audio", "duration_s", "transcript", "speaker", "partition", "metadata"]
    ).astype(
        {
            "clip": "str",
            "audio": "str",
            "duration_s": "float64",
            "transcript": "str",
            "speaker": "str",
            "partition": "str",
        }
    )


def _pairs(root: Path, names: tuple[str, ...], found: Collection, *, second: bool = False) -> Iterator[tuple[str, str]]:
    """Pairs `left; right` of a list, one of them (the second where so said) a clip's file, given without its ending."""
    places = (folder / name for folder in (root, root / "Labels") for name in names)
    file = next((f for f in places if sources.is_there(f) and f.resolve().is_relative_to(root)), None)
    for line in _lines(file, found) if file else ():
        left, _, right = (part.strip(" ;\t") for part in line.partition(";"))
        clip = _clip_name(right if second else left)
        if clip and left and right:
            yield (left, clip) if second else (clip, right)
        elif line.strip():
            found.count(f"lines of {file.name} name no clip")


def _transcript(folder: Path | None, clip: str, found: Collection) -> str | None:
    if folder is None or not sources.is_there(folder / f"{clip}.txt"):
        return None
    if not (folder / f"{clip}.txt").resolve().is_relative_to(folder.resolve()):
        return None
    return " ".join(" ".join(_lines(folder / f"{clip}.txt", found)).split()) or None


def _note(found: Collection, files: dict[str, Path], detailed: Path | None, consensus: Path | None) -> None:
    if detailed is None:
        found.notes.append(
            f"The workers' answers are not there: {consensus.name} gives one consensus vote a clip, which holds no ambiguity. "
            f"Put {' or '.join(_DETAILED)} into Labels/ for every vote."
        )
        return
    rest = [name for name in files if name not in (detailed.name, consensus.name if consensus else "")]
    more = f" Not read: {', '.join(rest)}." if rest else ""
    found.notes.append(f"Workers' answers were read from {detailed.name}.{more}")
    letters = Counter(fields.get("metadata", {}).get("consensus") for fields in found.clips.values())
    letters.pop(None, None)
    if letters:
        listed = ", ".join(f"{letter}: {clips:,}" for letter, clips in letters.most_common(20))
        found.notes.append(f"Consensus of the clips: {listed} (X: no agreement).")


def recognises(path: Path | str) -> bool:
    """Whether it holds MSP-Podcast's label files."""
    try:
        given = Path(path)
        folders = [given, *islice((given / name for name in ("Labels", "labels")), 2)]
        return given.is_dir() and any(
            (folder / name).is_file() for folder in folders for name in (*_DETAILED, *_CONSENSUS)
        )
    except (OSError, ValueError):
        return False


FORMAT = Format("msp-podcast", "MSP-Podcast", _GIVE, read, recognises)
