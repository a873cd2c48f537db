"""Checks of the methods that Channels calls: their names, their arguments, async or not."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, self_call
from channels_doctor.checks.awaiting import coroutines_of
from channels_doctor.consumer_methods import HOOKS, hooks_of, positional, right_name
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted
from channels_doctor.walks import body_of, walk


def own_hooks(project: Project, consumer: Consumer) -> Iterator[tuple[ast.AST, str]]:
    """Yield the methods of a class that Channels calls, with their arguments."""
    hooks = hooks_of(project, consumer)
    for method in consumer.node.body:
        if isinstance(method, Function) and not method.decorator_list:
            if method.name in hooks:
                yield method, hooks[method.name]


def sync_consumers_are_plain(project: Project) -> Iterator[Finding]:
    """The methods of a sync consumer are plain functions."""
    for consumer in project.consumers:
        if not consumer.is_sync:
            continue
        wrong = [
            method
            for method, _ in own_hooks(project, consumer)
            if isinstance(method, ast.AsyncFunctionDef)
        ]
        if wrong:
            yield async_in_sync(project, consumer, wrong)


def async_in_sync(
    project: Project, consumer: Consumer, wrong: list[ast.AST]
) -> Finding:
    """Return the finding for a sync consumer with async methods; either side may give way."""
    source = project.source_of(wrong[0])
    first = next((one for one in wrong if one.name == "connect"), wrong[0])
    waits = ast.Await | ast.AsyncFor | ast.AsyncWith
    uses = any(isinstance(node, waits) for one in wrong for node in walk(one))
    base = next(iter(consumer.generic))
    edits: list[Edit] = []
    if not uses:
        edits = [source.replace_text(one.lineno, "async def", "def") for one in wrong]
    elif all(method in wrong for method, _ in own_hooks(project, consumer)):
        for node in consumer.node.bases:
            if dotted(node) == base:
                new = f"channels.generic.websocket.Async{base}"
                edits += [source.replace(node, f"Async{base}")]
                edits += project.importing(node, new)
    name = "never-accepts-async" if first.name == "connect" else "async-in-sync"
    return say(
        name, first, *edits, method=first.name, cls=consumer.node.name, base=base
    )


def async_consumers_are_async(project: Project) -> Iterator[Finding]:
    """The methods of an async consumer are async functions."""
    for consumer in project.consumers:
        if not consumer.is_async:
            continue
        coroutines = coroutines_of(consumer) | {"send", "send_json", "accept", "close"}
        for method, _ in own_hooks(project, consumer):
            returns = [node for node in body_of(method) if isinstance(node, ast.Return)]
            is_plain = isinstance(method, ast.FunctionDef)
            if is_plain and not any(one.value for one in returns):
                source = project.source_of(method)
                edits = [source.replace_text(method.lineno, "def", "async def")]
                for node in body_of(method):
                    if isinstance(node, ast.Expr) and needs_await(node, coroutines):
                        edits.append(source.wrap(node, "await ", "")[0])
                yield say("plain-in-async", method, *edits, method=method.name)


def needs_await(statement: ast.Expr, coroutines: set[str]) -> bool:
    """Tell whether a statement is a call of a coroutine of the consumer or of its layer."""
    call = statement.value
    if not isinstance(call, ast.Call):
        return False
    layer = dotted(call.func).startswith("self.channel_layer.")
    return self_call(call) in coroutines or layer


def methods_take_their_arguments(project: Project) -> Iterator[Finding]:
    """A method that Channels calls takes what Channels calls it with."""
    for consumer in project.consumers:
        if not consumer.generic:
            continue
        for method, arguments in own_hooks(project, consumer):
            if not method.args.args or CALLED_BY.get(method.name) in consumer.methods:
                continue  # it isn't Channels that calls it
            if method.name == "receive":
                yield from receive_takes_text(project, consumer, method)
                continue
            given = 1 if arguments else 0
            least, most = positional(method)
            if given > most and given == 1:
                error = (
                    f"takes {most + 1} positional argument but {given + 1} were given"
                )
                end = project.source_of(method).range_of(method.args.args[-1])[1]
                edit = Edit(method.file, end, end, f", {arguments}")
                yield arguments_wrong(consumer, method, error, arguments, edit)
            elif given < least:
                missing = method.args.args[given + 1 :][: least - given]
                names = " and ".join(repr(one.arg) for one in missing[:2])
                plural = "argument" if len(missing) == 1 else "arguments"
                error = f"missing {len(missing)} required positional {plural}: {names}"
                yield arguments_wrong(consumer, method, error, arguments)


def arguments_wrong(
    consumer: Consumer, method: ast.AST, error: str, arguments: str, *edits: Edit
) -> Finding:
    """Return the finding for a method that Channels can't call."""
    name = f"{consumer.node.name}.{method.name}()"
    right = f"{method.name}(self, {arguments})" if arguments else f"{method.name}(self)"
    effect = EFFECTS.get(method.name, "the socket closes with 1011")
    words = {"method": name, "error": error, "right": right, "effect": effect}
    return say("wrong-arguments", method, *edits, is_certain=bool(edits), **words)


# Which of Channels' methods calls a hook.
CALLED_BY = {
    "connect": "websocket_connect",
    "disconnect": "websocket_disconnect",
    "receive": "websocket_receive",
    "receive_json": "receive",
}
EFFECTS = {
    "connect": "the handshake fails with HTTP 500",
    "disconnect": "only the server's log shows it, and nothing in disconnect() runs",
    "websocket_connect": "the handshake fails with HTTP 500",
}


def receive_takes_text(
    project: Project, consumer: Consumer, method: ast.AST
) -> Iterator[Finding]:
    """receive() takes text_data, by that name."""
    arguments = method.args
    names = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}
    if "text_data" in names or arguments.kwarg or not consumer.is_websocket:
        return
    error = "got an unexpected keyword argument 'text_data'"
    yield arguments_wrong(consumer, method, error, HOOKS["receive"])


def hooks_have_their_names(project: Project) -> Iterator[Finding]:
    """A method that Channels should call has the name that Channels calls."""
    suspects = [
        (consumer, method, right)
        for consumer in project.consumers
        if consumer.is_known and consumer.generic
        for method in consumer.node.body
        if isinstance(method, Function) and not method.decorator_list
        if (right := right_name(method.name, consumer))
        if not any(right in one.methods for one in [consumer, *consumer.heirs])
    ]
    if not suspects:
        return
    mentioned = {node.attr for node in project.nodes(ast.Attribute)}
    for node in project.nodes(ast.Constant):
        if isinstance(node.value, str):
            mentioned.add(node.value.replace(".", "_"))
    for consumer, method, right in suspects:
        name = method.name
        if name not in mentioned:
            source = project.source_of(method)
            edit = source.replace_text(method.lineno, name, right)
            effect = f"so Channels' own {right}() runs in its place"
            if not consumer.is_websocket:
                kind = right.replace("_", ".")
                error = f"ValueError: No handler for message type {kind}"
                effect = f'so the socket fails with "{error}"'
            words = {"wrong": name, "right": right, "effect": effect}
            yield say("misspelled-method", method, edit, **words)


CHECKS = [
    sync_consumers_are_plain,
    async_consumers_are_async,
    methods_take_their_arguments,
    hooks_have_their_names,
]
