"""The monitor of a campaign: what was planted is what it says, and what cannot be known is None with a reason."""

import json
import math
import random
import shutil
from collections import Counter
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from emo_core import science
from emo_core.charts import labelling as charts
from emo_core.errors import BadInput, UnknownName
from emo_core.labelling import desk as desk_module
from emo_core.labelling import making
from emo_core.labelling.campaign import Campaign, Form
from emo_core.labelling.monitor import adjudicate, monitor
from emo_core.labelling.office import Office, office
from emo_core.records import Reading, Study
from emo_core.store import Database, answering, campaigns, corpora, studies
from tests.conftest import EMOTIONS, copied
from tests.labelling.conftest import Browser, corpus_with_sound, open_desk, refresh_all, rows, statistics

CLIPS = 80
ABOUT_PEOPLE = ("agreement", "expected", "drift")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Statistics do not follow by themselves: nobody looks at them, and the store is closed soon."""
    monkeypatch.setattr(Office, "refresh_soon", lambda office: None)


def truth(clip: str) -> str:
    return EMOTIONS[int(clip[4:]) % 4]


def old_votes(clips: int = CLIPS) -> list[tuple[str, str, str]]:
    """(clip, rater, emotion): four listeners who hear the truth, but that the fourth hears something else on two clips of three."""
    found = []
    for i in range(clips):
        clip = f"clip{i:03}"
        last = truth(clip) if i % 3 == 0 else EMOTIONS[(i + 1 + i % 2) % 4]
        found += [(clip, f"old{k}", truth(clip)) for k in range(3)] + [(clip, "old3", last)]
    return found


def add_corpus(store, name="plain", clips: int = CLIPS) -> None:
    votes = pd.DataFrame(old_votes(clips), columns=["clip", "rater", "label"]).assign(panel="human")
    folder = store.folder.parent / "sound"
    sounds = corpus_with_sound(folder, clips).clips
    corpora.add_corpus(store, name, Reading("test", "a test", sounds, votes, audio_root=folder, simulated=True))


def add_plain(store) -> None:
    add_corpus(store)
    studies.add_study(store, Study("plain", "plain", "human", None, EMOTIONS, rule="drop_outside"))


@pytest.fixture
def plain(prepared, tmp_path):
    """A store with a corpus of which the truth is known, and a study, both `plain`."""
    database = Database(copied(prepared("plain", add_plain), tmp_path / "store"))
    yield database
    database.close()


def open_campaign(store, *raters: str, **settings):
    """The desk, that of the office, of a campaign `round`."""
    open_desk(store, *raters, **{"study": "plain"} | settings)
    return office(store).desk(campaigns.find_campaign(store, settings.get("name", "round"))["campaign_id"])


def name_of(desk, item: int) -> str:
    return desk.item(item).clip


def label(desk, person: str, hear, *, seconds=3.0, gap=4.0, ago=3600.0, most=10_000) -> dict:
    """Let a rater answer all that comes; hear(clip, turn) → emotion or parts of an answer. {(item, turn): what they said}."""
    browser, said = Browser(desk, person, session=desk.campaign.name), {}
    browser.sync(24)
    while browser.have and len(said) < most:
        for turn in list(browser.have)[: most - len(said)]:
            heard = hear(name_of(desk, turn[0]), turn[1])
            parts = heard if isinstance(heard, dict) else {"emotion": heard}
            event = browser.note("answer", turn, answer=parts)
            event |= {"seconds": seconds, "age_ms": (ago - gap * len(said)) * 1000}
            said[turn] = heard
        browser.sync(24)
    return said


def of(document: dict, name: str) -> dict:
    return next(rater for rater in document["raters"] if rater["rater"] == name)


def labelled(desk, said: dict) -> dict[str, str]:
    """{clip: emotion} of first hearings of labelled clips, in the order in which they were answered."""
    return {name_of(desk, item): heard for (item, turn), heard in said.items() if not turn and desk.queue.label[item]}


def assert_plain(document: dict) -> None:
    """JSON holds it, without NaN."""
    assert json.loads(json.dumps(document, allow_nan=False)) == document


# ---- planted raters ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labelled_once(tmp_path_factory):
    """A closed store whose campaign has a good, a careless and a drifting rater, and what each said."""
    store = Database(tmp_path_factory.mktemp("three") / "store")
    add_plain(store)
    rng, heard = random.Random(3), []

    def drift(clip, turn):
        heard.append(clip)
        return truth(clip) if len(heard) <= 50 else rng.choice(EMOTIONS)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Office, "refresh_soon", lambda office: None)
        desk = open_campaign(store, "Good", "Careless", "Drifting", gold=8, gold_every=5, repeats=0.3, repeat_after=5)
        said = {
            "Good": label(desk, "Good", lambda clip, turn: truth(clip)),
            "Careless": label(desk, "Careless", lambda clip, turn: rng.choice(EMOTIONS), seconds=0.5, gap=0.5),
            "Drifting": label(desk, "Drifting", drift, seconds=2.5, gap=6.0),
        }
    store.close()
    return store.folder, said


@pytest.fixture
def three(labelled_once, tmp_path):
    """A copy of that store, its desk, what each rater said and what the monitor says."""
    folder, said = labelled_once
    store = Database(shutil.copytree(folder, tmp_path / "store"))
    desk = office(store).desk(campaigns.find_campaign(store, "round")["campaign_id"])
    yield SimpleNamespace(store=store, desk=desk, said=said, found=monitor(store, "round"))
    store.close()


def test_planted_raters_are_told_apart(three):
    good, careless, drifting = (of(three.found, name) for name in ("Good", "Careless", "Drifting"))
    assert good["agreement"]["low"] > careless["agreement"]["high"]
    assert good["agreement"]["low"] < good["agreement"]["value"] < good["agreement"]["high"]
    assert careless["agreement"]["high"] < careless["expected"] < good["agreement"]["value"]
    assert (good["fast"], careless["fast"], drifting["fast"]) == (0, careless["answers"], 0)
    assert [rater["seconds_median"] for rater in (good, careless, drifting)] == [3.0, 0.5, 2.5]
    assert drifting["drift"]["high"] < -0.15 and drifting["drift"]["first"] > drifting["drift"]["second"] + 0.3
    assert good["drift"]["low"] < 0 < good["drift"]["high"]
    difference = drifting["drift"]["second"] - drifting["drift"]["first"]
    assert drifting["drift"]["difference"] == pytest.approx(difference)
    rates = [rater["clips_per_hour"] for rater in (good, careless, drifting)]
    np.testing.assert_allclose(rates, [900, 7200, 600], rtol=0.02)
    assert [rater["rater"] for rater in three.found["raters"]] == ["Good", "Careless", "Drifting"]
    assert_plain(three.found)


def test_gold_and_repeats_are_as_planted(three):
    for name, said in three.said.items():
        golds = [(item, heard) for (item, _), heard in said.items() if not three.desk.queue.label[item]]
        right = sum(heard == truth(name_of(three.desk, item)) for item, heard in golds)
        low, high = science.wilson_interval(np.array([right]), np.array([8]))
        assert of(three.found, name)["gold"] == {"right": right, "of": 8, "low": low[0], "high": high[0]}
        again = [(heard, said[item, 0]) for (item, turn), heard in said.items() if turn]
        repeats = of(three.found, name)["repeats"]
        assert (repeats["same"], repeats["of"]) == (sum(one == other for one, other in again), len(again))
        assert len(again) > 5 and of(three.found, name)["corrections"] == 0
    assert of(three.found, "Good")["gold"]["right"] == 8 and of(three.found, "Good")["repeats"]["high"] == 1.0


def others_of(desk, saids: dict, clip: str, name: str) -> list[str]:
    old = [emotion for other, _, emotion in old_votes() if other == clip]
    return old + [labelled(desk, said)[clip] for rater, said in saids.items() if rater != name]


def test_agreement_is_the_mean_share_of_the_others(three):
    for name, said in three.said.items():
        same, pairs = [], []
        for clip, heard in labelled(three.desk, said).items():
            others = others_of(three.desk, three.said, clip, name)
            same.append(sum(other == heard for other in others) / len(others))
            couples = list(permutations(others, 2))
            pairs.append(sum(a == b for a, b in couples) / len(couples))
        found, half = of(three.found, name), len(same) // 2
        assert found["agreement"]["value"] == pytest.approx(sum(same) / len(same), rel=1e-12)
        assert found["expected"] == pytest.approx(sum(pairs) / len(pairs), rel=1e-12)
        assert found["agreement"]["clips"] == found["drift"]["clips"] == found["answers"] == CLIPS - 8
        assert found["drift"]["first"] == pytest.approx(sum(same[:half]) / half)
        assert found["drift"]["second"] == pytest.approx(sum(same[half:]) / (len(same) - half))
        alone = science.mean_interval(np.array(same), seed=0).interval
        assert found["agreement"]["low"] == pytest.approx(alone.low, abs=0.02)
        assert found["agreement"]["high"] == pytest.approx(alone.high, abs=0.02)


def alpha_of(answers: list[list[str]]) -> float:
    """Krippendorff's alpha from lists of the answers on a clip, by its definition over pairs."""
    answers = [each for each in answers if len(each) >= 2]
    every = [emotion for each in answers for emotion in each]
    observed = sum(sum(a != b for a, b in permutations(each, 2)) / (len(each) - 1) for each in answers) / len(every)
    counts = Counter(every)
    expected = sum(counts[a] * counts[b] for a in counts for b in counts if a != b) / len(every) / (len(every) - 1)
    return 1 - observed / expected


def test_alpha_is_of_the_campaigns_own_raters(three):
    heard = [labelled(three.desk, said) for said in three.said.values()]
    answers = [[one[clip] for one in heard] for clip in heard[0]]
    found = three.found["agreement"]
    assert found["krippendorff_alpha"]["value"] == pytest.approx(alpha_of(answers))
    pairs = [sum(a == b for a, b in permutations(each, 2)) / 6 for each in answers]
    assert found["percent_agreement"]["value"] == pytest.approx(sum(pairs) / len(pairs))
    assert found["clips"] == CLIPS - 8 and found["raters"] == 3
    assert (
        found["krippendorff_alpha"]["low"] < found["krippendorff_alpha"]["value"] < found["krippendorff_alpha"]["high"]
    )


def test_a_retired_rater_leaves_alpha_the_others_and_the_slots_but_stays_in_view(three):
    number = three.desk.number
    answering.retire(three.store, number, "Careless", retired=True, reason="half a second each")
    office(three.store).reload()
    found = monitor(three.store, "round")
    heard = [labelled(three.desk, three.said[name]) for name in ("Good", "Drifting")]
    alpha = found["agreement"]["krippendorff_alpha"]["value"]
    assert alpha == pytest.approx(alpha_of([[one[clip] for one in heard] for clip in heard[0]]))
    assert alpha > three.found["agreement"]["krippendorff_alpha"]["value"] and found["agreement"]["raters"] == 2
    careless, good = of(found, "Careless"), of(found, "Good")
    assert careless["retired"] == "half a second each" and good["retired"] is None
    assert careless["agreement"] == of(three.found, "Careless")["agreement"]
    assert good["agreement"]["value"] > of(three.found, "Good")["agreement"]["value"]
    assert not careless["active"] and careless["left"] == 0 and careless["gold"]["of"] == 8
    n = CLIPS - 8
    assert (found["answers"], found["filled"], found["beyond"], found["set_aside"]) == (3 * n, 2 * n, 0, n)
    answering.retire(three.store, number, "Careless", retired=False, reason="")
    office(three.store).reload()
    assert monitor(three.store, "round") == three.found


def test_conflicts_come_by_entropy(three):
    found = three.found["conflicts"]
    counted = {}
    for clip in labelled(three.desk, three.said["Good"]):
        votes = Counter(others_of(three.desk, three.said, clip, ""))
        shares = [n / votes.total() for n in votes.values()]
        counted[clip] = votes, -sum(share * math.log2(share) for share in shares)
    for row in found:
        votes, entropy = counted[row["clip"]]
        assert row["votes"] == votes and row["entropy"] == pytest.approx(entropy)
        assert row["corpus"] == "plain" and row["adjudicated"] is None and row["flags"] == {}
        assert name_of(three.desk, row["item"]) == row["clip"]
        assert list(row["votes"].values()) == sorted(row["votes"].values(), reverse=True)
    assert [row["entropy"] for row in found] == sorted((row["entropy"] for row in found), reverse=True)
    assert len(found) == sum(len(votes) > 1 for votes, _ in counted.values()) > 20


# ---- little or nothing -------------------------------------------------------------------------------------------------------


def test_a_campaign_without_raters(plain):
    open_campaign(plain)
    found = monitor(plain, "round")
    assert_plain(found)
    assert found["raters"] == [] and found["timeline"] == {"from": [], "answers": [], "rater": []}
    assert (found["clips"], found["slots"], found["filled"], found["answers"], found["hours_left"]) == (
        80,
        240,
        0,
        0,
        None,
    )
    assert found["agreement"]["krippendorff_alpha"]["value"] is None
    assert "no pair" in found["agreement"]["krippendorff_alpha"]["reason"]
    assert found["conflicts"] and not found["closed"]
    with pytest.raises(UnknownName, match="round"):
        monitor(plain, "another")


def test_a_rater_without_answers_and_without_gold(plain):
    open_campaign(plain, "Ana")
    ana = of(monitor(plain, "round"), "Ana")
    assert ana["agreement"]["value"] is None and "nobody else" in ana["agreement"]["reason"]
    assert ana["expected"] is None and ana["expected_reason"]
    assert ana["gold"] == {"right": 0, "of": 0, "low": None, "high": None}
    assert ana["repeats"] == {"same": 0, "of": 0, "low": None, "high": None}
    assert {ana[name] for name in ("seconds_median", "seconds_low", "clips_per_hour", "hours_left", "latest_at")} == {
        None
    }
    assert (ana["answers"], ana["left"], ana["active"], ana["hours_active"]) == (0, 80, False, 0)


def bare(store, *raters: str, clips: int = 12, form: Form | None = None, **settings):
    """A campaign on a corpus whose clips have no votes for the panel yet."""
    folder = store.folder.parent / "sound"
    reading = corpus_with_sound(folder, clips)
    votes = reading.votes[reading.votes.panel != "human"]
    corpora.add_corpus(
        store, "bare", Reading("test", "a test", reading.clips, votes, audio_root=folder, simulated=True)
    )
    return open_campaign(store, *raters, study="", corpus="bare", form=form or Form(emotions=EMOTIONS), **settings)


def test_one_rater_alone_agrees_with_nobody(store):
    desk = bare(store, "Ana")
    label(desk, "Ana", lambda clip, turn: "sad")
    found = monitor(store, "round")
    ana = of(found, "Ana")
    assert_plain(found)
    assert ana["agreement"] == {
        "value": None,
        "low": None,
        "high": None,
        "clips": 0,
        "reason": ana["agreement"]["reason"],
    }
    assert "nobody else" in ana["agreement"]["reason"] and ana["drift"]["difference"] is None
    assert found["agreement"]["clips"] == 0 and found["agreement"]["percent_agreement"]["value"] is None
    assert found["conflicts"] == [] and found["study"] is None and found["corpus"] == "bare"
    assert ana["answers"] == 12 and ana["left"] == 0 and ana["hours_left"] == 0.0


def test_two_who_always_say_the_same_show_no_agreement_beyond_chance(store):
    desk = bare(store, "Ana", "Bo", overlap=2)
    for person in ("Ana", "Bo"):
        label(desk, person, lambda clip, turn: "sad")
    found = monitor(store, "round")
    alpha = found["agreement"]["krippendorff_alpha"]
    assert alpha["value"] is alpha["low"] is None and "same emotion" in alpha["reason"]
    assert found["agreement"]["percent_agreement"]["value"] == 1.0
    ana = of(found, "Ana")
    assert ana["agreement"]["value"] == 1.0 and ana["expected"] is None and "two votes" in ana["expected_reason"]
    assert ana["drift"]["clips"] == 12 and ana["drift"]["first"] is None and "fewer than 20" in ana["drift"]["reason"]
    assert found["conflicts"] == [] and found["hours_left"] == 0.0


def test_few_clips_have_a_value_and_no_interval(store):
    desk = bare(store, "Ana", "Bo", clips=2, overlap=2)
    label(desk, "Ana", lambda clip, turn: "sad")
    label(desk, "Bo", lambda clip, turn: "sad" if clip == "clip000" else "anger")
    agreement = of(monitor(store, "round"), "Ana")["agreement"]
    assert agreement["value"] == 0.5 and agreement["low"] is None and "fewer than 5" in agreement["reason"]


def test_scales_alone_leave_all_that_is_about_emotions_undefined(store):
    form = Form(question="none", scales=("valence",), points=5)
    desk = bare(store, "Ana", "Bo", form=form, overlap=2, repeats=0.5, repeat_after=2)
    for person in ("Ana", "Bo"):
        label(desk, person, lambda clip, turn: {"valence": 2})
    found = monitor(store, "round")
    assert_plain(found)
    ana = of(found, "Ana")
    assert (found["answers"], found["filled"], ana["answers"]) == (24, 24, 12)
    assert ana["agreement"]["value"] is None and ana["repeats"]["of"] == 0
    assert found["agreement"]["krippendorff_alpha"]["value"] is None


# ---- events ------------------------------------------------------------------------------------------------------------------


def test_flags_skips_and_corrections(plain):
    desk = open_campaign(plain, "Ana")
    ana = Browser(desk, "Ana")
    ana.sync(10)
    a, b, c, d, e, f, g, h, i, _ = list(ana.have)
    ana.answer(a, flags=["bad_audio", "not_speech"])
    ana.note("answer", b, answer={"flags": ["bad_audio"]})
    ana.note("skip", c, reason="no sound")
    ana.answer(d)
    ana.answer(d, "anger")  # a correction
    ana.answer(e)
    ana.note("retract", e)  # another
    ana.note("postpone", f)  # none
    ana.answer(f)
    ana.answer(g)["seconds"] = None
    ana.answer(h)["seconds"] = 1.0
    ana.answer(i)["seconds"] = 0.99
    ana.sync()
    found = monitor(plain, "round")
    one = of(found, "Ana")
    assert (found["answers"], found["skipped"], found["flagged"]) == (7, 1, 2)
    assert found["flags"] == {"bad_audio": 2, "not_speech": 1}
    assert (one["answers"], one["skipped"], one["corrections"], one["agreement"]["clips"]) == (7, 1, 2, 6)
    assert one["seconds_median"] == 1.5 and one["fast"] == 1 and one["left"] == 80 - 8
    flagged = {row["item"]: row["flags"] for row in found["conflicts"] if row["flags"]}
    assert flagged.items() <= {a[0]: {"bad_audio": 1, "not_speech": 1}, b[0]: {"bad_audio": 1}}.items()
    assert_plain(found)


def test_answers_past_the_overlap_fill_no_slot(plain, monkeypatch):
    clock = SimpleNamespace(now=2e9)
    monkeypatch.setattr(desk_module, "time", SimpleNamespace(time=lambda: clock.now))
    desk = open_campaign(plain, "Ana", "Bo", overlap=1)
    ana = Browser(desk, "Ana")
    ana.sync(24)
    clock.now += 10_000
    label(desk, "Bo", lambda clip, turn: "sad")
    for turn in list(ana.have):
        ana.answer(turn)
    ana.sync()
    found = monitor(plain, "round")
    assert (found["slots"], found["filled"], found["beyond"], found["answers"]) == (80, 80, 24, 104)
    assert found["hours_left"] == 0.0


def test_pace_leaves_pauses_out_and_hours_follow(plain):
    desk = open_campaign(plain, "Ana", "Bo", overlap=2)
    browser = Browser(desk, "Ana")
    browser.sync(7)
    ages = [5000, 4990, 4980, 4970, 1030, 1000, 990]
    for place, (turn, age) in enumerate(zip(list(browser.have), ages)):
        browser.answer(turn)["age_ms"] = age * 1000
        browser.sync()
        rate = of(monitor(plain, "round"), "Ana")["clips_per_hour"]
        assert rate is None if place < 3 else rate == pytest.approx(360, rel=0.1)
    label(desk, "Bo", lambda clip, turn: "sad", gap=10, most=40)
    found = monitor(plain, "round")
    ana, bo = of(found, "Ana"), of(found, "Bo")
    assert ana["hours_active"] == pytest.approx(70 / 3600, rel=0.15)  # a busy machine adds its own seconds
    assert ana["hours_left"] == ana["left"] / ana["clips_per_hour"] and ana["left"] == 73
    assert found["hours_left"] == pytest.approx((160 - 47) / (ana["clips_per_hour"] + bo["clips_per_hour"]))
    campaigns.close_campaign(plain, desk.number, closed=True)
    assert monitor(plain, "round")["hours_left"] is None and monitor(plain, "round")["closed"]


def test_the_pace_is_of_the_latest_answers(store):
    desk = bare(store, "Ana", clips=120)
    label(desk, "Ana", lambda clip, turn: "sad", gap=30, ago=8000, most=66)
    browser = Browser(desk, "Ana", "later")
    browser.sync(24)
    for k in range(51):
        browser.answer(browser.have[0])["age_ms"] = (1000 - 3 * k) * 1000
        browser.sync(24)
    assert of(monitor(store, "round"), "Ana")["clips_per_hour"] == pytest.approx(1200, rel=0.15)


def test_who_has_been_away_for_a_day_is_not_counted_on(plain):
    desk = open_campaign(plain, "Ana")
    label(desk, "Ana", lambda clip, turn: "sad", ago=90_000, most=20)
    found = monitor(plain, "round")
    assert not of(found, "Ana")["active"] and of(found, "Ana")["clips_per_hour"] and found["hours_left"] is None


@pytest.mark.parametrize(("gap", "unit", "bars"), [(600, "hour", range(13, 16)), (7200, "day", range(6, 9))])
def test_the_timeline_goes_by_hours_and_when_long_by_days(plain, gap, unit, bars):
    desk = open_campaign(plain, "Ana", "Bo")
    label(desk, "Ana", lambda clip, turn: "sad", gap=gap, ago=gap * 80)
    label(desk, "Bo", lambda clip, turn: "sad", most=3)
    found = monitor(plain, "round")
    timeline = found["timeline"]
    assert found["timeline_unit"] == unit and timeline["from"] == sorted(timeline["from"])
    assert len([rater for rater in timeline["rater"] if rater == "Ana"]) in bars
    for rater, n in (("Ana", 80), ("Bo", 3)):
        assert sum(number for number, who in zip(timeline["answers"], timeline["rater"]) if who == rater) == n
    assert all(start.endswith(":00:00") for start in timeline["from"])
    assert ("day (UTC)" if unit == "day" else "hour (UTC)") == charts.pace(timeline).layout.xaxis.title.text


def test_shares_and_grades_are_compared_by_their_strongest_emotion(plain):
    form = Form(question="soft", emotions=EMOTIONS, listeners=10)
    desk = open_campaign(plain, "Ana", form=form, gold=4, gold_every=5, repeats=0.5, repeat_after=3)

    def hear(clip, turn):
        if turn and truth(clip) == "sad":
            return {"shares": {"anger": 10}}
        others = [emotion for emotion in EMOTIONS if emotion != truth(clip)]
        return {"shares": {truth(clip): 4 + turn, others[0]: 3, others[1]: 3 - turn}}

    said = label(desk, "Ana", hear)
    ana = of(monitor(plain, "round"), "Ana")
    again = [name_of(desk, item) for item, turn in said if turn]
    assert ana["gold"]["right"] == ana["gold"]["of"] == 4
    assert (ana["repeats"]["same"], ana["repeats"]["of"]) == (sum(truth(clip) != "sad" for clip in again), len(again))


@pytest.mark.parametrize(
    ("old", "right"),
    [
        ("sad sad sad anger", {"sad"}),
        ("sad sad anger anger", {"sad", "anger"}),
        ("anger happy happy", {"happy", "excited"}),
    ],
)
def test_gold_is_the_majority_of_earlier_votes_ties_and_merges_among_it(store, old, right):
    folder = store.folder.parent / "sound"
    sounds = corpus_with_sound(folder, 10).clips
    said = [*old.split(), *(("excited",) if "excited" in right else ())]
    votes = pd.DataFrame(
        [(clip, "human", f"old{k}", label) for clip in sounds["clip"] for k, label in enumerate(said)],
        columns=["clip", "panel", "rater", "label"],
    )
    corpora.add_corpus(store, "gold", Reading("test", "a test", sounds, votes, audio_root=folder, simulated=True))
    merges = {"excited": "happy"} if "excited" in right else {}
    kept = tuple(sorted({*old.split()}))
    studies.add_study(store, Study("plain", "gold", "human", None, kept, merges=merges, rule="drop_outside"))
    heard = ("anger", "happy", "sad", "excited")
    desk = open_campaign(store, *heard, form=Form(emotions=heard), gold=1, gold_every=2, overlap=4)
    for person in heard:
        label(desk, person, lambda clip, turn, emotion=person: emotion)
    golds = {
        rater["rater"]: (rater["gold"]["right"], rater["gold"]["of"]) for rater in monitor(store, "round")["raters"]
    }
    assert golds == {person: (int(person in right), 1) for person in heard}


def test_emotions_that_the_study_merges_are_one(store):
    folder = store.folder.parent / "sound"
    sounds = corpus_with_sound(folder, 10).clips
    votes = pd.DataFrame(
        [
            (clip, "human", f"old{k}", label)
            for clip in sounds["clip"]
            for k, label in enumerate(("excited", "happy", "fear"))
        ],
        columns=["clip", "panel", "rater", "label"],
    )
    corpora.add_corpus(store, "merged", Reading("test", "a test", sounds, votes, audio_root=folder, simulated=True))
    merges = {"excited": "happy"}
    studies.add_study(
        store, Study("plain", "merged", "human", None, ("happy", "fear"), merges=merges, rule="drop_outside")
    )
    desk = open_campaign(store, "Ana")
    label(desk, "Ana", lambda clip, turn: "happy")
    found = monitor(store, "round")
    assert of(found, "Ana")["agreement"]["value"] == pytest.approx(2 / 3)
    assert found["conflicts"][0]["votes"] == {"happy": 3, "fear": 1}


def test_a_rater_of_two_campaigns_is_not_another_person(plain):
    for name in ("round", "second"):
        desk = open_campaign(plain, "Ana", name=name)
        label(desk, "Ana", lambda clip, turn: "sad")
    expected = np.mean([sum(e == "sad" for c, _, e in old_votes() if c == clip) / 4 for clip, _, _ in old_votes()])
    assert of(monitor(plain, "second"), "Ana")["agreement"]["value"] == pytest.approx(expected)


# ---- decisions ---------------------------------------------------------------------------------------------------------------


def decided(store) -> list[tuple]:
    return rows(
        store,
        "SELECT corpora.name, clips.name, raters.name, emotions.name, votes.comment, votes.replaces, votes.provenance, votes.vote_id "
        "FROM votes JOIN panels USING (panel_id) JOIN raters USING (rater_id) JOIN emotions USING (emotion_id) "
        "JOIN clips USING (clip_id) JOIN corpora ON corpora.corpus_id = clips.corpus_id "
        "WHERE panels.name = 'consensus:round' ORDER BY vote_id",
    )


def test_a_decision_is_a_vote_of_its_own_panel_and_the_next_one_replaces_it(three):
    store, row = three.store, three.found["conflicts"][0]
    human = "SELECT count(*) FROM votes JOIN panels USING (panel_id) WHERE panels.name = 'human'"
    before = rows(store, human)
    said = adjudicate(store, "round", row["item"], "sadness", " Ed ", comment=" the voice breaks ")
    assert (said["panel"], said["emotion"], said["by"], said["clip"]) == ("consensus:round", "sad", "Ed", row["clip"])
    (first,) = decided(store)
    assert first[:6] == ("plain", row["clip"], "Ed", "sad", "the voice breaks", None)
    assert json.loads(first[6]) == {"campaign": three.desk.number, "saw_votes": True}
    assert rows(store, "SELECT kind FROM panels WHERE name = 'consensus:round'") == [("consensus",)]
    found = monitor(store, "round")
    assert found["conflicts"][0] == row | {"adjudicated": "sad"}
    assert found["agreement"] == three.found["agreement"]
    adjudicate(store, "round", row["item"], "anger", "Flo")
    _, second = decided(store)
    assert second[2:6] == ("Flo", "anger", None, first[7])
    assert monitor(store, "round")["conflicts"][0]["adjudicated"] == "anger"
    assert rows(store, human) == before
    current = "SELECT count(*) FROM current_votes JOIN panels USING (panel_id) WHERE panels.name = 'consensus:round'"
    assert rows(store, current) == [(1,)]


def test_studies_follow_a_decision(three):
    adjudicate(three.store, "round", three.found["conflicts"][0]["item"], "sad", "Ed")
    studies.add_study(three.store, Study("decided", "plain", "consensus:round", "human", EMOTIONS, rule="drop_outside"))
    assert len(studies.study_counts(three.store, "decided").clips) == 1
    adjudicate(three.store, "round", three.found["conflicts"][1]["item"], "anger", "Ed")
    assert len(studies.study_counts(three.store, "decided").clips) == 2
    settled = statistics(three.store)
    refresh_all(three.store)
    assert statistics(three.store) == settled and rows(three.store, "SELECT count(*) FROM stale_clips") == [(0,)]


def test_a_decision_goes_to_the_corpus_of_its_clip(store):
    for name in ("plain", "other"):
        add_corpus(store, name, 5)
    studies.add_study(store, Study("plain", ("plain", "other"), "human", None, EMOTIONS, rule="drop_outside"))
    open_campaign(store)
    conflicts = monitor(store, "round")["conflicts"]
    for row in conflicts:
        adjudicate(store, "round", row["item"], "sad", "Ed")
    assert {row[:2] for row in decided(store)} == {(row["corpus"], row["clip"]) for row in conflicts}
    assert {row[0] for row in decided(store)} == {"plain", "other"}


def test_decisions_that_break_a_rule_are_refused(three):
    for wrong, why in (
        ({"item": 10**6}, "no item"), ({"emotion": "sadd"}, "no emotion"), ({"by": " "}, "cannot name"),
        ({"name": "rond"}, "round"), ({"comment": "x" * 2001}, "2,000"),
    ):  # fmt: skip
        given = {"name": "round", "item": 0, "emotion": "sad", "by": "Ed"} | wrong
        with pytest.raises(BadInput, match=why):
            adjudicate(three.store, **given)
    assert decided(three.store) == []


# ---- figures -----------------------------------------------------------------------------------------------------------------


def test_the_strip_draws_what_is_known(three):
    raters = [dict(rater) for rater in three.found["raters"]]
    raters[0]["rater"] = "<b>Good</b>"
    raters[1]["retired"] = "careless"
    raters[2] |= {
        "expected": None,
        "agreement": dict.fromkeys(("value", "low", "high")) | {"clips": 0, "reason": "none"},
    }
    figure = charts.rater_strip(raters)
    line, agreement, gold = figure.data
    assert agreement.y[0] == raters[0]["agreement"]["value"] and np.isnan(agreement.y[2])
    assert list(agreement.marker.symbol) == ["circle", "circle-open", "circle"]
    assert (
        list(gold.y) == [rater["gold"]["right"] / 8 for rater in raters] and gold.marker.color != agreement.marker.color
    )
    assert line.y[0] == line.y[1] == raters[0]["expected"] and np.isnan(line.y[2]) and np.isnan(line.y[6])
    assert agreement.error_y.array[0] == pytest.approx(raters[0]["agreement"]["high"] - raters[0]["agreement"]["value"])
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;Good&lt;/b&gt;<br>n = 72" and "<b>" not in str(
        agreement.customdata
    )
    assert agreement.customdata[1][0] == "Careless (retired)" and agreement.customdata[0][2] == "72 clips"
    assert (
        len(charts.rater_strip([r | {"gold": {"right": 0, "of": 0, "low": None, "high": None}} for r in raters]).data)
        == 2
    )
    assert not charts.rater_strip(raters * 20).layout.xaxis.showticklabels
    assert len(charts.rater_strip([]).data) == 2


def test_bars_of_many_raters_are_pooled(three):
    figure = charts.pace(three.found["timeline"])
    assert sum(sum(bar.y) for bar in figure.data) == three.found["answers"] == 216
    assert figure.layout.barmode == "stack" and "n = 216" in figure.layout.yaxis.title.text
    assert {bar.name for bar in figure.data} == {f"{name} (n = 72)" for name in ("Good", "Careless", "Drifting")}
    many = [f"p{i}" for i in range(40)]
    pooled = charts.pace({"from": ["2026-11-21T10:00:00"] * 40, "answers": list(range(1, 41)), "rater": many})
    assert len(pooled.data) == charts.MOST_NAMED and sum(sum(bar.y) for bar in pooled.data) == 820
    assert pooled.data[0].name == "p39 (n = 40)" and "others" in pooled.data[-1].name
    looks = {(bar.marker.color, bar.marker.pattern.shape) for bar in pooled.data}
    assert len(looks) == len(pooled.data)
    assert len(charts.pace({"from": [], "answers": [], "rater": []}).data) == 0


def test_watching_leaves_the_campaign_as_it_was(plain):
    making.make(plain, Campaign("round", "plain", Form(emotions=EMOTIONS)))
    before = rows(plain, "SELECT * FROM campaigns")
    assert monitor(plain, "round") == monitor(plain, "round")
    assert rows(plain, "SELECT * FROM campaigns") == before
