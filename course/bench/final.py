"""Step 05 as a public server runs it, with a thousand people who have logged in."""

from pathlib import Path

from course import accounts, servers
from course.bench.contestants import Contestant, daphne, in_json, uvicorn

PEOPLE = 1000
ROOMS = 300

MAKE_ROOMS = f"""
from chat.models import Room
rooms = [f"bench{{n}}" for n in range({ROOMS})]
Room.objects.bulk_create([Room(name=name, slug=name) for name in rooms])
"""

PUBLIC = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEBUG": "0",
    "SECRET_KEY": "for-the-bench-only-and-as-long-as-a-real-one-must-be",
    "ORIGINS": "http://127.0.0.1:{port}",
    "REDIS_URL": "{redis}",
    # Each client speaks as fast as the server allows; the limits would be measured.
    "MESSAGES_PER_SECOND": "1000000",
    "SOCKETS_PER_PERSON": "100000",
}


def prepare(folder: Path, redis_url: str) -> list[Contestant]:
    """Return a copy of step 05 on Daphne and on uvicorn, with one database."""
    env = {key: value.format(port=0, redis=redis_url) for key, value in PUBLIC.items()}
    servers.manage(folder, env, "migrate", "--verbosity=0")
    servers.manage(folder, env, "shell", "--command", MAKE_ROOMS)
    names = [f"person{number}" for number in range(PEOPLE)]
    cookies = tuple(accounts.let_in(folder, env, names))
    application = "config.asgi:application"
    commands = {
        "daphne": daphne(application),
        # With the bounds that a public server needs, as deploy/ starts it.
        "uvicorn": uvicorn(application, "config.uvicorn_sockets:BoundedWebSocket"),
    }
    return [
        Contestant(
            f"05-{name}",
            command,
            folder,
            wrap=in_json(text="{}"),
            env=PUBLIC,
            welcome=b'"sync"',
            acks=True,
            cookies=cookies,
            database=folder / "db.sqlite3",
        )
        for name, command in commands.items()
    ]
