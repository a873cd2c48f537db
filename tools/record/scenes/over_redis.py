"""What lesson 04 shows."""

from collections.abc import Iterator

from course.steps import DATA
from tools.record.people import come_in, say, see
from tools.record.pictures import View
from tools.record.scenes import mistake, output, screenshot
from tools.record.stage import Show, Stage, side_by_side, write_naturally

# What the reader is told to add, so that the layer says what it drops.
ADDED = DATA / "code" / "04-logging.py"
DROPPED = 49  # of a burst of 150, one event is on its way and 100 fit in the queue


@output("04-run-two")
def run_two(stage: Stage) -> str:
    """One step on two server processes, with a Redis that the tool starts."""
    with (
        stage.show("04", 2) as show,
        stage.course(show, "run 04 --servers 2", REDIS_URL="") as terminal,
    ):
        return terminal.started("Quit the server", servers=2).text()


@output("04-announce")
def announce(stage: Stage) -> str:
    """A message from a process that has no socket."""
    with stage.served("04") as show, stage.pages() as [ana]:
        come_in(ana, show.room("class"), "Ana")
        url = f"{stage.redis_url}/4"
        with stage.manage(
            show, 'announce class "Lunch is ready"', REDIS_URL=url
        ) as terminal:
            terminal.to_the_end()
        see(ana, "Lunch is ready")
        return terminal.text()


@output("04-no-redis")
def no_redis(stage: Stage) -> str:
    """What a server says that finds no Redis."""
    with stage.show("04") as show:
        nobody = show.tap_port
        show.natural.ports[nobody] = 6379
        url = f"redis://127.0.0.1:{nobody}"
        with stage.manage(show, "runserver", REDIS_URL=url) as terminal:
            return terminal.until("(0 silenced)").text()


BURST = mistake(
    "04-burst",
    "04",
    "chat/consumers.py",
    "await self.channel_layer.group_send(self.group_name, event)",
    "for _ in range(150): await self.channel_layer.group_send(self.group_name, event)",
)


@output("04-keys")
def keys(stage: Stage) -> str:
    """What Redis holds while Ana is in a room."""
    with stage.served("04") as show, stage.pages() as [ana]:
        forget_all(stage, show)
        come_in(ana, show.room("class"), "Ana")
        with stage.ask_redis(show, '-n 4 keys "*"') as terminal:
            return terminal.to_the_end().text()


@output("04-over-capacity")
def over_capacity(stage: Stage) -> str:
    """The first of the lines that the layer logs, once the settings let them through."""
    with (
        stage.show("04", edit=BURST) as show,
        stage.pages() as [ana],
    ):
        settings = show.folder / "config" / "settings.py"
        added = ADDED.read_text("utf-8")
        settings.write_text(settings.read_text("utf-8") + added, "utf-8")
        forget_all(stage, show)
        with stage.course(show, "run 04", REDIS_URL=stage.redis_url) as terminal:
            terminal.started()
            come_in(ana, show.room("class"), "Ana")
            say(ana, "oi")
            line = "over capacity"
            return terminal.until(line, times=DROPPED).text(since=line, up_to=line)


@output("04-counter")
def counter(stage: Stage) -> str:
    """A number that every process can reach, and that two cannot change at once."""
    with stage.show("04") as show:
        forget_all(stage, show)
        typed = []
        for _ in range(2):
            with stage.ask_redis(show, "-n 4 incr visitors") as terminal:
                typed.append(terminal.to_the_end().text())
        return "\n".join(typed)


def forget_all(stage: Stage, show: Show) -> None:
    """Empty the database of this step: other scenes leave groups in it."""
    with stage.ask_redis(show, "-n 4 flushdb") as terminal:
        terminal.to_the_end()


@screenshot("04-two-servers")
def two_servers(stage: Stage) -> Iterator:
    """Ana on the first server, Bia on the second: they talk."""
    with stage.served("04", 2) as show, stage.pages(height=400) as [page]:
        ana, bia = side_by_side(page, show.address("chat/"))
        come_in(ana, show.room("class", 0), "Ana")
        come_in(bia, show.room("class", 1), "Bia")
        say(ana, "oi, Bia")
        see(bia, "oi, Bia")
        say(bia, "oi, Ana")
        see(ana, "oi, Ana")
        write_naturally(page, show.natural)
        yield View([page])


@screenshot("04-burst")
def burst(stage: Stage) -> Iterator:
    """Ana's window after one message that the consumer sent 150 times."""
    with stage.served("04", edit=BURST) as show, stage.pages(height=420) as [ana]:
        come_in(ana, show.room("class"), "Ana")
        ana.get_by_role("button", name="Count from zero").click()
        say(ana, "oi")
        see(ana, "oi", times=101)
        write_naturally(ana, show.natural)
        yield View([ana])
