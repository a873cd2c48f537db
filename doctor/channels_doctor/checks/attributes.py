"""Checks of a consumer's attributes: is each one there when it's used?"""

import ast
import difflib
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, self_call
from channels_doctor.consumer_methods import GIVEN, GIVEN_JSON, HOOKS
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted, last_name
from channels_doctor.walks import body_of, calls_in, walk, words_in

# What any of them may make an attribute of self.
MAGIC = {"__dict__", "__getattr__", "__getattribute__", "setattr", "vars"}


def attributes_are_set(project: Project) -> Iterator[Finding]:
    """An attribute that a consumer reads is set somewhere."""
    for consumer in project.consumers:
        if not is_plain(consumer):
            continue
        known = known_names(consumer)
        said = set()
        for method in consumer.node.body:
            for node in body_of(method) if isinstance(method, Function) else ():
                name = self_read(node)
                if (
                    not name
                    or name in known
                    or name in said
                    or is_guarded(method, name)
                ):
                    continue
                if name in GIVEN_JSON or name.startswith("__"):
                    continue  # send_json has a check of its own
                if is_set_from_outside(project, name):
                    continue
                said.add(name)
                yield never_set(project, consumer, node, known)


def is_plain(consumer: Consumer) -> bool:
    """Nothing but its own code, and that of Channels, sets its attributes."""
    everyone = [consumer, *consumer.heirs]
    if not all(one.is_known and one.generic for one in everyone):
        return False
    classes = {part for one in everyone for part in one.family}
    if any(one.decorator_list or one.keywords for one in classes):
        return False
    return not any(words_in(one) & MAGIC for one in classes)


def known_names(consumer: Consumer) -> set[str]:
    """Return every attribute that a consumer, or a class that builds on it, has or sets."""
    known = {*GIVEN, *HOOKS, *(GIVEN_JSON if consumer.is_json else ())}
    classes = {part for one in [consumer, *consumer.heirs] for part in one.family}
    for one in classes:
        for part in one.body:
            known |= names_made_by(part)
        for node in walk(one):
            if isinstance(node, ast.Attribute) and isinstance(
                node.ctx, ast.Store | ast.Del
            ):
                known.add(node.attr)
    return known


def names_made_by(part: ast.stmt) -> set[str]:
    """Return the names that a statement of a class body makes."""
    if isinstance(part, Function | ast.ClassDef):
        return {part.name}
    return {node.id for node in walk(part) if isinstance(node, ast.Name)} | {
        alias.asname or alias.name
        for node in walk(part)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def self_read(node: ast.AST) -> str:
    """Return "room" where self.room is read."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Load()):
            return name
    return ""


def is_guarded(method: ast.AST, name: str) -> bool:
    """A method asks first whether there's such an attribute."""
    for node in walk(method):
        match node:
            case ast.Call(func=ast.Name(id="hasattr" | "getattr")):
                if any(
                    isinstance(one, ast.Constant) and one.value == name
                    for one in node.args
                ):
                    return True
            case ast.ExceptHandler(type=None):
                return True
            case ast.ExceptHandler(type=ast.expr() as kind):
                caught = {getattr(one, "id", "") for one in walk(kind)}
                if caught & {"AttributeError", "Exception", "BaseException"}:
                    return True
    return False


def is_set_from_outside(project: Project, name: str) -> bool:
    """Some other code sets an attribute of this name: consumer.room = …"""
    return any(
        node.attr == name
        and isinstance(node.ctx, ast.Store)
        and dotted(node.value) != "self"
        for node in project.nodes(ast.Attribute)
    )


def never_set(
    project: Project, consumer: Consumer, node: ast.Attribute, known: set[str]
) -> Finding:
    """Return the finding for an attribute that nothing sets, with the nearest one as its diff."""
    own = sorted(known - GIVEN - HOOKS.keys())
    near = difflib.get_close_matches(node.attr, own, 1, 0.7)
    near = near or [one for one in own if is_part(node.attr, one)][:1]
    near = near or difflib.get_close_matches(node.attr, sorted(known), 1, 0.8)
    hint, edits = "Set it in connect()", ()
    if near:
        hint = f"Write self.{near[0]}"
        edits = (project.source_of(node).replace(node, f"self.{near[0]}"),)
    return say(
        "attribute-never-set",
        node,
        *edits,
        cls=consumer.node.name,
        name=node.attr,
        hint=hint,
    )


def is_part(one: str, other: str) -> bool:
    """room_group is a part of room_group_name, word by word."""
    words, others = one.split("_"), other.split("_")
    return set(words) <= set(others) or set(others) <= set(words)


def disconnect_uses_what_is_there(project: Project) -> Iterator[Finding]:
    """disconnect() also runs for a socket that connect() refused, or that sent nothing."""
    for consumer in project.consumers:
        disconnect = consumer.own_method("disconnect")
        if not disconnect or not is_plain(consumer):
            continue
        for statement in disconnect.body:
            if isinstance(statement, ast.If | ast.Try | ast.With | ast.Match):
                continue  # a condition may be just the one that connect() has
            for node in walk(statement):
                name = self_read(node)
                if name and not is_guarded(disconnect, name):
                    setter = late_setter(consumer, name)
                    if setter:
                        yield too_early(project, consumer, statement, name, setter)
                        break


def late_setter(consumer: Consumer, name: str) -> str:
    """Return the only method that sets an attribute, if it may not have got that far.

    "connect" if it refuses the socket first; "receive", say, if nothing else sets it.
    """
    if name in GIVEN | HOOKS.keys() | GIVEN_JSON or name in consumer.methods:
        return ""
    for one in consumer.family:
        for part in one.body:
            if not isinstance(part, Function) and name in names_made_by(part):
                return ""
    setters = [method for method in consumer.methods.values() if line_of(method, name)]
    if len(setters) != 1 or any(
        name in known_names(heir) - known_names(consumer) for heir in consumer.heirs
    ):
        return ""
    setter = setters[0]
    if setter.name == "connect":
        return setter.name if refuses_before(setter, line_of(setter, name)) else ""
    is_called = any(
        self_call(call) == setter.name
        for method in consumer.methods.values()
        for call in calls_in(method)
    )
    return (
        setter.name
        if setter.name in ("receive", "receive_json") and not is_called
        else ""
    )


def line_of(method: ast.AST, name: str) -> int:
    """Return the first line where a method sets an attribute; 0 if it doesn't."""
    lines = [
        node.lineno
        for node in walk(method)
        if isinstance(node, ast.Attribute) and node.attr == name
        if isinstance(node.ctx, ast.Store) and dotted(node.value) == "self"
    ]
    return min(lines, default=0)


def refuses_before(connect: ast.AST, line: int) -> bool:
    """connect() closes the socket and returns above a line."""
    for node in body_of(connect):
        body = [getattr(node, "body", []), getattr(node, "orelse", [])]
        for block in body if isinstance(node, ast.If) else ():
            if not block or block[-1].lineno > line:
                continue
            text = ast.unparse(block[-1])
            if text.startswith("raise") and "DenyConnection" in text:
                return True
            calls = {last_name(call.func) for one in block for call in calls_in(one)}
            if isinstance(block[-1], ast.Return) and "close" in calls:
                return True
    return False


def too_early(
    project: Project, consumer: Consumer, statement: ast.stmt, name: str, setter: str
) -> Finding:
    """Return the finding for a disconnect() that can't know whether an attribute is there."""
    source = project.source_of(statement)
    indent = source.indent(statement.lineno)
    step = "\t" if "\t" in indent else "    "
    rows = [f'{indent}if hasattr(self, "{name}"):']
    rows += [
        step + source.line(number)
        for number in range(statement.lineno, statement.end_lineno + 1)
    ]
    start = source.starts[statement.lineno - 1]
    end = source.starts[statement.end_lineno - 1] + len(
        source.line(statement.end_lineno)
    )
    edits = (Edit(source.file, start, end, source.newline.join(rows)),)
    if source.line(statement.lineno).strip().startswith(("def ", "async def ")):
        edits = ()
    when = "refused the socket" if setter == "connect" else "never got a frame"
    words = {"cls": consumer.node.name, "name": name, "setter": setter, "when": when}
    return say("disconnect-too-early", statement, *edits, **words)


CHECKS = [
    attributes_are_set,
    disconnect_uses_what_is_there,
]
