"""What is wrong in a student's own Django and Channels project, read from its files.

Nothing of the project is imported or run: its Python is parsed, its pages and its
README are searched. What cannot be told from the text alone (a setting that comes
from the environment, say) is passed over in silence: a false alarm costs a student
an evening. In this file: every sentence the doctor says (ADVICE), how a project is
read, one small function for each check, and at the end `examine`, the way in.
"""

import ast
import difflib
import os
import re
import string
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import CourseError


@dataclass(frozen=True)
class Finding:
    """One thing that is the matter, where it is, and what to do about it."""

    level: str  # "wrong": it will not work; "risk": it works here and bites later
    where: str  # relative to the folder examined: "mysite/settings.py:12"
    what: str
    do: str


# Level and name, what is the matter, what to do. `$word` is filled in by the check.
ADVICE_TEXT = r"""
wrong not-python
  Python cannot read this file: $error.
  Correct that line; nothing that imports the file works before.
wrong not-utf8
  This file is not written in UTF-8 (byte $byte), so Django stops with UnicodeDecodeError or SyntaxError.
  Save it again as UTF-8: in VS Code click the encoding in the status bar, then "Save with Encoding".
wrong settings-not-found
  manage.py names the settings "$module", and there is no such file: ModuleNotFoundError.
  Correct the name in os.environ.setdefault("DJANGO_SETTINGS_MODULE", …).
wrong daphne-missing
  `python manage.py runserver` answers "Not Found: /ws/…" (404): it is Django's WSGI server, as daphne is not in INSTALLED_APPS.
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
  Name the module that holds the application, as in "$package.asgi.application".
wrong asgi-name-missing
  ASGI_APPLICATION names "$name" in $module, where nothing has that name: "Cannot find '$name' in ASGI_APPLICATION module $module".
  Call it application in that file, and write "$module.application" in the settings.
risk models-before-apps
  $module is imported before get_asgi_application() and brings in models: runserver forgives it, `daphne $package.asgi:application` stops with "AppRegistryNotReady: Apps aren't loaded yet." or "settings are not configured".
  Write django_application = get_asgi_application() first, and import $module below it.
risk routing-before-apps
  $module is imported before get_asgi_application(): the first model that a consumer imports will stop it with "AppRegistryNotReady: Apps aren't loaded yet."
  Write django_application = get_asgi_application() first, and import $module below it (# noqa: E402 keeps a formatter from moving it).
wrong asgi-http-only
  The application is get_asgi_application() alone: "ValueError: Django can only handle ASGI/HTTP connections, not websocket."
  Write application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns))}).
wrong router-without-websocket
  The ProtocolTypeRouter has no "websocket": "ValueError: No application configured for scope type 'websocket'".
  Add "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)).
risk no-origin-check
  Any web page of any site may open this socket in your users' name: nothing checks the Origin.
  Put AllowedHostsOriginValidator( … ) around the websocket application.
risk hosts-open
  ALLOWED_HOSTS = ["*"] lets every origin through, so the AllowedHostsOriginValidator checks nothing.
  Name your hosts: ALLOWED_HOSTS = ["localhost", "127.0.0.1", "chat.example.org"].
wrong no-as-asgi
  The route names $consumer without calling as_asgi(): the handshake ends in a TypeError (HTTP 500).
  Write $consumer.as_asgi() in the route.
wrong slash
  "ValueError: No route found for path": the page opens "/$path", the route is "$route", and they differ in the last slash.
  End both with a slash: "/" before the quote in JavaScript, and "/" (in re_path "/$$") in the route.
risk room-pattern
  With \w+ a room called my-room has no route ("No route found for path"), while café has one and then breaks its group name.
  Write path("ws/chat/<str:room_name>/", …) and make the group name from the room name by a hash or a slug.
risk group-name
  A room called café, or one with a space, stops here: "TypeError: Group name must be a valid unicode string with length < 100 containing only ASCII alphanumerics, hyphens, underscores, or periods."
  Do not put typed text into a group name; write "chat." + hashlib.sha256(room_name.encode()).hexdigest()[:32].
wrong no-layer
  There is no CHANNEL_LAYERS in the settings: "AttributeError: 'NoneType' object has no attribute '$verb'".
  Write CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}; with two processes, the Redis layer.
risk in-memory
  InMemoryChannelLayer lives inside one process: with a second server, a worker or a shell, messages do not arrive, and no error says so.
  Fine on one laptop; for more, "BACKEND": "channels_redis.core.RedisChannelLayer" with its hosts.
risk in-memory-unused-redis
  channels-redis is installed and not used: InMemoryChannelLayer stays inside one process, and a second one hears nothing, without an error.
  Write "BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:6379"]}.
risk redis-localhost
  Inside the container of "$web", localhost is that container, not "$redis": "Error 111 connecting to 127.0.0.1:6379".
  Read the address: "hosts": [os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")], with REDIS_URL=redis://$redis:6379 in the compose file.
risk redis-unmentioned
  The chat needs a Redis server and the README does not say so: "Error 111 connecting to 127.0.0.1:6379", and HTTP 500 for each socket.
  Add to the README: docker run --rm -p 127.0.0.1:6379:6379 redis:7
risk redis-old-image
  redis:$version no longer gets security fixes.
  Write redis:7.
risk redis-open
  "$port" opens Redis, which has no password, to everyone on your network.
  Write 127.0.0.1:$port
risk requirements-utf16
  The file is in UTF-16 (PowerShell's `>` does that): pip reads it, but Git takes it for a binary file and shows no changes.
  Save it as UTF-8, or write it again: pip freeze | Out-File -Encoding ascii requirements.txt
wrong requirements-nul
  The file is in UTF-16 without a mark: pip stops with "Invalid requirement: '$start…".
  Save it as UTF-8, or write it again: pip freeze | Out-File -Encoding ascii requirements.txt
wrong conflict
  "ResolutionImpossible": $one and $other cannot be installed together.
  Write channels~=4.3, channels-redis~=4.3 and daphne>=4.2.2.
risk daphne-old
  daphne before 4.2.2 lets one client fill the memory (CVE-2026-44545) and smuggle headers (CVE-2026-44546).
  Write daphne>=4.2.2
risk channels-old
  Channels before 4 is no longer maintained, and was not made for today's Django.
  Write channels~=4.3 and daphne>=4.2.2, and put "daphne", first in INSTALLED_APPS.
wrong django-channels
  django-channels on PyPI is another, abandoned package; the one that you mean is called channels.
  Write channels~=4.3
risk aioredis
  aioredis has become part of redis-py; from Python 3.11 its last version stops with "TypeError: duplicate base class TimeoutError".
  Delete the line: channels-redis brings what it needs.
wrong windows-only
  $package exists for Windows only: on Linux and macOS `pip install -r` fails because of it.
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
  A page that came over https may not open ws://: the browser refuses it as "Mixed Content".
  Write const scheme = location.protocol === "https:" ? "wss" : "ws"; and begin the address with it.
risk hard-coded-host
  The address is that of your own machine, so the chat is silent in every other browser.
  Write location.host in place of $host.
wrong not-awaited
  Nothing happens here, or "RuntimeWarning: coroutine … was never awaited": $call(…) is not awaited.
  Write await $call(…)
wrong not-awaited-sync
  Nothing happens here: $call(…) makes a coroutine, and this function cannot await it.
  Write async_to_sync($call)(…)
wrong parenthesis
  async_to_sync gets the result of $call(…) instead of the function: nothing is sent.
  Write async_to_sync($call)(…): first the function, then its arguments.
risk blocking
  $call(…) holds up everyone on this server process: while it waits, no other socket is served.
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
  A client that sends something else than JSON ends its connection: JSONDecodeError, close code 1011.
  Put the json.loads into try / except json.JSONDecodeError, and answer with an error.
risk receive-signature
  A client that sends bytes ends its connection: "TypeError: receive() got an unexpected keyword argument 'bytes_data'".
  Write receive(self, text_data=None, bytes_data=None).
risk mark-safe
  json.dumps leaves "</script>" as it is, and mark_safe lets it through: typed text can become a script.
  Use {{ value|json_script:"some-id" }} in the template.
risk inner-html
  Typed text becomes markup here: whoever writes <img onerror=…> runs a script in every open page.
  Write element.textContent = … instead.
wrong never-accepts
  connect() neither accepts nor closes: the browser waits, and after 5 seconds the handshake fails.
  Add await self.accept() as the last line of connect() (in a sync consumer without await).
risk no-discard
  The group is joined and never left: it goes on sending to connections that are gone.
  Add to disconnect(): await self.channel_layer.group_discard(group_name, self.channel_name)
"""
ADVICE: dict[str, tuple[str, string.Template, string.Template]] = {}
for _head, _what, _do in re.findall(r"(.+)\n  (.+)\n  (.+)\n", ADVICE_TEXT):
    _level, _name = _head.split()
    ADVICE[_name] = (_level, string.Template(_what), string.Template(_do))


def say(name: str, at: ast.AST | str, /, **words: str) -> Finding:
    """The finding of that name, at a piece of code or at "file:line"."""
    level, what, do = ADVICE[name]
    where = at if isinstance(at, str) else f"{at.file}:{at.lineno}"
    return Finding(level, where, what.substitute(words), do.substitute(words))


# --- Reading Python ------------------------------------------------------------------

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def parse(file: str, data: bytes) -> ast.Module:
    """The code in a file. Each piece of it knows its file, so that it can be named."""
    with warnings.catch_warnings():  # an odd "\w" in a student's text is not our matter
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
    for node in ast.walk(tree):
        node.file = file
    return tree


def dotted(node: ast.AST) -> str:
    """`a.b(c)[0].d` as "a.b().d": the path to a thing, without its arguments."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return dotted(node.func) + "()"
        case ast.Subscript():
            return dotted(node.value)
    return "?"


def last(node: ast.AST) -> str:
    """The last name of that path: "d"."""
    return dotted(node).rpartition(".")[2]


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call in a piece of code."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, without the functions inside it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, FUNCTIONS | ast.Lambda | ast.ClassDef):
            yield from own(child)


# --- Reading settings ----------------------------------------------------------------

UNKNOWN = object()  # a value that only running the project would tell


def add(first: Any, second: Any) -> Any:
    """`first + second`; one of two lists may be unknown."""
    if isinstance(first, str) and isinstance(second, str):
        return first + second
    if isinstance(first, list) or isinstance(second, list):
        both = (
            part if isinstance(part, list) else [UNKNOWN] for part in (first, second)
        )
        return [item for part in both for item in part]
    return UNKNOWN


def static(node: ast.AST | None, names: dict[str, Any]) -> Any:
    """The value of an expression, as far as the text tells it."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return names.get(node.id, UNKNOWN)
        case ast.List() | ast.Tuple():
            items: list[Any] = []
            for item in node.elts:
                starred = isinstance(item, ast.Starred)
                value = static(item.value if starred else item, names)
                items = add(items, value if starred else [value])
            return items
        case ast.Dict():
            keys = [static(key, names) for key in node.keys]
            if all(isinstance(key, str) for key in keys):
                values = (static(value, names) for value in node.values)
                return dict(zip(keys, values, strict=True))
        case ast.BinOp(op=ast.Add()):
            return add(static(node.left, names), static(node.right, names))
    return UNKNOWN


class Settings:
    """The settings of a project, read without running them."""

    def __init__(self, project: "Project") -> None:
        self.project = project
        self.files: list[str] = []
        self.values: dict[str, Any] = {}
        self.places: dict[str, ast.AST] = {}
        self.complete = True
        try:
            self.read(project.module)
        except RecursionError:
            self.complete = False
        self.file = self.files[0] if self.files else f"{project.root}manage.py"

    def get(self, key: str) -> Any:
        """The value; UNKNOWN if the text does not tell; None if it is not set."""
        return self.values.get(key, None if self.complete else UNKNOWN)

    def where(self, key: str, text: str | None = None) -> ast.AST | str:
        """Where a setting is made, or where a text in it stands."""
        for file in self.files if text else ():
            for node in ast.walk(self.project.trees[file]):
                if isinstance(node, ast.Constant) and node.value == text:
                    return node
        return self.places.get(key, self.file)

    def read(self, module: str) -> None:
        """Read one settings file, and what it imports with a star."""
        file = self.project.find(module)
        if file not in self.project.trees or file in self.files:
            self.complete = False
        else:
            self.files.append(file)
            self.follow(self.project.trees[file].body)

    def follow(self, body: list[ast.stmt], sure: bool = True) -> None:
        """Go through statements in order. Under an `if`, a list that grows is taken
        to grow, and a value that is set is taken as unknown."""
        for node in body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=key)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=key), value=ast.expr() as value)
                ):
                    self.places[key] = node
                    self.values[key] = static(value, self.values) if sure else UNKNOWN
                case ast.AugAssign(target=ast.Name(id=key), op=ast.Add(), value=value):
                    self.grow(key, "extend", value)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(
                            value=ast.Name(id=key),
                            attr="append" | "extend" | "insert" as verb,
                        ),
                        args=[*_, value],
                    )
                ):
                    self.grow(key, verb, value)
                case ast.ImportFrom(names=[ast.alias(name="*")]):
                    self.read(self.project.imports(node)[0])
                case ast.If() | ast.Try() | ast.With():
                    for part in ("body", "handlers", "orelse", "finalbody"):
                        self.follow(getattr(node, part, []), sure=False)
                case ast.ExceptHandler():
                    self.follow(node.body, sure=False)
                case _:
                    self.give_up(node)

    def grow(self, key: str, verb: str, node: ast.expr) -> None:
        """`key += [...]`, or key.append(…), key.extend(…), key.insert(0, …)."""
        old, new = self.values.get(key, UNKNOWN), static(node, self.values)
        new = new if verb == "extend" else [new]
        self.values[key] = add(new, old) if verb == "insert" else add(old, new)

    def give_up(self, statement: ast.stmt) -> None:
        """Whatever any other statement touches is unknown from here on."""
        for node in ast.walk(statement):
            if isinstance(node, ast.alias):
                self.values[node.asname or node.name] = UNKNOWN
            elif isinstance(node, ast.Name) and node.id.isupper():
                self.values[node.id] = UNKNOWN
            elif dotted(node) in ("globals()", "locals()", "vars()", "exec()"):
                self.complete = False


# --- Reading requirements ------------------------------------------------------------

Version = tuple[int, ...]


@dataclass(frozen=True)
class Need:
    """One line of a requirements file."""

    name: str
    clauses: list[tuple[str, Version]]  # ">=4.2" is (">=", (4, 2))
    marker: str
    where: str

    def always_below(self, limit: Version) -> bool:
        """No version that the line allows is as new as the limit."""
        for sign, version in self.clauses:
            ceiling = (*version[:-2], version[-2:][0] + 1)  # of ~=4.2, 5
            if sign == "<" and version <= limit or sign == "~=" and ceiling <= limit:
                return True
            if sign in ("==", "===", "<=") and version < limit:
                return True
        return False

    def always_from(self, limit: Version) -> bool:
        """No version that the line allows is older than the limit."""
        signs = ("==", "===", "~=", ">=", ">")
        return any(s in signs and version >= limit for s, version in self.clauses)


def need(line: str, where: str) -> list[Need]:
    """A line such as `channels[daphne]~=4.3; python_version > "3.10"`."""
    line, _, marker = re.sub(r"(^|\s)#.*|\s--hash.*|\\$", "", line).partition(";")
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*\(?([^@]*)$", line)
    if not found:
        return []
    clauses = []
    sign_and_version = r"(===|==|~=|<=|>=|<|>)\s*v?(\d[\d.]{,40})"
    for sign, digits in re.findall(sign_and_version, found[2]):
        version = tuple(int(part) for part in digits.split(".") if part)
        if f"{digits}*" in found[2]:  # ==4.2.* is ~=4.2.0
            sign, version = "~=", (*version, 0)
        clauses.append((sign, version))
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    return [Need(name, clauses, marker.strip(), where)]


# --- Reading the whole project -------------------------------------------------------

# Folders that hold nothing of the student's own; those that begin with a dot, too.
SKIPPED = {"venv", "node_modules", "site-packages", "__pycache__"}
SKIPPED |= {"migrations", "staticfiles", "vendor"}
LARGEST = 1_000_000  # bytes; what is larger was not written by hand

# Kinds of files, by their names.
LIBRARIES = r"\.min\.js$|(^|/)(jquery|bootstrap|popper|htmx|vue|react)[^/]*\.js$"
PAGES = r"\.(js|mjs|html)$"
README = r"(^|/)readme[^/]*$"
NOTES = rf"{README}|(^|/)(dockerfile[^/]*|procfile)$"
COMPOSE = r"(^|/)(docker-)?compose[^/]*\.ya?ml$"
REQUIREMENTS = r"(^|/)requirements([^/]*|/[^/]+)\.txt$"
TESTS = r"(^|/)(tests?/|test_[^/]*\.py$|tests\.py$|conftest\.py$)"

COMMENTS = re.compile(
    r"^[ \t]*//[^\n]*|/\*.*?\*/|<!--.*?-->|\{#.*?#\}|\{% comment.*?endcomment %\}",
    re.MULTILINE | re.DOTALL,
)
GENERIC = {"WebsocketConsumer", "JsonWebsocketConsumer", "SyncConsumer"}
GENERIC |= {f"Async{name}" for name in GENERIC} | {"AsyncConsumer"}
GROUP_VERBS = {"group_send", "group_add", "group_discard"}


@dataclass
class Consumer:
    """A consumer class, with the classes of the project that it builds on."""

    node: ast.ClassDef
    family: list[ast.ClassDef]

    @property
    def bases(self) -> set[str]:
        """The names of all classes that it builds on."""
        return {last(base) for node in self.family for base in node.bases}

    @property
    def is_known(self) -> bool:
        """All that it builds on is in the project or in Channels itself."""
        return self.bases <= GENERIC | {node.name for node in self.family}

    @property
    def methods(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Its methods by name; its own before those of the classes below it."""
        parts = [part for node in reversed(self.family) for part in node.body]
        return {part.name: part for part in parts if isinstance(part, FUNCTIONS)}


class Project:
    """Everything that the checks look at."""

    def __init__(self, folder: Path, root: str, files: list[str]) -> None:
        self.folder = folder
        self.root = root  # where manage.py is and imports begin: "" or "mysite/"
        self.files = set(files)  # relative to the folder, with "/" on every system
        self.trees: dict[str, ast.Module] = {}
        self.texts: dict[str, str] = {}
        self.needs: list[Need] = []
        self.troubles: list[Finding] = []
        for file in files:
            self.open(file)
        self.module = self.settings_module()  # "mysite.settings"
        self.package = self.module.split(".")[0]  # "mysite"
        self.settings = Settings(self)
        self.code = [
            node
            for file, tree in self.trees.items()
            if not re.search(TESTS, file.removeprefix(root))
            for node in ast.walk(tree)
        ]
        self.classes = {node.name: node for node in self.nodes(ast.ClassDef)}
        everyone = [Consumer(c, self.family(c)) for c in self.nodes(ast.ClassDef)]
        self.consumers = [
            one for one in everyone if any(b.endswith("Consumer") for b in one.bases)
        ]

    def open(self, file: str) -> None:
        """Read one file; one that cannot be read is a finding, never an error."""
        kinds = rf"\.py$|pyproject\.toml$|{PAGES}|{NOTES}|{COMPOSE}|{REQUIREMENTS}"
        path = self.folder / file
        try:
            if not re.search(kinds, file, re.I) or re.search(LIBRARIES, file, re.I):
                return
            if not path.is_file():  # a pipe, say, would never end
                return
            data = path.read_bytes() if path.stat().st_size < LARGEST else b""
        except OSError:
            return
        if file.endswith(".py"):
            self.open_python(file, data)
        elif re.search(REQUIREMENTS, file, re.I):
            self.open_requirements(file, data)
        else:
            self.open_text(file, data)

    def open_python(self, file: str, data: bytes) -> None:
        try:
            if b"coding" not in b"".join(data.splitlines()[:2]):
                data.decode()
            self.trees[file] = parse(file, data)
        except UnicodeDecodeError as error:
            self.troubles.append(not_utf8(file, data, error))
        except SyntaxError as error:
            where = f"{file}:{error.lineno}" if error.lineno else file
            self.troubles.append(say("not-python", where, error=str(error.msg)))
        except (ValueError, RecursionError, MemoryError) as error:
            reason = str(error) or "it is nested too deeply"
            self.troubles.append(say("not-python", file, error=reason))

    def open_requirements(self, file: str, data: bytes) -> None:
        encoding = "utf-8-sig"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            encoding = "utf-16"
            self.troubles.append(say("requirements-utf16", file))
        elif b"\0" in data:
            start = repr(data[:12].decode("latin-1"))[1:-1]
            self.troubles.append(say("requirements-nul", file, start=start))
        lines = data.decode(encoding, "replace").replace("\0", "").splitlines()
        for number, line in enumerate(lines, start=1):
            self.needs += need(line, f"{file}:{number}")

    def open_text(self, file: str, data: bytes) -> None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = data.decode("utf-8-sig", "replace")
            if file.endswith(".html"):
                self.troubles.append(not_utf8(file, data, error))
        if re.search(PAGES, file):
            # Blanked, not cut out, so that the line numbers stay right.
            text = COMMENTS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        self.texts[file] = text
        if file.endswith("pyproject.toml"):
            try:
                lines = tomllib.loads(text)["project"]["dependencies"]
                self.needs += [n for line in lines for n in need(str(line), file)]
            except (tomllib.TOMLDecodeError, KeyError, TypeError):
                return

    def settings_module(self) -> str:
        """What manage.py says: os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)."""
        for call in calls(self.trees.get(f"{self.root}manage.py", ast.Module([], []))):
            match call.args:
                case [
                    ast.Constant(value="DJANGO_SETTINGS_MODULE"),
                    ast.Constant(value=str(module)),
                ]:
                    return module
        return ""

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """Every such piece of code in the project's own modules, without its tests."""
        return (node for node in self.code if isinstance(node, kinds))

    def find(self, module: str) -> str:
        """The file of a module, as in "chat.routing"; "" if it is not in the project."""
        path = self.root + module.replace(".", "/")
        ways = (f"{path}.py", f"{path}/__init__.py")
        return next((file for file in ways if file in self.files), "")

    def imports(self, node: ast.AST) -> list[str]:
        """The modules that an import statement may load, by their full names."""
        match node:
            case ast.Import():
                return [alias.name for alias in node.names]
            case ast.ImportFrom():
                here = node.file.removeprefix(self.root).removesuffix(".py").split("/")
                parts = here[: -node.level] if node.level else []
                base = ".".join([*parts, *filter(None, [node.module])])
                return [base, *(f"{base}.{alias.name}" for alias in node.names)]
        return []

    @property
    def paths_are_plain(self) -> bool:
        """Nobody changes sys.path, so every import begins beside manage.py."""
        files = {f"{self.root}manage.py", *self.settings.files} & set(self.trees)
        nodes = (node for file in files for node in ast.walk(self.trees[file]))
        return not any(dotted(node) == "sys.path" for node in nodes)

    def family(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """A class and the classes of the project that it builds on."""
        found = [node]
        for one in found:
            parents = (self.classes.get(last(base)) for base in one.bases)
            found += [p for p in parents if p and p not in found]
        return found

    def search(
        self, kind: str, pattern: str
    ) -> Iterator[tuple[re.Match[str], str, str]]:
        """Each place where a pattern stands in files of a kind: match, place, text."""
        for file, text in self.texts.items():
            if re.search(kind, file, re.I):
                for found in re.finditer(pattern, text, re.MULTILINE):
                    line = text.count("\n", 0, found.start()) + 1
                    yield found, f"{file}:{line}", text

    def has(self, name: str, below: Version = (10**6,)) -> bool:
        """A package is required, perhaps only in versions below a limit."""
        every = below == (10**6,)
        return any(
            n.name == name and (every or n.always_below(below)) for n in self.needs
        )

    def asgi(self) -> Iterator[tuple[ast.Module, str]]:
        """The module that holds the ASGI application, and the application's name."""
        setting = self.settings.get("ASGI_APPLICATION")
        module, _, name = (setting if isinstance(setting, str) else "").rpartition(".")
        file = self.find(module or f"{self.package}.asgi")
        if file in self.trees:
            yield self.trees[file], name or "application"

    @property
    def backend(self) -> str:
        """The default channel layer's class, if the settings tell it."""
        match self.settings.get("CHANNEL_LAYERS"):
            case {"default": {"BACKEND": str(backend)}}:
                return backend
        return ""


def not_utf8(file: str, data: bytes, error: UnicodeDecodeError) -> Finding:
    line = data.count(b"\n", 0, error.start) + 1
    return say("not-utf8", f"{file}:{line}", byte=hex(data[error.start]))


# --- The checks: settings and the ASGI application -----------------------------------

Check = Callable[[Project], Iterator[Finding]]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Puts a check on the list."""
    CHECKS.append(function)
    return function


@check
def settings_are_there(p: Project) -> Iterator[Finding]:
    if p.module and not p.find(p.module) and p.paths_are_plain:
        yield say("settings-not-found", f"{p.root}manage.py", module=p.module)


@check
def daphne_is_first(p: Project) -> Iterator[Finding]:
    apps = p.settings.get("INSTALLED_APPS")
    if not isinstance(apps, list):
        return
    names = [app.split(".")[0] if isinstance(app, str) else UNKNOWN for app in apps]
    statics = "django.contrib.staticfiles"
    if "daphne" in names:
        if statics in apps and names.index("daphne") > apps.index(statics):
            yield say("daphne-late", p.settings.where("INSTALLED_APPS", "daphne"))
        return
    has_its_own = "channels" in names and p.has("channels", below=(4,))
    if p.consumers and UNKNOWN not in names and not has_its_own:
        by_hand = r"\b(daphne|uvicorn|hypercorn|granian)\s[^\n]*\basgi:"
        other = any(map(p.has, ("uvicorn", "hypercorn", "granian")))
        other = other or any(p.search(f"{NOTES}|{COMPOSE}", by_hand))
        name = "daphne-by-hand" if other else "daphne-missing"
        yield say(name, p.settings.where("INSTALLED_APPS"))


@check
def asgi_application_is_there(p: Project) -> Iterator[Finding]:
    setting, apps = map(p.settings.get, ("ASGI_APPLICATION", "INSTALLED_APPS"))
    if setting is None and isinstance(apps, list) and "daphne" in apps:
        yield say("asgi-setting-missing", p.settings.file, package=p.package)
    if not isinstance(setting, str) or not p.paths_are_plain:
        return
    module, _, name = setting.rpartition(".")
    where = p.settings.where("ASGI_APPLICATION")
    if not p.find(module):
        yield say("asgi-module-missing", where, module=module, package=p.package)
    for tree, _ in p.asgi():
        # `id` of a variable, `name` of a function, a class or an import.
        names = {getattr(n, "id", getattr(n, "name", "")) for n in ast.walk(tree)}
        names |= {n.asname for n in ast.walk(tree) if isinstance(n, ast.alias)}
        if not names & {name, "*"}:
            yield say("asgi-name-missing", where, module=module, name=name)


def brings_models(p: Project, module: str, seen: set[str]) -> bool:
    """Importing this module imports models, directly or through others."""
    if re.match(r"django\.contrib\..*\.models$", module):
        return True
    file = p.find(module)
    if file in seen or file not in p.trees:
        return False
    seen.add(file)
    inner = [name for node in p.trees[file].body for name in p.imports(node)]
    is_models = bool(re.search(r"(^|/)models(\.py|/)", file))
    return is_models or any(brings_models(p, name, seen) for name in inner)


@check
def django_is_ready_before_the_imports(p: Project) -> Iterator[Finding]:
    for tree, _ in p.asgi():
        ready = {"get_asgi_application", "setup"}
        lines = [call.lineno for call in calls(tree) if last(call.func) in ready]
        early = [node for node in tree.body if node.lineno < min(lines, default=0)]
        for node in early:
            for module in p.imports(node):
                if brings_models(p, module, set()):
                    yield say(
                        "models-before-apps", node, module=module, package=p.package
                    )
                    break
                if p.find(module) and re.search(r"routing|consumers", module):
                    yield say("routing-before-apps", node, module=module)
                    break


def bound(tree: ast.Module, name: str) -> ast.expr | None:
    """What a module assigns to a name, the last time."""
    value = None
    for node in tree.body:
        if isinstance(node, ast.Assign) and name in map(dotted, node.targets):
            value = node.value
    return value


def router(tree: ast.Module) -> dict[Any, ast.AST]:
    """The keys of ProtocolTypeRouter({ … }) and where they stand."""
    for call in calls(tree):
        match call.args:
            case [ast.Dict(keys=keys)] if last(call.func) == "ProtocolTypeRouter":
                return {static(key, {}): key or call for key in keys}
    return {}


@check
def application_takes_websockets(p: Project) -> Iterator[Finding]:
    for tree, name in p.asgi() if p.consumers else ():
        value = bound(tree, name)
        if isinstance(value, ast.Name):
            value = bound(tree, value.id)
        if isinstance(value, ast.Call) and last(value.func) == "get_asgi_application":
            yield say("asgi-http-only", value)
        keys = router(tree)
        if keys and not {"websocket", UNKNOWN} & set(keys):
            yield say("router-without-websocket", next(iter(keys.values())))


@check
def origin_is_checked(p: Project) -> Iterator[Finding]:
    called = " ".join(last(call.func) for call in p.nodes(ast.Call))
    texts = {node.value for node in p.nodes(ast.Constant)}
    if "AllowedHostsOriginValidator" in called:
        if p.settings.get("ALLOWED_HOSTS") == ["*"]:
            yield say("hosts-open", p.settings.where("ALLOWED_HOSTS"))
    for tree, _ in p.asgi():
        has_check = "OriginValidator" in called or {"origin", b"origin"} & texts
        if "websocket" in router(tree) and not has_check:
            yield say("no-origin-check", router(tree)["websocket"])


# --- The checks: routes and addresses ------------------------------------------------


@dataclass(frozen=True)
class Route:
    """One path(…) or re_path(…) that leads to a consumer."""

    text: str
    target: ast.expr
    consumer: str

    @property
    def start(self) -> str:
        """What stands before the first thing that varies."""
        return re.split(r"[<(\\\[$]", self.text.lstrip("^"))[0]

    def fits(self, path: str) -> bool:
        regex = self.text
        if "<" in regex and "(?P<" not in regex:
            regex = "^" + re.sub(r"<[^>]*>", "[^/]+", regex) + "$"
        try:
            return bool(re.search(regex, path))
        except re.error:
            return False


def routes(p: Project) -> Iterator[Route]:
    names = {consumer.node.name for consumer in p.consumers}
    for call in p.nodes(ast.Call):
        match call.args:
            case [ast.Constant(value=str(text)), target, *_] if last(call.func) in (
                "path",
                "re_path",
                "url",
            ):
                for name in names & set(re.split(r"[.()]", dotted(target))):
                    yield Route(text, target, name)


@check
def routes_are_right(p: Project) -> Iterator[Finding]:
    for route in routes(p):
        if not dotted(route.target).endswith("as_asgi()"):
            yield say("no-as-asgi", route.target, consumer=route.consumer)
        if re.search(r"\\w[+*{]", route.text):
            yield say("room-pattern", route.target)


def first_argument(text: str, start: int) -> str:
    """The source of a JavaScript call's first argument, which begins at `start`."""
    depth, quote = 0, ""
    for end in range(start, min(len(text), start + 500)):
        char = text[end]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif depth == 0 and char in "),;":
            return text[start:end]
        else:
            depth += (char in "([{") - (char in ")]}")
    return ""


def addresses(p: Project) -> Iterator[tuple[str, str]]:
    """What the pages open: the expression in `new WebSocket(…)`, and its place."""
    for found, where, text in p.search(PAGES, r"new \w*WebSocket\("):
        source = first_argument(text, found.end()).strip()
        if re.fullmatch(r"\w+", source):
            given = re.search(rf"\b{source}\s*=(?!=)", text)
            source = first_argument(text, given.end()) if given else ""
        yield source, where


def example(address: str) -> str:
    """The text of an address, with a 1 for everything that varies."""
    result, end = "", 0
    for piece in re.finditer(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`]*`", address):
        result += "1" * bool(re.search(r"\w", address[end : piece.start()]))
        result += re.sub(r"\$\{[^}]*\}|\{\{.*?\}\}|\{%.*?%\}", "1", piece[0][1:-1])
        end = piece.end()
    return result + "1" * bool(re.search(r"\w", address[end:]))


@check
def addresses_fit_the_routes(p: Project) -> Iterator[Finding]:
    ways = [route for route in routes(p) if route.start]
    for address, where in addresses(p):
        text = re.split(r"[?#]", example(address))[0]
        for way in ways if not re.search(r"pathname|href", address) else ():
            before, found, rest = text.partition(f"/{way.start}")
            path = way.start + rest
            other = path[:-1] if path.endswith("/") else f"{path}/"
            fitting = any(one.fits(path) for one in ways)
            if found and not fitting and way.fits(other):
                yield say("slash", where, path=path, route=way.text)


@check
def addresses_work_elsewhere(p: Project) -> Iterator[Finding]:
    for address, where in addresses(p):
        host = re.search(r"(127\.0\.0\.1|localhost)(:\d+)?", address)
        if host:
            yield say("hard-coded-host", where, host=host[0])
        if "ws:" in address and "wss" not in address:
            yield say("hard-coded-ws", where)


# --- The checks: the channel layer and Redis -----------------------------------------


def layer_verb(call: ast.Call) -> str:
    """The verb of layer.group_send(…), or of async_to_sync(layer.group_send)(…)."""
    func: ast.AST = call.func
    if isinstance(func, ast.Call) and last(func.func) == "async_to_sync" and func.args:
        func = func.args[0]
    return last(func) if last(func) in GROUP_VERBS else ""


@check
def layer_is_there(p: Project) -> Iterator[Finding]:
    used = next((call for call in p.nodes(ast.Call) if layer_verb(call)), None)
    if used and p.settings.get("CHANNEL_LAYERS") in (None, {}):
        yield say("no-layer", used, verb=layer_verb(used))
    if p.backend.endswith("InMemoryChannelLayer"):
        name = "in-memory-unused-redis" if p.has("channels-redis") else "in-memory"
        yield say(name, p.settings.where("CHANNEL_LAYERS", p.backend))


USER_TEXT = re.compile(r"url_route|query_string|\.(username|email)$")
KEEPS_LETTERS = {"format", "join", "lower", "upper", "strip", "replace", "title", "str"}
SAFE_KIND = re.compile(
    r"<(?:int|slug|uuid):(?P<name>\w+)>|\(\?P<(\w+)>(?:\\d|\[(?:(?!\\w).)*\])[+{]"
)


def typed(node: ast.AST, known: dict[str, list[ast.expr]], safe: set[str]) -> bool:
    """A person's text is in this expression as it was typed, not hashed or slugged."""
    match node:
        case ast.JoinedStr() | ast.BinOp() | ast.Tuple() | ast.FormattedValue():
            return any(typed(n, known, safe) for n in ast.iter_child_nodes(node))
        case ast.Call(func=func) if last(func) in KEEPS_LETTERS:
            owner = [func.value] if isinstance(func, ast.Attribute) else []
            return any(typed(part, known, safe) for part in [*owner, *node.args])
        case ast.Call(func=func) if last(func) != "get":
            return False
    text, line = ast.unparse(node), getattr(node, "lineno", 0)
    earlier = [value for value in known.get(text, []) if value.lineno < line]
    if earlier:
        return typed(earlier[-1], known, safe)
    key = re.findall(r"'(\w+)'", text)[-1:]
    return bool(USER_TEXT.search(text)) and not set(key) & safe


@check
def groups_have_safe_names(p: Project) -> Iterator[Finding]:
    kinds = [found for way in routes(p) for found in SAFE_KIND.findall(way.text)]
    safe = {name for kind in kinds for name in kind if name}
    for consumer in p.consumers:
        known: dict[str, list[ast.expr]] = {}
        for node in ast.walk(consumer.node):
            for target in node.targets if isinstance(node, ast.Assign) else ():
                known.setdefault(ast.unparse(target), []).append(node.value)
        for call in calls(consumer.node):
            if layer_verb(call) == "group_add" and call.args:
                name = known.get(ast.unparse(call.args[0]), call.args[:1])[-1]
                if typed(name, known, safe):
                    yield say("group-name", name)


@check
def groups_are_left(p: Project) -> Iterator[Finding]:
    for consumer in p.consumers:
        everything = [call for node in consumer.family for call in calls(node)]
        if consumer.is_known and "group_discard" not in map(layer_verb, everything):
            for call in calls(consumer.node):
                if layer_verb(call) == "group_add":
                    yield say("no-discard", call)


def services(text: str) -> dict[str, str]:
    """The services of a compose file: name and text."""
    found: dict[str, str] = {}
    inside, name, width = False, "", 0
    for line in text.splitlines():
        bare = line.split("#")[0].rstrip()
        indent = len(bare) - len(bare.lstrip())
        if bare and indent == 0:
            inside = bare == "services:"
        elif bare and inside:
            width = width or indent
            name = bare.strip(" :\"'") if indent == width else name
            found[name] = found.get(name, "") + bare + "\n"
    return found


@check
def containers_find_redis(p: Project) -> Iterator[Finding]:
    config = repr(p.settings.get("CHANNEL_LAYERS"))
    for _, _, text in p.search(COMPOSE, r"\A"):
        blocks = services(text).items()
        web = [n for n, block in blocks if re.search(r"\n\s+build:", block)]
        redis = [
            n for n, block in blocks if re.search(r"image:.*(redis|valkey)", block)
        ]
        own_machine = re.search(r"localhost|127\.0\.0\.1", config)
        if web and redis and own_machine and "network_mode" not in text:
            where = p.settings.where("CHANNEL_LAYERS")
            yield say("redis-localhost", where, web=web[0], redis=redis[0])


@check
def redis_server_is_sound(p: Project) -> Iterator[Finding]:
    old = r"^\s*image:\s*[\"']?redis:([1-5])\b|docker run[^\n]*\sredis:([1-5])\b"
    for found, where, _ in p.search(f"{COMPOSE}|{NOTES}", old):
        yield say("redis-old-image", where, version=found[1] or found[2])
    start = r"(?:^\s*-\s*[\"']?|docker run[^\n]*\s-p\s*)(?:0\.0\.0\.0:)?"
    for found, where, _ in p.search(f"{COMPOSE}|{NOTES}", rf"{start}(\d+:6379)\b"):
        yield say("redis-open", where, port=found[1])


# --- The checks: requirements and README ---------------------------------------------

ONLY_WINDOWS = {"twisted-iocpsupport", "pywin32", "pypiwin32", "pywinpty"}
CONFLICTS: list[tuple[str, Version, str, Version]] = [
    # The first one, older than this, with the second one, from this on.
    ("channels-redis", (3,), "channels", (3,)),
    ("channels-redis", (4,), "channels", (4,)),
    ("channels", (4,), "daphne", (4,)),
]


@check
def requirements_fit_together(p: Project) -> Iterator[Finding]:
    for old, below, new, since in CONFLICTS:
        for one in p.needs:
            if one.name == old and one.always_below(below):
                if any(n.name == new and n.always_from(since) for n in p.needs):
                    yield say("conflict", one.where, one=one.name, other=new)


@check
def requirements_are_sound(p: Project) -> Iterator[Finding]:
    for one in p.needs:
        if one.name == "daphne" and one.always_below((4, 2, 2)):
            yield say("daphne-old", one.where)
        if one.name == "channels" and one.always_below((4,)):
            yield say("channels-old", one.where)
        if one.name in ("django-channels", "aioredis"):
            yield say(one.name, one.where)
        if one.name in ONLY_WINDOWS and not one.marker:
            yield say("windows-only", one.where, package=one.name)
        if one.name == "channels-redis" and not one.always_below((4,)):
            if not p.has("redis", below=(8,)):
                yield say("redis-unpinned", one.where)


@check
def readme_helps(p: Project) -> Iterator[Finding]:
    readmes = [text for file, text in p.texts.items() if re.search(README, file, re.I)]
    if "channels_redis" in p.backend and readmes:
        if not re.search("redis", " ".join(readmes), re.I):
            if not any(p.search(COMPOSE, r"image:.*(redis|valkey)")):
                _, where, _ = next(p.search(README, r"\A"))
                yield say("redis-unmentioned", where.partition(":")[0])
    for found, where, _ in p.search(README, r"\bpython3?\s+install\s+-.*"):
        yield say("readme-install", where, command=found[0].strip("` "))
    for found, where, _ in p.search(README, r"pip3? install.*\s(channels\[[^\]\n]*\])"):
        yield say("readme-zsh", where, command=found[1])


# --- The checks: consumers and views -------------------------------------------------


@check
def coroutines_are_awaited(p: Project) -> Iterator[Finding]:
    for consumer in p.consumers:
        is_async = any(base.startswith("Async") for base in consumer.bases)
        names = {"send", "send_json", "accept", "close"} if is_async else set()
        for name, method in consumer.methods.items():
            wrapped = any("sync_to_async" in dotted(d) for d in method.decorator_list)
            names |= (
                {name} if wrapped or isinstance(method, ast.AsyncFunctionDef) else set()
            )
        for node in ast.walk(consumer.node):
            match node:
                case ast.Expr(value=ast.Call(func=func)):
                    if dotted(func) in {f"self.{name}" for name in names}:
                        yield say("not-awaited", node, call=dotted(func))


@check
def layer_calls_are_awaited(p: Project) -> Iterator[Finding]:
    for function in p.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        is_async = isinstance(function, ast.AsyncFunctionDef)
        for node in own(function):
            match node:
                case ast.Expr(value=ast.Call(func=ast.Attribute() as func)):
                    if func.attr in GROUP_VERBS:
                        name = "not-awaited" if is_async else "not-awaited-sync"
                        yield say(name, node, call=dotted(func))


@check
def parentheses_are_in_place(p: Project) -> Iterator[Finding]:
    functions = {function.name for function in p.nodes(ast.AsyncFunctionDef)}
    for call in p.nodes(ast.Call):
        match call:
            case ast.Call(
                func=ast.Name(id="async_to_sync"), args=[ast.Call(func=inner)]
            ):
                if last(inner) in GROUP_VERBS | functions:
                    yield say("parenthesis", call, call=dotted(inner))


BLOCKING = {
    "time.sleep": "Write await asyncio.sleep(…)",
    "requests.get": "Write await asyncio.to_thread(requests.get, …)",
    "requests.post": "Write await asyncio.to_thread(requests.post, …)",
    "urllib.request.urlopen": "Write await asyncio.to_thread(urlopen, …)",
    "subprocess.run": "Write await asyncio.to_thread(subprocess.run, …)",
}
QUERIES = set(
    "get create get_or_create update_or_create first last count exists delete update"
    " bulk_create aggregate latest earliest in_bulk".split()
)


@check
def async_functions_do_not_block(p: Project) -> Iterator[Finding]:
    imported = {
        (node.file, alias.asname or alias.name): f"{node.module}.{alias.name}"
        for node in p.nodes(ast.ImportFrom)
        for alias in node.names
    }
    for function in p.nodes(ast.AsyncFunctionDef):
        for call in (node for node in own(function) if isinstance(node, ast.Call)):
            path = dotted(call.func)
            instead = BLOCKING.get(imported.get((call.file, path), path))
            if instead:
                yield say("blocking", call, call=path, instead=instead)


@check
def async_functions_ask_the_database_well(p: Project) -> Iterator[Finding]:
    for function in p.nodes(ast.AsyncFunctionDef):
        for node in own(function):
            source = None
            match node:
                case ast.For(iter=source) | ast.comprehension(iter=source, is_async=0):
                    pass
                case ast.Call(func=ast.Name(id="list" | "len"), args=[source]):
                    pass
                case ast.Call(func=ast.Attribute(attr=verb) as func) if verb in QUERIES:
                    path = dotted(func)
                    if ".objects." in path:
                        instead = f"Write await {path.removesuffix(verb)}a{verb}(…)"
                        yield say("sync-orm", node, call=path, instead=instead)
            path = dotted(source).removesuffix("()") if source else ""
            if ".objects." in path and path.rpartition(".")[2] not in QUERIES:
                instead = f"Write async for item in {path}(…)"
                yield say("sync-orm", source, call=path, instead=instead)


@check
def events_have_handlers(p: Project) -> Iterator[Finding]:
    handlers = {name for one in p.consumers for name in one.methods}
    handlers |= {f"websocket_{verb}" for verb in ("connect", "receive", "disconnect")}
    if p.consumers and all(consumer.is_known for consumer in p.consumers):
        for call in p.nodes(ast.Call):
            match call.args:
                case [_, ast.Dict() as event] if layer_verb(call) == "group_send":
                    yield from handled(event, handlers)


def handled(event: ast.Dict, handlers: set[str]) -> Iterator[Finding]:
    """Holds one {"type": …} against the methods that there are."""
    keys = [static(key, {}) for key in event.keys]
    if "type" not in keys:
        if UNKNOWN not in keys:
            yield say("no-type", event)
        return
    kind = static(event.values[keys.index("type")], {})
    method = kind.replace(".", "_") if isinstance(kind, str) else None
    if method and method not in handlers:
        near = difflib.get_close_matches(method, handlers, 1)
        hint = f", or correct the type: there is {near[0]}" if near else ""
        yield say("no-handler", event, type=kind, method=method, hint=hint)


@check
def receive_is_careful(p: Project) -> Iterator[Finding]:
    for consumer in p.consumers:
        receive = consumer.methods.get("receive")
        if receive not in consumer.node.body:
            continue
        names = {arg.arg for arg in (*receive.args.args, *receive.args.kwonlyargs)}
        if "bytes_data" not in names and not receive.args.kwarg:
            yield say("receive-signature", receive)
        tries = [node for node in ast.walk(receive) if isinstance(node, ast.Try)]
        guarded = {call for one in tries for part in one.body for call in calls(part)}
        for call in calls(receive):
            if dotted(call.func) == "json.loads" and call not in guarded:
                yield say("json-trusted", call)


def answers(consumer: Consumer, method: ast.AST, seen: set[str]) -> bool:
    """A method accepts, closes or raises, or calls a method that does."""
    names = {last(call.func) for call in calls(method)}
    if names & {"accept", "close", "connect", "websocket_connect"}:
        return True
    if any(isinstance(node, ast.Raise) for node in ast.walk(method)):
        return True
    helpers = names & set(consumer.methods) - seen
    return any(answers(consumer, consumer.methods[h], seen | helpers) for h in helpers)


@check
def connections_are_answered(p: Project) -> Iterator[Finding]:
    for consumer in p.consumers:
        connect = consumer.methods.get("connect")
        if connect in consumer.node.body and consumer.is_known:
            if not answers(consumer, connect, {"connect"}):
                yield say("never-accepts", connect)


# --- The checks: pages ---------------------------------------------------------------


def templates(p: Project) -> Iterator[tuple[str, ast.AST]]:
    """The templates that views name, and where."""
    for node in p.nodes(ast.Call, ast.Assign):
        match node:
            case ast.Call(func=func, args=[_, ast.Constant(value=str(name)), *_]):
                if last(func) == "render":
                    yield name, node
            case ast.Assign(targets=[target], value=ast.Constant(value=str(name))):
                if dotted(target) == "template_name":
                    yield name, node


@check
def templates_are_there(p: Project) -> Iterator[Finding]:
    for name, node in templates(p):
        # "account/login.html" may well come from an installed package.
        ours = "/" not in name or f"templates/{name.split('/')[0]}/" in str(p.files)
        there = any(f"/{file}".endswith(f"/{name}") for file in p.files)
        if name and ours and not there:
            yield say("template-missing", node, template=name)


TYPED = r"\b(message|mensagem|msg|text|texto|content|data|sender|user|username)\b"
MARKUP = r"(?:\.innerHTML\s*\+?=(?!=)|insertAdjacentHTML\(|document\.write\()([^;]*)"
FIXED = r"'[^'\n]*'|\"[^\"\n]*\"|`[^`$]*`"


@check
def typed_text_stays_text(p: Project) -> Iterator[Finding]:
    for call in p.nodes(ast.Call):
        match call.args:
            case [ast.Call(func=inner)] if last(call.func) == "mark_safe":
                if last(inner) == "dumps":
                    yield say("mark-safe", call)
    for found, where, _ in p.search(PAGES, MARKUP):
        varying = re.sub(FIXED, "", re.sub(r"[^`{}]*\$\{", " ${", found[1]))
        cleaned = re.search("escape|sanitize|purify", varying, re.I)
        if re.search(TYPED, varying, re.I) and not cleaned:
            yield say("inner-html", where)


# --- The way in ----------------------------------------------------------------------


def gather(folder: Path) -> list[str]:
    """Every file of the project; folders that are links are not followed."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED
            and not os.path.exists(os.path.join(place, name, "pyvenv.cfg"))
        ]
        found += [Path(place, file).relative_to(folder).as_posix() for file in files]
    return sorted(found)


def projects(folder: Path, files: list[str]) -> Iterator[Project]:
    """One for each manage.py, with the files below it and those below none."""
    roots = [f.removesuffix("manage.py") for f in files if Path(f).name == "manage.py"]
    for root in roots:
        others = tuple(one for one in roots if one != root and one.startswith(root))
        shared = [f for f in files if len(roots) == 1 or not f.startswith(tuple(roots))]
        mine = [f for f in files if f.startswith(root) and not f.startswith(others)]
        yield Project(folder, root, sorted({*mine, *shared}))


def order(finding: Finding) -> tuple[bool, str, int, str]:
    """Wrong before risk, then by place; line 9 before line 10."""
    file, _, line = finding.where.partition(":")
    return finding.level != "wrong", file, int(line or 0), finding.what


def examine(folder: Path) -> list[Finding]:
    """What is wrong in the project in this folder, and what is a risk; wrong first."""
    folder = Path(folder)
    if not os.path.isdir(folder):
        raise CourseError(
            f"There is no folder {folder}. Try: python3 -m course doctor path/to/project"
        )
    found: set[Finding] = set()
    project = None
    for project in projects(folder, gather(folder)):
        found.update(project.troubles)
        for one in CHECKS:
            try:
                found.update(one(project))
            except RecursionError:  # a file nested deeper than any person writes
                continue
    if project is None:
        raise CourseError(
            f"No manage.py in {folder} or below, so there is no Django project to"
            " look at. Name the folder that holds manage.py."
        )
    return sorted(found, key=order)
