"""Checks of the settings: does Django start, and does a socket reach it?"""

from collections.abc import Iterator
from typing import Any

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.modules import ANYTHING
from channels_doctor.project import Project
from channels_doctor.reading import COMPOSE, NOTES
from channels_doctor.settings import UNKNOWN

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
    elif tree and not project.modules.names_of(file) & {name, ANYTHING}:
        yield say("asgi-name-missing", where, module=module, name=name)


CHECKS = [
    settings_are_there,
    daphne_is_there,
    daphne_is_first,
    asgi_setting_is_there,
    asgi_setting_leads_to_an_application,
]
