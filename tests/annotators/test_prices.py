"""What calls cost: a table that users edit, and an estimate that stands the test of a server that counts."""

from dataclasses import asdict
from datetime import date

import pytest

from emo_core.annotators import estimate, prices
from emo_core.annotators.ledger import Account
from emo_core.annotators.prices import Tokens
from emo_core.errors import BadInput
from tests.annotators.conftest import MODEL, ask, clips_in, planned
from tests.servers import gemini

TABLE = "source: ours\nmodels:\n  m: {text: 1, audio: 2, output: 3, seen: 2026-01-02}\n"


def test_the_price_of_a_call_of_paper_1():
    flash = prices.find(MODEL)
    # 200 tokens of text at 0.30, 4.5 s of sound at 1.00, 2 of reply and 100 of thought at 2.50 USD a million
    tokens = Tokens(text=200, audio=144, output=2, thought=100)
    assert prices.price(tokens, flash) == pytest.approx((60 + 144 + 255) * 1e-6)
    assert prices.price(tokens, flash, batch=True) == pytest.approx((60 + 144 + 255) * 0.5e-6)
    assert prices.price(tokens, {}) == 0.0


def test_a_dated_version_has_its_familys_price_and_a_smaller_sister_does_not():
    assert (
        prices.find("models/gemini-2.5-flash-002")
        == prices.find(MODEL)
        != prices.find("gemini-2.5-flash-lite-001")
        != {}
    )
    assert prices.find("gemini-2.5-flash-other") == {} == prices.find("qwen")
    assert (
        prices.days_old({"seen": "2026-01-02"}, date(2026, 1, 12)) == 10 and prices.days_old({}, date.today()) is None
    )


def test_a_users_table_comes_on_top(tmp_path):
    (tmp_path / "prices.yaml").write_text(TABLE + f"  {MODEL}: {{text: 9, audio: 9, output: 9, seen: 2026-01-02}}\n")
    assert prices.find("m", tmp_path) == {
        "text": 1, "audio": 2, "output": 3, "batch": 1.0, "source": "ours", "seen": "2026-01-02",
    }  # fmt: skip
    assert prices.find(MODEL, tmp_path)["text"] == 9 and prices.find("gemini-2.5-pro", tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "models", "models: 3", "{", TABLE.replace("text: 1, ", ""), TABLE.replace("1,", "cheap,"), TABLE.replace("1,", ".nan,"),
     TABLE.replace("1,", "-1,"), TABLE.replace("2026-01-02", "soon")],
)  # fmt: skip
def test_a_broken_table_is_refused(tmp_path, text):
    (tmp_path / "prices.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"prices\.yaml is no price table"):
        prices.table(tmp_path)


@pytest.mark.parametrize("votes, personas", [(3, None), (20, {"only": "Listen."})])
def test_the_estimate_is_near_what_a_server_counts(tmp_path, votes, personas):
    clips = clips_in(tmp_path / "sound", 4, seconds=2.0)
    with gemini.Server.start(tmp_path / "server") as server:
        plan = planned(base_url=server.url, votes=votes, **({"personas": personas} if personas else {}))
        told = estimate.whole_run(plan, clips)
        _, account = ask(plan, clips, tmp_path / "1")
    assert (told.calls, told.draws) == (account.sent, account.done)
    said, counted = asdict(told.tokens), asdict(account.tokens)
    assert said["audio"] == counted["audio"] and said["thought"] == counted["thought"] == 0
    assert 0.8 < said["text"] / counted["text"] < 1.25 and 0.5 < said["output"] / counted["output"] < 2
    assert 0.8 < told.usd / account.usd < 1.25
    prompt = plan.prompt_for(plan.cells()[0], "sentence 0")
    together = plan.votes // len(plan.temperatures) if personas else 1
    assert account.dearest <= estimate.highest_price(plan, prompt, 2.0, together, Account())


def test_an_estimate_grows_with_the_clips_it_did_not_look_at(tmp_path, monkeypatch):
    monkeypatch.setattr(estimate, "SAMPLE", 1)  # five clips are looked at in any case
    clips = clips_in(tmp_path, 15)
    whole, part = estimate.whole_run(planned(), clips), estimate.whole_run(planned(), clips.first(5))
    assert (whole.calls, whole.draws, whole.usd) == (3 * part.calls, 60, pytest.approx(3 * part.usd, rel=1e-6))
    assert estimate.whole_run(planned(prices={}), clips).usd is None
