"""The label of this server process, shown on pages and messages to tell servers apart."""

import os


def server_label(port):
    """Return this process's label, such as `8001 (pid 4242)`."""
    return f"{port} (pid {os.getpid()})"
