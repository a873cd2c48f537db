"""A class: its network, its doors, its phones, its desk."""

import contextlib
import json
import os
import re
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
import redis
from axe_playwright_python.sync_playwright import Axe
from class_room import HOST, Hall, Page, connect_to
from conftest import course
from playwright.sync_api import expect
from test_page_scripts import REFUSES_STORAGE
from websockets.exceptions import ConnectionClosed, InvalidStatus

from course.classroom import command, fleet, network
from course.classroom.fleet import Fleet
from course.classroom.network import Address
from course.classroom.room.budget import Budget
from course.classroom.room.state import Refused, Room, tidy
from course.classroom.unit import Unit
from course.errors import CourseError
from course.processes import Process, free_port, is_listening

WIFI = Address("192.168.1.20", "wlan0")
CABLE = Address("10.0.0.7", "eth0")
DOCKER = Address("172.17.0.1", "docker0", 16)
VPN = Address("10.8.0.2", "tun0")
PUBLIC = Address("8.8.4.4", "eth0")


# ---- The network


def test_one_network_is_taken_without_a_question():
    assert network.choose([WIFI, DOCKER, VPN], None, None) is WIFI


def test_of_several_networks_the_instructor_chooses_by_number():
    answers = iter(["7", "what?", "2"])
    asked = []

    def ask(question):
        asked.append(question)
        return next(answers)

    assert network.choose([WIFI, CABLE, DOCKER], None, ask) is CABLE
    assert "172.17.0.1  (docker0; Docker: phones cannot reach it)" in asked[0]
    assert len(asked) == 3


def test_without_a_terminal_the_addresses_are_listed_with_the_option():
    with pytest.raises(CourseError, match="--address 192.168.1.20") as problem:
        network.choose([WIFI, CABLE], None, None)
    assert "10.0.0.7  (eth0)" in str(problem.value)


@pytest.mark.parametrize("wanted", ["10.0.0.7", "eth0"])
def test_an_address_can_be_given_by_number_or_by_the_name_of_its_network(wanted):
    assert network.choose([WIFI, CABLE], wanted, None) is CABLE


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(CourseError, match="has no address 192.168.1.99"):
        network.choose([WIFI], "192.168.1.99", None)


def test_without_a_network_the_class_stays_on_this_machine():
    assert network.choose([], None, None) is None
    assert network.choose([WIFI], HOST, None) is None


def test_a_public_address_is_never_taken_without_being_chosen():
    with pytest.raises(
        CourseError, match="a public address: the internet may reach it"
    ):
        network.choose([PUBLIC], None, None)


@pytest.mark.parametrize(
    "interface", ["vEthernet (WSL)", "vboxnet0", "virbr0", "vmnet8"]
)
def test_a_network_of_virtual_machines_is_called_by_its_name(interface):
    assert Address("172.20.0.1", interface).kind == "virtual machines"


def test_loopback_and_what_no_phone_reaches_are_not_offered(monkeypatch):
    def entry(ip):
        family = SimpleNamespace(name="AF_INET")
        return SimpleNamespace(family=family, address=ip, netmask="255.255.0.0")

    interfaces = {
        "lo": [entry("127.0.0.1")],
        "docker0": [entry("172.17.0.1")],
        "eth0": [entry("169.254.3.4")],
        "wlan0": [entry("192.168.4.5")],
        "off": [entry("10.1.1.1")],
    }
    states = {name: SimpleNamespace(isup=name != "off") for name in interfaces}
    monkeypatch.setattr(network.psutil, "net_if_addrs", lambda: interfaces)
    monkeypatch.setattr(network.psutil, "net_if_stats", lambda: states)
    found = network.addresses()
    assert [one.ip for one in found] == ["192.168.4.5", "172.17.0.1"]
    assert found[0].network == "192.168.0.0/16"


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("win32", "-Profile Private"),
        ("darwin", "answer Allow"),
        ("linux", "ufw allow proto tcp from 192.168.1.0/24 to any port 8000:8080,6399"),
        ("linux", "firewall-cmd --add-port=8000-8080/tcp --add-port=6399/tcp"),
    ],
)
def test_each_system_has_its_line_for_the_firewall(monkeypatch, system, words):
    monkeypatch.setattr(network.sys, "platform", system)
    assert words in network.firewall(WIFI, 8000, 8080, 6399)


def test_a_busy_port_is_named_with_its_holder_and_with_what_moves_all():
    port = free_port()
    with socket.create_server((HOST, port)):
        with pytest.raises(CourseError) as problem:
            fleet.claim(port, "Step 03", 0)
    assert f"Port {port} is busy (pid " in str(problem.value)
    assert "it is for: Step 03" in str(problem.value)
    assert "python3 -m course class --port 9000" in str(problem.value)


def test_all_ports_of_a_class_move_together():
    moved = fleet.all_ports(1000)
    assert {9000, 9001, 9015, 9080, 9100, 7399} <= set(moved)
    assert set(moved).isdisjoint(fleet.all_ports(0))


def test_a_redis_without_passwords_is_not_shared(tmp_path, monkeypatch):
    stand_in = fleet.redis_server.Program("stand-in", ("x",), is_stand_in=True)
    monkeypatch.setattr(fleet.redis_server, "find_program", lambda: stand_in)
    without = Fleet("192.168.1.20", 8000, tmp_path)
    assert without.shared_redis_url == ""
    assert without.redis_url == f"redis://{HOST}:6399"


# ---- Names, votes, budgets


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ana  ", "Ana"),
        ("João\n da  Silva", "João da Silva"),
        ("Z̸̢a", "Za"),
        ("🐙", "🐙"),
    ],
)
def test_a_name_is_shown_as_one_line_of_plain_letters(typed, shown):
    assert tidy(typed) == shown


@pytest.mark.parametrize("typed", ["", "   ", "\u202e", "x" * 25, None, 7])
def test_what_is_no_name_is_refused_with_a_sentence(typed):
    with pytest.raises(Refused):
        tidy(typed)


def test_who_votes_again_changes_their_vote():
    room = Room()
    room.join("key", "Ana", "socket")
    vote = room.open_vote("How many?", ["100", "150"])
    room.choose("key", 0)
    room.choose("key", 1)
    assert vote.counts == [0, 1]
    assert room.close_vote() == [0, 1]
    with pytest.raises(Refused, match="No vote is open now"):
        room.choose("key", 0)


@pytest.mark.parametrize("choice", [-1, 2, True, "1", None, 0.0])
def test_a_choice_that_is_not_there_does_not_count(choice):
    room = Room()
    room.join("key", "Ana", "socket")
    vote = room.open_vote("How many?", ["100", "150"])
    with pytest.raises(Refused):
        room.choose("key", choice)
    assert vote.counts == [0, 0]


def test_a_full_room_makes_place_of_those_who_have_left():
    room = Room()
    for number in range(400):
        room.join(f"key {number}", "Ana", f"socket {number}")
    with pytest.raises(Refused, match="full"):
        room.join("one more", "Bia", "socket")
    room.leave("socket 3")
    assert room.join("one more", "Bia", "socket").name == "Bia"


def test_a_budget_fills_again_with_time():
    budget = Budget(rate=1000, burst=2)
    assert [budget.spend(), budget.spend()] == [True, True]
    until = time.monotonic() + 5
    while not budget.spend() and time.monotonic() < until:
        pass
    assert time.monotonic() < until


# ---- A class that runs


@pytest.fixture(scope="module")
def hall(tmp_path_factory) -> Iterator[Hall]:
    """A class on this machine; its chats start when a test starts them."""
    with Hall(tmp_path_factory.mktemp("class")) as hall:
        yield hall


def names(event: dict) -> list[str]:
    """Return the names that an event shows."""
    return [one["shown"] if isinstance(one, dict) else one for one in event["people"]]


def test_the_room_and_the_projector_see_who_joins_and_who_leaves(hall):
    with hall.instructor("/ws/screen/") as screen, hall.phone("Ana") as ana:
        with hall.phone("Bia"):
            screen.until("room", lambda event: names(event) == ["Ana", "Bia"])
            ana.until("room", lambda event: names(event) == ["Ana", "Bia"])
        ana.until("room", lambda event: names(event) == ["Ana"])


def test_a_phone_that_slept_keeps_its_name_and_its_vote(hall):
    with hall.phone("Ana", "a phone that sleeps") as phone:
        hall.do("open-vote", question="How many arrive?", choices=["100", "150"])
        phone.send(do="vote", choice=1)
        phone.until("vote", lambda vote: vote.get("mine") == 1)
    with hall.phone("Ana", "a phone that sleeps") as phone:
        assert phone.until("vote")["mine"] == 1
        assert names(hall.instructor("/ws/screen/").until("room")) == ["Ana"]
    hall.do("close-vote")


def test_votes_are_counted_live_and_nobody_sees_whose_they_are(hall):
    with hall.instructor("/ws/screen/") as screen, hall.phone("Ana") as ana:
        hall.do("open-vote", question="How many arrive?", choices=["100", "150"])
        ana.send(do="vote", choice=0)
        counted = screen.until("votes", lambda event: event.get("counts") == [1, 0])
        assert "Ana" not in json.dumps(counted)
        assert "counts" not in ana.until("vote", lambda vote: vote["question"])
        hall.do("close-vote")
        assert ana.until("vote", lambda vote: not vote["question"])
        assert not screen.until("votes", lambda event: not event["open"])["open"]


def test_an_inappropriate_name_is_hidden_everywhere_until_it_is_shown_again(hall):
    with hall.instructor("/ws/desk/") as desk, hall.phone("Rude") as phone:
        event = desk.until("room", lambda event: names(event) == ["Rude"])
        number = event["people"][0]["number"]
        hall.do("hide", person=number, hidden=True)
        phone.until("room", lambda event: names(event) == ["(hidden)"])
        phone.send(do="join", name="Ruder", key="the key of Rude, a secret")
        event = desk.until("room", lambda event: event["people"][0]["name"] == "Ruder")
        assert names(event) == ["(hidden)"]
        hall.do("hide", person=number, hidden=False)
        phone.until("room", lambda event: names(event) == ["Ruder"])


def test_a_flood_is_dropped_with_one_sentence_and_the_others_go_on(hall):
    with hall.phone("Flood") as flood, hall.phone("Bia") as bia:
        for number in range(500):
            flood.send(do="join", name=f"F{number}", key="the key of Flood, a secret")
        assert "Too fast" in flood.until("problem")["text"]
        bia.send(do="join", name="Bia!", key="the key of Bia, a secret")
        seen = set()

        def bia_is_in(event):
            seen.update(names(event))
            return "Bia!" in seen

        bia.until("room", bia_is_in)
        assert len(seen) < 100  # of 500: a dozen at first, then two a second


@pytest.mark.parametrize(
    "frame",
    ["", "[]", "{", '{"do": 1}', '{"do": "x"}', "[" * 5000, b"\x00", '{"do": "vote"}'],
)
def test_a_malformed_frame_is_answered_and_the_page_stays_open(hall, frame):
    with hall.phone() as phone:
        phone.socket.send(frame)
        assert phone.until("problem")["text"]
        phone.send(do="hello")
        phone.until("hello")


def test_when_a_whole_class_leaves_at_once_nobody_is_left_behind(hall):
    """Each departure is sent to the others, some of whom are leaving, too."""
    with hall.instructor("/ws/screen/") as screen:
        for page in [hall.phone(f"Student {number}") for number in range(30)]:
            page.socket.close()
        screen.until("room", lambda event: len(event["people"]) == 30)
        screen.until("room", lambda event: event["people"] == [])


def test_one_device_can_open_many_pages_but_not_without_end(hall):
    for _ in range(41):  # pages of another site don't count
        with pytest.raises(InvalidStatus):
            connect_to(f"ws://{hall.room}/ws/room/", "http://evil.example")
    pages = [hall.phone() for _ in range(41)]
    for page in pages[:40]:
        page.until("room")
    assert "Too many pages" in pages[-1].until("problem")["text"]
    for page in pages:
        page.socket.close()


# ---- The desk's door


@pytest.mark.parametrize("path", ["/", "/desk/", "/screen/join/", "/notes/wall/", "/x"])
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong"])
def test_without_the_token_there_is_nothing(hall, path, query):
    answer = httpx.get(f"http://{hall.desk}{path}{query}", trust_env=False)
    assert (answer.status_code, answer.text) == (404, "Not found")


def test_the_token_opens_the_desk_once_and_then_leaves_the_address_bar(hall):
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        page = browser.get(hall.page("/desk/"))
        assert page.status_code == 200
        assert str(page.url) == f"http://{hall.desk}/desk/"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert hall.token not in page.text


def test_a_page_of_another_port_or_a_borrowed_name_gets_nothing(hall):
    """A chat's page at 127.0.0.1 is the same site: its requests carry the cookie."""
    cookie = {"Cookie": f"class_desk={hall.token}"}
    for headers in (
        cookie | {"Origin": f"http://{HOST}:{hall.port('03')}"},
        cookie | {"Host": "evil.example"},
        {"Cookie": "class_desk=wrong"},
        {"Cookie": 'class_desk="\\'},
    ):
        url = f"http://{hall.desk}/desk/do/"
        answer = httpx.post(url, json={"do": "reset"}, headers=headers, trust_env=False)
        assert answer.status_code in (400, 404)


@pytest.mark.parametrize("path", ["/ws/desk/", "/ws/screen/", "/ws/x/"])
def test_no_socket_opens_without_the_token_or_from_another_page(hall, path):
    cookie = f"class_desk={hall.token}"
    doors = [
        (hall.desk, f"http://{hall.desk}", ""),
        (hall.desk, f"http://{HOST}:{hall.port('03')}", cookie),
        (hall.room, f"http://{hall.room}", cookie),
    ]
    for place, origin, sent in doors:
        with pytest.raises(InvalidStatus, match="403"):
            connect_to(f"ws://{place}{path}", origin, sent)


def test_a_phones_page_of_another_site_opens_no_socket(hall):
    with pytest.raises(InvalidStatus, match="403"):
        connect_to(f"ws://{hall.room}/ws/room/", "http://evil.example")


# ---- The servers


def state_of(hall: Hall, name: str) -> str:
    """Return the state of a unit, as a desk that opens now shows it."""
    with hall.instructor("/ws/desk/") as desk:
        units = desk.until("units")["units"]
    return next(unit["state"] for unit in units if unit["name"] == name)


def test_a_chat_is_started_paused_killed_and_started_again(hall):
    assert hall.do("start", unit="03")["text"] == "Step 03 is up."
    url = f"http://{HOST}:{hall.port('03')}/chat/"
    assert httpx.get(url, trust_env=False).status_code == 200
    hall.do("pause", unit="03")
    assert state_of(hall, "03") == "paused"
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.5, trust_env=False)
    hall.do("resume", unit="03")
    assert httpx.get(url, trust_env=False).status_code == 200
    hall.do("kill", unit="03")
    assert state_of(hall, "03") == "ended"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    problem = hall.do("pause", unit="03")["problem"]
    assert problem == "Step 03 is not running. Start it first."
    hall.do("start", unit="03")
    hall.do("stop", unit="03")
    assert state_of(hall, "03") == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="Windows asks no process, it ends them")
def test_a_paused_chat_is_asked_to_end_and_not_killed(tmp_path):
    farewell = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: exit(7))"
    # Not signal.pause(), which would sleep through a signal that comes just before it.
    waiting = "import time\nwhile True: time.sleep(0.05)"
    command = [sys.executable, "-uc", f"{farewell}\nprint('up')\n{waiting}"]
    log = tmp_path / "chat.log"
    log.touch()
    process = Process("A chat", command, tmp_path, log)
    unit = Unit("03", "A chat", 0, lambda: process, lambda: "up" in log.read_text())
    unit.start()
    unit.pause()
    unit.stop()
    assert process.popen.returncode == 7


def test_a_button_of_something_unknown_says_so(hall):
    assert 'no server "09"' in hall.do("start", unit="09")["problem"]
    assert 'no button "explode"' in hall.do("explode")["problem"]


def test_fifty_people_hear_150_messages(hall):
    hall.do("start", unit="03")
    place = f"{HOST}:{hall.port('03')}"
    assert "50 people" in hall.do("fill", unit="03", room="full")["text"]
    url = f"ws://{place}/ws/chat/full/"
    with Page(connect_to(url, f"http://{place}")) as guest:
        assert "150 messages" in hall.do("send", unit="03", room="full")["text"]
        texts = [json.loads(guest.socket.recv(20))["text"] for _ in range(100)]
        assert texts[0] == "message 1 of 150"
        hall.do("restart", unit="03")  # drops every connection
        with pytest.raises(ConnectionClosed):
            guest.until("nothing that a chat ever sends")
    hall.do("empty")


def test_reset_brings_empty_chats_and_forgets_the_vote(hall):
    hall.do("start", unit="01")
    hall.do("start", unit="03b")
    hall.do("open-vote", question="How many arrive?", choices=["100", "150"])
    messages = f"http://{HOST}:{hall.port('01')}/messages/class/"
    httpx.post(messages, json={"text": "oi", "sender": "Ana"}, trust_env=False)
    assert stored(hall) == 1
    with hall.instructor("/ws/screen/") as screen:
        assert "as at the start" in hall.do("reset")["text"]
        screen.until("go", lambda event: event["name"] == "join")
    assert stored(hall) == 0
    assert httpx.get(messages, trust_env=False).json()["messages"] == []
    assert state_of(hall, "03b") == "stopped"
    with hall.phone() as phone:
        assert phone.until("vote")["question"] is None


def stored(hall: Hall) -> int:
    """Return how many messages step 01 has stored."""
    database = hall.folder / "01-http-polling" / "db.sqlite3"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM chat_message").fetchone()[0]


def test_people_in_the_room_use_redis_but_neither_empty_nor_configure_it(hall):
    hall.do("start", unit="redis")
    desk = httpx.get(hall.page("/desk/"), follow_redirects=True, trust_env=False).text
    url = re.search(r"redis://:\w+@[\d.:]+", desk)[0]
    with redis.Redis.from_url(url.replace("://:", "://:wrong")) as stranger:
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
    with redis.Redis.from_url(f"{url}/4") as student:
        student.zadd("a channel", {"a message": 1})
        assert student.bzpopmin("a channel", 1)
        assert student.eval("return 7", 0) == 7
        for words in ("FLUSHALL", "CONFIG SET dir /", "SHUTDOWN", "SAVE", "MONITOR"):
            with pytest.raises(redis.ResponseError):
                student.execute_command(*words.split())


def test_no_chat_outlives_a_class_whose_terminal_was_killed(tmp_path):
    with Hall(tmp_path) as hall:
        hall.do("start", unit="03")
        hall.process.popen.kill()
        give_up = time.monotonic() + 30
        while is_listening(hall.port("03")):
            assert time.monotonic() < give_up


# ---- `class show`, from another terminal


def test_show_without_a_class_says_how_to_start_one(tmp_path):
    with pytest.raises(CourseError, match="No class is running here"):
        command.show(["join"], False, tmp_path)


def test_show_moves_the_projector(hall, capsys):
    with hall.instructor("/ws/screen/") as screen:
        assert command.show(["join"], False, hall.folder) == 0
        assert screen.until("go")["name"] == "join"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["class", "dance"], '"dance" is not something to do'),
        (["class", "show"], "Which screen?"),
        (["class", "--no-browser", "show", "wall", "redis"], "Which screen?"),
        (["class", "show", "--no-browser", "wall", "redis"], "Which screen?"),
        (
            ["class", "--address", "203.0.113.9"],
            "This machine has no address 203.0.113.9",
        ),
    ],
)
def test_a_mistake_on_the_command_line_is_answered_with_a_sentence(words, said):
    answer = course(*words)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


# ---- In a browser


def smallest_letter(page) -> float:
    """Return the size of the smallest letter that a page shows, in px."""
    return page.evaluate(
        """() => {
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const sizes = [];
          while (texts.nextNode()) {
            const element = texts.currentNode.parentElement;
            if (texts.currentNode.data.trim() && element.checkVisibility())
              sizes.push(parseFloat(getComputedStyle(element).fontSize));
          }
          return Math.min(...sizes);
        }"""
    )


@pytest.fixture
def open_page(browser):
    """Open pages in windows of their own: `open_page(url, 390, 844)`."""
    contexts = []

    def open_page(url, width, height, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_a_phone_that_keeps_nothing_joins_too(hall, open_page):
    phone = open_page("about:blank", 390, 844, "light")
    phone.add_init_script(REFUSES_STORAGE)
    phone.goto(f"http://{hall.room}/")
    phone.get_by_label("Your name").fill("Ana")
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text("You are here as Ana").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_joins_and_votes(hall, open_page, scheme):
    phone = open_page(f"http://{hall.room}/", 390, 844, scheme)
    phone.get_by_label("Your name").fill("João da Silva Sauro Júnior"[:24])
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text("You are here as João").wait_for()
    hall.do("open-vote", question="How many arrive?", choices=["About 100", "x" * 70])
    phone.get_by_role("button", name="About 100").click()
    phone.get_by_role("button", name="About 100", pressed=True).wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    assert Axe().run(phone).response["violations"] == []
    phone.reload()
    phone.get_by_text("You are here as João").wait_for()
    phone.get_by_role("button", name="About 100", pressed=True).wait_for()
    hall.do("close-vote")
    phone.get_by_role("heading", name="How many arrive?").wait_for(state="hidden")


def test_a_phone_that_lost_its_socket_opens_another_by_itself(hall, open_page):
    sockets = []

    def pass_on(socket):
        socket.connect_to_server()
        sockets.append(socket)

    phone = open_page("about:blank", 390, 844)
    phone.route_web_socket("**/ws/room/", pass_on)
    phone.goto(f"http://{hall.room}/")
    phone.get_by_label("Your name").fill("Ana")
    phone.get_by_role("button", name="Join").click()
    phone.get_by_text("You are here as Ana").wait_for()
    # It may be back after a quarter of a second, so the page itself notes what it says.
    phone.evaluate("""() => {
      const status = document.getElementById("status");
      window.said = [];
      new MutationObserver(() => said.push(status.textContent))
        .observe(status, { childList: true });
    }""")
    before = len(sockets)  # more than one, if the machine has been very busy
    sockets[-1].close()
    phone.wait_for_function("() => said.at(-1)?.startsWith('You are here as Ana')")
    assert any(text.startswith("Not connected") for text in phone.evaluate("said"))
    assert len(sockets) == before + 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_join_screen_is_readable_from_the_last_row(hall, open_page, scheme):
    screen = open_page(hall.page("/screen/join/"), 1280, 720, scheme)
    with contextlib.ExitStack() as leaving:
        for number in range(30):
            leaving.callback(hall.phone(f"Somebody number {number}").socket.close)
        expect(screen.get_by_text(re.compile("Here:"))).to_have_text(
            "Here: 30", timeout=30_000
        )
        screen.get_by_text("more").wait_for()  # not all names fit; it says how many
        assert smallest_letter(screen) >= 28
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        assert screen.evaluate(size) == [1280, 720]
        assert screen.locator(".qr svg").bounding_box()["height"] >= 300
        assert Axe().run(screen).response["violations"] == []
    # Only forty pages of one device may be open, and the next scene opens thirty more.
    screen.get_by_text("Nobody has joined yet").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_desk_has_a_button_for_everything_and_says_how_it_went(
    hall, open_page, width
):
    desk = open_page(hall.page("/desk/"), width, 800)
    desk.get_by_role("button", name="start Step 02", exact=True).click()
    desk.get_by_text("Step 02 is up.").wait_for()
    # A moment later, its row is drawn anew. A click in between would be lost.
    desk.get_by_role("button", name="pause Step 02", exact=True).wait_for()
    desk.get_by_role("button", name="kill Step 02", exact=True).click()
    desk.get_by_text("Step 02 was killed.").wait_for()
    desk.get_by_label("Chat").select_option("05")
    desk.get_by_role("button", name="Send 150 messages").click()
    desk.get_by_text("Step 05 is not running. Start it first.").wait_for()
    assert desk.evaluate("document.documentElement.scrollWidth") == width
    assert Axe().run(desk).response["violations"] == []


def test_two_machines_with_different_clocks_see_the_same_milliseconds(hall, browser):
    hall.do("start", unit="03")
    url = f"http://{HOST}:{hall.port('03')}/chat/clocks/"
    wrong = "{ const right = Date.now; Date.now = () => right() - 60_000; }"
    with browser.new_context() as late, browser.new_context() as right:
        late.add_init_script(wrong)
        sender, reader = late.new_page(), right.new_page()
        for page in (sender, reader):
            page.goto(url)
            page.get_by_text("Connected", exact=False).first.wait_for()
        # Each page guesses the server's clock. If the server was slow just then, the guess
        # is wrong by half of that, and the message would be older than the reader's page.
        opened = reader.evaluate("Date.now()")
        sender.wait_for_function("opened => Date.now() > opened", arg=opened)
        sender.get_by_label("Message", exact=True).fill("oi")
        sender.keyboard.press("Enter")
        row = reader.locator("#wire-rows tr", has_text="message").first
        row.wait_for()
        milliseconds = int(row.locator("td").nth(3).inner_text())
        assert milliseconds < 30_000  # half of the minute by which the clocks differ
