"""The predictions about the story, each compared with how the story goes."""

import re

from course.exercise.kit import expect, load, predicted

NUMBERS = {"no": 0, "none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
NAMES = {"ana", "bia", "caio", "dora", "eva"}
NOBODY = {"nobody", "none", "nothing", "neither", "0"}
FILLING = {"and", "or", "only", "just", "of", "them", "one", "no", "the", "message"}
FILLING |= {"s", "windows", "window", "close", "code", "with", "sockets", "hears"}
FILLING |= {"herself", "himself", "too", "also"}

happened = {}  # what the story has told, once it was played


async def what_happens(number):
    """Return how the story answers a question; play the story if nobody has."""
    if not happened:
        happened.update(await load("story", "play")())
    return happened[number]


def number_in(answer, question):
    """Return the number in an answer."""
    words = re.findall(r"\w+", answer)
    found = [NUMBERS.get(word, word) for word in words]
    found = [int(word) for word in found if str(word).isdecimal()]
    expect(len(found) == 1, f"Question {question}: answer with one number.")
    return found[0]


def words_in(answer, question, known, how):
    """Return which known words are in an answer; an empty set if it says nobody."""
    words = set(re.findall(r"\w+", answer))
    if "both" in words:
        words |= known
    strange = words - known - NOBODY - FILLING - {"both"}
    said = words & known
    clear = not strange and bool(said) != bool(words & NOBODY)
    expect(clear, f"Question {question}: answer with {how}.")
    return said


def people_in(windows):
    """Return the people of some windows."""
    return {window.person.lower() for window in windows}


async def test_windows():
    """Question 1: how many windows show Ana's message."""
    count = number_in(predicted(1), 1)
    true = len(await what_happens(1))
    expect(count != 4, "Question 1: not every window. Is it one room, or two?")
    expect(
        count >= true,
        "Question 1: there are more. Say which window in café would receive nothing, and why.",
    )
    expect(count == true, "Question 1: it's another number. There are four windows.")


async def test_a_new_window():
    """Question 2: what Bia's new window shows."""
    how = "one, two, both or nothing"
    shown = words_in(predicted(2), 2, {"one", "two"}, how)
    true = set(await what_happens(2))
    expect(
        shown == true,
        "Question 2: the story goes another way. Which part of this step would keep a"
        " message for somebody who comes later?",
    )


async def test_the_room_in_the_frame():
    """Question 3: who receives a frame that names another room."""
    people = words_in(predicted(3), 3, NAMES, "names, or nobody")
    true = people_in(await what_happens(3))
    expect(
        people == true,
        "Question 3: the story goes another way. Where does `receive` take the group from?",
    )


async def test_another_process():
    """Question 4: who receives Dora's message, on another process."""
    people = words_in(predicted(4), 4, NAMES, "names, or nobody")
    true = people_in(await what_happens(4))
    expect(
        people <= true,
        "Question 4: somebody in your answer receives nothing. Do they have the same layer?",
    )
    expect(
        people == true,
        "Question 4: somebody is missing. Does Dora receive her own message?",
    )


async def test_accept_before_join():
    """Question 5: what Eva receives, whose consumer accepts before it joins."""
    how = "five, six, both or nothing"
    heard = words_in(predicted(5), 5, {"five", "six"}, how)
    true = set(await what_happens(5))
    expect(
        heard <= true,
        "Question 5: Eva receives less. Was her channel in the group when each message was"
        " sent, and is a message kept for channels that join later?",
    )
    expect(
        heard == true,
        "Question 5: Eva receives more. Is her channel in the group after she has joined?",
    )


async def test_an_event_without_a_handler():
    """Question 6: whose sockets an event without a handler closes."""
    people = words_in(predicted(6), 6, NAMES, "names, or nobody")
    true = people_in(await what_happens(6))
    expect(
        people,
        "Question 6: some sockets are closed. What does a consumer do with an event that it"
        " has no method for?",
    )
    expect(
        people <= true,
        "Question 6: somebody in your answer isn't in the group that gets the event.",
    )
    expect(
        people == true,
        "Question 6: somebody is missing. Who else gets the event?",
    )


async def test_the_close_code():
    """Question 7: the close code after an exception in a consumer."""
    code = number_in(predicted(7), 7)
    (true,) = await what_happens(7)
    meanings = {
        1000: " 1000 would mean that nothing was wrong.",
        1001: " 1001 would mean that the server, or the page, goes away.",
        1006: " 1006 would mean that the connection ended without a close frame.",
    }
    expect(
        code == true,
        "Question 7: it's another code. With which code does the server close a socket whose"
        f" consumer has raised an exception?{meanings.get(code, '')}",
    )
