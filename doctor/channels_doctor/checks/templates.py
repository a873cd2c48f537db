"""Checks of the templates that views and templates name: does Django find them?"""

import ast
import difflib
from collections.abc import Iterator
from typing import Any

from channels_doctor.advice import say
from channels_doctor.checks.installed_apps import apps_are_there
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import dotted, last_name
from channels_doctor.settings import UNKNOWN

TAG = r"\{% *(?:extends|include) +(['\"])([^'\"{}]+)\1"
# What brings no templates that a project would name without a folder.
WITHOUT_OWN = ("django.", "daphne", "channels", "rest_framework", "corsheaders")
# The function's argument that is the name.
NAMED_BY = {"render": 1, "get_template": 0, "render_to_string": 0, "select_template": 0}


def templates_are_there(project: Project) -> Iterator[Finding]:
    """A view or a template names a template that exists."""
    files = template_files(project)
    by_last_name: dict[str, list[str]] = {}
    for file in files:
        by_last_name.setdefault(file.rpartition("/")[2], []).append(file)
    said = set()
    for name, at, source in templates(project):
        found = files_for(project, name, by_last_name.get(name.rpartition("/")[2], []))
        where = at if isinstance(at, str) else f"{at.file}:{at.lineno}"
        if (where, name) in said:
            continue
        said.add((where, name))
        if not found and is_ours(project, name, files, source):
            yield missing(project, name, at, files, source)
        elif found:
            yield from not_searched(project, name, at, found)


# Folders in which installed packages have templates, and projects put others beside them.
INSTALLED = {"account", "admin", "registration", "rest_framework", "socialaccount"}


def files_for(project: Project, name: str, files: list[str]) -> list[str]:
    """Return the files that a template's name may lead to."""
    found = [file for file in files if f"/{file}".endswith(f"/{name}")]
    whole = [file for file in found if f"/{file}".endswith(f"templates/{name}")]
    engine = engine_of(project)
    if whole or engine is None:
        return whole or found
    return [
        file
        for file in found
        if "templates/" not in file
        or is_in_dirs(project, engine, file[: -len(name) - 1])
    ]


def template_files(project: Project) -> list[str]:
    """Return every file that may be a template."""
    return [file for file in project.files if not file.endswith(".py")]


def templates(project: Project) -> Iterator[tuple[str, ast.AST | str, ast.AST | None]]:
    """Yield the templates that are named, where, and the text itself if it's in Python."""
    for node in project.nodes(ast.Call, ast.Assign):
        match node:
            case ast.Call():
                yield from named_by_call(node)
            case ast.Assign(targets=[target], value=ast.Constant(value=str(name))):
                if name and dotted(target) == "template_name":
                    yield name, node, node.value
    for found, where in project.search(r"\.html?$", TAG):
        yield found[2], where, None


def named_by_call(call: ast.Call) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Yield the template that a call names."""
    function = last_name(call.func)
    values = [one.value for one in call.keywords if one.arg == "template_name"]
    number = NAMED_BY.get(function)
    if number is not None and number < len(call.args):
        values.append(call.args[number])
    elif function != "as_view" and number is None:
        return
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            if value.value:
                yield value.value, call, value


def is_ours(
    project: Project, name: str, files: list[str], source: ast.AST | None
) -> bool:
    """Tell a template of the project from one that an installed package may bring."""
    folder, slash, _ = name.partition("/")
    if name.startswith((".", "/")) or "\\" in name:
        return False
    if slash:  # "admin/base_site.html" may well come from an installed package
        return folder not in INSTALLED and any(
            f"templates/{folder}/" in file for file in files
        )
    if source is not None:
        return True
    apps = project.settings.get("INSTALLED_APPS")
    return isinstance(apps, list) and all(is_plain(project, app) for app in apps)


def is_plain(project: Project, app: Any) -> bool:
    """Tell an app of the project, or of a package without templates of its own."""
    if not isinstance(app, str):
        return False
    is_own = bool(project.modules.file_of(app.split(".")[0]))
    folder = f"{project.modules.root}{app.split('.')[0]}/"
    is_own = is_own or any(file.startswith(folder) for file in project.files)
    return is_own or app.startswith(WITHOUT_OWN)


def missing(
    project: Project,
    name: str,
    at: ast.AST | str,
    files: list[str],
    source: ast.AST | None,
) -> Finding:
    """Say that a template isn't in the project."""
    names = [file.rpartition("templates/")[2] for file in files if "templates/" in file]
    near = difflib.get_close_matches(name, names, 1, 0.75)
    same = [one for one in names if one.endswith(f"/{name.rpartition('/')[2]}")]
    better = (near or same[: len(same) == 1] or [""])[0]
    edits: list[Edit] = []
    if better and source is not None:
        code = project.source_of(source).code(source)
        edits = [project.source_of(source).replace(source, code.replace(name, better))]
    hint = f' There is "{better}".' if better else ""
    return say("template-missing", at, *edits, template=name, hint=hint)


def not_searched(
    project: Project, name: str, at: ast.AST | str, found: list[str]
) -> Iterator[Finding]:
    """Say that Django doesn't look where a template is."""
    engine = engine_of(project)
    if engine is None:
        return
    places = [file[: -len(name)].rstrip("/") for file in found]
    if any(is_searched(project, engine, place) for place in places):
        return
    if any(apps_are_there(project)):
        return  # an app that isn't found is the cause, and has its own finding
    place = places[0]
    app = package_of(project, place)
    edits: list[Edit] = []
    if app and engine.get("APP_DIRS") is True:
        edits = app_added(project, app)
        do = f'Add "{app}" to INSTALLED_APPS.'
    elif app:
        do = "Set APP_DIRS to True in TEMPLATES."
    else:
        do = f"Add {path_to(project, place)} to DIRS in TEMPLATES."
        edits = folder_added(project, place)
    yield say("template-not-searched", at, *edits, template=name, place=place, do=do)


def engine_of(project: Project) -> dict[str, Any] | None:
    """Return the settings of the one engine, if they and the apps are known."""
    apps = project.settings.get("INSTALLED_APPS")
    if not isinstance(apps, list) or UNKNOWN in apps:
        return None
    match project.settings.get("TEMPLATES"):
        case [{"BACKEND": str(backend)} as engine] if backend.endswith(
            "DjangoTemplates"
        ):
            options = engine.get("OPTIONS", {})
            is_plain = isinstance(options, dict) and "loaders" not in options
            return engine if is_plain else None
    return None


def is_searched(project: Project, engine: dict[str, Any], place: str) -> bool:
    """Tell whether Django looks for templates in a folder, or may do so."""
    if is_in_dirs(project, engine, place):
        return True
    app = package_of(project, place)
    if not place.endswith("templates"):
        return True  # the name is a part of the file's name by chance
    if not app:
        return False
    apps = project.settings.get("INSTALLED_APPS")
    is_installed = any(one == app or one.startswith(f"{app}.apps") for one in apps)
    known = all(isinstance(one, str) for one in apps)
    return not known or (is_installed and engine.get("APP_DIRS") is not False)


def is_in_dirs(project: Project, engine: dict[str, Any], place: str) -> bool:
    """Tell whether a folder is in DIRS, or may be."""
    root = project.modules.root
    dirs = engine.get("DIRS", [])
    if not isinstance(dirs, list):
        return True
    folder = place.removeprefix(root)
    for texts in texts_in_dirs(project.settings.where("TEMPLATES"), len(dirs)):
        part = "/".join(one.strip("/") for one in texts)
        above = folder.removesuffix(part).rstrip("/")
        is_below = folder == part or folder.endswith(f"/{part}")
        settings = project.settings.file.removeprefix(root)
        if not part or ".." in part:
            return True  # it isn't written out
        if is_below and (not above or settings.startswith(f"{above}/")):
            return True
    return False


def texts_in_dirs(node: ast.AST | str, count: int) -> Iterator[list[str]]:
    """Yield the texts in each folder of DIRS; nothing but unknown ones, if it's elsewhere."""
    value = value_in_settings(node, "DIRS")
    items = value.elts if isinstance(value, ast.List | ast.Tuple) else []
    if len(items) != count:
        yield []
    for item in items:
        texts = [
            one
            for one in ast.walk(item)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        texts.sort(key=lambda one: (one.lineno, one.col_offset))
        yield [one.value for one in texts]


def value_in_settings(node: ast.AST | str, wanted: str) -> ast.expr | None:
    """Return the value of a key in the dictionaries of a setting."""
    for inner in ast.walk(node) if isinstance(node, ast.AST) else ():
        if isinstance(inner, ast.Dict):
            for key, value in zip(inner.keys, inner.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == wanted:
                    return value
    return None


def package_of(project: Project, place: str) -> str:
    """Return the package that a folder of templates is in: "chat"; "" if it's in none."""
    folder = place.rpartition("/")[0]
    inside = f"{folder}/" if folder else ""
    is_package = any(
        f"{inside}{one}.py" in project.files for one in ("__init__", "views", "models")
    )
    name = folder.removeprefix(project.modules.root).replace("/", ".")
    return (
        name if folder and is_package and f"{folder}/" != project.modules.root else ""
    )


def app_added(project: Project, app: str) -> list[Edit]:
    """Return the edit that adds an app to INSTALLED_APPS."""
    node = project.settings.where("INSTALLED_APPS")
    match getattr(node, "value", None):
        case ast.List(elts=[*_, last]):
            source = project.source_of(last)
            end = source.range_of(last)[1]
            is_alone = source.line(last.lineno).strip().rstrip(",") == source.code(last)
            indent = source.newline + source.indent(last.lineno) if is_alone else " "
            return [Edit(source.file, end, end, f',{indent}"{app}"')]
    return []


def folder_added(project: Project, place: str) -> list[Edit]:
    """Return the edit that puts a folder beside manage.py into an empty DIRS."""
    value = value_in_settings(project.settings.where("TEMPLATES"), "DIRS")
    if "BASE_DIR" not in project.settings.values:
        return []
    if not isinstance(value, ast.List) or value.elts:
        return []
    path = path_to(project, place)
    return [project.source_of(value).replace(value, f"[{path}]")]


def path_to(project: Project, place: str) -> str:
    """Return a folder as the settings write it: `BASE_DIR / "front" / "templates"`."""
    inside = place.removeprefix(project.modules.root)
    return " / ".join(["BASE_DIR", *(f'"{one}"' for one in inside.split("/"))])


CHECKS = [templates_are_there]
