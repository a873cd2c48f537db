"""What an expression can hold: a model, a manager, a query, a row of the database."""

import ast
import dataclasses
from dataclasses import dataclass

from channels_doctor.models import Model
from channels_doctor.names import Taken
from channels_doctor.python_code import Function, body_of


@dataclass(frozen=True, eq=False)
class Held:
    """What an expression holds."""

    kind: str  # class, manager, rows, row, list, pair
    model: Model | None = None
    loaded: frozenset[str] | None = frozenset()  # relations; None if they may all be
    are_dicts: bool = False  # values() and values_list()
    source: ast.AST | None = (
        None  # the manager or query, to which select_related is added
    )
    is_user: bool = False  # scope["user"]


def manager_of(model: Model | None, node: ast.AST, is_user: bool = False) -> Held:
    """Return a manager; one of the project's own may load relations with each row."""
    loaded = None if model is None or model.has_own_manager else frozenset()
    return Held("manager", model, loaded, source=node, is_user=is_user)


def may_be_loaded(function: Function) -> bool:
    """Tell whether a function that returns a row looks at its attributes first."""
    names = {
        node.value.id
        for node in body_of(function)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Name)
    }
    return any(
        isinstance(node, ast.Name)
        and node.id in names
        and not isinstance(node.parent, ast.Return | ast.Assign)
        for node in body_of(function)
    )


def with_loaded(loaded: frozenset[str] | None, call: ast.Call) -> frozenset[str] | None:
    """Return the relations that select_related or prefetch_related add; None for all."""
    names = [one.value for one in call.args if isinstance(one, ast.Constant)]
    if loaded is None or not names or len(names) < len(call.args):
        return None
    return loaded | {str(name).partition("__")[0] for name in names}


def is_rows(held: Held | None) -> bool:
    """Tell whether it's a query that hasn't been sent yet."""
    return held is not None and held.kind == "rows"


def row_of(held: Held | None) -> Held | None:
    """Return one of several rows; a list may have been filled in any way."""
    if held is None or held.are_dicts or held.kind not in ("class", "list", "rows"):
        return None
    return dataclasses.replace(held, kind="row")


def alike(found: list[Held | None]) -> Held | None:
    """Return what all have in common; None if one of them is something else."""
    if not found or None in found:
        return None
    first = found[0]
    if any((one.kind, one.model) != (first.kind, first.model) for one in found):
        return None
    if len(found) == 1:
        return first
    everything = [one.loaded for one in found]
    loaded = None if None in everything else frozenset.union(*everything)
    return dataclasses.replace(first, loaded=loaded, source=None)


def is_none(one: Taken) -> bool:
    """Tell whether a name is only given a value to begin with."""
    return one.how == "value" and is_constant(one.node)


def is_constant(node: ast.AST) -> bool:
    """Tell whether an expression is None, or another constant."""
    return isinstance(node, ast.Constant)
