"""What each person's budget of messages promises."""

import itertools
import time

import pytest

from course.exercise.kit import ORIGIN, cookie_of, expect

BURST = 10  # as the task says
numbers = itertools.count(1)


class Hands:
    """Turns the clock by hand, and counts how often it is read."""

    def __init__(self, clock):
        self.readings = 0
        # What `now()` reads, by whatever name it is called.
        reading = {"stopped_at": property(self.read)}
        clock.__class__ = type("StoppedClock", (type(clock),), reading)
        # Never back: each check begins hours after the one before.
        self.began = time.monotonic() + 10_000 * next(numbers)
        self.turn_to(0)

    def turn_to(self, seconds):
        """Set the clock to a number of seconds after the check's beginning."""
        self.shown = self.began + seconds

    def read(self, clock):
        """Return what the clock shows."""
        self.readings += 1
        return self.shown


@pytest.fixture(autouse=True)
def hands():
    """Stop the clock, and return what turns it."""
    from chat.clock import Clock, clock

    yield Hands(clock)
    clock.__class__ = Clock


@pytest.fixture
def enters(opens):
    """Return what opens a socket for Ana, Bia or Caio; in each check, they are new people."""
    check = next(numbers)

    async def enter(name, room="class"):
        headers = (ORIGIN, cookie_of(f"{name} {check}"))
        return await opens(name, room, headers=headers)

    return enter


async def sends(person, count=1, when=""):
    """Have a person send messages; return the frame that answers each of them."""
    answers = []
    for number in range(1, count + 1):
        await person.says(text=f"message {number}")
        answers.append(await person.hears(f"{person.name} should get a frame{when}."))
    return answers


async def passes(person, sentence, count=1):
    """Require that so many messages in a row go through."""
    for number, frame in enumerate(await sends(person, count), 1):
        which = f" Of {count}, number {number} was refused." if count > 1 else ""
        expect("error" not in frame, f"{sentence}{which}")


async def is_refused(person, sentence):
    """Require that a message is refused; return the error frame."""
    [frame] = await sends(person, when=" to each message at once, if only an `error`")
    expect("error" in frame, sentence)
    wait = frame.get("retry_after")
    expect(
        isinstance(wait, int | float) and not isinstance(wait, bool) and wait > 0,
        f"A refusal should say in `retry_after` how many seconds to wait: a number above 0, not {wait!r}.",
    )
    return frame


async def test_ten_at_once_go_through(enters):
    """Ana sends ten messages at once, and Bia receives them all."""
    ana, bia = await enters("Ana"), await enters("Bia")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    for number in range(1, BURST + 1):
        await bia.hears(
            "Bia should have received each of Ana's messages.", text=f"message {number}"
        )


async def test_the_clock_is_asked(enters, hands):
    """The time comes from `clock.now()`, for each message."""
    ana = await enters("Ana")
    before = hands.readings
    await passes(ana, "Ana's first message should go through.")
    expect(
        hands.readings > before,
        "Ana sent a message, and nothing asked `clock.now()` for the time, so the budget"
        " can't depend on the clock that these checks set.",
    )


async def test_the_eleventh_is_refused(enters):
    """The eleventh is refused at once, and Bia doesn't receive it."""
    ana, bia = await enters("Ana"), await enters("Bia")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    await ana.says(text="one too many")
    sentence = (
        "Ana has sent 11 messages at once. She should get an `error` for the eleventh."
    )
    frame = await ana.hears(sentence)
    expect(
        "error" in frame,
        f"{sentence} It was sent to the room."
        if frame.get("text") == "one too many"
        else sentence,
    )
    await is_refused(ana, "The twelfth should be refused as well.")
    for _ in range(BURST):
        await bia.hears("Bia should have received each of Ana's messages.")
    await bia.hears_nothing("Bia should receive nothing of a message that was refused.")


async def test_nobody_else_notices(enters):
    """Bia can write while Ana has to wait."""
    ana, bia = await enters("Ana"), await enters("Bia")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    await is_refused(ana, "Ana's eleventh message should be refused.")
    for _ in range(BURST):
        await bia.hears("Bia should have received each of Ana's messages.")
    await passes(
        bia, "Ana has spent her budget, not Bia's: Bia may send 10 messages.", BURST
    )


async def test_tabs_share_a_budget(enters):
    """Ana's second tab, even in another room, has the same budget."""
    ana, tab = await enters("Ana"), await enters("Ana", "hallway")
    await passes(ana, "Ana may send 10 messages at once.", BURST - 1)
    await passes(tab, "The tenth message should go through in a second tab.")
    await is_refused(
        tab,
        "Ana's second tab has a budget of its own, so with ten tabs she could send ten times as much.",
    )


async def test_a_new_connection_refills_nothing(enters):
    """Ana closes her socket and opens another one, and still has to wait."""
    ana = await enters("Ana")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    await ana.leaves()
    again = await enters("Ana")
    await is_refused(
        again, "Ana left, and came back with a new budget: leaving shouldn't refill it."
    )


async def test_never_twice_as_many(enters, hands):
    """However Ana spreads her messages, she never sends 20 within a moment."""
    ana = await enters("Ana")
    await passes(ana, "Ana's first message should go through.")
    hands.turn_to(1.99)
    await passes(ana, "After 1.99 seconds, Ana may send 9 messages.", BURST - 1)
    hands.turn_to(2.01)
    through = ["error" not in frame for frame in await sends(ana, BURST)].count(True)
    expect(
        through == 1,
        "Ana sent 9 messages after 1.99 seconds, so at 2.01, by"
        " `clock.now()`, she has one left, but"
        f" {through} went through.",
    )


async def test_tokens_come_back(enters, hands):
    """After 0.2 seconds of `clock.now()`, Ana may send one more."""
    ana = await enters("Ana")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    hands.turn_to(0.19)
    await is_refused(ana, "0.19 seconds after the ten, the next one should be refused.")
    hands.turn_to(0.21)
    await passes(
        ana, "0.21 seconds after the ten, by `clock.now()`, Ana has one message again."
    )
    await is_refused(
        ana, "0.21 seconds after the ten, Ana has one message again, not two."
    )


async def test_retry_after_is_true(enters, hands):
    """`retry_after` says how long it really takes."""
    ana = await enters("Ana")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    for now, wait in ((0, 0.2), (0.15, 0.05)):
        hands.turn_to(now)
        frame = await is_refused(ana, "The next message should be refused.")
        found = frame["retry_after"]
        expect(
            abs(found - wait) < 0.011,
            f"{now} seconds after the ten, the next one has to wait {wait} seconds, but"
            f" `retry_after` is {found}.",
        )


async def test_a_refusal_costs_nothing(enters, hands):
    """However often Ana tries in vain, she has to wait no longer."""
    ana = await enters("Ana")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    for hundredths in range(0, 20):
        hands.turn_to(hundredths / 100)
        await is_refused(ana, "Before 0.2 seconds, each message should be refused.")
    hands.turn_to(0.21)
    await passes(
        ana,
        "Ana tried 20 times in vain, and 0.21 seconds after the ten was still refused:"
        " a refused message should cost nothing.",
    )


async def test_a_pause_fills_it_once(enters, hands):
    """After an hour of silence, Ana may send ten at once, and no more."""
    ana = await enters("Ana")
    await passes(ana, "Ana may send 10 messages at once.", BURST)
    hands.turn_to(3600)
    await passes(ana, "After an hour, Ana may send 10 messages.", BURST)
    await is_refused(
        ana, "After an hour, Ana may send 10 messages at once, but not 11."
    )


async def test_invalid_messages_work_as_before(enters):
    """An invalid frame gets an error, as before."""
    ana = await enters("Ana")
    await ana.sends("not JSON")
    sentence = "Ana should have got an `error` for a frame that isn't JSON."
    expect("error" in await ana.hears(sentence), sentence)
    await passes(ana, "Ana's socket should still work after an invalid frame.")
