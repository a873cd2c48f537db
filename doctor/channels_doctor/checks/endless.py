"""Checks of loops and tasks: does a consumer get round to the next frame, and to its end?"""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, self_call
from channels_doctor.consumer_methods import hooks_of
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted
from channels_doctor.walks import body_of, walk, words_in

# What a sync consumer does besides.
THREAD = (
    " Being sync, it isn't killed: it keeps one of the server's few threads for good, and"
    " the server doesn't stop at Ctrl-C any more."
)
TASK_WORDS = {"create_task", "ensure_future"}
TASK_MAKERS = ("asyncio.create_task", "asyncio.ensure_future")


def handlers_return(project: Project) -> Iterator[Finding]:
    """A method that Channels calls returns, so that Channels can call the next."""
    for consumer in project.consumers:
        if not any(name.startswith("websocket_") for name in consumer.methods):
            if not consumer.is_websocket:
                continue  # a worker's: it may well do one thing for ever
        hooks = hooks_of(project, consumer)
        for method in consumer.node.body:
            if isinstance(method, Function) and method.name in hooks:
                yield from loops_reached(project, consumer, method)


def loops_reached(
    project: Project, consumer: Consumer, hook: ast.AST
) -> Iterator[Finding]:
    """Yield the endless loop of a hook, or of a method that it waits for."""
    if consumer.is_sync and isinstance(hook, ast.AsyncFunctionDef):
        return
    reached = [hook]
    for method in reached:  # it grows while we go through it
        for loop in body_of(method):
            if is_endless(loop):
                edits = ()
                if method is hook and consumer.is_async:
                    edits = as_task(project, consumer, hook, loop)
                thread = "" if consumer.is_async else THREAD
                yield say("endless-loop", loop, *edits, method=hook.name, thread=thread)
                return
        for call in awaited_calls(method):
            inner = consumer.methods.get(self_call(call))
            if inner and inner not in reached:
                reached.append(inner)


def awaited_calls(method: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls that a method waits for; in a plain one, that's each statement."""
    waits = ast.Await if isinstance(method, ast.AsyncFunctionDef) else ast.Expr
    for node in body_of(method):
        if isinstance(node, waits) and isinstance(node.value, ast.Call):
            yield node.value


def is_endless(loop: ast.AST) -> bool:
    """It's `while True` without any way out."""
    match loop:
        case ast.While(test=ast.Constant(value=True | 1)):
            return not any(leaves(statement, in_loop=False) for statement in loop.body)
    return False


def leaves(node: ast.AST, in_loop: bool) -> bool:
    """A piece of code may leave the loop around it."""
    if isinstance(node, ast.Return | ast.Raise):
        return True
    if isinstance(node, ast.Break):
        return not in_loop
    if isinstance(node, Function | ast.Lambda | ast.ClassDef):
        return False
    inner = in_loop or isinstance(node, ast.For | ast.AsyncFor | ast.While)
    return any(leaves(child, inner) for child in ast.iter_child_nodes(node))


def as_task(
    project: Project, consumer: Consumer, hook: ast.AST, loop: ast.While
) -> tuple[Edit, ...]:
    """Return the edits that put a loop into a task, which disconnect() cancels."""
    local = {
        node.id
        for node in body_of(hook)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    local |= {one.arg for one in hook.args.args[1:]}
    used = {node.id for node in walk(loop) if isinstance(node, ast.Name)}
    taken = {"tick", "ticker"} & {word for word in consumer.methods}
    disconnect = consumer.own_method("disconnect")
    is_usual = hook.name == "connect" and loop is hook.body[-1]
    if (
        local & used
        or taken
        or not is_usual
        or "self.ticker" in ast.unparse(consumer.node)
    ):
        return ()
    if not disconnect and "disconnect" in consumer.methods:
        return ()
    source = project.source_of(loop)
    indent, inner = source.indent(hook.lineno), source.indent(loop.lineno)
    lines = source.lines[loop.lineno - 1 : loop.end_lineno]
    body = "".join(line.replace("\r\n", "\n") for line in lines).rstrip("\n")
    create = project.imported_names.short_name(loop.file, "asyncio") or "asyncio"
    new = f"{inner}self.ticker = {create}.create_task(self.tick())\n"
    if not disconnect:
        new += f"\n{indent}async def disconnect(self, code):\n{inner}self.ticker.cancel()\n"
    new += f"\n{indent}async def tick(self):\n{body}\n"
    edits = [
        source.delete_lines(loop.lineno, loop.end_lineno),
        source.insert_after(loop.end_lineno, new, ""),
        *project.importing(loop, "asyncio"),
    ]
    if disconnect:
        edits.append(cancel_in(project, disconnect, "self.ticker"))
    return tuple(edits)


def cancel_in(project: Project, disconnect: ast.AST, task: str) -> Edit:
    """Return the edit that cancels a task at the beginning of disconnect()."""
    source, first = project.source_of(disconnect), disconnect.body[0]
    if isinstance(first, ast.Pass):
        return source.replace(first, f"{task}.cancel()")
    return source.insert_before(first.lineno, f"{task}.cancel()")


def tasks_end_with_the_socket(project: Project) -> Iterator[Finding]:
    """A consumer cancels its endless tasks when the socket closes."""
    for consumer in project.consumers:
        if not consumer.is_async or not consumer.is_known:
            continue
        if not any(words_in(one) & TASK_WORDS for one in consumer.family):
            continue
        text = "\n".join(ast.unparse(one) for one in consumer.family)
        for node in walk(consumer.node):
            match node:
                case ast.Assign(
                    targets=[ast.Attribute() as target], value=ast.Call() as call
                ):
                    name = dotted(target)
                    is_task = project.imported_names.full_name(call.func) in TASK_MAKERS
                    if not is_task or not runs_forever(consumer, call):
                        continue
                    if name.startswith("self.") and f"{name}.cancel" not in text:
                        if is_only_assigned(text, name):
                            yield not_cancelled(project, consumer, node, name)


def runs_forever(consumer: Consumer, call: ast.Call) -> bool:
    """The task of asyncio.create_task(self.method()) never ends by itself."""
    inner = call.args[0] if call.args else None
    method = consumer.methods.get(self_call(inner)) if inner else None
    return method is not None and any(is_endless(node) for node in body_of(method))


def is_only_assigned(text: str, name: str) -> bool:
    """A task is kept, but nothing is done with it: it isn't handed to a helper."""
    return text.count(name) == text.count(f"{name} = ")


def not_cancelled(
    project: Project, consumer: Consumer, node: ast.Assign, name: str
) -> Finding:
    """Return the finding for a task that outlives its socket."""
    disconnect = consumer.own_method("disconnect")
    connect = consumer.own_method("connect")
    edits = ()
    if disconnect and connect and node in connect.body:
        if not any(isinstance(one, ast.Return) for one in walk(connect)):
            edits = (cancel_in(project, disconnect, name),)
    return say("task-not-cancelled", node, *edits, task=name)


CHECKS = [
    handlers_return,
    tasks_end_with_the_socket,
]
