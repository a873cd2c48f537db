"""What a project says to Channels: its consumers, its routes, its group messages."""

import ast
from dataclasses import dataclass, field
from functools import cached_property

from channels_doctor.imported_names import ImportedNames
from channels_doctor.python_code import Function, last_name
from channels_doctor.routes import Route as Route  # others look for it here
from channels_doctor.walks import calls_in

GENERIC_CONSUMERS = {
    "AsyncConsumer",
    "AsyncJsonWebsocketConsumer",
    "AsyncWebsocketConsumer",
    "JsonWebsocketConsumer",
    "SyncConsumer",
    "WebsocketConsumer",
}
# Not channels.generic.websockets, as in Channels 1: there, everything had other names.
CHANNELS = ("channels.consumer.", "channels.generic.websocket.")
NEUTRAL = {
    "ABC",
    "Generic",
    "Protocol",
    "object",
}  # bases that bring nothing of Channels
GROUP_VERBS = {"group_send", "group_add", "group_discard"}


@dataclass(eq=False)
class Consumer:
    """A consumer class, with the classes of the project that it builds on."""

    node: ast.ClassDef
    family: list[ast.ClassDef]  # itself first
    bases: set[str]  # the names of all classes that it builds on
    generic: set[str]  # those of them that are Channels' own
    is_known: bool  # all of them are in the project or in Channels itself
    heirs: list["Consumer"] = field(default_factory=list)

    @property
    def is_async(self) -> bool:
        """Channels awaits its methods."""
        return bool(self.generic) and all(map(is_async_base, self.generic))

    @property
    def define(self) -> str:
        """How the definition of a method begins that Channels calls."""
        return "async def" if self.is_async else "def"

    @property
    def is_sync(self) -> bool:
        """Channels calls its methods in a thread."""
        return bool(self.generic) and not any(map(is_async_base, self.generic))

    @property
    def is_websocket(self) -> bool:
        """It has connect(), accept() and so on."""
        return any("Websocket" in base for base in self.generic)

    @property
    def is_json(self) -> bool:
        """It has send_json() and receive_json()."""
        return any("Json" in base for base in self.generic)

    @property
    def is_for_sockets(self) -> bool:
        """It isn't one of the consumers for plain HTTP."""
        return not any("Http" in base for base in self.bases)

    @cached_property
    def methods(self) -> dict[str, Function]:
        """Its methods by name; its own before those of the classes below it."""
        parts = [part for node in reversed(self.family) for part in node.body]
        return {part.name: part for part in parts if isinstance(part, Function)}

    def own_method(self, name: str) -> Function | None:
        """Return a method that stands in the class itself, not in one below it."""
        method = self.methods.get(name)
        return method if method in self.node.body else None

    def reached_from(self, *names: str) -> list[Function]:
        """Return these methods, and those that they call by way of self or super()."""
        reached = [self.methods[name] for name in names if name in self.methods]
        for method in reached:  # it grows while we go through it
            for call in calls_in(method):
                inner = [self.methods.get(self_call(call))]
                if name := super_call(call):
                    inner = self.everyones(name)
                reached += [one for one in inner if one and one not in reached]
        return reached

    def everyones(self, name: str) -> list[Function]:
        """Return the methods of a name, of the class itself and of those below it."""
        parts = (part for node in self.family for part in node.body)
        return [one for one in parts if isinstance(one, Function) and one.name == name]


def is_async_base(name: str) -> bool:
    """Tell AsyncWebsocketConsumer from WebsocketConsumer."""
    return name.startswith("Async")


def super_call(node: ast.AST) -> str:
    """Return "connect" for super().connect(…); "" for any other piece of code."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=function), attr=name)):
            return (
                name
                if isinstance(function, ast.Name) and function.id == "super"
                else ""
            )
    return ""


def self_call(node: ast.AST) -> str:
    """Return "send" for self.send(…); "" for any other piece of code."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            return name
    return ""


def find_consumers(
    classes: list[ast.ClassDef], imports: ImportedNames
) -> list[Consumer]:
    """Return the classes that have a consumer somewhere among their bases."""
    by_name: dict[str, list[ast.ClassDef]] = {}
    for node in classes:
        by_name.setdefault(node.name, []).append(node)
    parents = {node: parents_of(node, by_name, imports) for node in classes}
    everyone = [consumer_from(node, parents) for node in classes]
    found = [
        one for one in everyone if any(base.endswith("Consumer") for base in one.bases)
    ]
    by_node = {one.node: one for one in found}
    for one in found:
        for node in one.family[1:]:
            if node in by_node:
                by_node[node].heirs.append(one)
    return found


def family_of(
    node: ast.ClassDef, by_name: dict[str, ast.ClassDef]
) -> list[ast.ClassDef]:
    """Return a class and the classes of the project that it builds on, by their names alone."""
    family = [node]
    for member in family:  # it grows while we go through it
        parents = (by_name.get(last_name(base)) for base in member.bases)
        family += [one for one in parents if one and one not in family]
    return family


Parent = ast.ClassDef | str  # a class of the project, or the full name of another


def parents_of(
    node: ast.ClassDef, by_name: dict[str, list[ast.ClassDef]], imports: ImportedNames
) -> list[Parent]:
    """Return what a class builds on."""
    parents: list[Parent] = []
    for base in node.bases:
        full_name = imports.full_name(base)
        mine = [one for one in by_name.get(last_name_of(full_name), []) if one != node]
        if full_name.startswith("channels.") or not is_ours(full_name, mine):
            parents.append(full_name)
        else:
            parents.append(max(mine, key=lambda one: is_near(one, node, full_name)))
    return parents


def is_ours(full_name: str, mine: list[ast.ClassDef]) -> bool:
    """Tell whether an imported class may be one of the project's own, from its package."""
    top, dot, _ = full_name.partition(".")
    folders = {part for one in mine for part in one.file.removesuffix(".py").split("/")}
    return bool(mine) and (not dot or top in folders)


def is_near(one: ast.ClassDef, node: ast.ClassDef, full_name: str) -> tuple[bool, bool]:
    """Tell which of several classes of the same name is meant."""
    module = one.file.removesuffix(".py").replace("/", ".")
    is_imported = module.endswith(full_name.rpartition(".")[0] or "?")
    return is_imported, one.file == node.file


def last_name_of(path: str) -> str:
    """Return "d" for "a.b.d"."""
    return path.rpartition(".")[2]


def consumer_from(
    node: ast.ClassDef, parents: dict[ast.ClassDef, list[Parent]]
) -> Consumer:
    """Return a class with all that it builds on."""
    family, foreign = [node], set()
    for member in family:  # it grows while we go through it
        for parent in parents[member]:
            if isinstance(parent, str):
                foreign.add(parent)
            elif parent not in family:
                family.append(parent)
    names = {last_name_of(one) for one in foreign}
    generic = {
        last_name_of(one)
        for one in foreign
        if last_name_of(one) in GENERIC_CONSUMERS
        and (one.startswith(CHANNELS) or "." not in one)
    }
    is_known = names <= generic | NEUTRAL
    return Consumer(
        node, family, names | {one.name for one in family[1:]}, generic, is_known
    )


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
