"""Start the whole course, and check that the lessons and the five chats answer.

python .github/smoke_run.py              the ports of the course, 8000 to 8005
python .github/smoke_run.py --port 9000  others

Needs only Python, on every system. The output of the course is in build/logs.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "build" / "logs" / "smoke-run.log"
FIRST_PORT = 8000
CHATS = 5
LONGEST_STOP = 30  # seconds

# Whatever proxy this machine uses for the internet: our servers aren't behind it.
without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> int:
    """Do it; return 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="the first port")
    parser.add_argument(
        "--within", type=int, default=300, metavar="SECONDS", help="the deadline"
    )
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="replace")  # a Windows console lacks some characters
    pages = [f"http://127.0.0.1:{options.port}/"]
    pages += [f"http://127.0.0.1:{options.port + n}/chat/" for n in range(1, CHATS + 1)]
    ports = range(options.port, options.port + CHATS + 1)

    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w", encoding="utf-8") as log:
        course = start(options.port, log)
        try:
            problems = wait_for(pages, course, options.within)
        finally:
            problems_of_the_end = stop(course)
    print(LOG.read_text("utf-8", "replace"))
    problems += problems_of_the_end
    problems += [f"port {port} still answers" for port in ports if is_open(port)]
    for problem in problems:
        print(f"PROBLEM: {problem}")
    if not problems:
        print("The lessons and the five chats answered, and everything has stopped.")
    return 1 if problems else 0


def start(port: int, log) -> subprocess.Popen:
    """Start `course run` in the background."""
    command = [sys.executable, "-m", "course", "run", "--no-browser"]
    command += ["--port", str(port)]
    env = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )


def wait_for(pages: list[str], course: subprocess.Popen, seconds: int) -> list[str]:
    """Return once every page answers; otherwise, return what is wrong."""
    give_up = time.monotonic() + seconds
    waiting = list(pages)
    while waiting:
        if course.poll() is not None:
            return [f"`course run` ended early, with code {course.returncode}"]
        if time.monotonic() > give_up:
            return [f"{page} didn't answer within {seconds} s" for page in waiting]
        time.sleep(0.5)
        for page in list(waiting):
            if answers(page):
                print(f"ok  {page}", flush=True)
                waiting.remove(page)
    return []


def answers(page: str) -> bool:
    """Tell whether a server shows a page."""
    try:
        with without_proxy.open(page, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def stop(course: subprocess.Popen) -> list[str]:
    """End the course; return what is wrong."""
    if course.poll() is not None:
        return []
    if os.name == "nt":
        # Windows has no SIGTERM, and Ctrl-C would reach the console of this script too.
        command = ["taskkill", "/T", "/F", "/PID", str(course.pid)]
        subprocess.run(command, capture_output=True)
        course.wait(LONGEST_STOP)
        return []
    course.send_signal(signal.SIGTERM)
    try:
        code = course.wait(LONGEST_STOP)
    except subprocess.TimeoutExpired:
        course.kill()
        course.wait()
        return [f"`course run` didn't stop within {LONGEST_STOP} s"]
    return [f"`course run` stopped with code {code}"] if code else []


def is_open(port: int) -> bool:
    """Tell whether something listens at a port, a moment after everything stopped."""
    for _ in range(20):
        with socket.socket() as client:
            client.settimeout(1)
            if client.connect_ex(("127.0.0.1", port)) != 0:
                return False
        time.sleep(0.25)
    return True


if __name__ == "__main__":
    sys.exit(main())
