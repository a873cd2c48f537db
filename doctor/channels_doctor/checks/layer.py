"""Checks of the channel layer and of Redis: do messages reach the whole group?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, Route, group_verb
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import calls_in, last_name

# What a person has a hand in; and what may be done to it with its letters kept.
TYPED = re.compile(r"url_route|query_string|\.(username|email)$")
KEEPS_LETTERS = {"format", "join", "lower", "upper", "strip", "replace", "title", "str"}
# A part of a route that lets through only what a group name may hold.
SAFE_CONVERTER = re.compile(r"<(?:int|slug|uuid):(\w+)>")
SAFE_PATTERN = re.compile(r"\(\?P<(\w+)>(?:\\d|\[(?:(?!\\w).)*\])[+{]")


def layer_is_there(project: Project) -> Iterator[Finding]:
    """Who speaks to a group has a channel layer."""
    if project.settings.get("CHANNEL_LAYERS") in (None, {}):
        for call in project.nodes(ast.Call):
            if verb := group_verb(call):
                yield say("no-layer", call, verb=verb)
                return


def layer_reaches_other_processes(project: Project) -> Iterator[Finding]:
    """The layer is not shut up in one process."""
    backend = project.layer_backend
    if backend.endswith("InMemoryChannelLayer"):
        has_redis = project.needs_for("channels-redis")
        name = "in-memory-unused-redis" if has_redis else "in-memory"
        yield say(name, project.settings.where_in("CHANNEL_LAYERS", backend))


def groups_have_safe_names(project: Project) -> Iterator[Finding]:
    """A group is not named by what a person typed."""
    safe = {word for route in project.routes for word in safe_words(route)}
    for consumer in project.consumers:
        values = assigned_in(consumer)
        for call in calls_in(consumer.node):
            if group_verb(call) == "group_add" and call.args:
                first = call.args[0]
                name = values.get(ast.unparse(first), [first])[-1]
                if is_typed(name, values, safe):
                    yield say("group-name", name)


def safe_words(route: Route) -> list[str]:
    """Return the words of a route that hold digits or a slug, nothing else."""
    return SAFE_CONVERTER.findall(route.text) + SAFE_PATTERN.findall(route.text)


def assigned_in(consumer: Consumer) -> dict[str, list[ast.expr]]:
    """Return what a consumer assigns to each name, first to last."""
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(consumer.node):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                values.setdefault(ast.unparse(target), []).append(node.value)
    return values


def is_typed(node: ast.AST, values: dict[str, list[ast.expr]], safe: set[str]) -> bool:
    """A person's text is in this expression as it was typed, not hashed or slugged."""
    match node:
        case ast.JoinedStr() | ast.BinOp() | ast.Tuple() | ast.FormattedValue():
            parts = ast.iter_child_nodes(node)
            return any(is_typed(part, values, safe) for part in parts)
        case ast.Call(func=function) if last_name(function) in KEEPS_LETTERS:
            parts = [*node.args]
            if isinstance(function, ast.Attribute):  # room_name in room_name.lower()
                parts.append(function.value)
            return any(is_typed(part, values, safe) for part in parts)
        case ast.Call(func=function) if last_name(function) != "get":
            return False
    text = ast.unparse(node)
    line = getattr(node, "lineno", 0)  # "+" has none
    earlier = [value for value in values.get(text, []) if value.lineno < line]
    if earlier:
        return is_typed(earlier[-1], values, safe)
    keys = re.findall(r"'(\w+)'", text)
    is_safe = bool(keys) and keys[-1] in safe
    return bool(TYPED.search(text)) and not is_safe


CHECKS = [
    layer_is_there,
    layer_reaches_other_processes,
    groups_have_safe_names,
]
