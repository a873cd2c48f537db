"""The routes of a project's sockets, and which paths they take, as Channels decides it."""

import ast
import itertools
import re
from dataclasses import dataclass, field, replace
from functools import cached_property

# What each of Django's converters takes, and examples that tell it from the others.
CONVERTERS = {
    "int": ("[0-9]+", ("1", "42")),
    "path": (".+", ("lobby", "a/b")),
    "slug": ("[-a-zA-Z0-9_]+", ("lobby", "a-b", "1", "a_b")),
    "str": ("[^/]+", ("lobby", "1", "a-b", "caf\u00e9", "a b.c")),
    "uuid": (
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ("12345678-1234-4123-8123-123456789abc",),
    ),
}
# The same for what students write in a group of a regular expression.
WORDS = ("lobby", "1", "a_b", "caf\u00e9")
GROUPS = {
    r"\w+": WORDS,
    r"\d+": ("1", "42"),
    "[0-9]+": ("1", "42"),
    "[^/]+": (*WORDS, "a-b", "a b.c"),
    r"[-\w]+": (*WORDS, "a-b"),
    r"[\w-]+": (*WORDS, "a-b"),
    ".+": ("lobby", "a/b"),
    ".*": ("", "lobby", "a/b"),
}
CONVERTER = re.compile(r"<(?:(?P<kind>[^>:]+):)?(?P<name>[^>]+)>")


@dataclass(frozen=True, eq=False)
class Segment:
    """One path(…) or re_path(…): the text of its pattern, None if it's unknown."""

    call: ast.Call
    is_regex: bool
    text: str | None
    is_endpoint: bool  # not one that leads to another router

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What Django makes of it; None if that is unknown, or no regular expression."""
        text = self.text
        if text is not None and not self.is_regex:
            text = pattern_of(text, self.is_endpoint)
        try:
            return None if text is None else re.compile(text)
        except (re.error, OverflowError):
            return None

    def rest_of(self, path: str) -> str | None:
        """Return what this leaves of a path for a router inside; None if it doesn't fit."""
        if self.pattern is None:
            return None
        is_whole = self.is_endpoint and self.pattern.pattern.endswith("$")
        look = self.pattern.fullmatch if is_whole else self.pattern.search
        found = look(path)
        return path[found.end() :] if found else None

    @property
    def says_what_it_means(self) -> bool:
        """It isn't a regex for path(), or the other way round, and begins with no slash."""
        text = self.text or ""
        if re.match(r"\^?\\?/(?![?*{])", text):
            return False
        if self.is_regex:
            return not re.search(r"(?<!\?P)<\w+:\w+>", text)
        return not re.search(r"\(\?|^\^|\$$|\\", text)

    @cached_property
    def skeleton(self) -> str | None:
        """Its text with a NUL for each part that varies; None if there's more to it."""
        if self.text is None:
            return None
        if not self.is_regex:
            return CONVERTER.sub("\0", self.text)
        text = with_groups_as(self.text, "\0").removeprefix("^").removesuffix("$")
        text = re.sub(r"\\([/.-])", r"\1", text)
        return None if re.search(r"[\\^$*+?()\[\]{}|]", text) else text

    @cached_property
    def examples(self) -> list[str] | None:
        """Return what it takes, by examples; None if they can't be made."""
        text, skeleton = self.text or "", self.skeleton
        if skeleton is None or self.pattern is None:
            return None
        if self.is_regex:
            groups = [GROUPS.get(group) for group in groups_of(text)]
        else:
            groups = [
                CONVERTERS[one["kind"] or "str"][1] for one in CONVERTER.finditer(text)
            ]
        if None in groups:
            return None
        paths = []
        for values in itertools.product(*groups):
            pairs = zip(skeleton.split("\0"), (*values, ""), strict=True)
            paths.append("".join(part + value for part, value in pairs))
        if self.is_regex and self.is_endpoint and not text.endswith("$"):
            starts = [""] if text.startswith("^") else ["", "zz/"]
            paths = [
                s + path + end for s in starts for path in paths for end in ("", "zz")
            ]
        return paths

    @cached_property
    def loose(self) -> "Segment":
        """The same, with groups that take anything but a slash."""
        if self.text is None or not self.is_regex:
            return self
        text = with_groups_as(self.text, "([^/]+)")
        return Segment(self.call, True, text, self.is_endpoint)

    @property
    def names(self) -> set[str]:
        """The names under which the consumer gets what varies."""
        if self.pattern is not None:
            return set(self.pattern.groupindex)
        return set()


@dataclass(frozen=True, eq=False)
class Route:
    """One way to a consumer: the segments of its path, from the outermost router in."""

    segments: tuple[Segment, ...]
    target: ast.expr
    consumer: str  # its name
    consumer_file: str = ""  # "" if the class wasn't found
    defaults: frozenset[str] | None = frozenset()  # of path(…, …, {…}); None: unknown
    owner: ast.expr | None = None  # the list that it's written in
    root: ast.Call | None = None  # the outermost router; None if none uses it

    @property
    def call(self) -> ast.Call:
        """The path(…) that names the consumer."""
        return self.segments[-1].call

    @property
    def own_text(self) -> str:
        """The pattern of that path(…) alone."""
        return self.segments[-1].text or ""

    @property
    def text(self) -> str:
        """The whole pattern, as one would say it."""
        return "".join(segment.text or "…" for segment in self.segments)

    @property
    def start(self) -> str:
        """What stands before the first thing that varies."""
        return re.split(r"[<(\\\[$…]", self.text.lstrip("^"))[0]

    @property
    def is_known(self) -> bool:
        """Every part of its pattern can be read."""
        return all(segment.pattern is not None for segment in self.segments)

    def fits(self, path: str) -> bool:
        """Tell whether Channels takes this route for this path."""
        rest: str | None = path
        for segment in self.segments:
            rest = segment.rest_of(rest.lstrip("/"))
            if rest is None:
                return False
        return True

    @cached_property
    def loose(self) -> "Route":
        """The same, with groups that take anything but a slash."""
        return replace(self, segments=tuple(one.loose for one in self.segments))

    def examples(self) -> list[str] | None:
        """Return paths that it takes, enough to tell it from other routes; None if unknown."""
        paths = [""]
        for segment in self.segments:
            more = segment.examples
            if more is None:
                return None
            paths = [path + one for path in paths for one in more]
        return paths

    @property
    def skeleton(self) -> str | None:
        """Its path with a NUL for each part that varies; None if there's more to it."""
        parts = [segment.skeleton for segment in self.segments]
        return None if None in parts else "".join(parts)

    @property
    def names(self) -> set[str]:
        """What it hands to the consumer as kwargs."""
        names = set().union(*(segment.names for segment in self.segments))
        return names | (self.defaults or set())


@dataclass
class Routing:
    """All routes that the application uses."""

    routes: list[Route] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)  # also those to other routers
    nested: list[Segment] = field(default_factory=list)  # those alone
    hidden: list[Segment] = field(default_factory=list)  # with a middleware between
    lists: list[tuple[ast.AST, ast.expr]] = field(
        default_factory=list
    )  # list in a list
    includes: list[ast.Call] = field(default_factory=list)
    is_complete: bool = True  # there are no others
    has_router: bool = False

    @property
    def is_clear(self) -> bool:
        """All is known, and no route has a fault that its text alone shows."""
        is_plain = all(segment.says_what_it_means for segment in self.segments)
        ends = [one for one in self.nested if "$" in (one.text or "")]
        hidden = [one for one in self.hidden if not one.is_regex]
        return self.is_complete and is_plain and not ends and not hidden


def pattern_of(route: str, is_endpoint: bool) -> str | None:
    """Return the regular expression that Django makes of a path(…), if it's known."""
    parts, place = ["^"], 0
    for found in CONVERTER.finditer(route):
        kind = found["kind"] or "str"
        if kind not in CONVERTERS or not found["name"].isidentifier():
            return None
        parts.append(re.escape(route[place : found.start()]))
        parts.append(f"(?P<{found['name']}>{CONVERTERS[kind][0]})")
        place = found.end()
    parts.append(re.escape(route[place:]))
    return "".join(parts) + (r"\Z" if is_endpoint else "")


def with_groups_as(pattern: str, new: str) -> str:
    """Return a regular expression with something else for each group that captures."""
    parts, place = [], 0
    while place < len(pattern):
        end = place + 1
        if pattern[place] == "\\":
            end = place + 2
        elif pattern[place] == "[":
            end = class_end(pattern, place)
        elif pattern[place] == "(" and re.match(r"\((\?P<|(?!\?))", pattern[place:]):
            end = group_end(pattern, place)
            parts.append(new)
            place = end
            continue
        parts.append(pattern[place:end])
        place = end
    return "".join(parts)


def groups_of(pattern: str) -> list[str]:
    """Return what stands in each group that captures."""
    marked = with_groups_as(pattern, "\0").split("\0")
    groups, place = [], 0
    for part in marked[:-1]:
        start = place + len(part)
        place = group_end(pattern, start)
        groups.append(re.sub(r"^\?P<\w+>", "", pattern[start + 1 : place - 1]))
    return groups


def class_end(pattern: str, place: int) -> int:
    """Return where a [class of characters] ends."""
    found = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]").match(pattern, place)
    return found.end() if found else place + 1


def group_end(pattern: str, place: int) -> int:
    """Return where a (group) ends."""
    depth = 0
    while place < len(pattern):
        char = pattern[place]
        depth += (char == "(") - (char == ")")
        if char == "\\":
            place += 2
        elif char == "[":
            place = class_end(pattern, place)
        else:
            place += 1
        if depth == 0:
            break
    return place
