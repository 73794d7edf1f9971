"""Gemini's Batch API: half the price, an answer within a day. Submitted, polled and collected across restarts.

What is missing is sent in batches of at most `LARGEST` bytes. A batch's name is written down (`batches.jsonl`) before the next one
is made; where the process ended between making one and writing its name down, the server's list of batches knows it by its
display name, so that no batch is made twice. Each call goes into the ledger as sent before its batch is made.
"""

import json
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import httpx2
from google.genai import errors, types

from emo_core.annotators import estimate
from emo_core.annotators.clips import Clips
from emo_core.annotators.ledger import Ledger
from emo_core.annotators.outcomes import outcome
from emo_core.annotators.plan import Call, Plan, calls
from emo_core.annotators.prices import Tokens, price
from emo_core.annotators.prompts import short_hash
from emo_core.annotators.providers import Candidate, Hopeless, Question, Reply, Unanswered
from emo_core.annotators.providers.gemini import Gemini, read_reply
from emo_core.errors import AudioError, BadInput
from emo_core.jobs.files import append_line, read_lines
from emo_core.jobs.worker import Reporter

FILE = "batches.jsonl"
LARGEST = 18_000_000  # bytes of sound as base64 and prompts; the API takes 20 MB inline
AT_ONCE = 20  # batches that the server works on
MOST_FRUITLESS = 3
POLL_S, LONGEST_POLL_S = 5.0, 300.0
_ENDED = {
    "JOB_STATE_SUCCEEDED",
    "JOB_STATE_PARTIALLY_SUCCEEDED",
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_EXPIRED",
}


def run(plan: Plan, clips: Clips, ledger: Ledger, reporter: Reporter, key: str) -> str:
    """Settle what is missing; why it ended: complete, stopped or cap. Raises Hopeless."""
    return Batches(plan, clips, ledger, reporter, Gemini(plan, key)).run()


class Batches:
    """One run of the batch mode."""

    def __init__(self, plan: Plan, clips: Clips, ledger: Ledger, reporter: Reporter, gemini: Gemini):
        self.plan, self.clips, self.ledger, self.reporter, self.gemini = plan, clips, ledger, reporter, gemini
        self.path: Path = reporter.folder / FILE
        self.ended = "complete"
        self._places = {name: place for place, name in enumerate(clips.names)}
        self._fruitless = 0  # batches in a row that ended without an answer

    def run(self) -> str:
        """Make batches of what is missing, wait for them, and again for what must be asked again."""
        wait = POLL_S
        while not self.reporter.stopping:
            open_batches = self._open()
            before = self.ledger.account.done
            for batch in open_batches:
                self._look_at(batch)
            open_batches = self._open()
            self.ended = "complete"
            for chunk in self._chunks(open_batches) if len(open_batches) < AT_ONCE else ():
                if len(open_batches) >= AT_ONCE or self.ended == "cap" or self.reporter.stopping:
                    break
                self._make(chunk)
                open_batches = self._open()
            self._report(len(open_batches))
            if not open_batches:
                return self.ended
            wait = POLL_S if self.ledger.account.done > before else min(LONGEST_POLL_S, wait * 1.5)
            self._pause(wait)
        return "stopped"

    def _open(self) -> list[dict]:
        """Batches that were made or may have been, and whose answers are not in the ledger."""
        known: dict[str, dict] = {}
        for line in read_lines(self.path)[0]:
            known.setdefault(line["title"], {}).update(line)
        return [batch for batch in known.values() if not batch.get("closed")]

    def _note(self, **line) -> None:
        append_line(self.path, json.dumps(line))

    def _chunks(self, open_batches: list[dict]) -> Iterator[list[tuple[Call, Question]]]:
        """What is missing and in no open batch, in chunks of the greatest size."""
        asked = {(clip, draw) for batch in open_batches for _, clip, draws, _ in batch["calls"] for draw in draws}
        missing = self.ledger.account.missing(self.clips.names, self.plan.votes)
        chunk, size = [], 0
        for call in calls(self.plan, self.clips.names, missing):
            clip = self.clips.rows[call.clip]
            if (clip.clip, call.draws[0]) in asked:
                continue
            question = self._question(call)
            if question is None:
                continue
            grown = len(question.sound) * 4 // 3 + len(question.prompt) + 1000
            if chunk and size + grown > LARGEST:
                yield chunk
                chunk, size = [], 0
            chunk.append((call, question))
            size += grown
        if chunk:
            yield chunk

    def _question(self, call: Call) -> Question | None:
        clip = self.clips.rows[call.clip]
        try:
            sound, mime = clip.sound()
        except (AudioError, BadInput, OSError) as error:
            said = {"outcome": "unusable", "label": None, "reply": str(error)}
            self._answer(0, call, [{"draw": draw} | said for draw in call.draws], Tokens(), "")
            return None
        return Question(
            prompt=self.plan.prompt_for(call.cell, clip.transcript), sound=sound, mime=mime,
            words=tuple(self.plan.words.values()), temperature=call.cell.temperature,
            seed=call.seed(self.plan.seed, clip.clip), candidates=len(call.draws),
        )  # fmt: skip

    def _make(self, chunk: list[tuple[Call, Question]]) -> None:
        """Have a batch made of as many of the calls as the cap allows."""
        costs = [0.0, *accumulate(self._cost(call, question) for call, question in chunk)]
        if self.plan.cap is not None:
            left = self.plan.cap - self.ledger.account.usd - sum(batch["cost"] for batch in self._open())
            fitting = sum(cost <= left for cost in costs[1:])
            if fitting < len(chunk):
                self.ended = "cap"  # unless what is under way turns out cheaper
            chunk = chunk[:fitting]
        if not chunk:
            return
        numbers = [self.ledger.send(call, self.clips.names[call.clip]) for call, _ in chunk]
        listed = [
            [number, self.clips.names[call.clip], list(call.draws), call.attempt]
            for number, (call, _) in zip(numbers, chunk)
        ]
        title = f"{self.plan.name} {uuid4().hex}"  # no batch of another store is ever taken for it
        self._note(title=title, calls=listed, cost=costs[len(chunk)])
        self._submit(title, chunk, numbers)

    def _cost(self, call: Call, question: Question) -> float:
        """USD that a call of a batch may cost."""
        clip, account = self.clips.rows[call.clip], self.ledger.account
        whole = estimate.highest_price(self.plan, question.prompt, clip.seconds, question.candidates, account)
        return whole * self.plan.prices.get("batch", 1.0)

    def _submit(self, title: str, chunk: list[tuple[Call, Question]], numbers: list[int]) -> None:
        requests = [self.gemini.inlined(question, str(number)) for number, (_, question) in zip(numbers, chunk)]
        made = self._patiently(
            lambda: self.gemini.client.batches.create(
                model=self.plan.model, src=requests, config=types.CreateBatchJobConfig(display_name=title)
            ),
            unless=lambda: self._find(title),
        )
        if made is not None:
            self._note(title=title, name=made.name)

    def _find(self, title: str) -> types.BatchJob | None:
        """The batch of that title on the server: one may have been made whose answer was lost on the way."""
        return next((job for job in self.gemini.client.batches.list() if job.display_name == title), None)

    def _look_at(self, batch: dict) -> None:
        """Take the answers of a batch that has ended; make one that was never made."""
        if "name" not in batch:
            found = self._patiently(lambda: self._find(batch["title"]) or "none")
            if found is None:
                return
            if found == "none":
                for number in {number for number, *_ in batch["calls"]} - set(self._answered()):
                    self.ledger.fail(number, "never sent", "the process ended before the batch was made")
                self._note(title=batch["title"], closed="never sent")
                return
            self._note(title=batch["title"], name=found.name)
            batch["name"] = found.name
        job = self._patiently(lambda: self.gemini.client.batches.get(name=batch["name"]))
        if job is None or job.state is None or job.state.name not in _ENDED:
            return
        self._take(batch, job)

    def _take(self, batch: dict, job: types.BatchJob) -> None:
        """Write down what came of each call; calls without an answer are asked again."""
        answers = {}
        for place, each in enumerate((job.dest and job.dest.inlined_responses) or ()):
            key = (each.metadata or {}).get("key")
            answers[int(key) if key else batch["calls"][place][0]] = each
        done = set(self._answered())
        for number, clip, draws, attempt in batch["calls"]:
            if number in done:
                continue  # the process ended while it took this batch's answers
            each = answers.get(number)
            if each is None:
                self.ledger.fail(number, "batch", f"the batch ended as {job.state.name}")
                continue
            call = Call(self._places[clip], self.plan.cell(clip, draws[0]), tuple(draws), attempt)
            reply = Reply((Candidate(str(each.error and each.error.message), "empty"),), self.plan.model, Tokens())
            if each.response is not None:
                reply = read_reply(each.response, self.plan.model)
            replies = [*reply.candidates, *[Candidate("", "empty")] * len(draws)]
            outcomes = [outcome(self.plan, call, draw, said) for draw, said in zip(draws, replies)]
            self._answer(number, call, outcomes, reply.tokens, reply.model)
        self._note(title=batch["title"], closed=job.state.name)
        self._fruitless = 0 if answers else self._fruitless + 1
        if self._fruitless == MOST_FRUITLESS:
            why = job.error.message if job.error else job.state.name
            raise Hopeless(
                f"{MOST_FRUITLESS} batches in a row ended without an answer, last: {why}. Resume the job later."
            )

    def _answered(self) -> Iterator[int]:
        """Numbers of the calls that the ledger knows the end of."""
        for line in read_lines(self.ledger.path)[0]:
            if line["event"] != "sent":
                yield line["call"]

    def _answer(self, number: int, call: Call, outcomes: list, tokens: Tokens, model: str) -> None:
        clip = self.clips.rows[call.clip]
        self.ledger.answer(
            number, call, clip.clip, outcomes=outcomes, seed=call.seed(self.plan.seed, clip.clip), model=model,
            prompt=short_hash(self.plan.prompt_for(call.cell, clip.transcript)), tokens=tokens, latency_s=None,
            usd=price(tokens, self.plan.prices, batch=True), at=estimate.now(),
        )  # fmt: skip

    def _patiently(self, work, unless=None):
        """What `work` gives, asked again while the server or the network fails; None where the run is to stop first."""
        began, wait = monotonic(), 1.0
        while not self.reporter.stopping:
            try:
                return work()
            except errors.APIError as error:
                told = self.gemini.told(error)
                if isinstance(told, Hopeless):
                    raise told from None
                failure = told
            except (httpx2.HTTPError, OSError, ValueError) as error:
                failure = Unanswered("network", f"{type(error).__name__}: {error}")
            if monotonic() - began > 3600:
                raise Hopeless(
                    f"The server did not answer for an hour ({failure}). Resume the job later; nothing is lost."
                )
            self._pause(failure.retry_after_s or wait)
            wait = min(60.0, wait * 2)
            if unless:
                found = self._patiently(unless)
                if found is not None:
                    return found
        return None

    def _pause(self, seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until and not self.reporter.stopping:
            sleep(min(0.2, max(0.0, until - monotonic())))

    def _report(self, open_batches: int) -> None:
        account = self.ledger.account
        self.reporter.report(
            account.done, self.plan.votes * len(self.clips.rows), note=f"{open_batches} batches under way",
            batches=open_batches, **account.figures(),
        )  # fmt: skip
