"""The sockets that pages open, and the paths that these ask the server for."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels_doctor.page_functions import function_around, parameter_values
from channels_doctor.page_values import NAME, Page, Piece, Reader, rendered

OPENS = re.compile(
    r"\bnew\s+(?:(?:window|globalThis|self)\.)?(?:Reconnecting|Robust|Moz)?WebSocket\s*\("
    r"|\buseWebSocket\s*(?:<[^>()]*>)?\("
)
HTMX = re.compile(
    r"\bws-connect\s*=\s*([\"'])(.*?)\1|\bhx-ws\s*=\s*([\"'])connect:(.*?)\3"
)
LOCAL = r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]"

# What the name of something that varies tells about its text.
THIS_HOST = re.compile(r"\bloc(ation)?\.(host|hostname|port)\b|get_host|HTTP_HOST")
SCHEME = re.compile(r"protocol|scheme|^prot[oó]|^esquema|is_secure", re.IGNORECASE)
QUERY = re.compile(r"search|query|qs$|^params$", re.IGNORECASE)
WILD = re.compile(
    r"path|href|url|uri|base|endpoint|route|ro?uta|rota|caminho|ruta|prefix|suffix"
    r"|origin|api$",
    re.IGNORECASE,
)
SOME_PATH = re.compile(
    r"pathname|\.href|request\.path|absolute_ur|\{% *(url|static)|data-\w*url"
)
EXAMPLES = ("lobby", "1", "a-b", "12345678-1234-4123-8123-123456789abc")


@dataclass(frozen=True)
class Socket:
    """One socket that a page opens."""

    page: Page
    place: int  # where it's opened
    pieces: tuple[Piece, ...]  # of its URL

    @property
    def text(self) -> str:
        """Its URL, with a NUL for everything that varies."""
        return rendered(list(self.pieces))

    @property
    def where(self) -> str:
        """Return the place where it's opened."""
        return f"{self.page.file}:{self.page.line_of(self.place)}"

    def piece_at(self, number: int) -> tuple[Piece, int]:
        """Return the piece that a character of the text is from, and its place in it."""
        for piece in self.pieces:
            size = 1 if piece.varies else len(piece.text)
            if number < size:
                return piece, number
            number -= size
        return self.pieces[-1], len(self.pieces[-1].text)

    def where_of(self, number: int) -> str:
        """Return the file and line that a character of the text is from."""
        piece, inside = self.piece_at(number)
        page = piece.page
        return (
            f"{page.file}:{page.line_of(piece.start + (0 if piece.varies else inside))}"
        )


@dataclass(frozen=True)
class Address:
    """The path that a socket asks this server for."""

    socket: Socket
    start: int  # of it in the socket's text
    path: str  # from its first slash to before "?", with a NUL for what varies
    is_ours: bool  # the host is surely the one that the page is from
    may_have_more: bool  # something unknown may stand before it

    def examples(self) -> Iterator[str]:
        """Yield paths that it may stand for."""
        parts = self.path.split("\0")
        count = len(parts) - 1
        choices = (
            itertools.product(EXAMPLES, repeat=count)
            if count < 3
            else ((one,) * count for one in EXAMPLES)
        )
        for values in choices:
            pairs = zip(parts, (*values, ""), strict=True)
            yield "".join(part + value for part, value in pairs)


def sockets_of(pages: dict[str, Page]) -> Iterator[Socket]:
    """Yield every socket that a page opens, once for each URL that it's known to get."""
    texts = [page.text for page in pages.values() if "useWebSocket" in page.text]
    own_hook = re.compile(r"(function|const|let)\s+useWebSocket\b")
    has_own_hook = any(map(own_hook.search, texts))
    for page in pages.values():
        if "WebSocket" in page.text:
            for found in OPENS.finditer(page.script):
                if not (has_own_hook and "useWebSocket" in found[0]):
                    yield from with_parameters(socket_at(page, found))
        for found in HTMX.finditer(page.text) if "ws" in page.text else ():
            group = 2 if found[2] is not None else 4
            pieces = Reader(page).read_text(*found.span(group))
            yield Socket(page, found.start(), tuple(pieces))


def socket_at(page: Page, found: re.Match[str]) -> Socket:
    """Return the socket that a call opens."""
    return Socket(page, found.start(), tuple(Reader(page).value_at(found.end())))


def with_parameters(socket: Socket) -> Iterator[Socket]:
    """Yield the socket with what's given for a parameter of its function, call by call."""
    for number, piece in enumerate(socket.pieces):
        name = piece.text.split(" ")[0]
        if piece.varies and re.fullmatch(NAME, name):
            if function_around(piece.page, name, piece.start):
                values = list(parameter_values(piece.page, name, piece.start))
                before, after = socket.pieces[:number], socket.pieces[number + 1 :]
                for value in values:
                    if any(not one.varies for one in value):
                        pieces = (*before, *value, *after)
                        yield Socket(socket.page, socket.place, pieces)
                if values:
                    return
    yield socket


def address_of(socket: Socket, hosts: list[str]) -> Address | None:
    """Return the path that a socket asks this server for; None if that's unknown."""
    text = socket.text
    scheme = re.match(r"((ws|http)s?\0?|\0):/{2}|\0(?=\0)", text)
    start = scheme.end() if scheme else 0
    slash = text.find("/", start)
    host = text[start:slash] if slash >= 0 else text[start:]
    if slash < 0 and ("\0" in host or not scheme):
        return None
    if not scheme and host and "\0" not in host:
        return None  # relative to the page's own path
    slash = len(text) if slash < 0 else slash
    names = [socket.piece_at(n)[0].text for n in range(slash) if text[n] == "\0"]
    if host and "\0" not in host:
        plain = re.sub(r":\d+$", "", host)
        if not re.fullmatch(LOCAL, plain) and plain not in hosts:
            return None
    path = path_in(socket, slash)
    if path is None:
        return None
    hosts_known = all(THIS_HOST.search(name) or SCHEME.search(name) for name in names)
    is_relative = not scheme and not host
    is_ours = is_relative or ("\0" in host and hosts_known)
    return Address(socket, slash, path, is_ours, not hosts_known)


def path_in(socket: Socket, start: int) -> str | None:
    """Return the path that begins at a place of the text; None if it isn't known."""
    path = re.split(r"[?#]", socket.text[start:])[0]
    for number, char in enumerate(path):
        if char == "\0":
            name = socket.piece_at(start + number)[0].text
            is_last = number == len(path) - 1
            if is_last and QUERY.search(last_word(name)):
                return path[:-1]
            is_wild = WILD.search(last_word(name)) or SOME_PATH.search(name)
            if is_wild or path[number + 1 : number + 2] == "\0":
                return None
    return path or "/"


def last_word(source: str) -> str:
    """Return "room" for `this.$route.params.room`, and for a name with its value."""
    return re.split(r"[ (\[]", source.strip("{} \n"))[0].rpartition(".")[2]
