"""Checks for what newer versions of Channels no longer have."""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.modules import guarded
from channels_doctor.project import Project
from channels_doctor.python_code import Function

# Channels 1 was another library: whatever imports one of these was written for it.
OF_CHANNELS_1 = re.compile(
    r"channels\.(Group|Channel|include)$"
    r"|channels\.routing\.(route|route_class|include)$"
    r"|channels\.auth\.(channel_session_user\w*|http_session_user\w*|transfer_user)$"
    r"|channels\.sessions\.(channel_session|http_session|enforce_ordering|channel_and_http_session)$"
    r"|channels\.(generic\.websockets|handler|asgi|message|tests?|binding|delay|backends)(\.|$)"
    r"|channels\.security\.websockets(\.|$)"
    r"|asgi_redis(\.|$)|asgi_ipc(\.|$)"
)
# From a module, or a name in it, to what takes its place.
REMOVED = {
    "channels.http": "get_asgi_application from django.core.asgi",
    "channels.staticfiles": "the runserver of daphne, which serves static files itself",
    "channels.log": "Django's LOGGING",
    "channels.management.commands.runserver": "daphne.management.commands.runserver",
}


def nothing_is_imported_that_is_gone(project: Project) -> Iterator[Finding]:
    """What the project imports of Channels is in Channels 4."""
    imports = list(imports_of_channels(project))
    oldest = [one for one in imports if OF_CHANNELS_1.match(one[1])]
    if oldest:
        node, name = oldest[0]
        files = {one.file for one, _ in oldest}
        yield say(
            "channels-1",
            node,
            word=name,
            error=error_of(name),
            count=places(len(files)),
        )
        return
    routing = routing_key(project)
    if routing:
        error = "the layer's class takes no ROUTING"
        yield say("channels-1", routing, word="ROUTING", error=error, count="one file")
        return
    for node, name in imports:
        module = next(
            (one for one in REMOVED if name == one or name.startswith(f"{one}.")), ""
        )
        if module:
            is_old = is_below(project, 4)
            edits = () if is_old else tuple(new_application(project, node))
            word = "removed-from-channels-later" if is_old else "removed-from-channels"
            yield say(word, node, *edits, module=module, instead=REMOVED[module])


def imports_of_channels(project: Project) -> Iterator[tuple[ast.AST, str]]:
    """Yield each name that is imported from Channels or its first layers, in full."""
    for node in project.nodes(ast.Import, ast.ImportFrom):
        if node.file not in project.running.sometime:
            continue
        for name in project.modules.imported_by(node):
            if OF_CHANNELS_1.match(name) or any(
                name == one or name.startswith(f"{one}.") for one in REMOVED
            ):
                if node not in guarded(project.modules.trees[node.file]):
                    yield node, name
                break


def error_of(name: str) -> str:
    """Return what Channels 4 says to an import of Channels 1."""
    module, _, last = name.rpartition(".")
    if module in ("channels", "channels.routing", "channels.auth", "channels.sessions"):
        if last[0].isupper() or module != "channels" or last == "include":
            return f"ImportError: cannot import name '{last}' from '{module}'"
    found = re.match(r"channels\.(generic\.)?\w+|\w+", name)
    return f"ModuleNotFoundError: No module named '{found[0]}'"


def places(number: int) -> str:
    """Say a number of files."""
    return "one file" if number == 1 else f"{number} files"


def routing_key(project: Project) -> ast.AST | None:
    """Return the key ROUTING in CHANNEL_LAYERS, which Channels 1 had."""
    for file in project.settings.files:
        for node in ast.walk(project.modules.trees[file]):
            if isinstance(node, ast.Dict):
                keys = {
                    key.value: key for key in node.keys if isinstance(key, ast.Constant)
                }
                if {"BACKEND", "ROUTING"} <= set(keys):
                    return keys["ROUTING"]
    return None


def is_below(project: Project, version: int) -> bool:
    """Tell whether the requirements ask for an older Channels."""
    asked = getattr(project, "channels_version", None)
    if asked is not None:
        return asked.below(version)
    return any(need.always_below((version,)) for need in project.needs_for("channels"))


def new_application(project: Project, node: ast.AST) -> Iterator[Edit]:
    """Yield the edits that put Django's application in place of AsgiHandler."""
    match node:
        case ast.ImportFrom(
            module="channels.http", names=[ast.alias("AsgiHandler", None)]
        ):
            source = project.source_of(node)
            yield source.replace(
                node, "from django.core.asgi import get_asgi_application"
            )
            for other in ast.walk(project.modules.trees[node.file]):
                if isinstance(other, ast.Name) and other.id == "AsgiHandler":
                    yield source.replace(other, "get_asgi_application")


def middleware_is_called_as_asgi(project: Project) -> Iterator[Finding]:
    """A middleware takes scope, receive and send, as since Channels 3."""
    if is_below(project, 3):
        return
    used = {
        node.id if isinstance(node, ast.Name) else node.attr
        for tree in [project.asgi_tree, *routing_trees(project)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    for node in project.nodes(ast.ClassDef):
        methods = {part.name: part for part in node.body if isinstance(part, Function)}
        call, start = methods.get("__call__"), methods.get("__init__")
        if call is None or start is None or len(start.args.args) < 2:
            continue
        takes = [one.arg for one in call.args.args[1:]]
        is_middleware = start.args.args[1].arg in (
            "inner",
            "app",
            "application",
            "get_response",
        )
        if takes == ["scope"] and is_middleware and node.name in used:
            if not (call.args.vararg or call.args.kwarg):
                yield say("scope-middleware", call, name=node.name)


def routing_trees(project: Project) -> list[ast.Module]:
    """Return the modules in which Channels' middleware is usually put together."""
    trees = project.modules.trees
    return [
        tree
        for file, tree in trees.items()
        if re.search(r"routing|middleware|auth", file)
    ]


CHECKS = [nothing_is_imported_that_is_gone, middleware_is_called_as_asgi]
