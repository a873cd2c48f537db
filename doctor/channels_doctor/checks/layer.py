"""Checks of the channel layer and of Redis: do messages reach the whole group?"""

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, Route, group_verb
from channels_doctor.checks.layer_settings import REDIS, entry
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import (
    Function,
    ancestors_of,
    calls_in,
    dotted,
    last_name,
)
from channels_doctor.settings import UNKNOWN

LOCAL = "redis://127.0.0.1:6379"

# What a person has a hand in; and what may be done to it with its letters kept.
TYPED = re.compile(r"url_route|query_string|\.(username|email)$")
KEEPS_LETTERS = {"format", "join", "lower", "upper", "strip", "replace", "title", "str"}
# A part of a route that lets through only what a group name may hold.
SAFE_CONVERTER = re.compile(r"<(?:int|slug|uuid):(\w+)>")
SAFE_PATTERN = re.compile(r"\(\?P<(\w+)>(?:\\d|\[(?:(?!\\w).)*\])[+{]")


def layer_is_there(project: Project) -> Iterator[Finding]:
    """Who speaks to a group has a channel layer."""
    setting = project.settings.get("CHANNEL_LAYERS")
    if (
        setting in (None, {})
        or setting is not UNKNOWN
        and not isinstance(setting, dict)
    ):
        for call in sorted(project.nodes(ast.Call), key=place_of):
            if verb := group_verb(call):
                yield misnamed(project, verb) or without_layer(project, call, verb)
                return


def place_of(node: ast.AST) -> tuple[str, int]:
    """Return what to sort pieces of code by."""
    return node.file, node.lineno


def without_layer(project: Project, call: ast.Call, verb: str) -> Finding:
    """Say that there's no setting; the change is certain to be enough if Redis is installed."""
    edits = []
    file = project.settings.file
    if project.needs_for("channels-redis") and "CHANNEL_LAYERS" not in (
        project.settings.values
    ):
        url = "REDIS_URL" if "REDIS_URL" in project.settings.values else f'"{LOCAL}"'
        edits.append(project.sources[file].append(f"\n{redis_layer(url)}"))
    return say("no-layer", call, *edits, verb=verb)


def redis_layer(url: str) -> str:
    """Return the setting for a Redis at a URL, which is given as code."""
    return (
        "CHANNEL_LAYERS = {\n"
        '    "default": {\n'
        f'        "BACKEND": "{REDIS}",\n'
        f'        "CONFIG": {{"hosts": [{url}]}},\n'
        "    }\n"
        "}"
    )


def misnamed(project: Project, verb: str) -> Finding | None:
    """Say that the setting is there, under a name that Channels doesn't read."""
    for key, place in project.settings.places.items():
        is_close = get_close_matches(key.upper(), ["CHANNEL_LAYERS"], 1, 0.8)
        code = ast.unparse(place.value) if is_close else ""
        if key != "CHANNEL_LAYERS" and ("BACKEND" in code or "Layer" in code):
            source = project.source_of(place)
            edit = source.replace_text(place.lineno, key, "CHANNEL_LAYERS")
            return say(
                "layer-misnamed", place, edit, is_certain=True, key=key, verb=verb
            )
    return None


def default_layer_is_there(project: Project) -> Iterator[Finding]:
    """There's a layer for everyone who doesn't ask for one by name."""
    setting = project.settings.get("CHANNEL_LAYERS")
    place = project.settings.where("CHANNEL_LAYERS")
    if isinstance(setting, dict) and setting and "default" not in setting:
        verb = next(filter(None, map(group_verb, project.nodes(ast.Call))), "")
        if verb and asks_for_the_default(project):
            edits = []
            value = getattr(place, "value", None)
            if "BACKEND" in setting and isinstance(value, ast.Dict):
                edits = project.source_of(value).wrap(value, '{"default": ', "}")
            elif isinstance(value, ast.Dict) and len(value.keys) == 1:
                source = project.source_of(value)
                edits = [source.replace(value.keys[0], '"default"')]
            yield say("layer-default", place, *edits, verb=verb)


def asks_for_the_default(project: Project) -> bool:
    """Tell whether any code takes the layer without saying which."""
    calls = project.nodes(ast.Call)
    if any(last_name(c.func) == "get_channel_layer" and not c.args for c in calls):
        return True
    return any(
        group_verb(call) and not names_its_layer(consumer)
        for consumer in project.consumers
        for call in calls_in(consumer.node)
    )


def names_its_layer(consumer: Consumer) -> bool:
    """Tell whether a consumer has a `channel_layer_alias`."""
    return any("channel_layer_alias" in ast.unparse(node) for node in consumer.family)


def layers_asked_for_are_there(project: Project) -> Iterator[Finding]:
    """A layer that code asks for by its name is in the settings."""
    setting = project.settings.get("CHANNEL_LAYERS")
    if not isinstance(setting, dict) or not setting:
        return
    for call in project.nodes(ast.Call):
        match call:
            case ast.Call(args=[ast.Constant(value=str(alias)) as name]):
                is_asked = last_name(call.func) == "get_channel_layer"
                if is_asked and alias not in setting:
                    edits = []
                    if "default" in setting and len(setting) == 1:
                        source = project.source_of(name)
                        edits.append(source.replace(name, ""))
                    names = ", ".join(map(repr, setting))
                    yield say("layer-alias", call, *edits, alias=alias, names=names)


def layer_reaches_other_processes(project: Project) -> Iterator[Finding]:
    """The layer is not shut up in one process."""
    backend = project.layer_backend
    if backend.endswith("InMemoryChannelLayer"):
        outside = list(sent_from_outside(project))
        for call, who in outside:
            yield say("in-memory-outside", call, who=who)
        if not outside:
            where = project.settings.where_in("CHANNEL_LAYERS", backend)
            if project.needs_for("channels-redis"):
                edits = redis_instead(project, where)
                yield say("in-memory-unused-redis", where, *edits)
            else:
                yield say("in-memory", where)


def redis_instead(project: Project, where: ast.AST | str) -> Iterator[Edit]:
    """Yield the edits that put Redis in the place of the in-memory layer."""
    match where:
        case ast.Constant(parent=ast.Dict() as layer):
            source = project.source_of(layer)
            yield source.replace(where, f'"{REDIS}"')
            if entry(layer, "CONFIG") is None:
                known = "REDIS_URL" in project.settings.values
                url = "REDIS_URL" if known else f'"{LOCAL}"'
                text = f', "CONFIG": {{"hosts": [{url}]}}'
                end = source.range_of(where)[1]
                if where.lineno != layer.lineno:
                    blanks = source.indent(where.lineno)
                    text = source.with_newlines(f",\n{blanks}{text[2:]}")
                yield Edit(source.file, end, end, text)


# What makes a function of a task that a worker runs, in a process of its own.
TASKS = {"actor", "db_periodic_task", "db_task", "job", "periodic_task"}
TASKS |= {"shared_task", "task"}


def sent_from_outside(project: Project) -> Iterator[tuple[ast.Call, str]]:
    """Yield each group_send that runs in another process than the sockets, and whose."""
    if project.settings.get("CELERY_TASK_ALWAYS_EAGER") not in (None, False):
        return
    for call in project.nodes(ast.Call):
        if group_verb(call) == "group_send":
            if "/management/commands/" in f"/{call.file}":
                yield call, "A management command"
            elif any(is_task(node) for node in ancestors_of(call)):
                yield call, "A background worker"


def is_task(node: ast.AST) -> bool:
    """Tell whether a function is a task of Celery, Huey, Dramatiq, RQ or Django."""
    if not isinstance(node, Function):
        return False
    names = {dotted(one).removesuffix("()") for one in node.decorator_list}
    return bool(TASKS & {name.rpartition(".")[2] for name in names})


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
                    yield say("group-name", name, *hashed(project, name))


def hashed(project: Project, name: ast.expr) -> list[Edit]:
    """Return the edits that make a safe name of a typed one."""
    source = project.source_of(name)
    before, after = '"chat." + hashlib.sha256(', ".encode()).hexdigest()[:32]"
    if isinstance(name, ast.BinOp):
        before, after = before + "(", ")" + after
    imports = project.importing(name, "hashlib")
    return [*source.wrap(name, before, after), *imports]


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
    default_layer_is_there,
    layers_asked_for_are_there,
    layer_reaches_other_processes,
    groups_have_safe_names,
]
