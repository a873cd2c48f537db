"""A page of the last step without a browser: what its scripts do, for scenes with many."""

import asyncio
import contextlib
import itertools
import json
import random
import time
import uuid
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

ACK_AFTER = 256 * 1024  # bytes
HANDSHAKE = 8  # seconds, as in connection.js
SILENCE = 60


@dataclass
class Line:
    """A try to reach the room that is over: refused, or open for a while and then cut."""

    began: float  # seconds of time.monotonic()
    ended: float
    code: int  # close code; 1006 without a close frame, as in a browser


class Page:
    """Somebody in a room of the last step, by the rules of its client.

    `log` holds the messages as the page shows them, `wrong` whatever the rules say can
    never happen. `addresses` are tried in turn, one for each line.
    """

    def __init__(self, addresses, path, cookie, origin):
        self.addresses = itertools.cycle(addresses)
        self.path = path
        self.headers = {"Cookie": cookie["Cookie"]}
        self.origin = origin
        self.log = []
        self.wrong = []
        self.outbox = {}
        self.acknowledged = []
        self.errors = []
        self.people = []
        self.lines = []  # those that are over
        self.last = self.epoch = None
        self.socket = None
        self.news = asyncio.Condition()
        self.reads = asyncio.Event()
        self.reads.set()
        self.task = None

    async def __aenter__(self):
        self.task = asyncio.create_task(self.run())
        await self.until(lambda: self.epoch is not None)
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def until(self, condition, seconds=60):
        """Return once a condition of this page holds."""
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(condition)

    @property
    def closes(self):
        """The close code of each line that is over, oldest first."""
        return [line.code for line in self.lines]

    @property
    def texts(self):
        """What the page shows."""
        return [message["text"] for message in self.log]

    async def say(self, text):
        """Put a message into the outbox, and send it if there is a line."""
        cid = str(uuid.uuid4())
        self.outbox[cid] = text
        await self.send(cid)

    async def send(self, cid):
        frame = {"type": "send", "cid": cid, "text": self.outbox[cid]}
        with contextlib.suppress(ConnectionClosed, AttributeError):
            await self.socket.send(json.dumps(frame))

    async def run(self):
        """Keep a line open, for as long as the scene lasts."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self.line()
                failures = 0
            except (
                OSError,
                InvalidHandshake,
                TimeoutError,
                ConnectionClosed,
            ) as problem:
                code = getattr(getattr(problem, "rcvd", None), "code", 1006)
                async with self.news:
                    self.lines.append(Line(began, time.monotonic(), code))
                    self.news.notify_all()
                failures += 1
            self.socket = None
            # Full jitter, shorter than in the browser, for a scene has no patience.
            await asyncio.sleep(random.uniform(0, min(2, 0.2 * 2**failures)))

    async def line(self):
        """Follow the room over one socket, until it is cut."""
        place = "" if self.last is None else f"?after={self.last}&epoch={self.epoch}"
        received = acked = 0
        async with connect(
            f"{next(self.addresses)}{self.path}{place}",
            origin=self.origin,
            additional_headers=self.headers,
            proxy=None,
            open_timeout=HANDSHAKE,
            close_timeout=1,
        ) as socket:
            self.socket = socket
            is_new = True
            while True:
                await self.reads.wait()
                async with asyncio.timeout(SILENCE):
                    frame = await socket.recv()
                received += len(frame.encode())
                if received - acked > ACK_AFTER:
                    acked = received
                    await socket.send(json.dumps({"type": "ack", "bytes": received}))
                async with self.news:
                    self.take(json.loads(frame))
                    self.news.notify_all()
                if is_new and self.epoch is not None:
                    is_new = False
                    for cid in list(self.outbox):
                        await self.send(cid)

    def take(self, frame):
        """Do what a page does with a frame."""
        kind = frame["type"]
        if kind == "sync":
            if frame["reset"]:
                self.log.clear()
                self.last = None
            self.epoch = frame.get("epoch") or self.epoch
            for message in frame["messages"]:
                # What the database says may have gaps: a message can be deleted.
                self.show(message, can_skip=True)
            if frame["reset"]:
                self.last = self.last or 0
        elif kind == "message":
            self.show(frame)
        elif kind == "sent":
            if self.outbox.pop(frame["cid"], None) is not None:
                self.acknowledged.append(frame["cid"])
        elif kind == "presence":
            self.people = frame["people"]
        elif kind == "error":
            self.errors.append(frame["code"])
            if frame["code"] in {"unavailable", "rate_limited"} and "cid" in frame:
                loop = asyncio.get_running_loop()
                wait = frame.get("retry_after", 0.5)
                loop.call_later(wait, self.send_again, frame["cid"])

    def send_again(self, cid):
        if cid in self.outbox and self.task and not self.task.done():
            asyncio.get_running_loop().create_task(self.send(cid))

    def show(self, message, can_skip=False):
        """Show a message, if it is not there."""
        if self.last is not None and message["seq"] <= self.last:
            self.wrong.append(("again", message["seq"]))
            return
        if self.log and message["seq"] != self.last + 1 and not can_skip:
            self.wrong.append(("gap", self.last, message["seq"]))
        self.last = message["seq"]
        self.log.append(message)
