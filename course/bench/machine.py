"""The machine: which core does what, what a process has used, which versions run."""

import datetime
import os
import platform
import textwrap
import time
from importlib import metadata
from pathlib import Path

import redis

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
# The server has a core for itself, so that "per core" is what it says.
SERVER_CORE = set(CORES[:1]) if len(CORES) > 1 else set()
OUR_CORES = set(CORES[1:2])

PACKAGES = (
    "django channels channels-redis redis daphne twisted uvicorn uvloop websockets"
    " python-socketio waitress msgspec"
).split()


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process on some cores, where the system can do that; 0 is this one."""
    if cores:
        os.sched_setaffinity(pid, cores)


def cpu_of(pid: int) -> float | None:
    """Return the seconds of CPU that a process has used; None where nobody can say."""
    if not Path("/proc/self/stat").exists():
        return None
    # The clock that clock_getcpuclockid(3) names: all threads, to the nanosecond. The
    # figures of /proc/<pid>/stat come in hundredths of a second.
    return time.clock_gettime((~pid << 3) | 2)


def memory_of(pid: int) -> int | None:
    """Return the bytes of memory that a process holds; None where nobody can say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def threads_of(pid: int) -> int | None:
    """Return how many threads a process has; None where nobody can say."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return None


def cpu_of_all() -> float | None:
    """Return the seconds of CPU that everything has used on the cores we use."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return None
    ours = {f"cpu{core}" for core in (SERVER_CORE | OUR_CORES or CORES)}
    used = 0
    for name, *ticks in map(str.split, lines):
        if name in ours:
            user, nice, system, idle, waiting, interrupt, soft, *_ = map(int, ticks)
            used += user + nice + system + interrupt + soft
    return used / os.sysconf("SC_CLK_TCK")


def cpu_of_redis(database: redis.Redis) -> float | None:
    """Return the seconds of CPU that Redis has used; None for the stand-in."""
    try:
        info = database.info("cpu")
    except redis.ResponseError:  # it has no INFO
        return None
    return info["used_cpu_user"] + info["used_cpu_sys"]


def redis_version(database: redis.Redis) -> str:
    """Return the version of the Redis server, and its name if it isn't Redis itself.

    Valkey calls itself a Redis 7.2.4, for clients that look.
    """
    try:
        info = database.info("server")
    except redis.ResponseError:
        return "stand-in"
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return info["redis_version"]


def surroundings(database: redis.Redis) -> dict:
    """Return what the figures depend on: the machine, the day, every version."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    versions["redis-server"] = redis_version(database)
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.system(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "pinned": bool(SERVER_CORE),
        },
        "versions": versions,
    }


def in_words(surroundings: dict) -> str:
    """Return the same in a few lines."""
    where = surroundings["machine"]
    versions = [
        f"{name} {what}" for name, what in surroundings["versions"].items() if what
    ]
    return "\n".join(
        [
            f"{surroundings['date']}, {where['processor']}, {where['cores']} cores",
            textwrap.fill(", ".join(versions), 88),
        ]
    )


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
