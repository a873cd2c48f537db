"""Open many WebSockets to a server, and count those that are really open.

    python open_sockets.py ws://127.0.0.1:8003/ws/chat/class/ 80

Only for a server of your own. Each socket needs a file here, too: raise the limit of
this terminal (`ulimit -n 20000`) before you open thousands. Each also needs a port
here: for more than about 28,000 to one address, name several addresses of this machine
after the count, to connect from each of them in turn.
"""

import asyncio
import collections
import itertools
import sys
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

PATIENCE = 10  # seconds for one handshake, and for one pong
AT_ONCE = 20  # handshakes that run at the same time; more looks like an attack


async def main(url, count, *sources):
    """Open sockets, keep them open, and print how each attempt went."""
    gate, sockets, failures = asyncio.Semaphore(AT_ONCE), [], collections.Counter()

    async def open_one(source):
        async with gate:
            try:
                sockets.append(await opened(url, source))
            except (OSError, TimeoutError, WebSocketException) as problem:
                failures[explain(problem)] += 1

    turns = itertools.islice(itertools.cycle(sources or [None]), count)
    await asyncio.gather(*map(open_one, turns))
    alive = sum(await asyncio.gather(*map(answers, sockets)))
    print(f"{alive} of {count} sockets are open.")
    for problem, times in failures.most_common():
        print(f"{times} failed: {problem}")
    for one in sockets:
        one.transport.abort()  # a close handshake each would take long


async def opened(url, source):
    """Return an open socket, with the Origin that a page of the server has."""
    options = {"local_addr": (source, 0)} if source else {}
    place = urlsplit(url)
    origin = f"{place.scheme.replace('ws', 'http')}://{place.netloc}"
    options |= {"open_timeout": PATIENCE, "ping_interval": None, "proxy": None}
    return await connect(url, origin=origin, **options)


async def answers(one):
    """Tell whether the server answers a ping: a socket may be open on one side only."""
    try:
        pong = await one.ping()
        await asyncio.wait_for(pong, PATIENCE)
    except (OSError, TimeoutError, WebSocketException):
        return False
    return True


def explain(problem):
    """Return an exception and its cause in one line."""
    cause = f" ({problem.__cause__})" if problem.__cause__ else ""
    return f"{type(problem).__name__}: {problem}{cause}"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
