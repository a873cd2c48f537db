"""What lesson 05 shows."""

import contextlib
import re
from collections.abc import Iterator

from course import redis_server
from tools.record.people import say, see, wait_for_status
from tools.record.pictures import View
from tools.record.scenes import screenshot
from tools.record.stage import NARROW, WIDTH, Stage, write_naturally

LOW = 420  # pixels: a window with few messages
PENDING = "#chat-pending .pending"
HERE = "#chat-here"
LOG = "main > header, #chat-log"  # and what is between

# Paste lines faster than anyone types: the page submits each of them.
PASTE = """lines => {
  for (const line of lines) {
    document.querySelector("#chat-message-input").value = line;
    document.querySelector("#chat-form").requestSubmit();
  }
}"""

# The page would send the next of them after a second.
STOP_TIMERS = (
    "() => { for (let id = setTimeout(() => {}); id; id--) clearTimeout(id); }"
)


def enter(pages: list, *rooms: str) -> None:
    """Open a room in each window, and wait until everyone is there."""
    for page, room in zip(pages, rooms, strict=True):
        page.goto(room)
        wait_for_status(page, "Connected.")


def see_here(page, names: str, within: float = 20) -> None:
    """Wait until a page shows these people and nobody else, so many seconds at most."""
    shown = page.locator(HERE, has_text=re.compile(f"^Here now: {names}$"))
    shown.wait_for(timeout=within * 1000)


def written(view: View, natural) -> View:
    """Return a view whose windows are written as in an output."""
    for page in view.pages:
        write_naturally(page, natural)
    return view


@screenshot("05-room")
def room(stage: Stage) -> Iterator:
    """Bia's window: names from accounts, who is here, ticks and times."""
    with (
        stage.served("05") as show,
        stage.accounts(show.address("chat/"), "ana", "bia", width=WIDTH) as [ana, bia],
    ):
        enter([bia, ana], show.room("class"), show.room("class"))
        see_here(bia, "ana, bia")
        for page, text in [
            (ana, "I'm on the train."),
            (bia, "Is there a tunnel?"),
            (ana, "There was!"),
        ]:
            say(page, text)
            see(bia, text)
        yield written(View([bia]), show.natural)


@screenshot("05-1-lobby")
def lobby(stage: Stage) -> Iterator:
    """Caio's lobby, when the others have written in a room that he has left."""
    with (
        stage.served("05") as show,
        stage.accounts(show.address("chat/"), "ana", "bia", "caio", width=440) as pages,
    ):
        ana, bia, caio = pages
        enter(pages, *[show.room("class")] * 3)
        say(caio, "Back in a minute.")
        see(ana, "Back in a minute.")
        see_here(bia, "ana, bia, caio")  # or he may seem to have left already
        caio.goto(show.address("chat/"))
        see_here(bia, "ana, bia")
        for text in ["oi, Bia!", "Shall we wait for Caio?"]:
            say(ana, text)
            see(bia, text)
        caio.reload()
        caio.locator(".rooms", has_text="2 new").wait_for()
        yield written(
            View([caio], "main > h1, main > form:first-of-type, .rooms"), show.natural
        )


@screenshot("05-1-doors")
def doors(stage: Stage) -> Iterator:
    """The page to log in, and Ana's invitation to a room of hers."""
    with (
        stage.served("05") as show,
        stage.accounts(show.address("chat/"), "ana") as [ana],
        stage.pages(width=320) as [anyone],
    ):
        anyone.goto(show.room("class"))
        ana.goto(show.address("rooms/new/"))
        ana.get_by_label("Name").fill("exam prep")
        ana.get_by_label("Kind").select_option("private")
        ana.locator("main form button").first.click()
        ana.get_by_role("button", name="Menu").click()
        ana.get_by_role("button", name="Invite").click()
        link = ana.get_by_label("Link")
        link.evaluate(
            "(input, text) => { input.value = text; }", show.natural(link.input_value())
        )
        yield View([anyone, ana], "main > h1, main > form, main > p:last-of-type")


@screenshot("05-2-offline")
def offline(stage: Stage) -> Iterator:
    """Ana has no network, and writes."""
    with (
        stage.served("05") as show,
        stage.accounts(show.address("chat/"), "ana", "bia") as [ana, bia],
    ):
        lose_the_network(show, ana, bia)
        yield written(View([ana, bia], LOG), show.natural)


@screenshot("05-2-back")
def back(stage: Stage) -> Iterator:
    """Ana has a network again: her message is sent, and she has what she missed."""
    with (
        stage.served("05") as show,
        stage.accounts(show.address("chat/"), "ana", "bia") as [ana, bia],
    ):
        lose_the_network(show, ana, bia)
        ana.context.set_offline(False)
        wait_for_status(ana, "Connected.")
        see(ana, "Hello?")
        ana.locator(PENDING).wait_for(state="detached")
        see(bia, "In a tunnel.")
        for page in (ana, bia):
            see_here(page, "ana, bia")
        yield written(View([ana, bia], LOG), show.natural)


def lose_the_network(show, ana, bia) -> None:
    """Let Ana write without a network, and Bia with one."""
    enter([ana, bia], show.room("class"), show.room("class"))
    say(ana, "oi, Bia!")
    see(bia, "oi, Bia!")
    ana.locator(PENDING).wait_for(state="detached")  # Bia may see it earlier
    ana.context.set_offline(True)
    wait_for_status(ana, "Disconnected")
    say(ana, "In a tunnel.")
    ana.locator(PENDING).wait_for()
    say(bia, "Hello?")
    see(bia, "Hello?")


@screenshot("05-3-here")
def here(stage: Stage) -> Iterator:
    """Bia's window while Ana types."""
    with (
        stage.served("05") as show,
        stage.accounts(
            show.address("chat/"), "ana", "caio", "bia", width=440, height=LOW
        ) as [ana, caio, bia],
    ):
        enter([ana, caio, bia], *[show.room("class")] * 3)
        say(caio, "Who has the slides?")
        see(bia, "Who has the slides?")
        see_here(bia, "ana, bia, caio")
        write_naturally(bia, show.natural)
        ana.locator("#chat-message-input").press_sequentially("I")
        bia.locator("#chat-typing", has_text="ana is typing").wait_for()
        yield View([bia], "main")


@screenshot("05-4-limits")
def limits(stage: Stage) -> Iterator:
    """Ana pastes more lines than the limit allows; Bia sends a message without ink."""
    with (
        stage.served("05") as show,
        stage.accounts(show.address("chat/"), "ana", "bia") as [ana, bia],
    ):
        enter([ana, bia], show.room("class"), show.room("café com leite"))
        say(bia, "\u2800")  # a blank of Braille
        bia.locator(PENDING, has_text="Not sent").wait_for()
        ana.evaluate(PASTE, [f"line {number}" for number in range(1, 41)])
        ana.locator("#wire-rows", has_text="error").wait_for(state="attached")
        ana.evaluate(STOP_TIMERS)
        yield written(View([ana, bia]), show.natural)


@contextlib.contextmanager
def on_two_servers(
    stage: Stage, redis_url: str | None = None, width: int = NARROW
) -> Iterator[tuple]:
    """Serve the step twice, and let Ana enter on the first server, Bia on the second."""
    with (
        stage.served("05", 2, redis_url=redis_url) as show,
        stage.accounts(show.address("chat/"), "ana", "bia", width=width) as [ana, bia],
    ):
        enter([ana, bia], show.room("class", 0), show.room("class", 1))
        see_here(bia, "ana, bia")
        yield show, ana, bia


@screenshot("05-5-two-servers")
def two_servers(stage: Stage) -> Iterator:
    """Ana on the first server, Bia on the second."""
    with on_two_servers(stage) as (show, ana, bia):
        for page, text in [(ana, "oi, Bia!"), (bia, "oi, Ana!")]:
            say(page, text)
            see(ana, text)
            see(bia, text)
        yield written(View([ana, bia], LOG), show.natural)


@screenshot("05-6-redis-stops")
def redis_stops(stage: Stage) -> Iterator:
    """Bia's window: one of Ana's messages came over Redis, one without it."""
    with (
        redis_server.process(stage.folder) as redis,
        on_two_servers(stage, redis.url, WIDTH) as (show, ana, bia),
    ):
        say(ana, "With Redis")
        see(bia, "With Redis")
        redis.stop()
        say(ana, "Without Redis")
        see(bia, "Without Redis")
        write_naturally(ana, show.natural)  # its server is the first
        yield written(View([bia]), show.natural)


@screenshot("05-6-server-ends")
def server_ends(stage: Stage) -> Iterator:
    """Ana's server has ended; Bia is on the other one."""
    with on_two_servers(stage) as (show, ana, bia):
        say(ana, "oi, Bia!")
        see(bia, "oi, Bia!")
        show.servers[0].process.stop()
        wait_for_status(ana, "Disconnected")
        say(ana, "Are you still there?")
        ana.locator(PENDING).wait_for()
        # Daphne may end before anybody is told that Ana has left. Then Bia's server finds
        # out at its next check, within 30 seconds; if Daphne had to be killed, only once
        # Ana's row has expired, a minute later.
        see_here(bia, "bia", within=100)
        yield written(View([ana, bia], LOG), show.natural)


@screenshot("05-7-admin")
def admin(stage: Stage) -> Iterator:
    """In the admin, the teacher is about to delete all that Caio has written."""
    with (
        stage.served("05") as show,
        stage.accounts(
            show.address("chat/"), "ana", "caio", "teacher", width=WIDTH, height=700
        ) as pages,
    ):
        ana, caio, teacher = pages
        enter([ana, caio], show.room("class"), show.room("class"))
        for page, text in [
            (ana, "Who has the slides?"),
            (caio, "Cheap slides: slides.example"),
            (caio, "Slides for less!"),
        ]:
            say(page, text)
            see(ana, text)
        teacher.goto(show.address("admin/chat/message/"))
        for number in (0, 1):
            teacher.locator("[name=_selected_action]").nth(number).check()
        teacher.locator("select[name=action]").select_option("delete_all_of_senders")
        teacher.locator("td.field-at").evaluate_all(
            "cells => { for (const cell of cells) cell.textContent = '21 Nov., 9 a.m.'; }"
        )
        yield View([teacher], "#changelist")
