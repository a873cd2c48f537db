"""The name of this server process, shown on pages and in messages to tell two apart."""

import os


def server_label(port):
    """Return the label of this process, such as `8001 (pid 4242)`."""
    return f"{port} (pid {os.getpid()})"
