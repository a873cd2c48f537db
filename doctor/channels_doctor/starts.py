"""The start commands of a project: what starts it, on this machine and elsewhere.

They're read from Procfiles, Dockerfiles, compose files, units of systemd, supervisor's
programs and the files of hosting platforms, and from the scripts that these call. What
depends on something that isn't in the project is unknown.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from channels_doctor.compose_files import (
    Service,
    environment_of,
    folder_of,
    read_services,
    words_of,
)
from channels_doctor.dockerfiles import Image, joined, read_dockerfile
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
from channels_doctor.start_files import START_FILES, Scene

DEVELOPMENT = r"(dev|devel|development|local|tests?|testing|ci|override|debug|example)"
DOCKERFILE = r"(^|/)([^/]*dockerfile[^/]*|containerfile)$"
SHELLS = {"sh", "bash", "ash", "dash", "zsh"}
CALLERS = {"make", "npm", "yarn", "pnpm", "supervisord", "just", "invoke", "task"}
DEEPEST = 5  # scripts that call scripts


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
        self.services = list(read_services(sources))
        self.commands: list[StartCommand] = []
        for file in sources:
            self.commands += self.read(file)
        # Scripts that nothing calls, as far as we read.
        for file in sorted(set(sources) - self.called):
            if file.endswith(".sh"):
                scene = Scene(file, "script", folder=None, is_development=True)
                self.commands += self.script(scene)
        self.commands.sort(key=lambda one: (one.file, one.line))

    def text(self, file: str) -> str:
        """Return the text of a file."""
        return self.sources[file].text

    def read(self, file: str) -> Iterator[StartCommand]:
        """Yield the commands of one file, if it's of a kind that has any."""
        scene = Scene(file, folder=folder_of(file))
        name = file.rpartition("/")[2].lower()
        if re.search(rf"(^|[-._]){DEVELOPMENT}([-._]|$)", name):
            scene = replace(scene, is_development=True)
        if is_a(DOCKERFILE, file):
            yield from self.dockerfile(replace(scene, platform="docker"))
        elif is_a(COMPOSE, file):
            for service in self.services:
                if service.file == file:
                    yield from self.service(service, scene)
        else:
            read = next((read for kind, read in START_FILES if is_a(kind, file)), None)
            for here, start, end in read(scene, self.text(file)) if read else ():
                yield from self.shell(here, start, end)

    def dockerfile(self, scene: Scene) -> Iterator[StartCommand]:
        """Yield what the container of a Dockerfile starts, unless every service overrides it."""
        mine = [one for one in self.services if one.dockerfile == scene.file]
        if mine and all(one.has_command for one in mine) and not self.has_platform:
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
        elif first:
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
        folder = folder_of(dockerfile)
        has_project = any(
            file.startswith(folder) and file.endswith("manage.py")
            for file in self.sources
        )
        return folder if has_project else None

    def service(self, service: Service, scene: Scene) -> Iterator[StartCommand]:
        """Yield what a service starts, if the compose file says it."""
        command, entrypoint = (
            service.node.get("command"),
            service.node.get("entrypoint"),
        )
        text, image = self.text(service.file), Image()
        if service.dockerfile:
            image = read_dockerfile(self.text(service.dockerfile))
        scene = replace(
            scene,
            platform="compose",
            process=service.name,
            is_container=True,
            environment={**image.environment, **environment_of(service.node)},
            folder=service.folder(image, self.folders),
        )
        if entrypoint:
            words, form = words_of(entrypoint, text)
            more = words_of(command, text)[0] if command else []
            yield from self.run(replace(scene, form=form), [*words, *more])
        elif command and not self.entrypoint_is_a_server(service, image):
            words, form = words_of(command, text)
            yield from self.run(replace(scene, form=form), words)

    def entrypoint_is_a_server(self, service: Service, image: Image) -> bool:
        """The command is but the arguments of what the Dockerfile starts."""
        if not image.entrypoint:
            return False
        text = self.text(service.dockerfile)
        words = words_of_a_list(text, *image.entrypoint)
        return any(program(word) in SERVERS | {"python", "python3"} for word in words)

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
            others = [one for one in rest[1:] if not one.text.startswith("-")]
            script = others[0] if name in SHELLS and others else rest[0]
            yield from self.call(scene, script.text)
        elif name in SERVERS | MANAGE | {"celery"}:
            yield self.command(scene, rest, start)
        elif name in CALLERS or re.search(r"[/$]", rest[0].text):
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
        text = self.text(scene.file)
        if re.search(r"^\s*(if|case)\b", text, re.MULTILINE):
            # What it starts depends on something, such as DEBUG.
            scene = replace(scene, is_development=True)
        yield from self.shell(scene, 0, len(text))

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
