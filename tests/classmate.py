"""A student's laptop: does what it reads, and prints what comes of it, as JSON.

    ["get", "http://10.77.0.1:8003/chat/"]

A program of its own, because it runs in another network namespace than the test.
"""

import json
import re
import sys

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

PATIENCE = 20  # seconds
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')

client = httpx.Client(timeout=PATIENCE, trust_env=False, follow_redirects=True)
sockets = {}


def get(url: str) -> dict:
    """Ask for a page; the status is 0 if nobody answers."""
    try:
        answer = client.get(url)
    except httpx.TransportError:
        return {"status": 0, "text": ""}
    return {"status": answer.status_code, "text": answer.text}


def post(url: str, body: str) -> int:
    """Send something."""
    return client.post(url, content=body).status_code


def login(home: str, name: str, password: str) -> str:
    """Log in; return the page that one lands on."""
    page = client.get(f"{home}/accounts/login/")
    form = {"username": name, "password": password}
    form["csrfmiddlewaretoken"] = TOKEN.search(page.text)[1]
    return str(client.post(f"{home}/accounts/login/", data=form).url)


def enter(url: str, origin: str, cookie: str = "") -> str:
    """Open a WebSocket as a page does; say how that went."""
    mine = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
    try:
        sockets[url] = connect(
            url,
            origin=origin,
            additional_headers={"Cookie": cookie or mine},
            open_timeout=PATIENCE,
            proxy=None,
        ).__enter__()
    except (OSError, WebSocketException) as problem:
        return str(problem)
    return "open"


def send(url: str, text: str) -> None:
    """Send a frame."""
    sockets[url].send(text)


def hear(url: str, wanted: str) -> str:
    """Return the first frame that contains a text."""
    while True:
        frame = sockets[url].recv(PATIENCE)
        if wanted in frame:
            return frame


for line in sys.stdin:
    do, *words = json.loads(line)
    print(json.dumps(globals()[do](*words)), flush=True)
