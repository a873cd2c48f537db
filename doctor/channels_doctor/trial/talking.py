"""What to say on a socket: what the project's pages send, or else what its consumers read."""

import ast
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from channels_doctor.project import Project
from channels_doctor.python_code import calls_in, dotted
from channels_doctor.reading import PAGES

MOST = 6  # different messages on one socket

# send({…}), send(JSON.stringify({…})): one object without objects inside it.
SENT = re.compile(r"\bsend\w*\(\s*(?:JSON\.stringify\(\s*)?\{([^{}]*)\}", re.IGNORECASE)
IN_BRACES = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\$\{[^{}]*\}"
)  # of Django and JavaScript
SENT_BY_NAME = re.compile(r"\bsend\w*\(\s*JSON\.stringify\(\s*(\w+)\s*\)")
PAIR = re.compile(
    r"""\s*(?:\[[^\]]*\]|["']?([\w-]+)["']?)\s*"""
    r"""(?::\s*("[^"]*"|'[^']*'|`[^`]*`|[^,]*))?\s*(?:,|$)"""
)
TEXTS = "message text content body msg mensagem mensaje texto conteudo contenido data".split()
READ = {"message", "text"}  # if nothing says what a consumer reads


@dataclass(frozen=True)
class Message:
    """A message for a socket. `{hi}` in it is replaced by words that can be recognised."""

    keys: tuple[tuple[str, object], ...]  # empty: plain text
    is_from_page: bool

    @property
    def says_something(self) -> bool:
        """Whether somebody else can recognise it."""
        return not self.keys or "{hi}" in dict(self.keys).values()

    def written(self, hi: str) -> str:
        """Return the text of the frame."""
        if not self.keys:
            return hi
        return json.dumps({k: hi if v == "{hi}" else v for k, v in self.keys})


def messages(project: Project, consumer: str) -> list[Message]:
    """Return what to send to a consumer, most likely first."""
    found = list(messages_of_pages(project))
    read = list(dict.fromkeys(keys_read(project, consumer)))
    keys = {key for key, _ in read}
    # Of several kinds, those first that have what this consumer reads.
    found.sort(key=lambda one: -len(keys & {key for key, _ in one.keys}))
    for key, source in [pair for pair in read if pair[1]] or read[:1]:
        found.append(message_of(dict.fromkeys(sorted(keys), "") | {key: source}, False))
    found.append(message_of(dict.fromkeys(sorted(READ), ""), False))
    found.append(Message((), False))
    found = list(dict.fromkeys(found))
    texts = [one for one in found if one.says_something][:MOST]
    # Commands such as {"type": "join"}: what was said before may count only after them.
    commands = [one for one in found if not one.says_something][:MOST]
    return [*texts, *commands, texts[0]] if commands else texts


def messages_of_pages(project: Project) -> Iterator[Message]:
    """Yield the objects that the pages send."""
    for _, text in project.texts_of(PAGES):
        page = IN_BRACES.sub("$", text)  # not a text that we know
        bodies = SENT.findall(page)
        for name in SENT_BY_NAME.findall(page):
            pattern = rf"\b{re.escape(name)}\s*=\s*\{{([^{{}}]*)\}}"
            bodies += re.findall(pattern, page)
        for body in bodies:
            if pairs := dict(pairs_of(body)):
                yield message_of(pairs, True)


def pairs_of(body: str) -> Iterator[tuple[str, str]]:
    """Yield the keys of an object in JavaScript, each with its source: "" for {text}."""
    body = re.sub(r"//[^\n]*", "", body)
    for found in PAIR.finditer(body):
        if found[1]:
            yield found[1], (found[2] or "").strip()


def message_of(pairs: dict[str, str], is_from_page: bool) -> Message:
    """Make a message of keys and sources."""
    return Message(
        tuple((key, value_of(key, source)) for key, source in pairs.items()),
        is_from_page,
    )


def value_of(key: str, source: str) -> object:
    """Return a value for a key: the one that is written, or one that suits its name."""
    literal = re.fullmatch(r"""["'`]([^"'`$]*)["'`]""", source)
    if literal:
        return literal[1]
    if re.fullmatch(r"\d+|true|false|null", source):
        return json.loads(source)
    name = key.lower()
    if name in ("cid", "uuid", "client_id"):
        return str(uuid.UUID(int=1))
    if name in TEXTS:
        return "{hi}"
    if re.search(
        r"(^|_)(id|pk|at|count|bytes|size|time|timestamp|before|after)$", name
    ):
        return 1
    if re.search("user|name|author|sender|from|usuario", name):
        return "Ana"
    if re.search("room|sala", name):
        return "room"
    return "{hi}"


def keys_read(project: Project, consumer: str) -> Iterator[tuple[str, str]]:
    """Yield the keys that a consumer, or what it calls to read JSON, takes of a message.

    With each key goes the text that its value is compared with, in quotes; "" if none.
    """
    for one in project.consumers:
        if one.node.name == consumer:
            for name, method in one.methods.items():
                if name.startswith("receive") or reads_json(method):
                    yield from keys_in(method)
    for function in project.nodes(ast.FunctionDef):
        if reads_json(function):
            yield from keys_in(function)


def reads_json(function: ast.AST) -> bool:
    """Tell whether a function reads JSON itself."""
    return any(dotted(call.func).endswith("loads") for call in calls_in(function))


def keys_in(function: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the keys of a function: data["message"], data.get("type") == "message"."""
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=left, comparators=[ast.Constant(value=str(text))]):
                if key := key_of(left):
                    yield key, json.dumps(text, ensure_ascii=False)
            case ast.Subscript() | ast.Call():
                if key := key_of(node):
                    yield key, ""


def key_of(node: ast.AST) -> str:
    """Return the key that an expression takes from a dictionary; "" if it's another one."""
    match node:
        case ast.Subscript(
            value=ast.Name() | ast.Call(), slice=ast.Constant(value=str(key))
        ):
            return key
        case ast.Call(
            func=ast.Attribute(value=ast.Name(), attr="get"),
            args=[ast.Constant(value=str(key)), *_],
        ):
            return key
    return ""
