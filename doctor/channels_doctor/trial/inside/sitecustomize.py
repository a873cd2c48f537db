"""Python runs this first: it closes the trial's doors.

It hides the packages that the project's requirements don't bring. The project then finds what
it would find on a new machine, although this Python has more. The names are in `hidden.json`,
beside this file.

And it refuses every connection to another machine, so that no mail service, error tracker or
production database hears of a trial.
"""

import importlib.machinery
import json
import pathlib
import socket
import sys

_file = pathlib.Path(__file__).with_name("hidden.json")
_hidden = frozenset(json.loads(_file.read_text("utf-8")) if _file.exists() else ())


class _OnlyWhatWasInstalled(importlib.machinery.PathFinder):
    """Finds modules as usual, but not the hidden ones."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if path is None and fullname in _hidden:
            return None
        return super().find_spec(fullname, path, target)


sys.meta_path = [
    _OnlyWhatWasInstalled if finder is importlib.machinery.PathFinder else finder
    for finder in sys.meta_path
]


_HERE = {"", "localhost", "0.0.0.0", "::", "::1", socket.gethostname()}


def _refuse_other_machines(event, arguments):
    """Raise OSError before a connection leaves this machine. Called for every audit event."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    host = host.decode("latin-1") if isinstance(host, bytes) else str(host or "")
    if host not in _HERE and not host.startswith(("127.", "::ffff:127.")):
        raise OSError(
            f"channels-doctor lets a trial connect to no other machine: {host}"
        )


sys.addaudithook(_refuse_other_machines)
