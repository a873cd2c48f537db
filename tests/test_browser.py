"""The chats in a real browser: two people, one room, and a keyboard."""

import re
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import STEPS
from people import PASSWORD, Chat, path_of
from playwright.sync_api import expect

from course import servers

expect.set_options(timeout=20_000)  # milliseconds; for a machine with other work to do

SCREENS = {"desk": (1280, 800), "phone": (390, 844)}
POLLED = ["01-http-polling", "02-wsgi-vs-asgi"]


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
            self.page.get_by_label("Username").fill(name)
            self.page.get_by_label("Password").fill(PASSWORD)
            self.page.get_by_role("button", name="Log in").click()

    def enter(self, room: str) -> None:
        """Open a room and wait until the page hears it."""
        self.page.goto(path_of(room))
        expect(self.page.locator("#chat-status")).to_contain_text(
            re.compile("Connected|Listening")
        )

    def say(self, text: str) -> None:
        """Type a message and send it."""
        self.page.get_by_label("Message", exact=True).fill(text)
        self.page.get_by_role("button", name="Send").click()

    def sees(self, *texts: str) -> None:
        """Expect exactly these messages in the log, each once, in this order."""
        expect(self.page.locator("#chat-log .text")).to_have_text(list(texts))


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


def test_an_empty_message_is_not_sent_and_a_refused_one_is_explained(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    ana.say("   ")
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
    ana.enter(chat.room())
    ana.say("oi")
    ana.sees("oi")
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
    results = Axe().run(page)
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
            for path in ("/ws/echo/bare/", "/ws/echo/"):
                ana.page.locator("#chat-sender-input").select_option(path)
                expect(status).to_have_text(f"{path} is open.")
                ana.say(f"to {path}")
            ana.sees_echoes = ana.page.locator("#chat-log p")
            expect(ana.sees_echoes).to_have_text(["to /ws/echo/bare/", "to /ws/echo/"])
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
