"""Files whose header does not know how long they are, rebuilt in memory with one that does.

A file that is written as a stream (to a pipe, by a recorder that cannot go back) leaves its length out, and a file that was
joined from several states that of the first alone. libsndfile then guesses, stops early, or finds nothing; a browser plays
on. Here such files get a header that libsndfile reads to the end:

MP3   without a Xing or Info frame, or with one that counts fewer frames than there are (ISO/IEC 11172-3, 13818-3)
Ogg   several links one after the other (RFC 3533, section 4)
FLAC  0 total samples in STREAMINFO: not known (RFC 9639, section 8.2)
WAV, RF64, AU  a size of 0, or the largest that its field holds, where sound follows
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import soundfile

_SLACK = 256  # bytes that may follow the sound whose size an MP3 states: a tag of ID3v1
UNKNOWN_FRAMES = 1 << 62  # libsndfile gives 2⁶³ − 1 for "not known"
_DECODER_DELAY = 529  # samples, of every decoder of layer III
_COUNTED_BLOCK = 1 << 16  # frames
_CHUNK_NAME = re.compile(rb"[A-Za-z0-9 _]{4}")
# MPEG audio, by the bits of the header: kbit/s of MPEG-1 layer III and MPEG-2 layer III; Hz of MPEG 2.5, –, 2, 1.
_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {0: (11_025, 12_000, 8_000), 2: (22_050, 24_000, 16_000), 3: (44_100, 48_000, 32_000)}


class Sequential(soundfile.SoundFile):
    """Reads on until the decoder has no more. soundfile itself stops at the frames that the header states, and loses the
    last block of a file that cannot be sought in.
    """

    def seekable(self) -> bool:
        """Never: so nothing is sought, and nothing limited."""
        return False


def known_size(size: int, bits: int = 32) -> bool:
    """Whether a size in a header is one, and not what stands there until the end of a stream: 0, or the largest number of
    the field, signed or not, give or take the 64 KiB to which programs round it.
    """
    return size > 0 and all(abs(size - (1 << limit)) > 1 << 16 for limit in (bits - 1, bits))


@dataclass(frozen=True)
class Rebuilt:
    """What stands for a file whose header does not know its length.

    links    the parts of the file one after the other, each with a header that knows its length; empty where none could be
             made, and libsndfile reads the file itself, as far as it guesses
    problem  what is uncertain about it: a sentence, or empty
    """

    links: tuple[bytes, ...]
    problem: str = ""


GUESS = "Its length is a guess, for its header does not say it."
CHANGES = "Parts of it are left out: their sample rate or channels are not those of its beginning."


def rebuilt(path: Path, file: soundfile.SoundFile) -> Rebuilt | None:
    """What stands for the file at `path`, which `file` has open; None where its header knows its length."""
    if file.format in ("MP3", "MPEG"):
        if file.subtype != "MPEG_LAYER_III":
            return Rebuilt((), GUESS)
        return _mp3(path.read_bytes()) if _doubted(path) else None
    if file.format == "OGG":
        return _ogg_links(path.read_bytes())
    if file.format == "FLAC" and file.frames >= UNKNOWN_FRAMES:
        return Rebuilt((_flac(path),))
    if not file.frames and file.format in ("WAV", "WAVEX", "RF64", "AU"):
        return _with_sizes(path.read_bytes())
    return None


def rebuilt_unopened(path: Path) -> Rebuilt | None:
    """The same for a file that libsndfile does not even open: RF64 whose size is the largest number."""
    with path.open("rb") as file:
        head = file.read(4)
    return _with_sizes(path.read_bytes()) if head == b"RF64" else None


# MP3: a walk from frame to frame, each of which states its own length


@dataclass(frozen=True)
class _Frame:
    """One frame of MPEG audio, layer III: its place and length in bytes, and what must not change in a stream."""

    start: int
    size: int
    kind: tuple[int, int, bool]  # version, Hz, mono
    side: int  # bytes of the header and the side information: what follows may be "Xing"


def _frame(data: bytes, start: int) -> _Frame | None:
    """The frame that begins there, if one does and it states its length."""
    head = int.from_bytes(data[start : start + 4])
    version, layer, kbits, rate = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or kbits in (0, 15) or rate == 3:
        return None
    first, mono = version == 3, head >> 6 & 3 == 3
    hertz = _RATES[version][rate]
    size = (144 if first else 72) * 1000 * _KBITS[first][kbits] // hertz + (head >> 9 & 1)
    side = 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    return _Frame(start, size, (version, hertz, mono), side)


def _after_tag(data: bytes, start: int) -> int | None:
    """Where a tag of ID3 or APE ends that begins there, if one does."""
    if data[start : start + 3] == b"ID3" and start + 10 <= len(data):
        size = 0
        for byte in data[start + 6 : start + 10]:
            size = size << 7 | byte & 0x7F
        return start + 10 + size
    if data[start : start + 3] == b"TAG":
        return start + 128
    if data[start : start + 8] == b"APETAGEX":
        size = int.from_bytes(data[start + 12 : start + 16], "little")
        return start + size + (32 if data[start + 23] & 0x20 else 0)
    return None


def _frames(data: bytes) -> Iterator[_Frame]:
    """The whole frames of a file. After what is neither a frame nor a tag, two frames must follow one another."""
    place, in_step = 0, False
    while place < len(data):
        frame = _frame(data, place)
        following = place + frame.size if frame else 0
        if frame and following <= len(data) and (in_step or following == len(data) or _frame(data, following)):
            yield frame
            place, in_step = following, True
        elif (end := _after_tag(data, place)) is not None:
            place, in_step = max(end, place + 1), True
        else:
            place, in_step = data.find(b"\xff", place + 1), False
            if place < 0:
                return


def _is_index(data: bytes, frame: _Frame) -> bool:
    """Whether a frame holds no sound but the number of those that follow."""
    place = frame.start + frame.side
    return data[place : place + 4] in (b"Xing", b"Info") or data[frame.start + 36 : frame.start + 40] == b"VBRI"


def _stated(data: bytes, frame: _Frame) -> tuple[int | None, int | None]:
    """How many frames and bytes a Xing frame states."""
    place = frame.start + frame.side
    if data[place : place + 4] not in (b"Xing", b"Info"):
        return None, None
    flags = int.from_bytes(data[place + 4 : place + 8])
    numbers = [int.from_bytes(data[place + at : place + at + 4]) for at in (8, 12)]
    frames = numbers[0] if flags & 1 else None
    return frames, (numbers[1] if frames is not None else numbers[0]) if flags & 2 else None


def _doubted(path: Path) -> bool:
    """Whether the frames of an MP3 must be counted: unless it begins with a Xing frame that states the size of the file."""
    with path.open("rb") as file:
        start = 0
        while (end := _after_tag(file.read(32), 0)) is not None:
            start += end
            file.seek(start)
        file.seek(start)
        data = file.read(1 << 12)
    frame = _frame(data, 0)
    frames, size = _stated(data, frame) if frame else (None, None)
    return not frames or size is None or path.stat().st_size - start > size + _SLACK


def _mp3(data: bytes) -> Rebuilt | None:
    """The frames of an MP3 after an Info frame that counts them. None where its own Xing frame does.

    Frames of another sample rate or another number of channels than the first are left out: no decoder reads on there.
    """
    found = list(_frames(data))
    sound = [frame for frame in found if not _is_index(data, frame)]
    if not sound:
        return Rebuilt((), GUESS)
    stated = _stated(data, found[0])[0]
    if stated is not None and len(sound) <= stated + 1:
        return None
    kept = [frame for frame in sound if frame.kind == sound[0].kind]
    head = bytearray(data[kept[0].start : kept[0].start + 4])
    head[1] |= 1  # no checksum
    head[2] = 0xE0 | head[2] & 0x0D  # the highest bit rate: room for the index; no padding
    silent = (bytes(head) + bytes(kept[0].side - 4)).ljust(_frame(bytes(head), 0).size, b"\0")
    # The decoder takes its own delay of 529 samples off the beginning of a file with an index. So that none of the sound goes,
    # a silent frame stands before it, and the index asks for the rest of that to be taken off.
    delay = (1152 if kept[0].kind[0] == 3 else 576) - _DECODER_DELAY
    trimmed = b"LAME3.100".ljust(21, b"\0") + (delay << 12 | _DECODER_DELAY).to_bytes(3)
    index = b"Info" + (1).to_bytes(4) + (len(kept) + 1).to_bytes(4) + trimmed
    first = silent[: kept[0].side] + index + silent[kept[0].side + len(index) :]
    whole = first + silent + b"".join(data[frame.start : frame.start + frame.size] for frame in kept)
    return Rebuilt((whole,), CHANGES if len(kept) < len(sound) else "")


def _ogg_links(data: bytes) -> Rebuilt | None:
    """The links of a chained Ogg file; None where there is one alone. A link begins with the first of its first pages."""
    starts, place, opening = [], 0, False
    while data[place : place + 4] == b"OggS" and place + 27 <= len(data):
        first = bool(data[place + 5] & 2)
        if first and not opening:
            starts.append(place)
        opening = first
        segments = data[place + 26]
        place += 27 + segments + sum(data[place + 27 : place + 27 + segments])
        if data[place : place + 4] != b"OggS":
            place = data.find(b"OggS", place)
            if place < 0:
                break
    if len(starts) < 2:
        return None
    return Rebuilt(tuple(data[start:end] for start, end in pairwise([*starts, len(data)])))


def _flac(path: Path) -> bytes:
    """A FLAC file whose STREAMINFO states the samples that were counted."""
    with Sequential(path) as file:
        frames = 0
        while count := len(file.read(_COUNTED_BLOCK, dtype="int16", always_2d=True)):
            frames += count
    data = bytearray(path.read_bytes())
    place = data.find(b"fLaC") + 4 + 4 + 13  # the low half of this byte, and four more
    data[place] = data[place] & 0xF0 | frames >> 32 & 0x0F
    data[place + 1 : place + 5] = (frames & 0xFFFFFFFF).to_bytes(4)
    return bytes(data)


def _with_sizes(data: bytes) -> Rebuilt | None:
    """A WAV, RF64 or AU with the size of the sound that follows its header; None where its own can be trusted."""
    if data[:4] == b".snd":
        if known_size(int.from_bytes(data[8:12])):
            return None
        return Rebuilt((data[:8] + b"\xff\xff\xff\xff" + data[12:],))
    place, long = 12, None
    while place + 8 <= len(data):
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if name == b"ds64":
            long = place + 16  # 64 bits: the size of the data chunk
        if name == b"data":
            return _sized(data, place + 8, long)
        place += 8 + size + size % 2
    return None


def _sized(data: bytes, start: int, long: int | None) -> Rebuilt | None:
    """`data` with the size of the sound from `start` on, as a RIFF of up to 4 GB states it."""
    stated, bits = (
        (int.from_bytes(data[long : long + 8], "little"), 64)
        if long
        else (int.from_bytes(data[start - 4 : start], "little"), 32)
    )
    there = len(data) - start
    if known_size(stated, bits) or not there or there >= 1 << 32 or _CHUNK_NAME.match(data, start):
        return None
    riff = b"RIFF" + (len(data) - 8).to_bytes(4, "little")
    return Rebuilt((riff + data[8 : start - 4] + there.to_bytes(4, "little") + data[start:],))
