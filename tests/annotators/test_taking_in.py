"""What a run wrote comes into the store exactly once, with everything that a vote should know of where it came from."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emo_core.annotators import account_rows, control, ledger
from emo_core.annotators.clips import read
from emo_core.annotators.plan import Call
from emo_core.annotators.prompts import short_hash
from emo_core.errors import BadInput
from emo_core.records import Study
from emo_core.store import Database, corpora, runs, studies
from tests.annotators.conftest import MODEL, ask
from tests.conftest import EMOTIONS
from tests.servers import gemini


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that is wrong now and then."""
    with gemini.Server.start(tmp_path_factory.mktemp("server"), faults={"wrong-label": 0.1, "500": 0.02}) as server:
        yield server


def asked(store: Database, server, study: str = "one", name: str = "r", **settings) -> tuple[control.Plan, Path]:
    """A run that is planned, kept and carried out here; nothing of it is in the store yet."""
    chosen = {
        "name": name,
        "study": study,
        "model": MODEL,
        "votes": 6,
        "thinking": 0,
        "base_url": server.url,
    } | settings
    run = control.keep(store, control.draft(store, chosen))
    folder = runs.folder_of(store, run.run_id)
    plan = control.from_document(run.settings)
    ask(plan, read(folder), folder)
    return plan, folder


def votes(store: Database) -> list[tuple]:
    """(clip, label, rater, persona, temperature, provenance) of all votes of runs."""
    rows = store.cursor().execute(
        "SELECT clips.name, emotions.name, raters.name, raters.persona, raters.temperature, provenance FROM current_votes "
        "JOIN clips USING (clip_id) JOIN emotions USING (emotion_id) JOIN raters USING (rater_id) "
        "WHERE provenance ->> 'run' IS NOT NULL ORDER BY clips.name, CAST(provenance ->> 'draw' AS INTEGER)"
    )
    return [(*row[:5], json.loads(row[5])) for row in rows.fetchall()]


def test_a_vote_knows_all_of_where_it_came_from(heard_store, server):
    plan, folder = asked(heard_store, server)
    assert control.collect(heard_store, "r") == len(votes(heard_store)) > 25
    account, words = ledger.read(folder), {clip.clip: clip.transcript for clip in read(folder).rows}
    for clip, label, rater, persona, temperature, known in votes(heard_store):
        cell = plan.cell(clip, known["draw"])
        assert (rater, persona, temperature) == (cell.rater, cell.persona, cell.temperature)
        assert account.labels[clip][known["draw"]] == label and known["reply"] == plan.words[label]
        assert known["prompt"] == short_hash(plan.prompt_for(cell, words[clip])) and known["model"] == MODEL
        assert 0 <= known["seed"] < 2**31 and 0 <= known["attempt"] < 3 and known["call"] >= 1
        assert (
            known["tokens"]["text"] > 0
            and known["tokens"]["output"] > 0
            and known["usd"] > 0
            and known["latency_s"] > 0
        )
    paid = sum(known["usd"] for *_, known in votes(heard_store))
    assert 0.7 * account.usd < paid <= account.usd
    assert len({known["seed"] for *_, known in votes(heard_store)}) == len(votes(heard_store))


def test_a_growing_account_is_taken_in_once_whatever_breaks(heard_store, server, monkeypatch):
    _, folder = asked(heard_store, server)
    path = folder / ledger.FILE
    whole = path.read_bytes()
    expected = len(account_rows.read(folder, 0, 10**9)[0])
    monkeypatch.setattr(runs, "CHUNK", 1500)
    looked_up = runs.one_row

    def break_off(cursor, sql, *values):
        if "staged_draws" in sql:  # all is written, and nothing committed
            raise RuntimeError("the power went")
        return looked_up(cursor, sql, *values)

    for end in range(0, len(whole), len(whole) // 7):
        path.write_bytes(whole[:end])  # a line that is being written, mostly
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runs, "one_row", break_off)
            before = len(votes(heard_store))
            try:
                control.collect(heard_store, "r")
            except RuntimeError:
                assert len(votes(heard_store)) == before
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: control.collect(heard_store, "r"), range(4)))
        assert len(votes(heard_store)) == len(account_rows.read(folder, 0, 10**9)[0])
    path.write_bytes(
        whole[:-30] + b"\n" + whole[whole[:-1].rfind(b"\n") + 1 :]
    )  # a torn line that the next writer closed
    control.collect(heard_store, "r")
    assert control.collect(heard_store, "r") == 0
    drawn = [(clip, known["draw"]) for clip, *_, known in votes(heard_store)]
    assert len(set(drawn)) == len(drawn) == expected


def test_the_panel_stands_in_a_study_made_once_for_it(heard_store, server):
    asked(heard_store, server, "both")
    assert control.status(heard_store, "r")["in_store"]["companion"] is None
    control.collect(heard_store, "r")
    assert [study.study.name for study in studies.list_studies(heard_store)].count("both + r") == 1
    counted = studies.study_counts(heard_store, "both + r")
    expected = {name: 0 for name in counted.clips}
    for clip, *_ in votes(heard_store):
        expected[f"{clip[:3]}/{clip}"] += 1
    assert dict(zip(counted.clips, counted.candidate.sum(axis=1))) == expected and len(expected) == 10
    compared = "SELECT count(*) FROM study_clips WHERE js_divergence IS NOT NULL"
    assert heard_store.cursor().execute(compared).fetchone() == (10,)
    again = control.collect(heard_store, "r")
    assert again == 0 and control.status(heard_store, "r")["in_store"]["companion"] == "both + r"


def test_a_study_of_the_companions_name_with_another_panel_is_left_alone(heard_store, server):
    studies.add_study(heard_store, Study("one + r", ("one",), "human", None, EMOTIONS))
    asked(heard_store, server)
    control.collect(heard_store, "r")
    companion = control.status(heard_store, "r")["in_store"]["companion"]
    assert companion != "one + r" and studies.find_study(heard_store.cursor(), companion).study.candidate.endswith("/r")


def test_a_study_and_a_corpus_that_were_removed_meanwhile_stop_nothing(heard_store, server):
    asked(heard_store, server, "both")
    studies.remove_study(heard_store, "both")
    studies.remove_study(heard_store, "one")
    corpora.remove_corpus(heard_store, "two")
    taken = control.collect(heard_store, "r")
    assert taken == len(votes(heard_store)) and {clip[:3] for clip, *_ in votes(heard_store)} == {"one"}
    assert control.status(heard_store, "r")["in_store"]["companion"] is None


def test_names_of_runs_and_panels_are_taken_once(heard_store, server):
    asked(heard_store, server)
    control.collect(heard_store, "r")
    with pytest.raises(BadInput, match="There is a run 'r' already"):
        asked(heard_store, server)
    with heard_store.writing() as cursor:
        cursor.execute("UPDATE panels SET name = 'synthetic:gemini-2.5-flash/mine' WHERE name LIKE 'synthetic%'")
    with pytest.raises(BadInput, match="There is a panel"):
        asked(heard_store, server, name="mine")


def test_a_cap_needs_a_price(heard_store):
    settings = {"name": "r", "study": "one", "model": "gemini-9", "cap": 1.0}
    for more in ({}, {"provider": "openai", "base_url": "http://127.0.0.1:1/v1"}):
        with pytest.raises(BadInput, match=r"A cap needs the price of gemini-9.*prices\.yaml"):
            control.keep(heard_store, control.draft(heard_store, settings | more))
    table = "models:\n  gemini-9: {text: 1, audio: 1, output: 1, seen: 2026-01-01}\n"
    (heard_store.folder / "prices.yaml").write_text(table)
    control.keep(heard_store, control.draft(heard_store, settings))
    assert (
        control.draft(heard_store, settings | {"provider": "openai", "base_url": "http://h/v1"}).plan.prices["text"]
        == 1
    )
    control.amend(heard_store, "r", cap=2.0)
    assert control.status(heard_store, "r")["cap"] == 2.0


def test_a_distribution_brings_readings_and_no_votes(heard_store, server):
    asked(heard_store, server, question="distribution", votes=2)
    assert control.collect(heard_store, "r") == 0 == len(votes(heard_store))
    found = (
        heard_store.cursor()
        .execute("SELECT clip_id, prompt, reading, len(values), reply FROM run_readings ORDER BY ALL")
        .fetchall()
    )
    assert len(found) == 10 and {row[1] for row in found} == {"ambiguous", "single"} and all(row[4] for row in found)
    assert {row[3] for row in found if row[1] == "ambiguous"} <= {4, None}
    assert control.status(heard_store, "r")["in_store"]["companion"] is None


def test_replies_survive_a_torn_line(heard_store, server):
    _, folder = asked(heard_store, server)
    lines = (folder / ledger.FILE).read_bytes().splitlines(keepends=True)
    torn = next(n for n, line in enumerate(lines) if b'"answered"' in line)
    lines[torn] = lines[torn][:80] + b"\n"
    (folder / ledger.FILE).write_bytes(b"".join(lines) + b'{"event": "answered", "cl')
    told = control.replies(heard_store, "r", 7)
    assert len(told) == 7 and all(row["transcript"] and row["outcome"] in ("vote", "invalid") for row in told)


def test_a_trial_does_not_come_after_the_whole_unless_that_came_to_nothing(heard_store, server, monkeypatch):
    plan, folder = asked(heard_store, server)
    with pytest.raises(BadInput, match="a trial comes before"):
        control.begin(heard_store, "r", trial=True)
    assert not (folder / "trial.json").exists()
    begun = []
    monkeypatch.setattr(control.jobs, "start", lambda *arguments, **_: begun.append(arguments))
    failing = ledger.Ledger(folder, plan.attempts)
    (folder / ledger.FILE).write_bytes(b"")
    failing.fail(failing.send(Call(0, plan.cells()[0], (0,)), "one0"), "refused by the server", "bad key")
    failing.close()
    control.begin(heard_store, "r", trial=True)
    assert len(begun) == 1 and json.loads((folder / "trial.json").read_text()) == {"clips": 5}
    control.begin(heard_store, "r")
    assert len(begun) == 2 and not (folder / "trial.json").exists()
