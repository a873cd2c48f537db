"""Runs the checks of an exercise in a process of their own, and reads the results."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from course import redis_server
from course.errors import CourseError
from course.exercise.catalogue import Exercise
from course.exercise.outcome import LIMIT, Outcome, read
from course.processes import end_group, in_a_group_of_its_own
from course.steps import LOGS, ROOT

REDIS_DATABASE = 9  # the steps, which may run beside it, use 4 and 5


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
