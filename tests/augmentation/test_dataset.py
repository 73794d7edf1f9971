import csv
import json

import numpy as np
import pytest
import soundfile

from emo_core.annotators.clips import Clip
from emo_core.augmentation.dataset import export, read
from emo_core.augmentation.dime import plan
from emo_core.augmentation.mixing import mix
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import AudioError, BadInput, UnknownName
from emo_core.publishing.tables import unguarded
from tests.augmentation.conftest import write_sound

EMOTIONS = ("=anger", "sad, or so")  # both break a table that is not careful
NAMES = ["+a/../b", "b", "c,\"d\"", "e"]  # fmt: skip
SETTINGS = Settings(fraction=0.5, neighbours=2)


@pytest.fixture
def made(tmp_path):
    """Four clips with hostile names and transcripts, and their plan of two samples."""
    clips = []
    for n, name in enumerate(NAMES):
        write_sound(tmp_path / "corpus" / f"{n}.wav", seconds=0.1 + 0.05 * n, seed=n)
        clips.append(Clip(name, "c", name, str(tmp_path / "corpus"), f"{n}.wav", None, None, None, f"=SUM({n})\nline"))
    features = np.array([[0.0], [1.0], [5.0], [6.0]])
    training = TrainingClips(NAMES, EMOTIONS, np.array([[1.0, 0], [0.9, 0.1], [0.7, 0.3], [0.2, 0.8]]), features)
    return clips, plan(training, SETTINGS)


def test_what_is_written_is_read_back(made, tmp_path):
    clips, samples = made
    told = []
    result = export(tmp_path / "to", clips, samples, SETTINGS, about={"study": "s"}, report=lambda *n: told.append(n))
    dataset = read(tmp_path / "to")
    assert dataset.samples == samples.rows() and dataset.emotions == EMOTIONS and dataset.settings == SETTINGS
    assert dataset.schema["study"] == "s" and dataset.schema["balance"]["before"] == [3, 1]
    assert told == [(1, 2), (2, 2)] and (result["samples"], result["over"], result["silent"]) == (2, 0, 0)
    waveforms = {clip.clip: clip.samples() for clip in clips}
    for sample, path in zip(dataset.samples, dataset.sounds):
        heard, rate = soundfile.read(path)
        assert (rate, soundfile.info(path).subtype) == (16_000, "PCM_16")
        wanted = mix(waveforms[sample.clip_i], waveforms[sample.clip_j], sample.lam, SETTINGS)
        np.testing.assert_allclose(heard, wanted, atol=0.51 / 32768)
    assert result["seconds"] == sum(soundfile.info(path).duration for path in dataset.sounds)


def test_the_readme_counts_right_and_its_code_reads_the_folder(made, tmp_path, monkeypatch):
    clips, samples = made
    export(
        tmp_path / "to", clips, samples, SETTINGS, about={"study": "s", "corpora": [{"name": "a|b", "licence": "x\ny"}]}
    )
    words = (tmp_path / "to" / "README.md").read_text(encoding="utf-8")
    assert "2 samples, 0.0 minutes" in words and "study 's'" in words and "| setting: neighbours | 2 |" in words
    assert "| licence of the corpus a\\|b | x y |" in words and "| =anger | 3 |" in words
    monkeypatch.chdir(tmp_path / "to")
    read_by_hand: dict = {}
    exec(words.split("```python\n")[1].split("```")[0], read_by_hand)
    assert read_by_hand["targets"].shape == (2, 2) and read_by_hand["rate"] == 16_000
    np.testing.assert_allclose(read_by_hand["targets"].sum(axis=1), 1)


def test_the_csv_tells_the_same_and_runs_nothing(made, tmp_path):
    clips, samples = made
    export(tmp_path / "to", clips, samples, SETTINGS)
    with (tmp_path / "to" / "samples.csv").open(newline="", encoding="utf-8") as file:
        head, *lines = list(csv.reader(file))
    cells = [cell for line in (head, *lines) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]
    for line, sample in zip(lines, samples.rows(), strict=True):
        row = {unguarded(name): unguarded(cell) for name, cell in zip(head, line, strict=True)}
        assert (row["clip_i"], row["clip_j"], row["text_of"]) == (sample.clip_i, sample.clip_j, sample.text_of)
        assert (float(row["lam"]), int(row["seed"])) == (sample.lam, sample.seed)
        assert tuple(float(row[f"target_{emotion}"]) for emotion in EMOTIONS) == sample.target
        assert row["transcript"] == {clip.clip: clip.transcript for clip in clips}[sample.text_of]
    columns = json.loads((tmp_path / "to" / "schema.json").read_text())["columns"]
    assert [column["name"] for column in columns] == [unguarded(name) for name in head]


def test_a_plan_without_samples_is_a_dataset_too(made, tmp_path):
    clips, _ = made
    nothing = plan(
        TrainingClips(NAMES, EMOTIONS, np.eye(2)[[0, 0, 1, 1]], np.arange(4.0)[:, None]), SETTINGS
    )  # two each: balanced
    assert export(tmp_path / "to", clips, nothing, SETTINGS)["samples"] == 0
    assert read(tmp_path / "to").samples == []


def test_an_export_that_fails_leaves_nothing(made, tmp_path):
    clips, samples = made

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "out" / "to", clips, samples, SETTINGS, report=stop)
    with pytest.raises(UnknownName, match="clip"):
        export(tmp_path / "out" / "to", clips[:1], samples, SETTINGS)
    for n in range(4):
        (tmp_path / "corpus" / f"{n}.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError, match=r"The clip .* cannot be mixed"):
        export(tmp_path / "out" / "to", clips, samples, SETTINGS)
    assert list((tmp_path / "out").iterdir()) == []


def test_folders_that_hold_something_else_are_refused(made, tmp_path):
    clips, samples = made
    (tmp_path / "empty").mkdir()
    export(tmp_path / "empty", clips, samples, SETTINGS)
    with pytest.raises(BadInput, match="not empty"):
        export(tmp_path / "empty", clips, samples, SETTINGS)
    with pytest.raises(BadInput, match="no exported samples"):
        read(tmp_path / "corpus")
    read(tmp_path / "empty").sounds[0].unlink()
    with pytest.raises(BadInput, match="lacks 1 sounds"):
        read(tmp_path / "empty")
    (tmp_path / "empty" / "samples.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadInput, match="no table of planned samples"):
        read(tmp_path / "empty")
