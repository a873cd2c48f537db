"""Checks of what pages send and read: does the other side understand it?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.page_messages import (
    OPENED,
    Sent,
    go_elsewhere,
    handlers_of,
    sent_by,
    socket_names,
)
from channels_doctor.page_values import Page
from channels_doctor.pages_code import closing, token_end
from channels_doctor.project import Project
from channels_doctor.python_code import dotted, last_name

# What a text, an ArrayBuffer or a Blob has.
OF_TEXTS = {"byteLength", "length", "size"}


def messages_are_parsed(project: Project) -> Iterator[Finding]:
    """A page parses a message before it reads what's in it."""
    for page in project.pages.values():
        for handler in handlers_of(page, socket_names(page)):
            data = re.escape(handler.data)
            if re.search(rf"{data}\s*=(?!=)", handler.body):
                continue
            is_blob = "Blob" in page.text or "binaryType" in page.text
            reads = re.finditer(
                rf"(?<![\w$.]){data}\.([\w$]+)\b(?!\s*\()", handler.body
            )
            for found in reads:
                if found[1] not in OF_TEXTS and not is_blob:
                    start = handler.start + found.start()
                    end = start + len(handler.data)
                    edit = Edit(page.file, start, end, f"JSON.parse({handler.data})")
                    where = f"{page.file}:{page.line_of(start)}"
                    yield say(
                        "not-parsed", where, edit, read=found[0], data=handler.data
                    )


def objects_are_sent_as_json(project: Project) -> Iterator[Finding]:
    """A page makes a text of an object before it sends it."""
    for page in project.pages.values():
        for sent in sent_by(page, socket_names(page)):
            if is_object(sent):
                end = sent.argument + len(
                    page.script[sent.argument : sent.end - 1].rstrip()
                )
                edits = (
                    Edit(page.file, sent.argument, sent.argument, "JSON.stringify("),
                    Edit(page.file, end, end, ")"),
                )
                yield say("object-sent", where_of(sent), *edits, is_certain=True)


def is_object(sent: Sent) -> bool:
    """Tell an object, written out or by the name of a constant."""
    source = sent.source
    if source.startswith("{"):
        return True
    values = sent.page.declarations(source) if re.fullmatch(r"[\w$]+", source) else []
    return len(values) == 1 and sent.page.script.startswith("{", values[0][0])


def where_of(sent: Sent) -> str:
    """Return the place of a send(…)."""
    return f"{sent.page.file}:{sent.page.line_of(sent.place)}"


def sockets_are_open_before_they_send(project: Project) -> Iterator[Finding]:
    """A page waits until a socket is open before it sends."""
    for page in project.pages.values():
        for opened in OPENED.finditer(page.script) if "WebSocket" in page.text else ():
            after = closing(page.script, opened.end() - 1)
            for sent in sent_by(page, {opened[1]}):
                if after <= sent.place and is_at_once(page, after, sent):
                    start, end = start_of(page, sent), sent.end
                    code = page.text[start:end]
                    name = re.split(r"\s*\??\.\s*send\b", code)[0]
                    new = f'{name}.addEventListener("open", () => {code})'
                    edit = Edit(page.file, start, end, new)
                    yield say("sent-early", where_of(sent), edit)


def start_of(page: Page, sent: Sent) -> int:
    """Return where a statement begins: `this.` is a part of it."""
    before = page.script[: sent.place]
    found = re.search(r"(?:(?:this|window)\s*\.\s*)?$", before)
    return found.start() if found else sent.place


def is_at_once(page: Page, after: int, sent: Sent) -> bool:
    """Tell a statement in the same block as the socket, with no waiting between."""
    between = page.script[after : start_of(page, sent)]
    if (
        re.search(r"\b(await|yield|return|throw)\b", between)
        or between.count("\n") > 200
    ):
        return False
    if between.rstrip()[-1:] not in (";", "}"):
        return False
    place = 0
    while place < len(between):
        if between[place] in "'\"`/":
            place = token_end(between, place, len(between))
        elif between[place] in "([{":
            place = closing(between, place)
            if between[place - 1] not in ")]}":  # its end is behind the send(…)
                return False
        elif between[place] in ")]}":
            return False
        else:
            place += 1
    return True


def pages_and_consumer_agree(project: Project) -> Iterator[Finding]:
    """The page and the consumer call what's in a message by the same names."""
    consumer = only_consumer(project)
    pages = project.pages
    opening = {page.file: socket_names(page) for page in pages.values()}
    names = set().union(*opening.values())
    if consumer is None or not 0 < len(names) < 20:
        return
    named = sum(len(list(OPENED.finditer(page.script))) for page in pages.values())
    if named != len(project.sockets):
        return
    if any(go_elsewhere(page, names) for page in pages.values()):
        return
    yield from keys_are_sent_to_page(project, consumer, pages, opening)
    yield from keys_are_sent_to_consumer(project, consumer, pages, names)


def only_consumer(project: Project) -> Consumer | None:
    """Return the consumer that every socket of a project gets, if there's just one."""
    routing = project.routing
    reached = {(route.consumer_file, route.consumer) for route in routing.routes}
    found = [
        one for one in project.consumers if (one.node.file, one.node.name) in reached
    ]
    if routing.is_clear and len(reached) == len(found) == 1 and found[0].is_known:
        return found[0]
    return None


def keys_are_sent_to_page(
    project: Project,
    consumer: Consumer,
    pages: dict[str, Page],
    opening: dict[str, set[str]],
) -> Iterator[Finding]:
    """The consumer sends the keys that a page reads."""
    sent = sent_keys(consumer)
    if not sent:
        return
    for page in pages.values():
        handlers = list(handlers_of(page, opening[page.file]))
        if len(handlers) != 1 or not handlers[0].reads:
            continue
        reads = handlers[0].reads
        unread = sent - {key for key, _, _ in reads}
        asked = {key for key, _, is_asked in reads if is_asked}
        wrong = {key for key, _, _ in reads} - sent - asked
        for key, place, _ in reads:
            if key in wrong and unread:
                edits = []
                if len(unread) == len(wrong) == 1:
                    edits = [Edit(page.file, place, place + len(key), min(unread))]
                where = f"{page.file}:{page.line_of(place)}"
                yield say("key-not-sent", where, *edits, key=key, sent=listed(sent))


def listed(keys: set[str]) -> str:
    """Return keys as a sentence shows them."""
    return ", ".join(f'"{key}"' for key in sorted(keys))


def sent_keys(consumer: Consumer) -> set[str] | None:
    """Return all keys that a consumer sends to its socket; None if they aren't known."""
    keys: set[str] = set()
    for method in consumer.methods.values():
        for call in ast.walk(method):
            if not isinstance(call, ast.Call):
                continue
            if dotted(call.func) not in ("self.send", "self.send_json"):
                if dotted(call.func) in ("super().send", "self.base_send"):
                    return None
                continue
            values = [*call.args, *(one.value for one in call.keywords)]
            value = values[0] if len(values) == 1 else None
            if last_name(call.func) == "send":
                match value:
                    case ast.Call(args=[inner, *_]) if last_name(value.func) == "dumps":
                        value = inner
                    case _:
                        return None
            more = literal_keys(value)
            if more is None:
                return None
            keys |= more
    return keys


def literal_keys(node: ast.AST | None) -> set[str] | None:
    """Return the keys of a dictionary that's written out."""
    if isinstance(node, ast.Dict):
        if all(isinstance(key, ast.Constant) for key in node.keys):
            return {str(key.value) for key in node.keys}
    return None


def keys_are_sent_to_consumer(
    project: Project, consumer: Consumer, pages: dict[str, Page], names: set[str]
) -> Iterator[Finding]:
    """A page sends the keys that the consumer reads."""
    sent = [one for page in pages.values() for one in sent_by(page, names)]
    every = [one.keys for one in sent]
    if not sent or None in every:
        return
    known = set().union(*every)
    reads = list(reads_of(consumer))
    wrong = {read.slice.value for read in reads} - known
    unread = known - {read.slice.value for read in reads}
    for read in reads:
        key = read.slice.value
        if key in wrong:
            edits = []
            if len(unread) == len(wrong) == 1:
                source = project.source_of(read)
                code = source.code(read.slice).replace(key, min(unread))
                edits = [source.replace(read.slice, code)]
            place = where_of(sent[0])
            yield say(
                "key-not-received",
                read,
                *edits,
                key=key,
                sent=listed(known),
                place=place,
            )


def reads_of(consumer: Consumer) -> Iterator[ast.Subscript]:
    """Yield what a consumer reads of every message, with nothing to catch a KeyError."""
    method = consumer.methods.get("receive_json") or consumer.methods.get("receive")
    if method is None:
        return
    contents = set()
    if method.name == "receive_json" and len(method.args.args) > 1:
        contents.add(method.args.args[1].arg)
    for statement in method.body:
        if not isinstance(statement, ast.Assign | ast.Expr | ast.AnnAssign):
            if not isinstance(statement, ast.Try):
                return  # from here on, it depends
            if any(is_catching(handler) for handler in statement.handlers):
                return
            continue
        if isinstance(statement, ast.Assign) and dotted(
            getattr(statement.value, "func", ast.Pass())
        ) in ("json.loads", "loads"):
            contents |= {
                one.id for one in statement.targets if isinstance(one, ast.Name)
            }
        for node in ast.walk(statement):
            match node:
                case ast.Subscript(
                    value=ast.Name(id=name), slice=ast.Constant(value=str())
                ) if name in contents:
                    yield node


def is_catching(handler: ast.ExceptHandler) -> bool:
    """Tell a handler that gets a KeyError."""
    if handler.type is None:
        return True
    kinds = {last_name(node) for node in ast.walk(handler.type)}
    return bool(kinds & {"KeyError", "LookupError", "Exception", "BaseException"})


CHECKS = [
    messages_are_parsed,
    objects_are_sent_as_json,
    sockets_are_open_before_they_send,
    pages_and_consumer_agree,
]
