"""Checks of the routes, and of the addresses that the pages open: do they meet?"""

import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import dotted
from channels_doctor.reading import PAGES

# A text in JavaScript, with its quotes.
QUOTED = r"('[^'\n]*'|\"[^\"\n]*\"|`[^`]*`)"
# What varies inside it: ${of JavaScript}, {{ of Django }}, {% of Django, too %}.
VARYING = r"\$\{[^}]*\}|\{\{.*?\}\}|\{%.*?%\}"


def routes_call_as_asgi(project: Project) -> Iterator[Finding]:
    """A route leads to an application, not to the class."""
    for route in project.routes:
        if not dotted(route.target).endswith("as_asgi()"):
            yield say("no-as-asgi", route.target, consumer=route.consumer)


def routes_take_every_room(project: Project) -> Iterator[Finding]:
    r"""A route takes the room names that people type, which \w does not."""
    for route in project.routes:
        if re.search(r"\\w[+*{]", route.text):
            yield say("room-pattern", route.target)


def addresses_fit_the_routes(project: Project) -> Iterator[Finding]:
    """An address ends in a slash where its route does."""
    for address, where in addresses(project):
        if re.search("pathname|href", address):  # it ends as the page's own does
            continue
        opened = re.split(r"[?#]", example_of(address))[0]
        for route in project.routes:
            _, found, rest = opened.partition(f"/{route.start}")
            path = route.start + rest
            other = path[:-1] if path.endswith("/") else f"{path}/"
            if found and route.start and route.fits(other):
                if not any(one.fits(path) for one in project.routes if one.start):
                    yield say("slash", where, path=path, route=route.text)


def addresses_work_elsewhere(project: Project) -> Iterator[Finding]:
    """An address suits other machines than the student's own, and https."""
    for address, where in addresses(project):
        host = re.search(r"(127\.0\.0\.1|localhost)(:\d+)?", address)
        if host:
            yield say("hard-coded-host", where, host=host[0])
        if "ws:" in address and "wss" not in address:
            yield say("hard-coded-ws", where)


def addresses(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the expression in each `new WebSocket(…)` of the pages, and its place."""
    for found, where in project.search(PAGES, r"new \w*WebSocket\("):
        page = found.string
        source = first_argument(page, found.end())
        if re.fullmatch(r"\w+", source):  # a variable
            given = re.search(rf"\b{source}\s*=(?!=)", page)
            source = first_argument(page, given.end()) if given else ""
        yield source, where


def first_argument(page: str, start: int) -> str:
    """Return the source of a JavaScript call's first argument, which begins there."""
    depth, quote = 0, ""
    for end in range(start, min(len(page), start + 500)):
        char = page[end]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "([{":
            depth += 1
        elif depth == 0 and char in "),;":
            return page[start:end].strip()
        elif char in ")]}":
            depth -= 1
    return ""


def example_of(address: str) -> str:
    """Return the text of an address, with a 1 for everything that varies."""
    text = ""
    for number, part in enumerate(re.split(QUOTED, address)):
        is_quoted = number % 2
        if is_quoted:
            text += re.sub(VARYING, "1", part[1:-1])
        elif re.search(r"\w", part):
            text += "1"
    return text


CHECKS = [
    routes_call_as_asgi,
    routes_take_every_room,
    addresses_fit_the_routes,
    addresses_work_elsewhere,
]
