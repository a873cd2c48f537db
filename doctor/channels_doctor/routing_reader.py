"""Finding the routes that a project's application uses.

The routers are found in the module of the application, or in one that it imports. Their lists
are followed by name, through imports and through routers inside routers. What can't be followed
leaves the routing incomplete, and then nobody can say that a path has no route.
"""

import ast
import re
from collections.abc import Iterable

from channels_doctor.module_names import ModuleNames, text_of
from channels_doctor.python_code import dotted, last_name
from channels_doctor.routes import Route, Routing, Segment

ROUTE_MAKERS = {"path", "re_path", "url"}


class RoutingReader:
    """Follows the application's routers to their routes."""

    def __init__(self, names: ModuleNames, consumers: set[tuple[str, str]]) -> None:
        self.names = names
        self.consumers = consumers  # file and name of each
        self.consumer_names = {name for _, name in consumers}
        self.routing = Routing()
        self.root: ast.Call | None = None
        self.depth = 0

    def read(self, calls: list[ast.Call], files: set[str]) -> Routing:
        """Return the routing, out of all calls of the project and the application's files."""
        routers = [call for call in calls if self.is_router(call)]
        inside: set[ast.AST] = set()
        for call in calls:  # those in a path(…) are found from their outer router
            if maker_of(self.names, call):
                inside.update(node for node in ast.walk(call) if self.is_router(node))
        for router in routers:
            if router not in inside and (router.file in files or not files):
                self.routing.has_router = True
                self.root = router
                self.add_router(router, (), frozenset())
        if not self.routing.has_router:
            self.routing.is_complete = False
        if not self.routing.is_complete:
            self.add_others(calls)
        return self.routing

    def add_others(self, calls: list[ast.Call]) -> None:
        """Add the routes to consumers that no router was seen to use."""
        self.root = None
        seen = {segment.call for segment in self.routing.segments}
        for call in calls:
            if (
                call not in seen
                and maker_of(self.names, call)
                and self.consumer_in(call)
            ):
                self.add_route(call, (), None, None)

    def is_router(self, node: ast.AST) -> bool:
        """Tell a URLRouter(…)."""
        if not isinstance(node, ast.Call) or not hasattr(node, "file"):
            return False
        return self.names.origin(node.file, node.func).endswith("URLRouter")

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
            case ast.List() | ast.Tuple() | ast.Set():
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
        elif maker_of(self.names, item):
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
        is_regex = maker_of(self.names, call) != "path"
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
                self.routing.hidden.append(segment)
            self.add_router(router, (*outer, segment), both)
            return
        if last_name(getattr(target, "func", target)) == "include":
            self.routing.includes.append(call)
            self.routing.is_complete = False
            return
        file, name = self.consumer_of(target)
        route = Route((*outer, segment), target, name, file, both, owner, self.root)
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


def maker_of(names: ModuleNames, call: ast.AST) -> str:
    """Return "path", "re_path" or "url" for a call of it, under whatever name."""
    if not isinstance(call, ast.Call) or not isinstance(
        call.func, ast.Name | ast.Attribute
    ):
        return ""
    origin = names.origin(call.file, call.func)
    name = origin.rpartition(".")[2]
    is_django = origin.startswith("django.") or origin == name
    return name if is_django and name in ROUTE_MAKERS else ""


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
