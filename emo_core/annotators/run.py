"""The work of a run, in a process of its own: `python -m emo_core.annotators.run FOLDER`, begun by `emo_core.jobs`.

The folder holds `plan.json`, `clips.parquet` and, for a trial, `trial.json`; what is settled stands in `calls.jsonl`. Begun again
it goes on with what is missing.
"""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

from emo_core.annotators import clips as heard
from emo_core.annotators import plan as plans
from emo_core.annotators.ledger import VOTE, Ledger
from emo_core.annotators.plan import KEYS, Plan
from emo_core.annotators.providers import Hopeless, Provider
from emo_core.jobs.worker import Reporter, Stopped, carry_out

PLAN, TRIAL = "plan.json", "trial.json"


def work(folder: Path, reporter: Reporter) -> None:
    """Settle what is missing. Raises Stopped, WorkbenchError."""
    plan = plans.from_document(json.loads((folder / PLAN).read_text(encoding="utf-8")))
    clips = heard.read(folder)
    trial = folder / TRIAL
    if trial.exists():
        clips = clips.first(json.loads(trial.read_text())["clips"])
    ledger = Ledger(folder, plan.attempts)
    try:
        ended = _carry_out(plan, clips, ledger, reporter)
    finally:
        ledger.close()
    if ended == "stopped":
        raise Stopped
    account = ledger.account
    missing = plan.votes * len(clips.rows) - account.done
    if ended == "complete" and trial.exists():
        ended = "trial"
    reporter.finish(
        {
            "ended": ended, "votes": account.outcomes[VOTE], "missing": missing, "outcomes": dict(account.outcomes),
            "usd": account.usd, "tokens": asdict(account.tokens),
        }
    )  # fmt: skip


def _carry_out(plan: Plan, clips: heard.Clips, ledger: Ledger, reporter: Reporter) -> str:
    """Why it ended: complete, stopped, cap or saturated. What is heavy is loaded here, for what is asked alone."""
    if plan.provider == "local":
        from emo_core.annotators import local

        return local.run(plan, clips, ledger, reporter)
    if plan.mode == "batch":
        from emo_core.annotators import batches

        return batches.run(plan, clips, ledger, reporter, _key(plan))
    from emo_core.annotators.asking import Asking

    return asyncio.run(Asking(plan, clips, _provider(plan), ledger, reporter).run())


def _provider(plan: Plan) -> Provider:
    if plan.provider == "gemini":
        from emo_core.annotators.providers.gemini import Gemini

        return Gemini(plan, _key(plan))
    from emo_core.annotators.providers.openai_compatible import OpenAICompatible

    return OpenAICompatible(plan, os.environ.get("OPENAI_API_KEY", "none"))


def _key(plan: Plan) -> str:
    """The key of the plan's provider. Raises Hopeless where there is none."""
    for name in KEYS[plan.provider]:
        if value := os.environ.get(name, "").strip():
            return value
    raise Hopeless(
        f"There is no key for {plan.provider}. Set {KEYS[plan.provider][0]} in the environment in which the app or the command "
        "is started, or in .streamlit/secrets.toml, and resume the job."
    )


if __name__ == "__main__":
    carry_out(work)
