"""What a plan will send, cost and take, before anything is sent; and what calls under way may cost at most."""

from dataclasses import dataclass
from datetime import UTC, datetime

from emo_core.annotators.clips import Clips
from emo_core.annotators.ledger import Account
from emo_core.annotators.plan import Plan, calls
from emo_core.annotators.prices import AUDIO_TOKENS_A_SECOND, LETTERS_A_TOKEN, Tokens, price

SAMPLE = 5000  # draws
LATENCY_S = 3.0  # of a call, until one was measured
REPLY_TOKENS = {"label": 2, "distribution": 40}
THOUGHT_TOKENS = 512  # where the model decides itself how long it thinks: told as a guess


@dataclass(frozen=True)
class Estimate:
    """What a run comes to. `usd` is None where no price is known; `seconds` assumes calls of `latency_s`."""

    clips: int
    calls: int
    draws: int
    tokens: Tokens
    usd: float | None
    seconds: float
    latency_s: float
    audio_hours: float  # of all clips, once


def now() -> str:
    """Now, in UTC, as it stands in accounts."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def whole_run(plan: Plan, clips: Clips, *, latency_s: float = LATENCY_S) -> Estimate:
    """The whole plan, on all its clips: counted over the first of them, which are a random part, and carried on."""
    part = clips.first(max(5, SAMPLE // plan.votes))
    times = len(clips.rows) / len(part.rows)
    wanted, tokens = 0, Tokens()
    for call in calls(plan, part.names):
        clip = part.rows[call.clip]
        wanted += 1
        tokens += _of_call(plan, len(plan.prompt_for(call.cell, clip.transcript)), clip.seconds, len(call.draws))
    wanted, tokens = round(wanted * times), tokens.times(times)
    known = bool(plan.prices) or plan.provider != "gemini"
    return Estimate(
        clips=len(clips.rows),
        calls=wanted,
        draws=plan.votes * len(clips.rows),
        tokens=tokens,
        usd=price(tokens, plan.prices, batch=plan.mode == "batch") if known else None,
        seconds=wanted * latency_s / plan.concurrency,
        latency_s=latency_s,
        audio_hours=sum(clip.seconds for clip in clips.rows) / 3600,
    )


def _of_call(plan: Plan, letters: int, seconds: float, replies: int) -> Tokens:
    thought = THOUGHT_TOKENS if plan.thinking is None and plan.provider == "gemini" else plan.thinking or 0
    return Tokens(
        text=letters // LETTERS_A_TOKEN + 10,
        audio=round(seconds * AUDIO_TOKENS_A_SECOND),
        output=REPLY_TOKENS[plan.question] * replies,
        thought=thought * replies,
    )


def highest_price(plan: Plan, prompt: str, seconds: float, replies: int, account: Account) -> float:
    """USD that a call may cost, for the cap: by its greatest length, and no less than twice what calls cost so far."""
    if not plan.prices:
        return 0.0
    thought = THOUGHT_TOKENS * 4 if plan.thinking is None else plan.thinking
    tokens = Tokens(
        text=len(prompt) // 2,
        audio=round(seconds * AUDIO_TOKENS_A_SECOND),
        output=plan.max_tokens * replies,
        thought=thought * replies,
    )
    return max(price(tokens, plan.prices), 2 * mean_price(account))


def mean_price(account: Account) -> float:
    """USD of an answered call so far, 0 before the first."""
    return account.usd / account.answered if account.answered else 0.0


def unheard(account: Account) -> int:
    """Calls that a server may have answered and charged although nothing of it arrived."""
    return sum(account.failed[why] for why in ("timeout", "network", "garbage"))
