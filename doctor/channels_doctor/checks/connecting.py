"""Checks of a socket's beginning: is it accepted, once, and first?"""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, self_call
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted, last_name
from channels_doctor.walks import body_of, calls_in, walk

SET_AT_THE_CALL = {"scope", "channel_name", "channel_layer"}


def connections_are_answered(project: Project) -> Iterator[Finding]:
    """connect() says yes or no."""
    for consumer in project.consumers:
        if not consumer.is_known or not consumer.is_websocket:
            continue
        name = "websocket_connect"
        method = consumer.own_method(name)
        if not method:
            name = "connect"
            method = consumer.own_method(name)
        if not method or answers(consumer, method, {name}):
            continue
        if consumer.is_sync and isinstance(method, ast.AsyncFunctionDef):
            continue  # it doesn't even run: another check says so
        yield say("never-accepts", method, *accepting(project, consumer, method))


def accepting(
    project: Project, consumer: Consumer, method: ast.AST
) -> tuple[Edit, ...]:
    """Return the edit that accepts at the end of a method; none if it returns early."""
    if any(isinstance(node, ast.Return) for node in body_of(method)):
        return ()
    call = "await self.accept()" if consumer.is_async else "self.accept()"
    source, last = project.source_of(method), method.body[-1]
    if isinstance(last, ast.Pass):
        return (source.replace(last, call),)
    indent = source.indent(method.body[0].lineno)
    return (source.insert_after(last.end_lineno, call, indent),)


def answers(consumer: Consumer, method: ast.AST, seen: set[str]) -> bool:
    """A method accepts, closes or raises, or calls a method that does."""
    for node in walk(method):
        match node:
            case ast.Raise():
                return True
            case ast.Constant(value="websocket.accept" | "websocket.close"):
                return True
            # `self.close` without its call: another check says so.
            case ast.Attribute(value=ast.Name(id="self"), attr="accept" | "close"):
                return True
    names = {last_name(call.func) for call in calls_in(method)}
    if names & {"accept", "close", "connect", "websocket_connect", "disconnect"}:
        return True
    helpers = names & set(consumer.methods) - seen
    return any(
        answers(consumer, consumer.methods[helper], seen | helpers)
        for helper in helpers
    )


def a_socket_is_accepted_once_and_first(project: Project) -> Iterator[Finding]:
    """connect() accepts once, before it sends."""
    for consumer in project.consumers:
        if not consumer.is_websocket or not consumer.is_known:
            continue
        if connect := consumer.own_method("connect"):
            yield from accepted_twice(project, consumer, connect)
            yield from sent_too_early(project, consumer, connect)


def accepts(consumer: Consumer, node: ast.AST) -> bool:
    """A piece of code may accept: itself, by a helper, or by the class below."""
    for call in calls_in(node):
        name = last_name(call.func)
        if name in ("accept", "connect", "websocket_connect"):
            return True
        helper = consumer.methods.get(self_call(call))
        if helper and any(last_name(one.func) == "accept" for one in calls_in(helper)):
            return True
    return False


def accepted_twice(
    project: Project, consumer: Consumer, connect: ast.AST
) -> Iterator[Finding]:
    """Yield the second accept() of those that surely both run."""
    inherits = not any("connect" in names_in(one) for one in consumer.family[1:])
    sure = []
    for statement in connect.body:
        if any(isinstance(node, ast.Return) for node in walk(statement)):
            break
        call = statement.value if isinstance(statement, ast.Expr) else None
        call = call.value if isinstance(call, ast.Await) else call
        is_super = call is not None and dotted(call) == "super().connect()"
        if call is not None and (self_call(call) == "accept" or is_super and inherits):
            sure.append(statement)
    if len(sure) > 1:
        second = sure[1]
        edit = project.source_of(second).delete_lines(second.lineno, second.end_lineno)
        yield say("accepted-twice", second, edit, is_certain=True)


def names_in(node: ast.ClassDef) -> set[str]:
    """Return the names of a class's own methods."""
    return {part.name for part in node.body if isinstance(part, Function)}


def sent_too_early(
    project: Project, consumer: Consumer, connect: ast.AST
) -> Iterator[Finding]:
    """Yield the first send() above everything that may accept."""
    for statement in connect.body:
        for call in sorted(calls_in(statement), key=lambda one: one.lineno):
            if self_call(call) in ("send", "send_json"):
                yield say(
                    "send-before-accept", call, *moved_down(project, connect, statement)
                )
                return
            if accepts(consumer, call) or last_name(call.func) == "close":
                return


def moved_down(
    project: Project, connect: ast.AST, statement: ast.stmt
) -> tuple[Edit, ...]:
    """Return the edits that move a statement below the accept() further down."""
    source = project.source_of(connect)
    for later in connect.body[connect.body.index(statement) + 1 :]:
        call = later.value if isinstance(later, ast.Expr) else None
        call = call.value if isinstance(call, ast.Await) else call
        if self_call(call) == "accept":
            lines = source.lines[statement.lineno - 1 : statement.end_lineno]
            text = "".join(line.replace("\r\n", "\n") for line in lines)
            return (
                source.delete_lines(statement.lineno, statement.end_lineno),
                source.insert_after(later.end_lineno, text, ""),
            )
    return ()


def init_leaves_the_connection_alone(project: Project) -> Iterator[Finding]:
    """__init__ uses nothing that comes with the connection, and lets Channels set up its own."""
    version = getattr(project, "channels_version", None)
    if version is not None and version.below(3):
        return  # there, the scope is an argument of __init__
    for consumer in project.consumers:
        init = consumer.own_method("__init__")
        if not init or not consumer.generic:
            continue
        assigned = {
            node.attr
            for node in walk(init)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        }
        for node in body_of(init):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                name = dotted(node).removeprefix("self.")
                if name in SET_AT_THE_CALL - assigned and dotted(node).startswith(
                    "self."
                ):
                    yield say("init-too-early", node, cls=consumer.node.name, name=name)
                    break
        yield from init_calls_super(project, consumer, init)


def init_calls_super(
    project: Project, consumer: Consumer, init: ast.AST
) -> Iterator[Finding]:
    """Yield the finding for an __init__ that keeps Channels from setting `groups`."""
    calls = {last_name(call.func) for call in calls_in(init)}
    sets_groups = any("groups" in ast.unparse(node) for node in consumer.family)
    if consumer.is_websocket and consumer.is_known and "__init__" not in calls:
        if not sets_groups:
            source = project.source_of(init)
            arguments = (
                "*args, **kwargs" if init.args.vararg and init.args.kwarg else ""
            )
            edit = source.insert_before(
                init.body[0].lineno, f"super().__init__({arguments})"
            )
            yield say("init-no-super", init, edit, is_certain=True)


def websocket_methods_have_a_websocket_consumer(project: Project) -> Iterator[Finding]:
    """A class with connect() and accept() builds on a WebSocket consumer."""
    for consumer in project.consumers:
        if consumer.is_websocket or not consumer.generic or not consumer.is_known:
            continue
        methods = consumer.methods
        if "connect" in methods and "websocket_connect" not in methods:
            calls = {self_call(call) for call in calls_in(methods["connect"])}
            if "accept" in calls and "accept" not in methods:
                base = next(iter(consumer.generic))
                right = base.replace("Sync", "").replace(
                    "Consumer", "WebsocketConsumer"
                )
                yield base_without_websocket(project, consumer, base, right)


def base_without_websocket(
    project: Project, consumer: Consumer, base: str, right: str
) -> Finding:
    """Return the finding for an AsyncConsumer that wants to be an AsyncWebsocketConsumer."""
    source = project.source_of(consumer.node)
    edits: list[Edit] = []
    for node in consumer.node.bases:
        if last_name(node) == base:
            edits.append(source.replace(node, right))
            full_name = f"channels.generic.websocket.{right}"
            edits += project.importing(consumer.node, full_name)
    return say("no-websocket-base", consumer.node, *edits, base=base, right=right)


CHECKS = [
    connections_are_answered,
    a_socket_is_accepted_once_and_first,
    init_leaves_the_connection_alone,
    websocket_methods_have_a_websocket_consumer,
]
