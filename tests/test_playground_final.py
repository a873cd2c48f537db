"""Step 05 in the playground: accounts, presence, a history and a database, in a page."""

import re

import pytest
from playground_page import CONSUMERS, PATIENCE, reader, violations
from playwright.sync_api import expect

from course import playground
from course.steps import ROOT

pytestmark = pytest.mark.slow

STEP = ROOT / "steps" / "05-final"
FINAL = "?project=05"
PASSWORD = "let-me-chat"
DRAFT = (
    "            self, self.permit, frame.text, frame.cid, frame.sent_at, self.label"
)


@pytest.fixture
def play(playground_window):
    """The playground with step 05 as it is, with a new database."""
    play = playground_window.opens(FINAL).starts()
    play.is_connected()
    yield play
    for page in play.context.pages:
        page.close()
    playground_window.forgets()


def here(play, name, *people):
    """Wait until somebody's page says that these people are in the room."""
    line = play.room(name).locator("#chat-here")
    expect(line).to_have_text(f"Here now: {', '.join(people)}", timeout=PATIENCE)


def leaves(play, name):
    """Go to the lobby in somebody's room, and log out there."""
    play.room(name).get_by_role("link", name="Lobby").click()
    play.room(name).get_by_role("button", name="Log out").click()


def logs_in(play, name, account, password=PASSWORD):
    """Fill in the form in somebody's room, and send it."""
    room = play.room(name)
    room.get_by_label("Username").fill(account)
    room.get_by_label("Password").fill(password)
    room.get_by_role("button", name="Log in").click()


def own_tab(play, name):
    """Open somebody's room in a tab of its own; return it once it's connected."""
    with play.context.expect_page() as opened:
        play.page.locator(f"#play-{name.lower()}-tab").click()
    tab = opened.value
    expect(tab.locator("#chat-status")).to_have_text("Connected.", timeout=PATIENCE)
    return tab


def no_traceback(play):
    """No server has printed an exception; if one has, show everything that it printed."""
    text = play.output().inner_text()
    assert "Traceback" not in text, text


# ---- A chat with accounts ------------------------------------------------------------------


def test_ana_writes_and_bia_sees_who_did(play):
    here(play, "Ana", "ana", "bia")
    here(play, "Bia", "ana", "bia")
    play.says("Ana", "Olá, Bia 👋")
    play.sees("Bia", "Olá, Bia 👋")
    expect(play.room("Bia").locator("#chat-log")).to_contain_text("ana")
    play.says("Bia", "<script>alert(1)</script>")
    play.sees("Ana", "<script>alert(1)</script>")
    no_traceback(play)


def test_the_rooms_are_the_pages_of_the_step_byte_for_byte(play):
    for name in ("room.js", "connection.js", "page.js", "chat.css", "site.css"):
        fetched = play.page.evaluate(
            """async (name) => {
              const { document } = document_of("#play-ana-frame");
              const sheet = document.querySelector("link[href$='chat.css']").href;
              return (await fetch(new URL(name, sheet))).text();
              function document_of(frame) {
                return window.document.querySelector(frame).contentWindow;
              }
            }""",
            name,
        )
        file = STEP / "chat" / "static" / "chat" / name
        assert fetched == file.read_text("utf-8"), name


def test_people_log_out_and_in_with_the_forms(play):
    tab = own_tab(play, "Ana")
    leaves(play, "Ana")
    # The other page of this session loses its socket at once, and only that one.
    expect(tab.locator("#chat-status")).to_contain_text("Log in again")
    here(play, "Bia", "bia")
    logs_in(play, "Ana", "ana", "let-me-in")
    expect(play.room("Ana").locator(".errorlist")).to_be_visible(timeout=PATIENCE)
    logs_in(play, "Ana", "caio")
    room = play.room("Ana")
    expect(room.locator(".account")).to_contain_text("caio", timeout=PATIENCE)
    room.get_by_role("link", name="class").click()
    play.is_connected("Ana")
    here(play, "Bia", "bia, caio")
    play.says("Ana", "it's me")
    play.sees("Bia", "it's me")
    expect(play.room("Bia").locator("#chat-log")).to_contain_text("caio")


def test_a_stranger_signs_up_and_a_teacher_sees_the_admin(play):
    leaves(play, "Ana")
    room = play.room("Ana")
    room.get_by_role("link", name="sign up").click()
    # The page before has a field of this name, too.
    expect(room.get_by_role("heading", name="Sign up")).to_be_visible(timeout=PATIENCE)
    room.get_by_label("Username").fill("dora")
    for label in ("Password:", "Password confirmation:"):
        room.get_by_label(label, exact=True).fill("a-long-enough-word")
    room.get_by_role("button", name="Sign up").click()
    expect(room.locator(".account")).to_contain_text("dora", timeout=PATIENCE)
    room.get_by_role("button", name="Log out").click()
    logs_in(play, "Ana", "teacher")
    expect(room.locator(".account")).to_contain_text("teacher", timeout=PATIENCE)
    play.page.evaluate(
        """() => {
          const { location } = document.querySelector("#play-ana-frame").contentWindow;
          location.href = location.href.replace("/chat/", "/admin/");
        }"""
    )
    expect(room.get_by_role("link", name="Rooms")).to_be_visible(timeout=PATIENCE)


def test_a_language_is_chosen_for_one_room_only(play):
    room = play.room("Ana")
    room.get_by_role("button", name="Menu").click()
    room.get_by_role("button", name="Português").click()
    expect(play.status("Ana")).to_have_text("Conectado.", timeout=PATIENCE)
    play.page.locator("#play-bia-reload").click()
    play.is_connected("Bia")


# ---- A restart -------------------------------------------------------------------------------


def test_after_a_restart_the_pages_return_and_catch_up(play):
    play.says("Ana", "before the restart")
    play.sees("Bia", "before the restart")
    tab = own_tab(play, "Bia")  # which nobody reloads
    play.replaces(DRAFT, DRAFT.replace("frame.text", "frame.text.upper()"))
    play.runs()
    play.is_connected()
    play.sees("Ana", "before the restart")
    play.says("Ana", "louder now")
    play.sees("Bia", "LOUDER NOW")
    log = tab.locator("#chat-log")
    expect(log).to_contain_text("LOUDER NOW", timeout=PATIENCE)
    expect(log).to_contain_text("before the restart")
    here(play, "Ana", "ana", "bia")
    no_traceback(play)


def test_a_reload_keeps_the_change_and_begins_with_a_new_database(play):
    play.says("Ana", "only in the old database")
    play.sees("Bia", "only in the old database")
    changed = DRAFT.replace("frame.text", "frame.text.upper()")
    play.replaces(DRAFT, changed)
    play.runs()
    play.page.goto(f"{play.home}playground/index.html")  # what was open last
    play.starts()
    play.is_connected()
    assert changed in play.file(CONSUMERS)
    expect(play.room("Ana").locator("#chat-log")).not_to_contain_text("old database")
    play.says("Ana", "louder now")
    play.sees("Bia", "LOUDER NOW")


# ---- What is loaded ------------------------------------------------------------------------------


def test_only_step_05_loads_what_only_step_05_needs(browser, playground_address):
    with reader(browser, playground_address) as window:
        asked = []
        window.context.on("request", lambda request: asked.append(request.url))
        play = window.opens("?project=03").starts()
        play.is_connected()
        assert not [url for url in asked if re.search("final|content-05", url)]
        notices = play.page.locator("#play-notice")
        play.page.evaluate(
            """() => {
              window.told = [];
              const notice = document.querySelector("#play-notice");
              const note = () => told.push([notice.textContent, notice.querySelector("progress")?.max]);
              new MutationObserver(note).observe(notice, { childList: true, subtree: true });
            }"""
        )
        play.page.locator("#play-project").select_option("05")
        expect(play.room("Ana").locator(".step")).to_contain_text(
            "05", timeout=PATIENCE
        )
        play.is_connected()
        assert len([url for url in asked if re.search("final.zip", url)]) == 1
        size = playground.manifest()["files"]["final.zip"]["bytes"]
        told = [one for one in play.page.evaluate("told") if one[1]]
        assert {most for _, most in told} == {size}
        assert f"of {size / 1e6:.1f} MB" in told[0][0]
        expect(notices).to_be_empty()


def test_without_its_packages_step_05_can_be_tried_again(browser, playground_address):
    with reader(browser, playground_address) as window:
        play = window.opens("?project=03").starts()
        lost = "**/final.zip.gz"
        window.context.route(lost, lambda route: route.abort())
        play.page.locator("#play-project").select_option("05")
        notice = play.page.locator("#play-notice")
        expect(notice).to_contain_text("didn’t arrive", timeout=PATIENCE)
        window.context.unroute(lost)
        play.page.locator("#play-notice-action").click()
        expect(play.room("Ana").locator(".step")).to_contain_text(
            "05", timeout=PATIENCE
        )
        play.is_connected()


# ---- Every screen --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everyone_can_use_it(browser, playground_address, width, scheme):
    touch = {"has_touch": True, "is_mobile": True} if width < 500 else {}
    with reader(
        browser, playground_address, width=width, scheme=scheme, **touch
    ) as window:
        play = window.opens(FINAL).starts()
        play.is_connected()
        page = play.page
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width < 500:
            page.locator("#play-go-ana").tap()
            assert violations(page) == []
