"""Where the channel layer looks for Redis, from the settings and a container's environment."""

import ast
import re
from collections.abc import Mapping
from typing import NamedTuple

from channels_doctor.project import Project
from channels_doctor.python_code import dotted

# They read a variable from the environment, by the last part of their name.
READERS = {"get", "getenv", "env", "config", "str", "url", "Env"}
DOTENV = {
    "load_dotenv",
    "read_env",
    "read_envfile",
    "config",
    "AutoConfig",
    "dotenv_values",
}


class Variable(NamedTuple):
    """A variable of the environment, with what the settings take if it isn't set."""

    name: str
    default: list["str | Variable"] | None
    node: ast.AST


class Host(NamedTuple):
    """One host of the channel layer: its text in parts, and where it's written."""

    parts: list[str | Variable]
    node: ast.AST

    @property
    def variables(self) -> list[Variable]:
        """The variables that it's made of."""
        return [part for part in self.parts if isinstance(part, Variable)]

    def text(self, environment: Mapping[str, str | None]) -> str | None:
        """Return the host in an environment; None if a part of it can't be known there."""
        return joined(self.parts, environment)


def joined(
    parts: list[str | Variable] | None, environment: Mapping[str, str | None]
) -> str | None:
    """Put parts together."""
    if parts is None:
        return None
    texts = []
    for part in parts:
        if isinstance(part, Variable):
            known = part.name in environment
            text = (
                environment[part.name] if known else joined(part.default, environment)
            )
        else:
            text = part
        if text is None:
            return None
        texts.append(text)
    return "".join(texts)


def layer_hosts(project: Project) -> list[Host]:
    """Return the hosts in CHANNEL_LAYERS, as far as they can be followed."""
    assign = project.settings.places.get("CHANNEL_LAYERS")
    if assign is None:
        return []
    for node in ast.walk(assign):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "hosts":
                    items = (
                        value.elts if isinstance(value, ast.List | ast.Tuple) else []
                    )
                    found = [(parts_of(project, item, 0), item) for item in items]
                    return [
                        Host(parts, item) for parts, item in found if parts is not None
                    ]
    return []


def parts_of(
    project: Project, node: ast.AST, depth: int
) -> list[str | Variable] | None:
    """Return the parts of a text; None if it can't be followed."""
    if depth > 5:
        return None
    match node:
        case ast.Constant(value=str() | int() as value):
            return [str(value)]
        case ast.Tuple(elts=[host, port]):
            return together(project, [host, ast.Constant(":"), port], depth)
        case ast.Dict(keys=[ast.Constant(value="address"), *_], values=[address, *_]):
            return parts_of(project, address, depth + 1)
        case ast.JoinedStr(values=values):
            return together(project, values, depth)
        case (
            ast.FormattedValue(value=value)
            | ast.Call(func=ast.Name(id="int"), args=[value])
        ):
            return parts_of(project, value, depth + 1)
        case ast.Name(id=name):
            place = project.settings.places.get(name)
            value = getattr(place, "value", None)
            return parts_of(project, value, depth + 1) if value else None
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return [Variable(name, None, node)] if "environ" in dotted(node) else None
        case ast.Call(args=[ast.Constant(value=str(name)), *more]):
            if dotted(node.func).rpartition(".")[2] in READERS:
                given = [one.value for one in node.keywords if one.arg == "default"]
                default = next(iter([*more, *given]), None)
                return [
                    Variable(
                        name, default and parts_of(project, default, depth + 1), node
                    )
                ]
    return None


def together(
    project: Project, nodes: list[ast.AST], depth: int
) -> list[str | Variable] | None:
    """Return the parts of several pieces, one after the other."""
    found = []
    for node in nodes:
        parts = parts_of(project, node, depth + 1)
        if parts is None:
            return None
        found += parts
    return found


def reads_a_file(project: Project) -> bool:
    """The settings read variables from a file such as `.env`."""
    trees = project.modules.trees
    for file in {project.modules.manage_file, *project.settings.files} & set(trees):
        for node in ast.walk(trees[file]):
            if (
                isinstance(node, ast.Call)
                and dotted(node.func).rpartition(".")[2] in DOTENV
            ):
                return True
    return False


def host_and_port(url: str) -> tuple[str, str]:
    """Return "redis" and "6379" of "redis://:secret@redis:6379/0"; "" if there's none."""
    found = re.match(r"(?:rediss?://)?(?:[^@/]*@)?([\w.-]+)(?::(\d+))?(?:/|$|\?)", url)
    return (found[1], found[2] or "6379") if found else ("", "")


def read_variables(text: str) -> dict[str, tuple[str, int]]:
    """Return the variables of a `.env` file, with the lines that they're in."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if pair := re.match(r"\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$", line):
            found[pair[1]] = (re.sub(r"\s#.*", "", pair[2]).strip("\"'"), number)
    return found
