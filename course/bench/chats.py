"""The chats that are compared, each as a contestant; prepared when first asked for."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from course import compare, servers
from course.bench import final
from course.bench.contestants import HOST, Contestant, daphne, in_json, require, uvicorn
from course.steps import ROOT, Step, find_step

PEERS = Path(__file__).parent / "peers"


def prepare(name: str, into: Path, redis_url: str) -> list[Contestant]:
    """Prepare the chat of this name, and those that come with it."""
    kind, _, rest = name.partition("-")
    if kind in {"01", "02"}:
        speaks, _, threads = rest.partition("-")
        threads = int(threads.partition("-")[0] or 0)
        return [asking_step(find_step(kind), into, speaks, threads)]
    if kind in {"03", "04"}:
        return [layered_step(find_step(kind), into)]
    if kind == "05":
        return final.prepare(copy_of(find_step("05"), into), redis_url)
    if kind == "tutorial":
        server, _, storing = rest.partition("-")
        return [storing_tutorial(into) if storing else tutorial(server)]
    if kind == "raw":
        return [raw(*filter(None, [rest]))]
    return [{"socketio": socketio, "websockets": websockets}[kind]()]


# ---- The chats that are no step ------------------------------------------------


def tutorial(server: str) -> Contestant:
    """The official tutorial's chat, on Daphne or uvicorn."""
    command = {"daphne": daphne, "uvicorn": uvicorn}[server]
    return Contestant(
        f"tutorial-{server}",
        command("tutorial.asgi:application"),
        PEERS,
        env={"REDIS_URL": "{redis}"},
    )


def storing_tutorial(into: Path) -> Contestant:
    """The official tutorial's chat, with one INSERT for each message."""
    database = into / "tutorial.sqlite3"
    env = {"REDIS_URL": "", "STORE": "1", "DATABASE": str(database)}
    env["DJANGO_SETTINGS_MODULE"] = "tutorial.settings"
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb"]
    subprocess.run(
        migrate, cwd=PEERS, env=os.environ | env, check=True, stdout=subprocess.DEVNULL
    )
    return replace(
        tutorial("daphne"),
        name="tutorial-daphne-storing",
        env=env | {"REDIS_URL": "{redis}"},
        database=database,
        table="tutorial_message",
    )


def socketio() -> Contestant:
    """A chat in python-socketio, on uvicorn."""
    require("socketio")
    return Contestant(
        "socketio",
        uvicorn("socketio_chat:application"),
        PEERS,
        path="/socket.io/?EIO=4&transport=websocket",
        wrap=lambda text: "42" + json.dumps(["chat", text]),
        greeting=b"40",
        welcome=b"40{",
    )


def websockets() -> Contestant:
    """A chat in plain `websockets`."""
    require("websockets")
    command = [sys.executable, "websockets_chat.py", "{port}"]
    return Contestant("websockets", command, PEERS)


def raw(*words: str) -> Contestant:
    """The server that does least: what the clients of the bench can take."""
    command = [sys.executable, "-m", "course.bench.peers.raw_chat", "{port}", *words]
    return Contestant("-".join(["raw", *words]), command, ROOT)


# ---- The steps -----------------------------------------------------------------


def copy_of(step: Step, into: Path) -> Path:
    """Copy a step: no figure of ours shall stand in the database of a reader."""
    return compare.copy(step, into / step.folder)


def asking_step(step: Step, into: Path, speaks: str, threads: int) -> Contestant:
    """Step 01 or 02: under waitress with so many threads, else on Daphne."""
    folder = copy_of(step, into / f"{step.number}-{speaks}-{threads}")
    env = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    servers.prepare(step, folder, env)
    if threads:
        options = [f"--listen={HOST}:{{port}}", f"--threads={threads}"]
        options += ["--connection-limit=1000"]  # two for each person
        command = [
            sys.executable,
            "-m",
            "waitress",
            *options,
            "config.wsgi:application",
        ]
    else:
        command = daphne("config.asgi:application")
    return Contestant(
        "-".join([step.number, speaks] + [f"{threads}-threads"] * bool(threads)),
        command,
        folder,
        speaks=speaks,
        path=f"/{'events' if speaks == 'events' else 'messages'}/{{room}}/",
        wrap=in_json(text="{}", sender="ana"),
        env=env,
    )


def layered_step(step: Step, into: Path) -> Contestant:
    """Step 03 or 04, on Daphne: anybody comes in and speaks."""
    return Contestant(
        step.number,
        daphne("config.asgi:application"),
        copy_of(step, into),
        wrap=in_json(text="{}", sender="ana"),
        env={"REDIS_URL": "{redis}"},
    )
