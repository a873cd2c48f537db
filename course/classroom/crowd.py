"""People in Python who join the chats of a class: fifty listen, or 150 messages are sent.

They are real clients: WebSockets for steps 03 to 05, HTTP for 01 and 02, and an account
each for step 05.
"""

import asyncio
import json
import threading
from concurrent.futures import Future
from contextlib import suppress
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from course import accounts, servers
from course.classroom.fleet import Fleet
from course.errors import CourseError
from course.servers import HOST
from course.steps import find_step

FIFTY = 50
MESSAGES = 150
EACH = 5  # messages of one guest of step 05, which allows ten at once
ACK_EVERY = 64 * 1024  # bytes that step 05 sends before we confirm them
LONGEST_WAIT = 25  # seconds, of a long poll
QUIET = 2  # seconds without a frame: the room has heard everything
PATIENCE = 20  # seconds, for a handshake or an answer


class Crowd:
    """The simulated people of a class, in a thread of their own. All methods block."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.guests = {}  # by unit: the tasks of its people
        self.cookies = []  # of the guests of step 05
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_) -> None:
        """Let everybody leave, and end the thread."""
        self.wait(self.all_leave())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def wait(self, work) -> object:
        """Have something done by the thread; return what comes of it."""
        future: Future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result()
        except (OSError, TimeoutError, WebSocketException) as problem:
            raise CourseError(
                f"The chat did not let everybody in: {problem or 'no answer in time'}."
                " Is its server up?"
            ) from None

    def fill(self, name: str, room: str = "class") -> int:
        """Let fifty people join a room; return how many are in it now."""
        place = Place(self.fleet, name, room, self.cookies_for(name))
        return self.wait(self.join(place, FIFTY))

    def send(self, name: str, room: str = "class") -> int:
        """Send 150 messages into a room, as fast as the chat takes them."""
        place = Place(self.fleet, name, room, self.cookies_for(name))
        return self.wait(place.send(MESSAGES))

    def leave(self) -> None:
        """Let everybody leave."""
        self.wait(self.all_leave())

    def count(self) -> dict[str, int]:
        """Return how many people are in each unit's rooms."""
        living = {
            name: sum(not task.done() for task in tasks)
            for name, tasks in list(self.guests.items())
        }
        return {name: count for name, count in living.items() if count}

    def cookies_for(self, name: str) -> list[str]:
        """Return a cookie for each guest, where the chat asks people to log in."""
        step = find_step(self.fleet[name].name[:2])
        self.fleet[name].running()
        if not step.can["login"]:
            return []
        if not self.cookies:
            folder = self.fleet.folder / step.folder
            env = servers.environment_of(step, self.fleet.redis_url) | {"ORIGINS": ""}
            names = [f"guest{number:02}" for number in range(1, FIFTY + 1)]
            self.cookies = accounts.let_in(folder, env, names)
        return self.cookies

    def forget_accounts(self) -> None:
        """The database of step 05 is new."""
        self.cookies = []

    async def join(self, place: "Place", count: int) -> int:
        """Start so many guests, and return when each is in the room."""
        tasks = self.guests.setdefault(place.name, [])
        tasks[:] = [task for task in tasks if not task.done()]
        inside = [self.loop.create_future() for _ in range(count)]
        tasks += [
            self.loop.create_task(place.stay(number, ready))
            for number, ready in enumerate(inside)
        ]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*inside)
        return len(tasks)

    async def all_leave(self) -> None:
        """Cancel everybody's task."""
        tasks = [task for tasks in self.guests.values() for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.guests.clear()


class Place:
    """A room of one server."""

    def __init__(self, fleet: Fleet, name: str, room: str, cookies: list[str]) -> None:
        unit = fleet[name]
        self.name = name
        self.step = find_step(name[:2])
        self.place = f"{HOST}:{unit.port}"
        self.room = quote(room, safe="/")
        self.cookies = cookies
        self.has_sockets = self.step.can["websocket"]

    async def stay(self, number: int, ready: asyncio.Future) -> None:
        """Be in the room until the task is cancelled or the server ends."""
        try:
            if self.has_sockets:
                await self.listen(number, ready)
            else:
                await self.poll(ready)
        except (OSError, ValueError, WebSocketException) as problem:
            if not ready.done():
                ready.set_exception(OSError(str(problem)))

    async def listen(self, number: int, ready: asyncio.Future) -> None:
        """Read what a socket gets, and confirm it where the chat wants that."""
        async with self.socket(number) as socket:
            ready.done() or ready.set_result(True)
            read = confirmed = 0
            async for frame in socket:
                read += len(frame.encode())
                if self.cookies and read - confirmed > ACK_EVERY:
                    confirmed = read
                    await socket.send(json.dumps({"type": "ack", "bytes": read}))

    async def poll(self, ready: asyncio.Future) -> None:
        """Ask for news, again and again."""
        newest = 0
        wait = 0
        while True:
            path = f"/messages/{self.room}/?after={newest}&wait={wait}"
            answer = await self.ask("GET", path)
            found = json.loads(answer)["messages"]
            newest = max([newest, *(message["id"] for message in found)])
            ready.done() or ready.set_result(True)
            wait = LONGEST_WAIT

    def socket(self, number: int) -> connect:
        """Return a handshake like that of a page."""
        cookie = self.cookies[number % len(self.cookies)] if self.cookies else ""
        return connect(
            f"ws://{self.place}/ws/chat/{self.room}/",
            origin=f"http://{self.place}",
            additional_headers={"Cookie": cookie} if cookie else {},
            open_timeout=PATIENCE,
            proxy=None,
        )

    async def send(self, count: int) -> int:
        """Send so many messages; return how many were sent."""
        texts = [f"message {number} of {count}" for number in range(1, count + 1)]
        if not self.has_sockets:
            for text in texts:
                message = json.dumps({"text": text, "sender": "The desk"})
                await self.ask("POST", f"/messages/{self.room}/", message)
        elif self.cookies:
            parts = [texts[first : first + EACH] for first in range(0, count, EACH)]
            await asyncio.gather(*map(self.send_some, range(len(parts)), parts))
        else:
            await self.send_some(0, texts)
        return count

    async def send_some(self, number: int, texts: list[str]) -> None:
        """Send messages through one socket, and stay until the room is quiet.

        What a socket has sent is dropped if the server is busy for ten seconds after the
        socket has closed: Daphne then ends its consumer.
        """
        async with self.socket(number) as socket:
            for text in texts:
                await socket.send(json.dumps({"text": text, "sender": "The desk"}))
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    while True:
                        await asyncio.wait_for(socket.recv(), QUIET)

    async def ask(self, method: str, path: str, body: str = "") -> bytes:
        """Send a request, and return the body of the answer."""
        reader, writer = await asyncio.open_connection(*self.place.split(":"))
        try:
            head = f"{method} {path} HTTP/1.1\r\nHost: {self.place}\r\n"
            head += f"Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n"
            writer.write((head + body).encode())
            answer = await reader.read()
        finally:
            writer.close()
        status, _, rest = answer.partition(b"\r\n\r\n")
        if status.split()[1:2] not in ([b"200"], [b"201"]):
            raise OSError(f"{self.name} answered {status[:30].decode('latin1')}")
        return unchunked(rest) if b"chunked" in status.lower() else rest


def unchunked(body: bytes) -> bytes:
    """Return the body of a chunked answer (RFC 9112, section 7.1)."""
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            break
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)
