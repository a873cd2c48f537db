"""The chats in a real browser: two people, one room, and a keyboard."""

import json
import re
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import STEPS
from heard import Heard
from people import PASSWORD, Chat, path_of
from playwright.sync_api import expect

from course import servers
from course.bench.crowd import WORDS
from tools.pages.measured import figures_of

expect.set_options(timeout=20_000)  # milliseconds; for a machine with other work to do

SCREENS = {"desk": (1280, 800), "phone": (390, 844)}
SAID = "#chat-log p:not(.pending) .text"
GUIDELINES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
POLLED = ["01-http-polling", "02-wsgi-vs-asgi"]
# How somebody listens in each step, and which chat of the bench does so.
LISTENING = {
    "01": ("Long polling", "01-long-128-threads"),
    "02": ("Server-Sent Events", "02-events"),
    "03": ("", "03"),
    "04": ("", "04"),
    "05": ("", "05-daphne"),
}


class Visitor:
    """Somebody at a browser of her own."""

    def __init__(self, browser, chat: Chat, name: str, **options) -> None:
        self.context = browser.new_context(base_url=chat.home, **options)
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))
        if chat.step.can["login"]:
            self.page.goto("/chat/")
            self.page.locator("[name=username]").fill(name)
            self.page.locator("[name=password]").fill(PASSWORD)
            self.page.locator("main button").click()
            self.page.wait_for_url(f"{chat.home}/chat/")

    def enter(self, room: str) -> None:
        """Open a room and wait until the page hears it."""
        self.page.goto(path_of(room))
        self.hears()

    def hears(self) -> None:
        """Wait until the page hears its room."""
        expect(self.page.locator("#chat-status")).to_contain_text(
            re.compile("Connected|Listening|Conectado")
        )

    def say(self, text: str) -> None:
        """Type a message and send it."""
        self.page.locator("#chat-message-input").fill(text)
        self.page.locator("#chat-message-submit").click()

    def sees(self, *texts: str) -> None:
        """Expect exactly these messages in the log, each once, in this order."""
        expect(self.page.locator(SAID)).to_have_text(list(texts))


@pytest.fixture
def visit(browser, chat):
    """Let people come with browsers of their own: `visit("ana")`."""
    visitors = []

    def visit(name: str = "ana", **options) -> Visitor:
        visitors.append(Visitor(browser, chat, name, **options))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.context.close()
        assert not visitor.errors


def test_two_people_in_one_room_see_each_message_once(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    ana.say("oi")
    bia.sees("oi")
    bia.say("<script>alert('no')</script> 😀")
    ana.sees("oi", "<script>alert('no')</script> 😀")
    bia.sees("oi", "<script>alert('no')</script> 😀")


@pytest.mark.parametrize("name", ["café com leite", "sala 1", "日本語", "😀"])
def test_the_lobby_leads_to_a_room_of_any_name(chat, visit, name):
    room = chat.room(name)
    ana = visit("ana")
    ana.page.goto("/chat/")
    ana.page.locator("#room-name-input").fill(room)
    ana.page.locator("#room-name-submit").click()
    ana.page.wait_for_url(f"**/chat/{quote(room)}/")
    expect(ana.page.get_by_role("heading", level=1)).to_have_text(room)
    ana.hears()
    ana.say("oi")
    ana.sees("oi")


def test_the_chat_works_by_keyboard_alone(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    expect(ana.page.locator("#chat-message-input")).to_be_focused()
    ana.page.keyboard.type("no mouse")
    ana.page.keyboard.press("Enter")
    ana.sees("no mouse")
    ana.page.keyboard.type("and on")
    ana.page.keyboard.press("Tab")
    expect(ana.page.locator("#chat-message-submit")).to_be_focused()
    ana.page.keyboard.press("Space")
    ana.sees("no mouse", "and on")


def test_the_wire_panel_counts_what_crosses(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    ana.say("oi")
    bia.sees("oi")
    total = bia.page.locator("#wire-messages")
    expect(total).to_have_text("1")
    row = bia.page.locator("#wire-rows tr", has_text=f"{chat.port} (pid").filter(
        has=bia.page.locator("td:nth-child(4)", has_text=re.compile(r"\d"))
    )
    cells = row.first.locator("td").all_text_contents()
    assert cells[0] == "↓"
    assert 100 < int(cells[2]) < 1500
    assert 0 <= int(cells[3]) < 15_000
    bia.page.get_by_role("button", name="Count from zero").click()
    expect(total).to_have_text("0")


def test_the_wire_panel_agrees_with_the_bench(chat, visit):
    """The bytes for each message, on the page and as recorded, within two fifths.

    They cannot be the same: a browser says more about itself with each question than
    the bench does, and a real message says when it was sent.
    """
    way, measured = LISTENING[chat.step.number]
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    if way:
        bia.page.get_by_label(way).check()
        expect(bia.page.locator("#chat-status")).to_contain_text(
            re.compile("holding|stream is open")
        )
    if chat.step.can["login"]:  # what says so is not to be counted
        expect(bia.page.locator("#chat-here")).to_have_text("Here now: ana, bia")
    bia.page.get_by_role("button", name="Count from zero").click()
    texts = [f"{number} {WORDS}" for number in range(5)]
    for count, text in enumerate(texts, 1):
        ana.say(text)
        bia.sees(*texts[:count])
    shown = float(bia.page.locator("#wire-bytes-each").text_content().replace(",", ""))
    recorded = figures_of("steps").of("listen-100", measured, "bytes_per_delivery")
    assert 0.6 < shown / recorded < 1.4, (shown, recorded)


def test_an_empty_message_is_not_sent_and_a_refused_one_is_explained(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    ana.say("   ")
    # What is sent leaves the input.
    expect(ana.page.locator("#chat-message-input")).to_have_value("   ")
    # Past the limit of the input, as a script would.
    ana.page.evaluate("document.querySelector('#chat-message-input').maxLength = 9999")
    ana.say("a" * 3000)
    expect(ana.page.get_by_role("alert")).to_contain_text("3000 characters")
    ana.say("short")
    ana.sees("short")
    expect(ana.page.locator("#chat-problem")).to_be_empty()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_has_an_accessibility_violation(chat, visit, scheme, screen):
    width, height = SCREENS[screen]
    viewport = {"width": width, "height": height}
    ana = visit("ana", color_scheme=scheme, viewport=viewport)
    ana.page.goto("/chat/")
    assert_accessible(ana.page)
    room = chat.room()
    ana.enter(room)
    ana.say("oi")
    ana.sees("oi")
    chat.enter(room, "bia").say("oi, Ana")
    ana.sees("oi", "oi, Ana")
    assert_accessible(ana.page)
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= width
    ana.page.keyboard.press("Alt+p")  # the projector view of the panel
    expect(ana.page.locator("body")).to_have_class(re.compile("projector"))
    assert_accessible(ana.page)
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= width
    if chat.step.folder == "02-wsgi-vs-asgi":
        ana.page.goto("/echo/")
        assert_accessible(ana.page)
    if chat.step.can["login"]:
        for page in ("/accounts/signup/", "/accounts/password/", "/rooms/new/"):
            ana.page.goto(page)
            assert_accessible(ana.page)


def assert_accessible(page) -> None:
    page.wait_for_load_state()  # Text can be there before the style sheet is.
    options = {"runOnly": GUIDELINES, "resultTypes": ["violations"]}
    results = Axe().run(page, options=options)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize(
    "kind", ["Short polling", "Long polling", "Server-Sent Events"]
)
@pytest.mark.parametrize("folder", POLLED)
def test_every_way_to_listen_hears_everything_once(serve, browser, folder, kind):
    (step,) = [step for step in STEPS if step.folder == folder]
    if kind == "Server-Sent Events" and folder == POLLED[0]:
        return  # it comes with the next step
    with serve(step) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        room = chat.room()
        ana.enter(room)
        ana.page.get_by_label(kind).check()
        status = {"Short": "asking every", "Long": "holding", "Serve": "stream is open"}
        expect(ana.page.locator("#chat-status")).to_contain_text(
            status[kind[:5].strip()]
        )
        bia = chat.enter(room, "bia")
        bia.say("one")
        ana.say("two")
        bia.say("three")
        expect(ana.page.locator("#chat-log .text")).to_have_count(3)
        # A change of transport neither loses nor repeats.
        ana.page.get_by_label("Short polling").check()
        bia.say("four")
        expect(ana.page.locator("#chat-log .text")).to_have_count(4)
        assert not ana.errors
        ana.context.close()


@pytest.mark.parametrize("folder", POLLED)
def test_a_long_poll_does_not_wait_for_that_of_another_tab(serve, browser, folder):
    """Of two equal questions whose answer it may keep, Chromium sends only one."""
    (step,) = [step for step in STEPS if step.folder == folder]
    with serve(step) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.enter(chat.room())
        with ana.page.expect_request("**/messages/*/?*wait=*") as question:
            ana.page.get_by_label("Long polling").check()
        ana.say("oi")  # what has been sent is known once there is an answer
        assert question.value.all_headers()["cache-control"] == "no-cache"
        ana.context.close()


def test_the_wire_panel_tells_what_is_stored_from_what_is_refused(serve, browser):
    with serve(STEPS[0]) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.enter(chat.room())
        rows = ana.page.locator("#wire-rows")
        ana.say("oi")
        expect(rows).to_contain_text("201 stored")
        ana.page.evaluate(
            "fetch(document.body.dataset.messages, { method: 'POST', body: '{}' })"
        )
        expect(rows).to_contain_text("400 refused")
        expect(rows).not_to_contain_text("400 stored")
        ana.context.close()


@pytest.mark.parametrize("threads", [None, 4], ids=["asgi", "wsgi"])
def test_the_echo_page_echoes_or_says_why_it_cannot(serve, browser, threads):
    with serve(STEPS[1], threads=threads) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.page.goto("/echo/")
        status = ana.page.locator("#chat-status")
        if threads:
            expect(ana.page.get_by_text("both sockets will be refused")).to_be_visible()
            expect(status).to_contain_text("closed (code 1006)")
        else:
            echoes = ana.page.locator("#chat-log p")
            # Not first the one that is open already: the status would say so too soon.
            for path in ("/ws/echo/", "/ws/echo/bare/"):
                ana.page.locator("#chat-sender-input").select_option(path)
                expect(status).to_have_text(f"{path} is open.")
                ana.say(f"to {path}")
                # The next choice closes this socket, and what was on its way is gone.
                expect(echoes.last).to_have_text(f"to {path}")
            expect(echoes).to_have_text(["to /ws/echo/", "to /ws/echo/bare/"])
        ana.context.close()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_when_the_server_is_gone_the_page_says_so_and_keeps_the_text(
    serve, browser, step
):
    with serve(step) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.enter(chat.room())
        server.process.stop()
        expect(ana.page.locator("#chat-status.trouble")).to_be_visible()
        ana.say("can you hear me?")
        if step.number == "05":  # it has an outbox
            expect(ana.page.locator(".pending")).to_contain_text("can you hear me?")
        else:
            expect(ana.page.get_by_role("alert")).to_contain_text("Not sent")
            expect(ana.page.locator("#chat-message-input")).to_have_value(
                "can you hear me?"
            )
        assert not ana.errors
        ana.context.close()


def test_an_invite_leads_somebody_through_the_login_into_a_room_for_two(serve, browser):
    with serve(STEPS[-1]) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.page.goto("/rooms/new/")
        ana.page.get_by_label("Name").fill("só nós dois")
        ana.page.get_by_label("Kind").select_option("two")
        ana.page.get_by_role("button", name="New room").click()
        ana.page.get_by_role("button", name="Invite").click()
        link = ana.page.get_by_label("Link").input_value()
        assert_accessible(ana.page)

        context = browser.new_context()
        bia = context.new_page()
        bia.goto(link)
        expect(bia).to_have_url(f"{chat.home}/invite/")  # the token is gone from it
        assert_accessible(bia)
        bia.get_by_role("link", name="Log in").click()
        bia.get_by_label("Username").fill("bia")
        bia.get_by_label("Password").fill(PASSWORD)
        bia.get_by_role("button", name="Log in").click()
        bia.get_by_role("button", name="Enter the room as bia").click()
        expect(bia.get_by_role("heading", level=1)).to_have_text("só nós dois")
        bia.get_by_label("Message", exact=True).fill("oi, Ana")
        bia.get_by_role("button", name="Send").click()
        ana.page.get_by_role("link", name="Back to the room").click()
        ana.sees("oi, Ana")
        context.close()
        ana.context.close()


def test_when_the_server_comes_back_nothing_is_lost_and_nothing_is_there_twice(
    serve, browser
):
    with serve(STEPS[-1]) as (server,), Chat(server) as chat:
        ana, bia = Visitor(browser, chat, "ana"), Visitor(browser, chat, "bia")
        room = chat.room()
        ana.enter(room)
        bia.enter(room)
        ana.say("before")
        bia.sees("before")
        server.process.stop()
        for visitor in (ana, bia):
            expect(visitor.page.locator("#chat-status")).to_contain_text("Trying again")
        ana.say("while it was away")
        expect(ana.page.locator(".pending .text")).to_have_text("while it was away")
        server.process.__enter__()  # the same command, at the same port
        servers.wait_for([server])
        bia.say("here again")
        for visitor in (ana, bia):
            # After many tries, the next one may be half a minute away.
            expect(visitor.page.locator("#chat-status")).to_have_text(
                "Connected.", timeout=60_000
            )
        for visitor in (ana, bia):
            texts = visitor.page.locator("#chat-log .text")
            expect(texts).to_have_count(3)
            expect(visitor.page.locator(".pending")).to_have_count(0)
            assert sorted(texts.all_text_contents()) == [
                "before",
                "here again",
                "while it was away",
            ]
        # One order for everybody, after a reload too.
        order = ana.page.locator("#chat-log .text").all_text_contents()
        bia.sees(*order)
        bia.page.reload()
        bia.sees(*order)
        for visitor in (ana, bia):
            assert not visitor.errors
            visitor.context.close()


def test_what_was_on_its_way_survives_a_reload(serve, browser):
    with serve(STEPS[-1]) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        room = chat.room()
        ana.enter(room)
        server.process.stop()
        ana.say("do not forget me")
        expect(ana.page.locator(".pending")).to_have_count(1)
        server.process.__enter__()
        servers.wait_for([server])
        ana.page.reload()
        ana.sees("do not forget me")
        expect(ana.page.locator(".pending")).to_have_count(0)
        ana.page.reload()
        ana.sees("do not forget me")
        ana.context.close()


# ---- What only the last step owes to its people ------------------------------------

final = pytest.mark.parametrize(
    "server", [STEPS[-1]], ids=[STEPS[-1].folder], indirect=True
)
TOO_LONG = "far too much " * 200  # 2600 characters


def lift_limit(visitor: Visitor) -> None:
    """Let somebody type more than the page allows, as a script would."""
    visitor.page.evaluate(
        "document.querySelector('#chat-message-input').maxLength = 9999"
    )


@final
def test_a_reload_and_a_tunnel_lose_nothing_and_double_nothing(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    ana.say("one")
    bia.sees("one")
    bia.context.set_offline(True)
    # Chromium says so by itself, unless it had no network but this machine before.
    bia.page.evaluate("dispatchEvent(new Event('offline'))")
    expect(bia.page.locator("#chat-status.trouble")).to_contain_text("Trying again")
    bia.say("from the tunnel")
    bia.say("and more")
    ana.say("two")
    ana.sees("one", "two")
    ana.page.reload()
    ana.say("three")
    ana.sees("one", "two", "three")
    expect(bia.page.locator(".pending .text")).to_have_text(
        ["from the tunnel", "and more"]
    )
    bia.context.set_offline(False)
    bia.page.evaluate("dispatchEvent(new Event('online'))")
    for visitor in (ana, bia):
        visitor.sees("one", "two", "three", "from the tunnel", "and more")
        expect(visitor.page.locator(".pending")).to_have_count(0)


@final
def test_everybody_is_here_once_however_many_tabs_and_only_for_as_long(chat, visit):
    room = chat.room()
    ana, bia, caio = visit("ana"), visit("bia"), visit("caio")
    here = ana.page.locator("#chat-here")
    ana.enter(room)
    expect(here).to_have_text("Here now: ana")
    bia.enter(room)
    second = bia.context.new_page()
    second.goto(path_of(room))
    expect(second.locator("#chat-here")).to_have_text("Here now: ana, bia")
    expect(here).to_have_text("Here now: ana, bia")
    second.close()
    caio.enter(room)
    expect(here).to_have_text("Here now: ana, bia, caio")
    bia.page.close()
    expect(here).to_have_text("Here now: ana, caio")
    caio.page.goto("/chat/")
    expect(here).to_have_text("Here now: ana")
    caio.page.reload()  # the first time, the lobby may not have known that he had left
    expect(caio.page.get_by_role("listitem").filter(has_text=room)).to_contain_text(
        "Here now: ana"
    )


@final
def test_who_is_typing_is_shown_until_the_message_is_there_or_nothing_comes(
    chat, visit
):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    typing = ana.page.locator("#chat-typing")
    expect(bia.page.locator("#chat-message-input")).to_be_focused()
    bia.page.keyboard.type("hm")
    expect(typing).to_have_text("bia is typing…")
    bia.page.keyboard.press("Enter")
    ana.sees("hm")
    expect(typing).to_be_empty(timeout=1000)
    # A page reports typing at most every two seconds, so the comma is a new report.
    bia.page.keyboard.type("slowly")
    bia.page.wait_for_timeout(2100)
    bia.page.keyboard.type(",")
    expect(typing).to_have_text("bia is typing…")
    expect(typing).to_be_empty()


@final
def test_what_is_typed_and_sent_at_once_is_not_typed_any_more(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    expect(bia.page.locator("#chat-message-input")).to_be_focused()
    # Freeze this page's clock: a busy server may say late who is typing.
    ana.page.clock.set_fixed_time(datetime.now())
    with ana.page.expect_websocket() as sockets:
        ana.page.reload()
    ana.hears()
    with sockets.value.expect_event("framereceived", lambda frame: "typing" in frame):
        bia.page.keyboard.type("oi")
        bia.page.keyboard.press("Enter")
        ana.sees("oi")
    assert ana.page.locator("#chat-typing").text_content() == ""


def test_scrolling_back_keeps_the_place_and_shows_everything_once(
    serve, browser, monkeypatch
):
    monkeypatch.setenv("MESSAGES_PER_SECOND", "1000")
    with serve(STEPS[-1]) as (server,), Chat(server) as chat:
        room = chat.room()
        with chat.enter(room, "bia") as bia:
            texts = [f"message {number}" for number in range(1, 171)]
            for text in texts:
                bia.say(text)
            for _ in texts:
                bia.hear()
        ana = Visitor(browser, chat, "ana")
        ana.enter(room)
        ana.sees(*texts[-100:])
        log = ana.page.locator("#chat-log")
        older = ana.page.get_by_role("button", name="Show older messages")
        # This line makes the log smaller, and the next frame puts its end right.
        expect(ana.page.locator("#chat-here")).to_contain_text("ana")
        assert log.evaluate(
            """log => new Promise((tell) => requestAnimationFrame(() => setTimeout(() =>
              tell(log.scrollHeight - log.scrollTop - log.clientHeight < 2))))"""
        )

        # By keyboard.
        place = ana.page.get_by_text(texts[-100], exact=True)
        older.focus()
        top = place.bounding_box()["y"]
        ana.page.keyboard.press("Enter")
        ana.sees(*texts[-150:])
        assert abs(place.bounding_box()["y"] - top) < 2
        expect(ana.page.locator("#chat-older-status")).to_have_text("50 older messages")
        expect(older).to_be_focused()

        # By scrolling to the top.
        place = ana.page.get_by_text(texts[-149], exact=True)
        log.hover()
        ana.page.mouse.wheel(0, -20_000)
        ana.sees(*texts)
        assert place.is_visible()
        box = log.bounding_box()
        assert box["y"] < place.bounding_box()["y"] < box["y"] + box["height"]
        expect(older).to_be_hidden()

        # Whoever reads above stays there.
        with chat.enter(room, "bia") as bia:
            top = place.bounding_box()["y"]
            bia.say("something new")
            ana.sees(*texts, "something new")
            assert place.bounding_box()["y"] == top
        assert not ana.errors
        ana.context.close()


@final
def test_markup_stays_text_wherever_somebody_types_it(chat, visit):
    image = "<img src=x onerror=alert(1)>"
    room = chat.room(image)
    ana = visit("ana")
    ana.enter(room)
    expect(ana.page.get_by_role("heading", level=1)).to_have_text(room)
    for text in (image, "<script>alert(2)</script>", "</p><b>bold</b>"):
        ana.say(text)
    ana.sees(image, "<script>alert(2)</script>", "</p><b>bold</b>")
    answer = ana.page.goto("/chat/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    expect(ana.page.get_by_role("link", name=room)).to_be_visible()
    ana.page.goto("/chat/?room=" + quote(image))
    expect(ana.page.get_by_role("alert")).to_contain_text(image)


@final
def test_fifteen_messages_in_one_breath_arrive_one_by_one_in_order(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    texts = [f"quick {number}" for number in range(15)]
    ana.page.evaluate(
        """texts => {
          const input = document.querySelector("#chat-message-input");
          for (const text of texts) {
            input.value = text;
            input.form.requestSubmit();
          }
        }""",
        texts,
    )
    for visitor in (ana, bia):
        visitor.sees(*texts)
        expect(visitor.page.locator(".pending")).to_have_count(0)
        expect(visitor.page.locator("#chat-problem")).to_be_empty()


@final
def test_a_message_that_is_refused_stays_with_its_text(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    lift_limit(ana)
    ana.say(TOO_LONG)
    failed = ana.page.locator(".failed")
    expect(failed).to_contain_text("Not sent: The message has 2599 characters")
    ana.page.reload()
    expect(failed.locator(".text")).to_have_text(TOO_LONG)
    ana.say("something else")
    ana.sees("something else")
    failed.get_by_role("button", name="Send again").click()
    expect(ana.page.get_by_role("alert")).to_contain_text("2599 characters")
    expect(failed.locator(".text")).to_have_text(TOO_LONG)


@final
def test_a_message_that_is_refused_is_changed_by_keyboard(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    lift_limit(ana)
    ana.say(TOO_LONG)
    expect(ana.page.locator(".failed")).to_be_visible()
    typed = ana.page.locator("#chat-message-input")
    typed.focus()
    ana.page.keyboard.type("And this")
    ana.page.keyboard.press("Shift+Tab")
    expect(ana.page.get_by_role("button", name="Edit")).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(typed).to_be_focused()
    expect(typed).to_have_value(f"And this {TOO_LONG}")
    expect(ana.page.locator(".pending")).to_have_count(0)
    typed.fill("Shorter")
    ana.page.keyboard.press("Enter")
    ana.sees("Shorter")


@final
def test_what_is_sent_before_the_script_is_there_is_not_lost(chat, visit):
    room = chat.room()
    ana = visit("ana")
    held = Heard(ana.page)
    ana.page.route("**/room.js", held.keep)
    with ana.page.expect_request("**/room.js"):
        ana.page.goto(path_of(room), wait_until="commit")
    typed = ana.page.locator("#chat-message-input")
    typed.fill("so soon")
    typed.press("Enter")
    expect(typed).to_have_value("so soon\n")  # nothing sends it yet
    held.first().continue_()
    expect(ana.page.get_by_role("button", name="Send")).to_be_enabled()
    typed.press("Enter")
    ana.sees("so soon")


@final
def test_an_invite_cannot_be_taken_before_the_script_has_filled_it_in(chat, visit):
    ana = visit("ana")
    held = Heard(ana.page)
    ana.page.route("**/invite.js", held.keep)
    with ana.page.expect_request("**/invite.js"):
        ana.page.goto("/invite/#token", wait_until="commit")
    enter = ana.page.get_by_role("button", name="Enter the room as ana")
    expect(enter).to_be_disabled()
    held.first().continue_()
    expect(enter).to_be_enabled()


@final
def test_the_link_of_a_room_is_copied(chat, visit):
    room = chat.room()
    ana = visit("ana", permissions=["clipboard-read", "clipboard-write"])
    ana.enter(room)
    ana.page.get_by_role("button", name="Copy link").click()
    expect(ana.page.locator("#copy-status")).to_have_text("Copied.")
    link = ana.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{chat.home}{path_of(room)}"
    expect(ana.page.locator("#copy-status")).to_be_empty()


@final
def test_a_browser_that_does_not_copy_shows_what_to_copy(chat, visit):
    room = chat.room()
    ana = visit("ana")
    ana.page.add_init_script("delete Navigator.prototype.clipboard")  # as over http
    ana.enter(room)
    ana.page.get_by_role("button", name="Copy link").click()
    expect(ana.page.locator("#copy-status")).to_contain_text(
        "This browser does not copy for a page. Copy it yourself: "
        f"{chat.home}{path_of(room)}"
    )


@final
def test_the_times_are_those_of_the_reader(chat, visit):
    room = chat.room()
    shown = {}
    for zone, locale in (("Asia/Tokyo", "en-US"), ("America/Sao_Paulo", "pt-BR")):
        reader = visit("ana", timezone_id=zone, locale=locale)
        reader.enter(room)
        if not shown:
            reader.say("now")
        reader.sees("now")
        shown[zone] = reader.page.locator("#chat-log time")
        expect(shown[zone]).to_have_attribute("datetime", re.compile(r"^20.*Z$"))
    assert re.fullmatch(r"\d+:\d\d\s[AP]M", shown["Asia/Tokyo"].text_content())
    assert re.fullmatch(r"\d\d:\d\d", shown["America/Sao_Paulo"].text_content())
    expect(shown["Asia/Tokyo"]).to_have_attribute("title", re.compile(r"day, .*GMT\+9"))
    expect(shown["America/Sao_Paulo"]).to_have_attribute(
        "title", re.compile(r"feira|sábado|domingo")
    )


@final
def test_a_message_of_another_day_is_below_its_date(chat, visit):
    ana = visit("ana")
    room = chat.room()
    ana.enter(room)
    ana.say("today")
    time = ana.page.locator("#chat-log time")
    ana.sees("today")
    expect(time).to_have_text(re.compile(r"^\d+:\d\d\s[AP]M$"))
    ana.page.clock.install(time=datetime.now() + timedelta(days=2))
    ana.page.reload()
    expect(time).to_have_text(re.compile(r"^\d+:\d\d\s[AP]M$"))
    expect(ana.page.get_by_role("heading", level=2)).to_have_text(
        re.compile(r"^\w+day, \w+ \d+, \d{4}$")
    )


@final
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chat_speaks_portuguese_everywhere_without_a_barrier(chat, visit, scheme):
    room = chat.room()
    bia = visit("bia")
    bia.enter(room)
    viewport = {"width": 360, "height": 740}
    ana = visit("ana", locale="pt-BR", color_scheme=scheme, viewport=viewport)
    ana.enter(room)
    ana.say("uma palavra bem comprida: " + "a" * 200)
    expect(ana.page.locator(".pending")).to_have_count(0)
    lift_limit(ana)
    ana.say(TOO_LONG)
    expect(ana.page.locator(".failed .state")).to_have_text(
        "Não enviada: A mensagem tem 2599 caracteres; o máximo é 2000."
    )
    expect(ana.page.locator("#chat-here")).to_have_text("Aqui agora: ana, bia")
    bia.page.keyboard.type("hm")
    expect(ana.page.locator("#chat-typing")).to_have_text("bia está digitando…")
    assert_fine(ana.page, "pt-br", 360)
    log = ana.page.locator("#chat-log")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth")
    pages = ["/chat/", "/chat/?room=não há", "/rooms/new/", "/accounts/password/"]
    for page in [*pages, "/invite/"]:
        ana.page.goto(page)
        assert_fine(ana.page, "pt-br", 360)

    # A room with a password, and one for two.
    ana.page.goto("/rooms/new/")
    ana.page.get_by_label("Nome").fill(room[::-1])
    ana.page.get_by_label("Tipo").select_option(label="com senha")
    ana.page.get_by_label("Senha").fill("sésamo")
    ana.page.get_by_role("button", name="Nova sala").click()
    expect(ana.page.locator("#chat-status")).to_have_text("Conectado.")
    bia.page.goto(path_of(room[::-1]))
    assert_fine(bia.page, "en", 1280)
    bia.page.get_by_role("button", name="Português").click()
    expect(bia.page.get_by_role("heading", level=1)).to_contain_text("Entrar em")
    bia.page.get_by_label("Senha").fill("abre-te")
    bia.page.locator("main button").click()
    expect(bia.page.get_by_text("Esta não é a senha da sala.")).to_be_visible()
    assert_fine(bia.page, "pt-br", 1280)
    ana.page.goto("/rooms/new/")
    ana.page.get_by_label("Nome").fill(f"só nós {room}")
    ana.page.get_by_label("Tipo").select_option("two")
    ana.page.get_by_role("button", name="Nova sala").click()
    ana.page.get_by_role("button", name="Menu").click()
    assert_accessible(ana.page)
    ana.page.get_by_role("button", name="Convidar").click()
    expect(ana.page.get_by_role("button", name="Copiar", exact=True)).to_be_visible()
    assert_fine(ana.page, "pt-br", 360)
    ana.page.get_by_role("link", name="Voltar à sala").click()
    ana.page.get_by_role("button", name="Menu").click()
    for link in ("Membros", "Sair da sala"):
        ana.page.get_by_role("link", name=link).click()
        expect(ana.page.get_by_role("heading", level=1)).to_contain_text("só nós")
        assert_fine(ana.page, "pt-br", 360)

    ana.page.goto("/chat/")
    ana.page.get_by_role("button", name="Sair").click()
    expect(ana.page).to_have_url(re.compile("/accounts/login/"))
    assert_fine(ana.page, "pt-br", 360)
    for page in ("/accounts/signup/", "/accounts/password/reset/", "/invite/"):
        ana.page.goto(page)
        assert_fine(ana.page, "pt-br", 360)


def assert_fine(page, language: str, width: int) -> None:
    """Expect a page in a language, without barriers, and no wider than the screen."""
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_accessible(page)


@final
def test_the_language_of_a_room_is_chosen_on_its_page(chat, visit):
    room = chat.room()
    ana = visit("ana")
    ana.enter(room)
    ana.page.get_by_role("button", name="Português Brasileiro").click()
    expect(ana.page.locator("#chat-status")).to_have_text("Conectado.")
    expect(ana.page.get_by_role("heading", level=1)).to_have_text(room)
    expect(ana.page.get_by_text("passagens no último minuto")).to_be_visible()
    ana.page.get_by_role("button", name="English").click()
    expect(ana.page.locator("#chat-status")).to_have_text("Connected.")


# ---- Against a server that does what a real one seldom does -------------------------


class Stage:
    """A server that says to one page whatever a scene wants."""

    def __init__(self, visitor: Visitor) -> None:
        self.page = visitor.page
        self.sockets = []
        self.heard = []
        self.said = 0  # bytes
        self.page.route_web_socket("**/ws/**", self.open)

    def open(self, socket) -> None:
        """The page comes, for the first time or again."""
        self.sockets.append(socket)
        socket.on_message(lambda frame: self.heard.append(json.loads(frame)))
        self.say(type="sync", messages=[], reset=True, more=False, epoch=1)

    def say(self, **frame) -> None:
        """Say something to the page."""
        text = json.dumps(frame, ensure_ascii=False)
        self.said += len(text.encode())
        self.sockets[-1].send(text)

    def hears(self, kind: str, count: int = 1) -> dict:
        """Return the newest frame of a kind, once there are so many."""
        for _ in range(1000):
            found = [one for one in self.heard if one["type"] == kind]
            if len(found) >= count:
                return found[-1]
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{len(found)} × {kind}, {count} expected")


def message(seq: int, text: str, **more) -> dict:
    """Return a message as a server sends it."""
    frame = {"type": "message", "seq": seq, "cid": None, "text": text, "sender": "bia"}
    return frame | {"at": 1_700_000_000_000, "sent_at": None, "server": "8000"} | more


@pytest.fixture
def on_stage(chat, visit):
    """Ana in a room whose server is played by the scene."""
    ana = visit("ana")
    stage = Stage(ana)
    ana.enter(chat.room())
    return ana, stage


@final
def test_the_page_says_how_much_it_has_read(on_stage):
    _, stage = on_stage
    for total in (400_000, 800_000):
        for _ in range(2):
            stage.say(type="from a newer server", text="é" * 100_000)
        assert total < stage.said
        assert stage.hears("ack", total // 400_000)["bytes"] == stage.said


@final
@pytest.mark.parametrize(
    ("code", "way_out"),
    [
        (4400, "Reload the page"),
        (4401, "Log in again"),
        (4403, "Go to the lobby"),
        (4404, "Go to the lobby"),
        (4409, "Reload the page"),
    ],
)
def test_a_page_that_is_shut_out_for_good_shows_a_way_out_and_does_not_reconnect(
    on_stage, code, way_out
):
    ana, stage = on_stage
    ana.page.clock.install()
    stage.say(type="error", code="logged_out", error="You have been logged out.")
    stage.sockets[0].close(code=code)
    status = ana.page.locator("#chat-status")
    expect(status).to_have_text(f"Disconnected (code {code}). {way_out}")
    expect(ana.page.get_by_role("alert")).to_have_text("You have been logged out.")
    ana.page.clock.run_for(120_000)
    ana.page.evaluate("window.dispatchEvent(new Event('online'))")
    ana.page.clock.run_for(120_000)
    assert len(stage.sockets) == 1
    room = ana.page.url
    ana.page.get_by_role("link", name=way_out).click()
    expect(ana.page).to_have_url(re.compile("/chat/$") if "lobby" in way_out else room)


@final
def test_whoever_sent_too_much_waits_ten_seconds(on_stage):
    ana, stage = on_stage
    stage.sockets[0].close(code=4429)
    expect(ana.page.locator("#chat-status")).to_have_text(
        re.compile(r"Trying again in 1\d s\.")
    )
    expect(ana.page.locator("#chat-status")).to_have_text("Connected.")
    assert len(stage.sockets) == 2


@final
def test_the_page_says_what_it_has_when_it_comes_back(on_stage):
    ana, stage = on_stage
    stage.say(**message(1, "one"))
    stage.say(**message(2, "two"))
    stage.say(**message(2, "two once more"))
    stage.say(**message(3, "three"))
    ana.sees("one", "two", "three")
    stage.sockets[0].close(code=4012)
    ana.sees()  # the stage lets the log begin anew
    assert stage.sockets[1].url.endswith("/?after=3&epoch=1")


@final
def test_what_the_server_cannot_store_now_is_sent_again_and_stays_first(on_stage):
    ana, stage = on_stage
    ana.say("first")
    ana.say("second")
    cid = stage.hears("send")["cid"]
    stage.say(type="error", code="unavailable", error="Later.", cid=cid)
    again = stage.hears("send", 2)
    assert (again["cid"], again["text"]) == (cid, "first")
    stage.say(type="sent", cid=cid, seq=1, dup=False)
    assert stage.hears("send", 3)["text"] == "second"
    stage.say(**message(1, "first", cid=cid))
    ana.sees("first")
    expect(ana.page.locator(".pending .text")).to_have_text(["second"])


@final
def test_what_cuts_the_line_each_time_is_given_up_and_kept(on_stage):
    ana, stage = on_stage
    ana.page.clock.install()
    ana.say("nobody answers")
    for tries in range(1, 5):
        stage.hears("send", tries)
        ana.page.clock.run_for(20_000)
        ana.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(ana.page.locator(".failed")).to_contain_text(
        "Not sent: No answer, after several tries."
    )
    ana.page.get_by_role("button", name="Send again").click()
    assert stage.hears("send", 5)["text"] == "nobody answers"
    assert len(stage.sockets) == 5  # each try but the first had a line of its own


@final
def test_a_failed_message_that_had_arrived_is_not_there_twice(on_stage):
    ana, stage = on_stage
    ana.say("here or not?")
    cid = stage.hears("send")["cid"]
    stage.say(type="error", code="bad_message", error="No good.", cid=cid)
    expect(ana.page.locator(".failed")).to_be_visible()
    stage.say(**message(1, "here or not?", cid=cid, sender="ana"))
    ana.sees("here or not?")
    expect(ana.page.locator(".pending")).to_have_count(0)
    expect(ana.page.get_by_role("img", name="sent")).to_be_visible()


@final
def test_of_many_people_some_names_and_how_many_more_are_shown(on_stage):
    ana, stage = on_stage
    stage.say(type="presence", people=["ana", "bia"], count=14)
    expect(ana.page.locator("#chat-here")).to_have_text(
        "Here now: ana, bia and 12 more"
    )
    typing = ana.page.locator("#chat-typing")
    stage.say(type="typing", people=["ana", "bia", "caio"])
    expect(typing).to_have_text("bia, caio are typing…")
    stage.say(type="typing", people=["bia", "caio"])  # they go on: each lasts 4 seconds
    stage.say(type="typing", people=["dora", "eva"])
    expect(typing).to_have_text("Several people are typing…")


@final
def test_a_tab_that_is_open_for_days_forgets_the_oldest_and_can_ask_for_them(on_stage):
    ana, stage = on_stage
    older = ana.page.get_by_role("button", name="Show older messages")
    for first in range(1, 1000, 100):
        page = [message(seq, f"{seq}") for seq in range(first, first + 100)]
        stage.say(type="sync", messages=page, reset=False, more=None, epoch=None)
    ana.sees(*map(str, range(1, 1001)))
    expect(older).to_be_hidden()
    stage.say(**message(1001, "1001"))
    ana.sees(*map(str, range(502, 1002)))
    older.click()
    assert stage.hears("history")["before"] == 502
    page = [message(seq, f"{seq}") for seq in range(452, 502)]
    stage.say(type="history", messages=page, more=True)
    ana.sees(*map(str, range(452, 1002)))


@final
def test_older_messages_that_are_asked_for_too_often_are_asked_for_again(on_stage):
    ana, stage = on_stage
    stage.say(type="sync", messages=[message(2, "two")], reset=True, more=True, epoch=1)
    ana.page.get_by_role("button", name="Show older messages").click()
    stage.hears("history")
    stage.say(type="error", code="rate_limited", error="Slowly.", retry_after=0.1)
    stage.hears("history", 2)
    stage.say(type="history", messages=[message(1, "one")], more=False)
    ana.sees("one", "two")
    expect(ana.page.locator("#chat-log")).to_be_focused()


@final
def test_a_screen_reader_hears_what_is_new_and_nothing_else(on_stage):
    ana, stage = on_stage
    page = [message(number, f"old {number}") for number in range(1, 4)]
    stage.say(type="sync", messages=page, reset=True, more=True, epoch=1)
    stage.say(**message(4, "new"))
    ana.sees("old 1", "old 2", "old 3", "new")
    expect(ana.page.get_by_role("log").locator(".text")).to_have_text(["new"])
    for quiet in ("#chat-here", "#chat-typing", "#chat-past", "#chat-pending"):
        live = "closest('[aria-live], [role=log], [role=status], [role=alert]')"
        assert ana.page.locator(quiet).evaluate(f"element => !element.{live}")
