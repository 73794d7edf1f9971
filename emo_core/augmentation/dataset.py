"""The samples as a folder that other programs read.

samples.parquet   a row a sample (see `tables.COLUMNS`), with a share for each emotion
samples.csv       the same for people, and `audio`, `transcript`, `seconds`, `over`; a cell that a spreadsheet would take for a
                  formula has an apostrophe in front
README.md         what is here and how to read it, for people
schema.json       columns in words, the settings, the balance before and after, what was not made, and what the caller tells
audio/            a WAV of 16 bits, mono, 16 kHz for each sample, named by its id

The folder appears whole or not at all: it is written beside its place, under a name that begins with a dot.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from emo_core import audio
from emo_core.augmentation import tables
from emo_core.augmentation.dataset_readme import readme
from emo_core.augmentation.mixing import SAMPLE_RATE, Mixture, mixture
from emo_core.augmentation.samples import Sample, Samples
from emo_core.augmentation.settings import Settings, kept_document
from emo_core.errors import AudioError, BadInput, UnknownName
from emo_core.publishing.tables import write_csv

if TYPE_CHECKING:
    from emo_core.annotators.clips import Clip

FORMAT = 1
PARQUET, CSV, SCHEMA, README, SOUNDS = "samples.parquet", "samples.csv", "schema.json", "README.md", "audio"
_CSV_ONLY = {  # columns of samples.csv beyond those of the plan
    "audio": ("string", "", "its WAV, below this folder"),
    "transcript": ("string", "", "of the parent that text_of names"),
    "seconds": ("double", "s", "how long it is"),
    "over": ("boolean", "", "whether it went beyond full scale and was turned down or clipped, as the settings say"),
}
_HELD = 64  # waveforms kept in memory: a parent of several samples is decoded once while they follow each other


@dataclass(frozen=True)
class Dataset:
    """An exported folder, read back. `sounds`: the WAV of each sample, below the folder."""

    samples: list[Sample]
    emotions: tuple[str, ...]
    settings: Settings
    sounds: list[Path]
    schema: dict


def export(
    folder: Path,
    clips: Sequence["Clip"],
    samples: Samples,
    settings: Settings,
    *,
    about: Mapping[str, object] | None = None,
    report: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Mix the samples and write them to `folder`, new or empty. Returns figures: samples, seconds, over, silent.

    clips     those that the samples' parents are among
    about     what else the schema shall tell, such as the study, its corpora's licences and whether they are simulated
    report    told (done, samples) after each one; it may raise to end the work, and then nothing is left behind

    `over` counts mixtures that went beyond full scale, `silent` those with a parent without sound.

    Raises BadInput where the folder holds something or cannot be made; UnknownName for a parent that is not among the clips;
    AudioError, naming the clip, where its sound cannot be decoded.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is not empty. Samples go into a new or empty folder: name another.")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    try:
        (draft / SOUNDS).mkdir(parents=True)
        rows = _write_sounds(draft, clips, samples, settings, report or (lambda done, total: None))
        figures = _figures(rows)
        _write_tables(draft, rows, samples, settings, dict(about or {}) | {"figures": figures})
        draft.replace(folder)  # an empty folder gives way
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error}. Make room, or name another place.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return {"folder": str(folder)} | figures


def read(folder: Path) -> Dataset:
    """What `export` wrote. Raises BadInput where the folder is no such dataset, or lacks a sample's sound."""
    try:
        schema = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
        settings = kept_document(schema["settings"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BadInput(f"{folder} holds no exported samples: {error}. Export the augmentation again.") from error
    samples, emotions = tables.read_parquet(folder / PARQUET)
    sounds = [audio.contained(folder, _sound(sample.id)) for sample in samples]
    if missing := [sound.name for sound in sounds if not sound.is_file()]:
        raise BadInput(f"{folder} lacks {len(missing)} sounds, among them {missing[0]}. Export the augmentation again.")
    return Dataset(samples, emotions, settings, sounds, schema)


def _sound(sample: str) -> str:
    return f"{SOUNDS}/{sample}.wav"


def _write_sounds(
    draft: Path, clips: Sequence["Clip"], samples: Samples, settings: Settings, report: Callable[[int, int], None]
) -> list[dict[str, object]]:
    """Write each sample's WAV; what the tables tell beyond the plan."""
    known = {clip.clip: clip for clip in clips}
    if unknown := [name for sample in samples.rows() for name in (sample.clip_i, sample.clip_j) if name not in known]:
        raise UnknownName("clip", unknown[0], known)
    waveform = lru_cache(maxsize=_HELD)(lambda name: _decoded(known[name]))
    rows = []
    for done, sample in enumerate(samples.rows(), 1):
        mixed = mixture(waveform(sample.clip_i), waveform(sample.clip_j), sample.lam, settings)
        _write_wav(audio.contained(draft, _sound(sample.id)), mixed)
        told = {"audio": _sound(sample.id), "transcript": known[sample.text_of].transcript}
        rows.append(
            told | {"seconds": len(mixed.samples) / SAMPLE_RATE, "over": mixed.over, "silent": mixed.silent > 0}
        )
        report(done, len(samples))
    return rows


def _decoded(clip: "Clip") -> np.ndarray:
    try:
        return clip.samples()
    except AudioError as error:
        raise AudioError(f"The clip {clip.clip!r} cannot be mixed: {error}", error.code) from error


def _write_wav(path: Path, mixed: Mixture) -> None:
    whole = np.clip(np.rint(mixed.samples * 32768.0), -32768, 32767).astype(np.int16)
    soundfile.write(path, whole, SAMPLE_RATE, subtype="PCM_16")


def _figures(rows: Sequence[Mapping]) -> dict[str, float]:
    """What is counted over all samples."""
    return {
        "samples": len(rows),
        "seconds": sum(row["seconds"] for row in rows),
        "over": sum(row["over"] for row in rows),
        "silent": sum(row["silent"] for row in rows),
    }


def _write_tables(draft: Path, sounds: Sequence[Mapping], samples: Samples, settings: Settings, about: dict) -> None:
    rows, balance = samples.rows(), samples.balance
    tables.write_parquet(draft / PARQUET, rows, samples.emotions)
    columns = tables.described(samples.emotions, _CSV_ONLY)
    cells = (row | sound for row, sound in zip(tables.records(rows, samples.emotions), sounds))
    write_csv(draft / CSV, cells, [column["name"] for column in columns])
    schema = about | {
        "format": FORMAT,
        "what": "training clips mixed from two real ones each (DiME-Aug)",
        "sample_rate_hz": SAMPLE_RATE,
        "settings": asdict(settings),
        "emotions": samples.emotions,
        "balance": {name: [float(count) for count in getattr(balance, name)] for name in ("before", "filled", "after")},
        "not_made": [asdict(row) for row in samples.not_made],
        "columns": columns,
    }
    (draft / SCHEMA).write_text(json.dumps(schema, ensure_ascii=False, indent=1), encoding="utf-8")
    (draft / README).write_text(readme(schema), encoding="utf-8")
