"""Campaigns on the command line: every verb, what it refuses, and what it does while another process owns the store."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from emo_core import verbs
from emo_core.errors import BadInput
from emo_core.labelling import event_table, given
from emo_core.labelling.desk import Desk
from emo_core.labelling.office import office
from emo_core.store import Database, answering, campaigns, exporting, studies
from tests.conftest import ROOT, command, copied, environment, simulated_votes

FORMULA = '=HYPERLINK("http://evil", "click")'
GRADED = {"anger": 3, "disgust": 0, "fear": 0, "happy": 0, "neutral": 0, "sad": 1}
SCALED = ("--scale", "valence", "--scale", "arousal", "--confidence", "5", "--comment")


@pytest.fixture
def folder(demo, tmp_path):
    """A copy of the demo store."""
    return copied(demo, tmp_path / "store")


def said(folder, *words: str) -> dict | list:
    """The document of a verb under `campaign` that succeeds."""
    done = command(folder, "campaign", *words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def clips_of(folder, number: int) -> list[str]:
    store = Database(folder)
    found = campaigns.candidates(store, study="demo", corpus=None)["clip"][:number].tolist()
    store.close()
    return found


def answer(emotion: str = "sad", **more) -> dict:
    return {"emotion": emotion, "valence": 3, "arousal": 9, "confidence": 2} | more


def at_work(store, name: str, rater: str, events, *, session: str = "tab", sees_votes: bool = False) -> list[dict]:
    """Let a rater do things: `events` are [(kind, content)], each on the next clip, or on the one before where the kind begins
    with `again`. The clips, in that order.
    """
    number = campaigns.find_campaign(store, name)["campaign_id"]
    campaigns.join(store, number, rater, sees_votes=sees_votes)
    desk = Desk(
        store, number
    )  # one of its own: the office's brings statistics up to date when a test has long closed the store
    heard = []
    for seq, (kind, content) in enumerate(events):
        if not kind.startswith("again "):
            done = [(clip["item"], clip["turn"]) for clip in heard]
            heard += [c for c in desk.sync(rater, session, [], want=24)["clips"] if (c["item"], c["turn"]) not in done][
                :1
            ]
        clip = heard[-1]
        event = {"seq": seq, "kind": kind.removeprefix("again "), "item": clip["item"], "turn": clip["turn"]}
        got = desk.sync(rater, session, [event | {"content": content, "seconds": 1.5, "age_ms": 2}])
        assert got["acked"] == [seq], got["refused"]
    answering.settle_statistics(store)
    return heard


SESSION = (
    ("shown", {"what": {"loudness": True}}),
    ("again answer", {"answer": answer("sad", comment=FORMULA), "shown": {"loudness": True}}),
    ("again answer", {"answer": answer("anger", valence=1, comment="on second thoughts: äöü")}),
    ("skip", {"reason": "-1 distressing"}),
    ("answer", {"answer": {"flags": ["bad_audio", "cannot_tell"]}}),
    ("answer", {"answer": answer("happy")}),
    ("again retract", {}),
    ("answer", {"answer": answer("neutral", comment="@home")}),
)


@pytest.fixture(scope="module")
def worked_once(demo, tmp_path_factory):
    """A demo store with the campaign `round 1`, in which Ana did everything that can be done and Ben, who sees votes, little."""
    folder = copied(demo, tmp_path_factory.mktemp("worked") / "store")
    said(folder, "add", "round 1", "--study", "demo", *SCALED)
    store = Database(folder)
    at_work(store, "round 1", "Ana", SESSION)
    at_work(store, "round 1", "=Ben", [("answer", {"answer": answer("fear")})], sees_votes=True)
    store.close()
    return folder


@pytest.fixture
def worked(worked_once, tmp_path):
    """A copy of that store."""
    return copied(worked_once, tmp_path / "store")


# ---- add -----------------------------------------------------------------------------------------------------------------


def test_a_campaign_is_what_the_options_say(folder, tmp_path):
    first, second = clips_of(folder, 2)
    (tmp_path / "g.md").write_text("# Listen\nTo the *voice*, nicht auf die Wörter.", encoding="utf-8")
    made = said(
        folder, "add", " Round 1 ", "--study", "demo", "--emotions", "joy, sad,anger", "--question", "several", "--scale",
        "valence", "--scale", "dominance", "--points", 5, "--look", "numbers", "--confidence", 7, "--comment", "--optional",
        "confidence", "--listeners", 20, "--grades", 4, "--confirm", "--flag", "bad_audio", "--overlap", 2, "--order", "gain",
        "--seed", 7, "--panel", "human:lab", "--enough-votes", 8, "--least-gain", 0.001, "--gold-every", 9,
        "--repeats", 0.1, "--repeat-after", 5, "--batch", 30, "--guidelines", tmp_path / "g.md", "--example",
        f"{first}=clear=anger", "--example", f"{second}=", "--no-autoplay", "--hear-first", "--own-loudness", "--transcript",
    )  # fmt: skip
    form = made["settings"].pop("form")
    assert form == {
        "question": "several", "emotions": ["happy", "sad", "anger"], "listeners": 20, "grades": 4,
        "scales": ["valence", "dominance"], "points": 5, "look": "numbers", "confidence": 7, "comment": True,
        "flags": ["bad_audio"], "optional": ["confidence"], "confirm": True,
    }  # fmt: skip
    assert made.pop("settings") == {
        "name": "Round 1", "study": "demo", "corpus": "", "panel": "human:lab", "overlap": 2, "order": "gain", "seed": 7,
        "clips": [], "enough_votes": 8, "least_gain": 0.001, "gold": 0, "gold_every": 9, "repeats": 0.1, "repeat_after": 5,
        "practice": 0, "batch": 30, "guidelines": "# Listen\nTo the *voice*, nicht auf die Wörter.",
        "examples": {first: "clear=anger", second: ""}, "autoplay": False, "hear_first": True, "same_loudness": False,
        "transcript": True, "reserve_s": 900.0, "pilot": False, "known_panel": "human",
    }  # fmt: skip
    clips = made["clips"]
    assert made == {
        "name": "Round 1", "study": "demo", "corpus": "", "panel": "human:lab", "pilot": False, "clips": clips, "gold": 0,
        "practice": 0, "slots": 2 * clips,
    }  # fmt: skip


def test_defaults_come_from_the_study(folder):
    made = said(folder, "add", "r", "--study", "demo", "--gold", 4, "--practice", 2)
    store = Database(folder)
    study = studies.list_studies(store)[0].study
    everything = len(campaigns.candidates(store, study="demo", corpus=None)["clip"])
    store.close()
    assert made["settings"]["form"]["emotions"] == list(study.emotions) and made["panel"] == "human:r"
    assert made["settings"]["known_panel"] == study.reference
    assert (made["gold"], made["practice"], made["clips"]) == (4, 2, everything - 6)


def test_a_corpus_needs_its_emotions_named(folder):
    assert said(folder, "add", "c", "--corpus", "demo", "--emotions", "sad,anger")["corpus"] == "demo"
    assert (
        said(folder, "add", "v", "--corpus", "demo", "--question", "none", "--scale", "valence")["panel"] == "human:v"
    )
    done = command(folder, "campaign", "add", "d", "--corpus", "demo")
    assert done.exit_code == 2 and "--emotions" in done.stderr


def test_clips_named_are_the_clips(folder):
    first, second, _ = clips_of(folder, 3)
    made = said(
        folder, "add", "r", "--study", "demo", "--clip", first, "--clip", second, "--clip", first, "--overlap", 5
    )
    assert (made["clips"], made["slots"]) == (2, 10)


def test_settings_are_taken_over_and_options_win(folder, tmp_path):
    said(folder, "add", "first", "--study", "demo", *SCALED, "--overlap", 4, "--batch", 25, "--hear-first")
    shown = said(folder, "show", "first")
    for content in (shown, shown["settings"]):  # a document of `show`, or the settings alone
        (tmp_path / "s.json").write_text(json.dumps(content))
        words = (
            "--settings",
            tmp_path / "s.json",
            "--batch",
            0,
            "--scale",
            "none",
            "--no-hear-first",
            "--flag",
            "none",
        )
        again = said(folder, "add", "second", *words)
        form, first_form = again["settings"].pop("form"), shown["settings"]["form"]
        assert form == first_form | {"scales": [], "flags": []}
        usual = {key: value for key, value in shown["settings"].items() if key != "form"}
        assert again["settings"] == usual | {
            "name": "second",
            "panel": "human:second",
            "batch": 0,
            "hear_first": False,
        }
        said(folder, "remove", "second")
    on_corpus = said(folder, "add", "third", "--corpus", "demo", "--settings", tmp_path / "s.json")
    assert (on_corpus["study"], on_corpus["corpus"]) == ("", "demo")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is no JSON"),
        ("[1]", "holds no settings"),
        ('{"overlap": "many"}', "overlap is a whole number"),
        ('{"overlap": 2.5}', "overlap is a whole number"),
        ('{"autoplay": "no"}', "autoplay is true or false"),
        ('{"repeats": true}', "repeats is a number"),
        ('{"examples": {"a": 1}}', "examples is {clip: text}"),
        ('{"form": "short"}', "form is an object"),
        ('{"form": {"emotions": "sad,anger"}}', "emotions is a list of texts"),
        ('{"form": {"smell": 1}}', "form has no setting 'smell'"),
        ('{"speed": 1}', "campaign has no setting 'speed'"),
        ('{"study": ["demo"]}', "study is a text"),
        ('{"guidelines": "' + "x" * 20_001 + '"}', "at most"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_settings_that_are_none_are_refused(folder, tmp_path, content, why):
    (tmp_path / "s.json").write_text(content)
    done = command(folder, "campaign", "add", "r", "--study", "demo", "--settings", tmp_path / "s.json")
    assert done.exit_code == 2 and why in done.stderr and "inside the workbench" not in done.stderr
    assert said(folder, "list") == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "one of the two"),
        (("--study", "demo", "--corpus", "demo"), "one of the two"),
        (("--study", "nobody"), "no study 'nobody'"),
        (("--corpus", "nobody", "--emotions", "sad,anger"), "no corpus 'nobody'"),
        (("--study", "demo", "--clip", "nobody"), "no clip with sound 'nobody'"),
        (("--study", "demo", "--example", "nobody=x"), "no clip with sound 'nobody'"),
        (("--study", "demo", "--example", "nobody"), "CLIP=TEXT"),
        (("--study", "demo", "--scale", "smell"), "no scale 'smell'"),
        (("--study", "demo", "--flag", "smell"), "no flag 'smell'"),
        (("--study", "demo", "--optional", "smell"), "no optional part 'smell'"),
        (("--study", "demo", "--order", "smell"), "smell"),
        (("--study", "demo", "--question", "smell"), "smell"),
        (("--study", "demo", "--question", "none"), "Add a scale"),
        (("--study", "demo", "--emotions", "sad"), "two emotions or more"),
        (("--study", "demo", "--emotions", "sad,smell"), "smell"),
        (("--study", "demo", "--overlap", "0"), "whole number from 1"),
        (("--study", "demo", "--panel", "synthetic:x"), "panel of people"),
        (("--study", "demo", "--gold", "999"), "gold and practice clips need"),
        (("--study", "demo", "--guidelines", "/nowhere.md"), "There is no file"),
        (("--study", "demo", "--plan", "/nowhere.csv"), "There is no file"),
        (("--study", "demo", "--settings", "/nowhere.json"), "There is no file"),
    ],
)
def test_wrong_words_end_with_a_sentence_and_status_2(folder, words, why):
    done = command(folder, "campaign", "add", "r", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert why in done.stderr.replace("\n", " ") and "Traceback" not in done.stderr
    assert said(folder, "list") == []


def test_a_name_is_given_once(folder):
    said(folder, "add", "r", "--study", "demo")
    done = command(folder, "campaign", "add", "r", "--study", "demo")
    assert done.exit_code == 2 and "already" in done.stderr


def test_guidelines_are_text_in_utf_8(folder, tmp_path):
    (tmp_path / "g.md").write_bytes("Wörter".encode("latin-1"))
    done = command(folder, "campaign", "add", "r", "--study", "demo", "--guidelines", tmp_path / "g.md")
    assert done.exit_code == 2 and "UTF-8" in done.stderr


# ---- plans ---------------------------------------------------------------------------------------------------------------


def test_the_advisors_plan_says_which_clips(folder, tmp_path):
    plan = tmp_path / "plan.csv"
    assert command(folder, "advise", "demo", "--budget", 30, "--to", plan).exit_code == 0
    written = pd.read_csv(plan)
    made = said(folder, "add", "r", "--study", "demo", "--plan", plan, "--overlap", 1)
    assert made["plan"] == {"clips": len(written), "votes": 30, "without_sound": 0} and made["clips"] == len(written)
    store = Database(folder)
    names = campaigns.items(store, 1, range(made["clips"])).values()
    assert {item.clip for item in names} == set(written["clip"])
    store.close()
    further = next(clip for clip in clips_of(folder, 200) if clip not in set(written["clip"]))
    assert said(folder, "add", "s", "--study", "demo", "--plan", plan, "--clip", further)["clips"] == len(written) + 1


def test_planned_clips_without_sound_are_left_out_and_counted(folder, tmp_path):
    plan = tmp_path / "plan.csv"
    assert command(folder, "advise", "demo", "--budget", 30, "--to", plan).exit_code == 0
    silent = pd.read_csv(plan)["clip"][0]
    store = Database(folder)
    with store.writing() as cursor:
        cursor.execute("UPDATE clips SET audio = NULL WHERE name = ?", [silent])
    store.close()
    made = said(folder, "add", "r", "--study", "demo", "--plan", plan)
    assert made["plan"]["without_sound"] == 1 and made["clips"] == made["plan"]["clips"] - 1
    named = command(folder, "campaign", "add", "s", "--study", "demo", "--clip", silent)
    assert named.exit_code == 2 and silent in named.stderr


def test_a_plan_may_have_been_through_a_spreadsheet(tmp_path):
    (tmp_path / "p.csv").write_text("\ufeffpriority;clip;corpus;votes;gain\n1;'-c1;c;2,0;0,1\n".replace("2,0", "2.0"))
    assert given.plan(tmp_path / "p.csv") == given.Plan(("-c1",), ("c",), 2)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no column priority, clip, corpus, votes"),
        ("clip,js\na,1\n", "no column priority, corpus, votes"),
        ("priority,clip,corpus,votes\n", "plan without clips"),
        ("priority,clip,corpus,votes\n1,a,demo,many\n", "row 2: votes are a whole number"),
        ("priority,clip,corpus,votes\n1,a,demo\n", "row 2: votes are a whole number"),
        ("priority,clip,corpus,votes\n1,a,another,2\n", "clips of 'another'"),
        ("priority,clip,corpus,votes\n1,a,demo,2\n", "None of the 1 planned clips has sound"),
    ],
)
def test_another_table_is_no_plan(folder, tmp_path, content, why):
    (tmp_path / "p.csv").write_text(content)
    done = command(folder, "campaign", "add", "r", "--study", "demo", "--plan", tmp_path / "p.csv")
    assert done.exit_code == 2 and why in done.stderr


# ---- list, show ----------------------------------------------------------------------------------------------------------


def test_list_and_show_say_how_far_a_campaign_is(worked):
    (listed,) = said(worked, "list")
    assert listed.keys() == {
        "name", "study", "corpus", "panel", "clips", "overlap", "answers", "filled", "slots", "raters", "made_at", "closed",
        "pilot", "set_aside",
    }  # fmt: skip
    assert (listed["filled"], listed["answers"], listed["raters"], listed["closed"]) == (4, 4, 2, False)
    shown = said(worked, "show", "round 1")
    assert {key: shown[key] for key in listed if key != "raters"} == {
        key: listed[key] for key in listed if key != "raters"
    }
    ana, ben = shown["members"]
    assert (ana["name"], ana["sees_votes"], ana["done"], ana["skipped"]) == ("Ana", False, 4, 1)
    assert (ben["name"], ben["sees_votes"], ben["done"], ben["left"]) == ("=Ben", True, 1, shown["clips"] - 1)
    assert shown["settings"]["form"]["confidence"] == 5 and shown["retired"] == {}
    assert "round 1" in command(worked, "campaign", "list").stdout  # the text for people has it too


def test_show_tells_how_the_raters_do_where_it_is_asked(worked):
    pytest.importorskip("emo_core.labelling.monitor")
    assert "monitor" not in said(worked, "show", "round 1") and said(worked, "show", "round 1", "--raters")["monitor"]


def test_answers_to_gold_and_practice_fill_no_slot(folder):
    said(folder, "add", "r", "--study", "demo", "--practice", 2)
    store = Database(folder)
    at_work(store, "r", "Ana", [("answer", {"answer": {"emotion": "sad"}})] * 3)
    store.close()
    (listed,) = said(folder, "list")
    assert (listed["answers"], listed["filled"]) == (3, 1)


# ---- invites, closing ----------------------------------------------------------------------------------------------------


def test_an_invite_is_told_once(folder):
    said(folder, "add", "r", "--study", "demo")
    first, second = (said(folder, "invite", "r") for _ in range(2))
    assert first["campaign"] == "r" and first["path"] != second["path"]
    token = first["path"].removeprefix("invite/")
    store = Database(folder)
    assert campaigns.invited_to(store, token) == 1
    store.close()
    shown = command(folder, "campaign", "show", "r", "--json").stdout + command(folder, "campaign", "list").stdout
    assert json.loads(shown.split("\n")[0])["invites"] == 2 and token not in shown
    assert said(folder, "withdraw", "r") == {"campaign": "r", "withdrawn": 2}
    assert said(folder, "withdraw", "r")["withdrawn"] == 0
    store = Database(folder)
    assert campaigns.invited_to(store, token) is None
    store.close()


def test_closing_and_reopening_may_be_said_twice(folder):
    said(folder, "add", "r", "--study", "demo")
    assert said(folder, "close", "r") == {"campaign": "r", "closed": True}
    closed_at = said(folder, "show", "r")["closed_at"]
    said(folder, "close", "r")
    assert said(folder, "show", "r")["closed_at"] == closed_at and said(folder, "list")[0]["closed"]
    for _ in range(2):
        assert said(folder, "reopen", "r") == {"campaign": "r", "closed": False}
    assert said(folder, "show", "r")["closed_at"] is None


@pytest.mark.parametrize("verb", ["show", "invite", "withdraw", "close", "reopen", "remove"])
def test_verbs_know_which_campaigns_there_are(folder, verb):
    said(folder, "add", "round 1", "--study", "demo")
    done = command(folder, "campaign", verb, "round 2")
    assert done.exit_code == 2 and "no campaign 'round 2'. Did you mean 'round 1'?" in done.stderr
    assert command(folder, "campaign", verb).exit_code == 2


# ---- retiring ------------------------------------------------------------------------------------------------------------


def test_a_retired_raters_votes_are_set_aside_and_come_back(worked):
    store = Database(worked)
    before = len(current(store))
    store.close()
    done = said(worked, "retire", "round 1", "Ana", "--reason", "asked for it")
    assert done == {"campaign": "round 1", "rater": "Ana", "retired": True, "votes": 2}
    assert said(worked, "show", "round 1")["retired"] == {"Ana": "asked for it"}
    store = Database(worked)
    assert len(current(store)) == before - 2
    aside = {
        row["rater"]: row["set_aside"]
        for row in event_table.rows(store, campaigns.list_campaigns(store)[0], raters="kept")
    }
    assert aside == {"Ana": True, "=Ben": False}
    store.close()
    assert said(worked, "restore", "round 1", "Ana")["votes"] == 2
    store = Database(worked)
    assert len(current(store)) == before
    store.close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("retire", "round 1", "Nobody", "--reason", "x"), "Nobody"),
        (("retire", "round 1", "Ana", "--reason", " "), "needs a reason"),
        (("retire", "round 1", "Ana"), "--reason"),
        (("retire", "round 2", "Ana", "--reason", "x"), "no campaign"),
        (("restore", "round 1", "Ana"), "no retired rater 'Ana'"),
        (("restore", "round 2", "Ana"), "no campaign"),
    ],
)
def test_retiring_needs_a_rater_and_a_reason(worked, words, why):
    done = command(worked, "campaign", *words)
    assert done.exit_code == 2 and why in done.stderr


# ---- export --------------------------------------------------------------------------------------------------------------


def current(store) -> list[tuple]:
    """The labelling votes that count: vote_id, emotion, valence, confidence, comment."""
    sql = (
        "SELECT vote_id, emotions.name, valence, confidence, comment FROM current_votes JOIN emotions USING (emotion_id) "
        "JOIN batches USING (batch_id) WHERE batches.kind = 'labelling' ORDER BY vote_id"
    )
    return store.cursor().execute(sql).fetchall()


def plain_csv(path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, dtype=str)


def test_every_event_is_a_row(worked, tmp_path):
    done = said(worked, "export", "round 1", "--to", tmp_path / "e.csv", "--raters", "kept")
    assert done == {"file": str(tmp_path / "e.csv"), "rows": 9, "schema": str(tmp_path / "e.csv.schema.json")}
    rows = plain_csv(tmp_path / "e.csv")
    assert list(rows.columns) == list(event_table.COLUMNS) and not list(tmp_path.glob(".*"))
    assert rows["kind"].tolist() == [kind.removeprefix("again ") for kind, _ in SESSION] + ["answer"]
    assert rows["standing"].tolist() == ["false", "false", "true", "true", "true", "false", "true", "true", "true"]
    assert rows["blind"].tolist() == ["true"] * 8 + ["false"]
    assert rows["shown"].tolist()[:3] == ['{"what": {"loudness": true}}', '{"loudness": true}', ""]
    assert rows.loc[4, "flags"] == "bad_audio;cannot_tell" and rows.loc[4, "vote_id"] == rows.loc[4, "emotion"] == ""
    assert rows.loc[2, ["emotion", "valence", "arousal", "confidence", "seconds"]].tolist() == [
        "anger",
        "1",
        "9",
        "2",
        "1.5",
    ]
    times = pd.to_datetime(rows["received_at"], format="ISO8601") - pd.to_datetime(
        rows["happened_at"], format="ISO8601"
    )
    assert (times.dt.total_seconds() > 0).all() and (times.dt.total_seconds() < 60).all()
    schema = json.loads((tmp_path / "e.csv.schema.json").read_text())
    assert [column["name"] for column in schema["columns"]] == list(event_table.COLUMNS) and schema["rows"] == 9
    assert schema["campaign"]["form"]["points"] == 9 and schema["formulas"] == "apostrophe"


def test_no_cell_is_a_formula(worked, tmp_path):
    said(worked, "export", "round 1", "--to", tmp_path / "e.csv", "--raters", "kept")
    rows = plain_csv(tmp_path / "e.csv")
    assert rows.loc[1, "comment"] == "'" + FORMULA and rows.loc[3, "reason"] == "'-1 distressing"
    assert rows.loc[8, "rater"] == "'=Ben" and rows.loc[7, "comment"] == "'@home"
    assert not rows.apply(lambda column: column.str.match(r"[=+@\t\r-]")).any().any()
    said(worked, "export", "round 1", "--to", tmp_path / "e.parquet", "--raters", "kept")
    assert pd.read_parquet(tmp_path / "e.parquet").loc[1, "comment"] == FORMULA  # no spreadsheet opens it


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_votes_of_the_table_are_the_votes_of_the_store(worked, tmp_path, ending):
    path = tmp_path / f"e.{ending}"
    said(worked, "export", "round 1", "--to", path, "--standing")
    rows = pd.read_csv(path, encoding="utf-8-sig") if ending == "csv" else pd.read_parquet(path)
    assert set(rows["kind"]) == {"answer"} and rows["standing"].all() and len(rows) == 4
    voted = rows[rows["vote_id"].notna()].sort_values("vote_id")
    store = Database(worked)
    kept = current(store)
    low, high = store.cursor().execute("SELECT rating_low, rating_high FROM corpora").fetchone()
    store.close()
    assert voted["vote_id"].astype(int).tolist() == [vote[0] for vote in kept]
    assert voted["emotion"].tolist() == [vote[1] for vote in kept] == ["anger", "neutral", "fear"]
    assert [low + (points - 1) * (high - low) / 8 for points in voted["valence"]] == pytest.approx([v[2] for v in kept])
    assert [(points - 1) / 4 for points in voted["confidence"]] == pytest.approx([vote[3] for vote in kept])


@pytest.mark.parametrize(
    ("question", "given_part", "column"),
    [
        ("soft", {"shares": {"sad": 3, "anger": 5, "fear": 2}}, "shares"),
        ("graded", {"grades": GRADED}, "grades"),
        ("several", {"emotion": "anger", "secondary": ["sad"]}, None),
    ],
)  # fmt: skip
def test_every_kind_of_answer_is_told_as_given_and_as_counted(folder, tmp_path, question, given_part, column):
    said(folder, "add", "r", "--study", "demo", "--question", question)
    store = Database(folder)
    at_work(store, "r", "Ana", [("answer", {"answer": given_part})])
    sql = (
        "SELECT emotions.name, list_transform(secondary_ids, lambda x: names[x]), secondary_strengths "
        "FROM current_votes JOIN emotions USING (emotion_id) JOIN batches USING (batch_id) "
        "CROSS JOIN (SELECT map(list(emotion_id), list(name)) AS names FROM emotions) WHERE batches.kind = 'labelling'"
    )
    ((emotion, secondary, strengths),) = store.cursor().execute(sql).fetchall()
    store.close()
    said(folder, "export", "r", "--to", tmp_path / "e.parquet")
    (row,) = pd.read_parquet(tmp_path / "e.parquet").to_dict("records")
    assert (row["emotion"], row["secondary"].split(";")) == (emotion, secondary)
    assert [float(part) for part in row["strengths"].split(";")] == pytest.approx(strengths, rel=1e-5)
    assert emotion == "anger" and secondary[0] == "sad"
    for name in ("shares", "grades"):
        assert (json.loads(row[name]) == given_part[name]) if name == column else pd.isna(row[name])


def test_raters_go_by_the_codes_of_other_exports(worked, tmp_path):
    said(worked, "export", "round 1", "--to", tmp_path / "e.csv")
    codes = plain_csv(tmp_path / "e.csv")["rater"]
    key = (worked / "pseudonyms.key").read_bytes()
    assert set(codes) == {exporting.code_of("Ana", key), exporting.code_of("=Ben", key)}
    assert "Ana" not in (tmp_path / "e.csv").read_text() + (tmp_path / "e.csv.schema.json").read_text()


def test_a_folder_gets_a_file_with_the_campaigns_name(folder, tmp_path):
    said(folder, "add", "../Round 1: é", "--study", "demo")
    done = said(folder, "export", "../Round 1: é", "--to", tmp_path)
    assert done["file"] == str(tmp_path / "Round-1-é.csv") and done["rows"] == 0
    assert list(plain_csv(tmp_path / "Round-1-é.csv").columns) == list(event_table.COLUMNS)
    said(folder, "export", "../Round 1: é", "--to", tmp_path / "none.parquet")
    assert pd.read_parquet(tmp_path / "none.parquet").shape == (0, len(event_table.COLUMNS))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("round 1", "--to", "e.xlsx"), "ends in none of .csv, .parquet"),
        (("round 1", "--to", "/nowhere/e.csv"), "There is no folder"),
        (("round 2", "--to", "e.csv"), "no campaign"),
        (("round 1",), "--to"),
    ],
)
def test_an_export_needs_a_place(worked, words, why):
    done = command(worked, "campaign", "export", *words)
    assert done.exit_code == 2 and why in done.stderr


# ---- removing ------------------------------------------------------------------------------------------------------------

TABLES = ("campaigns", "campaign_clips", "members", "invites", "reservations", "answers")


def rows_of(store, table: str) -> int:
    return store.cursor().execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


def test_a_campaign_goes_and_its_votes_stay(worked):
    said(worked, "invite", "round 1")
    done = command(worked, "campaign", "remove", "round 1")
    assert done.exit_code == 2 and "--with-answers" in done.stderr
    store = Database(worked)
    before = (current(store), rows_of(store, "votes"))
    store.close()
    assert said(worked, "remove", "round 1", "--with-answers") == {"removed": "round 1", "answers": 8}
    store = Database(worked)
    assert (current(store), rows_of(store, "votes")) == before
    assert {table: rows_of(store, table) for table in TABLES} == dict.fromkeys(TABLES, 0)
    store.close()
    again = command(worked, "campaign", "add", "round 1", "--study", "demo")
    assert again.exit_code == 2 and "would join the panel 'human:round 1' (3 votes)" in again.stderr
    said(worked, "add", "round 1", "--study", "demo", "--join")  # the name is free, the number is another
    store = Database(worked)
    assert campaigns.find_campaign(store, "round 1")["campaign_id"] == 2
    store.close()


def test_another_campaign_is_left_alone(worked):
    said(worked, "add", "round 2", "--study", "demo")
    said(worked, "invite", "round 2")
    said(worked, "remove", "round 1", "--with-answers")
    assert [row["name"] for row in said(worked, "list")] == ["round 2"]
    assert said(worked, "show", "round 2")["invites"] == 1


def test_nothing_goes_where_removing_fails(worked):
    store = Database(worked)
    before = {table: rows_of(store, table) for table in TABLES}
    store.cursor().execute("ALTER TABLE members RENAME TO elsewhere")
    with pytest.raises(Exception, match="members"):
        campaigns.remove_campaign(store, 1, with_answers=True)
    store.cursor().execute("ALTER TABLE elsewhere RENAME TO members")
    assert {table: rows_of(store, table) for table in TABLES} == before
    store.close()


def test_a_corpus_that_is_labelled_stays(worked):
    said(worked, "add", "round 2", "--corpus", "demo", "--emotions", "sad,anger")
    done = command(worked, "corpus", "remove", "demo")
    assert done.exit_code == 2 and "'round 1', 'round 2'" in done.stderr
    said(worked, "close", "round 1")  # answers of a closed one speak of the clips too
    assert command(worked, "corpus", "remove", "demo").exit_code == 2
    said(worked, "remove", "round 1", "--with-answers")
    said(worked, "remove", "round 2")
    assert command(worked, "corpus", "remove", "demo").exit_code == 0


def test_nobody_inherits_a_retirement(worked):
    """Numbers of raters are given again once a corpus is gone."""
    said(worked, "retire", "round 1", "Ana", "--reason", "x")
    said(worked, "remove", "round 1", "--with-answers")
    assert command(worked, "corpus", "remove", "demo").exit_code == 0
    store = Database(worked)
    assert (rows_of(store, "retirements"), rows_of(store, "stale_clips")) == (0, 0)
    store.close()


def test_another_corpus_can_go(worked, tmp_path):
    simulated_votes().to_csv(tmp_path / "v.csv", index=False)
    words = ("--name", "c", "--clip", "clip", "--rater", "rater", "--label", "label", "--panel-column", "panel")
    assert command(worked, "corpus", "add", "votes", tmp_path / "v.csv", *words).exit_code == 0
    assert command(worked, "corpus", "remove", "c").exit_code == 0


def test_a_campaign_outlives_its_study(worked):
    assert command(worked, "study", "remove", "demo").exit_code == 0
    assert said(worked, "list")[0]["study"] == "demo" and said(worked, "show", "round 1")["members"][0]["done"] == 4
    store = Database(worked)
    at_work(store, "round 1", "Ana", [("answer", {"answer": answer("sad")})], session="next")
    assert current(store)[-1][1] == "sad"
    store.close()
    assert said(worked, "list")[0]["filled"] == 5


def test_a_campaign_outlives_a_study_that_it_asks_for_gains(folder):
    said(folder, "add", "r", "--study", "demo", "--order", "gain", "--least-gain", 0.0001)
    assert command(folder, "study", "remove", "demo").exit_code == 0
    store = Database(folder)
    at_work(store, "r", "Ana", [("answer", {"answer": {"emotion": "sad"}})] * 2)
    store.close()
    assert said(folder, "list")[0]["filled"] == 2


# ---- while another process owns the store --------------------------------------------------------------------------------


def from_outside(folder, *words: str) -> dict | list:
    """A verb that runs in another process, which does not own the store."""
    done = subprocess.run(
        [sys.executable, "-m", "emo_core", "campaign", *map(str, words), "--json"],
        cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def owner(worked):
    """The store of `worked`, owned by this process, which answers others."""
    store = Database(worked)
    store.listen(lambda request: verbs.answer(store, request))
    yield store
    store.close()


def test_verbs_run_in_the_process_that_owns_the_store(owner, tmp_path):
    assert json.loads((owner.folder / "owner.json").read_text())["pid"] == os.getpid()
    desk = office(owner).desk(1)
    assert from_outside(owner.folder, "close", "round 1")["closed"]
    assert desk.sync("Ana", "t", [], want=3)["closed"]
    said(owner.folder, "reopen", "round 1")
    assert desk.sync("Ana", "t", [], want=3)["clips"]
    votes = int(desk.queue.votes.sum())
    said(owner.folder, "retire", "round 1", "Ana", "--reason", "x")
    assert int(office(owner).desk(1).queue.votes.sum()) == votes - 2
    said(owner.folder, "restore", "round 1", "Ana")
    assert int(office(owner).desk(1).queue.votes.sum()) == votes
    done = said(owner.folder, "export", "round 1", "--to", tmp_path / "e.csv")
    assert done["rows"] == len(plain_csv(tmp_path / "e.csv")) == 9
    made = said(owner.folder, "add", "round 2", "--settings", _settings(owner, tmp_path), "--overlap", 1)
    assert made["slots"] == made["clips"] == len(campaigns.kept(owner, 2, "human").roles)


def test_a_desk_closes_with_its_campaign(owner):
    desk = office(owner).desk(1)
    assert from_outside(owner.folder, "remove", "round 1", "--with-answers")["answers"] == 8
    with pytest.raises(BadInput, match="no campaign"):
        office(owner).desk(1)
    with pytest.raises(BadInput, match="no rater"):  # a page that still holds the old desk
        desk.sync("Ana", "t", [], want=3)


def test_errors_come_back_as_sentences(owner):
    words = [sys.executable, "-m", "emo_core", "campaign", "show", "round 2"]
    done = subprocess.run(words, cwd=ROOT, env=environment(owner.folder), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "no campaign 'round 2'" in done.stderr


def _settings(store, tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(campaigns.find_campaign(store, "round 1")["settings"]))
    return tmp_path / "s.json"
