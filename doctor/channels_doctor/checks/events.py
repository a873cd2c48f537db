"""Checks of events: has each a type, a handler, and values that travel?"""

import ast
import difflib
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, group_verb, last_name_of
from channels_doctor.consumer_methods import GIVEN, HOOKS
from channels_doctor.edits import Edit
from channels_doctor.events import Event, assigned_in
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted, last_name
from channels_doctor.settings import UNKNOWN, value_of
from channels_doctor.values import odd_values, plainly
from channels_doctor.walks import body_of

HANDLED_BY_CHANNELS = {
    "websocket_connect",
    "websocket_receive",
    "websocket_disconnect",
}
# What happens to an event whose type is the name of a consumer's own method.
OWN_METHODS = {
    "accept": "AttributeError: 'WebSocketProtocol' object has no attribute"
    " 'handshake_deferred'",
    "close": "Exception: invalid type '<class 'dict'>' for close code (must be an integer)",
    "send": "AttributeError: 'dict' object has no attribute 'encode'",
}


def events_have_handlers(project: Project) -> Iterator[Finding]:
    """Whoever gets an event from a group has a method for it."""
    if not project.consumers or not all(one.is_known for one in project.consumers):
        return
    methods = {name for consumer in project.consumers for name in consumer.methods}
    # Code that makes a channel of its own receives without a consumer, and needs no method.
    receivers = {
        call.func.file
        for call in project.nodes(ast.Call)
        if last_name(call.func) == "new_channel"
    }
    for event in project.events:
        if event.call.file in receivers:
            continue
        # Another channel may be read by anything: a worker, or new_channel() and receive().
        is_ours = group_verb(event.call) or dotted(event.target) == "self.channel_name"
        if event.content and is_ours:
            yield from event_has_handler(project, event, methods)


def event_has_handler(
    project: Project, event: Event, methods: set[str]
) -> Iterator[Finding]:
    """Check one {"type": …} against the methods that there are."""
    keys = [value_of(key, {}) for key in event.content.keys]
    if "type" not in keys:
        if UNKNOWN not in keys:
            yield say("no-type", event.content, *with_type(project, event, methods))
        return
    node = event.kind
    kind = value_of(node, {}) if node else UNKNOWN
    if kind is UNKNOWN:
        return
    if not isinstance(kind, str):
        error = f"'{type(kind).__name__}' object has no attribute 'replace'"
        yield say("type-not-text", node, error=error)
        return
    method = kind.replace(".", "_")
    if method.startswith("_"):
        edit = project.source_of(node).replace(node, f'"{kind.lstrip("._")}"')
        edits = (edit,) if method.lstrip("_") in methods else ()
        yield say("type-with-underscore", node, *edits, type=kind)
    elif method in OWN_METHODS and method not in methods:
        yield say(
            "type-is-a-method",
            node,
            type=kind,
            error=OWN_METHODS[method],
            method=method,
        )
    elif method and method not in methods | HANDLED_BY_CHANNELS | GIVEN | HOOKS.keys():
        yield no_handler(project, event, node, methods)


def no_handler(
    project: Project, event: Event, node: ast.expr, methods: set[str]
) -> Finding:
    """Return the finding for a type without a method, with the nearest one as its diff."""
    kind = value_of(node, {})
    method = kind.replace(".", "_")
    plain = {one.replace("_", "").lower(): one for one in methods - HOOKS.keys()}
    near = difflib.get_close_matches(method.replace("_", "").lower(), plain, 1)
    hint, edits = "", ()
    if near:
        right = plain[near[0]]
        hint = f", or correct the type: there is {right}"
        if isinstance(node, ast.Constant):
            new = right.replace("_", ".") if "." in kind else right
            edits = (project.source_of(node).replace(node, f'"{new}"'),)
    words = {"type": kind, "method": method, "hint": hint}
    return say("no-handler", event.content, *edits, **words)


def with_type(project: Project, event: Event, methods: set[str]) -> tuple[Edit, ...]:
    """Return the edit that adds a type, if there's only one handler that can be meant."""
    handlers = [
        name
        for name in sorted(methods - HOOKS.keys() - GIVEN)
        if any(is_handler(one, name) for one in project.consumers)
    ]
    if len(handlers) != 1 or not event.content.keys or event.content.keys[0] is None:
        return ()
    first = event.content.keys[0]
    kind = handlers[0].replace("_", ".")
    return (project.source_of(first).wrap(first, f'"type": "{kind}", ', "")[0],)


def is_handler(consumer: Consumer, name: str) -> bool:
    """A method of a consumer takes just an event."""
    method = consumer.methods.get(name)
    names = [one.arg for one in method.args.args[1:]] if method else []
    return names in (["event"], ["evento"], ["message"])


def events_are_dictionaries(project: Project) -> Iterator[Finding]:
    """An event is a dictionary, not a text or a list."""
    for event in project.events:
        if not group_verb(event.call):
            continue
        value, edits = event.value, ()
        match value:
            case ast.Call(func=function, args=[content, *_]):
                if project.imported_names.full_name(function) != "json.dumps":
                    continue
                source = project.source_of(value)
                if isinstance(content, ast.Dict):
                    edits = (source.replace(value, source.code(content)),)
                kind = "str"
            case ast.Constant(value=str()) | ast.JoinedStr():
                kind = "str"
            case ast.List() | ast.ListComp():
                kind = "list"
            case _:
                continue
        error = "AssertionError: Message is not a dict"
        if "edis" in project.layer_backend:
            error = f"AttributeError: '{kind}' object has no attribute 'items'"
        yield say("event-not-dict", value, *edits, error=error)


def layer_gets_its_arguments(project: Project) -> Iterator[Finding]:
    """group_send gets a group and an event, group_add a group and a channel."""
    needed = {
        "group_send": ("group", "message"),
        "group_add": ("group", "channel"),
        "group_discard": ("group", "channel"),
    }
    layer = last_name_of(project.layer_backend) or "RedisChannelLayer"
    for call in project.nodes(ast.Call):
        verb = group_verb(call)
        if not verb or any(isinstance(one, ast.Starred) for one in call.args):
            continue
        names = [one.arg for one in call.keywords]
        if None in names or not call.args and not names:
            continue
        known = {"group", needed[verb][1]}
        if verb == "group_send" and "type" in names and len(call.args) == 1:
            yield say("event-in-keywords", call, *as_dict(project, call), layer=layer)
        elif len(call.args) == 1 and not names and not isinstance(call.func, ast.Name):
            missing = needed[verb][1]
            edits = ()
            if missing == "channel" and is_in_consumer(project, call):
                source = project.source_of(call)
                edits = (source.wrap(call.args[0], "", ", self.channel_name")[1],)
            words = {"verb": verb, "missing": missing, "layer": layer}
            yield say("argument-missing", call, *edits, **words)
        elif set(names) <= known and call.args:
            yield from swapped(project, call, verb)


def is_in_consumer(project: Project, call: ast.Call) -> bool:
    """A call stands in a consumer's own code."""
    return any(
        one.node.file == call.file
        and one.node.lineno <= call.lineno <= one.node.end_lineno
        for one in project.consumers
    )


def as_dict(project: Project, call: ast.Call) -> tuple[Edit, ...]:
    """Return the edit that makes group_send(group, {"type": …}) of keywords."""
    source = project.source_of(call)
    pairs = (f'"{one.arg}": {source.code(one.value)}' for one in call.keywords)
    start = source.offset(call.keywords[0].lineno, call.keywords[0].col_offset)
    end = source.range_of(call.keywords[-1].value)[1]
    return (Edit(source.file, start, end, "{" + ", ".join(pairs) + "}"),)


def swapped(project: Project, call: ast.Call, verb: str) -> Iterator[Finding]:
    """Yield the finding for group_add(self.channel_name, group)."""
    if verb != "group_send" and len(call.args) == 2:
        channel, group = call.args
        if dotted(channel) == "self.channel_name" != dotted(group):
            source = project.source_of(call)
            edits = (
                source.replace(channel, source.code(group)),
                source.replace(group, source.code(channel)),
            )
            yield say("arguments-swapped", call, *edits, is_certain=True, verb=verb)


def events_can_travel(project: Project) -> Iterator[Finding]:
    """What is in an event can be packed for Redis."""
    if "edis" not in project.layer_backend:
        return
    for event in project.events:
        if event.content:
            for odd, kind in odd_values(event.content, project.imported_names).items():
                source = project.source_of(odd)
                edit = source.replace(odd, plainly(kind, source.code(odd)))
                yield say("event-not-plain", odd, edit, kind=kind, right=edit.new)
            for node, kind in objects_in(event):
                right = "its fields, or its pk"
                yield say("event-not-plain", node, kind=kind, right=right)


def objects_in(event: Event) -> Iterator[tuple[ast.expr, str]]:
    """Yield the values of an event that surely are a model's instance, or the user."""
    for value in event.content.values:
        if ast.unparse(value) == "self.scope['user']":
            yield value, "UserLazyObject"
        elif isinstance(value, ast.Name) and isinstance(event.function, Function):
            made = assigned_in(event.function, value.id)
            stores = [
                node
                for node in body_of(event.function)
                if isinstance(node, ast.Name)
                and node.id == value.id
                and isinstance(node.ctx, ast.Store)
            ]
            if len(made) == len(stores) == 1 and (model := model_of(made[0])):
                yield value, model


def model_of(node: ast.expr) -> str:
    """Return "Message" for await Message.objects.acreate(…)."""
    call = node.value if isinstance(node, ast.Await) else node
    match call:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Attribute(value=model, attr="objects"),
                attr="acreate" | "create" | "aget" | "get",
            )
        ):
            return last_name(model)
    return ""


CHECKS = [
    events_have_handlers,
    events_are_dictionaries,
    layer_gets_its_arguments,
    events_can_travel,
]
