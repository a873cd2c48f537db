"""Pages that follow a job, in a server or without one, and the process of a worker."""

import json
import subprocess
import sys
import uuid
from contextlib import asynccontextmanager, contextmanager

from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from servers import PROJECT
from websockets.sync.client import connect

from config.asgi import application


@contextmanager
def running(arguments, log_path):
    """Run a worker while the block runs: `python`, and these arguments."""
    command = [sys.executable, *arguments]
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def open_socket(port):
    """Open a socket as the page of this server does."""
    url, origin = f"ws://127.0.0.1:{port}/ws/jobs/", f"http://127.0.0.1:{port}"
    with connect(url, origin=origin) as page:
        yield page


def ask(page, **request):
    page.send(json.dumps(request))


def told(page):
    return json.loads(page.recv(timeout=30))


def told_until(page, what):
    """Return all that a page gets until a key is in it."""
    frames = [told(page)]
    while what not in frames[-1]:
        frames.append(told(page))
    return frames


@asynccontextmanager
async def page_without_server(settings):
    """Open a page in this process."""
    # Our own prefix, because others may use the same Redis.
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"prefix": f"test-{uuid.uuid4()}"}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    headers = [(b"origin", b"http://localhost:8000")]
    page = WebsocketCommunicator(application, "/ws/jobs/", headers=headers)
    assert await page.connect(timeout=10) == (True, None)
    yield page
    await page.disconnect(timeout=10)
    await get_channel_layer().close_pools()
