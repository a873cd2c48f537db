"""The pages of the course that explain a finding."""

import os

# Where `python3 -m course run lessons` serves them.
LOCAL = "http://127.0.0.1:8000/"


def url_of(page: str) -> str:
    """Return the URL of "errors/#no-daphne": on this machine, or on a published site."""
    base = os.environ.get("CHANNELS_DOCTOR_SITE") or LOCAL
    return f"{base.rstrip('/')}/{page}"
