"""Checks of nginx in front of the chat: does a handshake come through?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.nginx_text import Directive, location_for, read_nginx
from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.reading import PAGES, is_a

NGINX = r"(\.conf(\.(template|tpl|j2))?|(^|/)(nginx|sites-(available|enabled)|conf\.d)/[^/.]+)$"
# Debian's file: it sets Host and X-Forwarded-…, and neither of the two that a handshake needs.
KNOWN_INCLUDES = (
    r"proxy_params$|mime\.types$|fastcgi_params$|uwsgi_params$|ssl|letsencrypt"
)
LINES = {
    "version": "proxy_http_version 1.1;",
    "upgrade": "proxy_set_header Upgrade $http_upgrade;",
    "connection": 'proxy_set_header Connection "upgrade";',
}


def handshakes_come_through_nginx(project: Project) -> Iterator[Finding]:
    """nginx has a location for the sockets, and passes on what makes a handshake of a request."""
    starts = paths_of_sockets(project) if project.consumers else []
    if not starts:
        return
    found = []
    for file, source in project.sources.items():
        if is_a(NGINX, file) and "proxy_pass" in source.text:
            servers = [*read_nginx(source.text).below("server")]
            found += [(file, one) for one in servers if [*one.below("proxy_pass")]]
    for path in starts[:1]:
        verdicts = [(judge(project, file, server, path)) for file, server in found]
        if any(
            verdict is None for verdict in verdicts
        ):  # one of them serves the sockets
            return
        yield from (verdict for verdict in verdicts if verdict)


def paths_of_sockets(project: Project) -> list[str]:
    """Return how the paths of the sockets begin, as the browser asks for them."""
    calls = project.nodes(ast.Call)
    routers = sum(last_name(call.func) == "URLRouter" for call in calls)
    pages = [text for file, text in project.texts.items() if is_a(PAGES, file)]
    return [
        f"/{route.start}"
        for route in project.routes
        if route.start
        and (routers < 2 or any(f"/{route.start}" in page for page in pages))
    ]


def judge(
    project: Project, file: str, server: Directive, path: str
) -> Finding | bool | None:
    """Return what's wrong with a server; None if sockets work or nobody knows; False if it's not its matter."""
    location = location_for(server, path)
    if has_unknown_parts(server) or (location and has_unknown_parts(location)):
        return None
    passes = [*location.all("proxy_pass")] if location else []
    if location and (
        location.all("return") or location.all("rewrite") or location.all("if")
    ):
        return False
    if not passes:
        if location and [*location.below("proxy_pass")]:
            return None
        return without_location(project, file, server, location, path)
    if finding := without_headers(project, file, location, passes[0]):
        return finding
    return stripped(project, file, location, passes[0], path)


def has_unknown_parts(block: Directive) -> bool:
    """A file that isn't known is included here."""
    includes = [*block.all("include")]
    return any(not re.search(KNOWN_INCLUDES, one.words[-1]) for one in includes)


def without_location(
    project: Project,
    file: str,
    server: Directive,
    location: Directive | None,
    path: str,
) -> Finding | bool:
    """Return that nothing sends the sockets to the chat."""
    proxied = [one for one in server.all("location") if one.all("proxy_pass")]
    if not proxied:
        return False
    target = proxied[0].all("proxy_pass")[0].words[-1]
    if "$" in target:
        return False
    target = re.match(r"(\w+://[^/]+)?", target)[0]
    prefix = f"/{path.split('/')[1]}/"
    last = server.all("location")[-1]
    block = f"location {prefix} {{\n    proxy_pass {target};\n    proxy_set_header Host $host;\n"
    block += "".join(f"    {line}\n" for line in LINES.values()) + "}"
    source = project.sources[file]
    edits = [source.insert_before(last.line, block)] if target else []
    what = "serves files" if location else "has no location"
    return say(
        "nginx-no-location",
        f"{file}:{(location or server).line}",
        *edits,
        path=path,
        what=what,
    )


def without_headers(
    project: Project, file: str, location: Directive, pass_on: Directive
) -> Finding | None:
    """Return that the handshake loses the headers that make it one."""
    headers = location.inherited("proxy_set_header")
    names = {one.words[1].lower(): one for one in headers if len(one.words) > 2}
    missing = [name for name in ("upgrade", "connection") if name not in names]
    if not missing or not headers and others_set_headers(project, file):
        return None
    version = location.inherited("proxy_http_version")
    lines = [LINES["version"]] if not version else []
    lines += [LINES[name] for name in missing]
    # Beside the other headers: a single one of its own would shut out those of the block around.
    place = headers[-1] if headers else pass_on
    edits: list[Edit] = [
        project.sources[file].insert_after(place.last_line, "\n".join(lines))
    ]
    name = "nginx-upgrade" if "upgrade" in missing else "nginx-connection"
    return say(name, f"{file}:{pass_on.line}", *edits)


def others_set_headers(project: Project, file: str) -> bool:
    """Another file sets the header, perhaps around the place where this one is included."""
    return any(
        is_a(NGINX, other) and re.search(r"proxy_set_header\s+Upgrade", source.text)
        for other, source in project.sources.items()
        if other != file
    )


def stripped(
    project: Project, file: str, location: Directive, pass_on: Directive, path: str
) -> Finding | None:
    """Return that nginx takes the beginning off the path, which the route has."""
    found = re.match(r"\w+://[^/$]+(/[^$]*)$", pass_on.words[-1])
    if not found or len(location.words) > 2 or location.words[-1] == "/":
        return None
    arrives = found[1] + path.removeprefix(location.words[-1])
    starts = [route.start for route in project.routes if route.start]
    has_root = any("--root-path" in one.text for one in project.start_commands)
    if has_root or any(arrives.lstrip("/").startswith(start) for start in starts):
        return None
    edits = []
    if found[1] == "/":
        old = pass_on.words[-1]
        edits = [project.sources[file].replace_text(pass_on.line, old, old.rstrip("/"))]
    words = {"path": path, "arrives": arrives, "short": arrives.lstrip("/")}
    return say("nginx-strips", f"{file}:{pass_on.line}", *edits, **words)


CHECKS = [
    handshakes_come_through_nginx,
]
