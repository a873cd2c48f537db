"""Checks of the start commands: do they find the application, and does it fit the server?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.deployment import (
    application_kind,
    application_of,
    commands_of,
    files_of_module,
    folder_of,
    has_asgi_server,
    interface,
    is_installed_elsewhere,
    requirement,
    served_by_daphne,
)
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.reading import is_a
from channels_doctor.servers import ASGI_SERVERS, SERVERS, StartCommand
from channels_doctor.starts import DOCKERFILE

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")
NO_COLON = {
    "daphne": "ValueError: not enough values to unpack (expected 2, got 1)",
    "uvicorn": 'Error loading ASGI app. Import string "{text}" must be in format'
    ' "<module>:<attribute>".',
    "gunicorn": "ModuleNotFoundError: No module named '{text}'",
}
NO_NAME = {
    "daphne": "AttributeError: module '{module}' has no attribute '{name}'",
    "uvicorn": 'Error loading ASGI app. Attribute "{name}" not found in module "{module}".',
    "gunicorn": "Failed to find attribute '{name}' in '{module}'.",
}


def applications_are_there(project: Project) -> Iterator[Finding]:
    """A start command names a module that exists, and something in it."""
    for command in commands_of(project):
        word = command.application_word
        if word is None or not word.is_known or command.server == "uwsgi":
            continue
        if right := with_colon(project, command):
            error = NO_COLON[command.server].format(text=word.text.partition(":")[0])
            yield say(
                "start-no-colon",
                command.where,
                command.changed(word, right),
                is_certain=True,
                text=word.text,
                right=right,
                error=error,
            )
        elif DOTTED.match(command.module):
            yield from module_is_there(project, command)


def with_colon(project: Project, command: StartCommand) -> str:
    """Return `mysite.asgi:application` for a path or a name without its colon; "" if it has one."""
    text = command.application_word.text
    if command.server not in NO_COLON:
        return ""
    path, _, given = text.partition(":")
    module = path.removesuffix(".py").replace("/", ".").strip(".")
    is_path = path.endswith(".py") or "/" in path
    name = given or "application"
    if not is_path and not given and not files_of_module(project, module):
        module, _, name = module.rpartition(".")
    is_plain = not is_path and (
        given or command.server == "gunicorn" and module == path
    )
    if is_plain or len(files_of_module(project, module)) != 1:
        return ""
    names = names_bound(project, files_of_module(project, module)[0])
    return f"{module}:{name}" if names and names & {name, "*"} else ""


def module_is_there(project: Project, command: StartCommand) -> Iterator[Finding]:
    """Say which part of `mysite.asgi:application` is missing."""
    files = files_of_module(project, command.module)
    folder = folder_of(command)
    if not files:
        yield from missing_module(project, command)
        return
    if len(files) > 1:
        return
    path = command.module.replace(".", "/")
    if folder is None or files[0] in (
        f"{folder}{path}.py",
        f"{folder}{path}/__init__.py",
    ):
        is_below = folder is not None and folder != project.modules.root
        if is_below and sets_paths_plainly(project, files[0]):
            yield from wrong_folder(project, command, folder, files[0])
        else:
            yield from missing_name(project, command, files[0])
    else:
        yield from wrong_folder(project, command, folder, files[0])


def sets_paths_plainly(project: Project, file: str) -> bool:
    """A module imports the settings by the name that manage.py has for them, and no path is changed."""
    tree = project.modules.trees.get(file)
    texts = (
        {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        if tree
        else ()
    )
    names = (
        {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if tree
        else ()
    )
    return (
        project.settings_module in texts
        and "path" not in names
        and project.paths_are_plain
    )


def missing_module(project: Project, command: StartCommand) -> Iterator[Finding]:
    """Say that there's no such module, if one for this server is in the project."""
    kind = command.module.rpartition(".")[2]
    others = [
        file.removesuffix(".py")
        for file in project.modules.files
        if re.search(r"(^|/)[aw]sgi\.py$", file)
    ]
    packages = {need.name.replace("-", "_") for need in project.needs}
    if not others or command.module.split(".")[0].lower() in packages:
        return
    alike = [one for one in others if one.rpartition("/")[2] == kind]
    edits = []
    right = ""
    if len(alike) == 1:
        root = project.modules.root if alike[0].startswith(project.modules.root) else ""
        module = alike[0].removeprefix(root).replace("/", ".")
        names = names_bound(project, f"{alike[0]}.py")
        colon = f":{command.attribute}" if command.attribute else ""
        if names and command.attribute in ({"", *names}):
            right = module + colon
            edits = [command.changed(command.application_word, right)]
    missing = first_missing(project, command.module)
    hint = (
        f"Write {right}" if right else "Name the module that contains the application"
    )
    yield say("start-module", command.where, *edits, missing=missing, hint=hint)


def first_missing(project: Project, module: str) -> str:
    """Return what Python says that it doesn't find: "mysit" of "mysit.asgi"."""
    parts = module.split(".")
    for number in range(1, len(parts)):
        path = "/".join(parts[:number])
        if not any(f"/{file}".find(f"/{path}/") >= 0 for file in project.modules.files):
            return ".".join(parts[:number])
    return module


def wrong_folder(
    project: Project, command: StartCommand, folder: str, file: str
) -> Iterator[Finding]:
    """Say that the command runs in another folder than the one that imports begin in."""
    root = project.modules.root
    if not file.startswith(root) or not root.startswith(folder) or root == folder:
        return
    if is_installed_elsewhere(project):
        return
    module = file.removesuffix(".py").removesuffix("/__init__").removeprefix(root)
    module = module.replace("/", ".")
    missing = command.module if command.module == module else project.settings_module
    top = missing.split(".")[0]
    if f"{folder}{top}/" not in project.starts.folders:
        missing = top
    inner = root.removeprefix(folder).rstrip("/")
    edits = go_there(project, command, inner)
    if edits and command.module != module:
        word = command.application_word
        edits.append(
            command.changed(word, word.text.replace(command.module, module, 1))
        )
    yield say("start-folder", command.where, *edits, missing=missing, folder=inner)


def go_there(project: Project, command: StartCommand, folder: str) -> list[Edit]:
    """Return the edit that makes a command run in a folder below its own."""
    if command.platform == "docker" and is_a(DOCKERFILE, command.file):
        source = project.sources[command.file]
        return [source.insert_before(command.line, f"WORKDIR {folder}")]
    if command.form == "shell" and command.platform in (
        "procfile",
        "render",
        "railway",
    ):
        return [Edit(command.file, command.start, command.start, f"cd {folder} && ")]
    return []


def missing_name(
    project: Project, command: StartCommand, file: str
) -> Iterator[Finding]:
    """Say that the module doesn't have what the command names in it."""
    names = names_bound(project, file)
    name = command.attribute
    if not name or not names or names & {name, "*"} or command.server not in NO_NAME:
        return
    error = NO_NAME[command.server].format(module=command.module, name=name)
    edits = []
    if "application" in names:
        edits = [
            command.changed(command.application_word, f"{command.module}:application")
        ]
    yield say("start-name", command.where, *edits, error=error, file=file, name=name)


def names_bound(project: Project, file: str) -> set[str]:
    """Return every name that a module makes; "*" if that can't be known; none if it's unread."""
    names = set()
    tree = project.modules.trees.get(file)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add("*" if node.name == "__getattr__" else node.name)
            case ast.alias():
                names.add(node.asname or node.name.split(".")[0])
            case ast.Name(id="globals" | "setattr" | "exec"):
                names.add("*")
    return names


def server_speaks_to_sockets(project: Project) -> Iterator[Finding]:
    """A project with consumers isn't started with a WSGI server."""
    if not project.consumers:
        return
    for command in commands_of(project):
        if command.server not in SERVERS or interface(project, command) != "wsgi":
            continue
        kind = application_kind(project, command)
        words = {"server": command.server}
        if kind == "asgi":
            edits = with_asgi_worker(project, command)
            yield say("asgi-under-wsgi", command.where, *edits, **words)
        elif not has_asgi_server(project, command) and (
            kind or command.server != "gunicorn"
        ):
            edits = served_by_daphne(project, command)
            yield say("wsgi-server", command.where, *edits, **words)


def asgi_servers_get_an_asgi_application(project: Project) -> Iterator[Finding]:
    """An ASGI server isn't given the application of wsgi.py."""
    for command in commands_of(project):
        if command.server in SERVERS and interface(project, command) == "asgi":
            if application_kind(project, command) == "wsgi":
                edits = []
                if right := application_of(project):
                    edits = [command.changed(command.application_word, right)]
                yield say(
                    "wsgi-under-asgi", command.where, *edits, server=command.server
                )


def with_asgi_worker(project: Project, command: StartCommand) -> list[Edit]:
    """Return the edits that give Gunicorn a worker for ASGI, or put Daphne in its place."""
    gunicorn = project.needs_for("gunicorn")
    if project.needs_for("uvicorn-worker") and has_websockets(project):
        worker = "uvicorn_worker.UvicornWorker"
    elif any(need.always_below((24,)) for need in gunicorn) or command.option("-k"):
        return served_by_daphne(project, command)
    elif gunicorn and all(
        not need.clauses or need.always_from((24,)) for need in gunicorn
    ):
        worker = "asgi"
    else:
        return served_by_daphne(project, command)
    if command.server != "gunicorn" or command.form == "yaml":
        return served_by_daphne(project, command)
    return [command.with_options("-k", worker)]


def has_websockets(project: Project) -> bool:
    """Uvicorn has a library for WebSockets."""
    if any(project.needs_for(name) for name in ("websockets", "wsproto")):
        return True
    return any(
        re.search(r"^[\s\"']*uvicorn\s*\[[^]]*standard", source.text, re.MULTILINE)
        for source in project.sources.values()
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
        if not is_mentioned(project, command):
            line = {"daphne": "daphne>=4.2.2", "uvicorn": "uvicorn[standard]"}.get(
                name, name
            )
            edit = requirement(project, name, line)
            program = "waitress-serve" if name == "waitress" else name
            words = {"server": program, "need": line}
            yield say(
                "start-not-installed", command.where, *([edit] if edit else []), **words
            )


def has_other_requirements(project: Project) -> bool:
    """What gets installed is written somewhere that we don't read."""
    others = r"(^|/)(pipfile|[^/]*\.lock|setup\.(py|cfg)|environment[^/]*\.ya?ml|conda[^/]*)$"
    if any(re.search(others, file, re.IGNORECASE) for file in project.files):
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
    if any(pattern.search(need.name) for need in project.needs):
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
    if not all(is_without_websockets(need.name) for need in project.needs):
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


def is_without_websockets(name: str) -> bool:
    """A package is known not to bring the library along."""
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
    applications_are_there,
    server_speaks_to_sockets,
    asgi_servers_get_an_asgi_application,
    servers_are_installed,
    uvicorn_has_websockets,
]
