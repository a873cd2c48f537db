"""Reading Dockerfiles: what the last stage starts, in which folder, with which environment."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from channels_doctor.shell_words import logical_lines

INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)[ \t]+(?=\S)")
HEREDOC = re.compile(
    r"^[ \t]*(?:RUN|COPY)\b[^\n]*<<-?[\"']?(\w+)[\"']?[^\n]*\n.*?^[ \t]*\1[ \t]*$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class Image:
    """One stage of a Dockerfile, with what it has from the stage that it builds on."""

    workdir: str | None = "/"  # None if it depends on the build
    copies: tuple[tuple[str, str], ...] = ()  # from the context, to the image
    environment: dict[str, str] = field(default_factory=dict)
    cmd: tuple[int, int] | None = None  # where the words behind CMD are in the text
    entrypoint: tuple[int, int] | None = None

    def folder_of(
        self, path: str | None, context: str, folders: set[str]
    ) -> str | None:
        """Return the folder of the project that is at a path of the image."""
        if path is None:
            return None
        return folder_at(path, [*self.copies_of(context, folders)], folders)

    def copies_of(self, context: str, folders: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the project's folders that are copied, and where they are in the image."""
        for source, target in self.copies:
            folder = joined(context, source)
            if folder in folders:
                yield target, folder


def folder_at(
    path: str, places: list[tuple[str, str]], folders: set[str]
) -> str | None:
    """Return the folder of the project at a container's path; the last copy counts."""
    best = None
    for target, folder in places:
        inner = posixpath.relpath(path, target)
        found = joined(folder, inner)
        if not inner.startswith("..") and found in folders:
            best = found
    return best


def joined(folder: str, path: str) -> str:
    """Join "backend/" and "./src" to "backend/src/"; "" is the top."""
    place = posixpath.normpath(posixpath.join(folder or ".", path.lstrip("/") or "."))
    return "" if place == "." else f"{place}/"


def read_dockerfile(text: str) -> Image:
    """Return the last stage, which is the one that runs."""
    text = HEREDOC.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    # A comment may stand between the lines of one instruction.
    text = re.sub(r"(\\\r?\n)((?:[ \t]*#[^\n]*\n)+)", without_comment, text)
    stages: dict[str, Image] = {}
    image, name = Image(), ""
    for start, end in logical_lines(text):
        found = INSTRUCTION.match(text, start, end)
        if not found:
            continue
        words = re.sub(r"\\\r?\n", " ", text[found.end() : end]).split()
        if found[1].upper() == "FROM":
            words = [word for word in words if not word.startswith("--")]
            image = stages.get(words[0], Image()) if words else Image()
            name = words[2] if len(words) == 3 else ""
        elif words:
            image = step(image, found[1].upper(), words, (found.end(), end))
        stages[name] = image
    return image


def without_comment(found: re.Match[str]) -> str:
    """Return spaces in place of comments, so that every place stays."""
    return found[1] + " " * len(found[2])


def step(image: Image, name: str, words: list[str], place: tuple[int, int]) -> Image:
    """Return a stage after one more instruction."""
    match name:
        case "WORKDIR":
            path = expanded(words[0].strip("\"'"), image.environment)
            known = path is not None and image.workdir is not None
            path = posixpath.join(image.workdir, path) if known else None
            return replace(image, workdir=path)
        case "COPY" | "ADD":
            return copied(image, words)
        case "ENV":
            pairs = dict(word.split("=", 1) for word in words if "=" in word)
            if "=" not in words[0]:  # the old way: ENV NAME value
                pairs = {words[0]: " ".join(words[1:])}
            pairs = {key: value.strip("\"'") for key, value in pairs.items()}
            return replace(image, environment={**image.environment, **pairs})
        case "CMD":
            return replace(image, cmd=place)
        case "ENTRYPOINT":
            return replace(image, entrypoint=place)
    return image


def copied(image: Image, words: list[str]) -> Image:
    """Remember what COPY copies from the project's own folder."""
    if any(word.startswith("--from") for word in words) or image.workdir is None:
        return image
    words = [word.strip('[]",') for word in words if not word.startswith("--")]
    if len(words) < 2:
        return image
    target = expanded(words[-1], image.environment)
    if target is None:
        return image
    target = posixpath.normpath(posixpath.join(image.workdir, target))
    pairs = [(source, target) for source in words[:-1] if "*" not in source]
    return replace(image, copies=(*image.copies, *pairs))


def expanded(path: str, environment: dict[str, str]) -> str | None:
    """Put the variables' values into a path; None if one isn't known."""
    names = re.findall(r"\$\{?(\w+)\}?", path)
    if any(name not in environment or "$" in environment[name] for name in names):
        return None
    return re.sub(r"\$\{?(\w+)\}?", lambda found: environment[found[1]], path)
