"""Who hears what next: walks of several raters over the queue, with a clock of their own."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emo_core.labelling.campaign import Campaign, Form
from emo_core.labelling.queue import ACTIVE_S, FEWEST, Queue
from tests.conftest import EMOTIONS

PEOPLE = ("Ana", "Bo", "Cy", "Di")


def queue(labels: int, gold: int = 0, practice: int = 0, *, votes=None, scores=None, **settings) -> Queue:
    """Labelled items first, then gold, then practice."""
    campaign = Campaign("c", "s", Form(emotions=EMOTIONS), gold=gold, practice=practice, **settings)
    roles = np.array(["label"] * labels + ["gold"] * gold + ["practice"] * practice, dtype=object)
    zeros = np.zeros(len(roles))
    return Queue(campaign, roles, zeros if votes is None else votes, zeros if scores is None else scores)


def work(desk: Queue, person: str, *, want: int = 5, now: float = 0.0, most: int = 10_000) -> list:
    """Answer what comes until nothing comes; the turns in the order in which they were answered."""
    done, have = [], []
    while len(done) < most:
        have += desk.offer(person, want - len(have), have, now)
        if not have:
            break
        desk.settle(person, have[0], "answer")
        done.append(have.pop(0))
    return done


class Walk(RuleBasedStateMachine):
    """Raters take, answer, skip, postpone, withdraw, lose what they hold, go away and come back, in any order."""

    @initialize(
        overlap=st.integers(1, 3),
        labels=st.integers(1, 9),
        gold=st.integers(0, 2),
        practice=st.integers(0, 2),
        repeats=st.sampled_from([0, 0.5]),
        order=st.sampled_from(["random", "fewest"]),
    )
    def begin(self, labels, gold, practice, **campaign):
        self.queue = queue(labels, gold, practice, gold_every=2, repeat_after=2, **campaign)
        self.labels, self.now = labels, 1000.0
        self.have = {person: [] for person in PEOPLE}
        self.late = set()  # items answered by somebody whose reservation had run out

    def living(self, item: int, but: str = "") -> int:
        people = self.queue.reserved.get(item, {})
        return sum(until > self.now for name, until in people.items() if name != but)

    @rule(person=st.sampled_from(PEOPLE), want=st.integers(0, 8))
    def take(self, person, want):
        for item, turn in self.come(person, want):
            assert self.queue.may(person, (item, turn))
            assert (item, turn) not in self.queue.seats[person].settled
            if item < self.labels and not turn:
                assert self.queue.answers[item] + self.living(item, but=person) < self.queue.campaign.overlap
                assert self.queue.reserved[item][person] > self.now

    def come(self, person, want):
        given = self.queue.offer(person, want, self.have[person], self.now)
        assert len(given) == len(set(given)) <= want
        assert not set(given) & set(self.have[person])
        self.have[person] += given
        return given

    @rule(
        person=st.sampled_from(PEOPLE), kind=st.sampled_from(["answer", "answer", "skip", "postpone"]), data=st.data()
    )
    def settle(self, person, kind, data):
        if self.have[person]:
            turn = data.draw(st.sampled_from(self.have[person]))
            self.have[person].remove(turn)
            if self.queue.reserved.get(turn[0], {}).get(person, np.inf) <= self.now:
                self.late.add(turn[0])
            self.queue.settle(person, turn, kind)

    @rule(
        person=st.sampled_from(PEOPLE), kind=st.sampled_from(["answer", "skip", "postpone", "retract"]), data=st.data()
    )
    def look_back(self, person, kind, data):
        settled = list(self.queue.seat(person).settled)
        if settled:
            turn = data.draw(st.sampled_from(settled))
            if self.queue.seats[person].settled[turn] == "skip" and kind == "answer":
                self.late.add(turn[0])  # nothing was kept for them any more
            self.queue.settle(person, turn, kind)
            self.queue.offer(person, 0, self.have[person], self.now)  # as the desk does in the same breath
            if kind == "retract":
                self.have[person].append(turn)

    @rule(person=st.sampled_from(PEOPLE))
    def lose_the_browser(self, person):
        self.have[person] = []

    @rule(seconds=st.sampled_from([1.0, ACTIVE_S + 1, 901.0]))
    def wait(self, seconds):
        self.now += seconds

    @invariant()
    def slots_are_never_exceeded(self):
        for item in set(range(self.labels)) - self.late:
            assert self.queue.answers[item] + self.living(item) <= self.queue.campaign.overlap

    @invariant()
    def answers_are_those_that_stand(self):
        standing = np.zeros(len(self.queue.label), dtype=int)
        for seat in self.queue.seats.values():
            for (item, turn), kind in seat.settled.items():
                standing[item] += kind == "answer" and not turn and item < self.labels
            assert not seat.settled.keys() & seat.offered.keys()
        np.testing.assert_array_equal(standing, self.queue.answers)

    def teardown(self):
        """In the end everybody comes again, takes whatever comes, and nothing stays unlabelled that somebody could do."""
        if not hasattr(self, "queue"):
            return
        self.now += 1000
        for person in PEOPLE:
            self.have[person] = []
        for _ in range(60):
            for person in PEOPLE:
                for turn in self.come(person, 4):
                    self.queue.settle(person, turn, "answer")
                self.have[person] = []
        for item in np.flatnonzero(self.queue.open()):
            assert all((int(item), 0) in self.queue.seat(person).settled for person in PEOPLE)
        for person in PEOPLE:
            assert self.queue.progress(person)["left"] == 0
            assert not self.queue.seats[person].postponed.keys() & {
                (int(i), 0) for i in np.flatnonzero(self.queue.open())
            }


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_two_raters_never_share_the_last_slot_and_get_it_when_the_other_stays_away():
    desk = queue(1, overlap=1, reserve_s=100)
    assert desk.offer("Ana", 3, [], 0.0) == [(0, 0)]
    assert desk.offer("Bo", 3, [], 99.0) == []
    desk.offer("Ana", 0, [(0, 0)], 99.0)  # a sign of life
    assert desk.offer("Bo", 3, [], 198.0) == []
    assert desk.offer("Bo", 3, [], 199.5) == [(0, 0)]
    assert desk.offer("Ana", 3, [], 200.0) == [] and desk.lost("Ana", 200.0) == {0}
    assert desk.offer("Bo", 3, [], 210.0) == [(0, 0)]  # whose browser lost it; Ana's return took nothing from Bo
    assert desk.may("Ana", (0, 0))  # what she says all the same is not thrown away


def test_who_returns_to_a_clip_that_others_finished_is_done_with_it():
    desk = queue(1, overlap=1, reserve_s=100)
    desk.offer("Ana", 1, [], 0.0)
    desk.offer("Bo", 1, [], 200.0)
    desk.settle("Bo", (0, 0), "answer")
    assert desk.offer("Ana", 1, [], 201.0) == []
    assert desk.progress("Ana")["left"] == 0


def test_the_last_clips_are_shared_out():
    desk = queue(20, overlap=1)
    desk.offer("Bo", 0, [], 0.0)
    assert len(desk.offer("Ana", 24, [], 0.0)) == 10
    assert len(desk.offer("Bo", 24, [], 0.0)) == 5
    desk.offer("Cy", 0, [], 0.0)
    later = queue(20, overlap=1)
    later.offer("Bo", 0, [], 0.0)
    assert len(later.offer("Ana", 24, [], ACTIVE_S + 1)) == 20  # nobody waits for Bo
    few = queue(6, overlap=1)
    for person in PEOPLE:
        few.offer(person, 0, [], 0.0)
    assert [len(few.offer(person, 24, [], 0.0)) for person in PEOPLE] == [FEWEST, FEWEST, 0, 0]


def test_random_order_is_each_raters_own_and_repeatable():
    first, again = ({p: work(queue(50, overlap=4, seed=3), p) for p in PEOPLE} for _ in range(2))
    assert first == again
    assert len({tuple(order) for order in first.values()}) == len(PEOPLE)
    assert all(sorted(order) == [(item, 0) for item in range(50)] for order in first.values())
    assert work(queue(50, seed=4), "Ana") != first["Ana"]


@pytest.mark.parametrize("order", ["fewest", "disagreement", "gain"])
def test_highest_scores_come_first_and_equals_in_each_raters_own_order(order):
    scores = np.repeat([1.0, 3.0, 2.0], 20)
    walks = {p: [item for item, _ in work(queue(60, overlap=4, order=order, scores=scores), p)] for p in ("Ana", "Bo")}
    for walk in walks.values():
        assert list(scores[walk]) == sorted(scores, reverse=True)
    assert walks["Ana"] != walks["Bo"]


def test_stop_rules():
    desk = queue(4, votes=np.array([0, 2, 3, 5]), overlap=9, enough_votes=3)
    assert {item for item, _ in desk.offer("Ana", 9, [], 0.0)} == {0, 1}
    assert {item for item, _ in desk.offer("Bo", 9, [], 0.0)} == {0}  # Ana's answer will be the third vote of 1
    gains = queue(3, overlap=9, least_gain=0.01)
    gains.gains = np.array([0.02, 0.01, 0.009])
    assert {item for item, _ in gains.offer("Ana", 9, [], 0.0)} == {0, 1}
    gains.gains[0] = 0.0
    assert {item for item, _ in gains.offer("Ana", 9, [], 0.0)} == {1}


def test_practice_comes_first_gold_in_between_and_repeats_later():
    desk = queue(40, gold=4, practice=3, overlap=1, gold_every=10, repeats=0.5, repeat_after=6)
    walk = work(desk, "Ana", want=1)
    assert {item for item, _ in walk[:3]} == {44, 45, 46}
    labelled = [place for place, (item, turn) in enumerate(walk) if item < 40 and not turn]
    golds = [place for place, (item, _) in enumerate(walk) if 40 <= item < 44]
    assert len(labelled) == 40 and len(golds) == 3  # after 10, 20 and 30; the fourth would follow the last clip
    assert [sum(place < gold for place in labelled) for gold in golds] == [10, 20, 30]
    heard = {walk[place][0]: number for number, place in enumerate(labelled)}
    repeats = [(place, item) for place, (item, turn) in enumerate(walk) if turn]
    assert 10 <= len(repeats) <= 30
    for place, item in repeats:
        between = sum(first < place for first in labelled) - heard[item] - 1
        assert between >= (6 if place < labelled[-1] else FEWEST)


def test_real_clips_wait_for_the_last_practice_answer():
    desk = queue(5, practice=2)
    assert {item for item, _ in desk.offer("Ana", 9, [], 0.0)} == {5, 6}
    desk.settle("Ana", (5, 0), "answer")
    assert desk.offer("Ana", 9, [(6, 0)], 0.0) == []
    desk.settle("Ana", (6, 0), "answer")
    assert len(desk.offer("Ana", 9, [], 0.0)) == 5


def test_postponed_clips_come_back_last_and_no_more_than_asked_for():
    desk = queue(400, overlap=1)
    later = set()
    for _ in range(100):
        given = desk.offer("Ana", 3, [], 0.0)
        desk.settle("Ana", given[0], "postpone")
        desk.settle("Ana", given[1], "answer")
        desk.settle("Ana", given[2], "skip")
        assert not later & set(given)
        later.add(given[0])
    assert desk.progress("Ana") == {"done": 200, "skipped": 100, "postponed": 100, "left": 200}
    rest = work(desk, "Ana", want=7)
    assert len(rest) == 200 and set(rest[100:]) == later
    assert desk.progress("Ana")["left"] == 0


def test_a_skip_frees_the_slot_for_others():
    desk = queue(1, overlap=1)
    desk.offer("Ana", 1, [], 0.0)
    desk.settle("Ana", (0, 0), "skip")
    assert desk.offer("Ana", 1, [], 0.0) == []
    assert desk.offer("Bo", 1, [], 0.0) == [(0, 0)]


@pytest.mark.parametrize("order", ["random", "gain"])
def test_a_hundred_thousand_items(order):
    scores = np.random.default_rng(0).permutation(100_000).astype(float)
    desk = queue(100_000, overlap=2, order=order, scores=scores)
    given = {f"r{number}": desk.offer(f"r{number}", 24, [], 0.0) for number in range(20)}
    assert all(len(set(turns)) == 24 for turns in given.values())
    times = np.bincount([item for turns in given.values() for item, _ in turns])
    assert times.max() <= 2
    if order == "gain":
        assert set(np.flatnonzero(times)) == set(np.argsort(-scores)[:240])
    assert len(work(desk, "r0", want=24, most=300)) == 300
