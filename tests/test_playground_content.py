"""What the playground offers, and that each of it does there what it says.

The rooms are the steps' own pages, in a real browser; the servers run in it too.
"""

import base64
import gzip
import json
import re
import shutil
import time

import pytest
from conftest import refuse
from playwright.sync_api import expect
from readers import served

from course import compare, playground
from course import playground_content as offered
from course.breaks.exhibits import find, pattern_of
from course.errors import CourseError
from course.exercise import catalogue, copies
from course.steps import ROOT, load_steps

SOURCES = ROOT / "docs" / "en" / "playground"
SOON = 30_000  # milliseconds; for a machine with other work to do
BREAKS = [entry["name"] for entry in offered.read(offered.SOURCE)["break"]]
PROJECTS = [entry["name"] for entry in offered.read(offered.SOURCE)["project"]]


@pytest.fixture(scope="module")
def content():
    """What a page gets: the file as it's written, and read again."""
    return json.loads(offered.as_bytes(offered.content()))


def files_of(content, name):
    """Return all files of a project, as the page puts them together."""
    project = content["projects"][name]
    files = dict(files_of(content, project["base"])) if "base" in project else {}
    return whole(files | project["files"])


def entry_of(name):
    """Return what is written about a project."""
    entries = offered.read(offered.SOURCE)["project"]
    return next(entry for entry in entries if entry["name"] == name)


def whole(files):
    """Return files without those that are gone."""
    return {path: text for path, text in files.items() if text is not None}


# ---- What is in the file --------------------------------------------------------------------


def test_the_file_is_small(content):
    now, *later = map(offered.as_bytes, offered.in_files(content).values())
    size = len(gzip.compress(now))
    assert size < offered.LARGEST, f"{size:,} bytes"
    # Step 05, which is loaded together with its packages.
    assert [len(gzip.compress(one)) < offered.LARGEST for one in later] == [True]


def test_a_site_with_the_playground_has_the_file(site, tmp_path, content):
    offered.write(tmp_path)  # a site without the playground, as some tests build
    assert list(tmp_path.iterdir()) == []
    files = offered.in_files(content)
    for path, found in files.items():
        assert json.loads((site / path).read_text("utf-8")) == found
    assert offered.IN_SITE in files


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_is_its_step(content, name):
    entry = entry_of(name)
    files = files_of(content, name)
    step = next(step for step in load_steps() if step.folder == entry["step"])
    every = compare.files_of(step)
    own = {path: text.decode() for path, text in every.items() if path[-3:] != ".mo"}
    differs = {path for path in own | files if own.get(path) != files.get(path)}
    told = {*entry.get("omit", []), *entry.get("add", {})}
    left = {"README.md", "pytest.ini", ".dockerignore"} & set(own)
    left |= {path for path in own if path.startswith(("tests/", "deploy/"))}
    left |= {path for path in own if path.endswith(".po")}
    assert differs == told | left
    for path in told:  # and the reader is told
        assert path.rpartition("/")[2] in entry["note"]
    project = content["projects"][name]
    binary = {
        path: base64.b64decode(text) for path, text in project.get("binary", {}).items()
    }
    assert binary == {path: every[path] for path in set(every) - set(own)}
    assert set(project["open"]) <= set(files)
    assert (ROOT / "docs/en" / project["lesson"]).with_suffix(".md").is_file()


def test_every_step_is_there(content):
    there = {project["step"][:2] for project in content["projects"].values()}
    assert there == {step.number for step in load_steps()}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_the_museums(content, name):
    (one,) = [one for one in content["breaks"] if one["name"] == name]
    exhibit = find(name)
    assert set(one["says"]) <= {*exhibit.says, *exhibit.also}
    assert one["right"] in exhibit.lettered
    # Other words only together with the reason for them.
    is_other = one["right"] != exhibit.right or one["says"] != exhibit.says
    assert is_other == ("note" in one)
    project = content["projects"][one["project"]]
    assert project["step"].startswith(exhibit.step)
    assert one["layer"] in project["layers"]
    assert one["servers"] <= project["servers"]
    files = files_of(content, one["project"])
    assert set(one["files"]) <= set(files)
    assert bool(one["files"]) == bool(exhibit.changes)
    assert all(text != files[path] for path, text in one["files"].items())


def test_a_change_that_no_longer_fits_is_named():
    change = {"file": "chat/routing.py", "old": "not there", "new": ""}
    entry = {"name": "wrong-type", "project": "03", "changes": [change]}
    with pytest.raises(
        CourseError, match="docs/data/playground-content.toml no longer"
    ):
        offered.broken(entry, {}, {})


def test_an_exercise_starts_and_ends_as_in_the_terminal(content):
    known = {one.name: one for one in catalogue.load()}
    assert content["exercises"]
    for entry in content["exercises"]:
        one = known[entry["name"]]
        assert one.needs == []
        start = offered.texts(copies.Copy(one).fresh_files())
        if one.step == "01":
            start |= entry_of("01")["add"]
        base = files_of(content, entry["project"])
        assert whole(base | entry["files"]) == start, one.name
        assert len(entry["hints"]) == len(one.hints)
        assert bool(entry["solution"]) == bool(one.solution)
        assert entry["checks"] == {"test_checks.py": one.checks.read_text("utf-8")}
        texts = [entry["task"], entry["solution"] or "", *entry["hints"]]
        assert not re.search(r"\{(python|folder)\}|```", "".join(texts)), one.name


def test_the_checks_have_every_module_that_they_import(content):
    texts = list(content["checking"].values())
    texts += [one["checks"]["test_checks.py"] for one in content["exercises"]]
    for text in texts:
        for package, names in re.findall(
            r"^\s*from (course[\w.]*) import \(?([\w ,]+)", text, re.MULTILINE
        ):
            path = package.replace(".", "/")
            modules = [f"{path}/{name.strip()}.py" for name in names.split(",")]
            known = [f"{path}.py", f"{path}/__init__.py"]
            there = set(content["checking"])
            assert there & {*known}
            assert {module for module in modules if (ROOT / module).is_file()} <= there


# ---- In a browser ---------------------------------------------------------------------------

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rooms</title>
<link rel="icon" href="data:,"></head>
<body><script type="module" src="rooms-of-a-test.js"></script></body></html>
"""
SCRIPT = """
import { Host } from "./host.js";

const host = new Host(new URL("./", import.meta.url).href);
const lines = [];
host.onLog = (server, text) => lines.push(...text.split("\\n"));
const rooms = {
  state: (number) => host.server(number).state,
  printed: () => lines,
  start(number, files, options) {
    lines.length = 0;
    return host.server(number).start(files, options);
  },
  stop: () => [1, 2].forEach((number) => host.server(number).end()),
  open(name, number, path) {
    document.getElementById(name)?.remove();
    const frame = document.createElement("iframe");
    frame.id = name;
    frame.width = 600;
    frame.height = 500;
    frame.src = `${host.mount(number)}${path}?name=${name}`;
    document.body.append(frame);
  },
};
await host.source.manifest();
await host.load(() => {});
window.rooms = rooms;
document.body.dataset.ready = "yes";
"""


class Playground:
    """A page with two rooms, and what its servers print."""

    def __init__(self, page, content):
        self.page = page
        self.content = content

    def start(self, name, files=None, number=1, layer=None):
        """Start a server with a project and some files changed; it must get ready."""
        project = self.content["projects"][name]
        layer = layer or project["layers"][0]
        options = {
            "application": project["application"],
            "migrate": project["migrate"],
            "layer": None if layer == "project" else layer,
            "environment": {},
        }
        changed = files_of(self.content, name) | (files or {})
        words = "([number, files, options]) => rooms.start(number, files, options)"
        result = self.page.evaluate(words, [number, changed, options])
        assert result["kind"] == "ready", result

    def open(self, person, path, number=1):
        """Open somebody's room on a server, and wait for its page; return it."""
        words = "([person, number, path]) => rooms.open(person, number, path)"
        self.page.evaluate(words, [person, number, path])
        room = self.page.frame_locator(f"#{person}")
        expect(room.locator("h1")).to_be_visible(timeout=SOON)
        status = room.locator("#chat-status")
        expect(status).not_to_have_text("Connecting…", timeout=SOON)
        return room

    def prints(self, patterns, seconds):
        """Return which of these texts have been printed, once all have or time is up."""
        end = time.monotonic() + seconds
        while True:
            lines = self.page.evaluate("rooms.printed()")
            found = [
                pattern
                for pattern in patterns
                if any(pattern_of(pattern).search(line) for line in lines)
            ]
            if found == patterns or time.monotonic() > end:
                return found
            self.page.wait_for_timeout(100)


@pytest.fixture(scope="module")
def rooms(browser, vendor, content, tmp_path_factory):
    """The playground's own modules in a page, with Python ready."""
    folder = tmp_path_factory.mktemp("rooms")
    shutil.copytree(SOURCES, folder / "playground")
    if not playground.put_into(folder):
        refuse("There is no playground.")
    (folder / "playground" / "rooms.html").write_text(PAGE, "utf-8")
    (folder / "playground" / "rooms-of-a-test.js").write_text(SCRIPT, "utf-8")
    with served(folder) as address:
        # To the project, its page is its own, whatever the site is called.
        published = address.replace("127.0.0.1", "school.localhost")
        page = browser.new_page()
        page.goto(f"{published}playground/rooms.html")
        expect(page.locator("[data-ready]")).to_be_attached(timeout=120_000)
        yield Playground(page, content)
        page.close()


@pytest.fixture(autouse=True)
def quiet(request):
    """Stop the servers of one test before the next."""
    yield
    if "rooms" in request.fixturenames:
        request.getfixturevalue("rooms").page.evaluate("rooms.stop()")


def say(room, text="oi"):
    """Type a message and send it, as a person does."""
    room.locator("#chat-message-input").fill(text)
    room.locator("#chat-message-submit").click()


def sees(room, text):
    """Wait until a message is in somebody's room."""
    expect(room.locator("#chat-log")).to_contain_text(text, timeout=SOON)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["03", "04", "02", "01"])
def test_ana_writes_and_bia_sees_it(rooms, name):
    rooms.start(name)
    ana, bia = (rooms.open(person, "/chat/class/") for person in ("Ana", "Bia"))
    say(ana, "oi, Bia")
    sees(bia, "oi, Bia")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "socket"), [("02-bare", "/ws/echo/bare/"), ("02-echo", "/ws/echo/")]
)
def test_an_echo_returns(rooms, name, socket):
    rooms.start(name)
    ana = rooms.open("Ana", rooms.content["projects"][name]["page"])
    choose(ana, socket)
    say(ana, "olá?")
    sees(ana, "olá?")
    assert socket in rooms.content["projects"][name]["note"]


def choose(room, socket):
    """Choose one of the echo page's sockets, and wait until it's open."""
    option = room.locator("option", has_text=re.compile(f"^{socket}:"))
    room.locator("select").select_option(option.get_attribute("value"))
    expect(room.locator("#chat-status")).to_have_text(
        re.compile(rf"{socket} is open\.$")
    )


@pytest.mark.slow
def test_step_04_has_the_same_room_on_two_servers(rooms):
    for number in (1, 2):
        rooms.start("04", number=number)
    ana, bia = rooms.open("Ana", "/chat/class/"), rooms.open("Bia", "/chat/class/", 2)
    say(ana, "oi, Bia")
    sees(bia, "oi, Bia")


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["Long polling", "Server-Sent Events"])
def test_step_02_waits_without_a_thread(rooms, transport):
    rooms.start("02")
    ana, bia = (rooms.open(person, "/chat/class/") for person in ("Ana", "Bia"))
    bia.get_by_label(transport).check()
    expect(bia.locator("#chat-status")).to_have_text(
        re.compile("holding|stream is open")
    )
    say(ana, "at once")
    sees(bia, "at once")


@pytest.mark.slow
def test_step_01_hangs_as_soon_as_a_long_poll_holds_its_only_thread(rooms):
    rooms.start("01")
    bia = rooms.open("Bia", "/chat/class/")
    bia.get_by_label("Long polling").check()
    assert rooms.prints(["Stopped: for … seconds, the server did nothing"], 20)
    assert rooms.page.evaluate("rooms.state(1)") == "stopped"


# ---- Breaks ---------------------------------------------------------------------------------

LONG = {"killed": 14, "no-accept": 8}  # seconds until Daphne, too, gives up


def follow(rooms, one, files):
    """Do what a break says to try; return Ana's and Bia's rooms."""
    second = "second server" in one["try"]
    for number in (1, 2) if second else (1,):
        rooms.start(one["project"], files, number, one["layer"])
    path = rooms.content["projects"][one["project"]]["page"]
    ana = rooms.open("Ana", path)
    bia = rooms.open("Bia", path, 2 if second else 1)
    if found := re.search(r"enter the room (\S+)\.$", one["try"]):
        ana.get_by_role("link", name="Lobby").click()
        ana.locator("[name=room]").fill(found[1])
        ana.locator("[name=room]").press("Enter")
        expect(ana.locator("h1")).to_have_text(found[1])
    if found := re.search(r"choose the socket (\S+) ", one["try"]):
        choose(ana, found[1])
    if one["try"].startswith("Reload"):
        ana = rooms.open("Ana", path)
    if "send a message" in one["try"]:
        say(ana)
    return {"Ana": ana, "Bia": bia}


def gets(room, outcome):
    """Wait until a page shows what its person gets, in the words of the museum."""
    status, log = room.locator("#chat-status"), room.locator("#chat-log p")
    if found := re.search(r"close code (\d+)$", outcome):
        expect(status).to_contain_text(f"(code {found[1]})", timeout=SOON)
    elif outcome == "the message":
        expect(log).to_have_count(1)
    else:
        assert outcome.startswith("nothing")
        room.owner.page.wait_for_timeout(500)
        expect(status).to_have_text("Connected.")
        expect(log).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_a_break_shows_the_museums_message(rooms, name):
    (one,) = [one for one in rooms.content["breaks"] if one["name"] == name]
    people = follow(rooms, one, one["files"])
    assert rooms.prints(one["says"], 30) == one["says"]
    for outcome in one["gets"]:
        person, _, fate = outcome.partition(": ")
        gets(people[person], fate)


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_without_the_break_nothing_of_it_is_seen(rooms, name):
    (one,) = [one for one in rooms.content["breaks"] if one["name"] == name]
    if not one["files"]:
        assert name == "two-servers"
        one = one | {"try": "In Ana's room, send a message."}  # on one server
    people = follow(rooms, one, {})
    if "send a message" in one["try"] and one["project"] != "02-echo":
        sees(people["Bia"], "oi")
    else:
        expect(people["Ana"].locator("#chat-status")).to_have_text(
            re.compile("Connected|is open")
        )
    assert (
        rooms.prints(one["says"], LONG.get(name, 1.5)) != one["says"] or not one["says"]
    )
    expect(people["Ana"].locator("#chat-status")).not_to_contain_text("(code")
