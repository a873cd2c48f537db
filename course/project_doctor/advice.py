"""Every sentence that the doctor says, and how a check says one of them."""

import ast
from dataclasses import dataclass
from string import Template
from typing import NamedTuple


@dataclass(frozen=True)
class Finding:
    """One thing that is the matter, where it is, and what to do about it."""

    level: str  # "wrong": it will not work; "risk": it works here and fails later
    where: str  # relative to the folder examined: "mysite/settings.py:12"
    what: str
    do: str


class Advice(NamedTuple):
    """The sentences of one finding, before a check fills in their `$words`."""

    level: str
    what: Template
    do: Template


def say(name: str, at: ast.AST | str, /, **words: str) -> Finding:
    """Return the finding of that name, at a piece of code or at "file:line"."""
    level, what, do = ADVICE[name]
    where = at if isinstance(at, str) else f"{at.file}:{at.lineno}"
    return Finding(level, where, what.substitute(words), do.substitute(words))


def read_table(table: str) -> dict[str, Advice]:
    """Return the advice in a table of three lines each, by its name."""
    lines = [line.strip() for line in table.strip().splitlines()]
    advice = {}
    for head, what, do in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        level, name = head.split()
        advice[name] = Advice(level, Template(what), Template(do))
    return advice


# Level and name, what is the matter, what to do. A `$word` is filled in by the check;
# `$$` stands for one dollar. A text, not a dict: half of the sentences hold quotes.
TABLE = r"""
wrong not-python
  Python cannot read this file: $error.
  Correct that line; until then, nothing that imports the file works.
wrong not-utf8
  This file is not written in UTF-8 (byte $byte), so Django stops with UnicodeDecodeError or SyntaxError.
  Save it again as UTF-8: in VS Code click the encoding in the status bar, then "Save with Encoding".
wrong settings-not-found
  manage.py names the settings "$module", and there is no such file: ModuleNotFoundError.
  Correct the name in os.environ.setdefault("DJANGO_SETTINGS_MODULE", …).
wrong daphne-missing
  `python manage.py runserver` answers "Not Found: /ws/…" (404), because it is Django's WSGI server: daphne is not in INSTALLED_APPS.
  Write "daphne", as the first line of INSTALLED_APPS.
risk daphne-by-hand
  The sockets work under the ASGI server that you start by hand, but `python manage.py runserver` answers "Not Found: /ws/…" (404).
  Write "daphne", as the first line of INSTALLED_APPS, and both work.
wrong daphne-late
  "daphne.E001 Daphne must be listed before django.contrib.staticfiles in INSTALLED_APPS."
  Move "daphne", to the first line of INSTALLED_APPS.
wrong asgi-setting-missing
  runserver stops with "You have not set ASGI_APPLICATION, which is needed to run the server."
  Write ASGI_APPLICATION = "$package.asgi.application" in the settings.
wrong asgi-module-missing
  ASGI_APPLICATION names "$module", and there is no such file: "Cannot import ASGI_APPLICATION module '$module'".
  Name the module that contains the application, as in "$package.asgi.application".
wrong asgi-name-missing
  ASGI_APPLICATION names "$name" in $module, where nothing has that name: "Cannot find '$name' in ASGI_APPLICATION module $module".
  Call it application in that file, and write "$module.application" in the settings.
risk models-before-apps
  $module is imported before get_asgi_application() and imports models. runserver works anyway, but `daphne $package.asgi:application` stops with "AppRegistryNotReady: Apps aren't loaded yet." or "settings are not configured".
  Write django_application = get_asgi_application() first, and import $module below it.
risk routing-before-apps
  $module is imported before get_asgi_application(): as soon as a consumer imports a model, it stops with "AppRegistryNotReady: Apps aren't loaded yet."
  Write django_application = get_asgi_application() first, and import $module below it (# noqa: E402 keeps a formatter from moving it).
wrong asgi-http-only
  The application is get_asgi_application() alone: "ValueError: Django can only handle ASGI/HTTP connections, not websocket."
  Write application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns))}).
wrong router-without-websocket
  The ProtocolTypeRouter has no "websocket": "ValueError: No application configured for scope type 'websocket'".
  Add "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)).
risk no-origin-check
  Any page of any site can open this socket with your users' cookies, because nothing checks the Origin.
  Put AllowedHostsOriginValidator( … ) around the websocket application.
risk hosts-open
  ALLOWED_HOSTS = ["*"] allows every origin, so the AllowedHostsOriginValidator checks nothing.
  Name your hosts: ALLOWED_HOSTS = ["localhost", "127.0.0.1", "chat.example.org"].
wrong no-as-asgi
  The route names $consumer without calling as_asgi(): the handshake ends in a TypeError (HTTP 500).
  Write $consumer.as_asgi() in the route.
wrong slash
  "ValueError: No route found for path": the page opens "/$path", the route is "$route", and only one of them ends with a slash.
  End both with a slash: "/" before the quote in JavaScript, and "/" (in re_path "/$$") in the route.
risk room-pattern
  With \w+ a room called my-room has no route ("No route found for path"), while café has one, and then its group name is invalid.
  Write path("ws/chat/<str:room_name>/", …) and make the group name from the room name by a hash or a slug.
risk group-name
  A room called café, or one with a space, fails here: "TypeError: Group name must be a valid unicode string with length < 100 containing only ASCII alphanumerics, hyphens, underscores, or periods."
  Do not put typed text into a group name; write "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32].
wrong no-layer
  There is no CHANNEL_LAYERS in the settings: "AttributeError: 'NoneType' object has no attribute '$verb'".
  Write CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}; with two processes, the Redis layer.
risk in-memory
  InMemoryChannelLayer works inside one process only: events from a second server, a worker or a shell do not arrive, and there is no error.
  For one process it is fine. For more, write "BACKEND": "channels_redis.core.RedisChannelLayer" with its hosts.
risk in-memory-unused-redis
  channels-redis is installed but not used: InMemoryChannelLayer works inside one process only, and a second process receives nothing, without an error.
  Write "BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:6379"]}.
risk redis-localhost
  Inside the container of "$web", localhost is that container, not "$redis": "Error 111 connecting to 127.0.0.1:6379".
  Read the URL from the environment: "hosts": [os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")], with REDIS_URL=redis://$redis:6379 in the compose file.
risk redis-unmentioned
  The chat needs a Redis server, and the README does not mention it: "Error 111 connecting to 127.0.0.1:6379", and HTTP 500 for each socket.
  Add to the README: docker run --rm -p 127.0.0.1:6379:6379 redis:7
risk redis-old-image
  redis:$version no longer gets security fixes.
  Write redis:7.
risk redis-open
  "$port" opens Redis, which has no password, to everyone on your network.
  Write 127.0.0.1:$port
risk requirements-utf16
  The file is in UTF-16 (PowerShell's `>` does that): pip reads it, but Git treats it as a binary file and shows no changes.
  Save it as UTF-8, or write it again: pip freeze | Out-File -Encoding ascii requirements.txt
wrong requirements-nul
  The file is in UTF-16 without a byte order mark: pip stops with "Invalid requirement: '$start…".
  Save it as UTF-8, or write it again: pip freeze | Out-File -Encoding ascii requirements.txt
wrong conflict
  "ResolutionImpossible": $one and $other cannot be installed together.
  Write channels~=4.3, channels-redis~=4.3 and daphne>=4.2.2.
risk daphne-old
  daphne before 4.2.2 allows a client to fill the memory (CVE-2026-44545) and to smuggle headers (CVE-2026-44546).
  Write daphne>=4.2.2
risk channels-old
  Channels before 4 is no longer maintained, and does not support current versions of Django.
  Write channels~=4.3 and daphne>=4.2.2, and put "daphne", first in INSTALLED_APPS.
wrong django-channels
  django-channels on PyPI is another, abandoned package; the one that you need is called channels.
  Write channels~=4.3
risk aioredis
  aioredis has become part of redis-py; from Python 3.11 its last version stops with "TypeError: duplicate base class TimeoutError".
  Delete the line: channels-redis installs what it needs.
wrong windows-only
  $package exists only for Windows, so `pip install -r` fails on Linux and macOS.
  Delete the line, or write $package; sys_platform == "win32"
risk redis-unpinned
  channels-redis 4.3.0 with redis-py 8 closes quiet sockets, one every few seconds, and leaves members behind in groups.
  Add the line redis<8
wrong readme-install
  The README says "$command": "can't open file 'install'".
  Write python3 -m pip install -r requirements.txt
risk readme-zsh
  The README says "$command", which zsh (macOS) refuses: "no matches found".
  Quote the whole word: pip install 'channels[daphne]'
wrong template-missing
  There is no template "$template" in the project: TemplateDoesNotExist.
  Add the file to a templates folder, or correct the name.
risk hard-coded-ws
  A page that was loaded over https cannot open ws://: the browser blocks it as "Mixed Content".
  Write const scheme = location.protocol === "https:" ? "wss" : "ws"; and begin the URL with it.
risk hard-coded-host
  The URL names your own machine, so the socket fails in every browser on another machine.
  Write location.host instead of $host.
wrong not-awaited
  Nothing happens here, or "RuntimeWarning: coroutine … was never awaited": $call(…) is not awaited.
  Write await $call(…)
wrong not-awaited-sync
  Nothing happens here: $call(…) returns a coroutine, and this function cannot await it.
  Write async_to_sync($call)(…)
wrong parenthesis
  async_to_sync gets the result of $call(…) instead of the function: nothing is sent.
  Write async_to_sync($call)(…): first the function, then its arguments.
risk blocking
  $call(…) blocks the event loop: while it waits, this process serves no other socket.
  $instead
wrong sync-orm
  "SynchronousOnlyOperation: You cannot call this from an async context - use a thread or sync_to_async.": $call(…) in an async function.
  $instead
wrong no-handler
  "ValueError: No handler for message type $type": every member of the group is disconnected.
  Write a method $method(self, event) in the consumer$hint.
wrong no-type
  "ValueError: Incoming message has no 'type' attribute": every member of the group is disconnected.
  Add "type": "chat.message", and a method chat_message(self, event).
risk json-trusted
  A frame that is not JSON closes the socket: JSONDecodeError, close code 1011.
  Put the json.loads into try / except json.JSONDecodeError, and send an error.
risk receive-signature
  A binary frame closes the socket: "TypeError: receive() got an unexpected keyword argument 'bytes_data'".
  Write receive(self, text_data=None, bytes_data=None).
risk mark-safe
  json.dumps leaves "</script>" unchanged, and mark_safe does not escape it: typed text can become a script.
  Use {{ value|json_script:"some-id" }} in the template.
risk inner-html
  Typed text becomes HTML here: a person who writes <img onerror=…> runs a script in every open page.
  Write element.textContent = … instead.
wrong never-accepts
  connect() neither accepts nor closes: the browser waits, and after 5 seconds the handshake fails.
  Add await self.accept() as the last line of connect() (in a sync consumer without await).
risk no-discard
  The consumer joins the group and never leaves it, so the layer keeps sending to closed connections.
  Add to disconnect(): await self.channel_layer.group_discard(group_name, self.channel_name)
"""

ADVICE = read_table(TABLE)
