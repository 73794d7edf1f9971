"""What a table's columns are taken to mean: tables as labs, crowds and tools write them."""

import pytest

from emo_core.corpora import mapping_guess, votes_table
from emo_core.records import VotesFile
from emo_core.store import looking, previewing


def guessed(store, tmp_path, text: str, name: str = "t.csv") -> dict:
    """The guess for a table; it must describe the table well enough to be taken in whole."""
    path = tmp_path / name
    path.write_text(text)
    seen = looking.look(store, path)
    return mapping_guess.guess(seen)


def taken(store, tmp_path, fields: dict, name: str = "t.csv") -> previewing.Preview:
    reading = votes_table.read(VotesFile(path=tmp_path / name, **fields))
    return previewing.preview(store, reading)


TABLES = {
    "one row a vote": (
        "file,annotator,emotion\na.wav,r1,angry\na.wav,r2,sad\nb.wav,r1,joy\nb.wav,r2,sad\n",
        {"label": "emotion", "rater": "annotator", "clip": "file"},
    ),
    "results of a crowd": (
        "HITId,WorkerId,WorkTimeInSeconds,Input.audio_url,Answer.emotion\n"
        "h1,A1,12,http://x/a.wav,angry\nh2,A2,9,http://x/a.wav,sad\nh3,A1,7,http://x/b.wav,happy\nh4,A3,7,http://x/b.wav,sad\n",
        {"label": "Answer.emotion", "rater": "WorkerId", "seconds": "WorkTimeInSeconds", "clip": "Input.audio_url"},
    ),
    "an index of pandas in front": (
        ",utt_id,label,worker id\n0,u1,neutral,w1\n1,u1,sad,w2\n2,u2,sad,w1\n",
        {"label": "label", "rater": "worker id", "clip": "utt_id"},
    ),
    "MSP-Podcast's consensus": (
        "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
        "a.wav,N,2.8,3.6,3.4,7,Male,Train\nb.wav,A,5.8,1.6,5.4,8,Female,Test1\nc.wav,H,4.8,5.6,4.4,8,Female,Test1\n",
        {"label": "EmoClass", "clip": "FileName", "speaker": "SpkrID", "partition": "Split_Set",
         "valence": "EmoVal", "arousal": "EmoAct", "dominance": "EmoDom"},
    ),
    "a column for each rater": (
        "utterance,text,ann1,ann2,ann3\nu1,hello,sad,happy,sad\nu2,well,angry,angry,\nu3,so,neutral,sad,sad\n",
        {"raters": ("ann1", "ann2", "ann3"), "clip": "utterance", "transcript": "text"},
    ),
    "raters with labels of their own": (
        "clip,rater_1,rater_2\na,Wut,Wut\nb,Freude,Trauer\nc,Wut,Freude\n",
        {"raters": ("rater_1", "rater_2"), "clip": "clip"},
    ),
    "counts": (
        "name,angry,happy,sad,total\na,3,1,0,4\nb,0,0,5,5\nc,1,1,3,5\n",
        {"counts": ("angry", "happy", "sad"), "clip": "name"},
    ),
    "counts by letters beside a majority": (
        "fileName,A,H,N,S,emoVote\na,3,1,0,0,A\nb,0,0,5,1,N\nc,1,1,3,0,N\n",
        {"counts": ("A", "H", "N", "S"), "clip": "fileName"},
    ),
    "counts with words around": (
        "clip,n_angry,n_happy,mean_angry,mean_happy\na,3,1,0.5,0.2\nb,0,2,0.1,0.4\n",
        {"counts": ("n_angry", "n_happy"), "clip": "clip", "labels": {"n_angry": "anger", "n_happy": "happy"}},
    ),
    "strengths in words": (
        "id,audio,annotator,happy,sad,mood\n1,a.m4a,1,None,A little,Good\n1,a.m4a,2,Extremely,None,Bad\n2,b.m4a,1,None,None,Bad\n",
        {"graded": ("happy", "sad"), "rater": "annotator", "clip": "audio"},
    ),
    "strengths in words of its own": (
        "clip,happy,sad\na,gar nicht,etwas\nb,stark,gar nicht\n",
        {"graded": ("happy", "sad"), "clip": "clip"},
    ),
    "ticks": (
        "clip,rater,happy,sad\na,1,1,0\na,2,0,1\nb,1,1,1\n",
        {"graded": ("happy", "sad"), "rater": "rater", "clip": "clip"},
    ),
    "shares of a model": (
        "clip,happy,sad\na,0.25,0.75\nb,0.5,0.5\nc,1,0\n",
        {"counts": ("happy", "sad"), "clip": "clip"},  # refused until somebody says of how many raters
    ),
    "no header, item, worker, label": (
        "i1,w1,sad\ni1,w2,happy\ni2,w1,sad\ni2,w3,angry\ni3,w1,sad\n",
        {"header": False, "label": "column3", "clip": "column1", "rater": "column2"},
    ),
    "no header, an annotator a column": (
        "sad,happy,sad\n,happy,happy\nsad,,angry\n",
        {"header": False, "raters": ("column1", "column2", "column3"), "clip": "row number"},
    ),
    "a confidence that is none, a time that is none": (
        "clip,label,confidence,time\na,sad,4,12.5\nb,happy,5,3.5\n",
        {"label": "label", "clip": "clip"},
    ),
    "a model's answers": (
        "clip,panel,persona,temperature,answer,confidence\na,synthetic:m,nurse,0.5,sad,0.9\na,synthetic:m,cop,0.5,happy,0.8\n"
        "b,synthetic:m,cop,0.5,happy,0.8\n",
        {"label": "answer", "clip": "clip", "panel_column": "panel", "persona": "persona", "temperature": "temperature",
         "confidence": "confidence"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_tables_as_people_write_them(store, tmp_path, kind):
    text, expected = TABLES[kind]
    assert guessed(store, tmp_path, text) == expected


@pytest.mark.parametrize("kind", [kind for kind in TABLES if not {"own", "shares"} & {*kind.split()}])
def test_what_is_guessed_can_be_taken_in(store, tmp_path, kind):
    fields = guessed(store, tmp_path, TABLES[kind][0])
    found = taken(store, tmp_path, fields)
    assert found.bad_rows == 0 and found.report.votes > 0


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("a,b\n1,2\n3,4\n", ["clip", "labels"]),
        ("clip,rating\na,1\nb,5\n", ["labels"]),
        ("who,label\nx,sad\nx,sad\n", ["clip"]),
    ],
)
def test_what_nothing_speaks_for_stays_open(store, tmp_path, text, open_):
    assert mapping_guess.missing(guessed(store, tmp_path, text)) == open_


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("one row a vote", "The column emotion seems to hold the labels: 100% of its cells"),
        ("a column for each rater", "3 columns hold labels (ann1, ann2, ann3)"),
        ("counts", "hold numbers; no column names raters"),
        ("strengths in words", "words of strength (None, Extremely, A little); a row is one answer"),
        ("no header, item, worker, label", "The first row holds an emotion too"),
    ],
)
def test_a_guess_says_why(store, tmp_path, kind, words):
    (tmp_path / "t.csv").write_text(TABLES[kind][0])
    seen = looking.look(store, tmp_path / "t.csv")
    assert words in mapping_guess.why(seen, mapping_guess.guess(seen))


def test_nothing_is_said_for_a_description_of_another_table(store, tmp_path):
    (tmp_path / "t.csv").write_text("clip,label\na,sad\n")
    seen = looking.look(store, tmp_path / "t.csv")
    assert mapping_guess.why(seen, {"label": "elsewhere"}) == ""
    assert "Choose the shape" in mapping_guess.why(seen, {})


def test_a_real_table_of_graded_answers(store):
    from tests.conftest import SHARED

    path = SHARED / "abaw2023" / "assessment.csv"
    if not path.is_file():
        pytest.skip("no ../shared/data/abaw2023 on this machine")
    fields = mapping_guess.guess(looking.look(store, path))
    assert fields == {
        "graded": ("sad", "happy", "disgust", "fear", "surprise", "anger"), "rater": "annotator", "clip": "audio",
        "seconds": "lead_time", "comment": "notes", "voted_at": "created_at",
    }  # fmt: skip


def test_real_counts(store, real_crema):
    fields = mapping_guess.guess(looking.look(store, real_crema / "processedResults" / "tabulatedVotes.csv"))
    assert fields == {"counts": ("A", "D", "F", "H", "N", "S"), "clip": "fileName"}
