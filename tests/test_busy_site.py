"""The last step on PostgreSQL while very many people want something at once."""

import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from conftest import STEPS
from people import token_in
from public_site import answers, running_postgres, running_site

from course import servers

STEP = STEPS[-1]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere"),
    pytest.mark.slow,
]

LOG_IN = "/accounts/login/"


def wrong_log_in(origin, number, token, cookies):
    """Log in as nobody in particular, with a wrong password; return the status code."""
    with httpx.Client(
        base_url=origin, cookies=cookies, timeout=120, trust_env=False
    ) as stranger:
        form = {"username": f"person {number}", "password": "wrong"}
        form["csrfmiddlewaretoken"] = token
        return stranger.post(LOG_IN, data=form).status_code


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_160_wrong_log_ins_at_once_stop_nobody_else(
    tmp_path, redis_url, postgres, server
):
    # Ana speaks as fast as she is heard.
    env = {"DATABASE_URL": postgres.url, "MESSAGES_PER_SECOND": "1000"}
    with running_site(tmp_path, f"{redis_url}/9", server=server, **env) as site:
        room = site.chat.room()
        ana, bia = [site.chat.enter(room, name) for name in ("ana", "bia")]
        lobby = site.chat.browser_of("caio")
        with httpx.Client(base_url=site.origin, trust_env=False) as stranger:
            token = token_in(stranger.get(LOG_IN))
            cookies = dict(stranger.cookies)
        with ThreadPoolExecutor(160) as threads:
            answers = [
                threads.submit(wrong_log_in, site.origin, number, token, cookies)
                for number in range(160)
            ]
            said, connections = 0, []
            while said < 10 or not all(answer.done() for answer in answers):
                assert lobby.get("/chat/").status_code == 200
                ana.say(f"message {said}")
                assert bia.hear()["text"] == f"message {said}"
                said += 1
                connections.append(connections_to(postgres.url))
            codes = {answer.result() for answer in answers}
    # A wrong password, too many tries, or too many people at once; never a 500.
    assert codes <= {200, 429, 503}
    assert max(connections) < 60


def connections_to(url):
    """Return how many connections PostgreSQL has."""
    with psycopg.connect(url) as database:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'client%'"
        )
        return database.execute(query).fetchone()[0]


@pytest.fixture
def own_postgres(tmp_path_factory):
    """A PostgreSQL that a scene may stop."""
    with (
        tempfile.TemporaryDirectory(prefix="postgres-") as folder,
        running_postgres(Path(folder), tmp_path_factory.mktemp("logs")) as process,
    ):
        yield process


def end(database):
    """Stop PostgreSQL without waiting until nobody is connected any more."""
    database.popen.send_signal(signal.SIGINT)
    database.stop()


def test_while_the_database_is_away_pages_say_so_and_then_they_are_back(
    tmp_path, redis_url, own_postgres
):
    env = {"DATABASE_URL": own_postgres.url}
    with running_site(tmp_path, f"{redis_url}/9", **env) as site:
        people = [site.chat.browser_of(name) for name in ("ana", "bia", "caio")]

        def lobbies():
            return {person.get("/chat/").status_code for person in people}

        assert lobbies() == {200}
        # A restart, which no page notices: old connections are not used again.
        end(own_postgres)
        own_postgres.__enter__()
        own_postgres.wait_until(lambda: answers(own_postgres.url))
        assert lobbies() == {200}
        end(own_postgres)
        assert lobbies() == {503}
        assert "Wait a few seconds" in people[0].get("/chat/").text
        own_postgres.__enter__()
        own_postgres.wait_until(lambda: lobbies() == {200})


COME_WHILE_SOMEBODY_WRITES = """
import uuid
from concurrent.futures import ThreadPoolExecutor
from django.contrib.auth.models import User
from django.db import connection, transaction
from chat import presence, storing
from chat.models import Room

def come():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        presence.write(uuid.uuid4(), {(room.pk, ana.pk)}, set(), {})
    finally:
        connection.close()

room, ana = Room.objects.create(name="class"), User.objects.create_user("ana")
with ThreadPoolExecutor(1) as other, transaction.atomic():
    storing.advance(room.pk, 1)
    other.submit(come).result()
print("Ana is in.")
"""


def test_nobody_who_comes_waits_for_a_message_that_is_being_stored(postgres):
    """Nor the other way round: two who wait for each other are a deadlock."""
    # A database of its own, because the people of other scenes are in that one.
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE locks")
    env = {"DATABASE_URL": postgres.url.rpartition("/")[0] + "/locks"}
    servers.manage(STEP.path, env, "migrate", "--verbosity=0")
    said = servers.manage(STEP.path, env, "shell", "-c", COME_WHILE_SOMEBODY_WRITES)
    assert "Ana is in." in said
