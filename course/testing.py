"""`course test`: each step's own tests in its folder, then those of the whole course."""

import contextlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from course import redis_server
from course.steps import LOGS, ROOT, Step, load_steps

RESULTS = ROOT / "build" / "test-results"
NOTHING_COLLECTED = 5  # pytest's exit code, usual with -k
# Much of a scene is waiting; so many files of scenes at a time, each in its own process.
AT_ONCE = min(4, (os.cpu_count() or 1) + 1)


def run_tests(step: Step | None, options: list[str]) -> int:
    """Run every test, or one step's; return the exit code.

    The last line says how many passed and failed. With CI set, a skipped test counts
    as a failure: what nobody ran is not known to work.
    """
    places = [(step.number, step.path) for step in ([step] if step else load_steps())]
    if step is None:
        places.append(("course", ROOT))
    totals = Counter()
    codes = set()
    with contextlib.ExitStack() as stack:
        env = dict(os.environ)
        if redis_server.is_available():
            env["REDIS_URL"] = stack.enter_context(redis_server.running(LOGS))
        for name, folder in places:
            print(f"\n== {'step ' if name.isdigit() else 'the '}{name}", flush=True)
            code, counted = run_pytest(name, folder, options_of(name) + options, env)
            codes.add(code)
            totals += counted
    return conclude(totals, codes)


def options_of(name: str) -> list[str]:
    """Return how to run the tests of one place: those of a step are few and quick."""
    if name.isdigit():
        return []
    return [f"--numprocesses={AT_ONCE}", "--dist=loadfile"]


def run_pytest(
    name: str, folder: Path, options: list[str], env: dict[str, str]
) -> tuple[int, Counter]:
    """Run the tests of one folder; return pytest's exit code and what it counted."""
    results = RESULTS / f"{name}.xml"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={results}", *options]
    code = subprocess.run(command, cwd=folder, env=env).returncode
    return code, count(results)


def count(results: Path) -> Counter:
    """Return how many tests passed, failed and were skipped."""
    if not results.exists():
        return Counter()
    suites = ET.parse(results).getroot().iter("testsuite")
    counted = Counter()
    for suite in suites:
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        counted["passed"] += max(0, int(suite.get("tests", 0)) - failed - skipped)
        counted["failed"] += failed
        counted["skipped"] += skipped
    return counted


def conclude(totals: Counter, codes: set[int]) -> int:
    """Print the line of totals; return the exit code of it all."""
    print()
    if not totals["passed"] + totals["failed"] and codes <= {0, NOTHING_COLLECTED}:
        print("No test was run. Is the expression behind -k right?")
    incomplete = bool(os.environ.get("CI")) and totals["skipped"] > 0
    if incomplete:
        print("With CI set, nothing may be skipped; see the reasons above.")
    line = f"{totals['passed']} passed, {totals['failed']} failed"
    print(line + (f", {totals['skipped']} skipped" if totals["skipped"] else ""))
    went_well = codes <= {0, NOTHING_COLLECTED} and totals["passed"]
    return 0 if went_well and not totals["failed"] and not incomplete else 1
