"""What the scripts of the pages owe to people, seen in a real Chromium."""

import pytest
from conftest import STEPS
from heard import hold_posts
from playwright.sync_api import expect
from test_browser import (
    SAID,
    Chat,
    Visitor,
    assert_accessible,
    final,
    lift_limit,
    visit,
)

__all__ = ["visit"]  # a fixture

# Frames as they come over a socket of this page.
CROSS = """async (count) => {
  const wire = document.querySelector("script[src*='wire.js']").src;
  const { seconds } = await import(wire.replace("wire.js", "panel.js"));
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws/nowhere/");
  // Wait until the socket is closed: a frame from the server would be counted, too.
  await new Promise((closed) => socket.addEventListener("close", closed));
  const data = JSON.stringify({ text: "oi", sender: "Ana" });
  for (let i = 0; i < count; i++) socket.dispatchEvent(new MessageEvent("message", { data }));
  return seconds.length;
}"""

# A browser that blocks cookies refuses both, with this error.
REFUSES_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, {
    get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
  });
}"""

# Wait until the keyboard has moved a text.
SCROLLED = """element => new Promise((resolve, reject) => {
  const look = () => (element.scrollTop > 1000 ? resolve() : requestAnimationFrame(look));
  setTimeout(() => reject(new Error("It does not scroll.")), 20_000);
  look();
})"""


def number_in(page, total: str) -> int:
    """Return a number that the wire panel shows."""
    return int(page.locator(f"#wire-{total}").text_content().replace(",", ""))


def test_the_wire_panel_keeps_no_list_of_all_that_has_crossed(serve, browser):
    """A tab may be open all day. The panel is the same file in every step."""
    with serve(STEPS[2]) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.page.clock.install()
        ana.enter("class")
        ana.page.get_by_role("button", name="Count from zero").click()
        for times in (1, 2):
            assert ana.page.evaluate(CROSS, 10_000) <= 61
            assert number_in(ana.page, "messages") == 10_000 * times
            assert number_in(ana.page, "crossings") >= 10_000 * times
        assert ana.page.locator("#wire-rows tr").count() == 100
        # What crossed over a minute ago is in the totals, and not in the last minute.
        ana.page.clock.fast_forward("01:01")
        expect(ana.page.locator("#wire-crossings")).to_have_text("0")
        expect(ana.page.locator("#wire-bytes")).to_have_text("0")
        expect(ana.page.locator("#wire-messages")).to_have_text("20,000")
        ana.context.close()


def test_a_message_of_many_lines_leaves_room_for_the_others(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), chat.enter(room, "bia")
    ana.enter(room)
    bia.say("a" + "\n" * 1998 + "b")
    bia.say("short")
    texts = ana.page.locator(SAID)
    expect(texts).to_have_count(2)
    assert texts.first.bounding_box()["height"] < 300  # pixels
    texts.first.focus()
    ana.page.keyboard.press("End")
    texts.first.evaluate(SCROLLED)
    assert_accessible(ana.page)


@pytest.mark.parametrize("step", STEPS[:2], ids=lambda step: step.folder)
def test_two_messages_that_are_refused_come_back_beside_what_was_typed_meanwhile(
    serve, browser, step
):
    with serve(step) as (server,), Chat(server) as chat:
        ana = Visitor(browser, chat, "ana")
        ana.enter("class")
        held = hold_posts(ana.page)
        ana.say("one")
        held.at_least(1)
        ana.say("two")
        posts = held.at_least(2)
        typed = ana.page.locator("#chat-message-input")
        typed.fill("three")
        problem = ana.page.get_by_role("alert")
        for post, now_typed in zip(posts, ["three one", "three one two"], strict=True):
            post.fulfill(status=400, json={"error": "No."})
            expect(typed).to_have_value(now_typed)
            expect(problem).to_have_text("Not sent: No.")
        ana.context.close()


@final
def test_two_messages_that_are_refused_are_edited_together(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    lift_limit(ana)
    refused = ["a" * 2001, "b" * 2001]
    for count, text in enumerate(refused, 1):
        ana.say(text)
        expect(ana.page.locator(".failed")).to_have_count(count)
    typed = ana.page.locator("#chat-message-input")
    typed.fill("three")
    for _ in refused:
        ana.page.get_by_role("button", name="Edit").first.click()
    expect(typed).to_have_value(" ".join(["three", *refused]))
    expect(ana.page.locator(".pending")).to_have_count(0)


def test_a_browser_that_keeps_nothing_costs_only_its_memory(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.context.add_init_script(REFUSES_STORAGE)
    ana.enter(room)
    bia.enter(room)
    ana.say("from Ana")
    bia.sees("from Ana")
    bia.say("from Bia")
    ana.sees("from Ana", "from Bia")
    projector = ana.page.locator("#wire-projector")
    for is_on in ("true", "false"):
        projector.click()
        expect(projector).to_have_attribute("aria-pressed", is_on)
    ana.page.reload()
    ana.hears()
    ana.say("after a reload")
    expect(bia.page.locator(SAID).last).to_have_text("after a reload")


def test_a_browser_keeps_the_name_and_the_projector_view_over_a_reload(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    name = ana.page.locator("#chat-sender-input")
    is_anyone = not chat.step.can["login"]
    if is_anyone:
        name.fill("Ana")
        name.blur()
    projector = ana.page.locator("#wire-projector")
    for is_on in ("true", "false"):
        projector.click()
        ana.page.reload()
        ana.hears()
        expect(projector).to_have_attribute("aria-pressed", is_on)
        if is_anyone:
            expect(name).to_have_value("Ana")


@final
def test_an_invite_is_filled_in_by_a_browser_that_keeps_nothing(chat, visit):
    ana = visit("ana")
    ana.context.add_init_script(REFUSES_STORAGE)
    ana.page.goto("/invite/#token")
    expect(ana.page.get_by_role("button", name="Enter the room as ana")).to_be_enabled()
    expect(ana.page.locator("#invite-token")).to_have_value("token")
    ana.page.goto("/invite/")
    expect(ana.page.get_by_role("button", name="Enter the room as ana")).to_be_enabled()
    expect(ana.page.locator("#invite-token")).to_have_value("")
