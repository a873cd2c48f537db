"""Looking around in parsed Python: the paths to things, calls, function bodies."""

import ast
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse(file: str, data: bytes) -> ast.Module:
    """Parse a file. Each piece of code remembers its file, so that it can be named.

    It also remembers what it's part of (`parent`); the module remembers every piece of it
    (`nodes`, in the order of the text), because going through a tree is what costs time.
    """
    with warnings.catch_warnings():  # an odd "\w" in a student's text is not our matter
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
    tree.parent = None
    tree.nodes = []
    aliases: dict[str, str] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        node.file = file
        tree.nodes.append(node)
        if type(node) in (ast.Import, ast.ImportFrom):
            named = (one for one in node.names if one.asname)
            aliases |= {one.asname: one.name for one in named}
        children = children_of(node)
        for child in children:
            child.parent = node
        waiting += reversed(children)
    if aliases:
        remember_real_names(tree.nodes, aliases)
    tree.by_kind = by_kind(tree.nodes)
    return tree


def by_kind(nodes: Iterable[ast.AST]) -> dict[type[ast.AST], list[ast.AST]]:
    """Sort pieces of code by what they are."""
    sorted_nodes: dict[type[ast.AST], list[ast.AST]] = {}
    for node in nodes:
        sorted_nodes.setdefault(type(node), []).append(node)
    return sorted_nodes


def find(tree: ast.Module, *kinds: type[ast.AST]) -> list[Any]:
    """Return every such piece of code in a module, without walking through it again."""
    if not hasattr(tree, "by_kind"):
        tree.by_kind = by_kind(ast.walk(tree))
    return [node for kind in kinds for node in tree.by_kind.get(kind, ())]


def remember_real_names(nodes: list[ast.AST], aliases: dict[str, str]) -> None:
    """Let `rota`, after `from django.urls import path as rota`, be known as path.

    The checks ask `dotted` and `last_name`, so none has to think of it. A name that the module
    gives to something else as well is left alone.
    """
    uses = []
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in aliases:
            if isinstance(node.ctx, ast.Load):
                uses.append(node)
            else:
                aliases.pop(node.id)
        elif isinstance(node, ast.arg):
            aliases.pop(node.arg, None)
        elif isinstance(node, Function | ast.ClassDef):
            aliases.pop(node.name, None)
    for node in uses:
        if node.id in aliases:
            node.real = aliases[node.id]


# Where each kind keeps other pieces. The commonest kinds are written down, because most of
# their fields are text; children_of adds the others when it meets them.
PARTS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Name: (),
    ast.Constant: (),
    ast.alias: (),
    ast.Attribute: ("value",),
    ast.keyword: ("value",),
    ast.arg: ("annotation",),
}


def children_of(node: ast.AST) -> list[ast.AST]:
    """Return the pieces that a piece of code is made of.

    As ast.iter_child_nodes does, but several times as fast, and without load and store: they
    are the same few objects everywhere, so they have no place.
    """
    kind = type(node)
    if kind not in PARTS:
        PARTS[kind] = tuple(name for name in kind._fields if name not in ("ctx", "op"))
    children = []
    for name in PARTS[kind]:
        value = getattr(node, name, None)
        if isinstance(value, list):
            children += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            children.append(value)
    return children


def ancestors_of(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a piece of code is part of, from the inside out."""
    while node := node.parent:
        yield node


def dotted(node: ast.AST) -> str:
    """Return `a.b(c)[0].d` as "a.b().d": the path to a thing, without arguments.

    A name that was imported `as` another is returned as it's called where it comes from.
    """
    kind = type(node)  # faster than a match statement, and nothing runs more often
    if kind is ast.Name:
        return getattr(node, "real", node.id)
    if kind is ast.Attribute:
        return f"{dotted(node.value)}.{node.attr}"
    if kind is ast.Call:
        return dotted(node.func) + "()"
    if kind is ast.Subscript:
        return dotted(node.value)
    return "?"


def written(node: ast.AST) -> str:
    """Return the path to a thing as this file writes it, whatever it's called elsewhere."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{written(node.value)}.{node.attr}"
        case ast.Call():
            return written(node.func) + "()"
        case ast.Subscript():
            return written(node.value)
    return "?"


def last_name(node: ast.AST) -> str:
    """Return the last name of that path: "d"."""
    if type(node) is ast.Attribute:
        return node.attr
    return dotted(node).rpartition(".")[2]


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Yield every call in a piece of code."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def body_of(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function, without what stands in functions inside it.

    What was found is kept with the function, because many checks ask for it.
    """
    if not hasattr(function, "inside"):
        function.inside = []
        waiting = children_of(function)[::-1]
        while waiting:
            node = waiting.pop()
            function.inside.append(node)
            if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
                waiting += reversed(children_of(node))
    yield from function.inside
