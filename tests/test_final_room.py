"""The page of a room in the last step: days, servers, news, links, lines, and a way out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from people import PASSWORD
from playwright.sync_api import expect
from test_browser import (
    Stage,
    assert_accessible,
    final,
    message,
    on_stage,
    visit,
)

__all__ = ["on_stage", "visit"]  # fixtures

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)  # a Wednesday
DAYS = "#chat-log .day"
# What somebody reads in the log, from above.
READ = "#chat-log :is(.day, .text)"


def at(**ago) -> int:
    """Return when something was, before noon, in milliseconds since 1970."""
    return int((NOON - timedelta(**ago)).timestamp() * 1000)


def start_over(stage: Stage, *messages: dict, more: bool = False) -> None:
    """Let the log start over with some messages."""
    stage.say(type="sync", messages=messages, reset=True, more=more, epoch=1)


@pytest.fixture
def at_noon(chat, visit):
    """Open a room at noon, whose server the scene plays: `ana, stage = at_noon()`."""

    def enter(**options):
        ana = visit("ana", **{"timezone_id": "UTC", **options})
        ana.page.clock.install(time=NOON)
        stage = Stage(ana)
        ana.enter(chat.room())
        return ana, stage

    return enter


# ---- Days ---------------------------------------------------------------------------


@final
@pytest.mark.parametrize(
    ("locale", "days"),
    [
        ("en-US", ["Monday, March 16, 2026", "Yesterday", "Today"]),
        ("pt-BR", ["segunda-feira, 16 de março de 2026", "Ontem", "Hoje"]),
    ],
)
def test_each_day_has_a_heading_in_the_language_of_the_reader(at_noon, locale, days):
    ana, stage = at_noon(locale=locale)
    start_over(
        stage,
        message(1, "one", at=at(days=2)),
        message(2, "two", at=at(days=1)),
        message(3, "three", at=at(days=1)),
    )
    stage.say(**message(4, "four", at=at()))
    stage.say(**message(5, "five", at=at()))
    monday, yesterday, today = days
    expect(ana.page.locator(READ)).to_have_text(
        [monday, "one", yesterday, "two", "three", today, "four", "five"]
    )
    expect(ana.page.get_by_role("heading", level=2)).to_have_text(days)
    assert_accessible(ana.page)


@final
def test_the_day_is_that_of_the_reader(at_noon, chat, visit):
    _, stage = at_noon()
    reader = visit("bia", timezone_id="Asia/Tokyo")
    reader.page.clock.install(time=NOON)  # nine in the evening there
    stage = Stage(reader)
    reader.enter(chat.room())
    start_over(
        stage,
        message(1, "before midnight", at=at(hours=21, minutes=1)),
        message(2, "after midnight", at=at(hours=21)),
    )
    expect(reader.page.locator(READ)).to_have_text(
        ["Yesterday", "before midnight", "Today", "after midnight"]
    )


@final
def test_older_messages_come_under_the_heading_of_their_day(at_noon):
    ana, stage = at_noon()
    newest = message(9, "noon", at=at())
    start_over(stage, newest, more=True)
    expect(ana.page.locator(READ)).to_have_text(["Today", "noon"])
    older = ana.page.get_by_role("button", name="Show older messages")
    older.click()
    stage.hears("history")
    page = [message(7, "breakfast", at=at(hours=4)), message(8, "tea", at=at(hours=1))]
    stage.say(type="history", messages=page, more=True)
    expect(ana.page.locator(READ)).to_have_text(["Today", "breakfast", "tea", "noon"])
    older.click()
    stage.hears("history", 2)
    page = [message(5, "lunch", at=at(days=1)), message(6, "night", at=at(hours=11))]
    stage.say(type="history", messages=page, more=False)
    expect(ana.page.locator(READ)).to_have_text(
        ["Yesterday", "lunch", "Today", "night", "breakfast", "tea", "noon"]
    )


@final
def test_a_day_that_is_forgotten_takes_its_heading_along(at_noon):
    ana, stage = at_noon()
    stage.say(**message(1, "long ago", at=at(days=1)))
    stage.say(**message(2, "late", at=at(days=1)))
    for first in range(3, 1003, 100):
        page = [message(seq, f"{seq}", at=at()) for seq in range(first, first + 100)]
        stage.say(type="sync", messages=page, reset=False, more=None, epoch=None)
    expect(ana.page.locator(DAYS)).to_have_text(["Today"])
    expect(ana.page.locator(READ).nth(0)).to_have_text("Today")
    expect(ana.page.locator(READ).nth(1)).to_have_text("503")


@final
def test_at_midnight_today_becomes_yesterday(at_noon):
    ana, stage = at_noon(timezone_id="Asia/Kabul")  # half past four
    ana.page.clock.set_system_time(NOON + timedelta(hours=7, minutes=29, seconds=30))
    stage.say(**message(1, "tea", at=at()))
    days = ana.page.locator(DAYS)
    expect(days).to_have_text(["Today"])
    here = ana.page.locator("#chat-here")
    for people in (["ana"], ["ana", "bia"]):
        ana.page.clock.run_for(40_000)
        # Or else the page would take the connection for a dead one.
        stage.say(type="presence", people=people, count=len(people))
        expect(here).to_have_text(f"Here now: {', '.join(people)}")
    expect(days).to_have_text(["Yesterday"])
    stage.say(**message(2, "early", at=at(hours=-8)))
    expect(ana.page.locator(READ)).to_have_text(["Yesterday", "tea", "Today", "early"])


@final
def test_a_screen_reader_does_not_announce_a_day(at_noon):
    ana, stage = at_noon()
    stage.say(**message(1, "tea", at=at()))
    heading = ana.page.get_by_role("log").get_by_role("heading", name="Today")
    expect(heading).to_have_attribute("aria-live", "off")


# ---- Servers ------------------------------------------------------------------------


@final
def test_messages_show_their_server_once_there_are_two(on_stage):
    ana, stage = on_stage
    page_label = ana.page.locator("header .server")
    first = page_label.text_content()
    port = first.split()[0]
    # A restart gave this server another pid: it is one server all the same.
    start_over(stage, message(1, "before the restart", server=f"{port} (pid 1)"))
    stage.say(**message(2, "one", server=first))
    labels = ana.page.locator("#chat-log .server")
    ana.sees("before the restart", "one")
    log = ana.page.locator("#chat-log")
    expect(log).not_to_have_class(re.compile("two-servers"))
    stage.say(**message(3, "two", server="1234 (pid 5)"))
    expect(log).to_have_class(re.compile("two-servers"))
    expect(labels).to_have_text([f"{port} (pid 1)", first, "1234 (pid 5)"])


@final
def test_old_messages_of_another_port_are_from_a_second_server(on_stage):
    ana, stage = on_stage
    start_over(stage, message(1, "one", server="1234 (pid 5)"))
    expect(ana.page.locator("#chat-log")).to_have_class(re.compile("two-servers"))


@final
def test_after_a_reconnect_the_page_shows_which_server_it_has_now(on_stage):
    ana, stage = on_stage
    label = ana.page.locator("#chat-server")
    expect(label).to_contain_text("(pid")
    stage.sockets[0].close(code=4012)
    expect(label).to_have_text("unknown server")
    expect(ana.page.locator("#chat-status")).to_have_text("Connected.")
    # A message of another person may have gone to another server.
    stage.say(**message(1, "oi", server="8001 (pid 1)"))
    ana.sees("oi")
    expect(label).to_have_text("unknown server")
    ana.say("where am I?")
    cid = stage.hears("send")["cid"]
    stage.say(type="sent", cid=cid, seq=2, dup=False)
    stage.say(**message(2, "where am I?", cid=cid, sender="ana", server="8002 (pid 2)"))
    expect(label.locator(".server")).to_have_text("8002 (pid 2)")


@final
def test_a_message_from_before_the_reconnect_does_not_name_the_server(on_stage):
    ana, stage = on_stage
    ana.say("just before")
    cid = stage.hears("send")["cid"]
    mine = message(1, "just before", cid=cid, sender="ana", server="8001 (pid 1)")
    stage.sockets[0].close(code=4012)
    stage.hears("send", 2)
    stage.say(**mine)
    ana.sees("just before")
    expect(ana.page.locator(".pending")).to_have_count(0)
    expect(ana.page.locator("#chat-server")).to_have_text("unknown server")


# ---- News ---------------------------------------------------------------------------

# Of this page only: a browser without a window never hides a tab.
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def fill_log(ana, stage: Stage) -> None:
    """Let the log be full, so that it scrolls."""
    start_over(stage, *[message(seq, f"old {seq}") for seq in range(1, 51)])
    expect(ana.page.get_by_text("old 50", exact=True)).to_be_in_viewport()


def scroll_up(ana) -> None:
    """Read what was said before."""
    log = ana.page.locator("#chat-log")
    log.focus()
    ana.page.keyboard.press("PageUp")
    ana.page.wait_for_function(
        "log => log.scrollTop + log.clientHeight < log.scrollHeight - 100",
        arg=log.element_handle(),
    )


@final
def test_new_messages_below_are_counted_and_the_button_leads_to_the_first(on_stage):
    ana, stage = on_stage
    fill_log(ana, stage)
    news = ana.page.get_by_role("button", name="new message")
    stage.say(**message(51, "seen at once"))
    expect(ana.page.get_by_text("seen at once")).to_be_in_viewport()
    expect(news).to_be_hidden()
    scroll_up(ana)
    stage.say(**message(52, "first"))
    expect(news).to_have_text("1 new message")
    stage.say(**message(53, "mine, from another tab", sender="ana"))
    for seq in range(54, 90):
        stage.say(**message(seq, f"news {seq}"))
    expect(news).to_have_text("37 new messages")
    expect(ana.page.get_by_text("first", exact=True)).not_to_be_in_viewport()
    assert_accessible(ana.page)
    # A screen reader hears the messages themselves, and no number after each.
    live = "closest('[aria-live], [role=log], [role=status], [role=alert]')"
    assert news.evaluate(f"element => !element.{live}")
    news.focus()
    ana.page.keyboard.press("Enter")
    expect(ana.page.get_by_text("first", exact=True)).to_be_in_viewport()
    expect(ana.page.get_by_text("news 89", exact=True)).not_to_be_in_viewport()
    expect(news).to_be_hidden()
    expect(ana.page.locator("#chat-log")).to_be_focused()


@final
def test_at_the_end_of_the_log_nothing_is_new_any_more(on_stage):
    ana, stage = on_stage
    fill_log(ana, stage)
    scroll_up(ana)
    stage.say(**message(51, "news"))
    news = ana.page.get_by_role("button", name="1 new message")
    expect(news).to_be_visible()
    ana.page.keyboard.press("End")
    expect(news).to_be_hidden()
    expect(ana.page.get_by_text("news", exact=True)).to_be_in_viewport()


@final
def test_the_title_of_a_hidden_tab_counts_what_came_meanwhile(on_stage):
    ana, stage = on_stage
    start_over(stage, message(1, "seen"))
    ana.sees("seen")
    title = ana.page.title()
    ana.page.evaluate(HIDE, True)
    expect(ana.page).to_have_title(title)
    stage.say(**message(2, "one"))
    stage.say(**message(3, "mine, from my phone", sender="ana"))
    stage.say(**message(4, "two"))
    expect(ana.page).to_have_title(f"(2) {title}")
    # Also what was missed without a connection.
    stage.say(
        type="sync", messages=[message(5, "three")], reset=False, more=None, epoch=1
    )
    expect(ana.page).to_have_title(f"(3) {title}")
    ana.page.evaluate(HIDE, False)
    expect(ana.page).to_have_title(title)
    ana.page.evaluate(HIDE, True)
    expect(ana.page).to_have_title(title)


# ---- Links --------------------------------------------------------------------------

# In a text, the links are between ‹ and ›.
LINKS = [
    "‹https://example.com›",
    "‹http://localhost:8005/chat/class/›",
    "‹HTTPS://EXAMPLE.COM/A›",
    "see ‹https://example.com/a?b=c&d=e#f›, please",
    "‹https://example.com/a›.",
    "is it ‹https://example.com/a›?!",
    "(‹https://example.com/a›)",
    "“‹https://example.com/a›”",
    "<‹https://example.com/a›>",
    '"‹https://example.com/a›"',
    "[here](‹https://example.com/a›)",
    "‹https://en.wikipedia.org/wiki/Foo_(bar)›",
    "(‹https://en.wikipedia.org/wiki/Foo_(bar)›)",
    "‹https://example.com/a›) and more",
    "‹https://example.com/a›(b",
    "‹https://example.com/?a[]=1›",
    "‹https://example.com/~ana/a-b_c/›…",
    "‹https://example.com/a›…",
    "‹https://pt.wikipedia.org/wiki/São_Paulo›",
    "‹https://日本語.example/道›。",
    "‹https://مثال.example/بحث›",
    "one\n‹https://example.com/a›\n‹https://example.com/b›\nfour",
    # Only a part of each is a URL of the web.
    "data:text/html,‹https://example.com/a›",
    "javascript:location='‹https://example.com/a›'",
]
TEXTS = [
    "",
    "no link",
    "https://",
    "https:// example.com",
    "https://.",
    "https:///example.com",
    "https:example.com",
    "example.com",
    "www.example.com",
    "ana@example.com",
    "mailto:ana@example.com",
    "ftp://example.com/a",
    "file:///etc/passwd",
    "xhttps://example.com",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "javascript://%0aalert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "blob:null/1",
    "view-source:about:blank",
    "<a href='javascript:alert(1)'>https</a>",
    "https://999.999.999.999/",
    "https://example.com:99999/",
    "https://a%00b/",
    # Which host is it? One that people don't read.
    "https://example.com@evil.example/",
    "https://ana:secret@example.com/",
    # Characters that reverse the direction of what follows, or that nobody sees.
    "https://\u202emoc.elpmaxe",
    "https://\u2066example.com\u2069",
    "\u202ehttps\u202c://example.com",
    "ht\u200btps://example.com",
]
# What becomes of a text, written like the above.
MARKED = """async (text) => {
  const { textOf } = await import("/static/chat/text.js");
  const element = textOf(text);
  if (element.textContent !== text) return "another text: " + element.textContent;
  return [...element.childNodes]
    .map((node) => (node.nodeName === "A" ? `‹${node.textContent}›` : node.textContent))
    .join("");
}"""


@final
def test_urls_become_links_and_nothing_else_does(on_stage):
    ana, _ = on_stage
    wrong = {}
    for expected in LINKS + TEXTS:
        text = re.sub("[‹›]", "", expected)
        if (found := ana.page.evaluate(MARKED, text)) != expected:
            wrong[expected] = found
    assert wrong == {}


@final
@pytest.mark.parametrize("sign", ["\u202e", "\u200f", "\u2067", "\u200b", "\u00ad"])
def test_a_sign_that_nobody_sees_ends_a_link(on_stage, sign):
    ana, _ = on_stage
    found = ana.page.evaluate(MARKED, f"https://example.com/{sign}cod.exe")
    assert found == f"‹https://example.com/›{sign}cod.exe"


@final
def test_a_very_long_text_is_searched_for_links_at_once(on_stage):
    ana, _ = on_stage
    for text in ("https://" + "(" * 2000, "https://a" + ")." * 1000, "http://" * 300):
        assert ana.page.evaluate(MARKED, text).replace("‹", "").replace("›", "") == text


@final
def test_a_link_opens_in_a_new_tab_that_knows_nothing_of_this_page(chat, visit):
    room = chat.room()
    ana = visit("ana")
    ana.enter(room)
    ana.say(f"look at {chat.home}/healthz/live!")
    link = ana.page.locator("p:not(.pending)").get_by_role("link", name="healthz")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("dir", "ltr")
    with ana.context.expect_page() as opened:
        link.click()
    expect(opened.value).to_have_url(f"{chat.home}/healthz/live")
    assert opened.value.evaluate("opener === null && document.referrer === ''")
    assert_accessible(ana.page)


# ---- Several lines ------------------------------------------------------------------


@final
def test_shift_and_enter_start_a_new_line_and_enter_sends(chat, visit):
    room = chat.room()
    ana, bia = visit("ana"), visit("bia")
    ana.enter(room)
    bia.enter(room)
    typed = ana.page.locator("#chat-message-input")
    expect(typed).to_have_attribute("placeholder", "Shift+Enter for a new line")
    expect(typed).to_have_accessible_description("Shift+Enter for a new line")
    low = typed.bounding_box()["height"]
    typed.focus()
    ana.page.keyboard.type("one")
    ana.page.keyboard.press("Shift+Enter")
    ana.page.keyboard.type("  two")
    expect(typed).to_have_value("one\n  two")
    assert typed.bounding_box()["height"] > low + 10
    assert_accessible(ana.page)
    ana.page.keyboard.press("Enter")
    expect(typed).to_have_value("")
    assert typed.bounding_box()["height"] == low
    text = bia.page.locator("#chat-log .text")
    expect(text).to_have_text("one\n  two", use_inner_text=True)
    assert text.evaluate("element => element.innerText") == "one\n  two"


@final
def test_pasted_lines_arrive_as_lines_and_many_leave_room_for_the_log(chat, visit):
    ana = visit("ana")
    ana.enter(chat.room())
    pasted = "\n".join(f"line {number}" for number in range(1, 11))
    typed = ana.page.locator("#chat-message-input")
    typed.focus()
    ana.page.keyboard.insert_text(pasted)
    assert typed.bounding_box()["height"] < 150
    ana.page.keyboard.press("Enter")
    text = ana.page.locator("p:not(.pending) .text")
    expect(text).to_have_count(1)
    assert text.evaluate("element => element.innerText") == pasted


@final
def test_enter_that_ends_a_word_of_an_input_method_sends_nothing(on_stage):
    ana, stage = on_stage
    typed = ana.page.locator("#chat-message-input")
    typed.fill("日本")
    for how in ({"isComposing": True}, {"keyCode": 229}):
        key = {"key": "Enter", "bubbles": True, "cancelable": True} | how
        typed.dispatch_event("keydown", key)
        expect(typed).to_have_value("日本")
    typed.press("Enter")
    assert stage.hears("send")["text"] == "日本"
    assert [frame["type"] for frame in stage.heard].count("send") == 1


@final
def test_on_a_touch_screen_enter_starts_a_new_line_and_the_button_sends(chat, visit):
    ana = visit("ana", has_touch=True, is_mobile=True)
    ana.enter(chat.room())
    typed = ana.page.locator("#chat-message-input")
    assert not typed.get_attribute("placeholder")
    typed.focus()
    ana.page.keyboard.type("one")
    ana.page.keyboard.press("Enter")
    ana.page.keyboard.type("two")
    expect(typed).to_have_value("one\ntwo")
    ana.page.get_by_role("button", name="Send").tap()
    ana.sees("one two")  # white space counts as one space here
    text = ana.page.locator("#chat-log .text")
    assert text.evaluate("element => element.innerText") == "one\ntwo"


# ---- The header, and the way out ----------------------------------------------------


@final
def test_on_a_phone_a_menu_leaves_room_for_the_log(chat, visit):
    ana = visit("ana", viewport={"width": 390, "height": 844})
    room = chat.room()
    ana.enter(room)
    expect(ana.page.locator("#chat-here")).to_have_text("Here now: ana")
    top = ana.page.locator("#chat-log").bounding_box()["y"]
    line = ana.page.locator("#chat-status").bounding_box()["height"]
    assert top < 8 * line
    copy = ana.page.get_by_role("button", name="Copy link")
    expect(copy).to_be_hidden()
    menu = ana.page.get_by_role("button", name="Menu")
    menu.focus()
    ana.page.keyboard.press("Enter")
    expect(copy).to_be_visible()
    box = ana.page.locator("#chat-menu").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert_accessible(ana.page)
    ana.page.keyboard.press("Tab")
    expect(copy).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(copy).to_be_hidden()
    expect(menu).to_be_focused()


@final
def test_on_a_desk_there_is_no_menu_because_there_is_room(chat, visit):
    ana = visit("ana", viewport={"width": 1280, "height": 800})
    ana.enter(chat.room())
    expect(ana.page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(ana.page.get_by_role("button", name="Menu")).to_be_hidden()


@final
def test_a_short_message_of_mine_takes_one_line(chat, visit):
    ana = visit("ana", viewport={"width": 1100, "height": 800})
    ana.enter(chat.room())
    ana.say("oi")
    ana.sees("oi")
    expect(ana.page.locator("#chat-log .pending")).to_have_count(0)
    item = ana.page.locator("#chat-log p.mine")
    assert item.bounding_box()["height"] < 45


@final
def test_a_person_who_was_logged_out_logs_in_and_is_back_in_the_room(on_stage):
    ana, stage = on_stage
    room = ana.page.url
    ana.context.clear_cookies()
    stage.sockets[0].close(code=4401)
    ana.page.get_by_role("link", name="Log in again").click()
    ana.page.get_by_label("Username").fill("ana")
    ana.page.get_by_label("Password").fill(PASSWORD)
    ana.page.get_by_role("button", name="Log in").click()
    expect(ana.page).to_have_url(room)
    ana.hears()
