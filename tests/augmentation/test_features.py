import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emo_core.annotators.clips import Clip
from emo_core.augmentation.features import Kind, Scaler, features_of, mfcc, mfcc_statistics, sound_hash
from emo_core.errors import AudioError, BadInput
from tests.augmentation.conftest import write_sound
from tests.conftest import ROOT
from tests.rounding import float32_bound, roundings_of


def clip(root: Path, name: str) -> Clip:
    return Clip(name, "corpus", name, str(root), f"{name}.wav", None, None, 0.1, None)


def peak_kind() -> Kind:
    return Kind("peak-1", lambda samples: np.array([np.abs(samples).max(), len(samples)], np.float32))


def test_the_statistics_are_those_of_the_frames():
    """Against librosa's own frames, with the order of the 240 numbers."""
    import librosa

    tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 16_000).astype(np.float32) * np.linspace(
        0, 1, 8000, dtype=np.float32
    )
    found = mfcc_statistics(tone)
    cepstra = librosa.feature.mfcc(y=tone, sr=16_000, n_mfcc=40, n_mels=64, n_fft=512, win_length=400, hop_length=160)
    assert found.shape == (240,) and found.dtype == np.float32
    bound = float32_bound(257 + 64 + cepstra.shape[1], cepstra)  # sums over frequencies, bands and frames
    np.testing.assert_allclose(found[:40], cepstra.mean(axis=1), atol=bound, rtol=0)
    np.testing.assert_allclose(found[120:160], cepstra.std(axis=1), atol=bound, rtol=0)
    assert found[40] > 0  # it grows louder: the first coefficient rises


@pytest.mark.parametrize(
    "waveform", [np.zeros(8000), np.array([0.5]), np.zeros(1)], ids=["silence", "click", "nothing"]
)
def test_silence_and_the_shortest_clip_have_features(waveform):
    assert np.isfinite(mfcc_statistics(waveform)).all()


@pytest.mark.parametrize(
    "waveform", [np.zeros(0), np.zeros((4, 2)), np.array([np.nan])], ids=["empty", "stereo", "nan"]
)
def test_what_is_no_mono_sound_is_refused(waveform):
    with pytest.raises(BadInput, match="samples"):
        mfcc_statistics(waveform)


def test_features_are_computed_once_for_each_sound(tmp_path):
    for name, seed in (("a", 1), ("b", 2), ("same-as-a", 1)):
        write_sound(tmp_path / f"{name}.wav", seed=seed)
    clips = [clip(tmp_path, name) for name in ("a", "b", "same-as-a")]
    told = []
    first = features_of(clips, peak_kind(), tmp_path / "cache", report=lambda *done: told.append(done))
    again = features_of(clips, peak_kind(), tmp_path / "cache")
    assert (first.computed, first.cached) == (2, 1) and (again.computed, again.cached) == (0, 3)
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.values[0], first.values[2])
    assert told == [(1, 3), (2, 3), (3, 3)]
    other = Kind("peak-2", peak_kind().compute)
    assert features_of(clips, other, tmp_path / "cache").computed == 2  # another version finds nothing


def test_a_torn_file_in_the_cache_is_computed_again(tmp_path):
    write_sound(tmp_path / "a.wav")
    clips = [clip(tmp_path, "a")]
    first = features_of(clips, peak_kind(), tmp_path / "cache")
    (file,) = (tmp_path / "cache").rglob("*.npy")
    for torn in (b"", file.read_bytes()[:40], file.read_bytes()[:-3], b"something else"):
        file.write_bytes(torn)
        again = features_of(clips, peak_kind(), tmp_path / "cache")
        assert again.computed == 1
        np.testing.assert_array_equal(again.values, first.values)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_sound_that_cannot_be_used_names_its_clip(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError, match="The clip 'bad' has no features"):
        features_of([clip(tmp_path, "bad")], peak_kind(), tmp_path / "cache")


def test_the_hash_follows_the_samples():
    one = np.array([0.1, 0.2], np.float32)
    assert sound_hash(one) == sound_hash(one.astype(float).astype(np.float32)) != sound_hash(one[::-1])


def test_the_scaler_is_that_of_the_training_side():
    rng = np.random.default_rng(0)
    training = np.column_stack([rng.normal(5, 3, 50), np.full(50, 0.1), rng.normal(-1e6, 10, 50)])
    scaler = Scaler.fit(training)
    scaled = scaler.apply(training)
    np.testing.assert_allclose(scaled[:, [0, 2]].std(axis=0), 1)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled[:, 1], 0, atol=1e-12)  # a constant is no direction
    np.testing.assert_allclose(scaler.apply(training[:1] + [3, 0, 0])[0, 0] - scaled[0, 0], 3 / training[:, 0].std())


def test_embeddings_of_a_tower_are_averaged_over_its_tokens(tmp_path):
    from emo_core.augmentation.features import tower
    from emo_core.models.backbone import Backbone
    from tests.models.tiny import make_tiny, waveform

    backbone = Backbone(*make_tiny(), "tiny")
    sound = waveform(0.5)
    kind = tower(backbone)
    expected = backbone.encode_audio([sound])[0].numpy().mean(axis=0)
    np.testing.assert_allclose(kind.compute(sound), expected, atol=float32_bound(roundings_of(backbone.tower)), rtol=0)
    assert kind.name == "tower-1-tiny-float32" and mfcc().name.startswith("mfcc-1-librosa-")


def test_planning_loads_nothing_heavy():
    code = "import sys, emo_core.augmentation.dime, emo_core.augmentation.dataset, emo_core.augmentation.features; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"librosa", "torch", "scipy", "pandas", "sklearn", "numba", "pyarrow"} & set(loaded.split())
