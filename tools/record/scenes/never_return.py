"""What the page about handlers that never return shows."""

import json
import re

from websockets.exceptions import InvalidMessage
from websockets.sync.client import ClientConnection, connect

from course.processes import is_listening
from course.servers import HOST
from tools.record.laid import laid
from tools.record.scenes import output
from tools.record.stage import Show, Stage
from tools.record.terminal import Terminal

RECIPE = "handlers-that-never-return"
KILLED = "took too long to shut down and was killed."


@output("never-return-receive")
def stuck_in_receive(stage: Stage) -> str:
    """What the server logs of a socket whose handler loops, after the page has gone."""
    return log_of(stage, "/ws/stuck/receive/", end=KILLED)


@output("never-return-task")
def task(stage: Stage) -> str:
    """What the server says of the consumer that has a task."""
    return log_of(stage, "/ws/clock/", end="the task is cancelled")


@output("never-return-thread")
def stuck_in_thread(stage: Stage) -> str:
    """What the server says when a sync handler is stuck and another socket comes."""
    with laid(stage, RECIPE) as show, runserver(stage, show) as terminal:
        terminal.process.wait_until(lambda: is_listening(show.ports[0]))
        with socket(show, "/ws/stuck/thread/") as stuck:
            stuck.send(json.dumps("oi"))
            stuck.recv(timeout=10)
            try:
                socket(show, "/ws/clock/").close()
            except InvalidMessage:
                terminal.until("DISCONNECT /ws/clock/")
            text = terminal.text(since="HANDSHAKING")
    return tidy(text)


def log_of(stage: Stage, path: str, end: str) -> str:
    """Open a socket, send a frame, and close; return what the server logs of it."""
    with laid(stage, RECIPE) as show, runserver(stage, show) as terminal:
        terminal.process.wait_until(lambda: is_listening(show.ports[0]))
        with socket(show, path) as page:
            page.send(json.dumps("oi"))
            page.recv(timeout=10)
            page.recv(timeout=10)
        text = terminal.until(end).text(since="HANDSHAKING")
    return tidy(text)


def runserver(stage: Stage, show: Show) -> Terminal:
    """Type `python manage.py runserver`."""
    port = show.ports[0]
    show.natural.ports[port] = 8000
    return stage.manage(show, "runserver", "--noreload", str(port))


def socket(show: Show, path: str) -> ClientConnection:
    """Open a socket, with the Origin that a page of the server has."""
    port = show.ports[0]
    origin = f"http://{HOST}:{port}"
    return connect(f"ws://{HOST}:{port}{path}", origin=origin, proxy=None)


def tidy(text: str) -> str:
    """Write what differs from run to run the same each time."""
    text = re.sub(r"name='Task-\d+'", "name='Task-7'", text)
    # The sleep may just have ended: show it as pending, as it usually is.
    text = text.replace(
        "<Future finished result=None>", "<Future pending cb=[Task.task_wakeup()]>"
    )
    text = re.sub(r"running at \S*/site-packages/(\S+):\d+>", r"running at …/\1>", text)
    return re.sub(r"(client=\['127\.0\.0\.1', )\d+", r"\g<1>50000", text)
