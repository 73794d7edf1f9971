"""Who gets an answer from a real server, and what is left when it is told to end."""

import http.server
import json
import os
import shutil
import signal
import socket
import threading
from http.cookies import SimpleCookie

import pytest

from emo_core import access
from tests.browser.conftest import CHROMIUM, FLAGS, serving
from tests.browser.test_labelling import Client, invite_to, opened
from tests.conftest import command, copied, shell

ASKED = (
    "/",
    "/browse",
    "/_stcore/health",
    "/_stcore/host-config",
    "/people/enter",
    "/label/sound",
    "/audio",
    "/static/x.js",
)


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory):
    """The app on the demo corpus, open to whoever sits at this machine, and known by one more name."""
    folder = copied(demo, tmp_path_factory.mktemp("fence") / "store")
    with serving(folder, EMO_HOSTS="Lab.Example, *.clinic.example") as running:
        yield running


UPGRADE = (
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


def raw(server, target: str, *headers: str, method: str = "GET") -> tuple[int, str]:
    """Status and the whole text of an answer to a request as it is written here."""
    ending = () if any(line.startswith("Connection") for line in headers) else ("Connection: close",)
    lines = [f"{method} {target} HTTP/1.1", *headers, *ending, "", ""]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        text = b""
        while part := connection.recv(65536):
            text += part
            if b"101 Switching" in text:
                break
    return int(text.split()[1]), text.decode("latin-1")


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True), ("127.0.0.1:8501", True), ("LOCALHOST:1", True), ("localhost.", True), ("[::1]:8501", True),
        ("lab.example", True), ("LAB.example.:443", True), ("a.clinic.example", True), ("127.9.9.9", True),
        ("evil.example", False), ("localhost.evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
        ("clinic.example", False), ("203.0.113.9", False), ("x@127.0.0.1", False), ("127.0.0.1:port", False),
        ("[::ffff:203.0.113.9]", False), ("evil.example#.lab.example", False), ("2130706433.evil.example", False),
    ],
)  # fmt: skip
def test_only_own_names_are_answered_whatever_is_asked(server, host, ours):
    for target in ASKED:
        status, text = raw(server, target, f"Host: {host}", "X-Forwarded-Host: 127.0.0.1")
        assert (status != 403 or "does not answer to" not in text) == ours, (target, text[:300])
        assert ours or ("EMO_HOSTS" in text and "set-cookie" not in text.lower())
    assert raw(server, "/_stcore/stream", f"Host: {host}", *UPGRADE)[0] == (101 if ours else 403)


def test_a_forwarded_or_missing_or_second_host_opens_nothing(server):
    assert raw(server, "/", "Host: evil.example", "X-Forwarded-Host: lab.example")[0] == 403
    assert raw(server, "/")[0] in (400, 403)
    assert raw(server, "/", "Host: 127.0.0.1", "Host: evil.example")[0] in (400, 403)
    assert raw(server, "http://evil.example/", "Host: evil.example")[0] in (400, 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{port}"])
def test_what_changes_something_comes_from_our_pages(server, origin):
    origin = origin.format(port=server.port)
    host = f"Host: 127.0.0.1:{server.port}"
    for target in ("/label/sync", "/people/remember", "/people/me", "/invite/x", "/_stcore/upload_file/a/b"):
        assert raw(server, target, host, f"Origin: {origin}", "Content-Length: 0", method="POST")[0] == 403
        crossed = raw(server, target, host, "Sec-Fetch-Site: same-site", "Content-Length: 0", method="POST")
        assert crossed[0] == 403
    assert raw(server, "/_stcore/stream", host, f"Origin: {origin}", *UPGRADE)[0] == 403
    given = raw(server, "/_stcore/host-config", host, f"Origin: {origin}")[1]
    assert "set-cookie: workbench" not in given.lower()


def test_nothing_may_be_framed_and_cookies_are_ours_alone(server):
    for target in ASKED:
        answer = Client(server.url).get(target)
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'", target
        assert answer.headers["x-frame-options"] == "DENY"
    line = Client(server.url).get("/_stcore/host-config").headers["set-cookie"]
    cookie = SimpleCookie(line)["workbench"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_a_name_that_was_pointed_at_this_machine_shows_nothing(server, browser):
    rebound = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"]
    )
    page = rebound.new_page()
    page.goto(f"http://evil.example:{server.port}/corpora")
    assert "does not answer to the host name" in page.inner_text("body")
    assert not page.context.cookies()
    rebound.close()


def test_a_page_of_another_port_cannot_frame_the_app_or_talk_to_it(server, browser):
    class Foreign(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{server.url}/browse'></iframe>".encode())

        def log_message(self, *words):
            pass

    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=foreign.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{foreign.server_port}/")
    page.wait_for_timeout(1500)
    assert page.frames[1].locator('[data-testid="stApp"]').count() == 0
    said = page.evaluate(
        "url => new Promise(done => { const socket = new WebSocket(url); socket.onopen = () => done('open');"
        "socket.onerror = () => done('refused') })",
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
    )
    assert said == "refused"
    page.close()
    foreign.shutdown()


def test_the_first_invite_outlives_what_is_removed(server):
    folder = server.folder
    campaign = opened(folder, "plain")
    assert Client(server.url).get("/_stcore/host-config").headers.get("set-cookie")
    invite_to(folder, campaign)
    assert command(folder, "campaign", "withdraw", campaign).exit_code == 0
    assert command(folder, "campaign", "remove", campaign, "--with-answers").exit_code == 0
    assert "workbench=" not in Client(server.url).get("/_stcore/host-config").headers.get("set-cookie", "")


def test_a_raters_link_asks_before_it_changes_who_a_browser_is(server):
    key = access.sign(server.folder, "me", {"name": "Rosa <b>"})
    for role, name in (("researcher", None), ("researcher", "Res"), ("rater", "Ana")):
        client = Client(server.url)
        cookie = access.sign(server.folder, "visitor", {"name": name, "role": role})
        client.cookies.set("workbench", cookie, domain="127.0.0.1")
        asked = client.get("/people/me", params={"key": key})
        assert asked.status_code == 200 and "set-cookie" not in asked.headers and "Rosa &lt;b&gt;" in asked.text
        assert client.get("/people/me", params={"key": key}, headers={"Sec-Fetch-Dest": "image"}).status_code == 403
        agreed = client.post("/people/me", params={"key": key})
        assert agreed.status_code == 303
        held = access.read(server.folder, "visitor", SimpleCookie(agreed.headers["set-cookie"])["workbench"].value)
        assert held == {"name": "Rosa <b>", "role": "rater"}
    fresh = Client(server.url)
    assert fresh.get("/people/me", params={"key": key}).status_code == 303  # invites exist: this browser is nobody's
    assert fresh.get("/people/me", params={"key": key}).status_code == 303  # and now that rater's


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_server_that_is_ended_leaves_its_file_whole(prepared, demo, tmp_path, browser, number):
    folder = copied(demo, tmp_path / "store")
    with serving(folder) as server:
        page = browser.new_page()
        page.goto(f"{server.url}/browse")  # an open connection
        page.get_by_role("heading", name="Where do listeners disagree?").wait_for()
        opened(folder, "plain")
        assert (folder / "workbench.duckdb.wal").stat().st_size
        os.kill(server.process.pid, number)
        server.process.wait(30)
        page.close()
    assert not (folder / "workbench.duckdb.wal").exists() and not (folder / "owner.json").exists()
    (tmp_path / "copy").mkdir()
    shutil.copy(folder / "workbench.duckdb", tmp_path / "copy")
    assert len(json.loads(shell(tmp_path / "copy", "campaign", "list", "--json").stdout)) == 1
