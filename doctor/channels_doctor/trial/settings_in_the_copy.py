"""The settings and environment variables that the copy gets, so that nothing leads out of it."""

import re
import secrets
from pathlib import Path

from channels_doctor.project import Project
from channels_doctor.trial.tracebacks import Failure

ADDED = """

# Added in this copy, by the trial of channels-doctor.
import channels_doctor_settings

channels_doctor_settings.change(globals())
"""
IN_QUOTES = re.compile(r"[\"']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)[\"']")

# How the libraries that read the environment name a variable that isn't set.
NOT_SET = [
    re.compile(r"^KeyError: '([A-Z][A-Z0-9_]+)'$"),
    re.compile(r"ImproperlyConfigured: Set the ([A-Z][A-Z0-9_]*) environment variable"),
    re.compile(r"UndefinedValueError: ([A-Z][A-Z0-9_]*) not found"),
    re.compile(r"Environment variable \"([A-Z][A-Z0-9_]*)\" not set"),
]
ENV_FILES = (
    ".env",
    ".env.example",
    ".env.sample",
    ".env.dist",
    "env.example",
    ".env.dev",
)


def change_settings(copy: Path, project: Project) -> None:
    """Let every settings module of the copy end with the trial's changes."""
    for module in settings_modules(project):
        file = project.modules.file_of(module)
        # One that can't be parsed stops with its own error, on its own line.
        if file in project.modules.trees:
            with (copy / file).open("a", encoding="utf-8") as settings:
                settings.write(ADDED)


def settings_modules(project: Project) -> list[str]:
    """Return the modules that DJANGO_SETTINGS_MODULE may name, and what looks like one."""
    found = dict.fromkeys([project.settings_module] if project.settings_module else [])
    for file, source in project.sources.items():
        if not file.endswith(".py"):
            continue
        for line in source.lines if "DJANGO_SETTINGS_MODULE" in source.text else ():
            found |= dict.fromkeys(IN_QUOTES.findall(line))
        if re.search(r"^ROOT_URLCONF\s*=", source.text, re.MULTILINE):
            module = file.removeprefix(project.modules.root).removesuffix(".py")
            found[module.replace("/", ".").removesuffix(".__init__")] = None
    return list(found)


def name_not_set(failure: Failure | None, copy: Path) -> str:
    """Return the environment variable that the settings miss; "" if it's another error."""
    for pattern in NOT_SET if failure else ():
        if found := pattern.search(failure.error):
            if "KeyError" in found[0] and not reads_environment(failure.where, copy):
                continue
            return found[1]
    return ""


def reads_environment(where: str, copy: Path) -> bool:
    """Tell whether a line of the project reads an environment variable."""
    file, _, number = where.rpartition(":")
    try:
        lines = (copy / file).read_text("utf-8", "replace").splitlines()
        return "env" in lines[int(number) - 1].lower()
    except (OSError, ValueError, IndexError):
        return False


def value_for(name: str, folders: list[Path], redis_url: str) -> tuple[str, str]:
    """Return a value for a variable that isn't set, and where it's from ("" if made up)."""
    host, _, port = redis_url.partition("//")[2].partition(":")
    if "REDIS" in name or "BROKER" in name:
        if "PORT" in name:
            return port or "6379", ""
        return (host or "127.0.0.1", "") if "HOST" in name else (redis_url, "")
    if "DATABASE_URL" in name:
        return "sqlite:///doctor.sqlite3", ""
    for folder in folders:
        for file in ENV_FILES:
            if value := read_env(folder / file).get(name):
                return value, file
    return made_up(name), ""


def made_up(name: str) -> str:
    """Return a value that suits a variable's name."""
    if "HOST" in name:
        return "127.0.0.1"
    if "PORT" in name or "TIMEOUT" in name:
        return "1"
    if "DEBUG" in name:
        return "True"
    if name.startswith("USE_") or "TLS" in name or "SSL" in name:
        return "False"
    return secrets.token_hex(32)


def read_env(file: Path) -> dict[str, str]:
    """Return the variables of an .env file."""
    try:
        lines = file.read_text("utf-8-sig", "replace").splitlines()
    except OSError:
        return {}
    found = (
        re.match(r"\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$", line) for line in lines
    )
    return {one[1]: one[2].strip("'\"") for one in found if one}
