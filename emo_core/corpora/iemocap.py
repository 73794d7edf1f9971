"""IEMOCAP (Busso et al. 2008, "IEMOCAP: interactive emotional dyadic motion capture database", LRE 42) in its official layout.

    Session1 … Session5/dialog/EmoEvaluation/<dialogue>.txt   what evaluators and actors heard, utterance by utterance
    Session*/dialog/transcriptions/<dialogue>.txt             what is said
    Session*/sentences/wav/<dialogue>/<utterance>.wav         the sound; where it is missing, Session*/dialog/wav/<dialogue>.wav

An utterance has a header line (its time in the dialogue, consensus, mean valence, activation, dominance), then a line an
evaluator: C-E* names emotions, A-E* rates on scales from 1 to 5. The lines C-F*, C-M*, A-F*, A-M* are the actors' own and stand
in a panel `self-report`. A line may name several emotions: the first is the vote's label, the others are secondary labels.

The speaker is who takes the turn (the letter before its number), not who wears the markers (the letter after the session's).
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from emo_core import vocabulary
from emo_core.corpora import sources, text_files
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.errors import BadInput
from emo_core.records import Reading

LICENCE = "IEMOCAP, licence of the University of Southern California: research use, not to be passed on"
OFFICIAL = {"Session1": 1819, "Session2": 1811, "Session3": 2136, "Session4": 2103, "Session5": 2170}
FOUR = frozenset({"anger", "happy", "neutral", "sad"})
_GIVE = "the folder that holds Session1 … Session5"
_UTTERANCE = re.compile(r"Ses(?P<session>[0-9]{2})[FM]_\w{1,60}_(?P<turn>[FM])\w{3}", re.ASCII)
_HEADER = re.compile(r"\[\s*([0-9.]{1,20})\s*-\s*([0-9.]{1,20})\s*\]\t(\S{1,100})\t(\w{1,20})\t\[([^\]]{0,100})\]")
_EVALUATION = re.compile(r"(?P<kind>[CA])-(?P<rater>[EFM][0-9]{1,3}):\t(?P<said>[^\t]*)(?:\t\((?P<comment>.*)\))?")
_SCALES = {"val": "valence", "act": "arousal", "dom": "dominance"}
_TRANSCRIPT = re.compile(r"(Ses\S{1,80}) \[[0-9. -]{1,40}\]: (.*)")
TREATMENTS = ("first label decides", "every label must be inside", "clips with one are left out")


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read every evaluation; `audio` is the folder of the sound where it lies elsewhere.

    Raises BadInput where no evaluation is there, BadTable where a file cannot be read.
    """
    root = _root(sources.folder(path, _GIVE))
    found = Collection()
    sounds = Sounds(audio if audio is not None else root)
    for file in _evaluations(root):
        _read_dialogue(file, root, found, sounds)
    heard = _labels_by_clip(found)
    _note(found, heard)
    tables = {
        "Clips whose evaluator votes all fall inside anger, happiness, sadness, neutral": policies(heard),
        "Consensus labels": _consensus(found),
    }
    return found.reading(FORMAT.name, root, sounds, licence=LICENCE, rating_scale=(1.0, 5.0), tables=tables)


def _root(given: Path) -> Path:
    """The folder that holds the sessions: the one given, or the only one in it that does."""
    if any(_evaluations(given)):
        return given
    below = [folder for folder in sorted(islice(given.glob("*/"), 100)) if any(_evaluations(folder))]
    if len(below) != 1 or not below[0].resolve().is_relative_to(given):
        raise BadInput(f"{given} has no Session*/dialog/EmoEvaluation/*.txt. Give {_GIVE}.")
    return below[0]


def _evaluations(root: Path) -> Iterator[Path]:
    """Files of evaluations in order; those that macOS leaves, and folders, are none."""
    for file in sorted(root.glob("Session*/dialog/EmoEvaluation/*.txt")):
        if not file.name.startswith(".") and text_files.is_inside(file, root):
            yield file


def _read_dialogue(file: Path, root: Path, found: Collection, sounds: Sounds) -> None:
    session = file.parents[2]
    words = _transcripts(session / "dialog" / "transcriptions" / file.name, root, found)
    clip, answers = None, {}
    for number, line in enumerate(text_files.lines(file, found), 1):
        where = f"{file.name} line {number}"
        if line.startswith("["):
            _keep(found, clip, answers)
            clip, answers = (
                _add_clip(line, where, session.relative_to(root).as_posix(), file.stem, words, found, sounds),
                {},
            )
        elif line[:2] in ("C-", "A-"):
            _add_evaluation(line, where, clip, answers, found)
        elif line.strip() and not line.startswith("%"):
            found.skip(where, "it is neither an utterance nor an evaluation")
    _keep(found, clip, answers)


def _transcripts(file: Path, root: Path, found: Collection) -> dict[str, str]:
    """What is said in each utterance; nothing where the file is not there, or is a link that leads out of the root."""
    words: dict[str, str] = {}
    for number, line in enumerate(text_files.lines(file, found) if text_files.is_inside(file, root) else (), 1):
        match = _TRANSCRIPT.fullmatch(line)
        if match and match[1] not in words:
            words[match[1]] = match[2].strip()
        elif line.strip():
            why = f"{match[1]} stands in an earlier line already" if match else "it is not utterance [start-end]: text"
            found.skip(f"transcriptions/{file.name} line {number}", why)
    return words


def _add_clip(
    line: str, where: str, session: str, dialogue: str, words: dict[str, str], found: Collection, sounds: Sounds
) -> str | None:
    """The clip of a header line; None where it cannot be one, which is then listed."""
    header = _HEADER.match(line)
    name = _UTTERANCE.fullmatch(header[3]) if header else None
    times = sources.span(header[1], header[2]) if header else None
    if not name or not times:
        return found.skip(
            where, "the header is not [start - end], utterance, consensus, [valence, activation, dominance]"
        )
    clip = header[3]
    if clip in found.clips:
        return found.skip(where, f"the utterance {clip} stands in an earlier line already")
    means = dict(zip(("mean_valence", "mean_activation", "mean_dominance"), map(sources.number, header[5].split(","))))
    speech = sounds.find(f"{session}/sentences/wav/{dialogue}/{clip}.wav")
    if not speech and (whole := sounds.find(f"{session}/dialog/wav/{dialogue}.wav")):
        speech = whole | {"start_s": times[0], "end_s": times[1]}
    found.add_clip(
        clip,
        transcript=words.get(clip) or None,
        speaker=f"Ses{name['session']}{name['turn']}",
        session=f"Session{int(name['session'])}",
        metadata={
            "dialogue": dialogue,
            "kind": "improvised" if "impro" in dialogue else "scripted",
            "consensus": header[4],
            "dialog_start_s": times[0],
            "dialog_end_s": times[1],
        }
        | {key: value for key, value in means.items() if value is not None},
        **speech,
    )
    return clip


def _add_evaluation(line: str, where: str, clip: str | None, answers: dict, found: Collection) -> None:
    """One evaluator's line, put to what the same evaluator said of the clip in another: labels beside ratings."""
    match = _EVALUATION.fullmatch(line.rstrip())
    if not match or clip is None:
        why = "it belongs to no utterance" if match else "it is not an evaluation: kind-rater, answer, (comment)"
        return found.skip(where, why)
    said = _labels(match["said"]) if match["kind"] == "C" else _ratings(match["said"], found)
    if not said:
        return found.skip(where, "it names no emotion" if match["kind"] == "C" else "it rates nothing")
    given = answers.setdefault(match["rater"], [])
    answer = next((each for each in given if all(each.get(name) == value for name, value in said.items())), None)
    if answer is not None:
        found.count("lines repeat what the evaluator said of the utterance in an earlier line; each counts once")
    else:
        answer = next((each for each in given if not each.keys() & said.keys()), None)
    if answer is None:
        given.append(answer := {})
    answer |= said
    comments = [text for text in (answer.get("comment"), (match["comment"] or "").strip()) if text]
    answer["comment"] = "; ".join(dict.fromkeys(comments)) or None
    return None


def _labels(said: str) -> dict:
    """`Anger; Frustration;` as label and secondary labels, in the words of the vocabulary where it knows them."""
    named = [label.strip() for label in said.split(";") if label.strip()]
    known = [vocabulary.find_emotion(re.sub(r"(?i) state$", "", label)) or label for label in named]
    known = list(dict.fromkeys(known))
    return {"label": known[0], "secondary": known[1:]} if known else {}


def _ratings(said: str, found: Collection) -> dict:
    """`val 2; act 4; dom  4;` as numbers from 1 to 5; others are left out and counted."""
    given = {name: sources.number(value) for name, value in re.findall(r"(val|act|dom)[ \t]+([^;\s]{1,20})", said)}
    good = {_SCALES[name]: value for name, value in given.items() if value is not None and 1 <= value <= 5}
    found.count("ratings are missing or outside 1 to 5", 3 - len(good))
    return good


def _keep(found: Collection, clip: str | None, answers: dict[str, list[dict]]) -> None:
    """The votes of one utterance."""
    for rater, given in answers.items():
        panel = "human" if rater.startswith("E") else "self-report"
        for answer in given:
            found.add_vote(clip, panel, rater=rater, **{"label": None} | answer)


def _labels_by_clip(found: Collection) -> dict[str, list[list[str]]]:
    """For each utterance, all labels of each evaluator's categorical answer."""
    heard: dict[str, list[list[str]]] = {clip: [] for clip in found.clips}
    for vote in found.votes:
        if vote["panel"] == "human" and vote["label"]:
            further = vote.get("secondary")
            heard[vote["clip"]].append([vote["label"], *(further.split(";") if further else [])])
    return heard


def policies(heard: dict[str, list[list[str]]]) -> list[dict]:
    """How many clips each way of treating lines with several labels keeps, with and without excited as happy: those whose
    evaluator votes all fall inside `FOUR`, and those of them with exactly three evaluators.
    """
    rows = []
    for treatment in TREATMENTS:
        for merged in (False, True):
            inside = FOUR | {"excited"} if merged else FOUR
            kept = [votes for votes in heard.values() if votes and _all_inside(votes, inside, treatment)]
            rows.append(
                {
                    "lines with several labels": treatment,
                    "excited → happy": "yes" if merged else "no",
                    "clips": len(kept),
                    "clips with exactly three evaluators": sum(len(votes) == 3 for votes in kept),
                }
            )
    return rows


def _all_inside(votes: list[list[str]], inside: frozenset[str], treatment: str) -> bool:
    if treatment == TREATMENTS[0]:
        return all(labels[0] in inside for labels in votes)
    if treatment == TREATMENTS[2] and any(len(labels) > 1 for labels in votes):
        return False
    return all(label in inside for labels in votes for label in labels)


def _consensus(found: Collection) -> list[dict]:
    counted = Counter(fields["metadata"]["consensus"] for fields in found.clips.values())
    return [{"consensus": label, "clips": clips} for label, clips in counted.most_common()]


def _note(found: Collection, heard: dict[str, list[list[str]]]) -> None:
    """What a lab wants to know of its copy."""
    found.count("lines of evaluators name several emotions", sum(len(v) > 1 for votes in heard.values() for v in votes))
    found.count("utterances have no transcript", sum("transcript" not in fields for fields in found.clips.values()))
    sessions = Counter(fields["session"] for fields in found.clips.values())
    odd = {name: OFFICIAL[name] for name in sessions if OFFICIAL.get(name, sessions[name]) != sessions[name]}
    published = f" Published: {_listed(odd)}." if odd else ""
    found.notes.append(f"Utterances: {_listed(sessions)}.{published}")
    found.notes.append(
        "Papers keep 4,370 (Scaling Ambiguity) and 4,373 (token-level logits) utterances of the full corpus whose three votes "
        "fall inside four emotions; the table says what each treatment keeps of this copy. In a study, secondary weight 0 with "
        "the rule all inside is the first row, a weight above 0 the row in which every label must be inside."
    )


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {counts[name]:,}" for name in sorted(counts))


def recognises(path: Path | str) -> bool:
    """Whether it, or a folder in it, holds a session's evaluations."""
    try:
        given = Path(path)
        return given.is_dir() and any(
            next(given.glob(f"{above}Session*/dialog/EmoEvaluation/*.txt"), None) for above in ("", "*/")
        )
    except (OSError, ValueError):
        return False


FORMAT = Format("iemocap", "IEMOCAP", _GIVE, read, recognises)
