"""Checks of the setting CHANNEL_LAYERS: can Channels make a layer of it?"""

import ast
import difflib
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.settings import UNKNOWN, value_of

IN_MEMORY = "channels.layers.InMemoryChannelLayer"
REDIS = "channels_redis.core.RedisChannelLayer"
PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"
LAYERS = {IN_MEMORY, REDIS, PUBSUB, "channels_redis.pubsub.RedisPubSubLoopLayer"}
# Packages that people mean when they mean one of those.
HOMES = {"", "asgi_redis", "asgiref", "channel", "channel_redis", "channels"}
HOMES |= {"channels_redis", "channels-redis", "channelsredis", "redis_channels"}

OPTIONS = {
    IN_MEMORY: {"expiry", "group_expiry", "capacity", "channel_capacity"},
    REDIS: {
        "hosts",
        "prefix",
        "expiry",
        "group_expiry",
        "capacity",
        "channel_capacity",
        "symmetric_encryption_keys",
        "random_prefix_length",
        "serializer_format",
    },
}


class Layer:
    """One entry of CHANNEL_LAYERS, as it's written."""

    def __init__(self, alias: str, node: ast.Dict, names: dict) -> None:
        self.alias = alias
        self.node = node
        self.names = names
        self.backend_node = entry(node, "BACKEND")
        backend = value_of(self.backend_node, names) if self.backend_node else None
        self.backend = backend if isinstance(backend, str) else ""
        self.config = entry(node, "CONFIG")

    def options(self) -> Iterator[tuple[str, ast.expr, ast.expr]]:
        """Yield each option whose name the text tells: name, key, value."""
        if isinstance(self.config, ast.Dict):
            for key, value in zip(self.config.keys, self.config.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, key, value


def entry(node: ast.AST | None, key: str) -> ast.expr | None:
    """Return what a dictionary says for a key, as it's written."""
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and name.value == key:
                return value
    return None


def layers(project: Project) -> Iterator[Layer]:
    """Yield the layers that the settings write out, in each branch of an `if`."""
    for node in settings_dicts(project):
        for key, value in zip(node.keys, node.values, strict=True):
            is_layer = isinstance(key, ast.Constant) and key.value != "CONFIG"
            if is_layer and isinstance(value, ast.Dict):
                yield Layer(str(key.value), value, project.settings.values)


def settings_dicts(project: Project) -> Iterator[ast.Dict]:
    """Yield the value of CHANNEL_LAYERS; the one of each branch if they aren't certain."""
    settings = project.settings
    places = [settings.where("CHANNEL_LAYERS")]
    if settings.get("CHANNEL_LAYERS") is UNKNOWN:
        trees = project.modules.trees
        places = [node for file in settings.files for node in trees[file].nodes]
    for place in places:
        match place:
            case (
                ast.Assign(targets=[ast.Name(id="CHANNEL_LAYERS")], value=ast.Dict())
                | ast.AnnAssign(target=ast.Name(id="CHANNEL_LAYERS"), value=ast.Dict())
            ):
                yield place.value


def backend_can_be_imported(project: Project) -> Iterator[Finding]:
    """BACKEND is the path of a class that exists."""
    for layer in layers(project):
        backend, node = layer.backend, layer.backend_node
        home = backend.partition(".")[0] if "." in backend else ""
        is_old = any(need.always_below((2,)) for need in project.needs_for("channels"))
        if node is None:
            if None not in layer.node.keys:  # {**REDIS_LAYER} may bring one
                yield from layer_without_backend(project, layer)
        elif isinstance(node, ast.Constant) and not is_old and backend not in LAYERS:
            if home in HOMES and isinstance(node.value, str):
                meant = meant_by(backend)
                edit = project.source_of(node).replace(node, f'"{meant}"')
                error = f"Cannot import BACKEND '{backend}' specified for {layer.alias}"
                yield say(
                    "layer-backend",
                    node,
                    edit,
                    is_certain=True,
                    error=error,
                    instead=f'Write "{meant}".',
                )


def layer_without_backend(project: Project, layer: Layer) -> Iterator[Finding]:
    """Say that an entry has no BACKEND, and write the key in capitals if it's there."""
    for key in layer.node.keys:
        if isinstance(key, ast.Constant) and str(key.value).upper() == "BACKEND":
            edit = project.source_of(key).replace(key, '"BACKEND"')
            yield say(
                "layer-backend",
                key,
                edit,
                is_certain=True,
                error=f"No BACKEND specified for {layer.alias}",
                instead='The key is "BACKEND", in capitals.',
            )
            return
    yield say(
        "layer-backend",
        layer.node,
        error=f"No BACKEND specified for {layer.alias}",
        instead=f'Add "BACKEND": "{REDIS}".',
    )


def meant_by(backend: str) -> str:
    """Return the layer that a path without a class is closest to."""
    if "pubsub" in backend.lower():
        return PUBSUB
    return IN_MEMORY if re.search(r"(?i)memory|asgiref", backend) else REDIS


def options_exist(project: Project) -> Iterator[Finding]:
    """CONFIG has only options that the layer knows, and no option is beside it."""
    for layer in layers(project):
        known = OPTIONS.get(layer.backend, set())
        for name, key, value in layer.options():
            if known and name not in known:
                yield unknown_option(project, layer, name, key, value)
        if layer.backend in (REDIS, PUBSUB) and layer.config is None:
            for key, value in zip(layer.node.keys, layer.node.values, strict=True):
                name = getattr(key, "value", None)
                if name == "hosts":
                    edits = project.source_of(key).wrap(value, "", "}")
                    start = project.source_of(key).range_of(key)[0]
                    before = Edit(key.file, start, start, '"CONFIG": {')
                    yield say("layer-hosts-ignored", key, before, edits[1], key=name)
                elif name in ("OPTIONS", "config", "Config", "CONFIGS", "CONF"):
                    edit = project.source_of(key).replace(key, '"CONFIG"')
                    yield say("layer-hosts-ignored", key, edit, key=name)


def unknown_option(
    project: Project, layer: Layer, name: str, key: ast.expr, value: ast.expr
) -> Finding:
    """Say that a layer has no such option; give the name of the one that was meant."""
    source = project.source_of(key)
    cls = "BaseChannelLayer" if layer.backend == IN_MEMORY else "RedisChannelLayer"
    error = f"{cls}.__init__() got an unexpected keyword argument '{name}'"
    meant = difflib.get_close_matches(name.lower(), OPTIONS[layer.backend], 1, 0.8)
    if meant:
        edit = source.replace(key, f'"{meant[0]}"')
        return say(
            "layer-option", key, edit, error=error, instead=f'Write "{meant[0]}".'
        )
    instead = f'Delete "{name}".'
    if name == "hosts":
        instead = (
            f'Delete "hosts": this layer has no server. Or write "BACKEND": "{REDIS}".'
        )
    return say(
        "layer-option",
        key,
        without_option(source, key, value),
        error=error,
        instead=instead,
    )


def without_option(source, key: ast.expr, value: ast.expr) -> Edit:
    """Return the edit that takes an option out of a dictionary, with its comma."""
    start, end = source.range_of(key)[0], source.range_of(value)[1]
    end += re.match(r"[ \t]*,?[ \t]*", source.text[end:]).end()
    return Edit(source.file, start, end, "")


def hosts_are_a_list(project: Project) -> Iterator[Finding]:
    """`hosts` is a list of URLs, or of pairs of a host and a port."""
    for layer in layers(project):
        if layer.backend not in (REDIS, PUBSUB):
            continue
        for name, _, node in layer.options():
            value = value_of(node, layer.names)
            if name == "hosts":
                yield from hosts_findings(project, node, value)


def hosts_findings(
    project: Project, node: ast.expr, value: object
) -> Iterator[Finding]:
    """Say what's wrong with `hosts`, with the error of channels-redis."""
    source = project.source_of(node)
    code = source.code(node)
    is_written_here = isinstance(node, ast.List | ast.Tuple)
    match value:
        case str():
            error = "ValueError: You must pass a list of Redis hosts, even if there is only one."
            yield say(
                "layer-hosts",
                node,
                *source.wrap(node, "[", "]"),
                error=error,
                instead=f"Write [{code}].",
            )
        case [str(host), int()] if is_written_here:
            error = (
                "AttributeError: 'int' object has no attribute 'decode'\" or \"ValueError:"
                " Redis URL must specify one of the following schemes (redis://,"
                " rediss://, unix://)"
            )
            inner = ", ".join(source.code(part) for part in node.elts)
            edit = Edit(node.file, *with_brackets(source, node), f"[({inner})]")
            yield say(
                "layer-hosts", node, edit, error=error, instead=f"Write [({inner})]."
            )
        case [*hosts] if is_written_here:
            for part, host in zip(node.elts, hosts, strict=False):
                if isinstance(part, ast.Constant) and isinstance(host, str):
                    yield from host_findings(source, part, host)


def with_brackets(source, node: ast.expr) -> tuple[int, int]:
    """Return where a list or tuple is, with a pair of needless brackets around it."""
    start, end = source.range_of(node)
    before = re.search(r"\(\s*$", source.text[:start])
    after = re.match(r"\s*\)", source.text[end:])
    is_double = before and after and isinstance(node, ast.Tuple)
    return (before.start(), end + after.end()) if is_double else (start, end)


def host_findings(source, node: ast.Constant, host: str) -> Iterator[Finding]:
    """Say that a URL lacks its scheme."""
    if not host.startswith(("redis://", "rediss://", "unix://")):
        error = (
            "ValueError: Redis URL must specify one of the following schemes"
            " (redis://, rediss://, unix://)"
        )
        url = "redis://" + re.sub(r"^\w+://", "", host)
        edit = source.replace(node, f'"{url}"')
        yield say("layer-hosts", node, edit, error=error, instead=f'Write "{url}".')


def limits_let_messages_through(project: Project) -> Iterator[Finding]:
    """No message is too old or too many from the start."""
    for layer in layers(project):
        if layer.backend in LAYERS:
            for name, _, node in layer.options():
                value = value_of(node, layer.names)
                is_zero = type(value) is int and value <= 0
                if is_zero and name in limits_of(layer.backend):
                    default = {"expiry": 60, "group_expiry": 86400}.get(name, 100)
                    edit = project.source_of(node).replace(node, str(default))
                    yield say(
                        "layer-limit",
                        node,
                        edit,
                        option=name,
                        value=str(value),
                        default=str(default),
                    )


def limits_of(backend: str) -> set[str]:
    """Return the options with which a layer delivers nothing if they're 0."""
    if backend == REDIS:
        return {"expiry", "group_expiry", "capacity"}
    return {"expiry"} if backend == IN_MEMORY else set()


CHECKS = [
    backend_can_be_imported,
    options_exist,
    hosts_are_a_list,
    limits_let_messages_through,
]
