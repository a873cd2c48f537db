"""Checks of groups: who joins one leaves it, and gets what is sent to it."""

import ast
import difflib
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import Consumer, group_verb
from channels_doctor.consumer_methods import right_name, stopping
from channels_doctor.edits import Edit
from channels_doctor.events import assigned_in
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import Function, dotted
from channels_doctor.walks import calls_in, walk, words_in


def groups_are_left(project: Project) -> Iterator[Finding]:
    """Who joins a group leaves it."""
    for consumer in project.consumers:
        if not consumer.is_known:
            continue
        left = [
            call
            for method in consumer.reached_from(*endings_of(consumer))
            for call in calls_in(method)
            if group_verb(call) == "group_discard"
        ]
        if left:
            continue
        everything = [call for node in consumer.family for call in calls_in(node)]
        elsewhere = "group_discard" in map(group_verb, everything)
        name = "discard-elsewhere" if elsewhere else "no-discard"
        for call in calls_in(consumer.node):
            if group_verb(call) == "group_add":
                yield say(name, call, *leaving(project, consumer, call))


def endings_of(consumer: Consumer) -> list[str]:
    """Return the methods that Channels calls at the end, and those with a slip in that name."""
    meant = [
        name for name in consumer.methods if right_name(name, consumer) == "disconnect"
    ]
    return ["disconnect", "websocket_disconnect", *meant]


def leaving(project: Project, consumer: Consumer, call: ast.Call) -> tuple[Edit, ...]:
    """Return the edit that leaves a group in disconnect(); none if only connect() knows it."""
    source = project.source_of(call)
    group = call.args[0] if len(call.args) == 2 else None
    is_own = isinstance(group, ast.Constant) or dotted(group or call).startswith(
        "self."
    )
    if not is_own or dotted(group) == "self.channel_name":
        return ()
    name = f"{source.code(group)}, self.channel_name"
    text = f"await self.channel_layer.group_discard({name})"
    if consumer.is_sync:
        wrapper = source.code(call.func).partition("(")[0]
        text = f"{wrapper}(self.channel_layer.group_discard)({name})"
    if not consumer.is_websocket:
        return leaving_at_the_end(project, consumer, text)
    disconnect = consumer.methods.get("disconnect")
    if disconnect in consumer.node.body:
        body = disconnect.body
        if isinstance(body[-1], ast.Pass):
            return (source.replace(body[-1], text),)
        indent = source.indent(body[0].lineno)
        if source.line(body[0].lineno).strip().startswith(("def ", "async def ")):
            return ()
        if any(isinstance(node, ast.Return | ast.Raise) for node in walk(disconnect)):
            return ()
        return (source.insert_after(body[-1].end_lineno, text, indent),)
    if disconnect:
        return ()
    return (new_disconnect(project, consumer, text),)


def leaving_at_the_end(
    project: Project, consumer: Consumer, text: str
) -> tuple[Edit, ...]:
    """Return the edits that leave a group in websocket_disconnect(), which ends the consumer."""
    end = consumer.methods.get("websocket_disconnect")
    if not end:
        stop, imports = stopping(project, consumer.node)
        return (new_disconnect(project, consumer, f"{text}\n{stop}"), *imports)
    first = end.body[0]
    if end not in consumer.node.body or not isinstance(end.body[-1], ast.Raise):
        return ()
    source = project.source_of(end)
    if source.line(first.lineno).lstrip().startswith(("def ", "async def ")):
        return ()
    return (source.insert_before(end.body[-1].lineno, text),)


def new_disconnect(project: Project, consumer: Consumer, text: str) -> Edit:
    """Return the edit that adds a disconnect() below connect()."""
    source = project.source_of(consumer.node)
    methods = [one for one in consumer.node.body if isinstance(one, Function)]
    prefix = "" if consumer.is_websocket else "websocket_"
    name = f"{prefix}connect"
    after = next((one for one in methods if one.name == name), methods[-1])
    indent = source.indent(after.lineno)
    step = "\t" if "\t" in indent else "    "
    argument = "event" if prefix else "code"
    body = text.replace("\n", f"\n{step}")
    block = f"\n{consumer.define} {prefix}disconnect(self, {argument}):\n{step}{body}"
    return source.insert_after(after.end_lineno, block, indent)


def groups_are_sent_to(project: Project) -> Iterator[Finding]:
    """A message for a group goes by group_send, not by send."""
    groups = {
        (call.file, ast.unparse(call.args[0]))
        for consumer in project.consumers
        for call in calls_in(consumer.node)
        if group_verb(call) == "group_add" and call.args
    }
    for event in project.events:
        target = (event.call.file, ast.unparse(event.target))
        if not group_verb(event.call) and target in groups:
            if dotted(event.target) == "self.channel_name":
                continue
            source = project.source_of(event.call)
            end = source.range_of(event.call.func)[1]
            edit = Edit(source.file, end - len("send"), end, "group_send")
            group = source.quoted(event.target)
            yield say("send-to-group", event.call, edit, is_certain=True, group=group)


class GroupName:
    """A group's name, as far as the text tells: how it begins, and whether that's all."""

    def __init__(self, consumer: Consumer | None, node: ast.expr) -> None:
        text = ast.unparse(node)
        if consumer and text.startswith("self."):
            values = [
                value
                for method in consumer.methods.values()
                for value in assigned_in(method, text)
            ]
            node = values[0] if len(values) == 1 else node
        self.start, self.is_whole = beginning(node)

    @property
    def shown(self) -> str:
        """Return it for a sentence: "chat.…" if that's only how it begins."""
        return self.start if self.is_whole else f"{self.start}…"

    def may_be(self, other: "GroupName") -> bool:
        """Both names may be the same."""
        if self.is_whole and other.is_whole:
            return self.start == other.start
        if self.is_whole:
            return self.start.startswith(other.start)
        if other.is_whole:
            return other.start.startswith(self.start)
        return self.start.startswith(other.start) or other.start.startswith(self.start)


def beginning(node: ast.expr) -> tuple[str, bool]:
    """Return how a text surely begins, and whether it's all of it."""
    match node:
        case ast.Constant(value=str(text)):
            return text, True
        case ast.JoinedStr(values=[first, *rest]):
            start, is_whole = beginning(first)
            return start, is_whole and not rest
        case ast.BinOp(left=left, op=ast.Add()):
            return beginning(left)[0], False
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            return text.partition("%")[0], False
    return "", False


def groups_have_members(project: Project) -> Iterator[Finding]:
    """A message goes to a group that some consumer joins."""
    if not project.consumers or not all(one.is_known for one in project.consumers):
        return
    in_consumers = {
        call: consumer
        for consumer in project.consumers
        for node in consumer.family
        for call in calls_in(node)
        if group_verb(call)
    }
    joined: list[GroupName] = []
    for call in project.nodes(ast.Call):
        if group_verb(call) == "group_add":
            if not call.args:
                return
            joined.append(GroupName(in_consumers.get(call), call.args[0]))
    for consumer in project.consumers:
        if any("groups" in words_in(one) for one in consumer.family):
            return  # joined by Channels, or in a way of the project's own
    for event in project.events if joined else ():
        if group_verb(event.call):
            consumer = in_consumers.get(event.call)
            name = GroupName(consumer, event.target)
            if any(name.may_be(one) for one in joined):
                continue
            if consumer or is_slip(name.start, joined):
                names = sorted({f'"{one.shown}"' for one in joined})
                group = project.source_of(event.target).quoted(event.target)
                names[2:] = ["others"] if names[2:] else []
                last = " and ".join(names[-2:])
                words = {"group": group, "others": ", ".join([*names[:-2], last])}
                yield say("group-without-members", event.call, **words)


def is_slip(start: str, joined: list[GroupName]) -> bool:
    """A name from outside the consumers looks like one that they join, with a slip in it."""
    for one in joined:
        same = start if one.is_whole else start[: len(one.start) + 1]
        if difflib.SequenceMatcher(None, same, one.start).ratio() > 0.8:
            return True
    return False


CHECKS = [
    groups_are_left,
    groups_are_sent_to,
    groups_have_members,
]
