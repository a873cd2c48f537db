"""The page of a room in every step: bubbles, labels, the step's name, and the panel."""

import re

import pytest
from conftest import STEPS
from heard import Heard, hold_posts
from people import Chat, path_of
from playwright.sync_api import Page, expect
from test_browser import Visitor, assert_accessible, visit

from course import compare, servers

__all__ = ["visit"]  # a fixture

by_folder = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)


def some_steps(*numbers: str):
    """Run a scene on the servers of these steps."""
    some = [step for step in STEPS if step.number in numbers]
    return pytest.mark.parametrize(
        "server", some, ids=lambda step: step.folder, indirect=True
    )


without_login = some_steps("01", "02", "03", "04")
polled = some_steps("01", "02")

LONG = "A message that is long enough for several lines on any screen. " * 5
MOST_BYTES = 50_000  # of a room's page, with its style sheets and scripts
MOST_LINES = 200  # of a script


# ---- Bubbles ------------------------------------------------------------------------


@without_login
@pytest.mark.parametrize("width", [390, 1280])
def test_your_own_messages_are_on_the_right(chat, visit, width):
    room = chat.room()
    ana = visit("ana", viewport={"width": width, "height": 500})
    ana.page.goto(f"{path_of(room)}?name=Ana")
    ana.hears()
    ana.say(LONG)
    expect(ana.page.locator(".mine:not(.pending)")).to_have_count(1)
    bia = chat.enter(room, "Bia")
    bia.say(LONG)
    bia.say("oi")
    ana.sees(LONG.strip(), LONG.strip(), "oi")
    log = ana.page.locator("#chat-log").bounding_box()
    boxes = [bubble.bounding_box() for bubble in bubbles_of(ana.page).all()]
    mine, theirs, short = boxes
    assert mine["x"] + mine["width"] > log["x"] + log["width"] - 20
    assert theirs["x"] == short["x"] < log["x"] + 20
    assert mine["width"] <= log["width"] * 3 / 4
    assert theirs["width"] <= log["width"] * 3 / 4
    assert short["width"] < 100
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 640:  # the log scrolls, the page doesn't
        for number in range(5):
            ana.say(f"{number} {LONG}")
            expect(bubbles_of(ana.page)).to_have_count(4 + number)
        page_height = ana.page.evaluate("document.documentElement.scrollHeight")
        assert page_height == 500
    # A screen reader reads all the names.
    said = ana.page.locator("#chat-log").aria_snapshot()
    assert said.index("Ana") < said.index("Bia")


def bubbles_of(page: Page):
    """Return the messages in the log, those on their way included."""
    return page.locator("#chat-log p")


@some_steps("01", "02", "04")
def test_messages_have_labels_once_there_are_two_servers(serve, browser, server):
    with serve(server.step, 2) as (first, second):
        with Chat(first) as chat, Chat(second) as other:
            ana = Visitor(browser, chat, "ana")
            room = chat.room()
            ana.enter(room)
            expect(ana.page.locator("header .server")).to_be_visible()
            chat.enter(room, "bia").say("one")
            ana.sees("one")
            labels = ana.page.locator("#chat-log .server")
            expect(labels).to_be_hidden()
            other.enter(room, "caio").say("two")
            ana.sees("one", "two")
            expect(labels).to_contain_text([str(first.port), str(second.port)])
            for label in labels.all():
                expect(label).to_be_visible()
            assert_accessible(ana.page)
            ana.context.close()


def test_a_server_that_has_been_restarted_is_not_a_second_one(serve, browser):
    with serve(STEPS[0]) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.enter("class")
        ana.say("before")
        ana.sees("before")
        server.process.stop()
        server.process.__enter__()  # the same command, at the same port
        servers.wait_for([server])
        ana.enter("class")
        ana.say("after")
        ana.sees("before", "after")
        labels = ana.page.locator("#chat-log .server")
        first, second = labels.all_text_contents()
        assert first != second  # another pid
        for label in labels.all():
            expect(label).to_be_hidden()
        ana.context.close()


# ---- Which step ---------------------------------------------------------------------


def test_the_title_and_the_page_name_the_step(chat, visit):
    ana = visit("ana")
    ana.page.goto("/chat/")
    name = ana.page.locator(".step").text_content().strip()
    assert name.startswith(f"{chat.step.number} ")
    expect(ana.page).to_have_title(f"Lobby · {name}")
    room = chat.room()
    ana.enter(room)
    expect(ana.page).to_have_title(f"{room} · {name}")
    expect(ana.page.locator("header .step")).to_have_text(name)
    icon = ana.page.locator("link[rel=icon]").get_attribute("href")
    answer = ana.page.request.get(icon)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert f">{int(chat.step.number)}</text>" in answer.text()


def test_the_icons_of_five_tabs_have_five_colours():
    icons = [(step.path / "chat/static/chat/icon.svg").read_text() for step in STEPS]
    assert len({re.search(r'<rect.*fill="(#\w+)"', icon)[1] for icon in icons}) == 5


@by_folder
def test_two_files_of_a_step_say_which_step_it_is(step):
    number = re.compile(rf"\b{step.number} [A-Z]|>{int(step.number)}<".encode())
    naming = {
        path
        for path, content in compare.files_of(step).items()
        if path.startswith("chat/")
        and number.search(content)
        # Comments of tests, migrations and translations are no names.
        and path.endswith((".py", ".js", ".html", ".css", ".svg"))
    }
    assert naming == {"chat/static/chat/icon.svg", "chat/templates/chat/step.html"}


# ---- Names and transports in the address --------------------------------------------


@without_login
def test_the_address_can_fill_in_the_name(chat, visit):
    ana = visit("ana")
    name = ana.page.locator("#chat-sender-input")
    room = path_of(chat.room())
    ana.page.goto(f"{room}?name=Ana")
    expect(name).to_have_value("Ana")
    ana.page.goto(room)  # the tab keeps it
    expect(name).to_have_value("Ana")
    for invalid in ("", "%20", "a" * 41):
        ana.page.goto(f"{room}?name={invalid}")
        expect(name).to_have_value("Ana")


@polled
def test_the_address_can_select_the_transport(chat, visit):
    ana = visit("ana")
    room = path_of(chat.room())
    ana.page.goto(f"{room}?transport=long")
    expect(ana.page.get_by_label("Long polling")).to_be_checked()
    expect(ana.page.locator("#chat-status")).to_contain_text("holding a request")
    for invalid in ("pigeon", "", '"'):
        ana.page.goto(f"{room}?transport={invalid}")
        expect(ana.page.get_by_label("Short polling")).to_be_checked()
        ana.hears()


# ---- Your own messages, before a poll returns them ----------------------------------


@polled
def test_your_message_appears_at_once_and_then_only_once(chat, visit):
    room = chat.room()
    ana = visit("ana")
    ana.enter(room)
    expect(ana.page.get_by_text("your page shows it at once")).to_be_visible()
    polls = Heard(ana.page)
    # No poll is answered for now.
    ana.page.route("**/messages/*/?*", polls.keep)
    with ana.page.expect_request("**/messages/*/?*"):
        pass
    ana.say("one")
    pending = ana.page.locator(".mine.pending")
    expect(pending).to_contain_text("one")
    expect(pending).to_contain_text("not yet seen")
    assert_accessible(ana.page)
    # Bia's message is on the server before Ana's second one, and that is the order.
    expect(ana.page.locator("#wire-rows")).to_contain_text("201 stored")
    chat.enter(room, "bia").say("two")
    ana.say("three")
    expect(pending).to_have_count(2)
    expect(ana.page.locator("#wire-rows tr", has_text="201")).to_have_count(2)
    polls.first().continue_()
    ana.sees("one", "two", "three")
    expect(pending).to_have_count(0)
    expect(ana.page.locator(".mine")).to_have_count(2)
    ana.page.unroute_all(behavior="ignoreErrors")


@polled
def test_a_poll_may_return_your_message_before_the_post_is_answered(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    held = hold_posts(ana.page, lambda route: (route, route.fetch()))
    ana.say("oi")
    ana.sees("oi")
    route, answer = held.first()
    with ana.page.expect_response(lambda response: response.status == 201):
        route.fulfill(response=answer)
    expect(ana.page.locator("#wire-rows")).to_contain_text("201 stored")
    expect(ana.page.locator("#chat-log p")).to_have_count(1)


@polled
def test_a_message_that_is_refused_disappears_and_its_text_comes_back(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    held = hold_posts(ana.page)
    ana.say("oi")
    expect(ana.page.locator(".pending")).to_be_visible()
    held.first().fulfill(status=400, json={"error": "No."})
    expect(ana.page.locator(".pending")).to_have_count(0)
    expect(ana.page.locator("#chat-message-input")).to_have_value("oi")


# ---- The panel ----------------------------------------------------------------------


def rows_of(page: Page) -> list[list[str]]:
    """Return the rows of the panel, the newest first, each as its five cells."""
    # Read all at once, because new rows may appear at the top meanwhile.
    return page.locator("#wire-rows tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


@some_steps("03", "05")
def test_the_panel_shows_the_types_of_frames(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    ana.say("oi")
    ana.sees("oi")
    rows = ana.page.locator("#wire-rows")
    types = ["message"]
    if chat.step.number == "05":
        types = ["sync", "presence", "send", "sent", "message"]
    for kind in types:
        expect(rows.get_by_role("cell", name=kind, exact=True).first).to_be_visible()
    (upgrade,) = [row for row in rows_of(ana.page) if row[1].startswith("101")]
    assert upgrade == ["↓", "101 socket open", "", "", ""]


def test_the_panel_shows_who_closed_a_socket(serve, browser):
    with serve(STEPS[1]) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.page.goto("/echo/")
        status = ana.page.locator("#chat-status")
        expect(status).to_have_text("/ws/echo/bare/ is open.")
        ana.say("one")
        expect(ana.page.locator("#chat-log p")).to_have_text(["one"])
        closing = ana.page.locator("#wire-rows tr", has_text="close")
        ana.page.locator("#chat-sender-input").select_option("/ws/echo/")
        expect(closing).to_have_text([re.compile(r"↑close 1\d{3}")])
        expect(status).to_have_text("/ws/echo/ is open.")
        ana.say("two")
        expect(ana.page.locator("#wire-messages")).to_have_text("2")
        server.process.stop()
        expect(closing.first).to_have_text(re.compile(r"↓close 1\d{3}"))
        ana.context.close()


@some_steps("02")
def test_another_transport_starts_a_new_count(chat, visit):
    ana = visit("ana")
    room = chat.room()
    ana.enter(room)
    bia = chat.enter(room, "bia")
    bia.say("polled")
    ana.sees("polled")
    expect(ana.page.locator("#wire-messages")).to_have_text("1")
    expect(ana.page.get_by_text("A new transport starts a new count.")).to_be_visible()
    ana.page.get_by_label("Server-Sent Events").check()
    expect(ana.page.locator("#chat-status")).to_contain_text("stream is open")
    bia.say("streamed")
    ana.sees("polled", "streamed")
    expect(ana.page.locator("#wire-messages")).to_have_text("1")
    expect(ana.page.locator("#wire-crossings-each")).to_have_text("2")
    assert [row[1] for row in rows_of(ana.page)] == ["event", "open event stream"]


@pytest.mark.parametrize("size", [(640, 640), (853, 480), (1280, 800)])
@some_steps("01", "05")
def test_the_panel_is_beside_the_log(chat, visit, size):
    """A window of 1280 pixels has 853 at a zoom of 150 %."""
    width, height = size
    ana = visit("ana", viewport={"width": width, "height": height})
    ana.enter(chat.room())
    assert_beside(ana.page, width)
    assert font_size(ana.page) > 14
    for shown in ("#chat-message-input", "#chat-log", "#wire-rows"):
        expect(ana.page.locator(shown)).to_be_in_viewport()


def assert_beside(page: Page, width: int) -> dict:
    """Assert that the panel is to the right of the log; return its box."""
    log = page.locator("#chat-log").bounding_box()
    panel = page.locator("#wire").bounding_box()
    assert panel["y"] == 0
    assert panel["x"] >= log["x"] + log["width"]
    assert panel["x"] + panel["width"] <= width
    return panel


def font_size(page: Page, selector: str = "#wire td") -> float:
    """Return the size of the panel's text, in pixels."""
    expect(page.locator(selector).first).to_be_visible()
    return page.locator(selector).first.evaluate(
        "cell => parseFloat(getComputedStyle(cell).fontSize)"
    )


@pytest.mark.parametrize("width", [853, 1280])
def test_a_projector_gets_half_a_window_of_large_text(chat, visit, width):
    ana = visit("ana", viewport={"width": width, "height": 480})
    ana.enter(chat.room())
    button = ana.page.get_by_role("button", name="Projector view (Alt+P)")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    ana.page.reload()
    ana.hears()
    expect(button).to_have_attribute("aria-pressed", "true")
    panel = assert_beside(ana.page, width)
    assert panel["width"] == pytest.approx(width / 2, abs=1)
    assert font_size(ana.page) == 24
    columns = ana.page.locator("#wire th:visible").all_text_contents()
    assert [name.strip() for name in columns] == ["dir", "what", "bytes"]
    expect(ana.page.locator("#wire-rows tr").first).to_be_in_viewport()
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= width
    assert_accessible(ana.page)

    # The key works as soon as the page is there, and never while somebody types.
    ana.page.keyboard.press("Alt+p")
    expect(button).to_have_attribute("aria-pressed", "false")
    ana.page.keyboard.type("p")
    ana.page.keyboard.press("Alt+p")
    ana.page.keyboard.type("P")
    expect(ana.page.locator("#chat-message-input")).to_have_value("pP")
    expect(button).to_have_attribute("aria-pressed", "false")


# ---- Size ---------------------------------------------------------------------------


def test_the_page_of_a_room_is_small(chat, visit):
    ana = visit("ana")
    ana.page.wait_for_load_state()  # of the lobby, after a log-in
    answers = []
    ana.page.on("response", lambda answer: answers.append(answer))
    ana.enter(chat.room())
    sizes = {
        answer.url: len(answer.body())
        for answer in answers
        if answer.request.resource_type in {"document", "stylesheet", "script"}
        and answer.ok
    }
    assert len(sizes) >= 6
    assert sum(sizes.values()) < MOST_BYTES, sizes


@by_folder
def test_no_script_is_long(step):
    for script in step.path.rglob("*.js"):
        assert len(script.read_text("utf-8").splitlines()) <= MOST_LINES, script
