"""Checks of the settings: does Django start with them, and does daphne find the application?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.checks.asgi_application import first_missing
from channels_doctor.checks.imports import KEPT_BACK, missing_module
from channels_doctor.checks.installed_apps import installed_packages
from channels_doctor.checks.names import nearest
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.modules import ANYTHING, settings_named_in
from channels_doctor.project import Project
from channels_doctor.python_code import find, last_name

# Django refuses a text for these.
LISTS = (
    "ALLOWED_HOSTS",
    "INSTALLED_APPS",
    "LOCALE_PATHS",
    "TEMPLATE_DIRS",
    "SECRET_KEY_FALLBACKS",
)


def settings_are_there(project: Project) -> Iterator[Finding]:
    """manage.py names a settings file that exists."""
    name, modules = project.settings_module, project.modules
    if name and not modules.is_known(name) and project.paths_are_plain:
        named = settings_named_in(modules.trees[modules.manage_file])
        others = [
            modules.name_of(file)
            for file in modules.trees
            if re.search(r"(^|/)settings\.py$", file)
        ]
        edits = [
            rewritten(project, node, others[0]) for node in named if len(others) == 1
        ]
        yield say("settings-not-found", modules.manage_file, *edits, module=name)


# Where pytest looks for its options, in its own order; only the first file counts.
PYTEST_FILES = {
    "pytest.ini": "pytest",
    "pyproject.toml": r"tool\.pytest(?:\.ini_options)?",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
OTHER_WAYS = re.compile(
    r"^\s*(pythonpath|django_find_project|env)\s*=|--ds\b", re.MULTILINE
)


def settings_of_tests_are_there(project: Project) -> Iterator[Finding]:
    """pytest's options name a settings file that exists."""
    modules, root = project.modules, project.modules.root
    if not project.paths_are_plain or not modules.file_of(project.settings_module):
        return
    if any(f"{root}{name}pytest.toml" in project.files for name in ("", ".")):
        return  # new in pytest 9, and read before all others
    for name, header in PYTEST_FILES.items():
        source = project.sources.get(root + name)
        text = source.text if source else ""
        section = re.search(rf"(?ms)^\[{header}\]\s*$.*?(?=^\[|\Z)", text)
        if not section:
            if source and name == "pytest.ini":
                return  # it counts even without a section
            continue
        named = re.compile(
            r"""^DJANGO_SETTINGS_MODULE[ \t]*=[ \t]*(["']?)([\w.]+)\1[ \t\r]*$""",
            re.MULTILINE,
        ).search(text, section.start(), section.end())
        if named and not OTHER_WAYS.search(section[0]):
            if not modules.is_known(named[2]) and not KEPT_BACK.search(named[2]):
                line = source.number_of(named.start(2))
                edit = Edit(source.file, *named.span(2), project.settings_module)
                words = {
                    "module": named[2],
                    "missing": first_missing(project, named[2]),
                    "right": project.settings_module,
                }
                where = f"{source.file}:{line}"
                yield say("pytest-settings-not-found", where, edit, **words)
        return


def rewritten(project: Project, node: ast.Constant, text: str) -> Edit:
    """Return the edit that writes another text, in the same quotation marks."""
    source = project.source_of(node)
    quote = source.code(node)[0]
    return source.replace(node, quote + text + quote)


def asgi_setting_is_there(project: Project) -> Iterator[Finding]:
    """daphne's runserver is told which application to run."""
    settings = project.settings
    if settings.get("ASGI_APPLICATION") is None:
        if "daphne" in installed_packages(project):
            module, edits = project.asgi_setting[0], []
            if project.modules.file_of(module) and settings.file in project.sources:
                line = f'ASGI_APPLICATION = "{module}.application"'
                edits = [project.sources[settings.file].append(line)]
            yield say("asgi-setting-missing", settings.file, *edits, module=module)


def asgi_setting_leads_to_an_application(project: Project) -> Iterator[Finding]:
    """ASGI_APPLICATION names a module that exists and something in it."""
    setting = project.settings.get("ASGI_APPLICATION")
    if not isinstance(setting, str) or not project.paths_are_plain:
        return
    module, _, name = setting.rpartition(".")
    where, modules = project.settings.where("ASGI_APPLICATION"), project.modules
    value = getattr(where, "value", None)
    is_text = isinstance(value, ast.Constant)
    file = modules.file_of(module)
    if not file:
        right = f"{project.package}.asgi"
        edits = []
        if is_text and modules.file_of(right):
            edits = [rewritten(project, value, f"{right}.application")]
        yield say(
            "asgi-module-missing", where, *edits, module=module, package=project.package
        )
    elif file in modules.trees and not modules.names_of(file) & {name, ANYTHING}:
        names = modules.names_of(file)
        right = "application" if "application" in names else nearest(name, names)
        edits = (
            [rewritten(project, value, f"{module}.{right}")]
            if right and is_text
            else []
        )
        yield say("asgi-name-missing", where, *edits, module=module, name=name)
    elif module.endswith(".wsgi"):
        yield from asgi_not_wsgi(project, where, module)


def asgi_not_wsgi(
    project: Project, where: ast.AST | str, module: str
) -> Iterator[Finding]:
    """ASGI_APPLICATION doesn't lead to the WSGI application."""
    tree = project.modules.trees.get(project.modules.file_of(module))
    text = ast.dump(tree) if tree else ""
    if "get_wsgi_application" in text and "asgi" not in text.replace("wsgi", ""):
        right = module.removesuffix("wsgi") + "asgi"
        value, edits = getattr(where, "value", None), []
        if isinstance(value, ast.Constant) and project.modules.file_of(right):
            edits = [rewritten(project, value, f"{right}.application")]
        yield say("asgi-is-wsgi", where, *edits, right=right, is_certain=bool(edits))


def lists_are_lists(project: Project) -> Iterator[Finding]:
    """A setting that Django wants as a list isn't a text in parentheses."""
    for key in LISTS:
        if isinstance(project.settings.get(key), str):
            where = project.settings.where(key)
            value, edits = getattr(where, "value", None), []
            if isinstance(value, ast.Constant):
                edits = [*project.source_of(value).wrap(value, "[", "]")]
            yield say(
                "setting-not-a-list", where, *edits, key=key, is_certain=bool(edits)
            )


def hosts_are_given(project: Project) -> Iterator[Finding]:
    """Without DEBUG, Django knows the hosts that it answers for."""
    settings = project.settings
    if settings.get("DEBUG") in (False, None) and settings.get("ALLOWED_HOSTS") in (
        [],
        None,
    ):
        if settings.complete:
            yield say("no-hosts", settings.where("ALLOWED_HOSTS"))


def key_is_there(project: Project) -> Iterator[Finding]:
    """Django has a key to sign sessions and tokens with."""
    if project.settings.get("SECRET_KEY") in (None, "") and project.settings.complete:
        yield say("no-secret-key", project.settings.where("SECRET_KEY"))


def urls_are_there(project: Project) -> Iterator[Finding]:
    """ROOT_URLCONF, and each include(), names a module that exists."""
    if not project.paths_are_plain:
        return
    setting = project.settings.get("ROOT_URLCONF")
    if setting is None:
        yield say("no-urlconf", project.settings.file, package=project.package)
    elif isinstance(setting, str) and missing_module(project, setting):
        where = project.settings.where("ROOT_URLCONF")
        value, right = getattr(where, "value", None), f"{project.package}.urls"
        edits = []
        if isinstance(value, ast.Constant) and project.modules.file_of(right):
            edits = [rewritten(project, value, right)]
        error = missing_module(project, setting)
        yield say("urls-missing", where, *edits, word="ROOT_URLCONF", error=error)
    for file in sorted(project.running.at_start):
        tree = project.modules.trees[file]
        for module, node in included(tree):
            error = missing_module(project, module)
            if error:
                yield say("urls-missing", node, word="This include()", error=error)


def included(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the modules that include("…") names, and where."""
    for node in find(tree, ast.Call):
        match node:
            case ast.Call(args=[first, *_]) if last_name(node.func) == "include":
                if isinstance(first, ast.Tuple) and first.elts:
                    first = first.elts[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, first


CHECKS = [
    settings_are_there,
    settings_of_tests_are_there,
    asgi_setting_is_there,
    asgi_setting_leads_to_an_application,
    lists_are_lists,
    hosts_are_given,
    key_is_there,
    urls_are_there,
]
