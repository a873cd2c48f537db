"""Changes to the path of a URL that a page puts together from pieces."""

import re

from channels_doctor.edits import Edit
from channels_doctor.page_sockets import Address
from channels_doctor.page_values import Piece
from channels_doctor.project import Project
from channels_doctor.routes import Route


def path_edits(project: Project, address: Address, route: Route) -> list[Edit]:
    """Return the edits that make a path fit a route; none if that isn't clear."""
    target = route.skeleton
    if target is None:
        return []
    old, new = address.path.split("\0"), ("/" + target).split("\0")
    if len(old) != len(new) or (address.may_have_more and old[0] != new[0]):
        return []
    edits, number = [], address.start
    for count, (before, after) in enumerate(zip(old, new, strict=True)):
        if before != after:
            edit = chunk_edit(
                project, address, number, before, after, is_first=not count
            )
            if edit is None:
                return []
            edits.append(edit)
        number += len(before) + 1
    return edits


def chunk_edit(
    project: Project, address: Address, number: int, old: str, new: str, is_first: bool
) -> Edit | None:
    """Return the edit that changes the text between two things that vary."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    gone, more = old[start : len(old) - end], new[start : len(new) - end]
    socket = address.socket
    place = number + start
    if not gone and place and (start or not is_first):  # it goes behind what's there
        piece, inside = socket.piece_at(place - 1)
        return behind(project, piece, inside, more)
    pieces = {socket.piece_at(place + count)[0] for count in range(len(gone))}
    piece, inside = socket.piece_at(place)
    if len(pieces) > 1 or piece.varies:
        return None
    if piece.end - piece.start != len(piece.text) or not is_in_file(project, piece):
        return None
    first = piece.start + inside
    return Edit(piece.page.file, first, first + len(gone), more)


def behind(project: Project, piece: Piece, inside: int, more: str) -> Edit | None:
    """Return the edit that writes a text behind a character of a URL."""
    if not is_in_file(project, piece):
        return None
    file, text = piece.page.file, piece.page.text
    if not piece.varies:
        place = piece.start + inside + 1
        return Edit(file, place, place, more)
    after = re.compile(r"\s*\}").match(text, piece.end)
    if piece.text.startswith(("{{", "{%")):  # inside a text that Django fills in
        return Edit(file, piece.end, piece.end, more)
    if after and not piece.text.startswith("{"):  # ${room}
        return Edit(file, after.end(), after.end(), more)
    following = re.compile(r"\s*\+\s*(['\"`])").match(text, piece.end)
    if following:  # room + "?since=4"
        return Edit(file, following.end(), following.end(), more)
    quote = (
        '"' if text.rfind('"', 0, piece.end) > text.rfind("'", 0, piece.end) else "'"
    )
    return Edit(file, piece.end, piece.end, f" + {quote}{more}{quote}")


def is_in_file(project: Project, piece: Piece) -> bool:
    """Tell whether a piece's place is the same in the file itself."""
    source = project.sources.get(piece.page.file)
    part = slice(piece.start, piece.end)
    return source is not None and source.text[part] == piece.page.text[part]
