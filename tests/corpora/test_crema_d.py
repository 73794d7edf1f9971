"""CREMA-D: the official layout, the figures of an independent script on the real votes, and damaged copies."""

import json
import shutil

import pandas as pd
import pytest

from emo_core import verbs
from emo_core.corpora import crema_d
from emo_core.errors import BadInput
from emo_core.store import browsing, corpora
from emo_core.verbs.corpora import add_known_corpus

HEADER = '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote","meanEmoResp","meanAngerResp",' \
    '"meanDisgustResp","meanFearResp","meanHappyResp","meanNeutralResp","meanSadResp"'  # fmt: skip
ROWS = [
    '"100001",0,0,0,1,3,0,"1001_IEO_NEU_XX",4,0.75,"N",71.7,-1,-1,-1,98,69.1,-1',
    '"200001",1,0,0,0,2,0,"1001_IEO_NEU_XX",3,0.67,"N",71.7,50,-1,-1,-1,NA,-1',
    '"300001",0,0,0,2,2,0,"1001_IEO_NEU_XX",4,0.5,"H:N",71.7,-1,-1,-1,98,69.1,-1',
]


def layout(folder, rows=ROWS, header=HEADER):
    """A folder in the official layout with one clip."""
    (folder / "processedResults").mkdir(parents=True)
    (folder / "processedResults" / "tabulatedVotes.csv").write_text("\n".join([header, *rows]) + "\n")
    (folder / "SentenceFilenames.csv").write_text(
        'Stimulus_Number,"Filename"\n1,"1001_IEO_NEU_XX"\n2,"1002_DFA_ANG_XX"\n'
    )
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1001,51,Male\n")
    return folder


def test_the_layout_becomes_panels_speakers_and_transcripts(store, tmp_path):
    report = add_known_corpus(store, "crema-d", str(layout(tmp_path / "c")), "c")
    assert report["panels"] == {"human:voice": 4, "human:face": 3, "human:audiovisual": 4}
    assert report["clips_with_audio"] == 0
    verbs.run(store, "study add", {
        "name": "s", "corpus": "c", "reference": "human:voice", "candidate": "human:face", "emotions": "A,H,N",
    })  # fmt: skip
    detail = browsing.clip_detail(store, "s", "1001_IEO_NEU_XX")
    assert (detail["speaker"], detail["transcript"]) == ("1001", "It's eleven o'clock.")
    assert detail["metadata"]["intended"] == "neutral" and detail["metadata"]["sex"] == "Male"
    assert all(vote["rater"] is None for vote in detail["votes"])
    intensities = {vote["emotion"]: json.loads(vote["provenance"]) if vote["provenance"] else None for vote in detail["votes"]
                   if vote["panel"] == "human:face"}  # fmt: skip
    assert intensities == {"anger": {"mean_intensity": 50}, "neutral": None}  # NA and -1 mean that there is none


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"400001",0,0,0,1,3,0,"1001_IEO_NEU_XX",4,0.75,"N",1,-1,-1,-1,1,1,-1', "query 1, 2 or 3"),
        ('"100002",0,0,0,1,3,0,"1001_IEO_NEU_XX",4,0.75,"N",1,-1,-1,-1,1,1,-1', "another clip's"),
        ('"100001",0,0,0,1,3,0,"1001_IEO_NEU_XX",9,0.75,"N",1,-1,-1,-1,1,1,-1', "not the sum"),
        (ROWS[0], "in an earlier row already"),
        ('"100009",0,0,0,1,3,0,"nonsense",4,0.75,"N",1,-1,-1,-1,1,1,-1', "actor_sentence_emotion_level"),
    ],
)
def test_rows_that_contradict_the_layout_are_left_out_and_listed(tmp_path, row, reason):
    reading = crema_d.read(layout(tmp_path / "c", [*ROWS, row]))
    ((where, said),) = [(skip.where, skip.reason) for skip in reading.skipped]
    assert where == "tabulatedVotes.csv row 4" and reason in said
    assert reading.votes["times"].sum() == 11


@pytest.mark.parametrize("count", ["-1", "1.5", "NA", ""])
def test_a_count_that_is_none_refuses_the_whole(store, tmp_path, count):
    folder = layout(tmp_path / "c", [ROWS[0].replace("0,0,0,1", f"{count},0,0,1", 1)])
    with pytest.raises(BadInput, match=r"row 1: the count .* for A is not a whole number"):
        add_known_corpus(store, "crema-d", str(folder), "c")
    assert corpora.list_corpora(store) == []


@pytest.mark.parametrize("missing", ["processedResults/tabulatedVotes.csv", "SentenceFilenames.csv"])
def test_a_missing_file_is_named(tmp_path, missing):
    folder = layout(tmp_path / "c")
    (folder / missing).unlink()
    with pytest.raises(BadInput, match=missing.split("/")[-1]):
        crema_d.read(folder)


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(BadInput, match="no column 'H'"):
        crema_d.read(layout(tmp_path / "c", header=HEADER.replace('"H"', '"X"')))


# Figures from an independent brute-force script over the published votes: see ../shared/data/README.md.
FIGURES = {
    "six": ("A,D,F,H,N,S", "drop_outside", {
        "clips": 3764, "reference.votes": 34588, "candidate.votes": 36324, "reference.entropy_mean": 1.2006,
        "candidate.entropy_mean": 0.9250, "combined.entropy_mean": 1.3303, "reference.krippendorff_alpha": 0.2765,
        "candidate.krippendorff_alpha": 0.4935, "js_mean": 0.2725, "bc_mean": 0.7490,
    }),
    "four, all inside": ("A,H,S,N", "all_inside", {
        "clips": 818, "reference.votes": 7506, "reference.entropy_mean": 0.6478, "reference.krippendorff_alpha": 0.4042,
    }),
    "four, outside dropped": ("A,H,S,N", "drop_outside", {"clips": 3535, "js_mean": 0.2470}),
}  # fmt: skip


@pytest.fixture(scope="module")
def real_store(real_crema, tmp_path_factory):
    from emo_core.store import Database

    database = Database(tmp_path_factory.mktemp("real"))
    add_known_corpus(database, "crema-d", str(real_crema), "crema-d")
    yield database
    database.close()


@pytest.mark.parametrize("name", FIGURES)
def test_the_figures_of_the_real_votes(real_store, tmp_path, name):
    emotions, rule, figures = FIGURES[name]
    shown = verbs.run(real_store, "study add", {
        "name": name, "corpus": "crema-d", "reference": "human:voice", "candidate": "human:audiovisual",
        "emotions": emotions, "rule": rule,
    })  # fmt: skip
    for key, expected in figures.items():
        value = shown
        for part in key.split("."):
            value = value[part]
        assert round(value, 4) == expected, key
    verbs.run(real_store, "export", {"study": name, "to": str(tmp_path / "d.csv")})
    table = pd.read_csv(tmp_path / "d.csv")
    assert len(table) == figures["clips"]
    if "js_mean" in figures:
        assert round(table["js_divergence"].mean(), 4) == figures["js_mean"]
    if "reference.entropy_mean" in figures:
        assert round(table["entropy_reference"].mean(), 4) == figures["reference.entropy_mean"]


def test_fleiss_kappa_refuses_unequal_numbers_of_votes(real_store):
    shown = verbs.run(real_store, "study add", {
        "name": "kappa", "corpus": "crema-d", "reference": "human:voice", "candidate": "human:audiovisual", "emotions": "A,D,F,H,N,S",
    })  # fmt: skip
    assert shown["reference"]["fleiss_kappa"] is None
    assert "between 4 and 12 votes" in shown["reference"]["fleiss_kappa_undefined"]


def test_a_truncated_copy_of_the_real_table_is_refused(real_crema, store, tmp_path):
    folder = tmp_path / "cut"
    (folder / "processedResults").mkdir(parents=True)
    shutil.copy(real_crema / "SentenceFilenames.csv", folder)
    whole = (real_crema / "processedResults" / "tabulatedVotes.csv").read_bytes()
    (folder / "processedResults" / "tabulatedVotes.csv").write_bytes(whole[:100_000])
    with pytest.raises(BadInput):
        add_known_corpus(store, "crema-d", str(folder), "cut")
    assert corpora.list_corpora(store) == []
