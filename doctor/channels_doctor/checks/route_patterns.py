"""Checks of the text of the routes: is it one that Django understands as it's meant?"""

import ast
import difflib
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.routes import CONVERTER, CONVERTERS, Segment

# What beginners and other frameworks call Django's converters.
OTHER_NAMES = {
    "string": "str",
    "text": "str",
    "char": "str",
    "integer": "int",
    "number": "int",
    "any": "path",
}


def patterns_compile(project: Project) -> Iterator[Finding]:
    """A route's regular expression is one."""
    for segment in regexes(project):
        try:
            re.compile(segment.text)
        except re.error as error:
            edits, is_certain = repaired(project, segment)
            reason = str(error)
            yield say(
                "route-regex",
                segment.call.args[0],
                *edits,
                is_certain=is_certain,
                route=segment.text,
                error=reason,
            )
        except OverflowError:
            continue


def regexes(project: Project) -> Iterator[Segment]:
    """Yield every re_path(…) whose text is known."""
    for segment in project.routing.segments:
        if segment.is_regex and segment.text is not None and segment.call.args:
            yield segment


def repaired(project: Project, segment: Segment) -> tuple[list[Edit], bool]:
    """Return the change that makes it compile, if it's clear: (?<name> without its P."""
    node = segment.call.args[0]
    new = re.sub(r"\(\?<(?![=!])", "(?P<", segment.text)
    names = re.sub(
        r"\(\?P<([\w-]+)>", lambda one: f"(?P<{one[1].replace('-', '_')}>", new
    )
    try:
        re.compile(names)
    except re.error:
        return [], False
    code = project.source_of(node).code(node)
    if not isinstance(node, ast.Constant) or segment.text not in code:
        return [], False
    change = project.source_of(node).replace(node, code.replace(segment.text, names))
    return [change], names == new  # another name has to be changed in the consumer, too


def path_gets_no_regex(project: Project) -> Iterator[Finding]:
    """What's written for re_path() isn't given to path()."""
    for segment in project.routing.segments:
        text = segment.text or ""
        is_regex = re.search(r"\(\?P?<|^\^|\$$|\\[wdDWsS.]|\[[^\]]+\][+*]", text)
        if not segment.is_regex and is_regex and not re.search(r"<\w+:", text):
            edits = renamed(project, segment.call, "re_path")
            is_certain = bool(edits) and compiles(text)
            yield say(
                "path-regex", segment.call, *edits, is_certain=is_certain, route=text
            )


def compiles(text: str) -> bool:
    """Tell whether a text is a regular expression."""
    try:
        return bool(re.compile(text))
    except (re.error, OverflowError):
        return False


def re_path_gets_no_converters(project: Project) -> Iterator[Finding]:
    """What's written for path() isn't given to re_path()."""
    for segment in regexes(project):
        plain = segment.text.removeprefix("^").removesuffix("$")
        if re.search(r"(?<!\?P)(?<!\?)<\w+:\w+>", plain):
            node = segment.call.args[0]
            edits = renamed(project, segment.call, "path")
            if edits and isinstance(node, ast.Constant):
                edits.append(project.source_of(node).replace(node, f'"{plain}"'))
            else:
                edits = []
            is_plain = not re.search(r"[\\^$*+?()\[\]{}|]", plain)
            yield say(
                "re-path-converter",
                segment.call,
                *edits * is_plain,
                is_certain=bool(edits) and is_plain,
                route=segment.text,
            )


def renamed(project: Project, call: ast.Call, name: str) -> list[Edit]:
    """Return the edits that call path() or re_path() in place of the other."""
    source = project.source_of(call)
    function = call.func
    if isinstance(function, ast.Attribute):  # urls.path
        start, end = source.range_of(function)
        start = end - len(function.attr)
        return [Edit(source.file, start, end, name)]
    edits = [source.replace(function, name)]
    if name in project.names.of(source.file).imported:
        return edits
    for statement in project.modules.trees[source.file].body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "django.urls":
            last = statement.names[-1]
            end = source.offset(last.end_lineno, last.end_col_offset)
            return [*edits, Edit(source.file, end, end, f", {name}")]
    return [*edits, source.insert_before(1, f"from django.urls import {name}")]


def converters_exist(project: Project) -> Iterator[Finding]:
    """A route names converters that Django or the project has."""
    own = own_converters(project)
    for segment in plain_paths(project):
        for found in CONVERTER.finditer(segment.text):
            kind = found["kind"]
            if re.search(r"\s", found[0]):
                yield parameter(project, segment, found, found[0].replace(" ", ""))
            elif not found["name"].isidentifier():
                better = re.sub(r"\W", "_", found["name"].lstrip(":"))
                whole = found[0].replace(found["name"], better)
                yield parameter(project, segment, found, whole)
            elif (
                kind and kind not in CONVERTERS and own is not None and kind not in own
            ):
                yield converter(project, segment, found)


def plain_paths(project: Project) -> Iterator[Segment]:
    """Yield every path(…) whose text is known, unless it's really a regex."""
    for segment in project.routing.segments:
        text = segment.text
        if not segment.is_regex and text is not None and "(?" not in text:
            if segment.call.args:
                yield segment


def own_converters(project: Project) -> set[str] | None:
    """Return the converters that the project registers; None if they're unknown."""
    names = set()
    for call in project.nodes(ast.Call):
        if last_name(call.func) == "register_converter":
            match call.args:
                case [_, ast.Constant(value=str(name))]:
                    names.add(name)
                case _:
                    return None
    return names


def parameter(
    project: Project, segment: Segment, found: re.Match[str], better: str
) -> Finding:
    """Say that a name in a route isn't one."""
    error = (
        f"URL route '{segment.text}' cannot contain whitespace in angle brackets <\u2026>."
        if re.search(r"\s", found[0])
        else f"URL route '{segment.text}' uses parameter name '{found['name']}' which"
        " isn't a valid Python identifier."
    )
    node = segment.call.args[0]
    edits = swapped(project, node, found[0], better)
    is_certain = bool(edits) and bool(re.search(r"\s", found[0]))
    return say("route-parameter", node, *edits, is_certain=is_certain, error=error)


def converter(project: Project, segment: Segment, found: re.Match[str]) -> Finding:
    """Say that a route's converter doesn't exist."""
    kind, name, node = found["kind"], found["name"], segment.call.args[0]
    near = difflib.get_close_matches(kind.lower(), CONVERTERS, 1, 0.5)
    better = OTHER_NAMES.get(kind.lower()) or (near[0] if near else "")
    if name in CONVERTERS:  # <room:str>
        better, name = name, kind
    edits = swapped(project, node, found[0], f"<{better}:{name}>") if better else []
    return say("route-converter", node, *edits, route=segment.text, kind=kind)


def swapped(project: Project, node: ast.AST, old: str, new: str) -> list[Edit]:
    """Return the edit that replaces a part of a text, if it's written out there."""
    source = project.source_of(node)
    code = source.code(node)
    if not isinstance(node, ast.Constant) or old not in code or new == old:
        return []
    return [source.replace(node, code.replace(old, new, 1))]


def routes_begin_without_a_slash(project: Project) -> Iterator[Finding]:
    """A route begins after the slash of the path."""
    segments = project.routing.segments
    texts = {(segment.text or "").lstrip("^") for segment in segments}
    for segment in segments:
        text = segment.text or ""
        found = re.match(r"(\^?)(/|\\/)(?![?*{])", text)
        if found and text[found.end() :] in texts:  # the same without its slash, too
            continue
        is_whole = not segment.is_regex or text.startswith(("^", "/"))
        if found and is_whole and segment.call.args:
            node = segment.call.args[0]
            edits = swapped(project, node, text, found[1] + text[found.end() :])
            yield say(
                "route-slash",
                node,
                *edits,
                is_certain=bool(edits),
                route=text,
                path=re.split(r"[<(]", text[found.end() :])[0].replace("\\/", "/"),
            )


def outer_routes_go_on(project: Project) -> Iterator[Finding]:
    """A route to another router leaves it something of the path."""
    for segment in project.routing.nested:
        text = segment.text or ""
        if segment.is_regex and text.endswith("$") and text.strip("^$"):
            node = segment.call.args[0]
            edits = swapped(project, node, text, text[:-1])
            yield say("router-dollar", node, *edits, is_certain=bool(edits), route=text)


def outer_paths_lead_to_routers(project: Project) -> Iterator[Finding]:
    """path() leads to a router itself, not to a middleware around it."""
    for segment in project.routing.hidden:
        text, call = segment.text, segment.call
        if not segment.is_regex and text:
            edits = renamed(project, call, "re_path")
            if re.fullmatch(r"[\w/-]+", text) and isinstance(
                call.args[0], ast.Constant
            ):
                edits += swapped(project, call.args[0], text, f"^{text}")
            else:
                edits = []
            yield say(
                "router-wrapped", call, *edits, is_certain=bool(edits), route=text
            )


def lists_are_joined(project: Project) -> Iterator[Finding]:
    """A router gets one list of routes, not a list of lists."""
    said = set()
    for owner, item in project.routing.lists:
        if id(owner) not in said:
            said.add(id(owner))
            source = project.source_of(item)
            edits = [
                Edit(source.file, *[source.range_of(one)[0]] * 2, "*")
                for other, one in project.routing.lists
                if other is owner
            ]
            yield say("routes-in-list", item, *edits, is_certain=True)


def routers_include_by_router(project: Project) -> Iterator[Finding]:
    """A router's routes lead to other routers by URLRouter, not by include()."""
    for call in project.routing.includes:
        edits: list[Edit] = []
        match call.args:
            case [
                _,
                ast.Call(args=[ast.Name() | ast.Attribute() | ast.List()]) as include,
            ]:
                edits = [project.source_of(call).replace(include.func, "URLRouter")]
        file = call.file
        if edits and "URLRouter" not in project.names.of(file).imported:
            line = "from channels.routing import URLRouter"
            edits.append(project.source_of(call).insert_before(1, line))
        yield say("router-include", call, *edits)


CHECKS = [
    patterns_compile,
    path_gets_no_regex,
    re_path_gets_no_converters,
    converters_exist,
    routes_begin_without_a_slash,
    outer_routes_go_on,
    outer_paths_lead_to_routers,
    lists_are_joined,
    routers_include_by_router,
]
