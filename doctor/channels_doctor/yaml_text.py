"""Reading YAML by its indents, with the place of everything: Python's library has no YAML.

It reads what people write in compose files and the like. Anchors, tags and several
documents in one file are beyond it: what it can't tell, it leaves out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KEY = re.compile(
    r"""("[^"\n]*"|'[^'\n]*'|[^\s"'#\[{&*!|>-][^\s:#]*|<<|-\w[^\s:]*)[ ]*:(?=\s|$)"""
)
ITEM = re.compile(r"-(?:[ ]+|$)")


@dataclass
class Node:
    """A key of a map or an item of a list, with its value or what stands below it."""

    key: str  # "" for an item of a list
    indent: int
    place: int  # where it begins in the text
    start: int = 0  # where its value begins and ends
    end: int = 0
    value: str = ""
    children: list["Node"] = field(default_factory=list)

    def get(self, key: str) -> "Node | None":
        """Return what a map has under a key."""
        return next((child for child in self.children if child.key == key), None)

    def text_of(self, key: str) -> str:
        """Return the text that a map has under a key, without quotes; "" if none."""
        child = self.get(key)
        return child.text if child else ""

    @property
    def text(self) -> str:
        """The value, without quotes."""
        if self.value[:1] in ("'", '"') and self.value[-1:] == self.value[0]:
            return self.value[1:-1]
        return self.value

    @property
    def is_plain(self) -> bool:
        """No part of a map comes from an anchor or from another file."""
        is_alias = self.value.startswith(("*", "{"))
        return not is_alias and not (self.get("<<") or self.get("extends"))

    def items(self) -> list[str]:
        """Return the texts of a list, whichever way it's written; one text is a list of one."""
        if self.children:
            return [child.text for child in self.children if not child.key]
        if self.value.startswith("["):
            return [one.strip(" \t\"'") for one in self.value.strip("[]").split(",")]
        return [self.text] if self.value else []

    def everything(self) -> Iterator["Node"]:
        """Yield it and all that stands below it."""
        yield self
        for child in self.children:
            yield from child.everything()


def read_yaml(text: str) -> Node:
    """Return the root of a YAML text."""
    root = Node("", -1, 0)
    stack, place = [root], 0
    while place < len(text):
        place = read_line(text, place, stack)
    return root


def read_line(text: str, place: int, stack: list[Node]) -> int:
    """Add what a line says below the last node that it belongs to; return the next line."""
    end = line_end(text, place)
    line = text[place:end]
    column = len(line) - len(line.lstrip(" "))
    if not line.strip() or line[column] == "#" or line.startswith(("---", "%")):
        return end + 1
    node = None
    while found := ITEM.match(line, column):
        node = hang(Node("", column, place + column), stack)
        column = found.end()
    if found := KEY.match(line, column):
        node = hang(Node(found[1].strip("\"'"), column, place + column), stack)
        column = found.end()
    return end + 1 if node is None else read_value(text, place + column, node)


def hang(node: Node, stack: list[Node]) -> Node:
    """Put a node below the one that it belongs to, by its indent."""
    is_item = not node.key
    while stack[-1].indent > node.indent or (
        # The items of a list may stand as far left as its key.
        stack[-1].indent == node.indent and not (is_item and stack[-1].key)
    ):
        stack.pop()
    stack[-1].children.append(node)
    stack.append(node)
    return node


def read_value(text: str, place: int, node: Node) -> int:
    """Read the value behind a key or a dash, and the lines that it goes on for."""
    end = line_end(text, place)
    first = re.sub(r"(^|\s)#.*", "", text[place:end])
    if not first.strip():
        return end + 1
    node.start = place + len(first) - len(first.lstrip())
    node.end = place + len(first.rstrip())
    next_line = after(text, end + 1, node.indent, first.strip())
    if re.fullmatch(r"[|>][+-]?\d?", first.strip()):
        node.start, node.end = end + 1, max(end + 1, next_line - 1)
    elif next_line > end + 1:
        node.end = node.start + len(text[node.start : next_line].rstrip())
    node.value = text[node.start : node.end].strip()
    return next_line


def after(text: str, place: int, indent: int, value: str) -> int:
    """Return the first line that no longer belongs to a value: as far left as its key."""
    depth = value.count("[") - value.count("]") if value.startswith("[") else 0
    while place < len(text):
        end = line_end(text, place)
        line = text[place:end]
        is_deeper = len(line) - len(line.lstrip(" ")) > indent
        if line.strip() and not is_deeper and depth <= 0:
            break
        if value.startswith("["):
            if depth <= 0:
                break
            depth += line.count("[") - line.count("]")
        place = end + 1
    return min(place, len(text))


def line_end(text: str, place: int) -> int:
    """Return where a line ends."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end
