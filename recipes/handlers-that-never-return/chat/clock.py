"""Sockets that send the time every second: three that stop working, and one that works.

Channels calls one handler of a consumer at a time. Until that handler returns, every
later frame and event waits, and so does the disconnect.
"""

import asyncio
import logging
import time

from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    JsonWebsocketConsumer,
)

logger = logging.getLogger(__name__)

EVERY = 1  # seconds between two frames


class StuckInConnect(AsyncJsonWebsocketConsumer):
    """Wrong: connect() never returns, so receive() and disconnect() never run."""

    async def connect(self):
        await self.accept()
        while True:
            await self.send_json({"now": time.time()})
            await asyncio.sleep(EVERY)

    async def receive_json(self, content):
        logger.warning("receive_json() runs")
        await self.send_json({"answer": content})

    async def disconnect(self, code):
        logger.warning("disconnect() runs, code %s", code)


class StuckInReceive(StuckInConnect):
    """Wrong: after the first frame, nothing else is handled, not even the disconnect."""

    async def connect(self):
        await self.accept()

    async def receive_json(self, content):
        logger.warning("receive_json() runs")
        while True:
            await self.send_json({"now": time.time()})
            await asyncio.sleep(EVERY)


class StuckInThread(JsonWebsocketConsumer):
    """Worse: all sync consumers and queries of the process wait for the same thread."""

    def connect(self):
        self.accept()

    def receive_json(self, content):
        while True:
            self.send_json({"now": time.time()})
            time.sleep(EVERY)


class Clock(AsyncJsonWebsocketConsumer):
    """Right: a task of its own sends the time, and every handler returns at once."""

    ticking = None

    async def __call__(self, scope, receive, send):
        """Handle this connection; stop the task however that ends.

        disconnect() isn't enough: Channels doesn't call it after an exception in a
        handler, or when the server stops.
        """
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.ticking:
                self.ticking.cancel()
                logger.warning("the task is cancelled")

    async def connect(self):
        await self.accept()
        # Keep a reference: the event loop has only a weak one.
        self.ticking = asyncio.create_task(self.tick())

    async def receive_json(self, content):
        logger.warning("receive_json() runs")
        await self.send_json({"answer": content})

    async def disconnect(self, code):
        logger.warning("disconnect() runs, code %s", code)

    async def tick(self):
        """Send the time every second, until cancelled."""
        try:
            while True:
                await self.send_json({"now": time.time()})
                await asyncio.sleep(EVERY)
        except Exception:
            # Nobody awaits this task, so an exception would go unnoticed.
            logger.exception("the clock has stopped")
            await self.close(code=4500)
