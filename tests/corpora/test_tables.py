"""Votes of a table stay what they were: each is taken as it was given, or left out and counted, never made another."""

import re
from collections import Counter

import numpy as np
import pytest

from emo_core import verbs
from emo_core.errors import BadTable, WorkbenchError
from emo_core.spelling import EDGES, cleaned, folded
from emo_core.store import Database
from emo_core.store.intake import macros
from tests.corpora.generate_tables import generate


def stored(store, corpus: str) -> Counter:
    """The votes of a corpus as {(clip, label, rater or None): times}."""
    rows = store.cursor().execute(
        "SELECT clips.name, emotions.name, raters.name, count(*) FROM votes JOIN clips USING (clip_id) "
        "JOIN corpora USING (corpus_id) JOIN emotions USING (emotion_id) LEFT JOIN raters USING (rater_id) "
        "WHERE corpora.name = ? GROUP BY ALL",
        [corpus],
    )
    return Counter({(clip, label, rater): times for clip, label, rater, times in rows.fetchall()})


def take(store, path, corpus="c", **fields) -> dict:
    return verbs.run(store, "corpus add votes", {"name": corpus, "file": {"path": str(path)} | fields})


def mapped(store, path, **fields) -> dict:
    return verbs.run(store, "corpus map", {"file": {"path": str(path)} | fields, "save": "m"})


def table(tmp_path, text: str, name: str = "t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def left_out(report: dict) -> int:
    said = r"(\d+) (?:votes for .* were left out|answers hear none of the emotions; they are left out)"
    return sum(int(found[1]) for note in report["notes"] if (found := re.match(said, note)))


def test_an_import_holds_exactly_the_votes_of_the_table(store, tmp_path):
    """As described, and as guessed, where a table of shares is asked about."""
    rng = np.random.default_rng(8)
    for number in range(14):
        path, votes, aside, fields = generate(rng, tmp_path)
        report = take(store, path, f"c{number}", **fields)
        assert stored(store, f"c{number}") == votes, path.name
        assert (report["votes"], left_out(report)) == (votes.total(), aside), path.name
        assert not report["skipped"]
        try:
            guess = mapped(store, path)["mapping"]
            take(store, path, f"g{number}", **guess)
            assert stored(store, f"g{number}") == votes, path.name
        except WorkbenchError as error:
            assert path.name.startswith("shares") and "--votes-per-row" in str(error)


def test_every_character_is_cleaned_and_folded_alike_in_python_and_sql(store):
    cursor = store.cursor()
    for statement in macros():
        cursor.execute(statement)
    letters = [
        f"{letter}x{letter}" for code in range(1, 0x3100) if (letter := chr(code)).isprintable() or letter.isspace()
    ]
    rows = cursor.execute("SELECT x, cleaned(x), folded(x) FROM (SELECT unnest($1) AS x)", [letters]).fetchall()
    assert EDGES and [(a, cleaned(a), folded(a)) for a in letters] == rows


GOEMOTIONS = """text,id,rater_id,very_unclear,admiration,anger,approval,joy,neutral,sadness
hi,c1,1,False,0,1,0,0,0,0
hi,c1,2,False,1,0,0,0,0,0
hi,c1,3,False,0,0,1,0,0,0
ho,c2,1,False,0,0,0,1,0,0
ho,c2,2,True,0,0,0,0,0,0
ho,c2,3,False,0,0,0,0,0,1
"""


def test_answers_for_an_emotion_that_is_not_known_are_not_neutral(store, tmp_path):
    path = table(tmp_path, GOEMOTIONS)
    shown = mapped(store, path)
    assert shown["unknown"] == ["admiration", "approval"] and "--map COLUMN=EMOTION" in shown["open"][0]
    assert set(shown["set_aside"]) == {"very_unclear", "admiration", "approval"}
    report = take(store, path, clip="id", rater="rater_id", graded=["anger", "joy", "neutral", "sadness"])
    assert report["emotions"] == {"anger": 1, "happy": 1, "sad": 1} and left_out(report) == 3
    assert any("admiration, approval" in note for note in report["notes"])
    explained = mapped(store, path, labels={"admiration": "happy", "approval": ""})
    assert explained["unknown"] == [] and "admiration" in explained["mapping"]["graded"]
    asked = take(store, path, "d", clip="id", rater="rater_id", graded=["anger", "joy", "sadness"], ignore=["neutral"])
    assert asked["emotions"] == {"anger": 1, "happy": 1, "neutral": 1, "sad": 1}  # no column asked for neutral


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,anger,happy,sad\na,75,0,25\nb,0,100,0\nc,33,33,34\n", "Each row sums to 100"),
        ("file,anger,happy,sad\na,0.75,0,0.25\nb,0,1,0\n", "Each row sums to 1:"),
        ('file,anger,happy\na,75%,25%\nb,"33,3 %","66,7 %"\n', "percentages"),
        ("file,anger,happy,jealous\na,0.5,0.25,0.25\nb,0,1,0\nc,0,0.5,0.5\n", "Each row sums to 1"),
    ],
)
@pytest.mark.parametrize("shape", ["counts", "graded"])
def test_shares_are_not_votes(store, tmp_path, text, said, shape):
    path = table(tmp_path, text)
    fields = {"clip": "file", shape: [name for name in text.splitlines()[0].split(",")[1:] if name != "jealous"]}
    with pytest.raises(BadTable, match=f"(?s){said}.*--votes-per-row"):
        take(store, path, **fields)
    assert any(said in question for question in mapped(store, path, **fields)["open"])
    take(store, table(tmp_path, "file,label\na,sad\nb,sad\nc,sad\n", "other.csv"), clip="file", label="label")
    with pytest.raises(BadTable, match="--votes-per-row"):
        verbs.run(store, "votes add", {"corpus": "c", "file": {"path": str(path), "panel": "model:m"} | fields})


def test_shares_become_counts_where_they_are_whole(store, tmp_path):
    path = table(tmp_path, "file,anger,happy,sad\na,75,0,25\nb,0,100,0\nc,50,25,25\n")
    fields = {"clip": "file", "counts": ["anger", "happy", "sad"]}
    assert take(store, path, votes_per_row=4, **fields)["emotions"] == {"anger": 5, "happy": 5, "sad": 2}
    assert take(store, path, "hundred", votes_per_row=100, **fields)["votes"] == 300
    with pytest.raises(BadTable, match=r"row 1: the shares times 3 votes are not whole numbers of votes: 2\.25"):
        take(store, path, "d", votes_per_row=3, **fields)
    ticks = table(tmp_path, "file,rater,anger,sad\na,1,1,0\na,2,0,1\nb,1,0,1\n", "ticks.csv")
    assert take(store, ticks, "e", clip="file", rater="rater", graded=["anger", "sad"])["votes"] == 3


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("path,duration,annotator,emotion\na.wav,2.5,r1,angry\na.wav,2.5,r2,sad\nb.wav,3,r1,sad\n", {"duration_s": "duration"}),
        ("path,duration,annotator,emotion\na.wav,2.5,r1,angry\na.wav,1.5,r2,sad\nb.wav,3,r1,sad\n", {"seconds": "duration"}),
        ("path,offset,duration,emotion\na.wav,0.5,2.3,sad\nb.wav,1,2,sad\n", {"start_s": "offset", "duration_s": "duration"}),
        ("path,onset,offset,emotion\na.wav,0.5,2.3,sad\nb.wav,1,2,sad\n", {"start_s": "onset", "end_s": "offset"}),
        ("path,offset,emotion\na.wav,0.5,sad\nb.wav,1,sad\n", {}),
        ("clip,emotion,dispVal,p_val,dialogue_act,v\na,sad,50,0.1,3,2\nb,sad,50,0.2,4,1\n", {}),
        ("clip;rater;emotion;valence\na;r1;sad;2,5\na;r2;sad;3\n", {"rater": "rater", "valence": "valence"}),
        ("name,localid,queryType,respEmo\na,S1,1,H\na,S1,2,N\nb,S1,1,S\na,S2,1,H\n", {"rater": "localid"}),
    ],
)  # fmt: skip
def test_a_name_alone_is_not_evidence(store, tmp_path, text, mapping):
    found = mapped(store, table(tmp_path, text))["mapping"]
    assert {name: value for name, value in found.items() if name not in ("clip", "label", "rater")} == {
        name: value for name, value in mapping.items() if name != "rater"
    }
    assert found.get("rater") == mapping.get("rater", found.get("rater"))


def test_columns_left_aside_say_why(store, tmp_path):
    path = table(
        tmp_path,
        "name,localid,queryType,respEmo,valence,gold\na,S1,1,H,x,H\na,S1,2,N,2,H\nb,S2,1,S,3,S\na,S2,1,H,1,H\n",
    )
    aside = mapped(store, path, label="respEmo", clip="name", rater="localid")["set_aside"]
    assert aside["valence"] == "has no meaning that is known" or "'x' is not a value" in aside["valence"]
    assert "--panel-column" in aside["queryType"] and "panel of their own" in aside["gold"]


def test_times_without_a_header_are_no_clip_and_no_rater(store, tmp_path):
    path = table(tmp_path, "0.0\t2.5\tangry\n2.5\t5.0\tsad\n5.0\t6.0\tangry\n", "labels.txt")
    with pytest.raises(WorkbenchError, match="no column names the file"):
        mapped(store, path)


def test_spans_of_a_file_are_clips(store, tmp_path):
    text = "file,start,end,rater,emotion\nt.wav,0,2.5,r1,sad\nt.wav,2.5,5,r1,joy\nu.wav,0,2,r1,sad\n"
    assert "span" in take(store, table(tmp_path, text), **mapped(store, table(tmp_path, text))["mapping"])["notes"][0]
    assert {clip for clip, *_ in stored(store, "c")} == {"t.wav#0-2.5", "t.wav#2.5-5", "u.wav#0-2"}
    more = table(tmp_path, "file,start,end,rater,emotion\nu.wav,0,2,r2,sad\n", "more.csv")
    fields = {
        "path": str(more),
        "clip": "file",
        "rater": "rater",
        "label": "emotion",
        "start_s": "start",
        "end_s": "end",
    }
    assert verbs.run(store, "votes add", {"corpus": "c", "file": fields})["votes"] == 1
    told = "file,start,end,emotion\na1,0,2.5,sad\na2,2.5,5,joy\n"  # each name has one span already
    take(store, table(tmp_path, told, "told.csv"), "d", clip="file", label="emotion", start_s="start", end_s="end")
    assert {clip for clip, *_ in stored(store, "d")} == {"a1", "a2"}


def test_names_that_look_alike_are_one_and_it_is_said(store, tmp_path):
    path = table(tmp_path, "file,rater,emotion\na.wav,r1,sad\na.wav,r1\u00a0,joy\na.wav\u200b,r2,joy\n")
    report = take(store, path, clip="file", rater="rater", label="emotion")
    assert (report["clips"], report["raters"]) == (1, 2)
    assert sum("look alike" in note for note in report["notes"]) == 2


def test_names_stored_before_they_were_cleaned_are_still_found(tmp_path):
    store = Database(tmp_path / "old")
    take(store, table(tmp_path, "file,rater,emotion\ncafe,r1,sad\n"), clip="file", rater="rater", label="emotion")
    with store.writing() as cursor:
        cursor.execute("UPDATE clips SET name = $1", ["cafe\u0301"])
    more = table(tmp_path, "file,rater,emotion\ncaf\u00e9,r2,sad\n", "more.csv")
    fields = {"path": str(more), "clip": "file", "rater": "rater", "label": "emotion"}
    assert verbs.run(store, "votes add", {"corpus": "c", "file": fields})["votes"] == 1
    store.close()


@pytest.mark.parametrize(
    ("text", "asked", "said", "votes"),
    [
        ("file,start_ms,end_ms,emotion\na,0,900,sad\na,900,999,joy\n", "--ignore start_ms,end_ms",
         {"ignore": ["start_ms", "end_ms"]}, {("a", "sad", None): 1, ("a", "happy", None): 1}),
        ("clip,label,count\na,sad,3\na,joy,1\nb,joy,4\n", "--votes-per-row count", {"votes_per_row": "count"},
         {("a", "sad", None): 3, ("a", "happy", None): 1, ("b", "happy", None): 4}),
        ("clip,label,prob\na,sad,0.75\na,joy,0.25\nb,joy,1\n", "--ignore prob", {"ignore": ["prob"]},
         {("a", "sad", None): 1, ("a", "happy", None): 1, ("b", "happy", None): 1}),
        ("clip,rater,anger,joy,sad\na,1,5,1,1\nb,1,1,1,4\nb,2,1,1,1\n", "--grade 1=0",
         {"grades": {"1": 0}}, {("a", "anger", "1"): 1, ("b", "sad", "1"): 1, ("b", "neutral", "2"): 1}),
        ("clip,anger,sad\na,3,1\nb,0,2\nAll,3,3\n", "Remove the row", None, None),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_asked_and_the_answer_works(store, tmp_path, text, asked, said, votes):
    path = table(tmp_path, text)
    shown = mapped(store, path)
    assert any(asked in question for question in shown["open"])
    with pytest.raises(BadTable, match=re.escape(asked)):
        take(store, path, **shown["mapping"])
    if said is not None:
        take(store, path, **mapped(store, path, **said)["mapping"])
        assert stored(store, "c") == votes


def test_columns_of_a_row_with_several_raters_are_not_one_raters(store, tmp_path):
    path = table(tmp_path, "clip,Ann,Ann_conf,Ben,notes\na,sad,0.9,joy,sad\nb,joy,0.4,joy,\n")
    shown = mapped(store, path)
    assert shown["mapping"]["raters"] == ["Ann", "Ben"] and "confidence" not in shown["mapping"]
    assert "nothing says whose" in shown["set_aside"]["Ann_conf"] and "no column names raters" in shown["why"]


def test_raters_that_differ_in_case_alone_are_said(store, tmp_path):
    report = take(store, table(tmp_path, "c,r,l\na,Anna,sad\na,anna,joy\n"), clip="c", rater="r", label="l")
    assert report["raters"] == 2 and any("differ in case alone" in note for note in report["notes"])


def test_a_column_of_unknown_words_beside_raters_is_asked_about(store, tmp_path):
    path = table(
        tmp_path, "clip,Anna,Ben,Cleo,gender\na,happy,jealous,sad,m\nb,sad,bored stiff,sad,f\nc,anger,smug,anger,f\n"
    )
    shown = mapped(store, path)
    assert "Ben" in shown["set_aside"] and any(said.startswith("Ben may be answers too") for said in shown["open"])
    assert "few words" not in shown["set_aside"]["gender"]
