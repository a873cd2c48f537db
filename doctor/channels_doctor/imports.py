"""What the names of a module stand for."""

import ast

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
