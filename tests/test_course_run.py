"""`course run`, as students and instructors use it."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from http.server import HTTPServer
from pathlib import Path

import httpx
import pytest
from conftest import copy_course

from course import docs, lessons
from course.errors import CourseError
from course.processes import PART, SERVER_PORTS, free_port, is_listening
from course.steps import ROOT

PATIENCE = 120  # seconds for everything to start, on a busy machine

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals are other things on Windows"
)


class Run:
    """A `course run` in a process of its own, and what it has printed so far."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "course", "run", "--no-browser", *arguments]
        self.lines = []
        self.printed = threading.Condition()
        self.popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # As a script's shell does to what it starts in the background.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        threading.Thread(target=self.read).start()

    def read(self) -> None:
        for line in self.popen.stdout:
            with self.printed:
                self.lines.append(line)
                self.printed.notify_all()
        with self.printed:
            self.lines.append("(the end)")
            self.printed.notify_all()
        self.popen.stdout.close()

    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, text: str) -> None:
        """Return once this was printed."""
        with self.printed:
            done = lambda: text in self.output() or "(the end)" in self.lines  # noqa: E731
            self.printed.wait_for(done, PATIENCE)
        assert text in self.output(), self.output()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_) -> None:
        self.popen.terminate()
        self.popen.wait(PATIENCE)
        with self.printed:
            self.printed.wait_for(lambda: "(the end)" in self.lines, PATIENCE)


@pytest.fixture
def six_ports():
    """The first of six neighbouring ports that nobody uses."""
    return free_port(6)


@pytest.mark.parametrize("parts", [2, 3, 4, 8])
def test_processes_that_choose_ports_at_the_same_time_get_different_ones(
    monkeypatch, parts
):
    """A port looks free until its server has started."""
    chosen = []
    for part in range(parts):
        monkeypatch.setenv(PART, f"{part}/{parts}")
        # Each process forgets what the others have been given.
        monkeypatch.setattr("course.processes.given_ports", set())
        firsts = [free_port(7) for _ in range(50)]
        firsts += [free_port(7, range(22_000, 24_000)) for _ in range(20)]
        chosen += {first + more for first in firsts for more in range(7)}
    assert len(chosen) == len(set(chosen))


def test_there_are_always_neighbouring_ports_for_a_class(monkeypatch):
    """However many single ports have been given away in between."""
    monkeypatch.setattr("course.processes.given_ports", {*SERVER_PORTS[::50]})
    monkeypatch.setenv(PART, "3/4")
    assert free_port(101) in SERVER_PORTS


@pytest.fixture
def quick_site(tmp_path, monkeypatch):
    """The folder of the site, and a quick stand-in for what builds it: one page."""
    site = tmp_path / "build" / "site"
    monkeypatch.setattr(lessons, "SITE", site)

    def built(folder, text="new"):
        folder.mkdir()
        (folder / "index.html").write_text(text)

    monkeypatch.setattr(docs, "build", built)
    return site, built


def test_the_lessons_stay_readable_while_they_are_rebuilt(quick_site, monkeypatch):
    """As when a class begins beside a `course run`."""
    site, built = quick_site
    lessons.build()  # on a new machine
    (site / "index.html").write_text("old")

    def built_twice(folder):
        built(folder, "the second")
        assert (site / "index.html").read_text() == "old"
        monkeypatch.setattr(docs, "build", built)
        lessons.build()  # somebody else is quicker
        assert (site / "index.html").read_text() == "new"

    monkeypatch.setattr(docs, "build", built_twice)
    lessons.build()
    assert (site / "index.html").read_text() == "the second"
    assert [*site.parent.iterdir()] == [site]


def test_two_builds_of_the_lessons_at_the_same_moment_both_succeed(
    quick_site, monkeypatch
):
    site, built = quick_site
    lessons.build()
    rename = Path.rename

    def meet(path, target):
        rename(path, target)
        if path == site:  # it has just been moved away, and here comes the other one
            monkeypatch.setattr(Path, "rename", rename)
            built(site, "theirs")

    monkeypatch.setattr(Path, "rename", meet)
    lessons.build()
    assert (site / "index.html").read_text() == "new"
    assert [*site.parent.iterdir()] == [site]


def test_a_build_that_cannot_replace_the_lessons_leaves_the_old_ones(
    quick_site, monkeypatch
):
    """As on Windows, while another program has a file of the new ones open."""
    site, _ = quick_site
    lessons.build()
    (site / "index.html").write_text("old")
    monkeypatch.setattr(lessons, "PATIENCE", 0.2)
    rename = Path.rename

    def refuse(path, target):
        if path.name == "new":
            raise PermissionError("Access is denied")
        rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(CourseError, match=r"Can't replace .* close it and try again"):
        lessons.build()
    assert (site / "index.html").read_text() == "old"
    assert [*site.parent.iterdir()] == [site]


def get(url: str, **more) -> httpx.Response:
    """Ask for a page, with patience: all servers start at once here."""
    return httpx.get(url, timeout=30, trust_env=False, **more)


def test_the_terminal_says_nothing_about_a_page_that_is_closed_while_it_loads(
    tmp_path, capsys
):
    (tmp_path / "large").write_bytes(bytes(20_000_000))  # more than any buffer holds
    handler = partial(lessons.Lessons, chats=b"", policy="", directory=str(tmp_path))
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        with lessons.serving_in_a_thread(server):
            with socket.create_connection(server.server_address) as page:
                page.sendall(b"GET /large HTTP/1.1\r\n\r\n")
                assert page.recv(12) == b"HTTP/1.0 200"
    assert capsys.readouterr().err == ""


def alive(pid: int) -> bool:
    """Tell whether a process is there, and no mere entry in the table."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]
    except FileNotFoundError:
        return False


def descendants(pid: int) -> set[int]:
    """Return the processes that a process has started, and those that they have."""
    found = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread may just have ended
            for child in map(int, path.read_text().split()):
                found |= {child} | descendants(child)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_serves_everything_and_leaves_nothing_behind(six_ports, number):
    with Run("--port", str(six_ports)) as run:
        run.wait_for("Ctrl-C stops everything")
        home = f"http://127.0.0.1:{six_ports}"
        assert "Real-time Django" in get(home).text
        chats = get(f"{home}/chats.json").json()["chats"]
        assert [chat["number"] for chat in chats] == ["01", "02", "03", "04", "05"]
        for chat in chats:
            (url,) = chat["urls"]
            assert url in run.output()
            page = get(url, follow_redirects=True)
            assert page.status_code == 200
        assert "let-me-chat" in chats[-1]["note"]
        children = descendants(run.popen.pid)
        assert sys.platform != "linux" or len(children) >= 5
        run.popen.send_signal(number)
        assert run.popen.wait(30) == 0
        run.wait_for("Everything has stopped.")
        assert "Traceback" not in run.output()
    assert not [pid for pid in children if alive(pid)]
    assert not any(map(is_listening, range(six_ports, six_ports + 6)))


def test_run_serves_one_step_on_two_servers_and_shows_what_they_print(six_ports):
    with Run("03", "--servers", "2", "--port", str(six_ports)) as run:
        run.wait_for("Ctrl-C stops everything")
        for port in (six_ports, six_ports + 1):
            url = f"http://127.0.0.1:{port}/chat/class/"
            assert f"{port} (pid " in get(url).text
            run.wait_for(f"{port} | ")
            run.wait_for("/chat/class/")


def test_a_server_that_dies_is_reported_and_the_others_go_on(six_ports):
    with Run("03", "--servers", "2", "--port", str(six_ports)) as run:
        run.wait_for("Ctrl-C stops everything")
        first, second = (
            f"http://127.0.0.1:{port}/chat/class/"
            for port in (six_ports, six_ports + 1)
        )
        page = get(first).text
        os.kill(int(re.search(r"\(pid (\d+)\)", page)[1]), signal.SIGKILL)
        run.wait_for(f"Step 03 at port {six_ports} has stopped by signal 9.")
        run.wait_for("Its last lines:")
        assert get(second).status_code == 200


def test_when_the_last_server_dies_run_ends_and_says_so(six_ports):
    with Run("01", "--port", str(six_ports)) as run:
        run.wait_for("Ctrl-C stops everything")
        url = f"http://127.0.0.1:{six_ports}/chat/class/"
        page = get(url).text
        os.kill(int(re.search(r"\(pid (\d+)\)", page)[1]), signal.SIGKILL)
        run.wait_for("All servers have stopped.")
        assert run.popen.wait(30) == 1


def test_the_lessons_alone_leave_the_ports_of_the_chats_to_others(six_ports):
    with Run("lessons", "--port", str(six_ports)) as run:
        run.wait_for("Ctrl-C stops everything")
        home = f"http://127.0.0.1:{six_ports}"
        assert "Real-time Django" in get(home).text
        assert get(f"{home}/chats.json").json() == {"chats": []}
        assert not any(is_listening(six_ports + number) for number in range(1, 6))
        run.popen.send_signal(signal.SIGINT)
        assert run.popen.wait(30) == 0
        run.wait_for("Everything has stopped.")


@pytest.mark.parametrize(
    "words",
    ["01 --threads 4", "02 --wsgi --threads 4", "03 --servers 2", "03", "lessons"],
)
def test_a_busy_port_is_named_with_the_same_words_for_another(six_ports, words):
    with Run("01", "--port", str(six_ports)) as first:
        first.wait_for("Ctrl-C stops everything")
        with Run(*words.split(), "--port", str(six_ports)) as second:
            second.wait_for(f"Port {six_ports} is busy")
            advice = f"Try: python3 -m course run {words} --port {six_ports + 100}"
            second.wait_for(advice)
            assert second.popen.wait(30) == 1
        if sys.platform == "linux":
            assert re.search(r"is busy \(pid \d+, \w+", second.output())


def test_a_server_that_cannot_start_shows_its_last_lines(tmp_path):
    copy = copy_course(tmp_path / "course")
    settings = copy / "steps/03-inmemory-layer/config/settings.py"
    settings.write_text(settings.read_text() + "\nthis is not Python\n")
    command = [sys.executable, "-m", "course", "run", "03", "--port", str(free_port())]
    result = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert result.returncode == 1
    assert "has stopped with code 1" in result.stderr
    assert "this is not Python" in result.stderr
