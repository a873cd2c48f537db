"""What "Only what is new" promises."""

import time
from datetime import UTC, datetime
from itertools import count

import pytest
from django.test import Client
from django.utils import timezone

from chat.models import Message
from course.exercise.kit import expect

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 100  # messages in one answer
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
clock = count(int(NOON.timestamp() * 1000))  # milliseconds; each look takes one


def say(text, room="class", sender="Ana", **more):
    """Store a message as a page does."""
    message = {"text": text, "sender": sender, "sent_at": next(clock), **more}
    url = f"/messages/{room}/"
    answer = Client().post(url, message, content_type="application/json")
    expect(answer.status_code == 201, f'{sender} should be able to write "{text}".')


class Page:
    """Somebody's page, which is open in a room that was empty."""

    def __init__(self, room="class"):
        self.room = room
        self.newest = 0

    def ask(self, **query):
        """Poll once, as room.js does; return the messages in the answer."""
        query = {"after": self.newest, **query}
        answer = Client().get(f"/messages/{self.room}/", query)
        expect(
            answer.status_code == 200,
            f"A poll with {query} should have been answered with 200, not"
            f" {answer.status_code}.",
        )
        found = answer.json()["messages"]
        if found:
            self.newest = found[-1]["id"]
        return found


def texts(messages):
    """Return what the messages say."""
    return [message["text"] for message in messages]


def quoted(messages):
    """Return in words what was got instead."""
    said = ", ".join(f'"{text}"' for text in texts(messages)[:6])
    more = ", …" if len(messages) > 6 else ""
    return f"{said}{more}" if messages else "nothing"


def test_a_message_comes_only_once():
    """What Bia has seen doesn't come again."""
    bia = Page()
    found = bia.ask()
    expect(
        found == [], f"In an empty room, Bia should get nothing, not {quoted(found)}."
    )
    say("one")
    found = bia.ask()
    expect(
        texts(found) == ["one"],
        f'Bia should have got "one", the first message in her room, but got'
        f" {quoted(found)}.",
    )
    for _ in range(2):
        found = bia.ask()
        expect(
            found == [],
            'Bia has seen "one" and asked with its id. There is nothing new, but she got'
            f" {quoted(found)} again.",
        )


def test_another_room_is_left_out():
    """Caio's messages in another room don't come, and don't get in the way."""
    bia = Page()
    say("first", room="hallway", sender="Caio")
    say("second", room="hallway", sender="Caio")
    say("one")
    found = bia.ask()
    expect(
        texts(found) == ["one"],
        'Bia should have got "one", the only message in her room. Caio wrote "first" and'
        f' "second" in another room. She got {quoted(found)}.',
    )
    say("third", room="hallway", sender="Caio")
    say("two")
    found = bia.ask()
    expect(
        texts(found) == ["two"],
        'Bia should have got "two", the only new message in her room. Caio wrote in'
        f" another room before and after. She got {quoted(found)}.",
    )


def test_new_messages_come_in_their_order():
    """Bia gets what is new, in the order in which it was stored."""
    bia = Page()
    say("one")
    bia.ask()
    for text in ("two", "three", "four"):
        say(text)
    found = bia.ask()
    expect(
        texts(found) == ["two", "three", "four"],
        'After "one", Bia should have got "two", "three", "four", in the order in which'
        f" they were stored. She got {quoted(found)}.",
    )


def test_everybody_gets_them():
    """Bia and Caio each get every message, even if the other one asks first."""
    bia, caio = Page(), Page()
    say("one")
    say("two")
    caio.ask()
    caio.ask()
    found = bia.ask()
    expect(
        texts(found) == ["one", "two"],
        'Bia should have got "one" and "two", though Caio had asked before her. She got'
        f" {quoted(found)}.",
    )


def test_two_messages_of_the_same_millisecond_both_arrive(monkeypatch):
    """Two messages of the same millisecond both arrive, one poll after the other."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    monkeypatch.setattr(time, "time", NOON.timestamp)
    sent_at = next(clock)
    bia = Page()
    say("one", sent_at=sent_at)
    bia.ask()
    say("two", sender="Caio", sent_at=sent_at)
    found = bia.ask()
    expect(
        texts(found) == ["two"],
        'Ana\'s "one" and Caio\'s "two" were sent in the same millisecond. Bia asked in'
        f' between, and again: she should have got "two", but got {quoted(found)}.',
    )
    say("three", sent_at=sent_at - 60_000)
    found = bia.ask()
    expect(
        texts(found) == ["three"],
        'Ana\'s clock is a minute slow. Bia should have got her "three" all the same,'
        f" but got {quoted(found)}.",
    )


def test_a_slow_clock_does_not_change_the_order():
    """Messages come in the order in which they were stored, whatever the senders' clocks say."""
    bia = Page()
    say("one")
    bia.ask()
    say("two")
    say("three", sender="Caio", sent_at=next(clock) - 60_000)
    say("four")
    found = bia.ask()
    expect(
        texts(found) == ["two", "three", "four"],
        'Ana wrote "two", then Caio "three", then Ana "four". Caio\'s clock is a minute slow,'
        " but Bia should have got them in the order in which they were stored. She got"
        f" {quoted(found)}.",
    )


def test_a_page_that_is_far_behind_catches_up():
    """A page that is 250 messages behind gets each of them once, 100 at a time."""
    bia = Page()
    say("one")
    bia.ask()
    wanted = [str(number) for number in range(250)]
    Message.objects.bulk_create(
        Message(room=room, sender="Ana", text=text, server="8001", sent_at=next(clock))
        for text in wanted
        for room in ("class", "hallway")
    )
    got = []
    for _ in range(4):
        found = bia.ask()
        expect(
            len(found) <= MOST,
            f"One answer should hold at most {MOST} messages, not {len(found)}.",
        )
        got += texts(found)
    missing = [text for text in wanted if text not in got]
    expect(
        not missing,
        "Bia's page was 250 messages behind. It polled four times, each time with the id of"
        f" the last message it had got. {len(missing)} of the 250 never came.",
    )
    expect(
        got == wanted,
        "Bia's page was 250 messages behind. It should have got each of them once, in"
        f" the order in which they were stored, but got {len(got)}.",
    )


def test_the_rest_works_as_before():
    """Without `after`, and with a long poll, all is as before."""
    bia = Page()
    say("one")
    bia.ask()
    say("two")
    found = Client().get("/messages/class/").json()["messages"]
    expect(
        texts(found) == ["one", "two"],
        'Without `after`, a page should still get the newest, "one" and "two", not'
        f" {quoted(found)}.",
    )
    found = bia.ask(wait=25)
    expect(texts(found) == ["two"], 'A long poll should have brought "two" at once.')
    found = bia.ask(wait=0.05)
    expect(found == [], "A long poll without a message should have returned nothing.")
    answer = Client().get("/messages/class/?after=abc")
    expect(answer.status_code == 400, "`?after=abc` should still get the status 400.")
