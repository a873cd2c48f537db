"""Runs inside the project's environment, and tells what only its running code knows.

    python probe.py import ANSWER ASGI_MODULE NAME             import it as a server does
    python probe.py routes ANSWER SETTINGS ASGI_MODULE NAME    list pages and sockets
    python probe.py people ANSWER SETTINGS WORD…               make two users, and a room

The answer is written to a file, as JSON: the project may print what it likes.
"""

import importlib
import importlib.util
import json
import os
import pathlib
import re
import sys

VALUES = ["room", "1", "a1", "1a2b3c4d-0000-4000-8000-000000000001", "2026-01-01", "en"]
SERVERS = ["daphne", "uvicorn", "hypercorn"]
NOT_OPENED = re.compile(
    "log_?out|sign_?out|sair|salir|delete|remove|destroy|excluir|apagar|eliminar|borrar",
    re.IGNORECASE,
)


def import_application(module, name):
    """Import the application as Daphne does: nothing else is loaded before."""
    application = getattr(importlib.import_module(module), name)
    return {"is_callable": callable(application)}


def set_up(settings):
    """Load the project's apps, as manage.py does."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    django.setup()


def make_people(settings, *words):
    """Make two users with sessions, and one object of each model that a route names."""
    set_up(settings)
    import channels_doctor_people

    return channels_doctor_people.make_people(words)


# ---- Routes -------------------------------------------------------------------------


def list_routes(settings, module, name):
    """Return the pages and sockets of the project, with examples of what varies."""
    set_up(settings)
    from django.conf import settings as django_settings
    from django.urls import get_resolver

    sockets, knows_sockets = [], False
    try:
        application = getattr(importlib.import_module(module), name)
        routers = find_routers(application)
        knows_sockets = bool(routers)
        for router in routers:
            sockets += socket_routes(router, [])
    except Exception as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
    return {
        "pages": list(page_routes(get_resolver(), [])),
        "sockets": sockets,
        "knows_sockets": knows_sockets,
        "apps": list(django_settings.INSTALLED_APPS),
        "login": str(django_settings.LOGIN_URL),
        "servers": [one for one in SERVERS if importlib.util.find_spec(one)],
    }


def page_routes(resolver, before):
    """Yield each page: its parts, its name."""
    for one in resolver.url_patterns:
        parts = [*before, *parts_of(one.pattern)]
        if hasattr(one, "url_patterns"):
            if one.app_name != "djdt":
                yield from page_routes_below(one, parts)
        elif takes_get(one):
            name = one.name or ""
            text = "".join(part.get("text", "") for part in parts)
            if not NOT_OPENED.search(f"{name} {text}"):
                yield {"parts": parts, "name": name}


def page_routes_below(resolver, parts):
    """Yield the pages of an include(); of the admin only its first one."""
    if resolver.app_name == "admin":
        yield {"parts": parts, "name": "admin:index"}
    else:
        yield from page_routes(resolver, parts)


def takes_get(pattern):
    """Tell whether a view can be opened at all; of a function, nothing is known."""
    view = getattr(pattern.callback, "view_class", None)
    return view is None or hasattr(view, "get")


def find_routers(application):
    """Return the URLRouters behind "websocket", through whatever middleware is around."""
    protocols = find_all(application, "application_mapping")
    routers = []
    for one in protocols:
        inner = one.application_mapping.get("websocket")
        routers += find_all(inner, "routes") if inner is not None else []
    return routers or find_all(application, "routes")


def find_all(start, attribute):
    """Return the objects with an attribute, nearest first, looking through wrappers."""
    found, seen, queue = [], set(), [(start, 0)]
    for thing, depth in queue:  # it grows while we go through it
        if thing is None or id(thing) in seen or depth > 8:
            continue
        seen.add(id(thing))
        if hasattr(thing, attribute) and not isinstance(thing, type):
            found.append(thing)
            continue
        queue += [(inner, depth + 1) for inner in inside(thing) if callable(inner)]
    return found


def inside(thing):
    """Return what an object holds: its attributes, or the variables of its closure."""
    cells = getattr(thing, "__closure__", None) or ()
    values = [cell.cell_contents for cell in cells]
    return values + list(getattr(thing, "__dict__", {}).values())


def socket_routes(router, before):
    """Yield each socket: its parts, its consumer, and whether it takes every path."""
    for one in router.routes:
        pattern = getattr(one, "pattern", None)
        if pattern is None:
            continue
        parts = [*before, *parts_of(pattern)]
        inner = getattr(one, "callback", None)
        if hasattr(inner, "routes"):
            yield from socket_routes(inner, parts)
            continue
        consumer = getattr(inner, "consumer_class", inner)
        yield {
            "parts": parts,
            "name": getattr(consumer, "__name__", str(consumer)),
            "takes_all": bool(pattern.match("no-such/path-of-the-doctor/")),
        }


# ---- What varies in a route ---------------------------------------------------------


def parts_of(pattern):
    """Return a route as parts: {"text": "ws/"} or {"name", "regex", "values"}."""
    if hasattr(pattern, "language_prefix"):
        return [{"text": pattern.language_prefix}]
    if hasattr(pattern, "_route"):
        return parts_of_path(str(pattern._route), pattern.converters)
    return parts_of_regex(str(pattern._regex))


def parts_of_path(route, converters):
    """Return the parts of a path(…)."""
    parts = []
    for number, piece in enumerate(re.split(r"<(?:[^:>]+:)?(\w+)>", route)):
        if number % 2:
            converter = converters[piece]
            values = [one for one in VALUES if takes(converter, one)]
            parts.append({"name": piece, "regex": converter.regex, "values": values})
        elif piece:
            parts.append({"text": piece})
    return parts


def takes(converter, value):
    """Tell whether a converter takes a value."""
    try:
        converter.to_python(value)
    except Exception:
        return False
    return bool(re.fullmatch(converter.regex, value))


def parts_of_regex(regex):
    """Return the parts of a re_path(…); the text between its groups as one would type it."""
    parts, text, at = [], "", 0
    while at < len(regex):
        if regex[at] == "(" and not regex.startswith("(?:", at):
            end = end_of_group(regex, at)
            name, inner = re.match(r"\((?:\?P<(\w+)>)?(.*)\)$", regex[at:end]).groups()
            parts += [{"text": plain(text)}] if plain(text) else []
            parts.append(group_part(name or "", inner))
            text, at = "", end
        else:
            text += regex[at : at + 2] if regex[at] == "\\" else regex[at]
            at += 2 if regex[at] == "\\" else 1
    return parts + ([{"text": plain(text)}] if plain(text) else [])


def group_part(name, inner):
    """Return the part for a group of a regex."""
    values = [one for one in VALUES if re.fullmatch(inner, one)]
    return {"name": name, "regex": inner, "values": values}


def end_of_group(regex, start):
    """Return where a group ends, and what repeats it."""
    depth, at = 0, start
    while at < len(regex):
        if regex[at] == "\\":
            at += 1
        elif regex[at] in "()":
            depth += 1 if regex[at] == "(" else -1
            if depth == 0:
                break
        at += 1
    return at + 1


def plain(text):
    """Return a piece of a regex as plain text; an optional slash is taken."""
    text = re.sub(r"\\Z|\\A|^\^|\$$", "", text)
    return re.sub(r"\\(.)", r"\1", text.replace("?", ""))


VERBS = {"import": import_application, "routes": list_routes, "people": make_people}


def main(verb, answer, *arguments):
    """Do one of these, and write down what came of it."""
    sys.path[0] = os.getcwd()
    result = VERBS[verb](*arguments)
    pathlib.Path(answer).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
