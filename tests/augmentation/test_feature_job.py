"""Features as a job: kept as they come, bad sounds counted, found again without the job; the verdicts of the ear test."""

import json

import numpy as np
import pytest

from emo_core import jobs
from emo_core.annotators import clips as heard
from emo_core.augmentation import feature_job, feature_sets, features, listening
from emo_core.augmentation.samples import Sample
from emo_core.errors import AudioError, UnknownName
from emo_core.jobs.worker import Reporter, Stopped
from tests.augmentation.conftest import write_sound

SAMPLES = [Sample(f"mix-{n}", "sad", "c0", "c1", 0.25, n, 1.0, (0.5, 0.5)) for n in range(4)]


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A job of six clips, the fourth of which is no sound, whose features are cheap."""
    kind = features.Kind("cheap-1", lambda waveform: np.array([waveform.mean(), waveform.std()], dtype=np.float32))
    monkeypatch.setattr(feature_job, "_kind", lambda request: kind)
    for n in range(6):
        write_sound(tmp_path / "sounds" / f"{n}.wav", seed=n)
    (tmp_path / "sounds" / "3.wav").write_bytes(b"no sound at all")
    names = [f"c{n}" for n in range(6)]
    columns = {"clip": names, "corpus": ["x"] * 6, "name": names, "root": [str(tmp_path / "sounds")] * 6}
    columns |= {"audio": [f"{n}.wav" for n in range(6)]}
    columns |= {name: [None] * 6 for name in ("start_s", "end_s", "duration_s", "transcript")}
    folder = jobs.make(tmp_path / "jobs", jobs.Spec("features", "six", "emo_core.augmentation.feature_job"))
    heard.write(folder, columns | {"reference": [[1, 0]] * 6})
    jobs.files.write_json(folder / feature_sets.REQUEST, {"features": "mfcc", "backbone": "", "version": "cheap"})
    return folder


class Watcher(Reporter):
    """A reporter that is asked to stop after some clips, and keeps how far the work said it was."""

    def __init__(self, folder, clips: int = 100):
        super().__init__(folder)
        self.left, self.said = clips, []

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Stopped

    def report(self, done: float, total: float, note: str = "", **figures: float) -> None:
        self.said.append((done, total, figures["computed"]))


def test_stopped_work_goes_on_and_bad_sound_is_counted(asked):
    cache, clips = asked.parents[1] / feature_sets.CACHE, heard.read(asked).rows
    key = feature_sets.set_key(clips, "cheap")
    with pytest.raises(Stopped):
        feature_job.work(asked, Watcher(asked, 2))
    assert feature_sets.read(cache, key) is None
    watcher = Watcher(asked)
    feature_job.work(asked, watcher)
    assert watcher.said[1] == (2, 6, 0) and watcher.said[-1] == (6, 6, 3)
    told = json.loads((asked / jobs.files.RESULT).read_text())
    assert (told["clips"], told["computed"], list(told["unusable"])) == (6, 3, ["c3"])
    found = feature_sets.read(cache, key)
    assert np.isnan(found.values[3]).all() and list(found.unusable) == ["c3"]
    expected = [clip.samples().mean() for clip in clips if clip.clip != "c3"]
    np.testing.assert_allclose(np.delete(found.values, 3, axis=0)[:, 0], expected, rtol=1e-6)


def test_a_changed_file_or_version_asks_for_another_set(asked):
    clips = heard.read(asked).rows
    key = feature_sets.set_key(clips, "cheap")
    assert key == feature_sets.set_key(heard.read(asked).rows, "cheap") != feature_sets.set_key(clips, "dear")
    write_sound(clips[0].path, seconds=0.2)
    changed = feature_sets.set_key(clips, "cheap")
    clips[1].path.unlink()
    assert len({key, changed, feature_sets.set_key(clips, "cheap"), feature_sets.set_key(clips[::-1], "cheap")}) == 4


def test_a_torn_set_is_none(asked):
    cache = asked.parents[1] / feature_sets.CACHE
    feature_sets.write(cache, "k", feature_sets.FeatureSet(np.ones((2, 3), dtype=np.float32), {}))
    path = cache / "sets" / "k.npz"
    path.write_bytes(path.read_bytes()[:-40])
    assert feature_sets.read(cache, "k") is None


def test_without_any_usable_sound_the_job_says_so(asked):
    for clip in heard.read(asked).rows:
        clip.path.write_bytes(b"no sound at all")
    with pytest.raises(AudioError, match="None of the 6 clips"):
        feature_job.work(asked, Watcher(asked))


def test_verdicts_stand_until_they_are_taken_back(tmp_path):
    path = listening.path_of(tmp_path, 7)
    assert listening.read(path).last_of(["mix-0"]) is None
    for sample, verdict in zip(SAMPLES, ("rejected", "kept", "rejected")):
        listening.judge(path, sample, verdict)
    assert listening.read(path).last_of(["mix-0", "mix-1", "mix-9"]) == "mix-1"
    listening.take_back(path, "mix-2")
    listening.take_back(path, "mix-2")  # nothing stands any more, so nothing is noted
    listening.judge(path, SAMPLES[0], "kept")  # heard again
    found = listening.read(path)
    assert dict(found.standing) == {"mix-1": "kept", "mix-0": "kept"} and found.last_of(found.standing) == "mix-0"
    assert not found.rejected and len(path.read_text().splitlines()) == 5  # nothing is taken out of the log
    with pytest.raises(UnknownName, match="verdict"):
        listening.judge(path, SAMPLES[0], "fine")


def test_the_share_rejected_has_wilsons_interval():
    standing = {f"mix-{n}": "rejected" if n < 2 else "kept" for n in range(10)} | {"mix-other": "rejected"}
    found = listening.Verdicts(standing).share([f"mix-{n}" for n in range(25)])
    assert (found["samples"], found["heard"], found["rejected"], found["share_rejected"]) == (25, 10, 2, 0.2)
    # Wilson by hand: (0.2 + z²/20 ± z √(0.016 + z²/400)) / (1 + z²/10), z = 1.959964
    assert found["interval"] == pytest.approx([0.0567, 0.5098], abs=1e-4)


def test_the_order_of_hearing_follows_from_the_seed_alone():
    names = [f"mix-{n}" for n in range(30)]
    order = listening.in_order(names, 0)
    assert order == listening.in_order(names[::-1], 0) != listening.in_order(names, 1)
    assert sorted(order) == sorted(names) != order
