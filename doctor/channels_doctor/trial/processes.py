"""Programs that are started for a trial, and ended with it, children and all."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.1"
LONGEST_START = 30  # seconds until a server listens
LONGEST_STOP = 5  # seconds to end when asked; then it's killed


def run_to_end(
    command: list[str], folder: Path, env: dict[str, str], seconds: float
) -> tuple[int | None, str]:
    """Run a program; return its code and what it printed. None: it had to be ended."""
    with start(command, folder, env, subprocess.PIPE) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            end(process)
            output, _ = process.communicate()
            code = None
        except BaseException:
            end(process)
            raise
    return code, output.decode("utf-8", "replace")


def start(
    command: list[str], folder: Path, env: dict[str, str], output: object
) -> subprocess.Popen:
    """Start a program in a group of its own, so that a Ctrl-C reaches only us."""
    options: dict = {"start_new_session": True}
    if os.name == "nt":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        **options,
    )


def end(process: subprocess.Popen) -> None:
    """End a program and its children: ask first, then kill."""
    if process.poll() is None:
        signal_group(process, by_force=False)
        try:
            process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            pass
    signal_group(process, by_force=True)  # children may outlive it
    process.wait()


def signal_group(process: subprocess.Popen, *, by_force: bool) -> None:
    """Ask a program and its children to end, or kill them."""
    if os.name == "nt":
        if process.poll() is None:
            command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(command, capture_output=True)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL if by_force else signal.SIGTERM)


class Server:
    """A server that runs for as long as the `with` block, with its output in a file."""

    def __init__(
        self,
        command: list[str],
        folder: Path,
        env: dict[str, str],
        log: Path,
        port: int,
    ) -> None:
        self.command = command
        self.folder = folder
        self.env = env
        self.log = log
        self.port = port

    def __enter__(self) -> "Server":
        with self.log.open("wb") as log:
            self.process = start(self.command, self.folder, self.env, log)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end(self.process)

    @property
    def has_ended(self) -> bool:
        """It is no longer running."""
        return self.process.poll() is not None

    def wait_for_port(self) -> bool:
        """Wait until it takes connections; tell whether it does."""
        return wait_until(
            lambda: is_listening(self.port), LONGEST_START, lambda: self.has_ended
        )

    def output(self, since: int = 0) -> str:
        """Return what it has printed, from a byte on."""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode("utf-8", "replace")

    @property
    def size(self) -> int:
        """How many bytes it has printed."""
        return self.log.stat().st_size


def wait_until(
    ready: Callable[[], bool],
    seconds: float,
    is_over: Callable[[], bool] = lambda: False,
) -> bool:
    """Poll until something is so; tell whether it is. Gives up early if all is over."""
    give_up = time.monotonic() + seconds
    while not ready():
        if is_over() or time.monotonic() > give_up:
            return ready()
        time.sleep(0.05)
    return True


def is_listening(port: int) -> bool:
    """Tell whether something on this machine takes connections at a port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """Return a port that nothing uses at the moment."""
    with socket.socket() as server:
        server.bind((HOST, 0))
        return server.getsockname()[1]


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as Ctrl-C does: with a clean-up."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    names = ("SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    try:
        before = {number: signal.signal(number, stop) for number in numbers}
    except ValueError:  # not in the main thread: only there are signals handled
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
