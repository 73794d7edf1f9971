"""The desk of a campaign: takes what raters send, hands out what they hear next. One a campaign, in the process that owns the
store; what it remembers is rebuilt from the store when the process was killed.

An answer is acknowledged when it is on disk. Statistics of studies follow a moment later, in one go for all answers that
came meanwhile; clips that still wait for it are on disk too.
"""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from emo_core.errors import BadInput, StoreError
from emo_core.labelling import answers, ordering
from emo_core.labelling.campaign import Campaign, from_document
from emo_core.labelling.queue import Queue, Turn
from emo_core.store import Database, answering, campaigns
from emo_core.store.answering import Event
from emo_core.store.campaigns import Item
from emo_core.store.database import utc_now

KINDS = ("shown", "answer", "skip", "postpone", "retract")
MOST_EVENTS = 500  # in one message
MOST_AHEAD = 24  # clips in a browser
LONGEST_REASON = 500


class Desk:
    """One campaign at work. Methods may be called from several threads."""

    def __init__(self, store: Database, number: int, *, on_votes=lambda: None):
        row = campaigns.campaign_row(store, number)
        if row is None:
            raise BadInput(f"There is no campaign with the number {number}.")
        self.store, self.number, self.on_votes = store, number, on_votes
        self.campaign: Campaign = from_document(row["settings"])
        self._lock = threading.RLock()
        self._load()

    def _load(self) -> None:
        """Everything as the store has it."""
        self._items: dict[int, Item] = {}
        self._slots = ordering.slots(self.store, self.campaign)
        kept = campaigns.kept(self.store, self.number, self.campaign.panels)
        self.expected = kept.expected
        self._aside = answering.retired_names(self.store, self.number)
        self.counts, votes = ordering.tally(self._slots, len(kept.roles), kept.votes)
        self._prior = ordering.prior(self.campaign, self.counts)
        scores = ordering.scores(self.campaign, self.counts, votes, self._prior)
        self.queue = Queue(self.campaign, kept.roles, votes, scores, self._aside)
        if self.campaign.least_gain:
            self.queue.gains = ordering.gains(self.counts, self._prior)
        for person, item, turn, until in kept.reserved:
            self.queue.reserve(person, (item, turn), until)
        for person, item, turn, kind in kept.settled:
            self.queue.settle(person, (item, turn), kind)

    def reload(self) -> None:
        """Read everything again: votes came or went by another way."""
        with self._lock:
            self._load()

    def may(self, person: str, turn: Turn) -> bool:
        """Whether the item was handed to the person, so that they may hear it."""
        with self._lock:
            return self.queue.may(person, turn)

    def over(self, person: str) -> str | None:
        """Why nothing more is taken from a person; None where they may answer."""
        row = campaigns.campaign_row(self.store, self.number)
        if row is None:
            return "This campaign was removed and takes no answers."
        if row["closed_at"] is not None:
            return f"This campaign was closed on {row['closed_at']:%Y-%m-%d at %H:%M} UTC and takes no answers."
        if person in self._aside:
            return "Your part in this campaign has ended, and it takes no further answers of yours."
        return None

    def progress(self, person: str) -> dict[str, int]:
        """How far a rater is; see `Queue.progress`."""
        with self._lock:
            return self.queue.progress(person)

    def item(self, place: int) -> Item:
        """What lies behind an item. Raises BadInput."""
        with self._lock:
            return self._found([place])[place]

    def _found(self, places: Sequence[int]) -> dict[int, Item]:
        missing = [place for place in places if place not in self._items]
        if missing:
            self._items |= campaigns.items(self.store, self.number, missing)
        return {place: self._items[place] for place in places}

    def sync(
        self,
        person: str,
        session: str,
        events: Sequence[Mapping],
        *,
        have: Sequence[Sequence[int]] = (),
        want: int = 0,
    ) -> dict:
        """What a rater's browser says and gets: its events go to disk, each once however often it is sent, and it gets clips.

        events  [{"seq", "kind", "item", "turn", "content", "seconds", "age_ms"}]; see `KINDS`
        have    [[item, turn], …] that the browser holds unanswered; want: how many further ones it can take

        Returns `acked` (seqs that are on disk), `refused` ([{seq, why}]: they break a rule, or came after the end, by the
        server's clock, and will never be taken), `clips`,
        `progress`, `closed`, `ended` (the rater's votes were set aside), `waiting` (others hold the last clips). Raises
        BadInput where the message is none, or the person no rater of the campaign.
        """
        if not all(isinstance(part, Sequence) for part in (events, have)):
            raise BadInput("Events, and what a browser has, are lists.")
        if len(events) > MOST_EVENTS or len(have) > 10 * MOST_AHEAD:
            raise BadInput(f"A message has {MOST_EVENTS} events at most. Send the others in the next one.")
        if not (isinstance(session, str) and 1 <= len(session) <= 64 and session.isprintable()):
            raise BadInput("A session's name has 1 to 64 characters.")
        if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in have):
            raise BadInput("What a browser has are pairs of an item and its turn.")
        held = [(_whole("item", item), _whole("turn", turn)) for item, turn in have]
        want = _whole("want", want)
        with self._lock:
            member = campaigns.member(self.store.cursor(), self.number, person)
            if member is None:
                raise BadInput(f"{person!r} is no rater of this campaign. Open your invite again.")
            acked, refused = self._take((member[0], person), session, events)
            closed = campaigns.campaign_row(self.store, self.number)["closed_at"] is not None
            clips = [] if closed else self._hand_out(person, member[0], min(want, MOST_AHEAD), held)
            progress = self.queue.progress(person)
            return {
                "acked": acked,
                "refused": refused,
                "clips": clips,
                "progress": progress,
                "closed": closed,
                "ended": person in self._aside,
                "waiting": bool(want)
                and not (clips or held or closed)
                and bool(progress["left"])
                and not progress["postponed"],
            }

    def _take(self, person: tuple[int, str], session: str, events: Sequence[Mapping]) -> tuple[list[int], list[dict]]:
        if not events:
            return [], []
        refused, read = [], []
        seqs = [_whole("seq", event.get("seq") if isinstance(event, Mapping) else None) for event in events]
        with self.store.writing() as cursor:
            known = answering.known_events(cursor, person[0], session, seqs)
            over = self.over(person[1])  # inside the transaction: a close comes before it or after it
            for event in sorted(events, key=lambda event: event["seq"]):
                if event["seq"] in known:
                    continue
                known.add(event["seq"])
                if over:
                    refused.append({"seq": event["seq"], "why": over})
                    continue
                try:
                    read.append(self._read(person[1], session, event))
                except BadInput as error:
                    refused.append({"seq": event["seq"], "why": str(error)})
            found = self._found([event.item for event in read])
            before = []
            for event in read:  # one after another: a message may correct what it says itself
                self._scale(cursor, event, found[event.item])
                before.append(
                    answering.take(cursor, self.number, person, self.campaign.panel, event, found[event.item])
                )
        for event, vote in zip(read, before):
            self._note(person[1], event, vote)
        if any(event.kind != "shown" for event in read):
            self.on_votes()
        gone = {entry["seq"] for entry in refused}
        return [seq for seq in seqs if seq not in gone], refused

    def _read(self, person: str, session: str, event: Mapping) -> Event:
        """An event from a browser, checked. Raises BadInput."""
        kind, content = event.get("kind"), event.get("content") or {}
        place, turn = _whole("item", event.get("item")), _whole("turn", event.get("turn"))
        if kind not in KINDS:
            raise BadInput(f"There is no kind of event {kind!r}. Known: {', '.join(KINDS)}.")
        if not isinstance(content, Mapping) or len(str(content)) > 20_000 or not _is_storable(content):
            raise BadInput("The content of an event is an object of 20,000 characters at most.")
        if not self.queue.may(person, (place, turn)):
            raise BadInput(f"Item {place} was not handed out to you.")
        vote = None
        if kind == "answer":
            read = answers.read(self.campaign.form, content.get("answer"), key=f"{self.number}/{place}/{person}")
            vote = None if read.is_empty else asdict(read)
        if kind == "skip" and len(str(content.get("reason") or "")) > LONGEST_REASON:
            raise BadInput(f"A reason has {LONGEST_REASON} characters at most.")
        age, seconds = event.get("age_ms"), event.get("seconds")
        age = min(age, 90 * 86_400_000) if isinstance(age, int | float) and age >= 0 else 0.0
        seconds = float(min(seconds, 86_400)) if isinstance(seconds, int | float) and seconds >= 0 else None
        counted = vote if self.queue.label[place] and turn == 0 else None
        return Event(
            place, turn, kind, session, event["seq"], content, seconds, utc_now() - timedelta(milliseconds=age), counted
        )

    def _scale(self, cursor, event: Event, found: Item) -> None:
        """Ratings in the corpus's own units; a corpus without a scale gets the form's."""
        given = event.vote.pop("scales") if event.vote else None
        if not given:
            return
        low, high = found.scale or answering.set_scale(cursor, found.corpus_id, 1.0, float(self.campaign.form.points))
        step = (high - low) / (self.campaign.form.points - 1)
        event.vote.update({name: low + (points - 1) * step for name, points in given.items()})

    def _note(self, person: str, event: Event, replaced: str | None) -> None:
        """Bring memory in step with what is on disk now."""
        if event.kind == "shown":
            return
        self.queue.settle(person, (event.item, event.turn), event.kind)
        if event.turn or not self.queue.label[event.item] or person in self._aside:
            return
        for emotion, change in ((replaced, -1), (event.vote["emotion"] if event.vote else None, 1)):
            if emotion is None:
                continue
            self.queue.votes[event.item] += change
            slot = self._slots.get(emotion)
            if slot is not None:
                self.counts[event.item, slot] += change
        one = slice(event.item, event.item + 1)
        self.queue.scores[one] = ordering.scores(self.campaign, self.counts[one], self.queue.votes[one], self._prior)
        if self.campaign.least_gain:
            self.queue.gains[one] = ordering.gains(self.counts[one], self._prior)

    def _hand_out(self, person: str, number: int, want: int, held: list[Turn]) -> list[dict]:
        now = time.time()
        before = set(self.queue.seat(person).offered)
        lost = self.queue.lost(person, now)
        given = self.queue.offer(person, want, held, now)
        fresh = [turn for turn in given if turn not in before]
        try:
            with self.store.writing() as cursor:
                answering.reserve(cursor, self.number, number, fresh, now + self.campaign.reserve_s, lost=lost)
        except StoreError:
            self._load()  # memory never knows more than the disk
            raise
        found = self._found([item for item, _ in given])
        return [self._describe(found[item], item, turn) for item, turn in given]

    def _describe(self, found: Item, item: int, turn: int) -> dict:
        """A clip as the rater's browser may know it: no name, no speaker, nothing of others' votes, save for practice."""
        role = "practice" if not self.queue.label[item] and item in self.queue.practice else "label"
        return {
            "item": item,
            "turn": turn,
            "role": role,
            "seconds": found.seconds,
            "words": found.transcript if self.campaign.transcript else None,
            "expected": self.expected.get(item) if role == "practice" else None,
        }


def _is_storable(content: Mapping) -> bool:
    """Whether the store can keep it: no half characters, no NaN. One such event must not keep back all that come with it."""
    try:
        return bool(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        return False


def _whole(what: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise BadInput(f"{what} is a whole number from 0 to {2**31 - 1:,}, got {value!r}.")
    return value
