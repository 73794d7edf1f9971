"""Votes and distributions of a tiny model on this machine."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from emo_core.annotators import account_rows, control, run
from emo_core.annotators import clips as heard
from emo_core.annotators.clips import Clips
from emo_core.annotators.ledger import Account, Ledger
from emo_core.annotators.local import Local
from emo_core.annotators.plan import Plan
from emo_core.errors import BadInput
from emo_core.jobs import files
from emo_core.jobs.worker import Reporter
from emo_core.models.backbone import Backbone
from tests.annotators.conftest import clips_in, planned, write_sound
from tests.annotators.test_asking import lines
from tests.models.teaching import teach
from tests.models.tiny import make_tiny, save
from tests.rounding import float32_bound, roundings_of

PEOPLE = {"voice": "Listen to the voice.", "weigh": "Weigh the words."}
TEMPLATE = "Which emotion? {persona} {transcript} Answer happy, sad or neutral."
MIXTURE = {"happy": 0.4, "sad": 0.2, "neutral": 0.2, "Sad or not": 0.2}


def local_plan(**settings) -> Plan:
    usual = {
        "provider": "local", "model": "tiny", "prices": {}, "thinking": None, "emotions": ("happy", "neutral", "sad"),
        "personas": PEOPLE, "prompts": {"label": TEMPLATE}, "temperatures": (0.5, 1.0), "max_tokens": 8,
    }  # fmt: skip
    return planned(**(usual | settings))


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Clips:
    """Four clips that are heard, one of 31 s, and one whose words hold a control token."""
    root = tmp_path_factory.mktemp("sound")
    found = clips_in(root, 6, seconds=0.5)
    write_sound(root / "4.wav", seconds=31.0)
    found.rows[5] = replace(found.rows[5], transcript="Well.<|im_end|>")
    return found


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """A model's folder."""
    return save(*make_tiny(), tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def backbone(weights, clips) -> Backbone:
    """A model that answers the first four clips by `MIXTURE`, roughly."""
    backbone = Backbone.load(weights, device="cpu")
    plan = local_plan()
    taught = clips.rows[:4]
    told = [[plan.prompt_for(cell, row.transcript) for cell in plan.cells()[::2]] for row in taught]
    teach(backbone, [row.samples() for row in taught], told, [[MIXTURE] * 2] * 4, steps=60)
    return backbone


class Stopping(Reporter):
    """Wants the run to stop after so many answers."""

    most = 10**9
    stopping = property(lambda self: len(lines(self.folder)) >= self.most)


def carry_out(plan: Plan, clips: Clips, folder: Path, backbone: Backbone, most: int = 10**9) -> tuple[str, Account]:
    folder.mkdir(exist_ok=True)
    ledger, reporter = Ledger(folder, plan.attempts), Stopping(folder)
    reporter.most = most
    try:
        return Local(plan, clips, ledger, reporter, backbone).run(), ledger.account
    finally:
        reporter.close()
        ledger.close()


def drawn(folder: Path) -> list[tuple]:
    told = [line for line in lines(folder) if line["event"] == "answered"]
    return sorted((line["clip"], o["draw"], line["persona"], line["temperature"], line["attempt"], o["outcome"], o["label"], o["reply"])
                  for line in told for o in line["outcomes"] if o["settled"])  # fmt: skip


def test_exact_votes_follow_the_chances_that_are_kept(tmp_path, clips, backbone):
    plan = local_plan(votes=800)
    ended, account = carry_out(plan, clips, tmp_path / "1", backbone)
    assert ended == "complete" and account.outcomes == {"vote": 3200, "unusable": 1600}
    assert (account.sent, account.answered, account.lost, account.usd) == (0, 0, 0, 0)
    votes, readings, _ = account_rows.read(tmp_path / "1", 0, 10**9)
    kept = {(clip, rater): np.array(values) for clip, prompt, rater, values, _ in readings if prompt == "label"}
    assert len(kept) == len(readings) == 4 * 4
    for (clip, rater), chances in kept.items():
        mine = [row[2] for row in votes if row[0] == clip and row[3] == rater]
        assert len(mine) == 200 and 0.2 < chances.sum() <= 1 + 1e-9
        counts = np.array([mine.count(label) for label in plan.emotions])
        assert chisquare(counts, 200 * chances / chances.sum()).pvalue > 1e-4
    told = {o["reply"] for line in lines(tmp_path / "1") for o in line["outcomes"] if o["outcome"] == "unusable"}
    assert any("30 s" in reply for reply in told) and any("<|im_end|>" in reply for reply in told)


@pytest.mark.parametrize("how", [{"mode": "exact"}, {"mode": "sampled", "attempts": 2}])
def test_resumed_or_in_another_order_it_is_the_same_panel(tmp_path, clips, backbone, how):
    plan = local_plan(votes=6, concurrency=2, **how)
    calm = carry_out(plan, clips, tmp_path / "1", backbone)[1]
    for most in (3, 9):
        assert carry_out(plan, clips, tmp_path / "2", backbone, most)[0] == "stopped"
    assert carry_out(plan, clips, tmp_path / "2", backbone)[0] == "complete"
    turned = Clips(clips.rows[::-1], clips.reference[::-1])
    carry_out(replace(plan, concurrency=3), turned, tmp_path / "3", backbone)
    assert drawn(tmp_path / "1") == drawn(tmp_path / "2") == drawn(tmp_path / "3") and calm.done == 36


def test_killed_between_two_lines_of_a_clip_its_chances_are_kept_once(tmp_path, clips, backbone):
    plan = local_plan(votes=8)
    carry_out(plan, clips, tmp_path / "1", backbone)
    whole = account_rows.read(tmp_path / "1", 0, 10**9)
    (tmp_path / "2").mkdir()
    cut = (tmp_path / "1" / "calls.jsonl").read_bytes().splitlines(keepends=True)
    first = next(n for n, line in enumerate(cut) if b'"vote"' in line)
    (tmp_path / "2" / "calls.jsonl").write_bytes(b"".join(cut[: first + 1]))
    carry_out(plan, clips, tmp_path / "2", backbone)
    again = account_rows.read(tmp_path / "2", 0, 10**9)
    assert sorted(row[:4] for row in again[0]) == sorted(row[:4] for row in whole[0])
    assert [row[:3] for row in again[1]] == [row[:3] for row in whole[1]]
    chances = [
        row[3] for row in whole[1]
    ]  # above 0: as far off, relatively, as their logarithms, which rest on rounded logits
    bound = float32_bound(roundings_of(backbone.model), np.log(chances))
    np.testing.assert_allclose([row[3] for row in again[1]], chances, atol=0, rtol=bound)


def test_sampled_votes_are_replies_and_what_is_none_is_counted(tmp_path, clips, backbone):
    plan = local_plan(mode="sampled", votes=12, attempts=2)
    ended, account = carry_out(plan, clips.first(4), tmp_path / "1", backbone)
    assert (
        ended == "complete" and account.done == 48 and account.outcomes["vote"] > 20 and account.retried["invalid"] > 0
    )
    told = [(line, o) for line in lines(tmp_path / "1") for o in line["outcomes"]]
    assert all(o["reply"].lower().strip(".") == o["label"] for _, o in told if o["outcome"] == "vote")
    assert {o["reply"] for _, o in told if o["outcome"] == "invalid"} >= {"Sad or not"}
    assert len({line["seed"] for line, _ in told}) == len(told)
    short = carry_out(replace(plan, max_tokens=1, attempts=1), clips.first(1), tmp_path / "2", backbone)[1]
    assert set(short.outcomes) == {"truncated"}


def test_a_distribution_keeps_reply_and_readings_of_both_prompts(tmp_path, clips, backbone):
    plan = local_plan(question="distribution", prompts={}, temperatures=(), concurrency=3)
    ended, account = carry_out(plan, clips, tmp_path / "1", backbone)
    assert ended == "complete" and account.done == 12 and account.outcomes["unusable"] == 2  # no words are told
    votes, readings, _ = account_rows.read(tmp_path / "1", 0, 10**9)
    assert not votes
    texts = [row for row in readings if row[2] == "text"]
    logits = [row for row in readings if row[2] == "all/averaged"]
    assert (
        len(logits) == 10
        and all(len(row[3]) == 3 for row in logits)
        and {row[1] for row in logits} == {"ambiguous", "single"}
    )
    assert len(texts) == 12 and len({row[:3] for row in readings}) == len(readings)


def test_the_work_of_a_job_from_its_folder(tmp_path, weights, clips):
    folder = tmp_path / "1"
    folder.mkdir()
    plan = local_plan(model=str(weights), votes=2)
    files.write_json(folder / run.PLAN, plan.as_document())
    columns = {name: [getattr(row, name) for row in clips.rows] for name in vars(clips.rows[0])}
    heard.write(folder, columns | {"reference": clips.reference.tolist()})
    reporter = Reporter(folder)
    run.work(folder, reporter)
    reporter.close()
    result = files.read_json(folder / files.RESULT)
    assert (result["ended"], result["outcomes"], result["missing"]) == ("complete", {"vote": 8, "unusable": 4}, 0)
    assert {line["model"] for line in lines(folder)} == {Backbone.load(weights, device="cpu").version}


def test_weights_that_are_not_there_are_told_when_planning(heard_store, tmp_path):
    settings = {"name": "r", "study": "one", "provider": "local"}
    with pytest.raises(BadInput, match=r"config\.json is missing"):
        control.draft(heard_store, settings | {"model": str(tmp_path)})
    with pytest.raises(BadInput, match="nobody/nothing"):
        control.draft(heard_store, settings | {"model": "nobody/nothing"})
