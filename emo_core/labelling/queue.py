"""Who hears which clip next. In memory and without a clock of its own: the desk keeps it in step with the store.

A rater is handed clips ahead of time, so that the next one is in the browser before it is needed. What is handed out is
reserved: a clip has `overlap` slots, and answers plus other people's living reservations never exceed them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from emo_core.labelling.campaign import Campaign
from emo_core.seeding import number_from

Turn = tuple[int, int]  # an item and its turn: 0 the first hearing, 1 the repeat
ACTIVE_S = 120.0  # a rater who gave no sign for longer is not waited for when the last clips are shared out
FEWEST = 3  # clips ahead that everyone gets even then
SETTLED = ("answer", "skip")  # kinds of events after which a clip does not come again by itself


@dataclass
class Seat:
    """One rater's place at the desk. `offered` holds, in order, what they were handed and have not settled; `heard` the
    labelled items in the order of the answers that stand.
    """

    order: np.ndarray  # items in this rater's random order
    rank: np.ndarray  # place of each item in it
    taken: np.ndarray  # items settled or on offer
    settled: dict[Turn, str] = field(default_factory=dict)
    offered: dict[Turn, None] = field(default_factory=dict)
    postponed: dict[Turn, None] = field(default_factory=dict)
    heard: dict[int, None] = field(default_factory=dict)
    seen_at: float = -np.inf


class Queue:
    """The items of one campaign and who has which.

    roles   (items,) "label", "gold" or "practice"
    votes   (items,) votes that the campaign's panel has, old and new
    scores  (items,) what the order goes by, highest first; not looked at where the order is random
    aside   people whose votes are set aside: their answers fill no slot, and they get no clips
    """

    def __init__(
        self, campaign: Campaign, roles: np.ndarray, votes: np.ndarray, scores: np.ndarray, aside: Iterable[str] = ()
    ):
        self.campaign = campaign
        self.label = roles == "label"
        self.gold = np.flatnonzero(roles == "gold")
        self.practice = np.flatnonzero(roles == "practice")
        self.votes = votes.astype(np.int64)
        self.scores = scores.astype(float)
        self.gains = np.full(len(roles), np.inf)  # expected of the next vote, bits; set where the stop rule asks for it
        self.answers = np.zeros(len(roles), dtype=np.int64)
        self.reserved: dict[int, dict[str, float]] = {}  # item → {person: until}, first hearings of labelled items
        self.seats: dict[str, Seat] = {}
        self.aside = frozenset(aside)

    def seat(self, person: str) -> Seat:
        """The person's place, made when they come for the first time."""
        if person not in self.seats:
            order = np.random.default_rng(number_from(self.campaign.seed, person)).permutation(len(self.label))
            rank = np.empty_like(order)
            rank[order] = np.arange(len(order))
            self.seats[person] = Seat(order, rank, np.zeros(len(order), dtype=bool))
        return self.seats[person]

    def open(self) -> np.ndarray:
        """(items,) whether a labelled item still wants votes, reservations aside."""
        wanted = self.label & (self.answers < self.campaign.overlap)
        if self.campaign.enough_votes:
            wanted &= self.votes < self.campaign.enough_votes
        if self.campaign.least_gain:
            wanted &= self.gains >= self.campaign.least_gain
        return wanted

    def offer(self, person: str, want: int, have: Iterable[Turn], now: float) -> list[Turn]:
        """Up to `want` further items for a rater whose browser holds `have`; they are reserved for them from then on."""
        seat = self.seat(person)
        self._sign_of_life(person, seat, now)
        have, most = set(have), want
        if want <= 0 or person in self.aside:
            return []
        open_now, full = self.open(), self._full(person, now)
        given = [turn for turn in seat.offered if turn not in have and turn not in seat.postponed]
        given = [turn for turn in given if self._still_wanted(turn, open_now, full)][:want]
        want = min(want - len(given), self._fair_share(open_now, now) - len(have) - len(given))
        for turn in self._fresh(person, seat, max(want, 0), open_now, full):
            self.reserve(person, turn, now + self.campaign.reserve_s)
            given.append(turn)
        if not given and not have:
            given = self._left_overs(person, seat, open_now, full)[:most]
            for turn in given:
                if turn not in seat.offered:
                    self.reserve(person, turn, now + self.campaign.reserve_s)
        return given

    def _sign_of_life(self, person: str, seat: Seat, now: float) -> None:
        seat.seen_at = now
        lost = self.lost(person, now)
        for item, turn in seat.offered:
            if turn == 0 and item not in lost and person in self.reserved.get(item, ()):
                self.reserved[item][person] = now + self.campaign.reserve_s

    def lost(self, person: str, now: float) -> set[int]:
        """Items that the person held for too long, and whose last slots others have since: they may still answer, but
        nothing is kept for them any more.
        """
        late = [
            item
            for item, turn in self.seat(person).offered
            if turn == 0 and self.reserved.get(item, {}).get(person, np.inf) <= now
        ]
        return {
            item for item in late if self.answers[item] >= self.campaign.overlap or self._others_fill(item, person, now)
        }

    def _others_fill(self, item: int, person: str, now: float) -> bool:
        """Whether an item will have all that it wants when others answer what they were handed."""
        others = sum(until > now for name, until in self.reserved[item].items() if name != person)
        enough = self.campaign.enough_votes or np.inf
        return others > 0 and (
            self.answers[item] + others >= self.campaign.overlap or self.votes[item] + others >= enough
        )

    def _full(self, person: str, now: float) -> set[int]:
        """Items whose last slots are reserved for others."""
        return {item for item in self.reserved if self._others_fill(item, person, now)}

    def _still_wanted(self, turn: Turn, open_now: np.ndarray, full: set[int]) -> bool:
        item, repeat = turn
        return not self.label[item] or repeat == 1 or (bool(open_now[item]) and item not in full)

    def _fair_share(self, open_now: np.ndarray, now: float) -> int:
        """How many clips a rater may hold: few near the end, so that nobody waits for clips that lie in others' browsers."""
        free = int((self.campaign.overlap - self.answers[open_now]).sum())
        free -= sum(until > now for people in self.reserved.values() for until in people.values())
        active = sum(now - seat.seen_at <= ACTIVE_S for seat in self.seats.values())
        return max(FEWEST, -(-max(free, 0) // max(active, 1)))

    def _fresh(self, person: str, seat: Seat, want: int, open_now: np.ndarray, full: set[int]) -> list[Turn]:
        """Items never handed to this rater: practice, then labelled ones with gold and repeats in between."""
        practice = [(int(item), 0) for item in self.practice if not seat.taken[item]][:want]
        if practice or any(item in seat.offered for item in ((int(i), 0) for i in self.practice)):
            return practice  # real clips come after the last practice answer
        labelled = self._labelled(seat, want, open_now, full)
        golds = [int(item) for item in seat.order[np.isin(seat.order, self.gold)] if not seat.taken[item]]
        repeats = self._repeats(person, seat, self.campaign.repeat_after)
        count = len(seat.heard) + sum(self.label[item] and not turn for item, turn in seat.offered)
        shown = int(seat.taken[self.gold].sum())
        fresh: list[Turn] = []
        while len(fresh) < want and (labelled or repeats):
            if golds and count // self.campaign.gold_every > shown:
                fresh.append((golds.pop(0), 0))
                shown += 1
            elif repeats:
                fresh.append((repeats.pop(0), 1))
            else:
                fresh.append((labelled.pop(0), 0))
                count += 1
        return fresh

    def _labelled(self, seat: Seat, want: int, open_now: np.ndarray, full: set[int]) -> list[int]:
        free = open_now & ~seat.taken
        free[list(full)] = False
        if self.campaign.order == "random":
            return [int(item) for item in seat.order[free[seat.order]][:want]]
        items = np.flatnonzero(free)
        if want < len(items):  # sort only what can be among the first
            least = np.partition(-self.scores[items], want - 1)[want - 1] if want else -np.inf
            items = items[-self.scores[items] <= least]
        return [int(item) for item in items[np.lexsort((seat.rank[items], -self.scores[items]))][:want]]

    def _repeats(self, person: str, seat: Seat, after: int) -> list[int]:
        """Answered items that this rater is to hear again, at least `after` answers ago."""
        if not self.campaign.repeats:
            return []
        due = list(seat.heard)[: max(len(seat.heard) - after, 0)]
        share = self.campaign.repeats * 2**64
        return [
            item
            for item in due
            if (item, 1) not in seat.settled
            and (item, 1) not in seat.offered
            and number_from(self.campaign.seed, "repeat", person, item) < share
        ]

    def _left_overs(self, person: str, seat: Seat, open_now: np.ndarray, full: set[int]) -> list[Turn]:
        """When nothing else is there: repeats that are not long ago, then what the rater postponed."""
        repeats = self._repeats(person, seat, min(FEWEST, self.campaign.repeat_after))
        return [(item, 1) for item in repeats] or [
            turn for turn in seat.postponed if self._still_wanted(turn, open_now, full)
        ]

    def reserve(self, person: str, turn: Turn, until: float) -> None:
        """Note that a rater was handed an item."""
        seat = self.seat(person)
        item, repeat = turn
        seat.offered[turn] = None
        seat.taken[item] = True
        if self.label[item] and not repeat:
            self.reserved.setdefault(item, {})[person] = until

    def may(self, person: str, turn: Turn) -> bool:
        """Whether a rater was ever handed an item: only then may they hear it and answer."""
        return person in self.seats and (turn in self.seats[person].offered or turn in self.seats[person].settled)

    def settle(self, person: str, turn: Turn, kind: str) -> None:
        """Take note of an event: an answer fills a slot, a skip frees it, a withdrawn answer may be given again."""
        seat, (item, repeat) = self.seat(person), turn
        before = seat.settled.pop(turn, None)
        counts = self.label[item] and not repeat
        fills = counts and person not in self.aside
        if fills and before == "answer":
            self.answers[item] -= 1
        seat.postponed.pop(turn, None)
        seat.taken[item] = True
        if kind in SETTLED:
            seat.settled[turn] = kind
            seat.offered.pop(turn, None)
            if counts:
                self.reserved.get(item, {}).pop(person, None)
                if not self.reserved.get(item, True):
                    del self.reserved[item]
        else:
            seat.offered[turn] = None
            if kind == "postpone":
                seat.postponed[turn] = None
            if counts:  # theirs again, from their next sign of life on
                self.reserved.setdefault(item, {}).setdefault(person, -np.inf)
        if counts:
            seat.heard.pop(item, None)
        if counts and kind == "answer":
            self.answers[item] += int(fills)
            seat.heard[item] = None

    def progress(self, person: str) -> dict[str, int]:
        """Labelled clips that a rater settled, postponed, and could still get."""
        seat, wanted = self.seat(person), self.open()
        done = sum(self.label[item] and not turn for item, turn in seat.settled)
        mine = sum(wanted[item] and not turn for item, turn in seat.offered)
        return {
            "done": int(done),
            "skipped": sum(kind == "skip" for kind in seat.settled.values()),
            "postponed": len(seat.postponed),
            "left": int((wanted & ~seat.taken).sum()) + int(mine),
        }
