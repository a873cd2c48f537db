"""Where the names in a function, class or module get their values."""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from channels_doctor.python_code import Function, body_of


class Taken(NamedTuple):
    """One place that gives a name its value.

    `how` is "value", "item" (of a loop over it), "pair" (the first of two), "class",
    "parameter" (by its annotation), or "unknown".
    """

    how: str
    node: ast.AST


Found = dict[str, list[Taken]]


class Names:
    """Finds those places, once for each function, class and module."""

    def __init__(self) -> None:
        self.found: dict[ast.AST, Found] = {}

    def in_function(self, function: Function) -> Found:
        """Return where the parameters and local names of a function come from."""
        if function not in self.found:
            self.found[function] = collect(
                [*parameters(function), *places(body_of(function))]
            )
        return self.found[function]

    def in_module(self, tree: ast.Module) -> Found:
        """Return where the names of a module come from; not those that it imports."""
        if tree not in self.found:
            self.found[tree] = collect(places(body_of(tree)))
        return self.found[tree]

    def in_class(self, node: ast.ClassDef) -> Found:
        """Return where the attributes come from that the methods set on `self`."""
        if node not in self.found:
            methods = [part for part in node.body if isinstance(part, Function)]
            inside = (one for method in methods for one in places(body_of(method)))
            found = [
                (name.removeprefix("self."), one)
                for name, one in inside
                if name.startswith("self.")
            ]
            own = [(part, Taken("unknown", node)) for part in own_names(node)]
            self.found[node] = collect([*found, *own])
        return self.found[node]


def collect(found: Iterable[tuple[str, Taken]]) -> Found:
    """Sort the places by name."""
    sorted_places: Found = {}
    for name, one in found:
        sorted_places.setdefault(name, []).append(one)
    return sorted_places


def own_names(node: ast.ClassDef) -> Iterator[str]:
    """Yield the methods and properties of a class: they're no plain attributes."""
    for part in node.body:
        if isinstance(part, Function):
            yield part.name


def parameters(function: Function) -> Iterator[tuple[str, Taken]]:
    """Yield a function's parameters."""
    given = function.args
    for one in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
        how = "parameter" if one.annotation else "unknown"
        yield one.arg, Taken(how, one.annotation or one)
    for one in filter(None, (given.vararg, given.kwarg)):
        yield one.arg, Taken("unknown", one)


def places(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, Taken]]:
    """Yield each place where code gives a name a value: name, place."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from into(target, "value", value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from into(target, "value", value)
            case ast.NamedExpr(target=target, value=value):
                yield from into(target, "value", value)
            case (
                ast.For(target=target, iter=rows)
                | ast.AsyncFor(target=target, iter=rows)
                | ast.comprehension(target=target, iter=rows)
            ):
                yield from into(target, "item", rows)
            case (
                ast.AugAssign(target=target)
                | ast.withitem(optional_vars=ast.expr() as target)
            ):
                yield from into(target, "unknown", node)
            case ast.ExceptHandler(name=str(name)):
                yield name, Taken("unknown", node)
            case ast.ClassDef(name=name):
                yield name, Taken("class", node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, Taken("unknown", node)


def into(target: ast.expr, how: str, value: ast.AST) -> Iterator[tuple[str, Taken]]:
    """Yield the names of one target; of two, the first gets the first value."""
    match target:
        case ast.Name(id=name):
            yield name, Taken(how, value)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            yield f"self.{name}", Taken(how, value)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for number, part in enumerate(parts):
                is_pair = how == "value" and number == 0 and len(parts) == 2
                yield from into(part, "pair" if is_pair else "unknown", value)
        case ast.Starred(value=inner):
            yield from into(inner, "unknown", value)
