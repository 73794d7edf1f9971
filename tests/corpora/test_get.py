"""`corpus get`: fetched while others use the store, then taken in; and files that came through the browser."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emo_core import verbs
from emo_core.cli import app
from emo_core.corpora import crema_d_download, uploads
from emo_core.errors import BadInput, DownloadError, UnknownName
from emo_core.store import Database, corpora
from tests.corpora.fixtures_crema import build


@pytest.fixture
def fetched(monkeypatch) -> list[tuple[Path, bool]]:
    """Publishers that give at once. Lists the folders, and whether the store was free as they gave."""
    calls = []

    def get(folder, *, progress=None, stop=None) -> Path:
        store = Path(folder).parents[1]
        calls.append((Path(folder), not (store / "owner.json").exists()))
        if progress:
            progress(1_000_000, None, 0, 1, "archive.tar.gz")
            progress(5_000_000, 9_000_000, 1, 2, "a.wav")
            progress(9_000_000, 9_000_000, 2, 2, "b.wav")
        return folder if (folder / "SentenceFilenames.csv").exists() else build(Path(folder))

    monkeypatch.setattr(crema_d_download, "get_crema_d", get)
    return calls


def test_the_command_fetches_before_it_takes_the_store(tmp_path, fetched):
    store = tmp_path / "store"
    done = CliRunner().invoke(app, ["--store", str(store), "corpus", "get", "crema-d", "--json"])
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["corpus"], document["clips"], document["votes"]) == ("crema-d", 2, 14)
    folder = store / "downloads" / "crema-d"
    assert fetched == [(folder, True), (folder, False)]  # the second time it only looks whether all is there
    assert "emo_core: 9 of 9 MB, 2 of 2 files, b.wav" in done.stderr
    database = Database(store)
    assert corpora.list_corpora(database)[0]["source"] == str(folder)
    database.close()


def test_another_folder_and_name_and_a_second_time(tmp_path, fetched):
    words = ["--store", str(tmp_path / "store"), "corpus", "get", "crema-d", "--to", str(tmp_path / "x" / "here")]
    first = CliRunner().invoke(app, [*words, "--name", "voices", "--json"])
    again = CliRunner().invoke(app, [*words, "--name", "voices", "--json"])
    assert json.loads(first.stdout)["corpus"] == "voices"
    assert (json.loads(again.stdout)["votes"], json.loads(again.stdout)["unchanged"]) == (0, 14)
    assert {folder for folder, _ in fetched} == {tmp_path / "x" / "here"}


def test_what_cannot_be_fetched_is_said_and_nothing_is_taken(tmp_path, monkeypatch):
    def get(folder, **more):
        raise DownloadError("a.wav could not be fetched: the server cannot be reached. What has arrived stays.")

    monkeypatch.setattr(crema_d_download, "get_crema_d", get)
    done = CliRunner().invoke(app, ["--store", str(tmp_path / "store"), "corpus", "get", "crema-d"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "emo_core: a.wav could not be fetched" in done.stderr
    assert not (tmp_path / "store").exists()


def test_a_name_that_is_taken_is_refused_first(filled, fetched):
    with pytest.raises(BadInput, match="corpus 'small' already, and it is no crema-d"):
        verbs.run(filled, "corpus get", {"name": "small"})
    assert fetched == []
    with pytest.raises(UnknownName, match=r"'iemocap'.*Known: crema-d"):
        verbs.run(filled, "corpus get", {"corpus": "iemocap"})


def test_uploads_are_kept_once_by_content(tmp_path):
    first = uploads.keep(tmp_path, "../my votes.csv", b"clip,label\n")
    again = uploads.keep(tmp_path, "../my votes.csv", b"clip,label\n")
    other = uploads.keep(tmp_path, "../my votes.csv", b"clip,label\na,sad\n")
    assert first == again != other
    assert first.parent == other.parent == tmp_path / "uploads"
    assert first.read_bytes() == b"clip,label\n" and uploads.given_name(first) == "my_votes.csv"
    assert sorted(path.name for path in first.parent.iterdir()) == sorted([first.name, other.name])


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("..", "file"), ("/etc/passwd", "passwd"), ("C:\\x\\v.csv", "v.csv"), ("a\nb\x00.csv", "a_b_.csv"), ("é.csv", "é.csv"),
        ("x" * 300 + ".parquet", "x" * 45 + ".parquet"), ("=1+1.csv", "1_1.csv"),
    ],
)  # fmt: skip
def test_names_of_uploads_are_made_safe(tmp_path, name, safe):
    assert uploads.safe_name(name) == safe
    assert uploads.keep(tmp_path, name, b"x").read_bytes() == b"x"
