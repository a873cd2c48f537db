"""Checks of the plain functions that async ones call: do they ask the database?"""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.async_edits import awaited
from channels_doctor.checks.queries import ROWS_OWN, is_query, read_by
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.functions import is_plain
from channels_doctor.held import is_rows
from channels_doctor.project import Project
from channels_doctor.python_code import Function, body_of, dotted, last_name


def helpers_that_ask_run_in_a_thread(project: Project) -> Iterator[Finding]:
    """An async function doesn't call a plain one that asks the database."""
    if project.allows_sync_queries:
        return
    for call in project.nodes_in_async_functions():
        if isinstance(call, ast.Call):
            function = function_run_by(project, call)
            if isinstance(call.parent, ast.Await) and dotted(call).startswith("self."):
                continue  # a subclass may have an async method of that name
            query = first_query(project, function) if is_plain(function) else None
            if query is not None:
                yield sync_helper(project, call, query)


def function_run_by(project: Project, call: ast.Call) -> Function | None:
    """Return the function of the project that a call runs; a row's own method, too."""
    if isinstance(call.func, ast.Attribute):
        held = project.rows.held_by(call.func.value)
        if held and held.kind == "row" and held.model:
            method = held.model.own.get(call.func.attr)
            is_own = isinstance(method, Function) and call.func.attr not in ROWS_OWN
            return method if is_own else None
    return project.functions.meant_by(call.func)


def first_query(project: Project, function: Function, depth: int = 3) -> ast.AST | None:
    """Return the first query that a plain function sends, itself or through another."""
    if function.name == "__init__" or handles_the_loop(function):
        return None
    for node in body_of(function):
        if isinstance(node, ast.Call):
            if is_query(project.rows, node):
                return node
            helper = function_run_by(project, node)
            if depth and is_plain(helper) and helper is not function:
                if found := first_query(project, helper, depth - 1):
                    return found
        for rows in read_by(node):
            if is_rows(project.rows.held_by(rows)):
                return rows
    return None


def handles_the_loop(function: Function) -> bool:
    """Tell whether a function looks first whether it runs in an event loop."""
    names = {
        last_name(one) for one in body_of(function) if isinstance(one, ast.Attribute)
    }
    return bool(names & {"get_running_loop", "async_unsafe", "current_thread"})


def sync_helper(project: Project, call: ast.Call, query: ast.AST) -> Finding:
    """Say that a plain function asks the database, with both places."""
    source = project.source_of(call)
    place = f"{query.file}:{query.lineno}"
    name = source.code(call.func)
    edits: list[Edit] = []
    if isinstance(call.parent, ast.Await) or not awaited(source, call):
        edits = []
    else:
        edits = [
            *awaited(source, call),
            *source.wrap(call.func, "database_sync_to_async(", ")"),
            *project.importing(call, "channels.db.database_sync_to_async"),
        ]
    return say("sync-helper", call, *edits, helper=f"{name}(…)", place=place, name=name)


CHECKS = [helpers_that_ask_run_in_a_thread]
