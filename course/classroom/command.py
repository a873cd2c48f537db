"""`course class`: serves a class until Ctrl-C; `class show` and `class pack`."""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from course.classroom import current, fleet, network
from course.classroom.crowd import Crowd
from course.classroom.fleet import FOLDER, Fleet
from course.classroom.screens import NAMES
from course.errors import CourseError
from course.run import open_browser, say, served
from course.servers import HOST, without_proxy
from course.steps import FIRST_PORT

USAGE = """\
  python3 -m course class                hold a class: the desk, the projector, the chats
  python3 -m course class show NAME      show a screen of the class that runs
  python3 -m course class pack FOLDER    an offline kit for a USB stick"""
RUNNING = "running.json"  # where `class show` finds the class


def hold_or(options: argparse.Namespace) -> int:
    """Do what the words after `class` say; return the exit code."""
    words = options.words
    if not words:
        return hold(options)
    if words[0] == "show":
        return show(words[1:], browser=not options.no_browser)
    if words[0] == "pack":
        from course.classroom.pack import pack

        return pack(options)
    raise CourseError(f'"{words[0]}" is not something to do. Try:\n{USAGE}')


def hold(options: argparse.Namespace, folder: Path = FOLDER) -> int:
    """Serve a class until Ctrl-C."""
    ask = input if sys.stdin.isatty() else None
    chosen = network.choose(network.addresses(), options.address, ask)
    address = chosen.ip if chosen else HOST
    first = options.port or FIRST_PORT
    this = current.begin(None, address, first - FIRST_PORT)
    for port, title in fleet.all_ports(this.shift).items():
        fleet.claim(port, title, this.shift)
    with served() as stack:
        this.fleet = stack.enter_context(Fleet(address, first, folder))
        this.crowd = stack.enter_context(Crowd(this.fleet))
        stack.callback(forget_running, folder)
        remember_running(this, folder)
        say_what_it_means(this, chosen)
        starting = threading.Thread(target=start_all, args=[this.fleet])
        stack.callback(finish, this.fleet, starting)
        serve(this, lambda: opened(this, starting, browser=not options.no_browser))
        raise KeyboardInterrupt  # Ctrl-C has ended the server


def start_all(running: Fleet) -> None:
    """Start what a class begins with; say when all of it is there."""
    running.start(say)
    if all(running[name].state == "up" for name in running.at_the_start):
        say("Everything runs. Go to the desk; Ctrl-C ends the class.")


def finish(running: Fleet, starting: threading.Thread) -> None:
    """End what is still starting."""
    running.close()
    if starting.ident:
        starting.join()


def opened(this: current.Class, starting: threading.Thread, browser: bool) -> None:
    """Both doors are open: start the chats, and open the desk."""
    starting.start()
    say(f"The desk: {this.with_token('/desk/')}\nStarting the chats …")
    open_browser(this.with_token("/desk/"), browser)


def serve(this: current.Class, when_ready: Callable[[], None]) -> None:
    """Serve both doors in this process until a signal ends it."""
    os.environ.update(DJANGO_SETTINGS_MODULE="course.classroom.config.settings")
    from daphne.server import Server
    from twisted.internet import reactor

    from course.classroom.config.asgi import application

    server = Server(
        application,
        endpoints=[
            f"tcp:{this.desk_port}:interface={HOST}",
            f"tcp:{this.room_port}:interface={this.address}",
        ],
        ready_callable=when_ready,
        signal_handlers=False,
        server_name="",
    )
    with calling_at_signals(lambda: reactor.callFromThread(reactor.stop)):
        server.run()


@contextlib.contextmanager
def calling_at_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and its like call a function, instead of raising wherever we are."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if os.name != "nt":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_what_it_means(this: current.Class, chosen: network.Address | None) -> None:
    """Print the address, and what everybody in the network can do now."""
    if chosen is None:
        say(f"{network.NO_NETWORK}\n\nThe room, on this machine only: {this.room_url}")
        return
    shared = this.fleet.shared_redis_url
    redis = f", and this Redis:\n  {shared}" if shared else "."
    say(
        f"The class is at {this.room_url}  ({chosen.interface})\n\n"
        f"{network.SHARING.format(redis=redis)}\n\n"
        "Only if phones can't connect: open the firewall for this network.\n"
        + network.firewall(
            chosen,
            FIRST_PORT + this.shift,
            this.room_port,
            this.fleet.port("redis"),
        )
        + "\n"
    )
    if not shared and this.fleet.program:
        say(
            "The Redis here is a stand-in without passwords, so it stays on this machine:"
            " students use\na Redis of their own."
        )


# ---- The class that runs, for another terminal


def remember_running(this: current.Class, folder: Path) -> None:
    """Write where the desk is, readable only by this user."""
    folder.mkdir(parents=True, exist_ok=True)
    # Renamed once it's complete, so that nobody reads half of it.
    new = folder / f"{RUNNING}.new"
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_CREAT | os.O_WRONLY, 0o600), "w") as place:
        json.dump({"url": this.desk_url, "token": this.token}, place)
    new.replace(folder / RUNNING)


def forget_running(folder: Path) -> None:
    """Delete it."""
    (folder / RUNNING).unlink(missing_ok=True)


def show(words: list[str], browser: bool, folder: Path = FOLDER) -> int:
    """Let the projector of the running class show a screen."""
    if len(words) != 1:
        raise CourseError(
            "Which screen? Try: python3 -m course class show wall\n"
            f"There are: join, {', '.join(NAMES)}."
        )
    none = "No class is running here. Start one in another terminal: python3 -m course class"
    try:
        place = json.loads((folder / RUNNING).read_text("utf-8"))
    except (OSError, ValueError):
        raise CourseError(none) from None
    request = urllib.request.Request(
        f"{place['url']}/desk/do/",
        json.dumps({"do": "show", "name": words[0]}).encode(),
        {"Authorization": f"Bearer {place['token']}"},
    )
    try:
        with without_proxy.open(request, timeout=30) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as problem:
        if problem.code != 409:
            raise CourseError(none) from None
        raise CourseError(json.load(problem)["problem"]) from None
    except OSError:
        raise CourseError(none) from None
    say(said["text"] or f"The projector shows {words[0]}.")
    url = f"{place['url']}/screen/{words[0]}/?token={place['token']}"
    open_browser(url, browser)
    return 0
