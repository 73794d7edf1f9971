"""Files from the web: several at a time, with progress, resumed after a cut, checked before they take their name.

A file arrives in `NAME.part` and is renamed only when its size and SHA-256 are right, so that a name that is there stands
for a whole file however a download ended before. What lies in `NAME.part` is gone on with by an HTTP Range request (RFC 9110,
section 14) where a checksum will tell whether the rest fitted; without one the file is fetched from its beginning.

Whatever a server, or what stands between, may do wrong ends in one of two ways: the file is tried again, a bounded number of
times with growing pauses, or `DownloadError` names it and the reason.
"""

import email.utils
import hashlib
import http.client
import json
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emo_core.errors import DownloadError

# Where a server may send us on to, besides its own address, and only over https: GitHub and what it keeps files on.
HOSTS = frozenset({
    "github.com", "codeload.github.com", "raw.githubusercontent.com", "media.githubusercontent.com",
    "objects.githubusercontent.com", "github-cloud.githubusercontent.com", "github-cloud.s3.amazonaws.com",
})  # fmt: skip
MARGIN = 200_000_000  # bytes that stay free on the disk
GIVE_UP_AFTER = 8  # files that failed: the others would fare no better
_BLOCK = 1 << 16  # bytes
_TOLD_EVERY_S = 0.1
_LONGEST_ANSWER = 20_000_000  # bytes of JSON
_OURS = {"User-Agent": "ambiguity-workbench", "Accept-Encoding": "identity"}
_STOPPED = "The download was stopped. What has arrived stays; begin it again to go on."

Progress = Callable[[int, int | None, int, int, str], None]


@dataclass(frozen=True)
class Wanted:
    """One file: where it comes from, where it goes, and what it must be.

    size      bytes; None where it is not known beforehand
    sha256    hexadecimal, lower case; None where it is not known
    limit     bytes beyond which a file of unknown size is refused
    headers   sent along, to the address in `url` only
    check     looks at the whole file before it takes its name; returns what is wrong with it, or None
    """

    url: str
    path: Path
    size: int | None = None
    sha256: str | None = None
    limit: int = 1 << 30
    headers: dict[str, str] = field(default_factory=dict)
    check: Callable[[Path], str | None] | None = None

    @property
    def part(self) -> Path:
        """Where the file is while it arrives."""
        return self.path.with_name(f"{self.path.name}.part")


@dataclass(frozen=True)
class Patience:
    """How long to put up with a bad line or server.

    attempts        for each file
    first_wait_s    pause after the first failed attempt; it doubles with each further one
    longest_wait_s  no pause is longer; a server that asks for more (Retry-After) is not asked again
    stall_s         seconds without a byte after which an attempt has failed
    """

    attempts: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 120.0
    stall_s: float = 30.0


PATIENCE = Patience()


class _Trouble(Exception):
    """Why one attempt failed; `final` ones are not tried again. `wait_s` is the pause that the server asks for."""

    def __init__(self, reason: str, *, final: bool = False, status: int | None = None, wait_s: float | None = None):
        super().__init__(reason)
        self.final, self.status, self.wait_s = final, status, wait_s


def is_there(wanted: Wanted) -> bool:
    """Whether the file is there and has the size and checksum that it must have; False where no checksum is known."""
    return wanted.sha256 is not None and wanted.path.is_file() and _complaint(wanted, wanted.path) is None


def check_space(folder: Path, needed: int, *, margin: int = MARGIN) -> None:
    """Raises DownloadError where the disk of `folder` has not `needed` bytes and a margin free."""
    free = shutil.disk_usage(folder).free
    if free < needed + margin:
        raise DownloadError(
            f"The disk of {folder} has {free / 1e6:,.0f} MB free; {needed / 1e6:,.0f} MB are to be fetched, and "
            f"{margin / 1e6:,.0f} MB must stay free. Make room, or choose a folder on another disk."
        )


def fetch(
    wanted: Wanted,
    *,
    patience: Patience = PATIENCE,
    told: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Fetch one file unless it is there and right. `told(bytes)` says how many bytes of it are there, now and then.

    Raises DownloadError, which names the file, where it cannot be had or written, or `stopped` says True.
    """
    name = wanted.path.name
    try:
        if not is_there(wanted):
            wanted.path.parent.mkdir(parents=True, exist_ok=True)
            _persist(lambda: _attempt(wanted, patience.stall_s, told, stopped), name, patience, stopped, pause)
            wanted.part.replace(wanted.path)
        told(wanted.path.stat().st_size)
    except OSError as error:  # of the file system: those of the network are _Trouble by now
        reason = error.strerror or str(error)
        raise DownloadError(f"{wanted.path} cannot be written: {reason}. Mend that, and begin again.") from error


def fetch_all(
    wanted: Sequence[Wanted],
    *,
    workers: int = 4,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    patience: Patience = PATIENCE,
) -> dict[Path, DownloadError]:
    """Fetch several files at a time; returns those that failed, with the reason. After `GIVE_UP_AFTER` failures the files
    not yet begun are left.

    `progress(bytes there, bytes in all, files there, files in all, name of the latest file)` and `stop()` are called in the
    calling thread, some ten times a second; bytes in all are None where a file's size is not known. A stop takes effect
    with the next bytes that arrive, at the latest after `patience.stall_s`.

    Raises DownloadError where `stop` says True.
    """
    ledger = _Ledger(wanted)
    with ThreadPoolExecutor(workers) as threads:
        try:
            at_work = {threads.submit(ledger.work, patience) for _ in range(workers)}
            while at_work:
                done, at_work = wait(at_work, _TOLD_EVERY_S)
                for worker in done:
                    worker.result()
                if progress:
                    progress(*ledger.progress())
                if stop and stop():
                    raise DownloadError(_STOPPED)
        finally:
            ledger.ended.set()
    return ledger.failed


def ask(
    url: str,
    question: Any,
    *,
    headers: dict[str, str],
    patience: Patience = PATIENCE,
    stopped: Callable[[], bool] = lambda: False,
) -> Any:
    """What a server answers to a question by POST, both JSON. Raises DownloadError where it gives none."""

    def attempt() -> Any:
        with _answer(url, headers, patience.stall_s, json.dumps(question).encode()) as response:
            said = b"".join(_arriving(response, _LONGEST_ANSWER))
        try:
            return json.loads(said)
        except (ValueError, RecursionError):
            raise _Trouble("the answer is not JSON") from None

    return _persist(attempt, url, patience, stopped, time.sleep)


def may_lead_to(url: str, origin: str) -> bool:
    """Whether a server at `origin` may send us to `url`: to itself, or over https to one of `HOSTS`."""
    try:
        target, source = urlsplit(url), urlsplit(origin)
        if (target.scheme, target.netloc) == (source.scheme, source.netloc):
            return True
        return target.scheme == "https" and target.netloc.lower() in HOSTS
    except ValueError:
        return False


class _Ledger:
    """What is left to fetch, and what came of the rest. Workers write it, the calling thread reads it."""

    def __init__(self, wanted: Sequence[Wanted]):
        self.left = deque(wanted)
        self.there = {
            file.path: 0 for file in wanted
        }  # bytes; no key is added later, so that it can be summed at any time
        self.total = None if any(file.size is None for file in wanted) else sum(file.size for file in wanted)
        self.finished: list[Path] = []
        self.failed: dict[Path, DownloadError] = {}
        self.latest = ""
        self.ended = threading.Event()

    def work(self, patience: Patience) -> None:
        """Fetch one file after the other until none is left."""
        while not self.ended.is_set() and len(self.failed) < GIVE_UP_AFTER:
            try:
                file = self.left.popleft()
            except IndexError:
                return
            self._fetch(file, patience)

    def _fetch(self, file: Wanted, patience: Patience) -> None:
        def told(size: int) -> None:
            self.there[file.path] = size

        self.latest = file.path.name
        try:
            fetch(file, patience=patience, told=told, stopped=self.ended.is_set, pause=self.ended.wait)
            self.finished.append(file.path)
        except DownloadError as error:
            self.failed[file.path] = error

    def progress(self) -> tuple[int, int | None, int, int, str]:
        """The arguments of a `Progress`."""
        return sum(self.there.values()), self.total, len(self.finished), len(self.there), self.latest


def _persist(
    attempt: Callable[[], Any],
    what: str,
    patience: Patience,
    stopped: Callable[[], bool],
    pause: Callable[[float], object],
) -> Any:
    """What the first attempt that succeeds returns. Raises DownloadError after as many as patience allows."""
    for number in range(1, patience.attempts + 1):
        if stopped():
            raise DownloadError(_STOPPED)
        try:
            return attempt()
        except _Trouble as trouble:
            wait_s = trouble.wait_s
            if wait_s is not None and wait_s > patience.longest_wait_s:
                reason = f"{trouble}, and asks to be left alone for {wait_s:,.0f} s"
                raise DownloadError(f"{what} could not be fetched: {reason}. Begin again after that.") from trouble
            if trouble.final or number == patience.attempts:
                tried = "" if trouble.final else f" after {number} attempts"
                raise DownloadError(f"{what} could not be fetched{tried}: {trouble}. Begin again later.") from trouble
            backoff_s = min(patience.first_wait_s * 2 ** (number - 1), patience.longest_wait_s)
            pause(backoff_s if wait_s is None else wait_s)


def _attempt(wanted: Wanted, stall_s: float, told: Callable[[int], None], stopped: Callable[[], bool]) -> None:
    """One attempt to have the whole and right file in `wanted.part`."""
    there = _begun(wanted)
    if not there or there != wanted.size:
        _receive(wanted, there, stall_s, told, stopped)
    complaint = _complaint(wanted, wanted.part)
    if complaint:
        wanted.part.unlink()
        raise _Trouble(complaint)


def _begun(wanted: Wanted) -> int:
    """Bytes in `wanted.part` that can be gone on with."""
    if wanted.sha256 is None or not wanted.part.is_file():
        return 0
    there = wanted.part.stat().st_size
    return there if there <= (wanted.limit if wanted.size is None else wanted.size) else 0


def _receive(
    wanted: Wanted, there: int, stall_s: float, told: Callable[[int], None], stopped: Callable[[], bool]
) -> None:
    """Write what is missing after the first `there` bytes, or the whole where the server knows no ranges."""
    headers = wanted.headers | ({"Range": f"bytes={there}-"} if there else {})
    try:
        with _answer(wanted.url, headers, stall_s) as response:
            start, whole = _claims(response, there)
            if whole is not None and wanted.size not in (None, whole):
                raise _Trouble(f"the server announces {whole:,} bytes, {wanted.size:,} were expected{_page(response)}")
            with wanted.part.open("ab" if start else "wb") as file:
                for block in _arriving(response, wanted.limit if wanted.size is None else wanted.size, start):
                    file.write(block)
                    told(file.tell())
                    if stopped():
                        raise DownloadError(_STOPPED)
                if whole is not None and file.tell() < whole:
                    raise _Trouble(f"the connection ended after {file.tell():,} of {whole:,} bytes")
    except _Trouble as trouble:
        # 416: nothing comes after what is there. The check tells whether that is right.
        if trouble.status != 416 or not there:
            raise


def _claims(response: http.client.HTTPResponse, there: int) -> tuple[int, int | None]:
    """At which byte of the file the answer begins, and how long it says that the file is, if it says so."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise _Trouble("the server sent compressed bytes, which were not asked for")
    if response.status == 200:
        return 0, _number(response.headers.get("Content-Length", ""))
    unit, _, span = response.headers.get("Content-Range", "").partition(" ")
    span, _, whole = span.partition("/")
    if response.status != 206 or unit != "bytes" or span.partition("-")[0] != str(there):
        raise _Trouble(
            f"the server answered {response.status} where bytes from {there:,} on were asked for", status=416
        )
    return there, _number(whole)


def _complaint(wanted: Wanted, path: Path) -> str | None:
    """What is wrong with a file, or None."""
    size = path.stat().st_size
    with path.open("rb") as file:
        page = ", and is a web page (perhaps the login page of this network)" if _is_page(file.read(64)) else ""
        file.seek(0)
        if wanted.size is not None and size != wanted.size:
            return f"it has {size:,} bytes where {wanted.size:,} were expected{page}"
        if wanted.sha256 and hashlib.file_digest(file, "sha256").hexdigest() != wanted.sha256:
            return f"its SHA-256 is not {wanted.sha256[:12]}…{page}"
    return wanted.check(path) if wanted.check else None


def _number(header: str) -> int | None:
    return int(header) if re.fullmatch("[0-9]{1,18}", header) else None


def _is_page(head: bytes) -> bool:
    return head.lstrip()[:1] == b"<"


def _page(response: http.client.HTTPResponse) -> str:
    html = response.headers.get_content_type() == "text/html"
    return " (it sent a web page, perhaps the login page of this network)" if html else ""


@contextmanager
def _answer(
    url: str, headers: dict[str, str], stall_s: float, posted: bytes | None = None
) -> Iterator[http.client.HTTPResponse]:
    """The server's answer, where it is one of success."""
    try:
        request = urllib.request.Request(url, posted, _OURS | headers)
        response = urllib.request.build_opener(_Redirects()).open(request, timeout=stall_s)
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise _Trouble(f"the server cannot be reached ({reason or type(error).__name__})") from error
    except ValueError as error:
        raise _Trouble(f"{url!r} is no address of the web", final=True) from error
    with response:
        yield response


def _arriving(response: http.client.HTTPResponse, most: int, arrived: int = 0) -> Iterator[bytes]:
    """The bytes of an answer as they come. Raises _Trouble where, with those that arrived before, there are more than `most`,
    or the line breaks.
    """
    while True:
        try:
            block = response.read1(_BLOCK)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise _Trouble(f"the connection broke ({str(error) or type(error).__name__})") from error
        if not block:
            return
        arrived += len(block)
        if arrived > most:
            raise _Trouble(f"the server sent more than the {most:,} bytes that were expected")
        yield block


def _refusal(error: urllib.error.HTTPError) -> _Trouble:
    """What an answer of failure means: 403 and 404 will not change, too many requests and a server's own trouble will."""
    wait_s = _wait_s(error.headers.get("Retry-After"))
    passing = error.code >= 500 or error.code in (408, 416, 425, 429) or (error.code == 403 and wait_s is not None)
    return _Trouble(
        f"the server answered {error.code} {error.reason}", final=not passing, status=error.code, wait_s=wait_s
    )


def _wait_s(retry_after: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, which it gives as a number or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    seconds = _number(retry_after.strip())
    if seconds is not None:
        return float(seconds)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the hosts that are known, and to no others."""

    max_redirections = 5

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        """The request to the new address, without what was meant for the old host alone."""
        if not may_lead_to(newurl, req.full_url):
            fp.close()
            host = urlsplit(newurl).netloc
            raise _Trouble(f"the server leads on to {host!r}, which is not among the hosts known here", final=True)
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            new.remove_header("Authorization")
        return new
