"""Asking a server for every draw of a plan that is not settled yet: bounded, paced, paid for within a cap, and accounted for."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from time import monotonic

from emo_core.annotators import estimate, stopping
from emo_core.annotators.clips import Clip, Clips
from emo_core.annotators.gate import Gate
from emo_core.annotators.ledger import Ledger
from emo_core.annotators.outcomes import outcome
from emo_core.annotators.plan import Call, Plan, calls
from emo_core.annotators.prices import Tokens, price
from emo_core.annotators.prompts import short_hash
from emo_core.annotators.providers import Candidate, Hopeless, Provider, Question, Reply, Unanswered
from emo_core.errors import AudioError, BadInput
from emo_core.jobs.worker import Reporter

PATIENCE_S = 3600.0  # without any answer, after which a run gives up until it is resumed
SYNC_S, LOOK_S = 2.0, 0.1


class Asking:
    """One run of the live mode. `ended` says why it ended: complete, stopped, cap or saturated."""

    def __init__(self, plan: Plan, clips: Clips, provider: Provider, ledger: Ledger, reporter: Reporter):
        self.plan, self.clips, self.provider, self.ledger, self.reporter = plan, clips, provider, ledger, reporter
        self.ended = "complete"
        self.names = clips.names
        self._gate = Gate(plan.concurrency, stopping=self._is_over, seed=plan.seed)
        self._lost = ledger.account.lost  # calls that were under way when the process before ended
        self._reserved: dict[int, float] = {}  # USD that calls may cost at most, until what they cost is in the account
        self._heard_at = monotonic()
        self._looked_at = 0.0
        self._failure: Exception | None = None

    def _is_over(self) -> bool:
        if monotonic() - self._looked_at > LOOK_S:  # the request to stop is a file
            self._looked_at = monotonic()
            if self.reporter.stopping and self.ended == "complete":
                self.ended = "stopped"
        return self.ended != "complete" or self._failure is not None

    async def run(self) -> str:
        """Ask until nothing is missing, or there is a reason to end. Raises Hopeless."""
        missing = self.ledger.account.missing(self.names, self.plan.votes)
        wanted = calls(self.plan, self.names, missing)
        syncing = asyncio.create_task(self._sync())
        try:
            if not self.plan.stop_gain:
                await self._ask_all(wanted)
            else:  # a round is over before the next begins: only then is there a point of the curve
                for draw, of_round in groupby(wanted, key=lambda call: call.draws[0]):
                    if not self._is_over() and stopping.is_saturated(self.plan, self.clips, self.ledger.account, draw):
                        self.ended = "saturated"
                    await self._ask_all(of_round)
        finally:
            syncing.cancel()
            await self.provider.close()
        self.report()
        if self._failure:
            raise self._failure
        return self.ended

    async def _ask_all(self, wanted: Iterator[Call]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.plan.concurrency):
                    group.create_task(self._worker(wanted))
        except ExceptionGroup as failures:  # one says why, such as a full disk
            raise failures.exceptions[0] from None

    async def _worker(self, wanted: Iterator[Call]) -> None:
        for call in wanted:
            again: Call | None = call
            while again and not self._is_over():
                again = await self._settle(again)
            if self._is_over():
                return

    async def _settle(self, call: Call) -> Call | None:
        """Ask once until there is an answer; the call for those of its draws that must be asked again, None for none."""
        clip = self.clips.rows[call.clip]
        try:
            sound, mime = clip.sound()
        except (AudioError, BadInput, OSError) as error:
            outcomes = [{"draw": d, "outcome": "unusable", "label": None, "reply": str(error)} for d in call.draws]
            self._note(0, call, clip, outcomes, Tokens(), "", 0.0)
            return None
        words = tuple(self.plan.words.values()) if call.cell.persona != "ambiguous" else ()
        question = Question(
            prompt=self.plan.prompt_for(call.cell, clip.transcript), sound=sound, mime=mime, words=words,
            temperature=call.cell.temperature, seed=call.seed(self.plan.seed, clip.clip), candidates=len(call.draws),
        )  # fmt: skip
        answered = await self._answer(call, clip, question)
        if answered is None:
            return None
        number, reply, latency = answered
        replies = [*reply.candidates, *[Candidate("", "empty")] * len(call.draws)]
        outcomes = [outcome(self.plan, call, draw, said) for draw, said in zip(call.draws, replies)]
        self._note(number, call, clip, outcomes, reply.tokens, reply.model, latency)
        left = tuple(d for d in call.draws if d not in self.ledger.account.settled.get(clip.clip, {}))
        return replace(call, draws=left, attempt=call.attempt + 1) if left else None

    async def _answer(self, call: Call, clip: Clip, question: Question) -> tuple[int, Reply, float] | None:
        """Number of the call that was answered, the reply, seconds; None where the run ends first."""
        cost = estimate.highest_price(
            self.plan, question.prompt, clip.seconds, question.candidates, self.ledger.account
        )
        tries = 0
        while await self._gate.enter():
            wait = LOOK_S
            try:
                if self._is_over():
                    return None
                if self._is_within_cap(cost):
                    return await self._ask(call, clip, question, cost)
            except Unanswered as error:
                tries += 1
                wait = self._gate.fail(tries, error.retry_after_s, overloaded=error.overloaded)
                self._lose_patience(error)
            except Hopeless as error:
                self._failure = error
            finally:
                self._gate.leave()
            await self._gate.pause(wait)
        return None

    async def _ask(self, call: Call, clip: Clip, question: Question, cost: float) -> tuple[int, Reply, float]:
        """One request: in the account before it goes out, and when nothing came of it. Raises Unanswered, Hopeless."""
        number, began = self.ledger.send(call, clip.clip), monotonic()
        self._reserved[number] = cost
        try:
            reply = await self.provider.ask(question)
        except (Unanswered, Hopeless) as error:
            self.ledger.fail(
                number, error.why if isinstance(error, Unanswered) else "refused by the server", str(error)
            )
            del self._reserved[number]
            raise
        self._gate.succeed()
        self._heard_at = monotonic()
        return number, reply, monotonic() - began

    def _is_within_cap(self, cost: float) -> bool:
        """Whether a call that may cost so much may go out now. Calls under way may turn out cheaper than what is set aside for
        them; where there are none, the run ends.
        """
        if self.plan.cap is None:
            return True
        account = self.ledger.account
        unknown = (self._lost + estimate.unheard(account)) * (account.dearest or cost)
        fits = account.usd + unknown + sum(self._reserved.values()) + cost <= self.plan.cap
        if not fits and not self._reserved:
            self.ended = "cap"
        return fits

    def _lose_patience(self, error: Unanswered) -> None:
        silent = monotonic() - self._heard_at
        if silent > PATIENCE_S:
            self._failure = Hopeless(
                f"Nothing was answered for {silent / 60:.0f} minutes, last: {error.why} ({error}). Resume the job later; "
                "nothing is lost."
            )

    def _note(self, number: int, call: Call, clip: Clip, outcomes: list, tokens: Tokens, model: str, latency: float):
        self.ledger.answer(
            number, call, clip.clip, outcomes=outcomes, seed=call.seed(self.plan.seed, clip.clip), model=model,
            prompt=short_hash(self.plan.prompt_for(call.cell, clip.transcript)), tokens=tokens,
            latency_s=round(latency, 4), usd=price(tokens, self.plan.prices), at=estimate.now(),
        )  # fmt: skip
        self._reserved.pop(number, None)
        self.report()

    def report(self) -> None:
        """Say how far the run is."""
        account = self.ledger.account
        self.reporter.report(
            account.done, self.plan.votes * len(self.names), at_once=int(self._gate.limit), **account.figures()
        )

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            await asyncio.to_thread(self.ledger.sync)
