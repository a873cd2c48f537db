"""What the names of a module stand for, and the edits that import one more."""

import ast

from channels_doctor.edits import Edit, Source
from channels_doctor.modules import Modules


class Imports:
    """Leads from a name in a file to the path that it was imported from."""

    def __init__(self, modules: Modules) -> None:
        self.paths: dict[tuple[str, str], str] = {}
        for file, tree in modules.trees.items():
            for node in tree.nodes:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    self.read(modules, file, node)

    def read(
        self, modules: Modules, file: str, node: ast.Import | ast.ImportFrom
    ) -> None:
        """Take down the names that one statement brings."""
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                path = f"{modules.base_of(node)}.{alias.name}"
                self.paths[file, alias.asname or alias.name] = path
            elif alias.asname:
                self.paths[file, alias.asname] = alias.name
            else:  # `import a.b` brings the name a
                first = alias.name.partition(".")[0]
                self.paths[file, first] = first

    def path_of(self, node: ast.AST) -> str:
        """Return "django.db.models.Model" for `models.Model` or whatever it's called here.

        Empty if it isn't a path of names; a name that isn't imported stays as it is.
        """
        match node:
            case ast.Name(id=name):
                return self.paths.get((node.file, name), name)
            case ast.Attribute(value=value, attr=attr):
                path = self.path_of(value)
                return f"{path}.{attr}" if path else ""
        return ""


def add_import(tree: ast.Module, source: Source, path: str) -> list[Edit]:
    """Return the edit that imports a module ("asyncio") or a name ("django.db:transaction").

    No edit if the module imports it already.
    """
    module, _, name = path.partition(":")
    statements = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and getattr(node, "module", "") != "__future__"
    ]
    for node in statements:
        names = [alias.name for alias in node.names if not alias.asname]
        if isinstance(node, ast.Import):
            if not name and module in names:
                return []
        elif node.module == module and not node.level and name in names:
            return []
    if not name:
        return [insert(tree, source, statements[:1], f"import {module}")]
    for node in statements:
        is_same = isinstance(node, ast.ImportFrom) and node.module == module
        if is_same and not node.level and node.names[0].name != "*":
            return [source.wrap(node.names[-1], "", f", {name}")[1]]
    line = f"from {module} import {name}"
    if statements:
        return [source.insert_after(statements[-1].end_lineno, line, "")]
    return [insert(tree, source, [], line)]


def insert(tree: ast.Module, source: Source, before: list[ast.stmt], line: str) -> Edit:
    """Return the edit that puts a line above the imports, or below the docstring."""
    if before:
        return source.insert_before(before[0].lineno, line)
    head = 0
    for node in tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(
            node.value, ast.Constant
        )
        if is_docstring or isinstance(node, ast.ImportFrom):
            head = node.end_lineno
        else:
            break
    if head:
        return source.insert_after(head, f"\n{line}", "")
    first = source.lines[0] if source.lines else ""
    place = len(first) if first.startswith("#!") else 0
    return Edit(source.file, place, place, source.with_newlines(f"{line}\n"))
