"""Readings of runs come to their clips: in the study's order of emotions, whichever clips were read, with what was left out."""

import numpy as np
import pytest

from emo_core.errors import UnknownName
from emo_core.records import Study
from emo_core.store import readings, runs, studies
from tests.conftest import EMOTIONS
from tests.model_readings import plant_run

PAIR = ("ambiguous", "all/averaged")


def read(store, run, study="small", pair=PAIR, emotions=EMOTIONS):
    heard = readings.heard(store, study)
    return readings.read(store, runs.find_run(store, run), *pair, clip_ids=heard.clip_ids, emotions=emotions)


def test_values_stand_at_their_clip_and_emotion(filled):
    other = ("sad", "anger", "neutral", "happy")
    given = [([clip, 100 + clip, 200 + clip, 300 + clip], None) for clip in range(40)]
    given[3], given[5], given[6] = None, (None, "no"), ([None] * 4, None)
    plant_run(filled, "small", "r", {PAIR: given, ("ambiguous", "text"): given}, emotions=other)
    found = read(filled, "r")
    assert found.values[7].tolist() == [107, 307, 207, 7]
    assert np.flatnonzero(~found.present).tolist() == [3]
    assert np.flatnonzero(np.isnan(found.values).any(axis=1)).tolist() == [3, 5, 6]
    assert found.replies[5] == "no" and found.replies[7] is None
    assert not read(filled, "r", pair=("single", "text")).present.any()


def test_clips_of_a_smaller_study_and_of_one_alone(filled):
    plant_run(filled, "small", "r", {PAIR: [([clip] * 4, None) for clip in range(40)]})
    heard = readings.heard(filled, "small")
    one = heard.only(11)
    run = runs.find_run(filled, "r")
    assert readings.read(filled, run, *PAIR, clip_ids=one.clip_ids, emotions=EMOTIONS).values.tolist() == [[11] * 4]
    some = heard.clip_ids[[2, 30]]
    assert readings.read(filled, run, *PAIR, clip_ids=some, emotions=EMOTIONS).values[:, 0].tolist() == [2, 30]
    none = readings.read(filled, run, *PAIR, clip_ids=some[:0], emotions=EMOTIONS)
    assert none.values.shape == (0, 4)


def test_a_clip_without_candidate_votes_is_heard(filled):
    with filled.writing() as cursor:
        cursor.execute(
            "DELETE FROM votes WHERE clip_id = (SELECT min(clip_id) FROM clips) AND panel_id = "
            "(SELECT panel_id FROM panels WHERE name = 'synthetic:sim/1')"
        )
    studies.add_study(filled, Study("again", "small", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside"))
    assert len(studies.study_counts(filled, "again").clips) == 39
    heard = readings.heard(filled, "again")
    assert len(heard.clips) == 40 and heard.reference.sum() == 200 and heard.has_speakers
    with pytest.raises(UnknownName):
        readings.heard(filled, "nobody")


def test_runs_fit_that_were_asked_for_the_same_emotions(filled):
    rows = {PAIR: [([1, 2, 3, 4], None)] * 40}
    plant_run(filled, "small", "same", rows, emotions=EMOTIONS[::-1])
    plant_run(filled, "small", "silent", {PAIR: [None] * 40})
    plant_run(filled, "small", "fewer", {PAIR: [([1, 2], None)] * 40}, emotions=EMOTIONS[:2])
    found = readings.fitting_runs(filled, "small", questions=("label", "distribution"))
    assert {name: pairs for name, (_, pairs) in found.items()} == {"same": [PAIR]}
