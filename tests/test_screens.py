"""The screens of a class: each run with the real chats, the votes, the keys, the letters."""

import asyncio
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import psutil
import pytest
from class_room import ports_of_a_class
from websockets.sync.client import connect

from course.classroom import screens
from course.classroom.screens import wire
from course.classroom.screens.actors import Person
from course.classroom.screens.show import Show
from course.errors import CourseError
from course.steps import ROOT

PATIENCE = 60  # seconds
SMALLEST = 28  # pixels: what the last row can read at 1280×720
PACE = 0.05  # of the pauses that a class gets

# A class in a process of its own, as `course class` holds it. Servers start when a
# screen needs them, and from copies that are ours.
HOLD = """
import sys
from pathlib import Path
from course.classroom import current, fleet
from course.classroom.command import serve
from course.classroom.fleet import Fleet

first, redis, folder, pace, *names = sys.argv[1:]
fleet.PORTS["redis"] = int(redis)
first, folder, pace = int(first), Path(folder), float(pace)
this = current.begin(None, "127.0.0.1", first - 8000)
with Fleet("127.0.0.1", first, folder) as this.fleet:
    import os
    import django
    os.environ["DJANGO_SETTINGS_MODULE"] = "course.classroom.config.settings"
    django.setup()
    from course.classroom.screens.projector import projector

    projector.pace = pace
    this.fleet.at_the_start = names
    this.fleet.start()
    serve(this, lambda: print(this.token, flush=True))
"""


@contextmanager
def held(folder, *names: str):
    """Hold a class in which these servers are up."""
    ports = ports_of_a_class()
    first = int(ports[0])
    words = [sys.executable, "-c", HOLD, *ports, str(folder), str(PACE), *names]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        token = process.stdout.readline().strip()
        assert token, (folder / "log").read_text("utf-8")
        yield SimpleNamespace(
            process=process,
            token=token,
            desk=f"127.0.0.1:{first + 100}",
            room=f"127.0.0.1:{first + 80}",
            port=lambda step: first + int(step),
        )
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


@pytest.fixture(scope="module")
def klass(tmp_path_factory):
    """A class that is held, for as long as this file's tests run."""
    names = ["redis", "01", "02", "02t", "03", "03b", "04", "04b", "05"]
    with held(tmp_path_factory.mktemp("class"), *names) as klass:
        yield klass


class Projector:
    """A page of the projector, without a browser: what it is told, what it sends."""

    def __init__(self, socket) -> None:
        self.socket = socket
        self.draws = []

    def do(self, word: str, **data) -> None:
        """Press a key."""
        self.socket.send(json.dumps({"do": word, **data}))

    def until(self, kind: str, **wanted) -> dict:
        """Return the next event of a kind that has these values."""
        while True:
            event = json.loads(self.socket.recv(PATIENCE))
            assert event["kind"] != "problem", event
            if event["kind"] == "draw":
                self.draws.append(event)
            if event["kind"] == kind and wanted.items() <= event.items():
                return event

    def begin(self, name: str) -> dict:
        """Show a screen; return its prediction."""
        self.do("show", name=name)
        return self.until("show", name=name, phase="predict")


@contextmanager
def page_of(address: str, path: str, token: str = ""):
    """Open a socket as a page of ours does."""
    headers = {"Cookie": f"class_desk={token}"} if token else {}
    url = f"ws://{address}{path}"
    origin = f"http://{address}"
    options = {"additional_headers": headers, "proxy": None, "max_queue": None}
    with connect(url, origin=origin, **options) as socket:
        yield socket


@pytest.fixture
def projector(klass):
    """The projector of the class."""
    with page_of(klass.desk, "/ws/screen/", klass.token) as socket:
        yield Projector(socket)


@contextmanager
def phone(klass, number: int):
    """Somebody in the room, with a name and a phone."""
    with page_of(klass.room, "/ws/room/") as socket:
        join = {"do": "join", "name": f"Phone {number}", "key": f"{number:032}"}
        socket.send(json.dumps(join))
        yield socket


def number_in(value: str) -> float:
    """Return the number at the beginning of a figure, such as `11,595 bytes`."""
    return float(re.match(r"[\d,.]+", value)[0].replace(",", ""))


# ---- What is written


@pytest.mark.parametrize("screen", screens.all(), ids=lambda one: one.name)
def test_a_screen_is_complete(screen):
    assert 2 <= len(screen.choices) <= 4
    assert 1 <= screen.right <= len(screen.choices)
    assert (ROOT / "docs/en" / screen.lesson).is_file()
    assert all(vars(screen.notes).values())
    assert callable(screen.run)


def test_neither_the_place_nor_the_length_gives_the_right_choice_away():
    places = [one.right for one in screens.all()]
    assert max(map(places.count, places)) <= 3
    longest = sum(
        len(one.choices[one.right - 1]) == max(map(len, one.choices))
        for one in screens.all()
    )
    assert longest <= len(places) // 3


# ---- A run that fails, or is ended


class Votes:
    """A vote without phones."""

    async def open(self, question, choices):
        """Ask nobody."""

    async def close(self):
        """Nobody was asked."""

    def counts(self):
        """No votes."""
        return []


@pytest.fixture
def show(monkeypatch):
    """A show whose only server doesn't start, and a list of what it tells."""

    def refuse():
        raise CourseError("Port 8003 is busy (pid 4242, python).")

    unit = SimpleNamespace(state="stopped", title="Step 03", start=refuse, port=8003)
    told = []

    async def send(event):
        told.append(event)

    show = Show({"03": unit, "03b": unit}, send, Votes())
    show.told = told
    return show


def play_instead(monkeypatch, run) -> None:
    """Let every screen play something else."""
    monkeypatch.setattr(screens.Screen, "run", property(lambda screen: run))


async def test_a_server_that_does_not_start_is_named_and_the_class_goes_on(show):
    await show.do("show wall")
    await show.do("next")
    await show.task
    shown = show.snapshot()
    assert shown["trouble"] == "Port 8003 is busy (pid 4242, python)."
    assert shown["plan_b"]
    for phase in ("reveal", "keep"):
        await show.do("next")
        assert show.phase == phase
    await show.do("next")
    assert (show.screen.name, show.phase) == ("redis", "predict")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (TimeoutError(), "Something that should have arrived did not arrive in time."),
        (ConnectionResetError(), "A connection to a server broke."),
        (wire.Refused("Step 05 closed the socket (4401)."), "Step 05 closed the"),
        (KeyError("oi"), "The run stopped because of a mistake in it: KeyError('oi')."),
    ],
)
async def test_whatever_goes_wrong_is_said_in_a_sentence(
    show, monkeypatch, problem, said
):
    async def run(stage):
        raise problem

    play_instead(monkeypatch, run)
    await show.do("show wall")
    await show.do("run")
    await show.task
    assert show.trouble.startswith(said)


async def test_the_people_of_a_run_leave_when_it_is_ended(show, monkeypatch):
    gone = []

    class Somebody:
        async def enter(self):
            """Come in."""

        def leave(self):
            gone.append(self)

    entered = asyncio.Event()

    async def run(stage):
        await stage.enter(Somebody())
        stage.measure("so far", "1", "person")
        entered.set()
        await asyncio.Event().wait()

    play_instead(monkeypatch, run)
    await show.do("show wall")
    await show.do("next")
    await entered.wait()
    await show.do("run")  # again, from the start
    assert len(gone) == 1
    entered.clear()
    await entered.wait()
    await show.do("next")
    assert len(gone) == 2
    assert show.snapshot()["figures"] == [
        {"name": "so far", "value": "1", "label": "person"}
    ]


async def test_a_page_that_is_opened_late_gets_what_was_drawn(show, monkeypatch):
    async def run(stage):
        for count in (1, 2):
            stage.tell("big", "people", value=str(count))

    play_instead(monkeypatch, run)
    await show.do("show wall")
    await show.do("next")
    await show.task
    assert [event["value"] for event in show.snapshot()["events"]] == ["2"]
    assert [e["value"] for e in show.told if e["kind"] == "draw"] == ["1", "2"]
    assert show.told[-1]["kind"] == "ended"


async def test_an_unknown_screen_is_refused_with_the_names(show):
    with pytest.raises(CourseError, match="The screens are: asking, threads, wall"):
        await show.do("show walls")


# ---- The vote, and what is shown when


def test_phones_vote_before_the_run_and_only_the_reveal_says_what_is_right(
    klass, projector
):
    shown = projector.begin("wall")
    assert (shown["title"], shown["right"], shown["keep"]) == ("", 0, "")
    with phone(klass, 1) as first, phone(klass, 2) as second:
        for number, choice in ((first, 1), (second, 0)):
            number.send(json.dumps({"do": "vote", "choice": choice}))
        assert projector.until("votes", counts=[1, 1, 0, 0])["open"]
        projector.do("next")
        projector.until("votes", open=False)
        first.send(json.dumps({"do": "vote", "choice": 0}))
        while (event := json.loads(first.recv(PATIENCE)))["kind"] != "problem":
            pass
        assert event["text"] == "No vote is open now."
    projector.until("ended")
    projector.do("next")
    shown = projector.until("show", phase="reveal")
    assert (shown["right"], shown["counts"]) == (2, [1, 1, 0, 0])
    assert shown["title"] == "A silent wall between two processes"


def test_a_class_that_ends_in_the_middle_of_a_run_leaves_nothing_running(tmp_path):
    with held(tmp_path) as klass:
        with page_of(klass.desk, "/ws/screen/", klass.token) as socket:
            projector = Projector(socket)
            projector.begin("burst")
            projector.do("next")
            # Its own server and Redis are up: Ana has come.
            status = "Ana's consumer sends 150 events, one right after the other."
            projector.until("draw", what="status", text=status)
        running = psutil.Process(klass.process.pid).children(recursive=True)
        klass.process.terminate()
        assert klass.process.wait(PATIENCE) == 0
    assert len(running) >= 2
    assert [one for one in running if one.is_running()] == []


def test_the_screens_belong_to_the_instructor_alone(klass):
    for path in ("/screen/wall/", "/notes/wall/"):
        for address in (klass.room, klass.desk):
            assert httpx.get(f"http://{address}{path}").status_code == 404


def test_the_notes_name_the_next_screen_and_the_lesson(klass):
    cookies = {"class_desk": klass.token}
    page = httpx.get(f"http://{klass.desk}/notes/wall/", cookies=cookies).text
    assert screens.find("redis").title in page
    assert "/lessons/03-inmemory-layer.html" in page


async def test_a_class_in_one_room_is_counted(klass):
    people = [Person(name, klass.port("05"), "class") for name in ("ana", "bia")]
    with page_of(klass.desk, "/ws/screen/", klass.token) as socket:
        projector = Projector(socket)

        def seen(id: str, value: str) -> None:
            projector.until("draw", what="big", id=id, value=value)

        await asyncio.to_thread(projector.begin, "class")
        projector.do("next")
        await asyncio.to_thread(seen, "people", "0")
        for person in people:
            await person.enter()
        await asyncio.to_thread(seen, "people", "2")
        for person in people:
            await person.send("oi")
        await asyncio.to_thread(seen, "sum", "2")
        projector.do("next")
        shown = await asyncio.to_thread(projector.until, "show", phase="reveal")
    figures = {one["name"]: one["value"] for one in shown["figures"]}
    assert figures == {"people": "2", "messages": "2", "deliveries": "4"}
    for person in people:
        person.leave()
        await person.task


async def test_a_person_who_is_too_fast_for_step_05_loses_nothing(klass):
    caio = Person("caio", klass.port("05"), "class")
    await caio.enter()
    for number in range(13):  # ten at once are allowed
        await caio.send(f"{number}")
    assert await caio.until(lambda: not caio.outbox)
    caio.leave()
    await caio.task


# ---- In the projector's window, with the real chats


@pytest.fixture(scope="module")
def window(klass, browser):
    """The projector's window, at the size of an old projector."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(f"http://{klass.desk}/screen/asking/?token={klass.token}")
    phase_is(page, "predict", "asking")
    yield page
    context.close()


def phase_is(page, phase: str, screen: str = "", ended: bool = False) -> None:
    """Return once the page shows a phase."""
    wanted = f"main[data-phase={phase}]"
    wanted += f'[data-screen="{screen}"]' * bool(screen)
    wanted += '[data-running="false"]' * ended
    page.locator(wanted).wait_for()


# Returns what is too small for the last row, cut off, or outside the window.
UNREADABLE = """smallest => [...document.querySelectorAll("body *")].flatMap((one) => {
  const shows = [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (!shows || !one.checkVisibility() || one.closest(".unseen")) return [];
  const box = one.getBoundingClientRect();
  const size = parseFloat(getComputedStyle(one).fontSize);
  const isInside = box.left >= 0 && box.top >= 0
    && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
  const parent = one.closest("section, .body")?.getBoundingClientRect();
  const isCut = parent && box.bottom > parent.bottom + 4;
  return size >= smallest && isInside && !isCut ? [] : [`${one.textContent}: ${size} px`];
})"""


@pytest.fixture
def play(projector, window):
    """Play a screen to its end, read each phase from the last row; return its figures."""

    def play(name: str) -> dict[str, str]:
        projector.begin(name)
        for phase in screens.PHASES:
            phase_is(window, phase, name, ended=phase == "run")
            assert window.evaluate(UNREADABLE, SMALLEST) == []
            if phase == "predict":
                projector.do("next")
                ended = projector.until("ended")
                assert ended["trouble"] == ""
            elif phase != "keep":
                projector.do("next")
        return {one["name"]: one["value"] for one in ended["figures"]}

    return play


def test_asking_costs_ten_thousand_bytes_while_an_open_socket_costs_none(
    play, projector
):
    figures = play("asking")
    assert number_in(figures["01"]) > 10_000
    assert figures["03"] == "0 bytes"


def test_a_fifth_guest_waits_for_a_thread_and_not_for_an_event_loop(play, projector):
    figures = play("threads")
    assert number_in(figures["02t"]) > 0.5
    assert number_in(figures["02"]) / 1000 < number_in(figures["02t"])
    held = [one["who"] for one in projector.draws if one["what"] == "seat"]
    assert {"Ana", "Bia", "Caio", "Dora"} <= set(held)


def test_a_wall_in_memory_stops_the_message_and_closes_no_socket(play, projector):
    figures = play("wall")
    assert figures == {"pages": "2 of 4", "open": "4 of 4"}


def test_over_redis_all_four_get_the_message_and_no_line_changes(play, projector):
    figures = play("redis")
    assert (figures["pages"], figures["lines"]) == ("4 of 4", "0")


def test_about_a_hundred_of_a_burst_arrive(play, projector):
    figures = play("burst")
    seen = number_in(figures["seen"])
    assert 100 <= seen < 120
    assert number_in(figures["lost"]) == 150 - seen


def test_after_the_same_kill_step_05_has_both_messages_and_step_04_none(
    play, projector
):
    figures = play("restart")
    assert (figures["04"], figures["05"]) == ("0 of 2", "2 of 2")


def test_a_page_that_was_away_gets_all_twelve_in_order(play, projector):
    figures = play("catch-up")
    assert figures["missed"] == "12 of 12"
    assert figures["order"] == "in order"


def test_in_the_race_polling_is_last_and_costs_most(play, projector):
    for _ in range(3):  # a server that stalls for a second is as late as a poll
        play("race")
        lanes = {one["id"]: one for one in projector.draws if one["what"] == "lane"}
        if max(lanes.values(), key=lambda lane: lane["ms"])["id"] == "01":
            break
    assert len(lanes) == 5
    for unit in ("ms", "bytes"):
        last = max(lanes.values(), key=lambda lane: lane[unit])
        assert last["id"] == "01"


# ---- The keys


def test_keys_lead_through_a_screen_and_to_the_next(window):
    keys = window.keyboard
    keys.press("Escape")
    phase_is(window, "list")
    keys.press("3")
    phase_is(window, "predict", "wall")
    assert window.locator("#title").inner_text() == "What do you think?"
    keys.press("Space")
    phase_is(window, "run", ended=True)
    assert window.locator("#title").inner_text() == ""
    assert "nothing" in window.locator("#board").inner_text()
    keys.press("ArrowRight")
    phase_is(window, "reveal")
    assert "2 of 4" in window.locator("#figures").inner_text()
    assert window.locator("#answers .right .text").inner_text() == "nothing new ✓"
    keys.press("PageDown")
    phase_is(window, "keep")
    keys.press("ArrowLeft")
    phase_is(window, "reveal")
    keys.press("r")
    phase_is(window, "run", ended=True)
    for phase in ("reveal", "keep"):
        keys.press("Space")
        phase_is(window, phase)
    keys.press("Space")
    phase_is(window, "predict", "redis")
    assert window.url.endswith("/screen/redis/")


def test_the_notes_follow_the_projector_and_drive_it(klass, window):
    notes = window.context.new_page()
    notes.goto(f"http://{klass.desk}/notes/wall/")
    window.keyboard.press("Escape")
    phase_is(window, "list")
    window.keyboard.press("3")
    phase_is(window, "predict", "wall")
    notes.locator("#phase", has_text="Projector: predict").wait_for()
    notes.keyboard.press("Space")
    phase_is(window, "run", "wall", ended=True)
    notes.locator("#phase", has_text="Projector: run, done").wait_for()
    window.keyboard.press("Escape")
    phase_is(window, "list")
    window.keyboard.press("4")
    notes.wait_for_url("**/notes/redis/")
    notes.close()


def test_the_last_row_can_read_the_list_and_the_numbers_of_a_class(window):
    window.keyboard.press("Escape")
    phase_is(window, "list")
    assert window.evaluate(UNREADABLE, SMALLEST) == []
    window.keyboard.press("9")
    phase_is(window, "predict", "class")
    window.keyboard.press("Space")
    window.locator(".chart").wait_for()
    for phase in ("run", "reveal", "keep"):
        phase_is(window, phase)
        assert window.evaluate(UNREADABLE, SMALLEST) == []
        window.keyboard.press("Space")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_the_projectors_page(window, scheme):
    from axe_playwright_python.sync_playwright import Axe

    window.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    window.keyboard.press("Escape")
    phase_is(window, "list")
    window.keyboard.press("4")
    for phase in ("predict", "run", "reveal", "keep"):
        phase_is(window, phase, "redis", ended=phase == "run")
        found = Axe().run(window).response["violations"]
        assert [(one["id"], one["nodes"]) for one in found] == []
        window.keyboard.press("Space")
    window.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement).outlineStyle"
    assert window.evaluate(style) == "solid"
