"""Looking around in parsed Python: the paths to things, calls, function bodies."""

import ast
import warnings
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse(file: str, data: bytes) -> ast.Module:
    """Parse a file. Each piece of code remembers its file, so that it can be named."""
    with warnings.catch_warnings():  # an odd "\w" in a student's text is not our matter
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
    for node in ast.walk(tree):
        node.file = file
    return tree


def dotted(node: ast.AST) -> str:
    """Return `a.b(c)[0].d` as "a.b().d": the path to a thing, without arguments."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return dotted(node.func) + "()"
        case ast.Subscript():
            return dotted(node.value)
    return "?"


def last_name(node: ast.AST) -> str:
    """Return the last name of that path: "d"."""
    return dotted(node).rpartition(".")[2]


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Yield every call in a piece of code."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def body_of(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function, without what stands in functions inside it."""
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            yield from body_of(child)
