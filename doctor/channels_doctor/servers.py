"""What a command line starts: which server, with which options, and which application."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from channels_doctor.edits import Edit
from channels_doctor.shell_words import Word

ASGI_SERVERS = {"daphne", "uvicorn", "hypercorn"}
WSGI_SERVERS = {"waitress", "uwsgi", "mod_wsgi-express"}
# These two are either, by an option.
SERVERS = {*ASGI_SERVERS, *WSGI_SERVERS, "gunicorn", "granian"}
MANAGE = {"runserver", "runworker"}

# Options without a value, as `--reload`; any other takes the next word.
FLAGS = {
    "daphne": {"--proxy-headers", "--no-server-name"},
    "uvicorn": {
        *("--reload", "--factory", "--use-colors", "--no-use-colors"),
        *("--proxy-headers", "--no-proxy-headers", "--access-log", "--no-access-log"),
        *("--server-header", "--no-server-header", "--reset-contextvars"),
        *("--date-header", "--no-date-header"),
    },
    "gunicorn": {
        *("--reload", "--preload", "--daemon", "-D", "-R", "--capture-output"),
        *("--enable-stdio-inheritance", "--check-config", "--print-config"),
        *("--no-sendfile", "--reuse-port", "--log-syslog", "--spew", "--initgroups"),
    },
    "hypercorn": {"--reload", "--debug"},
    "granian": {
        *("--reload", "--ws", "--no-ws", "--access-log", "--no-access-log"),
        *("--log", "--no-log", "--factory", "--no-factory", "--respawn-failed-workers"),
    },
    "runserver": {
        *("--noreload", "--insecure", "--nostatic", "--nothreading", "--ipv6", "-6"),
        *("--noasgi", "--force-color", "--no-color", "--skip-checks", "--traceback"),
    },
    "runworker": {"--force-color", "--no-color", "--skip-checks", "--traceback"},
}
RUNNERS = {"poetry", "uv", "pipenv", "pdm", "hatch", "rye"}
WRAPPERS = {
    *("exec", "nohup", "env", "command", "time", "tini", "dumb-init", "ddtrace-run"),
    *("opentelemetry-instrument", "honcho", "then", "else", "do", "if", "!", "{"),
}


@dataclass(frozen=True)
class StartCommand:
    """One command that starts a server or a worker, and where it's written."""

    file: str
    line: int
    words: tuple[
        Word, ...
    ]  # the server first, without `exec`, `poetry run`, `python -m`
    start: int = 0  # where the command begins in the file, `python -m` included
    form: str = "shell"  # how its words are written; or "json", or "yaml"
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    folder: str | None = (
        None  # where it runs: "" or "backend/"; None if it can't be known
    )
    platform: str = (
        ""  # procfile, docker, compose, systemd, supervisor, render, fly, railway
    )
    process: str = ""  # "web": what the file calls it
    is_container: bool = False
    is_development: bool = False

    @property
    def where(self) -> str:
        """The place, as findings name it."""
        return f"{self.file}:{self.line}"

    @property
    def server(self) -> str:
        """What's started: daphne, gunicorn, runserver, …; the program for anything else."""
        return program(self.words[0])

    @property
    def text(self) -> str:
        """The command, its words with a space between them."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def _parsed(self) -> tuple[dict[str, Word], list[Word]]:
        return parse_options(self.words[1:], FLAGS.get(self.server, set()))

    def option(self, *names: str) -> str | None:
        """Return the value of an option by any of its names; "" for a flag; None if not given."""
        word = self.option_word(*names)
        return None if word is None else word.text

    def option_word(self, *names: str) -> Word | None:
        """Return the value of an option as it's written; the last one counts."""
        found = [self._parsed[0][one] for one in names if one in self._parsed[0]]
        return max(found, key=lambda word: word.start, default=None)

    @property
    def arguments(self) -> list[Word]:
        """The words that aren't options, nor their values."""
        return self._parsed[1]

    @property
    def application_word(self) -> Word | None:
        """The word that names the application: `mysite.asgi:application`."""
        if self.server == "uwsgi":
            return self.option_word("--module", "-w", "--wsgi", "--wsgi-file")
        if self.server not in SERVERS:
            return None
        return self.arguments[0] if self.arguments else None

    @property
    def module(self) -> str:
        """The module of the application: "mysite.asgi"; "" if there's none."""
        return self.application_word.text.split(":")[0] if self.application_word else ""

    @property
    def attribute(self) -> str:
        """The name of the application in it: "application"; "" if it isn't named."""
        _, _, name = (self.application_word or Word("", 0, 0)).text.partition(":")
        return re.split(r"[.(]", name)[0]

    @property
    def speaks(self) -> str:
        """The interface: "asgi" or "wsgi"; "" if the words don't tell."""
        if self.server in ASGI_SERVERS:
            return self.option("--interface") == "wsgi" and "wsgi" or "asgi"
        if self.server == "granian":
            interface = self.option("--interface") or "rsgi"
            return "wsgi" if interface == "wsgi" else "asgi"
        return "wsgi" if self.server in WSGI_SERVERS else ""

    @property
    def last(self) -> Word:
        """Its last word."""
        return self.words[-1]

    def with_options(self, *options: str) -> Edit:
        """Insert options behind the server's name, in the way that its words are written."""
        return self.insert_after(self.words[0], *options)

    def insert_after(self, word: Word, *new: str, column: int = 0) -> Edit:
        """Insert words behind one of the command's words."""
        if self.form == "json":
            text = "".join(f', "{one}"' for one in new)
        elif self.form == "yaml":
            text = "".join(f"\n{' ' * column}- {quoted(one)}" for one in new)
        else:
            text = "".join(f" {one}" for one in new)
        return Edit(self.file, word.end, word.end, text)

    def changed(self, word: Word, new: str) -> Edit:
        """Write one of its words anew, in the quotes that it has."""
        extra = (word.end - word.start - len(word.text)) // 2
        return Edit(self.file, word.start + extra, word.end - extra, new)

    def instead(self, *new: str) -> Edit | None:
        """Write another command in its place; None where that's not one line's matter."""
        if self.form == "yaml":
            return None
        glue, one = (", ", '"{}"') if self.form == "json" else (" ", "{}")
        text = glue.join(one.format(word) for word in new)
        return Edit(self.file, self.start, self.last.end, text)


def quoted(word: str) -> str:
    """Return a word as an item of a YAML list."""
    return word if re.match(r"[\w./-]+$", word) and not word.isdigit() else f'"{word}"'


def program(word: Word) -> str:
    """Return what a word starts: "daphne" for "/srv/venv/bin/daphne"."""
    name = re.split(r"[/\\]", word.text)[-1].removesuffix(".exe")
    return "waitress" if name == "waitress-serve" else name


def parse_options(
    words: tuple[Word, ...], flags: set[str]
) -> tuple[dict[str, Word], list[Word]]:
    """Sort the words behind a program's name into options and arguments."""
    options: dict[str, Word] = {}
    arguments: list[Word] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.text.partition("=")
        if re.match(r"--\w", name) and has_value:
            options[name] = Word(value, word.end - len(value), word.end)
        elif re.match(r"-\w.", word.text) and not word.text.startswith("--"):  # -w4
            value = word.text[2:].removeprefix("=")
            options[word.text[:2]] = Word(value, word.end - len(value), word.end)
        elif re.match(r"--?\w", word.text):
            takes_none = word.text in flags or not rest
            options[word.text] = (
                Word("", word.end, word.end) if takes_none else rest.pop(0)
            )
        elif not re.match(r"\d?[<>]", word.text):
            arguments.append(word)
    return options, arguments


def unwrapped(words: list[Word]) -> tuple[dict[str, str], list[Word], int]:
    """Take `PORT=80 exec poetry run python -m` off a command.

    Return the environment that it sets, the words that are left, the server first, and
    where the command begins with its `python -m`.
    """
    environment: dict[str, str] = {}
    rest = list(words)
    while rest:
        found = re.match(r"([A-Za-z_]\w*)=(.*)$", rest[0].text, re.DOTALL)
        name = program(rest[0])
        if found:
            environment[found[1]] = found[2]
            rest = rest[1:]
        elif name in RUNNERS and len(rest) > 1 and rest[1].text == "run":
            rest = without_options(rest[2:])
        elif name in WRAPPERS:
            rest = without_options(rest[2:] if name == "honcho" else rest[1:])
        elif name == "newrelic-admin":
            rest = rest[2:]
        elif name == "sudo":
            rest = without_options(rest[1:], {"-u", "-g"})
        elif re.match(r"wait[-_]for[-\w]*(\.sh)?$", name):
            marks = [n for n, word in enumerate(rest) if word.text == "--"]
            rest = rest[marks[0] + 1 :] if marks else []
        else:
            break
    return environment, without_python(rest), rest[0].start if rest else 0


def without_options(
    words: list[Word], with_value: set[str] = frozenset()
) -> list[Word]:
    """Take off the options that a command begins with."""
    while words and words[0].text.startswith("-"):
        words = words[2 if words[0].text in with_value else 1 :]
    return words


def without_python(words: list[Word]) -> list[Word]:
    """Take `python -u -m` or `python manage.py` off; the module's or command's name is left."""
    if words and re.match(r"(python|py|pypy)[\d.]*$", program(words[0])):
        rest = words[1:]
        while rest and rest[0].text.startswith("-"):
            if rest[0].text == "-m":
                rest = rest[1:]
                break
            rest = rest[2 if rest[0].text in ("-X", "-W") else 1 :]
        words = rest
    if len(words) > 1 and program(words[0]) in ("manage.py", "django-admin", "django"):
        words = words[1:]
    return words
