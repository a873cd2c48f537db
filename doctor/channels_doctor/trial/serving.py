"""Starting the project's server, and opening everything as its visitors do."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels_doctor.reading import README
from channels_doctor.trial import talking
from channels_doctor.trial.conversations import MOST_SOCKETS, Conversation
from channels_doctor.trial.places import Place
from channels_doctor.trial.processes import HOST, Server, free_port, wait_until
from channels_doctor.trial.report import Step
from channels_doctor.trial.tracebacks import Failure, find_failure
from channels_doctor.trial.visits import (
    LONGEST_VISITS,
    MOST_PAGES,
    Visitor,
)

if TYPE_CHECKING:
    from channels_doctor.trial.running import Trial

BY_HAND = r"\b(daphne|uvicorn|hypercorn)\b[^\n]*\basgi\b"
OTHER_SERVERS = ("uvicorn", "hypercorn", "granian")
HTTP_ONLY = (
    "Django's runserver speaks no WebSocket; daphne's does, once INSTALLED_APPS has it."
)
LONGEST_GOODBYE = 2  # seconds until an error of disconnect() is in the log
Command = Callable[[int], list[str]]  # for a port


@dataclass
class Found:
    """What the probe knows about the running project."""

    pages: list[Place]
    sockets: list[Place]
    apps: list[str]
    login: str
    servers: list[str]


class Serving:
    """One or two servers, one after the other, and what they answer."""

    def __init__(self, trial: "Trial", found: Found) -> None:
        self.trial = trial
        self.project = trial.project
        self.found = found
        self.python = trial.environment.python

    def run(self, can_import: bool) -> None:
        """Start the project as it's meant to be started, and open everything."""
        found = self.found
        has_daphne = any(app.split(".")[0] == "daphne" for app in found.apps)
        servers = found.servers if can_import else []
        if has_daphne or not found.sockets:
            self.visit(*self.runserver(), found.pages, found.sockets)
        elif servers and self.is_started_by_hand:
            self.visit(*self.asgi_server(servers[0]), found.pages, found.sockets)
        else:
            self.visit(*self.runserver(), found.pages, found.sockets[:1], HTTP_ONLY)
            if servers:
                self.visit(*self.asgi_server(servers[0]), [], found.sockets)

    @property
    def is_started_by_hand(self) -> bool:
        """Whether people start it with an ASGI server, not with `runserver`."""
        notes = " ".join(text for _, text in self.project.texts_of(README))
        by_hand = re.search(BY_HAND, notes) and "runserver" not in notes
        return bool(by_hand) or any(map(self.project.needs_for, OTHER_SERVERS))

    def runserver(self) -> tuple[str, Command]:
        """Return the name of Django's own server, and the command for a port."""
        words = [self.python, "manage.py", "runserver", "--noreload"]
        return "manage.py runserver", lambda port: [*words, f"{HOST}:{port}"]

    def asgi_server(self, server: str) -> tuple[str, Command]:
        """Return the name of an ASGI server with its argument, and the command for a port."""
        application = ":".join(self.project.asgi_setting)
        options = {
            "daphne": lambda port: ["-b", HOST, "-p", str(port)],
            "uvicorn": lambda port: ["--host", HOST, "--port", str(port)],
            "hypercorn": lambda port: ["-b", f"{HOST}:{port}"],
        }[server]
        start = [self.python, "-m", server]
        return f"{server} {application}", lambda port: [
            *start,
            *options(port),
            application,
        ]

    def visit(
        self,
        title: str,
        command: Command,
        pages: list[Place],
        sockets: list[Place],
        why_no_sockets: str = "",
    ) -> None:
        """Start a server, open everything, end it."""
        trial = self.trial
        trial.say(f"{title} …")
        port, variables, log = (
            free_port(),
            trial.environment.variables,
            trial.temp / "log",
        )
        with Server(command(port), trial.top, variables, log, port) as server:
            if not server.wait_for_port():
                failure = trial.failure(server.output())
                trial.add("start", "wrong", f"{title} doesn't start:", failure)
                return
            trial.add("start", "ok", f"{title} starts.")
            visitor = Visitor(
                server,
                trial.copy,
                self.found.login,
                trial.other_database,
                why_no_sockets,
            )
            self.visit_all(visitor, pages, sockets)
            self.tell_other_errors(visitor, sockets)

    def visit_all(
        self, visitor: Visitor, pages: list[Place], sockets: list[Place]
    ) -> None:
        """Open pages and sockets as a stranger, then again those that need a login."""
        sockets = [one for one in sockets if not one.takes_all]
        if len(pages) > MOST_PAGES or len(sockets) > MOST_SOCKETS:
            what = f"Of many pages and sockets, only {MOST_PAGES} and {MOST_SOCKETS} are opened."
            self.trial.add("limit", "note", what)
        pages, sockets = pages[:MOST_PAGES], sockets[:MOST_SOCKETS]
        steps = {place: visitor.open_page(place) for place in pages}
        talks = {place: self.talk(visitor, place) for place in sockets}
        again = [place for place in pages if visitor.needs_login(steps[place])]
        closed = [p for p, step in talks.items() if step and step.outcome == "unknown"]
        if closed or again:
            self.let_in(visitor, [*again, *closed])
            steps |= {p: visitor.open_page(p) or steps[p] for p in again}
            talks |= {p: self.talk(visitor, p) or talks[p] for p in closed}
        if visitor.is_late:
            what = f"After {LONGEST_VISITS} seconds, no more pages were opened."
            self.trial.add("limit", "note", what)
        self.trial.report.steps += filter(None, [*steps.values(), *talks.values()])

    def talk(self, visitor: Visitor, place: Place) -> Step | None:
        """Open a socket and talk on it; None if there is no example for its URL."""
        path = place.path(visitor.values)
        if not path:
            return None
        self.trial.say(f"socket {path} …")
        messages = talking.messages(self.project, place.name)
        return Conversation(visitor, place, messages).held()

    def let_in(self, visitor: Visitor, places: list[Place]) -> None:
        """Make two users and what the routes name, and show their cookies from here on."""
        words = dict.fromkeys(word for place in places for word in place.words)
        module = self.project.settings_module
        answer, _ = self.trial.probe("people", module, *words)
        if answer is None:
            return
        visitor.cookies, visitor.values = answer["cookies"], answer["values"]
        made = [f"one {name}" for name in answer["made"]]
        made += ["two users, Ana and Bia"] if visitor.cookies else []
        if made:
            what = (
                "For what a stranger can't open, the copy's database got"
                f" {' and '.join(made)}."
            )
            self.trial.add("people", "note", what)
        if answer["problems"]:
            what = (
                "Some pages or sockets may not open, because the trial couldn't make"
                f" {' and '.join(answer['problems'])}."
            )
            self.trial.add("people", "note", what)

    def tell_other_errors(self, visitor: Visitor, sockets: list[Place]) -> None:
        """Report the last error in the log that no step has, such as one of disconnect()."""
        wait_until(
            lambda: bool(self.other_error(visitor)), LONGEST_GOODBYE if sockets else 0
        )
        if failure := self.other_error(visitor):
            what = "Meanwhile, the server logged an error:"
            self.trial.add("log", "wrong", what, failure)

    def other_error(self, visitor: Visitor) -> Failure | None:
        """Return an error of the project that isn't reported yet."""
        failure = find_failure(visitor.server.output(), self.trial.copy)
        known = {step.error for step in self.trial.report.steps}
        if failure and failure.where and failure.error not in known:
            return None if visitor.is_ours(failure, True) else failure
        return None
