"""Checks of consumers and of what they await: does a message get through?"""

import ast
import difflib
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import GROUP_VERBS, Consumer, group_verb
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import body_of, calls_in, dotted, last_name
from channels_doctor.settings import UNKNOWN, value_of

HANDLED_BY_CHANNELS = {
    "websocket_connect",
    "websocket_receive",
    "websocket_disconnect",
}


def coroutines_are_awaited(project: Project) -> Iterator[Finding]:
    """A consumer awaits its own coroutines."""
    for consumer in project.consumers:
        coroutines = {f"self.{name}" for name in coroutines_of(consumer)}
        for node in ast.walk(consumer.node):
            match node:
                case ast.Expr(value=ast.Call(func=function)):
                    if dotted(function) in coroutines:
                        yield say("not-awaited", node, call=dotted(function))


def coroutines_of(consumer: Consumer) -> set[str]:
    """Return the methods of a consumer that have to be awaited."""
    names = set()
    if any(base.startswith("Async") for base in consumer.bases):
        names = {"send", "send_json", "accept", "close"}
    for name, method in consumer.methods.items():
        decorators = " ".join(map(dotted, method.decorator_list))
        if isinstance(method, ast.AsyncFunctionDef) or "sync_to_async" in decorators:
            names.add(name)
    return names


def layer_calls_are_awaited(project: Project) -> Iterator[Finding]:
    """A message to a group is sent, not only made."""
    for function in project.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        is_async = isinstance(function, ast.AsyncFunctionDef)
        name = "not-awaited" if is_async else "not-awaited-sync"
        for node in body_of(function):
            match node:
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr=verb) as path)):
                    if verb in GROUP_VERBS:
                        yield say(name, node, call=dotted(path))


def parentheses_are_in_place(project: Project) -> Iterator[Finding]:
    """async_to_sync gets a function, not the coroutine that calling it makes."""
    functions = {function.name for function in project.nodes(ast.AsyncFunctionDef)}
    for call in project.nodes(ast.Call):
        match call:
            case ast.Call(func=wrapper, args=[ast.Call(func=inner)]):
                is_wrapper = last_name(wrapper) == "async_to_sync"
                if is_wrapper and last_name(inner) in GROUP_VERBS | functions:
                    yield say("parenthesis", call, call=dotted(inner))


def events_have_handlers(project: Project) -> Iterator[Finding]:
    """Whoever gets an event from a group has a method for it."""
    if not all(consumer.is_known for consumer in project.consumers):
        return
    methods = {name for consumer in project.consumers for name in consumer.methods}
    for call in project.nodes(ast.Call) if project.consumers else ():
        match call.args:
            case [_, ast.Dict() as event] if group_verb(call) == "group_send":
                yield from event_has_handler(event, methods | HANDLED_BY_CHANNELS)


def event_has_handler(event: ast.Dict, handlers: set[str]) -> Iterator[Finding]:
    """Hold one {"type": …} against the methods that there are."""
    keys = [value_of(key, {}) for key in event.keys]
    if "type" not in keys:
        if UNKNOWN not in keys:
            yield say("no-type", event)
        return
    kind = value_of(event.values[keys.index("type")], {})
    if not isinstance(kind, str) or not kind:
        return
    method = kind.replace(".", "_")
    if method not in handlers:
        near = difflib.get_close_matches(method, handlers, 1)
        hint = f", or correct the type: there is {near[0]}" if near else ""
        yield say("no-handler", event, type=kind, method=method, hint=hint)


def receive_takes_text_and_bytes(project: Project) -> Iterator[Finding]:
    """A client may send bytes as well as text."""
    for consumer in project.consumers:
        if receive := consumer.own_method("receive"):
            arguments = receive.args
            names = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}
            if "bytes_data" not in names and not arguments.kwarg:
                yield say("receive-signature", receive)


def receive_is_ready_for_no_json(project: Project) -> Iterator[Finding]:
    """A client may send something else than JSON."""
    for consumer in project.consumers:
        if receive := consumer.own_method("receive"):
            tries = [node for node in ast.walk(receive) if isinstance(node, ast.Try)]
            tried = [statement for one in tries for statement in one.body]
            guarded = {call for statement in tried for call in calls_in(statement)}
            for call in calls_in(receive):
                if dotted(call.func) == "json.loads" and call not in guarded:
                    yield say("json-trusted", call)


def connections_are_answered(project: Project) -> Iterator[Finding]:
    """connect() says yes or no."""
    for consumer in project.consumers:
        connect = consumer.own_method("connect")
        if connect and consumer.is_known:
            if not answers(consumer, connect, {"connect"}):
                yield say("never-accepts", connect)


def answers(consumer: Consumer, method: ast.AST, seen: set[str]) -> bool:
    """A method accepts, closes or raises, or calls a method that does."""
    if any(isinstance(node, ast.Raise) for node in ast.walk(method)):
        return True
    names = {last_name(call.func) for call in calls_in(method)}
    if names & {"accept", "close", "connect", "websocket_connect"}:
        return True
    helpers = names & set(consumer.methods) - seen
    return any(
        answers(consumer, consumer.methods[helper], seen | helpers)
        for helper in helpers
    )


CHECKS = [
    coroutines_are_awaited,
    layer_calls_are_awaited,
    parentheses_are_in_place,
    events_have_handlers,
    receive_takes_text_and_bytes,
    receive_is_ready_for_no_json,
    connections_are_answered,
]
