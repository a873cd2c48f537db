"""Open a WebSocket, send nothing, and print how long it stays open.

    python idle.py wss://chat.example.org/ws/chat/class/ 90

Like a browser, it answers the server's pings and sends none. The second argument is the
number of seconds after which it gives up waiting.
"""

import asyncio
import sys
import time
from urllib.parse import urlsplit

from websockets.asyncio.client import connect


async def main(url, seconds):
    place = urlsplit(url)
    # A page of the site itself: the server may check it.
    origin = f"{place.scheme.replace('ws', 'http')}://{place.netloc}"
    async with connect(url, origin=origin, ping_interval=None, proxy=None) as socket:
        opened = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await socket.wait_closed()
        except TimeoutError:
            print(f"still open after {seconds:g} seconds")
        else:
            lasted = time.monotonic() - opened
            print(f"closed after {lasted:.0f} seconds, with code {socket.close_code}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
