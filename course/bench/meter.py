"""What a run costs: the CPU of the server, of Redis and of ourselves, and memory."""

import time
from dataclasses import dataclass

import redis

from course.bench import machine
from course.bench.crowd import Crowd

MOST_GENERATOR = 80  # percent; beyond that, it is we who are measured


@dataclass
class Reading:
    """All counters at one moment."""

    at: float
    server: float | None
    redis: float | None
    ours: float
    machine: float | None
    deliveries: int
    frames: int
    bytes: int
    requests: int
    complete: int


class Meter:
    """Reads the counters of a server, of Redis and of the people in the room."""

    def __init__(
        self, pids: list[int], database: redis.Redis | None, crowd: Crowd
    ) -> None:
        self.pids = pids
        self.database = database
        self.crowd = crowd

    def read(self) -> Reading:
        """Return all counters, as they are now."""
        used = [machine.cpu_of(pid) for pid in self.pids]
        through_redis = None
        if self.database:
            through_redis = machine.cpu_of_redis(self.database)
        crowd = self.crowd
        return Reading(
            at=time.perf_counter(),
            server=None if None in used else sum(used),
            redis=through_redis,
            ours=time.process_time(),
            machine=machine.cpu_of_all(),
            deliveries=crowd.deliveries,
            frames=crowd.frames,
            bytes=crowd.bytes,
            requests=crowd.requests,
            complete=crowd.complete,
        )

    def memory(self) -> int | None:
        """Return the bytes of memory that the server processes hold."""
        held = [machine.memory_of(pid) for pid in self.pids]
        return None if None in held else sum(held)


def figures(before: Reading, after: Reading) -> dict:
    """Return what happened between two readings; None for what nobody can say."""

    def grown(name: str) -> float | None:
        first, last = getattr(before, name), getattr(after, name)
        return None if first is None or last is None else last - first

    seconds, deliveries, messages = map(grown, ("at", "deliveries", "complete"))

    def each(name: str, count: int = deliveries, unit: float = 1) -> float | None:
        total = grown(name)
        return total * unit / count if total is not None and count else None

    ours = each("ours", seconds, unit=100)
    everybody, server = each("machine", seconds, 100), each("server", seconds, 100)
    foreign = None
    if everybody is not None:
        known = server + ours + (each("redis", seconds, 100) or 0)
        foreign = max(0.0, everybody - known)
    return {
        "seconds": seconds,
        "deliveries_per_s": deliveries / seconds,
        "messages_per_s": messages / seconds,
        "server_us_per_delivery": each("server", unit=1e6),
        "server_us_per_message": each("server", messages, unit=1e6),
        "server_percent": server,
        "frames_per_delivery": each("frames"),
        "bytes_per_delivery": each("bytes"),
        "requests_per_delivery": each("requests"),
        "redis_us_per_delivery": each("redis", unit=1e6),
        "redis_us_per_message": each("redis", messages, unit=1e6),
        "generator_percent": ours,
        "foreign_percent": foreign,
        "valid": ours <= MOST_GENERATOR,
    }
