"""Checks of what is sent to a thread: database_sync_to_async, and transactions."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.checks.transactions import is_atomic
from channels_doctor.finding import Finding
from channels_doctor.functions import TO_THREAD, Functions, decorators, is_generator
from channels_doctor.project import Project
from channels_doctor.python_code import Function, last_name

SYNC_ONLY = (
    "SynchronousOnlyOperation: You cannot call this from an async context - use a thread"
    " or sync_to_async."
)


def threads_get_plain_functions(project: Project) -> Iterator[Finding]:
    """database_sync_to_async is given a function that can run in a thread."""
    functions: Functions = project.functions
    for function in project.nodes(ast.AsyncFunctionDef, ast.FunctionDef):
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if last_name(called) in TO_THREAD:
                yield from unfit(project, decorator, function, last_name(called))
    for call in project.nodes(ast.Call):
        if last_name(call.func) in TO_THREAD and len(call.args) == 1:
            inner = functions.meant_by(call.args[0])
            if inner is not None and not decorators(inner):
                yield from unfit(project, call, inner, last_name(call.func))


def unfit(
    project: Project, at: ast.expr, function: Function, wrapper: str
) -> Iterator[Finding]:
    """Say what's wrong with a function that is sent to a thread, if anything is."""
    source = project.source_of(at)
    is_decorator = at in function.decorator_list
    if isinstance(function, ast.AsyncFunctionDef):
        edits = []
        if is_decorator:
            edits = [source.delete_lines(at.lineno, at.end_lineno)]
        elif isinstance(at, ast.Call):
            edits = [source.replace(at, source.code(at.args[0]))]
        name = "async-in-thread" if is_decorator else "async-in-thread-call"
        yield say(name, at, *edits, name=function.name, wrapper=wrapper)
    elif is_generator(function):
        yield say("generator-in-thread", at, name=function.name, wrapper=wrapper)


def transactions_are_in_threads(project: Project) -> Iterator[Finding]:
    """No async function opens a transaction itself."""
    if project.allows_sync_queries:
        return
    for node in project.nodes_in_async_functions():
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if is_atomic(project, item.context_expr):
                    yield atomic(node, item.context_expr)
    for function in project.nodes(ast.AsyncFunctionDef):
        for decorator in function.decorator_list:
            if is_atomic(project, decorator):
                yield say("atomic-async", decorator, error=SYNC_ONLY)


def atomic(node: ast.With | ast.AsyncWith, context: ast.expr) -> Finding:
    """Say which error the transaction raises."""
    error = (
        "TypeError: 'Atomic' object does not support the asynchronous context manager"
        " protocol"
    )
    if isinstance(node, ast.With):
        error = SYNC_ONLY
    return say("atomic-async", context, error=error)


CHECKS = [threads_get_plain_functions, transactions_are_in_threads]
