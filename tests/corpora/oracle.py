"""Sources of every format with votes that are known: each maker writes a random source and counts, without our importers,
the votes that it holds.

A named rater's equal answers for a clip are one vote; a nameless rater's, and different ones, are several.
"""

import csv
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from emo_core.records import VotesFile
from tests.corpora import fixtures_crema
from tests.corpora.fixtures_hugging_face import build_parquet
from tests.corpora.fixtures_meld import HEADER as MELD_HEADER
from tests.corpora.fixtures_sound import write_sound

SPELLINGS = {
    "anger": ("Anger", "angry", " ANG "), "happy": ("joy", "Happy", "happiness"), "sad": ("Sad", "sadness"),
    "neutral": ("neutral", "Neutral"),
}  # fmt: skip
LETTERS = {"anger": "A", "disgust": "D", "fear": "F", "happy": "H", "neutral": "N", "sad": "S"}
UNKNOWN = "glum"


@dataclass
class Source:
    """What was written, and what it holds: `votes` {(clip, rater or None, emotion): times}, and of all its `answers` how many
    have a label that nobody explained.
    """

    format: str
    path: Path
    votes: Counter
    answers: int
    unknown: int = 0
    table: VotesFile | None = None


@dataclass
class Answers:
    """Answers in the order in which they are written: (clip, rater, emotion or `UNKNOWN`)."""

    rng: random.Random
    named: bool = True
    unknown: bool = True
    prefix: str = "c"
    given: list[tuple[str, str | None, str]] = field(default_factory=list)

    def __post_init__(self):
        raters = [f"r{number}" for number in range(self.rng.randint(1, 4))]
        for number in range(self.rng.randint(1, 5)):
            for rater in raters:
                if self.rng.random() < 0.8 or not self.given:
                    self.given.append((f"{self.prefix}{number}", rater if self.named else None, self.emotion()))
        for _ in range(self.rng.choice((0, 0, 1, 2))):  # the same again, or another answer of the same rater
            clip, rater, emotion = self.rng.choice(self.given)
            self.given.append((clip, rater, emotion if self.rng.random() < 0.6 else self.emotion()))

    def emotion(self) -> str:
        return UNKNOWN if self.unknown and self.rng.random() < 0.04 else self.rng.choice(list(SPELLINGS))

    def spelled(self, emotion: str) -> str:
        return self.rng.choice(SPELLINGS.get(emotion, (emotion,)))

    def source(self, format: str, path: Path, **more) -> Source:
        known = [answer for answer in self.given if answer[2] != UNKNOWN]
        votes = Counter(known)
        votes = Counter({answer: 1 if answer[1] else times for answer, times in votes.items()})
        return Source(format, path, votes, len(self.given), len(self.given) - len(known), **more)


def label_studio(rng: random.Random, folder: Path) -> Source:
    """Tasks of annotations of people, with or without names; a task may stand twice."""
    answers = Answers(rng, named=rng.random() < 0.7, prefix="")
    tasks: dict[str, dict] = {}
    for clip, rater, emotion in answers.given:
        task = tasks.setdefault(clip, {"id": int(clip), "data": {"audio": f"{clip}.wav"}, "annotations": []})
        value = {"choices": [answers.spelled(emotion)]}
        result = [{"from_name": "emotion", "to_name": "audio", "type": "choices", "value": value}]
        task["annotations"].append({"completed_by": rater, "result": result})
    written = list(tasks.values())
    folder.mkdir(exist_ok=True)
    source = answers.source("label-studio", folder / "tasks.json")
    if rng.random() < 0.4:
        written.append(again := rng.choice(written))
        source.answers += len(again["annotations"])
    source.path.write_text(json.dumps(written), encoding="utf-8")
    return source


def label_studio_min(rng: random.Random, folder: Path) -> Source:
    answers = Answers(rng, prefix="")
    rows = [
        {
            "audio": f"{clip}.wav",
            "id": int(clip),
            "emotion": answers.spelled(emotion),
            "annotator": rater,
            "lead_time": 2,
        }
        for clip, rater, emotion in answers.given
    ]
    folder.mkdir(exist_ok=True)
    source = answers.source("label-studio", folder / "min.json")
    source.path.write_text(json.dumps(rows), encoding="utf-8")
    return source


def potato(rng: random.Random, folder: Path) -> Source:
    """A line an answer. Potato keeps a user's last answer for an instance."""
    answers = Answers(rng)
    for clip, rater, emotion in answers.given:
        file = folder / "annotation_output" / rater / "annotated_instances.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        line = {"id": clip, "displayed_text": "", "label_annotations": {"emotion": {answers.spelled(emotion): "true"}}}
        with file.open("a", encoding="utf-8") as opened:
            opened.write(json.dumps(line) + "\n")
    source = answers.source("potato", folder)
    last = {(clip, rater): emotion for clip, rater, emotion in answers.given}
    source.votes = Counter((*key, emotion) for key, emotion in last.items() if emotion != UNKNOWN)
    source.unknown = sum(emotion == UNKNOWN for emotion in last.values())
    return source


def hugging_face(rng: random.Random, folder: Path) -> Source:
    """A row an answer: numbers of classes, whose names stand in the card in any order."""
    answers = Answers(rng, unknown=False)
    names = [*SPELLINGS, "fear", "disgust", "surprise", "calm", "boredom", "contempt", "excited"]
    rng.shuffle(names)
    lines = [f"          '{number}': {name}" for number, name in enumerate(names)]
    rng.shuffle(lines)
    card = "---\ndataset_info:\n  features:\n  - name: emotion\n    dtype:\n      class_label:\n        names:\n"
    columns = {
        "id": [clip for clip, _, _ in answers.given],
        "annotator": [rater for _, rater, _ in answers.given],
        "emotion": [names.index(emotion) for _, _, emotion in answers.given],
    }
    source = answers.source("hf", folder)
    for _ in range(rng.choice((0, 0, 1))):  # a row without an answer
        columns["id"].append("c0")
        columns["annotator"].append("r0")
        columns["emotion"].append(-1)
        source.answers += 1
    build_parquet(folder, pa.table(columns), card="\n".join([card.rstrip("\n"), *lines, "---", ""]))
    return source


def hugging_face_counts(rng: random.Random, folder: Path) -> Source:
    """A row a clip: how many raters chose each emotion."""
    counts = {f"c{n}": {name: rng.randint(0, 4) for name in SPELLINGS} for n in range(rng.randint(1, 5))}
    counts["c0"]["sad"] += 1
    rows = [{"id": clip} | row for clip, row in counts.items()]
    build_parquet(folder, pa.Table.from_pylist(rows))
    votes = Counter({(clip, None, name): times for clip, row in counts.items() for name, times in row.items() if times})
    empty = sum(not any(row.values()) for row in counts.values())
    return Source("hf", folder, votes, votes.total() + empty)


def our_export(rng: random.Random, folder: Path) -> Source:
    answers = Answers(rng, unknown=False, named=rng.random() < 0.7)
    rows = [{"clip": c, "panel": "human", "rater": r, "label": label} for c, r, label in answers.given]
    schema = pa.schema([(name, pa.string()) for name in ("clip", "panel", "rater", "label")])
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "data" / "votes.parquet")
    return answers.source("hf", folder)


def audformat(rng: random.Random, folder: Path) -> Source:
    """A column for each rater, some of it again in a second table."""
    a = Answers(rng)
    first = [answer for place, answer in enumerate(a.given) if place == 0 or rng.random() < 0.9]
    cells: dict[str, dict[str, str]] = {}
    for clip, rater, emotion in first:
        cells.setdefault(f"{clip}.wav", {})[rater] = emotion
    raters = sorted({rater for row in cells.values() for rater in row})
    again = {clip: {rater: emotion if rng.random() < 0.7 else a.emotion() for rater, emotion in row.items()}
             for clip, row in cells.items() if rng.random() < 0.4}  # fmt: skip
    tables = {"one": cells, "two": again} if again else {"one": cells}
    columns = "".join(f"      {name}: {{scheme_id: emotion, rater_id: {name}}}\n" for name in raters)
    header = "name: x\nraters:\n" + "".join(f"  {name}: {{type: human}}\n" for name in raters)
    header += "schemes:\n  emotion: {dtype: str}\ntables:\n"
    header += "".join(f"  {name}:\n    type: filewise\n    columns:\n{columns}" for name in tables)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "db.yaml").write_text(header)
    a.given = [
        (clip, rater, emotion)
        for table in tables.values()
        for clip, row in table.items()
        for rater, emotion in row.items()
    ]
    spelled = {name: rng.choice(words).strip() for name, words in SPELLINGS.items()}  # one spelling a database
    for name, table in tables.items():
        rows = [
            ",".join([clip, *(spelled.get(row.get(r), row.get(r, "")) for r in raters)]) for clip, row in table.items()
        ]
        (folder / f"db.{name}.csv").write_text("\n".join([",".join(["file", *raters]), *rows]) + "\n")
    source = a.source("audformat", folder)
    source.unknown = len({answer for answer in a.given if answer[2] == UNKNOWN})
    return source


def msp_podcast(rng: random.Random, folder: Path) -> Source:
    """Workers' lines, or the same in JSON."""
    answers = Answers(rng, prefix="MSP-PODCAST_0001_000")
    answers.given = sorted(((c, f"WORKER{r[1:]:0>8}", e) for c, r, e in answers.given), key=lambda answer: answer[0])
    (folder / "Labels").mkdir(parents=True)
    if rng.random() < 0.5:
        lines, clip = [], None
        for name, rater, emotion in answers.given:
            lines += [f"{name}.wav; N; A:1; V:2; D:3;"] * (name != clip)
            lines.append(f"{rater}; {answers.spelled(emotion)}; ; A:1; V:2; D:3;")
            clip = name
        (folder / "Labels" / "labels.txt").write_text("\n".join(lines) + "\n")
    else:
        head = "FileName,WorkerID,EmoClass_Major,EmoClass_Second,EmoAct,EmoVal,EmoDom"
        rows = [f"{name}.wav,{rater},{answers.spelled(emotion)},,1,2,3" for name, rater, emotion in answers.given]
        (folder / "Labels" / "labels_detailed.csv").write_text("\n".join([head, *rows]) + "\n")
    return answers.source("msp-podcast", folder)


def iemocap(rng: random.Random, folder: Path) -> Source:
    answers = Answers(rng, prefix="Ses01F_impro01_F00")
    answers.given = sorted(((c, f"E{int(r[1:]) + 1}", e) for c, r, e in answers.given), key=lambda answer: answer[0])
    lines, clip, rated = [], None, set()
    for place, (name, rater, emotion) in enumerate(answers.given):
        lines += [f"\n[{place}.0 - {place}.5]\t{name}\txxx\t[1, 1, 1]"] * (name != clip)
        lines.append(f"C-{rater}:\t{answers.spelled(emotion)};\t()")
        if rng.random() < 0.3 and (name, rater) not in rated:
            rated.add((name, rater))
            lines.append(f"A-{rater}:\tval 3; act 2; dom 2;\t()")
        clip = name
    file = folder / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(lines) + "\n")
    source = answers.source("iemocap", folder)
    source.unknown = len({answer for answer in answers.given if answer[2] == UNKNOWN})
    return source


def crema_d(rng: random.Random, folder: Path) -> Source:
    """Rows of counts; a row may stand twice, or contradict its own sum."""
    fixtures_crema.build(folder)
    table = folder / "processedResults" / "tabulatedVotes.csv"
    with table.open(newline="") as file:
        head, *rows = csv.reader(file)
    place = {name: head.index(name) for name in (*LETTERS.values(), "fileName", "numResponses")}
    votes: Counter = Counter()
    answers = 0
    for row in rows:
        counts = {emotion: rng.randint(0, 5) for emotion in LETTERS}
        counts["sad"] += 1
        for emotion, letter in LETTERS.items():
            row[place[letter]] = str(counts[emotion])
        row[place["numResponses"]] = str(sum(counts.values()))
        answers += sum(counts.values())
        votes.update({(row[place["fileName"]], None, emotion): times for emotion, times in counts.items() if times})
    if rng.random() < 0.4:
        rows.append(list(rng.choice(rows)))
        answers += 1  # one row, listed once
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return Source("crema-d", folder, votes, answers)


def meld(rng: random.Random, folder: Path) -> Source:
    """An utterance a row; a row may stand twice."""
    folder.mkdir(parents=True)
    labels = [
        rng.choice([*SPELLINGS, UNKNOWN] if rng.random() < 0.2 else list(SPELLINGS)) for _ in range(rng.randint(1, 6))
    ]
    rows = [f"1,Hi,X,{label},neutral,0,{n},8,21,0,1" for n, label in enumerate(labels)]
    rows += [rng.choice(rows)] * rng.choice((0, 0, 1))
    (folder / "train_sent_emo.csv").write_text("\n".join([MELD_HEADER, *rows]) + "\n")
    votes = Counter((f"train/dia0_utt{n}", None, label) for n, label in enumerate(labels) if label != UNKNOWN)
    return Source("meld", folder, votes, len(rows), labels.count(UNKNOWN))


def ravdess(rng: random.Random, folder: Path) -> Source:
    """File names, one of them in two folders or of no emotion."""
    codes = {"03": "happy", "04": "sad", "05": "anger"}
    chosen = {f"03-01-{rng.choice(list(codes))}-01-01-01-{n:02}" for n in range(1, rng.randint(2, 5))}
    files = [f"Actor_01/{name}" for name in chosen] + [f"Actor_02/{sorted(chosen)[0]}"] * rng.choice((0, 1))
    files += ["Actor_01/03-01-99-01-01-01-01"] * rng.choice((0, 1))
    for name in files:
        write_sound(folder / f"{name}.wav")
    return Source("ravdess", folder, Counter((n, None, codes[n[6:8]]) for n in chosen), len(files))


def emodb(rng: random.Random, folder: Path) -> Source:
    letters = {"F": "happy", "T": "sad", "W": "anger", "N": "neutral"}
    chosen = {f"03a0{n}{rng.choice(list(letters))}a" for n in range(1, rng.randint(2, 5))}
    files = [f"wav/{name}" for name in chosen] + [f"wav/more/{sorted(chosen)[0]}"] * rng.choice((0, 1))
    files += ["wav/03a01Xa"] * rng.choice((0, 1))
    for name in files:
        write_sound(folder / f"{name}.wav")
    return Source("emodb", folder, Counter((n, None, letters[n[5]]) for n in chosen), len(files))


def table_of_votes(rng: random.Random, folder: Path) -> Source:
    """A row an answer."""
    answers = Answers(rng, named=rng.random() < 0.7)
    rows = [(clip, rater or "", answers.spelled(emotion)) for clip, rater, emotion in answers.given]
    path = _table(folder, ["clip", "who", "label"], rows)
    return answers.source("votes", path, table=VotesFile(path, "clip", label="label", rater="who"))


def table_of_raters(rng: random.Random, folder: Path) -> Source:
    """A row a clip, a column a rater; a clip may stand twice."""
    answers = Answers(rng)
    raters = sorted({rater for _, rater, _ in answers.given})
    rows: list[dict] = []
    for clip, rater, emotion in answers.given:
        row = next((row for row in rows if row["clip"] == clip and rater not in row), None)
        if row is None:
            rows.append(row := {"clip": clip})
        row[rater] = answers.spelled(emotion)
    path = _table(folder, ["clip", *raters], [[row.get(name, "") for name in ("clip", *raters)] for row in rows])
    source = answers.source("votes", path, table=VotesFile(path, "clip", raters=tuple(raters)))
    bad = [row for row in rows if UNKNOWN in row.values()]
    if bad:  # the whole row goes where a part of it breaks a rule
        source.unknown = -1
    return source


def table_of_counts(rng: random.Random, folder: Path) -> Source:
    counts = {f"c{n}": [rng.randint(0, 4) for _ in SPELLINGS] for n in range(rng.randint(1, 5))}
    counts["c0"][0] += 1
    path = _table(folder, ["clip", *SPELLINGS], [[clip, *row] for clip, row in counts.items()])
    votes = Counter(
        {(clip, None, name): times for clip, row in counts.items() for name, times in zip(SPELLINGS, row) if times}
    )
    return Source("votes", path, votes, votes.total(), table=VotesFile(path, "clip", counts=tuple(SPELLINGS)))


def _table(folder: Path, head: list[str], rows: list) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "votes.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


MAKERS = (
    label_studio, label_studio_min, potato, hugging_face, hugging_face_counts, our_export, audformat, msp_podcast, iemocap,
    crema_d, meld, ravdess, emodb, table_of_votes, table_of_raters, table_of_counts,
)  # fmt: skip
