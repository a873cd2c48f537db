"""What an instructor sees before the class: the doctor's last line, and accounts."""

import itertools
import os
import re
import sys
from unittest import mock

from course import readiness
from tools.record.scenes import output
from tools.record.stage import Stage
from tools.record.terminal import Terminal

# What differs from machine to machine; the rest of the line is what this run gives.
MACHINE = re.compile(r"Python [\d.]+, .+, ([\w ]*Redis[\w. ]*|Valkey [\d.]+), (\d) of")
STUDENT = r"Python 3.13.9, Windows 11, {}, \2 of"
VERSION = re.compile(r"· [0-9a-f]{4}\b")
PASSWORD = re.compile(r"\b[a-z]{4}-[a-z]{4}-[a-z]{4}$", re.MULTILINE)
PASSWORDS = ["hano-timu-beko", "rasi-tudo-meva", "ziko-hena-buto", "goru-mira-sade"]


def of_a_student(line: str, redis: str) -> str:
    """Return the line that a student with another machine would send back."""
    line, machines = MACHINE.subn(STUDENT.format(redis), line)
    line, versions = VERSION.subn("· 7f3a", line)
    assert machines == versions == 1, line
    return line


@output("doctor-ready")
def ready(stage: Stage) -> str:
    """The five steps load, and nothing else is missing."""
    with mock.patch.dict(os.environ, REDIS_URL=stage.redis_url):
        problems = readiness.try_steps().values()
        line = readiness.line("", sum(problem == "" for problem in problems))
    assert line.startswith("Ready: "), line
    return f"$ python3 -m course doctor\n…\n{of_a_student(line, 'Redis stand-in')}"


@output("doctor-not-ready")
def not_ready(stage: Stage) -> str:
    """A fresh clone, on a machine without packages and programs."""
    with stage.show("03") as show:
        command = [sys.executable, "-S", "-m", "course", "doctor"]
        typed = "python3 -m course doctor"
        env = {"PATH": ""}
        with Terminal(
            typed, command, show.clone, show.natural, stage.log(), env
        ) as one:
            one.to_the_end()
            line = one.text().splitlines()[-1]
    assert line.startswith("Not ready: "), line
    return f"$ {typed}\n…\n{of_a_student(line, 'no Redis')}"


@output("demo-people")
def people(stage: Stage) -> str:
    """Accounts for a class of four; the real passwords are random."""
    env = {"REDIS_URL": f"{stage.redis_url}/5"}
    with stage.show("05") as show:
        for before in ("migrate --verbosity=0", "demo"):  # what `course run` has done
            with stage.manage(show, before, **env) as terminal:
                terminal.to_the_end()
        with stage.manage(show, "demo --people 4", **env) as terminal:
            terminal.to_the_end()
            passwords = itertools.chain(PASSWORDS)
            return PASSWORD.sub(lambda _: next(passwords), terminal.text())
