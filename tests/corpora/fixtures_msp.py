"""MSP-Podcast in its official layout, made here: three clips in each of the forms that its labels have had."""

import json
from pathlib import Path

from tests.corpora.fixtures_sound import write_sound

BLOCKS = """MSP-PODCAST_0001_0008.wav; N; A:2.8; V:3.6; D:3.4;
WORKER00000325; Neutral; Neutral,Concerned; A:3.000000; V:4.000000; D:4.000000;
WORKER00000027; Sad; Sad,Disappointed,Neutral; A:2.000000; V:3.000000; D:3.000000;

MSP-PODCAST_0001_0019.wav; X; A:5.0; V:5.5; D:4.0;
WORKER00000325; Happy; Happy,Excited; A:6.000000; V:6.000000; D:5.000000;
WORKER00000099; Other-proud; Other-proud; A:4.000000; V:5.000000; D:3.000000;

MSP-PODCAST_0002_0003.wav; A; A:6.0; V:2.0; D:6.0;
WORKER00000027; Angry; Angry,Annoyed; A:6.000000; V:2.000000; D:6.000000;
"""
CONSENSUS = """FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set
MSP-PODCAST_0001_0008.wav,N,2.8,3.6,3.4,127,Male,Test1
MSP-PODCAST_0001_0019.wav,X,5.0,5.5,4.0,Unknown,Female,Train
MSP-PODCAST_0002_0003.wav,A,6.0,2.0,6.0,9,Female,Development
"""
SPEAKERS = """Speaker_127; Male

MSP-PODCAST_0001_0008.wav; 127
MSP-PODCAST_0001_0019.wav; Unknown
"""
_MAJOR = "FileName,{worker},EmoClass_Major,EmoClass_Second,EmoAct,EmoVal,EmoDom"


def answers() -> list[tuple[str, str, str, str, list[str]]]:
    """(file, worker, primary, secondary, [A, V, D]) of every worker's line."""
    rows, file = [], ""
    for line in BLOCKS.splitlines():
        parts = [part.strip() for part in line.split(";")]
        if parts[0].startswith("WORKER"):
            rows.append((file, *parts[:3], [part[2:] for part in parts[3:6]]))
        elif parts[0]:
            file = parts[0]
    return rows


# As releases to 1.9 call them.
OLD_NAMES = {
    "Labels/labels.txt": "Labels/Labels.txt", "Labels/labels_consensus.csv": "Labels/labels_concensus.csv", "Labels": "label",
}  # fmt: skip


def rename_as_before(folder: Path) -> Path:
    """Give a corpus the names of the releases to 1.9."""
    for now, before in OLD_NAMES.items():
        (folder / now).rename(folder / before)
    return folder


def build(folder: Path, *, labels: str = "labels.txt", consensus: bool = True) -> Path:
    """`labels` is labels.txt, labels_detailed.json (or `workers.json`), or a generation of the CSV: 1.6, 1.8, 2.0."""
    (folder / "Labels").mkdir(parents=True)
    if labels == "labels.txt":
        (folder / "Labels/labels.txt").write_text(BLOCKS)
    elif labels.endswith(".json"):
        (folder / "Labels/labels_detailed.json").write_text(json.dumps(_document(labels == "workers.json")))
    elif labels:
        (folder / "Labels/labels_detailed.csv").write_text(_csv(labels))
    if consensus:
        (folder / "Labels/labels_consensus.csv").write_text(CONSENSUS)
    (folder / "Transcripts").mkdir()
    (folder / "Transcripts/MSP-PODCAST_0001_0008.txt").write_text("well  I think\n so")
    (folder / "Partitions.txt").write_text("Test1; MSP-PODCAST_0001_0008.wav\nTrain; MSP-PODCAST_0001_0019.wav\n")
    (folder / "Speaker_ids.txt").write_text(SPEAKERS)
    write_sound(folder / "Audios/MSP-PODCAST_0001_0008.wav")
    return folder


def _document(listed: bool) -> dict:
    document: dict = {}
    for file, worker, primary, secondary, (arousal, valence, dominance) in answers():
        fields = {
            "EmoClass_Major": primary, "EmoClass_Second": secondary, "EmoAct": float(arousal), "EmoVal": float(valence),
            "EmoDom": float(dominance),
        }  # fmt: skip
        if listed:
            document.setdefault(file, {"Workers": []})["Workers"].append({"Name": worker} | fields)
        else:
            document.setdefault(file, {})[worker] = fields
    return document


def _csv(generation: str) -> str:
    if generation == "1.8":
        rows = [
            f'{file},"{worker}; {primary}; {secondary}; A:{a}; V:{v}; D:{d};"'
            for file, worker, primary, secondary, (a, v, d) in answers()
        ]
        return "\n".join(["FileName,EmoDetail", *rows]) + "\n"
    head = _MAJOR.format(worker="Workers" if generation == "1.6" else "WorkerID")
    rows = [
        f'{file},{worker},{primary},"{secondary}",{a},{v},{d}'
        for file, worker, primary, secondary, (a, v, d) in answers()
    ]
    return "\n".join([head, *rows]) + "\n"
