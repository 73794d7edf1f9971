"""The account of a run: a line for every call that is sent, and one for what came of it, in `calls.jsonl` of the job's folder.

A line is on its way to the disk before the call is: whatever ends the process, no paid call is unknown. Lines are

sent      call (number), clip, draws, attempt
answered  call (0: settled without one), clip, draws, attempt, at, outcomes (one a draw: draw, outcome, label, reply, and whether
          it is settled or asked again), persona, temperature, seed, prompt (hash), model (version as told), tokens, latency_s,
          usd; readings, where a model gives numbers beside votes
failed    call, why: nothing came back that says something about the clip (overload, network, garbage); asked again as it was

What is settled follows from the lines alone, so that a run goes on where it ended. `votes` of a panel are the `answered` lines'
outcomes; the store takes them in by line.
"""

import copy
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock

from emo_core.annotators.plan import Call
from emo_core.annotators.prices import Tokens
from emo_core.jobs.secrets import scrub

FILE = "calls.jsonl"
VOTE = "vote"
# What else a draw can come to.
FAULTS: dict[str, str] = {
    "invalid": "the reply was none of the offered words",
    "truncated": "the reply was cut at its greatest length",
    "refused": "the model or its safety rules refused",
    "empty": "there was no reply",
    "unusable": "the clip's sound or words could not be given to the model",
}


@dataclass
class Account:
    """What the lines of a run come to. What became of each draw is kept where `detailed`."""

    detailed: bool = True
    settled: dict[str, dict[int, str]] = field(default_factory=dict)  # {clip: {draw: outcome}}
    attempts: dict[str, dict[int, int]] = field(
        default_factory=dict
    )  # {clip: {draw: answers so far that were no vote}}
    labels: dict[str, dict[int, str]] = field(default_factory=dict)
    sent: int = 0
    answered: int = 0
    failed: Counter = field(default_factory=Counter)  # why: calls
    outcomes: Counter = field(default_factory=Counter)  # of settled draws
    retried: Counter = field(default_factory=Counter)  # outcomes of answers that were asked again
    tokens: Tokens = field(default_factory=Tokens)
    usd: float = 0.0
    dearest: float = 0.0  # USD of the dearest call
    torn: int = 0  # lines that a crash cut

    @property
    def lost(self) -> int:
        """Calls that were sent and of which nothing is known: the process or the network ended first. They may have been paid."""
        return self.sent - self.answered - sum(self.failed.values())

    @property
    def done(self) -> int:
        """Draws that are settled."""
        return sum(self.outcomes.values())

    def figures(self) -> dict[str, float]:
        """What is worth watching while a run goes on."""
        failed = sum(self.failed.values())
        return {"usd": round(self.usd, 6), "failed_calls": failed, "not_voted": self.done - self.outcomes[VOTE]}

    def take(self, line: dict) -> None:
        """Add one line."""
        if line["event"] == "sent":
            self.sent += 1
        elif line["event"] == "failed":
            self.failed[line["why"]] += 1
        else:
            self.answered += line["call"] > 0  # 0: settled without a call
            self.tokens += Tokens(**line["tokens"])
            self.usd += line["usd"]
            self.dearest = max(self.dearest, line["usd"])
            for outcome in line["outcomes"]:
                self._settle(line["clip"], line["attempt"], outcome)

    def _settle(self, clip: str, attempt: int, outcome: dict) -> None:
        draw, what = outcome["draw"], outcome["outcome"]
        (self.outcomes if outcome["settled"] else self.retried)[what] += 1
        if not self.detailed:
            return
        if not outcome["settled"]:
            self.attempts.setdefault(clip, {})[draw] = attempt + 1
            return
        self.settled.setdefault(clip, {})[draw] = what
        if what == VOTE and outcome.get("label"):
            self.labels.setdefault(clip, {})[draw] = outcome["label"]

    def missing(self, clips: list[str], votes: int) -> dict[int, dict[int, int]]:
        """For each clip, by place, in which something is settled or was tried: the draws still to make, and attempts so far."""
        left = {}
        for place, clip in enumerate(clips):
            done, tried = self.settled.get(clip), self.attempts.get(clip, {})
            if done or tried:
                left[place] = {d: tried.get(d, 0) for d in range(votes) if d not in (done or ())}
        return left


class Ledger:
    """The open account of a run: appends lines, each in one write."""

    def __init__(self, folder: Path, most_attempts: int):
        self.path = folder / FILE
        self.account = read(folder)
        self._most = most_attempts
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if self.path.stat().st_size and not self.path.read_bytes().endswith(b"\n"):
            os.write(self._file, b"\n")  # what a crash cut stays a line of its own
        self._calls = self.account.sent

    def send(self, call: Call, clip: str) -> int:
        """Note that a call is about to go out; its number."""
        self._calls += 1
        self._append(
            {"event": "sent", "call": self._calls, "clip": clip, "draws": list(call.draws), "attempt": call.attempt}
        )
        return self._calls

    def fail(self, number: int, why: str, detail: str = "") -> None:
        """Note that nothing usable came back."""
        self._append({"event": "failed", "call": number, "why": why, "detail": detail[:500]})

    def answer(self, number: int, call: Call, clip: str, **facts) -> None:
        """Note what a call came to; `facts` as in the module's account. What is no vote is asked again while attempts are left."""
        last = call.attempt + 1 >= self._most
        for found in facts["outcomes"]:
            found["settled"] = last or found["outcome"] in (VOTE, "unusable")
        facts["tokens"] = asdict(facts["tokens"])
        self._append(
            {"event": "answered", "call": number, "clip": clip, "draws": list(call.draws), "attempt": call.attempt}
            | {"persona": call.cell.persona, "temperature": call.cell.temperature}
            | facts
        )

    def _append(self, line: dict) -> None:
        os.write(self._file, (scrub(json.dumps(line, ensure_ascii=False)) + "\n").encode())
        self.account.take(line)

    def sync(self) -> None:
        """Have the disk keep what is written, against a power cut."""
        os.fsync(self._file)

    def close(self) -> None:
        """Sync and close."""
        self.sync()
        os.close(self._file)


def read(folder: Path) -> Account:
    """The account of the run in `folder`, from its whole lines; a line that is still being written is left for later."""
    account = Account()
    _add_lines(folder / FILE, 0, account)
    return account


_followed: dict[Path, tuple[int, Account]] = {}
_following = Lock()


def follow(folder: Path) -> Account:
    """The account without its single draws, kept up to date from one call to the next: only new lines are read."""
    path = folder / FILE
    with _following:
        offset, account = _followed.get(path, (0, Account(detailed=False)))
        if not path.exists() or path.stat().st_size < offset:
            offset, account = 0, Account(detailed=False)
        _followed[path] = _add_lines(path, offset, account), account
        return copy.deepcopy(account)


def _add_lines(path: Path, offset: int, account: Account) -> int:
    """Add the whole lines from `offset` on; the offset after them."""
    if not path.exists():
        return offset
    with path.open("rb") as file:
        file.seek(offset)
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            offset += len(raw)
            try:
                line = json.loads(raw)
            except ValueError:
                account.torn += 1
                continue
            account.take(line)
    return offset
