"""Runs the checks of an exercise in this Web Worker, as `python3 -m course exercise` does.

The checks, the kit that they are written with and the sentences are the course's own
(course/exercise). What a process and its operating system do there is done here: an event
loop that sleeps (loop.py), and a limit of time that needs no second thread.
"""

import faulthandler
import importlib
import json
import os
import random
import sys
import time
import traceback
import types
from dataclasses import asdict
from pathlib import Path

from playground import loop

PROJECT = Path("/project")
COURSE = Path("/course")  # where the page puts course/ and exercises/
TOOL = 3  # a number that sys.monitoring leaves to whoever needs one

post = None  # what carries an event to the page: post(kind, JSON)


# ---- Before the snapshot -------------------------------------------------------------------


def prepare() -> None:
    """Import what every run needs, once playground.server is prepared.

    A snapshot is made of the memory after this.
    """
    from asgiref.sync import SyncToAsync

    # A server runs sync code in the browser's event loop. Ours has something like threads.
    SyncToAsync.__call__ = SyncToAsync.__call__.__wrapped__
    loop.install()
    os.chdir(PROJECT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # each plugin is named
    sys.path.insert(1, str(COURSE))
    sys.dont_write_bytecode = True
    for name in ("daphne.server", "daphne.testing"):  # named by the checks, never used
        sys.modules[name] = types.ModuleType(name)
    sys.modules["daphne.testing"].DaphneProcess = None
    from course.exercise import inside

    for name in inside.LIBRARIES + inside.PROJECT_LIBRARIES:
        importlib.import_module(name)
    importlib.import_module("course.exercise.kit")
    importlib.import_module("course.exercise.outcome")


# ---- One run -------------------------------------------------------------------------------


def run(exercise: str, to_page) -> None:
    """Run the checks of the exercise of this name against the files in /project."""
    global post
    post = to_page
    random.seed()
    importlib.invalidate_caches()
    os.chdir(PROJECT)
    from course.exercise import inside

    results = Results()
    limit = Limit(results)
    faulthandler.dump_traceback_later = limit.begin
    faulthandler.cancel_dump_traceback_later = limit.cancel
    os._exit = results.end
    checks = COURSE / "exercises" / exercise / "test_checks.py"
    reporter = inside.Reporter(results, checks)
    code = 1
    try:
        if inside.starts(reporter):
            # What the system would capture, a Web Worker hasn't got: Python's own is left.
            code = inside.run_pytest(
                checks, reporter, ["--capture=sys", "--no-summary"]
            )
    except BaseException as problem:  # pytest itself, or a SystemExit
        traceback.print_exception(problem)
    results.end(code)


class Results:
    """The file that the checks write their results into; the page gets each at once."""

    def __init__(self) -> None:
        self.lines = []

    def write(self, text: str) -> None:
        """Keep a line, and post how the checks have gone until now."""
        self.lines += text.splitlines()
        self.post("results", None)

    def flush(self) -> None:
        """Nothing is held back."""

    def post(self, kind: str, code: int | None, dump: tuple = ()) -> None:
        """Post how the checks have gone, if the run has ended or is ended now."""
        from course.exercise import outcome

        # A page that ends a run has no traceback of it.
        lines = [*self.lines, *(dump or ["Timeout!"] * (code is None))]
        read = outcome.read(lines, PROJECT, code)
        for one in read.results:
            # Paths as the student knows them.
            one.says = one.says.replace(f"{PROJECT}/", "")
            for folder in (PROJECT, COURSE):
                one.trace = one.trace.replace(f'"{folder}/', '"')
        told = asdict(read) | {"solved": read.is_solved, "running": self.running()}
        post(kind, json.dumps(told))

    def running(self) -> str:
        """Return the name of the check that is running; "" between two of them."""
        last = json.loads(self.lines[-1])
        return last["name"] if last["event"] == "begin" else ""

    def end(self, code: int, dump: tuple = ()) -> None:
        """Post the result, and wait for the page to end this worker."""
        self.post("ended", code, dump)
        while True:
            loop.real_sleep(1)


class Limit:
    """How long a check may take. It does what faulthandler does with a thread.

    Each turn of a loop in the student's files asks for the time, and so does whatever
    sleeps. What hangs otherwise is ended by the page, a little later.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.until = float("inf")
        loop.end_if_time_is_up = self.ask
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "limit")
        monitoring.register_callback(TOOL, monitoring.events.JUMP, self.jumped)
        monitoring.set_events(TOOL, monitoring.events.JUMP)

    def begin(self, seconds: float, **options: object) -> None:
        """Give the check that begins so many seconds."""
        self.until = time.monotonic() + seconds
        post("limit", json.dumps(seconds))

    def cancel(self) -> None:
        """Give as much time as is wanted: no check is running."""
        self.until = float("inf")
        post("limit", "null")

    def jumped(self, code, *places: int) -> object:
        """Ask for the time if the code is the student's; forget this place otherwise."""
        if not code.co_filename.startswith(f"{PROJECT}/"):
            return sys.monitoring.DISABLE
        self.ask()
        return None

    def ask(self) -> None:
        """End the run if the time is up, and write down where."""
        if time.monotonic() < self.until:
            return
        self.until = float("inf")
        dump = ["Timeout!"]
        for frame, line in traceback.walk_stack(sys._getframe(1)):
            place = frame.f_code
            dump.append(f'  File "{place.co_filename}", line {line} in {place.co_name}')
        self.results.end(1, tuple(dump))
