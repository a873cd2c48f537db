"""What the check of the origin promises."""

from course.exercise import pages
from course.exercise.kit import expect

OURS = [
    "http://localhost:8000",
    "http://127.0.0.1:8000",
    "http://[::1]:8000",
    "https://localhost",
]
STRANGERS = [
    "https://stranger.example",
    "http://localhost.stranger.example",
    "http://stranger.example:8000",
    "https://notlocalhost",
    "http://127.0.0.1.stranger.example:8000",
    "null",
    "file://",
]
HOST = (b"host", b"localhost:8000")


async def test_our_pages_are_let_in(opens):
    """Our own pages get a socket."""
    for origin in OURS:
        headers = (HOST, (b"origin", origin.encode()))
        sentence = f"A page from {origin} should get a socket."
        await opens("Ana", headers=headers, sentence=sentence)


async def test_strangers_are_refused(opens):
    """Pages from elsewhere are refused."""
    for origin in STRANGERS:
        headers = (HOST, (b"origin", origin.encode()))
        _, answer = await opens.knock("The stranger", headers=headers)
        expect(
            answer["type"] == "websocket.close",
            f"A page from {origin} should be refused, but its socket was accepted.",
        )


async def test_no_origin_is_refused(opens):
    """A socket without an Origin is refused."""
    _, answer = await opens.knock("A program", headers=(HOST,))
    expect(
        answer["type"] == "websocket.close",
        "A socket without an Origin should be refused, but it was accepted.",
    )


async def test_every_url_is_protected(opens):
    """A stranger is refused at every URL."""
    headers = (HOST, (b"origin", b"https://stranger.example"))
    _, answer = await opens.knock("The stranger", path="/ws/nonsense/", headers=headers)
    expect(
        answer["type"] == "websocket.close",
        "A page from elsewhere should be refused at /ws/nonsense/ too.",
    )


def test_the_hosts_are_named():
    """ALLOWED_HOSTS names our hosts."""
    from django.conf import settings

    for host in ("localhost", "127.0.0.1", "[::1]"):
        named = host in settings.ALLOWED_HOSTS
        expect(named, f"ALLOWED_HOSTS should name {host}.")
    expect(
        "*" not in settings.ALLOWED_HOSTS, "ALLOWED_HOSTS shouldn't name every host."
    )
    page = pages.get("/chat/class/", headers={"host": "localhost:8000"})
    expect(page.status == 200, f"The page's status should be 200, not {page.status}.")


async def test_the_room_still_works(opens):
    """Bia still receives Ana's message."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(text="hi", sender="Ana")
    await bia.hears(
        "Bia should still have received Ana's message.", text="hi", sender="Ana"
    )
