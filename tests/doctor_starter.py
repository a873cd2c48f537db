"""Start small projects, and have Ana and Bia chat in them. A program of its own.

    python doctor_starter.py < folders.json > outcomes.json

Reads a list of {"folder", "page", "socket", "frame"}, and prints for each one "" or what went wrong
first. Django and Channels are imported once; each project is then loaded in a process forked from
this one, as a server would load it, so that hundreds of them take a minute or two.
"""

import asyncio
import importlib
import json
import os
import re
import sys
import traceback
import warnings
from pathlib import Path

PATIENCE = 5  # seconds until a frame that doesn't come is said not to come


def main() -> None:
    """Try each project, in a process of its own."""
    preload()
    outcomes = [outcome_of(one) for one in json.load(sys.stdin)]
    json.dump(outcomes, sys.stdout)


def preload() -> None:
    """Import what every project needs, before the forks."""
    for module in (
        "channels.auth",
        "channels.generic.http",
        "channels.generic.websocket",
        "channels.security.websocket",
        "channels.testing",
        "channels_redis.core",
        "daphne.management.commands.runserver",
        "daphne.server",
        "django.contrib.staticfiles.handlers",
        "django.core.management",
        "django.db.migrations.executor",
        "django.views.generic",
    ):
        importlib.import_module(module)


def outcome_of(project: dict[str, str]) -> str:
    """Return what went wrong in a project, or "" if the two could chat."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            said = try_one(**project)
        except BaseException as error:
            said = "".join(traceback.format_exception_only(error)).strip()
            if last := traceback.extract_tb(error.__traceback__):
                said += f" ({Path(last[-1].filename).name}:{last[-1].lineno})"
        os.write(writer, said.encode("utf-8", "replace"))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def try_one(folder: str, page: str, socket: str, frame: str) -> str:
    """Load the project as Daphne would, migrate, get the page, and send a frame."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    warnings.simplefilter("ignore")
    manage = Path("manage.py").read_text("utf-8-sig")
    module = re.search(r"DJANGO_SETTINGS_MODULE[\"'],\s*[\"']([\w.]+)", manage)[1]
    # The server imports asgi.py before it knows any settings.
    package = module.split(".")[0]
    application = load_application(package)
    from django.core.management import call_command

    call_command("check", verbosity=0)
    call_command("migrate", verbosity=0)
    return asyncio.run(chat(application, page, socket, frame))


def load_application(package: str):
    """Return what ASGI_APPLICATION names, or package.asgi, imported first."""
    module = importlib.import_module(f"{package}.asgi")
    from django.conf import settings

    path = getattr(settings, "ASGI_APPLICATION", "") or f"{package}.asgi.application"
    name, _, attribute = path.rpartition(".")
    module = importlib.import_module(name)
    return getattr(module, attribute)


async def chat(application, page: str, socket: str, frame: str) -> str:
    """Get the page; let Ana and Bia in; Ana sends a frame, and Bia receives one."""
    from channels.testing import ApplicationCommunicator, WebsocketCommunicator

    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    if page:
        scope = {
            "type": "http",
            "method": "GET",
            "http_version": "1.1",
            "path": page,
            "query_string": b"",
            "headers": headers,
            "server": ("localhost", 8000),
            "client": ("127.0.0.1", 50000),
        }
        request = ApplicationCommunicator(application, scope)
        await request.send_input({"type": "http.request", "body": b""})
        response = await request.receive_output(PATIENCE)
        await request.wait(PATIENCE)
        if response["status"] != 200:
            return f"{page} answers {response['status']}"
    if not socket:
        return ""
    people = [WebsocketCommunicator(application, socket, headers=headers) for _ in "ab"]
    for person in people:
        accepted, _ = await person.connect(PATIENCE)
        if not accepted:
            return f"{socket} refuses"
    ana, bia = people
    if frame:
        await ana.send_to(text_data=frame)
        for person in (bia, ana):
            said = await person.receive_output(PATIENCE)
            if said["type"] != "websocket.send":
                return f"a frame ends in {said}"
    for person in people:
        await person.disconnect(timeout=PATIENCE)
    return ""


if __name__ == "__main__":
    main()
