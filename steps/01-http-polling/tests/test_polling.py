"""What polling promises: a page that keeps asking misses nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from chat import history
from chat.models import Message

pytestmark = pytest.mark.django_db

LOBBY = "/messages/lobby/"
SOON = 10  # seconds, enough on a busy machine; an unanswered long poll takes 25


def say(text, room="lobby", **more):
    message = {"text": text, "sender": "Ana", **more}
    url = f"/messages/{room}/"
    return Client().post(url, message, content_type="application/json")


def ask(room="lobby", **query):
    """Poll once: return the texts in the response, and the id of the newest message."""
    messages = Client().get(f"/messages/{room}/", query).json()["messages"]
    newest = messages[-1]["id"] if messages else query.get("after", 0)
    return [message["text"] for message in messages], newest


def test_ana_sends_a_message_and_bia_gets_it_when_she_asks():
    assert say("olá 😀").status_code == 201
    assert ask() == (["olá 😀"], 1)


def test_a_message_says_who_where_when_and_which_server():
    say("oi", sent_at=1_700_000_000_000)
    (message,) = Client().get(LOBBY).json()["messages"]
    assert message["sender"] == "Ana"
    assert message["room"] == "lobby"
    assert message["sent_at"] == 1_700_000_000_000
    assert message["server"].startswith("80 (pid ")


def test_caio_in_another_room_gets_nothing():
    say("only for the class", room="class")
    assert ask(room="hallway")[0] == []
    assert ask(room="hallway", after=0)[0] == []


@pytest.mark.parametrize("room", ["café com leite", "sala 1", "日本語", "😀", "AC/DC"])
def test_a_room_can_have_any_name(room):
    say("oi", room=room)
    assert ask(room=room)[0] == ["oi"]


def test_the_next_poll_returns_only_new_messages():
    say("one")
    _, newest = ask()
    say("two")
    texts, newest = ask(after=newest)
    assert texts == ["two"]
    assert ask(after=newest)[0] == []


def test_two_messages_of_the_same_millisecond_both_arrive_once():
    say("one", sent_at=1_700_000_000_000)
    _, newest = ask()
    say("two", sent_at=1_700_000_000_000)
    assert ask(after=newest)[0] == ["two"]


def test_a_new_page_gets_the_newest_messages_of_a_long_history():
    for number in range(history.MOST_MESSAGES + 5):
        Message.objects.create(room="lobby", text=str(number))
    texts, _ = ask()
    assert texts == [str(number) for number in range(5, history.MOST_MESSAGES + 5)]


def test_a_page_that_is_far_behind_catches_up_in_several_polls():
    for number in range(history.MOST_MESSAGES + 5):
        Message.objects.create(room="lobby", text=str(number))
    first, newest = ask(after=0)
    rest, _ = ask(after=newest)
    assert first + rest == [str(n) for n in range(history.MOST_MESSAGES + 5)]


@pytest.mark.parametrize(
    "body", ["oi", "[]", "{}", '{"text": 7}', '{"text": ""}', "\xff"]
)
def test_an_invalid_message_gets_a_400_with_a_reason_and_is_not_stored(body):
    response = Client().post(LOBBY, body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["error"]
    assert ask()[0] == []


def test_a_body_of_megabytes_gets_a_400_with_a_reason():
    response = Client().post(LOBBY, "a" * 3_000_000, content_type="text/plain")
    assert response.status_code == 400
    assert "too long" in response.json()["error"]


@pytest.mark.parametrize(
    "query", ["after=abc", "after=-1", "after=nan", "after=1e99", "wait=soon"]
)
def test_an_invalid_query_string_gets_a_400_with_a_reason(query):
    response = Client().get(f"{LOBBY}?{query}")
    assert response.status_code == 400
    assert query.split("=")[1] in response.json()["error"]


def test_a_long_poll_of_an_empty_room_ends_after_its_wait():
    assert ask(after=0, wait=0.2)[0] == []


def test_a_long_poll_does_not_wait_when_there_are_messages(monkeypatch):
    monkeypatch.setattr(history.notifier, "wait", lambda *_: pytest.fail("it waited"))
    say("oi")
    assert ask(after=0, wait=25)[0] == ["oi"]


@pytest.mark.django_db(transaction=True)
def test_a_message_ends_a_long_poll(monkeypatch):
    # A minute, so that only the notifier can end the wait.
    monkeypatch.setattr(history, "CHECK_EVERY", 60)
    with long_poll_that_waits(monkeypatch) as bia:
        say("oi")
        assert bia.result(SOON) == ["oi"]


@pytest.mark.django_db(transaction=True)
def test_a_long_poll_finds_messages_from_another_server_process(monkeypatch):
    monkeypatch.setattr(history, "CHECK_EVERY", 0.1)
    with long_poll_that_waits(monkeypatch) as bia:
        # Without the notifier, as another process stores it.
        Message.objects.create(room="lobby", text="from elsewhere")
        assert bia.result(SOON) == ["from elsewhere"]


class long_poll_that_waits:
    """Runs Bia's long poll in its own thread. The block begins when the server waits."""

    def __init__(self, monkeypatch):
        self.held = threading.Event()
        wait = history.notifier.wait
        monkeypatch.setattr(
            history.notifier, "wait", lambda *args: self.held.set() or wait(*args)
        )
        self.threads = ThreadPoolExecutor()

    def __enter__(self):
        poll = self.threads.submit(self.ask)
        assert self.held.wait(timeout=SOON)
        return poll

    def ask(self):
        try:
            return ask(after=0, wait=25)[0]
        finally:
            connection.close()  # Django opens one per thread

    def __exit__(self, *_):
        self.threads.shutdown()
