"""An ASGI server inside a browser: what Daphne's runserver does, without a network.

Pages and sockets arrive as messages of the page that runs the playground (worker.js), and
each becomes a call of the project's own `config.asgi.application`, as the ASGI
specification says: https://asgi.readthedocs.io/en/latest/specs/www.html

What it writes to the log, and when it closes a socket, follows Daphne 4.2, so that a
reader sees here what a terminal shows. What differs is said in the page: there are no
threads, no processes and no network in a browser.
"""

import asyncio
import contextlib
import datetime
import functools
import importlib
import itertools
import json
import logging
import os
import random
import sys
import time
import traceback
import types
from pathlib import Path
from urllib.parse import unquote

PROJECT = Path("/project")
HANDSHAKE = (
    5  # seconds that an application has for accept() or close(), as in runserver
)
CHECKED_EVERY = 1  # seconds between Daphne's looks for applications that have ended
CLOSING = 10  # seconds that a consumer has for its disconnect()
LARGEST = 1024 * 1024  # bytes of one message, as in runserver

log = logging.getLogger("django.channels.server")
daphne_log = logging.getLogger("daphne.server")
clients = itertools.count(50001)  # the ports of the browsers, as far as the log tells


# ---- What a browser lacks ------------------------------------------------------------------


def prepare() -> None:
    """Import what every project needs, and replace what a browser doesn't have.

    The page takes a snapshot of the memory after this: each server starts from it.
    """
    sys.path.insert(0, str(PROJECT))
    # "daphne" is in INSTALLED_APPS for its runserver only: an empty app replaces it here.
    daphne = types.ModuleType("daphne")
    daphne.__path__ = ["/nowhere"]
    daphne.__file__ = "/nowhere/__init__.py"
    sys.modules["daphne"] = daphne
    run_where_we_are()
    accept_deadlines_that_have_passed()
    read_json_in_python()
    for name in [
        "django.contrib.staticfiles.handlers",
        "django.contrib.staticfiles.apps",
        "django.core.asgi",
        "django.core.management",
        "django.middleware.common",
        "django.template.defaulttags",
        "django.template.loader_tags",
        "django.template.loaders.cached",
        "django.templatetags.static",
        "django.views.debug",
        "django.views.generic",
        "channels.auth",
        "channels.generic.websocket",
        "channels.layers",
        "channels.routing",
        "channels.security.websocket",
        "asyncio",
        "uuid",
    ]:
        importlib.import_module(name)


def accept_deadlines_that_have_passed() -> None:
    """Let `asyncio.timeout()` have a deadline that passes before the loop has noted it.

    Python's own loops call back at once then. Pyodide's raises a ValueError, if the machine
    is busy for longer than the timeout lasts just when it begins.
    """
    from pyodide.webloop import WebLoop

    WebLoop.call_at = call_at


def call_at(self, when, callback, *args, context=None):
    """Replace `WebLoop.call_at`."""
    return self.call_later(max(0, when - self.time()), callback, *args, context=context)


def read_json_in_python() -> None:
    """Read JSON with Python's own scanner, not with that in C.

    The one in C calls itself for each bracket. A text of 100,000 brackets is a
    RecursionError elsewhere. Here, the browser's stack is full first, and Python ends.
    """
    json.decoder.scanner.make_scanner = json.scanner.py_make_scanner
    json._default_decoder = json.JSONDecoder()


def run_where_we_are() -> None:
    """Let what asks for a thread run in the only one that there is.

    `sync_to_async` and `database_sync_to_async` then block everyone while they run; the
    page says so. `async_to_sync` works for a coroutine that never has to wait: nothing
    could run anything else meanwhile.
    """
    import asgiref.sync

    @functools.wraps(asgiref.sync.SyncToAsync.__call__)
    async def call(self, *args, **kwargs):
        try:
            with outside_the_loop():
                return self.func(*args, **kwargs)
        finally:
            if database:
                database.look_soon()

    asgiref.sync.SyncToAsync.__call__ = call
    asgiref.sync.AsyncToSync.__call__ = call_in_place


database = None  # what gives the database to the page, if the project has one to keep
hidden = None  # the event loop, while something runs as if in a thread


@contextlib.contextmanager
def outside_the_loop():
    """Run what follows as if in a thread without an event loop: there, a query is allowed."""
    global hidden
    hidden = loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


def refuse_inside_a_loop() -> None:
    """Raise what `async_to_sync` raises in a coroutine."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "You cannot use AsyncToSync in the same thread as an async event loop - "
        "just await the async function directly."
    )


def call_in_place(self, *args, **kwargs):
    """Replace `AsyncToSync.__call__`: run a coroutine to its end, if it never waits."""
    refuse_inside_a_loop()

    async def run():
        return await self.awaitable(*args, **kwargs)

    asyncio._set_running_loop(hidden)
    try:
        task = asyncio.Task(run(), loop=hidden, eager_start=True)
        if not task.done():
            task.cancel()
            raise RuntimeError(
                "This page has no second thread, so async_to_sync() can only run a"
                " coroutine that doesn't wait for anything."
            )
    finally:
        asyncio._set_running_loop(None)
    return task.result()


# ---- Start ---------------------------------------------------------------------------------


def start(options: dict, ask_layer, kept=None) -> None:
    """Load the project in /project; raise what its code raises.

    `options`: the `port` and `pid` that the label shows, the path `mount` at which the
    browser finds this server, the `application` as module:name, the `layer` (None for
    the project's own, or "page" for the playground's), and `environment`. `people` is the
    command that makes some, for a project with accounts, and `kept` its database until now.
    """
    # Every server starts from one snapshot, so all would draw the same "random" names.
    random.seed()
    importlib.invalidate_caches()
    os.chdir(PROJECT)
    os.environ.update(options.get("environment") or {})
    os.environ["MOUNTED_AT"] = options["mount"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    pid = options["pid"]
    os.getpid = lambda: pid  # a worker has no process id: the page numbers its workers
    from playground import layer

    layer.ask = ask_layer
    if options.get("layer"):
        from django.conf import settings

        backend = {
            "page": "playground.layer.PageChannelLayer",
            "memory": "channels.layers.InMemoryChannelLayer",
            "alone": "playground.layer.AloneChannelLayer",
        }[options["layer"]]
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    with outside_the_loop():  # as a server does: it imports first, and then it serves
        if options.get("people"):
            from playground import accounts

            if kept:
                accounts.restore(kept)
        application = load(options)
        if options.get("people") and not kept:
            accounts.make_people(options["people"])
    global server
    server = Server(application, options["port"], options["mount"])


def load(options: dict):
    """Return the project's application, as `runserver` does: static files are served too."""
    import django
    from django.conf import settings
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    django.setup()
    if options.get("migrate"):
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    module, _, name = options["application"].partition(":")
    application = getattr(importlib.import_module(module), name)
    if "django.contrib.staticfiles" in settings.INSTALLED_APPS:
        return ASGIStaticFilesHandler(application)
    return application


def try_to_start(options: str, ask_layer, kept=None) -> str:
    """Start; return an empty text, or what went wrong, as JSON."""
    options = json.loads(options)
    print(greeting(options["port"]))
    try:
        start(options, ask_layer, kept and kept.to_bytes())
    except BaseException:  # SystemExit too: the project's code may raise anything
        said = problem()
        print(json.loads(said)["trace"], file=sys.stderr, end="")
        return said
    return ""


def problem() -> str:
    """Return the exception that is being handled, as JSON: the trace, and the line in /project."""
    kind, error, trace = sys.exc_info()
    # Our own frames, and those of the import system, say nothing to the reader.
    frames = [
        frame
        for frame in traceback.extract_tb(trace)
        if frame.filename.startswith(("/project", "/lib/python3"))
        and "/playground/" not in frame.filename
        and "/_pyodide/" not in frame.filename
    ]
    text = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    text += traceback.format_exception_only(kind, error)
    mine = [frame for frame in frames if frame.filename.startswith(str(PROJECT))]
    file, line = (mine[-1].filename, mine[-1].lineno) if mine else ("", 0)
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("/project"):
        file, line = error.filename, error.lineno or 0
    return json.dumps(
        {
            "trace": "".join(text),
            "says": traceback.format_exception_only(kind, error)[-1].strip(),
            "file": file.removeprefix(f"{PROJECT}/"),
            "line": line,
        }
    )


server = None


def log_in(name: str) -> list[str]:
    """Log somebody in; return the cookie that their browser gets."""
    from playground import accounts

    with outside_the_loop():
        return accounts.log_in(name)


def keep(tell) -> None:
    """Give the database to the page, now and after each change."""
    global database
    from playground import accounts
    from pyodide.ffi import to_js

    database = accounts.Kept(lambda content: tell(to_js(content)))


def answer(asked: str, body, to_page):
    """Start to answer a request; return what ends it, for when its page goes away.

    `to_page(kind, data)` gets "start" with the status and headers as JSON, then "part"
    with bytes for each part of the body, then "end".
    """
    from pyodide.ffi import create_proxy, to_js

    def tell(kind: str, data) -> None:
        to_page(kind, to_js(data))

    request = Request(server, json.loads(asked), body.to_bytes(), tell)
    return create_proxy(request.leave)


def open_socket(asked: str, to_page) -> "Socket":
    """Open a socket. `to_page(kind, data)` carries what happens to it to the page."""
    from pyodide.ffi import create_proxy, to_js

    def tell(kind: str, data) -> None:
        to_page(kind, to_js(data))

    return create_proxy(server.open(json.loads(asked), tell))


class Server:
    """Calls one application for each request and each socket, and writes the log."""

    def __init__(self, application, port: int, mount: str) -> None:
        self.application = application
        self.port = port
        self.mount = mount
        self.sockets = set()
        self.checks = asyncio.ensure_future(self.check_now_and_then())

    async def check_now_and_then(self) -> None:
        """Find applications that have ended or take too long, once a second, as Daphne does."""
        while True:
            await asyncio.sleep(CHECKED_EVERY)
            for socket in list(self.sockets):
                socket.check()

    def scope(self, kind: str, asked: dict) -> dict:
        """Return the scope of a request or a socket."""
        path = asked["path"]
        return {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http" if kind == "http" else "ws",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": asked.get("mount", self.mount),
            "query_string": asked["query"].encode(),
            "client": ["127.0.0.1", next(clients)],
            "server": ["localhost", self.port],
        }

    def short(self, asked: dict) -> str:
        """Return a path as the log shows it: without the place of this server."""
        return asked["path"].removeprefix(asked.get("mount", self.mount))

    def open(self, asked: dict, to_page) -> "Socket":
        """Start the application for a socket whose page waits for the handshake."""
        scope = self.scope("websocket", asked)
        # Not the origin of the site that this runs in: to the project, its own page asks.
        scope |= {
            "subprotocols": list(asked["protocols"]),
            "headers": [
                (b"host", f"localhost:{self.port}".encode()),
                (b"origin", f"http://localhost:{self.port}".encode()),
                *cookies_of(asked),
            ],
        }
        socket = Socket(self, scope, self.short(asked), to_page)
        self.sockets.add(socket)
        return socket


def cookies_of(asked: dict) -> list[tuple[bytes, bytes]]:
    """Return the header with the cookies of the person who asks, if there are any."""
    cookies = asked.get("cookies")
    return [(b"cookie", cookies.encode("latin-1"))] if cookies else []


class Request:
    """One HTTP request: the application's side of it, and the page's."""

    def __init__(self, server: Server, asked: dict, body: bytes, to_page) -> None:
        self.server = server
        self.method, self.path = asked["method"], server.short(asked)
        self.to_page = to_page
        self.began = time.monotonic()
        self.status = None  # until the application has sent it
        self.is_over = False
        self.over = asyncio.Event()
        self.events = [{"type": "http.request", "body": body, "more_body": False}]
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in asked["headers"]
            if name.lower() not in {"host", "origin", "referer"}
        ]
        headers.append((b"host", f"localhost:{server.port}".encode()))
        headers += cookies_of(asked)
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        self.scope = server.scope("http", asked)
        self.scope |= {"method": self.method, "headers": headers}
        self.task = asyncio.ensure_future(self.run())

    async def run(self) -> None:
        """Call the application, and answer 500 if it fails before it has answered."""
        try:
            await self.server.application(self.scope, self.receive, self.send)
            if self.status is None and not self.is_over:
                raise RuntimeError("The application returned without a response.")
        except asyncio.CancelledError:
            raise
        except Exception as error:
            daphne_log.error(
                "Exception inside application: %s", error, exc_info=cleaned(error)
            )
            if self.status is None:
                self.start(500, [[b"content-type", b"text/plain; charset=utf-8"]])
                text = "Internal server error. The server's output says why."
                self.to_page("part", text.encode())
        self.end()

    async def receive(self) -> dict:
        """Return the request's body, then wait until the page has gone."""
        if self.events:
            return self.events.pop(0)
        await self.over.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: dict) -> None:
        """Pass on what the application sends."""
        if self.is_over:
            return
        if event["type"] == "http.response.start":
            self.start(event["status"], event.get("headers", []))
        elif event["type"] == "http.response.body":
            if event.get("body"):
                self.to_page("part", bytes(event["body"]))
            if not event.get("more_body"):
                self.end()

    def start(self, status: int, headers: list) -> None:
        """Send the status and the headers."""
        self.status = status
        pairs = [[n.decode("latin-1"), v.decode("latin-1")] for n, v in headers]
        self.to_page("start", json.dumps({"status": status, "headers": pairs}))

    def end(self) -> None:
        """End the response, and write it into the log, once."""
        if self.is_over:
            return
        self.is_over = True
        self.over.set()
        self.to_page("end", None)
        host, port = self.scope["client"]
        took = time.monotonic() - self.began
        told = (self.method, self.path, self.status, took, host, port)
        log.info("HTTP %s %s %s [%.2f, %s:%s]", *told)

    def leave(self) -> None:
        """Tell the application that the page has gone, as a server does: http.disconnect."""
        self.is_over = True
        self.over.set()


class Socket:
    """One open socket: the application's side of it, and the page's."""

    def __init__(self, server: Server, scope: dict, path: str, to_page) -> None:
        self.server = server
        self.path = path
        self.client = "{}:{}".format(*scope["client"])
        self.to_page = to_page
        self.queue = asyncio.Queue()
        self.state = "connecting"
        self.opened = time.monotonic()
        self.left = None  # when the page has gone
        self.write("HANDSHAKING")
        self.queue.put_nowait({"type": "websocket.connect"})
        self.error = None  # what ended the application
        self.task = asyncio.ensure_future(self.run(scope))

    async def run(self, scope: dict) -> None:
        """Run the application, and keep its exception: Pyodide would print it at once."""
        try:
            await self.server.application(scope, self.queue.get, self.send)
        except Exception as error:
            self.error = error

    def write(self, action: str) -> None:
        """Write a line about this socket to the log."""
        log.info("WebSocket %s %s [%s]", action, self.path, self.client)

    async def send(self, event: dict) -> None:
        """Do what the application asks for."""
        if self.state == "closed":
            return
        kind = event["type"]
        if kind == "websocket.accept" and self.state == "connecting":
            self.accept(event.get("subprotocol"))
        elif kind == "websocket.send":
            if self.state == "connecting":
                raise ValueError("Socket has not been accepted, so cannot send over it")
            if event.get("bytes"):
                self.to_page("frame", bytes(event["bytes"]))
            if event.get("text"):
                self.to_page("frame", event["text"])
        elif kind == "websocket.close":
            if self.state == "connecting":
                self.refuse("REJECT")
            else:
                self.close(event.get("code"))
        else:
            raise ValueError(f"Cannot handle message type {kind}!")

    def accept(self, subprotocol: str | None) -> None:
        """Complete the handshake."""
        self.state = "open"
        self.write("CONNECT")
        self.to_page("open", subprotocol or "")

    def refuse(self, action: str) -> None:
        """Let the handshake fail. A page never learns why: it gets code 1006."""
        self.state = "closed"
        self.left = time.monotonic()
        self.to_page("failed", None)
        self.write(action)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def close(self, code: int | None) -> None:
        """Close the socket for the application, with a code that one may send."""
        code = 1000 if code is None else code
        if code != 1000 and not 3000 <= code <= 4999:
            raise Exception(
                f"invalid close code {code} (must be 1000 or from [3000, 4999])"
            )
        self.end(code)

    def end(self, code: int, *, clean: bool = True) -> None:
        """Close the page's side, and tell the application."""
        if self.state == "closed":
            return
        self.state = "closed"
        self.left = time.monotonic()
        self.to_page("closed", json.dumps({"code": code, "wasClean": clean}))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        self.write("DISCONNECT")

    # ---- What the page does

    def hear(self, data) -> None:
        """Hand a message of the page, a text or a Uint8Array, to the application."""
        if not isinstance(data, str):
            data = data.to_bytes()
        if self.state != "open":
            return
        size = len(data.encode() if isinstance(data, str) else data)
        if size > LARGEST:
            self.end(1009)
        elif isinstance(data, str):
            self.queue.put_nowait({"type": "websocket.receive", "text": data})
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": data})

    def leave(self, code: int) -> None:
        """Close the socket because the page closes it."""
        if self.state == "connecting":
            self.refuse("DISCONNECT")
        else:
            self.end(code)

    # ---- What Daphne checks

    def check(self) -> None:
        """Write down an exception, end what takes too long, forget what is over."""
        now = time.monotonic()
        if self.task.done():
            self.server.sockets.discard(self)
            if self.error is not None:
                daphne_log.error(
                    "Exception inside application: %s",
                    self.error,
                    exc_info=cleaned(self.error),
                )
                if self.state == "connecting":
                    self.refuse("DISCONNECT")
                else:
                    # Without a disconnect event: the consumer that would get it is gone.
                    self.end(1011)
        elif self.state == "connecting" and now - self.opened > HANDSHAKE:
            self.refuse("DISCONNECT")
        elif self.left is not None and now - self.left > CLOSING:
            daphne_log.warning(
                "Application instance %r for connection to %s took too long to shut down"
                " and was killed.",
                self.task,
                self.path,
            )
            self.task.cancel()


def cleaned(error: BaseException) -> BaseException:
    """Return an exception whose trace begins in the application, not in this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return error.with_traceback(trace)


# ---- The log -------------------------------------------------------------------------------


def greeting(port: int) -> str:
    """Return the first lines of a server's output."""
    from importlib.metadata import version

    import django

    now = datetime.datetime.now().strftime("%H:%M:%S")
    return (
        f"{now}  Django {django.get_version()}, Channels {version('channels')},"
        f" Python {sys.version.split()[0]} in this page, as port {port}"
    )
