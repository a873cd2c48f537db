"""Checks of INSTALLED_APPS: does Django find each app, and is daphne's runserver in use?"""

import ast
import difflib
import re
from collections.abc import Iterator
from typing import Any

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.lists import put_first, take_out
from channels_doctor.modules import ANYTHING
from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.reading import COMPOSE, NOTES
from channels_doctor.settings import UNKNOWN

STATIC_FILES = "django.contrib.staticfiles"
OTHER_SERVERS = ("uvicorn", "hypercorn", "granian")
SERVER_BY_HAND = rf"\b(daphne|{'|'.join(OTHER_SERVERS)})\s[^\n]*\basgi:"
# What AuthMiddlewareStack needs, with the model that Django complains about first.
FOR_USERS = {
    "django.contrib.contenttypes": "django.contrib.contenttypes.models.ContentType",
    "django.contrib.auth": "django.contrib.auth.models.Permission",
}


def installed_packages(project: Project) -> list[Any]:
    """Return the package of each app: "daphne" for "daphne.apps.DaphneConfig"."""
    return [
        app.split(".")[0] if isinstance(app, str) else UNKNOWN
        for app in installed_apps(project)
    ]


def installed_apps(project: Project) -> list[Any]:
    """Return INSTALLED_APPS; an UNKNOWN in it stands for any number of them."""
    apps = project.settings.get("INSTALLED_APPS")
    return apps if isinstance(apps, list) else [UNKNOWN]


def list_of_apps(project: Project) -> ast.expr | None:
    """Return the list in the settings, if it's written in one place."""
    place = project.settings.where("INSTALLED_APPS")
    return getattr(place, "value", None)


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
    value, edits = list_of_apps(project), []
    if value is not None:
        edits = put_first(project.source_of(value), value, "daphne")
    where = project.settings.where("INSTALLED_APPS")
    yield say(name, where, *edits, is_certain=bool(edits) and name == "daphne-missing")


def daphne_is_first(project: Project) -> Iterator[Finding]:
    """daphne stands before the app whose runserver it replaces."""
    apps, packages = installed_apps(project), installed_packages(project)
    if "daphne" in packages and STATIC_FILES in apps:
        if packages.index("daphne") > apps.index(STATIC_FILES):
            where = project.settings.where_in("INSTALLED_APPS", "daphne")
            value, edits = list_of_apps(project), []
            if value is not None:
                source = project.source_of(value)
                taken = take_out(source, value, "daphne")
                edits = [*put_first(source, value, "daphne"), *taken] if taken else []
            yield say("daphne-late", where, *edits, is_certain=bool(edits))


def apps_are_there(project: Project) -> Iterator[Finding]:
    """Each of the project's own apps is where INSTALLED_APPS looks for it."""
    if not project.paths_are_plain:
        return
    for node in nodes_of_apps(project):
        joined = without_comma(project, node)
        if joined:
            boundary = joined.start - project.source_of(node).range_of(node)[0] - 2
            word = node.value[:boundary] + node.value[boundary:].partition(".")[0]
            yield say("comma-missing", node, joined, word=word, is_certain=True)
            continue
        error = error_of_app(project, node.value)
        if error:
            near = nearest_app(project, node.value)
            source = project.source_of(node)
            quote = source.code(node)[0]
            edits = [source.replace(node, quote + near + quote)] if near else []
            hint = f"Did you mean {near}?" if near else "Correct the name."
            yield say("app-missing", node, *edits, error=error, advice=hint)


def nodes_of_apps(project: Project) -> list[ast.Constant]:
    """Return the texts that INSTALLED_APPS is made of."""
    apps = {one for one in installed_apps(project) if isinstance(one, str)}
    return [
        node
        for file in project.settings.files
        for node in ast.walk(project.modules.trees[file])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value in apps
    ]


def without_comma(project: Project, node: ast.Constant) -> Edit | None:
    """Return the edit that adds a comma between two texts that Python joins."""
    source = project.source_of(node)
    start, _ = source.range_of(node)
    found = re.match(r"""(["'])[\w.]+\1(?=(\s|#[^\n]*)*["'])""", source.code(node))
    if found is None:
        return None
    end = start + found.end()
    return Edit(source.file, end, end, ",")


def error_of_app(project: Project, app: str) -> str:
    """Return Django's error for an app that surely isn't there; "" for any other."""
    modules = project.modules
    first = app.split(".")[0]
    if not modules.file_of(first):
        near = nearest_app(project, app)
        return f"ModuleNotFoundError: No module named '{first}'" if near else ""
    if modules.is_known(app):
        return ""
    module, _, name = app.rpartition(".")
    if not name[:1].isupper() or not module:
        return f"ModuleNotFoundError: No module named '{app}'"
    file = modules.file_of(module)
    if not file:
        return (
            ""
            if modules.is_known(module)
            else f"ModuleNotFoundError: No module named '{module}'"
        )
    if {name, ANYTHING} & modules.names_of(file):
        return ""
    return f"ImportError: Module '{module}' does not contain a '{name}' class."


def nearest_app(project: Project, app: str) -> str:
    """Return the one app of the project that this is surely a misspelling of."""
    first, _, rest = app.partition(".")
    apps = set(installed_packages(project))
    own = {
        folder
        for folder in (
            one.removeprefix(project.modules.root) for one in project.modules.folders
        )
        if "/" not in folder and project.modules.file_of(folder)
    } - apps
    if project.needs_for(first.replace("_", "-").lower()):
        return ""
    if first in own | apps and rest.startswith("apps."):
        tree = project.modules.trees.get(project.modules.file_of(f"{first}.apps"))
        classes = (
            [one.name for one in tree.body if isinstance(one, ast.ClassDef)]
            if tree
            else []
        )
        return (
            f"{first}.apps.{classes[0]}"
            if len(classes) == 1
            else ("" if tree else first)
        )
    alike = difflib.get_close_matches(first, own, n=2, cutoff=0.8)
    return alike[0] if len(alike) == 1 and not rest else ""


def apps_are_there_once(project: Project) -> Iterator[Finding]:
    """No app is installed twice."""
    apps = [one for one in installed_apps(project) if isinstance(one, str)]
    nodes = nodes_of_apps(project)
    seen: set[str] = set()
    for node in nodes:
        package = re.sub(r"\.apps\.\w+$", "", node.value)
        count = sum(re.sub(r"\.apps\.\w+$", "", one) == package for one in apps)
        if count > 1 and package in seen:
            edits = take_out_node(project, node)
            yield say("app-twice", node, *edits, label=package.rpartition(".")[2])
        seen.add(package)


def take_out_node(project: Project, node: ast.Constant) -> list[Edit]:
    """Return the edit that deletes an element that has a line of its own."""
    source = project.source_of(node)
    line = source.line(node.lineno).partition("#")[0].strip().rstrip(",")
    return [source.delete_lines(node.lineno)] if line == source.code(node) else []


def users_are_installed(project: Project) -> Iterator[Finding]:
    """AuthMiddlewareStack has the apps that it asks."""
    apps = installed_apps(project)
    if UNKNOWN in apps:
        return
    missing = [app for app in FOR_USERS if app not in installed_without_config(apps)]
    for call in project.nodes(ast.Call):
        if (
            last_name(call.func) in ("AuthMiddlewareStack", "AuthMiddleware")
            and missing
        ):
            value, edits = list_of_apps(project), []
            if (
                value is not None
                and isinstance(value, ast.List | ast.Tuple)
                and value.elts
            ):
                source = project.source_of(value)
                last = value.elts[-1]
                if source.line(last.lineno).rstrip().endswith(","):
                    names = [*missing, "django.contrib.sessions"]
                    names = [
                        one
                        for one in names
                        if one not in installed_without_config(apps)
                    ]
                    text = "\n".join(f'"{one}",' for one in names)
                    edits = [source.insert_after(last.lineno, text)]
            yield say(
                "auth-without-apps",
                call,
                *edits,
                app=missing[0],
                model=FOR_USERS[missing[0]],
            )
            return


def installed_without_config(apps: list[Any]) -> set[str]:
    """Return the apps' paths, without their AppConfig classes."""
    return {re.sub(r"\.apps\.\w+$", "", app) for app in apps}


CHECKS = [
    daphne_is_there,
    daphne_is_first,
    apps_are_there,
    apps_are_there_once,
    users_are_installed,
]
