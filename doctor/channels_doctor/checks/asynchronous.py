"""A check of syntax that only the compiler refuses, after the parser has read the file."""

import ast
from bisect import bisect_left
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import body_of

WORDS = {
    ast.Await: "'await'",
    ast.AsyncFor: "'async for'",
    ast.AsyncWith: "'async with'",
}


def functions_that_await_are_async(project: Project) -> Iterator[Finding]:
    """await stands in an async def."""
    lines: dict[str, list[int]] = {}
    for node in project.nodes(*WORDS):
        lines.setdefault(node.file, []).append(node.lineno)
    for numbers in lines.values():
        numbers.sort()
    for function in project.nodes(ast.FunctionDef):
        numbers = lines.get(function.file, [])
        place = bisect_left(numbers, function.lineno)
        if place < len(numbers) and numbers[place] <= function.end_lineno:
            yield from await_in(project, function)


def await_in(project: Project, function: ast.FunctionDef) -> Iterator[Finding]:
    """Yield a finding if a plain function awaits something itself."""
    for node in body_of(function):
        if type(node) in WORDS:
            start = project.source_of(function).range_of(function)[0]
            edit = Edit(function.file, start, start, "async ")
            word = WORDS[type(node)]
            yield say("await-in-def", node, edit, word=word, function=function.name)
            return


CHECKS = [functions_that_await_are_async]
