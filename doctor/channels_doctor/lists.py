"""Edits of lists in settings: put an element first, take one out."""

import ast

from channels_doctor.edits import Edit, Source


def put_first(source: Source, value: ast.expr | None, text: str) -> list[Edit]:
    """Return the edit that adds an element at the start of a list that is written out."""
    if not isinstance(value, ast.List | ast.Tuple) or not value.elts:
        return []
    first = value.elts[0]
    quote = source.code(first)[:1]
    quoted = quote + text + quote if quote in "'\"" else f'"{text}"'
    if source.line(first.lineno)[: first.col_offset].strip() == "":
        return [source.insert_before(first.lineno, f"{quoted},")]
    start = source.range_of(first)[0]
    return [Edit(source.file, start, start, f"{quoted}, ")]


def take_out(source: Source, value: ast.expr | None, text: str) -> list[Edit]:
    """Return the edit that takes an element out of a list that is written out."""
    if not isinstance(value, ast.List | ast.Tuple):
        return []
    found = [
        one for one in value.elts if isinstance(one, ast.Constant) and one.value == text
    ]
    if len(found) != 1:
        return []
    line = source.line(found[0].lineno).partition("#")[0].strip()
    if line in (f"{source.code(found[0])},", source.code(found[0])):
        return [source.delete_lines(found[0].lineno)]
    start, end = source.range_of(found[0])
    after = source.text[end:]
    if after.lstrip(" ").startswith(","):
        end += len(after) - len(after.lstrip(" ").removeprefix(",").lstrip(" "))
    return [Edit(source.file, start, end, "")]
