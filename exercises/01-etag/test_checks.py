"""What "Nothing new, in fewer bytes" promises."""

import re
import threading
import time

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import Client, RequestFactory

from chat.models import Message
from course.exercise.kit import expect, patience

pytestmark = pytest.mark.django_db(transaction=True)

ETAG = re.compile(r'(W/)?"[^"]*"')
EARLY = 0.05  # seconds; a clock may be so coarse


def say(text, room="class"):
    """Store a message as a page does; return its id."""
    message = {"text": text, "sender": "Ana"}
    url = f"/messages/{room}/"
    answer = Client().post(url, message, content_type="application/json")
    expect(answer.status_code == 201, "A POST should still store a message: 201.")
    return answer.json()["id"]


def ask(known=None, room="class", **query):
    """Poll once; `known` is sent as If-None-Match."""
    headers = {} if known is None else {"If-None-Match": known}
    return Client().get(f"/messages/{room}/", query, headers=headers)


def body_of(known, **query):
    """Return the body as the project makes it: Django's test client drops that of a 304."""
    handler = BaseHandler()
    handler.load_middleware()
    headers = {"If-None-Match": known}
    request = RequestFactory().get("/messages/class/", query, headers=headers)
    return handler.get_response(request).content


def tag(answer):
    """Return the ETag of an answer with the status 200."""
    expect(
        answer.status_code == 200,
        "A poll without If-None-Match should get the status 200, not"
        f" {answer.status_code}.",
    )
    found = answer.headers.get("ETag")
    expect(found, "The answer to a GET should have an ETag header.")
    expect(
        ETAG.fullmatch(found),
        f"The ETag should be a string in double quotes; it's {found}",
    )
    return found


def texts(answer, sentence):
    """Return the texts in an answer that must be a 200."""
    expect(
        answer.status_code == 200, f"{sentence} The status was {answer.status_code}."
    )
    return [message["text"] for message in answer.json()["messages"]]


def test_an_answer_has_a_tag():
    """An answer to a GET has an ETag."""
    say("oi")
    for query in ({}, {"after": 0}):
        tag(ask(**query))


def test_the_same_again_is_a_304():
    """Bia asks again, nothing is new, and the answer is a 304 without a body."""
    newest = say("oi")
    for query in ({}, {"after": 0}, {"after": newest}):
        etag = tag(ask(**query))
        again = ask(etag, **query)
        expect(
            again.status_code == 304,
            "Nothing was new, and Bia sent the ETag back. The status should be 304, not"
            f" {again.status_code}.",
        )
        body = body_of(etag, **query)
        expect(body == b"", f"A 304 has no body, but this one has {len(body)} bytes.")
        expect(
            again.headers.get("ETag") == etag,
            f"The 304 should repeat the ETag {etag}, but has"
            f" {again.headers.get('ETag')}.",
        )


def test_a_first_question_gets_the_whole_answer():
    """Caio, who asks for the first time, gets the messages, whatever Bia has."""
    say("oi")
    etag = tag(ask(after=0))
    ask(etag, after=0)
    sentence = "Caio sent no If-None-Match, so he should get the whole answer."
    expect(texts(ask(after=0), sentence) == ["oi"], sentence)
    sentence = "Caio's If-None-Match isn't the ETag, so he should get the whole answer."
    for known in ('"another"', f'"x{etag.removeprefix("W/")[1:]}'):
        expect(texts(ask(known, after=0), sentence) == ["oi"], sentence)


def test_a_new_message_is_a_200():
    """After a new message, the old ETag gets a 200 with the message."""
    newest = say("one")
    for query in ({}, {"after": 0}, {"after": newest}):
        etag = tag(ask(**query))
        say("two")
        sentence = 'Ana has written "two" since Bia asked, so Bia\'s next poll should bring it.'
        expect("two" in texts(ask(etag, **query), sentence), sentence)


def test_a_full_answer_changes_too():
    """With a hundred messages in the room, one more changes the ETag."""
    Message.objects.bulk_create(
        Message(room="class", sender="Ana", text=str(number), server="x")
        for number in range(100)
    )
    etag = tag(ask())
    say("one more")
    sentence = (
        "The answer held the newest 100 messages. Then Ana wrote one more, so the answer"
        " has changed: it should be a 200 with the new message."
    )
    expect("one more" in texts(ask(etag), sentence), sentence)


def test_another_room_changes_nothing():
    """A message in another room changes nothing for Bia."""
    newest = say("oi")
    etag = tag(ask(after=newest))
    other = tag(ask(room="hallway", after=0))
    say("elsewhere", room="hallway")
    again = ask(etag, after=newest)
    expect(
        again.status_code == 304,
        "Caio wrote in another room. Bia's answer is the same as before, so the status"
        f" should be 304, not {again.status_code}.",
    )
    sentence = 'Caio wrote "elsewhere" in the hallway, so a poll there should bring it.'
    found = texts(ask(other, room="hallway", after=0), sentence)
    expect(found == ["elsewhere"], sentence)


def test_the_header_may_have_several_values():
    """If-None-Match may have several values, `*`, and `W/` before a value."""
    say("oi")
    etag = tag(ask(after=0))
    plain = etag.removeprefix("W/")
    for known in (
        f'"another", {plain}',
        f'{plain},"another"',
        f"W/{plain}",
        f'W/"another", W/{plain}',
        "*",
    ):
        again = ask(known, after=0)
        expect(
            again.status_code == 304,
            f"If-None-Match: {known} matches, because the ETag is {etag}. The status should"
            f" be 304, not {again.status_code}.",
        )


def test_errors_stay_errors():
    """An invalid poll is a 400, even with If-None-Match."""
    for known in (None, "*"):
        answer = ask(known, after="abc")
        expect(
            answer.status_code == 400,
            f"`?after=abc` should still get the status 400, not {answer.status_code}.",
        )


def test_a_long_poll_is_still_held():
    """A long poll with an ETag is held until there is a message."""
    newest = say("oi")
    known = [tag(ask(after=newest)), tag(ask(after=newest, wait=0.01))]
    for etag in known:
        began = time.monotonic()
        ask(etag, after=newest, wait=0.15)
        took = time.monotonic() - began
        expect(
            took >= 0.15 - EARLY,
            "Nobody wrote, so Bia's long poll with `wait=0.15` and an ETag should have been"
            f" held for 0.15 seconds. It was answered after {took:.2f}.",
        )
    poll = LongPoll(known[1], newest)
    poll.asked.wait(1)
    say("news")
    sentence = (
        'Ana wrote "news" while Bia\'s long poll was held. She should have got it.'
    )
    expect(poll.ended.wait(patience.seconds() + 1), sentence)
    if poll.problem:
        raise poll.problem
    expect(texts(poll.answer, sentence) == ["news"], sentence)


class LongPoll(threading.Thread):
    """A long poll with an ETag, in a thread of its own."""

    def __init__(self, etag, after):
        super().__init__(daemon=True)
        self.etag, self.after = etag, after
        self.asked, self.ended = threading.Event(), threading.Event()
        self.answer = self.problem = None
        self.start()

    def run(self):
        try:
            with connection.execute_wrapper(self.watch):
                self.answer = ask(self.etag, after=self.after, wait=25)
        except BaseException as problem:
            self.problem = problem
        finally:
            connection.close()
            self.ended.set()

    def watch(self, execute, *args):
        try:
            return execute(*args)
        finally:
            self.asked.set()


def test_no_message_is_lost_behind_a_tag():
    """A message that is stored while the answer is made isn't lost."""
    newest = say("one")
    selects = 0

    def store_after_first_query(execute, sql, *args):
        nonlocal selects
        result = execute(sql, *args)
        if sql.lstrip().upper().startswith("SELECT"):
            selects += 1
            if selects == 1:
                Message.objects.create(
                    room="class", sender="Ana", text="two", server="8002"
                )
        return result

    with connection.execute_wrapper(store_after_first_query):
        first = ask(after=newest)
    sentence = (
        "Ana's \"two\" was stored right after the first query for Bia's answer. Bia's next"
        " poll, with the ETag of that answer, should bring it: the ETag must describe"
        " exactly the messages in the answer."
    )
    if "two" not in texts(first, sentence):
        expect("two" in texts(ask(tag(first), after=newest), sentence), sentence)
