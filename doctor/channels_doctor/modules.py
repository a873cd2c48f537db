"""The modules of a project, under the names that `import` knows them by."""

import ast

from channels_doctor.python_code import calls_in


class Modules:
    """Leads from the name of a module to its file and its code."""

    def __init__(
        self, root: str, files: set[str], trees: dict[str, ast.Module]
    ) -> None:
        self.root = root  # where manage.py is and imports begin: "" or "mysite/"
        self.files = files
        self.trees = trees
        self.manage_file = f"{root}manage.py"

    def file_of(self, module: str) -> str:
        """Return the file of "chat.routing"; "" if it is not in the project."""
        path = self.root + module.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in self.files:
                return file
        return ""

    def imported_by(self, statement: ast.AST) -> list[str]:
        """Return the modules that an import statement may load, by their full names."""
        match statement:
            case ast.Import():
                return [alias.name for alias in statement.names]
            case ast.ImportFrom():
                base = self.base_of(statement)
                return [base, *(f"{base}.{alias.name}" for alias in statement.names)]
        return []

    def base_of(self, statement: ast.ImportFrom) -> str:
        """Return what stands after `from`, with its leading dots resolved."""
        parts = [statement.module] if statement.module else []
        if statement.level:
            file = statement.file.removeprefix(self.root).removesuffix(".py")
            parts = file.split("/")[: -statement.level] + parts
        return ".".join(parts)

    def settings_module(self) -> str:
        """Return what manage.py gives for DJANGO_SETTINGS_MODULE; "" if nothing."""
        manage = self.trees.get(self.manage_file)
        for call in calls_in(manage) if manage else ():
            match call.args:
                case [
                    ast.Constant(value="DJANGO_SETTINGS_MODULE"),
                    ast.Constant(value=str(module)),
                ]:
                    return module
        return ""
