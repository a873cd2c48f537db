"""Queries that run too late, sessions that are lost, and events that are too early."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.signals import post_save

from chat import announce, visits
from chat.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queryset_and_a_foreign_key_cannot_be_read_in_async_code(capsys):
    call_command("migrate", verbosity=0)
    call_command("lazy")
    lines = capsys.readouterr().out.splitlines()
    assert [": SynchronousOnlyOperation" in line for line in lines] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("consumer", "second"), [(visits.ForgetfulCounter, 1), (visits.Counter, 2)]
)
def test_a_session_is_kept_only_if_the_consumer_saves_it(consumer, second):
    session = SessionStore()
    session.create()
    cookie = [(b"cookie", f"sessionid={session.session_key}".encode())]
    application = SessionMiddlewareStack(consumer.as_asgi())

    async def visit():
        socket = WebsocketCommunicator(application, "/", headers=cookie)
        assert (await socket.connect(timeout=10))[0]
        frame = await socket.receive_json_from(timeout=10)
        await socket.disconnect(timeout=10)
        return frame["visits"]

    assert async_to_sync(visit)() == 1
    assert async_to_sync(visit)() == second


@pytest.fixture
def announced(monkeypatch):
    """Return a list: for each event, whether another connection saw the row."""
    seen = []

    def is_there(pk):
        try:
            return Message.objects.filter(pk=pk).exists()
        finally:
            connection.close()

    def record(pk):
        with ThreadPoolExecutor(1) as consumer:
            seen.append(consumer.submit(is_there, pk).result())

    monkeypatch.setattr(announce, "announce", record)
    return seen


@pytest.fixture(params=["too_early", "after_commit"])
def handler(request):
    handler = getattr(announce, request.param)
    post_save.connect(handler, sender=Message)
    yield request.param
    post_save.disconnect(handler, sender=Message)


def test_only_after_the_commit_can_a_consumer_read_the_row(announced, handler):
    with transaction.atomic():
        Message.objects.create(room="class", sender="Ana", text="oi")
    assert announced == [handler == "after_commit"]


def test_after_a_rollback_nothing_may_be_announced(announced, handler):
    with transaction.atomic():
        Message.objects.create(room="class", sender="Ana", text="oi")
        transaction.set_rollback(True)
    assert len(announced) == (handler == "too_early")


@pytest.mark.parametrize("path", ["/count/", "/async-count/"])
def test_both_views_count(client, path):
    assert client.get(path).json() == {"messages": 0}
