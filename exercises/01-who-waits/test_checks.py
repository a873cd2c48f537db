"""What "Who waits?" promises."""

import dis
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client

from chat import history
from course.exercise.kit import expect, note_who_is_held, patience

pytestmark = pytest.mark.django_db(transaction=True)

HERE = str(Path.cwd())
RARELY = 60  # seconds: too long for these checks
A_WHILE = 0.5  # seconds; a thread that takes longer is waiting for a lock
STORES = {"STORE_ATTR", "STORE_GLOBAL", "STORE_SUBSCR", "STORE_DEREF"}
MOST_STORES = 20


class Locked(OperationalError):
    """The error that a check lets the database raise."""


def say(text, room="class"):
    """Store a message as Ana's page does; return its id."""
    message = {"text": text, "sender": "Ana"}
    url = f"/messages/{room}/"
    answer = Client().post(url, message, content_type="application/json")
    return answer.json()["id"]


def waiting(answer=None):
    """Return what an answer says about who waits; ask for one if there is none."""
    if answer is None:
        answer = Client().get("/messages/lobby/").json()
    expect("waiting" in answer, 'An answer to a poll should have a key "waiting".')
    number = answer["waiting"]
    expect(type(number) is int, f'"waiting" should be a whole number, not {number!r}.')
    return number


def soon(number, sentence):
    """Ask until the answer is a number; raise NotYet if it doesn't become that."""
    began = time.monotonic()
    seconds = patience.seconds()
    while (said := waiting()) != number:
        if time.monotonic() > began + seconds:
            patience.used(seconds)
            expect(False, f'{sentence} It was "waiting": {said}.')
        time.sleep(0.002)


def asked_elsewhere():
    """Ask in a thread of its own; return the list that the answer comes into."""
    found = []

    def run():
        try:
            found.append(Client().get("/messages/lobby/").json())
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(1)  # longer only if the student's code holds a lock meanwhile
    return found


class Poll(threading.Thread):
    """A poll in a thread of its own, as the server would run it.

    With `pause_at`, it stops right before its code stores a value in something that
    threads can share, for the so many-th time, until resume() is called.
    """

    def __init__(self, room="class", wait=25, after=0, at_query=None, pause_at=0):
        super().__init__(daemon=True)
        self.room = room
        self.query = {"after": after, "wait": wait}
        self.at_query = at_query  # called with the number of each query, before it
        self.queries = 0
        self.pause_at = pause_at
        self.stores = 0
        self.paused = threading.Event()
        self.resumed = threading.Lock()
        self.resumed.acquire()
        self.held = threading.Event()  # it has begun to wait for something
        self.ended = threading.Event()
        self.answer = None
        self.problem = None
        self.start()

    def run(self):
        try:
            with connection.execute_wrapper(self.watch):
                client = Client()
                if self.pause_at:
                    # Python 3.12 traces operations only if a frame wants it by now.
                    sys._getframe().f_trace_opcodes = True
                    sys.settrace(self.trace)
                try:
                    self.answer = client.get(f"/messages/{self.room}/", self.query)
                finally:
                    sys.settrace(None)
        except BaseException as problem:
            self.problem = problem
        finally:
            connection.close()
            self.ended.set()

    def watch(self, execute, sql, params, many, context):
        """Count the queries, and let a check act before one."""
        if sql.lstrip().upper().startswith("SELECT"):
            self.queries += 1
            if self.at_query:
                self.at_query(self.queries)
        return execute(sql, params, many, context)

    def trace(self, frame, event, arg):
        """Trace the student's functions, one operation of Python's after the other."""
        if not frame.f_code.co_filename.startswith(HERE):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self.trace_operation

    def trace_operation(self, frame, event, arg):
        """Pause before the so many-th store."""
        if event == "opcode":
            code = frame.f_code.co_code
            if dis.opname[code[frame.f_lasti]] in STORES:
                self.stores += 1
                if self.stores == self.pause_at:
                    self.paused.set()
                    self.resumed.acquire(timeout=2)
        return self.trace_operation

    def resume(self):
        """Go on after the pause."""
        if self.resumed.locked():
            self.resumed.release()

    def result(self, sentence):
        """Return the answer; raise NotYet if the poll lasts too long."""
        seconds = patience.seconds()
        if not self.ended.wait(seconds):
            patience.used(seconds)
            expect(False, sentence)
        if self.problem and not isinstance(self.problem, Locked):
            raise self.problem
        return self.answer


@pytest.fixture
def polls(monkeypatch):
    """Return what begins a poll. Those that still wait afterwards are woken."""
    monkeypatch.setattr(history, "CHECK_EVERY", RARELY, raising=False)
    note_who_is_held(monkeypatch, Poll)
    begun = []

    def poll(*args, **options):
        begun.append(Poll(*args, **options))
        return begun[-1]

    yield poll
    for one in begun:
        one.resume()
    for room in {one.room for one in begun if not one.ended.is_set()}:
        say("wake up", room)
    for one in begun:
        one.join(0.2)


def test_nobody_waits():
    """When nobody waits, an answer says so."""
    expect(waiting() == 0, f'Nobody waits, but the answer says "waiting": {waiting()}.')
    answer = Client().get("/messages/class/?after=0").json()
    expect(
        waiting(answer) == 0,
        f'A short poll was answered with "waiting": {waiting(answer)}, but nobody waits.',
    )


def test_those_who_wait_are_counted(polls):
    """Bia and Caio wait in different rooms, and are counted."""
    polls("class")
    soon(1, 'Bia\'s long poll is held, so an answer should say "waiting": 1.')
    polls("hallway")
    soon(
        2,
        "Bia's long poll is held in one room, and Caio's in another: an answer should"
        ' say "waiting": 2.',
    )


def test_a_message_ends_a_wait(polls):
    """A poll that gets a message is no longer counted."""
    bia = polls()
    soon(1, 'Bia\'s long poll is held, so an answer should say "waiting": 1.')
    say("oi")
    answer = bia.result("A message should have ended Bia's long poll.").json()
    expect(
        waiting(answer) == 0,
        "Only Bia waited, and this was the answer to her poll, so she waits no longer."
        f' It said "waiting": {waiting(answer)}.',
    )
    expect(
        waiting() == 0,
        'Bia\'s long poll has got its message, so an answer should say "waiting": 0, not'
        f" {waiting()}.",
    )


def test_time_ends_a_wait(polls):
    """A poll that gets nothing in its time is no longer counted."""
    bia = polls(wait=0.03)
    answer = bia.result("A long poll should end when its time is over.").json()
    expect(
        waiting() == 0,
        "Bia's long poll ended because its time was over. An answer should say"
        f' "waiting": 0, not {waiting()}.',
    )
    expect(
        waiting(answer) == 0,
        "Only Bia waited, and this was the answer to her poll, so she waits no longer."
        f' It said "waiting": {waiting(answer)}.',
    )


def test_a_poll_that_needs_no_wait_is_not_counted(polls):
    """A long poll that finds a message at once is not counted afterwards."""
    say("oi")
    answer = polls().result("A long poll should bring what is there at once.").json()
    expect(
        (waiting(answer), waiting()) == (0, 0),
        "Bia's long poll found a message at once, so nobody waits. An answer should say"
        f' "waiting": 0, not {waiting() or waiting(answer)}.',
    )


def test_a_short_poll_never_counts(polls):
    """A short poll doesn't count, even while it queries the database."""
    seen = []
    caio = polls(wait=0, at_query=lambda _: seen.append(asked_elsewhere()))
    caio.result("A short poll should be answered at once.")
    numbers = [waiting(answer) for found in seen for answer in found]
    expect(
        not any(numbers),
        "Only a short poll of Caio's was being answered, and no long poll was held, but"
        f' another answer said "waiting": {max(numbers, default=0)}.',
    )


def test_a_poll_counts_while_it_queries_again(polls, monkeypatch):
    """A poll counts while it queries the database again."""
    monkeypatch.setattr(history, "CHECK_EVERY", 0.01, raising=False)
    seen = []

    def at_query(number):
        if number == 3:
            seen.append(asked_elsewhere())

    bia = polls(at_query=at_query)
    began = time.monotonic()
    while not seen and time.monotonic() < began + patience.seconds():
        time.sleep(0.002)
    say("oi")
    bia.result("A message should have ended Bia's long poll.")
    numbers = [waiting(answer) for found in seen for answer in found]
    expect(
        numbers in ([], [1]),
        "Bia's long poll was held. While it queried the database again, after CHECK_EVERY,"
        f' an answer should have said "waiting": 1, not {numbers}.',
    )


def test_an_error_ends_a_wait(polls, monkeypatch):
    """A poll that ends in an error is no longer counted."""
    monkeypatch.setattr(history, "CHECK_EVERY", 0.01, raising=False)

    def at_query(number):
        if number == 3:
            raise Locked("database is locked")

    bia = polls(at_query=at_query)
    bia.result("Bia's long poll should end when its query fails.")
    expect(
        waiting() == 0,
        "A query failed while Bia's long poll was held (database is locked), and she got"
        f' an error. An answer should say "waiting": 0 now, not {waiting()}.',
    )


def test_two_at_the_same_moment_are_both_counted(polls):
    """Two polls that begin or end at the same moment are both counted."""
    # Python 3.13 traces a function's operations only from its second call on.
    polls(wait=0.01, pause_at=MOST_STORES).result("A long poll should end in time.")
    newest = say("first")
    for number in range(1, MOST_STORES):
        bia = polls("class", after=newest, pause_at=number)
        until(bia.paused, bia.held, bia.ended)
        expected = 2
        if not bia.paused.is_set():  # the store comes when the wait is over
            newest = say("oi")
            until(bia.paused, bia.ended)
            expected = 1
        if not bia.paused.is_set():
            break  # it makes fewer
        caio = polls("hallway")
        caio.held.wait(A_WHILE)  # unless it waits for Bia's lock
        bia.resume()
        what = "began at the same moment as Caio's"
        if expected == 1:
            what = "ended at the moment when Caio's began"
        sentence = (
            f"Bia's poll {what}. One thread had read the number, but hadn't stored the new"
            " one yet, when the other thread did the same."
        )
        soon(expected, f'{sentence} "waiting" should have become {expected}.')
        newest = say("oi")
        say("oi", "hallway")
        for poll in (bia, caio):
            poll.result("A message should have ended each long poll.")
        soon(0, f'{sentence} Later both had their answers: "waiting" should be 0.')
        clear("hallway")


def until(*events):
    """Wait until one of several events has happened."""
    began = time.monotonic()
    while not any(event.is_set() for event in events):
        if time.monotonic() > began + patience.seconds():
            return
        time.sleep(0.001)


def clear(room):
    """Delete the messages of a room, so that a poll with `after=0` waits again."""
    from chat.models import Message

    Message.objects.filter(room=room).delete()
