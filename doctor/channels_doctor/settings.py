"""The settings of a project, read without running them."""

import ast
from typing import Any

from channels_doctor.modules import Modules
from channels_doctor.python_code import dotted

UNKNOWN = object()  # a value that only running the project would tell

# Calls that may set anything: what Python has for it, and django-split-settings.
HIDDEN = {"exec()", "globals()", "include()", "locals()", "setattr()", "vars()"}


class Settings:
    """What the settings files set, and where, as far as the text tells it."""

    def __init__(self, modules: Modules, module: str) -> None:
        self.modules = modules
        self.files: list[str] = []
        self.values: dict[str, Any] = {}
        self.places: dict[str, ast.AST] = {}
        self.complete = True  # nothing is set in a way that we cannot read
        try:
            self.read(module)
        except RecursionError:
            self.complete = False
        if "INSTALLED_APPS" not in self.values:  # so they come from somewhere else
            self.complete = False
        self.file = self.files[0] if self.files else modules.manage_file

    def get(self, key: str) -> Any:
        """Return the value; UNKNOWN if the text does not tell; None if not set."""
        return self.values.get(key, None if self.complete else UNKNOWN)

    def where(self, key: str) -> ast.AST | str:
        """Return where a setting is made; the file, if it is not."""
        return self.places.get(key, self.file)

    def where_in(self, key: str, text: str) -> ast.AST | str:
        """Return where a text stands that is part of a setting."""
        for file in self.files:
            for node in ast.walk(self.modules.trees[file]):
                if isinstance(node, ast.Constant) and node.value == text:
                    return node
        return self.where(key)

    def read(self, module: str, is_sure: bool = True) -> None:
        """Read one settings file, and what it imports with a star."""
        file = self.modules.file_of(module)
        if file not in self.modules.trees or file in self.files:
            self.complete = False
        else:
            self.files.append(file)
            self.follow(self.modules.trees[file].body, is_sure)

    def follow(self, statements: list[ast.AST], is_sure: bool) -> None:
        """Go through statements in order; those under an `if` are not sure to run."""
        for statement in statements:
            self.follow_one(statement, is_sure)

    def follow_one(self, node: ast.AST, is_sure: bool) -> None:
        """Do what a statement does to the values.

        If it is not sure to run, a list that grows is taken to grow, and a value
        that is set is taken as unknown.
        """
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=key)], value=value)
                | ast.AnnAssign(target=ast.Name(id=key), value=ast.expr() as value)
            ):
                self.places[key] = node
                self.values[key] = value_of(value, self.values) if is_sure else UNKNOWN
            case ast.AugAssign(target=ast.Name(id=key), op=ast.Add(), value=value):
                self.grow(key, "extend", value)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id=key),
                        attr="append" | "extend" | "insert" as verb,
                    ),
                    args=[*_, value],
                )
            ):
                self.grow(key, verb, value)
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                self.read(self.modules.base_of(node), is_sure)
            case ast.If() | ast.Try() | ast.With() | ast.ExceptHandler():
                self.follow(statements_in(node), is_sure=False)
            case _:
                self.give_up(node)

    def grow(self, key: str, verb: str, node: ast.expr) -> None:
        """Follow `key += [...]`, key.append(…), key.extend(…), key.insert(0, …)."""
        old, new = self.values.get(key, UNKNOWN), value_of(node, self.values)
        if verb != "extend":
            new = [new]
        self.values[key] = add(new, old) if verb == "insert" else add(old, new)

    def give_up(self, statement: ast.AST) -> None:
        """Take whatever any other statement touches as unknown from here on."""
        for node in ast.walk(statement):
            if isinstance(node, ast.alias):
                self.values[node.asname or node.name] = UNKNOWN
            elif isinstance(node, ast.Name) and node.id.isupper():
                self.values[node.id] = UNKNOWN
            elif dotted(node) in HIDDEN or self.is_configuration(node):
                self.complete = False

    def is_configuration(self, node: ast.AST) -> bool:
        """Tell a class of django-configurations: an environment variable chooses one."""
        return isinstance(node, ast.ClassDef) and any(
            dotted(base).endswith("Configuration") for base in node.bases
        )


def statements_in(node: ast.AST) -> list[ast.AST]:
    """Return all branches of an `if`, `try` or `with`, one after the other."""
    return [
        child
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.stmt | ast.ExceptHandler)
    ]


def value_of(node: ast.AST | None, names: dict[str, Any]) -> Any:
    """Return the value of an expression, as far as the text tells it."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return names.get(node.id, UNKNOWN)
        case ast.List() | ast.Tuple():
            items: Any = []
            for item in node.elts:
                if isinstance(item, ast.Starred):
                    items = add(items, value_of(item.value, names))
                else:
                    items = [*items, value_of(item, names)]
            return items
        case ast.Dict():
            keys = [value_of(key, names) for key in node.keys]
            if all(isinstance(key, str) for key in keys):
                values = (value_of(value, names) for value in node.values)
                return dict(zip(keys, values, strict=True))
        case ast.JoinedStr():
            return joined(node, names)
        case ast.Call(func=ast.Name("dict"), args=[]):
            if all(one.arg for one in node.keywords):
                return {one.arg: value_of(one.value, names) for one in node.keywords}
        case ast.Call(func=ast.Name("list" | "tuple"), args=[inner], keywords=[]):
            return value_of(inner, names)
        case ast.BinOp(op=ast.Mult()):
            one, other = value_of(node.left, names), value_of(node.right, names)
            if isinstance(one, int) and isinstance(other, int):
                return one * other
        case ast.BinOp(op=ast.Add()):
            return add(value_of(node.left, names), value_of(node.right, names))
    return UNKNOWN


def joined(node: ast.JoinedStr, names: dict[str, Any]) -> Any:
    """Return the text of an f-string, if the text tells all that is in it."""
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            is_plain = part.conversion == -1 and part.format_spec is None
            value = value_of(part.value, names) if is_plain else UNKNOWN
        else:
            value = part.value
        if not isinstance(value, str):
            return UNKNOWN
        text += value
    return text


def add(first: Any, second: Any) -> Any:
    """Return `first + second`; one of two lists may be unknown."""
    if isinstance(first, str) and isinstance(second, str):
        return first + second
    if not isinstance(first, list) and not isinstance(second, list):
        return UNKNOWN
    one, other = (
        part if isinstance(part, list) else [UNKNOWN] for part in (first, second)
    )
    return one + other
