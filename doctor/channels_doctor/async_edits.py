"""Edits that make plain code asynchronous: `await` in front, `async for`."""

import ast

from channels_doctor.edits import Edit, Source
from channels_doctor.project import Project
from channels_doctor.python_code import Function, ancestors_of


def can_await(node: ast.AST) -> bool:
    """Tell whether `await` may be written here: not in a lambda or a generator."""
    for outer in ancestors_of(node):
        if isinstance(outer, ast.GeneratorExp | ast.Lambda):
            return False
        if isinstance(outer, Function):
            return isinstance(outer, ast.AsyncFunctionDef)
    return False


def brackets_for(node: ast.AST) -> tuple[str, str]:
    """Return what to write around a piece of code to await it and go on with it."""
    match node.parent:
        case ast.Await():
            return "", ""
        case ast.Attribute():
            return "(await ", ")"
        case ast.Subscript(value=inner) | ast.Call(func=inner) if inner is node:
            return "(await ", ")"
    return "await ", ""


def awaited(source: Source, node: ast.AST) -> list[Edit]:
    """Return the edits that await a piece of code, if that's possible where it is."""
    if not can_await(node):
        return []
    before, after = brackets_for(node)
    return [edit for edit in source.wrap(node, before, after) if edit.new]


def replaced(source: Source, node: ast.AST, new: str) -> list[Edit]:
    """Return the edit that awaits something else in place of a piece of code."""
    if not can_await(node):
        return []
    before, after = brackets_for(node)
    return [source.replace(node, f"{before}{new}{after}")]


def looped(source: Source, rows: ast.AST) -> list[Edit]:
    """Return the edits that make an `async for` of the loop over these rows."""
    match rows.parent:
        case ast.For() as loop if can_await(loop):
            start = source.range_of(loop)[0]
            return [Edit(source.file, start, start, "async ")]
        case ast.comprehension(parent=ast.GeneratorExp() as whole) as loop:
            if can_await(whole) and len(whole.generators) == 1:
                return [before_for(source, loop), *as_list(source, whole)]
        case ast.comprehension() as loop if can_await(loop):
            return [before_for(source, loop)]
    return []


def before_for(source: Source, loop: ast.comprehension) -> Edit:
    """Return the edit that writes `async` before the `for` of a comprehension."""
    start = source.range_of(loop.target)[0]
    place = source.text.rindex("for", 0, start)
    return Edit(source.file, place, place, "async ")


def as_list(source: Source, whole: ast.GeneratorExp) -> list[Edit]:
    """Return the edits that make a list of a generator: sum() can't take an async one."""
    start, end = source.range_of(whole)
    match whole.parent:
        case ast.Call(func=function) if source.range_of(function)[1] == start:
            start, end = start + 1, end - 1
            return [
                Edit(source.file, start, start, "["),
                Edit(source.file, end, end, "]"),
            ]
    return [
        Edit(source.file, start, start + 1, "["),
        Edit(source.file, end - 1, end, "]"),
    ]


def if_django_has(
    project: Project,
    what: str,
    since: tuple[int, int],
    advice: tuple[str, list[Edit]],
) -> tuple[str, list[Edit]]:
    """Return the advice, a sentence and its edits; another one if Django is surely older."""
    if not any(need.always_below(since) for need in project.needs_for("django")):
        return advice
    version = ".".join(map(str, since))
    sentence = (
        "Move it into a function with @database_sync_to_async, and await that function:"
        f" {what} came with Django {version}, and the requirements ask for an older one."
    )
    return sentence, []
