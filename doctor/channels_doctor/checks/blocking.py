"""Checks of what async functions wait for beside the database: other servers, programs, time."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.async_edits import awaited, can_await
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.functions import class_of, function_of, is_plain
from channels_doctor.project import Project
from channels_doctor.python_code import Function, body_of, dotted

HTTP = ("delete", "get", "head", "options", "patch", "post", "put", "request")
RUN = ("call", "check_call", "check_output", "getoutput", "run")
# What waits, by its full path.
WAITS = {
    "os.system",
    "socket.create_connection",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "time.sleep",
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    *(f"requests.{verb}" for verb in HTTP),
    *(f"httpx.{verb}" for verb in HTTP),
    *(f"subprocess.{verb}" for verb in RUN),
}
# What waits, too, but may need the thread that the database is used in.
MAILS = {
    f"django.core.mail.{name}"
    for name in ("mail_admins", "mail_managers", "send_mail", "send_mass_mail")
}
CONNECTS = {"MySQLdb.connect", "psycopg.connect", "psycopg2.connect", "pymysql.connect"}
CONNECTS |= {"smtplib.SMTP", "smtplib.SMTP_SSL"}
# Objects whose methods wait, by the path of what makes them.
CLIENTS = {
    "httpx.Client": set(HTTP),
    "redis.Redis": set(),
    "redis.StrictRedis": set(),
    "redis.from_url": set(),
    "redis.Redis.from_url": set(),
    "requests.Session": set(HTTP),
    "requests.session": set(HTTP),
}
LOCAL = {"close", "connection_pool", "lock", "pipeline", "pubsub", "register_script"}


def async_functions_do_not_block(project: Project) -> Iterator[Finding]:
    """An async function waits without holding up the others."""
    for call in project.nodes_in_async_functions():
        # A command has an event loop of its own, without sockets.
        if isinstance(call, ast.Call) and "/management/commands/" not in call.file:
            if path := waits(project, call):
                yield blocking(project, call, path)
            else:
                yield from blocking_helper(project, call)


def waits(project: Project, call: ast.Call) -> str:
    """Return the full path of a call that waits, "client" for one of a client, or ""."""
    if isinstance(call.parent, ast.Await) and not is_sleep(project, call):
        return ""  # an awaitable of the same name
    path = project.imported_names.path_of(call.func)
    if path in WAITS | MAILS | CONNECTS:
        return path
    if path == "input" and not project.functions.meant_by(call.func):
        return path
    return "client" if is_of_client(project, call) else ""


def is_sleep(project: Project, call: ast.Call) -> bool:
    """Tell whether it's time.sleep."""
    return project.imported_names.path_of(call.func) == "time.sleep"


def is_of_client(project: Project, call: ast.Call) -> bool:
    """Tell whether it's a call of a client that waits, such as redis.Redis(…).get(…)."""
    match call.func:
        case ast.Attribute(value=client, attr=verb) if verb not in LOCAL:
            made_by = project.imported_names.path_of(maker_of(project, client))
            if made_by in CLIENTS:
                return not CLIENTS[made_by] or verb in CLIENTS[made_by]
    return False


def maker_of(project: Project, node: ast.AST) -> ast.AST:
    """Return what makes the object that a name holds: redis.Redis, in r = redis.Redis()."""
    match node:
        case ast.Call(func=function):
            return function
        case ast.Name(id=name):
            names = project.rows.names
            function = function_of(node)
            places = names.in_function(function).get(name, []) if function else []
            places = places or names.in_module(project.tree_of(node)).get(name, [])
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            owner = class_of(node)
            places = project.rows.names.in_class(owner).get(name, []) if owner else []
        case _:
            return node
    makers = [one.node.func for one in places if isinstance(one.node, ast.Call)]
    is_sure = len(makers) == len(places) == 1 and places[0].how == "value"
    return makers[0] if is_sure else ast.Constant(None)


def blocking(project: Project, call: ast.Call, path: str) -> Finding:
    """Say what to await instead."""
    source = project.source_of(call)
    name = source.code(call.func)
    if path == "time.sleep":
        edits = [
            *awaited(source, call),
            source.replace(call.func, "asyncio.sleep"),
            *project.importing(call, "asyncio"),
        ]
        can = can_await(call)
        return say(
            "blocking",
            call,
            *(edits if can else ()),
            is_certain=can,
            call=name,
            instead="Write await asyncio.sleep(…).",
        )
    instead = f"Write await asyncio.to_thread({name}, …)."
    if path == "input":
        instead = "Let a command ask, not the server: there may be nobody to answer."
    if path == "client":
        instead = "Use the library's async client: redis.asyncio, or httpx.AsyncClient."
    edits = in_thread(project, call) if path in WAITS | MAILS else []
    is_certain = bool(edits) and path in WAITS
    return say(
        "blocking", call, *edits, is_certain=is_certain, call=name, instead=instead
    )


def in_thread(project: Project, call: ast.Call) -> list[Edit]:
    """Return the edits that make the call in a thread."""
    source = project.source_of(call)
    if not can_await(call) or isinstance(call.parent, ast.Await):
        return []
    end = source.range_of(call.func)[1]
    bracket = source.text.index("(", end)
    has_more = bool(call.args or call.keywords)
    before, after = awaited(source, call)[0], awaited(source, call)[1:]
    return [
        before._replace(new=f"{before.new}asyncio.to_thread("),
        Edit(source.file, end, bracket + 1, ", " if has_more else ""),
        *after,
        *project.importing(call, "asyncio"),
    ]


def blocking_helper(project: Project, call: ast.Call) -> Iterator[Finding]:
    """Say that a plain function of the project waits, which an async one calls."""
    function = project.functions.meant_by(call.func)
    wait = first_wait(project, function) if is_plain(function) else None
    if wait is not None:
        source = project.source_of(call)
        name = source.code(call.func)
        place = f"{wait.file}:{wait.lineno}"
        yield say(
            "blocking-helper",
            call,
            *in_thread(project, call),
            helper=name,
            call=dotted(wait.func),
            place=place,
        )


def first_wait(project: Project, function: Function, depth: int = 2) -> ast.Call | None:
    """Return the first call in a plain function that waits, itself or through another."""
    for node in body_of(function):
        if isinstance(node, ast.Call):
            if waits(project, node):
                return node
            helper = project.functions.meant_by(node.func)
            if depth and is_plain(helper) and helper is not function:
                if found := first_wait(project, helper, depth - 1):
                    return found
    return None


CHECKS = [async_functions_do_not_block]
