"""Names that nothing defines, found by the copy of pyflakes that comes with the doctor."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import NamedTuple

from channels_doctor._vendor import load_pyflakes
from channels_doctor.edits import Source
from channels_doctor.modules import (
    ANYTHING,
    depends_on_version,
    is_for_type_checkers,
    names_from_functions,
)
from channels_doctor.python_code import Function

# What a tool puts in, not the module: gettext's install(), type checkers, notebooks.
PUT_IN = {"_", "display", "get_ipython", "ngettext", "reveal_locals", "reveal_type"}
SILENCED = re.compile(r"#\s*noqa(?!\s*:)|#\s*noqa\s*:.*\bF8(21|22|23)\b", re.IGNORECASE)


class Undefined(NamedTuple):
    """A name that nothing defines, and when Python gets there."""

    node: ast.Name
    when: str  # "import", "call", or "annotation": on import, before Python 3.14
    is_local: bool  # defined in the function, but further down


@cache
def pyflakes() -> tuple[ModuleType, frozenset[str]]:
    """Load it once; return it, and the names that every module has.

    It would define all of these anew for each file, which takes more time than a small file
    itself. So it gets none of them, and what it says about them is left out.
    """
    checker = load_pyflakes()
    everywhere = frozenset(checker.builtin_vars)
    checker.builtin_vars = set()
    return checker, everywhere


def undefined_in(tree: ast.Module, source: Source) -> Iterator[Undefined]:
    """Yield the names in a module that surely have no value when Python gets there."""
    if ANYTHING in names_from_functions(tree):
        return
    checker, everywhere = pyflakes()
    messages = [
        message
        for message in checker.Checker(tree, source.file).messages
        if type(message).__name__ in ("UndefinedName", "UndefinedLocal")
        and message.message_args[0] not in everywhere
    ]
    if not messages:
        return
    places = Places(tree)
    for message in messages:
        place = (message.lineno, message.col)
        name = places.names.get(place)
        is_plain = name and name.id == message.message_args[0] and name.id not in PUT_IN
        if is_plain and not SILENCED.search(source.line(name.lineno)):
            when = places.when.get(place, "")
            if when:
                is_local = type(message).__name__ == "UndefinedLocal"
                yield Undefined(name, when, is_local)


class Places:
    """Each name in a module by its line and column, and when it's looked up."""

    def __init__(self, tree: ast.Module) -> None:
        self.names: dict[tuple[int, int], ast.Name] = {}
        self.when: dict[tuple[int, int], str] = {}
        self.is_lazy = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in tree.body
        )
        self.visit(tree, "import")

    def visit(self, node: ast.AST, when: str) -> None:
        """Note the names in a piece of code that runs then."""
        if isinstance(node, ast.Name):
            self.names[node.lineno, node.col_offset] = node
            self.when[node.lineno, node.col_offset] = when
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child, self.moment(node, field, when))

    def moment(self, node: ast.AST, field: str, when: str) -> str:
        """Return when a part of a piece of code runs."""
        if isinstance(node, ast.If | ast.IfExp) and depends_on_version(node.test):
            return when if field == "test" else ""
        if isinstance(node, ast.If) and field == "body":
            return "" if is_for_type_checkers(node.test) else when
        if field in ("annotation", "returns"):
            is_local = isinstance(node, ast.AnnAssign) and when == "call"
            return "" if self.is_lazy or is_local or not when else "annotation"
        if isinstance(node, Function | ast.Lambda) and field == "body":
            return when and "call"
        if isinstance(node, ast.GeneratorExp):
            return when and "call"
        return when
