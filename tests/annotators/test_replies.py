"""Replies are read strictly: what is not plainly one of the offered words, or one number for each, is invalid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emo_core.annotators.replies import parse_label, parse_percentages

WORDS = {"anger": "angry", "happy": "happy", "neutral": "neutral", "sad": "sad"}


@pytest.mark.parametrize(
    "reply, label",
    [
        ("angry", "anger"), ("Angry.", "anger"), ("  ANGRY\n", "anger"), ('"angry"', "anger"), ('"Angry."', "anger"),
        ('"Angry".', "anger"), ("**Sad**", "sad"), ("**Sad**.", "sad"), ("`happy`", "happy"), ("“Neutral”", "neutral"),
        ("anger", "anger"), ("Sad!", "sad"),
        ("", None), (".", None), ("angry or sad", None), ("angry, sad", None), ("The emotion is angry.", None), ("angrily", None),
        ("not angry", None), ("angry?", None), ("sadness", None), ("I cannot tell.", None), ("fearful", None), ("sad\nangry", None),
        ('{"emotion": "sad"}', None), ("1. sad", None), ("-sad", None), ("unhappy", None), ("sa", None), ("sad (0.7)", None),
        ("愤怒", None),
    ],
)  # fmt: skip
def test_a_label_is_one_offered_word_and_nothing_beside_it(reply, label):
    assert parse_label(reply, WORDS) == label


@given(st.text(max_size=20))
def test_no_text_is_guessed(reply):
    found = parse_label(reply, WORDS)
    assert found is None or found[:2] in reply.casefold()


@pytest.mark.parametrize(
    "reply, values",
    [
        ("Angry: 60%, Happy: 0%, Neutral: 15%, Sad: 25%", [60, 0, 15, 25]),
        ("Neutral: 15%\nSad: 25%\nAngry: 60%\nHappy: 0%", [60, 0, 15, 25]),
        ("**Angry:** 60%\n* **Happy**: 0%\n- *Neutral* - 15%\n- Sad – 25 %", [60, 0, 15, 25]),
        ('{"angry": 60.5, "happy": 0, "neutral": 14.5, "sad": 25}', [60.5, 0, 14.5, 25]),
        ("| Angry | 60% |\n| Happy | 0% |\n| Neutral | 15% |\n| Sad | 25% |", [60, 0, 15, 25]),
        ("Anger (60%), happiness (0%), neutral (15%), sadness (25%)", [60, 0, 15, 25]),
        ("Angry 60,5%; Happy 0%; Neutral 14,5%; Sad 25%", [60.5, 0, 14.5, 25]),
        ("angry ≈ 60%, happy ~0%, neutral → 15%, sad = 25%", [60, 0, 15, 25]),
        ("Angry: 60%, Happy: 10%, Neutral: 15%, Sad: 25%, that is Angry: 60%", [60, 10, 15, 25]),
        ("Angry: 60%, Happy: 0%, Neutral: 15%", None),
        ("60% angry, 0% happy, 15% neutral, 25% sad", None),
        ("60% angry, 0% happy, 15% neutral, 25% sad. 100% in all", None),
        ("60% angry\n0% happy\n15% neutral\n25% sad\n100%", None),
        ("Angry: 50-60%, Happy: 0%, Neutral: 15%, Sad: 25%", None),
        ("Angry: 50% to 60%, Happy: 0%, Neutral: 15%, Sad: 25%", None),
        ("Angry: <60%, Happy: 0%, Neutral: 15%, Sad: 25%", None),
        ("Angry: 1/3, Happy: 0%, Neutral: 15%, Sad: 25%", None),
        ("Angry: -60%, Happy: 0%, Neutral: 15%, Sad: 25%", None),
        ("Angry: 60%, Happy: 0%, Neutral: 15%, Sad: 25%, no, Angry: 70%", None),
        ("Angry: 0%, Happy: 0%, Neutral: 0%, Sad: 0%", None),
        ("Angry: high, Happy: low, Neutral: 15%, Sad: 25%", None),
        ("Angry: about 60%, Happy: 0%, Neutral: 15%, Sad: 25%", None),
        ("Unhappy: 60%, angry: 1%, neutral: 15%, sad: 24%", None),
        ("I cannot give percentages.", None), ("", None),
    ],
)  # fmt: skip
def test_percentages_are_one_number_for_each_emotion(reply, values):
    found = parse_percentages(reply, WORDS)
    if values is None:
        assert found is None
    else:
        assert found[0].tolist() == values and found[1] == (abs(sum(values) - 100) <= 2)
