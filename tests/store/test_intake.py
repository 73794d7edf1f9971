"""Tables of votes: what is understood, what is refused and with which words; a refused one leaves nothing behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emo_core import verbs, vocabulary
from emo_core.errors import BadInput, WorkbenchError
from emo_core.records import VotesFile
from emo_core.store import Database, browsing, corpora
from emo_core.verbs.corpora import add_votes_corpus, suggest_study
from tests.conftest import EMOTIONS, simulated_votes

LONG = {"clip": "clip", "rater": "rater", "label": "label"}


def write(folder: Path, text: str | bytes, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def take(store, path: Path, **choices) -> dict:
    audio, skip = choices.pop("audio", None), choices.pop("skip_bad_rows", False)
    fields = {"path": str(path)} | (LONG if "counts" not in choices else {"clip": "clip"}) | choices
    return add_votes_corpus(store, "c", fields, audio=audio, skip_bad_rows=skip)


@pytest.mark.parametrize(
    ("text", "choices", "said"),
    [
        ("clip,rater\na,r\n", {}, r"no column 'label'; it has 'clip', 'rater'"),
        ("clip,rater,label\na,r,zorn\n", {}, r"row 1: unknown label 'zorn'.*Known labels: anger, disgust"),
        ("clip,rater,label\na,r,\n", {}, r"row 1: no label.*--skip-bad-rows"),
        ("clip,rater,label\n,r,sad\n", {}, r"row 1: no clip id"),
        ("clip,A,H\na,1,2\nb,-1,2\n", {"counts": ["A", "H"]}, r"row 2: the count -1 for A is negative"),
        ("clip,A,H\na,1,0.5\n", {"counts": ["A", "H"]}, r"row 1: the count 0.5 for H is not a whole number"),
        ("clip,A,H\na,1,x\n", {"counts": ["A", "H"]}, r"row 1: the count 'x' for H is not a number"),
        ("clip,A,H\na,1,\n", {"counts": ["A", "H"]}, r"row 1: no count for H"),
        ("clip,A,H\na,1,2\na,3,4\n", {"counts": ["A", "H"]}, r"row 2: the clip 'a' stands in row 1 already"),
        ("", {}, r"is empty"),
        ("clip,rater,label\n", {}, r"has no votes"),
        ("clip,rater,label\ra,r,sad\r", {}, r"old line ends"),
        ("clip,clip,label\na,b,sad\n", {"rater": None}, r"names the column 'clip' twice"),
        ("clip,rater,label\na,J\xf6rg,sad\n".encode("latin1"), {}, r"is not UTF-8.*iconv"),
        ("clip,rater,label\na,r,sad\nb,r\n", {}, r"line 3 \(row 2\) has 2 columns where the header has 3"),
        ("clip,rater,label\na,r,sad\n", {"label": None}, r"one of five shapes"),
        ("clip,rater,label\na,r,sad\n", {"panel": "x\x00y"}, r"cannot name a panel"),
        ("clip,rater,label\na,r,sad\n", {"labels": {"x": "zorn"}}, r"no emotion 'zorn'"),
    ],
)
def test_wrong_tables_are_refused_with_a_reason(store, tmp_path, text, choices, said):
    with pytest.raises(BadInput, match=r"(?s)" + said):
        take(store, write(tmp_path, text), **choices)
    for table in ("corpora", "clips", "votes", "panels", "raters", "batches"):
        assert store.cursor().execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]  # noqa: S608


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("v.parquet", b"not parquet", "cannot be read as a table"),
        ("v.jsonl", b'{"clip":"a","rater":"r","label":"sad"}\n{"clip"', "cannot be read as a table"),
        ("v.xlsx", b"PK", "is none of .csv"),
        ("v.csv", bytes(range(256)) * 20, "zero bytes"),
    ],
)
def test_other_files_are_refused_too(store, tmp_path, name, content, said):
    with pytest.raises(BadInput, match=said):
        take(store, write(tmp_path, content, name))


def test_a_missing_file_is_said(store, tmp_path):
    with pytest.raises(BadInput, match="no file"):
        take(store, tmp_path / "nowhere.csv")


@pytest.mark.parametrize("clip", ["../secret", "a/../../b", "/etc/../passwd", "C:\\..\\x"])
def test_audio_never_lies_outside_its_root(store, tmp_path, clip):
    (tmp_path / "wavs").mkdir()
    path = write(tmp_path, f"clip,rater,label\n{clip},r,sad\n")
    with pytest.raises(BadInput, match="outside the audio root"):
        take(store, path, audio=str(tmp_path / "wavs"))
    assert corpora.list_corpora(store) == []


def test_paths_of_another_machine_find_their_sound_by_their_end(store, tmp_path):
    (tmp_path / "wavs" / "spk1").mkdir(parents=True)
    soundfile.write(tmp_path / "wavs" / "spk1" / "a.wav", np.zeros(800), 8000)
    (tmp_path / "wavs" / "spk1" / "b.wav").write_text("version https://git-lfs.github.com/spec/v1")
    clips = ["/srv/lab/spk1/a.wav", "/etc/passwd", "~/x", "spk2/a.wav", "spk1/b.wav"]
    rows = "".join(f"{clip},r,sad\n" for clip in clips)
    report = take(store, write(tmp_path, f"clip,rater,label\n{rows}"), audio=str(tmp_path / "wavs"))
    found = dict(store.cursor().execute("SELECT name, audio FROM clips").fetchall())
    assert [found[clip] for clip in clips] == ["spk1/a.wav", None, None, None, "spk1/b.wav"]
    assert report["clips_with_audio"] == corpora.list_corpora(store)[0]["clips_with_audio"] == 1
    notes = " ".join(report["notes"])
    assert "first: spk2/a.wav; a file of that name lies in spk1/" in notes and "git lfs pull" in notes


@pytest.mark.parametrize(
    ("before", "size", "after"),
    [(10, 40_000_000, "\n"), (10, 40_000_000, ""), (0, 40_000_000, "\n"), (10, 3_000_000, "\na,r,sad,\n")],
)
def test_a_row_too_long_to_read_is_refused_by_its_number(store, tmp_path, before, size, after):
    rows = 'a,r,sad,"two\nlines"\n' * before
    path = write(tmp_path, f"clip,rater,label,comment\n{rows}z,r,sad,{'x' * size}{after}")
    with pytest.raises(BadInput, match=f"row {before + 1} has a line of more than 2,000,000 bytes"):
        take(store, path)
    assert corpora.list_corpora(store) == []


def test_rows_just_short_enough_are_all_read(store, tmp_path):
    row = "{0},r,sad," + "x" * 1_999_980 + "\n"
    path = write(tmp_path, "clip,rater,label,comment\n" + "".join(row.format(clip) for clip in "abc"))
    assert take(store, path)["votes"] == 3


def test_bad_rows_can_be_left_out_and_are_listed(store, tmp_path):
    path = write(tmp_path, "clip,rater,label\na,r,sad\nb,r,zorn\nc,r,\na,s,joy\n")
    report = take(store, path, skip_bad_rows=True)
    assert [(skip["where"], skip["reason"]) for skip in report["skipped"]] == [
        ("votes.csv row 2", "unknown label 'zorn'"), ("votes.csv row 3", "no label"),
    ]  # fmt: skip
    assert report["votes"] == 2 and report["emotions"] == {"happy": 1, "sad": 1}
    assert corpora.import_reports(store, "c")[0]["skipped"] == list(report["skipped"])


SAME = {
    "votes.csv": "clip,rater,label\na,r1,angry\na,r2,HAP\nb,r1,S\n",
    "semicolons.csv": "clip;rater;label\na;r1;angry\na;r2;HAP\nb;r1;S\n",
    "crlf.csv": "\ufeffclip,rater,label\r\na,r1,angry\r\na,r2,HAP\r\nb,r1,S\r\n",
    "quoted.csv": 'clip,rater,label\n"a","r1","angry"\n"a","r2","HAP"\n"b","r1","S"\n',
    "votes.tsv": "clip\trater\tlabel\na\tr1\tangry\na\tr2\tHAP\nb\tr1\tS\n",
    "votes.jsonl": '{"clip":"a","rater":"r1","label":"angry"}\n{"clip":"a","rater":"r2","label":"HAP"}\n'
    '{"clip":"b","rater":"r1","label":"S"}\n',
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_votes_in_every_format(store, tmp_path, name):
    report = take(store, write(tmp_path, SAME[name], name))
    assert (report["clips"], report["votes"], report["raters"]) == (2, 3, 2)
    assert report["emotions"] == {"anger": 1, "happy": 1, "sad": 1}


def test_parquet_and_panels_in_a_column(store, tmp_path):
    votes = simulated_votes(10)
    votes.to_parquet(tmp_path / "v.parquet")
    report = take(store, tmp_path / "v.parquet", panel_column="panel")
    assert report["panels"] == {"human": 50, "synthetic:sim/1": 60}


def test_counts_are_anonymous_votes_and_keep_clips_that_nobody_voted_on(store, tmp_path):
    path = write(tmp_path, "clip,A,H,text\na,1,2,hello\nb,0,0,silence\n")
    report = take(store, path, counts=["A", "H"], transcript="text")
    assert (report["clips"], report["votes"], report["raters"]) == (2, 3, 0)


def test_fields_of_a_clip_are_taken_once_and_contradictions_noted(store, tmp_path):
    path = write(tmp_path, "clip,rater,label,who\na,r,sad,anna\na,s,sad,bert\nb,r,joy,anna\n")
    report = take(store, path, speaker="who")
    assert any("different values of speaker" in note for note in report["notes"])
    assert suggest_study(store, "c").emotions == ("happy", "sad")


@pytest.mark.parametrize("order", ["grouped", "shuffled"])
def test_votes_of_a_clip_stand_in_the_order_of_the_file(store, tmp_path, order):
    votes = simulated_votes(30).assign(rater=lambda table: [f"r{i}" for i in range(len(table))])
    votes = votes if order == "grouped" else votes.sample(frac=1, random_state=0)
    votes.to_csv(tmp_path / "v.csv", index=False)
    take(store, tmp_path / "v.csv", panel_column="panel")
    stored = store.cursor().execute(
        "SELECT clips.name, raters.name FROM votes JOIN clips USING (clip_id) JOIN raters USING (rater_id) ORDER BY vote_id"
    )
    found = pd.DataFrame(stored.fetchall(), columns=["clip", "rater"]).groupby("clip")["rater"].agg(list)
    assert found.to_dict() == votes.groupby("clip")["rater"].agg(list).to_dict()


def test_a_label_of_ones_own_can_be_explained(store, tmp_path):
    report = take(store, write(tmp_path, "clip,rater,label\na,r,Zorn\n"), labels={"zorn": "anger"})
    assert report["emotions"] == {"anger": 1}


def test_one_bad_row_at_the_very_end_of_a_long_file(store, tmp_path):
    path = write(tmp_path, "clip,rater,label\n" + "clip1,r,sad\n" * 200_000 + "clip1,r,zzz\n")
    with pytest.raises(BadInput, match="row 200001: unknown label 'zzz'"):
        take(store, path)
    assert corpora.list_corpora(store) == []


def test_votes_for_clips_that_are_not_there(filled, tmp_path):
    file = VotesFile(
        write(tmp_path, "clip,rater,label\nclip000,r,sad\nnowhere,r,sad\n"), clip="clip", rater="rater", label="label"
    )
    with pytest.raises(BadInput, match="no clip 'nowhere' in the corpus"):
        corpora.add_votes(filled, "small", file)
    assert filled.cursor().execute("SELECT count(*) FROM votes").fetchall() == [(440,)]


def test_a_name_is_taken_once(filled):
    with pytest.raises(BadInput, match="already"):
        add_votes_corpus(filled, "small", {"path": "x.csv", "clip": "clip", "label": "label"})


def test_synonyms_are_understood_wherever_a_name_is_taken():
    assert [
        vocabulary.emotion(name)
        for name in ["angry", "ANG", "A", "happiness", "Joy", "H", "sadness", "neu", "U", "frustration"]
    ] == (["anger", "anger", "anger", "happy", "happy", "happy", "sad", "neutral", "surprise", "frustrated"])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(
        st.tuples(
            st.text(alphabet="ab'\"\n,;=🙂é ", min_size=1, max_size=4).filter(str.strip),
            st.sampled_from(EMOTIONS),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_clip_name_comes_back_as_it_went_in(tmp_path_factory, table):
    folder = tmp_path_factory.mktemp("names")
    frame = pd.DataFrame(table, columns=["clip", "label"])
    frame.to_csv(folder / "v.csv", index=False)
    store = Database(folder / "store")
    try:
        add_votes_corpus(store, "c", {"path": str(folder / "v.csv"), "clip": "clip", "label": "label"})
        rows = store.cursor().execute("SELECT name, count(vote_id) FROM clips JOIN votes USING (clip_id) GROUP BY name")
        assert dict(rows.fetchall()) == frame["clip"].str.strip().value_counts().to_dict()
    finally:
        store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), ending=st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet", ".json"]))
def test_hostile_bytes_are_refused_in_words_or_taken_whole(tmp_path_factory, content, ending):
    folder = tmp_path_factory.mktemp("bytes")
    store = Database(folder / "store")
    try:
        take(store, write(folder, b"clip,rater,label\n" + content, f"v{ending}"))
    except WorkbenchError as error:
        assert len(str(error)) > 20
        assert corpora.list_corpora(store) == []
    else:
        assert browsing.clip_audio(store, "c", corpora_first_clip(store)) is None
    finally:
        store.close()


def corpora_first_clip(store) -> str:
    return store.cursor().execute("SELECT name FROM clips LIMIT 1").fetchall()[0][0]


def test_a_row_of_counts_is_left_out_whole_or_not_at_all(store, tmp_path):
    path = write(tmp_path, "clip,angry,happy\na,3,1\nb,-1,2\nc,1.5,2\nd,,1\ne,x,1\na,1,1\n")
    report = take(store, path, counts=["angry", "happy"], skip_bad_rows=True)
    assert (report["clips"], report["votes"]) == (1, 4)
    assert {skip["where"] for skip in report["skipped"]} == {f"votes.csv row {row}" for row in (2, 3, 4, 5, 6)}


def test_a_models_rater_is_a_persona_at_a_temperature(store, tmp_path):
    path = write(
        tmp_path, "clip,who,label,per,temp\na,m,angry,nurse,0.1\na,m,sad,cop,0.9\nb,m,sad,cop,1.5\nb,,sad,judge,1.5\n"
    )
    take(store, path, rater="who", persona="per", temperature="temp")
    votes = store.cursor().execute(
        "SELECT clips.name, raters.name, persona, temperature FROM votes JOIN clips USING (clip_id) JOIN raters USING (rater_id) "
        "ORDER BY vote_id"
    )
    assert votes.fetchall() == [
        ("a", "m", "nurse", 0.1), ("a", "m", "cop", 0.9), ("b", "m", "cop", 1.5), ("b", "judge t=1.5", "judge", 1.5),
    ]  # fmt: skip


def test_times_are_kept_in_utc(store, tmp_path):
    written = {
        "2024-01-02T03:04:05": "2024-01-02 03:04:05", "2024-01-02T03:04:05Z": "2024-01-02 03:04:05",
        "2024-01-02 03:04:05.250+02:00": "2024-01-02 01:04:05.250000", "2024-01-02T03:04:05-05:30": "2024-01-02 08:34:05",
        "2024-01-02T03:04:05+02": "2024-01-02 01:04:05", "2024-01-02T03:04:05+0200": "2024-01-02 01:04:05",
        "2024-01-02": "2024-01-02 00:00:00",
    }  # fmt: skip
    path = write(tmp_path, "clip,label,when\n" + "".join(f"a,sad,{time}\n" for time in written))
    take(store, path, rater=None, voted_at="when")
    stored = store.cursor().execute("SELECT voted_at FROM votes ORDER BY vote_id").fetchall()
    assert [str(time) for (time,) in stored] == list(written.values())


@pytest.mark.parametrize(
    ("text", "choices", "said"),
    [
        ("clip,label,x\na,sad,yesterday\n", {"voted_at": "x"}, "row 1: the time 'yesterday' cannot be read"),
        ('clip,label,x\na,sad,"0,7"\n', {"temperature": "x"}, "row 1: the temperature '0,7' is not a number"),
        ("clip,label,x,y\na,sad,2,1\n", {"start_s": "x", "end_s": "y"}, r"row 1: .*0 ≤ start < end"),
        ("clip,label,x,y\na,sad,-1,1\n", {"start_s": "x", "end_s": "y"}, r"0 ≤ start < end"),
        ("clip,label,x,y\na,sad,abc,1\n", {"start_s": "x", "end_s": "y"}, r"0 ≤ start < end"),
        ("clip,label,Label\na,sad,sad\n", {}, "twice"),
        ("clip,label\na,sad\n".encode("utf-16"), {}, "UTF-16"),
        ("clip,A,H\na,1,2\n", {"counts": ["A", "A"]}, "named twice"),
    ],
)
def test_what_cannot_be_read_is_never_dropped_silently(store, tmp_path, text, choices, said):
    with pytest.raises(BadInput, match=said):
        take(store, write(tmp_path, text), **({} if "counts" in choices else {"rater": None}) | choices)
    assert corpora.list_corpora(store) == []


def test_repeated_votes_of_a_named_rater_are_noted(store, tmp_path):
    report = take(store, write(tmp_path, "clip,rater,label\na,r,sad\na,r,joy\nb,r,joy\n"))
    assert any("1 times a named rater voted more than once" in note for note in report["notes"])


def test_an_exact_path_to_audio_wins_over_a_better_format(store, tmp_path):
    (tmp_path / "wavs" / "sub").mkdir(parents=True)
    for name in ("sub/one.aiff", "sub/one.flac", "two.flac"):
        soundfile.write(tmp_path / "wavs" / name, np.zeros(800), 8000)
    path = write(tmp_path, "clip,rater,label,file\na,r,sad,sub/one.aiff\none,r,sad,\nsub/one,r,sad,\ntwo.wav,r,sad,\n")
    take(store, path, audio=str(tmp_path / "wavs"))
    found = dict(store.cursor().execute("SELECT name, audio FROM clips").fetchall())
    assert found == {"a": None, "one": "sub/one.flac", "sub/one": "sub/one.flac", "two.wav": "two.flac"}
    verbs.run(store, "corpus remove", {"name": "c"})
    fields = {"path": str(path), "clip": "clip", "label": "label", "audio": "file"}
    add_votes_corpus(store, "c", fields, audio=str(tmp_path / "wavs"))
    assert dict(store.cursor().execute("SELECT name, audio FROM clips").fetchall())["a"] == "sub/one.aiff"
