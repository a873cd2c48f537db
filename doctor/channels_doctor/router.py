"""The ASGI application of a project: which protocols its router takes, and where that's written."""

import ast
from typing import Any, NamedTuple

from channels_doctor.modules import statements_run
from channels_doctor.python_code import calls_in, dotted, last_name
from channels_doctor.settings import UNKNOWN, value_of


class Router(NamedTuple):
    """A ProtocolTypeRouter, as far as the text tells it."""

    call: ast.Call
    protocols: dict[
        Any, ast.expr
    ]  # from a key to its value; UNKNOWN if there may be more
    keys: dict[Any, ast.AST]  # where the keys are written
    is_application: bool  # it is the application itself, not part of another


def router_in(tree: ast.Module, name: str) -> Router | None:
    """Return the router of a module whose application has that name."""
    calls = [
        one for one in calls_in(tree) if last_name(one.func) == "ProtocolTypeRouter"
    ]
    if len(calls) != 1:
        return None
    call = calls[0]
    protocols, keys = protocols_of(tree, call)
    return Router(call, protocols, keys, behind(tree, last_value(tree, name)) is call)


def protocols_of(
    tree: ast.Module, call: ast.Call
) -> tuple[dict[Any, ast.expr], dict[Any, ast.AST]]:
    """Return the router's keys with their values, and where they stand."""
    match call:
        case ast.Call(args=[mapping], keywords=[]):
            pass
        case ast.Call(args=[], keywords=[ast.keyword("application_mapping", mapping)]):
            pass
        case _:
            return {UNKNOWN: call}, {UNKNOWN: call}
    protocols: dict[Any, ast.expr] = {}
    keys: dict[Any, ast.AST] = {}
    name = mapping.id if isinstance(mapping, ast.Name) else ""
    match behind(tree, mapping):
        case ast.Dict() as given:
            for key, value in zip(given.keys, given.values, strict=True):
                text = value_of(key, {})
                protocols[text], keys[text] = value, key or value
        case ast.Call(func=ast.Name("dict"), args=[]) as given:
            for keyword in given.keywords:
                text = keyword.arg or UNKNOWN
                protocols[text], keys[text] = keyword.value, keyword
        case _:
            return {UNKNOWN: call}, {UNKNOWN: call}
    for node in ast.walk(tree) if name else ():
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=target), slice=key)],
                value=value,
            ) if target == name:
                text = value_of(key, {})
                protocols[text], keys[text] = value, key
            case ast.Attribute(value=ast.Name(id=target)) if target == name:
                protocols[UNKNOWN], keys[UNKNOWN] = node, node  # update(), say
            case ast.AugAssign(target=ast.Name(id=target)) if target == name:
                protocols[UNKNOWN], keys[UNKNOWN] = node.value, node
    return protocols, keys


def behind(tree: ast.Module, value: ast.expr | None) -> ast.expr | None:
    """Return what a name stands for, if a module says it once; else the value itself."""
    for _ in range(5):
        if not isinstance(value, ast.Name):
            break
        value = last_value(tree, value.id)
    return value


def last_value(tree: ast.Module, name: str) -> ast.expr | None:
    """Return what a module assigns to a name; None if it does so in more than one place."""
    values = []
    for node in statements_run(tree.body):
        match node:
            case ast.Assign(targets=targets, value=value):
                if any(
                    dotted(one) == name and isinstance(one, ast.Name) for one in targets
                ):
                    values.append(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=value) if (
                target == name
            ):
                values.append(value)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if node.name == name:
                    values.append(None)
    return values[-1] if len(set(values)) == 1 else None
