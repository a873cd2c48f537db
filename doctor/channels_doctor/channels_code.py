"""What a project says to Channels: its consumers, its routes, its group messages."""

import ast
from dataclasses import dataclass

from channels_doctor.python_code import Function, last_name
from channels_doctor.routes import Route as Route  # others look for it here

GENERIC_CONSUMERS = {
    "AsyncConsumer",
    "AsyncJsonWebsocketConsumer",
    "AsyncWebsocketConsumer",
    "JsonWebsocketConsumer",
    "SyncConsumer",
    "WebsocketConsumer",
}
GROUP_VERBS = {"group_send", "group_add", "group_discard"}


@dataclass
class Consumer:
    """A consumer class, with the classes of the project that it builds on."""

    node: ast.ClassDef
    family: list[ast.ClassDef]  # itself first

    @property
    def bases(self) -> set[str]:
        """The names of all classes that it builds on."""
        return {last_name(base) for node in self.family for base in node.bases}

    @property
    def is_known(self) -> bool:
        """All that it builds on is in the project or in Channels itself."""
        return self.bases <= GENERIC_CONSUMERS | {node.name for node in self.family}

    @property
    def methods(self) -> dict[str, Function]:
        """Its methods by name; its own before those of the classes below it."""
        parts = [part for node in reversed(self.family) for part in node.body]
        return {part.name: part for part in parts if isinstance(part, Function)}

    def own_method(self, name: str) -> Function | None:
        """Return a method that stands in the class itself, not in one below it."""
        method = self.methods.get(name)
        return method if method in self.node.body else None


def find_consumers(classes: list[ast.ClassDef]) -> list[Consumer]:
    """Return the classes that have a consumer somewhere among their bases."""
    by_name = {node.name: node for node in classes}
    everyone = [Consumer(node, family_of(node, by_name)) for node in classes]
    return [
        one for one in everyone if any(base.endswith("Consumer") for base in one.bases)
    ]


def family_of(
    node: ast.ClassDef, by_name: dict[str, ast.ClassDef]
) -> list[ast.ClassDef]:
    """Return a class and the classes of the project that it builds on."""
    family = [node]
    for member in family:  # it grows while we go through it
        parents = (by_name.get(last_name(base)) for base in member.bases)
        family += [one for one in parents if one and one not in family]
    return family


def group_verb(call: ast.Call) -> str:
    """Return "group_send" for layer.group_send(…); "" for any other call.

    In a plain function it is called as async_to_sync(layer.group_send)(…).
    """
    function: ast.AST = call.func
    match function:
        case ast.Call(func=wrapper, args=[wrapped, *_]):
            if last_name(wrapper) == "async_to_sync":
                function = wrapped
    verb = last_name(function)
    return verb if verb in GROUP_VERBS else ""
