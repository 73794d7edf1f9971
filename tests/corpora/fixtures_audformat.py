"""A database in audformat, as its library writes it (1.4): raters of several types, segments, speakers."""

from pathlib import Path

from tests.corpora.fixtures_sound import write_sound

HEADER = """\
name: mini
source: made for tests
usage: research
languages: [deu]
license: CC0-1.0
raters:
  anna: {type: human}
  net: {type: machine}
  gold: {type: vote}
schemes:
  duration: {dtype: time}
  emotion:
    dtype: str
    labels: [anger, happiness, neutral]
  code:
    dtype: str
    labels:
      A: fear
      W: {description: anger}
  speaker:
    dtype: int
    labels:
      3: {gender: male, age: 31}
      8: {gender: female, age: 34}
  valence: {dtype: float, minimum: 1, maximum: 5}
splits:
  test: {type: test}
tables:
  files:
    type: filewise
    columns:
      speaker: {scheme_id: speaker}
      duration: {scheme_id: duration}
  emotion:
    type: filewise
    split_id: test
    columns:
      anna: {scheme_id: emotion, rater_id: anna}
      net: {scheme_id: emotion, rater_id: net}
      gold: {scheme_id: emotion, rater_id: gold}
      valence: {scheme_id: valence, rater_id: anna}
  segments:
    type: segmented
    columns:
      code: {scheme_id: code}
"""
TABLES = {
    "files": "file,speaker,duration\na/x.wav,3,0 days 00:00:01.500000\na/y.wav,8,0 days 00:00:02.000000\n",
    "emotion": "file,anna,net,gold,valence\na/x.wav,anger,neutral,anger,1.5\na/y.wav,,happiness,happiness,4\n",
    "segments": "file,start,end,code\na/x.wav,0 days 00:00:00.500000,0 days 00:00:01,A\na/y.wav,0 days 00:00:00,,W\n",
}


def build(folder: Path) -> Path:
    """The header, its tables as CSV, one of the two files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "db.yaml").write_text(HEADER, encoding="utf-8")
    for name, rows in TABLES.items():
        (folder / f"db.{name}.csv").write_text(rows, encoding="utf-8")
    write_sound(folder / "a" / "x.wav")
    return folder
