"""Settings of a campaign, and what raters send: taken as meant, or refused with a sentence."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emo_core.errors import BadInput
from emo_core.labelling import answers
from emo_core.labelling.campaign import FLAGS, ORDERS, QUESTIONS, SCALES, Campaign, Form, from_document
from tests.conftest import EMOTIONS

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*EMOTIONS, *FLAGS, *SCALES]),
    lambda part: (
        st.lists(part, max_size=4)
        | st.dictionaries(st.sampled_from([*EMOTIONS, "joy", ""]) | st.text(max_size=3), part, max_size=4)
    ),
    max_leaves=8,
)
PARTS = ("emotion", "secondary", "shares", "grades", *SCALES, "confidence", "comment", "flags")
FORMS = st.builds(
    Form,
    question=st.sampled_from(list(QUESTIONS)),
    emotions=st.just(EMOTIONS),
    listeners=st.integers(2, 100),
    grades=st.integers(1, 9),
    scales=st.lists(st.sampled_from(SCALES), min_size=1, unique=True),
    points=st.integers(3, 9),
    confidence=st.just(0) | st.integers(2, 9),
    comment=st.booleans(),
    flags=st.lists(st.sampled_from(list(FLAGS)), unique=True),
    optional=st.lists(st.sampled_from(["scales", "confidence"]), unique=True),
)


def form(question="one", **more) -> Form:
    return Form(question, emotions=EMOTIONS, **more)


def read(of: Form, answer, key="1/2/Ana") -> answers.Vote:
    return answers.read(of, answer, key=key)


@settings(max_examples=250, deadline=None)
@given(FORMS, JSON | st.dictionaries(st.sampled_from(PARTS), JSON | st.integers(0, 9)))
def test_whatever_comes_is_a_sound_vote_or_bad_input(of, answer):
    try:
        vote = read(of, answer)
    except BadInput:
        return
    assert vote.emotion is None or vote.emotion in of.emotions
    assert len(vote.secondary) == len(vote.strengths) == len(set(vote.secondary) - {vote.emotion})
    assert all(0 < strength <= 1 for strength in vote.strengths)
    assert all(name in of.scales and 1 <= points <= of.points for name, points in (vote.scales or {}).items())
    assert vote.confidence is None or 0 <= vote.confidence <= 1
    flagged = bool(answer.get("flags"))
    assert flagged or vote.emotion is not None or of.question in ("none", "graded")
    assert flagged or not of.needs_scales or set(vote.scales or ()) == set(of.scales)
    assert flagged or not of.needs_confidence or vote.confidence is not None


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any), st.sampled_from(["soft", "graded"]))
def test_shares_and_grades_come_back_as_a_distribution(numbers, question):
    given_numbers = dict(zip(EMOTIONS, numbers))
    if question == "soft":
        if sum(numbers) < 2:
            return
        vote = read(form("soft", listeners=sum(numbers)), {"shares": given_numbers})
    else:
        vote = read(form("graded", grades=9), {"grades": given_numbers})
    weights = dict(zip((vote.emotion, *vote.secondary), (1.0, *vote.strengths)))
    total = sum(weights.values())
    assert set(weights) == {name for name, number in given_numbers.items() if number}
    for name, weight in weights.items():
        assert weight / total == pytest.approx(given_numbers[name] / sum(numbers))
    assert list(vote.strengths) == sorted(vote.strengths, reverse=True)


def test_equal_strengths_stand_in_an_order_that_clip_and_rater_decide():
    tie = form("soft", listeners=12)
    first = {}
    for number in range(40):
        orders = {
            (vote.emotion, *vote.secondary)
            for names in (EMOTIONS, EMOTIONS[::-1], EMOTIONS[2:] + EMOTIONS[:2])
            for vote in [read(tie, {"shares": dict.fromkeys(names, 3)}, key=f"1/{number}/Ana")]
        }
        assert len(orders) == 1
        first[number] = orders.pop()[0]
    assert set(first.values()) == set(EMOTIONS)


def test_the_rater_says_which_of_several_is_the_strongest():
    vote = read(form("several"), {"emotion": "sad", "secondary": ["anger", "sad", "anger"]})
    assert (vote.emotion, vote.secondary, vote.strengths) == ("sad", ("anger",), (1.0,))
    assert read(form("one"), {"emotion": "sad", "secondary": ["anger"]}).secondary == ()


def test_nothing_heard_is_an_answer_of_graded_forms_alone():
    silent = read(form("graded"), {"grades": dict.fromkeys(EMOTIONS, 0)})
    assert silent.emotion is None and silent.is_empty
    with pytest.raises(BadInput, match="names no emotion"):
        read(form("one"), {})


def test_a_flag_stands_for_all_that_is_missing():
    whole = form("one", scales=("valence",), confidence=5)
    assert read(whole, {"flags": ["bad_audio"]}).is_empty
    assert read(whole, {"flags": ["bad_audio"], "emotion": "sad"}).emotion == "sad"
    with pytest.raises(BadInput, match="lacks valence, confidence"):
        read(whole, {"emotion": "sad"})
    with pytest.raises(BadInput, match="not among the flags"):
        read(form(flags=()), {"flags": ["bad_audio"]})


@pytest.mark.parametrize(
    ("of", "answer", "why"),
    [
        (form("soft", listeners=10), {"shares": {"sad": 9}}, "sum to 9, not to 10"),
        (form("soft", listeners=10), {"shares": {"sad": 11}}, "whole number from 0 to 10"),
        (form("soft", listeners=10), {"shares": {"sad": 5.0, "anger": 5}}, "whole number"),
        (form("soft", listeners=10), {"shares": {"fear": 10}}, "'fear' is not among"),
        (form("graded"), {"grades": {"sad": 3}}, "Grade every emotion"),
        (form("graded"), {"grades": dict.fromkeys(EMOTIONS, 4)}, "from 0 to 3"),
        (form("graded"), {}, "Grade every emotion"),
        (form("one"), {"emotion": "SAD"}, "not among"),
        (form("several"), {"emotion": "sad", "secondary": 5}, "not among"),
        (form(scales=("valence",), points=5), {"emotion": "sad", "valence": 6}, "from 1 to 5"),
        (form(scales=("valence",), points=5), {"emotion": "sad", "valence": True}, "from 1 to 5"),
        (form(confidence=5), {"emotion": "sad", "confidence": 0}, "from 1 to 5"),
        (form(comment=True), {"emotion": "sad", "comment": "x" * 2001}, "2,000 characters"),
    ],
)
def test_answers_that_break_the_form_say_why(of, answer, why):
    with pytest.raises(BadInput, match=why):
        read(of, answer)


def test_ends_of_scales_and_confidence():
    whole = form(scales=SCALES, points=9, confidence=3, comment=True)
    vote = read(
        whole, {"emotion": "sad", "valence": 1, "arousal": 9, "dominance": 5, "confidence": 1, "comment": "  a "}
    )
    assert vote.scales == {"valence": 1, "arousal": 9, "dominance": 5}
    assert (vote.confidence, vote.comment) == (0.0, "a")
    confident = [read(form(confidence=3), {"emotion": "sad", "confidence": c}).confidence for c in (2, 3)]
    assert confident == [0.5, 1.0]


# ---- settings ------------------------------------------------------------------------------------------------------------

LIMITS = {
    "overlap": (1, 1000), "enough_votes": (0, 10_000), "least_gain": (0, 1), "gold": (0, 1000), "gold_every": (2, 1000),
    "repeats": (0, 0.5), "repeat_after": (1, 1000), "practice": (0, 100), "batch": (0, 10_000), "reserve_s": (10, 86_400),
    "seed": (0, 2**32 - 1),
}  # fmt: skip
FORM_LIMITS = {"listeners": (2, 100), "grades": (1, 9), "points": (3, 9), "confidence": (2, 9)}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_of_campaigns(name):
    low, high = LIMITS[name]
    for value in (low, high):
        assert getattr(Campaign("c", "s", form(), **{name: value}), name) == value
    for value in (low - 1, high + 1, float("nan")):
        with pytest.raises(BadInput, match=name):
            Campaign("c", "s", form(), **{name: value})


@pytest.mark.parametrize("name", FORM_LIMITS)
def test_limits_of_forms(name):
    low, high = FORM_LIMITS[name]
    for value in (low, high):
        assert getattr(form(**{name: value}), name) == value
    for value in (low - 1, high + 1):
        with pytest.raises(BadInput):
            form(**{name: value})


def test_whole_numbers_are_whole():
    with pytest.raises(BadInput, match="overlap"):
        Campaign("c", "s", form(), overlap=2.5)
    with pytest.raises(BadInput, match="grade"):
        form(grades=2.5)


@pytest.mark.parametrize(
    "settings",
    [
        {"question": "some"}, {"look": "faces"}, {"scales": ("joy",)}, {"flags": ("noise",)}, {"optional": ("comment",)},
        {"emotions": ("sad",)}, {"emotions": ("sad", "sorrow")}, {"emotions": ("sad", "glee")},
        {"question": "none"},
    ],
)  # fmt: skip
def test_forms_that_ask_nothing_sensible_are_refused(settings):
    with pytest.raises(BadInput):
        Form(**{"emotions": EMOTIONS} | settings)


@given(
    FORMS,
    st.sampled_from(list(ORDERS)),
    st.integers(1, 9),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)
def test_settings_survive_json(of, order, overlap, examples):
    campaign = Campaign("c", "s", of, order=order, overlap=overlap, clips=("a", "b"), examples=examples)
    assert from_document(json.loads(json.dumps(campaign.as_document()))) == campaign


NAMES = [*LIMITS, "name", "study", "form", "panel", "order", "clips", "guidelines", "examples", "colour"]


@settings(max_examples=150, deadline=None)
@given(
    JSON
    | st.builds(
        lambda document, broken: document | broken,
        st.just(Campaign("c", "s", Form(emotions=EMOTIONS)).as_document()),
        st.dictionaries(
            st.sampled_from(NAMES),
            JSON | st.dictionaries(st.sampled_from([*FORM_LIMITS, "question", "emotions", "scales", "hue"]), JSON),
            max_size=2,
        ),
    )
)
def test_settings_of_any_shape_are_taken_or_bad_input(document):
    with suppress(BadInput):
        assert isinstance(from_document(document), Campaign)
