"""Checks of names: does everything that the code uses exist where it's looked for?"""

import ast
import difflib
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.importing import HOME_OF, add_import, import_of
from channels_doctor.modules import ANYTHING
from channels_doctor.project import Project
from channels_doctor.python_code import calls_in, last_name
from channels_doctor.undefined import Undefined, undefined_in

# An import of one of these is right wherever the name is missing.
CERTAIN = {"asyncio", "hashlib", "json", "logging", "os", "re", "uuid"}
CERTAIN |= {
    name for name, home in HOME_OF.items() if home.startswith(("asgiref", "channels"))
}
OF_THE_CLASS = {
    "combine", "fromisoformat", "fromtimestamp", "now", "strptime", "today", "utcnow",
}  # fmt: skip
OF_OTHER_LANGUAGES = {
    "false": "False",
    "none": "None",
    "null": "None",
    "this": "self",
    "true": "True",
}
LEFT_BY_MERGE = {"HEAD", "ORIG_HEAD"}


def names_are_defined(project: Project) -> Iterator[Finding]:
    """Every name is defined when Python gets to it."""
    for file in sorted(project.running.sometime):
        tree, source = project.modules.trees[file], project.sources[file]
        by_name: dict[tuple[str, bool], list[Undefined]] = {}
        for one in undefined_in(tree, source):
            by_name.setdefault((one.node.id, one.is_local), []).append(one)
        for uses in by_name.values():
            yield undefined(project, tree, sorted(uses, key=urgency))


def urgency(use: Undefined) -> tuple[int, int]:
    """Order the uses of a name: the one that stops the import first."""
    moments = ("import", "annotation", "call")
    return moments.index(use.when), use.node.lineno


def undefined(project: Project, tree: ast.Module, uses: list[Undefined]) -> Finding:
    """Say what is the matter with a name, at the first of its uses."""
    first, node = uses[0], uses[0].node
    if first.is_local:
        return say("local-unbound", node, word=node.id)
    leftover = line_left_by_merge(project, tree, node)
    if leftover:
        return say("merge-leftover-name", node, leftover, word=node.id, is_certain=True)
    edits, is_certain = definition_for(project, tree, [use.node for use in uses])
    runs_at_start = node.file in project.running.at_start
    name = "name-undefined-in-function"
    if first.when == "import" and runs_at_start:
        name = "name-undefined"
    elif first.when == "annotation" and runs_at_start:
        name = "name-undefined-annotation"
    if node.id in project.modules.names_of(node.file):
        advice = "Move the line that defines it above this one."
    else:
        advice = words_for(edits)
    return say(name, node, *edits, is_certain=is_certain, word=node.id, advice=advice)


def words_for(edits: list[Edit]) -> str:
    """Say what to do about a name, given the change."""
    if not edits:
        return "Correct its spelling, or define it."
    new = edits[0].new.strip()
    is_import = new.startswith(("import ", "from "))
    return f"Add the import: {new}" if is_import else f"Did you mean {new}?"


def line_left_by_merge(
    project: Project, tree: ast.Module, node: ast.Name
) -> Edit | None:
    """Return the edit that deletes a line `HEAD` that a merge left behind."""
    source = project.source_of(node)
    if node.id in LEFT_BY_MERGE and source.line(node.lineno).strip() == node.id:
        return source.delete_lines(node.lineno)
    return None


def definition_for(
    project: Project, tree: ast.Module, uses: list[ast.Name]
) -> tuple[list[Edit], bool]:
    """Return the edits that define a name, and whether they are right in any case."""
    source, name = project.source_of(uses[0]), uses[0].id
    statement = import_of(name)
    if name == "datetime" and attributes_of(tree, name) <= OF_THE_CLASS:
        statement = "from datetime import datetime"
    if statement and statement.startswith("import") and not attributes_of(tree, name):
        statement = ""
    if statement:
        return [add_import(source, tree, statement)], name in CERTAIN
    names = project.modules.names_of(source.file)
    if name in names:
        return [], False
    homes = homes_in_project(project, name, source.file)
    if len(homes) == 1:
        statement = f"from {homes[0]} import {name}"
        ready = [
            call.end_lineno
            for call in calls_in(tree)
            if last_name(call.func) == "get_asgi_application"
        ]
        if ready:
            return [source.insert_after(max(ready), statement, "")], False
        return [add_import(source, tree, statement)], False
    near = OF_OTHER_LANGUAGES.get(name) or nearest(name, names)
    return [source.replace(use, near) for use in uses if near], False


def attributes_of(tree: ast.Module, name: str) -> set[str]:
    """Return what a module uses of a name: "now" for datetime.now()."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }


def homes_in_project(project: Project, name: str, file: str) -> list[str]:
    """Return the modules that define a class or function of that name."""
    found = []
    for other in sorted(project.running.sometime - {file}):
        for node in project.modules.trees[other].body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name == name:
                    found.append(project.modules.name_of(other))
    return found


def nearest(name: str, names: set[str]) -> str:
    """Return the one name that this is surely a misspelling of; "" if there is none."""
    alike = difflib.get_close_matches(name, names - {ANYTHING}, n=2, cutoff=0.8)
    return alike[0] if len(alike) == 1 and len(name) > 3 else ""


CHECKS = [names_are_defined]
