"""The command line as a script would use it: one JSON document on stdout, messages on stderr, exit status 0, 1 or 2."""

import contextlib
import json
import subprocess
import sys

import pandas as pd
import pytest

from emo_core.store import Database
from tests.conftest import ROOT, command, copied, environment, shell, simulated_votes


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A store with the corpus `c`, made by the command line."""
    folder = tmp_path_factory.mktemp("cli")
    simulated_votes().to_csv(folder / "v.csv", index=False)
    with contextlib.chdir(folder):
        made = command(
            folder / "store", "corpus", "add", "votes", "v.csv", "--name", "c", "--clip", "clip", "--rater", "rater", "--label",
            "label", "--panel-column", "panel", "--json",
        )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["votes"] == 440
    return folder / "store"


@pytest.fixture
def corpus(made_once, tmp_path):
    """A copy of that store."""
    return copied(made_once, tmp_path / "store")


ADD = (
    "study", "add", "s", "--corpus", "c", "--reference", "human", "--candidate", "synthetic:sim/1", "--emotions",
    "angry,happy,N,S", "--rule", "drop_outside", "--seed", "3",
)  # fmt: skip


def test_a_session_from_corpus_to_export(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    added = json.loads(command(corpus, *ADD, "--json").stdout)
    shown = json.loads(command(corpus, "study", "show", "s", "--json").stdout)
    assert shown == added
    assert shown["clips"] == 40 and shown["excluded"] == {}
    for side in ("reference", "candidate", "combined"):
        assert shown[side].keys() >= {"panel", "votes", "entropy_mean", "krippendorff_alpha", "fleiss_kappa"}
    assert shown["reference"]["fleiss_kappa"] is not None  # five votes on every clip
    listed = json.loads(command(corpus, "browse", "s", "--sort", "js", "--limit", "7", "--json").stdout)
    assert len(listed) == 7 and [row["js"] for row in listed] == sorted((row["js"] for row in listed), reverse=True)
    assert listed[0].keys() >= {
        "clip",
        "js",
        "entropy_reference",
        "entropy_candidate",
        "reference_counts",
        "candidate_counts",
    }
    exported = command(corpus, "export", "s", "--to", "out.parquet", "--json")
    assert json.loads(exported.stdout)["rows"] == 40 == len(pd.read_parquet(tmp_path / "out.parquet"))
    assert json.loads(command(corpus, "corpus", "list", "--json").stdout)[0]["name"] == "c"
    assert json.loads(command(corpus, "study", "list", "--json").stdout)[0]["seed"] == 3


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("study", "show", "nobody"), 2, "no study 'nobody'"),
        (("browse", "nobody", "--json"), 2, "no study"),
        (("corpus", "add", "crema-d", "nowhere", "--name", "x"), 2, "There is nothing at"),
        (("corpus", "add", "crema-d", ".", "--name", "x"), 2, "tabulatedVotes.csv"),
        (("study", "add", "s"), 2, "Missing option"),
        (("nonsense",), 2, "No such command"),
        ((*ADD[:-1], "-5"), 2, "A seed is"),
        (("browse", "s", "--limit", "99999999999999999999"), 2, ""),
        (("--store", "/etc/passwd", "study", "list"), 1, "cannot be the store's folder"),
    ],
)
def test_wrong_words_end_with_a_sentence_and_status_2(corpus, words, status, said):
    done = command(corpus, *words)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_process_says_the_same_and_ends_with_that_status(corpus):
    words = ("study", "show", "nobody")
    done = shell(corpus, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", command(corpus, *words).stderr)


def test_store_option_stands_before_the_verb(corpus, tmp_path):
    done = shell(tmp_path / "elsewhere", "--store", str(corpus), "corpus", "list", "--json")
    assert [found["name"] for found in json.loads(done.stdout)] == ["c"]


def test_a_second_command_waits_for_the_first(corpus):
    held = Database(corpus)
    waiting = subprocess.Popen(
        [sys.executable, "-m", "emo_core", "corpus", "list", "--json"], cwd=ROOT, env=environment(corpus),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "waiting for process" in waiting.stderr.readline()
    assert waiting.poll() is None
    held.close()
    out, _ = waiting.communicate(timeout=60)
    assert json.loads(out)[0]["name"] == "c"


def test_the_demo_is_made_once(tmp_path):
    first, second = (json.loads(command(tmp_path / "store", "demo", "--json").stdout) for _ in range(2))
    assert (first["made"], second["made"]) == (True, False)
    assert first["studies"] == second["studies"] == ["demo"]
    shown = json.loads(command(tmp_path / "store", "study", "show", "demo", "--json").stdout)
    assert shown["candidate"]["entropy_mean"] < shown["reference"]["entropy_mean"]  # as the paper finds
