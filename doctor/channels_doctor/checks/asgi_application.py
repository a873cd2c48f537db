"""Checks of the ASGI application: do pages and sockets reach Django, under any server?"""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.checks.removed import is_below
from channels_doctor.edits import Edit, Source
from channels_doctor.finding import Finding
from channels_doctor.importing import add_import
from channels_doctor.modules import settings_named_in
from channels_doctor.project import Project
from channels_doctor.python_code import calls_in, last_name
from channels_doctor.router import Router, behind, last_value, router_in
from channels_doctor.settings import UNKNOWN

LIKE_HTTP = {
    "HTTP",
    "Http",
    "https",
    "http1",
    "http.request",
    "htpp",
    "htttp",
    "http/1.1",
}
LIKE_WEBSOCKET = {
    "WEBSOCKET", "WebSocket", "Websocket", "web-socket", "web_socket", "websocket.connect",
    "websockets", "websoket", "webSocket", "websokcet", "ws", "wss",
}  # fmt: skip
NAME = "DJANGO_SETTINGS_MODULE"


def router_of(project: Project) -> Router | None:
    """Return the project's router."""
    return router_in(project.asgi_tree, project.asgi_setting[1])


def application_takes_pages(project: Project) -> Iterator[Finding]:
    """The router has an application for pages."""
    router = router_of(project)
    if router is None or not router.is_application:
        return
    if {"http", UNKNOWN} & set(router.protocols) or not router.protocols:
        return
    source = project.source_of(router.call)
    wrong = next((key for key in router.keys if key in LIKE_HTTP), None)
    if wrong:
        edits = respell(source, router.keys[wrong], wrong, "http")
        yield say("router-key", router.keys[wrong], *edits, word=wrong, right="http")
        return
    is_old = is_below(project, 4)
    name = "router-without-http-later" if is_old else "router-without-http"
    yield say(
        name, router.call, *with_http(project, router, source), is_certain=not is_old
    )


def respell(source: Source, key: ast.AST, wrong: str, right: str) -> list[Edit]:
    """Return the edit that corrects a key of the router."""
    if isinstance(key, ast.keyword):
        start = source.range_of(key)[0]
        return [Edit(source.file, start, start + len(wrong), right)]
    quote = source.code(key)[0]
    return [source.replace(key, quote + right + quote)]


def with_http(project: Project, router: Router, source: Source) -> list[Edit]:
    """Return the edits that give the router Django's application for pages."""
    tree, first = project.asgi_tree, next(iter(router.keys.values()))
    ready = name_of_django(tree)
    edits = []
    if not ready:
        ready = "get_asgi_application()"
        if not any(
            alias.name == "get_asgi_application"
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ):
            statement = "from django.core.asgi import get_asgi_application"
            edits.append(add_import(source, tree, statement))
    number = first.lineno
    is_alone = source.line(number)[: first.col_offset].strip() == ""
    is_keyword = isinstance(first, ast.keyword)
    text = f"http={ready}," if is_keyword else f'"http": {ready},'
    if is_alone:
        return [*edits, source.insert_before(number, text)]
    start = source.range_of(first)[0]
    return [*edits, Edit(source.file, start, start, f"{text} ")]


def name_of_django(tree: ast.Module) -> str:
    """Return the name that a module gives to get_asgi_application(); "" if none."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if last_name(call.func) == "get_asgi_application":
                    return name
    return ""


def application_takes_websockets(project: Project) -> Iterator[Finding]:
    """A project with consumers does not end in an application for HTTP alone."""
    if not any(consumer.is_for_sockets for consumer in project.consumers):
        return
    tree, (_, name) = project.asgi_tree, project.asgi_setting
    value = behind(tree, last_value(tree, name))
    if isinstance(value, ast.Call) and last_name(value.func) == "get_asgi_application":
        yield say("asgi-http-only", value)
    router = router_of(project)
    if router is None or not router.protocols:
        return
    if not {"websocket", UNKNOWN} & set(router.protocols):
        wrong = next((key for key in router.keys if key in LIKE_WEBSOCKET), None)
        if wrong:
            source = project.source_of(router.call)
            edits = respell(source, router.keys[wrong], wrong, "websocket")
            yield say(
                "router-key", router.keys[wrong], *edits, word=wrong, right="websocket"
            )
        else:
            yield say("router-without-websocket", next(iter(router.keys.values())))


def applications_are_called(project: Project) -> Iterator[Finding]:
    """The router leads to applications: made by a call, for ASGI, with routes it can use."""
    router = router_of(project)
    if router is None:
        return
    tree = project.asgi_tree
    http = behind(tree, router.protocols.get("http"))
    source = project.source_of(router.call)
    match http or router.protocols.get("http"):
        case ast.Name() | ast.Attribute() as name if (
            last_name(name) == "get_asgi_application"
        ):
            end = source.range_of(name)[1]
            edit = Edit(source.file, end, end, "()")
            yield say("asgi-not-called", name, edit, is_certain=True)
        case ast.Call(func=function) as call if (
            last_name(function) == "get_wsgi_application"
        ):
            yield say("wsgi-in-router", call, *to_asgi(project, tree, call))
    for call in calls_in(tree):
        if last_name(call.func) == "URLRouter" and len(call.args) == 1:
            yield from routes_are_a_list(project, call)


def to_asgi(project: Project, tree: ast.Module, call: ast.Call) -> list[Edit]:
    """Return the edits that call Django's ASGI application in place of the WSGI one."""
    source = project.source_of(call)
    if not isinstance(call.func, ast.Name):
        return []
    statement = "from django.core.asgi import get_asgi_application"
    return [
        source.replace(call.func, "get_asgi_application"),
        add_import(source, tree, statement),
    ]


def routes_are_a_list(project: Project, call: ast.Call) -> Iterator[Finding]:
    """URLRouter gets a flat list of routes."""
    match call.args[0]:
        case ast.Constant(value=str(text)):
            yield say("router-of-text", call.args[0], word=text)


def asgi_names_the_settings(project: Project) -> Iterator[Finding]:
    """asgi.py and its like name settings that exist."""
    modules = project.modules
    if not project.settings_module or not modules.file_of(project.settings_module):
        return  # manage.py's own is the fault, or unknown
    asgi = modules.file_of(project.asgi_setting[0])
    if not project.paths_are_plain or (
        asgi and "sys.path" in project.sources[asgi].text
    ):
        return
    for file, tree in modules.trees.items():
        kind = file.rpartition("/")[2]
        if (
            kind not in ("asgi.py", "wsgi.py", "celery.py")
            or "sys.path" in project.sources[file].text
        ):
            continue
        for node in settings_named_in(tree):
            if not modules.is_known(node.value):
                yield wrong_settings(project, node, file == asgi)
    if asgi in modules.trees and not is_told_the_settings(project, asgi):
        yield from settings_never_named(project, asgi)


def wrong_settings(project: Project, node: ast.Constant, is_asgi: bool) -> Finding:
    """Say which file names settings that don't exist, and which right name there is."""
    right = project.settings_module
    source = project.source_of(node)
    quote = source.code(node)[0]
    edit = source.replace(node, quote + right + quote)
    module = project.modules.name_of(node.file)
    starter = {
        "wsgi": f"gunicorn {module}",
        "celery": f"celery -A {module.partition('.')[0]}",
    }
    words = {
        "module": node.value,
        "missing": first_missing(project, node.value),
        "right": right,
        "starter": starter.get(node.file.rpartition("/")[2].removesuffix(".py"), ""),
    }
    if is_asgi or not words["starter"]:
        words["starter"] = f"daphne {module}:application"
        return say("asgi-settings-not-found", node, edit, **words)
    return say("other-settings-not-found", node, edit, **words)


def first_missing(project: Project, module: str) -> str:
    """Return the part of a module's name that Python stops at: "mysit" of mysit.settings."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        if not project.modules.is_known(".".join(parts[:end])):
            return ".".join(parts[:end])
    return module


def is_told_the_settings(project: Project, file: str) -> bool:
    """Tell whether something other than manage.py may name the settings for a server."""
    loaded = project.modules.loaded_from([project.modules.name_of(file)]) | {file}
    if any(NAME in project.sources[one].text for one in loaded):
        return True
    others = (
        text for one, text in project.texts.items() if one not in project.modules.trees
    )
    return any(NAME in text for text in others) or any(
        name.rpartition("/")[2].startswith(".env") for name in project.files
    )


def settings_never_named(project: Project, file: str) -> Iterator[Finding]:
    """Say that asgi.py starts Django without settings."""
    tree, source = project.modules.trees[file], project.sources[file]
    calls = [
        one for one in calls_in(tree) if last_name(one.func) == "get_asgi_application"
    ]
    if not calls:
        return
    line = f'os.environ.setdefault("{NAME}", "{project.settings_module}")'
    statement = next(one for one in tree.body if one.end_lineno >= calls[0].lineno)
    edits = [source.insert_before(statement.lineno, line)]
    if not any(
        alias.name == "os"
        for one in tree.body
        if isinstance(one, ast.Import)
        for alias in one.names
    ):
        edits.append(Edit(source.file, 0, 0, source.with_newlines("import os\n")))
    module = project.modules.name_of(file)
    yield say("asgi-settings-missing", calls[0], *edits, module=module)


CHECKS = [
    application_takes_pages,
    application_takes_websockets,
    applications_are_called,
    asgi_names_the_settings,
]
