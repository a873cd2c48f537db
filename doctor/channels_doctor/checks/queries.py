"""Checks of what async functions wait for: the database, the disk, other servers."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import dotted

BLOCKING = {
    "time.sleep": "Write await asyncio.sleep(…)",
    "requests.get": "Write await asyncio.to_thread(requests.get, …)",
    "requests.post": "Write await asyncio.to_thread(requests.post, …)",
    "urllib.request.urlopen": "Write await asyncio.to_thread(urlopen, …)",
    "subprocess.run": "Write await asyncio.to_thread(subprocess.run, …)",
}


# Each of them has an asynchronous sister: get and aget.
QUERIES = {
    "aggregate",
    "bulk_create",
    "count",
    "create",
    "delete",
    "earliest",
    "exists",
    "first",
    "get",
    "get_or_create",
    "in_bulk",
    "last",
    "latest",
    "update",
    "update_or_create",
}


def async_functions_do_not_block(project: Project) -> Iterator[Finding]:
    """An async function waits without holding up the others."""
    imported = {
        (node.file, alias.asname or alias.name): f"{node.module}.{alias.name}"
        for node in project.nodes(ast.ImportFrom)
        for alias in node.names
    }
    for node in project.nodes_in_async_functions():
        if isinstance(node, ast.Call):
            path = dotted(node.func)
            full_path = imported.get((node.file, path), path)
            if instead := BLOCKING.get(full_path):
                yield say("blocking", node, call=path, instead=instead)


def async_functions_await_their_queries(project: Project) -> Iterator[Finding]:
    """An async function asks the database by aget, acreate and so on."""
    for node in project.nodes_in_async_functions():
        match node:
            case ast.Call(func=ast.Attribute(attr=verb) as function):
                path = dotted(function)
                if verb in QUERIES and ".objects." in path:
                    instead = f"Write await {path.removesuffix(verb)}a{verb}(…)"
                    yield say("sync-orm", node, call=path, instead=instead)


def async_functions_loop_well_over_queries(project: Project) -> Iterator[Finding]:
    """An async function goes through rows by `async for`."""
    for node in project.nodes_in_async_functions():
        match node:
            case (
                ast.For(iter=rows)
                | ast.comprehension(iter=rows, is_async=0)
                | ast.Call(func=ast.Name(id="list" | "len"), args=[rows])
            ):
                path = dotted(rows).removesuffix("()")
                # Of objects.count() the check above has spoken already.
                if ".objects." in path and path.rpartition(".")[2] not in QUERIES:
                    instead = f"Write async for item in {path}(…)"
                    yield say("sync-orm", rows, call=path, instead=instead)


CHECKS = [
    async_functions_do_not_block,
    async_functions_await_their_queries,
    async_functions_loop_well_over_queries,
]
