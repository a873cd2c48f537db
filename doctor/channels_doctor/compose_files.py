"""Reading compose files: the services, what each is built from, and what it runs."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from channels_doctor.dockerfiles import Image, folder_at, joined
from channels_doctor.edits import Source
from channels_doctor.reading import COMPOSE, is_a
from channels_doctor.shell_words import Word, commands_in, inside, words_of_a_list
from channels_doctor.yaml_text import Node, read_yaml


@dataclass(frozen=True)
class Service:
    """One service of a compose file."""

    name: str
    file: str
    node: Node
    dockerfile: str  # "" if it isn't built from one in the project
    context: str | None

    @property
    def has_command(self) -> bool:
        """The compose file says what it runs."""
        return bool(self.node.get("command") or self.node.get("entrypoint"))

    def folder(self, image: Image, folders: set[str]) -> str | None:
        """Return the project's folder in which its command runs."""
        path = self.node.text_of("working_dir") or image.workdir
        if path is None or "$" in path:
            return None
        here = folder_of(self.file)
        places = []
        if self.context is not None:
            places = [*image.copies_of(self.context, folders)]
        volumes = self.node.get("volumes")
        for volume in volumes.items() if volumes else ():
            source, _, target = volume.partition(":")
            if source.startswith("."):
                places.append((target.split(":")[0], joined(here, source)))
        return folder_at(path, places, folders)


def folder_of(file: str) -> str:
    """Return the folder of a file: "" or "deploy/"."""
    return joined("", file.rpartition("/")[0] or ".")


def read_services(sources: Mapping[str, Source]) -> Iterator[Service]:
    """Yield the services of the compose files."""
    for file, source in sources.items():
        if is_a(COMPOSE, file):
            services = read_yaml(source.text).get("services")
            for node in services.children if services else ():
                yield service_of(file, node, sources)


def service_of(file: str, node: Node, sources: Mapping[str, Source]) -> Service:
    """Read what a service is built from."""
    build = node.get("build")
    if build is None or not build.is_plain:
        return Service(node.key, file, node, "", None)
    path = build.text_of("context") or build.text or "."
    context = None if re.search(r"\$|//", path) else joined(folder_of(file), path)
    name = build.text_of("dockerfile") or "Dockerfile"
    dockerfile = posixpath.normpath(posixpath.join(context or "", name))
    return Service(
        node.key, file, node, dockerfile if dockerfile in sources else "", context
    )


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


def words_of(node: Node, text: str) -> tuple[list[Word], str]:
    """Return the words of a command, and the form in which YAML has them."""
    if node.value.startswith("["):
        return words_of_a_list(text, node.start, node.end), "json"
    if node.children:
        items = [one for one in node.children if not one.key and one.value]
        return [Word(one.text, one.start, one.end) for one in items], "yaml"
    if not node.value:
        return [], "shell"
    start, end = inside(Word("", node.start, node.end), text)
    return [w for one in commands_in(text, start, end, False) for w in one], "shell"
