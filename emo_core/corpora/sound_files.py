"""Which sound files lie under a folder, and which of them an address (a path, a URL, a name) means.

A table that was made elsewhere names its sounds by paths of another machine. Of such a path only the end can lead to a file
here, so folders are compared from the file's name upwards:

- the shorter of the two paths must be the end of the longer one: `/srv/lab/wavs/spk1/a.wav` is `spk1/a.wav` here, and
  `spk1/a.wav` may be `part2/spk1/a.wav`; but `dev/a.wav` is not `train/a.wav`, which is another clip's sound;
- the more folders agree, the better; two files that agree equally well are none;
- where the address's own folder is here and the file is not in it, a file above that folder is not meant.

Names are compared as text in NFC, with backslashes as slashes; first as they are written, then without their ending (the
same sound in another format), then without regard to case.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from emo_core.audio.files import seconds
from emo_core.corpora.sources import folder, text
from emo_core.errors import AudioError, BadInput

# Best first: where one clip lies there in two formats, the first is taken.
SUFFIXES = (
    ".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".webm", ".aif", ".aiff", ".aifc", ".au", ".snd", ".sph",
    ".w64", ".rf64", ".caf",
)  # fmt: skip
NOT_READ = (
    ".3gp", ".aac", ".ac3", ".amr", ".ape", ".avi", ".m4b", ".mka", ".mkv", ".mov", ".mp4", ".mpg", ".spx", ".wma", ".wv",
)  # fmt: skip
_PREFIX = re.compile(r"^[0-9a-f]{8}-(?=.)")  # Label Studio's, before the name of a file that was uploaded
# The server of a URL, and Label Studio's own folders on it
_SERVER = re.compile(
    r"^(?:[a-z][a-z0-9+.-]+://[^/]*)?/+(?:data/local-files/\?d=|data/upload/(?:[0-9]+/)?)?", re.IGNORECASE
)


def audio_root(folder: Path | str) -> Path:
    """The folder, resolved. Raises BadInput where it is not there."""
    root = Path(folder).expanduser().resolve()
    if not root.is_dir():
        raise BadInput(f"There is no audio folder {root}. Check the path.")
    return root


@dataclass(frozen=True)
class _Place:
    """Folders and name, of a file below the root or of an address, in NFC."""

    folders: tuple[str, ...]
    name: str

    @property
    def stem(self) -> str:
        """The name without an ending that sound has."""
        stem, dot, ending = self.name.rpartition(".")
        return stem if dot and stem and f".{ending.lower()}" in (*SUFFIXES, *NOT_READ) else self.name

    def fits(self, other: "_Place") -> bool:
        """Whether both may mean the same sound: the folders of one are the end of the other's, and so the name."""
        return _agreeing(self.folders, other.folders) == min(len(self.folders), len(other.folders)) and (
            self.name == other.name or self.stem == other.name or self.name == other.stem
        )


@dataclass(frozen=True)
class _Match:
    """The file that an address leads to. `agreeing`: folders of the address that are those of the file or of the root."""

    address: _Place
    file: str
    agreeing: int

    @property
    def by_name_only(self) -> bool:
        """Whether the address names folders, none of which is one of the file's."""
        return bool(self.address.folders) and not self.agreeing

    @property
    def outer(self) -> tuple[str, ...]:
        """The folders of the address that are not seen here."""
        return self.address.folders[: len(self.address.folders) - self.agreeing]


class Sounds:
    """The sound files under a folder (none where there is no folder), and which of them the clips of a corpus have.

    root        the folder, resolved; None where there is none
    files       paths below the folder, best formats first, with their duration in seconds (NaN: not known)
    unreadable  those of them that cannot be read
    notes       on files that were left out or cannot be read
    """

    def __init__(self, root: Path | str | None, *, not_read: tuple[str, ...] = NOT_READ):
        """`not_read`: the endings that a note tells of. Raises BadInput where the folder is not there or cannot be listed."""
        self.root = folder(root, "the folder of the sound files") if root is not None else None
        self.files: dict[str, float] = {}
        self.unreadable: set[str] = set()
        self.notes: list[str] = []
        self._matches: dict[str, _Match] = {}
        self._elsewhere: dict[str, str] = {}
        if self.root is None:
            return
        try:
            names, self.notes = _listed(self.root, not_read)
        except OSError as error:
            raise BadInput(f"{self.root} has a file that cannot be listed: {error}. Check its permissions.") from error
        lengths = Lengths(self.root)
        self.files = {name: lengths.of(name) for name in names}
        self.unreadable = lengths.unreadable
        self.notes += lengths.notes()

    def at(self, path: str | None) -> dict[str, Any]:
        """`audio` and `duration_s` of the file at exactly this path below the folder; empty where there is none."""
        if path not in self.files:
            return {}
        length = self.files[path]
        return {"audio": path, "duration_s": None if length != length else length}

    def find(self, *addresses: Any, clip: str | None = None) -> dict[str, Any]:
        """The same for the first address (path, URL, name) that leads to a file. `clip`, where given, is whose sound it is,
        for `settle`.
        """
        if not self.files:
            return {}
        elsewhere = None
        for address in addresses:
            for place in _read_as(text(address) or "", self._root_text):
                match, near = self._match(place)
                if match:
                    if clip is not None:
                        self._matches[clip] = match
                    return self.at(match.file)
                elsewhere = elsewhere or near
        if clip is not None and elsewhere:
            self._elsewhere[clip] = elsewhere
        return {}

    def settle(self) -> tuple[set[str], list[str]]:
        """Look at all clips that were found: which of them have no sound after all, and what is worth a note.

        A file that was found by its name alone is not taken where other clips were found with their folders, below other
        ones than this clip's; nor one that addresses which contradict each other lead to.
        """
        named = {clip: match for clip, match in self._matches.items() if match.by_name_only}
        known = {m.outer for m in self._matches.values() if m.agreeing}
        refused = {clip for clip, match in named.items() if known and match.outer not in known}
        contested = self._contested(self._matches.keys() - refused)
        taken = [clip for clip in named if clip not in refused and clip not in contested]
        elsewhere = self._elsewhere | {clip: named[clip].file for clip in named if clip in refused}
        notes = []
        if elsewhere:
            clip, file = next(iter(elsewhere.items()))
            where = f"{file.rpartition('/')[0]}/" if "/" in file else "the audio root itself"
            notes.append(
                f"Of the clips without an audio file, {len(elsewhere):,} have one of that name in another folder than their "
                f"path names (first: {clip}; a file of that name lies in {where}). If it is their sound, correct the paths, "
                "or give --audio the folder below which they agree."
            )
        if contested:
            clip = min(contested, key=list(self._matches).index)
            notes.append(
                f"{len(contested):,} clips have no sound because the paths of several clips lead to the same file (first: "
                f"{clip}, to {self._matches[clip].file}). Give --audio the folder in which the paths tell them apart."
            )
        if taken:
            notes.append(
                f"{len(taken):,} clips were found by their file name alone: none of the folders in their path is here "
                f"(first: {taken[0]}, in {named[taken[0]].file}). Check that it is their sound."
            )
        return refused | contested, notes

    def _contested(self, clips: Iterable[str]) -> set[str]:
        """Clips whose file is also another's, by an address that contradicts theirs; not those that name it exactly."""
        of_file: dict[str, dict[_Place, list[str]]] = {}
        for clip in clips:
            match = self._matches[clip]
            of_file.setdefault(match.file, {}).setdefault(match.address, []).append(clip)
        contested: set[str] = set()
        for file, addresses in of_file.items():
            for place, names in addresses.items() if len(addresses) > 1 else ():
                exact = place == _place(file)
                if not exact and not all(place.fits(other) for other in addresses):
                    contested.update(names)
        return contested

    @cached_property
    def _root_text(self) -> str:
        return _nfc(f"{self.root}/")

    @cached_property
    def _exact(self) -> dict[_Place, str]:
        return {_place(file): file for file in self.files}

    @cached_property
    def _named(self) -> tuple[dict[str, list[tuple[_Place, str]]], ...]:
        """Files by name, by name without ending, and both without regard to case."""
        by_name, by_stem, folded, folded_stems = {}, {}, {}, {}
        stems: set[tuple] = set()
        for place, file in self._exact.items():
            entry = (place, file)
            lower = _Place(_folded(place.folders), place.name.casefold())
            by_name.setdefault(place.name, []).append(entry)
            folded.setdefault(lower.name, []).append((lower, file))
            if (place.folders, place.stem) not in stems:  # the best format alone
                stems.add((place.folders, place.stem))
                by_stem.setdefault(place.stem, []).append(entry)
                folded_stems.setdefault(lower.stem, []).append((lower, file))
        return by_name, by_stem, folded, folded_stems

    @cached_property
    def _folder_ends(self) -> set[tuple[str, ...]]:
        """Every end of the path of a folder that holds sounds, or folders with sounds."""
        folders = {place.folders[:depth] for place in self._exact for depth in range(1, len(place.folders) + 1)}
        return {each[start:] for each in folders for start in range(len(each))}

    @cached_property
    def _above(self) -> tuple[str, ...]:
        """The folders of the root itself."""
        return tuple(part for part in self._root_text.split("/") if part)

    def _match(self, asked: _Place) -> tuple[_Match | None, str | None]:
        """The file that an address means; else one that has its name in another folder, if there is one."""
        if asked in self._exact:
            return _Match(asked, self._exact[asked], len(asked.folders)), None
        by_name, by_stem, folded, folded_stems = self._named
        lower = _Place(_folded(asked.folders), asked.name.casefold())
        elsewhere = None
        for place, index, key in _ways(asked, lower, by_name, by_stem, folded, folded_stems):
            candidates = index.get(key, ())
            chosen = self._chosen(place, candidates)
            if chosen:
                agreeing = _agreeing(place.folders, (*self._above, *_place(chosen).folders))
                if place is lower:
                    above = _folded((*self._above, *_place(chosen).folders))
                    agreeing = _agreeing(lower.folders, above)
                return _Match(asked, chosen, agreeing), None
            if candidates and asked.folders:
                elsewhere = elsewhere or candidates[0][1]
        return None, elsewhere

    def _chosen(self, asked: _Place, candidates: Iterable[tuple[_Place, str]]) -> str | None:
        """The one of the candidates whose folders agree best, if none of its folders contradicts."""
        best, found = -1, []
        for place, file in candidates:
            agreeing = _agreeing(asked.folders, place.folders)
            if place.folders == asked.folders:
                return file
            if agreeing == min(len(asked.folders), len(place.folders)) and agreeing >= best:
                found = [file] if agreeing > best else [*found, file]
                best = agreeing
        if len(found) != 1:
            return None
        nearer = asked.folders[-best - 1 :]
        is_here = len(asked.folders) > best and nearer in self._folder_ends
        return None if is_here else found[0]


class Lengths:
    """How long sound files are, and which of them cannot be read."""

    def __init__(self, root: Path):
        self.root = root
        self.unreadable: set[str] = set()
        self._why: dict[str, list[str]] = {}

    def of(self, name: str) -> float:
        """Seconds of the file of that name: as its header states where it knows them, else counted; NaN where the file
        cannot be read, or by a browser alone.
        """
        path = self.root / name
        try:
            found = seconds(path)
            return float("nan") if found is None else found
        except (AudioError, OSError) as error:
            self.unreadable.add(name)
            kind = str(error).replace(path.name, "").partition(". ")[0]
            self._why.setdefault(kind, []).append(str(error))
            return float("nan")

    def notes(self) -> list[str]:
        """How many files cannot be read, with each reason."""
        return [
            f"{len(errors):,} audio files cannot be read and count as none. The first of them: {errors[0]}"
            for errors in self._why.values()
        ]


def _ways(
    asked: _Place, lower: _Place, by_name: dict, by_stem: dict, folded: dict, folded_stems: dict
) -> Iterator[tuple]:
    """In which index, and under which name there, an address is looked up, best first."""
    names = dict.fromkeys((asked.name, _PREFIX.sub("", asked.name)))
    for name in names:
        stem = _Place((), name).stem
        yield asked, by_name, name
        yield asked, by_stem, stem
        if stem != name:
            yield asked, by_stem, name
    for name in names:
        yield lower, folded, name.casefold()
        yield lower, folded_stems, _Place((), name).stem.casefold()


def _read_as(address: str, root: str) -> Iterator[_Place]:
    """What an address says: as it is written, then with %20 as a space."""
    seen = set()
    for written in (address, unquote(address)) if "%" in address else (address,):
        place = _place(_below(_nfc(written), root))
        if place.name and place not in seen:
            seen.add(place)
            yield place


def _below(address: str, root: str) -> str:
    """The part of an address that is a path: without the server, and without the root."""
    if address.startswith(root):
        return address[len(root) :]
    path = _SERVER.sub("", address, count=1)
    return re.split(r"[?#]", path, maxsplit=1)[0] if "://" in address[:12] else path


def _place(path: str) -> _Place:
    parts = [part for part in _nfc(path).replace("\\", "/").split("/") if part not in ("", ".")]
    return _Place(tuple(parts[:-1]), parts[-1] if parts else "")


def _nfc(path: str) -> str:
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _folded(folders: Iterable[str]) -> tuple[str, ...]:
    return tuple(folder.casefold() for folder in folders)


def _agreeing(some: tuple[str, ...], others: tuple[str, ...]) -> int:
    """How many folders agree, from the file upwards."""
    count = 0
    for one, other in zip(reversed(some), reversed(others)):
        if one != other:
            break
        count += 1
    return count


def _listed(root: Path, unread: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Paths below the root, best formats first; links that lead out of it are left out."""
    found, outside, unnamed, not_read = [], 0, 0, Counter()
    for path in root.rglob("*"):
        ending = path.suffix.lower()
        if ending in unread and path.is_file():
            not_read[ending] += 1
        elif ending in SUFFIXES and path.is_file():
            name = path.relative_to(root).as_posix()
            if not path.resolve().is_relative_to(root):
                outside += 1
            elif not name.isprintable():  # bytes that are not UTF-8, control characters
                unnamed += 1
            else:
                found.append(name)
    notes = [f"{outside:,} links lead out of the audio root and were left out."] if outside else []
    if unnamed:
        notes.append(f"{unnamed:,} audio files have names that are not UTF-8 text and were left out.")
    if not_read:
        kinds = ", ".join(f"{ending}: {count:,}" for ending, count in sorted(not_read.items()))
        notes.append(
            f"{not_read.total():,} files have endings that are not read ({kinds}). Convert them, for example: "
            "ffmpeg -i a.amr a.wav"
        )
    return sorted(found, key=lambda file: (SUFFIXES.index(Path(file).suffix.lower()), file)), notes
