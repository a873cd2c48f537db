"""Where Redis is, in the form that channels-redis expects."""

from contextlib import suppress
from urllib.parse import urlsplit

REDIS_PATIENCE = {
    # Seconds. More than the 5 for which the layer itself waits; otherwise each quiet
    # socket is closed after 5 seconds.
    "socket_timeout": 15,
    "socket_connect_timeout": 3,
    "health_check_interval": 30,
}


def redis_hosts(urls, master):
    """Return the Redis servers at these URLs, or the master that these Sentinels watch."""
    if master:
        sentinels = sentinels_in(urls)
        return [{"sentinels": sentinels, "master_name": master, **REDIS_PATIENCE}]
    return [{"address": url, **REDIS_PATIENCE} for url in urls]


def sentinels_in(urls):
    """Return host and port of each; chat/checks.py reports the invalid ones."""
    found = []
    for url in urls:
        with suppress(ValueError):
            place = urlsplit(url)
            found.append((place.hostname, place.port or 26379))
    return found
