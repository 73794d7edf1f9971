"""The clips of a run, as they stood when it was planned: jobs read this file, never the store.

Parquet with a row a clip: clip (its name in the study), corpus, name, root, audio (below the root), start_s, end_s, duration_s,
transcript, and reference, the study's votes for each emotion.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from emo_core import audio

FILE = "clips.parquet"
# Formats that providers take as they are; others, and spans of longer files, are sent as 16-bit WAV.
MIME = {
    ".wav": "audio/wav",
    ".mp3": "audio/mp3",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}
RATE = 16_000  # Hz


@dataclass(frozen=True)
class Clip:
    """One clip to be heard."""

    clip: str
    corpus: str
    name: str
    root: str
    audio: str
    start_s: float | None
    end_s: float | None
    duration_s: float | None
    transcript: str | None

    @property
    def path(self) -> Path:
        """Where its sound lies. Raises BadInput where that is outside the corpus's folder."""
        return audio.contained(self.root, self.audio)

    @property
    def seconds(self) -> float:
        """How long it is as far as tables say; 4.5 s where they do not."""
        if self.end_s is not None:
            return self.end_s - (self.start_s or 0)
        return self.duration_s or 4.5

    def sound(self) -> tuple[bytes, str]:
        """What is sent: the file as it is where a provider can read it, else 16-bit WAV; and its MIME type.

        Raises AudioError, BadInput.
        """
        path = self.path
        if _needs_decoding(path, self.start_s, self.end_s):
            return audio.as_wav(path, self.start_s, self.end_s), "audio/wav"
        return path.read_bytes(), MIME[path.suffix.lower()]

    def samples(self) -> np.ndarray:
        """One channel at 16 kHz, float32, (samples,). Raises AudioError."""
        import soxr

        heard, rate = audio.decode(self.path, self.start_s, self.end_s)
        mono = heard.mean(axis=1, dtype=np.float32)
        return mono if rate == RATE else soxr.resample(mono, rate, RATE).astype(np.float32)


@lru_cache(maxsize=200_000)
def _needs_decoding(path: Path, start_s: float | None, end_s: float | None) -> bool:
    """Looked at once a clip: a run asks about each many times."""
    return path.suffix.lower() not in MIME or audio.needs_decoding(path, start_s, end_s)


@dataclass(frozen=True)
class Clips:
    """The clips of a run, in order. `reference`: (clips, emotions) votes of the study's reference panel."""

    rows: list[Clip]
    reference: np.ndarray

    @property
    def names(self) -> list[str]:
        """What the clips are called in the study."""
        return [row.clip for row in self.rows]

    def first(self, clips: int) -> "Clips":
        """Only so many of them."""
        return Clips(self.rows[:clips], self.reference[:clips])


def read(folder: Path) -> Clips:
    """The clips of the run in `folder`."""
    import pyarrow.parquet as pq

    return of_columns(pq.read_table(folder / FILE).to_pydict())


def find(folder: Path, clip: str) -> Clip | None:
    """One clip of the run in `folder`."""
    import pyarrow.parquet as pq

    rows = of_columns(pq.read_table(folder / FILE, filters=[("clip", "=", clip)]).to_pydict()).rows
    return rows[0] if rows else None


def of_columns(columns: dict[str, list]) -> Clips:
    """The clips of a table's columns."""
    fields = [name for name in columns if name != "reference"]
    rows = [Clip(**dict(zip(fields, row))) for row in zip(*(columns[name] for name in fields))]
    return Clips(rows, np.array(columns["reference"], dtype=float))


def count(folder: Path) -> int:
    """How many clips the run in `folder` hears."""
    import pyarrow.parquet as pq

    return pq.read_metadata(folder / FILE).num_rows


def write(folder: Path, columns: dict[str, list]) -> None:
    """Keep the clips of a run: columns of `Clip` and `reference`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), folder / FILE)
