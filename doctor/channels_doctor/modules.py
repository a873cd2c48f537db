"""The modules of a project, under the names that `import` knows them by."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from channels_doctor.python_code import Function, dotted, find

HIDING = {"exec", "globals", "locals", "setattr", "vars"}  # they may make names
ANYTHING = "*"  # among a module's names: it may have any other name, too


class Modules:
    """Leads from the name of a module to its file and its code."""

    def __init__(
        self, root: str, files: set[str], trees: dict[str, ast.Module]
    ) -> None:
        self.root = root  # where manage.py is and imports begin: "" or "mysite/"
        self.files = files
        self.trees = trees
        self.manage_file = f"{root}manage.py"
        self.names: dict[str, set[str]] = {}

    def file_of(self, module: str) -> str:
        """Return the file of "chat.routing"; "" if it is not in the project."""
        path = self.root + module.replace(".", "/")
        for file in (f"{path}/__init__.py", f"{path}.py"):  # Python's own order
            if file in self.files:
                return file
        return ""

    def name_of(self, file: str) -> str:
        """Return the module's name: "chat.routing" for chat/routing.py."""
        path = file.removeprefix(self.root).removesuffix(".py")
        return path.removesuffix("/__init__").replace("/", ".")

    @cached_property
    def folders(self) -> set[str]:
        """Every folder that has a file, however deep."""
        found = set()
        for file in self.files:
            folder = file.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return found

    def is_known(self, module: str) -> bool:
        """Tell whether something in the project can be imported under that name."""
        path = self.root + module.replace(".", "/")
        return bool(self.file_of(module)) or path in self.folders

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

    def names_of(self, file: str) -> set[str]:
        """Return the names that a module has once it's imported, submodules aside.

        ANYTHING is one of them if the text doesn't tell them all.
        """
        if file not in self.trees:
            return {ANYTHING}
        if file not in self.names:
            self.names[file] = {ANYTHING}  # for modules that import each other
            tree = self.trees[file]
            self.names[file] = set(names_bound(tree.body, self.names_behind_star))
            self.names[file] |= names_from_functions(tree)
        return self.names[file]

    def names_behind_star(self, statement: ast.ImportFrom) -> set[str]:
        """Return what `from … import *` brings."""
        return self.names_of(self.file_of(self.base_of(statement)))

    def loaded_from(self, start: Iterable[str]) -> set[str]:
        """Return the files that importing these modules runs, one after another."""
        files: set[str] = set()
        waiting = list(start)
        while waiting:
            module = waiting.pop()
            parts = module.split(".")
            for end in range(1, len(parts) + 1):  # a package runs before what's in it
                file = self.file_of(".".join(parts[:end]))
                if file in self.trees and file not in files:
                    files.add(file)
                    waiting += self.imports_of(file)
        return files

    def imports_of(self, file: str) -> list[str]:
        """Return the modules that a module imports when it runs, functions aside."""
        return [
            module
            for statement in statements_run(self.trees[file].body)
            for module in self.imported_by(statement)
        ]

    def settings_module(self) -> str:
        """Return what manage.py gives for DJANGO_SETTINGS_MODULE; "" if nothing."""
        manage = self.trees.get(self.manage_file)
        named = settings_named_in(manage) if manage else []
        return named[0].value if len({one.value for one in named}) == 1 else ""


def settings_named_in(tree: ast.AST) -> list[ast.Constant]:
    """Return the texts that a module gives for DJANGO_SETTINGS_MODULE."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                args=[
                    ast.Constant(value="DJANGO_SETTINGS_MODULE"),
                    ast.Constant(value=str()) as module,
                ]
            ) if dotted(node.func).endswith("setdefault"):
                found.append(module)
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant("DJANGO_SETTINGS_MODULE"))],
                value=ast.Constant(value=str()) as module,
            ):
                found.append(module)
    return found


def statements_run(statements: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Yield every statement that runs on import: branches and class bodies, no functions."""
    for statement in statements:
        if isinstance(statement, ast.If) and is_for_type_checkers(statement.test):
            yield from statements_run(statement.orelse)
            continue
        if isinstance(statement, ast.stmt):
            yield statement
        if not isinstance(statement, Function):
            children = ast.iter_child_nodes(statement)
            inner = ast.stmt | ast.ExceptHandler | ast.match_case
            yield from statements_run(one for one in children if isinstance(one, inner))


def is_for_type_checkers(test: ast.expr) -> bool:
    """Tell `if TYPE_CHECKING:` and `if __name__ == "__main__":`, which don't run."""
    names = {dotted(node) for node in ast.walk(test)}
    return any(name.endswith(("TYPE_CHECKING", "__name__")) for name in names)


def depends_on_version(test: ast.expr) -> bool:
    """Tell a test of which Python, Django or system is there: one branch is for others."""
    names = (dotted(node).lower() for node in ast.walk(test))
    return any("version" in name or name.endswith(".platform") for name in names)


def names_bound(
    statements: Iterable[ast.AST], behind_star: Callable[[ast.ImportFrom], set[str]]
) -> Iterator[str]:
    """Yield every name that statements may give to something in their own scope."""
    for statement in statements:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name
                continue
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield from behind_star(statement)
            case ast.Import() | ast.ImportFrom():
                for alias in statement.names:
                    yield alias.asname or alias.name.partition(".")[0]
        inner = (ast.stmt, ast.ExceptHandler, ast.match_case)
        children = list(ast.iter_child_nodes(statement))
        yield from names_bound(
            (one for one in children if isinstance(one, inner)), behind_star
        )
        for child in children:
            if not isinstance(child, inner):
                yield from names_stored(child)


def names_stored(node: ast.AST) -> Iterator[str]:
    """Yield the names that an expression or a pattern gives to something."""
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name


def names_from_functions(tree: ast.Module) -> set[str]:
    """Return what functions add to a module's names; ANYTHING if that isn't told."""
    names = {name for node in find(tree, ast.Global) for name in node.names}
    is_hidden = (
        any(node.name == "__getattr__" for node in find(tree, ast.FunctionDef))
        or any(node.id in HIDING for node in find(tree, ast.Name))
        or any(
            node.attr in ("modules", "__dict__") for node in find(tree, ast.Attribute)
        )
    )
    return names | {ANYTHING} if is_hidden else names


IMPORT_ERRORS = {"BaseException", "Exception", "ImportError", "ModuleNotFoundError"}


def guarded(tree: ast.Module) -> set[ast.AST]:
    """Return the code in which an import may fail without harm, or that doesn't run."""
    safe: set[ast.AST] = set()
    for node in find(tree, ast.Try, ast.TryStar, ast.If, ast.With):
        if isinstance(node, ast.Try | ast.TryStar) and catches_import_errors(node):
            parts: list[ast.AST] = [*node.body, *node.handlers]
        elif isinstance(node, ast.If) and is_for_type_checkers(node.test):
            parts = list(node.body)
        elif isinstance(node, ast.If) and depends_on_version(node.test):
            parts = [*node.body, *node.orelse]
        elif isinstance(node, ast.With) and "suppress" in ast.dump(node.items[0]):
            parts = list(node.body)
        else:
            continue
        safe |= {inner for part in parts for inner in ast.walk(part)}
    return safe


def catches_import_errors(node: ast.Try) -> bool:
    """Tell whether a `try` goes on after an import that fails."""
    return any(
        handler.type is None
        or IMPORT_ERRORS & {dotted(one) for one in ast.walk(handler.type)}
        for handler in node.handlers
    )
