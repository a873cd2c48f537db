"""What the raised hands promise, through their socket and over HTTP."""

import asyncio
import json
import time
import uuid
from urllib.parse import quote

import pytest

from course.exercise.kit import NotYet, arrives, ask, expect, load

BAD_NAMES = [5, None, "", " ", "a" * 41, "A\0na", ["Ana"], True]
BAD_FRAMES = [" ", "not JSON", "[]", "5", "null", "{}", '{"rise": "Ana"}', b"\0"]
BAD_FRAMES += ['{"lower": false}', '{"lower": 1}', "[" * 20_000]
BAD_NUMBERS = ["after=", "after=x", "after=-1", "after=1.5", "after=0&wait=x"]
BAD_NUMBERS += ["after=0&wait=-1", "after=0&wait=21", "after=0&wait=nan", "wait=inf"]
LONG = 20  # seconds: a poll that waits this long is still waiting when a check looks


@pytest.fixture
def room():
    """Return a room that nobody has ever entered, with a name that needs some care."""
    return f"salão 7/{uuid.uuid4()}"


@pytest.fixture
def enters(opens):
    """Return what lets people enter a room's list of hands, and gives them back."""

    async def enter(room: str, *names: str) -> list:
        people = []
        for name in names:
            person = await opens(name, path=f"/ws/hands/{quote(room, safe='')}/")
            await state_of(
                person, f"{name} has entered, and should have got the state."
            )
            people.append(person)
        return people

    return enter


@pytest.fixture
async def polls():
    """Return what begins a long poll; those that still wait are ended with the check."""
    begun = []

    async def poll(room: str, query: str) -> asyncio.Task:
        task = asyncio.create_task(answer_to(room, query))
        begun.append(task)
        await asyncio.sleep(0.02)  # so that the server holds it
        return task

    yield poll
    for task in begun:
        task.cancel()
    await asyncio.gather(*begun, return_exceptions=True)


async def answer_to(room: str, query: str = ""):
    """Return the status of a request for the hands of a room, and its JSON, if any."""
    path = f"/hands/{room}/{query and '?'}{query}"
    sentence = f"The request GET {path} should have been answered by now."
    answer = await ask(load("config.asgi", "application"), path, sentence=sentence)
    if answer.status == 204:
        expect(answer.body == b"", f"A 204 for {path} should have no body.")
        return 204, None
    try:
        return answer.status, json.loads(answer.body)
    except ValueError:
        raise NotYet(
            f"GET {path} should have got JSON. The status is {answer.status}."
        ) from None


def is_state(found: object) -> bool:
    """Tell whether something has the form of a state."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("hands"), list)
        and type(found.get("number")) is int
    )


async def state_of(person, sentence: str, *hands: str) -> int:
    """Let a person get a state next, with these hands if any are given; return its number."""
    frame = await person.hears(sentence)
    expect(is_state(frame), f"{sentence} {person.name} received {frame} instead.")
    if hands:
        wanted = [] if hands == ("nobody",) else list(hands)
        expect(
            frame["hands"] == wanted,
            f"{sentence} The hands should be {wanted}, and {person.name} received"
            f" {frame['hands']}.",
        )
    return frame["number"]


async def all_get(people: list, sentence: str, *hands: str) -> int:
    """Let everybody get these hands next; in the sentence, NAME is who doesn't."""
    numbers = [
        await state_of(one, sentence.replace("NAME", one.name), *hands)
        for one in people
    ]
    expect(len(set(numbers)) == 1, f"One state has one number, not {numbers}.")
    return numbers[0]


async def is_refused(person, sentence: str) -> None:
    """Let somebody get an error."""
    frame = await person.hears(sentence)
    said = frame.get("error")
    expect(
        said and isinstance(said, str), f"{sentence} {person.name} received {frame}."
    )


async def test_an_empty_room(opens, room):
    """Ana enters a new room, and gets its state at once: no hands, and number 0."""
    ana = await opens("Ana", path=f"/ws/hands/{quote(room, safe='')}/")
    sentence = "Ana has entered a new room, and should have got its state."
    await ana.hears(sentence, hands=[], number=0)


async def test_hands_go_up(enters, room):
    """Ana and Bia raise a hand, and everybody gets the state each time."""
    people = await enters(room, "Ana", "Bia", "Caio")
    await people[1].says(**{"raise": " Bia "})
    sentence = "Bia has raised her hand, and NAME should have got that state."
    number = await all_get(people, sentence, "Bia")
    expect(number == 1, f"After the first change, the number is 1, not {number}.")
    await people[0].says(**{"raise": "Ana"})
    sentence = "Ana has raised her hand after Bia, and NAME should have got that state."
    number = await all_get(people, sentence, "Bia", "Ana")
    expect(number == 2, f"After the second change, the number is 2, not {number}.")


async def test_hands_go_down(enters, room):
    """Bia lowers her hand, and it's gone from the middle of the list."""
    people = await enters(room, "Ana", "Bia", "Caio")
    raised = []
    for person in people:
        raised.append(person.name)
        await person.says(**{"raise": person.name})
        await all_get(people, "NAME should have got the state.", *raised)
    await people[1].says(lower=True)
    sentence = "Bia has lowered her hand, and NAME should have got that state."
    await all_get(people, sentence, "Ana", "Caio")
    await people[1].says(**{"raise": "Bia"})
    sentence = "Bia has raised her hand again, and is now the last one."
    number = await all_get(people, sentence, "Ana", "Caio", "Bia")
    expect(number == 5, f"After five changes, the number is 5, not {number}.")


async def test_a_request_gets_the_state(enters, room):
    """A request without `after` gets the state; with the current number, it gets 204."""
    status, state = await answer_to(room)
    wanted = {"hands": [], "number": 0}
    expect(
        (status, state) == (200, wanted),
        f"GET without `after` should have got {wanted}, not {status} with {state}.",
    )
    (ana,) = await enters(room, "Ana")
    await ana.says(**{"raise": "Ana"})
    await all_get([ana], "NAME should have got the state.", "Ana")
    wanted = {"hands": ["Ana"], "number": 1}
    for query in ("", "after=0", "after=7"):
        status, state = await answer_to(room, query)
        expect(
            (status, state) == (200, wanted),
            f'With "{query}", the response should be {wanted}, not {status} with {state}.',
        )
    status, state = await answer_to(room, "after=1")
    sentence = (
        "The number is 1, so `after=1` without `wait` should have got 204 at once,"
    )
    expect(status == 204, f"{sentence} not {status} with {state}.")


async def test_who_leaves_has_no_hand(enters, room):
    """Bia's socket closes, and her hand goes down. Caio, who had none, leaves quietly."""
    ana, bia, caio = await enters(room, "Ana", "Bia", "Caio")
    await bia.says(**{"raise": "Bia"})
    await all_get([ana, bia, caio], "NAME should have got the state.", "Bia")
    await bia.leaves(1001)
    sentence = "Bia's socket has closed, and NAME should have seen her hand go down."
    await all_get([ana, caio], sentence, "nobody")
    await caio.leaves()
    sentence = "Caio had no raised hand, so Ana should have got nothing when he left."
    await ana.hears_nothing(sentence, 0.03)


async def test_one_hand_for_each_socket(enters, room):
    """A second hand gets an error, even under another name, and so does lowering none."""
    ana, bia = await enters(room, "Ana", "Bia")
    await ana.says(lower=True)
    await is_refused(ana, "Ana had no raised hand, so she should have got an `error`.")
    await ana.says(**{"raise": "Ana"})
    await all_get([ana, bia], "NAME should have got the state.", "Ana")
    await bia.says(lower=True)
    sentence = "Bia has lowered a hand, and had none. She should have got an `error`."
    await is_refused(bia, sentence)
    for name in ("Ana", "Ana Maria"):
        await ana.says(**{"raise": name})
        sentence = "Ana's hand is up already, so she should have got an `error`."
        await is_refused(ana, sentence)


async def test_two_people_of_the_same_name(enters, room):
    """Two people of one name have two hands, and each lowers their own."""
    people = await enters(room, "Ana", "Bia", "Ana")
    await people[0].says(**{"raise": "Ana"})
    await all_get(people, "NAME should have got the state.", "Ana")
    await people[1].says(**{"raise": "Bia"})
    await all_get(people, "NAME should have got the state.", "Ana", "Bia")
    await people[2].says(**{"raise": "Ana"})
    sentence = "A second Ana has raised her hand. There are two hands of that name now."
    await all_get(people, sentence, "Ana", "Bia", "Ana")
    await people[2].says(lower=True)
    sentence = "The second Ana has lowered her hand, the last one in the list."
    await all_get(people, sentence, "Ana", "Bia")


async def test_bad_frames(enters, room):
    """An invalid frame gets an error, to its sender only, and changes nothing."""
    ana, bia = await enters(room, "Ana", "Bia")
    for name in BAD_NAMES:
        await ana.says(**{"raise": name})
        await is_refused(ana, f'"raise": {name!r} should have got an `error`.')
    for frame in BAD_FRAMES:
        await ana.sends(frame)
        await is_refused(ana, f"The frame {frame[:30]!r} should have got an `error`.")
    await bia.hears_nothing("Bia shouldn't be notified of Ana's mistakes.", 0.03)
    await ana.says(**{"raise": "Ana"})
    sentence = "After her mistakes, Ana has raised her hand. NAME should have seen it."
    number = await all_get([ana, bia], sentence, "Ana")
    expect(number == 1, f"Invalid frames are no changes, but the number is {number}.")


async def test_bad_numbers(room):
    """An invalid `after` or `wait` gets the status 400 and an error, at once."""
    for query in BAD_NUMBERS:
        status, said = await answer_to(room, query)
        is_error = isinstance(said, dict) and isinstance(said.get("error"), str)
        expect(
            status == 400 and is_error,
            f"GET with {query} should have got 400 and an `error`, not {status}"
            f" with {said}.",
        )


async def test_rooms_are_separate_and_the_chat_goes_on(enters, opens, room):
    """Each room has its own hands, and the chat of the same name works as before."""
    ana, bia = await enters(f"café {room}", "Ana", "Bia")
    (caio,) = await enters(f"cafe {room}", "Caio")
    duda = await opens("Duda", f"café {room}")
    await ana.says(**{"raise": "Ana"})
    await all_get([ana, bia], "NAME should have got the state.", "Ana")
    await caio.hears_nothing("Caio is in cafe, and shouldn't see a hand in café.", 0.03)
    sentence = "The chat in the room should work as before while Ana's hand is up."
    try:
        await duda.says(text="oi", sender="Duda")
        await duda.hears(sentence, text="oi")
        await bia.hears_nothing("Bia, with the hands, shouldn't get the chat.", 0.03)
    except ValueError as problem:
        raise NotYet(f"{sentence} A socket ended in: {problem}.") from problem


async def test_a_long_poll_is_held(enters, polls, room):
    """A long poll waits for the next change, and gets it at once."""
    (ana,) = await enters(room, "Ana")
    poll = await polls(room, f"after=0&wait={LONG}")
    expect(
        not poll.done(),
        "The number is 0, so a poll with `after=0` and `wait` should be held.",
    )
    await ana.says(**{"raise": "Ana"})
    await all_get([ana], "NAME should have got the state.", "Ana")
    sentence = "Ana has raised her hand, and the poll that waited should have got it."
    status, state = await arrives(asyncio.shield(poll), sentence)
    wanted = {"hands": ["Ana"], "number": 1}
    expect((status, state) == (200, wanted), f"{sentence} It got {status}, {state}.")


async def test_a_long_poll_ends(room):
    """A long poll in which nothing changes ends with 204, after `wait` seconds."""
    began = time.monotonic()
    status, state = await answer_to(room, "after=0&wait=0.2")
    lasted = time.monotonic() - began
    sentence = "Nothing has changed, so a poll with `wait=0.2` should have got 204,"
    expect(status == 204, f"{sentence} not {status} with {state}.")
    expect(lasted > 0.15, f"{sentence} and not before the time is up: {lasted:.2f} s.")


async def test_polls_hold_up_nobody(enters, polls, room):
    """Five polls wait; Ana enters meanwhile, and one change answers all five."""
    waiting = [await polls(room, f"after=0&wait={LONG}") for _ in range(5)]
    sentence = "Five polls are waiting, and Ana should have been able to enter."
    (ana,) = await arrives(enters(room, "Ana"), sentence)
    other = await polls(f"{room}, upstairs", f"after=0&wait={LONG}")
    await ana.says(**{"raise": "Ana"})
    await all_get([ana], "NAME should have got the state.", "Ana")
    wanted = (200, {"hands": ["Ana"], "number": 1})
    for number, poll in enumerate(waiting, 1):
        sentence = f"Five polls waited, and poll {number} should have got the change."
        found = await arrives(asyncio.shield(poll), sentence)
        expect(found == wanted, f"{sentence} It got {found}.")
    expect(
        not other.done(),
        "A poll in another room should still wait: nothing has changed there.",
    )


async def test_a_leaving_hand_ends_a_poll(enters, polls, room):
    """A closed socket is a change, too, and ends a poll that waits."""
    ana, bia = await enters(room, "Ana", "Bia")
    await bia.says(**{"raise": "Bia"})
    await all_get([ana, bia], "NAME should have got the state.", "Bia")
    poll = await polls(room, f"after=1&wait={LONG}")
    await bia.leaves()
    sentence = "Bia has left, and her hand went down. The poll should have got that."
    found = await arrives(asyncio.shield(poll), sentence)
    wanted = (200, {"hands": [], "number": 2})
    expect(found == wanted, f"{sentence} It got {found}.")


async def test_many_hands_at_once(enters, room):
    """Twenty hands go up at once, and sockets and polls see all of it, in one order."""
    (watcher,) = await enters(room, "Watcher")
    people = await enters(room, *(f"Person {number}" for number in range(20)))

    async def follow() -> list[dict]:
        seen = [{"hands": [], "number": 0}]
        while seen[-1]["number"] < len(people):
            query = f"after={seen[-1]['number']}&wait={LONG}"
            status, state = await answer_to(room, query)
            expect(status == 200, f"A poll with {query} got {status}.")
            seen.append(state)
        return seen

    followers = asyncio.gather(follow(), follow())
    try:
        await asyncio.gather(*(one.says(**{"raise": one.name}) for one in people))
        states = []
        for number in range(1, len(people) + 1):
            sentence = (
                f"Twenty hands go up: Watcher should have got state {number} next."
            )
            frame = await watcher.hears(sentence, number=number)
            states.append(frame)
        sentence = "Twenty hands went up, and the polls should have come to number 20."
        for seen in await arrives(followers, sentence):
            for state in seen[1:]:
                same = state == states[state["number"] - 1]
                expect(same, f"A poll and a socket saw different hands: {state}.")
    finally:
        followers.cancel()
        await asyncio.gather(followers, return_exceptions=True)
    expect(
        sorted(states[-1]["hands"]) == sorted(one.name for one in people),
        f"All twenty hands should be up in the end, not {states[-1]['hands']}.",
    )
