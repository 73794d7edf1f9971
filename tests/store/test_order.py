"""Which votes come first is asked of times and draws alone; a few of a clip's votes are drawn by chance."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from emo_core import verbs
from emo_core.analysis import data
from emo_core.errors import BadInput
from emo_core.records import Reading, Study
from emo_core.store import answers, corpora, studies
from emo_core.store.drawing import drawn_votes
from emo_core.store.training_clips import training_clips
from tests.conftest import EMOTIONS

PANEL = "synthetic:x"


def fill(store, votes: pd.DataFrame, **choices) -> None:
    """A corpus and a study `s` of these candidate votes, with two listeners and a sound a clip."""
    clips = sorted(set(votes["clip"]))
    human = pd.DataFrame(
        [(clip, "human", f"h{n}", label) for clip in clips for n, label in enumerate(("sad", "anger"))]
        + [("other", "human", "h0", label) for label in EMOTIONS],
        columns=["clip", "panel", "rater", "label"],
    )
    both = pd.concat([human, votes.assign(panel=PANEL)], ignore_index=True)
    named = pd.DataFrame({"clip": [*clips, "other"], "audio": [f"{clip}.wav" for clip in [*clips, "other"]]})
    corpora.add_corpus(store, "c", Reading("test", "a test", named, both))
    studies.add_study(store, Study("s", "c", "human", PANEL, EMOTIONS, **choices))
    with store.writing() as cursor:
        cursor.execute("UPDATE corpora SET audio_root = '/nowhere'")


def counts(rows: dict[str, tuple[int, ...]], **columns) -> pd.DataFrame:
    """Anonymous votes in the order of the emotions, as a file of counts holds them."""
    told = [(clip, label) for clip, row in rows.items() for label, n in zip(EMOTIONS, row) for _ in range(n)]
    return pd.DataFrame(told, columns=["clip", "label"]).assign(rater=None, **columns)


def drawn(store, n: int, study: str = "s") -> np.ndarray:
    return np.array(training_clips(store, study, votes=n)["synthetic"])


def test_a_few_votes_are_expected_to_say_what_all_say(store):
    rng = np.random.default_rng(1)
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    fill(store, counts({f"clip{n:04}": tuple(rng.multinomial(9, shares)) for n in range(1500)}))
    every, three = drawn(store, 0), drawn(store, 3)
    assert (three.sum(axis=1) == 3).all() and (three <= every).all()
    error = np.sqrt(shares * (1 - shares) / 3 / 1500)
    np.testing.assert_array_less(abs(three.mean(axis=0) / 3 - every.mean(axis=0) / 9), 4 * error)
    # of nine votes three are drawn without replacement: their variance is 3 p (1 − p) (9 − 3) / (9 − 1)
    p = every / 9
    spread = ((three - 3 * p) ** 2).mean(axis=0)
    np.testing.assert_allclose(spread, (3 * p * (1 - p) * 6 / 8).mean(axis=0), rtol=0.1)
    assert (three <= drawn(store, 5)).all() and (drawn(store, 100) == every).all()


def test_the_draw_is_the_same_in_whichever_order_votes_are_stored(store, prepared, tmp_path):
    table = counts({f"clip{n}": (2, 3, 1, 2) for n in range(40)})
    fill(store, table)
    first = drawn(store, 3)
    from emo_core.store import Database
    from tests.conftest import copied

    other = Database(copied(prepared("empty", lambda empty: None), tmp_path / "other"))
    fill(other, table.sample(frac=1, random_state=3))
    np.testing.assert_array_equal(drawn(other, 3), first)
    studies.add_study(other, Study("t", "c", "human", PANEL, EMOTIONS[::-1], seed=0))
    np.testing.assert_array_equal(drawn(other, 3, "t")[:, ::-1], first)
    studies.add_study(other, Study("u", "c", "human", PANEL, EMOTIONS, seed=1))
    assert (drawn(other, 3, "u") != first).any()
    other.close()


def test_drawn_votes_share_themselves_among_secondary_labels(store):
    table = pd.DataFrame(
        [("a", "anger", "sad", None), ("a", "happy", "sad;neutral", "0.5;1"), ("a", "sad", None, None)] * 2,
        columns=["clip", "label", "secondary", "strengths"],
    ).assign(rater=None)
    fill(store, table, secondary_weight=0.5, rule="drop_outside")
    # anger with sad: 1/1.5, 0.5/1.5; happy with sad at 0.5 and neutral: 1/1.75, 0.25/1.75, 0.5/1.75
    kinds = np.array([[2 / 3, 0, 0, 1 / 3], [0, 1 / 1.75, 0.5 / 1.75, 0.25 / 1.75], [0, 0, 0, 1]])
    np.testing.assert_allclose(drawn(store, 0)[0], 2 * kinds.sum(axis=0))
    np.testing.assert_allclose(drawn(store, 6)[0], 2 * kinds.sum(axis=0))
    possible = [kinds[list(rows)].sum(axis=0) for rows in combinations([0, 1, 2, 0, 1, 2], 2)]
    assert any(np.allclose(drawn(store, 2)[0], each) for each in possible)
    assert drawn(store, 2)[0].sum() == pytest.approx(2)


TIMES = pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02"])


@pytest.mark.parametrize(
    ("columns", "first"),
    [
        ({"voted_at": list(TIMES)}, ["happy", "sad", "anger"]),
        ({"provenance": ['{"draw": 2}', '{"draw": 10}', '{"draw": 1}']}, ["sad", "anger", "happy"]),
        ({"voted_at": [TIMES[0]] * 3}, None),  # one date for all
        ({"voted_at": [TIMES[0], TIMES[0], TIMES[1]]}, None),  # two at one time
        ({"voted_at": [TIMES[0], TIMES[1], None]}, None),
        ({}, None),
        (  # draws tell apart what came in one reply
            {
                "voted_at": [TIMES[0], TIMES[0], TIMES[1]],
                "provenance": ['{"draw": 1}', '{"draw": 0}', '{"draw": 0}'],
            },
            ["sad", "happy", "anger"],
        ),
    ],
)
def test_an_order_is_what_times_and_draws_say(store, columns, first):
    fill(store, pd.DataFrame({"clip": "a", "label": ["anger", "happy", "sad"], "rater": None, **columns}))
    found = answers.votes_in_order(store, "s", "candidate")
    assert found.recorded.tolist() == [first is not None]
    assert [EMOTIONS[label] for label in found.label] == (first or [])


def test_collected_votes_are_those_of_the_clips_with_an_order(store):
    some = counts({f"t{n}": (1, 1, 1, 2) for n in range(6)})
    some["voted_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(some))[::-1], "min")
    fill(store, pd.concat([counts({f"a{n}": (2, 1, 1, 1) for n in range(4)}, voted_at=None), some]))
    told = verbs.run(store, "saturation", {"study": "s", "order": "collected"})["collected"]
    assert (told["clips"], told["clips_without_order"]) == (6, 4)
    # the last in storage came first: sad, then sad again. Listeners said sad and anger: JS of (½, ½) to sad is 0.3113
    np.testing.assert_allclose(told["mean"][:2], [0.3113, 0.3113], atol=1e-4)
    part = data.of_study(store, "s").only(np.arange(10) >= 4)
    alone = verbs.run(store, "saturation", {"study": "s"})
    assert len(part.clips) == 6 and len(alone["n"]) == 5
    assert told["subsets_mean"][-1] == pytest.approx(told["mean"][-1])


def test_collected_votes_are_refused_where_no_order_is_recorded(store):
    fill(store, counts({f"a{n}": (2, 1, 1, 1) for n in range(4)}))
    with pytest.raises(BadInput, match=r"is recorded on no clip \(0 of 4 have it\)"):
        verbs.run(store, "saturation", {"study": "s", "order": "collected"})


def test_three_of_a_real_panels_votes_say_what_all_of_them_say(store, real_crema):
    verbs.run(store, "corpus add", {"format": "crema-d", "path": str(real_crema), "name": "c"})
    emotions = ("anger", "disgust", "fear", "happy", "neutral", "sad")
    study = {"name": "s", "corpus": "c", "reference": "human:voice", "candidate": "human:audiovisual"}
    verbs.run(store, "study add", study | {"emotions": ",".join(emotions)})
    counts = studies.study_counts(store, "s")
    every, three = counts.candidate, drawn_votes(store, "s", list(counts.clips), 3)
    shares, total = every / every.sum(axis=1, keepdims=True), every.sum(axis=1, keepdims=True)
    size = np.minimum(total, 3)
    assert (three.sum(axis=1, keepdims=True) == size).all() and (three <= every).all()
    # a draw without replacement: share · (1 − share) / size · (total − size) / (total − 1)
    variance = shares * (1 - shares) / size * (total - size) / np.maximum(total - 1, 1)
    error = np.sqrt(variance.sum(axis=0)) / len(every)
    np.testing.assert_array_less(abs((three / size).mean(axis=0) - shares.mean(axis=0)), 4 * error)
