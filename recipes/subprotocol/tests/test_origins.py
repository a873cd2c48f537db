"""What Channels' two checks of the Origin make of pages, files, apps and scripts."""

import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator
from channels.testing import WebsocketCommunicator

ORIGINS = {
    "a page of this site": "http://localhost:8000",
    "Vite's development server": "http://localhost:5173",
    "a page of another site": "https://evil.example",
    "a page from disk, or in a sandboxed frame": "null",
    "a file, in browsers that say so": "file://",
    "Capacitor on iOS": "capacitor://localhost",
    "a script or an app without an Origin": None,
}
ANYONE = set(ORIGINS)
# AllowedHostsOriginValidator compares the host alone: not the port, nor the scheme.
LOCAL = {"a page of this site", "Vite's development server", "Capacitor on iOS"}


async def let_in(validator):
    """Return who gets a socket."""
    accepted = set()
    for who, origin in ORIGINS.items():
        headers = [(b"origin", origin.encode())] if origin is not None else []
        client = WebsocketCommunicator(validator, "/", headers=headers)
        if (await client.connect(timeout=10))[0]:
            accepted.add(who)
        await client.disconnect(timeout=10)
    return accepted


@pytest.mark.parametrize(
    ("allowed", "accepted"),
    [
        (["http://localhost:8000"], {"a page of this site"}),
        (["http://localhost:5173"], {"Vite's development server"}),
        (["capacitor://localhost"], {"Capacitor on iOS"}),
        (["localhost"], LOCAL),
        # Neither can be named in the list.
        (["null"], set()),
        (["file://"], set()),
        (["*"], ANYONE),
        ([], set()),
    ],
    ids=str,
)
async def test_origin_validator_lets_in(allowed, accepted):
    validator = OriginValidator(AsyncWebsocketConsumer.as_asgi(), allowed)
    assert await let_in(validator) == accepted


async def test_allowed_hosts_origin_validator_lets_in_every_page_of_an_allowed_host(
    settings,
):
    settings.ALLOWED_HOSTS = ["localhost"]
    validator = AllowedHostsOriginValidator(AsyncWebsocketConsumer.as_asgi())
    assert await let_in(validator) == LOCAL
