"""Tiny sound files for corpora made in tests."""

import struct
from pathlib import Path

SECONDS = 0.01


def write_sound(path: Path) -> Path:
    """A mono WAV of 160 silent samples at 16 kHz, with the folders that it lies in."""
    samples = bytes(320)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16,
                       b"data", len(samples))  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + samples)
    return path
