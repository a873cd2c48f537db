"""The pages of the course that explain a finding."""

import os

# Where `python3 -m course run lessons` serves them.
LOCAL = "http://127.0.0.1:8000/"


# Pages that are a folder's; every other one is a file of its own.
FOLDERS = ("lessons/05-final", "notebooks", "playground", "teaching")


def url_of(page: str) -> str:
    """Return the URL of "errors/#no-daphne": on this machine, or on a published site."""
    base = os.environ.get("CHANNELS_DOCTOR_SITE") or LOCAL
    path, mark, anchor = page.partition("#")
    name = path.rstrip("/")
    if name in FOLDERS:
        name += "/"
    elif name:
        name += ".html"
    return f"{base.rstrip('/')}/{name}{mark}{anchor}"
