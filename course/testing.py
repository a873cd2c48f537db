"""`course test`: each step's own tests in its folder, then those of the whole course."""

import contextlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course import redis_server
from course.steps import LOGS, ROOT, Step, load_steps

RESULTS = ROOT / "build" / "test-results"
LEFT_OUT = RESULTS / "left-out.txt"  # written by tests/conftest.py
NOTHING_COLLECTED = 5  # pytest's exit code, usual with -k
# Much of a scene is waiting; so many files of scenes at a time, each in its own process.
AT_ONCE = min(4, (os.cpu_count() or 1) + 1)
STEPS_AT_ONCE = 2  # each waits for its own sockets half of the time


def run_tests(
    step: Step | None, options: list[str], *, everything: bool = False
) -> int:
    """Run every test, or one step's; return the exit code.

    The slow tests of the course are left out unless `everything` or CI says otherwise.
    The last line says how many passed and failed, and what was left out. With CI set, a
    skipped test counts as a failure, because a test that didn't run proves nothing.
    """
    everything = everything or bool(os.environ.get("CI"))
    totals = Counter()
    codes = set()
    LEFT_OUT.unlink(missing_ok=True)
    with contextlib.ExitStack() as stack:
        env = dict(os.environ)
        if redis_server.is_available():
            env["REDIS_URL"] = stack.enter_context(redis_server.running(LOGS))
        results = run_steps([step] if step else load_steps(), options, env)
        if step is None:
            results.append(run_course(options, env, everything))
        for code, counted in results:
            codes.add(code)
            totals += counted
    return conclude(totals, codes)


def run_steps(
    steps: list[Step], options: list[str], env: dict[str, str]
) -> list[tuple[int, Counter]]:
    """Run the tests of steps, two steps at a time; of several, print each when it ends."""
    if len(steps) == 1:
        print(f"\n== step {steps[0].number}", flush=True)
        return [run_pytest(steps[0].number, steps[0].path, options, env)]

    def run(step: Step) -> tuple[int, Counter]:
        return run_pytest(step.number, step.path, options, env, at_once=False)

    # The last step has the most tests, so it goes first.
    with ThreadPoolExecutor(STEPS_AT_ONCE) as pool:
        return list(pool.map(run, reversed(steps)))


def run_course(
    options: list[str], env: dict[str, str], everything: bool
) -> tuple[int, Counter]:
    """Run the tests of the whole course."""
    print("\n== the course", flush=True)
    words = [f"--numprocesses={AT_ONCE}", "--dist=loadfile"]
    words.append("--no-loadscope-reorder")  # tests/conftest.py has the better order
    words += [] if everything else ["-m", "not slow"]
    return run_pytest("course", ROOT, words + options, env)


def run_pytest(
    name: str,
    folder: Path,
    options: list[str],
    env: dict[str, str],
    *,
    at_once: bool = True,
) -> tuple[int, Counter]:
    """Run the tests of one folder; return pytest's exit code and what it counted.

    What pytest prints is shown as it comes, or when it has ended.
    """
    results = RESULTS / f"{name}.xml"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={results}", *options]
    if at_once:
        code = subprocess.run(command, cwd=folder, env=env).returncode
        return code, count(results)
    finished = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    print(f"\n== step {name}\n{finished.stdout}", end="", flush=True)
    return finished.returncode, count(results)


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
        print("No test ran. If you used -k, check its expression.")
    incomplete = bool(os.environ.get("CI")) and totals["skipped"] > 0
    if incomplete:
        print(
            "CI is set, so a skipped test counts as a failure; the reasons are above."
        )
    line = f"{totals['passed']} passed, {totals['failed']} failed"
    if totals["skipped"]:
        line += f", {totals['skipped']} skipped"
    if LEFT_OUT.exists():
        line += (
            f", {LEFT_OUT.read_text().strip()} left out because they are slow (chaos,"
            " fresh environments, every page in a browser): --all runs them too"
        )
    print(line)
    went_well = codes <= {0, NOTHING_COLLECTED} and totals["passed"]
    return 0 if went_well and not totals["failed"] and not incomplete else 1
