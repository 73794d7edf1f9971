"""The process of a stand-in server: its command line, and how tests start, kill and restart it and read what it was asked."""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import ClassVar, Self

from tests.servers.common import Journal, Provider
from tests.servers.faults import Options

ROOT = Path(__file__).resolve().parents[2]


class ServerProcess:
    """A server in a process of its own; a context manager that kills it at the end. Options: see `faults.Options`.

    url: where it answers. state: its folder, which outlives it.
    """

    module: ClassVar[str]

    def __init__(self, state: Path, options: dict):
        self.state, self.options, self.port = Path(state), options, 0
        self._launch()

    @classmethod
    def start(cls, state: Path, **options) -> Self:
        """A server that listens when this returns."""
        return cls(state, options)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """Kill -9; nothing happens where it is dead."""
        self.process.kill()
        self.process.communicate()

    def restart(self, **changes) -> None:
        """Kill it and start it on the same port and folder, with changed options."""
        self.kill()
        self.options |= changes
        self._launch()

    def log(self) -> list[dict]:
        """Every request so far and what was answered, oldest first."""
        return Journal.read(self.state)

    def _launch(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", self.module, "--port", str(self.port), "--state", str(self.state)]
        command += ["--until-stdin-ends", *arguments(self.options)]
        with (self.state / "errors.txt").open("ab") as errors:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} did not start: {(self.state / 'errors.txt').read_text()}")
        self.port = int(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        self.kill()


def arguments(options: dict) -> list[str]:
    """Options as words of the command line."""
    words = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words += [flag] if value else []
        else:
            words += [flag, json.dumps(value)]
    return words


def run(provider: type[Provider]) -> None:
    """The command line: `python -m MODULE --port N --state DIR [options]`; says the port when it listens."""
    parser = argparse.ArgumentParser(description=provider.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--until-stdin-ends", action="store_true", help="end with the process that holds the other end")
    for option in fields(Options):
        flag = "--" + option.name.replace("_", "-")
        kind = {"action": "store_true"} if option.type is bool else {"type": json.loads, "default": argparse.SUPPRESS}
        parser.add_argument(flag, **kind)
    settings = vars(parser.parse_args())
    port, state, until_stdin_ends = (settings.pop(name) for name in ("port", "state", "until_stdin_ends"))
    state.mkdir(parents=True, exist_ok=True)
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    # asyncio sets this only on sockets that name their protocol; without it each reply waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listener.getsockname()[1], flush=True)
    asyncio.run(serve(provider(state, Options(**settings)), listener, until_stdin_ends=until_stdin_ends))


async def serve(app: Provider, listener: socket.socket, *, until_stdin_ends: bool) -> None:
    """Serve the application on a socket that listens."""
    import uvicorn

    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", timeout_keep_alive=60)
    if until_stdin_ends:
        asyncio.get_running_loop().add_reader(sys.stdin, os._exit, 0)
    await uvicorn.Server(config).serve(sockets=[listener])
