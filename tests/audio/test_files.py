"""Sound files as they come: intact, odd, damaged, not sound at all."""

import io
import os

import numpy as np
import pytest
import soundfile

from emo_core.audio import as_wav, contained, decode, glance, inspect, needs_decoding
from emo_core.errors import AudioError, BadInput

SECONDS = 0.5


def problems(path) -> str:
    return " ".join(inspect(path).problems)


def test_facts(tone):
    facts = inspect(tone("stereo.wav", channels=2, sample_rate=44_100, subtype="PCM_24"))
    assert (facts.sample_rate, facts.channels, facts.frames) == (44_100, 2, 22_050)
    assert facts.duration_s == SECONDS
    assert facts.format == "WAV, Signed 24 bit PCM"
    assert facts.problems == ()


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.wav", {"subtype": "PCM_U8"}, False),
        ("a.wav", {"subtype": "PCM_16"}, False),
        ("a.wav", {"subtype": "PCM_24"}, False),
        ("a.wav", {"subtype": "FLOAT"}, False),
        ("a.WAV", {"format": "WAVEX"}, False),
        ("a.flac", {}, False),
        ("a.mp3", {}, False),
        ("a.ogg", {}, False),
        ("a.opus", {"format": "OGG", "subtype": "OPUS", "sample_rate": 48_000}, False),
        ("a.wav", {"subtype": "PCM_32"}, True),
        ("a.wav", {"subtype": "DOUBLE"}, True),
        ("a.wav", {"subtype": "ULAW"}, True),
        ("a.aiff", {}, True),
        ("a.au", {}, True),
        ("a.sph", {"format": "NIST"}, True),
        ("a.wav", {"format": "MP3"}, True),
        ("a", {"format": "WAV"}, True),
    ],
)
def test_what_a_browser_takes_as_it_is(tone, name, options, expected):
    path = tone(name, **options)
    assert needs_decoding(path) is expected
    assert needs_decoding(path, 0.1, 0.2) is True
    assert inspect(path).problems == ()
    wav, _ = soundfile.read(io.BytesIO(as_wav(path)))
    assert abs(len(wav) - len(decode(path)[0])) == 0
    assert 0.3 < np.abs(wav).max() < 0.7


def test_m4a_and_webm_are_for_the_browser_alone(tmp_path):
    m4a, webm = tmp_path / "a.m4a", tmp_path / "a.webm"
    m4a.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0")
    webm.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(40))
    for path in (m4a, webm):
        assert needs_decoding(path) is False
        facts = inspect(path)
        assert facts.duration_s is None
        assert "ffmpeg -i" in facts.problems[0]
        with pytest.raises(AudioError, match="only the browser can read"):
            decode(path)
    webm.write_bytes(b"not a film")
    with pytest.raises(AudioError, match="not audio"):
        needs_decoding(webm)


def test_sixteen_bits_come_through_unchanged(tmp_path):
    samples = np.array([[-32768, 32767], [-1, 0], [1, 12345]], np.int16)
    soundfile.write(tmp_path / "a.flac", samples, 8000, subtype="PCM_16")
    again, sample_rate = soundfile.read(io.BytesIO(as_wav(tmp_path / "a.flac")), dtype="int16")
    assert sample_rate == 8000
    np.testing.assert_array_equal(again, samples)


def test_spans(tone):
    path = tone(seconds=1.0)
    whole, sample_rate = decode(path)
    part, _ = decode(path, 0.25, 0.75)
    assert whole.dtype == np.float32
    assert whole.shape == (16_000, 1)
    np.testing.assert_array_equal(part, whole[4000:12_000])
    np.testing.assert_array_equal(decode(path, start_s=0.9)[0], whole[14_400:])
    np.testing.assert_array_equal(decode(path, end_s=1.04)[0], whole)  # tables round
    assert len(decode(path, 0.5, 0.500001)[0]) == 1
    assert len(as_wav(path, 0.25, 0.75)) == 44 + 2 * 8000
    assert sample_rate == 16_000


@pytest.mark.parametrize(
    ("start", "end"),
    [(-0.1, 0.5), (0.5, 0.5), (0.6, 0.5), (1.0, None), (3.0, 4.0), (0.0, 1.2), (float("nan"), 0.5), (0, float("inf"))],
)
def test_spans_outside_the_file_are_named(tone, start, end):
    with pytest.raises(AudioError, match=r"The span .* s must .* tone.wav lasts 1.000 s. Correct"):
        decode(tone(seconds=1.0), start, end)


def test_digital_silence(tone):
    assert problems(tone(level=0.0)) == "Digital silence: all samples are 0."


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_clipping_needs_three_full_scale_samples_in_a_row(tmp_path, subtype):
    path = tmp_path / "a.wav"
    samples = np.zeros(70_000)
    samples[[5, 6, 100, 65_534, 65_535]] = 1.0  # pairs and single peaks
    soundfile.write(path, samples, 16_000, subtype=subtype)
    assert problems(path) == ""
    samples[65_536] = 1.0  # the third, in the next block
    soundfile.write(path, samples, 16_000, subtype=subtype)
    assert problems(path) == "Clipping: 6 samples are at full scale, some of them 3 or more in a row."
    soundfile.write(path, -samples, 16_000, subtype=subtype)
    assert problems(path).startswith("Clipping: 6 samples")


def test_channels_do_not_clip_together(tmp_path):
    samples = np.zeros((100, 2))
    samples[10, 0] = samples[11, 1] = samples[12, 0] = 1.0
    soundfile.write(tmp_path / "a.wav", samples, 16_000)
    assert problems(tmp_path / "a.wav") == ""


def test_samples_that_are_not_numbers(tmp_path):
    samples = np.full(100, 0.1, np.float32)
    samples[[3, 7]] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    assert "2 samples are not numbers" in problems(tmp_path / "a.wav")
    assert np.isfinite(decode(tmp_path / "a.wav")[0]).all()
    assert len(as_wav(tmp_path / "a.wav")) == 44 + 200


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac"])
def test_files_that_break_off_give_what_is_there(tone, name):
    path = tone(name, seconds=2.0, level=0.3)
    whole, _ = decode(path)
    os.truncate(path, path.stat().st_size // 2)
    facts = inspect(path)
    assert 0.5 < facts.duration_s < 1.5
    assert "header claims 2.00 s" in facts.problems[0]
    assert needs_decoding(path)
    part, _ = decode(path)
    assert len(part) == facts.frames
    np.testing.assert_array_equal(part, whole[: len(part)])
    np.testing.assert_array_equal(decode(path, 0.1, 1.9)[0], part[1600:])
    with pytest.raises(AudioError, match=f"{name} breaks off before the span"):
        decode(path, 1.8, 1.9)
    if name != "a.flac":  # nothing but its samples tells that a FLAC breaks off
        with pytest.raises(AudioError, match=f"{name} breaks off: 2.00 s are claimed"):
            glance(path)


def test_a_header_that_does_not_know_its_length(tone):
    path = tone()
    raw = bytearray(path.read_bytes())
    raw[4:8] = raw[40:44] = b"\xff\xff\xff\xff"  # written as a stream
    path.write_bytes(raw)
    assert inspect(path).duration_s == glance(path) == SECONDS
    assert inspect(path).problems == ()
    assert glance(path, 0.1, 0.3) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n", "git lfs pull"),
        (b"<!doctype html><title>404</title>", "web page"),
        (b"clip,label\na,happy\n", "not audio that can be read"),
        (b"RIFF\0\0\0\0WAVE", "not audio that can be read"),
    ],
)
def test_files_that_cannot_be_played(tmp_path, content, message):
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    for play in (inspect, decode, as_wav, needs_decoding):
        with pytest.raises(AudioError, match=f"clip.wav .*{message}") as caught:
            play(path)
        assert str(caught.value)[-1] in ".v"  # a sentence, or the command to run


def test_header_only(tone):
    path = tone()
    os.truncate(path, 44)
    with pytest.raises(AudioError, match=r"no sound after it; it claims 0\.50 s"):
        inspect(path)
    soundfile.write(path, np.zeros(0), 16_000)
    with pytest.raises(AudioError, match="no sound after it"):
        decode(path)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(AudioError, match="is not there"):
        inspect(tmp_path / "no.wav")
    with pytest.raises(AudioError, match="is a folder"):
        inspect(tmp_path)


def test_contained(tmp_path):
    root, beside = tmp_path / "audio", tmp_path / "audio-secret"
    (root / "session 1").mkdir(parents=True)
    beside.mkdir()
    (beside / "a.wav").touch()
    assert contained(root, "session 1/ä.wav") == root.resolve() / "session 1" / "ä.wav"
    assert contained(root, "./..a.wav") == root.resolve() / "..a.wav"
    (root / "inside").symlink_to(root / "session 1")
    (root / "outside").symlink_to(beside)
    (root / "circle").symlink_to(root / "circle")
    assert contained(root, "inside/a.wav") == root.resolve() / "session 1" / "a.wav"
    with pytest.raises(BadInput, match="lies outside the audio root"):
        contained(root, "outside/a.wav")
    with pytest.raises(BadInput):
        contained(root, "circle/a.wav")
    alias = tmp_path / "alias"
    alias.symlink_to(root)
    assert contained(alias, "a.wav") == root.resolve() / "a.wav"


@pytest.mark.parametrize(
    "path", ["", " ", "..", "../audio-secret/a.wav", "a/../../b.wav", "/etc/passwd", "a\0.wav", ".", "..\\a.wav", "\\a"]
)
def test_contained_refuses(tmp_path, path):
    with pytest.raises(BadInput):
        contained(tmp_path, path)


PLAYABLE_ODD = {
    "derived/truncated_half_of_1001_DFA_SAD_XX.wav": (True, "header claims 2.00 s, 1.00 s are there"),
    "derived/truncated_jfk.flac": (True, "header claims 11.00 s, 1.58 s are there"),
    "psf/english.wav": (False, None),
    "speech_recognition/audio-mono-16-bit-44100Hz.aiff": (True, None),
    "speech_recognition/audio-mono-16-bit-44100Hz.flac": (False, None),
    "speech_recognition/audio-mono-24-bit-44100Hz.wav": (False, None),
    "speech_recognition/audio-mono-32-bit-44100Hz.wav": (True, None),
    "speech_recognition/audio-mono-8-bit-44100Hz.wav": (False, None),
    "speech_recognition/audio-stereo-16-bit-44100Hz.wav": (False, None),
    "speech_recognition/audio-stereo-24-bit-44100Hz.flac": (False, None),
    "speech_recognition/chinese.flac": (False, None),
    "speech_recognition/english.wav": (False, None),
    "speech_recognition/french.aiff": (True, None),
    "whisper/jfk.flac": (False, None),
}
UNPLAYABLE_ODD = {
    "derived/header_only_claims_data_1001_DFA_SAD_XX.wav": r"no sound after it; it claims 2\.00 s",
    "derived/zero_bytes.wav": "is empty",
    "derived/README.txt": "not audio",
}


@pytest.mark.parametrize("name", PLAYABLE_ODD)
def test_odd_audio_plays(odd_audio, name):
    decoding, problem = PLAYABLE_ODD[name]
    path = odd_audio / name
    facts = inspect(path)
    assert needs_decoding(path) is decoding
    assert problem in facts.problems[0] if problem else not facts.problems
    assert decode(path)[0].shape == (facts.frames, facts.channels)
    assert len(as_wav(path)) == 44 + 2 * facts.frames * facts.channels


@pytest.mark.parametrize("name", UNPLAYABLE_ODD)
def test_odd_audio_does_not_play(odd_audio, name):
    with pytest.raises(AudioError, match=UNPLAYABLE_ODD[name]):
        inspect(odd_audio / name)


def test_quirks_of_crema_d(quirks):
    assert problems(quirks / "1076_MTI_SAD_XX.wav").startswith("Digital silence")
    assert problems(quirks / "1050_IEO_ANG_HI.wav").startswith("Clipping: 817 samples")
    assert problems(quirks / "1083_TIE_SAD_XX.wav") == ""
    assert inspect(quirks / "1004_IEO_SAD_HI.wav").duration_s == pytest.approx(5.005)
    with pytest.raises(AudioError, match="git lfs pull"):
        inspect(quirks / "lfs_pointer_1001_DFA_ANG_XX.wav")
