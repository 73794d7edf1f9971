"""The demo corpus: the same every time, honest about its truth, and audible in its prosody."""

import json
import sys
import time

import numpy as np
import pandas as pd
import pytest
import soundfile

from emo_core import science, vocabulary
from emo_core.corpora import demo, demo_speech
from emo_core.errors import WorkbenchError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    begun = time.perf_counter()
    clips, votes = demo.make_demo(folder)
    print(f"the demo corpus took {time.perf_counter() - begun:.1f} s")
    return folder, clips, votes


@pytest.fixture(scope="module")
def truth(made) -> np.ndarray:
    return np.array([[metadata["truth"][name] for name in demo.EMOTIONS] for metadata in made[1]["metadata"]])


@pytest.fixture(scope="module")
def acoustics(made) -> pd.DataFrame:
    """Of each clip its intended emotion, and re. the speaker's median: dB, octaves of F0, octaves of seconds a letter."""
    folder, clips, _ = made
    rows = []
    for clip in clips.itertuples():
        samples, sample_rate = soundfile.read(folder / "audio" / clip.audio)
        level = 10 * np.log10(np.mean(np.square(samples)))
        slowness = np.log2(clip.duration_s / len(clip.transcript))
        rows.append((clip.speaker, clip.metadata["intended"], level, np.log2(_pitch(samples, sample_rate)), slowness))
    table = pd.DataFrame(rows, columns=["speaker", "emotion", "level", "pitch", "slowness"])
    measured = table.drop(columns="emotion").groupby("speaker")
    table[["level", "pitch", "slowness"]] -= measured.transform("median")
    return table.drop(columns="speaker").groupby("emotion").mean()


def _pitch(samples: np.ndarray, sample_rate: int) -> float:
    """Median F0 of the voiced frames, Hz, by autocorrelation: crude, and enough to put emotions in order."""
    found = []
    floor = np.sqrt(np.mean(np.square(samples))) * 0.3
    for start in range(0, len(samples) - 800, 400):
        frame = samples[start : start + 800] - samples[start : start + 800].mean()
        if np.sqrt(np.mean(np.square(frame))) < floor:
            continue
        similar = np.fft.irfft(np.abs(np.fft.rfft(frame, 1600)) ** 2)
        lag = sample_rate // 450 + similar[sample_rate // 450 : sample_rate // 65].argmax()
        if similar[lag] > 0.45 * similar[0]:
            found.append(sample_rate / lag)
    return float(np.median(found))


def counts(made, panel: str) -> np.ndarray:
    """Votes of a panel, (clips, 6)."""
    _, clips, votes = made
    table = pd.crosstab(*(votes.loc[votes["panel"] == panel, column] for column in ("clip", "label")))
    return table.reindex(index=clips["clip"], columns=demo.EMOTIONS, fill_value=0).to_numpy()


def test_tables(made):
    _, clips, votes = made
    assert list(clips) == ["clip", "audio", "transcript", "speaker", "session", "duration_s", "metadata"]
    assert list(votes) == ["clip", "panel", "rater", "label", "persona", "temperature", "voted_at"]
    assert len(clips) == clips["clip"].nunique() == 200
    assert clips["speaker"].nunique() == 10
    assert clips["transcript"].nunique() == 20
    assert clips["session"].nunique() == 5
    assert set(votes["clip"]) == set(clips["clip"])
    assert set(votes["label"]) == set(demo.EMOTIONS) <= set(vocabulary.EMOTIONS)
    assert not votes.duplicated(["clip", "panel", "rater"]).any()
    assert str(votes["voted_at"].dt.tz) == "UTC"
    assert all(metadata["simulated"] for metadata in clips["metadata"])
    json.dumps(list(clips["metadata"]))


def test_every_sentence_is_said_in_every_emotion(made):
    intended = made[1]["metadata"].map(lambda metadata: metadata["intended"])
    assert pd.crosstab(made[1]["transcript"], intended).to_numpy().min() >= 1
    assert pd.crosstab(made[1]["speaker"], intended).to_numpy().min() >= 3


def test_audio_is_16_khz_mono_neither_silent_nor_clipped(made):
    folder, clips, _ = made
    for clip in clips.itertuples():
        info = soundfile.info(folder / "audio" / clip.audio)
        samples, _ = soundfile.read(folder / "audio" / clip.audio)
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        assert clip.duration_s == len(samples) / 16_000
        assert 1.0 < clip.duration_s < 6.0
        assert 0.05 < np.abs(samples).max() < 0.96


def test_finished_audio_is_not_made_again(made, monkeypatch):
    folder, clips, _ = made
    monkeypatch.setattr(demo, "_speak", lambda *_: pytest.fail("made again"))
    pd.testing.assert_frame_equal(demo.make_demo(folder)[0], clips)
    assert [entry.name for entry in folder.iterdir()] == ["audio"]


def test_failure_leaves_nothing_and_a_second_making_over_half_made_audio_is_equal_to_the_byte(
    made, tmp_path, monkeypatch
):
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "demo_01_01.wav").write_bytes(b"half")
    monkeypatch.setitem(demo_speech.VOICES, "ada", ("no-such-voice", 1.0))
    with pytest.raises(WorkbenchError, match="has no voice 'no-such-voice'"):
        demo.make_demo(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["audio"]
    monkeypatch.undo()
    folder, clips, votes = made
    clips_again, votes_again = demo.make_demo(tmp_path)
    pd.testing.assert_frame_equal(clips, clips_again)
    pd.testing.assert_frame_equal(votes, votes_again)
    for audio in clips["audio"]:
        assert (folder / "audio" / audio).read_bytes() == (tmp_path / "audio" / audio).read_bytes(), audio
    assert len(list((tmp_path / "audio").glob("*.wav"))) == 200
    assert [entry.name for entry in tmp_path.iterdir()] == ["audio"]


def test_the_server_process_never_loads_espeak(made):
    assert "espeakng_loader" not in sys.modules


def test_votes_do_not_depend_on_the_order_of_clips(made):
    clips = demo.plan_clips()
    backwards = demo.simulate_votes(clips[::-1]).sort_values(["clip", "panel"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(backwards, made[2])


def test_truth_sums_to_one_and_spans_clear_to_ambiguous(truth):
    np.testing.assert_allclose(truth.sum(axis=1), 1, atol=1e-9)
    assert (truth > 0).all()
    ambiguity = science.entropy(truth)
    assert np.percentile(ambiguity, 5) < 0.8
    assert np.percentile(ambiguity, 95) > 1.8


def test_panels(made):
    human, synthetic = counts(made, demo.HUMAN_PANEL), counts(made, demo.SYNTHETIC_PANEL)
    assert set(human.sum(axis=1)) == set(range(3, 10))
    assert (synthetic.sum(axis=1) == 10).all()
    votes = made[2].set_index("panel")
    assert votes.loc[demo.HUMAN_PANEL, "rater"].nunique() == 12
    assert votes.loc[demo.HUMAN_PANEL, ["persona", "temperature"]].isna().to_numpy().all()
    assert votes.loc[demo.SYNTHETIC_PANEL, "rater"].nunique() == 50
    assert set(votes.loc[demo.SYNTHETIC_PANEL, "temperature"]) == set(demo.TEMPERATURES)


def test_the_model_is_more_certain_than_people(made):
    human, synthetic = counts(made, demo.HUMAN_PANEL), counts(made, demo.SYNTHETIC_PANEL)
    entropies = [science.entropy(science.normalise(panel)).mean() for panel in (human, synthetic)]
    assert entropies[1] < 0.7 * entropies[0]
    assert science.krippendorff_alpha(synthetic).value > science.krippendorff_alpha(human).value + 0.2


def test_votes_come_from_the_truth(made, truth):
    human, synthetic = (science.normalise(counts(made, panel)) for panel in (demo.HUMAN_PANEL, demo.SYNTHETIC_PANEL))
    divergence = science.jensen_shannon_divergence
    assert divergence(human, truth).mean() < 0.5 * divergence(human, np.roll(truth, 1, axis=0)).mean()
    assert divergence(human, truth).mean() < divergence(synthetic, truth).mean()
    n = counts(made, demo.HUMAN_PANEL).sum(axis=1)
    assert divergence(human, truth)[n >= 7].mean() < divergence(human, truth)[n <= 4].mean()


def test_loudness_tells_emotions_apart(acoustics):
    level = acoustics["level"]
    assert level["anger"] > level["happy"] > level["neutral"] > level["sad"] + 3


def test_pitch_tells_emotions_apart(acoustics):
    pitch = acoustics["pitch"]
    assert min(pitch["happy"], pitch["fear"], pitch["anger"]) > pitch["neutral"] + 0.2
    assert pitch["neutral"] > pitch["disgust"] > pitch["sad"]


def test_rate_tells_emotions_apart(acoustics):
    slowness = acoustics["slowness"]
    assert max(slowness["anger"], slowness["fear"]) < slowness["neutral"] - 0.1
    assert min(slowness["sad"], slowness["disgust"]) > slowness["neutral"] + 0.1


def test_blend_lies_between():
    between = demo_speech.blend({"anger": 0.5, "sad": 0.5}, rate=2.0)
    anger, sad = demo_speech.PROSODY["anger"], demo_speech.PROSODY["sad"]
    assert between.rate == anger.rate + sad.rate
    assert between.level == (anger.level + sad.level) / 2
