"""Exercises checked in a browser: the same results as on the command line.

For each exercise that the playground offers: its start, each right solution, and one wrong
one. PLAYGROUND_CHECKS=all tries every wrong one too, which takes a quarter of an hour.
"""

import os
import re
import shutil
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from readers import served

from course import playground, playground_content
from course.exercise import catalogue, checking, copies
from course.steps import DATA, ROOT
from tools.exercises import write

pytestmark = pytest.mark.slow

ABOUT = tomllib.loads((DATA / "playground.toml").read_text("utf-8"))
WORKS = ABOUT["exercises"]["works"]
EVERYTHING = os.environ.get("PLAYGROUND_CHECKS") == "all"

LOAD = """async () => {
  const base = new URL("./", location.href);
  const [{ Host }, { Checker }] = await Promise.all([import(`${base}host.js`), import(`${base}checks.js`)]);
  const host = new Host(base.href);
  await host.source.manifest();
  const first = new Checker(host);
  await first.load();
  // A second one that has loaded the same files: two checks at once, on two processors.
  const second = Object.assign(new Checker(host), { loading: first.loading, files: first.files });
  globalThis.checkers = [first, second];
}"""
CHECK = """async ([exercise, solutions]) => {
  const outcomes = [];
  const left = [...solutions.entries()];
  const check = async (checker) => {
    for (let next; (next = left.shift()); ) {
      const [index, files] = next;
      const heard = [];
      const onResult = ({ name, state }) => heard.push([name, state]);
      outcomes[index] = { ...(await checker.check(exercise, files, { onResult })), heard };
    }
  };
  await Promise.all(checkers.map(check));
  return outcomes;
}"""


STOP = """async ([exercise, files]) => {
  const [checker] = checkers;
  return checker.check(exercise, files, { onResult: () => checker.stop() });
}"""


@pytest.fixture(scope="module")
def checker(browser, tmp_path_factory, vendor):
    """A page that checks exercises: `checker(exercise, files, …)` gives the outcomes."""
    folder = tmp_path_factory.mktemp("site")
    place = shutil.copytree(ROOT / "docs" / "en" / "playground", folder / "playground")
    assert playground.put_into(folder)
    playground_content.write(folder)
    (place / "checks.html").write_text("<!doctype html><title>Checks</title>", "utf-8")
    with served(folder) as address:
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}playground/checks.html")
        page.evaluate(LOAD)

        def check(exercise, *solutions):
            return page.evaluate(CHECK, [as_told(exercise), solutions])

        check.page = page
        yield check
        page.close()


def as_told(exercise) -> dict:
    """Return what the page knows of an exercise, as far as a check needs it."""
    checks = {"test_checks.py": exercise.checks.read_text("utf-8")}
    return {"name": exercise.name, "checks": checks}


def files_of(exercise, variant) -> dict[str, str]:
    """Return the files of a solution, as the page has them."""
    made = copies.built_files(lambda folder: write(exercise, variant, folder))
    return {path: content.decode() for path, content in made.items()}


def on_the_command_line(exercise, variant) -> list[dict]:
    """Return the results that a student gets on the command line."""
    with (
        tempfile.TemporaryDirectory() as place,
        checking.environment_for(exercise) as env,
    ):
        folder = Path(place).resolve() / "work"
        write(exercise, variant, folder)
        results = checking.check(exercise, folder, env).results
    return [vars(one) | {"says": one.says.replace(f"{folder}/", "")} for one in results]


# What differs from run to run, or is another Python's way to say the same.
SAME = [
    (r"0x[0-9a-f]+", "0x"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uuid"),
    (r'"token": "[^"]+"', '"token"'),
    (r"\(pid \d+\)", "(pid)"),
    (r"\d+\.\d{6,}", "0.1"),  # measured
    (
        r"object NoneType can't be used in 'await' expression",
        "'NoneType' object can't be awaited",
    ),
]
# Wrong solutions that are refused, but not with the same results each time.
VARY = {
    ("own-list", "awaits-in-between"),  # Python 3.14 copies no itertools.count
    ("05-test-catch-up", "sleeps"),  # how many frames have come by then is luck
}


def told(results: list[dict]) -> list[tuple[str, str, str]]:
    """Return what a student reads of each check, up to the first that fails.

    Some of the checks after it meet chance, or time, which a wrong solution can't handle.
    """
    failed = next(n for n, one in enumerate(results) if one["state"] == "failed")
    read = results[: failed + 1]
    return [(one["name"], one["state"], normal(one["says"])) for one in read]


def normal(says: str) -> str:
    """Return a sentence without what may differ."""
    for pattern, same in SAME:
        says = re.sub(pattern, same, says)
    return says


def find(name: str) -> catalogue.Exercise:
    """Return the exercise of exactly this name."""
    return next(one for one in catalogue.load() if one.name == name)


@pytest.mark.parametrize("name", WORKS)
def test_an_exercise_has_the_same_results_in_the_browser(checker, name):
    exercise = find(name)
    wrong = [one for one in exercise.wrong.values() if (name, one.name) not in VARY]
    wrong = wrong if EVERYTHING else wrong[:1]
    right = list(exercise.right.values())
    with ThreadPoolExecutor(1) as pool:
        expected = [pool.submit(on_the_command_line, exercise, one) for one in wrong]
        variants = [exercise.start, *right, *wrong]
        outcomes = checker(exercise, *(files_of(exercise, one) for one in variants))
    assert [one["solved"] for one in outcomes] == (
        [False] + [True] * len(right) + [False] * len(wrong)
    ), [one for one in outcomes if not one["solved"]]
    for variant, outcome, results in zip(
        wrong, outcomes[-len(wrong) :], expected, strict=True
    ):
        assert told(outcome["results"]) == told(results.result()), variant.name
        failed = next(one for one in outcome["results"] if one["state"] == "failed")
        assert failed["name"].partition("[")[0] == variant.rejected_by
        assert variant.says in failed["says"]


def test_what_the_checks_import_is_named():
    """Or the page lacks a file that a check needs."""
    named = set(ABOUT["checking"]["files"])
    for name in WORKS:
        for module in re.findall(
            r"from (course[\w.]*) import (\w+)", find(name).checks.read_text("utf-8")
        ):
            file = Path(*".".join(module).split(".")).with_suffix(".py").as_posix()
            package = f"{module[0].replace('.', '/')}.py"
            assert {file, package} & named, (name, module)


# ---- Bad input -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def typing():
    """The exercise that these scenes are played with."""
    return find("03-typing")


@pytest.fixture
def solution(typing):
    """The files of a right solution."""
    return files_of(typing, typing.model)


CONSUMERS = "chat/consumers.py"


def spoiled(files: dict[str, str], line: str) -> dict[str, str]:
    """Return the files with a line at the beginning of the consumer's connect()."""
    head = "    async def connect(self):\n"
    before, found, after = files[CONSUMERS].partition(head)
    assert found
    return files | {CONSUMERS: f"{before}{head}        {line}\n{after}"}


def test_a_loop_that_never_ends_is_stopped_with_the_line(checker, typing, solution):
    [outcome] = checker(typing, spoiled(solution, "while True: pass"))
    failed = outcome["results"][1]
    assert failed["state"] == "failed"
    assert re.fullmatch(
        r"chat/consumers\.py, line \d+, in connect: still running when the check's time"
        r" was up\. Does it loop forever\?",
        failed["says"],
    )
    assert {one["state"] for one in outcome["results"][2:]} == {"waiting"}
    assert not outcome["solved"]


def test_what_hangs_without_a_loop_is_stopped_by_the_page(checker, typing, solution):
    [outcome] = checker(typing, spoiled(solution, "sum(iter(int, 1))"))
    failed = outcome["results"][1]
    assert failed["says"] == "This check was still waiting when its time was up."
    assert not outcome["solved"]


def test_a_syntax_error_has_its_line(checker, typing, solution):
    [outcome] = checker(typing, spoiled(solution, "def ("))
    [starts] = outcome["results"]
    assert starts["state"] == "failed"
    assert re.match(r"chat/consumers\.py, line \d+: ", starts["says"])


def test_code_that_ends_the_process_is_named(checker, typing, solution):
    [outcome] = checker(typing, spoiled(solution, "import os; os._exit(3)"))
    said = "Your code ended the whole process during this check (exit code 3)."
    assert outcome["results"][1]["says"] == said


def test_each_result_comes_once_and_in_order(checker, typing, solution):
    [outcome] = checker(typing, solution)
    assert outcome["solved"]
    assert outcome["heard"] == [[one["name"], "passed"] for one in outcome["results"]]


def test_nothing_is_left_of_the_check_before(checker, typing, solution):
    mark = "import sys\n\nassert not hasattr(sys, 'mine')\nsys.mine = 1\n"
    marked = solution | {CONSUMERS: mark + solution[CONSUMERS]}
    for _ in range(2):
        [outcome] = checker(typing, marked)
        assert outcome["solved"]


def test_a_check_can_be_stopped(checker, typing, solution):
    outcome = checker.page.evaluate(STOP, [as_told(typing), solution])
    assert outcome["stopped"]
    assert not outcome["solved"]
    assert [one["state"] for one in outcome["results"]] == ["passed"]
    [outcome] = checker(typing, solution)
    assert outcome["solved"]
    assert not outcome["stopped"]
