"""Runs the checks of an exercise in a process of their own, and reads the results."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course import redis_server
from course.errors import CourseError
from course.exercise.catalogue import Exercise
from course.processes import end_group, in_a_group_of_its_own
from course.steps import LOGS, ROOT

LIMIT = 60  # seconds for all checks of an exercise
STILL_RUNNING = "still running when the check's time was up. Does it loop forever?"
MOST_PRINTED = 2000  # characters
REDIS_DATABASE = 9  # the steps, which may run beside it, use 4 and 5
PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<function>\S+)')


@dataclass
class Result:
    """How one check went. `says` is the sentence for the student; empty if it passed."""

    name: str
    sentence: str
    state: str = "waiting"  # passed, failed, or waiting if it wasn't reached
    says: str = ""
    trace: str = ""
    printed: str = ""


@dataclass
class Outcome:
    """How all checks of one run went."""

    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: str = ""  # what kept the checks themselves from running

    @property
    def is_solved(self) -> bool:
        """Tell whether every check passed."""
        states = [result.state for result in self.results]
        return not self.trouble and set(states) == {"passed"} and len(states) > 1

    @property
    def first_failure(self) -> Result | None:
        """Return the failure to look at first."""
        return next((one for one in self.results if one.state == "failed"), None)

    @property
    def printed(self) -> str:
        """Return what the solution printed during the checks, cut to a readable length."""
        text = "".join(result.printed for result in self.results)
        return text if len(text) <= MOST_PRINTED else f"…{text[-MOST_PRINTED:]}"


@contextlib.contextmanager
def environment_for(exercise: Exercise) -> Iterator[dict[str, str]]:
    """Give the variables that the checks run with, and a Redis if they need one."""
    env = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they cost time, and none is needed
    }
    env.pop("DJANGO_SETTINGS_MODULE", None)
    env.pop("PYTEST_ADDOPTS", None)
    if "redis" not in exercise.needs:
        yield env
        return
    if not redis_server.is_available():
        raise CourseError(redis_server.HOW_TO_GET_ONE)
    with redis_server.running(LOGS) as url:
        env |= {"REDIS_URL": redis_server.database(url, REDIS_DATABASE)}
        if redis_server.is_stand_in():  # it is slow, and all the more in a burst
            env.setdefault("EXERCISE_PATIENCE", "6")
        yield env


def check(exercise: Exercise, folder: Path, env: dict[str, str]) -> Outcome:
    """Run the checks of an exercise against a folder, and return how they went."""
    return Run(exercise, folder, env).outcome()


class Run:
    """One run of the checks. `stop()`, from another thread, ends it early."""

    def __init__(self, exercise: Exercise, folder: Path, env: dict[str, str]) -> None:
        self.exercise = exercise
        self.folder = folder
        self.env = env
        self.process = None
        self.is_stopped = False
        self.lock = threading.Lock()

    def outcome(self) -> Outcome:
        """Run the checks and return how they went."""
        if not self.folder.is_dir():
            return Outcome(trouble=f"The folder {self.folder} is gone.")
        with tempfile.TemporaryDirectory() as place:
            results = Path(place) / "results.jsonl"
            results.touch()
            output = Path(place) / "output.txt"
            code = self.run(results, output)
            lines = results.read_text("utf-8", "replace").splitlines()
            outcome = read(lines, self.folder, code)
            if not outcome.results and not outcome.trouble:
                said = output.read_text("utf-8", "replace").strip().splitlines()[-5:]
                outcome.trouble = "The checks didn't run. Python says:\n" + "\n".join(
                    said
                )
        return outcome

    def run(self, results: Path, output: Path) -> int | None:
        """Run the process of the checks; return its exit code, or None if it took too long."""
        command = [sys.executable, "-m", "course.exercise.inside"]
        command += [str(self.exercise.checks), str(results)]
        with output.open("wb") as said:
            with self.lock:
                if self.is_stopped:
                    return None
                self.process = subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env=self.env,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    **in_a_group_of_its_own(),
                )
            try:
                return self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                return None
            finally:
                self.stop()

    def stop(self) -> None:
        """End the process of the checks, and whatever the solution has started."""
        with self.lock:
            self.is_stopped = True
            if self.process is not None:
                end_group(self.process, by_force=True)
                self.process.wait()


def read(lines: list[str], folder: Path, code: int | None) -> Outcome:
    """Return the outcome that the lines of a run describe."""
    outcome = Outcome()
    known: dict[str, Result] = {}
    dump = []
    running = None
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            dump.append(line)  # a traceback that faulthandler wrote
            continue
        match event["event"]:
            case "plan":
                for one in event["checks"]:
                    known[one["name"]] = Result(**one)
            case "begin":
                running = known.setdefault(
                    event["name"], Result(event["name"], event["sentence"])
                )
            case "end":
                running = None
                result = known[event["name"]]
                result.says, result.trace = event["says"], event["trace"]
                result.printed = event["printed"]
                result.state = "failed" if result.says else "passed"
            case "note":
                if event["text"] not in outcome.notes:
                    outcome.notes.append(event["text"])
            case "broken":
                outcome.trouble = f"The checks can't be loaded:\n{event['trace']}"
    if running is not None:
        running.state = "failed"
        running.says, running.trace = how_it_ended(dump, folder, code)
    outcome.results = list(known.values())
    return outcome


def how_it_ended(dump: list[str], folder: Path, code: int | None) -> tuple[str, str]:
    """Return why the process ended in the middle of a check, and the traceback."""
    if dump:
        for line in dump:
            found = PLACE.search(line)
            if found and Path(found["file"]).is_relative_to(folder.resolve()):
                file = Path(found["file"]).relative_to(folder.resolve()).as_posix()
                where = f"{file}, line {found['line']}, in {found['function']}"
                return f"{where}: {STILL_RUNNING}", "\n".join(dump)
        return "This check was still waiting when its time was up.", "\n".join(dump)
    if code is None:
        return f"The checks were still running after {LIMIT} seconds.", ""
    return (
        f"Your code ended the whole process during this check (exit code {code}).",
        "",
    )
