"""The account of a run: written before the call is made, whole after any crash."""

import json
import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emo_core.annotators import ledger as ledgers
from emo_core.annotators.ledger import Account, Ledger
from emo_core.annotators.plan import Call, Cell
from emo_core.annotators.prices import Tokens
from tests.annotators.conftest import KEY

CALL = Call(0, Cell("tone", 0.4), (0, 4))
FACTS = {
    "seed": 1,
    "model": "m",
    "prompt": "p",
    "tokens": Tokens(10, 20, 3),
    "latency_s": 0.1,
    "usd": 0.5,
    "at": "2026-01-01",
}


def said(draw: int, outcome: str, label: str | None = None) -> dict:
    return {"draw": draw, "outcome": outcome, "label": label, "reply": label or ""}


def a_story(folder) -> Ledger:
    """Two calls answered, one failed, one lost."""
    ledger = Ledger(folder, 2)
    ledger.answer(ledger.send(CALL, "c0"), CALL, "c0", outcomes=[said(0, "vote", "sad"), said(4, "invalid")], **FACTS)
    again = replace(CALL, draws=(4,), attempt=1)
    ledger.fail(ledger.send(again, "c0"), "429", "busy")
    ledger.answer(ledger.send(again, "c0"), again, "c0", outcomes=[said(4, "refused")], **FACTS)
    ledger.send(replace(CALL, clip=1), "c1")
    return ledger


def test_the_account_says_what_became_of_every_call_and_draw(tmp_path):
    ledger = a_story(tmp_path)
    for account in (ledger.account, ledgers.read(tmp_path)):
        assert (account.sent, account.answered, dict(account.failed), account.lost) == (4, 2, {"429": 1}, 1)
        assert dict(account.outcomes) == {"vote": 1, "refused": 1} and dict(account.retried) == {"invalid": 1}
        assert account.settled == {"c0": {0: "vote", 4: "refused"}} and account.labels == {"c0": {0: "sad"}}
        assert (account.tokens, account.usd, account.dearest, account.done) == (Tokens(20, 40, 6), 1.0, 0.5, 2)
        assert account.missing(["c0", "c1", "c2"], 5) == {0: {1: 0, 2: 0, 3: 0}}
    ledger.close()


def test_a_call_is_on_disk_before_it_goes_out_and_numbers_never_repeat(tmp_path):
    ledger = a_story(tmp_path)
    number = ledger.send(CALL, "c2")
    assert json.loads(ledger.path.read_text().splitlines()[-1])["call"] == number == 5
    ledger.close()
    reopened = Ledger(tmp_path, 2)
    assert reopened.send(CALL, "c2") == 6 and reopened.account.lost == 3
    reopened.close()


def counts(account: Account) -> tuple:
    return (
        account.sent, account.answered, account.failed, account.outcomes, account.retried, account.tokens, account.usd,
        account.dearest, account.torn,
    )  # fmt: skip


@given(st.lists(st.integers(0, 3000), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_following_a_growing_account_comes_to_the_same_as_reading_it(tmp_path, cuts):
    story, growing = tmp_path / "story", tmp_path / "growing"
    if not story.exists():
        story.mkdir(), growing.mkdir()
        a_story(story).close()
    whole = (story / ledgers.FILE).read_bytes()
    (growing / ledgers.FILE).unlink(missing_ok=True)  # a new account where an old one was followed
    assert counts(ledgers.follow(growing)) == counts(Account())
    for end in (*sorted(cuts), len(whole)):
        (growing / ledgers.FILE).write_bytes(whole[:end])
        assert counts(ledgers.follow(growing)) == counts(ledgers.read(growing))
    assert counts(ledgers.follow(growing)) == counts(ledgers.read(story))


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_line_that_a_crash_cut_is_counted_and_asked_again(tmp_path, cut):
    a_story(tmp_path).close()
    path = tmp_path / ledgers.FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]) + lines[-2][:cut])  # in the middle of the second answer
    ledger = Ledger(tmp_path, 2)
    assert ledger.account.lost == 1 and ledger.account.missing(["c0"], 5) == {0: {1: 0, 2: 0, 3: 0, 4: 1}}
    ledger.send(replace(CALL, draws=(4,), attempt=1), "c0")
    ledger.close()
    account = ledgers.read(tmp_path)
    assert (account.torn, account.sent, account.lost) == (1, 4, 2)
    assert counts(ledgers.follow(tmp_path)) == counts(account)


def test_a_key_in_a_reply_is_hidden(tmp_path):
    ledger = Ledger(tmp_path, 2)
    ledger.fail(ledger.send(CALL, "c0"), "500", f"your key {KEY} is odd")
    ledger.answer(ledger.send(CALL, "c0"), CALL, "c0", outcomes=[said(0, "vote", KEY), said(4, "invalid")], **FACTS)
    ledger.close()
    assert KEY not in ledger.path.read_text() and ledger.path.read_text().count("•••") == 3


def test_a_full_disk_is_told_as_it_is(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, 2)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledgers.os, "write", full)
    with pytest.raises(OSError, match="No space"):
        ledger.send(CALL, "c0")
    monkeypatch.undo()
    assert ledger.account.sent == 0
    os.close(ledger._file)
