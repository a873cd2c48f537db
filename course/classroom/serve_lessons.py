"""The lessons for a room: built, then served on this machine and at the class's address.

    python -m course.classroom.serve_lessons 8000 127.0.0.1 192.168.1.20

Their start page lists the five chats, at the address by which the page was asked for.
"""

import contextlib
import functools
import http.server
import json
import sys
import threading

from course import lessons
from course.classroom.parent import end_with_parent
from course.policy import policy_of
from course.steps import FIRST_PORT, load_steps


def chats_at(host: str, shift: int) -> bytes:
    """Return the chats as the start page reads them: /chats.json."""
    chats = [
        {
            "number": step.number,
            "title": step.title,
            "note": "",
            "urls": [f"http://{host}:{step.port + shift}/chat/"],
        }
        for step in load_steps()
    ]
    return json.dumps({"chats": chats}).encode()


class Lessons(lessons.Lessons):
    """Serves the pages of one server; it knows its own host."""

    def do_GET(self) -> None:
        """Answer one request."""
        host, port = self.server.server_address
        self.chats = chats_at(host, port - FIRST_PORT)
        super().do_GET()


class Server(http.server.ThreadingHTTPServer):
    """A server for a class that opens the same page at the same moment."""

    request_queue_size = 128


def main(port: int, hosts: list[str]) -> None:
    """Build the lessons, and serve them until the process is ended."""
    end_with_parent()
    lessons.build()
    handler = functools.partial(
        Lessons,
        chats=b"",
        policy=policy_of(lessons.SITE),
        directory=str(lessons.SITE),
    )
    with contextlib.ExitStack() as stack:
        for host in hosts:
            server = Server((host, port), handler)
            stack.enter_context(server)
            stack.enter_context(lessons.serving_in_a_thread(server))
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
