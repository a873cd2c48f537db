"""What the checks of the exercises are written with; a pytest plugin too.

A check is a test whose docstring says in one sentence what works, and whose failures say
in one sentence what doesn't. So each function here takes the sentence that a student
reads if it fails, such as "Bia should have been notified that Ana is typing."
"""

import asyncio
import importlib
import json
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from course.steps import ROOT

# Seconds that all checks of one run may spend waiting for what doesn't come. A right
# solution hardly waits. A wrong one must have its answer before the student looks away.
PATIENCE = float(os.environ.get("EXERCISE_PATIENCE", 2))
SHORTEST = 0.2  # seconds; the last checks of a run get this much, whatever is left
LAST_WAIT = 0.3  # seconds for an application to notice that its socket has closed


class Patience:
    """How long checks wait for an event: half of what is left of the run's PATIENCE."""

    def __init__(self, seconds: float = PATIENCE) -> None:
        self.left = seconds

    def seconds(self) -> float:
        """Return how long to wait now."""
        return max(self.left / 2, SHORTEST)

    def used(self, seconds: float) -> None:
        """Take off the seconds that were spent waiting for nothing."""
        self.left = max(0, self.left - seconds)


patience = Patience()


class NotYet(AssertionError):
    """The solution isn't right yet. The text is the sentence that the student reads."""


def expect(condition: object, sentence: str) -> None:
    """Raise NotYet with a sentence unless the condition holds."""
    if not condition:
        raise NotYet(sentence)


def load(module: str, name: str, sentence: str = "") -> object:
    """Return what a module of the student's defines under a name that the task gives."""
    found = getattr(importlib.import_module(module), name, None)
    file = f"{module.replace('.', '/')}.py"
    expect(found is not None, sentence or f"{file} should define {name}.")
    return found


def note_who_is_held(monkeypatch, kind: type[threading.Thread]) -> None:
    """Set a thread's event `held` when it begins to wait on a condition.

    `kind` is a class of threads with such an event. Setting it before the wait is safe:
    the thread owns the condition's lock until then, so it can't miss a notification.
    """
    wait = threading.Condition.wait

    def noted(condition, timeout=None):
        thread = threading.current_thread()
        if isinstance(thread, kind):
            thread.held.set()
        return wait(condition, timeout)

    monkeypatch.setattr(threading.Condition, "wait", noted)


async def counted_sleep(seconds: float) -> float:
    """Sleep, and return how many of the seconds count as waiting.

    A busy machine may stop this check, and the application with it, for much longer. That
    doesn't count, because the application had no time to answer either.
    """
    began = time.monotonic()
    await asyncio.sleep(seconds)
    # Up to five times as long is no stop: Windows' clock has steps of 16 milliseconds.
    return min(time.monotonic() - began, 5 * seconds)


@asynccontextmanager
async def counted_timeout(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError after `seconds` of counted waiting (see counted_sleep).

    Only then are they taken off the run's patience, and overlapping waits count once.
    """
    left = patience.left - seconds
    async with asyncio.timeout(None) as limit:

        async def count() -> None:
            waited = 0
            while waited < seconds:
                waited += await counted_sleep(0.005)
            # Waits that overlap began with the same patience, so they pay once.
            patience.left = max(0, min(patience.left, left))
            limit.reschedule(0)  # a time in the past: expire at once

        counting = asyncio.create_task(count())
        try:
            yield
        finally:
            counting.cancel()


async def is_quick(
    attempt: Callable[[], Awaitable[float]], limit: float, sentence: str
) -> None:
    """Raise NotYet unless one of up to three attempts stays below the limit.

    Each returns its seconds. A busy machine may delay a quick attempt, but a slow one is
    slow every time.
    """
    took = []
    while len(took) < 3 and not (took and min(took) < limit):
        took.append(await attempt())
    expect(min(took) < limit, f"{sentence} It took {min(took):.1f} seconds.")


async def arrives(awaitable, sentence: str):
    """Return what an awaitable gives; raise NotYet if it takes longer than our patience."""
    try:
        async with counted_timeout(patience.seconds()):
            return await awaitable
    except TimeoutError:
        raise NotYet(sentence) from None


class Person:
    """Somebody with an open socket, who speaks JSON: `await ana.says(text="hi")`."""

    def __init__(self, name: str, communicator, people: list | None = None) -> None:
        self.name = name
        self.socket = communicator
        self.people = [] if people is None else people  # everybody in this check

    async def says(self, **content: object) -> None:
        """Send a frame of JSON."""
        await self.socket.send_json_to(content)

    async def sends(self, data: str | bytes) -> None:
        """Send a frame as it is: a string is a text frame, bytes are a binary one."""
        kind = "text_data" if isinstance(data, str) else "bytes_data"
        await self.socket.send_to(**{kind: data})

    async def event(self, sentence: str) -> dict:
        """Return the next ASGI event that the application sends to this socket."""
        queue = self.socket.output_queue
        if queue.empty() and self.socket.future.done():
            await self.socket.future  # raises what ended the application
        waited, seconds = 0, patience.seconds()
        while queue.empty():
            if self.socket.future.done():
                await self.socket.future
                if queue.empty():
                    raise NotYet(sentence)
            if waited > seconds:
                patience.used(seconds)
                raise NotYet(sentence) from self.crash()
            waited += await counted_sleep(0.002)
        return queue.get_nowait()

    def crash(self) -> BaseException | None:
        """Return what ended somebody's consumer, if anything did: it may be the reason."""
        for person in self.people:
            future = person.socket.future
            if future.done() and not future.cancelled() and future.exception():
                return future.exception()
        return None

    async def hears(self, sentence: str, **expected: object) -> dict:
        """Return the next frame of JSON; it must have these keys and values."""
        event = await self.event(sentence)
        expect(event["type"] == "websocket.send", f"{sentence} {ended(event)}")
        try:
            frame = json.loads(event.get("text") or event.get("bytes") or "")
        except ValueError:
            raise NotYet(f"{sentence} The frame isn't JSON: {event}") from None
        same = isinstance(frame, dict) and all(
            key in frame and frame[key] == value for key, value in expected.items()
        )
        expect(same, f"{sentence} {self.name} received {json.dumps(frame)} instead.")
        return frame

    async def hears_nothing(self, sentence: str, seconds: float = 0.1) -> None:
        """Raise NotYet if a frame comes, or the socket closes."""
        waited = 0
        while True:
            if not self.socket.output_queue.empty():
                event = self.socket.output_queue.get_nowait()
                said = event.get("text") or event.get("bytes") or ended(event)
                raise NotYet(f"{sentence} {self.name} received {said}")
            if self.socket.future.done():
                await self.socket.future
            if waited >= seconds:
                return  # and nothing had come after the last turn either
            waited += await counted_sleep(0.005)

    async def is_closed(self, sentence: str, code: int | None = None) -> int:
        """Return the close code, once the server closes; frames before it are skipped."""
        while True:
            event = await self.event(sentence)
            if event["type"] == "websocket.close":
                found = event.get("code", 1000)
                wanted = code is None or found == code
                expect(wanted, f"{sentence} The close code is {found}.")
                return found

    async def leaves(self, code: int = 1000) -> None:
        """Close the socket, and wait until the application has noticed."""
        await self.socket.disconnect(code=code)


def ended(event: dict) -> str:
    """Return in words that the server has closed the socket."""
    if event["type"] == "websocket.close":
        return f"The server closed the socket instead, with code {event.get('code')}."
    return f"The server sent {event['type']}."


def room_path(room: str) -> str:
    """Return the path of a room's socket."""
    return f"/ws/chat/{quote(room, safe='')}/"


ORIGIN = (b"origin", b"http://localhost:8000")


class Door:
    """Opens sockets to the student's application, and closes them when the check ends."""

    def __init__(self) -> None:
        self.people = []

    async def __call__(
        self, name: str, room: str = "class", *, sentence: str = "", **options: object
    ) -> Person:
        """Return a person in a room, whose socket the application has accepted.

        The options are those of `knock`.
        """
        person, answer = await self.knock(name, room, **options)
        wanted = sentence or f"{name}'s socket should have been accepted."
        got = answer["type"]
        expect(got == "websocket.accept", f"{wanted} The application sent {got}.")
        return person

    async def knock(
        self,
        name: str,
        room: str = "class",
        *,
        path: str = "",
        headers: tuple = (ORIGIN,),
        app: object = None,
        scope: dict | None = None,
    ) -> tuple[Person, dict]:
        """Ask for a socket; return the person, and the event that answers."""
        from channels.testing import WebsocketCommunicator

        if app is None:
            app = load("config.asgi", "application")
        socket = WebsocketCommunicator(
            app, path or room_path(room), headers=list(headers)
        )
        socket.scope["server"] = ("localhost", 8000)  # as a real server does
        socket.scope["client"] = ("127.0.0.1", 50000)
        socket.scope.update(scope or {})
        person = Person(name, socket, self.people)
        self.people.append(person)
        await socket.send_input({"type": "websocket.connect"})
        answer = await person.event(
            f"The application should have answered {name}'s handshake."
        )
        return person, answer

    async def close(self) -> None:
        """End every application, whatever state its socket is in."""
        for person in self.people:
            future = person.socket.future
            if not future.done():
                await person.socket.send_input(
                    {"type": "websocket.disconnect", "code": 1001}
                )
                await asyncio.wait([future], timeout=LAST_WAIT)
            future.cancel()
            await asyncio.wait([future], timeout=LAST_WAIT)
            if future.done() and not future.cancelled():
                future.exception()  # seen already, or not what is checked


# Django must not see these twice: it registers what they define.
LOADED_ONCE = {"chat.apps", "chat.checks", "chat.models", "chat.rooms"}


def another_server() -> object:
    """Return the application as a new server process has it, for `opens(…, app=…)`.

    Its modules and its channel layer are its own, so nothing in a class, a module or a
    lock is shared with another server, or with the checks before.
    """
    from channels.layers import channel_layers

    here = Path.cwd()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        mine = name.startswith("chat.") or name == "config.asgi"
        mine = mine or (file and Path(file).parent == here and name != "__main__")
        if mine and name not in LOADED_ONCE:
            del sys.modules[name]
    application = importlib.import_module("config.asgi").application
    backends = {}

    async def app(scope, receive, send):
        channel_layers.backends = backends  # what get_channel_layer() looks into
        await application(scope, receive, send)

    return app


@pytest.fixture
async def opens():
    """Return what opens sockets: `ana = await opens("Ana")`, in the room "class"."""
    door = Door()
    yield door
    await door.close()


@pytest.fixture
def room():
    """Return a room that nobody has ever entered, with a name that needs some care."""
    return f"salão 7/{uuid.uuid4()}"


@pytest.fixture(autouse=True)
def a_new_layer():
    """Let no check hear what another one has sent: each has its own channel layer."""
    try:
        from channels.layers import channel_layers
    except Exception:  # no Django, no Channels: nothing to forget
        yield
        return
    channel_layers.backends = {}
    yield
    channel_layers.backends = {}


def slow_down(
    layer: object, monkeypatch: pytest.MonkeyPatch
) -> tuple[asyncio.Event, asyncio.Event]:
    """Let nobody join a group of a layer until the check says so.

    Return two events: one is set when somebody wants to join, and setting the other one
    lets them.
    """
    asked, may_join = asyncio.Event(), asyncio.Event()
    join = layer.group_add

    async def group_add(group: str, channel: str) -> None:
        asked.set()
        await may_join.wait()
        await join(group, channel)

    # If it's never awaited, this is how Python names it to the student.
    group_add.__qualname__ = join.__qualname__
    monkeypatch.setattr(layer, "group_add", group_add)
    return asked, may_join


# ---- HTTP ---------------------------------------------------------------------------------------


class Answer:
    """What an application answered to an HTTP request: the ASGI events that it sent."""

    def __init__(self) -> None:
        self.events = []

    @property
    def is_complete(self) -> bool:
        """Tell whether the last part of the body has been sent."""
        return any(
            event.get("type") == "http.response.body" and not event.get("more_body")
            for event in self.events
        )

    @property
    def status(self) -> int | None:
        """The status, or None if the application hasn't sent any."""
        return next((one["status"] for one in self.events if "status" in one), None)

    @property
    def headers(self) -> dict[bytes, bytes]:
        """The headers, with their names in lower case."""
        pairs = next((one["headers"] for one in self.events if "headers" in one), [])
        return {bytes(name).lower(): bytes(value) for name, value in pairs}

    @property
    def body(self) -> bytes:
        """The body, put together from its parts."""
        return b"".join(event.get("body", b"") for event in self.events)


def is_header(header: object) -> bool:
    """Tell whether this is a header as ASGI wants it: a name and a value, in bytes."""
    return (
        isinstance(header, tuple | list)
        and len(header) == 2
        and all(isinstance(part, bytes) for part in header)
    )


async def ask(
    app: object,
    path: str,
    *,
    method: str = "GET",
    parts: tuple = (b"",),
    headers: tuple = (),
    sentence: str = "",
) -> Answer:
    """Make an HTTP request of an ASGI application as a server does; return the answer.

    `parts` are the parts of the request's body: the application gets an event for each.
    After the answer, it gets `http.disconnect`, and has to return.
    """
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost:8000"), *headers],
        "server": ("localhost", 8000),
        "client": ("127.0.0.1", 50000),
    }
    events = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]
    answer = Answer()
    complete = asyncio.Event()

    async def receive():
        if events:
            return events.pop(0)
        await complete.wait()
        complete.clear()  # a second call waits forever, as it does in a real server
        return {"type": "http.disconnect"}

    async def send(event):
        answer.events.append(event)
        if answer.is_complete:
            complete.set()

    running = app(scope, receive, send)
    expect(
        hasattr(running, "__await__"),
        "The application must be a coroutine: `async def application(scope, receive, send)`.",
    )
    request = sentence or f"{method} {path} should have got a complete answer."
    try:
        async with counted_timeout(patience.seconds()):
            await running
    except TimeoutError:
        expect(answer.is_complete, f"{request} It's still waiting for the rest.")
        raise NotYet(
            f"After its answer to {method} {path}, the application should have returned,"
            " but it's still running."
        ) from None
    missing = "the last part of the body" if answer.events else "sending anything"
    expect(answer.is_complete, f"{request} The application returned without {missing}.")
    return answer


def cookie_of(name: str) -> tuple[bytes, bytes]:
    """Return the header that a browser sends once somebody has logged in.

    For exercises that keep the session in a signed cookie, with a name as "person".
    """
    from django.contrib.sessions.backends.signed_cookies import SessionStore

    session = SessionStore()
    session["person"] = name
    session.save()
    return (b"cookie", f"sessionid={session.session_key}".encode())


# ---- Predictions ------------------------------------------------------------------------------


def answers(file: str = "answers.txt") -> list[str]:
    """Return what the student wrote after each `answer:` in a file, in order.

    Case, spaces and a final full stop don't matter. A missing one raises NotYet.
    """
    given = []
    for line in Path(file).read_text("utf-8").splitlines():
        label, found, said = line.partition(":")
        if found and label.strip().lower() == "answer":
            given.append(" ".join(said.lower().split()).rstrip("."))
    return given


def predicted(number: int, file: str = "answers.txt") -> str:
    """Return the answer to a question, counted from 1; raise NotYet if it is empty."""
    given = answers(file)
    missing = len(given) < number or given[number - 1] in {"", "todo"}
    expect(
        not missing,
        f"Write your prediction for question {number} in {file}, after `answer:`.",
    )
    return given[number - 1]


# ---- Tests that students write ------------------------------------------------------------------


class Verdict:
    """A pytest plugin that counts how a student's tests go."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.why = ""

    def why_in(self, file: str) -> str:
        """Return why a test failed, with the line if it's in the student's file."""
        said = self.why.partition("\n")[0]
        found = re.match(r".*?([^/\\]+\.py):(\d+): (.*)", said)
        if not found:
            return said
        name, line, reason = found.groups()
        return f"line {line}: {reason}" if name == file else reason

    def pytest_runtest_logreport(self, report) -> None:
        """Count one test; keep the first reason why one failed."""
        if report.failed:
            self.failed += 1
            self.why = self.why or str(getattr(report.longrepr, "reprcrash", ""))
        elif report.when == "call" and report.passed:
            self.passed += 1

    def pytest_collectreport(self, report) -> None:
        """Count a file that can't be loaded as a failure."""
        if report.failed:
            self.failed += 1
            self.why = self.why or str(report.longrepr)


def run_tests(file: str, plugin: object) -> Verdict:
    """Run a student's tests in this process, with fixtures from a plugin; count them.

    The plugin is an object with fixtures: it gives the tests one version of the code.
    """
    verdict = Verdict()
    here = Path.cwd()
    settings = ROOT / "exercises" / "pytest.ini"
    # Without the two that collect garbage after each test: it takes most of the time.
    off = ("cacheprovider", "terminal", "faulthandler")
    off += ("unraisableexception", "threadexception")
    plugins = ["pytest_asyncio.plugin", *(f"no:{name}" for name in off)]
    words = ["-c", str(settings), f"--rootdir={here}", "--import-mode=importlib"]
    words += [f"-p{name}" for name in plugins]
    code = pytest.main([*words, str(here / file)], plugins=[verdict, plugin])
    if code in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        raise RuntimeError(f"pytest couldn't run {file}: {code!r}")
    return verdict
