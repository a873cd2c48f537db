"""Checks of the origin: which pages may open a socket?"""

import ast
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from channels_doctor.advice import say
from channels_doctor.checks.asgi_application import router_of
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.importing import add_import
from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.router import Router
from channels_doctor.settings import UNKNOWN

SECURITY = "channels.security.websocket"
FRONT_ENDS = ("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST")
LOCAL = ["localhost", "127.0.0.1", "[::1]"]  # in place of no ALLOWED_HOSTS, with DEBUG


def origin_is_checked(project: Project) -> Iterator[Finding]:
    """A socket asks which site the page is from."""
    if any("OriginValidator" in name for name in names_called(project)):
        return
    router = router_of(project)
    # Who reads the header "origin" checks it by hand.
    if router is None or "websocket" not in router.protocols or reads_origin(project):
        return
    key, front_end = router.keys["websocket"], setting_of_front_ends(project)
    if front_end:
        words = {"setting": front_end, "origins": shown(project, front_end)}
        yield say(
            "no-origin-check-front-end",
            key,
            *wrapped(project, router, front_end),
            **words,
        )
    else:
        yield say("no-origin-check", key, *wrapped(project, router))


def reads_origin(project: Project) -> bool:
    """Tell whether the project looks at the header itself."""
    return any(
        node.value in ("origin", b"origin", "Origin", "HTTP_ORIGIN")
        for node in project.nodes(ast.Constant)
        if isinstance(node.value, str | bytes)
    )


def wrapped(project: Project, router: Router, setting: str = "") -> list[Edit]:
    """Return the edits that put a check of the origin around the sockets' application."""
    source, tree = project.source_of(router.call), project.asgi_tree
    value = router.protocols["websocket"]
    if value.file != source.file:
        return []
    name = "OriginValidator" if setting else "AllowedHostsOriginValidator"
    after = f", settings.{setting})" if setting else ")"
    edits = [*source.wrap(value, f"{name}(", after)]
    edits.append(add_import(source, tree, f"from {SECURITY} import {name}"))
    if setting:
        edits.append(add_import(source, tree, "from django.conf import settings"))
    return edits


def hosts_are_named(project: Project) -> Iterator[Finding]:
    """The check of the origin has names to compare it with."""
    if "AllowedHostsOriginValidator" in names_called(project):
        if project.settings.get("ALLOWED_HOSTS") == ["*"]:
            yield say("hosts-open", project.settings.where("ALLOWED_HOSTS"))


def front_end_is_let_in(project: Project) -> Iterator[Finding]:
    """The check of the origin lets in the front end that CORS lets in."""
    setting = setting_of_front_ends(project)
    uses = [
        call
        for call in project.nodes(ast.Call)
        if last_name(call.func) == "AllowedHostsOriginValidator"
    ]
    if not setting or len(uses) != 1 or not isinstance(uses[0].func, ast.Name):
        return
    call, tree = uses[0], project.modules.trees[uses[0].file]
    source = project.source_of(call)
    edits = [
        source.replace(call.func, "OriginValidator"),
        Edit(source.file, *[source.range_of(call)[1] - 1] * 2, f", settings.{setting}"),
        add_import(source, tree, f"from {SECURITY} import OriginValidator"),
        add_import(source, tree, "from django.conf import settings"),
    ]
    if source.text[: source.range_of(call)[1] - 1].rstrip().endswith(","):
        edits = []
    yield say(
        "origin-front-end",
        call,
        *edits,
        setting=setting,
        origins=shown(project, setting),
    )


def setting_of_front_ends(project: Project) -> str:
    """Return the setting that names a front end on a host that isn't in ALLOWED_HOSTS."""
    hosts = project.settings.get("ALLOWED_HOSTS")
    if hosts in ([], None) and project.settings.get("DEBUG") is True:
        hosts = LOCAL
    if not isinstance(hosts, list) or UNKNOWN in hosts or "*" in hosts:
        return ""
    for setting in FRONT_ENDS:
        origins = project.settings.get(setting)
        if isinstance(origins, list) and origins and UNKNOWN not in origins:
            if any(not is_among(host_of(one), hosts) for one in origins):
                return setting
    return ""


def host_of(origin: str) -> str:
    """Return an origin's host: "app.example.org" of "https://app.example.org:8443"."""
    text = str(origin)
    return (urlsplit(text if "//" in text else f"//{text}").hostname or "").lower()


def is_among(host: str, hosts: list[str]) -> bool:
    """Tell whether ALLOWED_HOSTS has a host, or a domain above it: ".example.org"."""
    return any(
        host == str(one).lower()
        or (str(one)[:1] == "." and f".{host}".endswith(str(one)))
        for one in hosts
    )


def shown(project: Project, setting: str) -> str:
    """Return the first of the origins that are not among ALLOWED_HOSTS."""
    hosts = project.settings.get("ALLOWED_HOSTS") or LOCAL
    origins = project.settings.get(setting)
    return next(
        re.sub(r"[^\w:/.\-]", "", one)
        for one in origins
        if not is_among(host_of(one), hosts)
    )


def names_called(project: Project) -> set[str]:
    """Return the last name of everything that the project calls."""
    return {last_name(call.func) for call in project.nodes(ast.Call)}


CHECKS = [origin_is_checked, hosts_are_named, front_end_is_let_in]
