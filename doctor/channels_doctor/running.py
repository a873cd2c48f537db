"""Which of a project's modules run: when it starts, and later."""

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from channels_doctor.modules import Modules
from channels_doctor.python_code import find, last_name
from channels_doctor.reading import is_a
from channels_doctor.settings import UNKNOWN, Settings

# What Django, Celery or a person at the command line loads, by the file's place.
LOADED_BY_PLACE = (
    r"(^|/)(management/commands/\w+|templatetags/\w+|tasks|celery|consumers|routing|signals"
    r"|views|urls|forms|serializers|permissions|middleware|admin|models|apps|asgi)\.py$"
)
# The modules of an app that Django looks for.
OF_AN_APP = ("", ".apps", ".models", ".admin", ".translation")


class Running:
    """The files whose code runs, as far as the text tells."""

    def __init__(self, modules: Modules, settings: Settings, asgi_module: str) -> None:
        self.modules = modules
        self.settings = settings
        self.asgi_module = asgi_module

    @cached_property
    def at_start(self) -> set[str]:
        """Run when the server starts, or with the first page."""
        files: set[str] = set()
        waiting = list(self.beginnings())
        while waiting:
            new = self.modules.loaded_from(waiting) - files
            files |= new
            waiting = [module for file in new for module in self.included_by(file)]
        return files

    def beginnings(self) -> Iterator[str]:
        """Yield the modules that Django and the server import first."""
        for file in self.settings.files:
            yield self.modules.name_of(file)
        yield self.asgi_module
        yield from texts_in(self.settings.get("ROOT_URLCONF"))
        for app in texts_in(self.settings.get("INSTALLED_APPS")):
            path = app.partition(".apps.")[0]
            yield from (path + module for module in OF_AN_APP)
        for middleware in texts_in(self.settings.get("MIDDLEWARE")):
            yield middleware.rpartition(".")[0]

    def included_by(self, file: str) -> Iterator[str]:
        """Yield the modules that a file's include("…") name."""
        for node in find(self.modules.trees[file], ast.Call):
            match node:
                case ast.Call(args=[ast.Constant(value=str(module)), *_]):
                    if last_name(node.func) == "include":
                        yield module
                case ast.Call(
                    args=[ast.Tuple(elts=[ast.Constant(value=str(module)), *_]), *_]
                ):
                    if last_name(node.func) == "include":
                        yield module

    @cached_property
    def sometime(self) -> set[str]:
        """Run at some time: whatever is imported from there, in functions too."""
        files = set(self.at_start)
        files |= {one for one in self.modules.trees if is_a(LOADED_BY_PLACE, one)}
        waiting = list(files)
        while waiting:
            tree = self.modules.trees[waiting.pop()]
            for node in find(tree, ast.Import, ast.ImportFrom):
                for module in self.modules.imported_by(node):
                    file = self.modules.file_of(module)
                    if file in self.modules.trees and file not in files:
                        files.add(file)
                        waiting.append(file)
        return files


def texts_in(value: Any) -> Iterator[str]:
    """Yield a text, or the texts in a list."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one is not UNKNOWN:
            yield one
