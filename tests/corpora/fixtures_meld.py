"""MELD in its layout, made here: a dialogue in each partition, one clip as sound and one as a film."""

from pathlib import Path

from tests.corpora.fixtures_sound import write_sound

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
ROWS = {
    "train": (
        '1,"also I was the point person, you know?",Chandler,neutral,neutral,0,0,8,21,"00:16:16,059","00:16:21,731"',
        '2,You must\x92ve had your hands full.,The Interviewer,surprise,positive,0,1,8,21,"00:16:21,940","00:16:23,442"',
    ),
    "dev": ('1,Oh my God!,Phoebe,sadness,negative,0,0,4,7,"00:20:57,256","00:21:00,049"',),
    "test": ('1,Why do all you’re coffee mugs have numbers?,Mark,joy,positive,0,0,3,19,"00:14:38,127","00:14:40,378"',),
}


def build(folder: Path) -> Path:
    """Three tables, a sound of train, a film of dev."""
    folder.mkdir(parents=True, exist_ok=True)
    for partition, rows in ROWS.items():
        (folder / f"{partition}_sent_emo.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    write_sound(folder / "train_splits" / "dia0_utt0.wav")
    (folder / "dev_splits_complete").mkdir()
    (folder / "dev_splits_complete" / "dia0_utt0.mp4").write_bytes(b"no film")
    return folder
