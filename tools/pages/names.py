"""A part of a file by its name, so that no page counts lines."""

import ast
import re

from course.errors import CourseError


def part(source: str, suffix: str, name: str) -> list[str]:
    """Return the lines of a function, class, method or setting of a source file.

    Decorators belong to it, and so do comments right above it.
    """
    lines = source.splitlines()
    find = {".py": in_python, ".js": in_javascript}.get(suffix)
    if find is None:
        raise CourseError(f"A part can be named in .py and .js, not in {suffix}.")
    first, last = find(source, name)
    while first > 1 and lines[first - 2].lstrip().startswith(("#", "//")):
        first -= 1
    return dedented(lines[first - 1 : last])


def in_python(source: str, name: str) -> tuple[int, int]:
    """Return first and last line of `Class.method`, counted from 1.

    `Class.__doc__` is the line of the class and its docstring.
    """
    node = ast.parse(source)
    body = node.body
    for word in name.split("."):
        if word == "__doc__":
            return docstring_of(node)
        node = next((node for node in body if word in names_of(node)), None)
        if node is None:
            raise CourseError(f'there is no "{name}" in it')
        body = getattr(node, "body", [])
    decorators = [one.lineno for one in getattr(node, "decorator_list", [])]
    return min([node.lineno, *decorators]), node.end_lineno


def docstring_of(node: ast.AST) -> tuple[int, int]:
    """Return where the docstring is, with the line that begins its class or function."""
    if not ast.get_docstring(node):
        raise CourseError('there is no "__doc__" in it')
    return getattr(node, "lineno", 1), node.body[0].end_lineno


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that a statement gives to things."""
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return [getattr(node, "name", "")]


def in_javascript(source: str, name: str) -> tuple[int, int]:
    """Return first and last line of a function, class, constant or method.

    The layout tells where it ends: at the first line that is indented no more.
    """
    lines = source.splitlines()
    first, last = 1, len(lines)
    for word in name.split("."):
        word = re.escape(word)
        starts = re.compile(
            rf"\s*(export )?(async )?((function|class|const|let) {word}\b"
            rf"|(static |async |get |#)*{word}\(.*\{{$)"
        )
        found = [n for n in range(first, last + 1) if starts.match(lines[n - 1])]
        if not found:
            raise CourseError(f'there is no "{name}" in it')
        first = found[0]
        last = end_of_block(lines, first, last)
    return first, last


def end_of_block(lines: list[str], first: int, last: int) -> int:
    """Return the last line of what begins at a line."""
    if lines[first - 1].rstrip().endswith(";"):
        return first
    margin = indentation(lines[first - 1])
    for number in range(first + 1, last + 1):
        if lines[number - 1].strip() and indentation(lines[number - 1]) <= margin:
            return number
    return last


def indentation(line: str) -> int:
    """Return how many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def dedented(lines: list[str]) -> list[str]:
    """Return lines without the margin that all of them share."""
    margin = min((indentation(line) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines]
