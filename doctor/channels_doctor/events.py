"""The events that a project sends to groups and channels."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from channels_doctor.channels_code import group_verb
from channels_doctor.python_code import Function, dotted, last_name
from channels_doctor.settings import value_of
from channels_doctor.walks import body_of, walk


@dataclass(frozen=True, eq=False)
class Event:
    """One group_send(group, event), or channel_layer.send(channel, event)."""

    call: ast.Call
    function: ast.AST | None  # where the call is
    target: ast.expr
    value: ast.expr  # the event as it's passed
    content: ast.Dict | None  # and as it's written, if the text tells

    @property
    def kind(self) -> ast.expr | None:
        """The value of "type"; None if there's none, or if another may replace it."""
        found = None
        for key, value in zip(self.content.keys, self.content.values, strict=True):
            if key is None:
                found = None
            elif isinstance(key, ast.Constant) and key.value == "type":
                found = value
        return found

    @property
    def method(self) -> str:
        """The name of the method that handles it; "" if the text doesn't tell."""
        kind = value_of(self.kind, {}) if self.content else ""
        return kind.replace(".", "_") if isinstance(kind, str) else ""


def find_events(calls: Iterable[ast.Call], functions: Iterable[ast.AST]) -> list[Event]:
    """Return the events that are sent, each with the function that sends it."""
    sends = {call: parts for call in calls if (parts := parts_of(call))}
    files = {call.file for call in sends}
    where: dict[ast.AST, ast.AST] = {}
    for function in functions if sends else ():
        if function.file in files:
            for node in body_of(function):
                if node in sends:
                    where[node] = function
    found = []
    for call, (target, value) in sends.items():
        function = where.get(call)
        found.append(Event(call, function, target, value, content_of(value, function)))
    return found


def parts_of(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """Return the group or channel and the event of a call that sends one."""
    is_layer = isinstance(call.func, ast.Attribute) and call.func.attr == "send"
    if is_layer:
        is_layer = re.search(r"(^|_)layer$", last_name(call.func.value)) is not None
    elif group_verb(call) != "group_send":
        return None
    if not is_layer and group_verb(call) != "group_send":
        return None
    match call:
        case ast.Call(args=[target, value], keywords=[]):
            return target, value
        case ast.Call(
            args=[target], keywords=[ast.keyword(arg="message", value=value)]
        ):
            return target, value
    return None


def content_of(value: ast.expr, function: ast.AST | None) -> ast.Dict | None:
    """Return the dictionary that an event is written as; None if the text doesn't tell."""
    if isinstance(value, ast.Dict):
        return value
    if not isinstance(value, ast.Name) or not isinstance(function, Function):
        return None
    arguments = walk(function.args)
    if any(isinstance(one, ast.arg) and one.arg == value.id for one in arguments):
        return None
    found, others = [], 0
    for node in body_of(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as content):
                if name == value.id:
                    found.append(content)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update")):
                others += name == value.id
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                others += name == value.id
            case ast.AugAssign(target=ast.Name(id=name)):
                others += name == value.id
    stores = [
        node
        for node in body_of(function)
        if isinstance(node, ast.Name)
        and node.id == value.id
        and isinstance(node.ctx, ast.Store)
    ]
    return found[0] if len(found) == len(stores) == 1 and not others else None


def assigned_in(function: ast.AST, name: str) -> list[ast.expr]:
    """Return what a function assigns to a name or to self.name, first to last."""
    return [
        node.value
        for node in body_of(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if dotted(target) == name and not isinstance(target, ast.Subscript)
    ]
