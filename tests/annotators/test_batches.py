"""Batches: made once each whatever happens, collected once, and paid within the cap."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from emo_core.annotators import batches
from emo_core.annotators.batches import Batches
from emo_core.annotators.clips import Clips
from emo_core.annotators.ledger import Account, Ledger
from emo_core.annotators.plan import Plan
from emo_core.annotators.prices import find, price
from emo_core.annotators.providers import Hopeless
from emo_core.annotators.providers.gemini import Gemini
from emo_core.jobs.worker import Reporter
from tests.annotators.conftest import KEY, MODEL, clips_in, planned
from tests.annotators.test_asking import lines, used
from tests.servers import gemini

FAULTS = {"wrong-label": 0.15, "safety": 0.05, "500": 0.1}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(batches, "POLL_S", 0.02)
    monkeypatch.setattr(batches, "LONGEST_POLL_S", 0.05)
    monkeypatch.setattr(Batches, "_pause", lambda self, seconds: None)


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Clips:
    return clips_in(tmp_path_factory.mktemp("sound"), 6)


def carry_out(plan: Plan, clips: Clips, folder, kind: type[Batches] = Batches) -> tuple[str, Account]:
    """Begin, or go on: why it ended and its account."""
    folder.mkdir(exist_ok=True)
    ledger, reporter = Ledger(folder, plan.attempts), Reporter(folder)
    try:
        return kind(plan, clips, ledger, reporter, Gemini(plan, KEY)).run(), ledger.account
    finally:
        reporter.close()
        ledger.close()


def answers(folder) -> list[tuple]:
    told = [line for line in lines(folder) if line["event"] == "answered"]
    return sorted(
        (line["clip"], o["draw"], line["attempt"], o["reply"], line["seed"]) for line in told for o in line["outcomes"]
    )


def made(seen: list[dict]) -> list[str]:
    return [line["batch"] for line in seen if "requests" in line]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, clips):
    """Answers of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch, gemini.Server.start(folder / "server", faults=FAULTS) as server:
        patch.setattr(Batches, "_pause", lambda self, seconds: None)
        ended, account = carry_out(planned(mode="batch", base_url=server.url), clips, folder / "1")
    assert (ended, account.done, account.lost) == ("complete", 24, 0)
    return answers(folder / "1")


def test_a_run_in_batches_is_submitted_polled_and_collected(tmp_path, clips, monkeypatch):
    monkeypatch.setattr(batches, "LARGEST", 30_000)
    monkeypatch.setattr(batches, "AT_ONCE", 3)
    with gemini.Server.start(tmp_path / "server", batch_seconds=0.3, thoughts=5) as server:
        ended, account = carry_out(planned(mode="batch", base_url=server.url), clips, tmp_path / "1")
    seen = server.log()
    assert (ended, account.done, account.sent, account.lost, account.failed) == ("complete", 24, 24, 0, Counter())
    assert len(made(seen)) >= 4 and len({line.get("display_name") for line in seen} - {None}) == len(made(seen))
    tokens, usd = used(seen, "gemini")
    assert account.tokens == tokens and account.usd == pytest.approx(usd / 2)
    assert {line["model"] for line in lines(tmp_path / "1") if "model" in line} == {MODEL}


def dies_at(place: str) -> type[Batches]:
    class Dying(Batches):
        """Ends once, where `place` says."""

        def _submit(self, title, chunk, numbers):
            if place == "intent":
                raise Killed
            super()._submit(title, chunk, numbers)

        def _note(self, **line):
            if place == "create" and "name" in line:
                raise Killed
            super()._note(**line)
            if place == "name" and "name" in line:
                raise Killed

        def _answer(self, number, *rest):
            if place == "taking" and len([n for n in self._answered()]) == 5:
                raise Killed
            super()._answer(number, *rest)
            if place == "taken" and len([n for n in self._answered()]) == 24:
                raise Killed

    return Dying


@pytest.mark.parametrize("place", ["intent", "create", "name", "taking", "taken"])
def test_killed_anywhere_it_ends_as_undisturbed_and_makes_no_batch_twice(tmp_path, clips, undisturbed, place):
    with gemini.Server.start(tmp_path / "server", faults=FAULTS) as server:
        plan = planned(mode="batch", base_url=server.url)
        with pytest.raises(Killed):
            carry_out(plan, clips, tmp_path / "1", dies_at(place))
        ended, account = carry_out(plan, clips, tmp_path / "1")
    seen = server.log()
    assert (ended, account.done, account.lost) == ("complete", 24, 0)
    assert answers(tmp_path / "1") == undisturbed
    keys = Counter(line["key"] for line in seen if line.get("candidates") is not None)
    assert set(keys.values()) == {1} and len(keys) == account.answered


@pytest.mark.parametrize("fault", ["cut", "garbage"])
def test_a_batch_whose_making_got_no_answer_is_found_and_not_made_again(tmp_path, clips, fault):
    with gemini.Server.start(tmp_path / "server", faults=[fault]) as server:
        ended, account = carry_out(planned(mode="batch", base_url=server.url), clips, tmp_path / "1")
    assert ended == "complete" and len(made(server.log())) == 1 and account.sent == account.answered == 24


def test_another_stores_batch_of_the_same_run_is_left_alone(tmp_path, clips):
    theirs, ours = tmp_path / "theirs" / "1", tmp_path / "ours" / "1"
    theirs.parent.mkdir(), ours.parent.mkdir()
    with gemini.Server.start(tmp_path / "server") as server:
        plan = planned(mode="batch", base_url=server.url)
        carry_out(plan, clips, theirs)
        with pytest.raises(Killed):
            carry_out(replace(plan, seed=1), clips, ours, dies_at("intent"))
        carry_out(replace(plan, seed=1), clips, ours)
    said = {line["seed"]: line["candidates"][0] for line in server.log() if line.get("candidates")}
    assert len(made(server.log())) == 2 and answers(ours)
    assert all(said[seed] == reply for *_, reply, seed in answers(ours))


def test_faults_inside_a_batch_are_counted_and_asked_again_within_the_bound(tmp_path, clips):
    faults = {"wrong-label": 0.3, "safety": 0.1, "max-tokens": 0.1, "empty": 0.1}
    with gemini.Server.start(tmp_path / "server", faults=faults | {"500": 0.2}) as server:
        ended, account = carry_out(planned(mode="batch", attempts=2, base_url=server.url), clips, tmp_path / "1")
    met = Counter(line["outcome"] for line in server.log() if line.get("candidates") is not None)
    came = account.outcomes + account.retried
    assert ended == "complete" and account.done == 24
    assert (came["invalid"], came["truncated"], came["refused"]) == (
        met["wrong-label"],
        met["max-tokens"],
        met["safety"],
    )
    assert came["empty"] == met["empty"] + met["500"] and came["vote"] == met["ok"]
    assert max(len(tried) for tried in _attempts(tmp_path / "1").values()) == 2


def _attempts(folder) -> dict[tuple, list[int]]:
    tried: dict[tuple, list[int]] = {}
    for clip, draw, attempt, *_ in answers(folder):
        tried.setdefault((clip, draw), []).append(attempt)
    return tried


def test_batches_that_come_to_nothing_end_the_run_with_a_sentence(tmp_path, clips):
    class Cancelling(Batches):
        """Somebody cancels every batch."""

        def _note(self, **line):
            super()._note(**line)
            if "name" in line:
                self.gemini.client.batches.cancel(name=line["name"])

    with gemini.Server.start(tmp_path / "server", batch_seconds=3600) as server:
        plan = planned(mode="batch", base_url=server.url)
        with pytest.raises(Hopeless, match=r"3 batches in a row ended without an answer.*Resume"):
            carry_out(plan, clips, tmp_path / "1", Cancelling)
        server.restart(batch_seconds=0)
        ended, account = carry_out(plan, clips, tmp_path / "1")
    assert ended == "complete" and account.failed == {"batch": 72} and account.answered == 24


@pytest.mark.parametrize("wrong", ["bad_key", "model_missing"])
def test_a_bad_key_and_a_missing_model_end_the_run(tmp_path, clips, wrong):
    with gemini.Server.start(tmp_path / "server", **{wrong: True}) as server:
        plan = planned(mode="batch", base_url=server.url)
        with pytest.raises(Hopeless, match="refused the call"):
            carry_out(plan, clips, tmp_path / "1")
        server.restart(**{wrong: False})
        ended, account = carry_out(plan, clips, tmp_path / "1")
    assert ended == "complete" and account.done == 24 and account.failed["never sent"] == 24


def test_the_cap_holds_for_batches_which_are_cut_to_fit(tmp_path, clips):
    with gemini.Server.start(tmp_path / "server") as server:
        plan = planned(mode="batch", cap=0.0006, votes=10, base_url=server.url)
        ended, account = carry_out(plan, clips, tmp_path / "1")
        spent = price(used(server.log(), "gemini")[0], find(MODEL), batch=True)
        assert ended == "cap" and 0 < account.done < 60 and 0.5 * plan.cap < spent <= plan.cap
        assert (
            carry_out(replace(plan, cap=1e-6), clips, tmp_path / "2")[0] == "cap"
            and not (tmp_path / "2" / batches.FILE).exists()
        )
        ended, account = carry_out(replace(plan, cap=1.0), clips, tmp_path / "1")
    assert ended == "complete" and account.done == 60 == account.answered


def test_stopped_while_batches_are_out_it_collects_them_later(tmp_path, clips):
    with gemini.Server.start(tmp_path / "server", batch_seconds=3600) as server:
        plan = planned(mode="batch", base_url=server.url)

        class Stopping(Batches):
            """Is stopped after its first batch."""

            def _report(self, open_batches):
                (self.reporter.folder / "stop").touch()

        assert carry_out(plan, clips, tmp_path / "1", Stopping)[0] == "stopped"
        (tmp_path / "1" / "stop").unlink()
        server.restart(batch_seconds=0)
        ended, account = carry_out(plan, clips, tmp_path / "1")
    assert ended == "complete" and account.done == 24 and len(made(server.log())) == 1
    assert json.loads((tmp_path / "1" / batches.FILE).read_text().splitlines()[-1])["closed"] == "JOB_STATE_SUCCEEDED"


def test_sound_that_cannot_be_read_is_in_no_batch(tmp_path):
    clips = clips_in(tmp_path / "sound", 2)
    (tmp_path / "sound" / "1.wav").unlink()
    with gemini.Server.start(tmp_path / "server") as server:
        ended, account = carry_out(planned(mode="batch", base_url=server.url), clips, tmp_path / "1")
    assert ended == "complete" and dict(account.outcomes) == {"vote": 4, "unusable": 4} and account.sent == 4
