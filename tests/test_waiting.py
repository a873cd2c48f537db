"""What is held while somebody waits, seen on real servers."""

import http.client
import socket
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from urllib.parse import quote

import httpx
import pytest
from conftest import STEPS
from people import Chat

from course.servers import HOST

THREADS = 2
WAIT = 6  # seconds that the server holds each listener's poll


@pytest.mark.parametrize("number", ["01", "02"])
def test_under_wsgi_as_many_listeners_as_threads_stop_the_whole_site(serve, number):
    with serve(step_of(number), threads=THREADS) as (server,), Chat(server) as chat:
        # One visitor may still slip in before the listeners.
        assert visitors_while_two_listen(chat) <= 1


def test_under_asgi_a_visitor_does_not_notice_the_listeners(serve):
    with serve(step_of("02")) as (server,), Chat(server) as chat:
        assert visitors_while_two_listen(chat) > 1


@pytest.mark.parametrize("threads", [None, THREADS], ids=["as it comes", "waitress"])
@pytest.mark.parametrize("number", ["01", "02"])
def test_one_connection_carries_one_question_after_the_other(serve, number, threads):
    """Nothing but the length of an answer says where it ends and the next one may begin."""
    with serve(step_of(number), threads=threads) as (server,):
        line = http.client.HTTPConnection(HOST, server.port, timeout=30)
        ports = set()
        for _ in range(3):
            line.request("GET", "/messages/class/?after=0")
            assert line.getresponse().read().startswith(b'{"messages": []')
            assert line.sock, "the server has closed the connection"
            ports.add(line.sock.getsockname()[1])
        line.close()
    assert len(ports) == 1


def step_of(number: str):
    """Return a step by its number."""
    return next(step for step in STEPS if step.number == number)


def visitors_while_two_listen(chat: Chat) -> int:
    """Return how many visitors, one after the other, see the lobby while polls wait."""
    room = chat.room()
    no_answer_before = time.monotonic() + WAIT
    with ThreadPoolExecutor() as threads, httpx.Client(trust_env=False) as visitor:
        polls = [threads.submit(poll_of(chat, room)) for _ in range(THREADS)]
        visitors = 0
        while not any(poll.done() for poll in polls):
            visit = threads.submit(visitor.get, f"{chat.home}/chat/", timeout=30)
            wait([visit, *polls], return_when=FIRST_COMPLETED)
            visitors += visit.done() and time.monotonic() < no_answer_before
            visit.result()
    return visitors


def poll_of(chat: Chat, room: str):
    """Send a long poll; return what waits for its answer."""
    client = socket.create_connection((HOST, chat.port), timeout=30)
    request = (
        f"GET /messages/{quote(room)}/?after=0&wait={WAIT} HTTP/1.1\r\n"
        f"Host: {HOST}:{chat.port}\r\nConnection: close\r\n\r\n"
    )
    client.sendall(request.encode())

    def receive() -> None:
        with client:
            assert client.recv(4096).startswith(b"HTTP/1.1 200")

    return receive
