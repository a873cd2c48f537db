"""Checks of what the start commands need: is it among the requirements?"""

import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.deployment import (
    commands_of,
    has_websockets,
    requirement,
)
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import is_a
from channels_doctor.requirements import Need
from channels_doctor.servers import ASGI_SERVERS, StartCommand
from channels_doctor.starts import DOCKERFILE

PLAIN_IMAGE = re.compile(
    r"(docker\.io/)?(library/)?(python|debian|ubuntu|alpine|node|nginx)\b"
)


def servers_are_installed(project: Project) -> Iterator[Finding]:
    """What starts the project is among its requirements."""
    if not project.needs_for("django") or has_other_requirements(project):
        return
    for command in commands_of(project):
        name = command.server
        if command.is_development or name not in ASGI_SERVERS | {
            "gunicorn",
            "waitress",
        }:
            continue
        if name == "daphne" and "daphne" in repr(
            project.settings.get("INSTALLED_APPS")
        ):
            continue  # then the settings miss it first
        if name == "daphne" and project.channels_version.below(4):
            continue  # Channels brought it along, until then
        if not is_mentioned(project, command) and not comes_with_an_image(
            project, command
        ):
            line = {"daphne": "daphne>=4.2.2", "uvicorn": "uvicorn[standard]"}.get(
                name, name
            )
            edit = requirement(project, name, line)
            program = "waitress-serve" if name == "waitress" else name
            words = {"server": program, "need": line}
            yield say(
                "start-not-installed", command.where, *([edit] if edit else []), **words
            )


def comes_with_an_image(project: Project, command: StartCommand) -> bool:
    """The image that a container is built on may bring the server along."""
    if not command.is_container or command.platform in ("procfile", "render"):
        return False
    for file, source in project.sources.items():
        if is_a(DOCKERFILE, file):
            stages = re.findall(r"^\s*FROM\s+.*\s+AS\s+(\S+)", source.text, re.I | re.M)
            for image in re.findall(
                r"^\s*FROM\s+(?:--\S+\s+)?(\S+)", source.text, re.I | re.M
            ):
                if image not in stages and not PLAIN_IMAGE.match(image):
                    return True
    return False


def has_other_requirements(project: Project) -> bool:
    """What gets installed is written somewhere that we don't read."""
    others = (
        r"(^|/)(pipfile|(pipfile|poetry|uv|pdm|pixi)\.lock|setup\.(py|cfg)"
        r"|(conda|environment)[^/]*\.ya?ml)$"
    )
    read = {
        need.where.rpartition(":")[0] or need.where
        for need in project.requirements.needs
    }
    if any(is_a(others, file) for file in set(project.files) - read):
        return True
    for file, source in project.sources.items():
        if file.endswith(".txt"):
            for name in re.findall(
                r"^\s*(?:-r|--requirement)[ =]*(\S+)", source.text, re.MULTILINE
            ):
                if not any(one.endswith(name.lstrip("./")) for one in project.sources):
                    return True
    return False


def is_mentioned(project: Project, command: StartCommand) -> bool:
    """Some file besides the start commands speaks of a server, and may install it."""
    name = command.server
    bringers = {
        "gunicorn": "gunicorn|uvicorn-worker",
        "uvicorn": "uvicorn|fastapi|uvicorn-worker",
    }
    pattern = re.compile(rf"\b({bringers.get(name, name)})\b", re.IGNORECASE)
    if any(pattern.search(need.name) for need in project.requirements.needs):
        return True
    install = re.compile(rf"(install|add|sync)\b[^\n]*\b{name}\b", re.IGNORECASE)
    for file, source in project.sources.items():
        is_list = file.endswith((".txt", ".toml", ".lock"))
        lines = re.sub(r"^\s*#.*|\\\r?\n", "", source.text, flags=re.MULTILINE)
        if (
            file.endswith((".py", ".html", ".js", ".md"))
            or file == command.file
            and is_list
        ):
            continue
        if (pattern if is_list else install).search(lines):
            return True
    return False


def uvicorn_has_websockets(project: Project) -> Iterator[Finding]:
    """Uvicorn is installed with a library for WebSockets."""
    if (
        not project.consumers
        or has_websockets(project)
        or has_other_requirements(project)
    ):
        return
    if not all(map(is_without_websockets, project.requirements.needs)):
        return
    for command in commands_of(project):
        worker = command.option("-k", "--worker-class") or ""
        if command.server == "uvicorn" or "uvicorn" in worker.lower():
            for need in project.needs_for("uvicorn"):
                file, _, line = need.where.rpartition(":")
                edits = []
                if file.endswith(".txt"):
                    edits = [
                        project.sources[file].replace_text(
                            int(line), "uvicorn", "uvicorn[standard]"
                        )
                    ]
                yield say(
                    "uvicorn-websockets", need.where, *edits, is_certain=bool(edits)
                )
            return


def is_without_websockets(need: Need) -> bool:
    """A package is known not to bring the library along."""
    name = need.name
    if name == "uvicorn" and "standard" in need.extras:
        return False
    return name in WITHOUT_WEBSOCKETS or name.startswith(
        ("django", "psycopg", "types-")
    )


WITHOUT_WEBSOCKETS = {
    *(
        "asgiref",
        "attrs",
        "autobahn",
        "automat",
        "boto3",
        "botocore",
        "celery",
        "certifi",
    ),
    *(
        "cffi",
        "channels",
        "channels-redis",
        "charset-normalizer",
        "click",
        "constantly",
    ),
    *("coverage", "cryptography", "daphne", "dj-database-url", "djangorestframework"),
    *("djangorestframework-simplejwt", "factory-boy", "faker", "flake8", "gevent"),
    *(
        "gunicorn",
        "h11",
        "httptools",
        "hyperlink",
        "idna",
        "incremental",
        "isort",
        "jinja2",
    ),
    *(
        "kombu",
        "markdown",
        "markupsafe",
        "msgpack",
        "mysqlclient",
        "numpy",
        "packaging",
    ),
    *(
        "pillow",
        "pyasn1",
        "pyasn1-modules",
        "pycparser",
        "pyjwt",
        "pymysql",
        "pyopenssl",
    ),
    *(
        "pytest",
        "pytest-asyncio",
        "pytest-django",
        "python-dateutil",
        "python-decouple",
    ),
    *("python-dotenv", "pytz", "pyyaml", "redis", "requests", "ruff", "sentry-sdk"),
    *("service-identity", "setuptools", "six", "sqlparse", "tblib", "twisted", "txaio"),
    *("typing-extensions", "tzdata", "urllib3", "uvicorn", "uvicorn-worker", "wheel"),
    *("whitenoise", "zope-interface", "zope.interface"),
}


CHECKS = [
    servers_are_installed,
    uvicorn_has_websockets,
]
