"""What the scenes of the whole course need: servers, a Redis, a browser."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from people import Chat

from course import (
    chromium,
    compare,
    docs,
    playground,
    redis_server,
    servers,
    testing,
)
from course.errors import CourseError
from course.processes import PART, free_port
from course.steps import ROOT, Step, load_steps

STEPS = load_steps()

# The files that take longest. They start first, so that no worker is left with one of
# them when the others have finished.
LONGEST = [
    "test_exercises",
    "test_playground_checks",
    "test_browser",
    "test_docs",
    "test_redis_servers",
    "test_reliability",
    "test_public_site",
    "test_self_contained",
    "test_chaos",
    "test_notebooks",
    "test_deployment",
    "test_fuzz",
    "test_strangers",
    "test_busy_site",
    "test_update",
]


def pytest_configure() -> None:
    """Give each worker of pytest-xdist, with all that it starts, ports of its own."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        count = os.environ["PYTEST_XDIST_WORKER_COUNT"]
        os.environ.setdefault(PART, f"{worker.removeprefix('gw')}/{count}")


def pytest_collection_modifyitems(items) -> None:
    """Put the longest files first; the order of everything else stays."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONGEST)))


def pytest_deselected(items) -> None:
    """Count the slow tests that are left out, so that `course test` can say so."""
    slow = sum(item.get_closest_marker("slow") is not None for item in items)
    if slow:
        testing.LEFT_OUT.parent.mkdir(parents=True, exist_ok=True)
        testing.LEFT_OUT.write_text(f"{slow}\n")


def refuse(reason: str) -> None:
    """Skip with a loud reason; in CI, where nothing may be skipped, fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def copy_course(folder: Path) -> Path:
    """Copy the tool and the steps, without what running them leaves behind."""
    # Other tests run steps meanwhile: a journal of SQLite is there and gone.
    passing = shutil.ignore_patterns("__pycache__", "*.sqlite3*")
    for name in ("course", "tools", "steps", "doctor/channels_doctor"):
        shutil.copytree(ROOT / name, folder / name, ignore=passing)
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


def course(*arguments: str, folder: Path = ROOT, program: str = "course", **env: str):
    """Type `python3 -m course …`, or `tools`; return what it prints, and its exit code."""
    command = [sys.executable, "-m", program, *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONUTF8": "1"} | env,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture
def clone(tmp_path):
    """A copy of the course with a history of its own."""
    copy_course(tmp_path)
    git = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory) -> Iterator[str]:
    """The URL of a Redis of our own: other tests run beside us, and a scene may empty it."""
    with redis_server.started(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """A PostgreSQL of our own."""
    from public_site import running_postgres

    # Not among the other temporary folders: PostgreSQL is another user here, and each
    # pytest that starts closes that place to everybody else.
    with (
        tempfile.TemporaryDirectory(prefix="postgres-") as folder,
        running_postgres(Path(folder), tmp_path_factory.mktemp("logs")) as process,
    ):
        yield process


@pytest.fixture(scope="session")
def serve(request, tmp_path_factory) -> Callable:
    """Serve a copy of a step: `with serve(step, 2) as (first, second): …`.

    A copy, so that no test touches the database of the person who runs it.
    """

    @contextmanager
    def serve(step: Step, count: int = 1, threads: int | None = None):
        url = request.getfixturevalue("redis_url") if "redis" in step.needs else None
        folder = tmp_path_factory.mktemp(step.number) / step.folder
        compare.copy(step, folder)
        ports = [free_port() for _ in range(count)]
        logs = folder.parent / "logs"
        with servers.serving(
            step, ports, logs=logs, redis_url=url, threads=threads, folder=folder
        ) as running:
            yield running

    return serve


@pytest.fixture(scope="session", params=STEPS, ids=lambda step: step.folder)
def server(request, serve):
    """One really running server of each step in turn."""
    with serve(request.param) as (server,):
        yield server


@pytest.fixture
def chat(server):
    """The chat of each step in turn; everybody leaves it after each scene."""
    with Chat(server) as chat:
        yield chat


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The docs site, built once."""
    folder = tmp_path_factory.mktemp("site")
    docs.build(folder)
    return folder


@pytest.fixture(scope="session")
def vendor():
    """What the playground runs on: fetched once, in build/playground."""
    try:
        playground.fetch()
    except CourseError as problem:
        refuse(f"There is no playground. {problem}")
    return playground.VENDOR


@pytest.fixture(scope="session")
def site_with_playground(site, vendor):
    """The docs site, with what its playground runs on."""
    assert playground.put_into(site)
    return site


@pytest.fixture
def import_for_the_browser():
    """Import a module of the playground's Python, by the name that it has in a browser."""
    package = types.ModuleType("playground")
    package.__path__ = [str(ROOT / "docs" / "en" / "playground" / "python")]
    sys.modules["playground"] = package
    yield lambda name: importlib.import_module(f"playground.{name}")
    for name in [*sys.modules]:
        if name.partition(".")[0] == "playground":
            del sys.modules[name]


@pytest.fixture(scope="module")
def playground_address(site_with_playground):
    """Where that site is served, with the playground's policy."""
    from playground_page import served

    with served(site_with_playground) as address:
        yield address


@pytest.fixture(scope="module")
def playground_window(browser, playground_address):
    """One browser for many scenes: what it has fetched stays in its cache."""
    from playground_page import reader

    with reader(browser, playground_address) as window:
        yield window


@pytest.fixture(scope="session")
def address(site):
    """Where the docs site is served."""
    from readers import served

    with served(site) as base:
        yield base


# Chromium makes two pages with each new window, for what its address bar suggests. Nobody
# sees them here, and they take longer than the page of a test.
HIDDEN_PAGES = "WebUIOmniboxPopup,WebUIOmniboxAimPopup"


@pytest.fixture(scope="session")
def browser_flags() -> list[str]:
    """What a browser for tests is started with.

    Of several --disable-features, Chromium takes the last, so ours repeats Playwright's.
    """
    from playwright.sync_api import sync_playwright

    flags = [*chromium.FLAGS, "--enable-automation"]  # or it doesn't tell its own
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=the_browser(), args=flags) as one,
    ):
        session = one.new_browser_cdp_session()
        words = session.send("Browser.getBrowserCommandLine")["arguments"]
    switch = "--disable-features="
    own = [word.removeprefix(switch) for word in words if word.startswith(switch)]
    return [*chromium.FLAGS, switch + ",".join([*own, HIDDEN_PAGES])]


def the_browser() -> Path:
    """Return the browser of this machine."""
    program = chromium.find()
    if program is None:
        refuse(f"There is no Chromium. {chromium.ADVICE}")
    return program


# Not for the session: while it is open, its event loop is in the way of every other.
@pytest.fixture(scope="module")
def browser(browser_flags):
    """A real Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=the_browser(), args=browser_flags
        )
        stack.callback(browser.close)
        yield browser
