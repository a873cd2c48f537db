"""The start commands of a project: what starts it, on this machine and elsewhere.

They're read from Procfiles, Dockerfiles, compose files, units of systemd, supervisor's
programs and the files of hosting platforms, and from the scripts that these call. What
depends on something that isn't in the project is unknown.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from channels_doctor.dockerfiles import Image, folder_at, joined, read_dockerfile
from channels_doctor.edits import Source
from channels_doctor.reading import COMPOSE, is_a
from channels_doctor.servers import (
    MANAGE,
    SERVERS,
    StartCommand,
    program,
    unwrapped,
)
from channels_doctor.shell_words import Word, commands_in, inside, words_of_a_list
from channels_doctor.yaml_text import Node, read_yaml

DEVELOPMENT = (
    r"(dev|devel|development|local|test|tests|testing|ci|override|debug|example)"
)
DOCKERFILE = r"(^|/)([^/]*dockerfile[^/]*|containerfile)$"
PROCFILE = r"(^|/)procfile(\.\w+)?$"
SHELLS = {"sh", "bash", "ash", "dash", "zsh"}
DEEPEST = 5  # scripts that call scripts


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


@dataclass(frozen=True)
class Service:
    """One service of a compose file."""

    name: str
    file: str
    node: Node
    dockerfile: str  # "" if it isn't built from one in the project
    context: str | None


class Starts:
    """Reads the start commands of a project from its files."""

    def __init__(self, sources: Mapping[str, Source], files: list[str]) -> None:
        self.sources = sources
        self.folders = {""}
        for file in files:
            parts = file.split("/")[:-1]
            self.folders |= {"/".join(parts[: n + 1]) + "/" for n in range(len(parts))}
        self.called: set[str] = set()
        self.open: set[str] = set()  # platforms that run something we can't read
        self.services = list(self.read_services())
        self.commands: list[StartCommand] = []
        for file in sources:
            self.commands += self.read(file)
        for file in sorted(
            set(sources) - self.called
        ):  # nothing that we read calls them
            if file.endswith(".sh"):
                scene = Scene(file, "script", folder=None, is_development=True)
                self.commands += self.script(scene)
        self.commands.sort(key=lambda one: (one.file, one.line))

    def text(self, file: str) -> str:
        """Return the text of a file."""
        return self.sources[file].text

    def read(self, file: str) -> Iterator[StartCommand]:
        """Yield the commands of one file, if it's of a kind that has any."""
        folder = file.rpartition("/")[0]
        scene = Scene(file, folder=folder and f"{folder}/")
        name = file.rpartition("/")[2].lower()
        if re.search(rf"(^|[-._]){DEVELOPMENT}([-._]|$)", name):
            scene = replace(scene, is_development=True)
        if is_a(PROCFILE, file):
            yield from self.procfile(replace(scene, platform="procfile"))
        elif is_a(DOCKERFILE, file):
            yield from self.dockerfile(replace(scene, platform="docker"))
        elif is_a(COMPOSE, file):
            for service in self.services:
                if service.file == file:
                    yield from self.service(service, scene)
        elif name.endswith(".service"):
            yield from self.unit(replace(scene, platform="systemd", folder=None))
        elif is_a(r"\.(conf|ini)$", file):
            yield from self.supervisor(
                replace(scene, platform="supervisor", folder=None)
            )
        elif is_a(r"^render\.ya?ml$", name):
            yield from self.render(replace(scene, platform="render", is_container=True))
        elif is_a(r"^(fly|railway|nixpacks)\b.*\.(toml|json)$", name):
            yield from self.platform_file(scene)

    def procfile(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what each process type of a Procfile starts."""
        text = self.text(scene.file)
        if not scene.file.lower().endswith("procfile"):  # Procfile.dev
            scene = replace(scene, is_development=True)
        for found in re.finditer(
            r"^([\w-]+)[ \t]*:[ \t]*(\S[^\n]*)", text, re.MULTILINE
        ):
            here = replace(scene, process=found[1], is_container=True)
            yield from self.shell(here, found.start(2), found.end(2))

    def dockerfile(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what the container of a Dockerfile starts, unless every service overrides it."""
        mine = [one for one in self.services if one.dockerfile == scene.file]
        overridden = [
            one for one in mine if one.node.get("command") or one.node.get("entrypoint")
        ]
        if mine and len(mine) == len(overridden) and not self.has_platform:
            return
        image = read_dockerfile(self.text(scene.file))
        contexts = {one.context for one in mine} or {self.context_of(scene.file)}
        folder = None
        if len(contexts) == 1 and None not in contexts:
            folder = image.folder_of(image.workdir, contexts.pop(), self.folders)
        here = replace(
            scene, folder=folder, environment=image.environment, is_container=True
        )
        yield from self.container(here, image.entrypoint, image.cmd)

    def container(
        self,
        scene: Scene,
        entrypoint: tuple[int, int] | None,
        command: tuple[int, int] | None,
    ) -> Iterator[StartCommand]:
        """Yield what ENTRYPOINT and CMD start together."""
        text = self.text(scene.file)
        first = self.docker_words(scene, entrypoint)
        if not first and entrypoint:  # the form without brackets takes no CMD
            yield from self.shell(scene, *entrypoint)
        elif first and self.script_of(first[0].text, scene.folder):
            yield from self.run(replace(scene, form="json"), first)
            script = self.script_of(first[0].text, scene.folder)
            if '"$@"' in self.text(script) or "$*" in self.text(script):
                yield from self.container(scene, None, command)
        elif command and (words := self.docker_words(scene, command)):
            yield from self.run(replace(scene, form="json"), [*first, *words])
        elif command and not first:
            yield from self.shell(scene, *command)
        elif first and not command:
            yield from self.run(replace(scene, form="json"), first)
        elif text and first:
            self.open.add(scene.platform)

    def docker_words(self, scene: Scene, place: tuple[int, int] | None) -> list[Word]:
        """Return the words of `["daphne", "-b", …]`; none if there are no brackets."""
        text = self.text(scene.file)
        if place and text[place[0]] == "[":
            return words_of_a_list(text, *place)
        return []

    @property
    def has_platform(self) -> bool:
        """A platform builds the image, besides compose."""
        return any(
            is_a(r"(^|/)(fly.*\.toml|render\.ya?ml|railway\.\w+|heroku\.yml)$", file)
            for file in self.sources
        )

    def context_of(self, dockerfile: str) -> str | None:
        """Return the folder that a Dockerfile is built in, if nobody tells: its own."""
        folder = joined("", dockerfile.rpartition("/")[0] or ".")
        has_project = any(
            file.startswith(folder) and file.endswith("manage.py")
            for file in self.sources
        )
        return folder if has_project else None

    def read_services(self) -> Iterator[Service]:
        """Yield the services of the compose files."""
        for file in self.sources:
            if is_a(COMPOSE, file):
                services = read_yaml(self.text(file)).get("services")
                for node in services.children if services else ():
                    yield self.service_of(file, node)

    def service_of(self, file: str, node: Node) -> Service:
        """Read what a service is built from."""
        build = node.get("build")
        if build is None or not build.is_plain:
            return Service(node.key, file, node, "", None)
        here = joined("", file.rpartition("/")[0] or ".")
        path = build.text_of("context") or build.text or "."
        context = None if re.search(r"\$|//", path) else joined(here, path)
        name = build.text_of("dockerfile") or "Dockerfile"
        dockerfile = posixpath.normpath(posixpath.join(context or "", name))
        return Service(
            node.key,
            file,
            node,
            dockerfile if dockerfile in self.sources else "",
            context,
        )

    def service(self, service: Service, scene: Scene) -> Iterator[StartCommand]:
        """Yield what a service starts, if the compose file says it."""
        command, entrypoint = (
            service.node.get("command"),
            service.node.get("entrypoint"),
        )
        image = Image()
        if service.dockerfile:
            image = read_dockerfile(self.text(service.dockerfile))
        scene = replace(
            scene,
            platform="compose",
            process=service.name,
            is_container=True,
            environment={**image.environment, **environment_of(service.node)},
            folder=self.folder_of(service, image),
        )
        if entrypoint:
            words, form = self.yaml_words(service.file, entrypoint)
            more = self.yaml_words(service.file, command)[0] if command else []
            yield from self.run(replace(scene, form=form), [*words, *more])
        elif command and not self.entrypoint_is_a_server(service, image):
            words, form = self.yaml_words(service.file, command)
            yield from self.run(replace(scene, form=form), words)

    def entrypoint_is_a_server(self, service: Service, image: Image) -> bool:
        """The command is but the arguments of what the Dockerfile starts."""
        if not image.entrypoint:
            return False
        text = self.text(service.dockerfile)
        words = words_of_a_list(text, *image.entrypoint)
        return any(program(word) in SERVERS | {"python", "python3"} for word in words)

    def yaml_words(self, file: str, node: Node) -> tuple[list[Word], str]:
        """Return the words of a command, and the form in which YAML has them."""
        text = self.text(file)
        if node.value.startswith("["):
            return words_of_a_list(text, node.start, node.end), "json"
        if node.children:
            items = [one for one in node.children if not one.key and one.value]
            return [Word(one.text, one.start, one.end) for one in items], "yaml"
        start, end = (
            inside(Word("", node.start, node.end), text) if node.value else (0, 0)
        )
        return [w for one in commands_in(text, start, end, False) for w in one], "shell"

    def folder_of(self, service: Service, image: Image) -> str | None:
        """Return the project's folder in which a service's command runs."""
        path = service.node.text_of("working_dir") or image.workdir
        if path is None or "$" in path:
            return None
        here = joined("", service.file.rpartition("/")[0] or ".")
        places = []
        if service.context is not None:
            places = [*image.copies_of(service.context, self.folders)]
        volumes = service.node.get("volumes")
        for volume in volumes.items() if volumes else ():
            source, _, target = volume.partition(":")
            if source.startswith("."):
                places.append((target.split(":")[0], joined(here, source)))
        return folder_at(path, places, self.folders)

    def unit(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what a unit of systemd starts."""
        text = self.text(scene.file)
        for found in re.finditer(
            r"^ExecStart=[-@:+!]*((?:\\\r?\n|[^\n])+)", text, re.MULTILINE
        ):
            yield from self.shell(scene, found.start(1), found.end(1))

    def supervisor(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what the programs of supervisor start."""
        text, process = self.text(scene.file), ""
        for found in re.finditer(
            r"^\[([^\]\n]*)\]|^command[ \t]*=[ \t]*(\S[^\n]*)", text, re.MULTILINE
        ):
            if found[1] is not None:
                process = found[1].removeprefix("program:")
            elif process:
                here = replace(scene, process=process)
                yield from self.shell(here, found.start(2), found.end(2))

    def render(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what the services of render.yaml start."""
        services = read_yaml(self.text(scene.file)).get("services")
        for service in services.children if services else ():
            start = service.get("startCommand")
            if start and start.value:
                place = inside(Word("", start.start, start.end), self.text(scene.file))
                folder = joined(scene.folder or "", service.text_of("rootDir") or ".")
                process = service.text_of("type") or "web"
                here = replace(scene, process=process, folder=folder)
                yield from self.shell(here, *place)

    def platform_file(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what fly.toml, railway.json, railway.toml or nixpacks.toml starts."""
        text = self.text(scene.file)
        platform = re.match(r"\w+", scene.file.rpartition("/")[2])[0].lower()
        scene = replace(scene, platform=platform, is_container=True)
        if platform == "fly":  # it runs in an image, wherever that has its files
            scene = replace(scene, folder=None)
        pattern = r"""^[ \t]*"?(?P<key>[\w-]+)"?[ \t]*[=:][ \t]*(?P<quote>["'])(?P<command>.*)(?P=quote)"""
        for found in re.finditer(pattern, text, re.MULTILINE):
            key = found["key"]
            is_process = platform == "fly" and is_below(
                text, found.start(), "processes"
            )
            if is_process or key in ("startCommand", "cmd"):
                here = replace(scene, process=key if is_process else "web")
                yield from self.shell(here, *found.span("command"))

    def shell(self, scene: Scene, start: int, end: int) -> Iterator[StartCommand]:
        """Yield what a piece of shell starts, wherever its `cd` leads."""
        for words in commands_in(self.text(scene.file), start, end):
            if words[0].text == "cd" and len(words) > 1:
                scene = replace(scene, folder=self.changed(scene.folder, words[1]))
            elif words[0].text in ("export", "set") and len(words) > 1:
                name, _, value = words[1].text.partition("=")
                scene = replace(scene, environment={**scene.environment, name: value})
            else:
                yield from self.run(scene, words)

    def changed(self, folder: str | None, word: Word) -> str | None:
        """Return the folder that `cd` leads to."""
        if folder is None or not word.is_known or word.text.startswith(("/", "~", "-")):
            return None
        place = joined(folder, word.text)
        return place if place in self.folders else None

    def run(self, scene: Scene, words: list[Word]) -> Iterator[StartCommand]:
        """Yield what one command starts: itself, or what its script or its shell starts."""
        environment, rest, start = unwrapped(words)
        if not rest or scene.depth > DEEPEST:
            return
        name = program(rest[0])
        scene = replace(scene, environment={**scene.environment, **environment})
        if name in SHELLS and len(rest) > 2 and re.match(r"-\w*c$", rest[1].text):
            place = inside(rest[2], self.text(scene.file))
            yield from self.shell(
                replace(scene, form="shell", depth=scene.depth + 1), *place
            )
        elif (
            name in SHELLS
            or name.endswith(".sh")
            or self.script_of(rest[0].text, scene.folder)
        ):
            script = rest[-1] if name in SHELLS else rest[0]
            yield from self.call(scene, script.text)
        elif name in SERVERS | MANAGE | {"celery"}:
            yield self.command(scene, rest, start)
        elif name in ("make", "npm", "yarn", "supervisord", "just", "invoke"):
            self.open.add(scene.platform)

    def command(self, scene: Scene, words: list[Word], start: int) -> StartCommand:
        """Return one start command in its circumstances."""
        text = self.text(scene.file)
        return StartCommand(
            file=scene.file,
            line=text.count("\n", 0, words[0].start) + 1,
            words=tuple(words),
            start=start,
            form=scene.form,
            environment=scene.environment,
            folder=scene.folder,
            platform=scene.platform,
            process=scene.process,
            is_container=scene.is_container,
            is_development=scene.is_development,
        )

    def call(self, scene: Scene, path: str) -> Iterator[StartCommand]:
        """Yield what a script starts, in the circumstances of its caller."""
        script = self.script_of(path, scene.folder)
        if not script:
            self.open.add(scene.platform)
        elif script not in self.called:
            self.called.add(script)
            here = replace(scene, file=script, form="shell", depth=scene.depth + 1)
            yield from self.script(here)

    def script(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what the lines of a script start."""
        yield from self.shell(scene, 0, len(self.text(scene.file)))

    def script_of(self, path: str, folder: str | None) -> str:
        """Return the file of a script: the one at that path, or the only one of that name."""
        name = posixpath.basename(path)
        if not path or not name.endswith(".sh"):
            return ""
        place = posixpath.normpath(posixpath.join(folder or "", path))
        if place in self.sources:
            return place
        found = [file for file in self.sources if file.rpartition("/")[2] == name]
        return found[0] if len(found) == 1 else ""


def environment_of(service: Node) -> dict[str, str]:
    """Return the variables that a service of a compose file sets."""
    node = service.get("environment")
    if node is None:
        return {}
    pairs = {child.key: child.text for child in node.children if child.key}
    for item in node.items():
        name, is_set, value = item.partition("=")
        pairs[name] = value if is_set else "${" + name + "}"  # from the caller's shell
    return pairs


def is_below(text: str, place: int, table: str) -> bool:
    """Tell whether a line of TOML belongs to a table."""
    tables = re.findall(r"^\s*\[+([\w.-]+)\]+", text[:place], re.MULTILINE)
    return bool(tables) and tables[-1] == table
