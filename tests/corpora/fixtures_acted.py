"""RAVDESS and EmoDB in their layouts, made here: a few clips each."""

from pathlib import Path

from tests.corpora.fixtures_sound import write_sound

RAVDESS = ("Actor_01/03-01-01-01-01-01-01", "Actor_12/03-01-06-02-02-01-12", "Actor_24/03-02-02-01-01-02-24")
EMODB = ("03a01Fa", "03a01Wa", "08b02Tb", "16a07Ac")


def build_ravdess(folder: Path, names: tuple[str, ...] = RAVDESS) -> Path:
    """A neutral man, a fearful woman, a calm song."""
    for name in names:
        write_sound(folder / f"{name}.wav")
    return folder


def build_emodb(folder: Path, names: tuple[str, ...] = EMODB) -> Path:
    """Happy and angry, sad, fearful; in `wav`, as it is published."""
    for name in names:
        write_sound(folder / "wav" / f"{name}.wav")
    return folder
