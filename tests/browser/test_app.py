"""The app as a new user meets it, on a real server: from an empty store, beside the command line, through a crash."""

import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import psutil
import pytest
import soundfile

from tests.browser.conftest import picture, serving, settled
from tests.conftest import ROOT, SHARED, command, copied, environment, fill_small, shell

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def small_server(prepared, tmp_path_factory):
    """The app on the small simulated corpus without audio, with a hostile transcript; shared, so each test that writes has
    a study of its own, and `small` stays.
    """
    with serving(copied(prepared("small", fill_small), tmp_path_factory.mktemp("small") / "store")) as server:
        yield server


@pytest.fixture
def fresh_server(prepared, tmp_path):
    """The same, for one test alone."""
    with serving(copied(prepared("small", fill_small), tmp_path / "store")) as server:
        yield server


def test_from_an_empty_store_to_an_exported_file(tmp_path, page):
    with serving(tmp_path / "store") as server:
        page.goto(server.url)
        page.get_by_text("The store is empty").wait_for()
        page.get_by_role("button", name="Make the demo corpus").click()
        page.get_by_role("link", name="Browse clips").wait_for(timeout=60_000)
        page.locator("h3", has_text="simulated").wait_for()
        settled(page)
        picture(page, "overview")
        page.get_by_role("link", name="Browse clips").click()
        page.wait_for_selector(".clips tbody tr[data-clip]")
        page.get_by_text("simulated corpus").first.wait_for()
        page.get_by_role("link", name="Export").click()
        page.get_by_text("200 rows").wait_for()
        settled(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download CSV").click()
        table = pd.read_csv(download.value.path())
        assert len(table) == 200
        combined = [name for name in table if name.startswith("combined_")]
        assert np.allclose(table[combined].sum(axis=1), 1)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the schema").click()
        assert json.loads(download.value.path().read_text())["study"]["name"] == "demo"


def test_every_page_opens_first_in_its_frame(fresh_server, page):
    """A link must work as the first thing that a fresh server is asked for."""
    for name in (
        "compare", "browse", "studies", "export", "saturation", "ambiguity", "standin", "advisor", "sandbox", ""
    ):  # fmt: skip
        page.goto(f"{fresh_server.url}/{name}")
        page.get_by_role("heading", level=1).wait_for()
        settled(page)
        assert page.get_by_role("link", name="Overview").count() == 1
        assert page.locator('[data-testid="stException"]').count() == 0
        picture(page, f"small-{name or 'overview'}")


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.06, 0.1), (0.94, 0.9)])
def test_compare_leads_to_the_clips_of_a_cell(demo_server, page, place):
    page.goto(f"{demo_server.url}/compare?study=demo")
    page.get_by_text("Where do majorities part?").wait_for()
    settled(page)
    picture(page, "compare")
    heatmap = page.locator(".js-plotly-plot", has=page.locator(".heatmaplayer")).first
    heatmap.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = heatmap.locator(".heatmaplayer image").bounding_box()
    row, column = 2, 4  # fear, neutral of anger, disgust, fear, happy, neutral, sad
    page.mouse.click(box["x"] + box["width"] * (column + place[0]) / 6, box["y"] + box["height"] * (row + place[1]) / 6)
    page.wait_for_url(re.compile(r"/browse\?.*reference=fear&candidate=neutral"))
    page.wait_for_selector(".clips tbody tr[data-clip]")


def test_what_people_typed_is_only_text(small_server, page):
    page.goto(f"{small_server.url}/browse?clip=clip000")
    page.get_by_role("heading", name="clip000").wait_for()
    settled(page)
    assert page.locator("main img[src='x']").count() == 0
    assert page.title() != "owned"
    assert page.get_by_text("<b>bold</b>").count() >= 1
    page.get_by_text("There is no audio for this clip here").wait_for()


def studies_of(server) -> list[str]:
    return [study["name"] for study in json.loads(command(server.folder, "study", "list", "--json").stdout)]


def test_a_study_is_made_in_the_browser(small_server, page):
    before = studies_of(small_server)
    page.goto(f"{small_server.url}/studies")
    page.get_by_label("Name", exact=True).fill("two & <three>")
    page.get_by_label("Name", exact=True).press("Tab")
    settled(page)
    page.get_by_role("button", name="Create the study").click()
    page.get_by_text("leaves 0 out").wait_for()
    assert studies_of(small_server) == [*before, "two & <three>"]
    page.get_by_role("link", name="Browse its clips").click()
    page.wait_for_selector(".clips tbody tr[data-clip]")


def test_the_command_line_works_while_the_app_is_open(small_server, page, tmp_path):
    votes = tmp_path / "late.csv"
    votes.write_text("clip,rater,label\nclip007,late,sad\n")
    added = shell(
        small_server.folder,
        "votes",
        "add",
        str(votes),
        "--corpus",
        "small",
        "--clip",
        "clip",
        "--rater",
        "rater",
        "--label",
        "label",
    )
    assert added.returncode == 0, added.stderr
    page.goto(f"{small_server.url}/browse?clip=clip007")
    page.get_by_text("human (n = 6)").wait_for()
    wrong = shell(small_server.folder, "study", "show", "nobody", "--json")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no study 'nobody'" in wrong.stderr


def test_the_study_stays_from_page_to_page_and_in_every_link(small_server, page):
    words = (
        "--corpus",
        "small",
        "--reference",
        "human",
        "--candidate",
        "synthetic:sim/1",
        "--emotions",
        "anger,sad",
        "--rule",
        "drop_outside",
    )
    assert command(small_server.folder, "study", "add", "two", *words).exit_code == 0
    page.goto(f"{small_server.url}/browse?study=two&clip=clip003")
    page.wait_for_selector(".clips tbody tr[data-clip]")
    for name in ("Compare", "Export", "Saturation", "Browse"):
        in_menu = name in ("Compare", "Saturation")
        if in_menu:
            page.get_by_role("button", name="Analyse").click()
        page.get_by_role("menuitem" if in_menu else "link", name=name, exact=True).first.click()
        page.wait_for_url(re.compile(rf"/{name.lower()}\?.*study=two"))
        page.get_by_text("anger, sad").first.wait_for()
    page.goto(f"{small_server.url}/browse")
    page.wait_for_url(re.compile("study=small"))


def test_a_new_study_of_an_old_name_shows_its_own_figures(small_server, page):
    words = ("--corpus", "small", "--reference", "human", "--candidate", "synthetic:sim/1", "--emotions")
    assert command(small_server.folder, "study", "add", "again", *words, "A,H,N,S").exit_code == 0
    page.goto(f"{small_server.url}/compare?study=again")
    page.get_by_text("n = 40 clips").first.wait_for()
    assert command(small_server.folder, "study", "remove", "again").exit_code == 0
    made = json.loads(command(small_server.folder, "study", "add", "again", *words, "anger,sad", "--json").stdout)
    assert made["clips"] < 40
    page.goto(f"{small_server.url}/compare?study=again")
    page.get_by_text(f"n = {made['clips']} clips").first.wait_for()
    assert page.locator('[data-testid="stException"]').count() == 0


def test_a_second_app_on_the_store_does_not_start(small_server):
    again = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", "--server.headless", "true"],
        cwd=ROOT, env=environment(small_server.folder), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert again.returncode == 1
    assert f"process {small_server.process.pid}" in again.stderr


def test_a_killed_server_comes_back_and_keeps_the_view(fresh_server, page):
    page.goto(f"{fresh_server.url}/browse?sort=clip&order=smallest+first&clip=clip003")
    page.get_by_role("heading", name="clip003").wait_for()
    fresh_server.kill()
    fresh_server.start()
    page.reload()
    page.get_by_role("heading", name="clip003").wait_for()
    assert page.locator(".clips tbody tr").first.get_attribute("data-clip") == "clip000"


def test_the_server_holds_none_of_the_heavy_packages(demo_server, page):
    page.goto(f"{demo_server.url}/compare")
    page.get_by_text("Where do majorities part?").wait_for()
    mapped = {part for item in psutil.Process(demo_server.process.pid).memory_maps() for part in item.path.split("/")}
    assert not mapped & {"torch", "transformers", "peft", "librosa", "numba", "scipy", "espeakng_loader"}


@pytest.fixture(scope="module")
def odd_server(tmp_path_factory):
    """A corpus of every odd file there is: real ones where they lie beside the checkout, and damaged ones made here."""
    folder = tmp_path_factory.mktemp("odd")
    audio = folder / "audio"
    audio.mkdir()
    tone = (0.3 * np.sin(np.arange(32_000) * 0.05)).astype(np.float32)
    soundfile.write(audio / "good.wav", tone, 16_000)
    soundfile.write(audio / "aiff.aiff", tone, 16_000)
    soundfile.write(audio / "silent.wav", np.zeros(16_000), 16_000)
    (audio / "cut.wav").write_bytes((audio / "good.wav").read_bytes()[:20_000])
    (audio / "empty.wav").write_bytes(b"")
    (audio / "text.wav").write_text("this is no sound")
    (audio / "pointer.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    for source in (SHARED / "odd-audio", SHARED / "crema-d-quirks"):
        for path in sorted(source.rglob("*")) if source.is_dir() else []:
            if path.suffix.lower() in (".wav", ".flac", ".aiff"):
                shutil.copy(path, audio / f"{path.parent.name}-{path.name}")
    names = sorted({path.stem for path in audio.iterdir()})
    votes = folder / "votes.csv"
    votes.write_text(
        "clip,rater,label\n"
        + "".join(f"{name},r{i},{label}\n" for name in names for i, label in enumerate(("sad", "joy")))
    )
    made = command(
        folder / "store", "corpus", "add", "votes", str(votes), "--name", "odd", "--clip", "clip", "--rater", "rater",
        "--label", "label", "--audio", str(audio),
    )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    made = command(
        folder / "store", "study", "add", "odd", "--corpus", "odd", "--reference", "human", "--emotions", "sad,happy"
    )
    assert made.exit_code == 0, made.stderr
    (audio / "good.wav").rename(audio / "gone.wav")  # a file that vanished after the import
    with serving(folder / "store") as server:
        yield server, names


def test_odd_files_play_or_say_what_is_wrong(odd_server, page):
    server, names = odd_server
    said = {}
    page.goto(f"{server.url}/browse?study=odd&sort=clip&order=smallest+first&clip={names[0]}")
    for name in names:
        page.get_by_role("heading", name=name, exact=True).wait_for()
        settled(page)
        player = f'.player[data-clip="{name}"]'
        page.wait_for_selector(f'{player}[data-ready="true"], {player} .failure:not([hidden]), [data-testid="stAlert"]')
        assert page.locator('[data-testid="stException"]').count() == 0, name
        assert page.get_by_text("Every vote (2)").count() == 1, name
        alert = page.locator('[data-testid="stAlert"]')
        problem = page.locator(".player .problems:not([hidden])")
        said[name] = "|".join([*alert.all_inner_texts(), *problem.all_inner_texts()])
        page.keyboard.press("KeyJ")  # to the next one, also where there is no player
    for name, words in {
        "empty": "empty", "text": "not audio", "pointer": "git lfs pull", "cut": "breaks off", "silent": "silence", "good": "is not there",
    }.items():  # fmt: skip
        assert re.search(words, said[name], re.IGNORECASE), (name, said[name])
    assert said["aiff"] == ""


def test_a_playlist_leads_from_ambiguity_to_its_clips(demo_server, page):
    page.goto(f"{demo_server.url}/ambiguity?study=demo")
    page.get_by_text("Which kinds of ambiguity?").wait_for()
    settled(page)
    picture(page, "ambiguity")
    words = page.get_by_text(re.compile(r"^diffuse · ")).first.inner_text()
    clips = int(re.search(r"· (\d+) clips", words).group(1))
    page.get_by_role("link", name="Listen", exact=True).last.click()
    page.wait_for_url(re.compile(r"/browse\?.*kind=diffuse"))
    page.get_by_text(f"of {clips} that fit").wait_for()


def test_a_figure_comes_as_numbers_page_and_picture(demo_server, page):
    page.goto(f"{demo_server.url}/saturation?study=demo")
    page.get_by_text("What is a vote worth?").wait_for()
    settled(page)
    picture(page, "saturation")
    found = {}
    for name in ("Numbers (CSV)", "HTML", "SVG", "PNG"):
        with page.expect_download(timeout=60_000) as download:
            page.get_by_role("button", name=name).first.click()
        found[name] = download.value.path().read_bytes()
    table = pd.read_csv(io.BytesIO(found["Numbers (CSV)"]))
    assert table["n"].tolist() == list(range(1, 11)) and (table["clips"] == 200).all()
    assert b"plotly" in found["HTML"] and found["SVG"].startswith(b"<svg") and found["PNG"][1:4] == b"PNG"
    assert b"noise floor" in found["SVG"]


def test_the_sandbox_and_the_advisor_by_hand(demo_server, page):
    page.goto(f"{demo_server.url}/sandbox?study=demo")
    page.get_by_text("Who adds spread, who adds bias?").wait_for()
    settled(page)
    page.get_by_role("spinbutton", name="Candidate votes a clip").fill("3")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("n=3"))
    settled(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    picture(page, "sandbox")
    page.goto(f"{demo_server.url}/advisor?study=demo&budget=30")
    page.get_by_text("30 votes on").wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="The whole plan (CSV)").click()
    plan = pd.read_csv(download.value.path())
    assert plan["votes"].sum() == 30 and plan["priority"].tolist() == list(range(1, len(plan) + 1))
    picture(page, "advisor")
