"""Downloads against a server of ours that stalls, cuts, lies and refuses; CREMA-D from a small copy of its publishers' sites."""

import email.utils
import gzip
import hashlib
import io
import json
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from filelock import FileLock

from emo_core.corpora import crema_d, downloads
from emo_core.corpora.crema_d_download import get_crema_d
from emo_core.corpora.downloads import Patience, Wanted, check_space, fetch, fetch_all, may_lead_to
from emo_core.errors import DownloadError
from tests.conftest import ROOT
from tests.corpora import fixtures_crema

QUICK = Patience(attempts=3, first_wait_s=0.01, stall_s=20.0)
SOON = Patience(attempts=3, first_wait_s=0.01, stall_s=1.0)  # for servers that stall
BODY = bytes(range(256)) * 1000  # several blocks


# The server: each address has a script of ways to answer; when that is used up, it answers as it should.


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server.site
        site.asked.append((self.path, self.headers.get("Range")))
        site.headers.append(self.headers)
        steps = site.script.get(self.path)
        (steps.popleft() if steps else well)(self, site.files.get(self.path))

    def do_POST(self):
        site = self.server.site
        site.asked.append((self.path, None))
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer(self, 200, json.dumps(site.store(question)).encode())

    def log_message(self, *_):
        """Keeps quiet."""


def answer(handler, status, body=b"", *, length=None, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def well(handler, body):
    if body is None:
        return answer(handler, 404)
    begin = int((handler.headers.get("Range") or "bytes=0-")[6:-1])
    if not begin:
        return answer(handler, 200, body)
    if begin >= len(body):
        return answer(handler, 416, Content_Range=f"bytes */{len(body)}")
    return answer(handler, 206, body[begin:], Content_Range=f"bytes {begin}-{len(body) - 1}/{len(body)}")


def without_ranges(handler, body):
    answer(handler, 200, body)


def cut_after(count):
    return lambda handler, body: answer(handler, 200, body[:count], length=len(body))


def stall_after(count):
    def step(handler, body):
        answer(handler, 200, body[:count], length=len(body))
        handler.wfile.flush()
        handler.server.site.gate.wait()

    return step


def status(code, **headers):
    return lambda handler, body: answer(handler, code, b"sorry", **headers)


def lies(content, *, length=None, **headers):
    return lambda handler, body: answer(handler, 200, content, length=length, **headers)


def chunked(content):
    def step(handler, body):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content))
        handler.close_connection = True

    return step


def another_part(handler, body):
    answer(handler, 206, body[7:], Content_Range=f"bytes 7-{len(body) - 1}/{len(body)}")


class Site:
    """A web site on this machine: `files` by address, `script` by address, and what was `asked`."""

    def __init__(self):
        self.files, self.script, self.asked, self.headers = {}, {}, [], []
        self.gate = threading.Event()
        self.store = lambda question: {"objects": []}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.site = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def put(self, address, body, *steps):
        self.files[address] = body
        self.script[address] = deque(steps)

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    site = Site()
    yield site
    site.close()


@pytest.fixture
def wanted(site, tmp_path):
    """Puts a file on the site and returns it as something to fetch."""

    def put(*steps, body=BODY, name="clip.wav", **changes) -> Wanted:
        site.put(f"/{name}", body, *steps)
        known = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()} | changes
        return Wanted(f"{site.url}/{name}", tmp_path / "files" / name, **known)

    return put


def ranges(site) -> list[str | None]:
    return [span for _, span in site.asked]


# One file


def test_a_file_arrives_whole_and_is_not_fetched_again(site, wanted):
    file, told = wanted(), []
    fetch(file, patience=QUICK, told=told.append)
    assert file.path.read_bytes() == BODY
    assert told == sorted(told) and told[-1] == len(BODY) and len(told) > 2
    assert not file.part.exists()
    fetch(file, patience=QUICK)
    assert len(site.asked) == 1


def test_a_cut_line_is_gone_on_with(site, wanted):
    file = wanted(cut_after(100_000))
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert ranges(site) == [None, "bytes=100000-"]


def test_a_silent_line_is_given_up_and_gone_on_with(site, wanted):
    file = wanted(stall_after(100_000))
    fetch(file, patience=SOON)
    assert file.path.read_bytes() == BODY
    assert ranges(site) == [None, "bytes=100000-"]


def test_what_another_process_left_is_gone_on_with(site, wanted):
    file = wanted()
    file.path.parent.mkdir()
    file.part.write_bytes(BODY[:5000])
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert ranges(site) == ["bytes=5000-"]


def test_what_another_process_left_whole_needs_no_request(site, wanted):
    file = wanted()
    file.path.parent.mkdir()
    file.part.write_bytes(BODY)
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert not site.asked


@pytest.mark.parametrize(
    ("left", "steps", "expected"),
    [
        (b"x" * 5000, [], ["bytes=5000-", None]),  # the whole does not fit together: from the beginning
        (b"x" * len(BODY), [], [None]),
        (b"x" * (len(BODY) + 1), [], [None]),  # more than there can be
        (BODY[:5000], [without_ranges], ["bytes=5000-"]),
        (BODY[:5000], [another_part], ["bytes=5000-", None]),
        (BODY[:5000], [status(416)], ["bytes=5000-", None]),
    ],
)
def test_what_was_left_and_does_not_fit_is_fetched_anew(site, wanted, left, steps, expected):
    file = wanted(*steps)
    file.path.parent.mkdir()
    file.part.write_bytes(left)
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert ranges(site) == expected


def test_nothing_after_what_is_there_is_right_where_the_checksum_is(site, wanted):
    file = wanted(size=None)
    file.path.parent.mkdir()
    file.part.write_bytes(BODY)
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert ranges(site) == [f"bytes={len(BODY)}-"]  # answered 416


def test_without_a_checksum_nothing_is_gone_on_with(site, wanted):
    file = wanted(cut_after(1000), sha256=None, size=None)
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert ranges(site) == [None, None]


LIES = {
    "other bytes": (lies(b"x" * len(BODY)), "SHA-256 is not"),
    "too short, and says so": (lies(BODY[:-1]), "announces 255,999 bytes, 256,000 were expected"),
    "too short, in chunks": (chunked(BODY[:-1]), "has 255,999 bytes where 256,000 were expected"),
    "too long, and says so": (lies(BODY + b"x"), "announces 256,001 bytes"),
    "too long, in chunks": (chunked(BODY + b"x"), "more than the 256,000 bytes"),
    "longer than it is": (lies(BODY, length=len(BODY) + 9), "announces 256,009 bytes"),
    "shorter than it is": (lies(BODY, length=9), "announces 9 bytes"),
    "a web page": (lies(b"<html>Log in</html>", Content_Type="text/html"), "login page"),
    "a web page in chunks": (chunked(b"\n<!doctype html>Log in"), "login page"),
    "compressed": (lies(gzip.compress(BODY), Content_Encoding="gzip"), "compressed bytes"),
    "no content": (status(204), "answered 204"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_once_is_asked_again(wanted, lie):
    file = wanted(LIES[lie][0])
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_keeps_lying_is_named_and_its_bytes_are_not_taken(site, wanted, lie):
    step, reason = LIES[lie]
    file = wanted(step, step, step)
    file.path.parent.mkdir()
    file.path.write_bytes(b"what was here before")
    with pytest.raises(DownloadError, match=f"^clip.wav could not be fetched after 3 attempts: .*{reason}"):
        fetch(file, patience=QUICK)
    assert len(site.asked) == 3
    assert file.path.read_bytes() == b"what was here before"


def test_a_wrong_file_is_replaced_by_the_right_one(wanted):
    file = wanted()
    file.path.parent.mkdir()
    file.path.write_bytes(b"x" * len(BODY))
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY


def test_a_file_of_unknown_size_has_a_limit(site, wanted):
    file = wanted(size=None, limit=len(BODY) - 1)
    with pytest.raises(DownloadError, match="more than the 255,999 bytes"):
        fetch(file, patience=QUICK)
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("steps", "pauses"),
    [
        ([status(500), status(503)], [0.01, 0.02]),
        ([status(429, Retry_After="7"), status(429)], [7.0, 0.02]),
        ([status(403, Retry_After="0")], [0.0]),
        ([status(429, Retry_After="tomorrow")], [0.01]),
        ([status(429, Retry_After="\xb2")], [0.01]),  # a digit that is no number
    ],
)
def test_trouble_that_passes_is_waited_for(wanted, steps, pauses):
    file, waited = wanted(*steps), []
    fetch(file, patience=QUICK, pause=waited.append)
    assert file.path.read_bytes() == BODY
    assert waited == pauses


def test_a_server_may_say_until_when_to_wait(wanted):
    file, waited = wanted(status(429, Retry_After=email.utils.formatdate(time.time() + 60, usegmt=True))), []
    fetch(file, patience=QUICK, pause=waited.append)
    assert 0 < waited[0] <= 60


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (status(404), "could not be fetched: the server answered 404 Not Found"),
        (status(403), "could not be fetched: the server answered 403 Forbidden"),
        (status(429, Retry_After="1800"), "asks to be left alone for 1,800 s. Begin again after that"),
        (lies(b"", length=0), "announces 0 bytes"),
    ],
)
def test_trouble_that_stays_is_told(site, wanted, step, message):
    file = wanted(step, step, step)
    with pytest.raises(DownloadError, match=f"^clip.wav .*{message}"):
        fetch(file, patience=QUICK, pause=lambda _: None)
    assert len(site.asked) == (3 if "announces" in message else 1)
    assert not file.path.exists()


def test_a_server_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/clip.wav"
        with pytest.raises(
            DownloadError, match=r"clip.wav .* after 3 attempts: the server cannot be reached \(.*refused"
        ):
            fetch(Wanted(url, tmp_path / "clip.wav", 3, "0" * 64), patience=QUICK)
    with pytest.raises(DownloadError, match="no address"):
        fetch(Wanted("clip.wav", tmp_path / "clip.wav", 3, "0" * 64), patience=QUICK)


def test_redirects_lead_to_the_same_server_only(site, wanted):
    file = wanted(status(302, Location=f"{site.url}/elsewhere.wav"))
    site.put("/elsewhere.wav", BODY, cut_after(1000))
    fetch(file, patience=QUICK)
    assert file.path.read_bytes() == BODY
    assert ("/elsewhere.wav", None) in site.asked
    other = Site()
    other.put("/clip.wav", BODY)
    try:
        file = wanted(status(302, Location=f"{other.url}/clip.wav"), name="b.wav")
        with pytest.raises(DownloadError, match=r"b.wav .* leads on to '127.0.0.1:.*not among the hosts"):
            fetch(file, patience=QUICK)
        assert not other.asked
    finally:
        other.close()


def test_a_redirect_keeps_the_range(site, wanted):
    file = wanted(status(302, Location="/elsewhere.wav"))
    site.put("/elsewhere.wav", BODY)
    file.path.parent.mkdir()
    file.part.write_bytes(BODY[:5000])
    fetch(file, patience=QUICK)
    assert site.asked[-1] == ("/elsewhere.wav", "bytes=5000-")
    assert file.path.read_bytes() == BODY


def test_redirects_that_never_end(site, wanted):
    file = wanted(*[status(302, Location=f"/clip.wav?{n}") for n in range(3)])
    for number in range(20):
        site.put(f"/clip.wav?{number}", b"", status(302, Location=f"/clip.wav?{number + 1}"))
    with pytest.raises(DownloadError, match="answered 302"):
        fetch(file, patience=QUICK)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://media.githubusercontent.com/media/a", True),
        ("https://a.example:8443/b", True),
        ("http://media.githubusercontent.com/media/a", False),
        ("https://media.githubusercontent.com.evil.example/a", False),
        ("https://github.com@evil.example/a", False),
        ("https://a.example/b", False),
        ("http://a.example:8443/b", False),
        ("file:///etc/passwd", False),
        ("ftp://github.com/a", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_where_a_server_may_lead(url, fine):
    assert may_lead_to(url, "https://a.example:8443/here") is fine


def test_a_stopped_download_goes_on_later(site, wanted):
    file, told = wanted(), []
    with pytest.raises(DownloadError, match="was stopped"):
        fetch(file, patience=QUICK, told=told.append, stopped=lambda: bool(told))
    left = file.part.stat().st_size
    assert 0 < left < len(BODY)
    fetch(file, patience=QUICK)
    assert ranges(site) == [None, f"bytes={left}-"]
    assert file.path.read_bytes() == BODY


def test_a_place_that_cannot_be_written(wanted, tmp_path):
    file = wanted()
    file.path.mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"clip.wav cannot be written: .*directory"):
        fetch(file, patience=QUICK)
    (tmp_path / "a file").touch()
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(Wanted(file.url, tmp_path / "a file" / "clip.wav", file.size, file.sha256), patience=QUICK)


def test_a_full_disk_is_told_before(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=900_000_000))
    check_space(tmp_path, 700_000_000)
    with pytest.raises(
        DownloadError, match=r"has 900 MB free; 701 MB are to be fetched, and 200 MB must stay free. Make room"
    ):
        check_space(tmp_path, 701_000_000)


# Several files


def test_several_files_with_progress_in_the_calling_thread(site, wanted):
    files = [wanted(body=BODY[number:], name=f"{number}.wav") for number in range(12)]
    said, threads = [], set()

    def progress(*numbers):
        said.append(numbers)
        threads.add(threading.current_thread())

    assert (
        fetch_all(files, progress=progress, stop=lambda: threads.add(threading.current_thread()), patience=QUICK) == {}
    )
    total = sum(file.size for file in files)
    assert said[-1][:4] == (total, total, 12, 12)
    assert said[-1][4].endswith(".wav")
    assert threads == {threading.current_thread()}
    assert all(downloads.is_there(file) for file in files)


def test_one_bad_file_does_not_hold_up_the_others(site, wanted):
    files = [wanted(body=BODY[number:], name=f"{number}.wav") for number in range(6)]
    del site.files["/2.wav"]
    failed = fetch_all(files, patience=QUICK)
    assert [(path.name, str(error).startswith("2.wav could not")) for path, error in failed.items()] == [
        ("2.wav", True)
    ]
    assert [downloads.is_there(file) for file in files] == [True, True, False, True, True, True]


def test_many_bad_files_end_it(site, wanted):
    files = [wanted(name=f"{number}.wav") for number in range(100)]
    site.files.clear()
    failed = fetch_all(files, workers=2, patience=QUICK)
    assert downloads.GIVE_UP_AFTER <= len(failed) <= downloads.GIVE_UP_AFTER + 2
    assert len(site.asked) == len(failed)


def test_bytes_in_all_are_unknown_where_one_file_s_are(wanted):
    said = []
    fetch_all(
        [wanted(), wanted(name="b.wav", size=None, sha256=None)], progress=lambda *now: said.append(now), patience=QUICK
    )
    assert said[-1][:4] == (2 * len(BODY), None, 2, 2)


def test_stopping_several_files(site, wanted):
    files = [wanted(stall_after(10), name=f"{number}.wav") for number in range(20)]
    with pytest.raises(DownloadError, match="was stopped"):
        fetch_all(files, stop=lambda: bool(site.asked), patience=SOON)
    assert len(site.asked) < 20


def test_a_progress_that_fails_ends_it(site, wanted):
    files = [wanted(stall_after(10), name=f"{number}.wav") for number in range(20)]
    with pytest.raises(ZeroDivisionError):
        fetch_all(files, progress=lambda *_: 1 / 0, patience=SOON)
    assert len(site.asked) < 20


# CREMA-D


def pointer(content: bytes) -> bytes:
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
        hashlib.sha256(content).hexdigest().encode(), len(content),
    )  # fmt: skip


def archive(members: dict, **links: str) -> bytes:
    """A tar.gz of files, and of symbolic links in place of sounds, as GitHub packs it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "c0ffee"}) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in links.items():
            member = tarfile.TarInfo(f"CREMA-D-master/AudioWAV/{name}.wav")
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return packed.getvalue()


NAMES = ("1001_IEO_NEU_XX", "1002_DFA_ANG_XX", "1003_TIE_HAP_XX")
SOUNDS = {name: BODY[number:] for number, name in enumerate(NAMES)}


@pytest.fixture
def publishers(site, tmp_path):
    """The sites of CREMA-D's publishers with three sounds; `.members` is what the archive holds, `.get()` fetches."""
    tables = fixtures_crema.build(tmp_path / "original")
    members = {
        f"CREMA-D-master/{name}": (tables / name).read_bytes()
        for name in ("processedResults/tabulatedVotes.csv", "SentenceFilenames.csv", "VideoDemographics.csv")
    }
    for name, sound in SOUNDS.items():
        members[f"CREMA-D-master/AudioWAV/{name}.wav"] = pointer(sound)
        members[f"CREMA-D-master/AudioMP3/{name}.mp3"] = pointer(b"mp3")
        site.put(f"/media/AudioWAV/{name}.wav", sound)
    members["CREMA-D-master/VideoFlash/1001_IEO_NEU_XX.flv"] = pointer(b"video")
    members["CREMA-D-master/README.md"] = b"# CREMA-D"
    site.put("/archive", archive(members))
    folder = tmp_path / "crema-d"
    addresses = {"archive_url": f"{site.url}/archive", "media_url": f"{site.url}/media", "lfs_url": f"{site.url}/lfs"}

    def get(**options):
        return get_crema_d(folder, **{"patience": QUICK} | addresses | options)

    return SimpleNamespace(get=get, folder=folder, members=members, addresses=addresses)


def sounds_in(folder) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (folder / "AudioWAV").iterdir()}


def test_crema_d_arrives_as_its_importer_takes_it(site, publishers):
    said = []
    folder = publishers.get(progress=lambda *now: said.append(now))
    assert folder == publishers.folder
    assert sounds_in(folder) == SOUNDS
    reading = crema_d.read(folder)
    assert dict(zip(reading.clips["clip"], reading.clips["audio"]))["1002_DFA_ANG_XX"] == "1002_DFA_ANG_XX.wav"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file for file in files if not file.startswith(".download/")} == {
        "processedResults/tabulatedVotes.csv", "SentenceFilenames.csv", "VideoDemographics.csv",
        *(f"AudioWAV/{name}.wav" for name in NAMES),
    }  # fmt: skip
    assert not list(folder.rglob("archive*")) and not list(folder.rglob("*.part"))
    total = sum(map(len, SOUNDS.values()))
    assert said[0][1] is None and said[0][3] == 1  # the archive
    assert said[-1][:4] == (total, total, 3, 3)


def test_crema_d_that_is_there_is_not_fetched_again(site, publishers):
    publishers.get()
    before = len(site.asked)
    publishers.get()
    assert len(site.asked) == before
    (publishers.folder / "AudioWAV" / f"{NAMES[1]}.wav").write_bytes(b"damaged")
    publishers.get()
    assert site.asked[before:] == [(f"/media/AudioWAV/{NAMES[1]}.wav", None)]
    (publishers.folder / "SentenceFilenames.csv").unlink()
    publishers.get()
    assert site.asked[before + 1 :] == [("/archive", None)]
    assert sounds_in(publishers.folder) == SOUNDS
    assert (publishers.folder / "SentenceFilenames.csv").is_file()


def test_sounds_from_elsewhere_are_kept_and_pointers_replaced(site, publishers):
    audio = publishers.folder / "AudioWAV"
    audio.mkdir(parents=True)
    (audio / f"{NAMES[0]}.wav").write_bytes(SOUNDS[NAMES[0]])
    (audio / f"{NAMES[1]}.wav").write_bytes(pointer(SOUNDS[NAMES[1]]))
    publishers.get()
    assert f"/media/AudioWAV/{NAMES[0]}.wav" not in dict(site.asked)
    assert sounds_in(publishers.folder) == SOUNDS


def test_an_archive_that_holds_the_sounds(site, publishers):
    real = {f"CREMA-D-master/AudioWAV/{name}.wav": sound for name, sound in SOUNDS.items()}
    site.put("/archive", archive(publishers.members | real))
    publishers.get()
    assert sounds_in(publishers.folder) == SOUNDS
    assert site.asked == [("/archive", None)]
    before = {path: path.stat() for path in (publishers.folder / "AudioWAV").iterdir()}
    publishers.get()
    assert site.asked == [("/archive", None)]
    (publishers.folder / "SentenceFilenames.csv").unlink()
    publishers.get()
    assert site.asked == [("/archive", None)] * 2
    assert {path: path.stat() for path in before} == before  # right ones are not written again


def test_the_archive_is_asked_for_again_where_the_line_breaks(site, publishers):
    site.script["/archive"] = deque([cut_after(300), lies(b"<html>"), chunked(site.files["/archive"][:-20])])
    publishers.get(patience=Patience(attempts=4, first_wait_s=0.01))
    assert ranges(site)[:4] == [None] * 4
    assert sounds_in(publishers.folder) == SOUNDS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "archive.tar.gz could not be fetched after 3 attempts: it is not a whole gzip archive"),
        (b"<html>", "login page|not a whole gzip"),
        (gzip.compress(b"no tar"), "cannot be unpacked"),
        (archive({"CREMA-D-master/README.md": b""}), "holds no processedResults/tabulatedVotes.csv"),
    ],
    ids=["no gzip", "a page", "no tar", "no votes"],  # packed bytes hold the time: they cannot name a test
)
def test_archives_that_are_not_crema_d_s(site, publishers, content, message):
    site.put("/archive", content)
    with pytest.raises(DownloadError, match=message):
        publishers.get()
    assert not (publishers.folder / "AudioWAV").exists()


def test_an_archive_without_sounds(site, publishers):
    site.put("/archive", archive({name: body for name, body in publishers.members.items() if "AudioWAV" not in name}))
    with pytest.raises(DownloadError, match="holds no AudioWAV"):
        publishers.get()


HOSTILE = {
    "../outside.wav": b"evil",
    "/outside.wav": b"evil",
    "CREMA-D-master/../outside.wav": b"evil",
    "CREMA-D-master//AudioWAV/1009_IEO_NEU_XX.wav": b"evil",
    "CREMA-D-master/AudioWAV/../../../outside.wav": b"evil",
    "CREMA-D-master/AudioWAV/../outside.wav": b"evil",
    "CREMA-D-master/app.py": b"evil",
}


def test_an_archive_cannot_write_elsewhere(site, publishers, tmp_path):
    site.put("/archive", archive(HOSTILE | publishers.members))
    publishers.get()
    assert set(sounds_in(publishers.folder)) == set(NAMES)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert not {name for name in left if "outside" in name or "app.py" in name or "1009" in name}


def test_links_in_place_of_sounds_are_refused(site, publishers, tmp_path):
    (tmp_path / "secret").write_text("secret")
    site.put("/archive", archive(publishers.members, link="../../secret"))
    with pytest.raises(DownloadError, match=r"AudioWAV/link.wav' is not what is expected"):
        publishers.get()
    assert not (publishers.folder / "AudioWAV" / "link.wav").exists()


def test_members_that_claim_to_be_large_are_refused(site, publishers):
    for kind, message in ((tarfile.REGTYPE, "not what is expected"), (tarfile.XHDTYPE, "is too large")):
        member = tarfile.TarInfo("CREMA-D-master/AudioWAV/large.wav")
        member.size, member.type = 1 << 33, kind
        site.put("/archive", gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(2048)))
        with pytest.raises(DownloadError, match=message):
            publishers.get()


@pytest.mark.parametrize("broken", [b"version https://git-lfs.github.com/spec/v1\noid md5:1\n", pointer(b"") + b"x"])
def test_pointers_that_cannot_be_read(site, publishers, broken):
    site.put("/archive", archive(publishers.members | {"CREMA-D-master/AudioWAV/a.wav": broken}))
    with pytest.raises(DownloadError, match=r"AudioWAV/a.wav is a git-LFS pointer that cannot be read"):
        publishers.get()


def store_at(site, *, without=(), href="{url}/objects/{oid}"):
    """A git-LFS store on the site, in which some sounds are missing."""
    by_hash = {hashlib.sha256(sound).hexdigest(): (name, sound) for name, sound in SOUNDS.items()}
    for oid, (_, sound) in by_hash.items():
        site.put(f"/objects/{oid}", sound)

    def say(question):
        assert (question["operation"], question["transfers"]) == ("download", ["basic"])
        objects = []
        for wanted in question["objects"]:
            name, sound = by_hash[wanted["oid"]]
            assert wanted["size"] == len(sound)
            action = {"href": href.format(url=site.url, oid=wanted["oid"]), "header": {"X-Key": "opens"}}
            gone = {"error": {"code": 404, "message": "gone"}}
            objects.append(wanted | (gone if name in without else {"actions": {"download": action}}))
        return {"transfer": "basic", "objects": objects}

    site.store = say


def test_sounds_that_media_refuses_come_from_the_store(site, publishers):
    del site.files[f"/media/AudioWAV/{NAMES[0]}.wav"]
    site.script[f"/media/AudioWAV/{NAMES[2]}.wav"] = deque([status(429, Retry_After="3600")])
    store_at(site)
    publishers.get()
    assert sounds_in(publishers.folder) == SOUNDS
    fetched = [address for address, _ in site.asked if address.startswith("/objects/")]
    assert len(fetched) == 2
    assert site.headers[-1]["X-Key"] == "opens"


def test_a_sound_that_is_nowhere_is_named_and_the_others_are_there(site, publishers):
    del site.files[f"/media/AudioWAV/{NAMES[0]}.wav"]
    store_at(site, without=NAMES[:1])
    with pytest.raises(DownloadError, match=f"^{NAMES[0]}.wav is not in the publishers' git-LFS store"):
        publishers.get()
    assert set(sounds_in(publishers.folder)) == set(NAMES[1:])
    store_at(site)
    assert sounds_in(publishers.get()) == SOUNDS


def test_a_store_that_leads_elsewhere_is_not_followed(site, publishers):
    for name in NAMES[:2]:
        del site.files[f"/media/AudioWAV/{name}.wav"]
    store_at(site, href="http://localhost:1/{oid}")
    with pytest.raises(DownloadError, match=r"not in the publishers' git-LFS store.* So did 1 other of 6 files"):
        publishers.get()


def test_a_store_that_is_down_leaves_the_first_reason(site, publishers):
    del site.files[f"/media/AudioWAV/{NAMES[0]}.wav"]
    with pytest.raises(DownloadError, match=r"answered 404 .*Nor from the git-LFS store: .*cannot be reached"):
        publishers.get(lfs_url="http://127.0.0.1:1/lfs")


def test_bytes_that_stay_wrong_are_named(site, publishers):
    site.files[f"/media/AudioWAV/{NAMES[1]}.wav"] = b"x" * len(SOUNDS[NAMES[1]])
    with pytest.raises(DownloadError, match=NAMES[1]):
        publishers.get()
    assert set(sounds_in(publishers.folder)) == {NAMES[0], NAMES[2]}


def test_a_sound_that_its_publishers_change(site, publishers):
    publishers.get()
    address = f"AudioWAV/{NAMES[0]}.wav"
    (publishers.folder / address).unlink()
    site.files[f"/media/{address}"] = b"another take"
    site.put("/archive", archive(publishers.members | {f"CREMA-D-master/{address}": pointer(b"another take")}))
    with pytest.raises(DownloadError, match=NAMES[0]):
        publishers.get()
    assert sounds_in(publishers.get()) == SOUNDS | {NAMES[0]: b"another take"}


def test_a_list_of_files_that_leads_outside_is_not_believed(site, publishers):
    publishers.get()
    noted = publishers.folder / ".download" / "files.json"
    rows = json.loads(noted.read_text())
    noted.write_text(json.dumps([*rows, rows[-1] | {"name": "../outside.wav", "stored": True}]))
    before = len(site.asked)
    publishers.get()
    assert site.asked[before:] == [("/archive", None)]
    noted.write_text("[1]")
    publishers.get()
    assert site.asked[before:] == [("/archive", None)] * 2


def test_one_download_at_a_time(site, publishers):
    notes = publishers.folder / ".download"
    notes.mkdir(parents=True)
    with FileLock(notes / "lock"), pytest.raises(DownloadError, match="Another download is at work"):
        publishers.get()
    assert not site.asked
    publishers.get()
    assert sounds_in(publishers.folder) == SOUNDS


def test_a_folder_that_cannot_be(site, publishers):
    publishers.folder.write_text("a file")
    with pytest.raises(DownloadError, match="cannot be written"):
        publishers.get()


def test_a_disk_too_full_for_crema_d(site, publishers, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=500_000_000))
    with pytest.raises(DownloadError, match="MB free"):
        publishers.get()
    assert not site.asked
    (publishers.folder / "AudioWAV").mkdir(parents=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=downloads.MARGIN + 1000))
    with pytest.raises(DownloadError, match=r"1 MB are to be fetched"):
        publishers.get()
    assert site.asked == [("/archive", None)]


def test_stopped_and_begun_again(site, publishers):
    with pytest.raises(DownloadError, match="was stopped"):
        publishers.get(stop=lambda: len(site.asked) > 1, workers=1)
    assert sounds_in(publishers.get()) == SOUNDS
    assert [address for address, _ in site.asked].count("/archive") == 1


KILLED = """
import sys
from emo_core.corpora.crema_d_download import get_crema_d
folder, archive, media, lfs = sys.argv[1:]
get_crema_d(folder, archive_url=archive, media_url=media, lfs_url=lfs, workers=1)
"""


def test_a_killed_process_is_gone_on_from(site, publishers):
    second = f"/media/AudioWAV/{NAMES[1]}.wav"
    site.script[second] = deque([stall_after(100_000)])
    part = publishers.folder / "AudioWAV" / f"{NAMES[1]}.wav.part"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, publishers.folder, *publishers.addresses.values()], cwd=ROOT
    )
    try:
        while not (part.is_file() and part.stat().st_size == 100_000):
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert not part.with_suffix("").exists()
    before = len(site.asked)
    publishers.get(workers=1)
    assert site.asked[before:] == [(second, "bytes=100000-"), (f"/media/AudioWAV/{NAMES[2]}.wav", None)]
    assert sounds_in(publishers.folder) == SOUNDS
