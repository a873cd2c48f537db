"""A socket for the tests, used the way a page uses one."""

import json
import time

from channels.testing import WebsocketCommunicator

# Frames that a server sends at any time. A scene that is about one asks for it by type.
BY_ITSELF = {"presence", "typing", "ping"}
PATIENCE = 10  # seconds; only a scene that fails waits so long


class Socket(WebsocketCommunicator):
    """One open socket. Frames that can arrive at any time are skipped."""

    async def receive_output(self, seconds=PATIENCE):
        """Return the next event. Channels itself would wait for only one second."""
        return await super().receive_output(seconds)

    async def disconnect(self, code=1000):
        """Close the socket. The last one of a process takes longer, because the hub closes."""
        await super().disconnect(code, PATIENCE)

    async def next_frame(self):
        """Return the next frame, whatever it is."""
        return await super().receive_json_from(PATIENCE)

    async def receive_json_from(self):
        """Return the next frame that answers something or carries messages."""
        while True:
            frame = await self.next_frame()
            if frame["type"] not in BY_ITSELF:
                return frame

    async def wait_for(self, kind):
        """Return the next frame of a type, skipping all others."""
        while True:
            frame = await self.next_frame()
            if frame["type"] == kind:
                return frame

    async def hear(self, count=1):
        """Return the texts of the next messages, however many come in one frame."""
        texts = []
        while len(texts) < count:
            frame = await self.receive_json_from()
            messages = frame.get("messages", [frame])
            texts += [message["text"] for message in messages if "text" in message]
        return texts

    async def say(self, text, **more):
        """Send a message."""
        await self.send_json_to({"text": text, **more})

    async def refused(self, count=1):
        """Return the codes of the next error frames."""
        return [(await self.wait_for("error"))["code"] for _ in range(count)]

    async def is_closed_with(self):
        """Return the close code of the socket, skipping all frames before it."""
        while True:
            event = await self.receive_output()
            if event["type"] == "websocket.close":
                return event["code"]

    async def receive_nothing(self, seconds=0.3):
        """Return whether nothing arrives for so many seconds, apart from BY_ITSELF."""
        give_up = time.monotonic() + seconds
        while (left := give_up - time.monotonic()) > 0:
            if not await super().receive_nothing(left):
                event = await self.receive_output()
                frame = json.loads(event.get("text", "{}"))
                if frame.get("type") not in BY_ITSELF:
                    return False
        return True
