"""The same project, written by another person: changes that keep what a project does.

Each variant takes the files of a small project and writes them differently: other names, another
layout, aliased imports, split settings, comments, line endings. What the doctor finds must stay the
same, or a finding depends on one spelling.
"""

import ast
import io
import random
import re
import tokenize
from collections.abc import Callable
from pathlib import PurePosixPath

Files = dict[str, bytes]
Variant = Callable[[Files, random.Random], tuple[Files, Callable[[str], str]]]


def same(file: str) -> str:
    """Say that a file keeps its name."""
    return file


def python_of(files: Files) -> dict[str, tuple[str, ast.Module]]:
    """Return the modules that are plain UTF-8 and parse: name, text and tree."""
    found = {}
    for file, data in files.items():
        if file.endswith(".py") and not data.startswith(b"\xef\xbb\xbf"):
            try:
                text = data.decode()
                found[file] = text, ast.parse(text)
            except (UnicodeDecodeError, SyntaxError, ValueError):
                continue
    return found


def each_module(change: Callable[[str, ast.Module, random.Random], str]) -> Variant:
    """Make a variant that changes one module after the other."""

    def variant(files: Files, chance: random.Random):
        changed = dict(files)
        for file, (text, tree) in python_of(files).items():
            if "migrations/" not in file:
                changed[file] = change(text, tree, chance).encode()
        return changed, same

    variant.__name__ = change.__name__
    variant.__doc__ = change.__doc__
    return variant


def rename(words: dict[str, str]) -> Variant:
    """Make a variant that gives other names, in files, folders and texts."""

    def of(text: str) -> str:
        for old, new in words.items():
            text = re.sub(rf"(?<![A-Za-z0-9]){old}(?![A-Za-z0-9])", new, text)
        return text

    def variant(files: Files, chance: random.Random):
        changed = {}
        for file, data in files.items():
            try:
                changed[of(file)] = of(data.decode()).encode()
            except UnicodeDecodeError:
                changed[of(file)] = data
        return changed, of

    return variant


def the_package_has_another_name(files: Files, chance: random.Random):
    """Call the package of the settings and the app differently."""
    package = chance.choice(["config", "projeto", "core_site"])
    return rename({"mysite": package})(files, chance)


def the_consumer_has_another_name(files: Files, chance: random.Random):
    """Call the consumer in another language."""
    name = chance.choice(["SalaConsumer", "SalaDeChat", "Room"])
    return rename({"ChatConsumer": name})(files, chance)


@each_module
def as_a_machine_would_write_it(text: str, tree: ast.Module, chance: random.Random):
    """Write it without comments, in one style: single quotes, long lines."""
    if "# doctor:" in text or "# noqa" in text:
        return text
    return ast.unparse(tree) + "\n"


@each_module
def with_comments(text: str, tree: ast.Module, chance: random.Random):
    """Put comments and empty lines between the statements."""
    lines = text.splitlines(keepends=True)
    places = sorted({node.lineno for node in statements(tree)}, reverse=True)
    for number in places:
        line = lines[number - 1]
        if chance.random() < 0.5 and starts_a_statement(lines, number):
            indent = line[: len(line) - len(line.lstrip())]
            lines.insert(number - 1, f"{indent}# TODO: look at this (see the docs)\n")
    return "".join(lines)


def statements(tree: ast.Module):
    """Yield every statement but the first of each body, which a docstring may be."""
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                yield from (one for one in body[1:] if not decorated(one))


def decorated(node: ast.stmt) -> bool:
    """Tell whether a decorator stands above the statement's own line."""
    return bool(getattr(node, "decorator_list", None))


def starts_a_statement(lines: list[str], number: int) -> bool:
    """Tell whether a line begins a statement that isn't an `elif`, an `else` or after `;`."""
    line = lines[number - 1].lstrip()
    return (
        not line.startswith(("elif", "else", "except", "finally")) and ";" not in line
    )


@each_module
def with_docstrings(text: str, tree: ast.Module, chance: random.Random):
    """Give each function without one a docstring."""
    lines = text.splitlines(keepends=True)
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and ast.get_docstring(node) is None
        and node.body[0].lineno > node.lineno
        and not decorated(node.body[0])
    ]
    for node in sorted(functions, key=lambda one: one.body[0].lineno, reverse=True):
        first = node.body[0].lineno
        line = lines[first - 1]
        indent = line[: len(line) - len(line.lstrip())]
        lines.insert(first - 1, f'{indent}"""Handle it: say `no` or "yes"."""\n')
    return "".join(lines)


@each_module
def in_the_other_quotes(text: str, tree: ast.Module, chance: random.Random):
    """Write 'text' where "text" is written."""
    tokens = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind, word = token.type, token.string
        if kind == tokenize.STRING and re.fullmatch(r'"[^"\'\\]*"', word):
            word = f"'{word[1:-1]}'"
        tokens.append((kind, word, token.start, token.end, token.line))
    return tokenize.untokenize(tokens)


ALIASES = {
    "path": "rota",
    "re_path": "rota_re",
    "async_to_sync": "a2s",
    "get_channel_layer": "layer_of",
    "database_sync_to_async": "db",
    "sync_to_async": "s2a",
    "AsyncWebsocketConsumer": "BaseConsumer",
    "AsyncJsonWebsocketConsumer": "JsonConsumer",
    "WebsocketConsumer": "SyncBase",
    "JsonWebsocketConsumer": "SyncJson",
    "ProtocolTypeRouter": "Protocols",
    "URLRouter": "Urls",
    "get_asgi_application": "django_app_of",
    "AllowedHostsOriginValidator": "Origins",
    "render": "page",
}


@each_module
def with_aliased_imports(text: str, tree: ast.Module, chance: random.Random):
    """Import under another name: `from django.urls import path as rota`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            outside = node.module.split(".")[0] in ("channels", "django", "asgiref")
            names = (
                {one.name for one in node.names if one.asname is None}
                if outside
                else ()
            )
            for name in sorted(set(ALIASES) & set(names)):
                text = alias(text, name, ALIASES[name])
    return text


def alias(text: str, name: str, other: str) -> str:
    """Give a name that is imported another one, wherever it's used in the module."""
    used = re.sub(rf"(?<![\w.\"'`]){name}(?![\w\"'`])", other, text)
    return re.sub(
        rf"(?m)^((?:from [\w.]+ import [^\n]*|[ \t]+(?=\w+,?$)))\b{other}\b",
        rf"\1{name} as {other}",
        used,
    )


MODULES = {
    "asgiref.sync",
    "channels.db",
    "channels.generic.websocket",
    "channels.layers",
    "django.shortcuts",
}


@each_module
def through_their_modules(text: str, tree: ast.Module, chance: random.Random):
    """Import the module, and write its name before each use: layers.get_channel_layer()."""
    lines = text.splitlines(keepends=True)
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and node.module in MODULES
        and node.lineno == node.end_lineno
        and not any(one.asname for one in node.names)
    ]
    short = {}
    for node in imports:
        head, _, last = node.module.rpartition(".")
        lines[node.lineno - 1] = f"from {head} import {last} as {last}_module\n"
        short |= {one.name: f"{last}_module.{one.name}" for one in node.names}
    text = "".join(lines)
    for name, path in short.items():
        text = re.sub(rf"(?<![\w.\"'`]){name}(?![\w\"'`])", path, text)
    return text


def in_a_folder_below(files: Files, chance: random.Random):
    """Keep the whole project in `backend/`, with a README above it."""
    top = chance.choice(["backend", "src", "my chat"])
    moved = {f"{top}/{file}": data for file, data in files.items()}
    return moved, lambda file: f"{top}/{file}"


def in_several_settings_files(files: Files, chance: random.Random):
    """Split settings.py into a package: base, and one that imports it with a star."""
    name = "mysite/settings.py"
    if name not in files or b"import *" in files[name]:
        return files, same
    text = (
        files[name]
        .decode("utf-8", "replace")
        .replace(".parent.parent", ".parent.parent.parent")
    )
    changed = {file: data for file, data in files.items() if file != name}
    changed["mysite/settings/base.py"] = text.encode()
    changed["mysite/settings/__init__.py"] = b"from .base import *  # noqa: F403\n"
    return changed, lambda file: "mysite/settings/base.py" if file == name else file


def the_routes_grow(files: Files, chance: random.Random):
    """Begin with an empty list of routes, and add to it."""
    changed = dict(files)
    for file, data in files.items():
        if file.endswith("routing.py"):
            changed[file] = re.sub(
                rb"(?m)^(websocket_urlpatterns) = \[", rb"\1 = []\n\1 += [", data
            )
    return changed, same


def from_windows(files: Files, chance: random.Random):
    """End each line with CR and LF."""
    changed = {}
    for file, data in files.items():
        is_text = PurePosixPath(file).suffix in (
            ".py",
            ".html",
            ".js",
            ".txt",
            ".md",
            ".yml",
        )
        is_plain = is_text and b"\r" not in data and b"\0" not in data
        changed[file] = data.replace(b"\n", b"\r\n") if is_plain else data
    return changed, same


def with_a_mark_in_front(files: Files, chance: random.Random):
    """Save the Python and the pages with a byte order mark, as Notepad did."""
    changed = {}
    for file, data in files.items():
        is_text = file.endswith((".py", ".html", ".js"))
        is_utf8 = is_text and not data.startswith((b"\xef", b"\xff", b"\xfe"))
        changed[file] = b"\xef\xbb\xbf" + data if is_utf8 and data else data
    return changed, same


def beside_other_apps(files: Files, chance: random.Random):
    """Have another app, tests, a folder of packages and notes in the same project."""
    more = {
        "blog/__init__.py": b"",
        "blog/views.py": b"from django.http import HttpResponse\n\n\n"
        b"def index(request):\n    return HttpResponse('the blog')\n",
        "node_modules/left-pad/index.js": b"socket = new WebSocket('ws://x/nowhere');\n",
        "docs/notes.md": b"# Notes\n\nNothing to install here.\n",
        "chat/tests/__init__.py": b"",
        "chat/tests/test_room.py": b"def test_room():\n    assert undefined_name\n",
        ".venv/pyvenv.cfg": b"home = /usr/bin\n",
        ".venv/lib/site.py": b"def broken(:\n",
    }
    # What the project has itself wins.
    return {**more, **files}, same


def with_a_base_class(files: Files, chance: random.Random):
    """Let the consumer build on a mixin of the project's own."""
    changed = dict(files)
    for file, (text, tree) in python_of(files).items():
        for node in tree.body:
            is_one = isinstance(node, ast.ClassDef) and node.name.endswith("Consumer")
            if is_one and node.bases and not node.decorator_list:
                head = f"class {node.name}("
                text = text.replace(
                    head, f"class Named:\n    label = 'a room'\n\n\n{head}Named, ", 1
                )
                changed[file] = text.encode()
                break
    return changed, same


VARIANTS: list[Variant] = [
    the_package_has_another_name,
    the_consumer_has_another_name,
    as_a_machine_would_write_it,
    with_comments,
    with_docstrings,
    in_the_other_quotes,
    with_aliased_imports,
    through_their_modules,
    in_a_folder_below,
    in_several_settings_files,
    the_routes_grow,
    from_windows,
    with_a_mark_in_front,
    beside_other_apps,
    with_a_base_class,
]
# In this order: what parses Python comes before what changes its bytes, and names before places.
ORDER = {
    variant: number
    for number, variant in enumerate(
        [
            as_a_machine_would_write_it,
            with_aliased_imports,
            through_their_modules,
            with_a_base_class,
            in_the_other_quotes,
            with_docstrings,
            with_comments,
            the_routes_grow,
            in_several_settings_files,
            beside_other_apps,
            the_consumer_has_another_name,
            the_package_has_another_name,
            in_a_folder_below,
            from_windows,
            with_a_mark_in_front,
        ]
    )
}


def several(chance: random.Random) -> list[Variant]:
    """Choose two to five changes, in an order in which they don't hinder each other."""
    return sorted(chance.sample(VARIANTS, chance.randint(2, 5)), key=ORDER.__getitem__)
