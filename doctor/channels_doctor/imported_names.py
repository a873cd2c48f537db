"""What the names of a file were imported as, and the edits that import another."""

import ast
from collections.abc import Iterable

from channels_doctor.edits import Edit, Source
from channels_doctor.modules import Modules
from channels_doctor.python_code import written

# Packages whose imports stand together, in the order of their names.
INSTALLED = {"asgiref", "channels", "django"}


class ImportedNames:
    """Leads from a name in a file to what it was imported from: "asgiref.sync.async_to_sync"."""

    def __init__(self, statements: Iterable[ast.AST], modules: Modules) -> None:
        self.by_file: dict[str, dict[str, str]] = {}
        self.everywhere: dict[
            str, dict[str, str]
        ] = {}  # without those inside functions
        for statement in statements:
            names = imported_by(statement, modules)
            self.by_file.setdefault(statement.file, {}).update(names)
            if statement.col_offset == 0:
                self.everywhere.setdefault(statement.file, {}).update(names)

    def full_name(self, node: ast.AST) -> str:
        """Return the path to a thing with its imported beginning written out."""
        path = written(node)
        head, dot, rest = path.partition(".")
        return self.by_file.get(node.file, {}).get(head, head) + dot + rest

    def path_of(self, node: ast.AST) -> str:
        """Return the same for a path of names alone; "" for anything with a call in it."""
        match node:
            case ast.Name(id=name):
                return self.by_file.get(node.file, {}).get(name, name)
            case ast.Attribute(value=value, attr=attr):
                path = self.path_of(value)
                return f"{path}.{attr}" if path else ""
        return ""

    def short_name(self, file: str, full_name: str) -> str:
        """Return the name that a file knows a thing by; "" if it didn't import it."""
        names = self.everywhere.get(file, {})
        return next((name for name, full in names.items() if full == full_name), "")


def imported_by(statement: ast.AST, modules: Modules) -> dict[str, str]:
    """Return the names that an import statement makes, and what they stand for."""
    if isinstance(statement, ast.Import):
        names = {}
        for alias in statement.names:
            head = alias.name.partition(".")[0]
            names[alias.asname or head] = alias.name if alias.asname else head
        return names
    base = modules.base_of(statement)
    return {
        alias.asname or alias.name: f"{base}.{alias.name}" for alias in statement.names
    }


def import_edits(
    names: ImportedNames, source: Source, tree: ast.Module, full_name: str
) -> tuple[Edit, ...]:
    """Return the edit that imports "json" or "asgiref.sync.async_to_sync"; none if it's there."""
    if names.short_name(source.file, full_name):
        return ()
    module, _, name = full_name.rpartition(".")
    text = f"from {module} import {name}" if module else f"import {name}"
    there = [
        node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    for node in there:
        is_same = isinstance(node, ast.ImportFrom) and node.module == module
        if is_same and not node.level and node.names[0].name != "*":
            return (source.wrap(node.names[-1], "", f", {name}")[1],)
    plain = [node for node in there if isinstance(node, ast.Import)]
    future = [node for node in there if getattr(node, "module", "") == "__future__"]
    if not module and plain:
        after = [node for node in plain if node.names[0].name < name]
        if after:
            return (source.insert_after(after[-1].end_lineno, text, ""),)
        return (source.insert_before(plain[0].lineno, text),)
    if not module and there and not future:
        place = source.starts[there[0].lineno - 1]
        return (Edit(source.file, place, place, text + source.newline * 2),)
    alike = [node for node in there if top_of(node) in INSTALLED]
    later = [node for node in alike if module and node.module > module]
    if later:
        return (source.insert_before(later[0].lineno, text),)
    if there:
        after = alike[-1] if alike else there[-1]
        return (source.insert_after(after.end_lineno, text, ""),)
    if not tree.body:
        return (source.insert_after(0, text, ""),)
    return (source.insert_before(first_line(tree), text),)


def top_of(node: ast.AST) -> str:
    """Return the package that `from … import` imports from; "" for any other import."""
    module = getattr(node, "module", "") if not getattr(node, "level", 0) else ""
    return (module or "").partition(".")[0]


def first_line(tree: ast.Module) -> int:
    """Return the line of the first statement after the docstring."""
    body = tree.body
    has_docstring = ast.get_docstring(tree) is not None and len(body) > 1
    return (body[1] if has_docstring else body[0]).lineno
