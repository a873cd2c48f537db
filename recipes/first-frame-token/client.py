"""A client that isn't a browser: python client.py URL TOKEN

It prints what people write in the room, and reconnects when the connection drops.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

LOG_IN_AGAIN = 4401


async def main(url, token):
    """Print messages until the server refuses the token."""
    async for socket in connect(url):  # waits longer after each failure
        try:
            await socket.send(json.dumps({"token": token}))
            async for frame in socket:
                print(line_for(json.loads(frame)), flush=True)
        except ConnectionClosed:
            pass
        if socket.close_code == LOG_IN_AGAIN:
            return 1  # the same token would be refused again
    return 0


def line_for(message):
    """Return what to print for a frame from the server."""
    if "error" in message:
        return f"Refused: {message['error']}"
    if "welcome" in message:
        return f"Connected as {message['welcome']}."
    return f"{message['sender']}: {message['text']}"


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
