"""Checks of the routes, and of the URLs that the pages open: do they meet?"""

import ast
import difflib
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.page_edits import path_edits
from channels_doctor.page_sockets import Address, Socket, address_of
from channels_doctor.project import Project
from channels_doctor.python_code import dotted
from channels_doctor.routes import Route

# A file by which another server may change a path on its way.
PROXIES = r"(^|/)(nginx[^/]*|[^/]*\.conf|caddyfile|traefik[^/]*|(vite|next|vue|webpack)\.config\.\w+|setupProxy\.\w+)$"
# Pages that Django itself serves, in whatever server they are.
DJANGO_PAGES = r"\.html?$|(^|/)static/"


def routes_call_as_asgi(project: Project) -> Iterator[Finding]:
    """A route leads to an application, not to the class."""
    version = getattr(project, "channels_version", None)
    if version and version.below(3):  # Channels 2 had no as_asgi()
        return
    for route in project.routes:
        path = dotted(route.target)
        if not isinstance(route.target, ast.Name | ast.Attribute):
            if path.endswith("as_asgi()") or not path.endswith(f"{route.consumer}()"):
                continue
        source = project.source_of(route.target)
        _, end = source.range_of(route.target)
        more = "()" if path.endswith(".as_asgi") else ".as_asgi()"
        edit = Edit(source.file, end, end, more)
        if path.endswith("()"):  # ChatConsumer(), an instance
            start, end = source.range_of(route.target.func)
            edit = Edit(source.file, end, end, ".as_asgi")
        yield say(
            "no-as-asgi", route.target, edit, is_certain=True, consumer=route.consumer
        )


def routes_take_every_room(project: Project) -> Iterator[Finding]:
    r"""A route takes the room names that people type, which \w does not."""
    over_http = {one.node.name for one in project.consumers if not one.is_for_sockets}
    for route in project.routes:
        if route.consumer in over_http:
            continue
        found = re.search(r"(\(\?P<(\w+)>)\\w[+*]\)", route.own_text)
        if found and not re.search(r"(^|_)(id|pk|token|key|uuid|code)$", found[2]):
            node = route.call.args[0]
            edits = []
            if isinstance(node, ast.Constant):
                source = project.source_of(node)
                code = source.code(node)
                edits = [
                    source.replace(node, code.replace(found[0], f"{found[1]}[^/]+)"))
                ]
            yield say("room-pattern", route.target, *edits)


def addresses_have_a_route(project: Project) -> Iterator[Finding]:
    """A page opens a URL that some route takes."""
    routing = project.routing
    routes = routing.routes
    if not routing.is_clear or not routes:
        return
    hosts = project.settings.get("ALLOWED_HOSTS")
    hosts = (
        [one for one in hosts if isinstance(one, str)]
        if isinstance(hosts, list)
        else []
    )
    if "FORCE_SCRIPT_NAME" in project.settings.values:
        return
    starts = {start for route in routes for start in literal_starts(route)}
    has_proxy = any(re.search(PROXIES, one, re.IGNORECASE) for one in project.files)
    said = set()
    for socket in project.sockets:
        address = address_of(socket, hosts)
        if address is None or has_route(address, routes, starts, has_proxy):
            continue
        where, near = place_of(address), nearest(address, routes)
        if near and (where, address.path) not in said:
            said.add((where, address.path))
            yield no_route(project, address, near, where)


def has_route(
    address: Address, routes: list[Route], starts: set[str], has_proxy: bool
) -> bool:
    """Tell whether a path has a route, or may have one."""
    paths = [path.lstrip("/") for path in address.examples()]
    if address.path.endswith("/\0"):  # what comes last may be "?a=b", or nothing
        paths += [path.rpartition("/")[0] + "/" for path in paths]
    if has_proxy:
        ends = [path.split("/") for path in paths]
        paths += ["/".join(parts[n:]) for parts in ends for n in range(1, len(parts))]
    if has_proxy or address.may_have_more:
        paths += [start + path for start in starts for path in paths]
    varies = "\0" in address.path
    return any(
        route.fits(path) or (varies and route.loose.fits(path))
        for route in routes
        for path in paths
    )


def literal_starts(route: Route) -> Iterator[str]:
    """Yield "ws/" and "ws/chat/" for "ws/chat/<str:room>/"."""
    start = (route.skeleton or "").split("\0")[0]
    parts = start.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count]) + "/"


def nearest(address: Address, routes: list[Route]) -> Route | None:
    """Return the route that was probably meant; None if it may be another server's path."""
    path = address.path.strip("/")
    best, most = None, 0.0
    for route in routes:
        text = (route.skeleton or route.text).strip("/")
        ratio = difflib.SequenceMatcher(None, text, path).ratio()
        if ratio > most:
            best, most = route, ratio
    is_of_django = re.search(DJANGO_PAGES, address.socket.page.file, re.IGNORECASE)
    if address.is_ours and is_of_django:
        return best or routes[0]
    return best if most >= 0.75 else None


def place_of(address: Address) -> str:
    """Return the file and line in which the path of a socket stands."""
    return address.socket.where_of(address.start)


def no_route(project: Project, address: Address, near: Route, where: str) -> Finding:
    """Say that a path has no route."""
    path = next(address.examples()).lstrip("/")
    edits = path_edits(project, address, near)
    call = near.call
    is_only_a_slash = (near.skeleton or "").strip("/") == address.path.strip("/")
    return say(
        "no-route",
        where,
        *edits,
        is_certain=bool(edits) and is_only_a_slash,
        path=path,
        route=near.text,
        place=f"{call.file}:{call.lineno}",
    )


def addresses_work_elsewhere(project: Project) -> Iterator[Finding]:
    """A URL suits other machines than the student's own, and https."""
    said = set()
    for socket in project.sockets:
        host = re.match(
            r"(ws)s?://((?:127\.0\.0\.1|localhost|0\.0\.0\.0)(?::\d+)?)", socket.text
        )
        where = socket.where_of(host.start(2) if host else 0)
        if socket.pieces and where not in said:
            said.add(where)
            if host and not is_fallback(socket):
                edits = literal_edit(
                    project, socket, host.start(2), host[2], "location.host"
                )
                yield say("hard-coded-host", where, *edits, host=host[2])
            if socket.text.startswith("ws://") and not is_fallback(socket):
                scheme = "location.protocol === 'https:' ? 'wss' : 'ws'"
                edits = literal_edit(project, socket, 0, "ws", scheme)
                yield say("hard-coded-ws", where, *edits)


def is_fallback(socket: Socket) -> bool:
    """Tell a URL that is only used if nothing else is configured."""
    piece = socket.pieces[0]
    line = piece.page.text[: piece.start].rpartition("\n")[2]
    return bool(re.search(r"\benv\b|\?\?|\|\||\bDEBUG\b|DEV\b", line))


def literal_edit(
    project: Project, socket: Socket, number: int, old: str, expression: str
) -> list[Edit]:
    """Return the edit that puts an expression in place of a part of a URL."""
    piece, inside = socket.piece_at(number)
    page, start = piece.page, piece.start + inside
    text = project.sources[page.file].text if page.file in project.sources else ""
    if piece.varies or text[start : start + len(old)] != old:
        return []
    if re.search(r"\.(tsx?|jsx|vue|svelte|mts)$", page.file):
        return []  # the front end may be served by another host
    quote = text[piece.start - 1 : piece.start]
    end = start + len(old)
    if quote == "`" or in_template(text, piece.start):
        return [Edit(page.file, start, end, "${" + expression + "}")]
    if quote not in ("'", '"') or "{" in text[piece.start - 1 : start]:
        return []
    if quote == '"':
        expression = expression.replace("'", '"')
    if "?" in expression:
        expression = f"({expression})"
    before = "" if start == piece.start else f"{quote} + "
    start -= not before
    after = f" + {quote}"
    if text[end : end + 1] == quote:
        end, after = end + 1, ""
    return [Edit(page.file, start, end, before + expression + after)]


def in_template(text: str, place: int) -> bool:
    """Tell whether a place is inside a template literal, by the line that it's in."""
    return text[text.rfind("\n", 0, place) + 1 : place].count("`") % 2 == 1


CHECKS = [
    routes_call_as_asgi,
    routes_take_every_room,
    addresses_have_a_route,
    addresses_work_elsewhere,
]
