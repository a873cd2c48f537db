"""A class in a network: an instructor's machine, and three students' with it."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import refuse
from networks import Classmate, Machine, Network
from people import PASSWORD
from playwright.sync_api import sync_playwright

from course import chromium
from course.classroom import screens
from course.processes import Process
from course.servers import environment_of
from course.steps import ROOT, load_steps

STEPS = load_steps()

pytestmark = pytest.mark.slow

# What `python3 -m course class` does, with its data in a folder of the test.
HOLD = """
import sys
from pathlib import Path
from course import cli
from course.classroom.command import hold
hold(cli.make_parser().parse_args(["class", "--no-browser"]), Path(sys.argv[1]))
"""


class Held:
    """A class that runs on one of the machines."""

    def __init__(self, process: Process, machine: Machine, folder: Path) -> None:
        self.process = process
        self.machine = machine
        self.address = machine.address
        self.folder = folder

    @property
    def printed(self) -> str:
        """What its terminal shows."""
        log = self.process.log
        return log.read_text("utf-8") if log.exists() else ""

    @property
    def token(self) -> str:
        """What lets the instructor in."""
        return json.loads((self.folder / "running.json").read_text())["token"]

    def at(self, port: int, path: str = "/", scheme: str = "http") -> str:
        """Return an address in the room."""
        return f"{scheme}://{self.address}:{port}{path}"


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """A network that leads nowhere else."""
    with Network() as network:
        yield network


@pytest.fixture(scope="module")
def held(network, tmp_path_factory) -> Iterator[Held]:
    """A class, with all that it starts."""
    folder = tmp_path_factory.mktemp("class")
    machine = network.machine()
    process = Process(
        "The class",
        machine.command(sys.executable, "-c", HOLD, str(folder), PYTHONUNBUFFERED="1"),
        ROOT,
        tmp_path_factory.mktemp("logs") / "class.log",
    )
    with process:
        held = Held(process, machine, folder)
        process.wait_until(lambda: held.printed.count(" is up.") == 7)
        yield held


@pytest.fixture(scope="module")
def students(network, held) -> Iterator[list[Classmate]]:
    """Three students, each at a machine of their own."""
    with ExitStack() as stack:
        machines = [network.machine() for _ in range(3)]
        yield [stack.enter_context(Classmate(machine)) for machine in machines]


def test_the_terminal_says_where_the_class_is_and_what_sharing_means(held):
    assert f"The class is at http://{held.address}:8080/  (wlan0)" in held.printed
    assert "everybody in this network can reach" in held.printed
    assert "ufw allow proto tcp from 10.77.0.0/24" in held.printed
    assert f"@{held.address}:6399" in held.printed


def test_students_load_the_lessons_and_every_chat_with_its_scripts(held, students):
    for student in students:
        assert student("get", held.at(8000))["status"] == 200
        assert student("get", held.at(8080))["status"] == 200
        for step in STEPS:
            page = student("get", held.at(step.port, "/chat/"))
            assert page["status"] == 200
            assert "classroom/clock.js" in page["text"]
            for file in ("chat/chat.css", "classroom/clock.js"):
                assert (
                    student("get", held.at(step.port, f"/static/{file}"))["status"]
                    == 200
                )


def test_each_screen_opens_the_page_of_its_lesson(held, students):
    for screen in screens.all():
        page = screen.lesson_at(held.at(8000))
        assert students[0]("get", page)["status"] == 200, page


@pytest.mark.parametrize("number", ["01", "02"])
def test_students_hear_each_other_over_http(held, students, number):
    messages = held.at(8000 + int(number), "/messages/class/?after=0&wait=20")
    bia, caio, _ = students
    message = json.dumps({"text": f"oi {number}", "sender": "Bia"})
    assert bia("post", messages, message) == 201
    assert f"oi {number}" in caio("get", messages)["text"]


@pytest.mark.parametrize("number", ["03", "04", "05"])
def test_students_hear_each_other_over_websockets(held, students, number):
    port = 8000 + int(number)
    room = held.at(port, "/ws/chat/class/", "ws")
    for student, name in zip(students, ["ana", "bia", "caio"], strict=True):
        if number == "05":
            student("login", held.at(port).rstrip("/"), name, PASSWORD)
        assert student("enter", room, held.at(port).rstrip("/")) == "open"
    students[0]("send", room, json.dumps({"text": "oi", "sender": "ana"}))
    for student in students:
        assert '"oi"' in student("hear", room, '"oi"').replace('": "', '":"')


@pytest.mark.parametrize("number", ["03", "04", "05"])
def test_a_page_of_another_site_opens_no_socket(held, students, number):
    room = held.at(8000 + int(number), "/ws/chat/class/", "ws")
    assert "403" in students[0]("enter", room, "http://evil.example")


def test_a_students_own_step_04_shares_the_redis_of_the_class(held, students, tmp_path):
    """Thirty laptops, thirty processes, one room."""
    url = next(word for word in held.printed.split() if word.startswith("redis://"))
    step = STEPS[3]
    env = environment_of(step, url.rstrip("."))
    machine = students[0].machine
    serve = ["manage.py", "runserver", "--noreload", "127.0.0.1:8004"]
    own = Process(
        "A student's step 04",
        machine.command(sys.executable, *serve, **env),
        step.path,
        tmp_path / "own.log",
    )
    mine = "ws://127.0.0.1:8004/ws/chat/shared/"
    theirs = held.at(8004, "/ws/chat/shared/", "ws")
    with own:
        own.wait_until(
            lambda: students[0]("get", "http://127.0.0.1:8004/chat/")["status"] == 200
        )
        assert students[0]("enter", mine, "http://127.0.0.1:8004") == "open"
        assert students[1]("enter", theirs, held.at(8004).rstrip("/")) == "open"
        students[0]("send", mine, json.dumps({"text": "from my own process"}))
        assert students[1]("hear", theirs, "from my own process")


def test_the_desk_gives_the_room_nothing_not_even_with_the_token(held, students):
    student = students[0]
    pages = [
        "/desk/",
        f"/desk/?token={held.token}",
        "/desk/do/",
        "/screen/join/",
        "/notes/x/",
    ]
    for path in pages:
        answer = student("get", held.at(8080, path))
        assert answer["status"] == 404
        assert "desk" not in answer["text"]
        assert student("get", held.at(8100, path)) == {"status": 0, "text": ""}
    for path in ("/ws/desk/", "/ws/screen/"):
        for origin in (held.at(8080).rstrip("/"), "http://127.0.0.1:8100"):
            cookie = f"class_desk={held.token}"
            assert "403" in student("enter", held.at(8080, path, "ws"), origin, cookie)
    for file in ("desk/desk.js", "room/screen.js"):
        assert student("get", held.at(8080, f"/static/{file}"))["status"] == 404


def test_the_instructor_reads_how_to_tell_a_network_that_keeps_its_guests_apart(held):
    with Classmate(held.machine) as instructor:
        page = instructor("get", f"http://127.0.0.1:8100/desk/?token={held.token}")
    assert f"On a phone, open http://{held.address}:8080/." in page["text"]
    assert "keeps its guests apart" in page["text"]


def test_a_phone_in_flight_mode_comes_back_with_its_name(network, held, tmp_path):
    program = chromium.find()
    if program is None:
        refuse(f"There is no Chromium. {chromium.ADVICE}")
    machine = network.machine()
    start = tmp_path / "chromium"
    start.write_text(
        f'#!/bin/sh\nexec {shlex.join(machine.command(str(program)))} "$@"'
    )
    start.chmod(0o755)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=start, args=chromium.FLAGS
        ) as browser,
    ):
        phone = browser.new_page(viewport={"width": 390, "height": 844})
        phone.goto(held.at(8080))
        phone.get_by_label("Your name").fill("Ana")
        phone.get_by_role("button", name="Join").click()
        phone.get_by_text("You are here as Ana").wait_for()
        machine.plug(is_in=False)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        phone.evaluate("window.dispatchEvent(new Event('online'))")  # it wakes up
        phone.get_by_text("Not connected").wait_for()
        machine.plug(is_in=True)
        phone.get_by_text("You are here as Ana").wait_for()
        phone.get_by_role("link", name="03").click()
        phone.get_by_role("heading", level=1).wait_for()


def test_the_class_listens_on_its_address_and_on_this_machine_only(held):
    listening = held.machine.listening()
    assert {address for address, _ in listening} == {"127.0.0.1", held.address}
    shared = {port for address, port in listening if address == held.address}
    assert shared == {8000, 8001, 8002, 8003, 8004, 8005, 8080, 6399}


@pytest.mark.parametrize(
    ("words", "servers"),
    [
        ("run 03 --no-browser", 1),
        ("run 04 --servers 2 --no-browser", 3),
        ("run 02 --wsgi --no-browser", 1),
        ("redis --port 6390", 1),
        ("exercise open 03-here --no-browser", 1),
        ("break no-layer --keep", 1),
        ("notebooks --no-browser", 1),
    ],
)
def test_every_other_verb_listens_on_this_machine_only(
    network, tmp_path, words, servers
):
    machine = network.machine()
    # Not the Redis of other tests: it isn't on this machine.
    env = {"COURSE_WORK": str(tmp_path / "work"), "REDIS_URL": ""}
    command = machine.command(sys.executable, "-m", "course", *words.split(), **env)
    with Process("The verb", command, ROOT, tmp_path / "verb.log") as verb:
        verb.wait_until(lambda: len(machine.listening()) >= servers)
        assert {address for address, _ in machine.listening()} <= {"127.0.0.1", "[::1]"}


def test_ctrl_c_ends_everything_that_listened(network, tmp_path):
    machine = network.machine()
    folder = tmp_path / "class"
    command = machine.command(sys.executable, "-c", HOLD, str(folder))
    with Process("The class", command, ROOT, tmp_path / "class.log") as process:
        process.wait_until(lambda: (machine.address, 8003) in machine.listening())
        process.popen.terminate()
        process.popen.wait(60)
    assert machine.listening() == set()
    assert not (folder / "running.json").exists()
