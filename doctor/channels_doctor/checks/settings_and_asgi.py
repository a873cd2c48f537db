"""Checks of the settings and of the ASGI application: does a socket reach Django?"""

import ast
import re
from collections.abc import Iterator
from typing import Any

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import calls_in, dotted, last_name
from channels_doctor.reading import COMPOSE, NOTES
from channels_doctor.settings import UNKNOWN, value_of

STATIC_FILES = "django.contrib.staticfiles"
OTHER_SERVERS = ("uvicorn", "hypercorn", "granian")
SERVER_BY_HAND = rf"\b(daphne|{'|'.join(OTHER_SERVERS)})\s[^\n]*\basgi:"


def settings_are_there(project: Project) -> Iterator[Finding]:
    """manage.py names a settings file that exists."""
    name, modules = project.settings_module, project.modules
    if name and not modules.file_of(name) and project.paths_are_plain:
        yield say("settings-not-found", modules.manage_file, module=name)


def installed_packages(project: Project) -> list[Any]:
    """Return the package of each app: "daphne" for "daphne.apps.DaphneConfig"."""
    apps = project.settings.get("INSTALLED_APPS")
    if not isinstance(apps, list):
        return [UNKNOWN]
    return [app.split(".")[0] if isinstance(app, str) else UNKNOWN for app in apps]


def daphne_is_there(project: Project) -> Iterator[Finding]:
    """A project with consumers has a runserver that speaks WebSocket."""
    packages = installed_packages(project)
    if "daphne" in packages or UNKNOWN in packages or not project.consumers:
        return
    old = any(need.always_below((4,)) for need in project.needs_for("channels"))
    if old and "channels" in packages:  # until Channels 4 it brought its own runserver
        return
    has_other = any(project.needs_for(server) for server in OTHER_SERVERS)
    is_started = any(project.search(f"{NOTES}|{COMPOSE}", SERVER_BY_HAND))
    name = "daphne-by-hand" if has_other or is_started else "daphne-missing"
    yield say(name, project.settings.where("INSTALLED_APPS"))


def daphne_is_first(project: Project) -> Iterator[Finding]:
    """daphne stands before the app whose runserver it replaces."""
    apps = project.settings.get("INSTALLED_APPS")
    packages = installed_packages(project)
    if "daphne" in packages and STATIC_FILES in apps:
        if packages.index("daphne") > apps.index(STATIC_FILES):
            yield say(
                "daphne-late", project.settings.where_in("INSTALLED_APPS", "daphne")
            )


def asgi_setting_is_there(project: Project) -> Iterator[Finding]:
    """daphne's runserver is told which application to run."""
    settings = project.settings
    if settings.get("ASGI_APPLICATION") is None:
        if "daphne" in installed_packages(project):
            yield say("asgi-setting-missing", settings.file, package=project.package)


def asgi_setting_leads_to_an_application(project: Project) -> Iterator[Finding]:
    """ASGI_APPLICATION names a module that exists and something in it."""
    setting = project.settings.get("ASGI_APPLICATION")
    if not isinstance(setting, str) or not project.paths_are_plain:
        return
    module, _, name = setting.rpartition(".")
    where = project.settings.where("ASGI_APPLICATION")
    file = project.modules.file_of(module)
    tree = project.modules.trees.get(file)
    if not file:
        yield say("asgi-module-missing", where, module=module, package=project.package)
    elif tree and not names_in(tree) & {name, "*"}:
        yield say("asgi-name-missing", where, module=module, name=name)


def names_in(tree: ast.Module) -> set[str]:
    """Return every name that a module uses or makes; "*" if it imports with a star."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                names.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.alias():
                names.add(node.asname or node.name)
    return names


def django_is_ready_before_the_imports(project: Project) -> Iterator[Finding]:
    """Nothing that needs models is imported above get_asgi_application()."""
    tree = project.asgi_tree
    makers = {"get_asgi_application", "setup"}
    ready = [call.lineno for call in calls_in(tree) if last_name(call.func) in makers]
    for statement in tree.body:
        if statement.lineno < min(ready, default=0):
            yield from early_import(project, statement)


def early_import(project: Project, statement: ast.stmt) -> Iterator[Finding]:
    """Name the first module in an import statement that should come later."""
    for module in project.modules.imported_by(statement):
        if brings_models(project, module, set()):
            package = project.package
            yield say("models-before-apps", statement, module=module, package=package)
            return
        if project.modules.file_of(module) and re.search("routing|consumers", module):
            yield say("routing-before-apps", statement, module=module)
            return


def brings_models(project: Project, module: str, seen: set[str]) -> bool:
    """Importing this module imports models, directly or through others."""
    if re.match(r"django\.contrib\..*\.models$", module):
        return True
    file = project.modules.file_of(module)
    tree = project.modules.trees.get(file)
    if file in seen or tree is None:
        return False
    if re.search(r"(^|/)models(\.py|/)", file):
        return True
    seen.add(file)
    return any(
        brings_models(project, inner, seen)
        for statement in tree.body
        for inner in project.modules.imported_by(statement)
    )


def application_takes_websockets(project: Project) -> Iterator[Finding]:
    """A project with consumers does not end in an application for HTTP alone."""
    if not project.consumers:
        return
    tree, (_, name) = project.asgi_tree, project.asgi_setting
    value = last_value(tree, name)
    if isinstance(value, ast.Name):
        value = last_value(tree, value.id)
    if isinstance(value, ast.Call) and last_name(value.func) == "get_asgi_application":
        yield say("asgi-http-only", value)
    protocols = router_of(tree)
    if protocols and not {"websocket", UNKNOWN} & set(protocols):
        yield say("router-without-websocket", next(iter(protocols.values())))


def last_value(tree: ast.Module, name: str) -> ast.expr | None:
    """Return what a module assigns to a name, the last time."""
    value = None
    for node in tree.body:
        if isinstance(node, ast.Assign) and name in map(dotted, node.targets):
            value = node.value
    return value


def router_of(tree: ast.Module) -> dict[Any, ast.AST]:
    """Return the keys of ProtocolTypeRouter({ … }) and where they stand."""
    for call in calls_in(tree):
        match call.args:
            case [ast.Dict(keys=keys)] if last_name(call.func) == "ProtocolTypeRouter":
                return {value_of(key, {}): key or call for key in keys}
    return {}


def origin_is_checked(project: Project) -> Iterator[Finding]:
    """A socket asks which site the page is from."""
    if any("OriginValidator" in name for name in names_called(project)):
        return
    texts = {node.value for node in project.nodes(ast.Constant)}
    protocols = router_of(project.asgi_tree)
    # Who reads the header "origin" checks it by hand.
    if "websocket" in protocols and not {"origin", b"origin"} & texts:
        yield say("no-origin-check", protocols["websocket"])


def hosts_are_named(project: Project) -> Iterator[Finding]:
    """The check of the origin has names to compare it with."""
    if "AllowedHostsOriginValidator" in names_called(project):
        if project.settings.get("ALLOWED_HOSTS") == ["*"]:
            yield say("hosts-open", project.settings.where("ALLOWED_HOSTS"))


def names_called(project: Project) -> set[str]:
    """Return the last name of everything that the project calls."""
    return {last_name(call.func) for call in project.nodes(ast.Call)}


CHECKS = [
    settings_are_there,
    daphne_is_there,
    daphne_is_first,
    asgi_setting_is_there,
    asgi_setting_leads_to_an_application,
    django_is_ready_before_the_imports,
    application_takes_websockets,
    origin_is_checked,
    hosts_are_named,
]
