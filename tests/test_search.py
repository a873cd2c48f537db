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
# How to …, and what to choose
CLIENTS = "recipes/other-clients.html"
DATABASE = "recipes/database-under-asgi.html"
ENDLESS = "recipes/handlers-that-never-return.html"
JOBS = "recipes/background-jobs.html"
MANAGED = "recipes/redis-as-a-service.html"
NOTIFY = "recipes/notify-one-person.html"
SOCKETS = "recipes/how-many-sockets.html"
COMPARED = "choosing/channels-compared.html"
HOSTING = "choosing/hosting.html"
TRANSPORT = "choosing/transport.html"
UPGRADING = "choosing/upgrading.html"
TEACHING = "teaching/index.html"

# What people type, and where the answer is. With #, the section must be one of those
# that a result shows before somebody unfolds it.
WORDS = {
    # The words of the titles
    "websocket": WEBSOCKET,
    "websocket handshake": WEBSOCKET,
    "ASGI": WSGI_ASGI,
    "django channels": PARTS,
    "consumer": PARTS,
    "consumers": PARTS,
    "channel layers": LAYERS,
    "groups": LAYERS,
    "security": SECURITY,
    "deployment": DEPLOYMENT,
    "testing": TESTING,
    "scaling": SCALING,
    "exercises": "exercises.html",
    "glossary": "glossary.html",
    "benchmark": "measurements.html",
    "notebook": "notebooks/index.html",
    "jupyter": "notebooks/index.html",
    "commands": "reference/commands.html",
    "versions": "reference/versions.html",
    "redis-py 8": "reference/versions.html",
    "misconceptions": "misconceptions.html",
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
    "idle timeout": f"{HOSTING}#idle",
    "file upload": WEBSOCKET,
    "React": CLIENTS,
    "Vue": CLIENTS,
    "mobile app": CLIENTS,
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
    "celery": JOBS,
    "management command": f"{LAYERS}#from-outside-a-consumer",
    "post_save": f"{NOTIFY}#on-commit",
    "async_to_sync": LAYERS,
    "group_send": f"{LAYERS}#methods",
    "group_add": f"{LAYERS}#methods",
    "channel_layer": f"{LAYERS}#methods",
    "get_channel_layer": LAYERS,
    "what is a channel layer": LAYERS,
    "InMemoryChannelLayer": LAYERS,
    "in-memory channel layer": LAYERS,
    "Redis": "lessons/04-redis-layer.html",
    "in-memory layer": LAYERS,
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
    "SSE": HTTP,
    "server-sent events": HTTP,
    "StreamingHttpResponse": HTTP,
    "long polling": HTTP,
    "push": f"{HTTP}#push",
    "push notification": f"{HTTP}#push",
    "notifications": NOTIFY,
    "polling": POLLING,
    "setInterval": POLLING,
    "ajax": POLLING,
    # Delivery
    "duplicate messages": f"{DELIVERY}#the-clients-own-key",
    "exactly once": f"{DELIVERY}#three-promises",
    "ordering": DELIVERY,
    "message order": DELIVERY,
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
    "token": CLIENTS,
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
    "database_sync_to_async": f"{DATABASE}#one-thread",
    "SynchronousOnlyOperation": f"{ERRORS}#sync-orm",
    "ORM in a consumer": DATABASE,
    "time.sleep": f"{WSGI_ASGI}#a-blocking-call-stops-the-process",
    "CONN_MAX_AGE": f"{DATABASE}#conn-max-age",
    "WSGI vs ASGI": WSGI_ASGI,
    # Many people, public servers
    "sticky sessions": f"{SCALING}#more-processes",
    "load balancer": f"{SCALING}#more-processes",
    "load balancing": f"{SCALING}#more-processes",
    "scale": SCALING,
    "horizontal scaling": SCALING,
    "multiple workers": f"{SCALING}#more-processes",
    "performance": SCALING,
    "latency": "measurements.html",
    "back-pressure": SCALING,
    "backpressure": SCALING,
    "docker compose": f"{DEPLOYMENT}#docker",
    "middleware": PARTS,
    "scope": PARTS,
    "get the user in a consumer": NOTIFY,
    "connection refused": f"{CLOSINGS}#handshakes",
    "how many connections": SOCKETS,
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
    "kubernetes": HOSTING,
    "systemd": DEPLOYMENT,
    "environment variables": SETTINGS,
    # Other clients
    "react native": CLIENTS,
    "phone app": CLIENTS,
    "vite proxy": f"{CLIENTS}#vite",
    "StrictMode": f"{CLIENTS}#react",
    "token in url": f"{CLIENTS}#query-string",
    "one-time ticket": f"{CLIENTS}#ticket",
    "subprotocol": f"{CLIENTS}#subprotocol",
    "Sec-WebSocket-Protocol": CLIENTS,
    "WebSocket is closed before the connection is established": f"{CLIENTS}#react",
    "websocket client in python": CLIENTS,
    "how do I connect from React to Django Channels?": CLIENTS,
    # Notifications and background jobs
    "notify user": NOTIFY,
    "send message to one user": NOTIFY,
    "send a message to a specific user": NOTIFY,
    "on_commit": NOTIFY,
    "django signal": NOTIFY,
    "celery progress": JOBS,
    "progress bar": JOBS,
    "background task": JOBS,
    "django tasks": JOBS,
    "db_worker": JOBS,
    "how do I show the progress of a Celery task?": JOBS,
    # Handlers that never return
    "while True": ENDLESS,
    "create_task": ENDLESS,
    "disconnect is not called": ENDLESS,
    "disconnect never called": ENDLESS,
    "periodic task in a consumer": ENDLESS,
    "send data every second": ENDLESS,
    "took too long to shut down and was killed": f"{ERRORS}#killed",
    # The database
    "too many clients already": f"{DATABASE}#conn-max-age",
    "connection pool": f"{DATABASE}#pool",
    "database connections": DATABASE,
    "close_old_connections": f"{DATABASE}#long-tasks",
    "save session in consumer": f"{ERRORS}#session-not-saved",
    # Redis as a service
    "rediss": MANAGED,
    "rediss://": MANAGED,
    "ssl_cert_reqs": f"{MANAGED}#tls",
    "redis cluster": MANAGED,
    "redis password": MANAGED,
    "managed redis": MANAGED,
    "ElastiCache": MANAGED,
    "Upstash": MANAGED,
    "MovedError": f"{MANAGED}#cluster",
    "certificate verify failed": f"{MANAGED}#tls",
    # How many sockets
    "ulimit": SOCKETS,
    "too many open files": SOCKETS,
    "worker_connections": f"{SOCKETS}#nginx",
    "LimitNOFILE": SOCKETS,
    "max connections": SOCKETS,
    "how many websockets can one server handle": SOCKETS,
    "memory per connection": SOCKETS,
    # Hosting
    "hosting": HOSTING,
    "heroku": HOSTING,
    "render": HOSTING,
    "fly.io": HOSTING,
    "cloud run": HOSTING,
    "cloudflare": HOSTING,
    "AWS load balancer": HOSTING,
    "VPS": HOSTING,
    "graceful shutdown": f"{HOSTING}#shutdown",
    "where can I host Django Channels?": HOSTING,
    "websocket closes after 60 seconds": HOSTING,
    # Upgrading
    "upgrade": UPGRADING,
    "upgrade channels": UPGRADING,
    "migrate to channels 4": UPGRADING,
    "channels 3": UPGRADING,
    "as_asgi": f"{UPGRADING}#as-asgi",
    "old tutorial": UPGRADING,
    "No application configured for scope type 'http'": UPGRADING,
    # Choosing
    "FastAPI": COMPARED,
    "socket.io": COMPARED,
    "socketio": COMPARED,
    "centrifugo": COMPARED,
    "alternatives to channels": COMPARED,
    "django channels vs fastapi": COMPARED,
    "SSE vs websocket": TRANSPORT,
    "websocket or polling": TRANSPORT,
    "when to use websockets": TRANSPORT,
    "do I need websockets?": TRANSPORT,
    "webtransport": TRANSPORT,
    "pusher": f"{TRANSPORT}#service",
    # Teaching
    "teaching": TEACHING,
    "teacher": TEACHING,
    "classroom": TEACHING,
    "projector": "teaching/accessibility.html#on-the-projector",
    "how do I teach websockets?": TEACHING,
    # Tests
    "test websocket": TESTING,
    "how to test a consumer": TESTING,
    "WebsocketCommunicator": TESTING,
    "pytest": TESTING,
    # A slip of the finger: what finds nothing is searched for once more
    "websoket": WEBSOCKET,
    "kuberntes": HOSTING,
    "notificaton": NOTIFY,
    "centrifuggo": COMPARED,
    "celary": JOBS,
    "herokuu": HOSTING,
    "subprotocoll": CLIENTS,
    "upgradding": UPGRADING,
    "teechers": TEACHING,
    "conection pool": DATABASE,
    "recconect": DELIVERY,
    # Portuguese
    "presença": "glossary.html",
    "camada de canais": "glossary.html",
    "sala": "glossary.html",
    "quadro": "glossary.html",
    "conexão": "glossary.html",
    "código de fechamento": "glossary.html",
    "consulta periódica": "glossary.html",
    "laço de eventos": "glossary.html",
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
    if (meta.textContent === "No matching documents") { // then it is asked once more
      await new Promise((resolve) => {
        new MutationObserver(resolve).observe(meta, { childList: true });
        setTimeout(resolve, 20_000);
      });
    }
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


def test_what_is_misspelt_is_searched_for_once_more_and_said_to_be_missing(search):
    assert is_found(DELIVERY, search.find("recconect"))
    missing = search.page.locator(".md-search-result__terms").first
    assert "recconect" in missing.inner_text()
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
