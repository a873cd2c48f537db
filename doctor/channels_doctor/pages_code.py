"""Reading pages and scripts: which parts are code, which are comments, which files are libraries.

Everything here keeps a text's length and its lines, so that each place in what is left is
the same place in the file.
"""

import re

# Kinds of files, by their names.
PAGES = r"(?<!\.d)\.(js|mjs|cjs|jsx|ts|mts|tsx|vue|svelte|html?)$"
MARKUP_PAGES = r"\.(html?|vue|svelte)$"
PAGE_TESTS = (
    r"\.(test|spec|cy|stories)\.\w+$"
    r"|(^|/)(__tests__|__mocks__|cypress|e2e|playwright|tests?|spec)/"
)
LIBRARIES = (
    r"[.-](min|bundle|chunk|umd|prod)\.[cm]?js$"
    r"|(^|/)assets/[\w.]+-(?=[\w-]*\d)[\w-]{4,10}\.js$"  # what Vite builds
    r"|\.(?=[0-9a-f]*\d)[0-9a-f]{8,20}\.js$"  # what webpack and collectstatic name
    r"|(^|/)(jquery|bootstrap|popper|htmx|vue|react|alpine|axios|lodash|socket\.io"
    r"|reconnecting-websocket|three|chart|d3|sockjs|angular|moment)"
    r"([.-](\d|slim|esm|global|full|common|runtime|cdn|core|ext)[\w.-]*)?\.js$"
)

# A library that nobody minified: its banner, the header for every module system, a map.
LIBRARY_TEXT = re.compile(
    r"/\*!|@license\b|typeof exports\s*={2,3}\s*['\"]object|\bdefine\.amd\b"
    r"|__webpack_require__|//# sourceMappingURL="
)
LONGEST_LINE = 3000  # characters; nobody writes such a line by hand

# Where something begins that has to be read to its end before a "//" means anything.
BEGINS = re.compile(r"//|/\*|['\"`/]")
STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
# A slash after one of these begins a regular expression; after anything else, it divides.
BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{;+~^]|\b(?:return|typeof|case|in|of))\s*$")
MARKUP_COMMENTS = re.compile(
    r"<!--.*?-->|\{#.*?#\}|\{% *comment\b.*?% *endcomment *%\}", re.DOTALL
)
SCRIPT = re.compile(
    r"<script\b([^>]*)>(.*?)(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
ATTRIBUTE = re.compile(r"[\w:@.-]+\s*=\s*(\"[^\"]*\"|'[^']*')")


def is_library(file: str, text: str) -> bool:
    """Tell a script that somebody else wrote, or that a tool built."""
    if not re.search(r"\.[cm]?js$", file, re.IGNORECASE):
        return False
    has_long_line = any(len(line) > LONGEST_LINE for line in text.splitlines())
    return has_long_line or bool(LIBRARY_TEXT.search(text))


def is_markup(file: str) -> bool:
    """Tell a page, where only some parts are a script."""
    return bool(re.search(MARKUP_PAGES, file, re.IGNORECASE))


def without_comments(file: str, text: str) -> str:
    """Blank the comments of a page or a script."""
    if not is_markup(file):
        return blank(text, script_comments(text, 0, len(text)))
    text = blank(text, [found.span() for found in MARKUP_COMMENTS.finditer(text)])
    spans = []
    for found in SCRIPT.finditer(text):
        spans += script_comments(text, *found.span(2))
    return blank(text, spans)


def only_scripts(file: str, text: str) -> str:
    """Blank everything in a page but its scripts and the values of attributes."""
    if not is_markup(file):
        return text
    kept, place = [], 0
    for found in SCRIPT.finditer(text):
        kept += [one.span(1) for one in ATTRIBUTE.finditer(text, place, found.start())]
        if "json" not in found[1] and "template" not in found[1]:
            kept.append(found.span(2))
        place = found.end()
    kept += [one.span(1) for one in ATTRIBUTE.finditer(text, place)]
    gaps, place = [], 0
    for start, end in kept:
        gaps.append((place, start))
        place = end
    return blank(text, [*gaps, (place, len(text))])


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """Put blanks in place of some parts of a text, which are in order; lines stay."""
    parts, place = [], 0
    for start, end in spans:
        parts += [text[place:start], re.sub(r"[^\n]", " ", text[start:end])]
        place = end
    return "".join([*parts, text[place:]])


def script_comments(text: str, place: int, end: int) -> list[tuple[int, int]]:
    """Return where the comments of a script are, not minding those in strings."""
    spans = []
    while found := BEGINS.search(text, place, end):
        start, place = found.start(), token_end(text, found.start(), end)
        if found[0] in ("//", "/*"):
            spans.append((start, place))
    return spans


def token_end(text: str, place: int, end: int) -> int:
    """Return where the comment, string, template or regular expression at a place ends."""
    if text.startswith("//", place):
        line = text.find("\n", place, end)
        return end if line < 0 else line
    if text.startswith("/*", place):
        close = text.find("*/", place + 2, end)
        return end if close < 0 else close + 2
    if text[place] == "`":
        return template_end(text, place, end)
    if text[place] == "/":
        is_regex = BEFORE_REGEX.search(text[max(0, place - 40) : place])
        found = REGEX.match(text, place, end) if is_regex else None
    else:
        found = STRING.match(text, place, end)
    return found.end() if found else place + 1  # an apostrophe in JSX, a division


def template_end(text: str, place: int, end: int) -> int:
    """Return where the template literal at a place ends."""
    place += 1
    while place < end:
        if text[place] == "\\":
            place += 2
        elif text[place] == "`":
            return place + 1
        elif text.startswith("${", place):
            place = closing(text, place + 1, end)
        else:
            place += 1
    return end


def closing(text: str, place: int, end: int | None = None) -> int:
    """Return the place after the bracket that closes the one at a place."""
    end = len(text) if end is None else end
    depth = 0
    while place < end:
        char = text[place]
        if char in "'\"`/":
            place = token_end(text, place, end)
            continue
        depth += (char in "([{") - (char in ")]}")
        place += 1
        if depth == 0:
            break
    return place
