"""The paths of the sockets that a project's pages open, with a 1 for what varies."""

import re
from collections.abc import Iterator

from channels_doctor.project import Project


def paths_opened(project: Project) -> Iterator[tuple[str, str]]:
    """Yield each path that is known, without its first slash, and the place in the page."""
    if not hasattr(project, "sockets"):
        yield from paths_in_addresses(project)
        return
    from channels_doctor.page_sockets import address_of

    for socket in project.sockets:
        address = address_of(socket, [])
        if address and not address.may_have_more:
            path = address.path.lstrip("/").replace("\0", "1")
            if re.search("[a-z]", path):
                yield path, socket.where_of(address.start)


def paths_in_addresses(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the same, from the expressions in `new WebSocket(…)`."""
    from channels_doctor.checks.routes_and_addresses import addresses, example_of

    for address, where in addresses(project):
        if re.search("pathname|href", address):  # as the page's own
            continue
        text = re.split(r"[?#]", example_of(address))[0]
        if "://" in text:
            text = text.rpartition("://")[2]  # of "wss://" and "ws://", one is taken
        found = re.match(r"[^/]*/(.*)", text)
        if found and re.search("[a-z]", found[1]):
            yield found[1], where
