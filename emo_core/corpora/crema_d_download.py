"""CREMA-D from where it is published: the votes from the repository's archive, the audio from its git-LFS store.

https://github.com/CheyneyComputerScience/CREMA-D keeps its audio with git-LFS: the archive holds, in place of each sound, a
pointer with its size and SHA-256 (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). So the archive says what
must be fetched and lets every file be checked. An archive that holds the sounds themselves is understood too.

The folder afterwards has the layout that `crema_d.read` takes. Video and MP3 are not fetched. `.download/files.json` in it
keeps what the archive said, so that a further call looks at the files alone.
"""

import gzip
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from emo_core.corpora.downloads import (
    PATIENCE,
    Patience,
    Progress,
    Wanted,
    ask,
    check_space,
    fetch_all,
    is_there,
    may_lead_to,
)
from emo_core.corpora.sources import as_dict, as_list
from emo_core.errors import DownloadError

ARCHIVE_URL = "https://codeload.github.com/CheyneyComputerScience/CREMA-D/tar.gz/refs/heads/master"
MEDIA_URL = "https://media.githubusercontent.com/media/CheyneyComputerScience/CREMA-D/master"
LFS_URL = "https://github.com/CheyneyComputerScience/CREMA-D.git/info/lfs"
ABOUT_BYTES = 700_000_000  # what all of it takes on the disk: 7,442 sounds of 81 kB, the tables and the archive
_NEEDED = ("processedResults/tabulatedVotes.csv", "SentenceFilenames.csv")
_TABLES = (*_NEEDED, "VideoDemographics.csv", "LICENSE.txt")
_SOUND = re.compile(r"AudioWAV/[A-Za-z0-9_]{1,60}\.wav")
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,9})\n"
)
_LARGEST = 100_000_000  # bytes of one file in the archive
_LARGEST_ARCHIVE = 20_000_000_000  # bytes, packed and unpacked
_MEMBERS = 200_000  # files in the archive; there are some 22,000
_LIST = "files.json"
_ASKED_AT_ONCE = 100  # objects; the git-LFS server takes no more


@dataclass(frozen=True)
class _File:
    """A file of the corpus, its path below the folder; `stored` ones lie in the git-LFS store, others in the archive."""

    name: str
    size: int
    sha256: str
    stored: bool

    def wanted(self, root: Path, url: str = "", headers: dict[str, str] | None = None) -> Wanted:
        """The file as something to fetch from `url`."""
        return Wanted(url, root / self.name, self.size, self.sha256, headers=headers or {})


def get_crema_d(
    folder: Path | str,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    archive_url: str = ARCHIVE_URL,
    media_url: str = MEDIA_URL,
    lfs_url: str = LFS_URL,
    workers: int = 4,
    patience: Patience = PATIENCE,
) -> Path:
    """Fetch what is missing of CREMA-D's votes and audio into `folder`; returns the folder, for `crema_d.read`.

    Files that are there and right are left; an interrupted download, however it ended, is gone on with. Sounds come from
    `media_url`; those that it refuses are asked for at `lfs_url`. `progress` and `stop` as in `downloads.fetch_all`: first
    for the archive, whose size is mostly not known, then for the sounds.

    Raises DownloadError where a file cannot be had (the others are fetched all the same), the disk is too full, another
    download is at work in the folder, or `stop` says True.
    """
    root = Path(folder).expanduser().resolve()
    how = {"progress": progress, "stop": stop, "patience": patience}
    with _alone(root) as notes:
        files = _known(root, notes / _LIST) or _from_archive(root, notes, archive_url, how)
        stored = [file for file in files if file.stored]
        check_space(root, sum(_missing_bytes(file.wanted(root)) for file in stored))
        failed = _fetch_stored(stored, root, media_url, lfs_url, how | {"workers": workers})
        if failed:
            (notes / _LIST).unlink()  # the publishers may have changed a file: ask for the list anew next time
        _raise_first(failed, len(files))
    return root


def _from_archive(root: Path, notes: Path, archive_url: str, how: dict[str, Any]) -> list[_File]:
    """Fetch the archive, take out what is wanted, and note what there is to have."""
    check_space(root, 0 if (root / "AudioWAV").is_dir() else ABOUT_BYTES)
    archive = Wanted(archive_url, notes / "archive.tar.gz", limit=_LARGEST_ARCHIVE, check=_damage)
    _raise_first(fetch_all([archive], **how), 1)
    files = _unpack(archive.path, root)
    _put(notes / _LIST, json.dumps([asdict(file) for file in files], indent=0).encode())
    archive.path.unlink()
    return files


def _fetch_stored(
    files: list[_File], root: Path, media_url: str, lfs_url: str, how: dict[str, Any]
) -> dict[Path, DownloadError]:
    """Fetch files by their names; what cannot be had so, by their hashes from the git-LFS store. Returns those that failed."""
    failed = fetch_all([file.wanted(root, f"{media_url}/{file.name}") for file in files], **how)
    if not failed:
        return {}
    missing = [file for file in files if not is_there(file.wanted(root))]
    try:
        places = _places(missing, lfs_url, how["patience"], how["stop"])
    except DownloadError as error:
        return {path: DownloadError(f"{first} Nor from the git-LFS store: {error}") for path, first in failed.items()}
    nowhere = {root / file.name: _not_in_store(file) for file in missing if file.sha256 not in places}
    found = [file.wanted(root, **places[file.sha256]) for file in missing if file.sha256 in places]
    return nowhere | fetch_all(found, **how)


def _not_in_store(file: _File) -> DownloadError:
    return DownloadError(f"{Path(file.name).name} is not in the publishers' git-LFS store. Begin again later.")


def _places(
    files: list[_File], lfs_url: str, patience: Patience, stop: Callable[[], bool] | None
) -> dict[str, dict[str, Any]]:
    """Address and headers by which the git-LFS store gives each file that it has, by the file's hash.

    https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
    """
    url, kind = f"{lfs_url}/objects/batch", "application/vnd.git-lfs+json"
    sizes = {file.sha256: file.size for file in files}
    objects = [{"oid": sha256, "size": size} for sha256, size in sizes.items()]
    places = {}
    for begin in range(0, len(objects), _ASKED_AT_ONCE):
        question = {"operation": "download", "transfers": ["basic"], "objects": objects[begin : begin + _ASKED_AT_ONCE]}
        headers = {"Accept": kind, "Content-Type": kind}
        answer = ask(url, question, headers=headers, patience=patience, stopped=stop or (lambda: False))
        for item in map(as_dict, as_list(as_dict(answer).get("objects"))):
            action = as_dict(as_dict(item.get("actions")).get("download"))
            if may_lead_to(str(action.get("href")), lfs_url):
                headers = {str(name): str(value) for name, value in as_dict(action.get("header")).items()}
                places[item.get("oid")] = {"url": action["href"], "headers": headers}
    return places


def _raise_first(failed: dict[Path, DownloadError], files: int) -> None:
    """Raises DownloadError, which names the first file, where any has failed."""
    for error in failed.values():
        others = f" So did {len(failed) - 1} other of {files:,} files." if len(failed) > 1 else ""
        raise DownloadError(f"{error}{others} What has arrived stays.") from error


def _missing_bytes(wanted: Wanted) -> int:
    """How many bytes of a file are still to be fetched, as far as lengths tell."""
    there, begun = (path.stat().st_size if path.is_file() else 0 for path in (wanted.path, wanted.part))
    return 0 if there == wanted.size else max(0, wanted.size - begun)


@contextmanager
def _alone(root: Path) -> Iterator[Path]:
    """The folder for our own notes, locked. Raises DownloadError where another process is at work in it."""
    notes = root / ".download"
    try:
        notes.mkdir(parents=True, exist_ok=True)
        lock = FileLock(notes / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise DownloadError(f"Another download is at work in {root}. Wait for it, or choose another folder.") from None
    except OSError as error:
        raise DownloadError(f"{root} cannot be written: {error.strerror}. Choose another folder.") from error
    try:
        yield notes
    finally:
        lock.release()


def _known(root: Path, list_of_files: Path) -> list[_File] | None:
    """What the archive held, as it was noted; None where it must be asked again."""
    try:
        files = [_File(**row) for row in json.loads(list_of_files.read_bytes())]
        fine = all(_is_ours(file.name) and (file.stored or is_there(file.wanted(root))) for file in files)
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return files if fine and files else None


def _is_ours(name: str) -> bool:
    return name in _TABLES or _SOUND.fullmatch(name) is not None


def _damage(path: Path) -> str | None:
    """What is wrong with a gzip archive, whose own checksum stands at its end."""
    unpacked = 0
    try:
        with gzip.open(path) as file:
            while block := file.read(1 << 20):
                unpacked += len(block)
                if unpacked > _LARGEST_ARCHIVE:
                    return f"it unpacks to more than {_LARGEST_ARCHIVE:,} bytes"
    except (OSError, EOFError, zlib.error) as error:
        return f"it is not a whole gzip archive ({error})"
    return None


def _unpack(archive: Path, root: Path) -> list[_File]:
    """Take tables, and sounds where they are not pointers, out of the archive; returns what there is to have.

    Nothing else in the archive is looked at, and names decide where a file goes: no link, no path outside the folder.

    Raises DownloadError where the archive is not that of CREMA-D.
    """
    files: dict[str, _File] = {}
    try:
        with gzip.open(archive) as unpacked, tarfile.open(fileobj=_Wary(unpacked), mode="r:") as tar:
            for number, member in enumerate(tar):
                name = member.name.partition("/")[2]
                if number > _MEMBERS or (_is_ours(name) and not (member.isreg() and member.size <= _LARGEST)):
                    raise tarfile.TarError(f"{member.name!r} is not what is expected there")
                if _is_ours(name):
                    files[name] = _take(name, tar.extractfile(member).read(), root)
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise DownloadError(f"CREMA-D's archive cannot be unpacked: {error}. Begin again later.") from error
    missing = [name for name in _NEEDED if name not in files]
    if not any(map(_SOUND.fullmatch, files)):
        missing.append("AudioWAV")
    if missing:
        raise DownloadError(
            f"CREMA-D's archive holds no {missing[0]}: it was published in another layout. Fetch it by hand."
        )
    return list(files.values())


def _take(name: str, content: bytes, root: Path) -> _File:
    """A pointer is noted, anything else written where it belongs."""
    if content.startswith(b"version https://git-lfs"):
        pointer = _POINTER.fullmatch(content)
        if pointer is None or int(pointer[2]) > _LARGEST:
            raise tarfile.TarError(f"{name} is a git-LFS pointer that cannot be read")
        return _File(name, int(pointer[2]), pointer[1].decode(), stored=True)
    file = _File(name, len(content), hashlib.sha256(content).hexdigest(), stored=False)
    if not is_there(file.wanted(root)):
        _put(root / name, content)
    return file


def _put(path: Path, content: bytes) -> None:
    """Write a file by rename: it is there whole or not at all. Raises DownloadError where it cannot be written."""
    draft = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise DownloadError(f"{path} cannot be written: {error.strerror}. Mend that, and begin again.") from error


class _Wary:
    """A file that does not read much at once: the header of an archive's member may claim any length."""

    def __init__(self, file: IO[bytes]):
        self._file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int) -> bytes:
        """At most `_LARGEST` bytes. Raises TarError where more are asked for."""
        if not 0 <= size <= _LARGEST:
            raise tarfile.TarError(f"a part of {size:,} bytes is too large")
        return self._file.read(size)
