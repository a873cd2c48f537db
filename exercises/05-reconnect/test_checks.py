"""What a client that reconnects promises."""

import asyncio

import pytest

from course.exercise.kit import arrives, expect, load

MANY = 5000  # failures; more than this means that it never stops


class Over(BaseException):
    """The check has ended: whatever still runs ends, too."""


class Server:
    """Plays a chat's server, and notes what the client does.

    Each part of the script is one connection: an exception that `connect` raises, or a
    list of messages, and exceptions that `receive` raises. After the script, it closes
    every connection with 4403.
    """

    def __init__(self):
        self.script = []
        self.connects = 0
        self.open = 0
        self.most_open = 0
        self.delays = []
        self.heard = []
        self.randoms = []
        self.is_over = False
        self.is_waited_for = asyncio.Event()  # the client waits for what never comes
        self.task = None

    def starts(self, *script, random=1.0, on_message=None, sleep=None):
        """Start the client; return its task."""
        self.script = list(script)
        stay_connected = load("reconnect", "stay_connected")
        self.task = asyncio.create_task(
            stay_connected(
                self.connect,
                on_message or self.heard.append,
                sleep=sleep or self.sleep,
                random=lambda: self.randoms.pop(0) if self.randoms else random,
            )
        )
        return self.task

    async def plays(self, *script, sentence, **options):
        """Run the client to its end; return what it returns."""
        return await arrives(self.starts(*script, **options), sentence)

    async def connect(self):
        """Open a connection, as the next part of the script says."""
        await self.turn()
        self.connects += 1
        part = self.script.pop(0) if self.script else [closed(4403)]
        if isinstance(part, BaseException):
            raise part
        if part is None:
            await self.for_ever()
        return Connection(self, list(part))

    async def sleep(self, seconds):
        """Note how long the client waits."""
        await self.turn()
        self.delays.append(seconds)
        if len(self.delays) > MANY:
            await self.for_ever()

    async def turn(self):
        """Let others run, as a network does."""
        if self.is_over:
            raise Over
        await asyncio.sleep(0)

    async def for_ever(self, seconds=None):
        """Wait for something that never comes."""
        self.is_waited_for.set()
        await asyncio.Event().wait()

    async def ends(self):
        """End the client, whatever state it's in."""
        self.is_over = True
        if self.task:
            self.task.cancel()
            await asyncio.wait([self.task], timeout=0.2)
            if self.task.done() and not self.task.cancelled():
                self.task.exception()  # seen already, or not what is checked


class Connection:
    """One connection to the server."""

    def __init__(self, server, script):
        self.server = server
        self.script = script
        self.is_open = True
        server.open += 1
        server.most_open = max(server.open, server.most_open)

    async def receive(self):
        """Return or raise what comes next; wait for ever if nothing does."""
        await self.server.turn()
        if not self.script:
            await self.server.for_ever()
        item = self.script.pop(0)
        if not isinstance(item, BaseException):
            return item
        self.script.insert(0, item)  # and again, if it's asked for again
        if not isinstance(item, OSError):
            self.closes()
        raise item

    async def close(self):
        """Close it from the client's side."""
        await self.server.turn()
        self.closes()

    def closes(self):
        """Note that it's closed."""
        self.server.open -= self.is_open
        self.is_open = False


def closed(code):
    """Return the exception that tells of a close by the server."""
    return load("reconnect", "Closed")(code)


@pytest.fixture
async def server():
    """Return a server to connect to."""
    playing = Server()
    yield playing
    await playing.ends()


ENDS = "The server closed with 4403, so `stay_connected` should have returned."


def are(found, wanted):
    """Tell whether delays are the same, within a millisecond."""
    return len(found) == len(wanted) and all(
        abs(one - other) < 0.001 for one, other in zip(found, wanted, strict=True)
    )


async def test_messages_arrive(server):
    """The client passes on each message, and returns the final code."""
    code = await server.plays(["one", "two", closed(4403)], sentence=ENDS)
    expect(
        server.heard == ["one", "two"],
        f'The messages are "one" and "two", but `on_message` got {server.heard}.',
    )
    expect(code == 4403, f"`stay_connected` should return 4403, not {code!r}.")


async def test_it_comes_back(server):
    """After a drop, and after a connection that couldn't be made, it connects again."""
    script = (["one", closed(1006)], OSError("refused"), ["two", closed(4403)])
    await server.plays(*script, sentence=ENDS)
    expect(
        server.heard == ["one", "two"],
        'After a drop and a failed try, the messages should be "one" and "two", but'
        f" `on_message` got {server.heard}.",
    )
    expect(server.connects == 3, f"3 connections were due, not {server.connects}.")
    expect(
        len(server.delays) == 2,
        f"It should wait before each new try: twice, not {len(server.delays)} times.",
    )


async def test_the_limit_doubles(server):
    """The limit doubles with each failure, up to 30 seconds."""
    await server.plays(*[OSError("refused")] * 9, sentence=ENDS)
    wanted = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    expect(
        are(server.delays, wanted),
        f"With random() at 1, the waits after nine failures should be {wanted}, not"
        f" {server.delays}.",
    )


async def test_the_delay_is_anywhere_up_to_the_limit(server):
    """Each wait is random, from nothing to the limit."""
    server.randoms = [0.0, 0.25, 0.5, 0.75]
    await server.plays(*[OSError("refused")] * 4, sentence=ENDS)
    wanted = [0, 0.25, 1, 3]
    expect(
        are(server.delays, wanted),
        "With random() at 0, 0.25, 0.5 and 0.75, the waits should be"
        f" {wanted}, anywhere from 0 to the limit, not {server.delays}.",
    )


async def test_final_codes_are_final(server):
    """After 4401, 4403 and 4404 it never connects again, and doesn't wait either."""
    for code in (4401, 4403, 4404):
        server.connects, server.delays = 0, []
        script = (OSError("refused"), [closed(code)], ["too late"])
        found = await server.plays(
            *script, sentence=f"{code} is final: `stay_connected` should have returned."
        )
        again = server.connects - 2
        expect(again <= 0, f"{code} is final, but the client connected again.")
        expect(found == code, f"After {code}, it should return {code}, not {found!r}.")
        expect(
            len(server.delays) == 1,
            f"After {code} it should return at once, without a wait.",
        )


async def test_other_codes_are_not(server):
    """After any other code, it connects again."""
    for code in (1000, 1006, 1011, 1012, 4012, 4429, 4503):
        await server.plays(
            [closed(code)],
            [f"after {code}", closed(4403)],
            sentence=f"The server closed with {code}, and later with 4403: `stay_connected` should have returned.",
        )
        expect(
            server.heard[-1:] == [f"after {code}"],
            f"{code} isn't in FINAL, so the client should have connected again.",
        )


async def test_a_message_resets_the_limit(server):
    """After a connection that worked, the limit is 0.5 seconds again."""
    refused = OSError("refused")
    script = (refused, refused, refused, ["hi", closed(1006)], refused)
    await server.plays(*script, sentence=ENDS)
    wanted = [0.5, 1, 2, 0.5, 1]
    expect(
        are(server.delays, wanted),
        "After three failures, a connection with a message, and a failure, the waits"
        f" should be {wanted}, not {server.delays}.",
    )


async def test_only_a_message_resets_the_limit(server):
    """A server that accepts and closes at once isn't asked every half second."""
    await server.plays(*[[closed(1011)]] * 5, sentence=ENDS)
    wanted = [0.5, 1, 2, 4, 8]
    expect(
        are(server.delays, wanted),
        "The server accepted five connections and closed each at once, without a"
        f" message: the waits should be {wanted}, not {server.delays}.",
    )


async def test_never_two_connections(server):
    """When the network breaks, it closes the old connection before it opens another."""
    broken = OSError("the network is gone")
    script = (["one", broken], [broken], ["two", closed(4403)])
    await server.plays(*script, sentence=ENDS)
    expect(server.connects == 3, f"3 connections were due, not {server.connects}.")
    expect(
        server.most_open <= 1,
        "`receive` raised OSError, which leaves the old connection open, and the client"
        " opened another one in addition.",
    )


async def test_an_error_in_on_message_comes_out(server):
    """An error in `on_message` comes out, and the connection is closed."""

    def breaks(message):
        raise KeyError("sender")

    task = server.starts(["hi"], ["hi"], on_message=breaks)
    hid = "`on_message` raised KeyError, but the client hid it, and went on."
    await arrives(asyncio.wait([task]), hid)
    problem = task.exception()
    expect(problem is not None, hid)
    expect(
        isinstance(problem, KeyError),
        f"`on_message` raised KeyError, but what came out was {problem!r}.",
    )
    expect(server.open == 0, "After an error in `on_message`, a connection is open.")


async def test_it_can_be_cancelled(server):
    """Cancelled while it waits for a message, it closes the connection and ends."""
    task = server.starts(["hi"])
    await cancelled(server, task, "receiving")
    expect(
        server.open == 0, "The client was cancelled, but its connection is still open."
    )


async def test_it_can_be_cancelled_anywhere(server):
    """Cancelled while it sleeps or connects, it ends, too."""
    task = server.starts(OSError("refused"), sleep=server.for_ever)
    await cancelled(server, task, "sleeping")
    task = server.starts(None)
    await cancelled(server, task, "connecting")


async def cancelled(server, task, doing):
    """Cancel the client as soon as it waits, and require that it ends."""
    await arrives(server.is_waited_for.wait(), f"By now, the client should be {doing}.")
    server.is_waited_for.clear()
    before = server.connects
    task.cancel()
    sentence = f"The client was cancelled while {doing}"
    await arrives(asyncio.wait([task]), f"{sentence}, but it goes on.")
    expect(server.connects == before, f"{sentence}, but it connected again.")
    expect(
        task.cancelled(),
        f"{sentence}, so CancelledError should come out of `stay_connected`. Otherwise"
        " the caller can't tell that the cancellation worked.",
    )


async def test_it_never_gives_up(server):
    """After 2,000 failures, it still works."""
    refused = OSError("refused")
    task = server.starts(*[refused] * 2000, ["at last", closed(4403)])
    await arrives(asyncio.wait([task]), ENDS)
    problem = task.exception()
    expect(
        problem is None,
        f"After {len(server.delays)} failures, it ended in {type(problem).__name__}: {problem}",
    )
    expect(
        server.heard == ["at last"], "After 2,000 failures, it should still connect."
    )
    longest = max(server.delays)
    expect(
        longest <= 30,
        f"No wait should be longer than 30 seconds, but one was {longest}.",
    )
