"""Checks of what a consumer sends to its client: text, and JSON once."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, self_call
from channels_doctor.edits import Edit
from channels_doctor.events import assigned_in
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted
from channels_doctor.values import odd_values, plainly
from channels_doctor.walks import calls_in


def sends_in(
    project: Project, name: str
) -> Iterator[tuple[Consumer, ast.AST, ast.Call]]:
    """Yield each self.send(…), or self.send_json(…), that is Channels' own."""
    for consumer in project.consumers:
        if not consumer.is_websocket or name in consumer.methods:
            continue
        for method in consumer.node.body:
            if isinstance(method, Function):
                for call in calls_in(method):
                    if self_call(call) == name:
                        yield consumer, method, call


def what_is_sent(call: ast.Call, keyword: str) -> ast.expr | None:
    """Return the first argument of a call, or the one of that name."""
    for one in call.keywords:
        if one.arg == keyword:
            return one.value
    return call.args[0] if call.args else None


def text_is_sent(project: Project) -> Iterator[Finding]:
    """send() gets text."""
    for consumer, method, call in sends_in(project, "send"):
        value = what_is_sent(call, "text_data")
        if value is None or any(one.arg == "bytes_data" for one in call.keywords):
            continue
        if isinstance(value, ast.Name):
            values = assigned_in(method, value.id)
            made = values[0] if len(values) == 1 else value
        else:
            made = value
        if kind := kind_of(made):
            yield say(
                "send-not-text",
                call,
                *as_text(project, consumer, call, value),
                kind=kind,
            )


def kind_of(node: ast.expr) -> str:
    """Return "dict" for what surely is one."""
    match node:
        case ast.Dict() | ast.DictComp() | ast.Call(func=ast.Name(id="dict")):
            return "dict"
        case ast.List() | ast.ListComp() | ast.Call(func=ast.Name(id="list")):
            return "list"
    return ""


def as_text(
    project: Project, consumer: Consumer, call: ast.Call, value: ast.expr
) -> tuple[Edit, ...]:
    """Return the edits that send JSON in place of a dictionary."""
    source = project.source_of(call)
    if len(call.args) + len(call.keywords) != 1:
        return ()
    if consumer.is_json:
        start, end = source.range_of(call)
        new = f"{source.code(call.func)}_json({source.code(value)})"
        return (Edit(source.file, start, end, new),)
    json = project.imported_names.short_name(call.file, "json") or "json"
    first = "" if call.keywords else "text_data="
    return (
        *source.wrap(value, f"{first}{json}.dumps(", ")"),
        *project.importing(call, "json"),
    )


def json_consumers_alone_send_json(project: Project) -> Iterator[Finding]:
    """Only a JSON consumer has send_json()."""
    for consumer, _, call in sends_in(project, "send_json"):
        heirs = any(one.is_json or not one.is_known for one in consumer.heirs)
        if consumer.is_json or not consumer.is_known or heirs:
            continue
        edits: tuple[Edit, ...] = ()
        if len(call.args) == 1 and not call.keywords:
            source = project.source_of(call)
            json = project.imported_names.short_name(call.file, "json") or "json"
            edits = (
                source.replace(call.func, "self.send"),
                *source.wrap(call.args[0], f"text_data={json}.dumps(", ")"),
                *project.importing(call, "json"),
            )
        base = next(iter(consumer.generic))
        right = base.replace("Websocket", "JsonWebsocket")
        yield say(
            "no-send-json", call, *edits, cls=consumer.node.name, base=base, right=right
        )


def json_is_made_once(project: Project) -> Iterator[Finding]:
    """send_json() gets what json.dumps() would get."""
    for consumer, method, call in sends_in(project, "send_json"):
        value = what_is_sent(call, "content")
        if not consumer.is_json or value is None:
            continue
        made = value
        if isinstance(value, ast.Name):
            values = assigned_in(method, value.id)
            made = values[0] if len(values) == 1 else value
        match made:
            case ast.Call(func=function, args=[content]):
                if project.imported_names.full_name(function) == "json.dumps":
                    source = project.source_of(call)
                    edit = source.replace(made, source.code(content))
                    yield say("json-twice", call, edit)


def json_can_be_made(project: Project) -> Iterator[Finding]:
    """What goes into JSON is text, numbers, lists and dictionaries."""
    sent = [
        (call, what_is_sent(call, "content"))
        for consumer, _, call in sends_in(project, "send_json")
        if consumer.is_json and not {"encode_json"} & consumer.methods.keys()
    ]
    for consumer in project.consumers:
        for call in calls_in(consumer.node):
            is_dumps = project.imported_names.full_name(call.func) == "json.dumps"
            if is_dumps and len(call.args) == 1 and not call.keywords:
                sent.append((call, call.args[0]))
    for _, value in sent:
        if value is not None:
            for odd, name in odd_values(value, project.imported_names).items():
                source = project.source_of(odd)
                edit = source.replace(odd, plainly(name, source.code(odd)))
                word = name.rpartition(".")[2]
                yield say("not-json", odd, edit, kind=word, call=dotted(odd))


CHECKS = [
    text_is_sent,
    json_consumers_alone_send_json,
    json_is_made_once,
    json_can_be_made,
]
