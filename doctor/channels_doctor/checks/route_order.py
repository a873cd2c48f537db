"""Checks of the routes as a whole: does every consumer get its sockets, and its arguments?"""

import ast
import difflib
import re
from collections.abc import Collection, Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import body_of
from channels_doctor.routes import Route
from channels_doctor.routing_reader import maker_of

KWARGS = re.compile(r"\bscope\['url_route'\]\['kwargs'\]$")


def routes_are_reached(project: Project) -> Iterator[Finding]:
    """No earlier route takes every path of a later one."""
    routes = project.routing.routes
    for number, later in enumerate(routes):
        is_ordered = later.root and not isinstance(later.owner, ast.Set)
        examples = later.examples() if is_ordered else None
        if not examples:
            continue
        for earlier in routes[:number]:
            is_other = ast.dump(earlier.target) != ast.dump(later.target)
            if earlier.root is later.root and earlier.is_known and is_other:
                if all(earlier.fits(path) for path in examples):
                    yield shadowed(project, earlier, later)
                    break


def shadowed(project: Project, earlier: Route, later: Route) -> Finding:
    """Say that a route is never reached."""
    edits: list[Edit] = []
    both = earlier.examples() or []
    are_the_same = bool(both) and all(later.fits(path) for path in both)
    if later.owner and later.owner is earlier.owner and not are_the_same:
        edits = moved(project, later.call, earlier.call)
    return say(
        "route-shadowed",
        later.call,
        *edits,
        is_certain=bool(edits),
        route=later.text,
        earlier=earlier.text,
        place=f"{earlier.call.file}:{earlier.call.lineno}",
        path=(later.examples() or [""])[0],
        consumer=later.consumer or "its consumer",
    )


def moved(project: Project, item: ast.Call, before: ast.Call) -> list[Edit]:
    """Return the edits that move an item of a list above another, if each has its lines."""
    source = project.source_of(item)
    first, last = item.lineno, item.end_lineno
    lines = source.text[source.starts[first - 1] : source.starts[last]]
    rest = lines.replace(source.code(item), "", 1).strip()
    is_alone = rest in (",", "") and source.line(before.lineno).lstrip().startswith(
        source.code(before).split("\n")[0]
    )
    if not is_alone:
        return []
    if rest == "":
        lines = lines.rstrip("\r\n") + "," + source.newline
    place = source.starts[before.lineno - 1]
    return [Edit(source.file, place, place, lines), source.delete_lines(first, last)]


def consumers_have_routes(project: Project) -> Iterator[Finding]:
    """A consumer has a route, in the router and not in urls.py."""
    routing = project.routing
    if not routing.is_clear or not routing.routes:
        return
    if not all(route.consumer for route in routing.routes):
        return  # it may lead to one whose name we don't see
    reached = {route.consumer for route in routing.routes}
    used = {segment.call for segment in routing.segments}
    consumers = [one for one in project.consumers if one.node.name not in reached]
    bases = {base for one in project.consumers for base in one.bases}
    names = mentioned(project)
    for consumer in consumers:
        name = consumer.node.name
        calls = [call for call in names.get(name, ()) if call not in used]
        in_urls = [call for call in calls if call.file == urls_file(project)]
        if in_urls:
            yield say("route-in-urls", in_urls[0], consumer=name)
        elif name not in names and name not in bases and is_for_sockets(consumer):
            yield say("no-route-to-consumer", consumer.node, consumer=name)


def urls_file(project: Project) -> str:
    """Return the file of ROOT_URLCONF."""
    module = project.settings.get("ROOT_URLCONF")
    return project.modules.file_of(module) if isinstance(module, str) else ""


def mentioned(project: Project) -> dict[str, list[ast.AST]]:
    """Return where each name is used: the path(…) that uses it, or nothing but the name."""
    names: dict[str, list[ast.AST]] = {}
    for node in project.nodes(ast.Name, ast.Attribute, ast.Constant):
        match node:
            case (
                ast.Name(id=name)
                | ast.Attribute(attr=name)
                | ast.Constant(value=str(name))
            ):
                names.setdefault(name, [])
    wanted = {one.node.name for one in project.consumers}
    for call in project.nodes(ast.Call):
        if maker_of(project.names, call) and len(call.args) > 1:
            for node in ast.walk(call.args[1]):
                name = getattr(node, "id", getattr(node, "attr", ""))
                if name in wanted:
                    names[name].append(call)
    return names


def is_for_sockets(consumer: Consumer) -> bool:
    """Tell a consumer of its own, of WebSockets, from a base and from a worker's."""
    name = consumer.node.name
    is_base = re.search(r"^(_|Base|Abstract)|(Base|Mixin|Abstract)", name)
    return not is_base and any("Websocket" in base for base in consumer.bases)


def arguments_have_the_routes_names(project: Project) -> Iterator[Finding]:
    """A consumer reads the names that its routes give."""
    if not project.routing.is_clear:
        return
    for consumer in project.consumers:
        node = consumer.node
        routes = [
            route
            for route in project.routes
            if (route.consumer_file, route.consumer) == (node.file, node.name)
        ]
        if routes and all(one.defaults is not None and one.is_known for one in routes):
            given = set().union(*(route.names for route in routes))
            reads: dict[str, list[ast.Subscript]] = {}
            for read in reads_of(consumer):
                reads.setdefault(read.slice.value, []).append(read)
            for key in [one for one in reads if one not in given]:
                yield unknown_argument(project, routes, reads, key)


def reads_of(consumer: Consumer) -> Iterator[ast.Subscript]:
    """Yield each self.scope["url_route"]["kwargs"]["room"] that nothing guards."""
    for method in consumer.methods.values():
        body = list(body_of(method))
        guarded = {
            inner
            for node in body
            if isinstance(node, ast.Try)
            for inner in ast.walk(node)
        }
        tested = {
            node.left.value
            for node in body
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant)
        }
        sources = {
            node.targets[0].id: ast.unparse(node.value)
            for node in body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in body:
            match node:
                case ast.Subscript(
                    value=value, slice=ast.Constant(value=str(key)), ctx=ast.Load()
                ) if node not in guarded and key not in tested:
                    path = ast.unparse(value)
                    first, dot, rest = re.match(
                        r"(\w*)()(.*)", path, re.DOTALL
                    ).groups()
                    if KWARGS.search(sources.get(first, first) + dot + rest):
                        yield node


def unknown_argument(
    project: Project,
    routes: list[Route],
    reads: dict[str, list[ast.Subscript]],
    key: str,
) -> Finding:
    """Say that a consumer reads a name that no route gives."""
    given = set.intersection(*(route.names for route in routes))
    right = meant_by(key, given, reads.keys())
    edits = []
    for read in reads[key] if right else ():
        source = project.source_of(read)
        before, found, after = source.code(read.slice).rpartition(key)
        if found:  # it's written as it is, without a backslash
            edits.append(source.replace(read.slice, before + right + after))
    is_only = len(given) == 1 and len(reads) == 1
    names = ", ".join(f'"{name}"' for name in sorted(given))
    return say(
        "kwargs-name",
        min(reads[key], key=lambda one: (one.lineno, one.col_offset)),
        *edits,
        is_certain=bool(edits) and is_only,
        key=key,
        given=f"gives {names}" if names else "gives none",
        route=routes[0].text,
        place=f"{routes[0].call.file}:{routes[0].call.lineno}",
    )


def meant_by(key: str, given: set[str], read: Collection[str]) -> str:
    """Return which of a route's names is meant; preferably one that nothing else reads."""
    free, wrong = given.difference(read), set(read) - given
    near = difflib.get_close_matches
    names = near(key, given, 1, 0.8) or near(key, free, 1, 0.5)
    if not names and len(free) == len(wrong) == 1:
        names = list(free)
    return (
        names or near(key, given, 1, 0.5) or list(given)[: len(given) == 1] or [""]
    )[0]


CHECKS = [
    routes_are_reached,
    consumers_have_routes,
    arguments_have_the_routes_names,
]
