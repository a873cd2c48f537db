"""Each recipe, laid over a copy of its step: its own tests pass there."""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from difflib import SequenceMatcher
from fnmatch import fnmatch
from pathlib import Path

import pytest
from conftest import refuse
from heard import Heard, console_of
from pythons import pythons
from readers import SOURCES
from websockets.sync.server import serve as serve_sockets

from course import compare, servers
from course.environment import python_of
from course.processes import free_port
from course.steps import find_step
from tools import recipes
from tools.recipes import Recipe

RECIPES = recipes.load()


def by_name(chosen: list[Recipe]) -> list:
    """Return a parameter for each recipe, called by its name."""
    return [pytest.param(recipe, id=recipe.name) for recipe in chosen]


def run_tests_of(
    recipe: Recipe, folder: Path, python: Path, redis_url: str | None
) -> None:
    """Run a recipe's tests in a folder that it has been laid over."""
    tests = [path for path in recipe.files() if fnmatch(path, "tests/*test_*.py")]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    env = os.environ | {"PYTHONUTF8": "1"}
    if redis_url:
        env["REDIS_URL"] = redis_url
    tested = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, encoding="utf-8"
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed in" in tested.stdout
    assert " skipped" not in tested.stdout, tested.stdout


def with_mark(recipe: Recipe):
    """Mark a recipe as slow if it starts more than servers, such as a worker."""
    slow = pytest.mark.slow if recipe.packages else ()
    return pytest.param(recipe, marks=slow, id=recipe.name)


@pytest.mark.parametrize(
    "recipe", [with_mark(recipe) for recipe in RECIPES if not recipe.python]
)
def test_a_recipe_passes_its_tests_over_its_step(recipe, tmp_path, request):
    url = request.getfixturevalue("redis_url") if "redis" in recipe.needs else None
    folder = recipe.lay(tmp_path / recipe.name)
    run_tests_of(recipe, folder, Path(sys.executable), url)


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe", by_name([recipe for recipe in RECIPES if recipe.python])
)
def test_a_recipe_for_newer_versions_passes_its_tests_with_its_own_requirements(
    recipe, tmp_path, redis_url
):
    wanted = tuple(map(int, recipe.python.split(".")))
    newest = max(pythons())
    if newest < wanted:
        refuse(f"This recipe needs Python {recipe.python} or newer.")
    folder = recipe.lay(tmp_path / recipe.name)
    python = python_of(tmp_path / "venv")
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    for command in (
        [pythons()[newest], "-m", "venv", "--without-pip", str(tmp_path / "venv")],
        [uv, "pip", "install", "-q", "--python", str(python), "-r", "requirements.txt"],
    ):
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if made.returncode:
            refuse(f"The packages cannot be fetched: {made.stderr}")
    run_tests_of(recipe, folder, python, redis_url)


def replaced(recipe: Recipe) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield each file of the step that a recipe replaces: path, the step's, the recipe's."""
    of_the_step = compare.files_of(find_step(recipe.step))
    for path, content in sorted(recipe.files().items()):
        if path in of_the_step:
            yield path, of_the_step[path], content


@pytest.mark.parametrize("recipe", by_name(RECIPES))
def test_a_recipe_names_the_files_of_the_step_that_it_changes(recipe):
    assert [path for path, *_ in replaced(recipe)] == sorted(recipe.changes)
    same = [path for path, old, new in replaced(recipe) if old == new]
    assert same == [], "These are the same as in the step, so the recipe needs no copy."


def missing_lines(old: str, new: str) -> list[str]:
    """Return the lines of a file that a changed copy of it doesn't have at their place."""
    before, after = old.splitlines(), new.splitlines()
    compared = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [
        line.strip()
        for kind, first, last, *_ in compared
        if kind != "equal"
        for line in before[first:last]
    ]


@pytest.mark.parametrize("recipe", by_name(RECIPES))
def test_a_copy_of_a_step_s_file_lacks_only_the_lines_that_the_recipe_drops(recipe):
    """So a change in the step can't be forgotten in the copy."""
    missing = {
        path: missing_lines(old.decode(), new.decode())
        for path, old, new in replaced(recipe)
    }
    lacking = {path: lines for path, lines in missing.items() if lines}
    assert lacking == recipe.drops


@pytest.mark.parametrize("recipe", by_name(RECIPES))
def test_a_file_of_a_recipe_is_in_the_recipe_or_in_one_part_of_it(recipe):
    paths = [path for layer in recipe.layers for path in layer]
    assert len(paths) == len(set(paths))


def client(name: str, script: str) -> str:
    """Return a script for a page, with `openRoom` of the front end's file in it."""
    source = recipes.RECIPES / "other-clients" / "frontend" / "src" / name
    code = source.read_text("utf-8").replace("export ", "")
    return f"async () => {{ {code} {script} }}"


# What React's StrictMode does in development: the effect, its clean-up, the effect. Then
# Ana sends messages until one has come as often as expected; the number is returned.
TWICE = """
const url = `ws://${location.host}/ws/chat/twice/`;
const received = [];
const handlers = { onMessage: ({ text }) => received.push(text), onStatus() {} };
openRoom(url, handlers).close();
openRoom(url, handlers);

const ana = new WebSocket(url);
await new Promise((resolve) => { ana.onopen = resolve; });
for (let number = 1; ; number++) {
  ana.send(JSON.stringify({ text: `${number}` }));
  await new Promise((resolve) => { ana.onmessage = resolve; });
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  const count = received.filter((text) => text === `${number}`).length;
  if (count === EXPECTED || number === 200) return count;
}
"""


@pytest.fixture
def page(browser, serve):
    """Yield a page of step 03, with what its console shows and the sockets it opens."""
    with serve(find_step("03")) as (server,):
        page = browser.new_page()
        page.said, page.sockets = console_of(page), Heard(page)
        page.on("websocket", lambda socket: page.sockets.append(socket.url))
        page.goto(f"{server.url}/chat/")
        yield page
        page.close()


def test_an_effect_that_runs_twice_leaves_a_naive_client_with_two_sockets(page):
    script = TWICE.replace("EXPECTED", "2")
    assert page.evaluate(client("room-socket.naive.js", script)) == 2
    warning = "WebSocket is closed before the connection is established"
    page.said.first(lambda line: warning in line)


def test_an_effect_that_runs_twice_opens_one_socket_without_a_warning(page):
    script = TWICE.replace("EXPECTED", "1")
    assert page.evaluate(client("room-socket.js", script)) == 1
    assert len(page.sockets.at_least(2)) == 2  # the client's, and Ana's
    assert not any("WebSocket" in line for line in page.said)


def test_the_front_end_reconnects_when_the_connection_drops(page):
    def drop_at_a_message(socket):
        socket.on_message(lambda _: socket.close(code=1001))

    page.route_web_socket("**/ws/chat/class/", drop_at_a_message)
    script = """return await new Promise((resolve) => {
      const heard = [];
      const room = openRoom(`ws://${location.host}/ws/chat/class/`, {
        onMessage() {},
        onStatus(...news) {
          heard.push(news);
          if (heard.length === 1) room.send({ text: "oi" });
          if (heard.length === 3) resolve(heard);
        },
      });
    });"""
    heard = page.evaluate(client("room-socket.js", script))
    assert heard == [["open"], ["closed", 1001], ["open"]]


def test_the_front_end_does_not_reconnect_when_the_server_refuses_it(page):
    script = """const heard = [];
    const room = openRoom(`ws://${location.host}/ws/nowhere/`, {
      onMessage: ({ error }) => heard.push(error),
      onStatus: (...news) => heard.push(news),
    });
    while (heard.length < 3) await new Promise((resolve) => { setTimeout(resolve, 20); });
    await new Promise((resolve) => { setTimeout(resolve, 2 * FIRST_WAIT); });
    return [...heard, room.send({ text: "oi" })];"""
    heard = page.evaluate(client("room-socket.js", script))
    error = "There is nothing at /ws/nowhere/."
    assert heard == [["open"], error, ["closed", 4404], False]
    assert len(page.sockets) == 1


@pytest.mark.parametrize(
    ("name", "offered", "outcome"),
    [
        (None, "chat.v1", "no response was received"),
        ("subprotocol", "chat.v1", "open chat.v1"),
        ("subprotocol", "chat.v9", "Unexpected response code: 403"),
    ],
)
def test_a_browser_connects_only_if_the_server_names_a_subprotocol(
    browser, tmp_path, name, offered, outcome
):
    step = find_step("03")
    folder = compare.copy(step, tmp_path / "step")
    if name:
        recipes.find(name).make(folder)
    port, page = free_port(), browser.new_page()
    said = console_of(page)
    with servers.serving(step, [port], logs=tmp_path, folder=folder) as (server,):
        page.goto(f"{server.url}/chat/")
        said.append(page.evaluate(OFFER, offered))
        said.first(lambda line: outcome in line)
    page.close()


OFFER = """offered => new Promise((resolve) => {
  const socket = new WebSocket(`ws://${location.host}/ws/chat/class/`, [offered]);
  socket.onopen = () => resolve(`open ${socket.protocol}`);
  socket.onclose = ({ code }) => resolve(`closed ${code}`);
})"""


@pytest.mark.parametrize("where", ["from disk", "in a sandboxed frame"])
def test_a_page_from_disk_or_in_a_sandbox_has_the_origin_null(browser, tmp_path, where):
    origins = queue.SimpleQueue()

    def look(connection):
        origins.put(connection.request.headers["Origin"])

    with serve_sockets(look, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        html = f"<script>new WebSocket('ws://127.0.0.1:{port}')</script>"
        if where == "in a sandboxed frame":
            html = f'<iframe sandbox="allow-scripts" srcdoc="{html}"></iframe>'
        (tmp_path / "page.html").write_text(html)
        page = browser.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        assert origins.get(timeout=20) == "null"
        page.close()


def test_the_readme_lists_every_recipe_with_its_step_and_each_part_with_its_recipes():
    readme = (recipes.RECIPES / "README.md").read_text("utf-8")
    rows = [line.split("|") for line in readme.splitlines() if line.startswith("| `")]
    listed = {row[1].strip(" `"): row[3].strip() for row in rows if len(row) == 5}
    users = {
        f"parts/{part.name}": [
            f"`{recipe.name}`" for recipe in RECIPES if part.name in recipe.parts
        ]
        for part in recipes.PARTS.iterdir()
    }
    assert listed == {recipe.name: recipe.step for recipe in RECIPES} | {
        part: ", ".join(names) for part, names in users.items()
    }
    assert all(len(names) > 1 for names in users.values())


COPIED = re.compile(r"^ *(?:cp -r|Copy-Item -Recurse -Force) recipes/(.+?)/[.*] ", re.M)


def test_a_reader_copies_the_parts_of_a_recipe_before_it():
    pages = [recipes.RECIPES / "README.md", *SOURCES.rglob("*.md")]
    copied = [
        name for page in pages for name in COPIED.findall(page.read_text("utf-8"))
    ]
    wanted = []
    for name in copied:
        if not name.startswith("parts/"):
            wanted += [*(f"parts/{part}" for part in recipes.find(name).parts), name]
    assert "parts/job-page" in copied
    assert copied == wanted
