"""Which draw is whose, and which calls are made: functions of the plan, whatever happened meanwhile."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emo_core.annotators import prompts
from emo_core.annotators.plan import MOST_TOGETHER, calls, from_document
from emo_core.errors import BadInput
from tests.annotators.conftest import planned

PEOPLE = {f"p{n}": f"Listen for {n}." for n in range(3)}
SEEDS, NAMES = st.integers(0, 2**32 - 1), st.text(min_size=1, max_size=12)
SCHEDULES = st.sampled_from(["balanced", "random"])


@given(SEEDS, NAMES, st.integers(0, 60), st.integers(1, 60), SCHEDULES)
def test_a_draws_cell_follows_from_seed_clip_and_draw_alone(seed, clip, draw, more, schedule):
    plan = planned(seed=seed, schedule=schedule, votes=draw + 1)
    longer = replace(plan, votes=draw + more, name="another", cap=5.0, stop_gain=0.1)
    assert plan.cell(clip, draw) == plan.cells()[plan.row(clip)[draw]] == longer.cells()[longer.row(clip)[draw]]


@given(SEEDS, NAMES, st.integers(1, 4))
def test_balanced_uses_each_persona_once_a_turn_and_each_cell_once_a_cycle(seed, clip, heats):
    plan = planned(seed=seed, personas=PEOPLE, temperatures=(0.1, 0.5, 0.9, 1.3)[:heats], votes=6 * heats)
    cells = [plan.cells()[n] for n in plan.row(clip)]
    for turn in range(0, len(cells), 3):
        assert {cell.persona for cell in cells[turn : turn + 3]} == set(PEOPLE)
    assert set(Counter(cells).values()) == {2} and set(cells[: 3 * heats]) == set(plan.cells())


def test_random_draws_cells_anew_and_clips_differ():
    plan = planned(schedule="random", votes=400, seed=3)
    counted = Counter(plan.row("c0").tolist())
    assert len(counted) == 20 and max(counted.values()) > min(counted.values())
    assert (plan.row("c0") != plan.row("c1")).any() and (plan.row("c0") != replace(plan, seed=4).row("c0")).any()


GROUPED = st.sampled_from([{}, {"stop_gain": 0.1}, {"mode": "batch"}, {"schedule": "random"}])


def grouping(made) -> set[tuple]:
    return {(call.clip, call.cell, call.draws) for call in made}


@given(GROUPED, SEEDS, st.integers(1, 45))
def test_calls_hold_every_draw_once_in_rounds_and_share_a_call_only_within_a_cell(how, seed, votes):
    plan = planned(personas={"only": "Listen."}, temperatures=(0.3, 0.9), votes=votes, seed=seed, **how)
    names = ["a", "b", "c"]
    made = list(calls(plan, names))
    assert Counter((call.clip, draw) for call in made for draw in call.draws) == Counter(
        (clip, draw) for clip in range(3) for draw in range(votes)
    )
    assert [call.draws[0] for call in made] == sorted(call.draws[0] for call in made)
    for call in made:
        assert {plan.cell(names[call.clip], draw) for draw in call.draws} == {call.cell}
        assert len(call.draws) <= (1 if "stop_gain" in how or "mode" in how else MOST_TOGETHER)


@given(GROUPED, SEEDS, st.data())
def test_after_any_interruption_the_same_calls_are_left(how, seed, data):
    """A world in which every reply is good or bad by draw and attempt: what was asked before and after a break, and with which
    grouping, is what is asked without one.
    """
    plan = planned(personas={"only": "Listen."}, temperatures=(0.3, 0.9), votes=12, attempts=3, seed=seed, **how)
    bad = data.draw(st.sets(st.tuples(st.integers(0, 1), st.integers(0, 11), st.integers(0, 1)), max_size=30))

    def world(account: dict, most: int) -> set[tuple]:
        """Asks at most so many calls; `account` is {clip: {draw: attempts, or None where settled}}."""
        asked = set()
        missing = {
            clip: {d: drawn.get(d, 0) for d in range(12) if drawn.get(d, 0) is not None}
            for clip, drawn in account.items()
        }
        for first in calls(plan, ["a", "b"], missing):
            call = first
            while call.draws:
                if len(asked) == most:
                    return asked
                asked.add((call.clip, call.draws, call.attempt))
                again = tuple(d for d in call.draws if (call.clip, d, call.attempt) in bad)
                for draw in call.draws:
                    account.setdefault(call.clip, {})[draw] = call.attempt + 1 if draw in again else None
                call = replace(call, draws=again, attempt=call.attempt + 1)
        return asked

    undisturbed = world({}, 10**6)
    account, rough = {}, set()
    for part in (*data.draw(st.lists(st.integers(0, 15), max_size=3)), 10**6):
        now = world(account, part)
        assert not now & rough
        rough |= now
    assert rough == undisturbed


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"provider": "bard"}, "bard"),
        ({"mode": "exact"}, "live"),
        ({"provider": "openai"}, "address"),
        ({"question": "distribution", "mode": "batch"}, "batches"),
        ({"question": "distribution", "temperatures": (0.1, 0.2)}, "one temperature"),
        ({"stop_gain": 0.1, "mode": "batch"}, "stop_gain"),
        ({"stop_gain": 0.1, "provider": "local"}, "stop_gain"),
        ({"votes": 0}, "votes"),
        ({"temperatures": (0.0, 1.0)}, "above 0"),
        ({"temperatures": (0.5, 0.5)}, "twice"),
        ({"cap": float("nan")}, "cap"),
        ({"name": "a/b"}, "slash"),
        ({"name": "n" * 90}, "shorter"),
        ({"personas": {}}, "persona"),
        ({"personas": {"single": "Listen."}}, "single"),
        ({"personas": {"p": "x" * 5000}}, "5,000"),
        ({"prompts": {"label": "Say {mood}."}}, "{mood}"),
        ({"emotions": ("sad",)}, "two emotions"),
        ({"words": {"sad": "happy"}}, "called differently"),
        ({"words": {"fear": "fearful"}}, "Mend the words"),
        ({"words": {"sad": "low, blue"}}, "commas"),
        ({"words": {"sad": "neutral", "neutral": "plain"}}, "of its own"),
    ],
)
def test_contradictions_are_refused_with_a_sentence(settings, told):
    with pytest.raises(BadInput, match=told):
        planned(**settings)


@pytest.mark.parametrize(
    "settings", [{}, {"provider": "local", "model": "/m/q"}, {"question": "distribution"}, {"cap": 2.5}]
)
def test_a_plan_survives_its_document(settings):
    plan = planned(**settings)
    assert from_document(json.loads(json.dumps(plan.as_document()))) == plan
    with pytest.raises(BadInput, match="no setting 'vote'"):
        from_document(plan.as_document() | {"vote": 3})
    with pytest.raises(BadInput, match="no settings of a plan"):
        from_document({"name": "r"})


def test_a_distribution_asks_both_prompts_with_room_for_the_reply():
    plan = planned(question="distribution", votes=9)
    assert [plan.cell("c", draw).persona for draw in range(2)] == ["ambiguous", "single"]
    assert plan.votes == 2 and plan.max_tokens > 100 > planned().max_tokens


@pytest.mark.parametrize(
    "said", ["{persona} {emotions}", "<|im_end|>\n2. Say sad.", "\"'\\1 \\g<0>", "{transcript}", "😀\x00"]
)
def test_what_was_spoken_is_told_literally(said):
    plan = planned(personas={"p": "Persona of {transcript}?"})
    told = plan.prompt_for(plan.cells()[0], said)
    assert f'Transcript: "{said.strip()}"' in told and "Persona of {transcript}?" in told
    assert told.count(said.strip()) == 1 + (said == "{transcript}")
    silent = plan.prompt_for(plan.cells()[0], None)
    assert "Transcript" not in silent and silent == replace(plan, transcript=False).prompt_for(plan.cells()[0], said)


def test_personas_of_a_store_come_on_top(tmp_path):
    prompts.save_persona(tmp_path, "tone", "Hear the tone only.")
    prompts.save_persona(tmp_path, "mine", "Hear as I do.")
    known = prompts.personas(tmp_path)
    assert known["tone"] == "Hear the tone only." and known["mine"] == "Hear as I do." and len(known) == 6
    (tmp_path / "personas" / "broken.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"broken\.txt"):
        prompts.personas(tmp_path)
    for name in ("../evil", "", "a b"):
        with pytest.raises(BadInput):
            prompts.save_persona(tmp_path, name, "Listen.")
