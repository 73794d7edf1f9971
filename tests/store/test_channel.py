"""The owner's channel outlives whatever connects to it, and nobody waits without end."""

import json
import os
import resource
import secrets
import socket
import struct
import threading
import time
from contextlib import ExitStack

import pytest

from emo_core.errors import StoreError
from emo_core.store import channel, ownership
from emo_core.store.channel import Channel


@pytest.fixture
def asked():
    """A channel that answers every request with itself, and the function that asks it."""
    echo = Channel(lambda request: {"document": request})
    yield echo
    echo.close()


def ask(echo: Channel, **request) -> dict:
    return channel.ask(echo.port, echo.token, request)


def connect(echo: Channel) -> socket.socket:
    return socket.create_connection(("127.0.0.1", echo.port), timeout=20)


def test_requests_are_answered_beside_each_other(asked):
    answers = []
    threads = [threading.Thread(target=lambda n=n: answers.append(ask(asked, n=n)["document"]["n"])) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(30))
    assert len(ask(asked, text="ß" * 3_000_000)["document"]["text"]) == 3_000_000


@pytest.mark.parametrize(
    "stray",
    [
        b"",
        b"\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(range(0, 240, 12)),
        bytes(range(64, 128)),
        b"\xff" * 70_000,
    ],
)
def test_stray_bytes_end_nothing(asked, stray):
    for _ in range(5):
        with connect(asked) as stranger:
            stranger.sendall(stray)
    assert ask(asked, n=1) == {"document": {"n": 1}}


def test_resets_end_nothing(asked):
    for _ in range(50):
        with connect(asked) as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
    assert ask(asked, n=1) == {"document": {"n": 1}}


def test_silent_connections_hold_nobody_up(asked, monkeypatch):
    monkeypatch.setattr(channel, "HANDSHAKE_S", 10_000.0)  # nobody can have waited for that
    with ExitStack() as stack:
        for _ in range(channel.MOST_UNPROVED + 100):
            stack.enter_context(connect(asked))
        assert ask(asked, n=1) == {"document": {"n": 1}}


def test_silent_connections_are_hung_up_on(asked, monkeypatch):
    monkeypatch.setattr(channel, "HANDSHAKE_S", 0.2)
    with connect(asked) as silent:
        silent.recv(channel._NONCE)
        assert silent.recv(1) == b""


def test_it_lives_through_a_lack_of_descriptors(asked):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    strangers = [socket.socket() for _ in range(3)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        with pytest.raises(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        for stranger in strangers:
            stranger.connect(("127.0.0.1", asked.port))
        time.sleep(0.3)  # accept() fails meanwhile
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ask(asked, n=1) == {"document": {"n": 1}}
    for stranger in strangers:
        stranger.close()


def test_who_does_not_know_the_token_is_not_answered(asked):
    with pytest.raises(channel.NotProved):
        channel.ask(asked.port, "guess", {"n": 1})
    assert ask(asked, n=1) == {"document": {"n": 1}}


def proved(asked: Channel) -> socket.socket:
    """A connection whose proof was accepted."""
    connection = connect(asked)
    theirs, ours = connection.recv(32, socket.MSG_WAITALL), secrets.token_bytes(32)
    connection.sendall(ours + channel._proof(asked.token, b"client", theirs, ours))
    assert len(connection.recv(32, socket.MSG_WAITALL)) == 32
    return connection


@pytest.mark.parametrize(
    "message", [struct.pack(">I", 0xFFFFFFFF), struct.pack(">I", 3) + b"{a}", struct.pack(">I", 9)]
)
def test_messages_too_long_or_broken_end_nothing(asked, message):
    with proved(asked) as connection:
        connection.sendall(message)
    assert ask(asked, n=1) == {"document": {"n": 1}}


def test_a_handler_that_fails_says_so():
    def fail(request):
        raise KeyError("verb")

    broken = Channel(fail)
    assert "KeyError: 'verb'" in channel.ask(broken.port, broken.token, {})["error"]
    assert broken._thread.is_alive()
    broken.close()


def test_long_work_outlasts_the_limit_of_silence(monkeypatch):
    monkeypatch.setattr(channel, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(channel, "SILENCE_S", 0.5)
    monkeypatch.setattr(channel, "PATIENCE_S", 0.1)
    slow = Channel(lambda request: time.sleep(1.5) or {"document": "done"})
    said = []
    assert channel.ask(slow.port, slow.token, {}, waiting=lambda: said.append(1)) == {"document": "done"}
    assert said == [1]
    slow.close()


def test_closing_hangs_up_on_who_waits():
    began = threading.Event()
    slow = Channel(lambda request: began.set() or time.sleep(5) or {})
    failed = []

    def wait():
        try:
            channel.ask(slow.port, slow.token, {})
        except (EOFError, OSError) as error:
            failed.append(error)

    client = threading.Thread(target=wait)
    client.start()
    began.wait(10)
    slow.close()
    client.join(4)
    assert failed and not client.is_alive()


def card(folder, port: int) -> None:
    (folder / "owner.json").write_text(json.dumps({"pid": 4242, "program": "app", "port": port, "token": "t"}))


def test_a_client_gives_up_an_owner_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(channel, "HANDSHAKE_S", 0.3)
    monkeypatch.setattr(channel, "PATIENCE_S", 0.1)
    said = []
    with socket.create_server(("127.0.0.1", 0)) as hung:  # accepts, as the system does for a suspended process
        card(tmp_path, hung.getsockname()[1])
        with pytest.raises(StoreError, match=r"4242 .*does not answer.*kill 4242"):
            ownership.ask(tmp_path, {}, say=said.append)
    assert "process 4242" in said[0]


def test_a_client_tells_a_stranger_and_a_dead_owner_apart(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        card(tmp_path, port)

        def reply():
            connection, _ = stranger.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(80))
            connection.close()

        threading.Thread(target=reply, daemon=True).start()
        with pytest.raises(StoreError, match=r"does not know the token|ended before"):
            ownership.ask(tmp_path, {})
    with pytest.raises(StoreError, match="refuses the connection"):
        ownership.ask(tmp_path, {})
