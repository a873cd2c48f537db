"""Whether the student's test tells right versions of the catch-up from broken ones."""

import asyncio

import pytest

from course.exercise.kit import expect, run_tests

FILE = "test_catch_up.py"
PAGE = 10
PATIENCE = 0.2  # seconds that a test waits for a message that doesn't come


class Client:
    """One client, as a test sees it."""

    def __init__(self):
        self.queue = asyncio.Queue()
        self.on_the_way = 0  # messages that a slow network still carries

    async def until(self, text):
        """Return the numbers of what arrives, up to the message with this text."""
        numbers = []
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    seq, said = await self.queue.get()
            except TimeoutError:
                # A busy machine can be slower than our patience.
                if self.on_the_way or not self.queue.empty():
                    continue
                raise AssertionError(
                    f'"{text}" never came; before: {numbers}'
                ) from None
            numbers.append(seq)
            if said == text:
                return numbers


class Chat:
    """A room, and a right way to catch up: join, read, and drop what is old."""

    def __init__(self):
        self.history = []
        self.members = []
        self.tasks = []

    async def say(self, text):
        """Store a message, and send it to everyone."""
        message = (len(self.history) + 1, text)
        self.history.append(message)
        for receive in list(self.members):
            receive(message)

    async def connect(self, after, meanwhile=None):
        """Connect a client which has the messages up to `after`."""
        client, live = Client(), []
        self.members.append(live.append)
        if meanwhile:
            await self.say(meanwhile)
        last = self.send_history(client, after)
        self.goes_live(client, live, last)
        return client

    def send_history(self, client, after):
        """Send a client all that follows a number; return the number of the last."""
        while page := self.page(after):
            for message in page:
                self.send(client, message)
            after = page[-1][0]
        return after

    def goes_live(self, client, live, last):
        """Send what came meanwhile and isn't old, and from now on what is new."""
        for message in live:
            if message[0] > last:
                self.send(client, message)
        self.members[:] = [one for one in self.members if one.__self__ is not live]
        self.members.append(Receiver(self, client).receive)

    def page(self, after):
        """Return the next messages after a number."""
        return [message for message in self.history if message[0] > after][:PAGE]

    def send(self, client, message):
        """Send a message to one client."""
        client.queue.put_nowait(message)


class Receiver:
    """Passes a room's messages on to one client."""

    def __init__(self, chat, client):
        self.chat = chat
        self.client = client

    def receive(self, message):
        """Pass one on."""
        self.chat.send(self.client, message)


class Slow(Chat):
    """Right, over a slow network."""

    def send(self, client, message):
        loop = asyncio.get_running_loop()
        number = len(self.tasks)
        self.tasks.append(message)
        client.on_the_way += 1
        loop.call_later(0.02 + number * 0.0005, self.arrive, client, message)

    def arrive(self, client, message):
        """Give a client what was on the way to it."""
        client.on_the_way -= 1
        client.queue.put_nowait(message)


class ReadsTwice(Chat):
    """Right, in another way: reads, lets others speak, joins, and reads the rest."""

    async def connect(self, after, meanwhile=None):
        client = Client()
        after = self.send_history(client, after)
        if meanwhile:
            await self.say(meanwhile)
        self.members.append(Receiver(self, client).receive)
        for message in self.page(after):
            self.send(client, message)
        return client


class Gap(Chat):
    """Reads first and joins then."""

    async def connect(self, after, meanwhile=None):
        client = Client()
        self.send_history(client, after)
        if meanwhile:
            await self.say(meanwhile)
        self.members.append(Receiver(self, client).receive)
        return client


class Double(Chat):
    """Sends what came meanwhile, old or not."""

    def goes_live(self, client, live, last):
        super().goes_live(client, live, 0)


class Overtaking(Chat):
    """Sends what comes meanwhile at once, before the history."""

    async def connect(self, after, meanwhile=None):
        client, sent = Client(), set()

        def send(message):
            if message[0] not in sent:
                sent.add(message[0])
                self.send(client, message)

        self.members.append(send)
        if meanwhile:
            await self.say(meanwhile)
        while page := self.page(after):
            for message in page:
                send(message)
            after = page[-1][0]
        return client


class FirstPage(Chat):
    """Sends one page of the history, and drops the rest."""

    def send_history(self, client, after):
        for message in self.page(after):
            self.send(client, message)
        return after + PAGE


class Border(Chat):
    """Sends the last message of a page again with the next page."""

    def send_history(self, client, after):
        last = after
        while page := self.page(last):
            if last > after:
                page = [self.history[last - 1], *page]
            for message in page:
                self.send(client, message)
            last = page[-1][0]
        return last


class Backwards(Chat):
    """Reads the newest page first."""

    def send_history(self, client, after):
        pages = []
        while page := self.page(after):
            pages.insert(0, page)
            after = page[-1][0]
        for page in pages:
            for message in page:
                self.send(client, message)
        return after


class Everything(Chat):
    """Ignores what the client has."""

    async def connect(self, after, meanwhile=None):
        return await super().connect(0, meanwhile)


def verdict_on(version):
    """Run the student's test with one version."""

    class Plugin:
        @pytest.fixture
        async def chat(self):
            """Return a room whose code is this version."""
            return version()

    return run_tests(FILE, Plugin())


def must_pass(version, sentence):
    """Require that the test passes."""
    verdict = verdict_on(version)
    expect(verdict.passed + verdict.failed, f"There is no test in {FILE}.")
    expect(not verdict.failed, f"{sentence} It says: {verdict.why_in(FILE)}")


def must_fail(version, what):
    """Require that the test fails."""
    expect(verdict_on(version).failed, f"Your test passes with a version that {what}.")


def test_a_right_version_passes():
    """Your test passes with versions that are right."""
    must_pass(Chat, "Your test fails with a version that is right.")
    must_pass(ReadsTwice, "Your test fails with another version that is right.")


def test_a_slow_version_passes():
    """Your test passes with a version that is right, but slow."""
    must_pass(Slow, "Your test fails with a version that is right, but slow.")


def test_it_finds_everything_again():
    """Your test finds that the client gets what it has already."""
    must_fail(Everything, "sends the messages that the client has already")


def test_it_finds_a_lost_rest():
    """Your test finds that only one page arrives."""
    must_fail(FirstPage, "sends only the first page of what is missing")


def test_it_finds_a_double_at_the_border():
    """Your test finds that the last message of a page comes twice."""
    must_fail(Border, "sends the last message of each page twice")


def test_it_finds_pages_in_the_wrong_order():
    """Your test finds that the pages arrive in the wrong order."""
    must_fail(Backwards, "sends the newest page first")


def test_it_finds_a_gap():
    """Your test finds that a message sent meanwhile is lost."""
    must_fail(Gap, "loses a message said while the client catches up")


def test_it_finds_a_double():
    """Your test finds that a message sent meanwhile arrives twice."""
    must_fail(Double, "sends a message twice that was said while the client catches up")


def test_it_finds_what_overtakes():
    """Your test finds that a message sent meanwhile arrives before the old ones."""
    must_fail(Overtaking, "sends a new message before the old ones")
