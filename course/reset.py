"""`course reset`: delete what was typed and stored in the steps, and maybe undo changes.

Nothing is deleted before a person has read what, and has said yes. The exercises, the
notebooks and the progress are never touched.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from course import last_commit, redis_server
from course.asking import confirm
from course.errors import CourseError
from course.exercise.copies import WORK, shown
from course.last_commit import DELETED, ChangedFile
from course.processes import process_at
from course.servers import HOST, without_proxy
from course.steps import FIRST_PORT, LOGS, Step, find_step, load_steps

DATABASES = ("db.sqlite3", "test.sqlite3")
OF_SQLITE = ("", "-wal", "-shm", "-journal")
UPLOADS = "media"  # where Django's own documentation puts them
USUAL_PORTS = range(FIRST_PORT, FIRST_PORT + 21)
MOST_LOGS = 200  # the newest logs say at which other ports a server may run
PREFIX = (
    "from django.conf import settings;"
    "config = settings.CHANNEL_LAYERS['default']['CONFIG'];"
    "print(config.get('prefix', 'asgi'))"
)


@dataclass(frozen=True)
class Keys:
    """What a step has stored in one database of a Redis."""

    step: Step
    url: str
    prefix: str
    count: int

    def __str__(self) -> str:
        """Return how many keys there are, and where."""
        what = "1 key" if self.count == 1 else f"{self.count:,} keys"
        return f"{what} in database {int(self.step.number)} of the {place_of(self.url)}"


@dataclass
class Findings:
    """What `reset` would delete or undo, and what it leaves alone, with the reasons."""

    stored: list[Path] = field(default_factory=list)
    keys: list[Keys] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    code: list[ChangedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not (self.stored or self.keys or self.logs or self.code)


def reset(name: str | None, *, code: bool, yes: bool) -> int:
    """Clear one step, or all of them and the logs; with `code`, undo changes too."""
    steps = [find_step(name)] if name else load_steps()
    if code:
        last_commit.require_history()
    refuse_while_running(
        steps, [*([steps[0].number] if name else []), *["--code"] * code]
    )
    found = Findings()
    for step in steps:
        found.stored += stored_in(step.path)
    find_keys(steps, found)
    if name is None:
        found.logs = logs_of_the_past()
    if code:
        found.code = last_commit.changed_files(steps)
    if "DATABASE_URL" in os.environ and any(step.number == "05" for step in steps):
        found.notes.append("The database in DATABASE_URL is left alone.")
    if found.is_empty:
        print("\n".join([*found.notes, "There is nothing to reset."]))
        return 0
    say(found)
    confirm(question_about(found), yes)
    carry_out(steps, found)
    return 0


# ---- What there is ----------------------------------------------------------------------


def stored_in(folder: Path) -> list[Path]:
    """Return the databases of a step, and the folder of uploaded files."""
    names = [f"{name}{end}" for name in DATABASES for end in OF_SQLITE]
    paths = [folder / name for name in (*names, UPLOADS)]
    return [path for path in paths if path.exists() or path.is_symlink()]


def logs_of_the_past() -> list[Path]:
    """Return the logs of servers that no longer run."""
    logs = [path for path in sorted(LOGS.glob("*")) if path.is_file()]
    return [path for path in logs if not is_taken(port_of(path))]


def port_of(log: Path) -> int | None:
    """Return the port in the name of a log, such as `03-8003.log`; None if there is none."""
    found = re.search(r"-(\d{4,5})\.log$", log.name)
    return int(found[1]) if found else None


def is_taken(port: int | None) -> bool:
    """Tell whether a program has a port, without connecting to it.

    On Windows, to connect to a port that is free takes a second or two.
    """
    if port is None or port > 65535:
        return False
    with socket.socket() as server:
        if os.name != "nt":
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return True
    return False


# ---- What runs --------------------------------------------------------------------------


def refuse_while_running(steps: list[Step], words: list[str]) -> None:
    """Raise CourseError if one of the steps is served: its server has the files open."""
    running = sorted(running_servers(steps))
    if not running:
        return
    lines = [f"  step {number} at port {port}" for number, port in running]
    raise CourseError(
        "These servers are running, and use what would be deleted:\n"
        + "\n".join(lines)
        + "\nStop them first, with Ctrl-C in the terminal where you started them. Then:"
        f" {' '.join(['python3 -m course reset', *words])}"
    )


def running_servers(steps: list[Step]) -> list[tuple[str, int]]:
    """Return the servers of these steps that run: number of the step, and port."""
    logs = sorted(LOGS.glob("0?-*.log"), key=lambda log: log.stat().st_mtime)
    ports = {*USUAL_PORTS, *map(port_of, logs[-MOST_LOGS:])}
    taken = sorted(filter(is_taken, ports))
    with ThreadPoolExecutor(8) as threads:
        owners = threads.map(lambda port: step_at(port, steps), taken)
        return [
            (step.number, port)
            for port, step in zip(taken, owners, strict=True)
            if step
        ]


def step_at(port: int, steps: list[Step]) -> Step | None:
    """Return which of these steps is served at a port; None if it's something else."""
    if folder := process_at(port):
        with contextlib.suppress(OSError):
            at = Path(os.readlink(folder / "cwd"))
            return next((step for step in steps if step.path == at), None)
    # Not on Linux: each page of a step begins its title with the step's number.
    title = title_at(f"http://{HOST}:{port}/chat/")
    for step in steps:
        if re.search(rf"· {step.number} ", title):
            return step
        if title == NO_ANSWER and step.port == port:  # a server that was paused
            return step
    return None


NO_ANSWER = "no answer"


def title_at(url: str) -> str:
    """Return the title of a page, "" if there is none, or NO_ANSWER."""
    try:
        with without_proxy.open(url, timeout=3) as response:
            page = response.read(65536).decode("utf-8", "replace")
    except TimeoutError:
        return NO_ANSWER
    except (urllib.error.URLError, OSError, ValueError):
        return ""
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


# ---- Redis ------------------------------------------------------------------------------


def find_keys(steps: list[Step], found: Findings) -> None:
    """Add what these steps have stored in a Redis, or why that is left alone."""
    using = [step for step in steps if "redis" in step.needs]
    with contextlib.suppress(ModuleNotFoundError):  # nothing is installed: nothing ran
        import redis

        for url in urls_of_redis() if using else []:
            for step in using:
                try:
                    find_keys_at(
                        step, redis_server.database(url, int(step.number)), found
                    )
                except (redis.RedisError, ValueError) as problem:
                    found.notes.append(f"The {place_of(url)} is left alone: {problem}")
                    break


def urls_of_redis() -> Iterator[str]:
    """Yield where the Redis in REDIS_URL is, or else every one that we have started."""
    if urls := os.environ.get("REDIS_URL", "").split():
        for url in urls:
            redis_server.check_form(url)
        yield from urls
        return
    for log in sorted(LOGS.glob("redis-*.log")):
        if is_taken(port := port_of(log)) and is_ours(port, log):
            yield f"redis://{HOST}:{port}"


def is_ours(port: int, log: Path) -> bool:
    """Tell whether the Redis at a port is the one that has written this log."""
    import redis

    with client_of(f"redis://{HOST}:{port}") as client:
        try:
            number = client.info("server")["process_id"]
        except redis.ResponseError:  # the stand-in has no INFO
            return True
        except redis.RedisError:
            return False
    return (
        re.search(rf"^{number}:", log.read_text("utf-8", "replace"), re.M) is not None
    )


def find_keys_at(step: Step, url: str, found: Findings) -> None:
    """Add what a step has stored in one database of a Redis."""
    with client_of(url) as client:
        client.ping()
        prefix = prefix_of(step)
        if prefix is None:
            found.notes.append(
                f"What step {step.number} stores in Redis is left alone, because its"
                " settings cannot be read. It expires within a day."
            )
            return
        count = sum(1 for _ in client.scan_iter(pattern(prefix), count=1000))
        others = others_at(client, int(step.number))
        if count and (others or others is None and not is_here(url)):
            found.notes.append(
                f"Database {int(step.number)} of the {place_of(url)} is left alone, because"
                " other programs use it now, maybe other people's."
            )
        elif count:
            found.keys.append(Keys(step, url, prefix, count))


def others_at(client: "redis.Redis", number: int) -> int | None:  # noqa: F821
    """Return how many other programs use a database of a Redis; None if it can't tell."""
    import redis

    try:
        mine = client.client_id()
        return sum(
            int(one["db"]) == number and int(one["id"]) != mine
            for one in client.client_list()
        )
    except redis.ResponseError:
        return None


def prefix_of(step: Step) -> str | None:
    """Return the beginning of every key of a step, as its settings say; None if unknown."""
    result = subprocess.run(
        [sys.executable, "-c", PREFIX],
        cwd=step.path,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return result.stdout.strip() or None if result.returncode == 0 else None


def client_of(url: str) -> "redis.Redis":  # noqa: F821
    """Return a client that gives up soon."""
    import redis

    return redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=5)


def pattern(prefix: str) -> str:
    """Return the pattern of all keys that begin with a prefix."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", prefix) + "*"


def place_of(url: str) -> str:
    """Return a Redis as a sentence names it, without a password."""
    host, port, _ = redis_server.read(url)
    return f"Redis at {host}:{port}"


def is_here(url: str) -> bool:
    """Tell whether a Redis is on this machine."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


# ---- Saying it and doing it -------------------------------------------------------------


def say(found: Findings) -> None:
    """Print what would be deleted, with sizes, and what would be undone."""
    rows = [(shown(path), size(bytes_in(path))) for path in found.stored]
    if found.logs:
        total = sum(map(bytes_in, found.logs))
        number = len(found.logs)
        what = "1 log" if number == 1 else f"{number} logs"
        rows.append((f"{shown(LOGS)}: {what}", size(total)))
    lines = []
    if rows or found.keys:
        width = max((len(what) for what, _ in rows), default=0)
        lines = ["This will be deleted:"]
        lines += [f"  {what:{width}}  {how_much:>8}" for what, how_much in rows]
        lines += [f"  {keys}" for keys in found.keys]
    if found.code:
        lines += ["", f"The code goes back to {last_commit.described()}. Your changes:"]
        lines += [f"  {file.how:7}  {shown(file.path)}" for file in found.code]
    print("\n".join([*lines, *found.notes]).lstrip("\n"))


def question_about(found: Findings) -> str:
    """Return what to ask before it is done."""
    if not found.code:
        return "Delete it?"
    has_data = bool(found.stored or found.keys or found.logs)
    what = "Delete this, and undo your changes?" if has_data else "Undo your changes?"
    if all(file.how == DELETED for file in found.code):
        return what
    return f"{what} The changes are copied to {shown(WORK)}/before-reset-… first."


def carry_out(steps: list[Step], found: Findings) -> None:
    """Delete what was found, undo the changes, and say what to do next."""
    if found.code:
        aside = last_commit.put_aside(found.code, WORK)
        last_commit.restore(steps, found.code)
        if aside:
            print(f"Your changes are in {shown(aside)}.")
    for path in [*found.stored, *found.logs]:
        delete(path)
    for keys in found.keys:
        delete_keys(keys)
    which = f"Step {steps[0].number} is" if len(steps) == 1 else "All steps are"
    words = f" {steps[0].number}" if len(steps) == 1 else ""
    print(f"{which} as at the start. Next: python3 -m course run{words}")


def delete(path: Path) -> None:
    """Delete a file or a folder; raise CourseError if another program has it open."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as problem:
        raise CourseError(
            f"{shown(path)} cannot be deleted: {problem.strerror}.\nClose the programs"
            " that use it, such as a server or a database browser, and try again."
        ) from None


def delete_keys(keys: Keys) -> None:
    """Delete what a step has stored in Redis: never anything of somebody else's."""
    import redis

    try:
        with client_of(keys.url) as client:
            for key in list(client.scan_iter(pattern(keys.prefix), count=1000)):
                client.delete(key)
    except redis.RedisError as problem:
        raise CourseError(f"The {place_of(keys.url)} has failed: {problem}") from None


def bytes_in(path: Path) -> int:
    """Return the size of a file, or of all files in a folder."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(one.lstat().st_size for one in path.rglob("*") if one.is_file())


def size(number: int) -> str:
    """Return a number of bytes as people write it, such as `212 KB`."""
    for unit in ("bytes", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
