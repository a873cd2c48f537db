"""Checks of the channel layer and of Redis: do messages reach the whole group?"""

import ast
import re
from collections.abc import Iterator

from course.project_doctor.advice import Finding, say
from course.project_doctor.channels_code import Consumer, Route, group_verb
from course.project_doctor.project import Project
from course.project_doctor.python_code import calls_in, last_name
from course.project_doctor.reading import COMPOSE, NOTES, REDIS_IMAGE

# What a person has a hand in; and what may be done to it with its letters kept.
TYPED = re.compile(r"url_route|query_string|\.(username|email)$")
KEEPS_LETTERS = {"format", "join", "lower", "upper", "strip", "replace", "title", "str"}
# A part of a route that lets through only what a group name may hold.
SAFE_CONVERTER = re.compile(r"<(?:int|slug|uuid):(\w+)>")
SAFE_PATTERN = re.compile(r"\(\?P<(\w+)>(?:\\d|\[(?:(?!\\w).)*\])[+{]")

OLD_REDIS = r"(?:^\s*image:\s*[\"']?|docker run[^\n]*\s)redis:([1-5])\b"
OPEN_PORT = r"(?:^\s*-\s*[\"']?|docker run[^\n]*\s-p\s*)(?:0\.0\.0\.0:)?(\d+:6379)\b"


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


def groups_are_left(project: Project) -> Iterator[Finding]:
    """Who joins a group leaves it."""
    for consumer in project.consumers:
        everything = [call for node in consumer.family for call in calls_in(node)]
        if consumer.is_known and "group_discard" not in map(group_verb, everything):
            for call in calls_in(consumer.node):
                if group_verb(call) == "group_add":
                    yield say("no-discard", call)


def containers_find_redis(project: Project) -> Iterator[Finding]:
    """A chat in a container does not look for Redis on localhost."""
    layers = repr(project.settings.get("CHANNEL_LAYERS"))
    if not re.search(r"localhost|127\.0\.0\.1", layers):
        return
    for _, text in project.texts_of(COMPOSE):
        if "network_mode" in text:
            continue
        services = services_of(text)
        web = names_with(r"\n\s+build:", services)
        redis = names_with(REDIS_IMAGE, services)
        if web and redis:
            where = project.settings.where("CHANNEL_LAYERS")
            yield say("redis-localhost", where, web=web[0], redis=redis[0])


def names_with(pattern: str, services: dict[str, str]) -> list[str]:
    """Return the names of the services in whose text a pattern stands."""
    return [name for name, text in services.items() if re.search(pattern, text)]


def services_of(compose: str) -> dict[str, str]:
    """Return the services of a compose file: name and text.

    Read by the indents, as Python has no YAML in its library.
    """
    services: dict[str, str] = {}
    is_inside, name, width = False, "", 0
    for line in compose.splitlines():
        line = line.split("#")[0].rstrip()
        indent = len(line) - len(line.lstrip())
        if line and indent == 0:
            is_inside = line == "services:"
        elif line and is_inside:
            width = width or indent
            if indent == width:
                name = line.strip(" :\"'")
            services[name] = services.get(name, "") + line + "\n"
    return services


def redis_image_is_maintained(project: Project) -> Iterator[Finding]:
    """The Redis in a container still gets security fixes."""
    for found, where in project.search(f"{COMPOSE}|{NOTES}", OLD_REDIS):
        yield say("redis-old-image", where, version=found[1])


def redis_is_not_open_to_the_network(project: Project) -> Iterator[Finding]:
    """The port of Redis is published on this machine only."""
    for found, where in project.search(f"{COMPOSE}|{NOTES}", OPEN_PORT):
        yield say("redis-open", where, port=found[1])
