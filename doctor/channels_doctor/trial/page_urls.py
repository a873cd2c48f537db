"""The paths of the sockets that a project's pages open, with a 1 for what varies."""

import re
from collections.abc import Iterator

from channels_doctor.page_sockets import address_of
from channels_doctor.project import Project


def paths_opened(project: Project) -> Iterator[tuple[str, str]]:
    """Yield each path that is known, without its first slash, and the place in the page."""
    for socket in project.sockets:
        address = address_of(socket, [])
        if address and not address.may_have_more:
            path = address.path.lstrip("/").replace("\0", "1")
            if re.search("[a-z]", path):
                yield path, socket.where_of(address.start)
