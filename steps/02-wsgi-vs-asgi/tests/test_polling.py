"""What polling promises: whoever asks misses nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from chat import history
from chat.models import Message

pytestmark = pytest.mark.django_db

LOBBY = "/messages/lobby/"
SOON = 10  # seconds, even on a busy machine; a long poll that nobody ends takes 25


def say(text, room="lobby", **more):
    message = {"text": text, "sender": "Ana", **more}
    address = f"/messages/{room}/"
    return Client().post(address, message, content_type="application/json")


def ask(room="lobby", **query):
    """Return the texts of the answer, and the id of the newest message in it."""
    messages = Client().get(f"/messages/{room}/", query).json()["messages"]
    newest = messages[-1]["id"] if messages else query.get("after", 0)
    return [message["text"] for message in messages], newest


def test_ana_writes_and_bia_reads_it_when_she_asks():
    assert say("olá 😀").status_code == 201
    assert ask() == (["olá 😀"], 1)


def test_a_message_says_who_where_when_and_which_server():
    say("oi", sent_at=1_700_000_000_000)
    (message,) = Client().get(LOBBY).json()["messages"]
    assert message["sender"] == "Ana"
    assert message["room"] == "lobby"
    assert message["sent_at"] == 1_700_000_000_000
    assert message["server"].startswith("80 (pid ")


def test_caio_in_another_room_hears_nothing():
    say("only for the class", room="class")
    assert ask(room="hallway")[0] == []
    assert ask(room="hallway", after=0)[0] == []


@pytest.mark.parametrize("room", ["café com leite", "sala 1", "日本語", "😀", "AC/DC"])
def test_any_name_is_a_room(room):
    say("oi", room=room)
    assert ask(room=room)[0] == ["oi"]


def test_whoever_asks_again_gets_only_what_is_new():
    say("one")
    _, newest = ask()
    say("two")
    texts, newest = ask(after=newest)
    assert texts == ["two"]
    assert ask(after=newest)[0] == []


def test_two_messages_of_the_same_millisecond_are_both_seen_once():
    say("one", sent_at=1_700_000_000_000)
    _, newest = ask()
    say("two", sent_at=1_700_000_000_000)
    assert ask(after=newest)[0] == ["two"]


def test_a_newcomer_gets_the_newest_messages_of_a_long_history():
    for number in range(history.MOST_MESSAGES + 5):
        Message.objects.create(room="lobby", text=str(number))
    texts, _ = ask()
    assert texts == [str(number) for number in range(5, history.MOST_MESSAGES + 5)]


def test_whoever_was_away_for_long_catches_up_in_several_answers():
    for number in range(history.MOST_MESSAGES + 5):
        Message.objects.create(room="lobby", text=str(number))
    first, newest = ask(after=0)
    rest, _ = ask(after=newest)
    assert first + rest == [str(n) for n in range(history.MOST_MESSAGES + 5)]


@pytest.mark.parametrize(
    "body", ["oi", "[]", "{}", '{"text": 7}', '{"text": ""}', "\xff"]
)
def test_what_is_no_message_gets_400_with_a_reason_and_is_not_stored(body):
    answer = Client().post(LOBBY, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert ask()[0] == []


def test_a_body_of_megabytes_gets_400_with_a_reason():
    answer = Client().post(LOBBY, "a" * 3_000_000, content_type="text/plain")
    assert answer.status_code == 400
    assert "too long" in answer.json()["error"]


@pytest.mark.parametrize(
    "query", ["after=abc", "after=-1", "after=nan", "after=1e99", "wait=soon"]
)
def test_a_question_that_makes_no_sense_gets_400_with_a_reason(query):
    answer = Client().get(f"{LOBBY}?{query}")
    assert answer.status_code == 400
    assert query.split("=")[1] in answer.json()["error"]


def test_a_long_poll_of_an_empty_room_ends_after_its_wait():
    assert ask(after=0, wait=0.2)[0] == []


def test_a_long_poll_that_has_something_to_tell_does_not_wait(monkeypatch):
    monkeypatch.setattr(history.bell, "wait", lambda *_: pytest.fail("it waited"))
    say("oi")
    assert ask(after=0, wait=25)[0] == ["oi"]


@pytest.mark.django_db(transaction=True)
def test_a_message_ends_a_long_poll(monkeypatch):
    monkeypatch.setattr(history, "LOOK_AGAIN", 60)  # so that only the bell can end it
    with long_poll_that_waits(monkeypatch) as bia:
        say("oi")
        assert bia.result(SOON) == ["oi"]


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_finds_what_another_server_process_stored(monkeypatch):
    monkeypatch.setattr(history, "LOOK_AGAIN", 0.1)
    with long_poll_that_waits(monkeypatch) as bia:
        # Past the bell, as another process does it.
        Message.objects.create(room="lobby", text="from elsewhere")
        assert bia.result(SOON) == ["from elsewhere"]


class long_poll_that_waits:
    """Bia's long poll, in a thread of its own, held by the server when we enter."""

    def __init__(self, monkeypatch):
        self.held = threading.Event()
        wait = history.bell.wait
        monkeypatch.setattr(
            history.bell, "wait", lambda *args: self.held.set() or wait(*args)
        )
        self.threads = ThreadPoolExecutor()

    def __enter__(self):
        poll = self.threads.submit(self.ask)
        assert self.held.wait(timeout=10)
        return poll

    def ask(self):
        try:
            return ask(after=0, wait=25)[0]
        finally:
            connection.close()  # each thread has its own

    def __exit__(self, *_):
        self.threads.shutdown()
