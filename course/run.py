"""`course run`: the lessons and the chats, served until Ctrl-C."""

import contextlib
import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator

from course import lessons, playground, redis_server, servers
from course.errors import CourseError, for_this_system
from course.processes import Process, not_interrupted, stopped_by_signals
from course.steps import FIRST_PORT, LOGS, ROOT, Step, load_steps

FETCH_IT = for_this_system(playground.FETCH_IT)
COLOURS = ["36", "33", "35", "32"]  # cyan, yellow, magenta, green


def run_everything(first_port: int, browser: bool) -> int:
    """Serve the lessons and one chat for each step."""
    shift = first_port - FIRST_PORT
    steps = [step for step in load_steps() if can_run(step)]
    ports = [first_port] + [step.port + shift for step in steps]
    servers.claim(ports, f"python3 -m course run --port {first_port + 1000}")
    with served() as stack:
        redis_url = redis_for(steps, stack)
        running = []
        for step in steps:
            say(f"Starting step {step.number}, {step.title} …")
            serving = servers.serving(
                step, [step.port + shift], logs=LOGS, redis_url=redis_url, wait=False
            )
            running += stack.enter_context(serving)
        say("Building the lessons …")
        stack.enter_context(lessons.serving(first_port, running))
        servers.wait_for(running)
        home = f"http://{servers.HOST}:{first_port}/"
        say_addresses(running, home, redis_url)
        stack.enter_context(fetching_the_playground(home))
        open_browser(home, browser)
        watch(running)
    return 1


def run_lessons(port: int, browser: bool) -> int:
    """Serve the lessons alone: each of them starts its own chat."""
    servers.claim([port], f"python3 -m course run lessons --port {port + 100}")
    with served() as stack:
        say("Building the lessons …")
        stack.enter_context(lessons.serving(port, []))
        home = f"http://{servers.HOST}:{port}/"
        say_addresses([], home)
        stack.enter_context(fetching_the_playground(home))
        open_browser(home, browser)
        while True:
            time.sleep(1)


def run_step(
    step: Step, port: int | None, count: int, threads: int | None, browser: bool
) -> int:
    """Serve one step, by one or more processes at neighbouring ports."""
    if "redis" in step.needs and not redis_server.is_available():
        raise CourseError(redis_server.HOW_TO_GET_ONE)
    first = port or step.port
    ports = list(range(first, first + count))
    same = words_of(step, count, threads)
    servers.claim(ports, f"python3 -m course run {same} --port {first + 100}")
    with served() as stack:
        redis_url = redis_for([step], stack)
        say(f"Starting step {step.number}, {step.title} …")
        running = stack.enter_context(
            servers.serving(
                step,
                ports,
                logs=LOGS,
                redis_url=redis_url,
                threads=threads,
                echo=printer(ports),
            )
        )
        say_addresses(running, redis_url=redis_url)
        open_browser(running[0].url, browser)
        watch(running)
    return 1


def words_of(step: Step, count: int, threads: int | None) -> str:
    """Return what is typed after `run` to serve a step like this."""
    words = [step.number]
    if count > 1:
        words.append(f"--servers {count}")
    if threads and step.servers[0] != "wsgi":
        words.append("--wsgi")
    if threads:
        words.append(f"--threads {threads}")
    return " ".join(words)


def can_run(step: Step) -> bool:
    """Tell whether this machine has what a step needs; say so if not."""
    if "redis" not in step.needs or redis_server.is_available():
        return True
    if step.number == "04":  # once is enough
        say(redis_server.HOW_TO_GET_ONE + "\n")
    return False


@contextlib.contextmanager
def served():
    """Give a stack for everything that is served; end it cleanly, come what may."""
    with stopped_by_signals(), contextlib.ExitStack() as stack:
        try:
            yield stack
        except KeyboardInterrupt:
            say("\nStopping …")
            with not_interrupted():
                stack.close()
            say("Everything has stopped.")
            raise SystemExit(0) from None


def redis_for(steps: list[Step], stack: contextlib.ExitStack) -> str | None:
    """Return the URL of a Redis if a step needs one; start it if need be."""
    if any("redis" in step.needs for step in steps):
        return stack.enter_context(redis_server.running(LOGS))
    return None


@contextlib.contextmanager
def fetching_the_playground(home: str) -> Iterator[None]:
    """Fetch what the lessons' playground needs while the rest runs, if it isn't there.

    One line says how it went. Nothing waits for it, and nothing fails with it.
    """
    if playground.is_current():
        yield
        return
    if not playground.can_be_fetched():
        say("The playground is not here. To fetch it: " + FETCH_IT)
        yield
        return
    say("Fetching the playground in the background (about 25 MB, only once) …")
    command = [sys.executable, "-m", "course.playground", str(lessons.SITE)]
    log = LOGS / "playground.log"
    stopping = threading.Event()
    with Process("The playground", command, ROOT, log) as process:
        waiting = threading.Thread(target=tell_of, args=[process, home, stopping])
        waiting.start()
        try:
            yield
        finally:
            stopping.set()
            process.stop()
            waiting.join()


def tell_of(process: Process, home: str, stopping: threading.Event) -> None:
    """Say in one line whether the playground was fetched, unless everything is stopping."""
    code = process.popen.wait()
    process.reader.join()
    if stopping.is_set():
        return
    if code == 0:
        say(f"The playground is ready: {home}{playground.WHERE}")
        return
    lines = process.log.read_text("utf-8", "replace").splitlines()
    why = next((line for line in lines if line.startswith("The playground")), "")
    why = why or f"The playground could not be fetched (log: {process.log})."
    say(f"{why} To try again: {FETCH_IT}")


def watch(running: list[servers.Server]) -> None:
    """Report each server that dies; return when none is left."""
    alive = list(running)
    while alive:
        for server in list(alive):
            if server.process.has_ended():
                say(f"\n{server.process.obituary()}\n")
                alive.remove(server)
        time.sleep(0.2)
    say("All servers have stopped.")


def say_addresses(
    running: list[servers.Server], home: str | None = None, redis_url: str | None = None
) -> None:
    """Print one table of all addresses."""
    rows = [("", "the lessons", home)] if home else []
    rows += [(server.step.number, server.step.title, server.url) for server in running]
    if redis_url:
        rows.append(("", "Redis", redis_server.described(redis_url)))
    width = max(len(title) for _, title, _ in rows)
    lines = [f"  {number:2}  {title:{width}}  {url}" for number, title, url in rows]
    notes = {server.step.number: server.note for server in running if server.note}
    lines += [f"\nStep {number}: {note}" for number, note in notes.items()]
    say("\n" + "\n".join(lines) + "\n\nCtrl-C stops everything.")


def printer(ports: list[int]) -> Callable[[int, str], None]:
    """Return what prints a server's line, with the port and its colour before it."""
    colours = dict(zip(ports, COLOURS * len(ports), strict=False))
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def show(port: int, line: str) -> None:
        label = f"\033[{colours[port]}m{port}\033[0m" if coloured else str(port)
        say(f"{label} | {line}")

    return show


def open_browser(url: str, wanted: bool) -> None:
    """Open the person's browser, where there is a screen."""
    screen = {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if wanted and (screen or sys.platform in {"win32", "darwin"}):
        webbrowser.open(url)


def say(text: str) -> None:
    """Print at once, even into a pipe, and in one piece: several threads print."""
    print(f"{text}\n", end="", flush=True)
