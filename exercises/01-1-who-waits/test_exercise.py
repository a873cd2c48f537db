"""The exercise: an answer says how many long polls the server process holds."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from chat import history

pytestmark = pytest.mark.django_db(transaction=True)

LOBBY = "/messages/lobby/"
SOON = 10  # seconds


def ask(**query):
    return Client().get(LOBBY, query).json()


def test_when_nobody_waits_an_answer_says_so():
    assert ask(after=0)["waiting"] == 0


def test_an_answer_counts_those_who_wait_and_forgets_those_who_leave(monkeypatch):
    monkeypatch.setattr(history, "CHECK_EVERY", 60)  # only the notifier ends a wait
    held = count_held(monkeypatch)
    with ThreadPoolExecutor() as threads:
        polls = [threads.submit(long_poll) for _ in range(2)]
        try:
            for _ in polls:
                assert held.acquire(timeout=SOON)
            assert ask(after=0)["waiting"] == 2
        finally:
            say("oi")
        for poll in polls:
            poll.result(SOON)
    assert ask(after=0)["waiting"] == 0


def count_held(monkeypatch):
    """Return a semaphore that counts every long poll which begins to wait."""
    held = threading.Semaphore(0)
    wait_for = history.notifier.changed.wait_for

    def wait(*args, **options):
        held.release()
        return wait_for(*args, **options)

    monkeypatch.setattr(history.notifier.changed, "wait_for", wait)
    return held


def long_poll():
    try:
        return ask(after=0, wait=25)
    finally:
        connection.close()  # each thread has its own


def say(text):
    message = {"text": text, "sender": "Ana"}
    Client().post(LOBBY, message, content_type="application/json")
