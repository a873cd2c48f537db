"""Checks of what a client may send: any frame, any type, any name."""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, group_verb
from channels_doctor.edits import Edit
from channels_doctor.events import Event
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted, last_name
from channels_doctor.walks import body_of, calls_in, walk

# Who somebody is, in an event and in what a client sends.
PERSON = re.compile(
    r"^(user|user_?name|user_?id|sender|sender_?id|author|from_user|usuario|usuario_?id"
    r"|nome_?usuario|nombre_?usuario|remetente|remitente|autor)$",
    re.IGNORECASE,
)


def receive_takes_text_and_bytes(project: Project) -> Iterator[Finding]:
    """A client may send bytes as well as text."""
    for consumer in project.consumers:
        if receive := consumer.own_method("receive"):
            arguments = receive.args
            names = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}
            if "text_data" not in names and consumer.generic:
                continue  # then not even text works: another check says so
            if "bytes_data" not in names and not arguments.kwarg:
                edits = with_bytes(project, receive)
                yield say("receive-signature", receive, *edits, is_certain=bool(edits))


def with_bytes(project: Project, receive: ast.AST) -> tuple[Edit, ...]:
    """Return the edit that takes bytes_data, too; none if the arguments are unusual."""
    arguments = receive.args
    if len(arguments.args) != 2 or arguments.kwonlyargs or arguments.vararg:
        return ()
    source = project.source_of(receive)
    last = arguments.defaults[-1] if arguments.defaults else arguments.args[-1]
    default = "" if arguments.defaults else "=None"
    end = source.range_of(last)[1]
    return (Edit(source.file, end, end, f"{default}, bytes_data=None"),)


def receive_is_ready_for_no_json(project: Project) -> Iterator[Finding]:
    """A client may send something else than JSON."""
    for consumer in project.consumers:
        if receive := consumer.own_method("receive"):
            tries = [node for node in walk(receive) if isinstance(node, ast.Try)]
            tried = [statement for one in tries for statement in one.body]
            guarded = {call for statement in tried for call in calls_in(statement)}
            for call in calls_in(receive):
                full_name = project.imported_names.full_name(call.func)
                if full_name == "json.loads" and call not in guarded:
                    edits = guarded_loads(project, consumer, receive, call)
                    yield say("json-trusted", call, *edits, call=dotted(call.func))


def guarded_loads(
    project: Project, consumer: Consumer, receive: ast.AST, call: ast.Call
) -> tuple[Edit, ...]:
    """Return the edit that closes the socket on a bad frame; none for an unusual statement."""
    source = project.source_of(call)
    for statement in receive.body:
        if isinstance(statement, ast.Assign) and call in calls_in(statement):
            if statement.lineno != statement.end_lineno:
                return ()
            errors = "TypeError, ValueError"
            if not statement.value == call:
                errors = "TypeError, KeyError, ValueError"
            await_ = "await " if isinstance(receive, ast.AsyncFunctionDef) else ""
            indent = source.indent(statement.lineno)
            step = "\t" if "\t" in indent else "    "
            line = source.line(statement.lineno).strip()
            rows = [
                "try:",
                f"{step}{line}",
                f"except ({errors}):",
                f"{step}{await_}self.close()",
                f"{step}return",
            ]
            new = source.newline.join(f"{indent}{row}" for row in rows)
            return (source.replace_line(statement.lineno, new),)
    return ()


class Typed:
    """What a function knows of the frame that it handles: names that hold a client's data."""

    def __init__(self, project: Project, function: ast.AST) -> None:
        self.project = project
        self.names: set[str] = set()
        arguments = [one.arg for one in function.args.args[1:]]
        if function.name == "receive_json":
            self.names |= set(arguments[:1])
        changed = function.name in ("receive", "receive_json", "websocket_receive")
        while changed:
            before = len(self.names)
            for node in body_of(function):
                if isinstance(node, ast.Assign) and self.holds(node.value):
                    self.names |= {one.id for one in node.targets if is_name(one)}
            changed = len(self.names) > before

    def is_frame(self, node: ast.AST) -> bool:
        """It's a client's JSON as it came."""
        match node:
            case ast.Name():
                return node.id in self.names
            case ast.Call():
                return self.project.imported_names.full_name(node.func) == "json.loads"
        return False

    def holds(self, node: ast.AST) -> bool:
        """It's a client's JSON, or a part of it."""
        match node:
            case ast.Subscript(value=value):
                return self.holds(value)
            case ast.Call(
                func=ast.Attribute(value=value, attr="get" | "pop" | "strip")
            ):
                return self.holds(value)
            case ast.JoinedStr() | ast.FormattedValue() | ast.BinOp():
                return any(map(self.holds, ast.iter_child_nodes(node)))
        return self.is_frame(node)


def is_name(node: ast.AST) -> bool:
    """It's a plain variable."""
    return isinstance(node, ast.Name)


def handled(project: Project) -> Iterator[tuple[ast.AST, Typed]]:
    """Yield the methods that handle a client's frames, each with what it knows of them."""
    seen = set()
    for consumer in project.consumers:
        for method in consumer.node.body:
            if isinstance(method, Function) and method not in seen:
                if method.name in ("receive", "receive_json"):
                    seen.add(method)
                    yield method, Typed(project, method)


def clients_choose_no_handler(project: Project) -> Iterator[Finding]:
    """The type of an event is the server's, not the client's."""
    events: dict[ast.AST, list[Event]] = {}
    for event in project.events:
        if event.function and group_verb(event.call):
            events.setdefault(event.function, []).append(event)
    for method, typed in handled(project) if events else ():
        for event in events.get(method, ()):
            if typed.is_frame(event.value):
                yield say("client-picks-handler", event.value, how="the whole event")
            elif event.content:
                yield from chosen_type(method, typed, event)


def chosen_type(method: ast.AST, typed: Typed, event: Event) -> Iterator[Finding]:
    """Yield the finding for a type, or a spread after the type, that comes from a client."""
    has_type = False
    for key, value in zip(event.content.keys, event.content.values, strict=True):
        code = typed.project.source_of(value).quoted(value)
        if key is None and typed.is_frame(value) and has_type:
            yield say("client-picks-handler", value, how=f"**{code}")
        elif isinstance(key, ast.Constant) and key.value == "type":
            has_type = True
            if typed.holds(value) and not is_compared(method, value):
                yield say("client-picks-handler", value, how=code)


def is_compared(method: ast.AST, value: ast.AST) -> bool:
    """A method looks at a value, or at what it was read from, before it uses it."""
    assigned = [node for node in body_of(method) if isinstance(node, ast.Assign)]
    names = {node.id for node in walk(value) if is_name(node)}
    keys = keys_in(value)
    for node in assigned:
        if any(is_name(one) and one.id in names for one in node.targets):
            keys |= keys_in(node.value)
    aliases = {
        one.id
        for node in assigned
        if keys & keys_in(node.value)
        for one in node.targets
        if is_name(one)
    }
    looks = [
        node.subject if isinstance(node, ast.Match) else node.test
        for node in walk(method)
        if isinstance(node, ast.Match | ast.If | ast.IfExp | ast.Assert)
    ]
    seen = {part.id for one in looks for part in walk(one) if is_name(part)}
    return any(keys & keys_in(one) for one in looks) or bool(aliases & seen)


def keys_in(node: ast.AST) -> set[str]:
    """Return the keys that an expression reads: "type" for data["type"], data.get("type")."""
    keys = (key_of(part) for part in walk(node))
    return {key.value for key in keys if isinstance(key, ast.Constant)}


def people_say_only_for_themselves(project: Project) -> Iterator[Finding]:
    """Who sends a message is known from the login, not from the message."""
    login = ("channels.auth.AuthMiddlewareStack", "channels.auth.AuthMiddleware")
    names = [set(one.values()) for one in project.imported_names.by_file.values()]
    if not any(set(login) & one for one in names):
        return
    for method, typed in handled(project):
        if "self.scope['user']" in ast.unparse(method) or "self.user" in ast.unparse(
            method
        ):
            continue
        for node in body_of(method):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if is_person(key) and typed.holds(read_key(method, value)):
                        if is_person(key_of(read_key(method, value))):
                            yield impersonated(project, key, value)


def impersonated(project: Project, key: ast.Constant, value: ast.expr) -> Finding:
    """Return the finding for {"username": data["username"]}; only a name has a sure diff."""
    edits = ()
    if key.value.lower() in ("username", "user_name"):
        right = 'self.scope["user"].username'
        edits = (project.source_of(value).replace(value, right),)
    return say("client-picks-name", value, *edits, key=key.value)


def read_key(method: ast.AST, value: ast.expr) -> ast.expr:
    """Return what a variable was read from, if it was read once."""
    if isinstance(value, ast.Name):
        values = [
            node.value
            for node in body_of(method)
            if isinstance(node, ast.Assign)
            and any(is_name(one) and one.id == value.id for one in node.targets)
        ]
        return values[0] if len(values) == 1 else value
    return value


def key_of(node: ast.expr) -> ast.AST | None:
    """Return the "username" of data["username"] and of data.get("username")."""
    match node:
        case ast.Subscript(slice=key):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):
            return key
    return None


def is_person(key: ast.AST | None) -> bool:
    """It's a key like "username"."""
    match key:
        case ast.Constant(value=str(text)):
            return bool(PERSON.search(text))
    return False


def groups_are_checked_before_they_are_joined(project: Project) -> Iterator[Finding]:
    """A client doesn't join a group, or send to one, just by naming it."""
    for method, typed in handled(project):
        for call in body_of(method):
            if (
                isinstance(call, ast.Call)
                and call.args
                and group_verb(call) != "group_discard"
            ):
                if group_verb(call) and typed.holds(call.args[0]):
                    if not is_compared(method, call.args[0]) and not asks(
                        method, typed
                    ):
                        verb = last_name(call.func) or group_verb(call)
                        words = {"group_add": "join", "group_send": "send to"}
                        yield say(
                            "client-picks-group", call, verb=words.get(verb, "send to")
                        )


def asks(method: ast.AST, typed: Typed) -> bool:
    """A method hands what a client sent to something that may refuse it."""
    for node in walk(method):
        if isinstance(node, ast.If) and any(
            isinstance(part, ast.Name) and part.id in typed.names
            for part in walk(node.test)
        ):
            return True
    return False


CHECKS = [
    receive_takes_text_and_bytes,
    receive_is_ready_for_no_json,
    clients_choose_no_handler,
    people_say_only_for_themselves,
    groups_are_checked_before_they_are_joined,
]
