"""Server processes: started, watched, and ended without a trace."""

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from course.errors import CourseError

LONGEST_START = 60  # seconds; a busy laptop on its first run is slow
LONGEST_STOP = 5  # seconds of politeness, then the process is killed
LAST_LINES = 15


class Process:
    """A program that runs for as long as the `with` block, with its output in a file.

    `echo`, if given, is called with each line of the output as it comes.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        log: Path,
        env: dict[str, str] | None = None,
        echo: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.command = command
        self.folder = folder
        self.log = log
        self.env = os.environ | {"PYTHONUNBUFFERED": "1"} | (env or {})
        self.echo = echo

    def __enter__(self) -> "Process":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.popen = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **in_a_group_of_its_own(),
        )
        self.reader = threading.Thread(target=self.keep_output)
        self.reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def keep_output(self) -> None:
        """Write what the process prints into its log, until it ends."""
        with self.log.open("wb") as log:
            for line in self.popen.stdout:
                log.write(line)
                log.flush()
                if self.echo:
                    self.echo(line.decode("utf-8", "replace").rstrip())

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.popen.pid

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self.popen.poll() is not None

    def stop(self) -> None:
        """End the process and whatever it has started; ask first, then kill."""
        # Not if it has ended: its number may belong to somebody else by now.
        if not self.has_ended():
            end_group(self.popen, by_force=False)
        try:
            self.popen.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            end_group(self.popen, by_force=True)
            self.popen.wait()
        self.reader.join()
        self.popen.stdout.close()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once `ready()`; raise CourseError if the process dies before that."""
        give_up = time.monotonic() + LONGEST_START
        while not ready():
            if self.has_ended():
                self.reader.join(LONGEST_STOP)  # its last words may be on their way
                if ready():
                    return
                raise CourseError(self.obituary())
            if time.monotonic() > give_up:
                raise CourseError(
                    f"{self.name} did not start within {LONGEST_START} seconds.\n"
                    f"{self.last_lines()}"
                )
            time.sleep(0.05)

    def obituary(self) -> str:
        """Return how the process ended, with its last words."""
        self.popen.wait()
        self.reader.join(1)
        code = self.popen.returncode
        how = f"with code {code}" if code >= 0 else f"by signal {-code}"
        return f"{self.name} has stopped {how}. Its last lines:\n{self.last_lines()}"

    def last_lines(self) -> str:
        """Return the end of the log, indented, and where the whole of it is."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"    {line}" for line in [*lines, f"(log: {self.log})"])


def in_a_group_of_its_own() -> dict:
    """Return how to start a process that a Ctrl-C in the terminal does not reach.

    The tool ends its processes itself, each in its turn, and then all of a group.
    """
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_group(process: subprocess.Popen, *, by_force: bool) -> None:
    """Ask a process and its children to end, or kill them."""
    if os.name == "nt":
        command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL if by_force else signal.SIGTERM)


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal end the block cleanly.

    Ctrl-C too: a script's shell starts what it puts in the background deaf to SIGINT.
    """

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if os.name != "nt":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def not_interrupted() -> Iterator[None]:
    """Ignore a second Ctrl-C while the processes are being ended."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_listening(port: int) -> bool:
    """Tell whether something on this machine takes connections at a port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


# No system takes these for outgoing connections: one of those could have the port
# before the server that it was meant for.
SERVER_PORTS = range(20_000, 30_000)

given_ports = set()  # servers that start at the same time must not get the same one


# Limits a process to its share of the ports: 0/4 is the first of four. Processes that
# choose ports at the same time need this, because a port looks free until its server has
# started.
PART = "COURSE_PORTS_PART"
# Ports that are dealt out at a time: enough for the longest run of neighbours.
BLOCK = 125


def free_port(neighbours: int = 1, among: range = SERVER_PORTS) -> int:
    """Return the first of so many neighbouring ports that nothing uses.

    The same process never gets a port twice, unless it has had nearly all of them. With
    COURSE_PORTS_PART in the environment, it chooses only from its share.
    """
    firsts = own_part_of(among, neighbours)
    for tries in itertools.count(1):
        if tries % 1000 == 0:  # nearly all were given out; by now, most are free again
            given_ports.clear()
        first = random.choice(firsts)
        ports = set(range(first, first + neighbours))
        if given_ports.isdisjoint(ports) and all(map(is_free, ports)):
            given_ports.update(ports)
            return first


def own_part_of(among: range, neighbours: int) -> Sequence[int]:
    """Return the ports that this process may take as the first of its neighbours."""
    number, parts = map(int, os.environ.get(PART, "0/1").split("/"))
    if parts == 1:
        return among
    return [
        port
        for port in among
        if port // BLOCK % parts == number and port % BLOCK + neighbours <= BLOCK
    ]


def is_free(port: int) -> bool:
    """Tell whether a server can have a port."""
    if is_listening(port):
        return False
    with socket.socket() as server:
        if os.name != "nt":
            # As servers do: a connection that has just ended does not hold the port.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str:
    """Return who listens at a port, such as `pid 4242, python`; empty if unknown."""
    folder = process_at(port)
    with contextlib.suppress(OSError):
        if folder:
            return f"pid {folder.name}, {(folder / 'comm').read_text().strip()}"
    return ""


def process_at(port: int) -> Path | None:
    """Return the folder in /proc of the process that listens at a port; None if unknown.

    Only Linux tells without a program or package of its own.
    """
    inodes = listening_inodes(port)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with contextlib.suppress(OSError):  # it has just been closed
                    if os.readlink(descriptor) in inodes:
                        return folder
    return None


def listening_inodes(port: int) -> set[str]:
    """Return the sockets that listen at a port, as /proc names them."""
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                listening = fields[3] == "0A"
                if listening and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
