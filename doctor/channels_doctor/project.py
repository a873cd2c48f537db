"""One project, as the checks look at it."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from channels_doctor.channels_code import Consumer, find_consumers
from channels_doctor.edits import Edit, Source
from channels_doctor.events import Event, find_events
from channels_doctor.functions import Functions
from channels_doctor.imported_names import ImportedNames, import_edits
from channels_doctor.models import Models
from channels_doctor.module_names import ModuleNames
from channels_doctor.modules import Modules
from channels_doctor.page_sockets import Socket, sockets_of
from channels_doctor.page_values import Page
from channels_doctor.pages_code import PAGES
from channels_doctor.python_code import body_of, dotted
from channels_doctor.reading import TESTS, Contents, is_a
from channels_doctor.requirements import ChannelsVersion, Need, Requirements
from channels_doctor.routes import Route, Routing
from channels_doctor.routing_reader import read_routing
from channels_doctor.rows import Rows
from channels_doctor.running import Running
from channels_doctor.servers import StartCommand
from channels_doctor.settings import Settings
from channels_doctor.starts import Starts


class Project:
    """Everything that the checks look at."""

    def __init__(
        self, folder: Path, root: str, files: list[str], is_alone: bool = True
    ) -> None:
        self.is_alone = is_alone  # there's no other project in the folder
        contents = Contents(folder, files)
        self.folder = folder.absolute()
        self.files = files
        self.sources = contents.sources
        self.texts = contents.texts
        self.requirements = Requirements(contents.requirements)
        self.troubles = contents.troubles
        self.notes = contents.notes  # a check may add to them
        self.modules = Modules(root, set(files), contents.trees)
        self.settings_module = self.modules.settings_module()  # "mysite.settings"
        self.package = self.settings_module.split(".")[0]  # "mysite"
        self.settings = Settings(self.modules, self.settings_module)
        self.own_trees = [
            tree
            for file, tree in contents.trees.items()
            if not is_a(TESTS, file.removeprefix(root))
        ]

    # Worked out when a check asks for it: code that is nested too deeply to be read
    # then stops that check alone.

    @cached_property
    def consumers(self) -> list[Consumer]:
        """The consumer classes."""
        return find_consumers(list(self.nodes(ast.ClassDef)), self.imported_names)

    @cached_property
    def running(self) -> Running:
        """The modules whose code runs."""
        return Running(self.modules, self.settings, self.asgi_setting[0])

    @cached_property
    def names(self) -> ModuleNames:
        """What names stand for, from module to module."""
        return ModuleNames(self.modules)

    @cached_property
    def routing(self) -> Routing:
        """The routes that the ASGI application uses."""
        consumers = {(one.node.file, one.node.name) for one in self.consumers}
        nodes = self.nodes(ast.Call, ast.Import, ast.ImportFrom)
        return read_routing(self.names, nodes, consumers, self.asgi_setting[0])

    @property
    def routes(self) -> list[Route]:
        """Those of them that lead to a consumer of the project."""
        return [route for route in self.routing.routes if route.consumer]

    @cached_property
    def by_kind(self) -> dict[type[ast.AST], list[Any]]:
        """The code, sorted by kind."""
        found: dict[type[ast.AST], list[Any]] = {}
        for tree in self.own_trees:
            for kind, nodes in tree.by_kind.items():
                found.setdefault(kind, []).extend(nodes)
        return found

    @cached_property
    def functions(self) -> Functions:
        """Its functions, to find the one that a call runs."""
        return Functions(self)

    @cached_property
    def models(self) -> Models:
        """Its models, and Django's user."""
        setting = self.settings.get("AUTH_USER_MODEL")
        user = setting.rpartition(".")[2] if isinstance(setting, str) else "User"
        return Models(list(self.nodes(ast.ClassDef)), self.imported_names, user)

    @cached_property
    def rows(self) -> Rows:
        """What its expressions hold: a query, a row of the database."""
        return Rows(self)

    @cached_property
    def allows_sync_queries(self) -> bool:
        """It switches off Django's protection of async functions."""
        texts = (node.value for node in self.nodes(ast.Constant))
        return any(text == "DJANGO_ALLOW_ASYNC_UNSAFE" for text in texts)

    @cached_property
    def has_own_user(self) -> bool:
        """It puts a user into the scope itself, maybe with more than Channels loads."""
        for node in self.nodes(ast.Subscript, ast.Call, ast.Dict):
            match node:
                case ast.Subscript(slice=ast.Constant(value="user"), ctx=ast.Store()):
                    return True
                case ast.Call(func=ast.Name(id="dict"), args=[_], keywords=words):
                    if any(word.arg == "user" for word in words):
                        return True
                case ast.Dict(keys=keys) if None in keys:
                    if any(getattr(key, "value", "") == "user" for key in keys):
                        return True
        return False

    def tree_of(self, node: ast.AST) -> ast.Module:
        """Return the module that a piece of code is in."""
        return self.modules.trees[node.file]

    @cached_property
    def starts(self) -> Starts:
        """What starts it: Procfiles, Dockerfiles, compose files, units and scripts."""
        return Starts(self.sources, self.files)

    @property
    def start_commands(self) -> list[StartCommand]:
        """The commands that start a server or a worker."""
        return self.starts.commands

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages and scripts, by their files."""
        pages: dict[str, Page] = {}
        for file, text in self.texts_of(PAGES):
            pages[file] = Page(file, text, pages)
        return pages

    @cached_property
    def sockets(self) -> list[Socket]:
        """The sockets that they open."""
        return list(sockets_of(self.pages))

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """Yield every such piece of code in the project's modules, without its tests."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())

    @cached_property
    def in_async_functions(self) -> list[ast.AST]:
        """Every piece of code that runs inside the event loop."""
        functions = self.nodes(ast.AsyncFunctionDef)
        return [node for function in functions for node in body_of(function)]

    def nodes_in_async_functions(self) -> Iterator[ast.AST]:
        """Yield every piece of code that runs inside the event loop."""
        yield from self.in_async_functions

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
        return [need for need in self.requirements.needs if need.name == package]

    @property
    def channels_version(self) -> ChannelsVersion:
        """Which Channels it asks for: `.below(4)` is True only if the requirements say so."""
        return self.requirements.channels

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
        return module or self.usual_asgi_module, name or "application"

    @property
    def usual_asgi_module(self) -> str:
        """The module beside the settings, or the only one of that name."""
        usual = f"{self.package}.asgi"
        others = [one for one in self.modules.trees if f"/{one}".endswith("/asgi.py")]
        if len(others) == 1 and not self.modules.file_of(usual):
            return self.modules.name_of(others[0])
        return usual

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
