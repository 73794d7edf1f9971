"""One sound file: what is in it, what is wrong with it, its samples, and what a browser can be handed.

A file that can be played raises nothing, however odd: what is odd stands in `AudioFacts.problems`. A file that cannot be
played raises AudioError, whose message says why and what to do.

Full scale is the largest magnitude that the file's sample format can hold; clipping is reported from three full-scale
samples in a row on, because a single one is an ordinary loud peak.
"""

import io
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from emo_core.audio import streams
from emo_core.errors import AudioError, BadInput

CLIPPED_RUN = 3  # full-scale samples in a row
QUIET = 1e-3  # of full scale: −60 dBFS; what stays under it counts as silence at a clip's ends
SPAN_SLACK_S = 0.05  # a span may end this much after the file: tables round times
# Which endings and contents a browser takes as they are. Other sample formats (32-bit integers, doubles, A-law) it may not.
_BROWSER_CONTENT = {
    ".wav": {"WAV", "WAVEX"},
    ".flac": {"FLAC"},
    ".mp3": {"MP3", "MPEG"},
    ".ogg": {"OGG"},
    ".oga": {"OGG"},
    ".opus": {"OGG"},
}
_BROWSER_WAV = {"PCM_U8", "PCM_16", "PCM_24", "FLOAT"}
_BROWSER_ONLY = {".m4a": "M4A", ".mp4": "M4A", ".webm": "WebM"}  # libsndfile does not read these
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_BLOCK = 1 << 16  # frames
_SMALL_BLOCK = 1 << 12  # frames: at most so many are lost before the spot where a file breaks off


@dataclass(frozen=True)
class AudioFacts:
    """What a playable file, or a span of it, holds. For M4A and WebM, which only the browser can read, the numbers are None.

    sample_rate   Hz
    frames        samples a channel that are there, which may be fewer than the header claims
    duration_s    frames / sample_rate, seconds
    format        for people: "WAV, Signed 16 bit PCM"
    problems      plain sentences; the file can be played in spite of them
    codes         for each of `problems` its key in `audio.health.PROBLEMS`
    span          first frame looked at and the one after the last, as the header counts; None: the whole file
    peak          largest magnitude of a sample, 0…1 (files of floats may go beyond)
    rms           root mean square of all samples of all channels, 0…1; a square wave at full scale has 1
    loud          first and last frame of the span, counted from its beginning, in which a channel reaches `QUIET`; None where
                  there is none
    """

    sample_rate: int | None
    channels: int | None
    frames: int | None
    duration_s: float | None
    format: str
    problems: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    peak: float | None = None
    rms: float | None = None
    loud: tuple[int, int] | None = None


def inspect(path: Path | str, start_s: float | None = None, end_s: float | None = None) -> AudioFacts:
    """Read a file or a span of it, in blocks, and say what it holds and what is wrong with it.

    Raises AudioError where it cannot be played: missing, empty, a git-LFS pointer, header only, not audio, unreadable; or where
    the span does not lie in it.
    """
    path = Path(path)
    if kind := _browser_only(path):
        note = f"Only the browser can read {kind}: no spectrogram. Convert it with: {_conversion(path)}"
        return AudioFacts(None, None, None, None, kind, (note,), ("browser_only",))
    with _opened(path) as sound:
        file, claimed, rate = sound.file, sound.claimed, sound.file.samplerate
        first, last = _span(path, start_s, end_s, claimed, rate)
        tally = _Tally(file.subtype)
        for block in sound.blocks(first, last):
            tally.add(block)
        if not tally.frames:
            raise _without_sound(path, claimed / rate, first / rate, last / rate)
        whole = (first, last) == (0, claimed)
        problems = dict(tally.problems(last - first, rate, whole=whole))
        if sound.uncertain:  # nothing was claimed
            problems = {"uncertain_length": sound.uncertain} | problems
            problems.pop("broken_off", None)
        return AudioFacts(
            sample_rate=rate,
            channels=file.channels,
            frames=tally.frames,
            duration_s=tally.frames / rate,
            format=f"{file.format}, {file.subtype_info}",
            problems=tuple(problems.values()),
            codes=tuple(problems),
            span=None if whole else (first, last),
            peak=tally.peak,
            rms=math.sqrt(tally.squares / (tally.frames * file.channels)),
            loud=tally.loud,
        )


def decode(path: Path | str, start_s: float | None = None, end_s: float | None = None) -> tuple[np.ndarray, int]:
    """Samples of a file or of a span of it, and the sample rate in Hz.

    The samples are float32 of shape (frames, channels), −1…1 (files of floats may go beyond); what is not a number is 0.
    A file that breaks off gives what is there. A span may end up to 0.05 s after the file.

    Raises AudioError where the file cannot be played or the span does not lie in it.
    """
    path = Path(path)
    if kind := _browser_only(path):
        raise AudioError(
            f"{path.name} is {kind}, which only the browser can read. Convert it with: {_conversion(path)}"
        )
    with _opened(path) as sound:
        rate = sound.file.samplerate
        first, last = _span(path, start_s, end_s, sound.claimed, rate)
        samples = sound.read(first, last)
        if not len(samples):
            raise _without_sound(path, sound.claimed / rate, first / rate, last / rate)
        return samples, rate


def seconds(path: Path | str) -> float | None:
    """How long a file is, without looking at its sound: as its header states where it knows, else counted. None for M4A and
    WebM, which only the browser can read.

    Raises AudioError as `inspect` does.
    """
    path = Path(path)
    if _browser_only(path):
        return None
    with _opened(path) as sound:
        return sound.frames / sound.file.samplerate


def as_wav(path: Path | str, start_s: float | None = None, end_s: float | None = None) -> bytes:
    """A file or a span of it as a WAV of 16 bits at the file's own rate, which every browser plays.

    16-bit sources come through unchanged. Raises AudioError as `decode` does.
    """
    samples, sample_rate = decode(path, start_s, end_s)
    whole = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, whole, sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def needs_decoding(path: Path | str, start_s: float | None = None, end_s: float | None = None) -> bool:
    """Whether a browser must be given `as_wav` instead of the file: spans, AIFF, 32-bit integers, content that does not
    fit the ending, files whose header does not know their length, or claims another than they hold.

    Where the header knows it, only that and the last frame are read. Raises AudioError where the file cannot be played.
    """
    path = Path(path)
    if _browser_only(path):
        return start_s is not None or end_s is not None  # `decode` then says that it cannot
    with _opened(path) as sound:
        file = sound.file
        if start_s is not None or end_s is not None or sound.rebuilt:
            return True
        if file.format not in _BROWSER_CONTENT.get(path.suffix.lower(), ()):
            return True
        if file.format in ("WAV", "WAVEX") and file.subtype not in _BROWSER_WAV:
            return True
        return sound.claimed != file.frames or not _ends_well(file)


def glance(path: Path | str, start_s: float | None = None, end_s: float | None = None) -> float:
    """Seconds of a file or a span of it, as far as its header and its length on the disk tell: no sample is decoded.

    Raises AudioError where it cannot be decoded, or where it is known without decoding that it breaks off.
    """
    path = Path(path)
    if kind := _browser_only(path):
        raise AudioError(
            f"{path.name} is {kind}, which only the browser can read. Convert it with: {_conversion(path)}",
            "browser_only",
        )
    with _opened(path) as sound:
        rate = sound.file.samplerate
        first, last = _span(path, start_s, end_s, sound.claimed, rate)
        there = min(last, sound.frames) - first
        if there < last - first:
            raise AudioError(
                f"{path.name} breaks off: {(last - first) / rate:.2f} s are claimed, {max(there, 0) / rate:.2f} s "
                "are there. Copy or download it again.",
                "broken_off",
            )
        return there / rate


def contained(root: Path | str, relative: Path | str) -> Path:
    """The file `relative` below the audio root, with links followed. It need not be there.

    Raises BadInput where it is empty, absolute, climbs with `..`, or leads out of the root.
    """
    text = os.fspath(relative)
    if not text.strip() or "\0" in text:
        raise BadInput(f"{text!r} is not the path of an audio file. Give a path below the audio root.")
    outside = BadInput(f"{text!r} lies outside the audio root {root}. Give a path below it.")
    parts = text.replace("\\", "/").split("/")
    if Path(text).is_absolute() or text[0] in "/\\" or ".." in parts:
        raise outside
    try:
        base = Path(root).resolve()
        path = (base / text).resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise BadInput(f"{text!r} cannot be followed below the audio root {root}: {error}. Check its links.") from error
    if path == base or not path.is_relative_to(base):
        raise outside
    return path


@dataclass(frozen=True)
class _Link:
    """Frames of a file that libsndfile reads at one go: nearly always all of them."""

    open: Callable[[], soundfile.SoundFile]
    frames: int


@dataclass(frozen=True)
class _Sound:
    """A file that is open.

    file       for its format, sample rate and channels
    links      the parts of the file, one after the other
    claimed    frames that the header claims, where it does
    rebuilt    whether the header does not know the length, so that it was counted
    uncertain  what is not certain about the length: a sentence, or empty
    """

    file: soundfile.SoundFile
    links: tuple[_Link, ...]
    claimed: int
    rebuilt: bool = False
    uncertain: str = ""

    @property
    def frames(self) -> int:
        """Frames that are there, as far as libsndfile knows without reading them."""
        return sum(link.frames for link in self.links)

    def blocks(self, first: int, last: int) -> Iterator[np.ndarray]:
        """Blocks of samples (frames, channels) from frame `first` up to `last` or the spot where the file breaks off."""
        for link, begin, end in self._parts(first, last):
            yield from _blocks(link, _BLOCK, begin, end)

    def read(self, first: int, last: int) -> np.ndarray:
        """Frames first…last as float32 (frames, channels), as many as are there."""
        parts = [_read(link, begin, end) for link, begin, end in self._parts(first, last)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _parts(self, first: int, last: int) -> Iterator[tuple[_Link, int, int]]:
        """The links in which these frames lie, and which of theirs. The last link may claim more than it has."""
        begins = 0
        for place, link in enumerate(self.links, 1):
            ends = begins + link.frames if place < len(self.links) else max(last, begins)
            if max(first, begins) < min(last, ends):
                yield link, max(first, begins) - begins, min(last, ends) - begins
            begins = ends


@contextmanager
def _opened(path: Path) -> Iterator[_Sound]:
    """The file, opened. Raises AudioError where it is not a sound file."""
    _refuse_at_sight(path)
    try:
        file, again = soundfile.SoundFile(path), None
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: .raw, whose sample rate nothing tells
        again = streams.rebuilt_unopened(path)
        if again is None:
            reason = getattr(error, "error_string", str(error)).strip(" .")
            raise AudioError(
                f"{path.name} is not audio that can be read ({reason}). "
                f"Check the file, or convert it with: {_conversion(path)}"
            ) from error
        file = soundfile.SoundFile(io.BytesIO(again.links[0]))
    with file:
        again = again or streams.rebuilt(path, file)
        if again is None or not again.links:
            claimed, uncertain = _claimed_frames(path, file), again.problem if again else ""
            links = (_Link(lambda: soundfile.SoundFile(path), file.frames),)
        else:
            links, changes = _links(again.links, file)
            claimed, uncertain = sum(link.frames for link in links), again.problem or changes
        if not claimed or not any(link.frames for link in links):
            raise _without_sound(path, claimed / file.samplerate)
        if claimed >= streams.UNKNOWN_FRAMES:
            raise AudioError(f"{path.name} does not say how long it is. Convert it with: {_conversion(path)}")
        if uncertain:
            uncertain += f" Convert it with: {_conversion(path)}"
        yield _Sound(file, links, claimed, rebuilt=bool(again and again.links), uncertain=uncertain)


def _links(parts: tuple[bytes, ...], file: soundfile.SoundFile) -> tuple[tuple[_Link, ...], str]:
    """The parts of a file that go on as it begins, and a sentence where others were left out."""
    links = []
    for data in parts:
        try:
            with soundfile.SoundFile(io.BytesIO(data)) as part:
                if (part.samplerate, part.channels) == (file.samplerate, file.channels):
                    links.append(_Link(partial(_in_memory, data), part.frames))
        except soundfile.LibsndfileError:
            continue
    return tuple(links), streams.CHANGES if len(links) < len(parts) else ""


def _in_memory(data: bytes) -> soundfile.SoundFile:
    return soundfile.SoundFile(io.BytesIO(data))


def _refuse_at_sight(path: Path) -> bytes:
    """The first bytes. Raises AudioError where they, or the file system, already say that nothing can be played."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise AudioError(f"{path.name} {what}. Check the corpus's audio root and the clip's path: {path}", "missing")
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise AudioError(f"{path.name} cannot be opened ({error.strerror}). Check its permissions: {path}") from error
    if not head:
        raise AudioError(f"{path.name} is empty (0 bytes). Copy or download it again.")
    if head.startswith(b"version https://git-lfs"):
        raise AudioError(f"{path.name} is a git-LFS pointer, not audio. Run `git lfs pull` in the corpus's repository.")
    if head.lstrip()[:1] == b"<":
        raise AudioError(f"{path.name} is a web page or XML, not audio; a download failed. Download it again.")
    return head


def _browser_only(path: Path) -> str | None:
    """Which of M4A and WebM ending and content say it is, if any. Raises AudioError where nothing can be played."""
    kind = _BROWSER_ONLY.get(path.suffix.lower())
    if kind is None:
        return None
    head = _refuse_at_sight(path)
    fits = head[4:8] == b"ftyp" if kind == "M4A" else head[:4] == b"\x1a\x45\xdf\xa3"
    return kind if fits else None


def _conversion(path: Path) -> str:
    return f"ffmpeg -i {path.name} {path.stem}{'-converted' if path.suffix.lower() == '.wav' else ''}.wav"


def _without_sound(path: Path, claimed_s: float, start_s: float = 0.0, end_s: float = 0.0) -> AudioError:
    if start_s:
        return AudioError(
            f"{path.name} breaks off before the span {start_s:g}–{end_s:g} s; its header claims {claimed_s:.2f} s. "
            "Copy or download it again.",
            "broken_off",
        )
    claim = f"; it claims {claimed_s:.2f} s" if claimed_s else ""
    return AudioError(f"{path.name} has a header but no sound after it{claim}. Copy or download it again.")


def _span(path: Path, start_s: float | None, end_s: float | None, frames: int, sample_rate: int) -> tuple[int, int]:
    """First frame and the one after the last. Raises AudioError where the span does not lie in the file."""
    duration_s = frames / sample_rate
    start = 0.0 if start_s is None else float(start_s)
    end = duration_s if end_s is None else float(end_s)
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < min(end, duration_s)):
        rule = "must begin at 0 s or later, inside the file, and end after it begins"
    elif end > duration_s + SPAN_SLACK_S:
        rule = "must end inside the file"
    else:
        return round(start * sample_rate), min(frames, max(round(start * sample_rate) + 1, round(end * sample_rate)))
    raise AudioError(
        f"The span {start:g}–{end:g} s {rule}; {path.name} lasts {duration_s:.3f} s. Correct the clip's start and end.",
        "wrong_span",
    )


def _read(link: _Link, first: int, last: int) -> np.ndarray:
    """Frames first…last of a link as float32 (frames, channels), as many as are there."""
    with link.open() as file:
        try:
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, MemoryError, ValueError):  # a damaged header may claim any length
            samples = _read_until_it_breaks(link, last)[first:]
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return samples


def _read_until_it_breaks(link: _Link, last: int) -> np.ndarray:
    blocks = list(_blocks(link, _SMALL_BLOCK, 0, last))
    with link.open() as file:
        return np.concatenate(blocks) if blocks else np.zeros((0, file.channels), np.float32)


def _blocks(link: _Link, size: int, first: int, last: int) -> Iterator[np.ndarray]:
    """Blocks of samples (frames, channels) from frame `first` up to `last` or the spot where the link breaks off."""
    done = first
    with link.open() as file:
        while done < last:
            try:
                if done == first and first:
                    file.seek(first)
                block = file.read(min(size, last - done), dtype="float32", always_2d=True)
            except (
                soundfile.LibsndfileError,
                ValueError,
            ):  # ValueError: soundfile stands behind the end that it knows of
                break
            if not len(block):
                return
            done += len(block)
            yield block
    if done < last and size > _SMALL_BLOCK:  # a broken decoder stays broken: begin again, in finer steps
        yield from _skipped(_blocks(link, _SMALL_BLOCK, 0, last), done)


def _skipped(blocks: Iterator[np.ndarray], frames: int) -> Iterator[np.ndarray]:
    """The blocks without the first `frames` frames."""
    for block in blocks:
        if frames < len(block):
            yield block[frames:]
        frames = max(0, frames - len(block))


def _ends_well(file: soundfile.SoundFile) -> bool:
    """Whether the last frame that the header claims is there."""
    try:
        file.seek(file.frames - 1)
        return len(file.read(1)) == 1
    except soundfile.LibsndfileError:
        return False


def _claimed_frames(path: Path, file: soundfile.SoundFile) -> int:
    """Frames that the header claims. libsndfile already trims WAV and AIFF to what is there, so their chunks are read."""
    order = {"WAV": "little", "WAVEX": "little", "AIFF": "big"}.get(file.format)
    claimed = _chunk_sizes(path, order) if order else {}
    if order == "big":
        frames = claimed.get("COMM frames", 0)
        return frames if streams.known_size(frames) else file.frames
    block, size = claimed.get("block", 0), claimed.get("data", 0)
    if file.subtype not in _BITS and file.subtype not in ("FLOAT", "DOUBLE"):
        return file.frames  # compressed: bytes do not count frames
    if not block or not streams.known_size(size):  # written as a stream: the header does not know
        return file.frames
    return size // block or file.frames


def _chunk_sizes(path: Path, order: str) -> dict[str, int]:
    """What the chunks of a RIFF (little) or FORM (big) file claim: data bytes, bytes a frame, frames."""
    found: dict[str, int] = {}
    with path.open("rb") as file:
        file.seek(12)
        for _ in range(64):
            head = file.read(8)
            if len(head) < 8:
                break
            name, size = head[:4], int.from_bytes(head[4:], order)
            if name == b"data":
                found["data"] = size
                break
            body = file.read(16) if name in (b"fmt ", b"COMM") else b""
            if name == b"fmt ":
                found["block"] = int.from_bytes(body[12:14], order)
            if name == b"COMM":
                found["COMM frames"] = int.from_bytes(body[2:6], order)
            file.seek(size + size % 2 - len(body), os.SEEK_CUR)
    return found


class _Tally:
    """Counts over the blocks of one file, and what they tell."""

    def __init__(self, subtype: str):
        bits = _BITS.get(subtype)
        # float32 has 24 bits, so that full scale of 32-bit integers reads as 1
        self.full_scale = 1.0 if bits is None or bits > 24 else 1.0 - 2.0 ** (1 - bits)
        self.frames = self.full = self.not_numbers = 0
        self.clipped = False
        self.peak = self.squares = 0.0
        self.loud: tuple[int, int] | None = None
        self._tail: np.ndarray | None = None

    def add(self, block: np.ndarray) -> None:
        """Count one block (frames, channels); a run may go on from the block before."""
        size = np.abs(block)
        squares = float(np.square(size, dtype=np.float64).sum())
        if not math.isfinite(squares):
            self.not_numbers += size.size - int(np.isfinite(size).sum())
            size = np.nan_to_num(size, copy=False, nan=0.0, posinf=0.0)
            squares = float(np.square(size, dtype=np.float64).sum())
        peak = float(size.max())
        self.squares += squares
        self.peak = max(self.peak, peak)
        if peak >= QUIET:
            loud = size.ravel() >= QUIET
            begin, end = int(loud.argmax()), loud.size - 1 - int(loud[::-1].argmax())
            begin, end = (self.frames + place // size.shape[1] for place in (begin, end))
            self.loud = (self.loud[0] if self.loud else begin, end)
        self._count_clipping(size, peak)
        self.frames += len(block)

    def _count_clipping(self, size: np.ndarray, peak: float) -> None:
        if peak < self.full_scale:
            self._tail = None
            return
        full = size >= self.full_scale
        self.full += int(full.sum())
        full = full if self._tail is None else np.concatenate([self._tail, full])
        last = len(full) - CLIPPED_RUN + 1
        if last > 0:
            self.clipped |= bool(np.logical_and.reduce([full[i : i + last] for i in range(CLIPPED_RUN)]).any())
        self._tail = full[-(CLIPPED_RUN - 1) :]

    def problems(self, claimed: int, sample_rate: int, *, whole: bool) -> Iterator[tuple[str, str]]:
        """Code and sentence for each thing that is wrong; the file, or the span where it is not whole, claims so many frames."""
        if claimed > self.frames:
            claims = "its header claims" if whole else "the span asks for"
            there = f"{self.frames / sample_rate:.2f} s are there"
            yield "broken_off", f"The file breaks off: {claims} {claimed / sample_rate:.2f} s, {there}."
        if not self.peak and not self.not_numbers:
            yield "silent", "Digital silence: all samples are 0."
        if self.clipped:
            yield (
                "clipped",
                f"Clipping: {self.full:,} samples are at full scale, some of them {CLIPPED_RUN} or more in a row.",
            )
        if self.not_numbers:
            yield "not_numbers", f"{self.not_numbers:,} samples are not numbers; they play as silence."
