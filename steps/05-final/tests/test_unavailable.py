"""The server can't answer now: the database is gone, or too many people log in."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections
from django.test import AsyncClient, Client

from chat import hashers, unavailable
from chat.models import Room
from tests.sockets import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

LOG_IN = "/accounts/login/"


def log_in(password="wrong"):
    """Fill in the form; return the answer."""
    return Client().post(LOG_IN, {"username": "júlia", "password": password})


def test_no_connection_is_held_while_a_password_is_hashed(monkeypatch):
    User.objects.create_user("júlia", password="correct-horse-battery")
    held = []

    def hash_slowly(hasher, *arguments):
        held.append(connection.connection)
        return "pbkdf2_sha256$1$salt$hash"

    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "encode", hash_slowly)
    assert log_in().status_code == 200
    assert held
    assert set(held) == {None}


def test_a_queue_for_the_hasher_that_is_too_long_is_a_503(monkeypatch):
    full = hashers.threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(hashers, "waiting", full)
    answer = log_in()
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Wait a few seconds" in answer.text


def test_without_the_database_a_page_is_a_503_with_a_message(people, monkeypatch):
    def fail(*arguments, **options):
        raise OperationalError("no connection")

    monkeypatch.setattr(Room, "listed_for", fail)
    answer = people["ana"].get("/chat/")
    assert answer.status_code == 503
    assert "Wait a few seconds" in answer.text
    assert "no connection" not in answer.text


def test_a_page_that_needs_no_database_works_without_one(monkeypatch):
    def fail(*arguments, **options):
        raise OperationalError("no connection")

    monkeypatch.setattr(connections["default"], "ensure_connection", fail)
    assert Client().get(LOG_IN).status_code == 200
    assert log_in().status_code == 503


async def test_a_database_that_hangs_ends_in_a_503(people, monkeypatch):
    answers_again = threading.Event()

    def hang(*arguments, **options):
        answers_again.wait(10)
        return Room.objects.none()

    monkeypatch.setattr(Room, "listed_for", hang)
    monkeypatch.setattr(unavailable, "LONGEST_PAGE", 0.1)
    browser = AsyncClient()
    browser.cookies = people["ana"].cookies
    try:
        answer = await browser.get("/chat/")
    finally:
        answers_again.set()
        await sync_to_async(lambda: connection.close())()  # that of the thread
    assert answer.status_code == 503
    assert "Wait a few seconds" in answer.text


def test_a_bug_is_still_a_500(people, monkeypatch):
    def fail(*arguments, **options):
        raise ValueError("a bug")

    monkeypatch.setattr(Room, "listed_for", fail)
    people["ana"].raise_request_exception = False
    assert people["ana"].get("/chat/").status_code == 500


def test_waiting_too_long_for_the_hasher_ends_in_a_503(monkeypatch):
    """The front server would give up, and then send nobody here for a while."""
    busy = hashers.threading.BoundedSemaphore(1)
    busy.acquire()
    monkeypatch.setattr(hashers, "turns", busy)
    monkeypatch.setattr(hashers, "LONGEST_WAIT", 0.01, raising=False)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(log_in_from_a_thread)
        try:
            status = answer.result(PATIENCE).status_code
        except TimeoutError:
            status = "none in time"
        finally:
            busy.release()
    assert status == 503


def test_pages_give_up_before_the_front_server_does(settings):
    config = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    seconds = int(
        re.search(r"proxy_read_timeout (\d+)s;\n    }\n\n    location @", config)[1]
    )
    assert hashers.LONGEST_WAIT < unavailable.LONGEST_PAGE < seconds


def log_in_from_a_thread():
    """Fill in the form, with a database connection of its own."""
    try:
        return log_in()
    finally:
        connection.close()


@pytest.mark.parametrize("what", ["an account", "a room"])
def test_no_password_is_hashed_in_a_transaction(people, monkeypatch, what):
    """It may wait for its turn, and SQLite would let nobody else write meanwhile."""
    in_transactions = []

    def hash_slowly(hasher, *arguments):
        in_transactions.append(connection.in_atomic_block)
        return "pbkdf2_sha256$1$salt$hash"

    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "encode", hash_slowly)
    if what == "an account":
        good = "correct-horse-battery"
        form = {"username": "júlia", "password1": good, "password2": good}
        answer = Client().post("/accounts/signup/", form)
    else:
        form = {"name": "sala", "kind": "password", "password": "sésamo"}
        answer = people["ana"].post("/rooms/new/", form)
    assert answer.status_code == 302
    assert in_transactions == [False]
