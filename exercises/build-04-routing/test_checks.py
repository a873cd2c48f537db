"""What the routes promise."""

from course.exercise import pages
from course.exercise.kit import expect, load

NAMES = ["hallway", "my-room", "café com leite", "日本語", "a.b_c~d", "C++ & C#?"]
ELSEWHERE = [
    "/ws/nonsense/",
    "/ws/chat/class",
    "/ws/chat/",
    "/ws/chat/a/b/",
    "/x/ws/chat/a/",
]


async def test_a_room_has_a_socket(opens):
    """Ana gets a socket in the room "class", and it stays open."""
    ana = await opens("Ana")
    await ana.hears_nothing("Ana's socket in /ws/chat/class/ should stay open.", 0.05)


async def test_any_name_without_a_slash_will_do(opens):
    """A room may have any name without a slash."""
    for name in NAMES:
        sentence = f"There should be a socket for the room {name}, and it stays open."
        ana = await opens("Ana", name, sentence=sentence)
        await ana.hears_nothing(sentence, 0.02)


async def test_routes_are_in_their_file():
    """The routes are in chat/routing.py."""
    patterns = load("chat.routing", "websocket_urlpatterns")
    expect(
        isinstance(patterns, list | tuple) and patterns,
        "websocket_urlpatterns in chat/routing.py should be a list of routes.",
    )


async def test_the_consumer_gets_the_name(opens, monkeypatch):
    """The route passes the room's name on to the consumer, as room_name."""
    consumer = load("chat.consumers", "ChatConsumer")
    scopes = []
    original = consumer.__call__

    async def noted(self, scope, receive, send):
        scopes.append(scope)
        await original(self, scope, receive, send)

    monkeypatch.setattr(consumer, "__call__", noted)
    await opens("Ana", "café com leite")
    expect(scopes, "The route should lead to ChatConsumer.")
    found = scopes[0].get("url_route", {}).get("kwargs", {})
    expect(
        found.get("room_name") == "café com leite",
        "In the room café com leite, the route should pass on"
        f" room_name='café com leite', but passes on {found}.",
    )


async def test_other_urls_get_a_reason(opens):
    """A URL that doesn't exist gets a reason, and code 4404."""
    for path in ELSEWHERE:
        sentence = (
            f"A socket at {path} should be accepted, so that it can receive the reason."
        )
        ana = await opens("Ana", path=path, sentence=sentence)
        sentence = f"A socket at {path} should receive an `error`."
        frame = await ana.hears(sentence)
        expect(isinstance(frame.get("error"), str) and frame["error"], sentence)
        await ana.is_closed(
            f"A socket at {path} should be closed with 4404.", code=4404
        )


def test_pages_are_as_before():
    """The room's page is as before."""
    page = pages.get("/chat/class/")
    expect(page.status == 200, f"/chat/class/ should have a page, not {page.status}.")
    expect("WebSocket(" in page.script, "The page should still open a socket.")
