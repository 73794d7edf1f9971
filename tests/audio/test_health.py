"""What is found in sound files: made ones whose level and faults are known, the real odd ones, and whole corpora of them."""

import csv
import hashlib
import math
import os
import threading
import time

import duckdb
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from emo_core.audio import decode, health, inspect
from emo_core.audio.health import PROBLEMS, SoundHealth, duration_outliers, examine, examine_many
from emo_core.errors import AudioError

RATE = 16_000


@pytest.fixture
def write(tmp_path):
    """Writes samples under a name; returns the path."""

    def put(samples, name="a.wav", sample_rate=RATE, **options):
        soundfile.write(tmp_path / name, samples, sample_rate, **options)
        return tmp_path / name

    return put


def test_a_file_that_is_fine(tone):
    path = tone("stereo.wav", channels=2, sample_rate=44_100, level=0.5)
    found = examine(path)
    assert (found.duration_s, found.sample_rate, found.channels) == (0.5, 44_100, 2)
    assert found.peak_dbfs == pytest.approx(20 * math.log10(0.5), abs=0.01)
    assert found.rms_dbfs == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.01)
    assert found.content_hash == hashlib.blake2b(path.read_bytes(), digest_size=20).hexdigest()
    assert (found.codes, found.problem) == ((), None)
    assert not (found.silent or found.near_silent or found.clipped)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_levels_of_a_square_wave_at_full_scale(write, subtype):
    found = examine(write(np.tile([-1.0, 0.99999], RATE), subtype=subtype))
    assert found.peak_dbfs == 0.0
    assert found.rms_dbfs == pytest.approx(0.0, abs=0.04)


def test_levels_over_blocks_and_channels(write):
    samples = np.zeros((200_000, 2))
    samples[150_000, 1] = -0.5  # in the third block
    found = examine(write(samples, subtype="FLOAT"))
    assert found.peak_dbfs == pytest.approx(-6.0206, abs=1e-4)
    assert found.rms_dbfs == pytest.approx(20 * math.log10(0.5 / math.sqrt(400_000)), abs=1e-4)
    assert found.leading_silence_s == 150_000 / RATE
    assert found.trailing_silence_s == 49_999 / RATE


def test_silence_between_sounds_is_not_at_the_ends(write):
    samples = np.zeros(200_000)
    samples[[3, 199_990]] = 0.5
    found = examine(write(samples))
    assert (found.leading_silence_s, found.trailing_silence_s) == (3 / RATE, 9 / RATE)


def test_full_samples_blocks_apart_are_not_in_a_row(write):
    samples = np.zeros(200_000)
    samples[[65_534, 65_535, 131_072]] = 1.0  # the end of the first block and the beginning of the third
    assert examine(write(samples)).codes == ()


def test_floats_may_go_beyond_full_scale(write):
    assert examine(write(np.full(100, 2.0, np.float32), subtype="FLOAT")).peak_dbfs == pytest.approx(6.02, abs=0.01)


def test_digital_silence(write):
    found = examine(write(np.zeros(8000)))
    assert found.codes == ("silent",)
    assert found.problem == "Digital silence: all samples are 0."
    assert (found.peak_dbfs, found.rms_dbfs) == (-math.inf, -math.inf)
    assert (found.leading_silence_s, found.trailing_silence_s) == (0.5, 0.5)
    assert found.silent and not found.near_silent


def test_almost_silent_is_under_minus_sixty_dbfs(write):
    samples = np.zeros(8000)
    samples[4000] = 0.00099
    found = examine(write(samples, subtype="PCM_24"))
    assert found.codes == ("near_silent",)
    assert found.problem == "Almost silent: the peak is -60.1 dBFS."
    assert (found.leading_silence_s, found.trailing_silence_s) == (0.5, 0.5)
    assert found.near_silent and not found.silent
    samples[4000] = 0.00101
    found = examine(write(samples, subtype="PCM_24"))
    assert found.codes == ()
    assert (found.leading_silence_s, found.trailing_silence_s) == (4000 / RATE, 3999 / RATE)


def test_clipping_and_what_is_no_number(write):
    samples = np.full(100_000, 0.1, np.float32)
    samples[[7, 8, 9]] = 1.0
    samples[[80_000, 80_001]] = np.nan, -np.inf
    found = examine(write(samples, subtype="FLOAT"))
    assert found.codes == ("clipped", "not_numbers")
    assert found.problem.startswith("Clipping: 3 samples") and "2 samples are not numbers" in found.problem
    assert found.peak_dbfs == 0.0
    assert found.rms_dbfs == pytest.approx(-20, abs=0.02)


def test_a_file_of_nothing_but_no_numbers_is_not_digital_silence(write):
    found = examine(write(np.full(100, np.nan, np.float32), subtype="FLOAT"))
    assert found.codes == ("not_numbers",)
    assert found.peak_dbfs == -math.inf


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac"])
def test_a_file_that_breaks_off(tone, name):
    path = tone(name, seconds=2.0)
    os.truncate(path, path.stat().st_size // 2)
    found = examine(path)
    assert found.codes == ("broken_off",)
    assert "header claims 2.00 s" in found.problem
    assert 0.5 < found.duration_s < 1.5
    inside = examine(path, 0.1, 0.2)
    assert (inside.codes, inside.duration_s) == ((), pytest.approx(0.1))
    across = examine(path, 0.25, 2.0)
    assert across.codes == ("broken_off",)
    assert "the span asks for 1.75 s" in across.problem
    assert across.duration_s == pytest.approx(found.duration_s - 0.25)
    behind = examine(path, 1.8, 1.9)
    assert behind.codes == ("broken_off",)
    assert behind.problem.startswith(f"{name} breaks off before the span 1.8–1.9 s")
    assert behind.duration_s is None


def test_a_header_that_claims_sixty_billion_frames(tone):
    path = tone("a.flac", seconds=2.0)
    raw = bytearray(path.read_bytes())
    raw[21] |= 0x0F
    raw[22:26] = b"\xff" * 4  # total samples, 36 bits (RFC 9639, section 8.2)
    path.write_bytes(raw)
    assert examine(path).codes == ("broken_off",)
    assert examine(path).duration_s == pytest.approx(2.0, abs=0.3)
    assert len(decode(path)[0]) == examine(path).duration_s * RATE


def test_a_decoder_that_loses_its_place(tone, monkeypatch):
    path, real = tone(seconds=1.0), soundfile.SoundFile.read

    def read(file, frames=-1, **options):
        if frames > 4096:
            raise ValueError("negative dimensions are not allowed")  # as numpy says for damaged MP3 files
        return real(file, frames, **options)

    expected = examine(path, 0.3, 1.0)
    monkeypatch.setattr(soundfile.SoundFile, "read", read)
    assert examine(path, 0.3, 1.0) == expected
    assert len(decode(path, 0.3, 1.0)[0]) == 0.7 * RATE


@pytest.mark.parametrize("frames", [0, 0xFFFFFFFF])
def test_an_aiff_written_as_a_stream(tone, frames):
    path = tone("a.aiff")
    raw = bytearray(path.read_bytes())
    begin = raw.index(b"COMM") + 10
    raw[begin : begin + 4] = frames.to_bytes(4, "big")
    path.write_bytes(raw)
    assert (examine(path).codes, examine(path).duration_s) == ((), 0.5)
    assert len(decode(path)[0]) == RATE / 2


@pytest.mark.parametrize("options", [{}, {"format": "FLAC"}, {"format": "OGG"}, {"subtype": "PCM_24", "channels": 2}])
def test_spans_are_measured_alone(tmp_path, options):
    channels = options.pop("channels", 1)
    samples = np.zeros((3 * RATE, channels))
    samples[RATE : 2 * RATE] = 0.5 * np.sin(np.arange(RATE) / 5)[:, None]
    path = tmp_path / "a.sound"
    soundfile.write(path, samples, RATE, **{"format": "WAV"} | options)
    loud, quiet = examine(path, 1.0, 2.0), examine(path, 0.0, 0.9)
    assert loud.peak_dbfs == pytest.approx(-6.02, abs=0.5)
    assert loud.duration_s == 1.0 and loud.leading_silence_s < 0.01
    assert quiet.silent or quiet.near_silent or quiet.peak_dbfs < -40  # lossy formats smear
    samples, _ = decode(path, 1.0, 2.0)
    assert inspect(path, 1.0, 2.0).peak == np.abs(samples).max()


def test_the_hash_is_that_of_the_bytes_and_the_span(tone, tmp_path):
    path, other = tone("a.wav", seconds=1.0), tone("b.wav", seconds=1.0, level=0.4)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(path.read_bytes())
    whole = examine(path).content_hash
    assert examine(copy).content_hash == whole != examine(other).content_hash
    assert examine(path, 0.0, 1.0).content_hash == examine(path, None, 1.01).content_hash == whole
    part = examine(path, 0.25, 0.5).content_hash
    assert part == f"{whole}:4000-8000"
    assert examine(copy, 0.25001, 0.50001).content_hash == part  # the same frames
    assert examine(path, 0.25, 0.6).content_hash != part


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n", "git-LFS pointer"),
        (b"<!doctype html>", "is a web page"),
        (b"clip,label\n", "is not audio"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, content, sentence):
    for name in ("a.wav", "a.raw", "a.mp3"):
        (tmp_path / name).write_bytes(content)
        found = examine(tmp_path / name)
        assert found.codes == ("unreadable",)
        assert sentence in found.problem and name in found.problem
        assert found == SoundHealth(codes=found.codes, problem=found.problem)  # no number, no hash


def test_files_that_are_not_there(tmp_path):
    for path in (tmp_path / "no.wav", tmp_path, tmp_path / ("x" * 300), tmp_path / "a\0b", tmp_path / "\udcff.wav"):
        found = examine(path)
        assert set(found.codes) <= {"missing", "unreadable"} and len(found.codes) == 1
        assert found.problem
    assert examine(tmp_path / "no.wav").codes == ("missing",)


@pytest.mark.parametrize("span", [(-1.0, None), (0.3, 0.2), (9.0, 10.0), (0.0, 5.0), (math.nan, None)])
def test_spans_that_do_not_lie_in_the_file(tone, span):
    found = examine(tone(), *span)
    assert found.codes == ("wrong_span",)
    assert "Correct the clip's start and end" in found.problem


def test_what_only_a_browser_reads_is_no_error(tmp_path):
    path = tmp_path / "a.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0")
    found = examine(path)
    assert found.codes == ("browser_only",)
    assert found.content_hash == hashlib.blake2b(path.read_bytes(), digest_size=20).hexdigest()
    assert (found.duration_s, found.peak_dbfs, found.leading_silence_s) == (None, None, None)
    assert "ffmpeg" in found.problem
    assert examine(path, 0.5, 1.0).content_hash == f"{found.content_hash}:0.5-1.0s"


def test_every_fault_has_a_meaning(write):
    names = {code for code, _ in inspect_codes(write)} | {
        AudioError("a fault").code,
        "missing",
        "wrong_span",
        "outside_root",
    }
    assert names | {"near_silent", "broken_off", "browser_only", "uncertain_length"} == set(PROBLEMS)


def inspect_codes(write):
    samples = np.full(100, 1.0, np.float32)
    samples[50] = np.nan
    faults = inspect(write(samples, subtype="FLOAT")), inspect(write(np.zeros(10)))
    return [pair for facts in faults for pair in zip(facts.codes, facts.problems, strict=True)]


# Many clips


@pytest.fixture
def corpus(tmp_path, tone):
    """Nine clips: three in one file, two of them fine; one sound under two names; four that are bad."""
    tone("long.wav", seconds=3.0)
    tone("one.wav", level=0.3)
    (tmp_path / "again.wav").write_bytes((tmp_path / "one.wav").read_bytes())
    (tmp_path / "bad.wav").write_bytes(b"")
    return tmp_path, [
        ("first", "long.wav", 0.0, 1.0),
        ("one", "one.wav", None, None),
        ("second", "long.wav", 1.0, 2.0),
        ("bad", "bad.wav", None, None),
        ("again", "again.wav", None, None),
        ("late", "long.wav", 2.5, 9.0),
        ("gone", "gone.wav", None, None),
        ("out", "../one.wav", None, None),
        ("nameless", "", None, None),
    ]


def test_many_clips(corpus):
    root, clips = corpus
    said = []
    found = dict(examine_many(root, clips, progress=lambda *now: said.append(now)))
    assert {key: item.codes for key, item in found.items()} == {
        "first": (), "one": (), "second": (), "again": (), "late": ("wrong_span",), "bad": ("unreadable",),
        "gone": ("missing",), "out": ("outside_root",), "nameless": ("outside_root",),
    }  # fmt: skip
    assert found["one"].content_hash == found["again"].content_hash
    assert found["first"].content_hash != found["second"].content_hash
    assert said == [(done, 9) for done in range(1, 10)]
    for key, audio, start_s, end_s in clips[:7]:
        assert found[key] == examine(root / audio, start_s, end_s)


def test_a_file_is_hashed_once_however_many_clips_it_holds(corpus, monkeypatch):
    root, clips = corpus
    hashed = []
    real = health._hash
    monkeypatch.setattr(health, "_hash", lambda path: hashed.append(path.name) or real(path))
    assert len(list(examine_many(root, clips))) == 9
    assert sorted(hashed) == ["again.wav", "long.wav", "one.wav"]


def test_a_corpus_without_audio_root():
    (found,) = examine_many(None, [(1, "a.wav", None, None)])
    assert found[0] == 1
    assert found[1].codes == ("missing",)
    assert "no audio root" in found[1].problem


def test_no_clips_at_all(tmp_path):
    assert list(examine_many(tmp_path, [])) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_more_files_than_are_looked_at_at_once(tone, tmp_path, workers):
    for number in range(40):
        tone(f"{number}.wav", seconds=0.01 + number / 1000)
    found = list(examine_many(tmp_path, [(n, f"{n}.wav", None, None) for n in range(40)], workers=workers))
    assert [key for key, _ in found] == list(range(40))
    assert [round(item.duration_s * 1000) for _, item in found] == list(range(10, 50))


def test_stopping(tone, tmp_path):
    for number in range(40):
        tone(f"{number}.wav", seconds=0.01)
    found = []
    for pair in examine_many(tmp_path, [(n, f"{n}.wav", None, None) for n in range(40)], stop=lambda: len(found) >= 5):
        found.append(pair)
    assert [key for key, _ in found] == [0, 1, 2, 3, 4]


@pytest.fixture
def slow(monkeypatch):
    """Makes every look at a file take 50 ms; returns the list of looks."""
    looks, real = [], health.inspect

    def inspect_slowly(*args):
        looks.append(args)
        time.sleep(0.05)
        return real(*args)

    monkeypatch.setattr(health, "inspect", inspect_slowly)
    return looks


def test_stopping_amid_the_clips_of_one_file(tone, tmp_path, slow):
    tone("a.wav")
    clips = [(n, "a.wav", None, None) for n in range(200)]
    assert list(examine_many(tmp_path, clips, stop=lambda: bool(slow))) == []
    assert len(slow) < 200


def test_leaving_early_ends_the_threads(tone, tmp_path, slow):
    for number in range(40):
        tone(f"{number}.wav", seconds=0.01)
    before = threading.active_count()
    examining = examine_many(tmp_path, [(n, f"{n}.wav", None, None) for n in range(40)], workers=1)
    assert next(examining)[0] == 0
    examining.close()
    assert threading.active_count() == before
    assert len(slow) < 4  # what was begun and not taken is called off


# Durations


def test_unusual_durations():
    assert duration_outliers([2.0, 2.2, 1.9, 2.1, 60.0, 0.02]).tolist() == [False, False, False, False, True, True]
    not_judged = [math.nan, 0.0, -1.0, math.inf]
    assert duration_outliers([2.0, 2.2, 1.9, 2.1, 60.0, *not_judged]).tolist() == [False] * 4 + [True] + [False] * 4
    assert duration_outliers([2.0, 2.0, 2.0, 9.0]).tolist() == [False] * 4  # MAD 0: nothing to measure by
    assert duration_outliers([]).tolist() == []
    assert duration_outliers([3.0]).tolist() == [False]
    assert duration_outliers([1, 2, 4, 8, 16, 32, 64], deviations=1.4).tolist() == [True] + [False] * 5 + [True]


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=40), st.floats(0.01, 100), st.randoms())
def test_unusual_durations_know_no_unit_and_no_order(durations, factor, random):
    durations = np.round(np.log(durations), 2)  # logarithms far enough apart that rounding does not decide
    outliers = duration_outliers(np.exp(durations), deviations=5.001)
    assert outliers.sum() <= len(durations) / 2
    np.testing.assert_array_equal(duration_outliers(factor * np.exp(durations), deviations=5.001), outliers)
    order = random.sample(range(len(durations)), len(durations))
    np.testing.assert_array_equal(duration_outliers(np.exp(durations)[order], deviations=5.001), outliers[order])


def test_unusual_durations_as_the_store_finds_them():
    durations = np.random.default_rng(3).lognormal(1.0, 0.3, 500)
    durations[:20] *= np.linspace(0.05, 12, 20)
    (expected,) = duckdb.execute(
        "WITH d AS (SELECT unnest($durations) AS s), usual AS (SELECT median(ln(s)) AS m, mad(ln(s)) AS spread FROM d) "
        "SELECT list(abs(ln(s) - m) > 5 * spread) FROM d, usual",
        {"durations": durations.tolist()},
    ).fetchone()
    assert duration_outliers(durations).tolist() == expected
    assert 5 < sum(expected) < 40


# Real files


def test_quirks_of_crema_d(quirks):
    found = {path.stem: examine(path) for path in quirks.glob("*.wav")}
    codes = {name: item.codes for name, item in found.items() if item.codes}
    assert codes == {
        "1076_MTI_SAD_XX": ("silent",),
        "1050_IEO_ANG_HI": ("clipped",),
        "lfs_pointer_1001_DFA_ANG_XX": ("unreadable",),
    }
    assert found["1017_IWW_ANG_XX"].content_hash == found["1017_IWW_FEA_XX"].content_hash
    hashes = [item.content_hash for item in found.values() if item.content_hash]
    assert len(set(hashes)) == len(hashes) - 1
    assert found["1083_TIE_SAD_XX"].rms_dbfs == pytest.approx(20 * math.log10(123 / 32768), abs=0.05)  # quirks.csv
    assert found["1004_IEO_SAD_HI"].duration_s == pytest.approx(5.005, abs=1e-3)
    with (quirks / "quirks.csv").open() as file:
        named = {row["clip"] for row in csv.DictReader(file)}
    assert found.keys() - named == {"lfs_pointer_1001_DFA_ANG_XX"}


def test_odd_audio(odd_audio):
    files = sorted(path.relative_to(odd_audio).as_posix() for path in odd_audio.rglob("*") if path.is_file())
    found = dict(examine_many(odd_audio, [(name, name, None, None) for name in files]))
    assert {name: item.codes for name, item in found.items() if item.codes} == {
        "derived/README.txt": ("unreadable",),
        "derived/header_only_claims_data_1001_DFA_SAD_XX.wav": ("unreadable",),
        "derived/truncated_half_of_1001_DFA_SAD_XX.wav": ("broken_off",),
        "derived/truncated_jfk.flac": ("broken_off",),
        "derived/zero_bytes.wav": ("unreadable",),
        **{name: ("unreadable",) for name in files if "LICENSE" in name},
    }
    for name, item in found.items():
        if item.duration_s:
            samples, sample_rate = decode(odd_audio / name)
            assert (item.duration_s, item.channels) == (len(samples) / sample_rate, samples.shape[1])
            assert item.peak_dbfs == pytest.approx(20 * math.log10(np.abs(samples).max()))
            assert item.rms_dbfs == pytest.approx(10 * math.log10(np.mean(samples.astype(float) ** 2)))


def test_crema_d_s_sound(real_crema):
    folder = real_crema / "AudioWAV"
    names = sorted(path.name for path in folder.glob("*.wav"))
    found = dict(examine_many(folder, [(name, name, None, None) for name in names]))
    assert list(found) == names
    assert {code for item in found.values() for code in item.codes} <= {"clipped"}
    odd = duration_outliers([item.duration_s for item in found.values()])
    assert odd.mean() < 0.05
