"""The search of the site: what a learner types or pastes leads to the page about it.

In the real search box, over HTTP and from disk, and within the first three results.
"""

import json
import re
import tomllib

import pytest
from readers import SOURCES, on_disk, visit

from course import docs
from course.breaks.exhibits import load

ERRORS = "errors.html"
CLOSINGS = "closing.html"
LAYERS = "concepts/channel-layers.html"
DELIVERY = "concepts/delivery.html"
DEPLOYMENT = "concepts/deployment.html"
HTTP = "concepts/http.html"
SCALING = "concepts/scaling.html"
SECURITY = "concepts/security.html"
TESTING = "concepts/testing.html"
WEBSOCKET = "concepts/websocket.html"
WSGI_ASGI = "concepts/wsgi-asgi.html"
PARTS = "concepts/channels.html"
SETTINGS = "reference/settings.html"
POLLING = "lessons/01-http-polling.html"
FINAL = "lessons/05-final/"

# What people type, and where the answer is. With #, the section must be one of those
# that a result shows before somebody unfolds it.
WORDS = {
    # The connection
    "reconnect": f"{DELIVERY}#coming-back",
    "auto reconnect": DELIVERY,
    "connection lost": f"{DELIVERY}#coming-back",
    "how to reconnect after the server restarts": DELIVERY,
    "exponential backoff": SCALING,
    "heartbeat": f"{WEBSOCKET}#ping-and-pong",
    "keep-alive": WEBSOCKET,
    "keepalive": f"{WEBSOCKET}#ping-and-pong",
    "ping": f"{WEBSOCKET}#ping-and-pong",
    "ping pong": f"{WEBSOCKET}#ping-and-pong",
    "idle timeout": WEBSOCKET,
    "file upload": WEBSOCKET,
    "React": f"{WEBSOCKET}#other-clients",
    "Vue": f"{WEBSOCKET}#other-clients",
    "mobile app": f"{WEBSOCKET}#other-clients",
    "htmx": f"{WEBSOCKET}#other-clients",
    # Close codes and answers to a handshake
    "1006": CLOSINGS,
    "1011": CLOSINGS,
    "4401": CLOSINGS,
    "403": f"{CLOSINGS}#handshakes",
    "404 websocket": f"{CLOSINGS}#handshakes",
    "WebSocket 403 Forbidden": f"{CLOSINGS}#handshakes",
    "close code": CLOSINGS,
    # Channels and its layers
    "broadcast": f"{LAYERS}#from-outside-a-consumer",
    "broadcast from a view": f"{LAYERS}#from-outside-a-consumer",
    "how do I send a message from a view": f"{LAYERS}#from-outside-a-consumer",
    "celery": f"{LAYERS}#from-outside-a-consumer",
    "management command": f"{LAYERS}#from-outside-a-consumer",
    "post_save": f"{LAYERS}#from-outside-a-consumer",
    "async_to_sync": LAYERS,
    "group_send": f"{LAYERS}#methods",
    "group_add": f"{LAYERS}#methods",
    "channel_layer": f"{LAYERS}#methods",
    "get_channel_layer": LAYERS,
    "what is a channel layer": LAYERS,
    "InMemoryChannelLayer": LAYERS,
    "in-memory channel layer": LAYERS,
    "Redis": "lessons/04-redis-layer.html",
    "redis pubsub": f"{LAYERS}#which-layer",
    "RedisPubSubChannelLayer": f"{LAYERS}#which-layer",
    "capacity": f"{LAYERS}#three-numbers",
    "ChannelFull": LAYERS,
    "CHANNEL_LAYERS": SETTINGS,
    "ASGI_APPLICATION": "misconceptions.html#asgi-application-setting",
    "routing.py": PARTS,
    "ProtocolTypeRouter": PARTS,
    # HTTP and push
    "EventSource": f"{HTTP}#server-sent-events",
    "SSE": f"{HTTP}#server-sent-events",
    "server-sent events": HTTP,
    "StreamingHttpResponse": HTTP,
    "long polling": HTTP,
    "push": f"{HTTP}#push",
    "push notification": f"{HTTP}#push",
    "notifications": f"{HTTP}#push",
    "polling": POLLING,
    "setInterval": POLLING,
    "ajax": POLLING,
    # Delivery
    "duplicate messages": f"{DELIVERY}#the-clients-own-key",
    "exactly once": f"{DELIVERY}#three-promises",
    "ordering": DELIVERY,
    "message order": f"{DELIVERY}#numbers-without-a-gap",
    "lost messages": DELIVERY,
    "missed messages": DELIVERY,
    "read receipts": f"{DELIVERY}#what-it-does-not-promise",
    # What a chat has
    "online users": f"{FINAL}3-presence-and-typing.html",
    "who is online": f"{FINAL}3-presence-and-typing.html",
    "presence": f"{FINAL}3-presence-and-typing.html",
    "typing indicator": f"{FINAL}3-presence-and-typing.html",
    "message history": f"{FINAL}2-history-and-catch-up.html",
    "pagination": f"{FINAL}2-history-and-catch-up.html#reading",
    "infinite scroll": f"{FINAL}2-history-and-catch-up.html",
    "save messages in database": f"{FINAL}2-history-and-catch-up.html",
    "offline": f"{FINAL}2-history-and-catch-up.html",
    "private room": f"{FINAL}1-people-and-rooms.html",
    "direct message": f"{FINAL}1-people-and-rooms.html",
    "rate limit": f"{FINAL}4-hostile-input-and-limits.html",
    "throttle": f"{FINAL}4-hostile-input-and-limits.html",
    "spam": f"{FINAL}4-hostile-input-and-limits.html",
    # Security
    "token": f"{SECURITY}#tokens",
    "JWT": f"{SECURITY}#tokens",
    "token authentication": SECURITY,
    "login": f"{SECURITY}#who-is-it",
    "AnonymousUser": f"{ERRORS}#anonymous",
    "permission": f"{SECURITY}#may-this-person-be-here",
    "origin": SECURITY,
    "CSRF": SECURITY,
    "CORS": f"{SECURITY}#no-same-origin-policy",
    "XSS": f"{SECURITY}#text-stays-text",
    "is a websocket encrypted?": SECURITY,
    "wss": f"{DEPLOYMENT}#tls",
    "https": f"{DEPLOYMENT}#tls",
    "TLS": f"{DEPLOYMENT}#tls",
    "SSL": f"{DEPLOYMENT}#tls",
    # Sync and async
    "sync_to_async": f"{WSGI_ASGI}#sync-code-in-consumers-shares-one-thread",
    "database_sync_to_async": f"{WSGI_ASGI}#sync-code-in-consumers-shares-one-thread",
    "SynchronousOnlyOperation": f"{ERRORS}#sync-orm",
    "ORM in a consumer": WSGI_ASGI,
    "time.sleep": f"{WSGI_ASGI}#a-blocking-call-stops-the-process",
    "CONN_MAX_AGE": WSGI_ASGI,
    "WSGI vs ASGI": WSGI_ASGI,
    # Many people, public servers
    "sticky sessions": f"{SCALING}#more-processes",
    "load balancer": f"{SCALING}#more-processes",
    "load balancing": f"{SCALING}#more-processes",
    "scale": SCALING,
    "horizontal scaling": SCALING,
    "multiple workers": f"{SCALING}#more-processes",
    "performance": SCALING,
    "how many connections": f"{SCALING}#how-many-connections-fit-in-one-process",
    "nginx": DEPLOYMENT,
    "reverse proxy": DEPLOYMENT,
    "daphne": DEPLOYMENT,
    "uvicorn": f"{DEPLOYMENT}#daphne-or-uvicorn",
    "gunicorn": f"{DEPLOYMENT}#daphne-or-uvicorn",
    "docker": DEPLOYMENT,
    "deploy": DEPLOYMENT,
    "production": DEPLOYMENT,
    "static files": f"{DEPLOYMENT}#static-files",
    "zero downtime": f"{DEPLOYMENT}#a-new-version",
    "health check": f"{DEPLOYMENT}#is-it-well",
    "monitoring": f"{DEPLOYMENT}#is-it-well",
    "kubernetes": DEPLOYMENT,
    "systemd": DEPLOYMENT,
    "environment variables": SETTINGS,
    # Tests
    "test websocket": TESTING,
    "how to test a consumer": TESTING,
    "WebsocketCommunicator": TESTING,
    "pytest": TESTING,
    # A slip of the finger, and Portuguese
    "websoket": "glossary.html",
    "presença": "glossary.html",
    "camada de canais": "glossary.html",
    # Whole messages, as terminals and browsers print them
    "ValueError: No route found for path 'ws/chat/'.": f"{ERRORS}#no-route",
    "django.db.utils.OperationalError: no such table: chat_message": f"{ERRORS}#no-table",
    "AttributeError: 'NoneType' object has no attribute 'group_add'": f"{ERRORS}#no-layer",
    "WebSocket connection to 'ws://localhost:8000/ws/chat/lobby/' failed": CLOSINGS,
    "runserver --noasgi": "reference/commands.html",
    "KeyError: 'message'": f"{ERRORS}#bad-frames",
    're_path(r"^ws/chat/(?P<room_name>\\w+)/$", ChatConsumer)': f"{ERRORS}#no-as-asgi",
    'File "/app/chat/consumers.py", line 12, in connect await self.channel_layer.'
    "group_add( ^^^^ AttributeError: 'NoneType' object has no attribute 'group_add'": (
        f"{ERRORS}#no-layer"
    ),
    '"Not Found"': ERRORS,  # to lunr, what is quoted must be there, stop words or not
}
# It says the same as the exhibit `no-daphne`: "Not Found", and the path of a room.
SAYS_NOTHING_OF_ITS_OWN = "proxy"
NOTHING = "No matching documents"


def messages():
    """Return the first message of each exhibit, or its title, and where it must lead."""
    for exhibit in load():
        text = exhibit.says[0] if exhibit.says else exhibit.title
        anchor = "" if exhibit.name == SAYS_NOTHING_OF_ITS_OWN else f"#{exhibit.name}"
        yield text.replace("…", " "), ERRORS + anchor


def closings():
    """Return the headings, the codes and the browser's words of the decoder."""
    page = (SOURCES / "closing.md").read_text("utf-8")
    yield from re.findall(r"^## (.+) \{", page, re.MULTILINE)
    (decoder,) = docs.ROOT.glob("*/*/closing.toml")
    rows = tomllib.loads(decoder.read_text("utf-8"))
    codes = [row["code"] for row in rows["codes"] + rows["ours"]]
    yield from (code for code in codes if code.isdecimal())  # and no "3000 to 3999"
    yield from (row["console"] for row in rows["handshakes"] if "console" in row)


QUERIES = [
    *messages(),
    *((text, CLOSINGS) for text in closings()),
    *((text, wanted) for text, wanted in WORDS.items()),
]


class SearchBox:
    """The search of a page, opened by its key, as the page says that one can."""

    def __init__(self, page):
        self.page = page
        self.refused = []  # the worker warns of a query that it could not parse or run
        page.on("console", self.listen)
        self.meta = page.locator(".md-search-result__meta")
        self.input = page.get_by_role("textbox", name="Search")
        page.keyboard.press("s")
        # From disk, nothing is loaded before. Only now it can search.
        self.meta.get_by_text("Type to start searching").wait_for()

    def listen(self, message):
        if "Invalid query" in message.text:
            self.refused.append(message.text)

    def find(self, query):
        """Return the first three results: of each, the paths that it shows."""
        return self.page.evaluate(FIND, query)


# Sets the query, waits for the line that says how many results there are, and reads the
# first three. That line is written before the results, and in the same turn.
FIND = """async (query) => {
  const box = document.querySelector("input[data-md-component=search-query]");
  const meta = document.querySelector(".md-search-result__meta");
  const before = box.value;
  box.value = query;
  if (box.value !== before) { // else the answer is there already
    meta.textContent = "";
    const answer = new Promise((resolve, reject) => {
      new MutationObserver(resolve).observe(meta, { childList: true });
      setTimeout(reject, 30_000, `nothing is said of ${query}`);
    });
    box.dispatchEvent(new KeyboardEvent("keyup")); // the search listens to keys
    await answer;
  }
  const here = new URL(".", document.baseURI).href;
  const results = [...document.querySelectorAll(".md-search-result__item")];
  return results.slice(0, 3).map((result) =>
    [...result.querySelectorAll("a")]
      .filter((link) => !link.closest("details"))
      .map(({ href }) => href.replace(here, "").replace(/\\?[^#]*/, "")));
}"""


def is_found(wanted, results):
    """Tell whether a page, or a section of one, is among the results."""
    return any(wanted in result for result in results)


@pytest.fixture(scope="module", params=["http", "disk"])
def search(request, browser, site):
    home = request.getfixturevalue("address") if request.param == "http" else None
    with visit(browser, home or on_disk(site), "index.html") as seen:
        yield SearchBox(seen.page)
        assert seen.outside == []
        assert seen.errors == []


@pytest.mark.parametrize(("query", "wanted"), QUERIES)
def test_what_people_type_leads_to_the_page_about_it(search, query, wanted):
    results = search.find(query)
    assert is_found(wanted, results), results


def test_a_word_that_is_nowhere_is_said_to_be_nowhere(search):
    assert search.find("xylophonist") == []
    assert search.meta.inner_text() == NOTHING
    assert search.refused == []


def test_the_check_refuses_a_page_that_is_not_among_the_first_three(search):
    results = search.find("1006")
    assert is_found(CLOSINGS, results)
    assert not is_found("index.html", results)
    assert not is_found(f"{CLOSINGS}#no-such-section", results)


@pytest.mark.parametrize("place", ["http", "disk"])
def test_the_page_behind_a_result_marks_the_words_of_the_query(
    browser, site, address, place
):
    """Material takes the words from the address, and tells them apart once more.

    If `separator` drops one of them there, it marks each place between two characters.
    """
    home = address if place == "http" else on_disk(site)
    with visit(browser, home, "index.html") as seen:
        SearchBox(seen.page).find("ValueError: No route found for 'ws/chat/'.")
        seen.page.locator(".md-search-result__link[href*='#no-route']").click()
        seen.page.wait_for_url("**/errors.html?**")
        seen.page.locator("mark").first.wait_for()
        marks = seen.page.locator("mark").all_text_contents()  # folded ones too
        assert all(marks)
        words = {word.lower() for mark in marks for word in mark.split()}
        assert words == {"valueerror", "route", "found", "for", "chat"}
        assert seen.errors == []


def test_no_word_of_the_index_makes_a_query_fail(search, site):
    """Lunr confuses words with digits now and then: see `separator` in mkdocs.yml.

    Every query that meets a confused word finds nothing, so meet all of them.
    """
    script = (site / "search/search_index.js").read_text("utf-8")  # var __index = {…}
    index = json.loads(script[script.index("{") : script.rindex("}") + 1])
    texts = " ".join(f"{entry['title']} {entry['text']}" for entry in index["docs"])
    words = set(re.findall(r"\w+", re.sub(r"<[^>]+>", " ", texts).lower()))
    beginnings = sorted({word[:length] for word in words for length in (2, 3)})
    assert len(beginnings) > 1000
    for start in range(0, len(beginnings), 25):
        search.find(" ".join(beginnings[start : start + 25]))
    assert search.refused == []
