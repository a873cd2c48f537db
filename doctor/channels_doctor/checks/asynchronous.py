"""A check of syntax that only the compiler refuses, after the parser has read the file."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import body_of

AWAITING = ast.Await | ast.AsyncFor | ast.AsyncWith
WORDS = {
    ast.Await: "'await'",
    ast.AsyncFor: "'async for'",
    ast.AsyncWith: "'async with'",
}


def functions_that_await_are_async(project: Project) -> Iterator[Finding]:
    """await stands in an async def."""
    files = {
        node.file for node in project.nodes(ast.Await, ast.AsyncFor, ast.AsyncWith)
    }
    for function in project.nodes(ast.FunctionDef):
        if function.file not in files:
            continue
        for node in body_of(function):
            if isinstance(node, AWAITING):
                start = project.source_of(function).range_of(function)[0]
                edit = Edit(function.file, start, start, "async ")
                word = WORDS[type(node)]
                yield say("await-in-def", node, edit, word=word, function=function.name)
                break


CHECKS = [functions_that_await_are_async]
