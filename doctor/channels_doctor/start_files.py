"""Where the start commands are in files of a single kind: Procfile, units, platforms' files."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from channels_doctor.dockerfiles import joined
from channels_doctor.shell_words import Word, inside
from channels_doctor.yaml_text import read_yaml

PROCFILE = r"(^|/)procfile(\.\w+)?$"
PROCESS = re.compile(r"^([\w-]+)[ \t]*:[ \t]*(\S[^\n]*)", re.MULTILINE)
# What only a Procfile for your own machine starts.
LOCAL = re.compile(
    r"redis-server|\b(npm|yarn|pnpm|postgres|mailpit|mailhog)\b|tailwind"
)
EXEC_START = re.compile(r"^ExecStart=[-@:+!]*((?:\\\r?\n|[^\n])+)", re.MULTILINE)
PROGRAM = re.compile(r"^\[([^\]\n]*)\]|^command[ \t]*=[ \t]*(\S[^\n]*)", re.MULTILINE)
SETTING = re.compile(
    r"""^[ \t]*"?(?P<key>[\w-]+)"?[ \t]*[=:][ \t]*(?P<quote>["'])(?P<command>.*)(?P=quote)""",
    re.MULTILINE,
)


SCRIPTS = re.compile(r'"scripts"\s*:\s*\{([^{}]*)\}')
SCRIPT = re.compile(r'"(?P<name>[^"\n]+)"\s*:\s*"(?P<command>[^"\\\n]*)"')
RECIPE = re.compile(
    r"^(?:(?P<target>[\w.-]+)[ \t]*:(?!=)|\t[@-]*(?P<command>\S[^\n]*))", re.MULTILINE
)
# A script of another name is for your own machine.
DEPLOYED = r"(start|prod|production|deploy)\b(?!:dev)"


@dataclass(frozen=True)
class Scene:
    """The circumstances of a command: who runs it, where, and with what."""

    file: str
    platform: str = ""
    process: str = ""
    folder: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    is_container: bool = False
    is_development: bool = False
    form: str = "shell"
    depth: int = 0


# A command's circumstances, and where it begins and ends in the text.
Piece = tuple[Scene, int, int]


def procfile(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield each process type of a Procfile; `Procfile.dev` is for your own machine."""
    is_local = not scene.file.lower().endswith("procfile") or LOCAL.search(text)
    scene = replace(scene, platform="procfile", is_container=True)
    for found in PROCESS.finditer(text):
        here = replace(
            scene,
            process=found[1],
            is_development=bool(is_local) or scene.is_development,
        )
        yield here, *found.span(2)


def unit(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield what a unit of systemd starts."""
    for found in EXEC_START.finditer(text):
        yield replace(scene, platform="systemd", folder=None), *found.span(1)


def supervisor(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield the programs of supervisor."""
    process = ""
    for found in PROGRAM.finditer(text):
        if found[1] is not None:
            program = re.match(r"(?:fcgi-)?program:(.+)", found[1])
            process = program[1] if program else ""
        elif process:
            here = replace(scene, platform="supervisor", process=process, folder=None)
            yield here, *found.span(2)


def render(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield the services of render.yaml."""
    services = read_yaml(text).get("services")
    for service in services.children if services else ():
        start = service.get("startCommand")
        if start and start.value:
            here = replace(
                scene,
                platform="render",
                process=service.text_of("type") or "web",
                folder=joined(scene.folder or "", service.text_of("rootDir") or "."),
                is_container=True,
            )
            yield here, *inside(Word("", start.start, start.end), text)


def platform_file(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield what fly.toml, railway.json, railway.toml or nixpacks.toml starts."""
    platform = re.split(r"\W", scene.file.rpartition("/")[2])[0].lower()
    scene = replace(scene, platform=platform, is_container=True)
    if platform == "fly":  # it runs in an image, wherever that has its files
        scene = replace(scene, folder=None)
    for found in SETTING.finditer(text):
        key = found["key"]
        is_process = platform == "fly" and is_below(text, found.start(), "processes")
        if is_process or key in ("startCommand", "cmd"):
            here = replace(scene, process=key if is_process else "web")
            yield here, *found.span("command")


def package_json(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield the scripts of a package.json: npm starts some projects' Python, too."""
    scripts = SCRIPTS.search(text)
    for found in SCRIPT.finditer(text, *scripts.span(1)) if scripts else ():
        is_development = not re.match(DEPLOYED, found["name"])
        yield (
            replace(scene, process=found["name"], is_development=is_development),
            *found.span("command"),
        )


def makefile(scene: Scene, text: str) -> Iterator[Piece]:
    """Yield the lines of a Makefile's recipes."""
    target = ""
    for found in RECIPE.finditer(text):
        if found["target"]:
            target = found["target"]
        elif found["command"]:
            is_development = not re.match(DEPLOYED, target)
            yield (
                replace(scene, process=target, is_development=is_development),
                *found.span("command"),
            )


def is_below(text: str, place: int, table: str) -> bool:
    """Tell whether a line of TOML belongs to a table."""
    tables = re.findall(r"^\s*\[+([\w.-]+)\]+", text[:place], re.MULTILINE)
    return bool(tables) and tables[-1] == table


START_FILES: list[tuple[str, Callable[[Scene, str], Iterator[Piece]]]] = [
    (PROCFILE, procfile),
    (r"\.service$", unit),
    (r"\.(conf|ini)$", supervisor),
    (r"(^|/)render\.ya?ml$", render),
    (r"(^|/)package\.json$", package_json),
    (r"(^|/)makefile$", makefile),
    (r"(^|/)(fly|railway|nixpacks)\b[^/]*\.(toml|json)$", platform_file),
]
