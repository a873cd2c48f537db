"""People who use the real chats: they do what a page's script does, over real connections."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote, urlencode

from course.classroom.screens.wire import Http, Meter, Refused, WebSocket, token_in

PASSWORD = "let-me-chat"  # of the people that `manage.py demo` makes
ENOUGH = 15  # seconds for a message that must arrive
FIRST_TRY = 3  # seconds; after a lost connection, a page waits up to so long
NEXT_TRY = 0.2


def now() -> int:
    """Return the time as a page sends it, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Poller:
    """Somebody in a room of step 01 or 02, whose page asks over HTTP."""

    def __init__(self, name: str, port: int, room: str) -> None:
        self.name = name
        self.meter = Meter()
        self.ears = Http(port, self.meter)
        # A second connection, as browsers have it: the first may be held.
        self.mouth = Http(port, self.meter)
        self.path = f"/messages/{quote(room, safe='')}/"
        self.newest = 0

    async def enter(self) -> None:
        """Load what the room remembers."""
        await self.ask("")

    async def ask(self, query: str) -> list[dict]:
        """Send one poll; return the messages in the response."""
        status, body = await self.ears.get(self.path + query)
        if status != 200:
            raise Refused(f"The server at port {self.ears.port} answered {status}.")
        messages = json.loads(body)["messages"]
        self.newest = messages[-1]["id"] if messages else self.newest
        return messages

    async def poll(self, wait: float = 0) -> list[dict]:
        """Ask for what is new; with `wait`, a long poll of so many seconds."""
        query = {"after": self.newest} | ({"wait": wait} if wait else {})
        return await self.ask(f"?{urlencode(query)}")

    async def send(self, text: str) -> None:
        """Send a message."""
        message = {"text": text, "sender": self.name, "sent_at": now()}
        body = json.dumps(message)
        status, _ = await self.mouth.post(self.path, body, "application/json")
        if status != 201:
            raise Refused(f"The server at port {self.mouth.port} answered {status}.")

    def leave(self) -> None:
        """Close both connections."""
        self.ears.close()
        self.mouth.close()


class Member:
    """Somebody in a room of step 03 or 04, whose page has a WebSocket."""

    def __init__(self, name: str, port: int, room: str) -> None:
        self.name = name
        self.port = port
        self.meter = Meter()
        self.path = f"/ws/chat/{quote(room, safe='')}/"
        self.socket = None
        self.cookies = {}

    async def enter(self) -> None:
        """Open the socket."""
        self.socket = WebSocket(self.port, self.meter)
        await self.socket.open(self.path, self.cookies)

    async def send(self, text: str) -> bool:
        """Send a message; return False if there is no connection, as the page says."""
        if not self.socket.is_open:
            return False
        message = {"text": text, "sender": self.name, "sent_at": now()}
        self.socket.send(json.dumps(message))
        return True

    async def next(self) -> dict | None:
        """Return the next frame; None once the socket is closed."""
        text = await self.socket.inbox.get()
        return None if text is None else json.loads(text)

    async def frames(self) -> AsyncIterator[dict]:
        """Yield each frame, until the socket is closed."""
        while (frame := await self.next()) is not None:
            yield frame

    async def hear(self, text: str, within: float = ENOUGH) -> dict | None:
        """Return the message with this text; None if it doesn't arrive in time."""
        try:
            async with asyncio.timeout(within):
                async for frame in self.frames():
                    if "error" in frame:
                        raise Refused(frame["error"])
                    if frame.get("text") == text:
                        return frame
        except TimeoutError:
            pass
        return None

    async def closed(self, within: float = ENOUGH) -> int:
        """Return the close code, once the socket is closed."""
        async with asyncio.timeout(within):
            async for _ in self.frames():
                pass
        return self.socket.code

    def leave(self) -> None:
        """Drop the socket."""
        if self.socket:
            self.socket.close()


class Person(Member):
    """Somebody who has logged in to step 05. The page keeps what isn't stored yet.

    `on_frame` is called with each frame, after the page has done its part.
    """

    def __init__(self, name: str, port: int, room: str) -> None:
        super().__init__(name, port, room)
        self.base = self.path
        self.seen = {}  # by number, as the page's log
        self.repeats = 0  # messages that came although the page had them
        self.epoch = None
        self.outbox = {}  # by key, in the order in which they were typed
        self.present = []
        self.on_frame: Callable[[dict], None] = lambda frame: None
        self.changed = asyncio.Condition()
        self.task = None

    async def log_in(self) -> None:
        """Log in with the form, as a person does."""
        http = Http(self.port)
        try:
            page = "/accounts/login/"
            _, form = await http.get(page)
            fields = {"username": self.name, "password": PASSWORD}
            fields["csrfmiddlewaretoken"] = token_in(form)
            kind = "application/x-www-form-urlencoded"
            status, _ = await http.post(page, urlencode(fields), kind)
            if status != 302:
                raise Refused(
                    f"Step 05 did not let {self.name} log in (status {status})."
                )
            self.cookies = http.cookies
        finally:
            http.close()

    async def enter(self) -> None:
        """Open the socket, and return once the page has caught up."""
        if not self.cookies:
            await self.log_in()
        place = {"after": max(self.seen, default=None), "epoch": self.epoch}
        query = urlencode({key: value for key, value in place.items() if value})
        self.path = f"{self.base}?{query}" if query else self.base
        await super().enter()
        caught_up = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self.follow(caught_up))
        async with asyncio.timeout(ENOUGH):
            await caught_up
        for cid, message in self.outbox.items():
            self.post(cid, message)

    async def follow(self, caught_up: asyncio.Future) -> None:
        """Do with each frame what the page does with it."""
        async for frame in self.frames():
            kind = frame.get("type")
            if kind == "message":
                self.learn([frame])
            elif kind == "sync":
                if frame.get("reset"):
                    self.seen = {}
                self.learn(frame["messages"])
                self.epoch = frame.get("epoch") or self.epoch
                if frame.get("epoch") and not caught_up.done():
                    caught_up.set_result(None)
            elif kind == "presence":
                self.present = frame["people"]
            elif kind == "error" and frame.get("retry_after") is not None:
                loop = asyncio.get_running_loop()
                loop.call_later(frame["retry_after"], self.post_again, frame.get("cid"))
            self.on_frame(frame)
            async with self.changed:
                self.changed.notify_all()
        if not caught_up.done():
            problem = Refused(f"Step 05 closed the socket ({self.socket.code}).")
            caught_up.set_exception(problem)
        async with self.changed:
            self.changed.notify_all()

    def learn(self, messages: list[dict]) -> None:
        """Add messages to the log; those of ours leave the outbox."""
        for message in messages:
            self.repeats += message["seq"] in self.seen
            self.seen[message["seq"]] = message
            self.outbox.pop(message.get("cid"), None)

    async def send(self, text: str) -> bool:
        """Keep a message until it is in the log; return whether it could be sent now."""
        cid = str(uuid.uuid4())
        self.outbox[cid] = {"text": text, "sent_at": now()}
        if not self.socket.is_open:
            return False
        self.post(cid, self.outbox[cid])
        return True

    def post(self, cid: str, message: dict) -> None:
        """Send a message of the outbox."""
        self.socket.send(json.dumps({"type": "send", "cid": cid} | message))

    def post_again(self, cid: str | None) -> None:
        """Send a message that the server refused for coming too soon."""
        if cid in self.outbox and self.socket.is_open:
            self.post(cid, self.outbox[cid])

    async def until(self, ready: Callable[[], bool], within: float = ENOUGH) -> bool:
        """Return True once `ready()`; False if that takes too long."""
        try:
            async with asyncio.timeout(within), self.changed:
                await self.changed.wait_for(ready)
        except TimeoutError:
            return False
        return True

    def texts(self) -> list[str]:
        """Return what is in the log, in its order."""
        return [self.seen[number]["text"] for number in sorted(self.seen)]

    async def hear(self, text: str, within: float = ENOUGH) -> dict | None:
        """Return the message with this text, once it is in the log; None if it isn't."""
        if not await self.until(lambda: text in self.texts(), within):
            return None
        return next(one for one in self.seen.values() if one["text"] == text)

    async def closed(self, within: float = ENOUGH) -> int:
        """Return the close code, once the socket is closed."""
        if not await self.until(lambda: not self.socket.is_open, within):
            raise TimeoutError
        return self.socket.code

    async def reconnect(self, pace: float = 1) -> None:
        """Try until the server lets us in again.

        As the page does, wait anything up to three seconds first: otherwise all pages
        would come to a restarted server at the same moment.
        """
        await asyncio.sleep(random.uniform(0, FIRST_TRY * pace))
        async with asyncio.timeout(60):
            while True:
                try:
                    return await self.enter()
                except (OSError, Refused, asyncio.IncompleteReadError):
                    await asyncio.sleep(NEXT_TRY)
