"""Checks of a socket's end: is it closed, and by what?"""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, self_call
from channels_doctor.consumer_methods import hooks_of, right_name, stopping
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted
from channels_doctor.walks import body_of, calls_in, walk, words_in


def disconnect_is_left_to_channels(project: Project) -> Iterator[Finding]:
    """Nobody calls disconnect() to close a socket."""
    for consumer in project.consumers:
        if not consumer.is_websocket or closes(consumer.methods.get("disconnect")):
            continue
        for method in consumer.node.body:
            if not isinstance(method, Function) or method.name == "disconnect":
                continue
            if method.name == "websocket_disconnect" or closes(method):
                continue
            for call in calls_in(method):
                if self_call(call) == "disconnect":
                    yield disconnect_by_hand(project, consumer, method, call)


def closes(method: ast.AST | None) -> bool:
    """A method closes the socket by itself."""
    return method is not None and any(
        self_call(call) == "close" for call in calls_in(method)
    )


def disconnect_by_hand(
    project: Project, consumer: Consumer, method: ast.AST, call: ast.Call
) -> Finding:
    """Return the finding for self.disconnect(…); a code of the project's own is kept."""
    code = ""
    match call.args:
        case [ast.Constant(value=int(number))] if 3000 <= number <= 4999:
            code = str(number)
    is_awaited = any(
        isinstance(node, ast.Await) and node.value is call for node in walk(method)
    )
    source = project.source_of(call)
    await_ = "await " if consumer.is_async and not is_awaited else ""
    edit = source.replace(call, f"{await_}self.close({code})")
    effect = EFFECTS.get(method.name, "the socket stays open")
    right = f"{'await ' if consumer.is_async else ''}self.close({code})"
    return say("disconnect-by-hand", call, edit, effect=effect, right=right)


EFFECTS = {
    "connect": "the socket stays open; if it wasn't accepted yet, the browser waits for an"
    " answer until the handshake fails after 5 seconds",
}


def closing_is_called(project: Project) -> Iterator[Finding]:
    """accept and close have their parentheses."""
    for consumer in project.consumers:
        if not consumer.is_websocket:
            continue
        for node in walk(consumer.node):
            match node:
                case (
                    ast.Expr(value=ast.Attribute() as path)
                    | ast.Expr(value=ast.Await(value=ast.Attribute() as path))
                ):
                    name = dotted(path)
                    if name in ("self.accept", "self.close"):
                        source = project.source_of(path)
                        edits = [source.wrap(path, "", "()")[1]]
                        has_await = isinstance(node.value, ast.Await)
                        if consumer.is_async and not has_await:
                            edits.append(source.wrap(path, "await ", "")[0])
                        error = (
                            "\"TypeError: object method can't be used in 'await' expression\""
                            if has_await
                            else "Nothing happens here, without an error"
                        )
                        yield say("not-called", path, *edits, call=name, error=error)


OPEN = "it stays open, and nobody reads or answers it any more"
STOPPED = {
    "connect": "if it wasn't accepted yet, the handshake fails after 5 seconds; if it was, the"
    " socket stays open, and nobody reads it",
}


def sockets_are_closed_before_they_stop(project: Project) -> Iterator[Finding]:
    """StopConsumer is raised only for a socket that is closed already."""
    for consumer in project.consumers:
        if not consumer.is_websocket:
            continue
        for method in consumer.node.body:
            if not isinstance(method, Function) or closes(method):
                continue
            if "disconnect" in method.name:
                continue
            for node in body_of(method):
                if isinstance(node, ast.Raise) and node.exc:
                    raised = (
                        node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                    )
                    name = project.imported_names.full_name(raised)
                    if name == "channels.exceptions.StopConsumer":
                        await_ = "await " if consumer.is_async else ""
                        close = f"{await_}self.close()"
                        source = project.source_of(node)
                        edit = source.insert_before(node.lineno, close)
                        words = {
                            "close": close,
                            "effect": STOPPED.get(method.name, OPEN),
                        }
                        yield say("stopped-not-closed", node, edit, **words)


def close_codes_are_allowed(project: Project) -> Iterator[Finding]:
    """A socket is closed with a code that Daphne lets through."""
    apps = project.settings.get("INSTALLED_APPS")
    is_daphne = isinstance(apps, list) and "daphne" in apps
    for consumer in project.consumers if is_daphne else ():
        if not consumer.is_websocket or "close" in consumer.methods:
            continue
        accepted = set(hooks_of(project, consumer)) - {"connect", "websocket_connect"}
        for method in consumer.node.body:
            if isinstance(method, Function) and method.name in accepted:
                for call in calls_in(method):
                    if self_call(call) == "close":
                        yield from forbidden_code(project, call)


def forbidden_code(project: Project, call: ast.Call) -> Iterator[Finding]:
    """Yield the finding for close(1008): before the handshake is over, any code will do."""
    named = [one.value for one in call.keywords if one.arg == "code"]
    source = project.source_of(call)
    match [*call.args[:1], *named]:
        case [ast.Constant(value=bool())]:
            return
        case [ast.Constant(value=int(code)) as node] if code != 1000:
            if not 3000 <= code <= 4999:
                right = code % 1000 + 4000
                edit = source.replace(node, str(right))
                error = f"invalid close code {code} (must be 1000 or from [3000, 4999])"
                yield say("close-code", call, edit, error=error, right=str(right))
        case [ast.Constant(value=str()) as node] if not call.keywords:
            error = "invalid type '<class 'str'>' for close code (must be an integer)"
            edit = source.wrap(node, "4000, reason=", "")[0]
            yield say("close-code", call, edit, error=error, right="4000")


def consumers_end(project: Project) -> Iterator[Finding]:
    """Who replaces websocket_disconnect() ends the consumer as Channels' own does."""
    for consumer in project.consumers:
        method = consumer.own_method("websocket_disconnect")
        if not method or not consumer.is_known or not consumer.generic:
            continue
        text = ast.unparse(method)
        if "super()" in text or any(
            isinstance(node, ast.Raise) for node in walk(method)
        ):
            continue
        source, last = project.source_of(method), method.body[-1]
        if any(
            "websocket_disconnect" in dotted(call.func) for call in calls_in(method)
        ):
            continue
        stop, imports = stopping(project, method)
        indent = source.indent(method.body[0].lineno)
        edits = (
            source.replace(last, stop)
            if isinstance(last, ast.Pass)
            else source.insert_after(last.end_lineno, stop, indent),
            *imports,
        )
        yield say("never-stops", method, *edits)


GOODBYE = "websocket_disconnect"
HANDLERS = ("websocket_connect", "websocket_receive")
OWN_WAYS = {"__call__", "__getattr__", "__getattribute__", "dispatch", "setattr"}


def plain_consumers_handle_the_end(project: Project) -> Iterator[Finding]:
    """A consumer that handles single messages also handles the last one of a socket."""
    stores = project.nodes(ast.Attribute)
    if any(node.attr == GOODBYE and isinstance(node.ctx, ast.Store) for node in stores):
        return  # set from outside
    suspects = {one.node: one for one in project.consumers if may_lack_its_end(one)}
    for node, consumer in suspects.items():
        if not any(one in suspects for one in consumer.family[1:]):
            words = {"consumer": node.name, "define": f"{consumer.define} {GOODBYE}"}
            edits = ending(project, consumer)
            yield say("no-disconnect", node, *edits, is_certain=bool(edits), **words)


def may_lack_its_end(consumer: Consumer) -> bool:
    """Tell whether it takes a socket's messages, and nothing takes the last one."""
    methods = consumer.methods
    if not consumer.is_known or not consumer.generic or consumer.is_websocket:
        return False
    if not any(name in methods for name in HANDLERS):
        return False
    if any(right_name(name, consumer) == GOODBYE for name in methods):
        return False  # misspelled
    connect = methods.get("websocket_connect")
    if connect and isinstance(connect.body[-1], ast.Raise):
        return False  # it lets nobody in
    if not all(heir.is_known for heir in consumer.heirs):
        return False
    family = [*consumer.family, *(heir.node for heir in consumer.heirs)]
    is_plain = not any(one.decorator_list or one.keywords for one in family)
    return is_plain and not any(
        GOODBYE in words_in(one) or OWN_WAYS & words_in(one) for one in family
    )


def ending(project: Project, consumer: Consumer) -> list[Edit]:
    """Return the edits that add a websocket_disconnect() below the other handlers."""
    node = consumer.node
    mine = [one for one in node.body if isinstance(one, Function)]
    after = next((one for one in reversed(mine) if one.name in HANDLERS), None)
    if not after:
        return []
    source = project.source_of(node)
    indent = source.indent(after.lineno)
    step = "\t" if "\t" in indent else "    "
    names = [one.arg for one in after.args.args[1:2]] or ["event"]
    stop, imports = stopping(project, node)
    text = f"\n{consumer.define} {GOODBYE}(self, {names[0]}):\n{step}{stop}"
    return [source.insert_after(after.end_lineno, text, indent), *imports]


CHECKS = [
    disconnect_is_left_to_channels,
    closing_is_called,
    sockets_are_closed_before_they_stop,
    close_codes_are_allowed,
    consumers_end,
    plain_consumers_handle_the_end,
]
