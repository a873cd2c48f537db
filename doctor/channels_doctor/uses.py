"""Which packages of other people a project can't start without, and where it names them."""

import ast
import re
from collections.abc import Iterator

from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.third_party import PACKAGES

# Settings in which Django imports what they name, when it starts.
NAMING_SETTINGS = {"INSTALLED_APPS", "MIDDLEWARE", "CHANNEL_LAYERS", "DATABASES"}
# Modules of an app that Django imports, when it starts.
OF_AN_APP = ("__init__", "apps", "models", "admin")
DRIVERS = {
    "django.db.backends.postgresql": "psycopg2",
    "django.db.backends.postgresql_psycopg2": "psycopg2",
    "django.db.backends.mysql": "MySQLdb",
}


def uses_of(project: Project) -> dict[str, ast.AST]:
    """Return the first place where the project needs each of the known packages to start."""
    uses: dict[str, ast.AST] = {}
    for node, name in names_in_settings(project):
        uses.setdefault(name, node)
    for file in files_that_start(project):
        for statement in imports_at_the_top(project, file):
            for module in project.modules.imported_by(statement):
                uses.setdefault(module.split(".")[0], statement)
        if file.endswith("models.py") or "/models/" in file:
            for call in image_fields(project.modules.trees[file]):
                uses.setdefault("PIL", call)
    own = {
        part.removesuffix(".py") for file in project.files for part in file.split("/")
    }
    return {
        name: node
        for name, node in uses.items()
        if name in PACKAGES and name not in own
    }


def names_in_settings(project: Project) -> Iterator[tuple[ast.AST, str]]:
    """Yield the packages that settings name, where the setting surely is in force.

    Under `if` and in `try`, it may not be.
    """
    for file in project.settings.files:
        for statement in project.modules.trees[file].body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=key)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=key), value=ast.expr() as value)
                    | ast.AugAssign(target=ast.Name(id=key), value=value)
                ) if key in NAMING_SETTINGS:
                    yield from names_in(key, value)


def names_in(key: str, value: ast.expr) -> Iterator[tuple[ast.AST, str]]:
    """Yield the packages that the value of a setting names."""
    if any(isinstance(node, ast.IfExp) for node in ast.walk(value)):
        return
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if key == "DATABASES":
                yield node, DRIVERS.get(node.value, "")
            elif key == "INSTALLED_APPS" or "." in node.value:
                yield node, node.value.split(".")[0]


def files_that_start(project: Project) -> list[str]:
    """Return the files that are imported when a server starts, as far as the text tells."""
    modules, settings = project.modules, project.settings
    apps = settings.get("INSTALLED_APPS")
    names = (
        [app for app in apps if isinstance(app, str)] if isinstance(apps, list) else []
    )
    packages = [re.sub(r"\.apps\.\w+$", "", name) for name in names]
    starts = [
        f"{app}.{name}".removesuffix(".__init__")
        for app in packages
        for name in OF_AN_APP
    ]
    urls = settings.get("ROOT_URLCONF")
    starts += [project.asgi_setting[0], urls if isinstance(urls, str) else ""]
    files = [*settings.files, *filter(None, map(modules.file_of, starts))]
    files = list(dict.fromkeys(file for file in files if file in modules.trees))
    known = set(files)
    for file in files:  # it grows while we go through it
        for module in imported_from(project, file):
            inner = modules.file_of(module)
            if inner in modules.trees and inner not in known:
                known.add(inner)
                files.append(inner)
    return files


def imported_from(project: Project, file: str) -> Iterator[str]:
    """Yield the modules that a file imports at once, or names in include("chat.urls")."""
    for statement in imports_at_the_top(project, file):
        yield from project.modules.imported_by(statement)
    if file.endswith("urls.py"):
        for node in ast.walk(project.modules.trees[file]):
            match node:
                case ast.Call(args=[ast.Constant(value=str(module)), *_]):
                    yield module


def imports_at_the_top(project: Project, file: str) -> Iterator[ast.stmt]:
    """Yield the imports that surely run: not in a function, under `if` or in `try`."""
    for statement in project.modules.trees[file].body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement


def image_fields(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield each ImageField of the models."""
    for statement in tree.body:
        for part in statement.body if isinstance(statement, ast.ClassDef) else ():
            match part:
                case ast.Assign(value=ast.Call() as call):
                    if last_name(call.func) == "ImageField":
                        yield call
