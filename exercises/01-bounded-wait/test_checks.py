"""What "A wait that ends" promises."""

import threading
import time

import pytest
from django.db import connection
from django.test import Client

from chat import history, polling
from chat.models import Message
from course.exercise.kit import expect, note_who_is_held, patience

pytestmark = pytest.mark.django_db(transaction=True)

EARLY = 0.05  # seconds; a clock may be so coarse
AT_ONCE = 0.06  # seconds
TRIES = 20  # the quickest counts, because the machine may be busy
RARELY = 60  # seconds: too long for these checks
MOST_QUERIES = 4  # two before a wait, and two after it


def say(text, room="class"):
    """Store a message as Ana's page does."""
    message = {"text": text, "sender": "Ana"}
    url = f"/messages/{room}/"
    Client().post(url, message, content_type="application/json")


def say_elsewhere(text):
    """Store a message, in a thread of its own."""

    def run():
        try:
            say(text)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


class Poll(threading.Thread):
    """A poll in a thread of its own, as the server would run it."""

    def __init__(self, wait, then=None):
        super().__init__(daemon=True)
        self.wait = wait
        self.then = then  # called after the first query
        self.held = threading.Event()  # set when it begins to wait, or has ended
        self.ended = threading.Event()
        self.queries = 0
        self.took = 0  # seconds
        self.texts = None
        self.problem = None
        self.start()

    def run(self):
        began = time.monotonic()
        try:
            with connection.execute_wrapper(self.watch):
                query = {"after": 0, "wait": self.wait}
                answer = Client().get("/messages/class/", query).json()
            self.texts = [message["text"] for message in answer["messages"]]
        except BaseException as problem:
            self.problem = problem
        finally:
            self.took = time.monotonic() - began
            connection.close()
            self.held.set()
            self.ended.set()

    def watch(self, execute, sql, params, many, context):
        """Count the queries."""
        result = execute(sql, params, many, context)
        if sql.lstrip().upper().startswith("SELECT"):
            self.queries += 1
            if self.queries == 1 and self.then:
                self.then()
        return result

    def answer(self, sentence, seconds=0):
        """Return the texts; raise NotYet if the poll lasts longer than it may."""
        longest = seconds + patience.seconds()
        if not self.ended.wait(longest):
            patience.used(longest)
            expect(False, sentence)
        if self.problem:
            raise self.problem
        return self.texts


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
    if not all(one.ended.is_set() for one in begun):
        say("wake up")
        for one in begun:
            one.join(0.2)


def test_what_is_there_comes_at_once(polls):
    """A message that is already there comes at once."""
    say("oi")
    sentence = 'Ana\'s "oi" was there before Bia asked, so it should have come at once.'
    found = polls(wait=25).answer(sentence)
    expect(found == ["oi"], f"{sentence} Bia got {found}.")


def test_a_quiet_poll_is_held_and_ends(polls):
    """Without a message, a poll with `wait=0.25` is held for 0.25 seconds."""
    bia = polls(wait=0.25)
    found = bia.answer(
        "Nobody wrote, so Bia's poll with `wait=0.25` should have ended after 0.25"
        " seconds, but it went on.",
        0.25,
    )
    expect(found == [], f"Nobody wrote, but Bia got {found}.")
    expect(
        bia.took >= 0.25 - EARLY,
        "Nobody wrote, so Bia's poll with `wait=0.25` should have been held for 0.25"
        f" seconds. It was answered after {bia.took:.2f}.",
    )
    expect(
        bia.queries <= MOST_QUERIES,
        f"CHECK_EVERY was {RARELY} seconds, and nobody wrote. But within 0.25 seconds,"
        f" Bia's poll made {bia.queries} queries.",
    )


def test_a_message_ends_the_wait_at_once(polls):
    """A message ends the wait at once."""
    quickest = RARELY
    for _ in range(TRIES):
        Message.objects.all().delete()
        bia = polls(wait=25)
        bia.held.wait(1)
        said = time.monotonic()
        say("oi")
        found = bia.answer(
            'Ana wrote "oi" while Bia\'s poll was held. It should have ended the wait'
            " at once, not at the next check of the database."
        )
        expect(
            found == ["oi"],
            'Ana wrote "oi" while Bia\'s poll should have been held. Bia should have got'
            f' "oi", but got {found}.',
        )
        quickest = min(quickest, time.monotonic() - said)
        if quickest < AT_ONCE:
            break
    expect(
        quickest < AT_ONCE,
        f'Ana wrote "oi" {TRIES} times while a poll of Bia\'s was held. It should have come'
        f" at once, but even the quickest took {quickest:.2f} seconds.",
    )


def test_a_message_ends_every_wait(polls):
    """Bia and Caio both wait, and both get the message."""
    bia, caio = polls(wait=25), polls(wait=25)
    for poll in (bia, caio):
        poll.held.wait(1)
    say("oi")
    for poll in (bia, caio):
        found = poll.answer(
            'Bia and Caio both waited when Ana wrote "oi", but only one of them got it.'
        )
        expect(found == ["oi"], f'Bia and Caio should both get "oi", not {found}.')


def test_no_wait_is_longer_than_allowed(polls, monkeypatch):
    """A page that asks for an hour gets LONGEST_WAIT."""
    monkeypatch.setattr(polling, "LONGEST_WAIT", 0.1)
    for wait in (3600, 1e15):
        found = polls(wait=wait).answer(
            f"A poll with `wait={wait:.0f}` should have ended after LONGEST_WAIT, which"
            " was 0.1 seconds here.",
            0.1,
        )
        expect(found == [], f"Nobody wrote, but Bia got {found}.")


def test_another_rooms_messages_change_nothing(polls):
    """Messages in another room neither end a wait nor prolong it."""
    # All three must pass: while the machine stalls, Caio is quiet, and a wrong one passes.
    for _ in range(3):
        bia = polls(wait=0.2)
        bia.held.wait(1)
        began = time.monotonic()
        longest = 0.2 + patience.seconds()
        while not bia.ended.wait(0.04) and time.monotonic() < began + longest:
            say("elsewhere", room="hallway")
        expect(
            bia.ended.is_set(),
            "Bia's poll with `wait=0.2` went on much longer, because Caio kept writing in"
            " another room. Each wake-up must leave only the rest of the time.",
        )
        found = bia.answer("")
        expect(found == [], f"Only Caio wrote, in another room, but Bia got {found}.")
        expect(
            bia.took >= 0.2 - EARLY,
            "Bia's poll with `wait=0.2` should have been held for 0.2 seconds. Caio wrote in"
            f" another room, and it was answered after {bia.took:.2f}, with nothing.",
        )


def test_nothing_is_lost_between_query_and_wait(polls):
    """A message that is stored between the query and the wait isn't lost."""
    bia = polls(wait=25, then=lambda: say_elsewhere("oi").join(1))
    found = bia.answer(
        "Ana's \"oi\" was stored right after the poll's first query, and before its wait."
        " Bia should have got it at once, but the poll slept on."
    )
    expect(found == ["oi"], f'Bia should have got "oi", but got {found}.')


def test_messages_of_other_processes_come(polls, monkeypatch):
    """A message that another process stores comes at the next check of the database."""
    monkeypatch.setattr(history, "CHECK_EVERY", 0.05, raising=False)
    bia = polls(wait=25)
    bia.held.wait(1)
    Message.objects.create(room="class", sender="Ana", text="oi", server="8002")
    found = bia.answer(
        'Another server process stored "oi". Bia should have got it after CHECK_EVERY,'
        " which was 0.05 seconds here, but her poll slept on."
    )
    expect(found == ["oi"], f'Bia should have got "oi", but got {found}.')


def test_a_short_poll_is_not_held(polls):
    """A short poll, and a page that has nothing yet, are answered at once."""
    found = polls(wait=0).answer("A short poll should be answered at once.")
    expect(found == [], f"Nobody wrote, but Bia got {found}.")
    answer = Client().get("/messages/class/", {"wait": 25})
    expect(answer.status_code == 200, "Without `after`, a poll should get a 200.")
    answer = Client().get("/messages/class/?after=0&wait=soon")
    expect(answer.status_code == 400, "`wait=soon` should still get the status 400.")
