"""What the labelling tests share: a small corpus with sound, campaigns on it, and a rater with a browser."""

import numpy as np
import pytest
import soundfile

from emo_core.labelling import making
from emo_core.labelling.campaign import Campaign, Form
from emo_core.labelling.desk import Desk
from emo_core.records import Reading, Study
from emo_core.store import Database, campaigns, corpora, studies
from tests.conftest import EMOTIONS, copied, simulated_reading

CLIPS = 12


def corpus_with_sound(folder, clips: int = CLIPS, *, scale=None) -> Reading:
    """`simulated_reading` whose clips all lie in one short tone."""
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / "tone.wav", 0.3 * np.sin(np.arange(1600)), 16_000)
    plain = simulated_reading(clips)
    frame = plain.clips.assign(audio="tone.wav", duration_s=0.1)
    return Reading("test", "a test", frame, plain.votes, audio_root=folder, rating_scale=scale, simulated=True)


def fill(store: Database, clips: int = CLIPS, *, scale=None) -> Database:
    """Bring in the corpus and the study `small`."""
    corpora.add_corpus(store, "small", corpus_with_sound(store.folder.parent / "sound", clips, scale=scale))
    studies.add_study(store, Study("small", "small", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside"))
    return store


@pytest.fixture
def sounding(prepared, tmp_path):
    """A store with the corpus and the study `small`, all of whose clips have sound."""
    database = Database(copied(prepared("sounding", fill), tmp_path / "store"))
    yield database
    database.close()


def open_desk(store: Database, *raters: str, name: str = "round", form: Form | None = None, **settings) -> Desk:
    """The desk of a new campaign on the study `small`, with its raters."""
    settings = {"study": "small", "panel": "human"} | settings
    making.make(store, Campaign(name, form=form or Form(emotions=EMOTIONS), **settings), join=True)
    number = campaigns.find_campaign(store, name)["campaign_id"]
    for rater in raters:
        campaigns.join(store, number, rater, sees_votes=False)
    return Desk(store, number)


class Browser:
    """A rater's browser: keeps what it was handed, and every event until the server says that it is on disk."""

    def __init__(self, desk, person: str, session: str = "s"):
        self.desk, self.person, self.session = desk, person, session
        self.seq, self.pending, self.have, self.last = 0, [], [], {}

    def note(self, kind: str, turn, **content) -> dict:
        self.seq += 1
        event = {"seq": self.seq, "kind": kind, "item": turn[0], "turn": turn[1], "content": content, "seconds": 1.5}
        self.pending.append(event)
        if kind != "shown" and turn in self.have:
            self.have.remove(turn)
        if kind == "retract":
            self.have.insert(0, turn)
        return event

    def answer(self, turn, emotion="sad", **more) -> dict:
        return self.note("answer", turn, answer={"emotion": emotion} | more)

    def sync(self, want: int = 0, events=None) -> dict:
        """Send what is pending (or `events`), take what comes."""
        sent = list(self.pending if events is None else events)
        self.take(self.desk.sync(self.person, self.session, sent, have=self.have, want=want))
        return self.last

    def take(self, answer: dict) -> None:
        self.last = answer
        assert not answer["refused"], answer["refused"]
        self.pending = [event for event in self.pending if event["seq"] not in answer["acked"]]
        fresh = [(clip["item"], clip["turn"]) for clip in answer["clips"]]
        assert not set(fresh) & set(self.have), "handed out twice"
        self.have += fresh


def rows(store: Database, sql: str, *binding) -> list[tuple]:
    return store.cursor().execute(sql, list(binding)).fetchall()


def votes_of(store: Database) -> list[tuple]:
    """(rater, clip, emotion) of the votes that count and come from labelling."""
    return rows(
        store,
        "SELECT raters.name, clips.name, emotions.name FROM current_votes AS v JOIN raters USING (rater_id) "
        "JOIN clips USING (clip_id) JOIN emotions USING (emotion_id) JOIN batches USING (batch_id) "
        "WHERE batches.kind = 'labelling' ORDER BY ALL",
    )


def statistics(store: Database) -> list:
    """Everything materialised of the studies, to nine decimals: sums over few and over many clips differ in the last bit."""
    tables = ("study_clips", "study_exclusions")
    found = [rows(store, f"SELECT * FROM {table} ORDER BY study_id, clip_id") for table in tables]  # noqa: S608
    return [[[round(x, 9) if isinstance(x, float) else x for x in row] for row in table] for table in found]


def refresh_all(store: Database) -> None:
    """Compute the statistics of all studies anew."""
    with store.writing() as cursor:
        for stored in studies.list_studies(store):
            studies.refresh(cursor, stored)
