"""Checks of what is awaited: coroutines, and functions that are turned into them."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import GROUP_VERBS, Consumer, self_call
from channels_doctor.consumer_methods import hooks_of
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted, last_name
from channels_doctor.walks import body_of

# What they make out of a function, and whether the result is awaited.
TO_ASYNC = {
    "asgiref.sync.sync_to_async",
    "channels.db.database_sync_to_async",
}
TO_SYNC = "asgiref.sync.async_to_sync"


def coroutines_are_awaited(project: Project) -> Iterator[Finding]:
    """A consumer awaits its own coroutines."""
    for consumer in project.consumers:
        coroutines = coroutines_of(consumer)
        hooks = hooks_of(project, consumer)
        for method in consumer.node.body:
            if not isinstance(method, Function):
                continue
            is_async = isinstance(method, ast.AsyncFunctionDef)
            if not is_async and method.name in hooks:
                continue  # the hook itself has to become async: another check says so
            for node in body_of(method):
                yield from unawaited(project, node, coroutines, is_async)


def unawaited(
    project: Project, node: ast.AST, coroutines: set[str], is_async: bool
) -> Iterator[Finding]:
    """Yield the finding for a statement, or a condition, that is a bare coroutine."""
    match node:
        case ast.Expr(value=ast.Call() as call):
            name = "not-awaited"
        case (
            ast.If(test=ast.Call() as call)
            | ast.If(test=ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call))
        ):
            name = "always-true"
        case _:
            return
    method = self_call(call)
    if method in coroutines and method != "disconnect":
        edits = (
            (project.source_of(call).wrap(call, "await ", "")[:1]) if is_async else ()
        )
        yield say(name, call, *edits, is_certain=is_async, call=dotted(call.func))


def coroutines_of(consumer: Consumer) -> set[str]:
    """Return the methods of a consumer that have to be awaited."""
    names = set()
    if any(base.startswith("Async") for base in consumer.bases):
        names = {"send", "send_json", "accept", "close"}
    for name, method in consumer.methods.items():
        decorators = " ".join(map(dotted, method.decorator_list))
        is_plain = isinstance(method, ast.FunctionDef)
        if "sync_to_async" in decorators:
            names.add(name)
        elif not method.decorator_list:
            names -= {name} if is_plain else set()
            names |= set() if is_plain or is_generator(method) else {name}
    return names


def is_generator(method: ast.AST) -> bool:
    """Calling it runs nothing; `async for` does."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in body_of(method))


def layer_calls_are_awaited(project: Project) -> Iterator[Finding]:
    """A message to a group is sent, not only made."""
    hooks, helpers = set(), set()
    for consumer in project.consumers:
        if consumer.is_async:
            called = hooks_of(project, consumer)
            for name, method in consumer.methods.items():
                (hooks if name in called else helpers).add(method)
    for function in project.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        is_async = isinstance(function, ast.AsyncFunctionDef)
        for node in body_of(function):
            match node:
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr=verb) as path)):
                    if verb not in GROUP_VERBS:
                        continue
                    call = dotted(path)
                    if is_async:
                        edit = project.source_of(node).wrap(node, "await ", "")[0]
                        yield say("not-awaited", node, edit, is_certain=True, call=call)
                    elif function in helpers:
                        yield say("not-awaited-helper", node, call=call)
                    elif function not in hooks:  # those have a check of their own
                        edits = wrapped_in_sync(project, path)
                        yield say("not-awaited-sync", node, *edits, call=call)


def wrapped_in_sync(project: Project, path: ast.AST) -> tuple[Edit, ...]:
    """Return the edits that wrap a function in async_to_sync, and import it."""
    wrapper = project.imported_names.short_name(path.file, TO_SYNC) or "async_to_sync"
    wrap = project.source_of(path).wrap(path, f"{wrapper}(", ")")
    return *wrap, *project.importing(path, TO_SYNC)


def parentheses_are_in_place(project: Project) -> Iterator[Finding]:
    """async_to_sync gets a function, not the coroutine that calling it makes."""
    functions = {function.name for function in project.nodes(ast.AsyncFunctionDef)}
    for call in project.nodes(ast.Call):
        match call:
            case ast.Call(func=outer, args=[ast.Call(func=inner)]):
                if project.imported_names.full_name(outer) == TO_SYNC and (
                    last_name(inner) in GROUP_VERBS | functions
                ):
                    yield parenthesis(project, call)


def parenthesis(project: Project, call: ast.Call) -> Finding:
    """Return the finding for async_to_sync(f(x)), with async_to_sync(f)(x) as its diff."""
    inner = call.args[0]
    edits = moved_parenthesis(project, inner, call)
    return say("parenthesis", call, *edits, is_certain=True, call=dotted(inner.func))


def moved_parenthesis(
    project: Project, inner: ast.Call, outer: ast.Call
) -> tuple[Edit, ...]:
    """Return the edits that make wrapper(f)(x) of wrapper(f(x)), or of wrapper(f(x))()."""
    source = project.source_of(outer)
    start = source.range_of(inner.func)[1]
    return (
        Edit(source.file, start, start, ")"),
        Edit(source.file, source.range_of(inner)[1], source.range_of(outer)[1], ""),
    )


def threads_get_functions(project: Project) -> Iterator[Finding]:
    """database_sync_to_async gets a function, and what it returns is called."""
    plain = {function.name for function in project.nodes(ast.FunctionDef)}
    plain -= {function.name for function in project.nodes(ast.AsyncFunctionDef)}
    factories = {
        function.name
        for function in project.nodes(ast.FunctionDef)
        if any(isinstance(node, Function | ast.Lambda) for node in body_of(function))
        or any(last_name(node) == "partial" for node in body_of(function))
    }
    for node in project.nodes(ast.Await):
        match node.value:
            case (
                ast.Call(func=ast.Call(func=wrapper, args=[given, *_]))
                | ast.Call(func=wrapper, args=[given, *_])
            ):
                full_name = project.imported_names.full_name(wrapper)
                if full_name not in TO_ASYNC:
                    continue
                word = last_name(wrapper)
                name = dotted(given).removesuffix("()")
                if isinstance(given, ast.Call):
                    if last_name(given.func) in plain - factories:
                        edits = moved_parenthesis(project, given, node.value)
                        yield say(
                            "thread-parenthesis", node, *edits, wrapper=word, call=name
                        )
                elif node.value.func is wrapper and len(node.value.args) == 1:
                    edit = project.source_of(node).wrap(node, "", "()")[1]
                    kind = KINDS[word] if word in KINDS else "SyncToAsync"
                    yield say(
                        "thread-not-called",
                        node,
                        edit,
                        wrapper=word,
                        call=name,
                        kind=kind,
                    )


KINDS = {
    "database_sync_to_async": "DatabaseSyncToAsync",
    "sync_to_async": "SyncToAsync",
}


def async_code_needs_no_async_to_sync(project: Project) -> Iterator[Finding]:
    """An async function awaits, and leaves async_to_sync to plain ones."""
    skipped = {
        id(method)
        for consumer in project.consumers
        if consumer.is_sync
        for method in consumer.methods.values()
    }
    for function in project.nodes(ast.AsyncFunctionDef):
        if id(function) in skipped:  # it never runs: another check says so
            continue
        for node in body_of(function):
            match node:
                case ast.Call(func=ast.Call(func=wrapper, args=[inner])):
                    if project.imported_names.full_name(wrapper) == TO_SYNC:
                        source = project.source_of(node)
                        edit = source.replace(node.func, f"await {source.code(inner)}")
                        yield say(
                            "async-to-sync-in-async", node, edit, call=dotted(inner)
                        )


def tasks_are_kept(project: Project) -> Iterator[Finding]:
    """A task that takes its time is kept somewhere."""
    lasting = {
        function.name
        for function in project.nodes(ast.AsyncFunctionDef)
        if takes_its_time(project, function)
    }
    for node in project.nodes(ast.Expr) if lasting else ():
        match node.value:
            case ast.Call(func=function, args=[ast.Call(func=coroutine), *_]):
                full_name = project.imported_names.full_name(function)
                if full_name in ("asyncio.create_task", "asyncio.ensure_future"):
                    if last_name(coroutine) in lasting:
                        words = {
                            "call": dotted(function),
                            "coroutine": dotted(coroutine),
                        }
                        yield say("task-not-kept", node, **words)


def takes_its_time(project: Project, function: ast.AST) -> bool:
    """A function sleeps, or loops."""
    return any(
        isinstance(node, ast.While | ast.AsyncFor)
        or isinstance(node, ast.Call)
        and project.imported_names.full_name(node.func) == "asyncio.sleep"
        for node in body_of(function)
    )


CHECKS = [
    coroutines_are_awaited,
    layer_calls_are_awaited,
    parentheses_are_in_place,
    threads_get_functions,
    async_code_needs_no_async_to_sync,
    tasks_are_kept,
]
