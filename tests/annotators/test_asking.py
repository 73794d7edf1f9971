"""A live run against servers that do everything wrong that servers do: every draw ends as what it was, and every call is known."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from google.genai import errors

from emo_core.annotators import gate as gates
from emo_core.annotators import stopping
from emo_core.annotators.asking import Asking
from emo_core.annotators.clips import Clips
from emo_core.annotators.ledger import Account, Ledger
from emo_core.annotators.plan import calls
from emo_core.annotators.prices import Tokens, find, price
from emo_core.annotators.providers import Candidate, Hopeless, Question, Reply, Unanswered
from emo_core.annotators.providers.gemini import Gemini
from emo_core.annotators.providers.openai_compatible import OpenAICompatible
from emo_core.jobs.worker import Reporter
from tests.annotators.conftest import KEY, MODEL, ask, clips_in, planned
from tests.conftest import run_async
from tests.servers import gemini, openai_compatible

OUTCOMES = {"wrong-label": "invalid", "empty": "empty", "safety": "refused", "max-tokens": "truncated"}
SERVERS = {"gemini": (gemini, ""), "openai": (openai_compatible, "/v1")}
ALL = {"429": 0.05, "429-retry-after": 0.02, "500": 0.05, "cut": 0.05, "garbage": 0.05} | {
    fault: 0.06 for fault in OUTCOMES
}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(gates, "FIRST_WAIT_S", 0.02)


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Clips:
    """Six clips of 0.1 s; two listeners in three hear them as sad."""
    return clips_in(tmp_path_factory.mktemp("sound"), 6, reference=(1, 0, 0, 2))


def serve(provider: str, folder: Path, **options):
    module, path = SERVERS[provider]
    server = module.Server.start(folder, **options)
    return server, {"provider": provider, "base_url": server.url + path, "mode": "live"}


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]


def used(seen: list[dict], provider: str) -> tuple[Tokens, float]:
    """What the server itself counted, and what that costs."""
    total = Tokens()
    for usage in (line["usage"] for line in seen if line.get("usage")):
        if provider == "gemini":
            heard = {d["modality"]: d["tokenCount"] for d in usage["promptTokensDetails"]}
            total += Tokens(
                heard["TEXT"], heard.get("AUDIO", 0), usage["candidatesTokenCount"], usage.get("thoughtsTokenCount", 0)
            )
        else:
            total += Tokens(usage["prompt_tokens"], 0, usage["completion_tokens"], 0)
    return total, price(total, find(MODEL))


@pytest.mark.parametrize("provider", SERVERS)
def test_every_draw_settles_as_what_the_server_did_and_every_request_is_known(tmp_path, clips, provider):
    server, at = serve(provider, tmp_path / "server", faults=ALL, fault_seed=5)
    with server:
        plan = planned(votes=20, attempts=2, timeout_s=60.0, concurrency=8, **at)
        ended, account = ask(plan, clips, tmp_path / "1")
    seen, told = server.log(), lines(tmp_path / "1")
    assert (ended, account.done, account.lost) == ("complete", 120, 0)
    assert {"garbage", "network", "500", "429"} == set(account.failed) and account.sent == len(seen)
    met = Counter(line["outcome"] for line in seen)
    assert account.failed["500"] == met["500"] and account.failed["429"] == met["429"] + met["429-retry-after"]
    assert account.failed["garbage"] + account.failed["network"] == met["cut"] + met["garbage"]
    assert account.answered == sum(met[fault] for fault in ("ok", *OUTCOMES))

    by_seed = {line["seed"]: line for line in seen if line["outcome"] in ("ok", *OUTCOMES)}
    for line in (line for line in told if line["event"] == "answered"):
        fault = by_seed[line["seed"]]["outcome"]
        for place, found in enumerate(line["outcomes"]):
            struck = fault != "ok" and (place == 0 or found["outcome"] != "vote")
            assert found["outcome"] == (OUTCOMES[fault] if struck else "vote")
            assert found["label"] is None or plan.words[found["label"]] == found["reply"]
            assert found["settled"] == (found["outcome"] == "vote" or line["attempt"] == 1)
    assert account.outcomes["vote"] + sum(account.outcomes[what] for what in OUTCOMES.values()) == 120
    assert sum(account.retried.values()) > 0 and set(account.outcomes) > {"vote"}
    answered = [line for line in seen if line["outcome"] in ("ok", *OUTCOMES)]
    tokens, usd = used(answered, provider)
    assert account.tokens == tokens and account.usd == pytest.approx(usd)


@pytest.mark.parametrize("provider", SERVERS)
def test_a_reply_that_does_not_come_in_time_is_asked_for_again(tmp_path, clips, provider):
    server, at = serve(provider, tmp_path / "server", faults=["timeout", None, "timeout"])
    with server:
        ended, account = ask(planned(votes=1, timeout_s=0.5, **at), clips, tmp_path / "1")
    assert (ended, account.outcomes, account.lost) == ("complete", {"vote": 6}, 0)
    assert account.failed["timeout"] >= 2 and account.sent == 6 + sum(account.failed.values())


def test_a_resumed_run_ends_like_an_undisturbed_one(tmp_path, clips, monkeypatch):
    monkeypatch.setattr("emo_core.annotators.asking.LOOK_S", 0.0)

    class Stopping(Reporter):
        """Wants the run to stop after so many calls were sent."""

        stopping = property(lambda self: len(lines(self.folder)) > self.most)

    faults = {"500": 0.1, "wrong-label": 0.2}
    found = []
    for name, stops in (("calm", ()), ("rough", (5, 17, 33))):
        server, at = serve("gemini", tmp_path / f"server {name}", faults=faults)
        with server:
            plan = planned(votes=30, personas={"only": "Listen."}, temperatures=(0.4, 1.0), **at)
            for most in stops:
                reporter = Stopping(tmp_path / name)
                reporter.most = most
                assert ask(plan, clips, tmp_path / name, reporter=reporter)[0] == "stopped"
            ended, account = ask(plan, clips, tmp_path / name)
        assert ended == "complete" and account.sent == len(server.log())
        answers = [line for line in lines(tmp_path / name) if line["event"] == "answered"]
        found.append(
            sorted(
                (line["clip"], line["attempt"], o["draw"], o["reply"], line["seed"])
                for line in answers
                for o in line["outcomes"]
            )
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("provider", SERVERS)
@pytest.mark.parametrize("wrong", ["bad_key", "model_missing"])
def test_a_bad_key_and_a_missing_model_end_the_run_at_once(tmp_path, clips, provider, wrong):
    server, at = serve(provider, tmp_path / "server", echo_key=True, **{wrong: True})
    with server, pytest.raises(Hopeless, match=r"Check the (key|model's name)") as told:
        ask(planned(**at), clips, tmp_path / "1")
    assert len(server.log()) <= 4 and (tmp_path / "1" / "calls.jsonl").read_text().count("refused by the server") >= 1
    assert KEY not in (tmp_path / "1" / "calls.jsonl").read_text() and str(told.value).endswith(".")


@pytest.mark.parametrize("options", [{}, {"faults": {"timeout": 0.1, "cut": 0.1, "garbage": 0.1}}, {"thoughts": 200}])
def test_the_cap_is_never_passed_by_what_the_server_counted_and_can_be_raised(tmp_path, clips, options):
    server, at = serve("gemini", tmp_path / "server", **options)
    plan = planned(
        votes=10,
        timeout_s=0.5,
        cap=0.0015 + 0.02 * ("thoughts" in options),
        thinking=200 * ("thoughts" in options),
        **at,
    )
    with server:
        ended, account = ask(plan, clips, tmp_path / "1")
        _, spent = used(server.log(), "gemini")
        assert ended == "cap" and 0 < account.done < 60
        assert 0.5 * plan.cap < spent <= plan.cap
        again, _ = ask(plan, clips, tmp_path / "1")
        assert again == "cap" and used(server.log(), "gemini")[1] <= plan.cap
        ended, account = ask(replace(plan, cap=1.0), clips, tmp_path / "1")
    assert (ended, account.done) == ("complete", 60) and account.usd < 1.0
    drawn = Counter(
        (line["clip"], o["draw"]) for line in lines(tmp_path / "1") for o in line.get("outcomes", ()) if o["settled"]
    )
    assert set(drawn.values()) == {1}


def test_calls_under_way_when_a_process_ended_count_against_the_cap(tmp_path, clips):
    server, at = serve("gemini", tmp_path / "server")
    with server:
        plan = planned(cap=0.002, **at)
        (tmp_path / "1").mkdir()
        ledger = Ledger(tmp_path / "1", 3)
        for call in list(calls(plan, clips.names))[:20]:
            ledger.send(call, clips.names[call.clip])
        ledger.close()
        assert ask(plan, clips, tmp_path / "1")[0] == "cap" and not server.log()
        ended, account = ask(replace(plan, cap=0.1), clips, tmp_path / "1")
    assert ended == "complete" and account.lost == 20 and account.done == 24


def test_a_run_stops_on_a_round_when_a_draw_gains_too_little(tmp_path, clips):
    server, at = serve("gemini", tmp_path / "server")
    with server:
        ended, account = ask(planned(votes=30, stop_gain=0.02, **at), clips, tmp_path / "1")
        draws = {len(of_clip) for of_clip in account.settled.values()}
        assert ended == "saturated" and len(draws) == 1 and 3 <= min(draws) < 30
        again, later = ask(planned(votes=30, stop_gain=0.02, **at), clips, tmp_path / "1")
        assert again == "saturated" and later.done == account.done
        without = Clips(clips.rows[:2], np.zeros((2, 4)))
        assert ask(planned(votes=5, stop_gain=0.5, **at), without, tmp_path / "2")[0] == "complete"


def test_the_gain_of_a_draw_is_counted_over_clips_with_that_many_votes_and_a_reference(clips):
    reference = np.array([[4, 0, 0, 0]] * 3 + [[0, 0, 0, 0]] + [[4, 0, 0, 0]] * 2, dtype=float)
    said = ("anger", "sad", "sad", "anger")
    account = Account(labels={name: dict(enumerate(said)) for name in clips.names[:5]})
    account.labels["c5"] = {0: "anger", 1: "anger", 3: "anger"}  # one draw was refused
    gain, counted = stopping.last_gain(planned(), Clips(clips.rows, reference), account, 4)

    def js(anger: int, sad: int) -> float:
        """Bits between all anger and a panel."""
        p, m = anger / (anger + sad), (1 + anger / (anger + sad)) / 2
        return 0.5 * np.log2(1 / m) + 0.5 * (p * np.log2(p / m) + (1 - p) * np.log2((1 - p) / (1 - m)))

    assert counted == 4 and gain == pytest.approx((js(1, 2) + js(2, 1)) / 2 - js(2, 2))  # the four subsets of three
    account.labels["c0"][4] = "sad"  # a draw of a round that is not over
    assert stopping.last_gain(planned(), Clips(clips.rows, reference), account, 4) == (gain, counted)
    assert stopping.last_gain(planned(), Clips(clips.rows, 0 * reference), account, 4)[1] == 0


def test_sound_that_cannot_be_read_is_counted_and_nothing_is_sent_for_it(tmp_path):
    clips = clips_in(tmp_path / "sound", 4)
    (tmp_path / "sound" / "1.wav").unlink()
    (tmp_path / "sound" / "2.wav").write_bytes(b"RIFF of nothing")
    clips.rows[3] = replace(clips.rows[3], audio="../3.wav")
    server, at = serve("gemini", tmp_path / "server")
    with server:
        ended, account = ask(planned(**at), clips, tmp_path / "1")
    assert ended == "complete" and dict(account.outcomes) == {"vote": 4, "unusable": 12} and not account.retried
    assert account.sent == account.answered == len(server.log()) == 4
    assert {o["reply"] != "" for line in lines(tmp_path / "1") for o in line.get("outcomes", ())} == {True}


class Told:
    """A provider that does as it is told, one thing a call; then it answers `sad`."""

    def __init__(self, *acts: Exception):
        self.acts, self.began, self.raised = list(acts), [], []

    async def ask(self, question: Question) -> Reply:
        self.began.append(monotonic())
        await asyncio.sleep(0)
        if self.acts and (act := self.acts.pop(0)):
            self.raised.append(monotonic())
            raise act
        return Reply((Candidate("sad"),) * question.candidates, "m", Tokens(1, 1, 1))

    async def close(self) -> None:
        """Nothing to give up."""


def ask_told(provider: Told, clips: Clips, folder: Path, **settings) -> tuple[str, Ledger]:
    folder.mkdir()
    plan = planned(**settings)
    ledger, reporter = Ledger(folder, plan.attempts), Reporter(folder)
    try:
        return run_async(Asking(plan, clips, provider, ledger, reporter).run()), ledger
    finally:
        reporter.close()
        ledger.close()


@pytest.mark.parametrize("provider, kind", [("gemini", Gemini), ("openai", OpenAICompatible)])
def test_how_long_a_server_asks_to_wait_is_heard(tmp_path, provider, kind):
    server, at = serve(provider, tmp_path / "server", faults=["429-retry-after", "429"], retry_after=7)

    async def ask_twice() -> list[Unanswered]:
        asking, said = kind(planned(**at), KEY), []
        for seed in range(2):
            with pytest.raises(Unanswered) as told:
                await asking.ask(Question("Hear.", b"RIFF", "audio/wav", ("sad", "happy"), 1.0, seed))
            said.append(told.value)
        await asking.close()
        return said

    with server:
        said = run_async(ask_twice())
    assert [(error.why, error.overloaded, error.retry_after_s) for error in said] == [
        ("429", True, 7.0),
        ("429", True, None),
    ]


def test_geminis_own_way_to_ask_for_a_wait_is_heard():
    details = [{"@type": "type.googleapis.com/google.rpc.Help"}, {"retryDelay": "34.07s"}]
    error = errors.ClientError(429, {"error": {"code": 429, "message": "Quota.", "details": details}})
    assert Gemini(planned(), KEY).told(error).retry_after_s == 34.07
    assert Gemini(planned(), KEY).told(errors.ServerError(503, {})).retry_after_s is None


def test_a_server_that_asks_to_wait_holds_everybody_back(tmp_path, clips):
    provider = Told(None, None, Unanswered("429", retry_after_s=1.0, overloaded=True))
    assert ask_told(provider, clips, tmp_path / "1")[0] == "complete"
    asked_to_wait = provider.raised[0]
    later = [at for at in provider.began if at > asked_to_wait]
    assert len(later) > 15 and min(later) >= asked_to_wait + 1.0


def test_a_call_is_in_the_account_before_it_goes_out(tmp_path, clips):
    class Looking(Told):
        """Sees what stands on the disk when it is asked."""

        async def ask(self, question: Question) -> Reply:
            seen.append(
                {
                    draw
                    for line in lines(tmp_path / "1")
                    if line["event"] == "sent"
                    for draw in [(line["clip"], *line["draws"])]
                }
            )
            asked.append(question.seed)
            return await super().ask(question)

    seen, asked = [], []
    _, ledger = ask_told(Looking(None, Unanswered("500")), clips, tmp_path / "1", votes=3)
    told = {
        line["seed"]: (line["clip"], *line["draws"]) for line in lines(tmp_path / "1") if line["event"] == "answered"
    }
    assert len(asked) == ledger.account.sent == 19
    assert all(told[seed] in there for seed, there in zip(asked, seen))


def test_what_breaks_inside_is_told_as_it_is(tmp_path, clips):
    with pytest.raises(OSError, match="No space left"):
        ask_told(Told(None, OSError(28, "No space left on device")), clips, tmp_path / "1")


def test_silence_for_an_hour_ends_the_run(tmp_path, clips, monkeypatch):
    monkeypatch.setattr("emo_core.annotators.asking.PATIENCE_S", 0.05)
    with pytest.raises(Hopeless, match="Resume the job later"):
        ask_told(Told(*[Unanswered("500", "down")] * 5000), clips, tmp_path / "1")


def test_a_distribution_has_percentages_and_a_label_as_they_were_said(tmp_path, clips):
    server, at = serve("gemini", tmp_path / "server", faults={"max-tokens": 0.3})
    with server:
        ended, account = ask(planned(question="distribution", thinking=None, attempts=1, **at), clips, tmp_path / "1")
    told = [(line, line["outcomes"][0]) for line in lines(tmp_path / "1") if line["event"] == "answered"]
    assert ended == "complete" and account.done == 12 and account.outcomes["truncated"] > 0
    whole = [found for line, found in told if line["persona"] == "ambiguous" and found["outcome"] == "vote"]
    assert whole and all(sum(found["values"]) == 100 and found["sums_to_100"] for found in whole)
    assert all(f"{found['values'][3]:g}%" in found["reply"] for found in whole)
