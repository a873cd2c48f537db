"""One project, as the checks look at it."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from channels_doctor.channels_code import (
    Consumer,
    Route,
    find_consumers,
    find_routes,
)
from channels_doctor.edits import Edit, Source
from channels_doctor.events import Event, find_events
from channels_doctor.imported_names import ImportedNames, import_edits
from channels_doctor.modules import Modules
from channels_doctor.python_code import body_of, dotted
from channels_doctor.reading import TESTS, Contents, is_a
from channels_doctor.requirements import Need
from channels_doctor.settings import Settings


class Project:
    """Everything that the checks look at."""

    def __init__(self, folder: Path, root: str, files: list[str]) -> None:
        contents = Contents(folder, files)
        self.files = files
        self.sources = contents.sources
        self.texts = contents.texts
        self.needs = contents.needs
        self.troubles = contents.troubles
        self.modules = Modules(root, set(files), contents.trees)
        self.settings_module = self.modules.settings_module()  # "mysite.settings"
        self.package = self.settings_module.split(".")[0]  # "mysite"
        self.settings = Settings(self.modules, self.settings_module)
        self.code = [
            node
            for file, tree in contents.trees.items()
            if not is_a(TESTS, file.removeprefix(root))
            for node in ast.walk(tree)
        ]

    # Worked out when a check asks for it: code that is nested too deeply to be read
    # then stops that check alone.

    @cached_property
    def consumers(self) -> list[Consumer]:
        """The consumer classes."""
        return find_consumers(list(self.nodes(ast.ClassDef)), self.imported_names)

    @cached_property
    def routes(self) -> list[Route]:
        """The routes that lead to them."""
        return find_routes(self.nodes(ast.Call), self.consumers)

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """Yield every such piece of code in the project's modules, without its tests."""
        return (node for node in self.code if isinstance(node, kinds))

    def nodes_in_async_functions(self) -> Iterator[ast.AST]:
        """Yield every piece of code that runs inside the event loop."""
        for function in self.nodes(ast.AsyncFunctionDef):
            yield from body_of(function)

    def source_of(self, node: ast.AST) -> Source:
        """Return the text that a piece of code stands in, to make edits of it."""
        return self.sources[node.file]

    def texts_of(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield each file of a kind, and its text."""
        for file, text in self.texts.items():
            if is_a(kind, file):
                yield file, text

    def search(self, kind: str, pattern: str) -> Iterator[tuple[re.Match[str], str]]:
        """Yield each place where a pattern stands in files of a kind: match, place."""
        for file, text in self.texts_of(kind):
            for found in re.finditer(pattern, text, re.MULTILINE):
                line = text.count("\n", 0, found.start()) + 1
                yield found, f"{file}:{line}"

    def needs_for(self, package: str) -> list[Need]:
        """Return the lines of the requirements that ask for a package."""
        return [need for need in self.needs if need.name == package]

    @property
    def paths_are_plain(self) -> bool:
        """Nobody changes sys.path, so every import begins beside manage.py."""
        trees = self.modules.trees
        files = {self.modules.manage_file, *self.settings.files} & set(trees)
        nodes = (node for file in files for node in ast.walk(trees[file]))
        return not any(dotted(node) == "sys.path" for node in nodes)

    @property
    def asgi_setting(self) -> tuple[str, str]:
        """Module and name of the application; as in startproject, if not told."""
        setting = self.settings.get("ASGI_APPLICATION")
        module, _, name = (setting if isinstance(setting, str) else "").rpartition(".")
        return module or f"{self.package}.asgi", name or "application"

    @property
    def asgi_tree(self) -> ast.Module:
        """The code of that module; an empty one if there is none."""
        file = self.modules.file_of(self.asgi_setting[0])
        return self.modules.trees.get(file, ast.Module([], []))

    @property
    def layer_backend(self) -> str:
        """The default channel layer's class; "" if the settings do not tell it."""
        match self.settings.get("CHANNEL_LAYERS"):
            case {"default": {"BACKEND": str(backend)}}:
                return backend
        return ""

    @cached_property
    def imported_names(self) -> ImportedNames:
        """What the names of each file were imported as."""
        return ImportedNames(self.nodes(ast.Import, ast.ImportFrom), self.modules)

    def importing(self, node: ast.AST, full_name: str) -> tuple[Edit, ...]:
        """Return the edit that imports "asgiref.sync.async_to_sync" where a node is."""
        tree = self.modules.trees[node.file]
        source = self.source_of(node)
        return import_edits(self.imported_names, source, tree, full_name)

    @cached_property
    def events(self) -> list[Event]:
        """The events that are sent to groups and channels."""
        functions = self.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        return find_events(self.nodes(ast.Call), functions)

    @cached_property
    def event_methods(self) -> set[str]:
        """The names of the methods that handle them, as far as the text tells."""
        return {event.method for event in self.events if event.method}
