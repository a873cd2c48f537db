"""What a name in a module stands for, in that module or in the one that it comes from."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from channels_doctor.modules import Modules
from channels_doctor.python_code import written


class Meaning(NamedTuple):
    """The values that a name is given, in order; without any, it's from elsewhere."""

    values: list[ast.expr]
    is_sure: bool  # nothing else changes it, as far as its module shows


@dataclass
class Names:
    """The names at the top of one module: those it imports, and those it assigns."""

    imported: dict[str, str] = field(
        default_factory=dict
    )  # "rp": "django.urls.re_path"
    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)


class ModuleNames:
    """Follows names through the modules of a project."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.known: dict[str, Names] = {}

    def of(self, file: str) -> Names:
        """Return the names at the top of a module."""
        if file not in self.known:
            names = self.known[file] = Names()
            tree = self.modules.trees.get(file)
            for statement in tree.body if tree else ():
                self.read(names, statement)
        return self.known[file]

    def read(self, names: Names, statement: ast.stmt) -> None:
        """Take what one statement does to the names."""
        match statement:
            case ast.Import():
                for alias in statement.names:
                    first = alias.name if alias.asname else alias.name.split(".")[0]
                    names.imported[alias.asname or first] = first
            case ast.ImportFrom():
                base = self.modules.base_of(statement)
                for alias in statement.names:
                    if alias.name == "*":
                        names.stars.append(base)
                    else:
                        names.imported[alias.asname or alias.name] = (
                            f"{base}.{alias.name}"
                        )
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                names.values[name] = [value]
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                names.values.setdefault(name, []).append(value)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                grow(names, name, statement.value)
            case ast.If() | ast.Try() | ast.With():
                for inner in ast.walk(statement):
                    if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                        names.unsure.add(inner.id)
                    elif isinstance(inner, ast.Import | ast.ImportFrom):
                        self.read(names, inner)

    def origin(self, file: str, node: ast.AST) -> str:
        """Return the full name of what a path leads to: "django.urls.re_path" for `rp`."""
        first, dot, rest = written(node).partition(".")
        return self.of(file).imported.get(first, first) + dot + rest

    def meaning(self, file: str, node: ast.AST) -> tuple[str, Meaning]:
        """Return the values that a name or a path is given, and the file they are in."""
        return self.follow(file, self.origin(file, node), 0)

    def follow(self, file: str, name: str, depth: int) -> tuple[str, Meaning]:
        """Look a full name up, in the module that it begins with or in this one."""
        module, _, last = name.rpartition(".")
        if module:
            file = self.modules.file_of(module)
        names = self.of(file) if file else Names()
        if depth > 9 or not file:
            return file, Meaning([], False)
        if last in names.values:
            return file, Meaning(names.values[last], last not in names.unsure)
        if last in names.imported and names.imported[last] != name:
            return self.follow(file, names.imported[last], depth + 1)
        for star in names.stars:
            found = self.follow(file, f"{star}.{last}", depth + 1)
            if found[1].values:
                return found
        return file, Meaning([], False)

    def class_of(self, file: str, node: ast.AST) -> tuple[str, str]:
        """Return the file and the name of the class that a path leads to, if ours."""
        full = self.origin(file, node)
        for _ in range(9):
            module, _, last = full.rpartition(".")
            file = self.modules.file_of(module) if module else file
            if (file, last) in self.classes:
                return file, last
            names = self.of(file) if file else Names()
            full = names.imported.get(last, "")
            if not full:
                break
        return "", ""

    @cached_property
    def classes(self) -> set[tuple[str, str]]:
        """File and name of every class at the top of a module."""
        return {
            (file, node.name)
            for file, tree in self.modules.trees.items()
            for node in tree.body
            if isinstance(node, ast.ClassDef)
        }


def grow(names: Names, name: str, call: ast.Call) -> None:
    """Follow name.append(…), name.extend(…) and name.insert(0, …)."""
    match call:
        case ast.Call(func=ast.Attribute(attr="extend"), args=[value]):
            names.values.setdefault(name, []).append(value)
        case ast.Call(func=ast.Attribute(attr="append" | "insert"), args=[*_, value]):
            one = ast.copy_location(ast.List([value], ast.Load()), value)
            one.file = value.file
            names.values.setdefault(name, []).append(one)


def text_of(names: ModuleNames, node: ast.AST) -> str | None:
    """Return the text that an expression makes; None if only running it would tell."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(op=ast.Add()):
            parts = [text_of(names, node.left), text_of(names, node.right)]
        case ast.JoinedStr():
            parts = [text_of(names, part) for part in node.values]
        case ast.FormattedValue(conversion=-1, format_spec=None):
            parts = [text_of(names, node.value)]
        case ast.Name() | ast.Attribute():
            _, meaning = names.meaning(node.file, node)
            is_one = meaning.is_sure and len(meaning.values) == 1
            parts = [text_of(names, meaning.values[0]) if is_one else None]
        case _:
            return None
    return None if None in parts else "".join(parts)
