r"""The routes of a project's sockets, as Channels' URLRouter goes through them.

The router is found in the module of the application, or in one that it imports. Its lists are
followed by name, through imports and through routers inside routers; what can't be followed
leaves the routing incomplete, and then nobody can say that a path has no route.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from channels_doctor.module_names import ModuleNames, text_of
from channels_doctor.python_code import dotted, last_name

ROUTE_MAKERS = {"path", "re_path", "url"}
# What each of Django's converters takes, and examples that tell it from the others.
CONVERTERS = {
    "int": ("[0-9]+", ("1", "42")),
    "path": (".+", ("lobby", "a/b")),
    "slug": ("[-a-zA-Z0-9_]+", ("lobby", "a-b", "1", "a_b")),
    "str": ("[^/]+", ("lobby", "1", "a-b", "caf\u00e9", "a b.c")),
    "uuid": (
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ("12345678-1234-4123-8123-123456789abc",),
    ),
}
CONVERTER = re.compile(r"<(?:(?P<kind>[^>:]+):)?(?P<name>[^>]+)>")


@dataclass(frozen=True, eq=False)
class Segment:
    """One path(…) or re_path(…): the text of its pattern, None if it's unknown."""

    call: ast.Call
    is_regex: bool
    text: str | None
    is_endpoint: bool  # not one that leads to another router

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What Django makes of it; None if that is unknown, or no regular expression."""
        text = self.text
        if text is not None and not self.is_regex:
            text = pattern_of(text, self.is_endpoint)
        try:
            return None if text is None else re.compile(text)
        except (re.error, OverflowError):
            return None

    def rest_of(self, path: str) -> str | None:
        """Return what this leaves of a path for a router inside; None if it doesn't fit."""
        if self.pattern is None:
            return None
        is_whole = self.is_endpoint and self.pattern.pattern.endswith("$")
        look = self.pattern.fullmatch if is_whole else self.pattern.search
        found = look(path)
        return path[found.end() :] if found else None

    @property
    def names(self) -> set[str]:
        """The names under which the consumer gets what varies."""
        if self.pattern is not None:
            return set(self.pattern.groupindex)
        return set()


@dataclass(frozen=True, eq=False)
class Route:
    """One way to a consumer: the segments of its path, from the outermost router in."""

    segments: tuple[Segment, ...]
    target: ast.expr
    consumer: str  # its name
    consumer_file: str = ""  # "" if the class wasn't found
    defaults: frozenset[str] | None = frozenset()  # of path(…, …, {…}); None: unknown
    owner: ast.expr | None = None  # the list that it's written in

    @property
    def call(self) -> ast.Call:
        """The path(…) that names the consumer."""
        return self.segments[-1].call

    @property
    def own_text(self) -> str:
        """The pattern of that path(…) alone."""
        return self.segments[-1].text or ""

    @property
    def text(self) -> str:
        """The whole pattern, as one would say it."""
        return "".join(segment.text or "…" for segment in self.segments)

    @property
    def is_known(self) -> bool:
        """Every part of its pattern can be read."""
        return all(segment.pattern is not None for segment in self.segments)

    def fits(self, path: str) -> bool:
        """Tell whether Channels takes this route for this path."""
        rest: str | None = path
        for segment in self.segments:
            rest = segment.rest_of(rest.lstrip("/"))
            if rest is None:
                return False
        return True

    @property
    def names(self) -> set[str]:
        """What it hands to the consumer as kwargs."""
        names = set().union(*(segment.names for segment in self.segments))
        return names | (self.defaults or set())


@dataclass
class Routing:
    """All routes that the application uses."""

    routes: list[Route] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)  # also those to other routers
    nested: list[Segment] = field(default_factory=list)  # those alone
    hidden: list[tuple[Segment, ast.Call]] = field(default_factory=list)
    lists: list[tuple[ast.AST, ast.expr]] = field(
        default_factory=list
    )  # list in a list
    includes: list[ast.Call] = field(default_factory=list)
    is_complete: bool = True  # there are no others
    has_router: bool = False


def pattern_of(route: str, is_endpoint: bool) -> str | None:
    """Return the regular expression that Django makes of a path(…), if it's known."""
    parts, place = ["^"], 0
    for found in CONVERTER.finditer(route):
        kind = found["kind"] or "str"
        if kind not in CONVERTERS or not found["name"].isidentifier():
            return None
        parts.append(re.escape(route[place : found.start()]))
        parts.append(f"(?P<{found['name']}>{CONVERTERS[kind][0]})")
        place = found.end()
    parts.append(re.escape(route[place:]))
    return "".join(parts) + (r"\Z" if is_endpoint else "")


class RoutingReader:
    """Follows the application's routers to their routes."""

    def __init__(self, names: ModuleNames, consumers: set[tuple[str, str]]) -> None:
        self.names = names
        self.consumers = consumers  # file and name of each
        self.consumer_names = {name for _, name in consumers}
        self.routing = Routing()
        self.depth = 0

    def read(self, calls: list[ast.Call], files: set[str]) -> Routing:
        """Return the routing, out of all calls of the project and the application's files."""
        routers = [call for call in calls if self.is_router(call)]
        inside: set[ast.AST] = set()
        for call in calls:  # those in a path(…) are found from their outer router
            if self.maker_of(call):
                inside.update(node for node in ast.walk(call) if self.is_router(node))
        for router in routers:
            if router not in inside and (router.file in files or not files):
                self.routing.has_router = True
                self.add_router(router, (), frozenset())
        if not self.routing.has_router:
            self.routing.is_complete = False
        if not self.routing.is_complete:
            self.add_others(calls)
        return self.routing

    def add_others(self, calls: list[ast.Call]) -> None:
        """Add the routes to consumers that no router was seen to use."""
        seen = {segment.call for segment in self.routing.segments}
        for call in calls:
            if call not in seen and self.maker_of(call) and self.consumer_in(call):
                self.add_route(call, (), None, None)

    def is_router(self, node: ast.AST) -> bool:
        """Tell a URLRouter(…)."""
        if not isinstance(node, ast.Call) or not hasattr(node, "file"):
            return False
        return self.names.origin(node.file, node.func).endswith("URLRouter")

    def maker_of(self, call: ast.AST) -> str:
        """Return "path", "re_path" or "url" for a call of it, under whatever name."""
        if not isinstance(call, ast.Call) or not isinstance(
            call.func, ast.Name | ast.Attribute
        ):
            return ""
        origin = self.names.origin(call.file, call.func)
        name = origin.rpartition(".")[2]
        is_django = origin.startswith("django.") or origin == name
        return name if is_django and name in ROUTE_MAKERS else ""

    def add_router(
        self,
        router: ast.Call,
        outer: tuple[Segment, ...],
        defaults: frozenset[str] | None,
    ) -> None:
        """Add the routes of a router."""
        given = [one.value for one in router.keywords if one.arg == "routes"]
        for argument in [*router.args[:1], *given]:
            self.add_list(argument, outer, defaults)

    def add_list(
        self,
        node: ast.expr,
        outer: tuple[Segment, ...],
        defaults: frozenset[str] | None,
    ) -> None:
        """Add the routes of a list, wherever it's written."""
        match node:
            case ast.List() | ast.Tuple():
                for item in node.elts:
                    self.add_item(item, outer, defaults, node)
            case ast.BinOp(op=ast.Add()):
                self.add_list(node.left, outer, defaults)
                self.add_list(node.right, outer, defaults)
            case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner]):
                self.add_list(inner, outer, defaults)
            case ast.Name() | ast.Attribute() if self.depth < 20:
                _, meaning = self.names.meaning(node.file, node)
                self.depth += 1
                for value in meaning.values:
                    self.add_list(value, outer, defaults)
                self.depth -= 1
                if not meaning.is_sure:
                    self.routing.is_complete = False
            case _:
                self.routing.is_complete = False

    def add_item(
        self,
        item: ast.expr,
        outer: tuple[Segment, ...],
        defaults: frozenset[str] | None,
        owner: ast.expr,
    ) -> None:
        """Add what one item of a list brings."""
        if isinstance(item, ast.Starred):
            self.add_list(item.value, outer, defaults)
        elif self.maker_of(item):
            self.add_route(item, outer, defaults, owner)
        elif self.is_list(item):
            self.routing.lists.append((owner, item))
            self.routing.is_complete = False
        else:
            self.routing.is_complete = False

    def is_list(self, item: ast.expr) -> bool:
        """Tell a list that is an item itself, by its name or written out."""
        if isinstance(item, ast.Name | ast.Attribute):
            _, meaning = self.names.meaning(item.file, item)
            return bool(meaning.values) and all(map(self.is_list, meaning.values))
        return isinstance(item, ast.List)

    def add_route(
        self,
        call: ast.Call,
        outer: tuple[Segment, ...],
        defaults: frozenset[str] | None,
        owner: ast.expr | None,
    ) -> None:
        """Add one path(…): a route, or all those of the router that it leads to."""
        keywords = {one.arg: one.value for one in call.keywords}
        values = [*call.args[:2]]
        values += [
            keywords[key] for key in ("route", "regex", "view") if key in keywords
        ]
        if len(values) != 2:
            self.routing.is_complete = False
            return
        text = text_of(self.names, values[0])
        target = values[1]
        router = next((node for node in ast.walk(target) if self.is_router(node)), None)
        is_open = router is target
        is_regex = self.maker_of(call) != "path"
        segment = Segment(call, is_regex, text, not is_open)
        self.routing.segments.append(segment)
        if segment.pattern is None:
            self.routing.is_complete = False
        more = kwargs_of(call.args[2] if len(call.args) > 2 else keywords.get("kwargs"))
        both = None if more is None or defaults is None else defaults | more
        if router:
            if is_open:
                self.routing.nested.append(segment)
            else:
                self.routing.hidden.append((segment, router))
            self.add_router(router, (*outer, segment), both)
            return
        if last_name(getattr(target, "func", target)) == "include":
            self.routing.includes.append(call)
            self.routing.is_complete = False
            return
        file, name = self.consumer_of(target)
        route = Route((*outer, segment), target, name, file, both, owner)
        self.routing.routes.append(route)

    def consumer_in(self, call: ast.Call) -> bool:
        """Tell whether a path(…) leads to a consumer."""
        return any(self.consumer_of(value)[1] for value in call.args[1:2])

    def consumer_of(self, target: ast.expr) -> tuple[str, str]:
        """Return file and name of the consumer that a route leads to, if there's one."""
        for node in ast.walk(target):
            if isinstance(node, ast.Name | ast.Attribute):
                found = self.names.class_of(node.file, node)
                if found in self.consumers:
                    return found
        for name in re.split(r"[.()]", dotted(target)):
            if name in self.consumer_names:
                return "", name
        return "", ""


def kwargs_of(node: ast.expr | None) -> frozenset[str] | None:
    """Return the names in a route's own {"name": value}; None if they're unknown."""
    match node:
        case None:
            return frozenset()
        case ast.Dict() if all(isinstance(key, ast.Constant) for key in node.keys):
            return frozenset(str(key.value) for key in node.keys)
    return None


def files_of_the_application(
    names: ModuleNames, module: str, imports: Iterable[ast.AST]
) -> set[str]:
    """Return the module of the ASGI application and what it imports, if it's there."""
    modules = names.modules
    imported: dict[str, list[str]] = {}
    for statement in imports:
        imported.setdefault(statement.file, []).extend(modules.imported_by(statement))
    waiting, found = [modules.file_of(module)], set()
    while waiting:
        file = waiting.pop()
        if file in modules.trees and file not in found:
            found.add(file)
            waiting += map(modules.file_of, imported.get(file, ()))
    return found


def read_routing(
    names: ModuleNames,
    nodes: Iterable[ast.AST],
    consumers: set[tuple[str, str]],
    module: str,
) -> Routing:
    """Return the routes of the application in this module, out of all calls and imports."""
    calls, imports = [], []
    for node in nodes:
        (calls if isinstance(node, ast.Call) else imports).append(node)
    files = files_of_the_application(names, module, imports)
    return RoutingReader(names, consumers).read(calls, files)
