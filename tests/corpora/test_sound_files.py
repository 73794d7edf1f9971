"""Which sound file an address means: never another clip's."""

import unicodedata

import pytest

from emo_core.corpora.sound_files import Sounds
from tests.corpora.fixtures_sound import SECONDS, write_sound


def sounds(tmp_path, *names, root="wavs") -> Sounds:
    for name in names:
        write_sound(tmp_path / root / name)
    return Sounds(tmp_path / root)


def found(place: Sounds, *addresses) -> list[str | None]:
    """The file of each address, when all of them are the clips of one corpus."""
    places = {address: place.find(address, clip=address) for address in addresses}
    silent, _ = place.settle()
    return [None if address in silent else places[address].get("audio") for address in addresses]


@pytest.mark.parametrize(
    ("files", "address", "file"),
    [
        # as it is written, without ending, with another ending
        (["spk1/a.wav"], "spk1/a.wav", "spk1/a.wav"),
        (["spk1/a.wav"], "./spk1//a", "spk1/a.wav"),
        (["spk1/a.wav"], "spk1/a.mp4", "spk1/a.wav"),
        (["a.mp3", "a.wav"], "a", "a.wav"),
        (["a.mp3", "a.wav"], "a.mp3", "a.mp3"),
        (["a.1.wav"], "a.1", "a.1.wav"),
        # paths of another machine: by their end
        (["spk1/a.wav"], "/srv/lab/wavs/spk1/a.wav", "spk1/a.wav"),
        (["spk1/a.wav"], r"C:\data\spk1\a.wav", "spk1/a.wav"),
        (["spk1/a.wav"], "https://x.org/wavs/spk1/a.wav?download=1", "spk1/a.wav"),
        (["spk 1/a.wav"], "https://x.org/spk%201/a.wav", "spk 1/a.wav"),
        (["spk1/a.wav", "spk2/a.wav"], "s3://bucket/spk2/a.wav", "spk2/a.wav"),
        (["a.wav"], "/srv/lab/wavs/a.wav", "a.wav"),
        (["part2/spk1/a.wav"], "spk1/a.wav", "part2/spk1/a.wav"),
        (["spk1/a.wav"], "a.wav", "spk1/a.wav"),
        # the server's own folders say nothing
        (["deep/a.wav"], "http://localhost:8080/data/upload/3/0a1b2c3d-a.wav", "deep/a.wav"),
        (["sub/a.wav"], "/data/local-files/?d=sub%2Fa.wav", "sub/a.wav"),
        # text
        ([unicodedata.normalize("NFD", "café.wav")], "café.wav", unicodedata.normalize("NFD", "café.wav")),
        (["Spk1/A.WAV"], r"spk1\a.wav", "Spk1/A.WAV"),
        # another clip's sound
        (["train/a.wav"], "dev/a.wav", None),
        (["sess2/audio/a.wav"], "sess1/audio/a.wav", None),
        (["train/a.wav"], r"C:\data\dev\a.wav", None),
        (["train/a.mp3"], "dev/a.wav", None),
        (["train/A.wav"], "dev/a.wav", None),
        (["train/a.wav"], "/data/local-files/?d=dev/a.wav", None),
        (["dev/b.wav", "a.wav"], "dev/a.wav", None),  # its folder is here, the file is not
        (["spk1/a.wav", "train/spk1/b.wav"], "train/spk1/a.wav", None),
        # two files agree equally well
        (["spk1/a.wav", "spk2/a.wav"], "a.wav", None),
        (["x/spk1/a.wav", "y/spk1/a.wav"], "spk1/a.wav", None),
        (["a.wav"], "b.wav", None),
        (["a.wav"], "", None),
    ],
)
def test_an_address_alone(tmp_path, files, address, file):
    place = sounds(tmp_path, *files)
    assert found(place, address) == [file]
    assert place.find(address).get("duration_s") == (pytest.approx(SECONDS) if file else None)


def test_a_path_of_this_machine(tmp_path):
    place = sounds(tmp_path, "spk1/a.wav")
    assert found(place, str(tmp_path / "wavs" / "spk1" / "a.wav")) == ["spk1/a.wav"]


def test_what_lies_elsewhere_is_told(tmp_path):
    place = sounds(tmp_path, "train/a.wav")
    assert found(place, "dev/a.wav", "train/a.wav") == [None, "train/a.wav"]
    (note,) = place.settle()[1]
    assert "1 have one of that name in another folder" in note
    assert "first: dev/a.wav; a file of that name lies in train/" in note


def test_a_name_alone_is_told(tmp_path):
    place = sounds(tmp_path, "a.wav", "b.wav")
    assert found(place, "dev/a.wav", "dev/b.wav") == ["a.wav", "b.wav"]
    (note,) = place.settle()[1]
    assert note.startswith("2 clips were found by their file name alone") and "first: dev/a.wav" in note


def test_a_name_alone_is_not_taken_beside_folders_that_agree(tmp_path):
    place = sounds(tmp_path, "a.wav", "b.wav", root="train")
    assert found(place, "train/a.wav", "dev/b.wav") == ["a.wav", None]
    assert "a file of that name lies in the audio root itself" in place.settle()[1][0]
    place = sounds(tmp_path, "spk1/a.wav", "b.wav")
    assert found(place, "/srv/lab/spk1/a.wav", "/srv/lab/b.wav", "/srv/other/b.wav") == ["spk1/a.wav", "b.wav", None]


def test_paths_that_contradict_each_other_share_no_sound(tmp_path):
    place = sounds(tmp_path, "a.wav")
    assert found(place, "dev/a.wav", "train/a.wav") == [None, None]
    assert place.settle()[1][0].startswith("2 clips have no sound because the paths of several clips lead to the same")
    place = sounds(tmp_path, "a.wav")
    assert found(place, "a.wav", "a.mp3") == ["a.wav", None]
    place = sounds(tmp_path, "sub/b.wav")
    assert found(place, "b", "sub/b.wav", "/x/sub/b.wav") == ["sub/b.wav"] * 3  # these agree


def test_files_that_cannot_be_read_are_told_and_counted(tmp_path):
    write_sound(tmp_path / "a.wav")
    for name in ("p.wav", "q.wav"):
        (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "page.wav").write_text("<!doctype html>")
    (tmp_path / "phone.amr").write_bytes(b"#!AMR")
    place = Sounds(tmp_path)
    assert place.unreadable == {"p.wav", "q.wav", "empty.wav", "page.wav"}
    text = " ".join(place.notes)
    assert "2 audio files cannot be read" in text and "git lfs pull" in text
    assert "empty (0 bytes)" in text and "web page" in text
    assert "1 files have endings that are not read (.amr: 1)" in text
