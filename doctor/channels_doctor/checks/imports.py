"""Checks of imports inside the project: is what they name really there?"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from channels_doctor.advice import say
from channels_doctor.checks.names import nearest
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.modules import ANYTHING, guarded, statements_run
from channels_doctor.project import Project
from channels_doctor.python_code import find
from channels_doctor.reading import SKIPPED
from channels_doctor.undefined import Places

# Modules that a project may keep out of its repository.
KEPT_BACK = re.compile(
    r"(^|[._])(local|dev|prod|production|secrets?|private|credentials|keys|version|pb2|grpc)([._]|$)",
    re.IGNORECASE,
)


GIVING = (
    ast.Name, ast.arg, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.ExceptHandler,
    ast.Import, ast.ImportFrom,
)  # fmt: skip


class Miss(NamedTuple):
    """Something that an import names, and that isn't there."""

    at: ast.AST
    error: str  # the literal error
    edits: tuple[Edit, ...]


def imports_find_what_they_name(project: Project) -> Iterator[Finding]:
    """Every import of the project's own modules finds the module, and the name in it."""
    if not project.paths_are_plain:
        return
    for file in sorted(project.running.sometime):
        tree = project.modules.trees[file]
        imports = find(tree, ast.Import, ast.ImportFrom)
        misses = [miss for node in imports for miss in misses_of(project, tree, node)]
        if misses:
            yield from tell(project, file, misses)


def tell(project: Project, file: str, misses: list[Miss]) -> Iterator[Finding]:
    """Yield a finding for each miss, unless the code is ready for it."""
    tree = project.modules.trees[file]
    safe, at_import = guarded(tree), set(statements_run(tree.body))
    for miss in misses:
        if miss.at not in safe:
            stops = miss.at in at_import and file in project.running.at_start
            name = "import-missing" if stops else "import-missing-in-function"
            yield say(name, miss.at, *miss.edits, error=miss.error, advice=advice(miss))


def advice(miss: Miss) -> str:
    """Say what to do about it."""
    if miss.edits:
        return f"Did you mean {miss.edits[0].new.strip()}?"
    if "beyond" in miss.error or "parent" in miss.error:
        return "Imports begin beside manage.py: write the full path, as in from chat import views."
    return "Correct the name, or add what is missing."


def misses_of(
    project: Project, tree: ast.Module, node: ast.Import | ast.ImportFrom
) -> Iterator[Miss]:
    """Yield what an import statement names in vain."""
    modules = project.modules
    if isinstance(node, ast.Import):
        for alias in node.names:
            error = missing_module(project, alias.name)
            if error:
                yield Miss(node, error, ())
        return
    depth = node.file.removeprefix(modules.root).count("/")
    if node.level > depth:
        error = "attempted relative import beyond top-level package"
        if depth == 0:
            error = "attempted relative import with no known parent package"
        yield Miss(node, f"ImportError: {error}", ())
        return
    base = modules.base_of(node)
    error = missing_module(project, base)
    if error:
        yield Miss(node, error, correct_module(project, node, base))
        return
    for alias in node.names:
        if lacks(project, base, alias.name):
            error = f"ImportError: cannot import name '{alias.name}' from '{base}'"
            yield Miss(node, error, correct_name(project, tree, alias, base))


def missing_module(project: Project, module: str) -> str:
    """Return the error if one of the project's own packages lacks a module; else ""."""
    modules = project.modules
    first, *parts = module.split(".")
    if (
        not modules.file_of(first)
        or KEPT_BACK.search(module)
        or SKIPPED & {first, *parts}
    ):
        return ""
    for end in range(1, len(parts) + 1):
        name, parent = (
            ".".join([first, *parts[:end]]),
            ".".join([first, *parts[: end - 1]]),
        )
        if modules.is_known(name):
            continue
        file = modules.file_of(parent)
        if file and not file.endswith("/__init__.py"):
            return f"ModuleNotFoundError: No module named '{name}'; '{parent}' is not a package"
        if file and (
            file not in modules.trees or "__path__" in project.sources[file].text
        ):
            return ""
        return f"ModuleNotFoundError: No module named '{name}'"
    return ""


def lacks(project: Project, module: str, name: str) -> bool:
    """Tell whether one of the project's own modules surely has no such name."""
    modules = project.modules
    if not modules.file_of(module.split(".")[0]) or name == "*":
        return False
    if (
        modules.is_known(f"{module}.{name}")
        or KEPT_BACK.search(name)
        or name in SKIPPED
    ):
        return False
    file = modules.file_of(module)
    if not file:  # a folder without __init__.py has nothing but modules
        return modules.is_known(module)
    return not {name, ANYTHING} & modules.names_of(file) and not re.match(
        "__.*__$", name
    )


def correct_module(
    project: Project, node: ast.ImportFrom, module: str
) -> tuple[Edit, ...]:
    """Return the edit for a module whose last part is misspelled."""
    parent, _, last = module.rpartition(".")
    near = nearest(last, submodules(project, parent))
    if not near or not node.module:
        return ()
    source = project.source_of(node)
    if f"{node.module} " not in source.line(node.lineno):
        return ()
    written = node.module.removesuffix(last) + near
    return (source.replace_text(node.lineno, f"{node.module} ", f"{written} "),)


def submodules(project: Project, package: str) -> set[str]:
    """Return the modules in a package."""
    start = project.modules.root + package.replace(".", "/") + "/"
    found = {
        f.removeprefix(start) for f in project.modules.trees if f.startswith(start)
    }
    return {one.removesuffix("/__init__.py").removesuffix(".py") for one in found} - {
        "__init__"
    }


def correct_name(
    project: Project, tree: ast.Module, alias: ast.alias, module: str
) -> tuple[Edit, ...]:
    """Return the edits for a name that is misspelled in an import, and where it's used."""
    file = project.modules.file_of(module)
    names = project.modules.names_of(file) if file else set()
    near = nearest(alias.name, names | submodules(project, module))
    if not near:
        return ()
    source = project.sources[tree.body[0].file]
    if alias.asname:
        return (source.replace(alias, f"{near} as {alias.asname}"),)
    uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == alias.name]
    return tuple(source.replace(node, near) for node in [alias, *uses])


def attributes_are_there(project: Project) -> Iterator[Finding]:
    """What is used of a module of the project is in it: views.room, consumers.Chat."""
    if not project.paths_are_plain:
        return
    for file in sorted(project.running.sometime):
        tree = project.modules.trees[file]
        aliases = modules_imported(project, tree)
        if aliases:
            yield from attributes_missing(project, file, aliases)


def modules_imported(project: Project, tree: ast.Module) -> dict[str, str]:
    """Return the names that stand for a module of the project all through a file."""
    modules, aliases = project.modules, {}
    for node in tree.body:
        match node:
            case ast.ImportFrom() if node.names[0].name != "*":
                base = modules.base_of(node)
                for alias in node.names:
                    file = modules.file_of(base)
                    is_hidden = file and alias.name in modules.names_of(file)
                    if not is_hidden and modules.file_of(f"{base}.{alias.name}"):
                        aliases[alias.asname or alias.name] = f"{base}.{alias.name}"
            case ast.Import():
                for alias in node.names:
                    if alias.asname and modules.file_of(alias.name):
                        aliases[alias.asname] = alias.name
    if aliases:
        for name in names_given_otherwise(tree) & set(aliases):
            del aliases[name]
    return aliases


def names_given_otherwise(tree: ast.Module) -> set[str]:
    """Return the names that a module gives to anything but what its first imports bring."""
    names: set[str] = set()
    top = set(tree.body)
    for node in find(tree, *GIVING):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                names.add(name)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                names.add(node.name)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.Import() | ast.ImportFrom() if node not in top:
                names |= {one.asname or one.name for one in node.names}
    return names


def attributes_missing(
    project: Project, file: str, aliases: dict[str, str]
) -> Iterator[Finding]:
    """Yield a finding for each attribute that a module doesn't have."""
    tree, modules = project.modules.trees[file], project.modules
    uses = [
        node
        for node in find(tree, ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id in aliases
    ]
    given = {(n.value.id, n.attr) for n in uses if not isinstance(n.ctx, ast.Load)}
    places = None
    for node in uses:
        module = aliases[node.value.id]
        if (node.value.id, node.attr) in given or not lacks(project, module, node.attr):
            continue
        places = places or Places(tree)
        when = places.when.get((node.value.lineno, node.value.col_offset), "")
        if not when:
            continue
        stops = when != "call" and file in project.running.at_start
        name = "attribute-missing" if stops else "attribute-missing-in-function"
        near = nearest(node.attr, modules.names_of(modules.file_of(module)))
        source = project.source_of(node)
        edits = (
            [source.replace(node, f"{source.code(node.value)}.{near}")] if near else []
        )
        hint = (
            f"Did you mean {near}?"
            if near
            else f"Define it in {modules.file_of(module)}."
        )
        yield say(name, node, *edits, module=module, word=node.attr, advice=hint)


CHECKS = [imports_find_what_they_name, attributes_are_there]
