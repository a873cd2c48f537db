"""The methods that Channels calls in a consumer: hooks, and the handlers of events."""

import ast
import difflib

from channels_doctor.channels_code import Consumer
from channels_doctor.edits import Edit
from channels_doctor.project import Project
from channels_doctor.walks import walk

# What Channels calls, and what it calls it with.
HOOKS = {
    "connect": "",
    "disconnect": "code",
    "receive": "text_data=None, bytes_data=None",
    "receive_json": "content",
    "websocket_connect": "message",
    "websocket_disconnect": "message",
    "websocket_receive": "message",
}
# What people write in place of a hook's name, apart from slips of the fingers.
OTHER_NAMES = {
    "on_connect": "connect",
    "on_disconnect": "disconnect",
    "on_receive": "receive",
    "on_message": "receive",
    "connected": "connect",
    "disconnected": "disconnect",
    "received": "receive",
}
# What the generic consumers bring, apart from the hooks.
GIVEN = {
    "accept",
    "base_send",
    "channel_layer",
    "channel_layer_alias",
    "channel_name",
    "channel_receive",
    "close",
    "dispatch",
    "groups",
    "scope",
    "send",
}
GIVEN_JSON = {"decode_json", "encode_json", "send_json"}


def hooks_of(project: Project, consumer: Consumer) -> dict[str, str]:
    """Return the methods that Channels calls, with their arguments."""
    hooks = {
        name: arguments
        for name, arguments in HOOKS.items()
        if consumer.is_websocket or name.startswith("websocket_")
    }
    if not consumer.is_json:
        hooks.pop("receive_json", None)
    given = HOOKS.keys() | GIVEN | GIVEN_JSON
    # A method that the consumer itself uses may only happen to be called like an event.
    used = {
        node.attr
        for one in consumer.family
        for node in walk(one)
        if isinstance(node, ast.Attribute)
    }
    events = (project.event_methods & consumer.methods.keys()) - given - used
    return {name: "event" for name in events} | hooks


def positional(method: ast.AST) -> tuple[int, int]:
    """Return how many arguments a method needs besides self, and how many it takes."""
    arguments = method.args
    names = [*arguments.posonlyargs, *arguments.args]
    most = 99 if arguments.vararg else len(names) - 1
    return len(names) - 1 - len(arguments.defaults), most


def right_name(name: str, consumer: Consumer) -> str:
    """Return the hook that a name is probably meant to be; "" if it isn't close to one."""
    hooks = HOOKS.keys() - (set() if consumer.is_json else {"receive_json"})
    if not consumer.is_websocket:
        hooks = {hook for hook in hooks if hook.startswith("websocket_")}
    if name in hooks or name == "reconnect":
        return ""
    right = OTHER_NAMES.get(name, "") if consumer.is_websocket else ""
    near = difflib.get_close_matches(name, hooks, 1, 0.84)
    if not right and near and abs(len(near[0]) - len(name)) <= 2:
        right = near[0]
    if right == "receive" and consumer.is_json and "receive_json" in consumer.methods:
        return ""
    return right


def stopping(project: Project, node: ast.AST) -> tuple[str, tuple[Edit, ...]]:
    """Return the statement that ends a consumer, and the edits that import what it raises."""
    full_name = "channels.exceptions.StopConsumer"
    name = project.imported_names.short_name(node.file, full_name) or "StopConsumer"
    return f"raise {name}()", project.importing(node, full_name)
