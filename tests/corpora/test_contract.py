"""What every importer promises, whatever it is given: a reading that keeps the contract of `records`, or one of our errors."""

import json
import os
import random
from pathlib import Path

import pandas as pd
import pytest

from emo_core.corpora import formats
from emo_core.errors import BadInput, WorkbenchError
from emo_core.records import Reading
from emo_core.store import corpora
from tests.corpora import (
    fixtures_acted,
    fixtures_audformat,
    fixtures_crema,
    fixtures_hugging_face,
    fixtures_iemocap,
    fixtures_label_studio,
    fixtures_meld,
    fixtures_msp,
    fixtures_potato,
)
from tests.corpora.mutations import mutate

CLIP_COLUMNS = {
    "clip",
    "audio",
    "start_s",
    "end_s",
    "duration_s",
    "transcript",
    "speaker",
    "session",
    "partition",
    "metadata",
}
VOTE_COLUMNS = {
    "clip", "panel", "rater", "label", "times", "secondary", "strengths", "valence", "arousal", "dominance", "confidence",
    "seconds", "comment", "persona", "temperature", "voted_at", "provenance",
}  # fmt: skip
BUILDERS = {
    "crema-d": fixtures_crema.build,
    "iemocap": lambda folder: fixtures_iemocap.build(folder, sessions=1),
    "msp-podcast": lambda folder: fixtures_msp.build(folder, consensus=False),
    "msp-podcast in JSON": lambda folder: fixtures_msp.build(folder, labels="workers.json"),
    "msp-podcast in CSV": lambda folder: fixtures_msp.build(folder, labels="1.8"),
    "ravdess": lambda folder: fixtures_acted.build_ravdess(folder, fixtures_acted.RAVDESS[:1]),
    "emodb": lambda folder: fixtures_acted.build_emodb(folder, fixtures_acted.EMODB[:1]),
    "meld": fixtures_meld.build,
    "audformat": fixtures_audformat.build,
    "hf": fixtures_hugging_face.build,
    "hf in Parquet": fixtures_hugging_face.build_parquet,
    "label-studio": fixtures_label_studio.build,
    "label-studio in short": fixtures_label_studio.build_min,
    "potato": fixtures_potato.build,
}
NAMES = formats.NAMES
# Of each. The seeds are the same every time: more of them find what is new in an importer, and repeat what is old.
MUTATED = int(os.environ.get("EMO_MUTATED", "200"))
INTO_A_STORE = 200 // len(BUILDERS) + 1  # of each


def format_of(name: str) -> formats.Format:
    return formats.find_format(name.split(" in ")[0])


@pytest.fixture(params=BUILDERS)
def source(request, tmp_path):
    """The format's name, and where its fixture lies."""
    return request.param, BUILDERS[request.param](tmp_path / "source")


def check(reading: Reading, name: str) -> None:
    """The contract of `records`."""
    clips, votes = reading.clips, reading.votes
    assert reading.format == format_of(name).name and reading.source
    assert set(clips) <= CLIP_COLUMNS and set(votes) <= VOTE_COLUMNS, (set(clips), set(votes))
    assert {"clip"} <= set(clips) and {"clip", "panel", "label"} <= set(votes)
    assert clips["clip"].is_unique and clips["clip"].notna().all() and len(votes)
    assert set(votes["clip"]) <= set(clips["clip"])
    rated = votes.reindex(columns=["label", "valence", "arousal", "dominance"]).notna().any(axis=1)
    assert rated.all()
    named = [
        *clips["clip"],
        *votes["panel"],
        *votes.get("rater", pd.Series(dtype=str)).dropna(),
        *votes["label"].dropna(),
    ]
    assert all(isinstance(text, str) and text and text == text.strip() for text in named)
    if "audio" in clips:
        check_audio(clips["audio"].dropna(), reading.audio_root)
    if "start_s" in clips:
        assert not (clips["start_s"].fillna(0) < 0).any()
        assert not (clips["end_s"] <= clips["start_s"].fillna(0)).any() if "end_s" in clips else True
    for column in {"metadata"} & set(clips):
        assert all(json.dumps(details, allow_nan=False) for details in clips[column])
    for column in {"provenance"} & set(votes):
        assert all(isinstance(json.loads(said), dict) for said in votes[column].dropna())
    assert all(skip.where and skip.reason for skip in reading.skipped)


def check_audio(paths: pd.Series, root: Path | None) -> None:
    """Every path leads to a file below the root."""
    for path in paths:
        assert (root / path).resolve().is_relative_to(root) and (root / path).is_file(), path


def test_a_good_source_is_read_the_same_twice(source):
    name, path = source
    first, again = format_of(name).read(path), format_of(name).read(path)
    check(first, name)
    pd.testing.assert_frame_equal(first.clips, again.clips)
    pd.testing.assert_frame_equal(first.votes, again.votes)
    assert first.skipped == again.skipped and first.notes == again.notes


def test_each_source_is_recognised_as_its_own_format_alone(source):
    name, path = source
    assert [each for each in NAMES if formats.find_format(each).recognises(path)] == [format_of(name).name]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_source_is_refused_and_not_recognised(name, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("nothing in here")
    for path in (tmp_path / "empty", tmp_path / "text.txt", tmp_path / "missing", "a\0b", "~nobody/x"):
        assert not formats.find_format(name).recognises(Path(path))
        with pytest.raises(BadInput):
            formats.find_format(name).read(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_another_format_is_refused(name, tmp_path):
    for other, build in BUILDERS.items():
        if format_of(other).name != name:
            path = build(tmp_path / other)
            with pytest.raises(BadInput):
                formats.find_format(name).read(path)


@pytest.mark.parametrize("name", BUILDERS)
def test_a_damaged_source_is_read_or_refused_in_our_words(name, tmp_path):
    path = BUILDERS[name](tmp_path / "source")
    read, refused = 0, 0
    for seed in range(MUTATED):
        restore = mutate(path, seed)
        try:
            format_of(name).recognises(path)
            check(format_of(name).read(path), name)
            read += 1
        except WorkbenchError as error:
            assert str(error).strip()
            refused += 1
        except Exception as error:
            raise AssertionError(f"{name}, seed {seed}: {error!r}") from error
        finally:
            restore()
    assert read, "the damage is too great to say anything"
    assert refused or MUTATED < 200, "the damage is too small to say anything"


def test_a_damaged_source_reaches_the_store_whole_or_not_at_all(source, store):
    name, path = source
    taken = []
    for seed in random.Random(0).sample(range(10_000, 100_000), INTO_A_STORE):
        restore = mutate(path, seed)
        try:
            report = corpora.add_corpus(store, f"corpus {seed}", format_of(name).read(path))
            taken.append(f"corpus {seed}")
            assert report.votes
        except WorkbenchError:
            pass
        except Exception as error:
            raise AssertionError(f"{name}, seed {seed}: {error!r}") from error
        finally:
            restore()
    assert [corpus["name"] for corpus in corpora.list_corpora(store)] == taken and taken
