"""The exercise: an ASGI application that answers HTTP without a framework."""

import importlib

import pytest
from channels.testing import HttpCommunicator


@pytest.fixture
def application():
    return importlib.import_module("chat.bare_hello").application


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/any/path/"])
async def test_every_request_gets_200_and_a_text(application, method, path):
    answer = await HttpCommunicator(application, method, path).get_response()
    assert answer["status"] == 200
    assert answer["body"] == b"oi"
    headers = {name.lower(): value for name, value in answer["headers"]}
    assert headers[b"content-type"].startswith(b"text/plain")


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
async def test_it_speaks_nothing_but_http(application, kind):
    with pytest.raises(ValueError, match=kind):
        await application({"type": kind}, None, None)
