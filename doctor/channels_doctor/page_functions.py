"""What the functions of pages are called with: the values of their parameters."""

import re
from collections.abc import Iterator

from channels_doctor.page_values import Page, Piece, Reader
from channels_doctor.pages_code import STRING, closing, template_end


def parameter_values(page: Page, name: str, place: int) -> Iterator[list[Piece]]:
    """Yield what is given for a parameter of the function around a place, call by call."""
    function = function_around(page, name, place)
    if not function:
        return
    called, number = function
    for other in page.others.values():
        calls = rf"(?<!function )(?<![\w$]){re.escape(called)}\s*\((?!\s*\))"
        for found in re.finditer(calls, other.script):
            end = closing(other.script, found.end() - 1)
            after = other.script[end : end + 8]
            if re.match(r"\s*(\{|=>|:)", after):  # it's the function itself
                continue
            start = argument(other.script, found.end(), number)
            yield Reader(other).value_at(start) if start else []


def function_around(page: Page, name: str, place: int) -> tuple[str, int] | None:
    """Return the function with a parameter of that name, and the parameter's number."""
    for end, function, names in page.functions:
        if end <= place and name in names:
            return function, names.index(name)
    return None


def argument(script: str, place: int, number: int) -> int:
    """Return where an argument of a call begins, counted from 0; 0 if there is none."""
    for _ in range(number):
        while place < len(script) and script[place] not in ",)":
            is_bracket = script[place] in "([{'\"`"
            place = closing_or_text(script, place) if is_bracket else place + 1
        if script[place : place + 1] != ",":
            return 0
        place += 1
    return place


def closing_or_text(script: str, place: int) -> int:
    """Return the end of what a bracket or a quote opens."""
    if script[place] in "([{":
        return closing(script, place)
    if script[place] == "`":
        return template_end(script, place, len(script))
    found = STRING.match(script, place)
    return found.end() if found else place + 1
