"""Which server process this is. Pages and messages say it, so that two can be told apart."""

import os


def server_label(port):
    """Return the label of this process, such as `8001 (pid 4242)`."""
    return f"{port} (pid {os.getpid()})"
