"""Panels from the command line, with jobs in processes of their own, and a key that must show up nowhere."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from emo_core import jobs
from tests.annotators.conftest import KEY, MODEL, fill
from tests.conftest import command, copied
from tests.servers import gemini

SPELLINGS = [KEY.encode(), base64.b64encode(KEY.encode())[:-4], base64.urlsafe_b64encode(KEY.encode())[:-4], quote(KEY, safe="").encode(),
             quote(KEY).encode(), quote(KEY, safe="").lower().encode()]  # fmt: skip


@pytest.fixture
def folder(prepared, tmp_path) -> Path:
    """A store of its own that nobody has open."""
    return copied(prepared("heard", fill), tmp_path / "store")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that says the key in every reply and error."""
    faults = {"wrong-label": 0.2, "500": 0.1, "429": 0.05}
    with gemini.Server.start(tmp_path_factory.mktemp("server"), faults=faults, echo_key=True) as server:
        yield server


def plan(folder: Path, url: str, *words: object, study: str = "one"):
    return command(
        folder,
        "panel",
        "plan",
        study,
        "--model",
        MODEL,
        "--base-url",
        url,
        "--thinking",
        0,
        "--votes",
        4,
        "--json",
        *words,
    )


def said(result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def shows_the_key(folder: Path, *outputs) -> list[str]:
    """Where the key can be read, in any spelling."""
    texts = {f"output {n}": f"{result.output} {result.exception!r}".encode() for n, result in enumerate(outputs)}
    texts |= {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return [where for where, text in texts.items() if any(spelling in text for spelling in SPELLINGS)]


def test_from_plan_over_trial_to_panel(folder, server, tmp_path):
    dry = plan(folder, server.url, "--name", "r", "--cap", 1, "--dry", study="both")
    first = plan(folder, server.url, "--name", "r", "--cap", 1, study="both")
    assert said(dry)["kept"] is False and said(first) == said(dry) | {"kept": True, "job": 1}
    assert (said(first)["clips"], said(first)["draws"], said(first)["cap"]) == (10, 40, 1.0)
    assert 'Transcript: "It is {persona}, "so"."' in said(first)["first_prompt"] and 0 < said(first)["usd"] < 0.02

    trial = command(folder, "panel", "run", "r", "--trial", "--json")
    assert (said(trial)["state"], said(trial)["ended"], said(trial)["settled"]) == ("done", "trial", 20)
    assert said(trial)["votes"] > 10 and said(trial)["missing"] == 20
    whole = command(folder, "panel", "run", "r", "--json")
    status = command(folder, "panel", "status", "r", "--json")
    now = said(status)
    assert (now["state"], now["ended"], now["missing"], now["in_store"]["companion"]) == (
        "done",
        "complete",
        0,
        "both + r",
    )
    assert now["votes"] + sum(now["not_voted"].values()) == 40 and now["calls"]["sent"] > said(trial)["calls"]["sent"]
    assert now["usd"] == pytest.approx(said(whole)["usd"]) and 0 < now["usd"] < 1
    collected = command(folder, "panel", "collect", "r", "--wait", 5, "--json")
    assert said(collected)["votes_taken"] == 0 and said(collected)["votes"] == now["votes"]
    listed, told = (
        command(folder, "panel", "list", "--json"),
        command(folder, "panel", "replies", "r", "--limit", 3, "--json"),
    )
    assert [row["name"] for row in said(listed)] == ["r"] and len(said(told)) == 3
    exported = command(folder, "export", "both + r", "--to", tmp_path / "store" / "out.csv", "--json")
    assert exported.exit_code == 0 and (tmp_path / "store" / "out.csv").stat().st_size > 100
    log = command(folder, "jobs", "log", "1")
    assert not shows_the_key(folder, dry, first, trial, whole, status, collected, listed, told, exported, log)


def test_a_run_that_fails_says_why_and_not_with_which_key(folder, tmp_path):
    with gemini.Server.start(tmp_path / "bad", bad_key=True, echo_key=True) as server:
        said(plan(folder, server.url, "--name", "bad"))
        ran = command(folder, "panel", "run", "bad", "--json")
        log = command(folder, "jobs", "log", "1")
    assert ran.exit_code == 1
    document = json.loads(ran.stdout)
    assert document["state"] == "failed" and "Check the key" in document["reason"]
    assert "API key not valid" in document["reason"] and document["votes"] == 0
    assert not shows_the_key(folder, ran, log) and not shows_the_key(tmp_path / "store", ran)


@pytest.mark.parametrize(
    "words, told",
    [
        (["--votes", 0], "votes lies from"),
        (["--temperature", 3], "Temperatures lie"),
        (["--persona", "nobody"], "no persona 'nobody'"),
        (["--prompt", "nowhere.txt"], "nowhere.txt"),
        (["--mode", "exact"], "gemini has no mode"),
        (["--cap", -1], "cap is an amount"),
        (["--name", "a/b"], "slash"),
        (["--provider", "openai", "--base-url", "ftp://x"], "http"),
        (["--provider", "local"], "gemini-2.5-flash"),
    ],
)
def test_wrong_input_is_a_sentence_and_exit_status_2(folder, words, told):
    result = plan(folder, "http://127.0.0.1:1", *words)
    assert result.exit_code == 2 and told in result.output and "Traceback" not in result.output
    assert not list((folder / "jobs").glob("[0-9]*"))


def test_names_and_keys_are_asked_for_in_words(folder, monkeypatch):
    unknown = command(folder, "panel", "plan", "nothing", "--model", MODEL)
    assert unknown.exit_code == 2 and "There is no study 'nothing'" in unknown.output
    said(plan(folder, "http://127.0.0.1:1", "--name", "r"))
    second = plan(folder, "http://127.0.0.1:1", "--name", "r")
    assert second.exit_code == 2 and "There is a run 'r' already" in second.output
    assert (
        said(plan(folder, "http://127.0.0.1:1"))["name"]
        == f"{MODEL}-1"
        != said(plan(folder, "http://127.0.0.1:1"))["name"]
    )
    for verb in ("run", "status", "collect", "replies"):
        absent = command(folder, "panel", verb, "q")
        assert (
            absent.exit_code == 2
            and "There is no run 'q'. Did you mean" not in absent.output
            and "Known: r" in absent.output
        )
    monkeypatch.delenv("GEMINI_API_KEY")
    keyless = command(folder, "panel", "run", "r")
    assert keyless.exit_code == 2 and "Set GEMINI_API_KEY" in keyless.output
    assert jobs.status(folder / "jobs" / "1").state == "made"
