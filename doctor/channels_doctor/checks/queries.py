"""Checks of the queries in async functions."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.async_edits import awaited, if_django_has, looped, replaced
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.functions import function_of
from channels_doctor.held import Held, is_rows
from channels_doctor.project import Project
from channels_doctor.python_code import (
    Function,
    ancestors_of,
    body_of,
    dotted,
    last_name,
)
from channels_doctor.rows import Rows

# Each of them has an asynchronous sister: get and aget.
QUERIES = {
    "aggregate",
    "bulk_create",
    "bulk_update",
    "contains",
    "count",
    "create",
    "delete",
    "earliest",
    "exists",
    "explain",
    "first",
    "get",
    "get_or_create",
    "in_bulk",
    "last",
    "latest",
    "update",
    "update_or_create",
}
RELATED = {"add", "clear", "remove", "set"}  # of a related manager, beside those
ROWS_OWN = {"delete", "refresh_from_db", "save"}  # of a row
READERS = {"all", "any", "bool", "dict", "enumerate", "len", "list", "max", "min"}
READERS |= {"print", "reversed", "set", "sorted", "str", "sum", "tuple"}


def async_functions_await_their_queries(project: Project) -> Iterator[Finding]:
    """An async function asks the database by aget, acreate and so on."""
    if project.allows_sync_queries:
        return
    for node in project.nodes_in_async_functions():
        if isinstance(node, ast.Call) and is_query(project.rows, node):
            yield sync_query(project, node)


def is_query(rows: Rows, call: ast.Call) -> bool:
    """Tell whether a call asks the database, there and then."""
    match call.func:
        case ast.Attribute(value=value, attr=verb) if (
            verb in QUERIES | RELATED | ROWS_OWN
        ):
            held = rows.held_by(value)
            if held is None:
                return False
            own = held.model.own if held.model else {}
            if isinstance(own.get(verb), ast.AsyncFunctionDef):
                return False
            if held.kind == "row":
                return verb in ROWS_OWN
            is_related = verb in RELATED and held.kind == "manager"
            is_related = (
                is_related and not str(held.source and held.source.attr) == "objects"
            )
            return held.kind in ("manager", "rows") and (verb in QUERIES or is_related)
    return False


def sync_query(project: Project, call: ast.Call) -> Finding:
    """Say which call to await instead."""
    source = project.source_of(call)
    held = project.rows.held_by(call.func.value)
    verb = call.func.attr
    name = source.range_of(call.func)[1]
    rename = Edit(source.file, name - len(verb), name, f"a{verb}")
    edits = awaited(source, call) or []
    if edits or isinstance(call.parent, ast.Await):
        edits = [*edits, rename]
    path = dotted(call.func)
    advice = f"Write await {path.removesuffix(verb)}a{verb}(…).", edits
    since = (4, 2) if held.kind == "row" or verb in RELATED else (4, 1)
    instead, edits = if_django_has(project, f"a{verb}()", since, advice)
    is_certain = bool(edits) and bool(held.model) and not held.model.has_own_manager
    return say(
        "sync-orm",
        call,
        *edits,
        is_certain=is_certain,
        call=f"{path}(…)",
        instead=instead,
    )


def async_functions_loop_well_over_queries(project: Project) -> Iterator[Finding]:
    """An async function goes through rows by `async for`."""
    if project.allows_sync_queries:
        return
    for node in project.nodes_in_async_functions():
        for rows in read_by(node):
            held = project.rows.held_by(rows)
            if is_rows(held) and not is_read_already(rows):
                code = shown(project, rows)
                advice = instead_of(node, code), edits_for(project, rows, held)
                what = "async for over a query"
                instead, edits = if_django_has(project, what, (4, 1), advice)
                yield say("sync-orm", rows, *edits, call=code, instead=instead)


def read_by(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a piece of code would read from the database if it were a query."""
    match node:
        case ast.For(iter=rows) | ast.comprehension(iter=rows, is_async=0):
            yield rows
        case ast.Call(func=ast.Name(id=name), args=[rows, *_]) if name in READERS:
            if not (
                isinstance(node.parent, ast.comprehension | ast.For) and name == "print"
            ):
                yield rows
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield test
        case ast.UnaryOp(op=ast.Not(), operand=rows):
            yield rows
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[rows]):
            yield rows
        case ast.Subscript(value=rows, slice=index) if not isinstance(index, ast.Slice):
            yield rows
        case ast.Starred(value=rows) | ast.FormattedValue(value=rows):
            yield rows


def is_read_already(rows: ast.AST) -> bool:
    """Tell whether the same variable is read asynchronously, so that its rows are there."""
    function = function_of(rows)
    if not isinstance(rows, ast.Name) or function is None:
        return False
    for node in body_of(function):
        if isinstance(node, ast.Name) and node.id == rows.id and node is not rows:
            match node.parent:
                case ast.AsyncFor() | ast.comprehension(is_async=1):
                    return True
                case ast.Call(args=args) if node in args:
                    if any(isinstance(one, ast.Await) for one in ancestors_of(node)):
                        return True
    return False


def edits_for(project: Project, rows: ast.AST, held: Held) -> list[Edit]:
    """Return the edits that read the rows without holding up the event loop."""
    source = project.source_of(rows)
    code = source.code(rows)
    if "\n" in code:
        return looped(source, rows)
    match rows.parent:
        case ast.For() | ast.comprehension():
            if ".iterator(" not in code:
                return looped(source, rows)
        case ast.Call(func=ast.Name(id="list"), args=[_], keywords=[]) as call:
            return listed(source, call, f"[item async for item in {code}]")
        case ast.Call(func=ast.Name(id="len")) as call:
            return replaced(source, call, f"{code}.acount()")
        case ast.Call(func=ast.Name(id="bool")) as call:
            return replaced(source, call, f"{code}.aexists()")
        case ast.If(test=test) | ast.While(test=test) if test is rows:
            return replaced(source, rows, f"{code}.aexists()")
        case ast.UnaryOp():
            return replaced(source, rows, f"{code}.aexists()")
        case ast.Compare(left=left, ops=[ast.In()]) as compare if not held.are_dicts:
            return replaced(source, compare, f"{code}.acontains({source.code(left)})")
        case ast.Subscript(slice=ast.Constant(value=0)) as first:
            return replaced(source, first, f"{code}.afirst()")
    return []


def listed(source, call: ast.Call, new: str) -> list[Edit]:
    """Return the edit that writes an async comprehension in place of list(…)."""
    return [source.replace(call, new)] if replaced(source, call, new) else []


def shown(project: Project, rows: ast.AST) -> str:
    """Return the query in a word or two."""
    return dotted(rows).removesuffix("()") + (
        "(…)" if isinstance(rows, ast.Call) else ""
    )


def instead_of(node: ast.AST, code: str) -> str:
    """Return what to write in place of what reads the rows."""
    match node:
        case ast.Call(func=ast.Name(id="len")):
            return f"Write await {code}.acount()."
        case ast.If() | ast.While() | ast.IfExp() | ast.UnaryOp():
            return f"Write await {code}.aexists()."
        case ast.Call(func=ast.Name(id="bool")):
            return f"Write await {code}.aexists()."
        case ast.Subscript():
            return f"Write await {code}.afirst(), or aget(…)."
        case ast.Compare():
            return f"Write await {code}.acontains(…)."
        case ast.Call() | ast.Starred() | ast.FormattedValue():
            return f"Write [item async for item in {code}]."
    return f"Write async for item in {code}."


def rows_have_their_relations(project: Project) -> Iterator[Finding]:
    """An async function follows only the relations that were loaded with the row."""
    if project.allows_sync_queries:
        return
    said = set()
    for node in project.nodes_in_async_functions():
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            held = project.rows.held_by(node.value)
            if held and held.kind == "row" and held.model and held.loaded is not None:
                is_new = (function_of(node), dotted(node)) not in said
                is_relation = (
                    node.attr in held.model.one and node.attr not in held.loaded
                )
                if is_new and is_relation and not may_be_loaded(node):
                    said.add((function_of(node), dotted(node)))
                    yield lazy_relation(project, node, held)


def may_be_loaded(node: ast.Attribute) -> bool:
    """Tell whether other code gets the row first, or sets the relation."""
    name = dotted(node.value)
    place = function_of(node)
    if not isinstance(place, Function):
        return True
    for one in ast.walk(place):
        if isinstance(one, ast.Attribute) and not isinstance(one.ctx, ast.Load):
            if dotted(one) == dotted(node):
                return True
        elif isinstance(one, ast.Call | ast.Lambda) and one is not node.parent:
            given = (
                [*one.args, *(word.value for word in one.keywords)]
                if (isinstance(one, ast.Call))
                else list(ast.walk(one.body))
            )
            is_reader = isinstance(one, ast.Call) and last_name(one.func) == "print"
            if not is_reader and name in map(dotted, given):
                return True
    return False


def lazy_relation(project: Project, node: ast.Attribute, held: Held) -> Finding:
    """Say that this attribute asks the database, and where to load it."""
    path, relation = dotted(node), node.attr
    if held.is_user:
        target = held.model.one[relation]
        instead = f"Load it: await {target}.objects.aget(…) for this user."
        return say("lazy-relation", node, path=path, instead=instead)
    edits = []
    if held.source is not None:
        source = project.source_of(held.source)
        edits = [source.wrap(held.source, "", f'.select_related("{relation}")')[1]]
    instead = f'Load it with the row: add .select_related("{relation}") to the query.'
    return say("lazy-relation", node, *edits, path=path, instead=instead)


CHECKS = [
    async_functions_await_their_queries,
    async_functions_loop_well_over_queries,
    rows_have_their_relations,
]
