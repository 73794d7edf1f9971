"""`augment` from the shell: features by a real job, the document, the folder; and what it refuses."""

import csv
import json

import soundfile

from emo_core.augmentation import dataset
from tests.conftest import command, copied


def test_augment_end_to_end_on_the_demo(demo, tmp_path):
    folder, to = copied(demo, tmp_path / "store"), tmp_path / "samples"
    ran = command(folder, "augment", "demo", "--fraction", 0.1, "--lam", "upper", "--to", to, "--json")
    assert ran.exit_code == 0, ran.output
    assert "features done" in ran.stderr
    found = json.loads(ran.stdout)
    assert found["settings"]["fraction"] == 0.1 and found["settings"]["lam"] == "upper"
    # a tenth of the 143 training clips that are left when the validation part is held out
    assert found["samples"] == found["export"]["samples"] == found["asked"] == 14
    assert found["lam"]["quartiles"][0] >= 0.5
    assert [row["fraction"] for row in found["grid"]] == [0.1, 0.2, 0.3, 0.4, 0.5]
    read = dataset.read(to)
    assert len(read.samples) == 14 and read.schema["simulated"] is True
    with (to / dataset.CSV).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [sample.id for sample in read.samples]
    assert soundfile.info(read.sounds[0]).samplerate == 16_000
    again = command(folder, "augment", "demo", "--fraction", 0.1, "--lam", "upper", "--json")
    assert "features" not in again.stderr  # they are there
    assert json.loads(again.stdout) == {key: value for key, value in found.items() if key != "export"}
    over = command(folder, "augment", "demo", "--to", to)
    assert over.exit_code == 2 and "is not empty" in over.stderr


def test_what_cannot_be_done_is_said_before_a_job_is_made(demo, filled, tmp_path):
    folder = copied(demo, tmp_path / "other")
    for words, said in (
        (("nobody",), "no study 'nobody'"),
        (("demo", "--fraction", 3), "number from 0 (none) to 1"),
        (("demo", "--features", "tower"), "contradict each other"),
    ):
        ran = command(folder, "augment", *words)
        assert ran.exit_code == 2 and said in ran.stderr
    assert not (folder / "jobs").exists()
    filled.close()
    ran = command(filled.folder, "augment", "small")
    assert ran.exit_code == 2 and "only sound can be mixed" in ran.stderr
