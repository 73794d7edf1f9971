"""Files whose header does not say how long they are. The truth is the number of samples that were written."""

import io
import os

import numpy as np
import pytest
import soundfile

from emo_core.audio import decode, inspect, needs_decoding
from emo_core.audio.files import seconds
from emo_core.errors import AudioError

RATE, FRAMES = 16_000, 20_000
MP3_FRAME = 576  # samples of a frame of MPEG-2


@pytest.fixture
def speech():
    """Half a second of near silence and then noise, so that a variable bit rate varies."""
    noise = np.random.default_rng(7).normal(0, 0.1, FRAMES)
    noise[: FRAMES // 2] *= 0.001
    return noise.astype(np.float32)


def written(samples, format, subtype=None, **options) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format=format, subtype=subtype, **options)
    return buffer.getvalue()


def without_index(mp3: bytes) -> bytes:
    """An MP3 without its first frame, which holds the Xing or Info index."""
    following = mp3.index(mp3[:2], 4)
    assert b"Info" in mp3[:following] or b"Xing" in mp3[:following]
    return mp3[following:]


def check(path, frames, *, slack=0):
    """Everything that says how long the file is agrees; nothing is wrong with it."""
    facts = inspect(path)
    assert facts.problems == ()
    assert abs(facts.frames - frames) <= slack
    assert len(decode(path)[0]) == facts.frames
    assert seconds(path) == facts.duration_s == facts.frames / RATE
    middle, end = facts.duration_s / 2, facts.duration_s
    parts = [decode(path, 0, middle)[0], decode(path, middle, end)[0]]
    np.testing.assert_allclose(np.concatenate(parts), decode(path)[0], atol=1e-6)
    with pytest.raises(AudioError, match=r"must begin .* inside the file"):
        decode(path, end + 1, end + 2)


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_mp3_without_index_plays_to_its_end(tmp_path, speech, mode):
    path = tmp_path / "a.mp3"
    whole = written(speech, "MP3", bitrate_mode=mode)
    path.write_bytes(without_index(whole))
    frames = -(-(FRAMES + 1105) // MP3_FRAME) * MP3_FRAME  # whole frames, with the delay of encoder and decoder
    check(path, frames, slack=MP3_FRAME)
    assert inspect(path).frames % MP3_FRAME == 0
    assert needs_decoding(path)
    path.write_bytes(whole)
    check(path, FRAMES)
    assert not needs_decoding(path)


def test_joined_mp3s_play_one_after_the_other(tmp_path, speech):
    path = tmp_path / "a.mp3"
    mp3 = written(speech, "MP3", bitrate_mode="VARIABLE")
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + b"title".ljust(10)
    path.write_bytes(tag + mp3 + b"TAG".ljust(128) + tag + mp3)
    check(path, 2 * (FRAMES + 1105), slack=2 * MP3_FRAME)
    half = inspect(path).frames // 2
    twice = decode(path)[0]
    assert np.abs(twice[5 * MP3_FRAME : half] - twice[5 * MP3_FRAME + half :]).max() < 1e-3


def test_a_joined_mp3_of_another_rate_is_told(tmp_path, speech):
    path = tmp_path / "a.mp3"
    other = io.BytesIO()
    soundfile.write(other, speech, 22_050, format="MP3")
    path.write_bytes(without_index(written(speech, "MP3")) + other.getvalue())
    facts = inspect(path)
    assert facts.codes == ("uncertain_length",)
    assert "ffmpeg -i a.mp3 a.wav" in facts.problems[0]
    assert facts.duration_s == pytest.approx(FRAMES / RATE, abs=0.2)


def test_chained_ogg(tmp_path, speech):
    path = tmp_path / "a.ogg"
    path.write_bytes(written(speech, "OGG", "VORBIS") + written(speech[:5000], "OGG", "VORBIS"))
    check(path, FRAMES + 5000)
    assert needs_decoding(path)


@pytest.mark.parametrize("frames", [FRAMES, 4096, 1])
def test_flac_without_total(tmp_path, speech, frames):
    path = tmp_path / "a.flac"
    flac = bytearray(written(speech[:frames], "FLAC"))
    flac[21] &= 0xF0  # 36 bits of STREAMINFO
    flac[22:26] = bytes(4)
    path.write_bytes(flac)
    assert inspect(path).frames == len(decode(path)[0]) == frames
    assert seconds(path) == frames / RATE
    assert "broken_off" not in inspect(path).codes


UNKNOWN = (0, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF)


@pytest.mark.parametrize("size", UNKNOWN)
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "ALAW"])
def test_wav_written_as_a_stream(tmp_path, speech, size, subtype):
    path = tmp_path / "a.wav"
    wav = bytearray(written(speech, "WAV", subtype))
    place = wav.index(b"data")
    end = place + 8 + FRAMES * {"PCM_16": 2, "FLOAT": 4, "ALAW": 1}[subtype]
    wav[4:8] = size.to_bytes(4, "little")
    wav[place + 4 : place + 8] = size.to_bytes(4, "little")
    path.write_bytes(wav[:end])
    check(path, FRAMES)


@pytest.mark.parametrize("size", UNKNOWN)
def test_au_and_aiff_written_as_a_stream(tmp_path, speech, size):
    au = bytearray(written(speech, "AU"))
    au[8:12] = size.to_bytes(4)
    (tmp_path / "a.au").write_bytes(au)
    aiff = bytearray(written(speech, "AIFF"))
    place = aiff.index(b"COMM")
    aiff[place + 10 : place + 14] = size.to_bytes(4)
    (tmp_path / "a.aiff").write_bytes(aiff)
    for name in ("a.au", "a.aiff"):
        check(tmp_path / name, FRAMES)


@pytest.mark.parametrize("size", [0, (1 << 63) - 1, (1 << 64) - 1])
def test_rf64_written_as_a_stream(tmp_path, speech, size):
    rf64 = bytearray(written(speech, "RF64", "PCM_16"))
    place = rf64.index(b"ds64")
    rf64[place + 16 : place + 24] = size.to_bytes(8, "little")
    (tmp_path / "a.wav").write_bytes(rf64)
    check(tmp_path / "a.wav", FRAMES)


def test_what_breaks_off_is_still_told(tmp_path, speech):
    for name, format in (("a.wav", "WAV"), ("a.flac", "FLAC"), ("a.mp3", "MP3")):
        path = tmp_path / name
        path.write_bytes(written(speech, format))
        os.truncate(path, path.stat().st_size // 2)
        assert inspect(path).codes == ("broken_off",)
        assert "header claims 1.25 s" in inspect(path).problems[0]


def test_a_header_without_sound_is_none(tmp_path):
    path = tmp_path / "a.wav"
    wav = bytearray(written(np.zeros(0), "WAV"))
    path.write_bytes(wav + b"LIST" + (4).to_bytes(4, "little") + b"INFO")
    with pytest.raises(AudioError, match="no sound after it"):
        seconds(path)
