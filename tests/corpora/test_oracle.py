"""No import holds a vote that its source does not hold, and what it leaves out is counted; or it refuses and writes nothing."""

import os
import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from emo_core.corpora import formats, votes_table
from emo_core.errors import WorkbenchError
from emo_core.records import Report
from emo_core.store import Database, corpora
from tests.corpora.oracle import MAKERS, Source

SOURCES = int(os.environ.get("EMO_FUZZ", "48"))  # of all formats together
LEFT_OUT = re.compile(r"([\d,]+) .*(each counts once|so no vote)\.")


def left_out(report: Report) -> int:
    """Answers that the report lists or counts as left out."""
    noted = (LEFT_OUT.fullmatch(note) for note in report.notes)
    return len(report.skipped) + sum(int(found[1].replace(",", "")) for found in noted if found)


def stored(store: Database, corpus: str) -> Counter:
    rows = store.cursor().execute(
        "SELECT clips.name, raters.name, emotions.name, count(*) FROM current_votes JOIN clips USING (clip_id) "
        "JOIN corpora USING (corpus_id) JOIN emotions USING (emotion_id) LEFT JOIN raters USING (rater_id) "
        "WHERE corpora.name = ? GROUP BY ALL",
        [corpus],
    )  # fmt: skip
    return Counter({(clip, rater, emotion): times for clip, rater, emotion, times in rows.fetchall()})


def check(store: Database, source: Source, corpus: str, *, skip: bool) -> bool:
    """Whether the source was taken. Raises AssertionError where it was taken wrongly."""
    try:
        reading = (
            votes_table.read(source.table) if source.table else formats.find_format(source.format).read(source.path)
        )
        report = corpora.add_corpus(store, corpus, reading, skip_bad_rows=skip)
    except WorkbenchError as error:
        assert (source.unknown and not skip) or not source.votes or source.unknown < 0, error
        assert corpus not in {known["name"] for known in corpora.list_corpora(store)}
        return False
    votes = stored(store, corpus)
    assert votes.total() == report.votes
    assert votes <= source.votes, f"votes that the source does not hold: {votes - source.votes}"
    if source.unknown >= 0:
        assert votes == source.votes, f"votes that are lost: {source.votes - votes}"
        assert report.votes + left_out(report) == source.answers, report
    return True


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_an_import_holds_the_votes_of_its_source(store, tmp_path, make):
    taken, number = 0, max(SOURCES // len(MAKERS), 1)
    for seed in range(number):
        rng = random.Random(f"{make.__name__} {seed}")
        folder: Path = tmp_path / f"source {seed}"
        folder.mkdir()
        try:
            taken += check(store, make(rng, folder / "in"), f"c{seed}", skip=rng.random() < 0.5)
        except Exception as error:
            raise AssertionError(f"{make.__name__}, seed {seed}: {error!r}") from error
        shutil.rmtree(folder)
        if seed % 200 == 199:  # a store of thousands of corpora would only slow this down
            for known in corpora.list_corpora(store):
                corpora.remove_corpus(store, known["name"])
    print(f"{make.__name__}: {number:,} sources, {taken:,} taken, {number - taken:,} refused")
    assert taken or number < 4
