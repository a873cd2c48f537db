"""One thing that runs in a class: started, killed, paused, again and again."""

import os
import subprocess
import threading
from collections.abc import Callable

import psutil

from course.errors import CourseError
from course.processes import Process, end_group
from course.servers import HOST

LONGEST_DEATH = 5  # seconds


class Unit:
    """A server process with a name. Any thread may call any method.

    `make()` prepares it and returns its process, not yet started; `is_ready()` tells
    whether it answers. `state` is "stopped", "starting", "up", "paused", or "ended",
    which means killed or crashed.
    """

    def __init__(
        self,
        name: str,
        title: str,
        port: int,
        make: Callable[[], Process],
        is_ready: Callable[[], bool],
        path: str = "/",
        scheme: str = "http",
    ) -> None:
        self.name = name
        self.title = title
        self.port = port
        self.make = make
        self.is_ready = is_ready
        self.url = f"{scheme}://{HOST}:{port}{path}"
        self.process = None
        self.is_starting = self.is_paused = self.is_closing = False
        self.lock = threading.RLock()

    @property
    def state(self) -> str:
        """What it is doing; asks nobody, so it's quick."""
        process = self.process
        if self.is_starting:
            return "starting"
        if process is None:
            return "stopped"
        if process.has_ended():
            return "ended"
        return "paused" if self.is_paused else "up"

    @property
    def is_running(self) -> bool:
        """Tell whether there is a process, paused or not."""
        return self.state in {"up", "paused"}

    def start(self) -> None:
        """Start it, unless it runs; return when it answers."""
        with self.lock:
            if self.is_running:
                return
            self.forget()
            self.is_starting = True
            try:
                process = self.make()
                process.__enter__()
                self.process = process
                process.wait_until(self.ready_or_closing)
            except BaseException:
                if self.process and not self.process.has_ended():
                    self.forget()
                raise
            finally:
                self.is_starting = False

    def ready_or_closing(self) -> bool:
        """Tell whether it answers; at the end of the class, don't wait for that."""
        if self.is_closing:
            raise CourseError(f"{self.title}: the class has ended.")
        return self.is_ready()

    def stop(self) -> None:
        """Ask it to end, then kill it."""
        with self.lock:
            self.forget()

    def close(self) -> None:
        """End it for good: the class is over."""
        self.is_closing = True
        self.stop()

    def forget(self) -> None:
        """End what runs, and close its log."""
        if process := self.process:
            if self.is_paused:
                self.signal("resume")  # a paused process takes no signal but this one
            process.stop()
            self.process = None

    def kill(self) -> None:
        """End it at once, as a crash or a power cut does."""
        process = self.running()
        end_group(process.popen, by_force=True)
        try:
            process.popen.wait(LONGEST_DEATH)
        except subprocess.TimeoutExpired:
            raise CourseError(f"{self.title} could not be killed.") from None
        self.is_paused = False

    def pause(self) -> None:
        """Let it stand still: its connections stay open, and nothing answers."""
        with self.lock:
            self.running()
            self.signal("suspend")
            self.is_paused = True

    def resume(self) -> None:
        """Let it go on."""
        with self.lock:
            self.running()
            self.signal("resume")

    def restart(self) -> None:
        """Stop and start it: every connection is dropped."""
        with self.lock:
            self.stop()
            self.start()

    def running(self) -> Process:
        """Return its process; raise CourseError if it doesn't run."""
        process = self.process
        if process is None or process.has_ended():
            raise CourseError(f"{self.title} is not running. Start it first.")
        return process

    def signal(self, what: str) -> None:
        """Suspend or resume its process and what that has started."""
        # On Windows too: psutil suspends each thread.
        try:
            process = psutil.Process(self.process.pid)
            for one in [process, *process.children(recursive=True)]:
                getattr(one, what)()
        except psutil.NoSuchProcess:
            pass  # it has ended meanwhile, and its state says so
        except psutil.AccessDenied:
            raise CourseError(
                f"{os.name} does not let us {what} {self.title}."
            ) from None
        self.is_paused = what == "suspend"

    def described(self) -> dict:
        """Return what the desk shows."""
        return {
            "name": self.name,
            "title": self.title,
            "port": self.port,
            "url": self.url,
            "state": self.state,
        }
