"""The file survives what happens to processes; one process owns it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from emo_core import verbs
from emo_core.errors import StoreError, StoreInUse
from emo_core.store import Database, corpora, ownership, studies
from tests.conftest import ROOT, environment, simulated_votes

# Adds one vote after another and says each on standard output once it is acknowledged.
WRITER = """
import sys
import pandas as pd
from emo_core.store import Database, corpora
store = Database()
for i in range(int(sys.argv[1]), 10**6):
    corpora.add_votes(store, "small", pd.DataFrame([("clip000", "human:late", f"r{i}", "sad")],
                                                   columns=["clip", "panel", "rater", "label"]))
    print(i, flush=True)
"""


def final_columns(store):
    rows = store.cursor().execute(
        "SELECT table_name, string_agg(column_name, ' ' ORDER BY column_index) FROM duckdb_columns() "
        "WHERE NOT internal GROUP BY table_name ORDER BY table_name"
    )
    return dict(rows.fetchall())


def test_schema_after_all_migrations(store):
    columns = final_columns(store)
    votes = (
        "vote_id clip_id panel_id rater_id emotion_id secondary_ids valence arousal dominance confidence comment "
        "voted_at replaces batch_id provenance secondary_strengths seconds"
    )
    assert columns == {
        "answers": (
            "answer_id campaign_id person_id item turn kind session seq content seconds happened_at received_at vote_id"
        ),
        "batches": "batch_id corpus_id kind source added_at report",
        "batches_set_aside": "batch_id campaign_id",
        "campaign_set_asides": "campaign_id set_aside reason happened_at",
        "campaign_clips": "campaign_id item clip_id role expected",
        "campaigns": "campaign_id name study panel settings made_at closed_at",
        "clips": "clip_id corpus_id name audio start_s end_s duration_s transcript speaker session metadata partition",
        "clip_problems": "clip_id corpus_id code",
        "clip_sound": (
            "clip_id file_stamp content_hash duration_s sample_rate channels peak_dbfs rms_dbfs codes problem examined_at"
        ),
        "corpora": "corpus_id name format source audio_root licence simulated added_at rating_low rating_high",
        "current_ratings": votes,
        "current_votes": votes,
        "clip_marks": "clip_id marked reason marked_by happened_at",
        "marked_clips": "clip_id reason marked_by happened_at",
        "emotions": "emotion_id name colour synonyms",
        "file_state": "commits log_from since",
        "first_invite": "made_at",
        "invites": "campaign_id token made_at withdrawn_at",
        "mappings": "name settings saved_at",
        "members": "campaign_id person_id joined_at sees_votes",
        "migrations": "number applied_at",
        "panels": "panel_id corpus_id name kind",
        "people": "person_id name added_at",
        "raters": "rater_id panel_id name persona temperature",
        "reservations": "campaign_id item turn person_id until",
        "retired_members": "campaign_id name",
        "retired_raters": "rater_id",
        "run_readings": "run_id clip_id prompt reading values reply",
        "runs": "run_id name question study panel settings made_at taken companion",
        "retirements": "rater_id retired reason happened_at",
        "stale_clips": "clip_id",
        "standing_answers": (
            "answer_id campaign_id person_id item turn kind session seq content seconds happened_at received_at vote_id"
        ),
        "studies": "study_id name settings test_threshold version created_at",
        "study_clips": (
            "study_id clip_id is_test n_reference n_candidate outside_reference outside_candidate reference_counts "
            "candidate_counts entropy_reference "
            "entropy_candidate entropy_combined js_divergence bhattacharyya_coefficient total_variation "
            "majority_reference majority_candidate reference_weights candidate_weights"
        ),
        "study_corpora": "study_id corpus_id reference_panel_id candidate_panel_id",
        "study_exclusions": "study_id clip_id reason",
        "votes": votes,
    }


def test_reopening_changes_nothing(filled):
    before = verbs.run(filled, "study show", {"name": "small"})
    filled.close()
    again = Database(filled.folder)
    assert verbs.run(again, "study show", {"name": "small"}) == before
    again.close()


def test_a_store_from_the_future_is_not_touched(store):
    with store.writing() as cursor:
        cursor.execute("INSERT INTO migrations VALUES (999, NULL)")
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        Database(store.folder)


def test_second_process_is_told_the_first_ones_pid(filled):
    code = "from emo_core.store import Database; Database()"
    other = subprocess.run(
        [sys.executable, "-c", code], env=environment(filled.folder), cwd=ROOT, capture_output=True, text=True
    )
    assert other.returncode != 0
    assert f"process {os.getpid()}" in other.stderr


def test_the_owner_answers_who_knows_the_token_and_nobody_else(filled):
    filled.listen(lambda request: verbs.answer(filled, request))
    request = {"verb": "study list", "arguments": {}}
    assert ownership.ask(filled.folder, request)["document"][0]["name"] == "small"
    card = filled.folder / "owner.json"
    assert card.stat().st_mode & 0o077 == 0
    forged = json.loads(card.read_text()) | {"token": "guess"}
    card.write_text(json.dumps(forged))
    with pytest.raises(StoreError):
        ownership.ask(filled.folder, request)


def test_a_failed_write_leaves_nothing(filled):
    with pytest.raises(StoreError, match="nothing was written"), filled.writing() as cursor:
        cursor.execute("DELETE FROM votes")
        cursor.execute("INSERT INTO no_such_table VALUES (1)")
    assert filled.cursor().execute("SELECT count(*) FROM votes").fetchall() == [(440,)]


@pytest.mark.parametrize("wait_s", [0.0, 0.15, 0.4])
def test_killed_writer_loses_no_acknowledged_vote(filled, wait_s):
    filled.close()
    done = []
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(len(done))]
        writer = subprocess.Popen(command, env=environment(filled.folder), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        done.append(int(writer.stdout.readline()))
        time.sleep(wait_s)
        writer.send_signal(signal.SIGKILL)
        done += [int(line) for line in writer.stdout.read().split()]
        writer.wait()
    with_votes = Database(filled.folder)
    stored = (
        with_votes.cursor()
        .execute("SELECT raters.name FROM votes JOIN raters USING (rater_id) WHERE batch_id > 1")
        .fetchall()
    )
    with_votes.close()
    names = [int(name[1:]) for (name,) in stored]
    assert set(done) <= set(names)
    assert len(names) - len(done) <= 3  # at most one vote a kill was stored and not yet said


def test_many_threads_read_and_write_at_once(filled):
    failures = []

    def work(number: int) -> None:
        try:
            for i in range(5):
                votes = simulated_votes(3, seed=number * 10 + i)
                corpora.add_votes(filled, "small", votes.assign(panel=votes["panel"] + f":t{number}-{i}"))
                verbs.run(filled, "browse", {"study": "small", "limit": 3})
        except Exception as error:  # noqa: BLE001  (whatever it is, the test must see it)
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert filled.cursor().execute("SELECT count(*) FROM votes").fetchall() == [(440 + 6 * 5 * 33,)]
    assert filled.cursor().execute("SELECT count(DISTINCT vote_id) FROM votes").fetchall() == [(440 + 6 * 5 * 33,)]


def test_waiting_for_a_store_that_becomes_free(store):
    threading.Timer(0.3, store.close).start()
    taken = Database(store.folder, wait_s=10)
    assert studies.list_studies(taken) == []
    with pytest.raises(StoreInUse):
        Database(store.folder)
    taken.close()
