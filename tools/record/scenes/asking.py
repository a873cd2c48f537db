"""What lesson 01 shows."""

from collections.abc import Iterator

import httpx

from course.processes import is_listening
from tools.record.people import come_in, post, say, see, wait_for_status
from tools.record.pictures import View
from tools.record.scenes import output, screenshot
from tools.record.stage import Stage, tapped, write_naturally
from tools.record.tap import as_text

LONG = "[name=transport][value=long]"
HELD = "Listening: holding a request."
TALL = 520  # pixels: there is much above the log


@output("01-run")
def run(stage: Stage) -> str:
    """The command that every lesson begins with, to its end."""
    with stage.show("01") as show, stage.course(show, "run 01") as terminal:
        return terminal.started("For more information").interrupted()


@output("01-empty-poll")
def empty_poll(stage: Stage) -> str:
    """A question of Bia's page and its answer, with nothing in it."""
    with stage.served("01") as show, tapped(show) as tap, stage.pages() as [bia]:
        come_in(bia, show.room("class"), "Bia")
        line = tap.line_of("GET /messages/class/?after=0 ", until='"messages"')
        return as_text(line[:2], show.natural)


@output("01-long-poll")
def long_poll(stage: Stage) -> str:
    """A question that the server holds until Ana writes."""
    with stage.served("01") as show, tapped(show) as tap, stage.pages() as [bia]:
        come_in(bia, show.room("class"), "Bia")
        bia.locator(LONG).check()
        wait_for_status(bia, HELD)
        question = "GET /messages/class/?after=0&wait=25 "
        tap.asked(question)
        post(show.room("class"), "Ana", "oi")
        see(bia, "oi")
        return as_text(tap.line_of(question, until='"text"')[:2], show.natural)


@output("01-port-busy")
def port_busy(stage: Stage) -> str:
    """What the tool says when something else is at the port."""
    with stage.served("01") as show, stage.course(show, "run 01") as terminal:
        return terminal.to_the_end().text()


@output("01-no-table")
def no_table(stage: Stage) -> str:
    """What a server says that was started by hand, without `migrate`."""
    with stage.show("01") as show:
        port = show.ports[0]
        show.natural.ports[port] = 8000  # that of a bare `runserver`
        with stage.manage(show, "runserver", str(port)) as terminal:
            terminal.process.wait_until(lambda: is_listening(port))
            # With patience: if the client gives up, the server doesn't log the request.
            url = show.address("messages/class/?after=0")
            httpx.get(url, timeout=30, trust_env=False)
            return terminal.until('" 500 ').text(since="Internal Server Error")


@output("01-threads-run-out")
def threads_run_out(stage: Stage) -> str:
    """What the server says when a fifth window wants one of four threads."""
    with (
        stage.show("01") as show,
        stage.course(show, "run 01 --threads 4") as terminal,
        stage.pages(5) as pages,
    ):
        terminal.started("Serving on")
        for number, page in enumerate(pages[:4]):
            come_in(page, show.room("class"), f"guest {number}")
            page.locator(LONG).check()
            wait_for_status(page, HELD)
        # Not goto(): it would wait for the page, and the page waits for a thread.
        pages[4].evaluate(
            "address => { setTimeout(() => { location = address; }); }",
            show.room("class"),
        )
        full = "Task queue depth is 1"
        return terminal.until(full).text(up_to=full)


@screenshot("01-short-polling")
def short_polling(stage: Stage) -> Iterator:
    """Bia's window after half a minute in which Ana wrote once."""
    with (
        stage.served("01") as show,
        stage.pages(2, timeless=True, height=TALL) as [ana, bia],
    ):
        come_in(ana, show.room("class"), "Ana")
        come_in(bia, show.room("class"), "Bia")
        clock = bia.context.clock  # one for both
        for second in range(0, 30, 2):
            if second == 24:
                clock.run_for(1_400)
                say(ana, "oi, Bia")
                ana.locator("#wire-rows", has_text="stored").wait_for()
            rows = bia.locator("#wire-rows tr")
            shown = rows.count()
            clock.run_for(600 if second == 24 else 2_000)
            rows.nth(shown + 1).wait_for()  # a question and its answer
        see(bia, "oi, Bia")
        write_naturally(bia, show.natural)
        yield View([bia])


@screenshot("01-long-polling")
def long_polling(stage: Stage) -> Iterator:
    """Bia's window when a long poll has brought her Ana's message."""
    with stage.served("01") as show, stage.pages(height=TALL) as [bia]:
        come_in(bia, show.room("class"), "Bia")
        bia.locator(LONG).check()
        wait_for_status(bia, HELD)
        bia.get_by_role("button", name="Count from zero").click()
        post(show.room("class"), "Ana", "oi, Bia")
        see(bia, "oi, Bia")
        write_naturally(bia, show.natural)
        yield View([bia])
