"""The functions of a project: which one a call runs, and where."""

import ast

from channels_doctor.channels_code import family_of
from channels_doctor.python_code import Function, ancestors_of, body_of, last_name

TO_THREAD = {"database_sync_to_async", "sync_to_async"}
HARMLESS = {"classmethod", "staticmethod"}


class Functions:
    """Leads from a call to the function of the project that it runs."""

    def __init__(self, project) -> None:
        self.imports = project.imported_names
        root = project.modules.root
        classes = list(project.nodes(ast.ClassDef))
        by_name = {node.name: node for node in classes}
        self.families = {node: family_of(node, by_name) for node in classes}
        self.by_path: dict[str, Function] = {}
        self.in_files: dict[tuple[str, str], Function] = {}
        self.inner: dict[tuple[ast.AST, str], Function] = {}
        for node in project.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            if isinstance(node.parent, ast.Module):
                module = node.file.removeprefix(root).removesuffix(".py")
                module = module.removesuffix("/__init__").replace("/", ".")
                self.by_path[f"{module}.{node.name}"] = node
                self.in_files[node.file, node.name] = node
            elif outer := function_of(node):
                self.inner[outer, node.name] = node

    def meant_by(self, node: ast.AST) -> Function | None:
        """Return the function that `save`, `services.save` or `self.save` names, if any."""
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self.method(class_of(node), name)
            case ast.Name(id=name):
                for function in ancestors_of(node):
                    if (function, name) in self.inner:
                        return self.inner[function, name]
                if (node.file, name) in self.in_files:
                    return self.in_files[node.file, name]
        return self.by_path.get(self.imports.path_of(node))

    def method(self, owner: ast.ClassDef | None, name: str) -> Function | None:
        """Return a method of a class, or of a class of the project that it builds on."""
        for member in self.families.get(owner, ()):
            for part in member.body:
                if isinstance(part, Function) and part.name == name:
                    return part
        return None


def class_of(node: ast.AST) -> ast.ClassDef | None:
    """Return the class that a piece of code is in."""
    owners = (one for one in ancestors_of(node) if isinstance(one, ast.ClassDef))
    return next(owners, None)


def function_of(node: ast.AST) -> Function | None:
    """Return the function that a piece of code is in."""
    owners = (one for one in ancestors_of(node) if isinstance(one, Function))
    return next(owners, None)


def decorators(function: Function) -> set[str]:
    """Return the last names of a function's decorators."""
    nodes = (
        one.func if isinstance(one, ast.Call) else one
        for one in function.decorator_list
    )
    return {last_name(node) for node in nodes}


def runs_in_a_thread(function: Function) -> bool:
    """Tell whether a function is decorated to run outside the event loop."""
    return bool(decorators(function) & TO_THREAD)


def is_plain(function: Function | None) -> bool:
    """Tell whether calling a function runs its body, there and then."""
    return (
        isinstance(function, ast.FunctionDef)
        and decorators(function) <= HARMLESS
        and not is_generator(function)
    )


def is_generator(function: Function) -> bool:
    """Tell whether a function yields."""
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom) for node in body_of(function)
    )
